/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the cipher backend that uses Intel's multi-buffer library.
 *
 * CBC's encryption is serial within a message.  The library encrypts up to
 * sixteen messages side by side, each in a lane of the processor's vectors.
 */
#include <endian.h>
#include <intel-ipsec-mb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend-ipsec-mb.h"

#define BLOCK 16
#define AES_ROUND_KEYS 15           /* of the longest key */
#define KEY_SIZES 3
#define ALIGN 64                    /* of the library's structures */

/* The lanes count in 16 bits; longer messages go through them in pieces */
#define MAX_PIECE 65520

/* Lengths of 16, 24 and 32 bytes */
static unsigned int size_index(size_t key_length)
{
    return key_length / 8 - 2;
}

static void *alloc_aligned(size_t size)
{
    return aligned_alloc(ALIGN, (size + ALIGN - 1) / ALIGN * ALIGN);
}

/* --- The library --------------------------------------------------------- */

/* Functions that need no manager, by size of key */
static struct {
    keyexp_t expand;
    aes_gcm_pre_t gcm_expand;
    aes_gcm_init_t gcm_begin;
    aes_gcm_enc_dec_update_t gcm_encrypt;
    aes_gcm_enc_dec_update_t gcm_decrypt;
    aes_gcm_enc_dec_finalize_t gcm_end;
} functions[KEY_SIZES];

/*
 * What a thread needs for its calls.  In the manager is the state of each lane,
 * with round keys and chaining values: the lanes of a size of key are put back
 * to what they were at first when they have been used.
 */
struct lanes {
    IMB_MGR *manager;
    void *used[KEY_SIZES];          /* in the manager */
    void *initial[KEY_SIZES];       /* copies */
    size_t size[KEY_SIZES];
    IMB_JOB jobs[PCE_BATCH_MAX];
};

static pthread_key_t thread_lanes;
static bool usable;

static IMB_MGR *new_manager(void)
{
    size_t size = imb_get_mb_mgr_size();
    IMB_MGR *manager = alloc_aligned(size);

    if (manager) {
        memset(manager, 0, size);
        imb_set_pointers_mb_mgr(manager, 0, 1);
        init_mb_mgr_auto(manager, NULL);
    }
    return manager;
}

/* The lanes of one kind end where those of the next one begin */
static size_t lanes_size(IMB_MGR *manager, const void *lanes)
{
    const uint8_t *begin = lanes;
    const uint8_t *end = (uint8_t *)manager + imb_get_mb_mgr_size();

    for (void **p = &manager->aes128_ooo; p < &manager->end_ooo; p++) {
        const uint8_t *other = *p;

        if (other > begin && other < end) {
            end = other;
        }
    }
    return end - begin;
}

static void free_lanes(void *opaque)
{
    struct lanes *lanes = opaque;

    for (unsigned int i = 0; i < KEY_SIZES; i++) {
        free(lanes->initial[i]);
    }
    free(lanes->manager);
    free(lanes);
}

static bool fill_lanes(struct lanes *lanes)
{
    lanes->manager = new_manager();
    if (!lanes->manager) {
        return false;
    }
    lanes->used[0] = lanes->manager->aes128_ooo;
    lanes->used[1] = lanes->manager->aes192_ooo;
    lanes->used[2] = lanes->manager->aes256_ooo;
    for (unsigned int i = 0; i < KEY_SIZES; i++) {
        lanes->size[i] = lanes_size(lanes->manager, lanes->used[i]);
        lanes->initial[i] = malloc(lanes->size[i]);
        if (!lanes->initial[i]) {
            return false;
        }
        memcpy(lanes->initial[i], lanes->used[i], lanes->size[i]);
    }
    return true;
}

/* Those of this thread, made when it first asks.  NULL: out of memory. */
static struct lanes *get_lanes(void)
{
    struct lanes *lanes = pthread_getspecific(thread_lanes);

    if (lanes) {
        return lanes;
    }
    lanes = calloc(1, sizeof(*lanes));
    if (!lanes) {
        return NULL;
    }
    if (!fill_lanes(lanes) || pthread_setspecific(thread_lanes, lanes)) {
        free_lanes(lanes);
        return NULL;
    }
    return lanes;
}

static void wipe_lanes(struct lanes *lanes, size_t key_length)
{
    unsigned int i = size_index(key_length);

    memcpy(lanes->used[i], lanes->initial[i], lanes->size[i]);
}

#define FUNCTIONS(m, bits) {                                                \
        (m)->keyexp_##bits, (m)->gcm##bits##_pre, (m)->gcm##bits##_init,    \
        (m)->gcm##bits##_enc_update, (m)->gcm##bits##_dec_update,           \
        (m)->gcm##bits##_enc_finalize }

