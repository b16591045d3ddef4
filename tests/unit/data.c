/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens to data: limits of length, chips that offer less, memory that
 * fails, mappings, overlap.
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

        if (length_fits(*alg, length)) {
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
    struct pce_sqe sqe = cipher_sqe(0, 1, 0, UINT64_MAX, 0);
    uint8_t iv[PCE_INDIRECT_IV_SIZE];
    struct pce_cqe cqe;
    struct fixture f;

    setup(&f, *alg);
    random_bytes(iv, sizeof(iv));
    set_iv(&f, &sqe, *alg, iv);
    execute(&f, &sqe, PCE_STATUS_OK, 0, &cqe);
    EXPECT_EQ(cqe.length, 0);
    reference(backend, *alg, test_key, alg_key_length(*alg, 0), false, iv, iv,
              iv, 0);
    EXPECT(!memcmp(cqe.result, iv, sizeof(cqe.result)));
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
        f.alg_info[*alg] = pce_alg_info(&f.backends, *alg) &
                           ~(PCE_ALG_INFO_KEY_128 << missing);
        for (unsigned int size = 0; size < 3; size++) {
            if (!alg_has_key(*alg, size)) {
                continue;
            }
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
    uint8_t flat[LENGTH], expected[LENGTH], iv[32] = { 0 };
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

/* Which keys are too weak to be used the driver decides: DES with zeros */
static void test_weak_key(const void *arg)
{
    static const uint8_t key[24];
    static const uint8_t expected[] = {
        0x8c, 0xa6, 0x4d, 0xe9, 0xc1, 0xb1, 0x23, 0xa7,
    };
    struct pce_sqe sqe = cipher_sqe(0, 1, SRC, DST, sizeof(expected));

    for (int i = 0; pce_backends[i]; i++) {
        struct fixture f;

        if (!pce_backends[i]->alg_info(PCE_ALG_DES3_ECB)) {
            continue;
        }
        fixture_init(&f, pce_backend_find(pce_backends[i]->name), DATA_SIZE);
        fixture_start(&f);
        fixture_context(&f, 0, 1, PCE_ALG_DES3_ECB, key, sizeof(key));
        expect_ok(&f, &sqe);
        EXPECT(!memcmp(memory_at(&f.mem, DST), expected, sizeof(expected)));
        fixture_destroy(&f);
    }
    (void)arg;
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

/* --- Cases --------------------------------------------------------------- */

static void add_algorithm_cases(unsigned int *alg)
{
    const char *name = pce_alg_find(*alg)->name;

    ktap_add(test_lengths, alg, "%s: lengths", name);
    if (length_fits(*alg, 0)) {
        ktap_add(test_no_text, alg, "%s: no text", name);
    }
    ktap_add(test_longest, alg, "%s: longest request", name);
    ktap_add(test_smaller_chip, alg, "%s: smaller chip", name);
    ktap_add(test_dma_fault, alg, "%s: DMA faults", name);
    ktap_add(test_read_only, alg, "%s: read-only memory", name);
    ktap_add(test_last_byte, alg, "%s: to the end of the address space", name);
    ktap_add(test_wrapping_segment, alg,
             "%s: segment over the end of the address space", name);
    ktap_add(test_overlap, alg, "%s: overlap", name);
}

int main(void)
{
    static unsigned int algs[PCE_ALG_CHACHA20 + 1];

    request_init();
    for (unsigned int alg = 1; alg <= PCE_ALG_CHACHA20; alg++) {
        algs[alg] = alg;
        add_algorithm_cases(&algs[alg]);
    }
    ktap_add(test_limits, NULL, "limits of a smaller chip");
    ktap_add(test_excess, NULL, "what is beyond the text is not touched");
    ktap_add(test_mappings, NULL, "mappings");
    ktap_add(test_weak_key, NULL, "weak keys");
    ktap_add(test_failing_backend, NULL, "backend that fails");
    return ktap_run();
}
