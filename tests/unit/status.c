/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is refused: each fault of an entry, a context or a table that the
 * specification names, with its status and detail.
 */
#include <endian.h>
#include <string.h>

#include "ktap.h"
#include "request.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define SQE(field) \
    offsetof(struct pce_sqe, field), sizeof(((struct pce_sqe *)0)->field)
#define CTX(field) \
    offsetof(struct pce_context, field), \
    sizeof(((struct pce_context *)0)->field)

static void put_le(void *record, size_t offset, size_t size, uint64_t value)
{
    uint8_t *byte = (uint8_t *)record + offset;

    for (size_t i = 0; i < size; i++) {
        byte[i] = i < sizeof(value) ? value >> 8 * i : 0;
    }
}

/* --- Fields of the entry ------------------------------------------------- */

struct field_case {
    const char *name;
    uint8_t offset, size;           /* of the field */
    uint64_t value;
    enum pce_status status;
    uint32_t detail;
    uint8_t flags;                  /* of the entry */
    uint16_t segments;              /* of a table that flags names */
};

static const struct field_case cipher_cases[] = {
    { "opcode INVALID", SQE(opcode), 0, PCE_STATUS_BAD_OPCODE, 0, 0, 0 },
    { "opcode AEAD", SQE(opcode), 3, PCE_STATUS_BAD_CONTEXT, 0x04, 0, 0 },
    { "opcode HASH", SQE(opcode), 4, PCE_STATUS_BAD_FIELD, 0x04, 0, 0 },
    { "opcode MAC", SQE(opcode), 5, PCE_STATUS_BAD_CONTEXT, 0x04, 0, 0 },
    { "opcode RANDOM", SQE(opcode), 6, PCE_STATUS_BAD_OPCODE, 0, 0, 0 },
    { "opcode 255", SQE(opcode), 255, PCE_STATUS_BAD_OPCODE, 0, 0, 0 },
    { "flag IV_INDIRECT", SQE(flags), 0x10, PCE_STATUS_BAD_FLAGS, 1, 0, 0 },
    { "flag 5", SQE(flags), 0x20, PCE_STATUS_BAD_FLAGS, 1, 0, 0 },
    { "flag 6", SQE(flags), 0x40, PCE_STATUS_BAD_FLAGS, 1, 0, 0 },
    { "flag 7", SQE(flags), 0x80, PCE_STATUS_BAD_FLAGS, 1, 0, 0 },
    { "context at 1", SQE(ctx), CONTEXT(0) + 1, PCE_STATUS_BAD_ADDRESS, 0x08,
      0, 0 },
    { "context at 32", SQE(ctx), CONTEXT(0) + 32, PCE_STATUS_BAD_ADDRESS,
      0x08, 0, 0 },
    { "source table at 8", SQE(src), SRC_TABLE + 8, PCE_STATUS_BAD_ADDRESS,
      0x10, PCE_SQE_SRC_TABLE, 1 },
    { "destination table at 1", SQE(dst), DST_TABLE + 1,
      PCE_STATUS_BAD_ADDRESS, 0x18, PCE_SQE_DST_TABLE, 1 },
    { "length above the limit", SQE(length), PCE_LIMIT_LENGTH + 16,
      PCE_STATUS_BAD_LENGTH, 0x20, 0, 0 },
    { "length 2^32 - 16", SQE(length), 0xfffffff0, PCE_STATUS_BAD_LENGTH,
      0x20, 0, 0 },
    { "associated data", SQE(aad_length), 1, PCE_STATUS_BAD_FIELD, 0x24, 0, 0 },
    { "associated data 2^31", SQE(aad_length), 1u << 31, PCE_STATUS_BAD_FIELD,
      0x24, 0, 0 },
    { "source segments without table", SQE(src_segments), 1,
      PCE_STATUS_BAD_FIELD, 0x28, 0, 0 },
    { "source table of 0 segments", SQE(src_segments), 0,
      PCE_STATUS_BAD_FIELD, 0x28, PCE_SQE_SRC_TABLE, 0 },
    { "source segments above the limit", SQE(src_segments),
      PCE_LIMIT_SEGMENTS + 1, PCE_STATUS_BAD_FIELD, 0x28, PCE_SQE_SRC_TABLE,
      0 },
    { "source segments 65535", SQE(src_segments), 0xffff,
      PCE_STATUS_BAD_FIELD, 0x28, PCE_SQE_SRC_TABLE, 0 },
    { "destination segments without table", SQE(dst_segments), 1,
      PCE_STATUS_BAD_FIELD, 0x2a, 0, 0 },
    { "destination table of 0 segments", SQE(dst_segments), 0,
      PCE_STATUS_BAD_FIELD, 0x2a, PCE_SQE_DST_TABLE, 0 },
    { "destination segments above the limit", SQE(dst_segments),
      PCE_LIMIT_SEGMENTS + 1, PCE_STATUS_BAD_FIELD, 0x2a, PCE_SQE_DST_TABLE,
      0 },
    { "auth_length", SQE(auth_length), 16, PCE_STATUS_BAD_FIELD, 0x2c, 0, 0 },
    { "unit_order 3", SQE(unit_order), 3, PCE_STATUS_BAD_FIELD, 0x2d, 0, 0 },
    { "unit_order 25", SQE(unit_order), 25, PCE_STATUS_BAD_FIELD, 0x2d, 0, 0 },
    { "unit_order without DATA_UNITS", SQE(unit_order), 4,
      PCE_STATUS_BAD_FIELD, 0x2d, 0, 0 },
    { "op_flags", SQE(op_flags), 0x8000, PCE_STATUS_BAD_FIELD, 0x2e, 0, 0 },
    { "another generation", SQE(ctx_generation), 2, PCE_STATUS_STALE_CONTEXT,
      0, 0, 0 },
    { "context outside of memory", SQE(ctx), 0x1000, PCE_STATUS_CTX_DMA, 0, 0,
      0 },
    { "context across the end of memory", SQE(ctx), DATA + DATA_SIZE - 128,
      PCE_STATUS_CTX_DMA, 0, 0, 0 },
    { "context across the end of the address space", SQE(ctx),
      UINT64_MAX - 63, PCE_STATUS_CTX_DMA, 0, 0, 0 },
    { "source outside of memory", SQE(src), 0, PCE_STATUS_SRC_DMA, 0, 0, 0 },
    { "source at the end of the address space", SQE(src), UINT64_MAX - 15,
      PCE_STATUS_SRC_DMA, 0, 0, 0 },
    { "source address cut to 32 bits", SQE(src), SRC & 0xffffffff,
      PCE_STATUS_SRC_DMA, 0, 0, 0 },
    { "destination outside of memory", SQE(dst), 0, PCE_STATUS_DST_DMA, 0, 0,
      0 },
    { "destination at the end of the address space", SQE(dst),
      UINT64_MAX - 15, PCE_STATUS_DST_DMA, 0, 0, 0 },
    { "source table outside of memory", SQE(src), 0, PCE_STATUS_TABLE_DMA, 0,
      PCE_SQE_SRC_TABLE, 1 },
    { "source table across the end of memory", SQE(src),
      DATA + DATA_SIZE - 16, PCE_STATUS_TABLE_DMA, 0, PCE_SQE_SRC_TABLE, 2 },
    { "source table across the end of the address space", SQE(src),
      UINT64_MAX - 15, PCE_STATUS_TABLE_DMA, 0, PCE_SQE_SRC_TABLE, 2 },
    { "destination table outside of memory", SQE(dst), 0,
      PCE_STATUS_TABLE_DMA, 1, PCE_SQE_DST_TABLE, 1 },
};

