/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: an expanded key, with all that an algorithm needs of it.
 */
#ifndef PCE_KEY_H
#define PCE_KEY_H

#include "alg.h"

/* What a backend has expanded; .handle is NULL: the algorithm has no need */
struct pce_key_part {
    const struct pce_backend *backend;
    void *handle;
    bool is_hash;
    uint8_t alg;
    uint8_t length;                 /* bytes of a cipher's key */
};

struct pce_key {
    const struct pce_alg_desc *alg;
    uint8_t number;                 /* enum pce_alg */
    unsigned int users;             /* the key cache's */
    struct pce_key_part cipher;
    struct pce_key_part multibuffer;    /* as cipher, for several messages */
    struct pce_key_part iv_cipher;  /* encrypts initialisation vectors */
    struct pce_key_part auth;       /* HMAC of whole messages */
    struct pce_key_part multipart;  /* HMAC of messages in parts */
    uint8_t auth_size;              /* bytes of digest of auth */

    /* What the executor itself makes of the key, alg->own_size bytes */
    size_t own_size;
    _Alignas(16) uint8_t own[];
};

/* NULL: out of memory.  The record was checked. */
struct pce_key *pce_key_new(const struct pce_backend_set *backends,
                            const struct pce_context *ctx);

/* Wipe and free it */
void pce_key_free(struct pce_key *key);

/* For the expand functions of struct pce_alg_desc; false: out of memory */
bool pce_key_cipher(struct pce_key_part *part,
                    const struct pce_backend_set *backends, unsigned int alg,
                    const uint8_t *bytes, size_t length);
/* key->cipher, and key->multibuffer where a backend has that */
bool pce_key_multibuffer(struct pce_key *key,
                         const struct pce_backend_set *backends,
                         unsigned int alg, const uint8_t *bytes,
                         size_t length);
bool pce_key_hash(struct pce_key_part *part, const struct pce_backend *backend,
                  unsigned int alg, const uint8_t *bytes, size_t length);

#endif /* PCE_KEY_H */
