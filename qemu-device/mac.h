/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the keys of message authentication codes.
 *
 * They all have the form of a hash, which is key->auth.  Where its backend
 * cannot hash a message in parts, key->multipart is that of another one.
 */
#ifndef PCE_MAC_H
#define PCE_MAC_H

#include "key.h"

#define PCE_MAC_BLOCK 16

/* What AES_CMAC and AES_XCBC have in key->own; the cipher is key->cipher */
struct pce_block_mac {
    const struct pce_key_part *cipher;
    uint8_t whole_mask[PCE_MAC_BLOCK];  /* of a last block that is whole */
    uint8_t padded_mask[PCE_MAC_BLOCK]; /* ... and of one that is not */

    /* Of the message: held is its last 1 to 16 bytes, or none if it is empty */
    uint8_t chain[PCE_MAC_BLOCK];
    uint8_t held[PCE_MAC_BLOCK];
    uint64_t bytes;
};

/* Expand functions of struct pce_alg_desc; false: out of memory */
bool pce_expand_hmac(struct pce_key *key,
                     const struct pce_backend_set *backends,
                     const struct pce_context *ctx);
bool pce_expand_cmac(struct pce_key *key,
                     const struct pce_backend_set *backends,
                     const struct pce_context *ctx);
bool pce_expand_xcbc(struct pce_key *key,
                     const struct pce_backend_set *backends,
                     const struct pce_context *ctx);

#endif /* PCE_MAC_H */
