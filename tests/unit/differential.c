/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each backend against libgcrypt, through the executor, with random requests:
 * what one encrypts the other decrypts, and encrypts the same; both refuse a
 * wrong tag; a message is hashed in parts by both in turns.  Every length from
 * 0 to 300, those around 4 KiB and around 64 KiB, with random lists of segments
 * on both sides.
 *
 * differential
 *
 * PCE_TEST_SEED repeats a run.
 */
#include <stdlib.h>
#include <string.h>

#include "alg.h"
#include "answer.h"
#include "ktap.h"

#define MAX_TEXT (65536 + 17)
#define MAX_AAD 66000

/* Room for two sides, with gaps and excess */
#define SMALL_DATA 0x10000
#define LARGE_DATA 0x48000

struct params {
    unsigned int alg, auth_alg;
    const struct pce_backend *backend;      /* the other one */
};

/* The executors of each set of backends, with little memory and with much */
enum { GCRYPT, OTHER, AUTO, SETS };

struct sets {
    struct fixture small[SETS], large[SETS];
};

/* What a random answer is made of */
struct sample {
    struct answer answer;
    uint8_t key[PCE_CONTEXT_KEY_SIZE], auth_key[PCE_CONTEXT_AUTH_KEY_SIZE];
    uint8_t iv[PCE_INDIRECT_IV_SIZE];
    uint8_t aad[MAX_AAD], plain[MAX_TEXT];
    uint8_t out[MAX_AAD + MAX_TEXT + PCE_HASH_DIGEST_SIZE];
};

static struct sample sample;

static void open_set(struct fixture *f, const char *name, size_t data_size)
{
    fixture_init(f, pce_backends[0], data_size);
    fixture_backends(f, name);
    fixture_start(f);
}

static void open_sets(struct sets *sets, const char *other)
{
    const char *const names[] = {
        [GCRYPT] = "gcrypt", [OTHER] = other, [AUTO] = "auto",
    };

    for (unsigned int i = 0; i < SETS; i++) {
        open_set(&sets->small[i], names[i], SMALL_DATA);
        open_set(&sets->large[i], names[i], LARGE_DATA);
    }
}

static void close_sets(struct sets *sets)
{
    for (unsigned int i = 0; i < SETS; i++) {
        fixture_destroy(&sets->small[i]);
        fixture_destroy(&sets->large[i]);
    }
}

/* --- Random answers ------------------------------------------------------ */

/* The number of a bit of mask */
static unsigned int random_bit(uint32_t mask)
{
    unsigned int n;

    do {
        n = random_below(32);
    } while (!(mask >> n & 1));
    return n;
}

static size_t random_key_length(const struct pce_alg_desc *alg)
{
    unsigned int length;

    do {
        length = random_below(PCE_CONTEXT_KEY_SIZE + 1);
    } while (!pce_alg_key_bit(alg, length));
    return length;
}

static size_t iv_length(unsigned int alg)
{
    switch (alg) {
    case PCE_ALG_AES_ECB:
    case PCE_ALG_SM4_ECB:
    case PCE_ALG_DES3_ECB:
        return 0;
    case PCE_ALG_DES3_CBC:
        return 8;
    case PCE_ALG_XCHACHA20:
    case PCE_ALG_XCHACHA12:
        return 32;
    case PCE_ALG_AES_GCM:
    case PCE_ALG_CHACHA20_POLY1305:
        return 12;
    default:
        return 16;
    }
}

static void random_iv(struct sample *s)
{
    struct answer *a = &s->answer;

    a->iv = (struct bytes) { s->iv, iv_length(a->alg) };
    random_bytes(s->iv, sizeof(s->iv));
    if (a->alg == PCE_ALG_AES_CCM) {
        /* The field of the length has as many bytes as it needs, or more */
        unsigned int least = a->plain.length > 0xffff ? 3 : 2;
        unsigned int size = least + random_below(9 - least);

        s->iv[0] = size - 1;
        memset(s->iv + BLOCK - size, 0, size);
    } else if (random_below(4) == 0) {
        /* What counts wraps soon, at either end */
        memset(s->iv, 0xff, random_below(BLOCK + 1));
        memset(s->iv + BLOCK - 8, 0xff, random_below(9));
    }
}

