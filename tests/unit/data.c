/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens to data: limits of length, chips that offer less, memory that
 * fails, mappings, overlap, and entries of a hostile guest.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "request.h"

/* --- Lengths and limits -------------------------------------------------- */

static void test_lengths(const void *arg)
{
    const unsigned int *alg = arg;
    struct fixture f;

    setup(&f, *alg);
    for (uint32_t length = 0; length <= 100; length++) {
        struct pce_sqe sqe = cipher_sqe(0, 1, SRC, DST, length);
        bool fits = *alg == PCE_ALG_AES_CTR ? true
                  : *alg == PCE_ALG_AES_XTS ? length >= 16 : length % 16 == 0;

        if (fits) {
            expect_ok(&f, &sqe);
        } else {
            expect_refused(&f, &sqe, PCE_STATUS_BAD_LENGTH, 0x20);
        }
    }
    fixture_destroy(&f);
}

/* Without text no address is looked at, and the IV is the next IV */
static void test_no_text(const void *arg)
{
    const unsigned int *alg = arg;
    static const uint8_t zeros[16];
    struct pce_sqe sqe = cipher_sqe(0, 1, 0, UINT64_MAX, 0);
    struct pce_cqe cqe;
    struct fixture f;

    setup(&f, *alg);
    random_bytes(sqe.iv, sizeof(sqe.iv));
    execute(&f, &sqe, PCE_STATUS_OK, 0, &cqe);
    EXPECT_EQ(cqe.length, 0);
    EXPECT(!memcmp(cqe.result, *alg == PCE_ALG_AES_ECB ? zeros : sqe.iv, 16));
    EXPECT_EQ(pce_executor_stats(f.ex)->maps, 0);
    fixture_destroy(&f);
}

static void test_limits(const void *arg)
{
    struct pce_sqe sqe;
    struct fixture f;

    (void)arg;
    fixture_init(&f, backend, DATA_SIZE);
    f.config.max_length = 4096;
    f.config.max_segments = 3;
    fixture_start(&f);
    fixture_context(&f, 0, 1, PCE_ALG_AES_CTR, test_key, 16);
    for (unsigned int i = 0; i < 4; i++) {
        set_segment(&f, SRC_TABLE, i, SRC + 5000 * i, 4096);
    }
    sqe = cipher_sqe(0, 1, SRC, DST, 4096);
    expect_ok(&f, &sqe);
    sqe.length = htole32(4097);
    expect_refused(&f, &sqe, PCE_STATUS_BAD_LENGTH, 0x20);

    sqe = cipher_sqe(0, 1, SRC_TABLE, DST, 4096);
    sqe.flags = PCE_SQE_SRC_TABLE;
    sqe.src_segments = htole16(3);
    expect_ok(&f, &sqe);
    sqe.src_segments = htole16(4);
    expect_refused(&f, &sqe, PCE_STATUS_BAD_FIELD, 0x28);
    fixture_destroy(&f);
}

/* The longest request there is, in each algorithm; one byte more is refused */
static void test_longest(const void *arg)
{
    const unsigned int *alg = arg;
    struct pce_sqe sqe = cipher_sqe(0, 1, SRC, SRC, PCE_LIMIT_LENGTH);
    struct fixture f;

    fixture_init(&f, backend, PCE_LIMIT_LENGTH);
    fixture_start(&f);
    fixture_context(&f, 0, 1, *alg, test_key, alg_key_length(*alg, 0));
    expect_ok(&f, &sqe);
    /* In pieces: XTS gathers */
    f.mem.max_map = 1 << 20;
    expect_ok(&f, &sqe);
    sqe.length = htole32(PCE_LIMIT_LENGTH + 1);
    expect_refused(&f, &sqe, PCE_STATUS_BAD_LENGTH, 0x20);
    fixture_destroy(&f);
}

