/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of hashes, authentication codes and random numbers.
 */
#include "qemu/osdep.h"
#include "hw/crypto/pce/tests/pce-test.h"

#define GENERATION 3
#define MAX_MESSAGE 128
#define MAX_DIGEST PCE_HASH_DIGEST_SIZE
#define STATE_SIZE sizeof(struct pce_hash_state)
#define STATE(f) offsetof(struct pce_hash_state, f)

#define ONE_PART (PCE_HASH_FIRST | PCE_HASH_LAST)

/* --- Known answers ---------------------------------------------------- */

typedef struct Answer {
    const char *name;
    uint8_t alg;
    const char *key, *message, *digest;
} Answer;

/* "abc", and the 56 bytes of FIPS 180-4's example of two blocks */
#define ABC "616263"
#define TWO_BLOCKS \
    "6162636462636465636465666465666765666768666768696768696a" \
    "68696a6b696a6b6c6a6b6c6d6b6c6d6e6c6d6e6f6d6e6f706e6f7071"
#define JEFE "4a656665"
#define NOTHING "7768617420646f2079612077616e7420666f72206e6f7468696e673f"
#define KEY128 "2b7e151628aed2a6abf7158809cf4f3c"
#define KEY_XCBC "000102030405060708090a0b0c0d0e0f"

