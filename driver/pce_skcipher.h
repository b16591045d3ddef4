/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: symmetric key ciphers.
 */
#ifndef PCE_SKCIPHER_H
#define PCE_SKCIPHER_H

#include <crypto/skcipher.h>
#include <linux/types.h>

#include "pce_abi.h"

/**
 * struct pce_skcipher_alg - an algorithm
 * @id: its number in the interface
 * @min_length: texts of any length from this one on; 0: multiples of the block
 * @salt: bytes at the end of the key that begin the initialisation vector
 * @counter: last byte of the initialisation vector, after the caller's
 * @next_iv: bytes of the device's result that the caller's vector becomes
 * @legacy: too weak for new uses; registered if the user asks for it
 * @registered: with the crypto API
 * @base: what the crypto API sees
 */
struct pce_skcipher_alg {
	enum pce_alg id;
	u8 min_length;
	u8 salt;
	u8 counter;
	u8 next_iv;
	bool legacy;
	bool registered;
	struct skcipher_alg base;
};

int pce_skcipher_register(const u32 *alg_info);
void pce_skcipher_unregister(void);

#if IS_ENABLED(CONFIG_KUNIT)
struct pce_request;

void pce_skcipher_success(struct pce_request *preq);
void pce_skcipher_make_iv(const struct pce_skcipher_alg *alg, const u8 *salt,
			  const u8 *iv, u8 *out);
#endif

#endif /* PCE_SKCIPHER_H */
