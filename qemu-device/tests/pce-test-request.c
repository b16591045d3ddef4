/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of requests: known answers, and every way to get
 * one wrong.
 */
#include "qemu/osdep.h"
#include "hw/crypto/pce/tests/pce-test.h"

#define MAX_TEXT 64

/* --- Known answers ---------------------------------------------------- */

typedef struct KnownAnswer {
    const char *name;
    uint8_t alg;
    const char *key, *iv, *plain, *cipher, *next_iv;
} KnownAnswer;

#define SP800_38A_PLAIN \
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" \
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
#define SP800_38A_KEY128 "2b7e151628aed2a6abf7158809cf4f3c"
#define SP800_38A_KEY192 "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"
#define SP800_38A_KEY256 \
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
#define ZERO "00000000000000000000000000000000"

static const KnownAnswer known_answers[] = {
    { "SP 800-38A F.1.1 ECB-AES128", PCE_ALG_AES_ECB, SP800_38A_KEY128, ZERO,
      SP800_38A_PLAIN,
      "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
      "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4",
      ZERO },
    { "SP 800-38A F.2.1 CBC-AES128", PCE_ALG_AES_CBC, SP800_38A_KEY128,
      "000102030405060708090a0b0c0d0e0f", SP800_38A_PLAIN,
      "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
      "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7",
      "3ff1caa1681fac09120eca307586e1a7" },
    { "SP 800-38A F.2.3 CBC-AES192", PCE_ALG_AES_CBC, SP800_38A_KEY192,
      "000102030405060708090a0b0c0d0e0f", SP800_38A_PLAIN,
      "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
      "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd",
      "08b0e27988598881d920a9e64f5615cd" },
    { "SP 800-38A F.2.5 CBC-AES256", PCE_ALG_AES_CBC, SP800_38A_KEY256,
      "000102030405060708090a0b0c0d0e0f", SP800_38A_PLAIN,
      "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
      "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
      "b2eb05e2c39be9fcda6c19078c6a9d1b" },
    { "SP 800-38A F.5.1 CTR-AES128", PCE_ALG_AES_CTR, SP800_38A_KEY128,
      "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", SP800_38A_PLAIN,
      "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
      "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
      "f0f1f2f3f4f5f6f7f8f9fafbfcfdff03" },
    { "IEEE 1619 XTS-AES128, vector 2", PCE_ALG_AES_XTS,
      "1111111111111111111111111111111122222222222222222222222222222222",
      "33333333330000000000000000000000",
      "4444444444444444444444444444444444444444444444444444444444444444",
      "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0",
      "33333333330000000000000000000000" },
    { "IEEE 1619 XTS-AES128, vector 15", PCE_ALG_AES_XTS,
      "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0",
      "9a785634120000000000000000000000",
      "000102030405060708090a0b0c0d0e0f10",
      "6c1625db4671522d3d7599601de7ca09ed",
      "9a785634120000000000000000000000" },
};

typedef enum Layout { IN_PLACE, APART, TABLES } Layout;

/*
 * Put the text into memory and have the entry say where.  TABLES: the source
 * in segments of 1, 2, 3... bytes, the destination in other ones.
 */
static void lay_out(PceTest *t, struct pce_sqe *sqe, const uint8_t *text,
                    size_t length, Layout layout, uint64_t *dst)
{
    uint64_t src = pce_test_alloc(t, 4096) + 5;
    uint64_t table;
    unsigned int n = 0;

    *dst = layout == IN_PLACE ? src : pce_test_alloc(t, 4096) + 11;
    qtest_memwrite(t->qts, src, text, length);
    sqe->src = cpu_to_le64(src);
    sqe->dst = cpu_to_le64(*dst);
    if (layout != TABLES) {
        return;
    }
    table = pce_test_alloc(t, 4096);
    for (size_t done = 0; done < length; n++) {
        size_t part = MIN(n + 1, length - done);

        write_segment(t, table, n, src + done, part);
        done += part;
    }
    sqe->src = cpu_to_le64(table);
    sqe->src_segments = cpu_to_le16(n);
    table = pce_test_alloc(t, 4096);
    write_segment(t, table, 0, *dst, 7);
    write_segment(t, table, 1, *dst + 7, 100);
    sqe->dst = cpu_to_le64(table);
    sqe->dst_segments = cpu_to_le16(2);
    sqe->flags |= PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE;
}

