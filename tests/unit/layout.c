/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <string.h>

#include "layout.h"

#define MAX(a, b) ((a) > (b) ? (a) : (b))

static unsigned int random_piece(uint32_t left)
{
    static const uint32_t limits[] = { 3, 16, 40, 600, 5000, UINT32_MAX };
    uint32_t limit = limits[random_below(6)];

    return 1 + random_below(left < limit ? left : limit);
}

void layout_random(struct layout *layout, uint32_t length, uint64_t *next)
{
    /* Few pieces as a rule, hundreds now and then */
    uint32_t typical = random_below(8) ? 8 : LAYOUT_MAX_PIECES;

    layout->count = 0;
    while (length || !layout->count) {
        /* The last piece takes all that is left */
        bool last = layout->count == LAYOUT_MAX_PIECES / 2 - 1 ||
                    random_below(typical) == 0;
        uint32_t n = !length ? 1 : last ? length : random_piece(length);

        /* One in three is contiguous with the one before */
        *next += random_below(3) ? 1 + random_below(40) : 0;
        layout->pieces[layout->count++] = (struct pce_segment) {
            .addr = *next,
            .length = n,
        };
        *next += n;
        length -= length ? n : 0;
    }
}

/* Not in the order of the addresses */
static void shuffle(struct layout *layout)
{
    for (unsigned int i = layout->count; i > 1; i--) {
        unsigned int j = random_below(i);
        struct pce_segment piece = layout->pieces[i - 1];

        layout->pieces[i - 1] = layout->pieces[j];
        layout->pieces[j] = piece;
    }
}

/* The same bytes in other pieces */
static void split_again(struct layout *to, const struct layout *from)
{
    to->count = 0;
    for (unsigned int i = 0; i < from->count; i++) {
        struct pce_segment piece = from->pieces[i];

        if (piece.length > 1 && random_below(2)) {
            uint32_t head = 1 + random_below(piece.length - 1);

            to->pieces[to->count++] = (struct pce_segment) {
                .addr = piece.addr,
                .length = head,
            };
            piece.addr += head;
            piece.length -= head;
        }
        to->pieces[to->count++] = piece;
    }
}

void layout_pair(struct layout *src, struct layout *dst,
                 enum placement placement, uint32_t src_length,
                 uint32_t dst_length)
{
    /* Segments may have more than the request: it is not touched */
    uint32_t excess = random_below(2) ? random_below(100) : 0;
    uint64_t next = DATA + random_below(64);

    if (placement != SEPARATE) {
        src_length = MAX(src_length, dst_length);
    }
    layout_random(src, src_length + excess, &next);
    if (random_below(2)) {
        shuffle(src);
    }
    switch (placement) {
    case IN_PLACE_ONE_LIST:
        *dst = *src;
        break;
    case IN_PLACE_TWO_LISTS:
        split_again(dst, src);
        break;
    default:
        layout_random(dst, dst_length + (excess ? random_below(100) : 0),
                      &next);
        if (random_below(2)) {
            shuffle(dst);
        }
        break;
    }
}

void layout_copy_out(const uint8_t *image, const struct layout *layout,
                     uint8_t *buf, uint32_t length)
{
    for (unsigned int i = 0; length; i++) {
        const struct pce_segment *piece = &layout->pieces[i];
        uint32_t n = length < piece->length ? length : piece->length;

        memcpy(buf, image + (piece->addr - MEMORY_BASE), n);
        buf += n;
        length -= n;
    }
}

void layout_copy_in(uint8_t *image, const struct layout *layout,
                    const uint8_t *buf, uint32_t length)
{
    for (unsigned int i = 0; length; i++) {
        const struct pce_segment *piece = &layout->pieces[i];
        uint32_t n = length < piece->length ? length : piece->length;

        memcpy(image + (piece->addr - MEMORY_BASE), buf, n);
        buf += n;
        length -= n;
    }
}

void memory_random(struct memory *mem)
{
    static const uint64_t limits[] = { 1, 7, 64, 4096, UINT64_MAX, UINT64_MAX };

    mem->copies = random_below(2);
    mem->max_map = limits[random_below(6)];
}

uint64_t layout_describe(struct fixture *f, const struct layout *layout,
                         uint64_t table, uint32_t length, __le16 *segments)
{
    /* Of no bytes no address is looked at */
    if (!length && random_below(2)) {
        *segments = 0;
        return random_below(2) ? 0 : UINT64_MAX;
    }
    /* One piece may do without a table, and then has no excess */
    if (layout->count == 1 && layout->pieces[0].length == length &&
        random_below(2)) {
        *segments = 0;
        return htole64(layout->pieces[0].addr);
    }
    for (unsigned int i = 0; i < layout->count; i++) {
        set_segment(f, table, i, layout->pieces[i].addr,
                    layout->pieces[i].length);
    }
    *segments = htole16(layout->count);
    return htole64(table);
}

void layout_entry(struct fixture *f, struct pce_sqe *sqe,
                  const struct layout *src, const struct layout *dst,
                  enum placement placement, uint32_t src_length,
                  uint32_t dst_length)
{
    if (placement == IN_PLACE_ONE_LIST) {
        src_length = MAX(src_length, dst_length);
    }
    sqe->src = layout_describe(f, src, SRC_TABLE, src_length,
                               &sqe->src_segments);
    if (placement == IN_PLACE_ONE_LIST) {
        sqe->dst = sqe->src;
        sqe->dst_segments = sqe->src_segments;
    } else {
        sqe->dst = layout_describe(f, dst, DST_TABLE, dst_length,
                                   &sqe->dst_segments);
    }
    sqe->flags |= (sqe->src_segments ? PCE_SQE_SRC_TABLE : 0) |
                  (sqe->dst_segments ? PCE_SQE_DST_TABLE : 0);
}