/* A chip without algorithm alg, then with it but without each key size */
static void test_smaller_chip(const void *arg)
{
    const unsigned int *alg = arg;
    struct pce_sqe sqe = good_sqe();
    struct fixture f;

    fixture_init(&f, backend, DATA_SIZE);
    fixture_start(&f);
    fixture_context(&f, 0, 1, *alg, test_key, alg_key_length(*alg, 0));
    f.alg_info[*alg] = 0;
    expect_refused(&f, &sqe, PCE_STATUS_UNSUPPORTED, 0x04);

    for (unsigned int missing = 0; missing < 3; missing++) {
        f.alg_info[*alg] = backend->alg_info(*alg) &
                           ~(PCE_ALG_INFO_KEY_128 << missing);
        for (unsigned int size = 0; size < 3; size++) {
            /* A new context record each time */
            sqe.ctx_generation = htole32(2 + 3 * missing + size);
            fixture_context(&f, 0, 2 + 3 * missing + size, *alg, test_key,
                            alg_key_length(*alg, size));
            if (size == missing) {
                expect_refused(&f, &sqe, PCE_STATUS_UNSUPPORTED, 0x05);
            } else {
                expect_ok(&f, &sqe);
            }
        }
    }
    fixture_destroy(&f);
}

/* --- Memory that fails --------------------------------------------------- */

/*
 * The map of a segment fails; nothing of it is written.  copies: so that the
 * lengths that unmap is told are those really written.
 */
static void check_dma_fault(unsigned int alg, bool dst, unsigned int segment,
                            bool copies)
{
    uint64_t base = dst ? DST : SRC;
    uint8_t flat[LENGTH], expected[LENGTH], iv[16] = { 0 };
    struct pce_sqe sqe, good;
    struct pce_cqe cqe;
    struct fixture f;
    uint32_t written;

    setup(&f, alg);
    good = good_sqe();
    sqe = table_sqe(&f, true);
    for (unsigned int i = 0; i < LENGTH / 16; i++) {
        memcpy(flat + 16 * i, memory_at(&f.mem, SRC + 100 * i), 16);
        memset(memory_at(&f.mem, DST + 100 * i), 0xdd, 16);
    }
    reference(backend, alg, test_key, alg_key_length(alg, 0), false, iv, flat,
              expected, LENGTH);
    f.mem.copies = copies;
    /* In the middle of the segment: its beginning can be mapped */
    f.mem.fault = base + 100 * segment + 8;
    f.mem.fault_length = 1;
    execute(&f, &sqe, dst ? PCE_STATUS_DST_DMA : PCE_STATUS_SRC_DMA, segment,
            &cqe);

    /* What the completion says was written was, and no more */
    written = le32toh(cqe.length);
    EXPECT_EQ(f.mem.written, written);
    EXPECT(written <= 16 * segment + 8);
    for (unsigned int i = 0; i < LENGTH; i++) {
        uint8_t *byte = memory_at(&f.mem, DST + 100 * (i / 16) + i % 16);

        EXPECT_EQ(*byte, i < written ? expected[i] : 0xdd);
    }
    f.mem.fault_length = 0;
    expect_ok(&f, &good);
    fixture_destroy(&f);
}

static void test_dma_fault(const void *arg)
{
    const unsigned int *alg = arg;

    for (unsigned int i = 0; i < 16; i++) {
        check_dma_fault(*alg, i & 1, i / 4, i & 2);
    }
}

/* Memory that can be read but not written, in place: it is the destination */
static void test_read_only(const void *arg)
{
    const unsigned int *alg = arg;
    struct pce_sqe sqe = cipher_sqe(0, 1, SRC, SRC, LENGTH);
    struct fixture f;

    setup(&f, *alg);
    f.mem.fault = SRC;
    f.mem.fault_length = LENGTH;
    f.mem.fault_map_write = true;
    expect_refused(&f, &sqe, PCE_STATUS_DST_DMA, 0);
    f.mem.fault_map_write = false;
    expect_refused(&f, &sqe, PCE_STATUS_SRC_DMA, 0);
    fixture_destroy(&f);
}

