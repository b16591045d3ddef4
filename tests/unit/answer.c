/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "ktap.h"

/* --- What the algorithms are, as the specification says it --------------- */

unsigned int answer_opcode(unsigned int alg)
{
    return alg < PCE_ALG_AES_GCM ? PCE_OP_CIPHER
         : alg < PCE_ALG_SHA1 ? PCE_OP_AEAD
         : alg < PCE_ALG_HMAC_SHA1 ? PCE_OP_HASH : PCE_OP_MAC;
}

static const struct {
    uint8_t digest, block;
} hashes[] = {
    [PCE_ALG_SHA1 - PCE_ALG_SHA1] = { 20, 64 },
    [PCE_ALG_SHA224 - PCE_ALG_SHA1] = { 28, 64 },
    [PCE_ALG_SHA256 - PCE_ALG_SHA1] = { 32, 64 },
    [PCE_ALG_SHA384 - PCE_ALG_SHA1] = { 48, 128 },
    [PCE_ALG_SHA512 - PCE_ALG_SHA1] = { 64, 128 },
    [PCE_ALG_SHA3_224 - PCE_ALG_SHA1] = { 28, 144 },
    [PCE_ALG_SHA3_256 - PCE_ALG_SHA1] = { 32, 136 },
    [PCE_ALG_SHA3_384 - PCE_ALG_SHA1] = { 48, 104 },
    [PCE_ALG_SHA3_512 - PCE_ALG_SHA1] = { 64, 72 },
    [PCE_ALG_SM3 - PCE_ALG_SHA1] = { 32, 64 },
};

/* AES_CMAC and AES_XCBC come after the HMACs, which are as their hashes */
static unsigned int hash_row(unsigned int alg)
{
    return alg - (alg < PCE_ALG_HMAC_SHA1 ? PCE_ALG_SHA1 : PCE_ALG_HMAC_SHA1);
}

size_t digest_length(unsigned int alg)
{
    return alg >= PCE_ALG_AES_CMAC ? 16 : hashes[hash_row(alg)].digest;
}

size_t block_length(unsigned int alg)
{
    return alg >= PCE_ALG_AES_CMAC ? 16 : hashes[hash_row(alg)].block;
}

void library_digest(unsigned int alg, const uint8_t *data, size_t length,
                    uint8_t *digest)
{
    const struct pce_backend *library = pce_backend_find(NULL);
    void *hash = library->hash_new(alg, NULL, 0);

    library->hash_begin(hash);
    library->hash_update(hash, data, length);
    library->hash_final(hash, digest);
    library->hash_free(hash);
}

static uint32_t key_bit(const struct answer *a)
{
    static const uint32_t bits[] = {
        PCE_ALG_INFO_KEY_128, PCE_ALG_INFO_KEY_192, PCE_ALG_INFO_KEY_256,
    };
    size_t length = a->key.length;

    switch (a->alg) {
    case PCE_ALG_AES_XTS:
    case PCE_ALG_SM4_XTS:
        length /= 2;
        break;
    case PCE_ALG_AES_LRW:
        length -= 16;
        break;
    }
    return length < 16 ? 0 : bits[(length - 16) / 8];
}

bool answer_fits(const struct fixture *f, const struct answer *a)
{
    uint32_t needs = PCE_ALG_INFO_PRESENT | key_bit(a) |
                     (a->unit_order ? PCE_ALG_INFO_DATA_UNITS : 0);

    return (f->alg_info[a->alg] & needs) == needs &&
           (!a->auth_alg || f->alg_info[a->auth_alg]);
}

/* Bytes of which there are none may be at NULL */
static uint8_t *append(uint8_t *to, const struct bytes *bytes)
{
    return bytes->length ? mempcpy(to, bytes->data, bytes->length) : to;
}

static bool equal(const uint8_t *seen, struct bytes expected)
{
    return !expected.length ||
           !memcmp(seen, expected.data, expected.length);
}

/* --- The entry ----------------------------------------------------------- */

