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

    /* All of this and the slots */
    pthread_mutex_t lock;
    uint64_t clock;
    uint64_t epoch;                 /* counts invalidations */
    struct pce_key *held;           /* the key in use, or NULL */
    bool held_is_kept;              /* it is in a slot as well */
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

static void clear_slot(struct pce_keycache *cache, struct slot *slot)
{
    if (!slot->key) {
        return;
    }
    if (slot->key == cache->held) {
        cache->held_is_kept = false;
    } else {
        pce_key_free(slot->key);
    }
    slot->key = NULL;
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
        cache->held = key;
        cache->held_is_kept = true;
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
    cache->held = key;
    cache->held_is_kept = cache->epoch == epoch;
    if (cache->held_is_kept) {
        slot = find(cache, addr);
        if (!slot) {
            slot = find_victim(cache, addr);
            evicted = slot->key;
        }
        clear_slot(cache, slot);
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

void pce_keycache_put(struct pce_keycache *cache)
{
    pthread_mutex_lock(&cache->lock);
    if (!cache->held_is_kept) {
        pce_key_free(cache->held);
    }
    cache->held = NULL;
    pthread_mutex_unlock(&cache->lock);
}

void pce_keycache_invalidate(struct pce_keycache *cache, uint64_t addr)
{
    struct slot *slot;

    pthread_mutex_lock(&cache->lock);
    cache->epoch++;
    slot = find(cache, addr);
    if (slot) {
        clear_slot(cache, slot);
    }
    pthread_mutex_unlock(&cache->lock);
}

void pce_keycache_invalidate_all(struct pce_keycache *cache)
{
    pthread_mutex_lock(&cache->lock);
    cache->epoch++;
    for (size_t i = 0; i < (size_t)WAYS << cache->set_order; i++) {
        clear_slot(cache, &cache->slots[i]);
    }
    pthread_mutex_unlock(&cache->lock);
}