static void check_answer(PceTestQueue *q, uint64_t ctx, const KnownAnswer *ka,
                         bool decrypt, Layout layout)
{
    uint8_t in[MAX_TEXT], want[MAX_TEXT], got[MAX_TEXT + 1], iv[16];
    size_t length = unhex(decrypt ? ka->cipher : ka->plain, in);
    struct pce_sqe sqe = cipher_sqe(0x1234, ctx, 1, 0, length);
    PceTest *t = q->t;
    struct pce_cqe cqe;
    uint64_t dst;

    g_test_message("%s, %scrypt, layout %d", ka->name, decrypt ? "de" : "en",
                   layout);
    unhex(decrypt ? ka->plain : ka->cipher, want);
    unhex(ka->iv, sqe.iv);
    sqe.flags = decrypt ? PCE_SQE_DECRYPT : 0;
    lay_out(t, &sqe, in, length, layout, &dst);
    qtest_writeb(t->qts, dst + length, 0x5a);

    cqe = queue_do(q, &sqe);
    g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
    g_assert_cmpuint(le32_to_cpu(cqe.length), ==, length);
    g_assert_cmpuint(le32_to_cpu(cqe.detail), ==, 0);
    unhex(ka->next_iv, iv);
    g_assert_cmpmem(cqe.result, 16, iv, 16);
    qtest_memread(t->qts, dst, got, length + 1);
    g_assert_cmpmem(got, length, want, length);
    g_assert_cmphex(got[length], ==, 0x5a);
}

static void check_known_answers(const char *exec, const char *options)
{
    PceTest *t = pce_test_start(exec, options);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    for (size_t i = 0; i < ARRAY_SIZE(known_answers); i++) {
        const KnownAnswer *ka = &known_answers[i];
        uint8_t key[64];
        size_t key_length = unhex(ka->key, key);
        uint64_t ctx = write_context(t, 0, 1, ka->alg, key, key_length);

        for (Layout layout = IN_PLACE; layout <= TABLES; layout++) {
            check_answer(&q, ctx, ka, false, layout);
            check_answer(&q, ctx, ka, true, layout);
        }
    }
    g_assert_cmpuint(pce_test_counter(t, "requests"), ==,
                     6 * ARRAY_SIZE(known_answers));
    g_assert_cmpuint(pce_test_counter(t, "errors"), ==, 0);
    g_assert_cmpuint(pce_test_counter(t, "key-hits"), >, 0);
    pce_test_stop(t);
}

static void test_known_answers(const void *exec)
{
    check_known_answers(exec, NULL);
}

/* Workers take the BQL before they touch memory that may be translated */
static void test_known_answers_iommu(const void *exec)
{
    check_known_answers(exec, WITH_IOMMU);
}

/* A request without text is one, except with XTS */
static void test_empty(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    const uint8_t key[32] = { 1, 2, 3, 4 };
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    for (uint8_t alg = PCE_ALG_AES_ECB; alg <= PCE_ALG_AES_XTS; alg++) {
        uint64_t ctx = write_context(t, 0, 1, alg, key, 32);
        struct pce_sqe sqe = cipher_sqe(alg, ctx, 1, NOWHERE, 0);
        struct pce_cqe cqe = queue_do(&q, &sqe);

        g_assert_cmphex(cqe_status(&cqe), ==, alg == PCE_ALG_AES_XTS ?
                        PCE_STATUS_BAD_LENGTH : PCE_STATUS_OK);
        g_assert_cmpuint(le32_to_cpu(cqe.length), ==, 0);
    }
    pce_test_stop(t);
}

/* --- Bad requests ----------------------------------------------------- */

#define GENERATION 9
#define TEXT 64

typedef struct Bad {
    PceTest *t;
    PceTestQueue q;
    uint64_t ctx, data, table;
} Bad;

static void bad_begin(Bad *b, const char *exec, const char *options)
{
    static const uint8_t key[16] = "0123456789abcde";

    b->t = pce_test_start(exec, options);
    queue_start(b->t, &b->q, 0, 4, 4);
    b->ctx = write_context(b->t, 0, GENERATION, PCE_ALG_AES_CBC, key, 16);
    b->data = pce_test_alloc(b->t, 8192);
    b->table = pce_test_alloc(b->t, 16384);
}

