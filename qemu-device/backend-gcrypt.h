/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PCE_BACKEND_GCRYPT_H
#define PCE_BACKEND_GCRYPT_H

#include "backend.h"

extern const struct pce_backend pce_backend_gcrypt;

/* backend-gcrypt-hash.c: its part of the table */
uint32_t gcrypt_hash_info(unsigned int alg);
void *gcrypt_hash_new(unsigned int alg, const uint8_t *key, size_t length);
void gcrypt_hash_free(void *opaque);
void gcrypt_hash_begin(void *opaque);
void gcrypt_hash_update(void *opaque, const uint8_t *data, size_t length);
void gcrypt_hash_final(void *opaque, uint8_t *digest);

#endif /* PCE_BACKEND_GCRYPT_H */
