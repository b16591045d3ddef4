/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: hashes and message authentication codes.
 */
#ifndef PCE_HASH_H
#define PCE_HASH_H

#include <linux/types.h>

#include "pce_abi.h"

int pce_hash_register(const u32 *alg_info);
void pce_hash_unregister(void);

int pce_hmac_key(enum pce_alg hmac, const u8 *key, unsigned int length,
		 u8 *out);

#endif /* PCE_HASH_H */
