/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture.h"
#include "ktap.h"

static const unsigned int key_bits[] = {
    PCE_ALG_INFO_KEY_128, PCE_ALG_INFO_KEY_192, PCE_ALG_INFO_KEY_256,
};

bool alg_has_key(unsigned int alg, unsigned int size)
{
    return pce_alg_find(alg)->key_bits & key_bits[size];
}

size_t alg_key_length(unsigned int alg, unsigned int size)
{
    const struct pce_alg_desc *desc = pce_alg_find(alg);

    if (!alg_has_key(alg, size)) {
        size = alg_has_key(alg, 0) ? 0 : alg_has_key(alg, 1) ? 1 : 2;
    }
    return (16 + 8 * size) * (desc->key_scale ?: 1) + desc->key_extra;
}

bool length_fits(unsigned int alg, uint32_t length)
{
    switch (alg) {
    case PCE_ALG_AES_CTR:
    case PCE_ALG_SM4_CTR:
    case PCE_ALG_CHACHA20:
    case PCE_ALG_XCHACHA20:
    case PCE_ALG_XCHACHA12:
        return true;
    case PCE_ALG_AES_XTS:
    case PCE_ALG_AES_CBC_CTS:
    case PCE_ALG_SM4_XTS:
        return length >= 16;
    case PCE_ALG_DES3_ECB:
    case PCE_ALG_DES3_CBC:
        return length % 8 == 0;
    default:
        return length % 16 == 0;
    }
}

static void show_algorithms(struct fixture *f)
{
    for (unsigned int alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
        f->alg_info[alg] = pce_alg_info(&f->backends, alg);
    }
}

void fixture_init(struct fixture *f, const struct pce_backend *backend,
                  uint64_t data_size)
{
    memset(f, 0, sizeof(*f));
    memory_init(&f->mem, DATA_OFFSET + data_size);
    pce_backend_use(&f->backends, backend);
    show_algorithms(f);
    f->config = (struct pce_executor_config) {
        .backends = &f->backends,
        .memory = &memory_callbacks,
        .opaque = &f->mem,
        .alg_info = f->alg_info,
        .max_segments = PCE_LIMIT_SEGMENTS,
        .max_length = PCE_LIMIT_LENGTH,
    };
}

void fixture_backends(struct fixture *f, const char *name)
{
    EXPECT(pce_backend_select(&f->backends, name));
    show_algorithms(f);
}

void fixture_start(struct fixture *f)
{
    f->ex = pce_executor_new(&f->config);
    if (!f->ex) {
        ktap_fail("no executor");
        exit(2);
    }
}

void fixture_destroy(struct fixture *f)
{
    pce_executor_free(f->ex);
    memory_destroy(&f->mem);
}

void fixture_context(struct fixture *f, unsigned int n, uint32_t generation,
                     unsigned int alg, const uint8_t *key, size_t length)
{
    struct pce_context *ctx = memory_at(&f->mem, CONTEXT(n));

    memset(ctx, 0, sizeof(*ctx));
    ctx->generation = htole32(generation);
    ctx->alg = alg;
    ctx->key_length = length;
    memcpy(ctx->key, key, length);
}

struct pce_sqe cipher_sqe(unsigned int n, uint32_t generation, uint64_t src,
                          uint64_t dst, uint32_t length)
{
    return (struct pce_sqe) {
        .opcode = PCE_OP_CIPHER,
        .tag = htole16(TAG),
        .ctx = htole64(CONTEXT(n)),
        .ctx_generation = htole32(generation),
        .src = htole64(src),
        .dst = htole64(dst),
        .length = htole32(length),
    };
}

void set_segment(struct fixture *f, uint64_t table, unsigned int i,
                 uint64_t addr, uint32_t length)
{
    struct pce_segment *segments = memory_at(&f->mem, table);

    segments[i] = (struct pce_segment) {
        .addr = htole64(addr),
        .length = htole32(length),
    };
}

