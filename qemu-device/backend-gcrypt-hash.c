/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the hashes and HMACs of libgcrypt.
 *
 * It does not tell what is inside of a hash, so messages in several parts are
 * not for this backend.
 */
#include <gcrypt.h>
#include <stdlib.h>
#include <string.h>

#include "backend-gcrypt.h"

struct gcrypt_hash {
    gcry_md_hd_t handle;
    int algo;
};

static const struct {
    uint16_t algo;
    bool hmac;
} hashes[PCE_LIMIT_ALGS] = {
    [PCE_ALG_SHA1] = { GCRY_MD_SHA1, false },
    [PCE_ALG_SHA224] = { GCRY_MD_SHA224, false },
    [PCE_ALG_SHA256] = { GCRY_MD_SHA256, false },
    [PCE_ALG_SHA384] = { GCRY_MD_SHA384, false },
    [PCE_ALG_SHA512] = { GCRY_MD_SHA512, false },
    [PCE_ALG_SHA3_224] = { GCRY_MD_SHA3_224, false },
    [PCE_ALG_SHA3_256] = { GCRY_MD_SHA3_256, false },
    [PCE_ALG_SHA3_384] = { GCRY_MD_SHA3_384, false },
    [PCE_ALG_SHA3_512] = { GCRY_MD_SHA3_512, false },
    [PCE_ALG_SM3] = { GCRY_MD_SM3, false },
    [PCE_ALG_HMAC_SHA1] = { GCRY_MD_SHA1, true },
    [PCE_ALG_HMAC_SHA224] = { GCRY_MD_SHA224, true },
    [PCE_ALG_HMAC_SHA256] = { GCRY_MD_SHA256, true },
    [PCE_ALG_HMAC_SHA384] = { GCRY_MD_SHA384, true },
    [PCE_ALG_HMAC_SHA512] = { GCRY_MD_SHA512, true },
    [PCE_ALG_HMAC_SHA3_224] = { GCRY_MD_SHA3_224, true },
    [PCE_ALG_HMAC_SHA3_256] = { GCRY_MD_SHA3_256, true },
    [PCE_ALG_HMAC_SHA3_384] = { GCRY_MD_SHA3_384, true },
    [PCE_ALG_HMAC_SHA3_512] = { GCRY_MD_SHA3_512, true },
    [PCE_ALG_HMAC_SM3] = { GCRY_MD_SM3, true },
};

uint32_t gcrypt_hash_info(unsigned int alg)
{
    return hashes[alg].algo ? PCE_ALG_INFO_PRESENT : 0;
}

void gcrypt_hash_free(void *opaque)
{
    struct gcrypt_hash *hash = opaque;

    gcry_md_close(hash->handle);
    free(hash);
}

static bool open_hash(struct gcrypt_hash *hash, bool hmac, const uint8_t *key,
                      size_t length)
{
    unsigned int flags = hmac ? GCRY_MD_FLAG_HMAC : 0;

    return !gcry_md_open(&hash->handle, hash->algo, flags) &&
           (!hmac || !gcry_md_setkey(hash->handle, key, length));
}

void *gcrypt_hash_new(unsigned int alg, const uint8_t *key, size_t length)
{
    struct gcrypt_hash *hash = calloc(1, sizeof(*hash));

    if (!hash) {
        return NULL;
    }
    hash->algo = hashes[alg].algo;
    if (!open_hash(hash, hashes[alg].hmac, key, length)) {
        gcrypt_hash_free(hash);
        return NULL;
    }
    return hash;
}

void gcrypt_hash_begin(void *opaque)
{
    struct gcrypt_hash *hash = opaque;

    gcry_md_reset(hash->handle);
}

void gcrypt_hash_update(void *opaque, const uint8_t *data, size_t length)
{
    struct gcrypt_hash *hash = opaque;

    gcry_md_write(hash->handle, data, length);
}

void gcrypt_hash_final(void *opaque, uint8_t *digest)
{
    struct gcrypt_hash *hash = opaque;

    memcpy(digest, gcry_md_read(hash->handle, hash->algo),
           gcry_md_get_algo_dlen(hash->algo));
    gcry_md_reset(hash->handle);
}