static void apply(struct pce_sqe *sqe, const struct field_case *c)
{
    sqe->flags = c->flags;
    if (c->flags & PCE_SQE_SRC_TABLE) {
        sqe->src = htole64(SRC_TABLE);
        sqe->src_segments = htole16(c->segments);
    }
    if (c->flags & PCE_SQE_DST_TABLE) {
        sqe->dst = htole64(DST_TABLE);
        sqe->dst_segments = htole16(c->segments);
    }
    put_le(sqe, c->offset, c->size, c->value);
}

static void test_cipher_field(const void *arg)
{
    const struct field_case *c = arg;
    struct pce_sqe sqe = good_sqe(), good = good_sqe();
    struct fixture f;

    setup(&f, PCE_ALG_AES_CBC);
    set_segment(&f, SRC_TABLE, 0, SRC, LENGTH);
    set_segment(&f, DST_TABLE, 0, DST, LENGTH);
    apply(&sqe, c);
    /* With the context not known to the executor, and known */
    expect_refused(&f, &sqe, c->status, c->detail);
    expect_ok(&f, &good);
    expect_refused(&f, &sqe, c->status, c->detail);
    expect_ok(&f, &good);
    fixture_destroy(&f);
}

static const struct field_case nop_cases[] = {
    { "DECRYPT", SQE(flags), PCE_SQE_DECRYPT, PCE_STATUS_BAD_FLAGS, 1, 0, 0 },
    { "SRC_TABLE", SQE(flags), PCE_SQE_SRC_TABLE, PCE_STATUS_BAD_FLAGS, 1, 0,
      0 },
    { "unknown flag", SQE(flags), 0x80, PCE_STATUS_BAD_FLAGS, 1, 0, 0 },
    { "ctx_generation", SQE(ctx_generation), 1, PCE_STATUS_BAD_FIELD, 0x04, 0,
      0 },
    { "ctx", SQE(ctx), 1ull << 63, PCE_STATUS_BAD_FIELD, 0x08, 0, 0 },
    { "src", SQE(src), 1ull << 63, PCE_STATUS_BAD_FIELD, 0x10, 0, 0 },
    { "dst", SQE(dst), 1, PCE_STATUS_BAD_FIELD, 0x18, 0, 0 },
    { "length", SQE(length), 1, PCE_STATUS_BAD_FIELD, 0x20, 0, 0 },
    { "aad_length", SQE(aad_length), 1u << 31, PCE_STATUS_BAD_FIELD, 0x24, 0,
      0 },
    { "src_segments", SQE(src_segments), 1, PCE_STATUS_BAD_FIELD, 0x28, 0, 0 },
    { "dst_segments", SQE(dst_segments), 1, PCE_STATUS_BAD_FIELD, 0x2a, 0, 0 },
    { "auth_length", SQE(auth_length), 1, PCE_STATUS_BAD_FIELD, 0x2c, 0, 0 },
    { "unit_order", SQE(unit_order), 1, PCE_STATUS_BAD_FIELD, 0x2d, 0, 0 },
    { "op_flags", SQE(op_flags), 1u << 15, PCE_STATUS_BAD_FIELD, 0x2e, 0, 0 },
    { "iv", SQE(iv), 1ull << 63, PCE_STATUS_BAD_FIELD, 0x30, 0, 0 },
};