/* The address space goes to its last byte: context, tables, text */
static void test_last_byte(const void *arg)
{
    const unsigned int *alg = arg;
    uint64_t end = UINT64_MAX - 0x1000 + 1;
    struct pce_sqe sqe = cipher_sqe(0, 1, UINT64_MAX - LENGTH + 1, DATA,
                                    LENGTH);
    struct fixture f;

    setup(&f, *alg);
    expect_ok(&f, &sqe);
    sqe = cipher_sqe(0, 1, DATA, UINT64_MAX - LENGTH + 1, LENGTH);
    expect_ok(&f, &sqe);

    /* A table that ends there, which says the same of the destination */
    sqe.dst = htole64(UINT64_MAX - 15);
    sqe.dst_segments = htole16(1);
    sqe.flags = PCE_SQE_DST_TABLE;
    set_segment(&f, UINT64_MAX - 15, 0, end, LENGTH);
    expect_ok(&f, &sqe);

    sqe = cipher_sqe(0, 1, DATA, end, LENGTH);
    sqe.ctx = htole64(UINT64_MAX - sizeof(struct pce_context) + 1);
    memcpy(memory_at(&f.mem, le64toh(sqe.ctx)), memory_at(&f.mem, CONTEXT(0)),
           sizeof(struct pce_context));
    expect_ok(&f, &sqe);
    fixture_destroy(&f);
}

/* A segment that goes over the end of the address space, after a good one */
static void test_wrapping_segment(const void *arg)
{
    const unsigned int *alg = arg;
    struct pce_sqe sqe;
    struct pce_cqe cqe;
    struct fixture f;

    setup(&f, *alg);
    sqe = table_sqe(&f, true);
    set_segment(&f, SRC_TABLE, 1, UINT64_MAX - 7, 16);
    execute(&f, &sqe, PCE_STATUS_SRC_DMA, 1, &cqe);
    set_segment(&f, SRC_TABLE, 1, SRC, 16);
    set_segment(&f, DST_TABLE, 2, UINT64_MAX - 7, 16);
    execute(&f, &sqe, PCE_STATUS_DST_DMA, 2, &cqe);
    /* To the end and on at 0 is not contiguous: there is no memory at 0 */
    set_segment(&f, DST_TABLE, 2, UINT64_MAX - 15, 16);
    set_segment(&f, DST_TABLE, 3, 0, 16);
    execute(&f, &sqe, PCE_STATUS_DST_DMA, 3, &cqe);
    fixture_destroy(&f);
}

/* --- A backend that fails ------------------------------------------------ */

static void *no_key(unsigned int alg, const uint8_t *key, size_t length)
{
    (void)alg, (void)key, (void)length;
    return NULL;
}

static int no_cipher(void *key, bool decrypt, const uint8_t *iv,
                     const uint8_t *src, uint8_t *dst, size_t length)
{
    (void)key, (void)decrypt, (void)iv, (void)src, (void)dst, (void)length;
    return -1;
}

static void test_failing_backend(const void *arg)
{
    struct pce_backend broken = *backend;
    struct pce_sqe sqe = good_sqe();
    struct pce_cqe cqe;
    struct fixture f;

    (void)arg;
    fixture_init(&f, &broken, DATA_SIZE);
    fixture_start(&f);
    fixture_context(&f, 0, 1, PCE_ALG_AES_CBC, test_key, 16);
    broken.key_new = no_key;
    expect_refused(&f, &sqe, PCE_STATUS_NO_RESOURCES, 0);
    broken.key_new = backend->key_new;
    broken.cipher = no_cipher;
    execute(&f, &sqe, PCE_STATUS_INTERNAL, 0, &cqe);
    broken.cipher = backend->cipher;
    expect_ok(&f, &sqe);
    fixture_destroy(&f);
}

/* --- What is right ------------------------------------------------------- */

/* One mapping in place, two otherwise, in however many segments that is said */
static void test_mappings(const void *arg)
{
    struct pce_sqe sqe;
    struct fixture f;

    (void)arg;
    setup(&f, PCE_ALG_AES_XTS);
    sqe = cipher_sqe(0, 1, SRC, SRC, LENGTH);
    expect_ok(&f, &sqe);
    EXPECT_EQ(pce_executor_stats(f.ex)->maps, 1);
    sqe = good_sqe();
    expect_ok(&f, &sqe);
    EXPECT_EQ(pce_executor_stats(f.ex)->maps, 3);
    for (unsigned int i = 0; i < 4; i++) {
        set_segment(&f, SRC_TABLE, i, SRC + 16 * i, 16);
    }
    sqe = cipher_sqe(0, 1, SRC_TABLE, SRC_TABLE, LENGTH);
    sqe.flags = PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE;
    sqe.src_segments = sqe.dst_segments = htole16(4);
    expect_ok(&f, &sqe);
    EXPECT_EQ(pce_executor_stats(f.ex)->maps, 4);
    EXPECT_EQ(pce_executor_stats(f.ex)->copied, 0);
    EXPECT_EQ(pce_executor_stats(f.ex)->bytes, 3 * LENGTH);
    fixture_destroy(&f);
}

