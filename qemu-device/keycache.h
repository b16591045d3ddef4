/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the expanded keys of one executor.
 *
 * Keys are found by (address of the context record, generation) in a small
 * set-associative cache.  One thread, the user, gets and puts keys; any thread
 * may invalidate.
 */
#ifndef PCE_KEYCACHE_H
#define PCE_KEYCACHE_H

#include "key.h"

struct pce_keycache;

struct pce_keycache *pce_keycache_new(uint32_t slots);
void pce_keycache_free(struct pce_keycache *cache);

/*
 * Find a key and hold it until pce_keycache_put(), once more if it is held
 * already.  NULL: it is not there, and
 * *epoch is what pce_keycache_add() wants to know.
 */
struct pce_key *pce_keycache_get(struct pce_keycache *cache, uint64_t addr,
                                 uint32_t generation, uint64_t *epoch);

/*
 * Hand over a key whose record was read after pce_keycache_get() had given
 * epoch, and hold it.  It is not kept longer than that if something was
 * invalidated meanwhile: the record may have been read before that.  True if
 * another key had to go for it.
 */
bool pce_keycache_add(struct pce_keycache *cache, uint64_t addr,
                      uint32_t generation, struct pce_key *key, uint64_t epoch);

/* A key that is held is not in use any more, or once less */
void pce_keycache_put(struct pce_keycache *cache, struct pce_key *key);

/*
 * Wipe the key of one address, or all.  One that is held goes when it is put
 * for the last time, and nobody can get it.
 */
void pce_keycache_invalidate(struct pce_keycache *cache, uint64_t addr);
void pce_keycache_invalidate_all(struct pce_keycache *cache);

#endif /* PCE_KEYCACHE_H */