void answer_context(struct fixture *f, const struct answer *a)
{
    static uint32_t generation;
    struct pce_context *ctx = memory_at(&f->mem, CONTEXT(0));

    *ctx = (struct pce_context) {
        .generation = htole32(++generation),
        .alg = a->alg,
        .key_length = a->key.length,
        .auth_alg = a->auth_alg,
        .auth_key_length = a->auth_key.length,
    };
    /* What is beyond a key is not looked at */
    random_bytes(ctx->key, sizeof(ctx->key));
    random_bytes(ctx->auth_key, sizeof(ctx->auth_key));
    append(ctx->key, &a->key);
    append(ctx->auth_key, &a->auth_key);
}

static struct pce_sqe make_entry(struct fixture *f, const struct answer *a)
{
    const struct pce_context *ctx = memory_at(&f->mem, CONTEXT(0));
    struct pce_sqe sqe = {
        .opcode = answer_opcode(a->alg),
        .tag = htole16(TAG),
    };

    if (sqe.opcode != PCE_OP_HASH) {
        sqe.ctx = htole64(CONTEXT(0));
        sqe.ctx_generation = ctx->generation;
    }
    return sqe;
}

static void put_iv(struct fixture *f, struct pce_sqe *sqe,
                   const struct bytes *iv)
{
    if (iv->length > sizeof(sqe->iv)) {
        uint64_t addr = INDIRECT_IV + random_below(32);
        uint64_t le = htole64(addr);

        memcpy(memory_at(&f->mem, addr), iv->data, iv->length);
        memcpy(sqe->iv, &le, sizeof(le));
        sqe->flags |= PCE_SQE_IV_INDIRECT;
    } else {
        append(sqe->iv, iv);
    }
}

/* --- What is to come of it ----------------------------------------------- */

/* Adds n to a number of 16 bytes */
static void count_up(uint8_t *number, uint64_t n, bool big_endian)
{
    for (int i = 0; i < BLOCK && n; i++) {
        uint8_t *byte = &number[big_endian ? BLOCK - 1 - i : i];

        n += *byte;
        *byte = n;
        n >>= 8;
    }
}

/* The last block of ciphertext, or iv if there is none */
static void chain(const struct answer *a, size_t block, uint8_t *result)
{
    const struct bytes *last = a->cipher.length ? &a->cipher : &a->iv;

    memcpy(result, last->data + (a->cipher.length ?: block) - block, block);
}

static void expected_result(const struct answer *a, uint8_t *result)
{
    memset(result, 0, PCE_CQE_RESULT_SIZE);
    switch (a->alg) {
    case PCE_ALG_AES_CBC:
    case PCE_ALG_SM4_CBC:
        chain(a, BLOCK, result);
        break;
    case PCE_ALG_DES3_CBC:
        chain(a, 8, result);
        break;
    case PCE_ALG_AES_CTR:
    case PCE_ALG_AES_LRW:
    case PCE_ALG_SM4_CTR:
        memcpy(result, a->iv.data, BLOCK);
        count_up(result, (a->plain.length + BLOCK - 1) / BLOCK, true);
        break;
    case PCE_ALG_AES_XTS:
    case PCE_ALG_SM4_XTS:
        memcpy(result, a->iv.data, BLOCK);
        if (a->unit_order) {
            count_up(result, a->plain.length >> a->unit_order, false);
        }
        break;
    }
}

/* AUTHENC_AES_ESSIV: what stands for iv in the associated data */
static void encrypt_iv(const struct answer *a, uint8_t *iv)
{
    const struct pce_backend *library = pce_backend_find(NULL);
    uint8_t keys[PCE_CONTEXT_KEY_SIZE + PCE_CONTEXT_AUTH_KEY_SIZE], salt[32];
    void *key;

    append(append(keys, &a->key), &a->auth_key);
    library_digest(PCE_ALG_SHA256, keys, a->key.length + a->auth_key.length,
                   salt);
    key = library->key_new(PCE_ALG_AES_ECB, salt, sizeof(salt));
    library->cipher(key, false, NULL, a->iv.data, iv, BLOCK);
    library->key_free(key);
}

/* --- Ciphers ------------------------------------------------------------- */

