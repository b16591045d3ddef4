/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: symmetric key ciphers.
 */
#ifndef PCE_SKCIPHER_H
#define PCE_SKCIPHER_H

#include "pce_alg.h"

extern const struct pce_alg_table pce_skcipher_table;

#endif /* PCE_SKCIPHER_H */
