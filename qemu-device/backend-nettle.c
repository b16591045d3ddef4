/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the cipher backend that uses libnettle.  Ciphers, with and
 * without authentication; hashes are in backend-nettle-hash.c.
 *
 * Nettle leaves all memory to its caller: what belongs to a message is wiped
 * here when it ends.
 */
#include <nettle/aes.h>
#include <nettle/cbc.h>
#include <nettle/ccm.h>
#include <nettle/chacha-poly1305.h>
#include <nettle/chacha.h>
#include <nettle/ctr.h>
#include <nettle/des.h>
#include <nettle/gcm.h>
#include <nettle/nettle-meta.h>
#include <nettle/version.h>
#include <nettle/xts.h>
#include <stdlib.h>
#include <string.h>

#include "backend-nettle.h"

#define HAVE_SM4 (NETTLE_VERSION_MAJOR > 3 || NETTLE_VERSION_MINOR >= 9)

#if HAVE_SM4
#include <nettle/sm4.h>
#endif

#define BLOCK 16
#define CHACHA_KEY_WORDS 12         /* constants and key, of the 16 in all */

struct key {
    const struct alg *alg;
    const struct nettle_cipher *cipher;     /* a block cipher's, or NULL */
    const struct nettle_aead *aead;         /* GCM, ChaCha20-Poly1305 */
    size_t size;                            /* of context */
    _Alignas(max_align_t) uint8_t context[];
};

struct alg {
    uint32_t info;
    void (*crypt)(struct key *key, bool decrypt, const uint8_t *iv,
                  const uint8_t *src, uint8_t *dst, size_t length);
};

/* The expanded key of a block cipher */
union schedule {
    struct aes128_ctx aes128;
    struct aes192_ctx aes192;
    struct aes256_ctx aes256;
    struct des3_ctx des3;
#if HAVE_SM4
    struct sm4_ctx sm4;
#endif
};

/* Contexts; those of GCM and of ChaCha20 are Nettle's */
struct block_context {
    union schedule encrypt;
    union schedule decrypt;
    union schedule tweak;           /* XTS */
};

struct ccm_context {
    union schedule encrypt;
    struct ccm_ctx message;
};

/* --- Modes --------------------------------------------------------------- */

static void mode_ecb(struct key *key, bool decrypt, const uint8_t *iv,
                     const uint8_t *src, uint8_t *dst, size_t length)
{
    struct block_context *ctx = (void *)key->context;

    (void)iv;
    if (decrypt) {
        key->cipher->decrypt(&ctx->decrypt, length, dst, src);
    } else {
        key->cipher->encrypt(&ctx->encrypt, length, dst, src);
    }
}

static void mode_cbc(struct key *key, bool decrypt, const uint8_t *iv,
                     const uint8_t *src, uint8_t *dst, size_t length)
{
    struct block_context *ctx = (void *)key->context;
    unsigned int block = key->cipher->block_size;
    uint8_t chain[BLOCK];

    memcpy(chain, iv, block);
    if (decrypt) {
        cbc_decrypt(&ctx->decrypt, key->cipher->decrypt, block, chain, length,
                    dst, src);
    } else if (key->cipher == &nettle_aes128) {
        cbc_aes128_encrypt(&ctx->encrypt.aes128, chain, length, dst, src);
    } else if (key->cipher == &nettle_aes192) {
        cbc_aes192_encrypt(&ctx->encrypt.aes192, chain, length, dst, src);
    } else if (key->cipher == &nettle_aes256) {
        cbc_aes256_encrypt(&ctx->encrypt.aes256, chain, length, dst, src);
    } else {
        cbc_encrypt(&ctx->encrypt, key->cipher->encrypt, block, chain, length,
                    dst, src);
    }
    explicit_bzero(chain, sizeof(chain));
}

static void mode_ctr(struct key *key, bool decrypt, const uint8_t *iv,
                     const uint8_t *src, uint8_t *dst, size_t length)
{
    struct block_context *ctx = (void *)key->context;
    uint8_t counter[BLOCK];

    (void)decrypt;
    memcpy(counter, iv, sizeof(counter));
    ctr_crypt(&ctx->encrypt, key->cipher->encrypt, sizeof(counter), counter,
              length, dst, src);
    explicit_bzero(counter, sizeof(counter));
}

static void mode_xts(struct key *key, bool decrypt, const uint8_t *iv,
                     const uint8_t *src, uint8_t *dst, size_t length)
{
    struct block_context *ctx = (void *)key->context;

    if (decrypt) {
        xts_decrypt_message(&ctx->decrypt, &ctx->tweak, key->cipher->decrypt,
                            key->cipher->encrypt, iv, length, dst, src);
    } else {
        xts_encrypt_message(&ctx->encrypt, &ctx->tweak, key->cipher->encrypt,
                            iv, length, dst, src);
    }
}

