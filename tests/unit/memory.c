/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "memory.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

void memory_init(struct memory *mem, uint64_t size)
{
    memset(mem, 0, sizeof(*mem));
    mem->ram = calloc(1, size);
    mem->size = size;
    mem->max_map = UINT64_MAX;
    pthread_mutex_init(&mem->lock, NULL);
    memory_watch(mem);
}

void memory_destroy(struct memory *mem)
{
    EXPECT_EQ(mem->mapped, 0);
    free(mem->ram);
    pthread_mutex_destroy(&mem->lock);
}

void memory_watch(struct memory *mem)
{
    mem->lowest = UINT64_MAX;
    mem->highest = 0;
}

/* False: addr is nowhere in memory */
static bool translate(const struct memory *mem, uint64_t addr,
                      uint64_t *offset)
{
    if (addr > UINT64_MAX - mem->size) {
        *offset = mem->size - 1 - (UINT64_MAX - addr);
        return true;
    }
    *offset = addr - MEMORY_BASE;
    return addr >= MEMORY_BASE && *offset < mem->size;
}

void *memory_at(struct memory *mem, uint64_t addr)
{
    uint64_t offset;

    return translate(mem, addr, &offset) ? mem->ram + offset : NULL;
}

/* Bytes from addr before memory ends or faults, at most length */
static uint64_t usable(const struct memory *mem, uint64_t addr,
                       uint64_t length, bool map_write)
{
    bool faults = mem->fault_length && (!mem->fault_map_write || map_write);
    uint64_t offset;

    EXPECT(length > 0);
    EXPECT(addr + (length - 1) >= addr);
    if (!translate(mem, addr, &offset)) {
        return 0;
    }
    length = MIN(length, mem->size - offset);
    if (faults && addr < mem->fault + mem->fault_length) {
        length = addr < mem->fault ? MIN(length, mem->fault - addr) : 0;
    }
    return length;
}

static void *memory_map(void *opaque, uint64_t addr, uint64_t *length,
                        bool write)
{
    struct memory *mem = opaque;
    uint64_t got = MIN(usable(mem, addr, *length, write), mem->max_map);
    void *host;

    if (!got) {
        return NULL;
    }
    *length = got;
    mem->mapped++;
    mem->lowest = MIN(mem->lowest, addr);
    mem->highest = MAX(mem->highest, addr + got);
    if (!mem->copies) {
        return memory_at(mem, addr);
    }
    /* The address stands before the copy */
    host = malloc(sizeof(addr) + got);
    memcpy(host, &addr, sizeof(addr));
    return memcpy(host + sizeof(addr), memory_at(mem, addr), got);
}

static void memory_unmap(void *opaque, void *host, uint64_t length,
                         bool write, uint64_t accessed)
{
    struct memory *mem = opaque;
    uint64_t addr;

    EXPECT(mem->mapped > 0);
    EXPECT(accessed <= length);
    mem->mapped--;
    mem->written += write ? accessed : 0;
    if (mem->copies) {
        memcpy(&addr, host - sizeof(addr), sizeof(addr));
        if (write) {
            memcpy(memory_at(mem, addr), host, accessed);
        }
        free(host - sizeof(addr));
    }
}

static int memory_read(void *opaque, uint64_t addr, void *buf,
                       uint64_t length)
{
    struct memory *mem = opaque;

    mem->reads++;
    if (usable(mem, addr, length, false) < length) {
        return -1;
    }
    pthread_mutex_lock(&mem->lock);
    memcpy(buf, memory_at(mem, addr), length);
    pthread_mutex_unlock(&mem->lock);
    return 0;
}

const struct pce_memory memory_callbacks = {
    .map = memory_map,
    .unmap = memory_unmap,
    .read = memory_read,
};
