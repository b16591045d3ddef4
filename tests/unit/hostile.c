/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries, tables, contexts and state records of a hostile guest: half right,
 * by the thousand, of every opcode and algorithm.  The sanitizers find nothing,
 * and what a status promises to leave alone is as it was.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "request.h"

#define ROUNDS 60000

/* The algorithms, which are also the contexts; HASH has none */
static uint8_t algs[PCE_LIMIT_ALGS];
static unsigned int count;

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

/* --- Entries ------------------------------------------------------------- */

static void hostile_tables(struct pce_sqe *sqe)
{
    if (random_below(2)) {
        sqe->flags |= PCE_SQE_SRC_TABLE;
        sqe->src_segments = htole16(random_below(9));
        if (random_below(8)) {
            sqe->src = htole64(SRC_TABLE + 16 * random_below(8));
        }
    }
    if (random_below(2)) {
        sqe->flags |= PCE_SQE_DST_TABLE;
        sqe->dst_segments = htole16(random_below(9));
        if (random_below(8)) {
            sqe->dst = htole64(DST_TABLE + 16 * random_below(8));
        }
    }
    if (random_below(4) == 0) {
        /* In place */
        sqe->dst = sqe->src;
        sqe->dst_segments = sqe->src_segments;
        sqe->flags &= ~PCE_SQE_DST_TABLE;
        sqe->flags |= sqe->flags & PCE_SQE_SRC_TABLE ? PCE_SQE_DST_TABLE : 0;
    }
}

static void hostile_cipher(struct pce_sqe *sqe, unsigned int alg)
{
    uint64_t iv = htole64(hostile_address());

    hostile_tables(sqe);
    random_bytes(sqe->iv, sizeof(sqe->iv));
    sqe->flags |= random_below(2) ? PCE_SQE_DECRYPT : 0;
    if (alg == PCE_ALG_AES_XTS || alg == PCE_ALG_SM4_XTS) {
        sqe->unit_order = random_below(2) * random_below(10);
    }
    if ((alg == PCE_ALG_XCHACHA20 || alg == PCE_ALG_XCHACHA12) &&
        random_below(8)) {
        sqe->flags |= PCE_SQE_IV_INDIRECT;
        memset(sqe->iv, 0, sizeof(sqe->iv));
        memcpy(sqe->iv, &iv, sizeof(iv));
    }
}

static void hostile_aead(struct pce_sqe *sqe, unsigned int alg)
{
    bool authenc = alg >= PCE_ALG_AUTHENC_AES_CBC;

    hostile_tables(sqe);
    sqe->flags |= random_below(4) ? 0 : PCE_SQE_DECRYPT;
    sqe->aad_length = htole32(random_below(random_below(4) ? 100 : 2000));
    sqe->auth_length = random_below(4) ? 16 : random_below(80);
    if (random_below(2)) {
        sqe->op_flags = htole16(authenc ? PCE_AEAD_ESN
                                        : random_below(40) << 8);
    }
    random_bytes(sqe->iv, 11);
    if (alg == PCE_ALG_AES_CCM) {
        sqe->iv[0] = random_below(8) ? 4 : random_below(9);
    }
}

static void hostile_message(struct pce_sqe *sqe, unsigned int alg)
{
    bool last = random_below(2);

    if (random_below(2)) {
        sqe->flags |= PCE_SQE_SRC_TABLE;
        sqe->src = htole64(SRC_TABLE + 16 * random_below(8));
        sqe->src_segments = htole16(random_below(9));
    }
    if (random_below(4)) {
        sqe->dst = htole64(STATE);
    }
    sqe->op_flags = htole16(random_below(2) * PCE_HASH_FIRST |
                            last * PCE_HASH_LAST);
    sqe->auth_length = random_below(8) ? last * pce_alg_find(alg)->digest
                                       : random_below(80);
    if (sqe->opcode == PCE_OP_HASH) {
        sqe->ctx = 0;
        sqe->ctx_generation = 0;
        sqe->op_flags |= htole16(alg << 8);
    }
}

static struct pce_sqe hostile_sqe(void)
{
    unsigned int n = random_below(count);
    struct pce_sqe sqe = cipher_sqe(n, 1, hostile_address(),
                                    hostile_address(), random_below(1000));

    sqe.opcode = pce_alg_find(algs[n])->opcode;
    if (random_below(2)) {
        sqe.length &= htole32(~15u);
    }
    switch (sqe.opcode) {
    case PCE_OP_CIPHER:
        hostile_cipher(&sqe, algs[n]);
        break;
    case PCE_OP_AEAD:
        hostile_aead(&sqe, algs[n]);
        break;
    default:
        hostile_message(&sqe, algs[n]);
        break;
    }
    if (random_below(50) == 0) {
        sqe = (struct pce_sqe) {
            .opcode = PCE_OP_RANDOM,
            .dst = sqe.dst,
            .dst_segments = sqe.dst_segments,
            .flags = sqe.flags & PCE_SQE_DST_TABLE,
            .length = sqe.length,
        };
    }
    if (random_below(8) == 0) {
        random_bytes((uint8_t *)&sqe + random_below(64), 1);
    }
    return sqe;
}

