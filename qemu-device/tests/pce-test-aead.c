/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of authenticated ciphers.
 */
#include "qemu/osdep.h"
#include "hw/crypto/pce/tests/pce-test.h"

#define MAX_SIDE 256
#define GENERATION 5

/* --- Known answers ---------------------------------------------------- */

typedef struct Answer {
    const char *name;
    uint8_t alg, auth_alg;
    uint16_t op_flags;
    const char *key, *auth_key, *iv, *aad, *plain, *cipher, *tag;
} Answer;

#define HMAC_KEY "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"

/* Those of AUTHENC: RFC 3602 and RFC 3686, and HMACs by Python's hmac */
static const Answer answers[] = {
    { .name = "GCM, test case 4 of the submission", .alg = PCE_ALG_AES_GCM,
      .key = "feffe9928665731c6d6a8f9467308308",
      .iv = "cafebabefacedbaddecaf88800000000",
      .aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      .plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a31"
               "8a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
      .cipher = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329ac"
                "a12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
      .tag = "5bc94fbc3221a5db94fae95ae7121a47" },
    { .name = "GCM, the same, 4 bytes more that are not authenticated",
      .alg = PCE_ALG_AES_GCM, .op_flags = 4 << 8,
      .key = "feffe9928665731c6d6a8f9467308308",
      .iv = "cafebabefacedbaddecaf88800000000",
      .aad = "feedfacedeadbeeffeedfacedeadbeefabaddad200010203",
      .plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a31"
               "8a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
      .cipher = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329ac"
                "a12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
      .tag = "5bc94fbc3221a5db94fae95a" },
    { .name = "GCM, test case 1: nothing but a tag", .alg = PCE_ALG_AES_GCM,
      .key = "00000000000000000000000000000000",
      .iv = "00000000000000000000000000000000",
      .aad = "", .plain = "", .cipher = "",
      .tag = "58e2fccefa7e3061367f1d57a4e7455a" },
    { .name = "RFC 3610, packet vector 1", .alg = PCE_ALG_AES_CCM,
      .key = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf",
      .iv = "0100000003020100a0a1a2a3a4a50000",
      .aad = "0001020304050607",
      .plain = "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
      .cipher = "588c979a61c663d2f066d0c2c0f989806d5f6b61dac384",
      .tag = "17e8d12cfdf926e0" },
    { .name = "RFC 8439, 2.8.2",
      .alg = PCE_ALG_CHACHA20_POLY1305,
      .key = "808182838485868788898a8b8c8d8e8f"
             "909192939495969798999a9b9c9d9e9f",
      .iv = "07000000404142434445464700000000",
      .aad = "50515253c0c1c2c3c4c5c6c7",
      .plain = "4c616469657320616e642047656e746c656d656e206f662074686520636c"
               "617373206f66202739393a204966204920636f756c64206f666665722079"
               "6f75206f6e6c79206f6e652074697020666f722074686520667574757265"
               "2c2073756e73637265656e20776f756c642062652069742e",
      .cipher = "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee"
                "62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b6"
                "7ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585"
                "808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116",
      .tag = "1ae10b594f09e26a7e902ecbd0600691" },
    { .name = "RFC 3602, case 2, HMAC-SHA-256", .alg = PCE_ALG_AUTHENC_AES_CBC,
      .auth_alg = PCE_ALG_HMAC_SHA256, .auth_key = HMAC_KEY,
      .key = "c286696d887c9aa0611bbb3e2025a45a",
      .iv = "562e17996d093d28ddb3ba695a2e6f58",
      .aad = "8765432100000005",
      .plain = "000102030405060708090a0b0c0d0e0f"
               "101112131415161718191a1b1c1d1e1f",
      .cipher = "d296cd94c2cccf8a3a863028b5e1dc0a"
                "7586602d253cfff91b8266bea6d61ab1",
      .tag = "70fc6def0bd4f000d7d3977e05bafa9f" },
    { .name = "the same, HMAC-SHA-1, extended sequence number",
      .alg = PCE_ALG_AUTHENC_AES_CBC, .op_flags = PCE_AEAD_ESN,
      .auth_alg = PCE_ALG_HMAC_SHA1, .auth_key = HMAC_KEY,
      .key = "c286696d887c9aa0611bbb3e2025a45a",
      .iv = "562e17996d093d28ddb3ba695a2e6f58",
      .aad = "876543210000000100000005",
      .plain = "000102030405060708090a0b0c0d0e0f"
               "101112131415161718191a1b1c1d1e1f",
      .cipher = "d296cd94c2cccf8a3a863028b5e1dc0a"
                "7586602d253cfff91b8266bea6d61ab1",
      .tag = "a2dbc3dfb066044bbcfbf8b1" },
    { .name = "RFC 3686, vector 3, HMAC-SHA-512",
      .alg = PCE_ALG_AUTHENC_AES_CTR,
      .auth_alg = PCE_ALG_HMAC_SHA512, .auth_key = HMAC_KEY,
      .key = "7691be035e5020a8ac6e618529f9a0dc",
      .iv = "00e0017b27777f3f4a1786f000000001",
      .aad = "8765432100000005",
      .plain = "000102030405060708090a0b0c0d0e0f10111213"
               "1415161718191a1b1c1d1e1f20212223",
      .cipher = "c1cf48a89f2ffdd9cf4652e9efdb72d74540a42b"
                "de6d7836d59a5ceaaef3105325b2072f",
      .tag = "870da70d276bf526bb27444fdad15a24"
             "1ddd31f8b3ea68062bf5f147d2b1d7c4" },
};

