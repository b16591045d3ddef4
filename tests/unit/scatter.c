/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests with random scatter-gather lists through the executor have the same
 * result as one flat call of the backend, and touch nothing else.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "ktap.h"

#define MAX_LENGTH 65600
#define MAX_PIECES 1024

/* Two lists of segments, with gaps and excess, have room */
#define DATA_SIZE (1 << 20)

struct params {
    const struct pce_backend *backend;
    unsigned int alg;
    unsigned int key_size;
    bool decrypt;
};

/* Bytes of a request as they lie in memory, one piece after the other */
struct layout {
    struct pce_segment pieces[MAX_PIECES];  /* in CPU byte order */
    unsigned int count;
};

enum placement {
    SEPARATE,
    IN_PLACE_ONE_LIST,              /* direct, or the same table */
    IN_PLACE_TWO_LISTS,             /* the same bytes, split differently */
    PLACEMENTS,
};

/* --- Layouts ------------------------------------------------------------- */

static unsigned int random_piece(uint32_t left)
{
    static const uint32_t limits[] = { 3, 16, 40, 600, 5000, UINT32_MAX };
    uint32_t limit = limits[random_below(6)];

    return 1 + random_below(left < limit ? left : limit);
}

/* Pieces of length bytes in all, from *next up, which is moved on */
static void random_layout(struct layout *layout, uint32_t length,
                          uint64_t *next)
{
    /* Few pieces as a rule, hundreds now and then */
    uint32_t typical = random_below(8) ? 8 : MAX_PIECES;

    layout->count = 0;
    while (length || !layout->count) {
        /* The last piece takes all that is left */
        bool last = layout->count == MAX_PIECES / 2 - 1 ||
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

static void copy_out(const uint8_t *image,
                     const struct layout *layout, uint8_t *buf,
                     uint32_t length)
{
    for (unsigned int i = 0; length; i++) {
        const struct pce_segment *piece = &layout->pieces[i];
        uint32_t n = length < piece->length ? length : piece->length;

        memcpy(buf, image + (piece->addr - MEMORY_BASE), n);
        buf += n;
        length -= n;
    }
}

static void copy_in(uint8_t *image, const struct layout *layout,
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

/* The address and the number of segments that an entry has for the layout */
static uint64_t describe(struct fixture *f, const struct layout *layout,
                         uint64_t table, uint32_t length, __le16 *segments)
{
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

/* --- One request --------------------------------------------------------- */

static void random_maps(struct memory *mem)
{
    static const uint64_t limits[] = { 1, 7, 64, 4096, UINT64_MAX, UINT64_MAX };

    mem->copies = random_below(2);
    mem->max_map = limits[random_below(6)];
}

static void make_layouts(struct layout *src, struct layout *dst,
                         enum placement placement, uint32_t length)
{
    /* Segments may have more than the request: it is not touched */
    uint32_t excess = random_below(2) ? random_below(100) : 0;
    uint64_t next = DATA + random_below(64);

    random_layout(src, length + excess, &next);
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
        random_layout(dst, length + (excess ? random_below(100) : 0), &next);
        if (random_below(2)) {
            shuffle(dst);
        }
        break;
    }
}

static struct pce_sqe make_sqe(struct fixture *f, const struct params *p,
                               const struct layout *src,
                               const struct layout *dst,
                               enum placement placement, uint32_t length)
{
    struct pce_sqe sqe = cipher_sqe(0, 1, 0, 0, length);

    sqe.src = describe(f, src, SRC_TABLE, length, &sqe.src_segments);
    if (placement == IN_PLACE_ONE_LIST) {
        sqe.dst = sqe.src;
        sqe.dst_segments = sqe.src_segments;
    } else {
        sqe.dst = describe(f, dst, DST_TABLE, length, &sqe.dst_segments);
    }
    sqe.flags = (p->decrypt ? PCE_SQE_DECRYPT : 0) |
                (sqe.src_segments ? PCE_SQE_SRC_TABLE : 0) |
                (sqe.dst_segments ? PCE_SQE_DST_TABLE : 0);
    random_bytes(sqe.iv, sizeof(sqe.iv));
    if (random_below(4) == 0) {
        /* The counter wraps soon */
        memset(sqe.iv, 0xff, sizeof(sqe.iv) - random_below(2));
    }
    return sqe;
}

static void one_request(struct fixture *f, const struct params *p,
                        const uint8_t *key, uint8_t *image, uint32_t length)
{
    static uint8_t in[MAX_LENGTH], out[MAX_LENGTH];
    static struct layout src, dst;
    enum placement placement = random_below(PLACEMENTS);
    uint8_t iv[PCE_SQE_IV_SIZE];
    struct pce_sqe sqe;
    struct pce_cqe cqe;

    make_layouts(&src, &dst, placement, length);
    random_maps(&f->mem);
    sqe = make_sqe(f, p, &src, &dst, placement, length);

    /* What memory is to look like afterwards */
    memcpy(image, f->mem.ram, f->mem.size);
    copy_out(image, &src, in, length);
    memcpy(iv, sqe.iv, sizeof(iv));
    reference(p->backend, p->alg, key, alg_key_length(p->alg, p->key_size),
              p->decrypt, iv, in, out, length);
    copy_in(image, &dst, out, length);
    f->mem.written = 0;

    EXPECT_EQ(pce_execute(f->ex, &sqe, &cqe), PCE_STATUS_OK);
    EXPECT_EQ(le32toh(cqe.length), length);
    EXPECT_EQ(cqe.detail, 0);
    EXPECT_EQ(cqe.reserved, 0);
    EXPECT_EQ(le32toh(cqe.ctrl), TAG);
    EXPECT(!memcmp(cqe.result, iv, sizeof(iv)));
    EXPECT(!memcmp(f->mem.ram, image, f->mem.size));
    EXPECT_EQ(f->mem.mapped, 0);
    EXPECT_EQ(f->mem.written, length);
    if (ktap_failed()) {
        ktap_fail("length %u, %u and %u segments, placement %d, max_map %llu",
                  length, src.count, dst.count, placement,
                  (unsigned long long)f->mem.max_map);
    }
}

/* --- Cases --------------------------------------------------------------- */

static bool length_fits(unsigned int alg, uint32_t length)
{
    switch (alg) {
    case PCE_ALG_AES_ECB:
    case PCE_ALG_AES_CBC:
        return length % BLOCK == 0;
    case PCE_ALG_AES_XTS:
        return length >= BLOCK;
    default:
        return true;
    }
}

static unsigned int run_lengths(struct fixture *f, const struct params *p,
                                const uint8_t *key, uint8_t *image,
                                uint32_t from, uint32_t to, int repeat)
{
    unsigned int requests = 0;

    for (uint32_t length = from; length <= to; length++) {
        for (int i = 0; length_fits(p->alg, length) && i < repeat; i++) {
            one_request(f, p, key, image, length);
            requests++;
        }
    }
    return requests;
}

static void test_scatter(const void *arg)
{
    const struct params *p = arg;
    size_t key_length = alg_key_length(p->alg, p->key_size);
    /* Lengths are rarer where they are multiples of a block */
    int repeat = length_fits(p->alg, 1) || length_fits(p->alg, 17) ? 3 : 24;
    uint8_t key[PCE_CONTEXT_KEY_SIZE];
    uint8_t *image;
    unsigned int requests;
    struct fixture f;

    fixture_init(&f, p->backend, DATA_SIZE);
    fixture_start(&f);
    image = malloc(f.mem.size);
    random_bytes(f.mem.ram + DATA_OFFSET, DATA_SIZE);
    random_bytes(key, sizeof(key));
    fixture_context(&f, 0, 1, p->alg, key, key_length);

    requests = run_lengths(&f, p, key, image, 0, 300, repeat);
    requests += run_lengths(&f, p, key, image, 4096 - 17, 4096 + 17, repeat);
    requests += run_lengths(&f, p, key, image, 65536 - 17, 65536 + 17, repeat);

    EXPECT_EQ(pce_executor_stats(f.ex)->requests, requests);
    EXPECT_EQ(pce_executor_stats(f.ex)->errors, 0);
    EXPECT_EQ(pce_executor_stats(f.ex)->key_misses, 1);
    ktap_note("%u requests", requests);
    free(image);
    fixture_destroy(&f);
}

static void add_cases(const struct pce_backend *backend)
{
    for (unsigned int alg = PCE_ALG_AES_ECB; alg <= PCE_ALG_AES_XTS; alg++) {
        for (unsigned int i = 0; i < 6; i++) {
            struct params *p = malloc(sizeof(*p));

            *p = (struct params) {
                .backend = backend,
                .alg = alg,
                .key_size = i / 2,
                .decrypt = i % 2,
            };
            ktap_add(test_scatter, p, "%s: %s %zu %s", backend->name,
                     alg_names[alg], 8 * alg_key_length(alg, p->key_size),
                     p->decrypt ? "decrypt" : "encrypt");
        }
    }
}

int main(void)
{
    random_seed();
    for (int i = 0; pce_backends[i]; i++) {
        add_cases(pce_backend_find(pce_backends[i]->name));
    }
    return ktap_run();
}
