/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: modes of ciphers, as the table of algorithms has them.
 */
#ifndef PCE_CIPHER_H
#define PCE_CIPHER_H

#include "executor-internal.h"

struct pce_mode {
    /* Calls of crypt get multiples of it, 0: the text is done in one call */
    uint8_t granule;
    uint8_t result;                 /* bytes of req->iv that are the result */

    /* Make req->iv that of the first call; NULL: it is.  0: done */
    int (*begin)(struct pce_request *req);

    /* ... and afterwards that of the next call, or the result */
    pce_crypt *crypt;
};

extern const struct pce_mode pce_mode_ecb;
extern const struct pce_mode pce_mode_ecb64;    /* blocks of 64 bits */
extern const struct pce_mode pce_mode_cbc;
extern const struct pce_mode pce_mode_cbc64;
extern const struct pce_mode pce_mode_ctr;
extern const struct pce_mode pce_mode_xts;
extern const struct pce_mode pce_mode_essiv;
extern const struct pce_mode pce_mode_chacha20;

/* cts.c, lrw.c, chacha.c */
extern const struct pce_mode pce_mode_cts;
extern const struct pce_mode pce_mode_lrw;
extern const struct pce_mode pce_mode_xchacha20;
extern const struct pce_mode pce_mode_xchacha12;

/* The keys of modes that have more than one, as struct pce_alg_desc says */
bool pce_expand_essiv(struct pce_key *key,
                      const struct pce_backend_set *backends,
                      const struct pce_context *ctx);
bool pce_expand_lrw(struct pce_key *key,
                    const struct pce_backend_set *backends,
                    const struct pce_context *ctx);
bool pce_expand_xchacha(struct pce_key *key,
                        const struct pce_backend_set *backends,
                        const struct pce_context *ctx);

/* Bytes of key->own */
#define PCE_LRW_OWN_SIZE (128 * 16)
#define PCE_XCHACHA_OWN_SIZE 32

#endif /* PCE_CIPHER_H */
