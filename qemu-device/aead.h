/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: authenticated ciphers, as the table of algorithms has
 * them.
 */
#ifndef PCE_AEAD_H
#define PCE_AEAD_H

#include "cipher.h"

struct pce_aead {
    /* The entry against the algorithm */
    enum pce_status (*check)(struct pce_request *req);

    /*
     * A message: its associated data, of which this is a private copy that
     * stays; its text in any number of calls, of which all but the last have
     * multiples of PCE_GRANULE_MAX bytes; its tag.  0: done.
     */
    int (*begin)(struct pce_request *req, uint8_t *aad);
    pce_crypt *crypt;
    int (*tag)(struct pce_request *req, const uint8_t *aad, uint8_t *tag);
};

extern const struct pce_aead pce_aead_gcm;      /* and ChaCha20-Poly1305 */
extern const struct pce_aead pce_aead_ccm;

/* authenc.c */
extern const struct pce_aead pce_aead_authenc;
bool pce_expand_authenc(struct pce_key *key,
                        const struct pce_backend_set *backends,
                        const struct pce_context *ctx);

/* The initialisation vector that takes the place of associated data */
static inline uint32_t pce_aad_replaced(const struct pce_request *req)
{
    return req->key->iv_cipher.handle ? PCE_SQE_IV_SIZE : 0;
}

#endif /* PCE_AEAD_H */