static void check_completion(struct fixture *f, const struct answer *a,
                             const struct pce_cqe *cqe, unsigned int status)
{
    static const uint8_t zeros[PCE_CQE_RESULT_SIZE];
    uint8_t result[PCE_CQE_RESULT_SIZE];
    bool ok = status == PCE_STATUS_OK;

    expected_result(a, result);
    EXPECT(!memcmp(cqe->result, ok ? result : zeros, sizeof(result)));
    EXPECT_EQ(le32toh(cqe->ctrl), TAG | status << 16);
    EXPECT(!ok || cqe->detail == 0);
    EXPECT_EQ(cqe->index, 0);
    EXPECT_EQ(f->mem.mapped, 0);
}

/* Of all memory, until the next one */
static uint8_t *snapshot(const struct fixture *f)
{
    static uint8_t *image;
    static uint64_t size;

    if (size < f->mem.size) {
        size = f->mem.size;
        image = realloc(image, size);
    }
    return memcpy(image, f->mem.ram, f->mem.size);
}

/* Memory is what it was, save for what the test has written to image too */
static void check_memory(const struct fixture *f, const uint8_t *image)
{
    EXPECT(!memcmp(f->mem.ram, image, f->mem.size));
}

unsigned int answer_run(struct fixture *f, const struct answer *a,
                        bool decrypt, enum placement placement, uint8_t *out)
{
    static struct layout src, dst;
    size_t text = a->plain.length;
    size_t in_length = a->aad.length + text + (decrypt ? a->tag.length : 0);
    size_t out_length = a->aad.length + text + (decrypt ? 0 : a->tag.length);
    uint8_t *in = malloc(in_length + 1);
    uint8_t *end = append(append(in, &a->aad),
                          decrypt ? &a->cipher : &a->plain);
    struct pce_sqe sqe = make_entry(f, a);
    struct pce_cqe cqe;
    struct answer seen = *a;
    unsigned int status;
    uint8_t *image;

    if (decrypt) {
        append(end, &a->tag);
        sqe.flags |= PCE_SQE_DECRYPT;
    }
    layout_pair(&src, &dst, placement, in_length, out_length);
    layout_copy_in(f->mem.ram, &src, in, in_length);
    layout_entry(f, &sqe, &src, &dst, placement, in_length, out_length);
    put_iv(f, &sqe, &a->iv);
    sqe.length = htole32(text);
    sqe.aad_length = htole32(a->aad.length);
    sqe.auth_length = a->tag.length;
    sqe.op_flags = htole16(a->op_flags);
    sqe.unit_order = a->unit_order;
    memory_random(&f->mem);
    image = snapshot(f);

    status = pce_execute(f->ex, &sqe, &cqe);
    if (status == PCE_STATUS_OK) {
        layout_copy_out(f->mem.ram, &dst, out, out_length);
        layout_copy_in(image, &dst, out, out_length);
        seen.cipher.data = decrypt ? a->cipher.data : out + a->aad.length;
    }
    EXPECT_EQ(le32toh(cqe.length),
              status == PCE_STATUS_OK ? out_length - a->aad.length : 0);
    check_completion(f, &seen, &cqe, status);
    check_memory(f, image);
    free(in);
    return status;
}

static void check_way(struct fixture *f, const struct answer *a, bool decrypt)
{
    size_t aad = a->aad.length, text = a->plain.length;
    uint8_t *out = malloc(aad + text + a->tag.length + 1);
    unsigned int expected = a->forged ? PCE_STATUS_AUTH_FAILED : PCE_STATUS_OK;
    enum placement placement = random_below(PLACEMENTS);
    unsigned int status = answer_run(f, a, decrypt, placement, out);

    EXPECT_EQ(status, expected);
    if (status == PCE_STATUS_OK && expected == PCE_STATUS_OK) {
        if (a->alg == PCE_ALG_AUTHENC_AES_ESSIV) {
            uint8_t iv[BLOCK];

            encrypt_iv(a, iv);
            aad -= BLOCK;
            EXPECT(!memcmp(out + aad, iv, BLOCK));
        }
        EXPECT(equal(out, (struct bytes) { a->aad.data, aad }));
        EXPECT(equal(out + a->aad.length, decrypt ? a->plain : a->cipher));
        EXPECT(decrypt || equal(out + a->aad.length + text, a->tag));
    }
    if (ktap_failed()) {
        ktap_fail("algorithm %u, %s, key %zu, associated data %zu, text %zu, "
                  "tag %zu, placement %d, max_map %llu", a->alg,
                  decrypt ? "decrypt" : "encrypt", a->key.length,
                  a->aad.length, text, a->tag.length, placement,
                  (unsigned long long)f->mem.max_map);
    }
    free(out);
}

