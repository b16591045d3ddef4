/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: symmetric key ciphers.
 */
#ifndef PCE_SKCIPHER_H
#define PCE_SKCIPHER_H

#include <linux/types.h>

int pce_skcipher_register(const u32 *alg_info);
void pce_skcipher_unregister(void);

#endif /* PCE_SKCIPHER_H */
