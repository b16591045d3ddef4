/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test vectors that Linux tests itself with: many are from RFCs and drafts
 * that no other package has.  The kernel's templates put into a key, an IV or
 * associated data what this interface has elsewhere: a few lines each.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "vectors.h"

/* What the kernel's header takes from others */
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#define __maybe_unused __attribute__((unused))
#include "crypto/testmgr.h"

#define ROUNDS 6

struct group;

/* Room for what an answer has and its vector has not */
struct space {
    uint8_t iv[PCE_INDIRECT_IV_SIZE];
    uint8_t key[PCE_HASH_DIGEST_SIZE];
    uint8_t aad[4096];
};

/* The vectors of one of the kernel's algorithms; one kind is not NULL */
struct group {
    const struct pce_backend *backend;
    const char *name;
    unsigned int alg, auth_alg;
    size_t iv_size;
    void (*convert)(struct answer *a, struct space *space);
    const struct cipher_testvec *ciphers;
    const struct aead_testvec *aeads;
    const struct hash_testvec *hashes;
    size_t count;
};

static struct bytes bytes_of(const char *data, size_t length)
{
    return (struct bytes) { (const uint8_t *)data, length };
}

/* --- The kernel's templates ---------------------------------------------- */

/* The last bytes of the key are the first of the nonce */
static void split_salt(struct answer *a, struct space *space, size_t at,
                       size_t salt)
{
    uint8_t iv[8];

    memcpy(iv, a->iv.data, sizeof(iv));
    memset(space->iv, 0, sizeof(space->iv));
    a->key.length -= salt;
    memcpy(space->iv + at, a->key.data + a->key.length, salt);
    memcpy(space->iv + at + salt, iv, sizeof(iv));
    a->iv = (struct bytes) { space->iv, at + salt + sizeof(iv) };
}

static void rfc3686(struct answer *a, struct space *space)
{
    split_salt(a, space, 0, 4);
    space->iv[15] = 1;
    a->iv.length = BLOCK;
}

/* RFC 4106, RFC 7634: the IV at the end of the data is not authenticated */
static void nonce_of_esp(struct answer *a, struct space *space)
{
    split_salt(a, space, 0, 4);
    a->op_flags = 8 << 8;
}

static void rfc4309(struct answer *a, struct space *space)
{
    split_salt(a, space, 1, 3);
    space->iv[0] = 3;
    a->iv.length = BLOCK;
    a->op_flags = 8 << 8;
}

/* Nothing is encrypted, all is authenticated */
static void rfc4543(struct answer *a, struct space *space)
{
    split_salt(a, space, 0, 4);
    memcpy(space->aad, a->aad.data, a->aad.length);
    memcpy(space->aad + a->aad.length, a->cipher.data, a->cipher.length);
    a->aad = (struct bytes) { space->aad, a->aad.length + a->cipher.length };
    a->plain.length = 0;
    a->cipher.length = 0;
}

/* What is behind the nonce is not looked at by the kernel */
static void ccm(struct answer *a, struct space *space)
{
    size_t end = 15 - a->iv.data[0];

    memset(space->iv, 0, BLOCK);
    memcpy(space->iv, a->iv.data, end);
    a->iv.data = space->iv;
}

/* struct rtattr with the length of the second key, then both keys */
static void authenc(struct answer *a, struct space *space)
{
    const uint8_t *key = a->key.data + 8;
    size_t both = a->key.length - 8, second = key[-1];

    (void)space;
    a->auth_key = (struct bytes) { key, both - second };
    a->key = (struct bytes) { key + both - second, second };
}

/* --- Vectors ------------------------------------------------------------- */

/* False: it is a test of an error of the kernel's own interface */
static bool cipher_answer(const struct cipher_testvec *v, struct answer *a)
{
    a->key = bytes_of(v->key, v->klen);
    a->plain = bytes_of(v->ptext, v->len);
    a->cipher = bytes_of(v->ctext, v->len);
    if (v->iv) {
        a->iv.data = (const uint8_t *)v->iv;
    }
    return !v->setkey_error && !v->crypt_error && !v->wk &&
           !v->generates_iv;
}

static bool aead_answer(const struct aead_testvec *v, struct answer *a)
{
    a->key = bytes_of(v->key, v->klen);
    a->aad = bytes_of(v->assoc, v->alen);
    a->plain = bytes_of(v->ptext, v->plen);
    a->cipher = bytes_of(v->ctext, v->plen);
    a->tag = bytes_of(v->ctext + v->plen, v->clen - v->plen);
    a->forged = v->novrfy;
    if (v->iv) {
        a->iv.data = (const uint8_t *)v->iv;
    }
    return !v->setkey_error && !v->setauthsize_error && !v->crypt_error &&
           !v->wk;
}

