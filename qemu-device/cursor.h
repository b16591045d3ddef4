/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: a place in the source or the destination of a request.
 *
 * A cursor walks over the bytes of a list of segments.  It maps a segment when
 * it reaches it, together with the neighbours that are contiguous with it, and
 * unmaps it when it leaves it.
 */
#ifndef PCE_CURSOR_H
#define PCE_CURSOR_H

#include "executor.h"

struct pce_cursor {
    const struct pce_executor_config *config;
    struct pce_executor_stats *stats;
    const struct pce_segment *segments;     /* as in memory, but checked */
    uint32_t count;

    /* Where the next mapping begins */
    uint32_t index;
    uint32_t offset;
    uint64_t unmapped;              /* bytes of the request from there */

    uint8_t *host;                  /* the present mapping, or NULL */
    uint64_t mapped;                /* its length */
    uint64_t used;                  /* bytes of it that are done */
    uint64_t done;                  /* bytes that are done in all */
    bool write;
    bool borrowed;                  /* the mapping is another cursor's */
};

/* There is one writer: no read-modify-write operation is needed */
static inline void pce_count(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* Bytes that lie at pce_cursor_data() */
static inline uint64_t pce_cursor_available(const struct pce_cursor *cursor)
{
    return cursor->mapped - cursor->used;
}

static inline uint8_t *pce_cursor_data(const struct pce_cursor *cursor)
{
    return cursor->host + cursor->used;
}

/* n of the bytes at hand are done */
static inline void pce_cursor_advance(struct pce_cursor *cursor, uint64_t n)
{
    cursor->used += n;
    cursor->done += n;
}

/*
 * Have at least one byte at hand, where the request has bytes left.  False: the
 * segment cursor->index cannot be mapped.
 */
bool pce_cursor_fill(struct pce_cursor *cursor);

/*
 * Copy the next n bytes into buf, or out of it if the cursor writes.  False as
 * with pce_cursor_fill().
 */
bool pce_cursor_copy(struct pce_cursor *cursor, uint8_t *buf, uint64_t n);

/* The next n bytes are done; what is not mapped yet will not be */
void pce_cursor_skip(struct pce_cursor *cursor, uint64_t n);

void pce_cursor_unmap(struct pce_cursor *cursor);

#endif /* PCE_CURSOR_H */