/* None, a few, more than the text; seldom so many that CCM says it otherwise */
static size_t random_aad_length(const struct params *p, bool large)
{
    switch (random_below(large ? 16 : 3)) {
    case 0:
        return 0;
    case 1:
        return random_below(20);
    case 2:
        return random_below(500);
    case 3:
        return p->alg == PCE_ALG_AES_CCM ? 65270 + random_below(30) : 0;
    default:
        return random_below(40);
    }
}

static void random_aead(struct sample *s, const struct params *p,
                        const struct pce_alg_desc *alg, bool large)
{
    struct answer *a = &s->answer;
    size_t least = 0;

    a->aad.length = random_aad_length(p, large);
    if (!p->auth_alg) {
        size_t most = a->aad.length < 256 ? a->aad.length : 255;

        a->op_flags = random_below(2) * random_below(most + 1) << 8;
        a->tag.length = random_bit(alg->tags);
    } else {
        a->auth_key.length = random_below(block_length(p->auth_alg) + 1);
        a->tag.length = 1 + random_below(digest_length(p->auth_alg));
        a->op_flags = random_below(2) ? PCE_AEAD_ESN : 0;
        least = a->op_flags ? 8 : 0;
    }
    if (p->alg == PCE_ALG_AUTHENC_AES_ESSIV) {
        /* ESN's bytes and the place of the IV do not overlap */
        least += 16;
    }
    if (a->aad.length < least) {
        a->aad.length = least;
    }
}

static void random_answer(struct sample *s, const struct params *p,
                          size_t length, bool large)
{
    const struct pce_alg_desc *alg = pce_alg_find(p->alg);
    unsigned int opcode = answer_opcode(p->alg);

    s->answer = (struct answer) {
        .alg = p->alg,
        .auth_alg = p->auth_alg,
        .key.data = s->key,
        .auth_key.data = s->auth_key,
        .aad.data = s->aad,
        .plain = { s->plain, length },
        .cipher.length = length,
    };
    if (alg->key_bits) {
        s->answer.key.length = random_key_length(alg);
    } else if (opcode == PCE_OP_MAC) {
        s->answer.auth_key.length = random_below(block_length(p->alg) + 1);
    }
    if (opcode == PCE_OP_AEAD) {
        random_aead(s, p, alg, large);
    }
    random_iv(s);
    random_bytes(s->key, sizeof(s->key));
    random_bytes(s->auth_key, sizeof(s->auth_key));
    random_bytes(s->aad, s->answer.aad.length);
    random_bytes(s->plain, length);
}

/* --- Ciphers ------------------------------------------------------------- */

/*
 * One bit of ciphertext or tag is not what it was.  A short tag is right for
 * one other ciphertext in a few hundred.
 */
static void forge(struct sample *s)
{
    struct answer *a = &s->answer;
    size_t text = a->tag.length < 8 ? 0 : a->cipher.length;
    size_t end = a->aad.length + a->cipher.length + a->tag.length;
    size_t byte = end - 1 - random_below(text + a->tag.length);

    s->out[byte] ^= 1 << random_below(8);
    a->forged = true;
}

static void compare_ciphers(struct fixture *sets, struct sample *s)
{
    struct answer *a = &s->answer;
    unsigned int one = random_below(2);

    answer_context(&sets[one], a);
    EXPECT_EQ(answer_run(&sets[one], a, false, random_below(PLACEMENTS),
                         s->out), PCE_STATUS_OK);
    a->cipher.data = s->out + a->aad.length;
    a->tag.data = a->cipher.data + a->cipher.length;
    answer_check(&sets[!one], a, 1);
    if (a->tag.length) {
        forge(s);
        answer_check(&sets[GCRYPT], a, 1);
        answer_check(&sets[OTHER], a, 1);
    }
}