/* One side of a request: what is in it, and where */
typedef struct Side {
    uint8_t data[MAX_SIDE];
    size_t length, tag;                 /* of which the tag */
    uint64_t body, tail;                /* tail: the tag, if it is elsewhere */
} Side;

static void side_put(Side *s, const char *hex)
{
    s->length += unhex(hex, s->data + s->length);
}

/* The two sides of one way */
static void make_sides(const Answer *a, bool decrypt, Side *src, Side *dst)
{
    Side *with_tag = decrypt ? src : dst;

    *src = *dst = (Side) { 0 };
    side_put(src, a->aad);
    side_put(dst, a->aad);
    side_put(src, decrypt ? a->cipher : a->plain);
    side_put(dst, decrypt ? a->plain : a->cipher);
    side_put(with_tag, a->tag);
    with_tag->tag = strlen(a->tag) / 2;
}

typedef enum Layout { IN_PLACE, APART, TABLES, LAYOUTS } Layout;

/*
 * A table for a side: body in segments of step, step + 1... bytes, the tag in a
 * segment of its own on another page.
 */
static uint16_t write_table(PceTest *t, uint64_t table, Side *s, size_t step)
{
    size_t body = s->length - s->tag;
    uint16_t n = 0;

    for (size_t done = 0; done < body; n++, step++) {
        size_t part = MIN(step, body - done);

        write_segment(t, table, n, s->body + done, part);
        done += part;
    }
    if (s->tag) {
        s->tail = pce_test_alloc(t, 4096) + 1;
        write_segment(t, table, n++, s->tail, s->tag);
    }
    return n;
}

static void write_side(PceTest *t, const Side *s, const uint8_t *data)
{
    size_t body = s->length - s->tag;

    qtest_memwrite(t->qts, s->body, data, body);
    qtest_memwrite(t->qts, s->tail ?: s->body + body, data + body, s->tag);
}

static void read_side(PceTest *t, const Side *s, uint8_t *data)
{
    size_t body = s->length - s->tag;

    qtest_memread(t->qts, s->body, data, body);
    qtest_memread(t->qts, s->tail ?: s->body + body, data + body, s->tag);
}

