/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: what the algorithms are.
 *
 * One row of the table says all that the executor knows of an algorithm.  A
 * primitive algorithm is served by a backend; the others are composed of
 * primitive ones here, so that every backend gets them.
 */
#ifndef PCE_ALG_H
#define PCE_ALG_H

#include "backend.h"

struct pce_aead;
struct pce_key;
struct pce_mode;

#define PCE_ALG_PARTS 3

struct pce_alg_desc {
    const char *name;               /* NULL: there is no such algorithm */
    uint8_t opcode;

    /* Keys of scale * (16, 24 or 32) + extra bytes */
    uint16_t key_bits;              /* PCE_ALG_INFO_KEY_* there are, 0: none */
    uint8_t key_scale;              /* 0: 1 */
    uint8_t key_extra;
    bool auth_key;                  /* there is an auth_key */
    bool auth_alg;                  /* ... of the HMAC that auth_alg names */

    /*
     * The primitive algorithms that it is composed of, the one with the key
     * first; none: it is primitive itself, or own: needs no backend.
     */
    uint8_t parts[PCE_ALG_PARTS];
    bool own;
    uint32_t info;                  /* more PCE_ALG_INFO_* */

    /* Expands the key, if that is more than one key of parts[0] */
    bool (*expand)(struct pce_key *key, const struct pce_backend_set *backends,
                   const struct pce_context *ctx);
    uint16_t own_size;              /* bytes of key->own */

    /* Ciphers, also those of authenticated ones */
    const struct pce_mode *mode;
    uint8_t multiple;               /* of which text is, 0: any length */
    uint8_t minimum;                /* bytes of text */
    uint8_t iv_size;                /* bytes by IV_INDIRECT, 0: iv itself */

    /* Authenticated ciphers */
    const struct pce_aead *aead;
    uint32_t tags;                  /* bit n: tags of n bytes */

    /* Hashes and authentication codes; authenticated ciphers have none */
    uint8_t block;
    uint8_t digest;
};

/* The row of enum pce_alg number, NULL: there is none */
const struct pce_alg_desc *pce_alg_find(unsigned int number);

/* What PCE_REG_ALG_INFO() shows with these backends */
uint32_t pce_alg_info(const struct pce_backend_set *backends,
                      unsigned int number);

/* The bit in PCE_REG_ALG_INFO() for a key, 0: no key of alg is that long */
uint32_t pce_alg_key_bit(const struct pce_alg_desc *alg, unsigned int length);

#endif /* PCE_ALG_H */