/* --- Hashes -------------------------------------------------------------- */

static void compare_hashes(struct fixture *sets, struct sample *s)
{
    struct answer *a = &s->answer;
    uint8_t whole[PCE_HASH_DIGEST_SIZE], parts[PCE_HASH_DIGEST_SIZE];
    struct fixture *gcrypt = &sets[GCRYPT];
    struct fixture *multipart[] = { &sets[OTHER], &sets[AUTO] };

    for (unsigned int i = 0; i < SETS; i++) {
        answer_context(&sets[i], a);
    }
    answer_digest(&gcrypt, 1, a, 1, whole);
    answer_digest(multipart, 2, a, 1 + random_below(6), parts);
    EXPECT(!memcmp(whole, parts, digest_length(a->alg)));
}

/* --- Cases --------------------------------------------------------------- */

static bool text_fits(const struct pce_alg_desc *alg, size_t length)
{
    return length >= alg->minimum &&
           (!alg->multiple || length % alg->multiple == 0);
}

static unsigned int run_lengths(struct fixture *sets, const struct params *p,
                                size_t from, size_t to)
{
    const struct pce_alg_desc *alg = pce_alg_find(p->alg);
    bool large = from > 300;
    /* Lengths are rarer where they are multiples of a block */
    unsigned int repeat = alg->multiple ? alg->multiple / 4 : 1;
    unsigned int requests = 0;

    for (size_t length = from; length <= to; length++) {
        if (!text_fits(alg, length)) {
            continue;
        }
        for (unsigned int i = 0; i < repeat; i++, requests++) {
            random_answer(&sample, p, length, large);
            if (answer_opcode(p->alg) >= PCE_OP_HASH) {
                compare_hashes(sets, &sample);
            } else {
                compare_ciphers(sets, &sample);
            }
            if (ktap_failed()) {
                ktap_fail("length %zu", length);
                return requests;
            }
        }
    }
    return requests;
}

static void test_algorithm(const void *arg)
{
    const struct params *p = arg;
    struct sets sets;

    open_sets(&sets, p->backend->name);
    if (sets.small[OTHER].alg_info[p->alg]) {
        unsigned int n = run_lengths(sets.small, p, 0, 300);

        n += run_lengths(sets.large, p, 4096 - 17, 4096 + 17);
        n += run_lengths(sets.large, p, 65536 - 17, 65536 + 17);
        ktap_note("%u requests", n);
    } else {
        ktap_skip("%s does not have it", p->backend->name);
    }
    close_sets(&sets);
}

static void add_case(const struct pce_backend *backend, unsigned int alg,
                     unsigned int auth_alg)
{
    struct params *p = malloc(sizeof(*p));

    *p = (struct params) {
        .alg = alg,
        .auth_alg = auth_alg,
        .backend = backend,
    };
    ktap_add(test_algorithm, p, "%s: %s%s%s", backend->name,
             pce_alg_find(alg)->name, auth_alg ? " " : "",
             auth_alg ? pce_alg_find(auth_alg)->name : "");
}

static void add_backend(const struct pce_backend *backend)
{
    for (unsigned int alg = 1; alg < PCE_LIMIT_ALGS; alg++) {
        if (alg >= PCE_ALG_AUTHENC_AES_CBC &&
            alg <= PCE_ALG_AUTHENC_AES_ESSIV) {
            for (unsigned int auth = PCE_ALG_HMAC_SHA1;
                 auth <= PCE_ALG_HMAC_SHA512; auth++) {
                add_case(backend, alg, auth);
            }
        } else if (pce_alg_find(alg)) {
            add_case(backend, alg, 0);
        }
    }
}

int main(void)
{
    random_seed();
    /* The first of them is libgcrypt */
    for (int i = 1; pce_backends[i]; i++) {
        add_backend(pce_backends[i]);
    }
    return ktap_run();
}
