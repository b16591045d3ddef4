/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known answers of the standards, through the executor, by every backend that
 * has the algorithm: NIST's Cryptographic Algorithm Validation Program with its
 * Monte Carlo tests, RFCs, Wycheproof, and what the kernel tests itself with.
 *
 * vectors DIRECTORY: what fetch-vectors made.
 *
 * PCE_TEST_SEED repeats the lists of segments of a run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "vectors.h"

/* Room for two sides of the longest message of the files */
#define DATA_SIZE 0x18000

/* Of few vectors each is tried with many lists of segments */
#define FEW 100

/* --- Files --------------------------------------------------------------- */

FILE *open_vectors(const struct file_case *c)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", c->directory, c->name);
    file = fopen(path, "r");
    if (!file) {
        ktap_fail("cannot open %s", path);
    }
    return file;
}

bool start_backend(struct fixture *f, const struct pce_backend *backend,
                   unsigned int alg)
{
    fixture_init(f, backend, DATA_SIZE);
    fixture_start(f);
    if (f->alg_info[alg]) {
        return true;
    }
    /* The first of them has all that there is */
    if (backend == pce_backends[0]) {
        ktap_fail("%s does not have it", backend->name);
    } else {
        ktap_skip("%s does not have it", backend->name);
    }
    fixture_destroy(f);
    return false;
}

/* --- Records ------------------------------------------------------------- */

/* CCM: the nonce becomes A_0; NIST has the tag at the end of the ciphertext */
static bool fit_ccm(struct record *r, struct answer *a, uint8_t *iv)
{
    if (r->iv.length < 7 || r->iv.length > 13) {
        return false;
    }
    memset(iv, 0, BLOCK);
    iv[0] = 14 - r->iv.length;
    memcpy(iv + 1, r->iv.data, r->iv.length);
    a->iv = (struct bytes) { iv, BLOCK };
    if (r->tag_length >= 0) {
        a->cipher.length -= r->tag_length;
        a->tag.data = a->cipher.data + a->cipher.length;
        a->tag.length = r->tag_length;
    }
    return a->tag.length >= 4 && a->tag.length % 2 == 0;
}

/*
 * XChaCha20-Poly1305 encrypts with XChaCha20, from block 1; of what it
 * authenticates there is nothing to see here.
 */
static bool fit_xchacha(struct record *r, struct answer *a)
{
    static const uint8_t counter[8] = { 1 };

    if (r->iv.length != 24 || r->fails) {
        return false;
    }
    memcpy(r->iv.data + 24, counter, sizeof(counter));
    a->iv.length = 32;
    a->aad.length = 0;
    a->tag.length = 0;
    return true;
}

void fit_hmac(struct answer *a, uint8_t *key)
{
    if (a->alg < PCE_ALG_HMAC_SHA1 || a->alg >= PCE_ALG_AES_CMAC) {
        return;
    }
    a->auth_key = a->key;
    a->key.length = 0;
    if (a->auth_key.length > block_length(a->alg)) {
        unsigned int hash = a->alg - PCE_ALG_HMAC_SHA1 + PCE_ALG_SHA1;

        library_digest(hash, a->auth_key.data, a->auth_key.length, key);
        a->auth_key = (struct bytes) { key, digest_length(hash) };
    }
}

/*
 * The request and answer of a record; false: it is no request of this
 * interface.  space is for what must be made.
 */
static bool make_answer(const struct file_case *c, struct record *r,
                        struct answer *a, uint8_t *space)
{
    *a = (struct answer) {
        .alg = c->alg,
        .key = field_bytes(&r->key),
        .iv = field_bytes(&r->iv),
        .aad = field_bytes(&r->aad),
        .plain = field_bytes(&r->plain),
        .cipher = field_bytes(&r->cipher),
        .tag = field_bytes(&r->tag),
        .forged = r->fails,
    };
    fit_hmac(a, space);
    switch (c->alg) {
    case PCE_ALG_AES_XTS:
        /* Data units that are not whole bytes */
        return r->bits % 8 == 0;
    case PCE_ALG_AES_GCM:
    case PCE_ALG_CHACHA20_POLY1305:
        a->plain.length = a->cipher.length;
        return r->iv.length == 12;
    case PCE_ALG_AES_CCM:
        if (!fit_ccm(r, a, space)) {
            return false;
        }
        a->plain.length = a->cipher.length;
        return true;
    case PCE_ALG_XCHACHA20:
        return fit_xchacha(r, a);
    case PCE_ALG_AES_CMAC:
        return r->key.length == 16 || r->key.length == 24 ||
               r->key.length == 32;
    default:
        return true;
    }
}

