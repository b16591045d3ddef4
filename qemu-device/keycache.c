/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdlib.h>

#include "keycache.h"

#define WAYS 4

struct slot {
    uint64_t addr;
    uint64_t used;                  /* time of last use */
    uint32_t generation;
    struct pce_key key;             /* .expanded is NULL: slot is free */
};

struct pce_keycache {
    const struct pce_backend *backend;
    struct slot *slots;
    unsigned int set_order;         /* log2 of the number of sets */

    /* All of this and the slots */
    pthread_mutex_t lock;
    uint64_t clock;
    uint64_t epoch;                 /* counts invalidations */
    void *held;                     /* the expanded key in use, or NULL */
    bool held_is_kept;              /* it is in a slot as well */
};

struct pce_keycache *pce_keycache_new(const struct pce_backend *backend,
                                      uint32_t slots)
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
    cache->backend = backend;
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
        if (set[i].key.expanded && set[i].addr == addr) {
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
        if (!set[i].key.expanded) {
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
    if (!slot->key.expanded) {
        return;
    }
    if (slot->key.expanded == cache->held) {
        cache->held_is_kept = false;
    } else {
        cache->backend->key_free(slot->key.expanded);
    }
    slot->key.expanded = NULL;
}

bool pce_keycache_get(struct pce_keycache *cache, uint64_t addr,
                      uint32_t generation, struct pce_key *key,
                      uint64_t *epoch)
{
    struct slot *slot;
    bool hit;

    pthread_mutex_lock(&cache->lock);
    slot = find(cache, addr);
    hit = slot && slot->generation == generation;
    if (hit) {
        slot->used = ++cache->clock;
        cache->held = slot->key.expanded;
        cache->held_is_kept = true;
        *key = slot->key;
    } else {
        *epoch = cache->epoch;
    }
    pthread_mutex_unlock(&cache->lock);
    return hit;
}

bool pce_keycache_add(struct pce_keycache *cache, uint64_t addr,
                      uint32_t generation, const struct pce_key *key,
                      uint64_t epoch)
{
    struct slot *slot;
    bool evicted = false;

    pthread_mutex_lock(&cache->lock);
    cache->held = key->expanded;
    cache->held_is_kept = cache->epoch == epoch;
    if (cache->held_is_kept) {
        slot = find(cache, addr);
        if (!slot) {
            slot = find_victim(cache, addr);
            evicted = slot->key.expanded;
        }
        clear_slot(cache, slot);
        *slot = (struct slot) {
            .addr = addr,
            .used = ++cache->clock,
            .generation = generation,
            .key = *key,
        };
    }
    pthread_mutex_unlock(&cache->lock);
    return evicted;
}

void pce_keycache_put(struct pce_keycache *cache)
{
    pthread_mutex_lock(&cache->lock);
    if (!cache->held_is_kept) {
        cache->backend->key_free(cache->held);
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