static struct pce_sqe good_sqe(Bad *b)
{
    return cipher_sqe(0x4321, b->ctx, GENERATION, b->data, TEXT);
}

static struct pce_sqe good_table_sqe(Bad *b)
{
    struct pce_sqe sqe = good_sqe(b);

    write_segment(b->t, b->table, 0, b->data, TEXT / 2);
    write_segment(b->t, b->table, 1, b->data + TEXT / 2, TEXT / 2);
    sqe.flags = PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE;
    sqe.src = sqe.dst = cpu_to_le64(b->table);
    sqe.src_segments = sqe.dst_segments = cpu_to_le16(2);
    return sqe;
}

/*
 * The entry fails as it should; if the class promises it the data are
 * untouched; a good request works afterwards.
 */
static void check_bad(Bad *b, const struct pce_sqe *sqe, uint32_t status,
                      uint32_t detail)
{
    const uint8_t zeros[16] = { 0 };
    uint8_t before[TEXT], after[TEXT];
    struct pce_sqe good = good_sqe(b);
    struct pce_cqe cqe;

    qtest_memread(b->t->qts, b->data, before, TEXT);
    cqe = queue_do(&b->q, sqe);
    g_assert_cmphex(cqe_status(&cqe), ==, status);
    g_assert_cmphex(le32_to_cpu(cqe.detail), ==, detail);
    g_assert_cmpuint(le32_to_cpu(cqe.length), <=, le32_to_cpu(sqe->length));
    g_assert_cmpmem(cqe.result, 16, zeros, 16);
    if (status < PCE_STATUS_SRC_DMA) {
        qtest_memread(b->t->qts, b->data, after, TEXT);
        g_assert_cmpmem(before, TEXT, after, TEXT);
    }
    g_assert_cmpuint(queue_state(&b->q), ==, PCE_QSTATE_RUNNING);
    cqe = queue_do(&b->q, &good);
    g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
}

#define FIELD(f) offsetof(struct pce_sqe, f)

#define CHECK_FIELD(b, field_, value, status)                           \
    do {                                                                \
        struct pce_sqe sqe_ = good_sqe(b);                              \
        sqe_.field_ = value;                                            \
        check_bad(b, &sqe_, status, FIELD(field_));                     \
    } while (0)

