/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: cipher backends.
 *
 * A backend is a table of functions around a library that knows ciphers over
 * flat byte ranges.  It knows nothing of guests, descriptors or DMA.
 */
#ifndef PCE_BACKEND_H
#define PCE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pce_abi.h"

struct pce_backend {
    const char *name;

    /* Called before anything else, any number of times; false: not usable */
    bool (*init)(void);

    /* PCE_ALG_INFO_* bits of enum pce_alg alg, 0 if it is not served */
    uint32_t (*alg_info)(unsigned int alg);

    /*
     * Expand a key of a size that alg_info offers.  The result is used by one
     * thread at a time.  NULL: out of memory.
     */
    void *(*key_new)(unsigned int alg, const uint8_t *key, size_t length);

    /* Wipe and free it */
    void (*key_free)(void *key);

    /*
     * Transform length bytes; src and dst are the same or do not overlap (if
     * they do, the result is undefined, but no other byte is touched).  length
     * is what the mode allows: not 0, whole blocks in ECB and CBC, at least a
     * block in XTS.  One call is one XTS data unit; the other modes may go
     * through their text in several calls, where the caller gives each the IV
     * it starts from.  0: done.
     */
    int (*cipher)(void *key, bool decrypt, const uint8_t *iv,
                  const uint8_t *src, uint8_t *dst, size_t length);
};

/* All of them, the default one first; ends with NULL */
extern const struct pce_backend *const pce_backends[];

/* By name, NULL: the default one.  The result is initialised, or NULL. */
const struct pce_backend *pce_backend_find(const char *name);

#endif /* PCE_BACKEND_H */
