/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: a hostile guest whose program is a fuzzer's input.
 */
#include <string.h>

#include "tests/pce-fuzz-guest.h"
#include "aead.h"

/* An entry may have more than the device takes */
#define MAX_SEGMENTS (FUZZ_SEGMENTS + 4)

void fuzz_take(struct fuzz_input *in, void *out, size_t n)
{
    size_t got = n < in->left ? n : in->left;

    memcpy(out, in->data, got);
    memset((uint8_t *)out + got, 0, n - got);
    in->data += got;
    in->left -= got;
}

uint32_t fuzz_number(struct fuzz_input *in, unsigned int bytes)
{
    uint32_t value = 0;

    fuzz_take(in, &value, bytes);
    return le32toh(value);
}

/* --- What the program does -------------------------------------------- */

/* A number of bytes that is often round, and sometimes beyond everything */
static uint32_t take_length(struct fuzz_input *in)
{
    uint32_t value = fuzz_number(in, 2);

    switch (value >> 14) {
    case 0:
        return value % 257;
    case 1:
        return value % 257 * 16;
    case 2:
        return value & 0xfff;
    default:
        return (value & 0x3fff) == 0x3fff ? fuzz_number(in, 4) : value % 65;
    }
}

static uint64_t take_address(struct fuzz_input *in, uint64_t base)
{
    uint32_t value = fuzz_number(in, 2);

    if (value < 0xff00) {
        return base + value % FUZZ_RAM_SIZE;
    }
    return (uint64_t)fuzz_number(in, 4) << 32 | fuzz_number(in, 4);
}

uint64_t fuzz_context(struct fuzz_input *in)
{
    return fuzz_number(in, 1) % 16 * 256;
}

/* Bytes that are all different, of few bytes of input */
static void fill(uint8_t *out, size_t n, uint8_t seed)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = seed + 7 * i;
    }
}

void fuzz_make_context(struct fuzz_input *in, struct pce_context *ctx)
{
    unsigned int number = fuzz_number(in, 1) % PCE_LIMIT_ALGS;
    const struct pce_alg_desc *alg = pce_alg_find(number);
    uint8_t size = fuzz_number(in, 1), seed = fuzz_number(in, 1);

    memset(ctx, 0, sizeof(*ctx));
    if (!alg || size == 0xff) {
        fuzz_take(in, ctx, sizeof(*ctx));
        return;
    }
    ctx->generation = htole32(1);
    ctx->alg = number;
    if (alg->key_bits) {
        ctx->key_length = (16 + 8 * (size % 4)) * (alg->key_scale ?: 1) +
                          alg->key_extra;
        fill(ctx->key, ctx->key_length < sizeof(ctx->key) ?
             ctx->key_length : sizeof(ctx->key), seed);
    }
    if (alg->auth_key) {
        ctx->auth_key_length = fuzz_number(in, 1) %
                               (sizeof(ctx->auth_key) + 1);
        fill(ctx->auth_key, ctx->auth_key_length, seed + 1);
    }
    if (alg->auth_alg) {
        ctx->auth_alg = PCE_ALG_HMAC_SHA1 + size / 4 % 10;
    }
}

/* Behind the contexts */
static uint64_t table_address(struct fuzz_input *in)
{
    return 4096 + fuzz_number(in, 1) % 4 * 512;
}

/* It ends before the vector does: by CCM, in front of the length */
static void suit_nonce(const struct pce_alg_desc *alg, struct pce_sqe *sqe)
{
    unsigned int end = 12;

    if (alg->aead == &pce_aead_authenc) {
        return;
    }
    if (alg->aead == &pce_aead_ccm) {
        sqe->iv[0] = 1 + sqe->iv[0] % 7;
        end = PCE_SQE_IV_SIZE - 1 - sqe->iv[0];
    }
    memset(sqe->iv + end, 0, PCE_SQE_IV_SIZE - end);
}

/* What a cipher or authenticated cipher wants of its entry */
static void suit_cipher(const struct pce_alg_desc *alg, uint64_t base,
                        struct pce_sqe *sqe)
{
    uint32_t length = le32toh(sqe->length);

    sqe->opcode = alg->opcode;
    sqe->flags &= PCE_SQE_FLAGS & ~PCE_SQE_IV_INDIRECT;
    if (alg->multiple && length <= FUZZ_MAX_LENGTH) {
        sqe->length = htole32(length - length % alg->multiple);
    }
    if (alg->opcode == PCE_OP_CIPHER) {
        sqe->aad_length = 0;
        sqe->auth_length = 0;
        sqe->op_flags = 0;
        if (alg->iv_size) {
            uint64_t iv = htole64(base + sqe->iv[0] * 64);

            sqe->flags |= PCE_SQE_IV_INDIRECT;
            memset(sqe->iv, 0, sizeof(sqe->iv));
            memcpy(sqe->iv, &iv, sizeof(iv));
        }
    } else {
        sqe->unit_order = 0;
        while (sqe->auth_length % 32 && alg->tags &&
               !(alg->tags & 1u << sqe->auth_length % 32)) {
            sqe->auth_length++;
        }
        sqe->auth_length %= 32;
        suit_nonce(alg, sqe);
    }
}

