/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the bytes of a request lie in memory: random lists of segments.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "fixture.h"

#define LAYOUT_MAX_PIECES 1024

/* The bytes of one side, one piece after the other */
struct layout {
    struct pce_segment pieces[LAYOUT_MAX_PIECES];   /* in CPU byte order */
    unsigned int count;
};

enum placement {
    SEPARATE,
    IN_PLACE_ONE_LIST,              /* direct, or the same table */
    IN_PLACE_TWO_LISTS,             /* the same bytes, split differently */
    PLACEMENTS,
};

/* Pieces of length bytes in all, from *next up, which is moved on */
void layout_random(struct layout *layout, uint32_t length, uint64_t *next);

/* Random lists from DATA up, of at least so many bytes */
void layout_pair(struct layout *src, struct layout *dst,
                 enum placement placement, uint32_t src_length,
                 uint32_t dst_length);

/* Between the pieces in an image of memory and flat bytes */
void layout_copy_out(const uint8_t *image, const struct layout *layout,
                     uint8_t *buf, uint32_t length);
void layout_copy_in(uint8_t *image, const struct layout *layout,
                    const uint8_t *buf, uint32_t length);

/* Mappings come in random sizes, and as copies or not */
void memory_random(struct memory *mem);

/*
 * The address and the number of segments that an entry has for length bytes of
 * the layout; the table is written if there is one.
 */
uint64_t layout_describe(struct fixture *f, const struct layout *layout,
                         uint64_t table, uint32_t length, __le16 *segments);

/* Both sides of an entry: addresses, counts, flags */
void layout_entry(struct fixture *f, struct pce_sqe *sqe,
                  const struct layout *src, const struct layout *dst,
                  enum placement placement, uint32_t src_length,
                  uint32_t dst_length);

#endif /* LAYOUT_H */
