/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <string.h>

#include "cursor.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))

void pce_cursor_unmap(struct pce_cursor *cursor)
{
    const struct pce_executor_config *config = cursor->config;

    if (cursor->host && !cursor->borrowed) {
        config->memory->unmap(config->opaque, cursor->host, cursor->mapped,
                              cursor->write, cursor->used);
    }
    cursor->host = NULL;
    cursor->borrowed = false;
    cursor->mapped = 0;
    cursor->used = 0;
}

/*
 * Bytes of the request that lie one after the other from start, which is where
 * the next mapping begins.  0: the segment goes beyond the end of the address
 * space.
 */
static uint64_t contiguous_bytes(const struct pce_cursor *cursor,
                                 uint64_t start)
{
    uint64_t most = UINT64_MAX - start;     /* plus one, which may be 2^64 */
    uint32_t offset = cursor->offset;
    uint64_t bytes = 0;

    for (uint32_t i = cursor->index;
         i < cursor->count && bytes < cursor->unmapped; i++) {
        const struct pce_segment *segment = &cursor->segments[i];
        uint64_t n = MIN(le32toh(segment->length) - offset,
                         cursor->unmapped - bytes);

        if (bytes && le64toh(segment->addr) != start + bytes) {
            break;
        }
        if (bytes + n - 1 > most) {
            break;
        }
        bytes += n;
        offset = 0;
    }
    return bytes;
}

/* Move the place of the next mapping on */
static void move_on(struct pce_cursor *cursor, uint64_t n)
{
    cursor->unmapped -= n;
    while (n) {
        uint32_t length = le32toh(cursor->segments[cursor->index].length);

        if (n < length - cursor->offset) {
            cursor->offset += n;
            return;
        }
        n -= length - cursor->offset;
        cursor->offset = 0;
        cursor->index++;
    }
}

bool pce_cursor_fill(struct pce_cursor *cursor)
{
    const struct pce_executor_config *config = cursor->config;
    uint64_t start, n;

    if (pce_cursor_available(cursor)) {
        return true;
    }
    pce_cursor_unmap(cursor);

    start = le64toh(cursor->segments[cursor->index].addr) + cursor->offset;
    n = contiguous_bytes(cursor, start);
    if (!n) {
        return false;
    }
    cursor->host = config->memory->map(config->opaque, start, &n,
                                       cursor->write);
    pce_count(&cursor->stats->maps, 1);
    if (!cursor->host) {
        return false;
    }
    cursor->mapped = n;
    move_on(cursor, n);
    return n;
}

void pce_cursor_skip(struct pce_cursor *cursor, uint64_t n)
{
    uint64_t mapped = MIN(n, pce_cursor_available(cursor));

    pce_cursor_advance(cursor, mapped);
    move_on(cursor, n - mapped);
    cursor->done += n - mapped;
}

bool pce_cursor_copy(struct pce_cursor *cursor, uint8_t *buf, uint64_t n)
{
    while (n) {
        uint64_t part;

        if (!pce_cursor_fill(cursor)) {
            return false;
        }
        part = MIN(n, pce_cursor_available(cursor));
        if (cursor->write) {
            memcpy(pce_cursor_data(cursor), buf, part);
        } else {
            memcpy(buf, pce_cursor_data(cursor), part);
        }
        pce_count(&cursor->stats->copied, part);
        pce_cursor_advance(cursor, part);
        buf += part;
        n -= part;
    }
    return true;
}