static void mode_chacha20(struct key *key, bool decrypt, const uint8_t *iv,
                           const uint8_t *src, uint8_t *dst, size_t length)
{
    struct chacha_ctx *ctx = (void *)key->context;

    (void)decrypt;
    chacha_set_nonce96(ctx, iv + CHACHA_COUNTER32_SIZE);
    chacha_set_counter32(ctx, iv);
    chacha_crypt32(ctx, length, dst, src);
    explicit_bzero(ctx->state + CHACHA_KEY_WORDS,
                   sizeof(ctx->state) - CHACHA_KEY_WORDS * sizeof(uint32_t));
}

/* --- Algorithms ---------------------------------------------------------- */

#define KEY_128 (PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_128)
#define KEY_192 (PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_192)
#define KEY_256 (PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_256)
#define KEY_ANY (KEY_128 | KEY_192 | KEY_256)

static const struct alg algs[PCE_LIMIT_ALGS] = {
    [PCE_ALG_AES_ECB] = { KEY_ANY, mode_ecb },
    [PCE_ALG_AES_CBC] = { KEY_ANY, mode_cbc },
    [PCE_ALG_AES_CTR] = { KEY_ANY, mode_ctr },
    [PCE_ALG_AES_XTS] = { KEY_ANY, mode_xts },
#if HAVE_SM4
    [PCE_ALG_SM4_ECB] = { KEY_128, mode_ecb },
    [PCE_ALG_SM4_CBC] = { KEY_128, mode_cbc },
    [PCE_ALG_SM4_CTR] = { KEY_128, mode_ctr },
    [PCE_ALG_SM4_XTS] = { KEY_128, mode_xts },
#endif
    [PCE_ALG_DES3_ECB] = { KEY_192, mode_ecb },
    [PCE_ALG_DES3_CBC] = { KEY_192, mode_cbc },
    [PCE_ALG_CHACHA20] = { KEY_256, mode_chacha20 },
    [PCE_ALG_AES_GCM] = { KEY_ANY, NULL },
    [PCE_ALG_AES_CCM] = { KEY_ANY, NULL },
    [PCE_ALG_CHACHA20_POLY1305] = { KEY_256, NULL },
};

static bool nettle_init(void)
{
    return true;
}

static uint32_t nettle_alg_info(unsigned int alg)
{
    return algs[alg].info | pce_nettle_hash_info(alg);
}

/* The key schedule is made whether the key is a weak one or not */
static void des3_expand(void *schedule, const uint8_t *key)
{
    des3_set_key(schedule, key);
}

static const struct nettle_cipher cipher_des3 = {
    .name = "des3",
    .context_size = sizeof(struct des3_ctx),
    .block_size = DES3_BLOCK_SIZE,
    .key_size = DES3_KEY_SIZE,
    .set_encrypt_key = des3_expand,
    .set_decrypt_key = des3_expand,
    .encrypt = (nettle_cipher_func *)des3_encrypt,
    .decrypt = (nettle_cipher_func *)des3_decrypt,
};

static const struct nettle_cipher *aes_of(size_t length)
{
    return length == AES128_KEY_SIZE ? &nettle_aes128 :
           length == AES192_KEY_SIZE ? &nettle_aes192 : &nettle_aes256;
}

static const struct nettle_aead *gcm_of(size_t length)
{
    return length == AES128_KEY_SIZE ? &nettle_gcm_aes128 :
           length == AES192_KEY_SIZE ? &nettle_gcm_aes192 : &nettle_gcm_aes256;
}

static const struct nettle_cipher *cipher_of(unsigned int alg, size_t length)
{
    switch (alg) {
    case PCE_ALG_AES_XTS:
        return aes_of(length / 2);
    case PCE_ALG_DES3_ECB:
    case PCE_ALG_DES3_CBC:
        return &cipher_des3;
#if HAVE_SM4
    case PCE_ALG_SM4_ECB:
    case PCE_ALG_SM4_CBC:
    case PCE_ALG_SM4_CTR:
    case PCE_ALG_SM4_XTS:
        return &nettle_sm4;
#endif
    default:
        return aes_of(length);
    }
}

/* --- Keys ---------------------------------------------------------------- */

static struct key *alloc_key(unsigned int alg, size_t context_size)
{
    struct key *key = calloc(1, sizeof(*key) + context_size);

    if (key) {
        key->alg = &algs[alg];
        key->size = context_size;
    }
    return key;
}

static struct key *block_key_new(unsigned int alg, const uint8_t *bytes,
                                 size_t length)
{
    struct key *key = alloc_key(alg, sizeof(struct block_context));
    struct block_context *ctx;

    if (key) {
        ctx = (void *)key->context;
        key->cipher = cipher_of(alg, length);
        key->cipher->set_encrypt_key(&ctx->encrypt, bytes);
        key->cipher->set_decrypt_key(&ctx->decrypt, bytes);
        if (key->alg->crypt == mode_xts) {
            key->cipher->set_encrypt_key(&ctx->tweak, bytes + length / 2);
        }
    }
    return key;
}

static struct key *ccm_key_new(unsigned int alg, const uint8_t *bytes,
                               size_t length)
{
    struct key *key = alloc_key(alg, sizeof(struct ccm_context));

    if (key) {
        key->cipher = aes_of(length);
        key->cipher->set_encrypt_key(key->context, bytes);
    }
    return key;
}