void set_iv(struct fixture *f, struct pce_sqe *sqe, unsigned int alg,
            const uint8_t *iv)
{
    uint64_t addr = htole64(INDIRECT_IV);

    if (alg != PCE_ALG_XCHACHA20 && alg != PCE_ALG_XCHACHA12) {
        memcpy(sqe->iv, iv, sizeof(sqe->iv));
        return;
    }
    sqe->flags |= PCE_SQE_IV_INDIRECT;
    memset(sqe->iv, 0, sizeof(sqe->iv));
    memcpy(sqe->iv, &addr, sizeof(addr));
    memcpy(memory_at(&f->mem, INDIRECT_IV), iv, PCE_INDIRECT_IV_SIZE);
}

/* --- The oracle ---------------------------------------------------------- */

static void increment(uint8_t *counter)
{
    int i = PCE_SQE_IV_SIZE - 1;

    while (!++counter[i] && i > 0) {
        i--;
    }
}

static void make_result(unsigned int alg, uint8_t *iv,
                        const uint8_t *ciphertext, size_t length)
{
    size_t block = alg == PCE_ALG_DES3_CBC ? 8 : 16;

    switch (alg) {
    case PCE_ALG_AES_XTS:
    case PCE_ALG_SM4_XTS:
        break;
    case PCE_ALG_AES_CBC:
    case PCE_ALG_SM4_CBC:
    case PCE_ALG_DES3_CBC:
        if (length) {
            memcpy(iv, ciphertext + length - block, block);
        }
        memset(iv + block, 0, PCE_SQE_IV_SIZE - block);
        break;
    case PCE_ALG_AES_CTR:
    case PCE_ALG_SM4_CTR:
    case PCE_ALG_AES_LRW:
        for (size_t i = 0; i < length; i += 16) {
            increment(iv);
        }
        break;
    default:
        memset(iv, 0, PCE_SQE_IV_SIZE);
        break;
    }
}

static void one_request(const struct pce_backend *backend, unsigned int alg,
                        const uint8_t *key, size_t key_length, bool decrypt,
                        const uint8_t *iv, const uint8_t *src, uint8_t *dst,
                        size_t length)
{
    struct pce_sqe sqe = cipher_sqe(0, 1, DATA, DATA, length);
    struct pce_cqe cqe;
    struct fixture f;

    fixture_init(&f, backend, length + 1);
    fixture_start(&f);
    fixture_context(&f, 0, 1, alg, key, key_length);
    sqe.flags = decrypt ? PCE_SQE_DECRYPT : 0;
    set_iv(&f, &sqe, alg, iv);
    memcpy(memory_at(&f.mem, DATA), src, length);
    EXPECT_EQ(pce_execute(f.ex, &sqe, &cqe), PCE_STATUS_OK);
    memcpy(dst, memory_at(&f.mem, DATA), length);
    fixture_destroy(&f);
}

void reference(const struct pce_backend *backend, unsigned int alg,
               const uint8_t *key, size_t key_length, bool decrypt,
               uint8_t *iv, const uint8_t *src, uint8_t *dst, size_t length)
{
    void *expanded;

    if (!backend->alg_info(alg)) {
        one_request(backend, alg, key, key_length, decrypt, iv, src, dst,
                    length);
    } else if (length) {
        expanded = backend->key_new(alg, key, key_length);
        EXPECT(expanded);
        EXPECT_EQ(backend->cipher(expanded, decrypt, iv, src, dst, length), 0);
        backend->key_free(expanded);
    }
    make_result(alg, iv, decrypt ? src : dst, length);
}

/* --- Random numbers ------------------------------------------------------ */

static uint64_t random_state;

void random_seed(void)
{
    const char *seed = getenv("PCE_TEST_SEED");

    random_state = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
    ktap_note("PCE_TEST_SEED=%llu repeats this run",
              (unsigned long long)random_state);
}

/* splitmix64 */
static uint64_t random_u64(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t random_below(uint32_t limit)
{
    return random_u64() % limit;
}

void random_bytes(void *buf, size_t length)
{
    uint8_t *byte = buf;

    for (size_t i = 0; i < length; i++) {
        byte[i] = random_u64();
    }
}
