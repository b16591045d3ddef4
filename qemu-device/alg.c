/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the table of algorithms.
 */
#include "aead.h"
#include "cipher.h"
#include "mac.h"

#define KEY_128 PCE_ALG_INFO_KEY_128
#define KEY_192 PCE_ALG_INFO_KEY_192
#define KEY_256 PCE_ALG_INFO_KEY_256
#define KEY_ANY (KEY_128 | KEY_192 | KEY_256)

#define TAGS_GCM (1 << 4 | 1 << 8 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 15 | \
                  1 << 16)
#define TAGS_CCM (1 << 4 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 12 | 1 << 14 | \
                  1 << 16)

#define HASH(hash_name, block_size, digest_size) {                          \
        .name = (hash_name), .opcode = PCE_OP_HASH,                         \
        .block = (block_size), .digest = (digest_size) }

#define HMAC(hmac_name, block_size, digest_size) {                          \
        .name = (hmac_name), .opcode = PCE_OP_MAC, .auth_key = true,        \
        .expand = pce_expand_hmac,                                          \
        .block = (block_size), .digest = (digest_size) }

static const struct pce_alg_desc algs[PCE_LIMIT_ALGS] = {
    [PCE_ALG_AES_ECB] = {
        .name = "aes-ecb", .opcode = PCE_OP_CIPHER, .key_bits = KEY_ANY,
        .mode = &pce_mode_ecb, .multiple = 16,
    },
    [PCE_ALG_AES_CBC] = {
        .name = "aes-cbc", .opcode = PCE_OP_CIPHER, .key_bits = KEY_ANY,
        .mode = &pce_mode_cbc, .multiple = 16,
    },
    [PCE_ALG_AES_CTR] = {
        .name = "aes-ctr", .opcode = PCE_OP_CIPHER, .key_bits = KEY_ANY,
        .mode = &pce_mode_ctr,
    },
    [PCE_ALG_AES_XTS] = {
        .name = "aes-xts", .opcode = PCE_OP_CIPHER, .key_bits = KEY_ANY,
        .key_scale = 2, .mode = &pce_mode_xts, .minimum = 16,
        .info = PCE_ALG_INFO_DATA_UNITS,
    },
    [PCE_ALG_AES_CBC_CTS] = {
        .name = "aes-cbc-cts", .opcode = PCE_OP_CIPHER, .key_bits = KEY_ANY,
        .parts = { PCE_ALG_AES_CBC }, .mode = &pce_mode_cts, .minimum = 16,
    },
    [PCE_ALG_AES_LRW] = {
        .name = "aes-lrw", .opcode = PCE_OP_CIPHER, .key_bits = KEY_ANY,
        .key_extra = 16, .parts = { PCE_ALG_AES_ECB },
        .expand = pce_expand_lrw, .own_size = PCE_LRW_OWN_SIZE,
        .mode = &pce_mode_lrw, .multiple = 16,
    },
    [PCE_ALG_AES_ESSIV] = {
        .name = "aes-essiv", .opcode = PCE_OP_CIPHER, .key_bits = KEY_ANY,
        .parts = { PCE_ALG_AES_CBC, PCE_ALG_AES_ECB, PCE_ALG_SHA256 },
        .expand = pce_expand_essiv, .mode = &pce_mode_essiv, .multiple = 16,
    },
    [PCE_ALG_SM4_ECB] = {
        .name = "sm4-ecb", .opcode = PCE_OP_CIPHER, .key_bits = KEY_128,
        .mode = &pce_mode_ecb, .multiple = 16,
    },
    [PCE_ALG_SM4_CBC] = {
        .name = "sm4-cbc", .opcode = PCE_OP_CIPHER, .key_bits = KEY_128,
        .mode = &pce_mode_cbc, .multiple = 16,
    },
    [PCE_ALG_SM4_CTR] = {
        .name = "sm4-ctr", .opcode = PCE_OP_CIPHER, .key_bits = KEY_128,
        .mode = &pce_mode_ctr,
    },
    [PCE_ALG_SM4_XTS] = {
        .name = "sm4-xts", .opcode = PCE_OP_CIPHER, .key_bits = KEY_128,
        .key_scale = 2, .mode = &pce_mode_xts, .minimum = 16,
        .info = PCE_ALG_INFO_DATA_UNITS,
    },
    [PCE_ALG_DES3_ECB] = {
        .name = "des3-ecb", .opcode = PCE_OP_CIPHER, .key_bits = KEY_192,
        .mode = &pce_mode_ecb64, .multiple = 8,
    },
    [PCE_ALG_DES3_CBC] = {
        .name = "des3-cbc", .opcode = PCE_OP_CIPHER, .key_bits = KEY_192,
        .mode = &pce_mode_cbc64, .multiple = 8,
    },
    [PCE_ALG_CHACHA20] = {
        .name = "chacha20", .opcode = PCE_OP_CIPHER, .key_bits = KEY_256,
        .mode = &pce_mode_chacha20,
    },
    [PCE_ALG_XCHACHA20] = {
        .name = "xchacha20", .opcode = PCE_OP_CIPHER, .key_bits = KEY_256,
        .own = true, .expand = pce_expand_xchacha,
        .own_size = PCE_XCHACHA_OWN_SIZE, .mode = &pce_mode_xchacha20,
        .iv_size = 32,
    },
    [PCE_ALG_XCHACHA12] = {
        .name = "xchacha12", .opcode = PCE_OP_CIPHER, .key_bits = KEY_256,
        .own = true, .expand = pce_expand_xchacha,
        .own_size = PCE_XCHACHA_OWN_SIZE, .mode = &pce_mode_xchacha12,
        .iv_size = 32,
    },

    [PCE_ALG_AES_GCM] = {
        .name = "aes-gcm", .opcode = PCE_OP_AEAD, .key_bits = KEY_ANY,
        .aead = &pce_aead_gcm, .tags = TAGS_GCM,
    },
    [PCE_ALG_AES_CCM] = {
        .name = "aes-ccm", .opcode = PCE_OP_AEAD, .key_bits = KEY_ANY,
        .aead = &pce_aead_ccm, .tags = TAGS_CCM,
    },
    [PCE_ALG_CHACHA20_POLY1305] = {
        .name = "chacha20-poly1305", .opcode = PCE_OP_AEAD,
        .key_bits = KEY_256, .aead = &pce_aead_gcm, .tags = 1 << 16,
    },
    [PCE_ALG_AUTHENC_AES_CBC] = {
        .name = "authenc-aes-cbc", .opcode = PCE_OP_AEAD, .key_bits = KEY_ANY,
        .auth_key = true, .auth_alg = true, .parts = { PCE_ALG_AES_CBC },
        .expand = pce_expand_authenc, .aead = &pce_aead_authenc,
        .mode = &pce_mode_cbc, .multiple = 16,
    },
    [PCE_ALG_AUTHENC_AES_CTR] = {
        .name = "authenc-aes-ctr", .opcode = PCE_OP_AEAD, .key_bits = KEY_ANY,
        .auth_key = true, .auth_alg = true, .parts = { PCE_ALG_AES_CTR },
        .expand = pce_expand_authenc, .aead = &pce_aead_authenc,
        .mode = &pce_mode_ctr,
    },
    [PCE_ALG_AUTHENC_AES_ESSIV] = {
        .name = "authenc-aes-essiv", .opcode = PCE_OP_AEAD,
        .key_bits = KEY_ANY, .auth_key = true, .auth_alg = true,
        .parts = { PCE_ALG_AES_CBC, PCE_ALG_AES_ECB, PCE_ALG_SHA256 },
        .expand = pce_expand_authenc, .aead = &pce_aead_authenc,
        .mode = &pce_mode_essiv, .multiple = 16,
    },

    [PCE_ALG_SHA1] = HASH("sha1", 64, 20),
    [PCE_ALG_SHA224] = HASH("sha224", 64, 28),
    [PCE_ALG_SHA256] = HASH("sha256", 64, 32),
    [PCE_ALG_SHA384] = HASH("sha384", 128, 48),
    [PCE_ALG_SHA512] = HASH("sha512", 128, 64),
    [PCE_ALG_SHA3_224] = HASH("sha3-224", 144, 28),
    [PCE_ALG_SHA3_256] = HASH("sha3-256", 136, 32),
    [PCE_ALG_SHA3_384] = HASH("sha3-384", 104, 48),
    [PCE_ALG_SHA3_512] = HASH("sha3-512", 72, 64),
    [PCE_ALG_SM3] = HASH("sm3", 64, 32),

    [PCE_ALG_HMAC_SHA1] = HMAC("hmac-sha1", 64, 20),
    [PCE_ALG_HMAC_SHA224] = HMAC("hmac-sha224", 64, 28),
    [PCE_ALG_HMAC_SHA256] = HMAC("hmac-sha256", 64, 32),
    [PCE_ALG_HMAC_SHA384] = HMAC("hmac-sha384", 128, 48),
    [PCE_ALG_HMAC_SHA512] = HMAC("hmac-sha512", 128, 64),
    [PCE_ALG_HMAC_SHA3_224] = HMAC("hmac-sha3-224", 144, 28),
    [PCE_ALG_HMAC_SHA3_256] = HMAC("hmac-sha3-256", 136, 32),
    [PCE_ALG_HMAC_SHA3_384] = HMAC("hmac-sha3-384", 104, 48),
    [PCE_ALG_HMAC_SHA3_512] = HMAC("hmac-sha3-512", 72, 64),
    [PCE_ALG_HMAC_SM3] = HMAC("hmac-sm3", 64, 32),
    [PCE_ALG_AES_CMAC] = {
        .name = "aes-cmac", .opcode = PCE_OP_MAC, .key_bits = KEY_ANY,
        .parts = { PCE_ALG_AES_CBC }, .info = PCE_ALG_INFO_MULTIPART,
        .expand = pce_expand_cmac, .own_size = sizeof(struct pce_block_mac),
        .block = 16, .digest = 16,
    },
    [PCE_ALG_AES_XCBC] = {
        .name = "aes-xcbc", .opcode = PCE_OP_MAC, .key_bits = KEY_128,
        .parts = { PCE_ALG_AES_CBC }, .info = PCE_ALG_INFO_MULTIPART,
        .expand = pce_expand_xcbc, .own_size = sizeof(struct pce_block_mac),
        .block = 16, .digest = 16,
    },
};

