/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the cipher backend that uses libgcrypt.
 */
#include <endian.h>
#include <gcrypt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend-gcrypt.h"

struct gcrypt_key {
    gcry_cipher_hd_t handle;
    uint8_t alg;
};

/* What libgcrypt calls an algorithm; by size of key, 0: there is none */
struct gcrypt_alg {
    uint16_t mode;
    uint16_t ciphers[3];
};

#define AES { GCRY_CIPHER_AES128, GCRY_CIPHER_AES192, GCRY_CIPHER_AES256 }
#define SM4 { GCRY_CIPHER_SM4, 0, 0 }
#define DES3 { 0, GCRY_CIPHER_3DES, 0 }
#define CHACHA20 { 0, 0, GCRY_CIPHER_CHACHA20 }

static const struct gcrypt_alg algs[PCE_LIMIT_ALGS] = {
    [PCE_ALG_AES_ECB] = { GCRY_CIPHER_MODE_ECB, AES },
    [PCE_ALG_AES_CBC] = { GCRY_CIPHER_MODE_CBC, AES },
    [PCE_ALG_AES_CTR] = { GCRY_CIPHER_MODE_CTR, AES },
    [PCE_ALG_AES_XTS] = { GCRY_CIPHER_MODE_XTS, AES },
    [PCE_ALG_SM4_ECB] = { GCRY_CIPHER_MODE_ECB, SM4 },
    [PCE_ALG_SM4_CBC] = { GCRY_CIPHER_MODE_CBC, SM4 },
    [PCE_ALG_SM4_CTR] = { GCRY_CIPHER_MODE_CTR, SM4 },
    [PCE_ALG_SM4_XTS] = { GCRY_CIPHER_MODE_XTS, SM4 },
    [PCE_ALG_DES3_ECB] = { GCRY_CIPHER_MODE_ECB, DES3 },
    [PCE_ALG_DES3_CBC] = { GCRY_CIPHER_MODE_CBC, DES3 },
    [PCE_ALG_CHACHA20] = { GCRY_CIPHER_MODE_STREAM, CHACHA20 },
    [PCE_ALG_AES_GCM] = { GCRY_CIPHER_MODE_GCM, AES },
    [PCE_ALG_AES_CCM] = { GCRY_CIPHER_MODE_CCM, AES },
    [PCE_ALG_CHACHA20_POLY1305] = { GCRY_CIPHER_MODE_POLY1305, CHACHA20 },
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
    uint32_t info = 0;

    for (unsigned int i = 0; i < 3; i++) {
        info |= algs[alg].ciphers[i] ? PCE_ALG_INFO_KEY_128 << i : 0;
    }
    return info ? info | PCE_ALG_INFO_PRESENT : gcrypt_hash_info(alg);
}

/* --- Keys ---------------------------------------------------------------- */

static void gcrypt_key_free(void *opaque)
{
    struct gcrypt_key *key = opaque;

    gcry_cipher_close(key->handle);
    free(key);
}

static bool open_key(struct gcrypt_key *key, const uint8_t *bytes,
                     size_t length)
{
    int mode = algs[key->alg].mode;
    size_t size = mode == GCRY_CIPHER_MODE_XTS ? length / 2 : length;
    gcry_error_t error;

    if (gcry_cipher_open(&key->handle, algs[key->alg].ciphers[size / 8 - 2],
                         mode, 0)) {
        return false;
    }
    /* Which keys are too weak to be used is not for us to say */
    gcry_cipher_ctl(key->handle, GCRYCTL_SET_ALLOW_WEAK_KEY, NULL, 1);
    error = gcry_cipher_setkey(key->handle, bytes, length);
    return !error || gcry_err_code(error) == GPG_ERR_WEAK_KEY;
}

static void *gcrypt_key_new(unsigned int alg, const uint8_t *bytes,
                            size_t length)
{
    struct gcrypt_key *key = calloc(1, sizeof(*key));

    if (!key) {
        return NULL;
    }
    key->alg = alg;
    if (!open_key(key, bytes, length)) {
        gcrypt_key_free(key);
        return NULL;
    }
    return key;
}

/* --- Ciphers ------------------------------------------------------------- */

/* The IV, what became of it, and the end of the key stream */
static void forget_message(struct gcrypt_key *key)
{
    gcry_cipher_reset(key->handle);
}

static int crypt_bytes(struct gcrypt_key *key, bool decrypt,
                       const uint8_t *src, uint8_t *dst, size_t length)
{
    /* libgcrypt works in place when there is no source */
    const uint8_t *in = src == dst ? NULL : src;
    size_t in_length = in ? length : 0;

    return (decrypt
            ? gcry_cipher_decrypt(key->handle, dst, length, in, in_length)
            : gcry_cipher_encrypt(key->handle, dst, length, in, in_length))
           ? -1 : 0;
}