/* Without AES instructions the library is slow, and not in constant time */
static bool fit_for_use(const IMB_MGR *manager)
{
    return manager->features & IMB_FEATURE_AESNI &&
           manager->features & IMB_FEATURE_SELF_TEST_PASS;
}

static void init_once(void)
{
    IMB_MGR *manager = new_manager();

    if (manager && fit_for_use(manager)) {
        const typeof(functions[0]) found[] = {
            FUNCTIONS(manager, 128), FUNCTIONS(manager, 192),
            FUNCTIONS(manager, 256),
        };

        memcpy(functions, found, sizeof(functions));
        usable = !pthread_key_create(&thread_lanes, free_lanes);
    }
    free(manager);
}

static bool ipsec_mb_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, init_once);
    return usable;
}

/* --- Algorithms ---------------------------------------------------------- */

#define KEY_ANY (PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_128 |              \
                 PCE_ALG_INFO_KEY_192 | PCE_ALG_INFO_KEY_256)

static uint32_t ipsec_mb_alg_info(unsigned int alg)
{
    switch (alg) {
    case PCE_ALG_AES_CBC:
    case PCE_ALG_AES_CTR:
    case PCE_ALG_AES_GCM:
        return KEY_ANY;
    default:
        return 0;
    }
}

static bool ipsec_mb_multibuffer(unsigned int alg)
{
    return alg == PCE_ALG_AES_CBC;
}

/* --- Keys ---------------------------------------------------------------- */

struct schedules {
    _Alignas(BLOCK) uint8_t encrypt[AES_ROUND_KEYS * BLOCK];
    _Alignas(BLOCK) uint8_t decrypt[AES_ROUND_KEYS * BLOCK];
};

struct gcm {
    struct gcm_key_data key;
    struct gcm_context_data message;
};

struct key {
    uint8_t alg;
    uint8_t length;                 /* of the key, in bytes */
    _Alignas(ALIGN) union {
        struct schedules aes;
        struct gcm gcm;
    };
};

static void *ipsec_mb_key_new(unsigned int alg, const uint8_t *bytes,
                              size_t length)
{
    struct key *key = alloc_aligned(sizeof(*key));

    if (!key) {
        return NULL;
    }
    memset(key, 0, sizeof(*key));
    key->alg = alg;
    key->length = length;
    if (alg == PCE_ALG_AES_GCM) {
        functions[size_index(length)].gcm_expand(bytes, &key->gcm.key);
    } else {
        functions[size_index(length)].expand(bytes, key->aes.encrypt,
                                             key->aes.decrypt);
    }
    return key;
}

static void ipsec_mb_key_free(void *key)
{
    explicit_bzero(key, sizeof(struct key));
    free(key);
}

/* --- Ciphers ------------------------------------------------------------- */

static void set_job(IMB_JOB *job, const struct key *key, const uint8_t *iv,
                    const uint8_t *src, uint8_t *dst, size_t length)
{
    job->enc_keys = key->aes.encrypt;
    job->dec_keys = key->aes.decrypt;
    job->key_len_in_bytes = key->length;
    job->iv = iv;
    job->iv_len_in_bytes = BLOCK;
    job->src = src;
    job->dst = dst;
    job->msg_len_to_cipher_in_bytes = length;
}

static bool run_jobs(struct lanes *lanes, unsigned int n, const struct key *key,
                     IMB_CIPHER_MODE mode, bool decrypt)
{
    return IMB_SUBMIT_CIPHER_BURST_NOCHECK(lanes->manager, lanes->jobs, n, mode,
                                           decrypt ? IMB_DIR_DECRYPT
                                                   : IMB_DIR_ENCRYPT,
                                           key->length) == n;
}

/* The next piece of each message that has one; how many these are */
static unsigned int next_pieces(struct lanes *lanes,
                                const struct pce_cipher_job *jobs,
                                unsigned int n, size_t done)
{
    unsigned int pieces = 0;

    for (unsigned int i = 0; i < n; i++) {
        const struct pce_cipher_job *job = &jobs[i];
        size_t left = job->length > done ? job->length - done : 0;
        const uint8_t *iv = done ? job->dst + done - BLOCK : job->iv;

        if (left) {
            set_job(&lanes->jobs[pieces++], job->key, iv, job->src + done,
                    job->dst + done, left < MAX_PIECE ? left : MAX_PIECE);
        }
    }
    return pieces;
}

