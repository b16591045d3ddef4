/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: authenticated ciphers.
 */
#ifndef PCE_AEAD_H
#define PCE_AEAD_H

#include <crypto/internal/aead.h>
#include <linux/types.h>

#include "pce_key.h"
#include "pce_request.h"

/**
 * struct pce_aead - transform
 * @key: its keys
 * @salt: the bytes of the key that go into the initialisation vector
 * @by_software: the device cannot have this key
 * @fallback: the same cipher in software, synchronous
 */
struct pce_aead {
	struct pce_key key;
	u8 salt[PCE_MAX_SALT];
	bool by_software;
	struct crypto_aead *fallback;
};

/**
 * struct pce_aead_alg - an algorithm
 * @id: its number in the interface
 * @auth_alg: HMAC of the algorithms AUTHENC; their key is two keys
 * @iv: how the device's initialisation vector is made
 * @min_aad: bytes of associated data that there are at least
 * @aad_iv: bytes at its end that are the caller's vector, not authenticated
 * @ipsec: associated data are those of an ESP packet, IV included
 * @all_aad: the text is not encrypted, but authenticated
 * @op_flags: PCE_AEAD_ESN
 * @registered: with the crypto API
 * @base: what the crypto API sees
 */
struct pce_aead_alg {
	enum pce_alg id;
	enum pce_alg auth_alg;
	struct pce_iv_form iv;
	u8 min_aad;
	u8 aad_iv;
	bool ipsec;
	bool all_aad;
	u16 op_flags;
	bool registered;
	struct aead_alg base;
};

int pce_aead_register(const u32 *alg_info);
void pce_aead_unregister(void);

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
