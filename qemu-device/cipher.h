/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: modes of ciphers, as the table of algorithms has them.
 */
#ifndef PCE_CIPHER_H
#define PCE_CIPHER_H

#include "executor-internal.h"

struct pce_mode {
    /* Bytes between calls of crypt, 0: the text is done in one call */
    uint8_t granule;
    uint8_t result;                 /* bytes of req->iv that are the result */

    /* Make req->iv that of the first call; NULL: it is.  0: done */
    int (*begin)(struct pce_request *req);

    /* ... and afterwards that of the next call, or the result */
    pce_crypt *crypt;
};

extern const struct pce_mode pce_mode_ecb;
extern const struct pce_mode pce_mode_cbc;
extern const struct pce_mode pce_mode_cbc64;
extern const struct pce_mode pce_mode_ctr;
extern const struct pce_mode pce_mode_xts;

#endif /* PCE_CIPHER_H */