static struct pce_sqe nop_sqe(void)
{
    return (struct pce_sqe) { .opcode = PCE_OP_NOP, .tag = htole16(0xfedc) };
}

static void test_nop_field(const void *arg)
{
    const struct field_case *c = arg;
    struct pce_sqe sqe = nop_sqe();
    struct fixture f;

    setup(&f, PCE_ALG_AES_CBC);
    put_le(&sqe, c->offset, c->size, c->value);
    expect_refused(&f, &sqe, c->status, c->detail);
    fixture_destroy(&f);
}

static void test_nop(const void *arg)
{
    struct pce_sqe sqe = nop_sqe();
    struct fixture f;

    (void)arg;
    setup(&f, PCE_ALG_AES_CBC);
    expect_ok(&f, &sqe);
    sqe.flags = PCE_SQE_PHASE;
    expect_ok(&f, &sqe);
    fixture_destroy(&f);
}

/* With everything wrong at once, the lowest offset is reported */
static void test_order_of_fields(const void *arg)
{
    static const struct {
        uint8_t offset, size;
        uint64_t bad, good;
        enum pce_status status;
        uint32_t detail;
    } fields[] = {
        { SQE(opcode), 0x77, PCE_OP_CIPHER, PCE_STATUS_BAD_OPCODE, 0 },
        { SQE(flags), 0xff, PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE,
          PCE_STATUS_BAD_FLAGS, 1 },
        { SQE(ctx), 4, 0, PCE_STATUS_BAD_ADDRESS, 0x08 },
        { SQE(src), 4, 0, PCE_STATUS_BAD_ADDRESS, 0x10 },
        { SQE(dst), 4, 0, PCE_STATUS_BAD_ADDRESS, 0x18 },
        { SQE(length), 0xffffffff, 65, PCE_STATUS_BAD_LENGTH, 0x20 },
        { SQE(aad_length), 1, 0, PCE_STATUS_BAD_FIELD, 0x24 },
        { SQE(src_segments), 0xffff, 1, PCE_STATUS_BAD_FIELD, 0x28 },
        { SQE(dst_segments), 0xffff, 1, PCE_STATUS_BAD_FIELD, 0x2a },
        { SQE(auth_length), 1, 0, PCE_STATUS_BAD_FIELD, 0x2c },
        { SQE(unit_order), 1, 0, PCE_STATUS_BAD_FIELD, 0x2d },
        { SQE(op_flags), 1, 0, PCE_STATUS_BAD_FIELD, 0x2e },
        /* Then the context, the length, the tables, the data */
        { SQE(ctx), 0, CONTEXT(0), PCE_STATUS_CTX_DMA, 0 },
        { SQE(ctx_generation), 9, 1, PCE_STATUS_STALE_CONTEXT, 0 },
        { SQE(length), 65, LENGTH, PCE_STATUS_BAD_LENGTH, 0x20 },
        { SQE(src), 0, SRC_TABLE, PCE_STATUS_TABLE_DMA, 0 },
        { SQE(dst), 0, DST_TABLE, PCE_STATUS_TABLE_DMA, 1 },
    };
    const size_t count = sizeof(fields) / sizeof(*fields);
    struct pce_sqe sqe = good_sqe();
    struct fixture f;

    (void)arg;
    setup(&f, PCE_ALG_AES_CBC);
    set_segment(&f, SRC_TABLE, 0, SRC, LENGTH);
    set_segment(&f, DST_TABLE, 0, DST, LENGTH);
    for (size_t i = count; i--;) {
        put_le(&sqe, fields[i].offset, fields[i].size, fields[i].bad);
    }
    for (size_t i = 0; i < count; i++) {
        expect_refused(&f, &sqe, fields[i].status, fields[i].detail);
        put_le(&sqe, fields[i].offset, fields[i].size, fields[i].good);
    }
    expect_ok(&f, &sqe);
    fixture_destroy(&f);
}

