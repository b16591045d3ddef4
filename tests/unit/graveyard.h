/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An allocator that shows what is left in memory: while the graveyard is open,
 * what is freed is kept as it was.
 *
 * The program that tests keys has the executor, the backends and libgcrypt use
 * it in the place of malloc() and free().
 */
#ifndef GRAVEYARD_H
#define GRAVEYARD_H

#include <stdbool.h>
#include <stddef.h>

void *graveyard_malloc(size_t size);
void *graveyard_calloc(size_t n, size_t size);
void *graveyard_aligned_alloc(size_t alignment, size_t size);
void *graveyard_realloc(void *data, size_t size);
void graveyard_free(void *data);

void graveyard_open(void);
void graveyard_close(void);

/* Are these bytes in any allocated block, or in one freed since open? */
bool graveyard_find(const void *bytes, size_t length);

#endif /* GRAVEYARD_H */