static void test_file(const void *arg)
{
    static struct record record;
    const struct file_case *c = arg;
    unsigned int rounds = c->records < FEW ? 12 : c->records < 1200 ? 2 : 1;
    unsigned int n = 0, left_out = 0;
    FILE *file = open_vectors(c);
    struct fixture f;

    if (!file) {
        return;
    }
    if (start_backend(&f, c->backend, c->alg)) {
        record_init(&record);
        for (; record_read(file, &record); n++) {
            uint8_t space[PCE_HASH_DIGEST_SIZE];
            struct answer a;
            bool failed = ktap_failed();

            if (!make_answer(c, &record, &a, space) ||
                !answer_fits(&f, &a)) {
                left_out++;
                continue;
            }
            answer_check(&f, &a, rounds);
            if (!failed && ktap_failed()) {
                ktap_fail("it was record %u", n);
            }
        }
        EXPECT_EQ(n, c->records);
        EXPECT(left_out < n);
        if (left_out) {
            ktap_note("%u of %u are no requests of this device, left out",
                      left_out, n);
        }
        fixture_destroy(&f);
    }
    fclose(file);
}

/* --- The list ------------------------------------------------------------ */

#define AES "ciphers/AES/"

static const struct file_case files[] = {
#define FILE_(path, number, count)                                          \
    { .name = path, .alg = PCE_ALG_##number, .records = count,              \
      .test = test_file }
#define KAT(mode, kind, n128, n192, n256)                                   \
    FILE_(AES #mode "/" #mode #kind "128.rsp", AES_##mode, n128),           \
    FILE_(AES #mode "/" #mode #kind "192.rsp", AES_##mode, n192),           \
    FILE_(AES #mode "/" #mode #kind "256.rsp", AES_##mode, n256)
    KAT(ECB, GFSbox, 14, 12, 10),
    KAT(ECB, KeySbox, 42, 48, 32),
    KAT(ECB, VarKey, 256, 384, 512),
    KAT(ECB, VarTxt, 256, 256, 256),
    KAT(ECB, MMT, 20, 20, 20),
    KAT(CBC, GFSbox, 14, 12, 10),
    KAT(CBC, KeySbox, 42, 48, 32),
    KAT(CBC, VarKey, 256, 384, 512),
    KAT(CBC, VarTxt, 256, 256, 256),
    KAT(CBC, MMT, 20, 20, 20),
#undef KAT
#define MCT(size)                                                           \
    { .name = "pycryptodome/Cipher/AES/CBCMCT" #size ".rsp",                \
      .alg = PCE_ALG_AES_CBC, .records = 200, .test = test_monte_carlo_cbc }
    MCT(128), MCT(192), MCT(256),
#undef MCT
    /* RFC 3686 */
    FILE_(AES "CTR/aes-128-ctr.txt", AES_CTR, 3),
    FILE_(AES "CTR/aes-192-ctr.txt", AES_CTR, 3),
    FILE_(AES "CTR/aes-256-ctr.txt", AES_CTR, 3),
    FILE_(AES "XTS/tweak-128hexstr/XTSGenAES128.rsp", AES_XTS, 1000),
    FILE_(AES "XTS/tweak-128hexstr/XTSGenAES256.rsp", AES_XTS, 1000),
    FILE_(AES "XTS/tweak-dataunitseqno/XTSGenAES128.rsp", AES_XTS, 1000),
    FILE_(AES "XTS/tweak-dataunitseqno/XTSGenAES256.rsp", AES_XTS, 1000),

    FILE_(AES "GCM/gcmEncryptExtIV128.rsp", AES_GCM, 7875),
    FILE_(AES "GCM/gcmEncryptExtIV192.rsp", AES_GCM, 7875),
    FILE_(AES "GCM/gcmEncryptExtIV256.rsp", AES_GCM, 7875),
    FILE_(AES "GCM/gcmDecrypt128.rsp", AES_GCM, 7875),
    FILE_(AES "GCM/gcmDecrypt192.rsp", AES_GCM, 7875),
    FILE_(AES "GCM/gcmDecrypt256.rsp", AES_GCM, 7875),
    FILE_("pycryptodome/Cipher/wycheproof/aes_gcm_test.json", AES_GCM, 256),
#define CCM(kind, count)                                                    \
    FILE_(AES "CCM/" #kind "128.rsp", AES_CCM, count),                      \
    FILE_(AES "CCM/" #kind "192.rsp", AES_CCM, count),                      \
    FILE_(AES "CCM/" #kind "256.rsp", AES_CCM, count)
    CCM(DVPT, 240),
    CCM(VADT, 330),
    CCM(VNT, 70),
    CCM(VPT, 250),
    CCM(VTT, 70),
#undef CCM
    FILE_("pycryptodome/Cipher/wycheproof/aes_ccm_test.json", AES_CCM, 510),

    FILE_("ciphers/ChaCha20/rfc7539.txt", CHACHA20, 3),
    FILE_("ciphers/ChaCha20Poly1305/boringssl.txt", CHACHA20_POLY1305, 66),
    FILE_("ciphers/ChaCha20Poly1305/openssl.txt", CHACHA20_POLY1305, 5),
    FILE_("pycryptodome/Cipher/wycheproof/chacha20_poly1305_test.json",
          CHACHA20_POLY1305, 300),
    FILE_("pycryptodome/Cipher/wycheproof/xchacha20_poly1305_test.json",
          XCHACHA20, 284),

    FILE_("ciphers/SM4/draft-ribose-cfrg-sm4-10-ecb.txt", SM4_ECB, 4),
    FILE_("ciphers/SM4/draft-ribose-cfrg-sm4-10-cbc.txt", SM4_CBC, 2),
    FILE_("ciphers/SM4/draft-ribose-cfrg-sm4-10-ctr.txt", SM4_CTR, 2),
#define DES3(mode, kind, count)                                             \
    FILE_("ciphers/3DES/" #mode "/T" #mode #kind ".rsp", DES3_##mode, count)
    DES3(ECB, invperm, 128),
    DES3(ECB, permop, 64),
    DES3(ECB, subtab, 38),
    DES3(ECB, varkey, 112),
    DES3(ECB, vartext, 128),
    DES3(ECB, MMT1, 20),
    DES3(ECB, MMT2, 20),
    DES3(ECB, MMT3, 20),
    DES3(CBC, invperm, 128),
    DES3(CBC, permop, 64),
    DES3(CBC, subtab, 38),
    DES3(CBC, varkey, 112),
    DES3(CBC, vartext, 128),
    DES3(CBC, MMT1, 20),
    DES3(CBC, MMT2, 20),
    DES3(CBC, MMT3, 20),
#undef DES3

#define SHA(directory, prefix, number, n_short, n_long)                     \
    FILE_("hashes/" directory prefix "ShortMsg.rsp", number, n_short),      \
    FILE_("hashes/" directory prefix "LongMsg.rsp", number, n_long),        \
    { .name = "hashes/" directory prefix "Monte.rsp",                       \
      .alg = PCE_ALG_##number, .records = 100,                              \
      .test = test_monte_carlo_hash }
    SHA("SHA1/", "SHA1", SHA1, 65, 64),
    SHA("SHA2/", "SHA224", SHA224, 65, 64),
    SHA("SHA2/", "SHA256", SHA256, 65, 64),
    SHA("SHA2/", "SHA384", SHA384, 129, 128),
    SHA("SHA2/", "SHA512", SHA512, 129, 128),
    SHA("SHA3/", "SHA3_224", SHA3_224, 145, 100),
    SHA("SHA3/", "SHA3_256", SHA3_256, 137, 100),
    SHA("SHA3/", "SHA3_384", SHA3_384, 105, 100),
    SHA("SHA3/", "SHA3_512", SHA3_512, 73, 100),
#undef SHA
    FILE_("hashes/SM3/oscca.txt", SM3, 6),
    FILE_("HMAC/rfc-2202-sha1.txt", HMAC_SHA1, 7),
    FILE_("HMAC/rfc-4231-sha224.txt", HMAC_SHA224, 6),
    FILE_("HMAC/rfc-4231-sha256.txt", HMAC_SHA256, 6),
    FILE_("HMAC/rfc-4231-sha384.txt", HMAC_SHA384, 6),
    FILE_("HMAC/rfc-4231-sha512.txt", HMAC_SHA512, 6),
    FILE_("CMAC/nist-800-38b-aes128.txt", AES_CMAC, 4),
    FILE_("CMAC/nist-800-38b-aes192.txt", AES_CMAC, 4),
    FILE_("CMAC/nist-800-38b-aes256.txt", AES_CMAC, 4),
    FILE_("pycryptodome/Hash/wycheproof/aes_cmac_test.json", AES_CMAC, 290),
#undef FILE_
};

static void add_files(const struct pce_backend *backend,
                      const char *directory)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        struct file_case *c = malloc(sizeof(*c));

        *c = files[i];
        c->backend = backend;
        c->directory = directory;
        ktap_add(c->test, c, "%s: %s (%u vectors)", backend->name, c->name,
                 c->records);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    random_seed();
    for (int i = 0; pce_backends[i]; i++) {
        const struct pce_backend *backend = pce_backends[i];

        if (!pce_backend_find(backend->name)) {
            fprintf(stderr, "no backend %s\n", backend->name);
            return 2;
        }
        add_files(backend, argv[1]);
        add_monte_carlo_ecb(backend);
        add_kernel_vectors(backend);
        add_composed(backend);
    }
    return ktap_run();
}