/* --- Memory -------------------------------------------------------------- */

static void hostile_context(struct fixture *f, unsigned int n)
{
    const struct pce_alg_desc *alg = pce_alg_find(algs[n]);
    struct pce_context *ctx = memory_at(&f->mem, CONTEXT(n));

    fixture_context(f, n, 1, algs[n], test_key, !alg->key_bits ? 0 :
                    alg_key_length(algs[n], random_below(3)));
    if (alg->auth_alg) {
        ctx->auth_alg = PCE_ALG_HMAC_SHA1 + random_below(5);
    }
    if (alg->auth_key) {
        ctx->auth_key_length = random_below(60);
    }
    if (random_below(8) == 0) {
        random_bytes((uint8_t *)ctx + random_below(sizeof(*ctx)), 1);
    }
}

static void hostile_memory(struct fixture *f)
{
    for (unsigned int i = 0; i < 16; i++) {
        uint32_t length = random_below(8) ? 1 + random_below(300)
                                          : random_below(2) * UINT32_MAX;

        set_segment(f, SRC_TABLE, i, hostile_address(), length);
        set_segment(f, DST_TABLE, i, hostile_address(), length);
    }
    for (unsigned int n = 0; n < count; n++) {
        hostile_context(f, n);
    }
    random_bytes(memory_at(&f->mem, STATE), 0x160);
    f->mem.copies = random_below(2);
    f->mem.max_map = random_below(2) ? UINT64_MAX : 1 + random_below(100);
    f->mem.fault = hostile_address();
    f->mem.fault_length = random_below(2) * random_below(100);
}

static int make_random(void *opaque, void *buf, size_t length)
{
    (void)opaque;
    random_bytes(buf, length);
    return 0;
}

/* --- The test ------------------------------------------------------------ */

static bool is_untouched(unsigned int status)
{
    switch (status) {
    case PCE_STATUS_OK:
    case PCE_STATUS_SRC_DMA:
    case PCE_STATUS_DST_DMA:
        return false;
    default:
        return true;
    }
}

static void note(const unsigned int *seen)
{
    for (unsigned int status = 0; status < 256; status++) {
        if (seen[status]) {
            ktap_note("status 0x%02x: %u", status, seen[status]);
        }
    }
}

static void test_hostile(const void *arg)
{
    unsigned int seen[256] = { 0 }, done[PCE_OP_RANDOM + 1] = { 0 };
    uint8_t *before;
    struct fixture f;

    (void)arg;
    fixture_init(&f, backend, DATA_SIZE);
    f.config.random = make_random;
    fixture_start(&f);
    for (unsigned int alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
        if (f.alg_info[alg]) {
            algs[count++] = alg;
        }
    }
    before = malloc(f.mem.size);
    for (int i = 0; i < ROUNDS; i++) {
        struct pce_sqe sqe = hostile_sqe();
        struct pce_cqe cqe;
        unsigned int status;

        if (i % 64 == 0) {
            hostile_memory(&f);
            pce_executor_invalidate_all(f.ex);
        }
        memcpy(before, f.mem.ram, f.mem.size);
        status = pce_execute(f.ex, &sqe, &cqe);
        seen[status]++;
        EXPECT_EQ(f.mem.mapped, 0);
        EXPECT(le32toh(cqe.length) <= le32toh(sqe.length) + 512);
        if (status == PCE_STATUS_OK) {
            done[sqe.opcode]++;
        }
        if (is_untouched(status)) {
            EXPECT_EQ(cqe.length, 0);
            EXPECT(!memcmp(before, f.mem.ram, f.mem.size));
        }
    }
    note(seen);
    /* It is a test of little if next to nothing gets through */
    for (unsigned int opcode = PCE_OP_CIPHER; opcode <= PCE_OP_RANDOM;
         opcode++) {
        EXPECT(done[opcode] > 50);
    }
    EXPECT(seen[PCE_STATUS_AUTH_FAILED] > 50);
    EXPECT_EQ(seen[PCE_STATUS_INTERNAL] + seen[PCE_STATUS_NO_RESOURCES], 0);
    free(before);
    fixture_destroy(&f);
}

int main(void)
{
    request_init();
    ktap_add(test_hostile, NULL, "hostile entries");
    return ktap_run();
}
