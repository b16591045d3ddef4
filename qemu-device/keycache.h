/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the expanded keys of one executor.
 *
 * Keys are found by (address of the context record, generation) in a small
 * set-associative cache.  One thread, the user, gets and puts keys, one at a
 * time; any thread may invalidate.
 */
#ifndef PCE_KEYCACHE_H
#define PCE_KEYCACHE_H

#include "backend.h"

struct pce_key {
    void *expanded;                 /* the backend's */
    uint8_t alg;                    /* enum pce_alg */
};

struct pce_keycache;

struct pce_keycache *pce_keycache_new(const struct pce_backend *backend,
                                      uint32_t slots);
void pce_keycache_free(struct pce_keycache *cache);

/*
 * Find a key and hold it until pce_keycache_put().  If it is not there, *epoch
 * is what pce_keycache_add() wants to know.
 */
bool pce_keycache_get(struct pce_keycache *cache, uint64_t addr,
                      uint32_t generation, struct pce_key *key,
                      uint64_t *epoch);

/*
 * Hand over a key whose record was read after pce_keycache_get() had given
 * epoch, and hold it.  It is not kept longer than that if something was
 * invalidated meanwhile: the record may have been read before that.  True if
 * another key had to go for it.
 */
bool pce_keycache_add(struct pce_keycache *cache, uint64_t addr,
                      uint32_t generation, const struct pce_key *key,
                      uint64_t epoch);

/* The key that is held is not in use any more */
void pce_keycache_put(struct pce_keycache *cache);

/*
 * Wipe the key of one address, or all.  The one that is held goes when it is
 * put, and nobody can get it.
 */
void pce_keycache_invalidate(struct pce_keycache *cache, uint64_t addr);
void pce_keycache_invalidate_all(struct pce_keycache *cache);

#endif /* PCE_KEYCACHE_H */
