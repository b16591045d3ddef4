/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The opcode AEAD: lengths, forged messages, memory that fails, and what is
 * refused.  That the results are right is for the test vectors to say.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "request.h"

#define OUT (DATA + 0x5000)         /* what was sealed at SRC */
#define BACK (DATA + 0xa000)        /* what was unsealed at OUT */

struct kind {
    const char *name;
    uint8_t alg, auth_alg;
    uint8_t key_length, auth_key_length;
    uint8_t tag;                    /* bytes */
    uint8_t least_aad, multiple;    /* of associated data, of text */
    uint8_t iv[PCE_SQE_IV_SIZE];
};

static const struct kind kinds[] = {
    { "gcm", PCE_ALG_AES_GCM, 0, 16, 0, 16, 0, 1, { 1, 2, 3 } },
    { "ccm", PCE_ALG_AES_CCM, 0, 24, 0, 10, 0, 1, { 3, 1, 2, 3 } },
    { "chacha20-poly1305", PCE_ALG_CHACHA20_POLY1305, 0, 32, 0, 16, 0, 1,
      { 4, 5, 6 } },
    { "cbc hmac-sha1", PCE_ALG_AUTHENC_AES_CBC, PCE_ALG_HMAC_SHA1, 16, 20, 12,
      0, 16, { 7 } },
    { "ctr hmac-sha512", PCE_ALG_AUTHENC_AES_CTR, PCE_ALG_HMAC_SHA512, 32, 128,
      64, 0, 1, { 8 } },
    { "essiv hmac-sha256", PCE_ALG_AUTHENC_AES_ESSIV, PCE_ALG_HMAC_SHA256, 16,
      0, 32, 16, 16, { 9 } },
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static void aead_context(struct fixture *f, const struct kind *kind,
                         uint32_t generation)
{
    struct pce_context *ctx = memory_at(&f->mem, CONTEXT(0));

    fixture_context(f, 0, generation, kind->alg, test_key, kind->key_length);
    ctx->auth_alg = kind->auth_alg;
    ctx->auth_key_length = kind->auth_key_length;
    memset(ctx->auth_key, 0x5a, kind->auth_key_length);
}

static void aead_setup(struct fixture *f, const struct kind *kind)
{
    fixture_init(f, backend, DATA_SIZE);
    random_bytes(f->mem.ram + DATA_OFFSET, DATA_SIZE);
    aead_context(f, kind, 1);
    fixture_start(f);
}

static struct pce_sqe aead_sqe(const struct kind *kind, bool decrypt,
                               uint64_t src, uint64_t dst, uint32_t aad,
                               uint32_t text)
{
    struct pce_sqe sqe = cipher_sqe(0, 1, src, dst, text);

    sqe.opcode = PCE_OP_AEAD;
    sqe.flags = decrypt ? PCE_SQE_DECRYPT : 0;
    sqe.aad_length = htole32(aad);
    sqe.auth_length = kind->tag;
    memcpy(sqe.iv, kind->iv, sizeof(sqe.iv));
    return sqe;
}

/* The request is done, and wrote so many bytes beside associated data */
static void expect_length(struct fixture *f, const struct pce_sqe *sqe,
                          uint32_t length)
{
    static const uint8_t zeros[PCE_CQE_RESULT_SIZE];
    struct pce_cqe cqe;

    execute(f, sqe, PCE_STATUS_OK, 0, &cqe);
    EXPECT_EQ(le32toh(cqe.length), length);
    EXPECT(!memcmp(cqe.result, zeros, sizeof(zeros)));
}

/* Seal the message at SRC, to OUT */
static void seal(struct fixture *f, const struct kind *kind, uint32_t aad,
                 uint32_t text)
{
    struct pce_sqe sqe = aead_sqe(kind, false, SRC, OUT, aad, text);

    expect_length(f, &sqe, text + kind->tag);
}

/* --- Lengths ------------------------------------------------------------- */

/* In place it is the same; the way back gives the message that was sealed */
static void check_lengths(struct fixture *f, const struct kind *kind,
                          uint32_t aad, uint32_t text)
{
    uint32_t length = aad + text + kind->tag;
    uint32_t iv = kind->alg == PCE_ALG_AUTHENC_AES_ESSIV ? 16 : 0;
    struct pce_sqe sqe;

    f->mem.written = 0;
    seal(f, kind, aad, text);
    EXPECT_EQ(f->mem.written, length);
    EXPECT(!memcmp(memory_at(&f->mem, OUT), memory_at(&f->mem, SRC),
                   aad - iv));

    memcpy(memory_at(&f->mem, BACK), memory_at(&f->mem, SRC), aad + text);
    sqe = aead_sqe(kind, false, BACK, BACK, aad, text);
    expect_length(f, &sqe, text + kind->tag);
    EXPECT(!memcmp(memory_at(&f->mem, BACK), memory_at(&f->mem, OUT), length));

    sqe = aead_sqe(kind, true, BACK, BACK, aad, text);
    expect_length(f, &sqe, text);
    EXPECT(!memcmp(memory_at(&f->mem, BACK), memory_at(&f->mem, SRC),
                   aad - iv));
    EXPECT(!memcmp(memory_at(&f->mem, BACK + aad), memory_at(&f->mem, SRC + aad),
                   text));

    memset(memory_at(&f->mem, BACK), 0, length);
    f->mem.written = 0;
    sqe = aead_sqe(kind, true, OUT, BACK, aad, text);
    expect_length(f, &sqe, text);
    EXPECT_EQ(f->mem.written, aad + text);
    EXPECT(!memcmp(memory_at(&f->mem, BACK), memory_at(&f->mem, OUT), aad));
    EXPECT(!memcmp(memory_at(&f->mem, BACK + aad), memory_at(&f->mem, SRC + aad),
                   text));
}

static void test_lengths(const void *arg)
{
    static const uint16_t lengths[] = {
        0, 1, 7, 8, 13, 15, 16, 17, 31, 32, 48, 63, 64, 65, 127, 128, 255, 256,
        1000, 4096, 8191, 8192, 8208,
    };
    const size_t n = sizeof(lengths) / sizeof(*lengths);
    const struct kind *kind = arg;
    struct fixture f;

    aead_setup(&f, kind);
    for (size_t i = 0; i < n * n; i++) {
        uint32_t aad = lengths[i / n], text = lengths[i % n];

        if (aad >= kind->least_aad && text % kind->multiple == 0) {
            check_lengths(&f, kind, aad, text);
        }
    }
    fixture_destroy(&f);
}

/* Associated data and text together are as long as a request can be */
static void test_longest(const void *arg)
{
    const struct kind *kind = arg;
    uint32_t aad = 1 << 20, text = PCE_LIMIT_LENGTH - aad;
    struct pce_sqe sqe;
    struct fixture f;

    fixture_init(&f, backend, PCE_LIMIT_LENGTH + 64);
    aead_context(&f, kind, 1);
    fixture_start(&f);
    f.mem.max_map = 1 << 20;
    for (int i = 0; i < 2; i++) {
        sqe = aead_sqe(kind, false, DATA, DATA, aad, text);
        expect_length(&f, &sqe, text + kind->tag);
        sqe = aead_sqe(kind, true, DATA, DATA, aad, text);
        expect_length(&f, &sqe, text);
        sqe.aad_length = htole32(aad + 1);
        expect_refused(&f, &sqe, PCE_STATUS_BAD_LENGTH, 0x24);
        /* Now nearly all of it is associated data */
        aad = PCE_LIMIT_LENGTH - 32;
        text = 32;
    }
    fixture_destroy(&f);
}

/* What is copied: associated data, tag; to unseal, all of the source */
static void test_copies(const void *arg)
{
    const struct kind *kind = arg;
    const struct pce_executor_stats *stats;
    uint32_t aad = 32, text = 1024;
    struct pce_sqe sqe;
    struct fixture f;

    aead_setup(&f, kind);
    stats = pce_executor_stats(f.ex);
    seal(&f, kind, aad, text);
    EXPECT_EQ(stats->copied, 2 * aad + kind->tag);
    EXPECT_EQ(stats->maps, 2);
    sqe = aead_sqe(kind, true, OUT, BACK, aad, text);
    expect_length(&f, &sqe, text);
    EXPECT_EQ(stats->copied, 2 * aad + kind->tag +
                             2 * (aad + text) + kind->tag);
    EXPECT_EQ(stats->maps, 4);
    fixture_destroy(&f);
}

/* --- Forged messages ----------------------------------------------------- */

/* With any byte of it changed: not a byte of memory is written */
static void check_forged(struct fixture *f, const struct kind *kind,
                         uint64_t dst, uint32_t aad, uint32_t text)
{
    /* The last of ESSIV's associated data stand for the IV */
    uint32_t iv = kind->alg == PCE_ALG_AUTHENC_AES_ESSIV ? 16 : 0;
    struct pce_sqe sqe = aead_sqe(kind, true, OUT, dst, aad, text);
    uint8_t *message = memory_at(&f->mem, OUT);

    for (uint32_t i = 0; i < aad + text + kind->tag; i++) {
        uint8_t bit = 1 << random_below(8);

        if (i >= aad - iv && i < aad) {
            continue;
        }
        message[i] ^= bit;
        expect_refused(f, &sqe, PCE_STATUS_AUTH_FAILED, 0);
        message[i] ^= bit;
    }
    expect_length(f, &sqe, text);
}

static void test_forged(const void *arg)
{
    const struct kind *kind = arg;
    struct fixture f;

    aead_setup(&f, kind);
    for (int i = 0; i < 2; i++) {
        uint64_t dst = i ? OUT : BACK;

        f.mem.copies = i;
        seal(&f, kind, 40, 48);
        check_forged(&f, kind, dst, 40, 48);
        seal(&f, kind, 70, 0);
        check_forged(&f, kind, dst, 70, 0);
        seal(&f, kind, kind->least_aad, 64);
        check_forged(&f, kind, dst, kind->least_aad, 64);
    }
    fixture_destroy(&f);
}

/* Memory that cannot be written is no matter before the tag was compared */
static void test_forged_read_only(const void *arg)
{
    const struct kind *kind = arg;
    struct pce_sqe sqe = aead_sqe(kind, true, OUT, OUT, 16, 64);
    struct fixture f;

    aead_setup(&f, kind);
    seal(&f, kind, 16, 64);
    f.mem.fault = OUT;
    f.mem.fault_length = 16 + 64 + kind->tag;
    f.mem.fault_map_write = true;
    expect_refused(&f, &sqe, PCE_STATUS_DST_DMA, 0);
    *(uint8_t *)memory_at(&f.mem, OUT + 16) ^= 1;
    expect_refused(&f, &sqe, PCE_STATUS_AUTH_FAILED, 0);
    fixture_destroy(&f);
}

/* --- Segments ------------------------------------------------------------ */

#define AAD 32
#define TEXT 48
#define PIECES 5                    /* of 16 bytes, then the tag has its own */

/* Bytes from base, with gaps; the tag is cut off if it is not to be there */
static void set_pieces(struct fixture *f, uint64_t table, uint64_t base,
                       const struct kind *kind)
{
    for (unsigned int i = 0; i < PIECES; i++) {
        set_segment(f, table, i, base + 100 * i, 16);
    }
    set_segment(f, table, PIECES, base + 100 * PIECES, kind->tag);
}

static struct pce_sqe table_aead(struct fixture *f, const struct kind *kind,
                                 bool decrypt, uint64_t src, uint64_t dst)
{
    struct pce_sqe sqe = aead_sqe(kind, decrypt, SRC_TABLE, DST_TABLE, AAD,
                                  TEXT);

    set_pieces(f, SRC_TABLE, src, kind);
    set_pieces(f, DST_TABLE, dst, kind);
    sqe.flags |= PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE;
    sqe.src_segments = htole16(PIECES + decrypt);
    sqe.dst_segments = htole16(PIECES + !decrypt);
    return sqe;
}

/* A map fails in each segment of either side; what unseals reads all first */
static void test_dma_faults(const void *arg)
{
    const struct kind *kind = arg;
    struct pce_sqe seal_it, unseal_it;
    struct pce_cqe cqe;
    struct fixture f;

    aead_setup(&f, kind);
    seal_it = table_aead(&f, kind, false, SRC, OUT);
    expect_length(&f, &seal_it, TEXT + kind->tag);
    for (unsigned int i = 0; i < 2 * (PIECES + 1); i++) {
        unsigned int piece = i / 2;

        f.mem.copies = i % 2;
        f.mem.fault_length = 1;

        seal_it = table_aead(&f, kind, false, SRC, BACK);
        f.mem.fault = SRC + 100 * piece + 3;
        if (piece < PIECES) {
            execute(&f, &seal_it, PCE_STATUS_SRC_DMA, piece, &cqe);
        }
        f.mem.fault = BACK + 100 * piece + 3;
        execute(&f, &seal_it, PCE_STATUS_DST_DMA, piece, &cqe);

        unseal_it = table_aead(&f, kind, true, OUT, BACK);
        f.mem.fault = OUT + 100 * piece + 3;
        expect_refused(&f, &unseal_it, PCE_STATUS_SRC_DMA, piece);
        f.mem.fault = BACK + 100 * piece + 3;
        if (piece < PIECES) {
            execute(&f, &unseal_it, PCE_STATUS_DST_DMA, piece, &cqe);
        }
        f.mem.fault_length = 0;
        expect_length(&f, &unseal_it, TEXT);
    }
    fixture_destroy(&f);
}

/* In place save for the last byte, as kTLS has its records */
static void test_last_byte_apart(const void *arg)
{
    const struct kind *kind = arg;
    struct pce_sqe sqe = aead_sqe(kind, false, SRC_TABLE, BACK, AAD, TEXT);
    uint32_t n = AAD + TEXT - 1;
    struct fixture f;

    aead_setup(&f, kind);
    seal(&f, kind, AAD, TEXT);
    memcpy(memory_at(&f.mem, BACK), memory_at(&f.mem, SRC), n);
    set_segment(&f, SRC_TABLE, 0, BACK, n);
    set_segment(&f, SRC_TABLE, 1, SRC + n, 1);
    sqe.flags = PCE_SQE_SRC_TABLE;
    sqe.src_segments = htole16(2);
    expect_length(&f, &sqe, TEXT + kind->tag);
    EXPECT(!memcmp(memory_at(&f.mem, BACK), memory_at(&f.mem, OUT),
                   n + 1 + kind->tag));
    fixture_destroy(&f);
}

/* The tables lack one byte of the tag, in the side that has one */
static void test_short_tables(const void *arg)
{
    const struct kind *kind = arg;
    struct pce_sqe sqe;
    struct fixture f;

    aead_setup(&f, kind);
    sqe = table_aead(&f, kind, false, SRC, OUT);
    expect_length(&f, &sqe, TEXT + kind->tag);
    set_segment(&f, DST_TABLE, PIECES, BACK, kind->tag - 1);
    expect_refused(&f, &sqe, PCE_STATUS_BAD_DST_SEGMENT, PIECES + 1);

    sqe = table_aead(&f, kind, true, OUT, BACK);
    set_segment(&f, SRC_TABLE, PIECES, OUT + 100 * PIECES, kind->tag - 1);
    expect_refused(&f, &sqe, PCE_STATUS_BAD_SRC_SEGMENT, PIECES + 1);

    /* In place, the one table must have room for the tag */
    sqe = table_aead(&f, kind, false, SRC, SRC);
    sqe.dst = sqe.src;
    sqe.dst_segments = sqe.src_segments;
    expect_refused(&f, &sqe, PCE_STATUS_BAD_DST_SEGMENT, PIECES);
    sqe.src_segments = sqe.dst_segments = htole16(PIECES + 1);
    expect_length(&f, &sqe, TEXT + kind->tag);
    fixture_destroy(&f);
}

/* --- Refused ------------------------------------------------------------- */

struct refused {
    const char *name;
    const struct kind *kind;
    uint16_t op_flags;
    uint32_t aad, text;
    uint8_t flags, tag, unit_order;
    int8_t iv_index;                /* of a byte that is changed, or -1 */
    uint8_t iv;
    enum pce_status status;
    uint32_t detail;
};

#define GCM &kinds[0]
#define CCM &kinds[1]
#define POLY &kinds[2]
#define CBC &kinds[3]
#define CTR &kinds[4]
#define ESSIV &kinds[5]
#define LENGTH_AT(offset) PCE_STATUS_BAD_LENGTH, (offset)
#define FIELD_AT(offset) PCE_STATUS_BAD_FIELD, (offset)

static const struct refused refused[] = {
    { "gcm: no tag", GCM, 0, 8, 16, 0, 0, 0, -1, 0, LENGTH_AT(0x2c) },
    { "gcm: tag of 7", GCM, 0, 8, 16, 0, 7, 0, -1, 0, LENGTH_AT(0x2c) },
    { "gcm: tag of 11", GCM, 0, 8, 16, 0, 11, 0, -1, 0, LENGTH_AT(0x2c) },
    { "gcm: tag of 17", GCM, 0, 8, 16, 0, 17, 0, -1, 0, LENGTH_AT(0x2c) },
    { "gcm: tag of 255", GCM, 0, 8, 16, 0, 255, 0, -1, 0, LENGTH_AT(0x2c) },
    { "ccm: tag of 5", CCM, 0, 8, 16, 0, 5, 0, -1, 0, LENGTH_AT(0x2c) },
    { "ccm: tag of 2", CCM, 0, 8, 16, 0, 2, 0, -1, 0, LENGTH_AT(0x2c) },
    { "poly: tag of 12", POLY, 0, 8, 16, 0, 12, 0, -1, 0, LENGTH_AT(0x2c) },
    { "cbc: no tag", CBC, 0, 8, 16, 0, 0, 0, -1, 0, LENGTH_AT(0x2c) },
    { "cbc: tag of 21", CBC, 0, 8, 16, 0, 21, 0, -1, 0, LENGTH_AT(0x2c) },
    { "ctr: tag of 65", CTR, 0, 8, 16, 0, 65, 0, -1, 0, LENGTH_AT(0x2c) },
    { "cbc: part of a block", CBC, 0, 8, 17, 0, 12, 0, -1, 0,
      LENGTH_AT(0x20) },
    { "essiv: part of a block", ESSIV, 0, 16, 15, 0, 32, 0, -1, 0,
      LENGTH_AT(0x20) },
    { "essiv: no room for the IV", ESSIV, 0, 15, 16, 0, 32, 0, -1, 0,
      LENGTH_AT(0x24) },
    { "above the limit together", GCM, 0, 1, PCE_LIMIT_LENGTH, 0, 16, 0, -1, 0,
      LENGTH_AT(0x24) },
    { "text above the limit", GCM, 0, 0, PCE_LIMIT_LENGTH + 1, 0, 16, 0, -1, 0,
      LENGTH_AT(0x20) },
    { "2^32 - 1 of associated data", GCM, 0, UINT32_MAX, 16, 0, 16, 0, -1, 0,
      LENGTH_AT(0x24) },
    { "gcm: ESN", GCM, PCE_AEAD_ESN, 8, 16, 0, 16, 0, -1, 0, FIELD_AT(0x2e) },
    { "cbc: AAD_SKIP", CBC, 0x100, 8, 16, 0, 12, 0, -1, 0, FIELD_AT(0x2e) },
    { "op_flags bit 1", CBC, 2, 8, 16, 0, 12, 0, -1, 0, FIELD_AT(0x2e) },
    { "cbc: ESN with 7 bytes", CBC, PCE_AEAD_ESN, 7, 16, 0, 12, 0, -1, 0,
      LENGTH_AT(0x24) },
    { "gcm: AAD_SKIP above all", GCM, 0x900, 8, 16, 0, 16, 0, -1, 0,
      LENGTH_AT(0x24) },
    { "unit_order", GCM, 0, 8, 16, 0, 16, 4, -1, 0, FIELD_AT(0x2d) },
    { "gcm: nonce of 13", GCM, 0, 8, 16, 0, 16, 0, 12, 1, FIELD_AT(0x30) },
    { "gcm: nonce of 16", GCM, 0, 8, 16, 0, 16, 0, 15, 1, FIELD_AT(0x30) },
    { "poly: nonce of 13", POLY, 0, 8, 16, 0, 16, 0, 12, 1, FIELD_AT(0x30) },
    { "ccm: length field of 1", CCM, 0, 8, 16, 0, 8, 0, 0, 0, FIELD_AT(0x30) },
    { "ccm: length field of 9", CCM, 0, 8, 16, 0, 8, 0, 0, 8, FIELD_AT(0x30) },
    { "ccm: length field of 256", CCM, 0, 8, 16, 0, 8, 0, 0, 255,
      FIELD_AT(0x30) },
    { "ccm: counter", CCM, 0, 8, 16, 0, 8, 0, 15, 1, FIELD_AT(0x30) },
    { "ccm: nonce of 12", CCM, 0, 8, 16, 0, 8, 0, 12, 1, FIELD_AT(0x30) },
    { "ccm: text of 2^16 in 2 bytes", CCM, 0, 8, 1 << 16, 0, 8, 0, 0, 1,
      LENGTH_AT(0x20) },
    { "ccm: text of 2^24 in 3 bytes", CCM, 0, 0, 1 << 24, 0, 8, 0, 0, 2,
      LENGTH_AT(0x20) },
    { "IV_INDIRECT", GCM, 0, 8, 16, PCE_SQE_IV_INDIRECT, 16, 0, -1, 0,
      PCE_STATUS_BAD_FLAGS, 0x01 },
};

static void test_refused(const void *arg)
{
    const struct refused *r = arg;
    struct pce_sqe sqe = aead_sqe(r->kind, false, SRC, OUT, r->aad, r->text);
    struct pce_sqe good = aead_sqe(r->kind, false, SRC, OUT, 16, 16);
    struct fixture f;

    aead_setup(&f, r->kind);
    sqe.flags |= r->flags;
    sqe.op_flags = htole16(r->op_flags);
    sqe.auth_length = r->tag;
    sqe.unit_order = r->unit_order;
    if (r->iv_index >= 0) {
        sqe.iv[r->iv_index] = r->iv;
    }
    /* With the context not known to the executor, and known */
    expect_refused(&f, &sqe, r->status, r->detail);
    expect_length(&f, &good, 16 + r->kind->tag);
    expect_refused(&f, &sqe, r->status, r->detail);
    expect_length(&f, &good, 16 + r->kind->tag);
    fixture_destroy(&f);
}

/* A key that is known is none of another opcode */
static void test_other_opcode(const void *arg)
{
    struct pce_sqe sqe = aead_sqe(GCM, false, SRC, OUT, 16, 16);
    struct pce_sqe other = cipher_sqe(0, 1, SRC, OUT, 16);
    struct fixture f;

    (void)arg;
    aead_setup(&f, GCM);
    expect_refused(&f, &other, PCE_STATUS_BAD_CONTEXT, 0x04);
    expect_length(&f, &sqe, 32);
    expect_refused(&f, &other, PCE_STATUS_BAD_CONTEXT, 0x04);
    expect_length(&f, &sqe, 32);
    fixture_destroy(&f);
}

/* The HMAC of a context */
static void test_auth_context(const void *arg)
{
    static const struct {
        uint8_t alg, auth_key_length;
        enum pce_status status;
        uint32_t detail;
    } cases[] = {
        { 0, 0, PCE_STATUS_BAD_CONTEXT, 0x06 },
        { PCE_ALG_SHA256, 20, PCE_STATUS_BAD_CONTEXT, 0x06 },
        { PCE_ALG_HMAC_SHA3_224, 20, PCE_STATUS_BAD_CONTEXT, 0x06 },
        { PCE_ALG_AES_CMAC, 20, PCE_STATUS_BAD_CONTEXT, 0x06 },
        { 255, 20, PCE_STATUS_BAD_CONTEXT, 0x06 },
        { PCE_ALG_HMAC_SHA1, 65, PCE_STATUS_BAD_CONTEXT, 0x07 },
        { PCE_ALG_HMAC_SHA512, 129, PCE_STATUS_BAD_CONTEXT, 0x07 },
        { PCE_ALG_HMAC_SHA224, 20, PCE_STATUS_UNSUPPORTED, 0x06 },
    };
    struct pce_sqe sqe = aead_sqe(CBC, false, SRC, OUT, 16, 16);
    struct pce_context *ctx;
    struct fixture f;

    (void)arg;
    aead_setup(&f, CBC);
    f.alg_info[PCE_ALG_HMAC_SHA224] = 0;
    ctx = memory_at(&f.mem, CONTEXT(0));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        ctx->auth_alg = cases[i].alg;
        ctx->auth_key_length = cases[i].auth_key_length;
        expect_refused(&f, &sqe, cases[i].status, cases[i].detail);
    }
    aead_context(&f, CBC, 1);
    expect_length(&f, &sqe, 16 + kinds[3].tag);
    fixture_destroy(&f);
}

int main(void)
{
    request_init();
    for (const struct kind *kind = kinds; kind < kinds + KINDS; kind++) {
        ktap_add(test_lengths, kind, "%s: lengths", kind->name);
        ktap_add(test_longest, kind, "%s: longest request", kind->name);
        ktap_add(test_copies, kind, "%s: copies", kind->name);
        ktap_add(test_forged, kind, "%s: forged messages", kind->name);
        ktap_add(test_forged_read_only, kind, "%s: forged, read-only",
                 kind->name);
        ktap_add(test_dma_faults, kind, "%s: DMA faults", kind->name);
        ktap_add(test_last_byte_apart, kind, "%s: last byte apart",
                 kind->name);
        ktap_add(test_short_tables, kind, "%s: short tables", kind->name);
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        ktap_add(test_refused, &refused[i], "refused: %s", refused[i].name);
    }
    ktap_add(test_other_opcode, NULL, "key of another opcode");
    ktap_add(test_auth_context, NULL, "the HMAC of a context");
    return ktap_run();
}