static struct key *aead_key_new(unsigned int alg, const uint8_t *bytes,
                                const struct nettle_aead *aead)
{
    struct key *key = alloc_key(alg, aead->context_size);

    if (key) {
        key->aead = aead;
        aead->set_encrypt_key(key->context, bytes);
    }
    return key;
}

static void *nettle_key_new(unsigned int alg, const uint8_t *bytes,
                            size_t length)
{
    struct key *key;

    switch (alg) {
    case PCE_ALG_CHACHA20:
        key = alloc_key(alg, sizeof(struct chacha_ctx));
        if (key) {
            chacha_set_key((void *)key->context, bytes);
        }
        return key;
    case PCE_ALG_AES_GCM:
        return aead_key_new(alg, bytes, gcm_of(length));
    case PCE_ALG_CHACHA20_POLY1305:
        return aead_key_new(alg, bytes, &nettle_chacha_poly1305);
    case PCE_ALG_AES_CCM:
        return ccm_key_new(alg, bytes, length);
    default:
        return block_key_new(alg, bytes, length);
    }
}

static void nettle_key_free(void *opaque)
{
    struct key *key = opaque;

    if (key) {
        explicit_bzero(key->context, key->size);
        free(key);
    }
}

static int nettle_cipher(void *opaque, bool decrypt, const uint8_t *iv,
                         const uint8_t *src, uint8_t *dst, size_t length)
{
    struct key *key = opaque;

    key->alg->crypt(key, decrypt, iv, src, dst, length);
    return 0;
}

/* --- Messages with authentication ---------------------------------------- */

static int nettle_aead_begin(void *opaque, bool decrypt, const uint8_t *iv,
                             const uint8_t *aad, size_t aad_length,
                             size_t length, size_t tag_length)
{
    struct key *key = opaque;
    struct ccm_context *ccm = (void *)key->context;

    (void)decrypt;
    if (key->aead) {
        key->aead->set_nonce(key->context, iv);
        key->aead->update(key->context, aad_length, aad);
    } else {
        /* A byte with the size of the length field less one, the nonce */
        ccm_set_nonce(&ccm->message, &ccm->encrypt, key->cipher->encrypt,
                      BLOCK - 2 - iv[0], iv + 1, aad_length, length,
                      tag_length);
        ccm_update(&ccm->message, &ccm->encrypt, key->cipher->encrypt,
                   aad_length, aad);
    }
    return 0;
}

static int nettle_aead_crypt(void *opaque, bool decrypt, const uint8_t *src,
                             uint8_t *dst, size_t length)
{
    struct key *key = opaque;
    struct ccm_context *ccm = (void *)key->context;

    if (key->aead) {
        (decrypt ? key->aead->decrypt : key->aead->encrypt)(key->context,
                                                            length, dst, src);
    } else {
        (decrypt ? ccm_decrypt : ccm_encrypt)(&ccm->message, &ccm->encrypt,
                                              key->cipher->encrypt, length,
                                              dst, src);
    }
    return 0;
}

/* All that the key's context has of a message */
static void wipe_message(struct key *key)
{
    if (!key->aead) {
        struct ccm_context *ctx = (void *)key->context;

        explicit_bzero(&ctx->message, sizeof(ctx->message));
    } else if (key->aead == &nettle_chacha_poly1305) {
        struct chacha_poly1305_ctx *ctx = (void *)key->context;
        uint32_t *counter = ctx->chacha.state + CHACHA_KEY_WORDS;

        explicit_bzero(counter, (uint8_t *)(ctx + 1) - (uint8_t *)counter);
    } else {
        /* At the same place for all sizes of keys */
        struct gcm_aes128_ctx *ctx = (void *)key->context;

        explicit_bzero(&ctx->gcm, sizeof(ctx->gcm));
    }
}

static int nettle_aead_tag(void *opaque, uint8_t *tag, size_t tag_length)
{
    struct key *key = opaque;
    struct ccm_context *ccm = (void *)key->context;

    if (key->aead) {
        key->aead->digest(key->context, tag_length, tag);
    } else {
        ccm_digest(&ccm->message, &ccm->encrypt, key->cipher->encrypt,
                   tag_length, tag);
    }
    wipe_message(key);
    return 0;
}

const struct pce_backend pce_backend_nettle = {
    .name = "nettle",
    .init = nettle_init,
    .alg_info = nettle_alg_info,
    .key_new = nettle_key_new,
    .key_free = nettle_key_free,
    .cipher = nettle_cipher,
    .aead_begin = nettle_aead_begin,
    .aead_crypt = nettle_aead_crypt,
    .aead_tag = nettle_aead_tag,
    .hash_new = pce_nettle_hash_new,
    .hash_free = pce_nettle_hash_free,
    .hash_begin = pce_nettle_hash_begin,
    .hash_update = pce_nettle_hash_update,
    .hash_final = pce_nettle_hash_final,
    .hash_load = pce_nettle_hash_load,
    .hash_save = pce_nettle_hash_save,
};
