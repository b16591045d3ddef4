/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PCE_BACKEND_NETTLE_H
#define PCE_BACKEND_NETTLE_H

#include "backend.h"

extern const struct pce_backend pce_backend_nettle;

/* Its half for hashes and HMACs, as struct pce_backend has it */
uint32_t pce_nettle_hash_info(unsigned int alg);
void *pce_nettle_hash_new(unsigned int alg, const uint8_t *key, size_t length);
void pce_nettle_hash_free(void *hash);
void pce_nettle_hash_begin(void *hash);
void pce_nettle_hash_update(void *hash, const uint8_t *data, size_t length);
void pce_nettle_hash_final(void *hash, uint8_t *digest);
void pce_nettle_hash_load(void *hash, const struct pce_hash_state *state);
void pce_nettle_hash_save(void *hash, struct pce_hash_state *state);

#endif /* PCE_BACKEND_NETTLE_H */