/* What the request does not need of the segments is not touched */
static void test_excess(const void *arg)
{
    struct pce_sqe sqe;
    struct fixture f;

    (void)arg;
    setup(&f, PCE_ALG_AES_CBC);
    sqe = table_sqe(&f, true);
    set_segment(&f, SRC_TABLE, 4, 0, 1);
    set_segment(&f, DST_TABLE, 4, UINT64_MAX, UINT32_MAX);
    memory_watch(&f.mem);
    expect_ok(&f, &sqe);
    EXPECT_EQ(f.mem.lowest, SRC);
    EXPECT_EQ(f.mem.highest, DST + 316);
    fixture_destroy(&f);
}

/* Source and destination overlap: the result is undefined, the rest is not */
static void test_overlap(const void *arg)
{
    const unsigned int *alg = arg;
    uint8_t *before;
    struct fixture f;

    setup(&f, *alg);
    before = malloc(f.mem.size);
    for (int i = 0; i < 300; i++) {
        uint32_t length = 16 * (1 + random_below(64));
        uint64_t src = SRC + random_below(2000);
        uint64_t dst = SRC + random_below(2000);
        struct pce_sqe sqe = cipher_sqe(0, 1, src, dst, length);
        uint64_t start = dst - MEMORY_BASE, end = start + length;

        memcpy(before, f.mem.ram, f.mem.size);
        expect_ok(&f, &sqe);
        EXPECT(!memcmp(before, f.mem.ram, start));
        EXPECT(!memcmp(before + end, f.mem.ram + end, f.mem.size - end));
    }
    free(before);
    fixture_destroy(&f);
}

/* --- Hostile entries ----------------------------------------------------- */

static uint64_t hostile_address(void)
{
    switch (random_below(8)) {
    case 0:
        return UINT64_MAX - random_below(200);
    case 1:
        return random_below(200);
    case 2:
        return DATA + DATA_SIZE - random_below(200);
    default:
        return (MEMORY_BASE + random_below(DATA_OFFSET + DATA_SIZE)) &
               ~(uint64_t)(random_below(2) ? 63 : 0);
    }
}

static struct pce_sqe hostile_sqe(void)
{
    struct pce_sqe sqe = cipher_sqe(random_below(4), 1, hostile_address(),
                                    hostile_address(), random_below(1000));

    sqe.flags = random_below(16);
    sqe.src_segments = sqe.flags & PCE_SQE_SRC_TABLE ? random_below(9) : 0;
    sqe.dst_segments = sqe.flags & PCE_SQE_DST_TABLE ? random_below(9) : 0;
    if (sqe.flags & PCE_SQE_SRC_TABLE && random_below(8)) {
        sqe.src = htole64(SRC_TABLE + 16 * random_below(8));
    }
    if (sqe.flags & PCE_SQE_DST_TABLE && random_below(8)) {
        sqe.dst = htole64(DST_TABLE + 16 * random_below(8));
    }
    if (random_below(2)) {
        sqe.length &= htole32(~15u);
    }
    if (random_below(8) == 0) {
        random_bytes((uint8_t *)&sqe + random_below(64), 1);
    }
    return sqe;
}

static void hostile_memory(struct fixture *f)
{
    for (unsigned int i = 0; i < 16; i++) {
        uint32_t length = random_below(8) ? 1 + random_below(300)
                                          : random_below(2) * UINT32_MAX;

        set_segment(f, SRC_TABLE, i, hostile_address(), length);
        set_segment(f, DST_TABLE, i, hostile_address(), length);
    }
    for (unsigned int n = 0; n < 4; n++) {
        unsigned int alg = PCE_ALG_AES_ECB + n;

        fixture_context(f, n, 1, alg, test_key,
                        alg_key_length(alg, random_below(3)));
        if (random_below(8) == 0) {
            random_bytes(memory_at(&f->mem, CONTEXT(n) + random_below(256)),
                         1);
        }
    }
    f->mem.copies = random_below(2);
    f->mem.max_map = random_below(2) ? UINT64_MAX : 1 + random_below(100);
    f->mem.fault = hostile_address();
    f->mem.fault_length = random_below(2) * random_below(100);
}