static bool hash_answer(const struct group *g, const struct hash_testvec *v,
                        struct answer *a)
{
    a->key = bytes_of(v->key, v->ksize);
    a->plain = bytes_of(v->plaintext, v->psize);
    a->tag = bytes_of(v->digest, digest_length(g->alg));
    return !v->setkey_error && !v->digest_error;
}

static bool make_answer(const struct group *g, size_t i, struct answer *a,
                        struct space *space)
{
    static const uint8_t zeros[PCE_INDIRECT_IV_SIZE];
    bool fits;

    *a = (struct answer) {
        .alg = g->alg,
        .auth_alg = g->auth_alg,
        .iv = { zeros, g->iv_size },
    };
    fits = g->ciphers ? cipher_answer(&g->ciphers[i], a)
         : g->aeads ? aead_answer(&g->aeads[i], a)
         : hash_answer(g, &g->hashes[i], a);
    if (fits && g->convert) {
        g->convert(a, space);
    }
    fit_hmac(a, space->key);
    return fits;
}

static void test_group(const void *arg)
{
    static struct space space;
    const struct group *g = arg;
    struct fixture f;
    unsigned int done = 0;

    if (!start_backend(&f, g->backend, g->alg)) {
        return;
    }
    for (size_t i = 0; i < g->count; i++) {
        bool failed = ktap_failed();
        struct answer a;

        if (make_answer(g, i, &a, &space) && answer_fits(&f, &a)) {
            answer_check(&f, &a, ROUNDS);
            done++;
        }
        if (!failed && ktap_failed()) {
            ktap_fail("it was vector %zu", i);
        }
    }
    EXPECT(done > 0);
    if (done < g->count) {
        ktap_note("%u of %zu, the others are no requests of this device",
                  done, g->count);
    }
    fixture_destroy(&f);
}