/* --- Context ------------------------------------------------------------- */

static const struct field_case context_cases[] = {
    { "alg NONE", CTX(alg), 0, PCE_STATUS_BAD_CONTEXT, 0x04, 0, 0 },
    { "alg 17", CTX(alg), 17, PCE_STATUS_BAD_CONTEXT, 0x04, 0, 0 },
    { "alg 127", CTX(alg), 127, PCE_STATUS_BAD_CONTEXT, 0x04, 0, 0 },
    { "alg 128", CTX(alg), 128, PCE_STATUS_BAD_CONTEXT, 0x04, 0, 0 },
    { "alg 255", CTX(alg), 255, PCE_STATUS_BAD_CONTEXT, 0x04, 0, 0 },
    { "no key", CTX(key_length), 0, PCE_STATUS_BAD_CONTEXT, 0x05, 0, 0 },
    { "key of 15 bytes", CTX(key_length), 15, PCE_STATUS_BAD_CONTEXT, 0x05, 0,
      0 },
    { "key of 48 bytes", CTX(key_length), 48, PCE_STATUS_BAD_CONTEXT, 0x05, 0,
      0 },
    { "key of 64 bytes", CTX(key_length), 64, PCE_STATUS_BAD_CONTEXT, 0x05, 0,
      0 },
    { "key of 255 bytes", CTX(key_length), 255, PCE_STATUS_BAD_CONTEXT, 0x05,
      0, 0 },
    { "auth_alg", CTX(auth_alg), 1, PCE_STATUS_BAD_CONTEXT, 0x06, 0, 0 },
    { "auth_key_length", CTX(auth_key_length), 1, PCE_STATUS_BAD_CONTEXT,
      0x07, 0, 0 },
    { "reserved0", CTX(reserved0), 1ull << 56, PCE_STATUS_BAD_CONTEXT, 0x08,
      0, 0 },
    { "reserved1", CTX(reserved1), 1, PCE_STATUS_BAD_CONTEXT, 0xe0, 0, 0 },
    { "generation", CTX(generation), 0x80000001, PCE_STATUS_STALE_CONTEXT, 0,
      0, 0 },
};

static void test_context_field(const void *arg)
{
    const struct field_case *c = arg;
    struct pce_sqe sqe = good_sqe();
    struct fixture f;

    setup(&f, PCE_ALG_AES_CBC);
    put_le(memory_at(&f.mem, CONTEXT(0)), c->offset, c->size, c->value);
    expect_refused(&f, &sqe, c->status, c->detail);
    fixture_context(&f, 0, 1, PCE_ALG_AES_CBC, test_key, 16);
    expect_ok(&f, &sqe);
    fixture_destroy(&f);
}