/* --- Hashes and authentication codes ------------------------------------- */

static void hash_part(struct fixture *f, const struct answer *a,
                      const uint8_t *part, uint32_t length, bool first,
                      bool last)
{
    static struct layout src;
    struct pce_hash_state *state = memory_at(&f->mem, STATE);
    uint64_t next = DATA + random_below(64);
    size_t written = last ? digest_length(a->alg) : sizeof(*state);
    struct pce_sqe sqe = make_entry(f, a);
    struct pce_cqe cqe;
    unsigned int status;
    uint8_t *image;

    if (first) {
        /* Then it is not read */
        random_bytes(state, sizeof(*state));
    }
    layout_random(&src, length + random_below(2) * random_below(20), &next);
    layout_copy_in(f->mem.ram, &src, part, length);
    sqe.src = layout_describe(f, &src, SRC_TABLE, length, &sqe.src_segments);
    sqe.flags = sqe.src_segments ? PCE_SQE_SRC_TABLE : 0;
    sqe.dst = htole64(STATE);
    sqe.length = htole32(length);
    sqe.auth_length = last ? written : 0;
    sqe.op_flags = htole16((first ? PCE_HASH_FIRST : 0) |
                           (last ? PCE_HASH_LAST : 0) |
                           (sqe.opcode == PCE_OP_HASH ? a->alg << 8 : 0));
    memory_random(&f->mem);
    image = snapshot(f);

    status = pce_execute(f->ex, &sqe, &cqe);
    EXPECT_EQ(status, PCE_STATUS_OK);
    EXPECT_EQ(le32toh(cqe.length), written);
    check_completion(f, a, &cqe, status);
    memcpy(image + (STATE - MEMORY_BASE), state, written);
    check_memory(f, image);
}

void answer_digest(struct fixture *const *f, unsigned int n,
                   const struct answer *a, unsigned int parts,
                   uint8_t *digest)
{
    struct pce_hash_state state = { 0 };
    size_t done = 0;

    for (unsigned int i = 0; i < parts; i++) {
        struct fixture *one = f[random_below(n)];
        size_t left = a->plain.length - done;
        size_t length = i == parts - 1 ? left : random_below(left + 1);

        memcpy(memory_at(&one->mem, STATE), &state, sizeof(state));
        hash_part(one, a, a->plain.data + done, length, i == 0,
                  i == parts - 1);
        memcpy(&state, memory_at(&one->mem, STATE), sizeof(state));
        done += length;
    }
    memcpy(digest, &state, digest_length(a->alg));
}

static void check_digest(struct fixture *f, const struct answer *a)
{
    bool multipart = f->alg_info[a->alg] & PCE_ALG_INFO_MULTIPART;
    unsigned int parts = multipart ? 1 + random_below(5) : 1;
    uint8_t digest[PCE_HASH_DIGEST_SIZE];
    bool same;

    answer_digest(&f, 1, a, parts, digest);
    same = !memcmp(digest, a->tag.data, a->tag.length);
    EXPECT_EQ(same, !a->forged);
    if (ktap_failed()) {
        ktap_fail("algorithm %u, key %zu, message %zu in %u parts", a->alg,
                  a->key.length + a->auth_key.length, a->plain.length, parts);
    }
}

void answer_check(struct fixture *f, const struct answer *a,
                  unsigned int rounds)
{
    answer_context(f, a);
    for (unsigned int i = 0; i < rounds; i++) {
        if (answer_opcode(a->alg) >= PCE_OP_HASH) {
            check_digest(f, a);
        } else {
            if (!a->forged) {
                check_way(f, a, false);
            }
            check_way(f, a, true);
        }
    }
}
