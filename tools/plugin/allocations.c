/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * To be preloaded: counts the allocations of each thread, see allocations.h.
 *
 * The functions have glibc's other names to call, so that there is nothing to
 * look up before the first of them.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "allocations.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

struct thread {
    int tid;
    atomic_uint_least64_t count;
};

static struct thread threads[ALLOCATIONS_MAX_THREADS];
static atomic_uint nr_threads;

static void count(void)
{
    static __thread __attribute__((tls_model("initial-exec")))
        struct thread *mine;

    if (!mine) {
        unsigned int i = atomic_fetch_add(&nr_threads, 1);

        if (i >= ALLOCATIONS_MAX_THREADS) {
            abort();
        }
        threads[i].tid = gettid();
        mine = &threads[i];
    }
    atomic_fetch_add_explicit(&mine->count, 1, memory_order_relaxed);
}

void *malloc(size_t size)
{
    count();
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count();
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    count();
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size)
{
    count();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **where, size_t alignment, size_t size)
{
    void *memory = memalign(alignment, size);

    if (!memory) {
        return errno;
    }
    *where = memory;
    return 0;
}

allocations_read_fn pce_allocations_read;

unsigned int pce_allocations_read(uint64_t counts[ALLOCATIONS_MAX_THREADS],
                                  int tids[ALLOCATIONS_MAX_THREADS])
{
    unsigned int n = atomic_load(&nr_threads);

    for (unsigned int i = 0; i < n; i++) {
        counts[i] = atomic_load(&threads[i].count);
        tids[i] = threads[i].tid;
    }
    return n;
}