/* HASH says which algorithm, MAC has a context */
static void suit_hash(const struct pce_alg_desc *alg, struct pce_sqe *sqe)
{
    uint16_t op_flags = le16toh(sqe->op_flags);

    sqe->flags &= PCE_SQE_PHASE | PCE_SQE_SRC_TABLE;
    sqe->dst &= htole64(~63ull);
    sqe->dst_segments = 0;
    sqe->aad_length = 0;
    sqe->unit_order = 0;
    memset(sqe->iv, 0, sizeof(sqe->iv));
    if (alg && alg->opcode == PCE_OP_MAC) {
        sqe->opcode = PCE_OP_MAC;
        sqe->op_flags = htole16(op_flags & 3);
    } else {
        sqe->opcode = PCE_OP_HASH;
        sqe->ctx = 0;
        sqe->ctx_generation = 0;
        op_flags = (op_flags & 3) | (PCE_ALG_SHA1 + (op_flags >> 8) % 10) << 8;
        sqe->op_flags = htole16(op_flags);
        alg = pce_alg_find(op_flags >> 8);
    }
    sqe->auth_length = op_flags & PCE_HASH_LAST && alg ? alg->digest : 0;
}

/* Most entries are to get beyond the checks: the rest of the device is there */
static void suit(const struct pce_context *ctx, uint64_t base,
                 struct pce_sqe *sqe)
{
    const struct pce_alg_desc *alg = pce_alg_find(ctx->alg);

    if (alg && (alg->opcode == PCE_OP_CIPHER || alg->opcode == PCE_OP_AEAD)) {
        suit_cipher(alg, base, sqe);
    } else if (alg || sqe->opcode != PCE_OP_RANDOM) {
        suit_hash(alg, sqe);
    } else {
        *sqe = (struct pce_sqe) {
            .opcode = PCE_OP_RANDOM, .tag = sqe->tag, .dst = sqe->dst,
            .length = sqe->length, .dst_segments = sqe->dst_segments,
            .flags = sqe->flags & (PCE_SQE_PHASE | PCE_SQE_DST_TABLE),
        };
    }
    if (!(sqe->flags & PCE_SQE_SRC_TABLE)) {
        sqe->src_segments = 0;
    }
    if (!(sqe->flags & PCE_SQE_DST_TABLE)) {
        sqe->dst_segments = 0;
    }
}

/* Bits of the byte that says what kind of entry it is */
#define SHAPE_IN_PLACE  0x01
#define SHAPE_AAD       0x02
#define SHAPE_UNITS     0x04
#define SHAPE_FLAGS     0x08
#define SHAPE_TABLES    0x10
#define SHAPE_UNSUITED  0x60            /* if all of these bits are set */
#define SHAPE_WILD      0xe0

void fuzz_make_entry(struct fuzz_input *in, const uint8_t *ram, uint64_t base,
                     struct pce_sqe *sqe)
{
    uint8_t shape = fuzz_number(in, 1);
    uint64_t ctx;

    memset(sqe, 0, sizeof(*sqe));
    if ((shape & SHAPE_WILD) == SHAPE_WILD) {
        fuzz_take(in, sqe, sizeof(*sqe));
        return;
    }
    sqe->opcode = fuzz_number(in, 1) % 8;
    sqe->flags = fuzz_number(in, 1);
    if (!(shape & SHAPE_TABLES)) {
        sqe->flags &= ~(PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE);
    }
    sqe->tag = htole16(fuzz_number(in, 1));
    ctx = fuzz_context(in);
    sqe->ctx = htole64(base + ctx);
    sqe->ctx_generation = htole32(1);
    sqe->src = htole64(take_address(in, base));
    sqe->dst = shape & SHAPE_IN_PLACE ? sqe->src
                                      : htole64(take_address(in, base));
    sqe->length = htole32(take_length(in));
    sqe->aad_length = htole32(shape & SHAPE_AAD ? take_length(in) : 0);
    sqe->auth_length = fuzz_number(in, 1) % 65;
    sqe->unit_order = shape & SHAPE_UNITS ? fuzz_number(in, 1) % 32 : 0;
    sqe->op_flags = htole16(shape & SHAPE_FLAGS ? fuzz_number(in, 2) : 0);
    fill(sqe->iv, sizeof(sqe->iv), fuzz_number(in, 1));
    if (sqe->flags & PCE_SQE_SRC_TABLE) {
        sqe->src_segments = htole16(1 + fuzz_number(in, 1) % MAX_SEGMENTS);
        sqe->src = htole64(base + table_address(in));
    }
    if (sqe->flags & PCE_SQE_DST_TABLE) {
        sqe->dst_segments = htole16(1 + fuzz_number(in, 1) % MAX_SEGMENTS);
        sqe->dst = htole64(base + table_address(in));
    }
    if ((shape & SHAPE_UNSUITED) != SHAPE_UNSUITED) {
        suit((const void *)(ram + ctx), base, sqe);
    }
}

void fuzz_make_table(struct fuzz_input *in, uint8_t *ram, uint64_t base)
{
    uint32_t addr = table_address(in);
    unsigned int n = 1 + fuzz_number(in, 1) % FUZZ_SEGMENTS;

    for (unsigned int i = 0; i < n; i++) {
        struct pce_segment segment = {
            .addr = htole64(take_address(in, base)),
            .length = htole32(1 + fuzz_number(in, 1) % 128 * 2),
        };

        memcpy(ram + addr + i * sizeof(segment), &segment, sizeof(segment));
    }
}

void fuzz_fill_memory(uint8_t *ram, uint8_t seed)
{
    uint8_t number = seed;

    for (unsigned int i = 0; i < FUZZ_RAM_SIZE; i++) {
        ram[i] = (i * seed) ^ (i >> 8);
    }
    for (unsigned int i = 0; i < 16; i++) {
        const uint8_t choice[] = { number, seed >> 4, seed + i, 16 };
        struct fuzz_input in = { choice, sizeof(choice) };
        struct pce_context ctx;

        fuzz_make_context(&in, &ctx);
        memcpy(ram + i * 256, &ctx, sizeof(ctx));
        do {
            number++;
        } while (!pce_alg_find(number % PCE_LIMIT_ALGS));
    }
}
