/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: hashes and message authentication codes.
 */
#ifndef PCE_HASH_H
#define PCE_HASH_H

#include "pce_alg.h"

extern const struct pce_alg_table pce_hash_table;

void pce_hash_prepare(struct pce_algorithm *alg);

struct crypto_shash *pce_hmac_alloc(enum pce_alg hmac);
int pce_hmac_key(enum pce_alg hmac, struct crypto_shash *plain, const u8 *key,
		 unsigned int length, u8 *out);

#endif /* PCE_HASH_H */