/* Into memory, and into the entry */
static void lay_out(PceTest *t, struct pce_sqe *sqe, Side *src, Side *dst,
                    Layout layout)
{
    uint64_t src_table = pce_test_alloc(t, 4096);
    uint64_t dst_table = pce_test_alloc(t, 4096);

    src->body = pce_test_alloc(t, 4096) + 5;
    dst->body = layout == IN_PLACE ? src->body : pce_test_alloc(t, 4096) + 3;
    sqe->src = cpu_to_le64(src->body);
    sqe->dst = cpu_to_le64(dst->body);
    if (layout == TABLES && src->length && dst->length) {
        sqe->src = cpu_to_le64(src_table);
        sqe->dst = cpu_to_le64(dst_table);
        sqe->src_segments = cpu_to_le16(write_table(t, src_table, src, 1));
        sqe->dst_segments = cpu_to_le16(write_table(t, dst_table, dst, 7));
        sqe->flags |= PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE;
    }
    write_side(t, src, src->data);
}

static struct pce_sqe make_entry(const Answer *a, uint64_t ctx, bool decrypt)
{
    struct pce_sqe sqe = {
        .opcode = PCE_OP_AEAD,
        .flags = decrypt ? PCE_SQE_DECRYPT : 0,
        .tag = cpu_to_le16(0x77),
        .ctx = cpu_to_le64(ctx),
        .ctx_generation = cpu_to_le32(GENERATION),
        .length = cpu_to_le32(strlen(a->plain) / 2),
        .aad_length = cpu_to_le32(strlen(a->aad) / 2),
        .auth_length = strlen(a->tag) / 2,
        .op_flags = cpu_to_le16(a->op_flags),
    };

    unhex(a->iv, sqe.iv);
    return sqe;
}

static uint64_t put_context(PceTest *t, const Answer *a)
{
    struct pce_context ctx = {
        .generation = cpu_to_le32(GENERATION),
        .alg = a->alg,
        .auth_alg = a->auth_alg,
    };
    uint64_t addr = pce_test_alloc(t, sizeof(ctx));

    ctx.key_length = unhex(a->key, ctx.key);
    if (a->auth_key) {
        ctx.auth_key_length = unhex(a->auth_key, ctx.auth_key);
    }
    qtest_memwrite(t->qts, addr, &ctx, sizeof(ctx));
    return addr;
}

static void check_answer(PceTestQueue *q, const Answer *a, uint64_t ctx,
                         bool decrypt, Layout layout)
{
    const uint8_t zeros[16] = { 0 };
    struct pce_sqe sqe = make_entry(a, ctx, decrypt);
    uint8_t got[MAX_SIDE];
    struct pce_cqe cqe;
    Side src, dst;

    g_test_message("%s, %scrypt, layout %d", a->name, decrypt ? "de" : "en",
                   layout);
    make_sides(a, decrypt, &src, &dst);
    lay_out(q->t, &sqe, &src, &dst, layout);

    cqe = queue_do(q, &sqe);
    g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
    g_assert_cmpuint(le32_to_cpu(cqe.length), ==,
                     dst.length - strlen(a->aad) / 2);
    g_assert_cmpuint(le32_to_cpu(cqe.detail), ==, 0);
    g_assert_cmpmem(cqe.result, 16, zeros, 16);
    read_side(q->t, &dst, got);
    g_assert_cmpmem(got, dst.length, dst.data, dst.length);
}

/* A bit of the tag, the text, the associated data is another one */
static void check_forged(PceTestQueue *q, const Answer *a, uint64_t ctx,
                         size_t byte, Layout layout)
{
    struct pce_sqe sqe = make_entry(a, ctx, true);
    uint8_t before[MAX_SIDE], after[MAX_SIDE];
    struct pce_cqe cqe;
    Side src, dst;

    make_sides(a, true, &src, &dst);
    src.data[byte] ^= 0x80;
    lay_out(q->t, &sqe, &src, &dst, layout);
    read_side(q->t, &dst, before);

    cqe = queue_do(q, &sqe);
    g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_AUTH_FAILED);
    g_assert_cmpuint(le32_to_cpu(cqe.length), ==, 0);
    g_assert_cmpuint(le32_to_cpu(cqe.detail), ==, 0);
    read_side(q->t, &dst, after);
    g_assert_cmpmem(before, dst.length, after, dst.length);
}

