/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: authenticated ciphers.
 */
#ifndef PCE_AEAD_H
#define PCE_AEAD_H

#include <crypto/internal/aead.h>
#include <linux/types.h>

#include "pce_alg.h"
#include "pce_session.h"
#include "pce_request.h"

/**
 * struct pce_aead - transform
 * @session: its keys, and the device that has them
 * @salt: the bytes of the key that go into the initialisation vector
 * @by_software: the device cannot use this key
 * @has_fast: @fast exists, and has the keys and the length of the tag
 * @fallback: the same cipher in software, synchronous
 * @fast: the fastest software, which may be asynchronous; NULL: that is @fallback
 * @plain: the hash that the HMAC uses, or NULL
 */
struct pce_aead {
	struct pce_session session;
	u8 salt[PCE_MAX_SALT];
	bool by_software;
	bool has_fast;
	struct crypto_aead *fallback;
	struct crypto_aead *fast;
	struct crypto_shash *plain;
};

/**
 * struct pce_aead_alg - an algorithm
 * @base: what all algorithms have; with an HMAC, the key is two keys
 * @iv: how the device's initialisation vector is made
 * @min_aad: least number of bytes of associated data
 * @aad_iv: bytes at the end of the associated data that are the caller's vector, and are
 *	not authenticated
 * @ipsec: the associated data are those of an ESP packet, with the vector
 * @all_aad: the text is authenticated and not encrypted
 * @op_flags: PCE_AEAD_ESN
 */
struct pce_aead_alg {
	struct pce_algorithm base;
	struct pce_iv_form iv;
	u8 min_aad;
	u8 aad_iv;
	bool ipsec;
	bool all_aad;
	u16 op_flags;
};

extern const struct pce_alg_table pce_aead_table;

#if IS_ENABLED(CONFIG_KUNIT)
int pce_aead_set_keys(const struct pce_aead_alg *alg, struct pce_aead *ctx,
		      const u8 *key, unsigned int length);
bool pce_aead_fits(const struct pce_aead_alg *alg, const struct aead_request *req,
		   unsigned int text, bool decrypt);
void pce_aead_lengths(const struct pce_aead_alg *alg, struct pce_request *preq,
		      const struct aead_request *req, unsigned int text,
		      unsigned int tag);
void pce_aead_set_iv(const struct pce_aead_alg *alg, struct pce_request *preq,
		     const u8 *salt, const u8 *iv);
#endif

#endif /* PCE_AEAD_H */