/*
 * libgcrypt has the block counter carry into the nonce, so it is set anew where
 * that would happen: once at most, as counters count 256 GiB.
 */
static int crypt_chacha20(struct gcrypt_key *key, const uint8_t *iv,
                          const uint8_t *src, uint8_t *dst, size_t length)
{
    uint8_t wrapped[PCE_SQE_IV_SIZE] = { 0 };
    uint32_t counter;
    uint64_t left;

    memcpy(&counter, iv, sizeof(counter));
    left = ((1ull << 32) - le32toh(counter)) * 64;
    if (gcry_cipher_setiv(key->handle, iv, PCE_SQE_IV_SIZE)) {
        return -1;
    }
    if (length <= left) {
        return crypt_bytes(key, false, src, dst, length);
    }
    memcpy(wrapped + 4, iv + 4, sizeof(wrapped) - 4);
    return crypt_bytes(key, false, src, dst, left) ||
           gcry_cipher_setiv(key->handle, wrapped, sizeof(wrapped)) ||
           crypt_bytes(key, false, src + left, dst + left, length - left)
           ? -1 : 0;
}

static gcry_error_t set_iv(struct gcrypt_key *key, const uint8_t *iv)
{
    switch (key->alg) {
    case PCE_ALG_AES_ECB:
    case PCE_ALG_SM4_ECB:
    case PCE_ALG_DES3_ECB:
        return 0;
    case PCE_ALG_AES_CTR:
    case PCE_ALG_SM4_CTR:
        return gcry_cipher_setctr(key->handle, iv, PCE_SQE_IV_SIZE);
    case PCE_ALG_DES3_CBC:
        return gcry_cipher_setiv(key->handle, iv, 8);
    default:
        return gcry_cipher_setiv(key->handle, iv, PCE_SQE_IV_SIZE);
    }
}

static int gcrypt_cipher(void *opaque, bool decrypt, const uint8_t *iv,
                         const uint8_t *src, uint8_t *dst, size_t length)
{
    struct gcrypt_key *key = opaque;
    bool failed;

    if (key->alg == PCE_ALG_CHACHA20) {
        failed = crypt_chacha20(key, iv, src, dst, length);
    } else {
        failed = set_iv(key, iv) ||
                 crypt_bytes(key, decrypt, src, dst, length);
    }
    if (algs[key->alg].mode != GCRY_CIPHER_MODE_ECB) {
        forget_message(key);
    }
    return failed ? -1 : 0;
}

/* --- Authenticated ciphers ----------------------------------------------- */

static gcry_error_t set_nonce(struct gcrypt_key *key, const uint8_t *iv,
                              size_t aad_length, size_t length,
                              size_t tag_length)
{
    uint64_t lengths[] = { length, aad_length, tag_length };
    gcry_error_t error;

    if (key->alg != PCE_ALG_AES_CCM) {
        return gcry_cipher_setiv(key->handle, iv, 12);
    }
    /* A_0: how long the length is, less one, then the nonce */
    error = gcry_cipher_setiv(key->handle, iv + 1, 14 - iv[0]);
    return error ?: gcry_cipher_ctl(key->handle, GCRYCTL_SET_CCM_LENGTHS,
                                    lengths, sizeof(lengths));
}

static int gcrypt_aead_begin(void *opaque, bool decrypt, const uint8_t *iv,
                             const uint8_t *aad, size_t aad_length,
                             size_t length, size_t tag_length)
{
    struct gcrypt_key *key = opaque;

    (void)decrypt;
    if (set_nonce(key, iv, aad_length, length, tag_length)) {
        return -1;
    }
    return aad_length && gcry_cipher_authenticate(key->handle, aad, aad_length)
           ? -1 : 0;
}

static int gcrypt_aead_crypt(void *opaque, bool decrypt, const uint8_t *src,
                             uint8_t *dst, size_t length)
{
    return crypt_bytes(opaque, decrypt, src, dst, length);
}

static int gcrypt_aead_tag(void *opaque, uint8_t *tag, size_t tag_length)
{
    struct gcrypt_key *key = opaque;
    gcry_error_t error = gcry_cipher_gettag(key->handle, tag, tag_length);

    forget_message(key);
    return error ? -1 : 0;
}

const struct pce_backend pce_backend_gcrypt = {
    .name = "gcrypt",
    .init = gcrypt_init,
    .alg_info = gcrypt_alg_info,
    .key_new = gcrypt_key_new,
    .key_free = gcrypt_key_free,
    .cipher = gcrypt_cipher,
    .aead_begin = gcrypt_aead_begin,
    .aead_crypt = gcrypt_aead_crypt,
    .aead_tag = gcrypt_aead_tag,
    .hash_new = gcrypt_hash_new,
    .hash_free = gcrypt_hash_free,
    .hash_begin = gcrypt_hash_begin,
    .hash_update = gcrypt_hash_update,
    .hash_final = gcrypt_hash_final,
};