static void check_answers(const char *exec, const char *options)
{
    PceTest *t = pce_test_start(exec, options);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        uint64_t ctx = put_context(t, &answers[i]);

        for (Layout layout = IN_PLACE; layout < LAYOUTS; layout++) {
            check_answer(&q, &answers[i], ctx, false, layout);
            check_answer(&q, &answers[i], ctx, true, layout);
        }
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

static void test_forged(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        const Answer *a = &answers[i];
        uint64_t ctx = put_context(t, a);
        size_t tag = strlen(a->tag) / 2, text = strlen(a->plain) / 2;
        size_t end = strlen(a->aad) / 2 + text + tag;

        for (Layout layout = IN_PLACE; layout < LAYOUTS; layout++) {
            check_forged(&q, a, ctx, end - 1, layout);
            check_forged(&q, a, ctx, end - tag, layout);
            if (text) {
                check_forged(&q, a, ctx, end - tag - 1, layout);
                check_forged(&q, a, ctx, 0, layout);
            }
        }
        check_answer(&q, a, ctx, true, APART);
    }
    pce_test_stop(t);
}

/* --- Bad requests ----------------------------------------------------- */

/* An algorithm with its context and a good request; one field is changed */
typedef struct Bad {
    PceTestQueue q;
    const Answer *answer;
    uint64_t ctx;
    struct pce_sqe good;
    Side src, dst;
} Bad;

static void bad_begin(Bad *b, PceTest *t, unsigned int queue, uint8_t alg)
{
    b->answer = answers;
    while (b->answer->alg != alg) {
        b->answer++;
    }
    queue_start(t, &b->q, queue, 4, 4);
    b->ctx = put_context(t, b->answer);
    b->good = make_entry(b->answer, b->ctx, false);
    make_sides(b->answer, false, &b->src, &b->dst);
    lay_out(t, &b->good, &b->src, &b->dst, APART);
}

/* Refused, with nothing written; the good one is served afterwards */
static void check_bad(Bad *b, const struct pce_sqe *sqe, uint32_t status,
                      uint32_t detail)
{
    uint8_t before[MAX_SIDE], after[MAX_SIDE];
    struct pce_cqe cqe;

    read_side(b->q.t, &b->dst, before);
    cqe = queue_do(&b->q, sqe);
    g_assert_cmphex(cqe_status(&cqe), ==, status);
    g_assert_cmphex(le32_to_cpu(cqe.detail), ==, detail);
    g_assert_cmpuint(le32_to_cpu(cqe.length), ==, 0);
    read_side(b->q.t, &b->dst, after);
    g_assert_cmpmem(before, b->dst.length, after, b->dst.length);
    cqe = queue_do(&b->q, &b->good);
    g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
}

#define FIELD(f) offsetof(struct pce_sqe, f)
#define CTX(f) offsetof(struct pce_context, f)

#define CHECK_FIELD(b, field_, value, status)                           \
    do {                                                                \
        struct pce_sqe sqe_ = (b)->good;                                \
        sqe_.field_ = value;                                            \
        check_bad(b, &sqe_, status, FIELD(field_));                     \
    } while (0)