/* The rest of the key field may hold anything */
static void test_rest_of_key(const void *arg)
{
    struct pce_sqe sqe = good_sqe();
    struct pce_context *ctx;
    struct fixture f;

    (void)arg;
    setup(&f, PCE_ALG_AES_CBC);
    ctx = memory_at(&f.mem, CONTEXT(0));
    memset(ctx->key + 16, 0xff, sizeof(ctx->key) - 16);
    expect_ok(&f, &sqe);
    fixture_destroy(&f);
}

static void test_xts_equal_halves(const void *arg)
{
    uint8_t key[32] = { 0 };
    struct pce_sqe sqe = good_sqe();
    struct fixture f;

    (void)arg;
    setup(&f, PCE_ALG_AES_XTS);
    fixture_context(&f, 0, 1, PCE_ALG_AES_XTS, key, sizeof(key));
    expect_ok(&f, &sqe);
    fixture_destroy(&f);
}

/* --- Tables -------------------------------------------------------------- */

struct table_case {
    const char *name;
    unsigned int segment;           /* which one is changed */
    uint8_t offset, size;
    uint64_t value;
    bool too_short;                 /* the index is the number of segments */
};

#define SEG(field) \
    offsetof(struct pce_segment, field), \
    sizeof(((struct pce_segment *)0)->field)

static const struct table_case table_cases[] = {
    { "first segment empty", 0, SEG(length), 0, false },
    { "third segment empty", 2, SEG(length), 0, false },
    { "last needed segment empty", 3, SEG(length), 0, false },
    { "segment beyond the end empty", 4, SEG(length), 0, false },
    { "reserved of first segment", 0, SEG(reserved), 1, false },
    { "reserved of last segment", 4, SEG(reserved), 1u << 31, false },
    { "one byte too short", 3, SEG(length), 14, true },
};


static void check_table(const struct table_case *c, bool dst)
{
    uint64_t table = dst ? DST_TABLE : SRC_TABLE;
    struct pce_segment *segments;
    struct pce_sqe sqe;
    struct fixture f;

    setup(&f, PCE_ALG_AES_CBC);
    sqe = table_sqe(&f, dst);
    expect_ok(&f, &sqe);
    segments = memory_at(&f.mem, table);
    put_le(&segments[c->segment], c->offset, c->size, c->value);
    expect_refused(&f, &sqe,
                   dst ? PCE_STATUS_BAD_DST_SEGMENT
                       : PCE_STATUS_BAD_SRC_SEGMENT,
                   c->too_short ? SEGMENTS : c->segment);
    fixture_destroy(&f);
}

static void test_src_table(const void *arg)
{
    check_table(arg, false);
}

static void test_dst_table(const void *arg)
{
    check_table(arg, true);
}

/* The same table on both sides, but too little of it for the destination */
static void test_short_in_place(const void *arg)
{
    struct pce_sqe sqe;
    struct fixture f;

    (void)arg;
    setup(&f, PCE_ALG_AES_CBC);
    sqe = table_sqe(&f, true);
    sqe.dst = sqe.src;
    expect_ok(&f, &sqe);
    sqe.dst_segments = htole16(3);
    expect_refused(&f, &sqe, PCE_STATUS_BAD_DST_SEGMENT, 3);
    sqe.dst_segments = htole16(4);
    expect_ok(&f, &sqe);
    fixture_destroy(&f);
}

/* The sum of lengths does not fit in 32 bits: it is enough, not too short */
static void test_large_sum(const void *arg)
{
    struct pce_sqe sqe;
    struct fixture f;

    (void)arg;
    setup(&f, PCE_ALG_AES_CBC);
    sqe = table_sqe(&f, true);
    set_segment(&f, SRC_TABLE, 3, SRC + 0x300, UINT32_MAX - 47);
    expect_ok(&f, &sqe);
    fixture_destroy(&f);
}

/* --- The list ------------------------------------------------------------ */

static void add_field_cases(void (*run)(const void *), const char *what,
                            const struct field_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ktap_add(run, &cases[i], "%s: %s", what, cases[i].name);
    }
}

/* --- What an algorithm wants of an entry --------------------------------- */