/*
 * Half right entries, tables and contexts by the thousand: the sanitizers find
 * nothing, and whatever has no DMA to blame leaves memory as it was.
 */
static void test_hostile(const void *arg)
{
    unsigned int seen[256] = { 0 };
    uint8_t *before;
    struct fixture f;

    (void)arg;
    setup(&f, PCE_ALG_AES_CBC);
    before = malloc(f.mem.size);
    for (int i = 0; i < 30000; i++) {
        struct pce_sqe sqe = hostile_sqe();
        struct pce_cqe cqe;
        unsigned int status;

        if (i % 16 == 0) {
            hostile_memory(&f);
            pce_executor_invalidate_all(f.ex);
        }
        memcpy(before, f.mem.ram, f.mem.size);
        status = pce_execute(f.ex, &sqe, &cqe);
        seen[status]++;
        EXPECT_EQ(f.mem.mapped, 0);
        EXPECT(le32toh(cqe.length) <= le32toh(sqe.length));
        if (status >> 4 == 1 || status >> 4 == 2) {
            EXPECT_EQ(cqe.length, 0);
            EXPECT(!memcmp(before, f.mem.ram, f.mem.size));
        }
    }
    ktap_note("%u done, %u BAD_FIELD, %u BAD_LENGTH, %u BAD_ADDRESS, "
              "%u BAD_*_SEGMENT, %u BAD_CONTEXT, %u *_DMA",
              seen[PCE_STATUS_OK], seen[PCE_STATUS_BAD_FIELD],
              seen[PCE_STATUS_BAD_LENGTH], seen[PCE_STATUS_BAD_ADDRESS],
              seen[PCE_STATUS_BAD_SRC_SEGMENT] +
              seen[PCE_STATUS_BAD_DST_SEGMENT], seen[PCE_STATUS_BAD_CONTEXT],
              seen[PCE_STATUS_CTX_DMA] + seen[PCE_STATUS_TABLE_DMA] +
              seen[PCE_STATUS_SRC_DMA] + seen[PCE_STATUS_DST_DMA]);
    /* It is a test of little if next to nothing gets through */
    EXPECT(seen[PCE_STATUS_OK] > 1000);
    EXPECT_EQ(seen[PCE_STATUS_INTERNAL] + seen[PCE_STATUS_NO_RESOURCES], 0);
    free(before);
    fixture_destroy(&f);
}

/* --- The list ------------------------------------------------------------ */

static void add_algorithm_cases(void)
{
    static const unsigned int algs[] = {
        PCE_ALG_AES_ECB, PCE_ALG_AES_CBC, PCE_ALG_AES_CTR, PCE_ALG_AES_XTS,
    };

    for (size_t i = 0; i < 4; i++) {
        const char *name = alg_names[algs[i]];

        ktap_add(test_lengths, &algs[i], "%s: lengths", name);
        if (algs[i] != PCE_ALG_AES_XTS) {
            ktap_add(test_no_text, &algs[i], "%s: no text", name);
        }
        ktap_add(test_longest, &algs[i], "%s: longest request", name);
        ktap_add(test_smaller_chip, &algs[i], "%s: smaller chip", name);
        ktap_add(test_dma_fault, &algs[i], "%s: DMA faults", name);
        ktap_add(test_read_only, &algs[i], "%s: read-only memory", name);
        ktap_add(test_last_byte, &algs[i],
                 "%s: to the end of the address space", name);
        ktap_add(test_wrapping_segment, &algs[i],
                 "%s: segment over the end of the address space", name);
        ktap_add(test_overlap, &algs[i], "%s: overlap", name);
    }
}

int main(void)
{
    request_init();
    add_algorithm_cases();
    ktap_add(test_limits, NULL, "limits of a smaller chip");
    ktap_add(test_excess, NULL, "what is beyond the text is not touched");
    ktap_add(test_mappings, NULL, "mappings");
    ktap_add(test_failing_backend, NULL, "backend that fails");
    ktap_add(test_hostile, NULL, "hostile entries");
    return ktap_run();
}
