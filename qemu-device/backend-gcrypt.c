/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the cipher backend that uses libgcrypt.
 */
#include <gcrypt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend-gcrypt.h"

struct gcrypt_key {
    gcry_cipher_hd_t handle;
    uint8_t alg;
};

static void gcrypt_init_once(void)
{
    /*
     * QEMU may have done it already.  Keys are freed with gcry_cipher_close(),
     * which wipes them: there is no need of memory that is locked, of which a
     * process has little.
     */
    if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) {
        return;
    }
    if (gcry_check_version(GCRYPT_VERSION)) {
        gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
        gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    }
}

static bool gcrypt_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, gcrypt_init_once);
    return gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P);
}

static uint32_t gcrypt_alg_info(unsigned int alg)
{
    switch (alg) {
    case PCE_ALG_AES_ECB:
    case PCE_ALG_AES_CBC:
    case PCE_ALG_AES_CTR:
    case PCE_ALG_AES_XTS:
        return PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_128 |
               PCE_ALG_INFO_KEY_192 | PCE_ALG_INFO_KEY_256;
    default:
        return 0;
    }
}

static int gcrypt_mode(unsigned int alg)
{
    switch (alg) {
    case PCE_ALG_AES_ECB:
        return GCRY_CIPHER_MODE_ECB;
    case PCE_ALG_AES_CBC:
        return GCRY_CIPHER_MODE_CBC;
    case PCE_ALG_AES_CTR:
        return GCRY_CIPHER_MODE_CTR;
    case PCE_ALG_AES_XTS:
        return GCRY_CIPHER_MODE_XTS;
    default:
        return GCRY_CIPHER_MODE_NONE;
    }
}

static int gcrypt_cipher_algo(size_t aes_key_length)
{
    switch (aes_key_length) {
    case 16:
        return GCRY_CIPHER_AES128;
    case 24:
        return GCRY_CIPHER_AES192;
    case 32:
        return GCRY_CIPHER_AES256;
    default:
        return GCRY_CIPHER_NONE;
    }
}

static void gcrypt_key_free(void *opaque)
{
    struct gcrypt_key *key = opaque;

    gcry_cipher_close(key->handle);
    free(key);
}

static void *gcrypt_key_new(unsigned int alg, const uint8_t *bytes,
                            size_t length)
{
    size_t aes_key_length = alg == PCE_ALG_AES_XTS ? length / 2 : length;
    struct gcrypt_key *key = calloc(1, sizeof(*key));

    if (!key) {
        return NULL;
    }
    key->alg = alg;
    if (gcry_cipher_open(&key->handle, gcrypt_cipher_algo(aes_key_length),
                         gcrypt_mode(alg), 0) ||
        gcry_cipher_setkey(key->handle, bytes, length)) {
        gcrypt_key_free(key);
        return NULL;
    }
    return key;
}

static gcry_error_t gcrypt_set_iv(struct gcrypt_key *key, const uint8_t *iv)
{
    switch (key->alg) {
    case PCE_ALG_AES_ECB:
        return 0;
    case PCE_ALG_AES_CTR:
        return gcry_cipher_setctr(key->handle, iv, PCE_SQE_IV_SIZE);
    default:
        return gcry_cipher_setiv(key->handle, iv, PCE_SQE_IV_SIZE);
    }
}

static int gcrypt_cipher(void *opaque, bool decrypt, const uint8_t *iv,
                         const uint8_t *src, uint8_t *dst, size_t length)
{
    struct gcrypt_key *key = opaque;

    if (gcrypt_set_iv(key, iv)) {
        return -1;
    }
    /* libgcrypt works in place when there is no source */
    if (src == dst) {
        src = NULL;
    }
    if (decrypt ? gcry_cipher_decrypt(key->handle, dst, length, src,
                                      src ? length : 0)
                : gcry_cipher_encrypt(key->handle, dst, length, src,
                                      src ? length : 0)) {
        return -1;
    }
    return 0;
}

const struct pce_backend pce_backend_gcrypt = {
    .name = "gcrypt",
    .init = gcrypt_init,
    .alg_info = gcrypt_alg_info,
    .key_new = gcrypt_key_new,
    .key_free = gcrypt_key_free,
    .cipher = gcrypt_cipher,
};
