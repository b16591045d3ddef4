/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the hashes of the backend that uses libnettle.
 */
#include <endian.h>
#include <nettle/hmac.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <nettle/sha3.h>
#include <nettle/sm3.h>
#include <stdlib.h>
#include <string.h>

#include "backend-nettle.h"

/* By number, from PCE_ALG_SHA1 as from PCE_ALG_HMAC_SHA1 */
static const struct nettle_hash *const hashes[] = {
    &nettle_sha1, &nettle_sha224, &nettle_sha256, &nettle_sha384,
    &nettle_sha512, &nettle_sha3_224, &nettle_sha3_256, &nettle_sha3_384,
    &nettle_sha3_512, &nettle_sm3,
};

struct hash {
    const struct nettle_hash *hash;
    uint64_t bytes;                 /* of the message so far */
    bool keyed;
    /* Nettle's context of the message; then, keyed, of HMAC's two keys */
    _Alignas(max_align_t) uint8_t context[];
};

static const struct nettle_hash *hash_of(unsigned int alg)
{
    unsigned int first = alg >= PCE_ALG_HMAC_SHA1 ? PCE_ALG_HMAC_SHA1
                                                  : PCE_ALG_SHA1;
    unsigned int index = alg - first;

    return index < sizeof(hashes) / sizeof(*hashes) ? hashes[index] : NULL;
}

uint32_t pce_nettle_hash_info(unsigned int alg)
{
    return hash_of(alg) ? PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_MULTIPART : 0;
}

/* --- Messages ------------------------------------------------------------ */

static void *inner_of(struct hash *hash)
{
    return hash->context + hash->hash->context_size;
}

static void *outer_of(struct hash *hash)
{
    return hash->context + 2 * hash->hash->context_size;
}

void *pce_nettle_hash_new(unsigned int alg, const uint8_t *key, size_t length)
{
    const struct nettle_hash *nettle = hash_of(alg);
    bool keyed = alg >= PCE_ALG_HMAC_SHA1;
    struct hash *hash = calloc(1, sizeof(*hash) +
                                  nettle->context_size * (keyed ? 3 : 1));

    if (hash) {
        hash->hash = nettle;
        hash->keyed = keyed;
        if (keyed) {
            hmac_set_key(outer_of(hash), inner_of(hash), hash->context, nettle,
                         length, key);
        }
    }
    return hash;
}

void pce_nettle_hash_free(void *opaque)
{
    struct hash *hash = opaque;

    if (hash) {
        explicit_bzero(hash->context,
                       hash->hash->context_size * (hash->keyed ? 3 : 1));
        free(hash);
    }
}

void pce_nettle_hash_begin(void *opaque)
{
    struct hash *hash = opaque;

    if (hash->keyed) {
        memcpy(hash->context, inner_of(hash), hash->hash->context_size);
        hash->bytes = hash->hash->block_size;
    } else {
        hash->hash->init(hash->context);
        hash->bytes = 0;
    }
}

void pce_nettle_hash_update(void *opaque, const uint8_t *data, size_t length)
{
    struct hash *hash = opaque;

    hash->hash->update(hash->context, length, data);
    hash->bytes += length;
}

static void wipe_message(struct hash *hash)
{
    explicit_bzero(hash->context, hash->hash->context_size);
}

void pce_nettle_hash_final(void *opaque, uint8_t *digest)
{
    struct hash *hash = opaque;
    size_t length = hash->hash->digest_size;

    if (hash->keyed) {
        hmac_digest(outer_of(hash), inner_of(hash), hash->context, hash->hash,
                    length, digest);
    } else {
        hash->hash->digest(hash->context, length, digest);
    }
    wipe_message(hash);
}

/* --- Parts of messages --------------------------------------------------- */

/* What differs between Nettle's contexts */
struct view {
    void *words;                    /* the chaining value */
    unsigned int size;              /* of it, in bytes */
    unsigned int word;              /* of one of them */
    uint64_t *blocks;               /* that are done; NULL: SHA-3 */
    unsigned int *index;            /* bytes in buffer */
    uint8_t *buffer;
};

#define VIEW(c, chain, counter) ((struct view) {                            \
        .words = (chain), .size = sizeof(chain), .word = sizeof(*(chain)),  \
        .blocks = (counter), .index = &(c)->index, .buffer = (c)->block })

static struct view view_of(struct hash *hash)
{
    nettle_hash_update_func *update = hash->hash->update;

    if (update == nettle_sha1.update) {
        struct sha1_ctx *c = (void *)hash->context;

        return VIEW(c, c->state, &c->count);
    } else if (update == nettle_sha256.update) {
        struct sha256_ctx *c = (void *)hash->context;

        return VIEW(c, c->state, &c->count);
    } else if (update == nettle_sha512.update) {
        struct sha512_ctx *c = (void *)hash->context;

        return VIEW(c, c->state, &c->count_low);
    } else if (update == nettle_sm3.update) {
        struct sm3_ctx *c = (void *)hash->context;

        return VIEW(c, c->state, &c->count);
    } else {
        /* Those of SHA-3 differ in the size of the block, which is last */
        struct sha3_224_ctx *c = (void *)hash->context;

        return VIEW(c, c->state.a, NULL);
    }
}

/* From the byte order of a record to the host's, and back */
static void swap_words(void *words, const struct view *view)
{
    uint32_t *w32 = words;
    uint64_t *w64 = words;

    for (unsigned int i = 0; i < view->size / view->word; i++) {
        if (view->word == sizeof(*w32)) {
            w32[i] = be32toh(w32[i]);
        } else {
            w64[i] = view->blocks ? be64toh(w64[i]) : le64toh(w64[i]);
        }
    }
}

void pce_nettle_hash_load(void *opaque, const struct pce_hash_state *state)
{
    struct hash *hash = opaque;
    unsigned int block = hash->hash->block_size;
    struct view view = view_of(hash);

    /* What is not set below has its value at the beginning of a message */
    hash->hash->init(hash->context);
    hash->bytes = le64toh(state->bytes);
    memcpy(view.words, state->state, view.size);
    swap_words(view.words, &view);
    if (view.blocks) {
        *view.blocks = hash->bytes / block;
    }
    *view.index = hash->bytes % block;
    memcpy(view.buffer, state->buffer, *view.index);
}

void pce_nettle_hash_save(void *opaque, struct pce_hash_state *state)
{
    struct hash *hash = opaque;
    struct view view = view_of(hash);

    memset(state, 0, sizeof(*state));
    memcpy(state->state, view.words, view.size);
    swap_words(state->state, &view);
    state->bytes = htole64(hash->bytes);
    memcpy(state->buffer, view.buffer, *view.index);
    wipe_message(hash);
}
