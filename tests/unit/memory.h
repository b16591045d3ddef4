/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory as a device sees it, for tests: RAM with limits and faults that a test
 * sets, which checks how it is used.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <pthread.h>

#include "executor.h"

/*
 * Where memory is: high, so that an address that is cut to 32 bits is noticed.
 * It is also seen at the end of the address space, the last byte at 2^64 - 1.
 */
#define MEMORY_BASE 0x7654321000ull

struct memory {
    uint8_t *ram;
    uint64_t size;

    /*
     * How map works: one mapping has max_map bytes at most, and is a copy of
     * exactly its size if copies is set, so that a sanitizer sees an access
     * beyond it and what unmap was not told of is lost.
     */
    uint64_t max_map;
    bool copies;

    /* map and read fail here; fault_map_write: only map for writing does */
    uint64_t fault;
    uint64_t fault_length;
    bool fault_map_write;

    /* Around accesses by read, for tests that write meanwhile */
    pthread_mutex_t lock;

    unsigned int mapped;            /* mappings that exist */
    unsigned int reads;
    uint64_t written;               /* bytes, as unmap was told */
    uint64_t lowest, highest;       /* what was mapped, since memory_watch() */
};

extern const struct pce_memory memory_callbacks;

void memory_init(struct memory *mem, uint64_t size);
void memory_destroy(struct memory *mem);
void memory_watch(struct memory *mem);

/* The host's view of an address, of one that is in memory */
void *memory_at(struct memory *mem, uint64_t addr);

#endif /* MEMORY_H */
