/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the keys of HMAC; CMAC and XCBC-MAC, which are composed of
 * a backend's CBC: a CBC-MAC whose last block gets one of two masks.
 */
#include <endian.h>
#include <string.h>

#include "mac.h"

#define BLOCK PCE_MAC_BLOCK
#define CHUNK 512                   /* a multiple of BLOCK */

#define MIN(a, b) ((a) < (b) ? (a) : (b))

/* --- HMAC ---------------------------------------------------------------- */

bool pce_expand_hmac(struct pce_key *key,
                     const struct pce_backend_set *backends,
                     const struct pce_context *ctx)
{
    const struct pce_backend *whole = backends->algs[key->number];
    const struct pce_backend *parts = backends->multipart[key->number];

    return pce_key_hash(&key->auth, whole, key->number, ctx->auth_key,
                        ctx->auth_key_length) &&
           (!parts || parts == whole ||
            pce_key_hash(&key->multipart, parts, key->number, ctx->auth_key,
                         ctx->auth_key_length));
}

/* --- CBC-MAC: the message ------------------------------------------------ */

/* Encryption of whole blocks with a good key does not fail */
static void encrypt(const struct pce_key_part *cipher, const uint8_t *iv,
                    const uint8_t *src, uint8_t *dst, size_t length)
{
    cipher->backend->cipher(cipher->handle, false, iv, src, dst, length);
}

static void chain_blocks(struct pce_block_mac *mac, const uint8_t *data,
                         size_t length)
{
    uint8_t out[CHUNK];

    while (length) {
        size_t n = MIN(length, sizeof(out));

        encrypt(mac->cipher, mac->chain, data, out, n);
        memcpy(mac->chain, out + n - BLOCK, BLOCK);
        data += n;
        length -= n;
    }
    explicit_bzero(out, sizeof(out));
}

static size_t held_bytes(const struct pce_block_mac *mac)
{
    return mac->bytes ? (mac->bytes - 1) % BLOCK + 1 : 0;
}

static void block_mac_begin(void *opaque)
{
    struct pce_block_mac *mac = opaque;

    memset(mac->chain, 0, sizeof(mac->chain));
    mac->bytes = 0;
}

static void block_mac_update(void *opaque, const uint8_t *data, size_t length)
{
    struct pce_block_mac *mac = opaque;
    size_t held = held_bytes(mac);
    size_t n = MIN(length, BLOCK - held);

    memcpy(mac->held + held, data, n);
    mac->bytes += length;
    data += n;
    length -= n;
    if (!length) {
        return;
    }
    chain_blocks(mac, mac->held, BLOCK);
    n = (length - 1) / BLOCK * BLOCK;
    chain_blocks(mac, data, n);
    memcpy(mac->held, data + n, length - n);
}

static void wipe_message(struct pce_block_mac *mac)
{
    explicit_bzero(mac->chain, sizeof(mac->chain));
    explicit_bzero(mac->held, sizeof(mac->held));
}

static void block_mac_final(void *opaque, uint8_t *digest)
{
    struct pce_block_mac *mac = opaque;
    size_t held = held_bytes(mac);
    const uint8_t *mask = mac->whole_mask;

    if (held < BLOCK) {
        memset(mac->held + held, 0, BLOCK - held);
        mac->held[held] = 0x80;
        mask = mac->padded_mask;
    }
    for (int i = 0; i < BLOCK; i++) {
        mac->held[i] ^= mask[i];
    }
    encrypt(mac->cipher, mac->chain, mac->held, digest, BLOCK);
    wipe_message(mac);
}

static void block_mac_load(void *opaque, const struct pce_hash_state *state)
{
    struct pce_block_mac *mac = opaque;

    memcpy(mac->chain, state->state, sizeof(mac->chain));
    mac->bytes = le64toh(state->bytes);
    memcpy(mac->held, state->buffer, held_bytes(mac));
}

static void block_mac_save(void *opaque, struct pce_hash_state *state)
{
    struct pce_block_mac *mac = opaque;

    memset(state, 0, sizeof(*state));
    memcpy(state->state, mac->chain, sizeof(mac->chain));
    state->bytes = htole64(mac->bytes);
    memcpy(state->buffer, mac->held, held_bytes(mac));
    wipe_message(mac);
}

/* It is part of the key, with which it goes */
static void block_mac_free(void *opaque)
{
    (void)opaque;
}

static const struct pce_backend block_mac = {
    .name = "block-mac",
    .hash_free = block_mac_free,
    .hash_begin = block_mac_begin,
    .hash_update = block_mac_update,
    .hash_final = block_mac_final,
    .hash_load = block_mac_load,
    .hash_save = block_mac_save,
};

/* --- CBC-MAC: keys ------------------------------------------------------- */

static struct pce_block_mac *make_auth(struct pce_key *key)
{
    struct pce_block_mac *mac = (void *)key->own;

    mac->cipher = &key->cipher;
    key->auth = (struct pce_key_part) {
        .backend = &block_mac,
        .handle = mac,
        .is_hash = true,
    };
    return mac;
}

/* Times x in GF(2^128), big-endian: SP 800-38B, 6.1 */
static void multiply_x(const uint8_t *in, uint8_t *out)
{
    uint8_t carry = in[0] >> 7;

    for (int i = 0; i < BLOCK - 1; i++) {
        out[i] = in[i] << 1 | in[i + 1] >> 7;
    }
    out[BLOCK - 1] = in[BLOCK - 1] << 1 ^ (carry ? 0x87 : 0);
}

bool pce_expand_cmac(struct pce_key *key,
                     const struct pce_backend_set *backends,
                     const struct pce_context *ctx)
{
    static const uint8_t zeros[BLOCK];
    struct pce_block_mac *mac = make_auth(key);
    uint8_t l[BLOCK];

    if (!pce_key_cipher(&key->cipher, backends, PCE_ALG_AES_CBC, ctx->key,
                        ctx->key_length)) {
        return false;
    }
    encrypt(&key->cipher, zeros, zeros, l, BLOCK);
    multiply_x(l, mac->whole_mask);
    multiply_x(mac->whole_mask, mac->padded_mask);
    explicit_bzero(l, sizeof(l));
    return true;
}

/* RFC 3566, 4: three keys out of one */
bool pce_expand_xcbc(struct pce_key *key,
                     const struct pce_backend_set *backends,
                     const struct pce_context *ctx)
{
    static const uint8_t zeros[BLOCK];
    struct pce_block_mac *mac = make_auth(key);
    struct pce_key_part root;
    uint8_t keys[3][BLOCK];
    bool done;

    if (!pce_key_cipher(&root, backends, PCE_ALG_AES_CBC, ctx->key,
                        ctx->key_length)) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        memset(keys[i], i + 1, BLOCK);
        encrypt(&root, zeros, keys[i], keys[i], BLOCK);
    }
    root.backend->key_free(root.handle);
    done = pce_key_cipher(&key->cipher, backends, PCE_ALG_AES_CBC, keys[0],
                          BLOCK);
    memcpy(mac->whole_mask, keys[1], BLOCK);
    memcpy(mac->padded_mask, keys[2], BLOCK);
    explicit_bzero(keys, sizeof(keys));
    return done;
}