static void test_bad_entry(const void *exec)
{
    static const uint8_t opcodes[] = { PCE_OP_INVALID, 0x07, 0x80, 0xff };
    struct pce_sqe sqe;
    Bad b;

    bad_begin(&b, exec, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
        CHECK_FIELD(&b, opcode, opcodes[i], PCE_STATUS_BAD_OPCODE);
    }
    for (unsigned int bit = 4; bit < 8; bit++) {
        CHECK_FIELD(&b, flags, 1 << bit, PCE_STATUS_BAD_FLAGS);
    }
    /* The key is of another opcode, or there is none to be */
    sqe = good_sqe(&b);
    sqe.opcode = PCE_OP_AEAD;
    check_bad(&b, &sqe, PCE_STATUS_BAD_CONTEXT,
              offsetof(struct pce_context, alg));
    sqe.opcode = PCE_OP_HASH;
    check_bad(&b, &sqe, PCE_STATUS_BAD_FIELD, FIELD(ctx_generation));
    CHECK_FIELD(&b, ctx, cpu_to_le64(b.ctx + 32), PCE_STATUS_BAD_ADDRESS);
    CHECK_FIELD(&b, length, cpu_to_le32(PCE_LIMIT_LENGTH + 16),
                PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(&b, length, cpu_to_le32(0xfffffff0), PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(&b, length, cpu_to_le32(TEXT - 1), PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(&b, aad_length, cpu_to_le32(1), PCE_STATUS_BAD_FIELD);
    CHECK_FIELD(&b, src_segments, cpu_to_le16(1), PCE_STATUS_BAD_FIELD);
    CHECK_FIELD(&b, dst_segments, cpu_to_le16(1), PCE_STATUS_BAD_FIELD);
    CHECK_FIELD(&b, auth_length, 1, PCE_STATUS_BAD_FIELD);
    CHECK_FIELD(&b, op_flags, cpu_to_le16(1), PCE_STATUS_BAD_FIELD);

    /* A NOP has none of the fields */
    sqe = nop_sqe(1);
    sqe.length = cpu_to_le32(16);
    check_bad(&b, &sqe, PCE_STATUS_BAD_FIELD, FIELD(length));
    sqe = nop_sqe(1);
    sqe.flags = PCE_SQE_DECRYPT;
    check_bad(&b, &sqe, PCE_STATUS_BAD_FLAGS, FIELD(flags));
    pce_test_stop(b.t);
}

static void test_bad_table(const void *exec)
{
    struct pce_sqe sqe;
    Bad b;

    bad_begin(&b, exec, "max-segments=4");
    sqe = good_table_sqe(&b);
    g_assert_cmphex(le32_to_cpu(queue_do(&b.q, &sqe).ctrl) & PCE_CQE_STATUS,
                    ==, 0);

    sqe.src_segments = 0;
    check_bad(&b, &sqe, PCE_STATUS_BAD_FIELD, FIELD(src_segments));
    sqe.src_segments = cpu_to_le16(5);
    check_bad(&b, &sqe, PCE_STATUS_BAD_FIELD, FIELD(src_segments));
    sqe = good_table_sqe(&b);
    sqe.dst_segments = cpu_to_le16(0xffff);
    check_bad(&b, &sqe, PCE_STATUS_BAD_FIELD, FIELD(dst_segments));
    sqe = good_table_sqe(&b);
    sqe.src = cpu_to_le64(b.table + 8);
    check_bad(&b, &sqe, PCE_STATUS_BAD_ADDRESS, FIELD(src));
    sqe = good_table_sqe(&b);
    sqe.dst = cpu_to_le64(b.table + 1);
    check_bad(&b, &sqe, PCE_STATUS_BAD_ADDRESS, FIELD(dst));

    /* An empty segment, a reserved field, too few bytes */
    sqe = good_table_sqe(&b);
    write_segment(b.t, b.table, 1, b.data, 0);
    check_bad(&b, &sqe, PCE_STATUS_BAD_SRC_SEGMENT, 1);
    sqe = good_table_sqe(&b);
    qtest_writel(b.t->qts, b.table + 12, 1);
    check_bad(&b, &sqe, PCE_STATUS_BAD_SRC_SEGMENT, 0);
    sqe = good_table_sqe(&b);
    write_segment(b.t, b.table, 1, b.data, 1);
    check_bad(&b, &sqe, PCE_STATUS_BAD_SRC_SEGMENT, 2);

    /* The destination's own table */
    sqe = good_table_sqe(&b);
    sqe.dst = cpu_to_le64(b.table + 4096);
    write_segment(b.t, b.table + 4096, 0, b.data, TEXT / 2);
    write_segment(b.t, b.table + 4096, 1, b.data, 0);
    check_bad(&b, &sqe, PCE_STATUS_BAD_DST_SEGMENT, 1);
    write_segment(b.t, b.table + 4096, 1, b.data, TEXT / 2 - 1);
    check_bad(&b, &sqe, PCE_STATUS_BAD_DST_SEGMENT, 2);

    /* Lengths that add up to more than 32 or 64 bits hold */
    sqe = good_table_sqe(&b);
    write_segment(b.t, b.table, 1, b.data + TEXT / 2, 0xffffffff);
    g_assert_cmphex(le32_to_cpu(queue_do(&b.q, &sqe).ctrl) & PCE_CQE_STATUS,
                    ==, 0);
    write_segment(b.t, b.table, 0, 0xfffffffffffffff0ull, 0xffffffff);
    check_bad(&b, &sqe, PCE_STATUS_SRC_DMA, 0);
    pce_test_stop(b.t);
}

static void bad_context(Bad *b, unsigned int offset, uint8_t value,
                        uint32_t status, uint32_t detail)
{
    uint8_t good = qtest_readb(b->t->qts, b->ctx + offset);
    struct pce_sqe sqe = good_sqe(b);
    struct pce_cqe cqe;

    reg_write(b->t, PCE_REG_INVAL_CMD, PCE_INVAL_ALL);
    qtest_writeb(b->t->qts, b->ctx + offset, value);
    cqe = queue_do(&b->q, &sqe);
    g_assert_cmphex(cqe_status(&cqe), ==, status);
    g_assert_cmphex(le32_to_cpu(cqe.detail), ==, detail);
    qtest_writeb(b->t->qts, b->ctx + offset, good);
    cqe = queue_do(&b->q, &sqe);
    g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
}

#define CTX(f) offsetof(struct pce_context, f)

static void test_bad_context(const void *exec)
{
    static const uint8_t lengths[] = { 0, 1, 15, 17, 33, 64, 65, 255 };
    static const size_t zeros[] = {
        CTX(auth_alg), CTX(auth_key_length), CTX(reserved0), CTX(reserved1),
    };
    Bad b;

    bad_begin(&b, exec, NULL);
    bad_context(&b, CTX(alg), PCE_ALG_NONE, PCE_STATUS_BAD_CONTEXT, CTX(alg));
    bad_context(&b, CTX(alg), PCE_LIMIT_ALGS, PCE_STATUS_BAD_CONTEXT, CTX(alg));
    bad_context(&b, CTX(alg), 0xff, PCE_STATUS_BAD_CONTEXT, CTX(alg));
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        bad_context(&b, CTX(key_length), lengths[i], PCE_STATUS_BAD_CONTEXT,
                    CTX(key_length));
    }
    for (size_t i = 0; i < ARRAY_SIZE(zeros); i++) {
        bad_context(&b, zeros[i], 1, PCE_STATUS_BAD_CONTEXT, zeros[i]);
    }
    bad_context(&b, CTX(generation), GENERATION + 1,
                PCE_STATUS_STALE_CONTEXT, 0);
    pce_test_stop(b.t);
}

/* The smaller chip: what ALG_INFO does not offer is refused */
static void test_unsupported(const void *exec)
{
    Bad b;

    /* ECB and CBC, 128 and 256 bits */
    bad_begin(&b, exec, "algs=aes-ecb:aes-cbc,key-sizes=5,max-length=4096");
    bad_context(&b, CTX(alg), PCE_ALG_AES_CTR, PCE_STATUS_UNSUPPORTED,
                CTX(alg));
    bad_context(&b, CTX(key_length), 24, PCE_STATUS_UNSUPPORTED,
                CTX(key_length));
    CHECK_FIELD(&b, length, cpu_to_le32(4096 + 16), PCE_STATUS_BAD_LENGTH);
    pce_test_stop(b.t);

    bad_begin(&b, exec, "data-units=off");
    CHECK_FIELD(&b, unit_order, 9, PCE_STATUS_BAD_FIELD);
    pce_test_stop(b.t);
}

static void test_xts_lengths(const void *exec)
{
    static const uint8_t key[32] = "0123456789abcdefFEDCBA987654321";
    struct pce_cqe cqe;
    uint64_t ctx;
    Bad b;

    bad_begin(&b, exec, NULL);
    ctx = write_context(b.t, 0, 1, PCE_ALG_AES_XTS, key, sizeof(key));
    for (uint32_t length = 1; length <= 33; length++) {
        struct pce_sqe sqe = cipher_sqe(0, ctx, 1, b.data, length);

        cqe = queue_do(&b.q, &sqe);
        g_assert_cmphex(cqe_status(&cqe), ==, length < 16 ?
                        PCE_STATUS_BAD_LENGTH : PCE_STATUS_OK);
    }
    pce_test_stop(b.t);
}

/* --- DMA errors ------------------------------------------------------- */

static void test_dma_errors(const void *exec)
{
    static const uint64_t nowhere[] = {
        NOWHERE, REGS_BASE, REGS_BASE + PCE_QUEUE_PAGE(0), MSIX_BASE,
        0xfee00000ull /* interrupt controller */, RAM_SIZE - 16,
        0xffffffffffffffe0ull,
    };
    uint32_t table_before, table_after;
    Bad b;

    bad_begin(&b, exec, NULL);
    table_before = qtest_readl(b.t->qts, MSIX_BASE);
    for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++) {
        uint64_t addr = cpu_to_le64(nowhere[i]);
        uint64_t aligned = cpu_to_le64(nowhere[i] & ~63ull);
        struct pce_sqe sqe;

        sqe = good_sqe(&b);
        sqe.src = addr;
        check_bad(&b, &sqe, PCE_STATUS_SRC_DMA, 0);
        sqe = good_sqe(&b);
        sqe.dst = addr;
        check_bad(&b, &sqe, PCE_STATUS_DST_DMA, 0);
        if (nowhere[i] != RAM_SIZE - 16) {
            sqe = good_sqe(&b);
            sqe.ctx = aligned;
            check_bad(&b, &sqe, PCE_STATUS_CTX_DMA, 0);
            sqe = good_table_sqe(&b);
            sqe.src = addr;
            check_bad(&b, &sqe, PCE_STATUS_TABLE_DMA, 0);
            sqe = good_table_sqe(&b);
            sqe.dst = addr;
            check_bad(&b, &sqe, PCE_STATUS_TABLE_DMA, 1);
        }
        sqe = good_table_sqe(&b);
        write_segment(b.t, b.table, 1, nowhere[i], TEXT);
        check_bad(&b, &sqe, PCE_STATUS_SRC_DMA, 1);
        sqe = good_table_sqe(&b);
        sqe.src = cpu_to_le64(b.data);
        sqe.src_segments = 0;
        sqe.flags = PCE_SQE_DST_TABLE;
        write_segment(b.t, b.table, 1, nowhere[i], TEXT);
        check_bad(&b, &sqe, PCE_STATUS_DST_DMA, 1);
    }
    /* Nothing went into the device's own registers */
    table_after = qtest_readl(b.t->qts, MSIX_BASE);
    g_assert_cmphex(table_before, ==, table_after);
    g_assert_cmphex(reg_read(b.t, PCE_REG_STATUS), ==, PCE_DEV_READY);
    pce_test_stop(b.t);
}

/* --- Key contexts ----------------------------------------------------- */

/* One block of zeros in ECB tells which key was used */
static uint64_t fingerprint(PceTestQueue *q, uint64_t ctx, uint32_t generation)
{
    uint64_t data = pce_test_alloc(q->t, 16);
    struct pce_sqe sqe = cipher_sqe(0, ctx, generation, data, 16);
    struct pce_cqe cqe = queue_do(q, &sqe);

    g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
    return qtest_readq(q->t->qts, data);
}

static void check_invalidate(PceTest *t, PceTestQueue *q, uint32_t cmd)
{
    static const uint8_t one[16] = "one", two[16] = "two";
    uint64_t ctx = write_context(t, 0, 1, PCE_ALG_AES_ECB, one, 16);
    uint64_t first = fingerprint(q, ctx, 1);
    uint64_t hits, misses;

    /* It is cached: the record is not read again */
    hits = pce_test_counter(t, "key-hits");
    write_context(t, ctx, 1, PCE_ALG_AES_ECB, two, 16);
    g_assert_cmphex(fingerprint(q, ctx, 1), ==, first);
    g_assert_cmpuint(pce_test_counter(t, "key-hits"), ==, hits + 1);

    misses = pce_test_counter(t, "key-misses");
    reg_write(t, PCE_REG_INVAL_LO, ctx);
    reg_write(t, PCE_REG_INVAL_HI, ctx >> 32);
    reg_write(t, PCE_REG_INVAL_CMD, cmd);
    g_assert_cmphex(fingerprint(q, ctx, 1), !=, first);
    g_assert_cmpuint(pce_test_counter(t, "key-misses"), ==, misses + 1);

    /* A new generation needs no command */
    write_context(t, ctx, 2, PCE_ALG_AES_ECB, one, 16);
    g_assert_cmphex(fingerprint(q, ctx, 2), ==, first);
}

static void test_invalidate(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    check_invalidate(t, &q, PCE_INVAL_CONTEXT);
    check_invalidate(t, &q, PCE_INVAL_ALL);
    reg_write(t, PCE_REG_INVAL_CMD, 3);
    queue_check(&q);
    pce_test_stop(t);
}

void pce_test_add_request(void)
{
    pce_test_add("request/known-answers", test_known_answers);
    pce_test_add("request/known-answers-iommu", test_known_answers_iommu);
    pce_test_add("request/empty", test_empty);
    pce_test_add("request/bad-entry", test_bad_entry);
    pce_test_add("request/bad-table", test_bad_table);
    pce_test_add("request/bad-context", test_bad_context);
    pce_test_add("request/unsupported", test_unsupported);
    pce_test_add("request/xts-lengths", test_xts_lengths);
    pce_test_add("request/dma-errors", test_dma_errors);
    pce_test_add("request/invalidate", test_invalidate);
}
