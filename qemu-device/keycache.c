/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdlib.h>

#include "keycache.h"

#define WAYS 4

struct slot {
    uint64_t addr;
    uint64_t used;                  /* time of last use */
    uint32_t generation;
    struct pce_key *key;            /* NULL: slot is free */
};

struct pce_keycache {
    struct slot *slots;
    unsigned int set_order;         /* log2 of the number of sets */

    /* All of this, the slots, and the users of each key */
    pthread_mutex_t lock;
    uint64_t clock;
    uint64_t epoch;                 /* counts invalidations */
};

struct pce_keycache *pce_keycache_new(uint32_t slots)
{
    struct pce_keycache *cache = calloc(1, sizeof(*cache));

    if (!cache) {
        return NULL;
    }
    while (((uint64_t)WAYS << cache->set_order) < slots) {
        cache->set_order++;
    }
    cache->slots = calloc((size_t)WAYS << cache->set_order,
                          sizeof(*cache->slots));
    if (!cache->slots) {
        free(cache);
        return NULL;
    }
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void pce_keycache_free(struct pce_keycache *cache)
{
    if (cache) {
        pce_keycache_invalidate_all(cache);
        pthread_mutex_destroy(&cache->lock);
        free(cache->slots);
        free(cache);
    }
}

/* The slots where the key of the context at addr may be */
static struct slot *set_of(struct pce_keycache *cache, uint64_t addr)
{
    uint64_t hash = (addr / PCE_CONTEXT_ALIGN) * 0x9e3779b97f4a7c15u;
    /* The high bits are the well mixed ones; a shift by 64 is undefined */
    uint64_t set = hash >> 1 >> (63 - cache->set_order);

    return &cache->slots[WAYS * set];
}

static struct slot *find(struct pce_keycache *cache, uint64_t addr)
{
    struct slot *set = set_of(cache, addr);

    for (int i = 0; i < WAYS; i++) {
        if (set[i].key && set[i].addr == addr) {
            return &set[i];
        }
    }
    return NULL;
}

/* A place for a new key: free, or the one that was not used for longest */
static struct slot *find_victim(struct pce_keycache *cache, uint64_t addr)
{
    struct slot *set = set_of(cache, addr);
    struct slot *victim = &set[0];

    for (int i = 0; i < WAYS; i++) {
        if (!set[i].key) {
            return &set[i];
        }
        if (set[i].used < victim->used) {
            victim = &set[i];
        }
    }
    return victim;
}

/* A slot is a user of its key; the last one wipes it */
static void release(struct pce_key *key)
{
    if (--key->users == 0) {
        pce_key_free(key);
    }
}

static void clear_slot(struct slot *slot)
{
    if (slot->key) {
        release(slot->key);
        slot->key = NULL;
    }
}

struct pce_key *pce_keycache_get(struct pce_keycache *cache, uint64_t addr,
                                 uint32_t generation, uint64_t *epoch)
{
    struct pce_key *key = NULL;
    struct slot *slot;

    pthread_mutex_lock(&cache->lock);
    slot = find(cache, addr);
    if (slot && slot->generation == generation) {
        slot->used = ++cache->clock;
        key = slot->key;
        key->users++;
    } else {
        *epoch = cache->epoch;
    }
    pthread_mutex_unlock(&cache->lock);
    return key;
}

bool pce_keycache_add(struct pce_keycache *cache, uint64_t addr,
                      uint32_t generation, struct pce_key *key, uint64_t epoch)
{
    struct slot *slot;
    bool evicted = false;

    pthread_mutex_lock(&cache->lock);
    key->users = 1;
    if (cache->epoch == epoch) {
        slot = find(cache, addr);
        if (!slot) {
            slot = find_victim(cache, addr);
            evicted = slot->key;
        }
        clear_slot(slot);
        key->users++;
        *slot = (struct slot) {
            .addr = addr,
            .used = ++cache->clock,
            .generation = generation,
            .key = key,
        };
    }
    pthread_mutex_unlock(&cache->lock);
    return evicted;
}

void pce_keycache_put(struct pce_keycache *cache, struct pce_key *key)
{
    pthread_mutex_lock(&cache->lock);
    release(key);
    pthread_mutex_unlock(&cache->lock);
}

void pce_keycache_invalidate(struct pce_keycache *cache, uint64_t addr)
{
    struct slot *slot;

    pthread_mutex_lock(&cache->lock);
    cache->epoch++;
    slot = find(cache, addr);
    if (slot) {
        clear_slot(slot);
    }
    pthread_mutex_unlock(&cache->lock);
}

void pce_keycache_invalidate_all(struct pce_keycache *cache)
{
    pthread_mutex_lock(&cache->lock);
    cache->epoch++;
    for (size_t i = 0; i < (size_t)WAYS << cache->set_order; i++) {
        clear_slot(&cache->slots[i]);
    }
    pthread_mutex_unlock(&cache->lock);
}