static const Answer answers[] = {
    { "FIPS 180-4 SHA-1", PCE_ALG_SHA1, NULL, TWO_BLOCKS,
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
    { "FIPS 180-4 SHA-256", PCE_ALG_SHA256, NULL, ABC,
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "FIPS 180-4 SHA-256, no message", PCE_ALG_SHA256, NULL, "",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "FIPS 180-4 SHA-512", PCE_ALG_SHA512, NULL, ABC,
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
    { "FIPS 202 SHA3-256", PCE_ALG_SHA3_256, NULL, ABC,
      "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532" },
    { "GB/T 32905 SM3", PCE_ALG_SM3, NULL, ABC,
      "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" },
    { "RFC 2202 HMAC-SHA-1", PCE_ALG_HMAC_SHA1, JEFE, NOTHING,
      "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
    { "RFC 4231 HMAC-SHA-256", PCE_ALG_HMAC_SHA256, JEFE, NOTHING,
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "SP 800-38B AES-CMAC", PCE_ALG_AES_CMAC, KEY128,
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c"
      "9eb76fac45af8e5130c81c46a35ce411",
      "dfa66747de9ae63030ca32611497c827" },
    { "SP 800-38B AES-CMAC, no message", PCE_ALG_AES_CMAC, KEY128, "",
      "bb1d6929e95937287fa37d129b756746" },
    { "RFC 3566 AES-XCBC", PCE_ALG_AES_XCBC, KEY_XCBC, "000102",
      "5b376580ae2f19afe7219ceef172756f" },
};

static bool is_hmac(uint8_t alg)
{
    return alg >= PCE_ALG_HMAC_SHA1 && alg < PCE_ALG_AES_CMAC;
}

static uint64_t put_context(PceTest *t, const Answer *a)
{
    struct pce_context ctx = {
        .generation = cpu_to_le32(GENERATION),
        .alg = a->alg,
    };
    uint64_t addr = pce_test_alloc(t, sizeof(ctx));

    if (is_hmac(a->alg)) {
        ctx.auth_key_length = unhex(a->key, ctx.auth_key);
    } else {
        ctx.key_length = unhex(a->key, ctx.key);
    }
    qtest_memwrite(t->qts, addr, &ctx, sizeof(ctx));
    return addr;
}

/* One part of a message; the digest is as long as the algorithm has it */
static struct pce_sqe part_sqe(const Answer *a, uint64_t ctx, uint64_t src,
                               uint32_t length, uint64_t state,
                               uint16_t flags)
{
    struct pce_sqe sqe = {
        .opcode = a->key ? PCE_OP_MAC : PCE_OP_HASH,
        .tag = cpu_to_le16(0x55),
        .src = cpu_to_le64(src),
        .dst = cpu_to_le64(state),
        .length = cpu_to_le32(length),
        .auth_length = flags & PCE_HASH_LAST ? strlen(a->digest) / 2 : 0,
        .op_flags = cpu_to_le16(flags | (a->key ? 0 : a->alg << 8)),
    };

    if (a->key) {
        sqe.ctx = cpu_to_le64(ctx);
        sqe.ctx_generation = cpu_to_le32(GENERATION);
    }
    return sqe;
}

static void do_part(PceTestQueue *q, const struct pce_sqe *sqe)
{
    const uint8_t zeros[16] = { 0 };
    struct pce_cqe cqe = queue_do(q, sqe);
    bool last = le16_to_cpu(sqe->op_flags) & PCE_HASH_LAST;

    g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
    g_assert_cmpuint(le32_to_cpu(cqe.length), ==,
                     last ? sqe->auth_length : STATE_SIZE);
    g_assert_cmpuint(le32_to_cpu(cqe.detail), ==, 0);
    g_assert_cmpmem(cqe.result, 16, zeros, 16);
}

/* What is behind the digest is as it was */
static void check_digest(PceTest *t, const Answer *a, uint64_t state,
                         uint8_t behind)
{
    uint8_t want[MAX_DIGEST], got[MAX_DIGEST + 1];
    size_t length = unhex(a->digest, want);

    qtest_memread(t->qts, state, got, length + 1);
    g_assert_cmpmem(got, length, want, length);
    g_assert_cmphex(got[length], ==, behind);
}

/* In one part, from one place and from a table */
static void check_whole(PceTestQueue *q, const Answer *a, uint64_t ctx)
{
    uint8_t message[MAX_MESSAGE];
    size_t length = unhex(a->message, message);
    PceTest *t = q->t;
    uint64_t src = pce_test_alloc(t, 4096) + 3;
    uint64_t table = pce_test_alloc(t, 4096);
    uint64_t state = pce_test_alloc(t, 4096);
    struct pce_sqe sqe = part_sqe(a, ctx, length ? src : NOWHERE, length,
                                  state, ONE_PART);

    g_test_message("%s", a->name);
    qtest_memwrite(t->qts, src, message, length);
    qtest_memset(t->qts, state, 0x5a, STATE_SIZE);
    do_part(q, &sqe);
    check_digest(t, a, state, 0x5a);

    if (length > 2) {
        write_segment(t, table, 0, src, 1);
        write_segment(t, table, 1, src + 1, 1);
        write_segment(t, table, 2, src + 2, 4096);
        sqe.src = cpu_to_le64(table);
        sqe.src_segments = cpu_to_le16(3);
        sqe.flags = PCE_SQE_SRC_TABLE;
        qtest_memset(t->qts, state, 0x5a, STATE_SIZE);
        do_part(q, &sqe);
        check_digest(t, a, state, 0x5a);
    }
}

/*
 * In parts of no byte, of one, of all but one that is left, and the rest.  The
 * record moves in between: it holds all that there is.
 */
static void check_parts(PceTestQueue *q, const Answer *a, uint64_t ctx)
{
    static const uint8_t zeros[STATE_SIZE - STATE(reserved)];
    uint8_t message[MAX_MESSAGE], record[STATE_SIZE];
    size_t length = unhex(a->message, message);
    size_t ends[] = { 0, MIN(1, length), MAX(length, 1) - 1, length };
    PceTest *t = q->t;
    uint64_t src = pce_test_alloc(t, 4096) + 3;
    size_t done = 0;

    qtest_memwrite(t->qts, src, message, length);
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        uint64_t state = pce_test_alloc(t, 4096) + 64 * i;
        bool last = i == ARRAY_SIZE(ends) - 1;
        struct pce_sqe sqe = part_sqe(a, ctx, src + done,
                                      MAX(ends[i], done) - done, state,
                                      (i ? 0 : PCE_HASH_FIRST) |
                                      (last ? PCE_HASH_LAST : 0));

        if (i) {
            qtest_memwrite(t->qts, state, record, STATE_SIZE);
        } else {
            qtest_memset(t->qts, state, 0x5a, STATE_SIZE);
        }
        do_part(q, &sqe);
        done = MAX(ends[i], done);
        if (last) {
            check_digest(t, a, state, record[strlen(a->digest) / 2]);
        } else {
            qtest_memread(t->qts, state, record, STATE_SIZE);
            g_assert_cmpmem(record + STATE(reserved), sizeof(zeros), zeros,
                            sizeof(zeros));
        }
    }
}

static void check_answers(const char *exec, const char *options)
{
    PceTest *t = pce_test_start(exec, options);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        const Answer *a = &answers[i];
        uint64_t ctx = a->key ? put_context(t, a) : 0;

        check_whole(&q, a, ctx);
        g_assert_cmphex(reg_read(t, PCE_REG_ALG_INFO(a->alg)) &
                        PCE_ALG_INFO_MULTIPART, !=, 0);
        check_parts(&q, a, ctx);
    }
    g_assert_cmpuint(pce_test_counter(t, "errors"), ==, 0);
    pce_test_stop(t);
}

static void test_known_answers(const void *exec)
{
    check_answers(exec, NULL);
}

static void test_known_answers_iommu(const void *exec)
{
    check_answers(exec, WITH_IOMMU);
}

/* What is shorter than a block is kept as it is */
static void test_state(const void *exec)
{
    /* FIPS 180-4, 5.3.3 */
    static const uint8_t initial[32] = {
        0x6a, 0x09, 0xe6, 0x67, 0xbb, 0x67, 0xae, 0x85,
        0x3c, 0x6e, 0xf3, 0x72, 0xa5, 0x4f, 0xf5, 0x3a,
        0x51, 0x0e, 0x52, 0x7f, 0x9b, 0x05, 0x68, 0x8c,
        0x1f, 0x83, 0xd9, 0xab, 0x5b, 0xe0, 0xcd, 0x19,
    };
    const Answer a = { .alg = PCE_ALG_SHA256, .digest = "" };
    PceTest *t = pce_test_start(exec, NULL);
    uint64_t src = pce_test_alloc(t, 4096);
    uint64_t addr = pce_test_alloc(t, 4096);
    struct pce_sqe sqe = part_sqe(&a, 0, src, 5, addr, PCE_HASH_FIRST);
    struct pce_hash_state state;
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    qtest_memwrite(t->qts, src, "abcde", 5);
    do_part(&q, &sqe);
    qtest_memread(t->qts, addr, &state, sizeof(state));
    g_assert_cmpmem(state.state, 32, initial, 32);
    g_assert_cmpuint(le64_to_cpu(state.bytes), ==, 5);
    g_assert_cmpmem(state.buffer, 5, "abcde", 5);
    pce_test_stop(t);
}

/* --- Bad requests ----------------------------------------------------- */

typedef struct Bad {
    PceTestQueue q;
    const Answer *answer;
    uint64_t ctx, src, state;
    struct pce_sqe good;
} Bad;

static void bad_begin(Bad *b, PceTest *t, unsigned int queue, uint8_t alg)
{
    uint8_t message[MAX_MESSAGE];
    size_t length;

    b->answer = answers;
    while (b->answer->alg != alg) {
        b->answer++;
    }
    length = unhex(b->answer->message, message);
    queue_start(t, &b->q, queue, 4, 4);
    b->ctx = b->answer->key ? put_context(t, b->answer) : 0;
    b->src = pce_test_alloc(t, 4096);
    b->state = pce_test_alloc(t, 4096);
    qtest_memwrite(t->qts, b->src, message, length);
    b->good = part_sqe(b->answer, b->ctx, b->src, length, b->state, ONE_PART);
}

/* Refused, with nothing written; the good one is served afterwards */
static void check_bad(Bad *b, const struct pce_sqe *sqe, uint32_t status,
                      uint32_t detail)
{
    uint8_t before[STATE_SIZE], after[STATE_SIZE];
    PceTest *t = b->q.t;

    qtest_memread(t->qts, b->state, before, STATE_SIZE);
    g_assert_cmphex(do_status(&b->q, sqe), ==, status | detail << 8);
    qtest_memread(t->qts, b->state, after, STATE_SIZE);
    g_assert_cmpmem(before, STATE_SIZE, after, STATE_SIZE);
    g_assert_cmphex(do_status(&b->q, &b->good), ==, PCE_STATUS_OK);
}

#define FIELD(f) offsetof(struct pce_sqe, f)

#define CHECK_FIELD(b, field_, value, status)                           \
    do {                                                                \
        struct pce_sqe sqe_ = (b)->good;                                \
        sqe_.field_ = value;                                            \
        check_bad(b, &sqe_, status, FIELD(field_));                     \
    } while (0)

/* What HASH and MAC have in common */
static void check_bad_entry(Bad *b)
{
    static const uint8_t flags[] = {
        PCE_SQE_DECRYPT, PCE_SQE_DST_TABLE, PCE_SQE_IV_INDIRECT,
    };
    uint8_t digest = b->good.auth_length;
    struct pce_sqe sqe;

    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        CHECK_FIELD(b, flags, flags[i], PCE_STATUS_BAD_FLAGS);
    }
    CHECK_FIELD(b, dst, cpu_to_le64(b->state + 32), PCE_STATUS_BAD_ADDRESS);
    CHECK_FIELD(b, length, cpu_to_le32(0xffffffff), PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(b, aad_length, cpu_to_le32(1), PCE_STATUS_BAD_FIELD);
    CHECK_FIELD(b, src_segments, cpu_to_le16(1), PCE_STATUS_BAD_FIELD);
    CHECK_FIELD(b, dst_segments, cpu_to_le16(1), PCE_STATUS_BAD_FIELD);
    CHECK_FIELD(b, auth_length, 0, PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(b, auth_length, digest - 1, PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(b, auth_length, digest + 1, PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(b, unit_order, 9, PCE_STATUS_BAD_FIELD);
    for (unsigned int bit = 2; bit < 8; bit++) {
        CHECK_FIELD(b, op_flags, b->good.op_flags | cpu_to_le16(1 << bit),
                    PCE_STATUS_BAD_FIELD);
    }
    CHECK_FIELD(b, iv[0], 1, PCE_STATUS_BAD_FIELD);
    /* A part that is not the last has no digest */
    sqe = b->good;
    sqe.op_flags &= cpu_to_le16(~PCE_HASH_LAST);
    check_bad(b, &sqe, PCE_STATUS_BAD_LENGTH, FIELD(auth_length));
}

static void test_bad_entry(const void *exec)
{
    static const uint8_t algs[] = {
        0, PCE_ALG_AES_CBC, PCE_ALG_HMAC_SHA256, PCE_LIMIT_ALGS, 0xff,
        PCE_ALG_SHA512 /* which this chip does not have */,
    };
    PceTest *t = pce_test_start(exec, "algs=sha256:hmac-sha256");
    Bad b;

    bad_begin(&b, t, 0, PCE_ALG_SHA256);
    check_bad_entry(&b);
    CHECK_FIELD(&b, ctx_generation, cpu_to_le32(1), PCE_STATUS_BAD_FIELD);
    CHECK_FIELD(&b, ctx, cpu_to_le64(b.state), PCE_STATUS_BAD_FIELD);
    for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
        CHECK_FIELD(&b, op_flags, cpu_to_le16(ONE_PART | algs[i] << 8),
                    PCE_STATUS_BAD_FIELD);
    }

    bad_begin(&b, t, 1, PCE_ALG_HMAC_SHA256);
    check_bad_entry(&b);
    CHECK_FIELD(&b, op_flags,
                cpu_to_le16(ONE_PART | PCE_ALG_HMAC_SHA256 << 8),
                PCE_STATUS_BAD_FIELD);
    CHECK_FIELD(&b, ctx, cpu_to_le64(b.ctx + 32), PCE_STATUS_BAD_ADDRESS);
    pce_test_stop(t);
}

static void test_bad_state(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    struct pce_sqe sqe;
    Bad b;

    bad_begin(&b, t, 0, PCE_ALG_SHA256);
    /* Without FIRST the record is read: its reserved bytes, all of it */
    sqe = b.good;
    sqe.op_flags &= ~cpu_to_le16(PCE_HASH_FIRST);
    qtest_memset(t->qts, b.state, 0, STATE_SIZE);
    for (size_t i = STATE(reserved); i < STATE_SIZE; i++) {
        qtest_writeb(t->qts, b.state + i, 1);
        check_bad(&b, &sqe, PCE_STATUS_BAD_STATE, STATE(reserved));
        qtest_writeb(t->qts, b.state + i, 0);
    }
    sqe.dst = cpu_to_le64(NOWHERE);
    check_bad(&b, &sqe, PCE_STATUS_STATE_DMA, 0);
    sqe = b.good;
    sqe.dst = cpu_to_le64(NOWHERE);
    check_bad(&b, &sqe, PCE_STATUS_DST_DMA, 0);
    sqe = b.good;
    sqe.src = cpu_to_le64(NOWHERE);
    check_bad(&b, &sqe, PCE_STATUS_SRC_DMA, 0);
    pce_test_stop(t);
}

/* libgcrypt does not show its chaining values: it has messages of one part */
static void test_one_part(const void *exec)
{
    PceTest *t = pce_test_start(exec, "backend=gcrypt");
    uint16_t first = PCE_HASH_FIRST | PCE_ALG_SHA256 << 8;
    struct pce_sqe sqe;
    Bad b;

    g_assert_cmphex(reg_read(t, PCE_REG_ALG_INFO(PCE_ALG_SHA256)), ==,
                    PCE_ALG_INFO_PRESENT);
    bad_begin(&b, t, 0, PCE_ALG_SHA256);
    sqe = b.good;
    sqe.auth_length = 0;
    sqe.op_flags = cpu_to_le16(first);
    check_bad(&b, &sqe, PCE_STATUS_BAD_FIELD, FIELD(op_flags));
    pce_test_stop(t);
}

/* --- Random numbers --------------------------------------------------- */

#define RANDOM_BYTES 256

static void test_random(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    uint64_t dst = pce_test_alloc(t, 4096);
    uint64_t table = pce_test_alloc(t, 4096);
    uint8_t before[RANDOM_BYTES] = { 0 }, got[RANDOM_BYTES + 1];
    struct pce_sqe good = {
        .opcode = PCE_OP_RANDOM,
        .flags = PCE_SQE_DST_TABLE,
        .dst = cpu_to_le64(table),
        .dst_segments = cpu_to_le16(2),
        .length = cpu_to_le32(RANDOM_BYTES),
    };
    struct pce_sqe sqe;
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    g_assert_cmphex(reg_read(t, PCE_REG_FEATURES) & PCE_FEATURE_RANDOM, !=, 0);
    write_segment(t, table, 0, dst, 1);
    write_segment(t, table, 1, dst + 1, 4000);
    qtest_memset(t->qts, dst, 0x5a, 4096);
    for (int i = 0; i < 4; i++) {
        struct pce_cqe cqe = queue_do(&q, &good);

        g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
        g_assert_cmpuint(le32_to_cpu(cqe.length), ==, RANDOM_BYTES);
        qtest_memread(t->qts, dst, got, sizeof(got));
        g_assert_cmphex(got[RANDOM_BYTES], ==, 0x5a);
        /* Not the same twice: that once in 2^2048 it is, nobody will see */
        g_assert_cmpint(memcmp(got, before, RANDOM_BYTES), !=, 0);
        memcpy(before, got, RANDOM_BYTES);
    }
    sqe = good;
    sqe.length = 0;
    g_assert_cmphex(do_status(&q, &sqe), ==,
                    PCE_STATUS_BAD_LENGTH | FIELD(length) << 8);
    sqe = good;
    sqe.src = cpu_to_le64(dst);
    g_assert_cmphex(do_status(&q, &sqe), ==,
                    PCE_STATUS_BAD_FIELD | FIELD(src) << 8);
    sqe = good;
    sqe.flags |= PCE_SQE_SRC_TABLE;
    g_assert_cmphex(do_status(&q, &sqe), ==,
                    PCE_STATUS_BAD_FLAGS | FIELD(flags) << 8);
    write_segment(t, table, 1, NOWHERE, 4000);
    g_assert_cmphex(do_status(&q, &good), ==, PCE_STATUS_DST_DMA | 1 << 8);
    pce_test_stop(t);

    t = pce_test_start(exec, "random=off");
    queue_start(t, &q, 0, 4, 4);
    g_assert_cmphex(reg_read(t, PCE_REG_FEATURES) & PCE_FEATURE_RANDOM, ==, 0);
    g_assert_cmphex(do_status(&q, &good), ==, PCE_STATUS_BAD_OPCODE);
    pce_test_stop(t);
}

void pce_test_add_hash(void)
{
    pce_test_add("hash/known-answers", test_known_answers);
    pce_test_add("hash/known-answers-iommu", test_known_answers_iommu);
    pce_test_add("hash/state", test_state);
    pce_test_add("hash/bad-entry", test_bad_entry);
    pce_test_add("hash/bad-state", test_bad_state);
    pce_test_add("hash/one-part", test_one_part);
    pce_test_add("hash/random", test_random);
}
