/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: XChaCha with 20 and 12 rounds, of which libraries have one
 * or none.
 *
 * Four blocks are made at once: each word of the state is a vector of the four.
 */
#include "cipher.h"

#define LANES 4
#define BLOCK 64

typedef uint32_t word __attribute__((vector_size(4 * LANES)));

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))

#define QUARTER_ROUND(x, a, b, c, d) do {           \
        x[a] += x[b]; x[d] ^= x[a]; x[d] = ROTATE(x[d], 16); \
        x[c] += x[d]; x[b] ^= x[c]; x[b] = ROTATE(x[b], 12); \
        x[a] += x[b]; x[d] ^= x[a]; x[d] = ROTATE(x[d], 8);  \
        x[c] += x[d]; x[b] ^= x[c]; x[b] = ROTATE(x[b], 7);  \
    } while (0)

static void permute(word *x, unsigned int rounds)
{
    for (unsigned int i = 0; i < rounds; i += 2) {
        QUARTER_ROUND(x, 0, 4, 8, 12);
        QUARTER_ROUND(x, 1, 5, 9, 13);
        QUARTER_ROUND(x, 2, 6, 10, 14);
        QUARTER_ROUND(x, 3, 7, 11, 15);
        QUARTER_ROUND(x, 0, 5, 10, 15);
        QUARTER_ROUND(x, 1, 6, 11, 12);
        QUARTER_ROUND(x, 2, 7, 8, 13);
        QUARTER_ROUND(x, 3, 4, 9, 14);
    }
}

static void load(uint32_t *words, const uint8_t *bytes, unsigned int n)
{
    memcpy(words, bytes, 4 * n);
    for (unsigned int i = 0; i < n; i++) {
        words[i] = le32toh(words[i]);
    }
}

/* The state of a block, with the last four words from tail */
static void init(uint32_t *state, const uint8_t *key, const uint8_t *tail)
{
    load(state, (const uint8_t *)"expand 32-byte k", 4);
    load(state + 4, key, 8);
    load(state + 12, tail, 4);
}

/* Four words of each block lie in rows: store them in the blocks */
static void store(uint8_t *stream, const word *rows)
{
    word low = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
    word high = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
    word low2 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
    word high2 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
    word blocks[LANES] = {
        __builtin_shufflevector(low, low2, 0, 1, 4, 5),
        __builtin_shufflevector(low, low2, 2, 3, 6, 7),
        __builtin_shufflevector(high, high2, 0, 1, 4, 5),
        __builtin_shufflevector(high, high2, 2, 3, 6, 7),
    };

    for (unsigned int lane = 0; lane < LANES; lane++) {
        for (unsigned int i = 0; i < 4; i++) {
            blocks[lane][i] = htole32(blocks[lane][i]);
        }
        memcpy(stream + BLOCK * lane, &blocks[lane], sizeof(word));
    }
}

/* The next four blocks of key stream */
static void make_blocks(uint32_t *state, unsigned int rounds,
                        uint8_t *stream)
{
    word in[16], x[16];

    for (unsigned int i = 0; i < 16; i++) {
        in[i] = state[i] - (word) { 0 };
    }
    in[12] += (word) { 0, 1, 2, 3 };
    memcpy(x, in, sizeof(x));
    permute(x, rounds);
    for (unsigned int i = 0; i < 16; i++) {
        x[i] += in[i];
    }
    for (unsigned int i = 0; i < 16; i += 4) {
        store(stream + 4 * i, x + i);
    }
    state[12] += LANES;
}

static void add(uint8_t *dst, const uint8_t *src, const uint8_t *stream,
                uint64_t n)
{
    uint64_t i = 0;

    for (; i + sizeof(word) <= n; i += sizeof(word)) {
        word a, b;

        memcpy(&a, src + i, sizeof(a));
        memcpy(&b, stream + i, sizeof(b));
        a ^= b;
        memcpy(dst + i, &a, sizeof(a));
    }
    for (; i < n; i++) {
        dst[i] = src[i] ^ stream[i];
    }
}

/* HChaCha: the key of a nonce of 16 bytes */
static void derive_key(const uint8_t *key, const uint8_t *nonce,
                       unsigned int rounds, uint8_t *derived)
{
    static const uint8_t words[] = { 0, 1, 2, 3, 12, 13, 14, 15 };
    uint32_t state[16];
    word x[16];

    init(state, key, nonce);
    for (unsigned int i = 0; i < 16; i++) {
        x[i] = state[i] - (word) { 0 };
    }
    permute(x, rounds);
    for (unsigned int i = 0; i < 8; i++) {
        uint32_t value = htole32(x[words[i]][0]);

        memcpy(derived + 4 * i, &value, sizeof(value));
    }
    explicit_bzero(state, sizeof(state));
    explicit_bzero(x, sizeof(x));
}

bool pce_expand_xchacha(struct pce_key *key,
                        const struct pce_backend_set *backends,
                        const struct pce_context *ctx)
{
    (void)backends;
    memcpy(key->own, ctx->key, key->own_size);
    return true;
}

static int begin(struct pce_request *req, unsigned int rounds)
{
    uint8_t key[32], tail[16];

    derive_key(req->key->own, req->iv, rounds, key);
    memcpy(tail, req->iv + 24, 8);      /* block counter */
    memcpy(tail + 8, req->iv + 16, 8);  /* the rest of the nonce */
    init(req->chacha, key, tail);
    explicit_bzero(key, sizeof(key));
    return 0;
}

static int add_stream(struct pce_request *req, const uint8_t *src,
                      uint8_t *dst, uint64_t n, unsigned int rounds)
{
    uint8_t stream[LANES * BLOCK];

    while (n) {
        uint64_t bytes = MIN(n, sizeof(stream));

        make_blocks(req->chacha, rounds, stream);
        add(dst, src, stream, bytes);
        /* Whole blocks that were not used come again */
        req->chacha[12] -= LANES - (bytes + BLOCK - 1) / BLOCK;
        src += bytes;
        dst += bytes;
        n -= bytes;
    }
    explicit_bzero(stream, sizeof(stream));
    return 0;
}

static int begin_20(struct pce_request *req)
{
    return begin(req, 20);
}

static int crypt_20(struct pce_request *req, const uint8_t *src, uint8_t *dst,
                    uint64_t n)
{
    return add_stream(req, src, dst, n, 20);
}

const struct pce_mode pce_mode_xchacha20 = {
    .granule = BLOCK,
    .begin = begin_20,
    .crypt = crypt_20,
};

static int begin_12(struct pce_request *req)
{
    return begin(req, 12);
}

static int crypt_12(struct pce_request *req, const uint8_t *src, uint8_t *dst,
                    uint64_t n)
{
    return add_stream(req, src, dst, n, 12);
}

const struct pce_mode pce_mode_xchacha12 = {
    .granule = BLOCK,
    .begin = begin_12,
    .crypt = crypt_12,
};
