/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often each thread has allocated memory: between allocations.c, which is
 * preloaded, and the plugin, which finds it by its name if it is there.
 */
#ifndef PCE_ALLOCATIONS_H
#define PCE_ALLOCATIONS_H

#include <stdint.h>

#define ALLOCATIONS_MAX_THREADS 256

/*
 * Write one number for each thread that has ever allocated, in the order of
 * their first time, and return how many these are.
 */
#define ALLOCATIONS_READ "pce_allocations_read"
typedef unsigned int
allocations_read_fn(uint64_t counts[ALLOCATIONS_MAX_THREADS],
                    int tids[ALLOCATIONS_MAX_THREADS]);

#endif