static int ipsec_mb_cipher_jobs(const struct pce_cipher_job *jobs,
                                unsigned int n)
{
    struct lanes *lanes = get_lanes();
    const struct key *key = jobs[0].key;
    unsigned int pieces;
    bool good = true;

    if (!lanes) {
        return -1;
    }
    for (size_t done = 0; good; done += MAX_PIECE) {
        pieces = next_pieces(lanes, jobs, n, done);
        if (!pieces) {
            break;
        }
        good = run_jobs(lanes, pieces, key, IMB_CIPHER_CBC, false);
    }
    wipe_lanes(lanes, key->length);
    return good ? 0 : -1;
}

static int run_one(struct key *key, IMB_CIPHER_MODE mode, bool decrypt,
                   const uint8_t *iv, const uint8_t *src, uint8_t *dst,
                   size_t length)
{
    struct lanes *lanes = get_lanes();

    if (!lanes) {
        return -1;
    }
    set_job(lanes->jobs, key, iv, src, dst, length);
    return run_jobs(lanes, 1, key, mode, decrypt) ? 0 : -1;
}

/* Add one to the upper 96 bits of a counter, and have the others be 0 */
static void carry(uint8_t *counter, const uint8_t *iv)
{
    int i = BLOCK - sizeof(uint32_t);

    memcpy(counter, iv, i);
    memset(counter + i, 0, BLOCK - i);
    while (i && !++counter[i - 1]) {
        i--;
    }
}

/*
 * The library counts in 32 bits, so it begins anew where they overflow: once at
 * most, as they count 64 GiB.
 */
static int crypt_ctr(struct key *key, const uint8_t *iv, const uint8_t *src,
                     uint8_t *dst, size_t length)
{
    uint8_t next[BLOCK];
    uint32_t low;
    uint64_t left;
    int failed;

    memcpy(&low, iv + BLOCK - sizeof(low), sizeof(low));
    left = ((1ull << 32) - be32toh(low)) * BLOCK;
    if (length <= left) {
        return run_one(key, IMB_CIPHER_CNTR, false, iv, src, dst, length);
    }
    carry(next, iv);
    failed = run_one(key, IMB_CIPHER_CNTR, false, iv, src, dst, left) ||
             run_one(key, IMB_CIPHER_CNTR, false, next, src + left, dst + left,
                     length - left);
    explicit_bzero(next, sizeof(next));
    return failed ? -1 : 0;
}

static int ipsec_mb_cipher(void *opaque, bool decrypt, const uint8_t *iv,
                           const uint8_t *src, uint8_t *dst, size_t length)
{
    const struct pce_cipher_job job = { opaque, iv, src, dst, length };
    struct key *key = opaque;

    if (key->alg == PCE_ALG_AES_CTR) {
        return crypt_ctr(key, iv, src, dst, length);
    }
    return decrypt ? run_one(key, IMB_CIPHER_CBC, true, iv, src, dst, length)
                   : ipsec_mb_cipher_jobs(&job, 1);
}

/* --- GCM ----------------------------------------------------------------- */

static int ipsec_mb_aead_begin(void *opaque, bool decrypt, const uint8_t *iv,
                               const uint8_t *aad, size_t aad_length,
                               size_t length, size_t tag_length)
{
    struct key *key = opaque;

    (void)decrypt, (void)length, (void)tag_length;
    functions[size_index(key->length)].gcm_begin(&key->gcm.key,
                                                 &key->gcm.message, iv, aad,
                                                 aad_length);
    return 0;
}

static int ipsec_mb_aead_crypt(void *opaque, bool decrypt, const uint8_t *src,
                               uint8_t *dst, size_t length)
{
    struct key *key = opaque;
    unsigned int size = size_index(key->length);

    (decrypt ? functions[size].gcm_decrypt
             : functions[size].gcm_encrypt)(&key->gcm.key, &key->gcm.message,
                                            dst, src, length);
    return 0;
}

static int ipsec_mb_aead_tag(void *opaque, uint8_t *tag, size_t tag_length)
{
    struct key *key = opaque;

    functions[size_index(key->length)].gcm_end(&key->gcm.key,
                                               &key->gcm.message, tag,
                                               tag_length);
    explicit_bzero(&key->gcm.message, sizeof(key->gcm.message));
    return 0;
}

const struct pce_backend pce_backend_ipsec_mb = {
    .name = "ipsec-mb",
    .init = ipsec_mb_init,
    .alg_info = ipsec_mb_alg_info,
    .key_new = ipsec_mb_key_new,
    .key_free = ipsec_mb_key_free,
    .cipher = ipsec_mb_cipher,
    .multibuffer = ipsec_mb_multibuffer,
    .cipher_jobs = ipsec_mb_cipher_jobs,
    .aead_begin = ipsec_mb_aead_begin,
    .aead_crypt = ipsec_mb_aead_crypt,
    .aead_tag = ipsec_mb_aead_tag,
};