/* Initialisation vectors by address: only those that are too long */
static void test_indirect_iv(const void *arg)
{
    const uint64_t end = htole64(UINT64_MAX - PCE_INDIRECT_IV_SIZE + 2);
    uint8_t iv[PCE_INDIRECT_IV_SIZE] = { 1 };
    struct pce_sqe good = good_sqe(), sqe;
    struct fixture f;

    (void)arg;
    setup(&f, PCE_ALG_XCHACHA20);
    set_iv(&f, &good, PCE_ALG_XCHACHA20, iv);
    expect_ok(&f, &good);

    sqe = good;
    sqe.flags &= ~PCE_SQE_IV_INDIRECT;
    expect_refused(&f, &sqe, PCE_STATUS_BAD_FLAGS, 0x01);
    sqe = good;
    sqe.iv[8] = 1;
    expect_refused(&f, &sqe, PCE_STATUS_BAD_FIELD, 0x30);
    sqe.iv[8] = 0;
    sqe.iv[15] = 1;
    expect_refused(&f, &sqe, PCE_STATUS_BAD_FIELD, 0x30);
    sqe = good;
    memcpy(sqe.iv, &end, sizeof(end));
    expect_refused(&f, &sqe, PCE_STATUS_IV_DMA, 0);
    memset(sqe.iv, 0, sizeof(sqe.iv));
    expect_refused(&f, &sqe, PCE_STATUS_IV_DMA, 0);
    /* Even where there is no text; but the tables come first */
    sqe.length = 0;
    expect_refused(&f, &sqe, PCE_STATUS_IV_DMA, 0);
    sqe.flags |= PCE_SQE_SRC_TABLE;
    sqe.src = 0;
    sqe.src_segments = htole16(1);
    expect_refused(&f, &sqe, PCE_STATUS_TABLE_DMA, 0);
    expect_ok(&f, &good);

    fixture_context(&f, 0, 2, PCE_ALG_AES_CBC, test_key, 16);
    good.ctx_generation = htole32(2);
    expect_refused(&f, &good, PCE_STATUS_BAD_FLAGS, 0x01);
    fixture_destroy(&f);
}

static void test_units(const void *arg)
{
    struct pce_sqe sqe = good_sqe();
    struct fixture f;

    (void)arg;
    setup(&f, PCE_ALG_AES_XTS);
    for (sqe.unit_order = 4; sqe.unit_order <= 6; sqe.unit_order++) {
        expect_ok(&f, &sqe);
    }
    expect_refused(&f, &sqe, PCE_STATUS_BAD_LENGTH, 0x20);
    sqe.unit_order = 24;
    expect_refused(&f, &sqe, PCE_STATUS_BAD_LENGTH, 0x20);
    sqe.unit_order = 5;
    sqe.length = htole32(48);
    expect_refused(&f, &sqe, PCE_STATUS_BAD_LENGTH, 0x20);
    sqe.length = 0;
    expect_refused(&f, &sqe, PCE_STATUS_BAD_LENGTH, 0x20);

    /* A chip without them */
    sqe = good_sqe();
    sqe.unit_order = 4;
    f.alg_info[PCE_ALG_AES_XTS] &= ~PCE_ALG_INFO_DATA_UNITS;
    expect_refused(&f, &sqe, PCE_STATUS_BAD_FIELD, 0x2d);
    fixture_destroy(&f);
}

int main(void)
{
    request_init();
    add_field_cases(test_cipher_field, "CIPHER", cipher_cases,
                    COUNT(cipher_cases));
    ktap_add(test_nop, NULL, "NOP");
    add_field_cases(test_nop_field, "NOP", nop_cases, COUNT(nop_cases));
    ktap_add(test_order_of_fields, NULL, "order of the checks");
    add_field_cases(test_context_field, "context", context_cases,
                    COUNT(context_cases));
    ktap_add(test_rest_of_key, NULL, "context: rest of the key field");
    ktap_add(test_xts_equal_halves, NULL, "context: XTS with equal halves");
    for (size_t i = 0; i < COUNT(table_cases); i++) {
        ktap_add(test_src_table, &table_cases[i], "source table: %s",
                 table_cases[i].name);
        ktap_add(test_dst_table, &table_cases[i], "destination table: %s",
                 table_cases[i].name);
    }
    ktap_add(test_short_in_place, NULL, "table: in place, and too short");
    ktap_add(test_large_sum, NULL, "table: sum above 2^32");
    ktap_add(test_indirect_iv, NULL, "initialisation vector by address");
    ktap_add(test_units, NULL, "data units");
    return ktap_run();
}