static void test_bad_entry(const void *exec)
{
    PceTest *t = pce_test_start(exec, "max-length=8192");
    struct pce_sqe sqe;
    Bad b;

    bad_begin(&b, t, 0, PCE_ALG_AES_GCM);
    CHECK_FIELD(&b, flags, PCE_SQE_IV_INDIRECT, PCE_STATUS_BAD_FLAGS);
    CHECK_FIELD(&b, length, cpu_to_le32(8193), PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(&b, aad_length, cpu_to_le32(8193 - 60), PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(&b, aad_length, cpu_to_le32(0xffffffff), PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(&b, unit_order, 9, PCE_STATUS_BAD_FIELD);
    for (uint8_t tag = 0; tag < 12; tag++) {
        if (tag != 4 && tag != 8) {
            CHECK_FIELD(&b, auth_length, tag, PCE_STATUS_BAD_LENGTH);
        }
    }
    CHECK_FIELD(&b, auth_length, 17, PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(&b, auth_length, 255, PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(&b, op_flags, cpu_to_le16(PCE_AEAD_ESN), PCE_STATUS_BAD_FIELD);
    for (unsigned int bit = 1; bit < 8; bit++) {
        CHECK_FIELD(&b, op_flags, cpu_to_le16(1 << bit), PCE_STATUS_BAD_FIELD);
    }
    /* What is behind the nonce */
    sqe = b.good;
    sqe.iv[12] = 1;
    check_bad(&b, &sqe, PCE_STATUS_BAD_FIELD, FIELD(iv));
    pce_test_stop(t);
}

static void test_bad_ccm(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    struct pce_sqe sqe;
    Bad b;

    bad_begin(&b, t, 0, PCE_ALG_AES_CCM);
    for (uint8_t tag = 0; tag < 20; tag++) {
        if (tag < 4 || tag > 16 || tag % 2) {
            CHECK_FIELD(&b, auth_length, tag, PCE_STATUS_BAD_LENGTH);
        }
    }
    sqe = b.good;
    sqe.iv[0] = 0;
    check_bad(&b, &sqe, PCE_STATUS_BAD_FIELD, FIELD(iv));
    sqe.iv[0] = 8;
    check_bad(&b, &sqe, PCE_STATUS_BAD_FIELD, FIELD(iv));
    sqe = b.good;
    sqe.iv[15] = 1;
    check_bad(&b, &sqe, PCE_STATUS_BAD_FIELD, FIELD(iv));
    /* Two bytes say how long the text is */
    CHECK_FIELD(&b, length, cpu_to_le32(0x10000), PCE_STATUS_BAD_LENGTH);
    pce_test_stop(t);
}

static void test_bad_authenc(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    struct pce_sqe sqe;
    Bad b;

    bad_begin(&b, t, 0, PCE_ALG_AUTHENC_AES_CBC);
    CHECK_FIELD(&b, length, cpu_to_le32(31), PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(&b, auth_length, 0, PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(&b, auth_length, 33, PCE_STATUS_BAD_LENGTH);
    CHECK_FIELD(&b, op_flags, cpu_to_le16(1 << 8), PCE_STATUS_BAD_FIELD);
    sqe = b.good;
    sqe.op_flags = cpu_to_le16(PCE_AEAD_ESN);
    sqe.aad_length = cpu_to_le32(7);
    check_bad(&b, &sqe, PCE_STATUS_BAD_LENGTH, FIELD(aad_length));
    pce_test_stop(t);
}

static void bad_context(Bad *b, size_t offset, uint8_t value, uint32_t status)
{
    PceTest *t = b->q.t;
    uint8_t good = qtest_readb(t->qts, b->ctx + offset);

    reg_write(t, PCE_REG_INVAL_CMD, PCE_INVAL_ALL);
    qtest_writeb(t->qts, b->ctx + offset, value);
    g_assert_cmphex(do_status(&b->q, &b->good), ==, status | offset << 8);
    qtest_writeb(t->qts, b->ctx + offset, good);
    g_assert_cmphex(do_status(&b->q, &b->good), ==, PCE_STATUS_OK);
}

static void test_bad_context(const void *exec)
{
    PceTest *t = pce_test_start(exec, "algs=a*:hmac-sha1:hmac-sha256");
    Bad b;

    bad_begin(&b, t, 0, PCE_ALG_AUTHENC_AES_CBC);
    /* A cipher without authentication is another opcode's */
    bad_context(&b, CTX(alg), PCE_ALG_AES_CBC, PCE_STATUS_BAD_CONTEXT);
    bad_context(&b, CTX(alg), PCE_ALG_HMAC_SHA1, PCE_STATUS_BAD_CONTEXT);
    bad_context(&b, CTX(key_length), 0, PCE_STATUS_BAD_CONTEXT);
    bad_context(&b, CTX(auth_alg), 0, PCE_STATUS_BAD_CONTEXT);
    bad_context(&b, CTX(auth_alg), PCE_ALG_SHA256, PCE_STATUS_BAD_CONTEXT);
    bad_context(&b, CTX(auth_alg), PCE_ALG_AES_CMAC, PCE_STATUS_BAD_CONTEXT);
    bad_context(&b, CTX(auth_alg), PCE_ALG_HMAC_SHA512,
                PCE_STATUS_UNSUPPORTED);
    bad_context(&b, CTX(auth_key_length), 65, PCE_STATUS_BAD_CONTEXT);
    bad_context(&b, CTX(reserved0), 1, PCE_STATUS_BAD_CONTEXT);
    bad_context(&b, CTX(reserved1), 1, PCE_STATUS_BAD_CONTEXT);

    /* With GCM there is no second key, and without its ALG_INFO no GCM */
    bad_begin(&b, t, 1, PCE_ALG_AES_GCM);
    bad_context(&b, CTX(auth_alg), PCE_ALG_HMAC_SHA256,
                PCE_STATUS_BAD_CONTEXT);
    bad_context(&b, CTX(auth_key_length), 1, PCE_STATUS_BAD_CONTEXT);
    bad_context(&b, CTX(alg), PCE_ALG_CHACHA20_POLY1305,
                PCE_STATUS_UNSUPPORTED);
    pce_test_stop(t);
}

/* Associated data, text and tag where there is no memory */
static void test_dma_errors(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    uint64_t table = pce_test_alloc(t, 4096);
    struct pce_sqe sqe;
    Bad b;

    bad_begin(&b, t, 0, PCE_ALG_AES_GCM);
    for (unsigned int bad = 0; bad < 3; bad++) {
        write_segment(t, table, 0, b.src.body, 20);
        write_segment(t, table, 1, b.src.body + 20, 60);
        write_segment(t, table, 2, b.src.body + 80, 16);
        write_segment(t, table, bad, NOWHERE, bad == 2 ? 16 : 60);
        sqe = b.good;
        sqe.flags |= PCE_SQE_DST_TABLE;
        sqe.dst = cpu_to_le64(table);
        sqe.dst_segments = cpu_to_le16(3);
        g_assert_cmphex(do_status(&b.q, &sqe), ==,
                        PCE_STATUS_DST_DMA | bad << 8);
        sqe = b.good;
        sqe.flags |= PCE_SQE_SRC_TABLE | PCE_SQE_DECRYPT;
        sqe.src = cpu_to_le64(table);
        sqe.src_segments = cpu_to_le16(3);
        check_bad(&b, &sqe, PCE_STATUS_SRC_DMA, bad);
    }
    pce_test_stop(t);
}

void pce_test_add_aead(void)
{
    pce_test_add("aead/known-answers", test_known_answers);
    pce_test_add("aead/known-answers-iommu", test_known_answers_iommu);
    pce_test_add("aead/forged", test_forged);
    pce_test_add("aead/bad-entry", test_bad_entry);
    pce_test_add("aead/bad-ccm", test_bad_ccm);
    pce_test_add("aead/bad-authenc", test_bad_authenc);
    pce_test_add("aead/bad-context", test_bad_context);
    pce_test_add("aead/dma-errors", test_dma_errors);
}