const struct pce_alg_desc *pce_alg_find(unsigned int number)
{
    return number < PCE_LIMIT_ALGS && algs[number].name ? &algs[number] : NULL;
}

uint32_t pce_alg_key_bit(const struct pce_alg_desc *alg, unsigned int length)
{
    unsigned int scale = alg->key_scale ?: 1;

    for (unsigned int i = 0; i < 3; i++) {
        uint32_t bit = KEY_128 << i;

        if (alg->key_bits & bit &&
            length == scale * (16 + 8 * i) + alg->key_extra) {
            return bit;
        }
    }
    return 0;
}

/* Of a primitive algorithm */
static uint32_t backend_info(const struct pce_backend_set *backends,
                             unsigned int number)
{
    const struct pce_backend *backend = backends->algs[number];
    uint32_t info = backend ? backend->alg_info(number) : 0;

    if (info && backends->multipart[number]) {
        info |= PCE_ALG_INFO_MULTIPART;
    }
    return info;
}

/* One at least of those that auth_alg may name */
static bool has_hmac(const struct pce_backend_set *backends)
{
    for (unsigned int i = PCE_ALG_HMAC_SHA1; i <= PCE_ALG_HMAC_SHA512; i++) {
        if (backends->algs[i]) {
            return true;
        }
    }
    return false;
}

uint32_t pce_alg_info(const struct pce_backend_set *backends,
                      unsigned int number)
{
    const struct pce_alg_desc *alg = pce_alg_find(number);
    uint32_t info;

    if (!alg || (alg->auth_alg && !has_hmac(backends))) {
        return 0;
    }
    if (alg->own) {
        info = PCE_ALG_INFO_PRESENT | alg->key_bits;
    } else if (!alg->parts[0]) {
        info = backend_info(backends, number);
    } else {
        info = backend_info(backends, alg->parts[0]) &
               (PCE_ALG_INFO_PRESENT | alg->key_bits);
        for (unsigned int i = 1; i < PCE_ALG_PARTS && alg->parts[i]; i++) {
            info = backends->algs[alg->parts[i]] ? info : 0;
        }
    }
    return info ? info | alg->info : 0;
}
