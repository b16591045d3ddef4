/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graveyard.h"

#define MAX_ALIGN 64

/* Before the data; as large as any alignment that is asked for */
struct block {
    _Alignas(MAX_ALIGN) struct block *next;
    struct block *previous;
    size_t size;
    bool dead;
};

static struct block *blocks;
static bool is_open;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void *graveyard_malloc(size_t size)
{
    size_t padded = (size + MAX_ALIGN - 1) / MAX_ALIGN * MAX_ALIGN;
    struct block *block = aligned_alloc(MAX_ALIGN, sizeof(*block) + padded);

    if (!block) {
        return NULL;
    }
    *block = (struct block) { .size = size };
    pthread_mutex_lock(&lock);
    block->next = blocks;
    if (blocks) {
        blocks->previous = block;
    }
    blocks = block;
    pthread_mutex_unlock(&lock);
    return block + 1;
}

void *graveyard_calloc(size_t n, size_t size)
{
    void *data = size && n > SIZE_MAX / 2 / size ? NULL
                                                 : graveyard_malloc(n * size);

    return data ? memset(data, 0, n * size) : NULL;
}

void *graveyard_aligned_alloc(size_t alignment, size_t size)
{
    return alignment > MAX_ALIGN ? NULL : graveyard_malloc(size);
}

static void release(struct block *block)
{
    if (block->next) {
        block->next->previous = block->previous;
    }
    if (block->previous) {
        block->previous->next = block->next;
    } else {
        blocks = block->next;
    }
    free(block);
}

void graveyard_free(void *data)
{
    struct block *block;

    if (!data) {
        return;
    }
    block = (struct block *)data - 1;
    pthread_mutex_lock(&lock);
    if (is_open) {
        block->dead = true;
    } else {
        release(block);
    }
    pthread_mutex_unlock(&lock);
}

void *graveyard_realloc(void *data, size_t size)
{
    void *grown = graveyard_malloc(size);

    if (data && grown) {
        size_t old = ((struct block *)data - 1)->size;

        memcpy(grown, data, old < size ? old : size);
        graveyard_free(data);
    }
    return grown;
}

void graveyard_open(void)
{
    pthread_mutex_lock(&lock);
    is_open = true;
    pthread_mutex_unlock(&lock);
}

void graveyard_close(void)
{
    pthread_mutex_lock(&lock);
    for (struct block *block = blocks, *next; block; block = next) {
        next = block->next;
        if (block->dead) {
            release(block);
        }
    }
    is_open = false;
    pthread_mutex_unlock(&lock);
}

bool graveyard_find(const void *bytes, size_t length)
{
    bool found = false;

    pthread_mutex_lock(&lock);
    for (struct block *block = blocks; block && !found; block = block->next) {
        found = memmem(block + 1, block->size, bytes, length);
    }
    pthread_mutex_unlock(&lock);
    return found;
}