/* --- The list ------------------------------------------------------------ */

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct group groups[] = {
#define CIPHER(kernel_name, number, size, vectors, ...)                     \
    { .name = kernel_name, .alg = PCE_ALG_##number, .iv_size = size,        \
      .ciphers = vectors, .count = COUNT(vectors), ##__VA_ARGS__ }
    CIPHER("ecb(aes)", AES_ECB, 0, aes_tv_template),
    CIPHER("cbc(aes)", AES_CBC, 16, aes_cbc_tv_template),
    CIPHER("ctr(aes)", AES_CTR, 16, aes_ctr_tv_template),
    CIPHER("rfc3686(ctr(aes))", AES_CTR, 8, aes_ctr_rfc3686_tv_template,
           .convert = rfc3686),
    CIPHER("xts(aes)", AES_XTS, 16, aes_xts_tv_template),
    CIPHER("cts(cbc(aes)), RFC 3962", AES_CBC_CTS, 16, cts_mode_tv_template),
    CIPHER("lrw(aes), P1619 draft", AES_LRW, 16, aes_lrw_tv_template),
    CIPHER("essiv(cbc(aes),sha256)", AES_ESSIV, 16,
           essiv_aes_cbc_tv_template),
    CIPHER("ecb(sm4)", SM4_ECB, 0, sm4_tv_template),
    CIPHER("cbc(sm4)", SM4_CBC, 16, sm4_cbc_tv_template),
    CIPHER("ctr(sm4)", SM4_CTR, 16, sm4_ctr_tv_template),
    CIPHER("xts(sm4)", SM4_XTS, 16, sm4_xts_tv_template),
    CIPHER("ecb(des3_ede)", DES3_ECB, 0, des3_ede_tv_template),
    CIPHER("cbc(des3_ede)", DES3_CBC, 8, des3_ede_cbc_tv_template),
    CIPHER("chacha20", CHACHA20, 16, chacha20_tv_template),
    CIPHER("xchacha20", XCHACHA20, 32, xchacha20_tv_template),
    CIPHER("xchacha12", XCHACHA12, 32, xchacha12_tv_template),
#undef CIPHER
#define AEAD(kernel_name, number, size, vectors, ...)                       \
    { .name = kernel_name, .alg = PCE_ALG_##number, .iv_size = size,        \
      .aeads = vectors, .count = COUNT(vectors), ##__VA_ARGS__ }
    AEAD("gcm(aes)", AES_GCM, 12, aes_gcm_tv_template),
    AEAD("rfc4106(gcm(aes))", AES_GCM, 8, aes_gcm_rfc4106_tv_template,
         .convert = nonce_of_esp),
    AEAD("rfc4543(gcm(aes))", AES_GCM, 8, aes_gcm_rfc4543_tv_template,
         .convert = rfc4543),
    AEAD("ccm(aes)", AES_CCM, 16, aes_ccm_tv_template, .convert = ccm),
    AEAD("rfc4309(ccm(aes))", AES_CCM, 8, aes_ccm_rfc4309_tv_template,
         .convert = rfc4309),
    AEAD("rfc7539(chacha20,poly1305)", CHACHA20_POLY1305, 12,
         rfc7539_tv_template),
    AEAD("rfc7539esp(chacha20,poly1305)", CHACHA20_POLY1305, 8,
         rfc7539esp_tv_template, .convert = nonce_of_esp),
    AEAD("authenc(hmac(sha1),cbc(aes))", AUTHENC_AES_CBC, 16,
         hmac_sha1_aes_cbc_tv_temp, .auth_alg = PCE_ALG_HMAC_SHA1,
         .convert = authenc),
    AEAD("authenc(hmac(sha256),cbc(aes))", AUTHENC_AES_CBC, 16,
         hmac_sha256_aes_cbc_tv_temp, .auth_alg = PCE_ALG_HMAC_SHA256,
         .convert = authenc),
    AEAD("authenc(hmac(sha512),cbc(aes))", AUTHENC_AES_CBC, 16,
         hmac_sha512_aes_cbc_tv_temp, .auth_alg = PCE_ALG_HMAC_SHA512,
         .convert = authenc),
    AEAD("essiv(authenc(hmac(sha256),cbc(aes)),sha256)", AUTHENC_AES_ESSIV,
         16, essiv_hmac_sha256_aes_cbc_tv_temp,
         .auth_alg = PCE_ALG_HMAC_SHA256, .convert = authenc),
#undef AEAD
#define HASH(kernel_name, number, vectors)                                  \
    { .name = kernel_name, .alg = PCE_ALG_##number, .hashes = vectors,      \
      .count = COUNT(vectors) }
    HASH("sha1", SHA1, sha1_tv_template),
    HASH("sha224", SHA224, sha224_tv_template),
    HASH("sha256", SHA256, sha256_tv_template),
    HASH("sha384", SHA384, sha384_tv_template),
    HASH("sha512", SHA512, sha512_tv_template),
    HASH("sha3-224", SHA3_224, sha3_224_tv_template),
    HASH("sha3-256", SHA3_256, sha3_256_tv_template),
    HASH("sha3-384", SHA3_384, sha3_384_tv_template),
    HASH("sha3-512", SHA3_512, sha3_512_tv_template),
    HASH("sm3", SM3, sm3_tv_template),
    HASH("hmac(sha1)", HMAC_SHA1, hmac_sha1_tv_template),
    HASH("hmac(sha224)", HMAC_SHA224, hmac_sha224_tv_template),
    HASH("hmac(sha256)", HMAC_SHA256, hmac_sha256_tv_template),
    HASH("hmac(sha384)", HMAC_SHA384, hmac_sha384_tv_template),
    HASH("hmac(sha512)", HMAC_SHA512, hmac_sha512_tv_template),
    HASH("hmac(sha3-224)", HMAC_SHA3_224, hmac_sha3_224_tv_template),
    HASH("hmac(sha3-256)", HMAC_SHA3_256, hmac_sha3_256_tv_template),
    HASH("hmac(sha3-384)", HMAC_SHA3_384, hmac_sha3_384_tv_template),
    HASH("hmac(sha3-512)", HMAC_SHA3_512, hmac_sha3_512_tv_template),
    HASH("hmac(sm3)", HMAC_SM3, hmac_sm3_tv_template),
    HASH("cmac(aes)", AES_CMAC, aes_cmac128_tv_template),
    HASH("xcbc(aes), RFC 3566", AES_XCBC, aes_xcbc128_tv_template),
#undef HASH
};

void add_kernel_vectors(const struct pce_backend *backend)
{
    for (size_t i = 0; i < COUNT(groups); i++) {
        struct group *g = malloc(sizeof(*g));

        *g = groups[i];
        g->backend = backend;
        ktap_add(test_group, g, "%s: Linux: %s (%zu vectors)", backend->name,
                 g->name, g->count);
    }
}
