/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: LRW of IEEE P1619's draft of 2004, out of ECB.
 *
 * Block number I is encrypted between two additions of the tweak, the product
 * of the tweak key and I in GF(2^128).  To the next block the tweak changes by
 * the product with I ^ (I + 1), which is 2^n - 1 if I ends with n - 1 ones.
 */
#include "cipher.h"

#define BLOCK 16
#define BATCH 32                    /* blocks encrypted at once */

typedef unsigned __int128 u128;

/* Products of the tweak key with 2^(n + 1) - 1, as bytes lie in memory */
struct lrw_key {
    u128 ones[128];
};
_Static_assert(sizeof(struct lrw_key) == PCE_LRW_OWN_SIZE, "size of key");

static u128 to_bytes(u128 number)
{
    u128 high = htobe64(number >> 64), low = htobe64((uint64_t)number);

    return htobe64(1) == 1 ? high << 64 | low : low << 64 | high;
}

static u128 load(const uint8_t *bytes)
{
    u128 number;

    memcpy(&number, bytes, sizeof(number));
    return number;
}

bool pce_expand_lrw(struct pce_key *key, const struct pce_backend_set *backends,
                    const struct pce_context *ctx)
{
    struct lrw_key *lrw = (struct lrw_key *)key->own;
    size_t length = ctx->key_length - BLOCK;
    u128 power = to_bytes(load(ctx->key + length)), sum = 0;

    for (unsigned int i = 0; i < 128; i++) {
        sum ^= power;
        lrw->ones[i] = to_bytes(sum);
        /* Times x, modulo x^128 + x^7 + x^2 + x + 1 */
        power = power << 1 ^ (power >> 127 ? 0x87 : 0);
    }
    return pce_key_cipher(&key->cipher, backends, PCE_ALG_AES_ECB, ctx->key,
                          length);
}

static u128 first_tweak(const struct lrw_key *lrw, u128 index)
{
    u128 tweak = 0;

    for (unsigned int i = 0; i < 128; i++) {
        if (index >> i & 1) {
            tweak ^= lrw->ones[i] ^ (i ? lrw->ones[i - 1] : 0);
        }
    }
    return tweak;
}

/* What is added to the tweak of block index, to have that of the next one */
static u128 step(const struct lrw_key *lrw, u128 index)
{
    unsigned int ones = 0;

    while (ones < 127 && index >> ones & 1) {
        ones++;
    }
    return lrw->ones[ones];
}

static void add(uint8_t *dst, const uint8_t *src, const u128 *tweaks,
                size_t blocks)
{
    for (size_t i = 0; i < blocks; i++) {
        u128 sum = load(src + BLOCK * i) ^ tweaks[i];

        memcpy(dst + BLOCK * i, &sum, BLOCK);
    }
}

static int crypt_lrw(struct pce_request *req, const uint8_t *src, uint8_t *dst,
                     uint64_t n)
{
    const struct lrw_key *lrw = (const struct lrw_key *)req->key->own;
    const struct pce_key_part *cipher = &req->key->cipher;
    u128 index = to_bytes(load(req->iv));
    u128 tweak = first_tweak(lrw, index);
    u128 tweaks[BATCH];
    uint8_t buffer[BATCH * BLOCK];
    int error = 0;

    while (n && !error) {
        size_t blocks = MIN(n / BLOCK, BATCH), bytes = blocks * BLOCK;

        for (size_t i = 0; i < blocks; i++) {
            tweaks[i] = tweak;
            tweak ^= step(lrw, index++);
        }
        add(buffer, src, tweaks, blocks);
        error = cipher->backend->cipher(cipher->handle, req->decrypt, req->iv,
                                        buffer, buffer, bytes);
        add(dst, buffer, tweaks, blocks);
        src += bytes;
        dst += bytes;
        n -= bytes;
    }
    index = to_bytes(index);
    memcpy(req->iv, &index, BLOCK);
    explicit_bzero(tweaks, sizeof(tweaks));
    explicit_bzero(buffer, sizeof(buffer));
    return error;
}

const struct pce_mode pce_mode_lrw = {
    .granule = BLOCK,
    .result = BLOCK,
    .crypt = crypt_lrw,
};
