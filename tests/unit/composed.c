/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What no file of test vectors has, made of requests that they have: encryption
 * and then an HMAC, with extended sequence numbers and short tags; bytes that
 * are not authenticated; several data units.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "vectors.h"

#define ROUNDS 60
#define MAX_TEXT 400
#define MAX_AAD 100

struct composed {
    const struct pce_backend *backend;
    unsigned int alg, auth_alg;
};

/* What the answers of a case are made of, at random */
struct material {
    uint8_t key[PCE_CONTEXT_KEY_SIZE], auth_key[PCE_CONTEXT_AUTH_KEY_SIZE];
    uint8_t iv[PCE_SQE_IV_SIZE], aad[MAX_AAD], plain[MAX_TEXT];
    uint8_t out[MAX_AAD + MAX_TEXT + PCE_HASH_DIGEST_SIZE];
    uint8_t cipher[MAX_TEXT], tag[PCE_HASH_DIGEST_SIZE];
};

/* --- AUTHENC ------------------------------------------------------------- */

static void encrypt_alone(struct fixture *f, const struct answer *whole,
                          struct material *m)
{
    struct answer a = {
        .alg = whole->alg == PCE_ALG_AUTHENC_AES_CBC ? PCE_ALG_AES_CBC
                                                     : PCE_ALG_AES_CTR,
        .key = whole->key,
        .iv = whole->iv,
        .plain = whole->plain,
        .cipher.length = whole->cipher.length,
    };
    enum placement placement = random_below(PLACEMENTS);

    answer_context(f, &a);
    EXPECT_EQ(answer_run(f, &a, false, placement, m->cipher), PCE_STATUS_OK);
}

/* Bytes 4 to 7 of the associated data come last with ESN */
static void authenticate_alone(struct fixture *f, const struct answer *whole,
                               struct material *m)
{
    uint8_t message[MAX_AAD + MAX_TEXT], *end = message;
    bool esn = whole->op_flags & PCE_AEAD_ESN;
    size_t head = esn ? 4 : 0, rest = esn ? 8 : 0;
    struct answer a = {
        .alg = whole->auth_alg,
        .auth_key = whole->auth_key,
        .plain = { message, whole->aad.length + whole->cipher.length },
    };

    end = mempcpy(end, m->aad, head);
    end = mempcpy(end, m->aad + rest, whole->aad.length - rest);
    end = mempcpy(end, m->cipher, whole->cipher.length);
    memcpy(end, m->aad + head, rest - head);
    answer_context(f, &a);
    answer_digest(&f, 1, &a, 1, m->tag);
}

static void test_authenc(const void *arg)
{
    const struct composed *c = arg;
    bool cbc = c->alg == PCE_ALG_AUTHENC_AES_CBC;
    struct material m;
    struct fixture f;

    if (!start_backend(&f, c->backend, c->alg)) {
        return;
    }
    for (int i = 0; i < ROUNDS; i++) {
        bool esn = random_below(2);
        size_t length = random_below(MAX_TEXT + 1);
        size_t text = cbc ? length & ~15u : length;
        struct answer a = {
            .alg = c->alg,
            .auth_alg = c->auth_alg,
            .key = { m.key, 16 + 8 * random_below(3) },
            .auth_key = { m.auth_key,
                          random_below(block_length(c->auth_alg) + 1) },
            .iv = { m.iv, sizeof(m.iv) },
            .aad = { m.aad, (esn ? 8 : 0) + random_below(MAX_AAD - 7) },
            .plain = { m.plain, text },
            .cipher = { m.cipher, text },
            .tag = { m.tag, 1 + random_below(digest_length(c->auth_alg)) },
            .op_flags = esn ? PCE_AEAD_ESN : 0,
        };

        random_bytes(&m, sizeof(m));
        encrypt_alone(&f, &a, &m);
        authenticate_alone(&f, &a, &m);
        answer_check(&f, &a, 2);
        m.tag[random_below(a.tag.length)] ^= 1 << random_below(8);
        a.forged = true;
        answer_check(&f, &a, 1);
    }
    fixture_destroy(&f);
}

/* --- Bytes that are copied but not authenticated ------------------------- */

static void test_skip(const void *arg)
{
    const struct composed *c = arg;
    struct material m;
    struct fixture f;

    if (!start_backend(&f, c->backend, c->alg)) {
        return;
    }
    for (int i = 0; i < ROUNDS; i++) {
        size_t text = random_below(MAX_TEXT + 1), aad = random_below(MAX_AAD);
        size_t skip = random_below(MAX_AAD - aad + 1);
        struct answer a = {
            .alg = c->alg,
            .key = { m.key, c->alg == PCE_ALG_CHACHA20_POLY1305 ? 32 : 16 },
            .iv = { m.iv, c->alg == PCE_ALG_AES_CCM ? 16 : 12 },
            .aad = { m.aad, aad },
            .plain = { m.plain, text },
            .cipher = { m.cipher, text },
            .tag = { m.tag, 16 },
        };

        random_bytes(&m, sizeof(m));
        if (c->alg == PCE_ALG_AES_CCM) {
            memset(m.iv + 13, 0, 3);
            m.iv[0] = 2;
        }
        answer_context(&f, &a);
        EXPECT_EQ(answer_run(&f, &a, false, SEPARATE, m.out), PCE_STATUS_OK);
        memcpy(m.cipher, m.out + aad, text);
        memcpy(m.tag, m.out + aad + text, 16);
        a.aad.length += skip;
        a.op_flags = skip << 8;
        answer_check(&f, &a, 2);
    }
    fixture_destroy(&f);
}

/* --- Data units ---------------------------------------------------------- */

static void next_unit(uint8_t *tweak)
{
    for (int i = 0; i < PCE_SQE_IV_SIZE && !++tweak[i]; i++) {
    }
}

static void test_data_units(const void *arg)
{
    const struct composed *c = arg;
    static uint8_t plain[16384], cipher[16384];
    uint8_t key[64], iv[16], tweak[16];
    struct fixture f;

    if (!start_backend(&f, c->backend, c->alg)) {
        return;
    }
    for (unsigned int order = PCE_UNIT_ORDER_MIN; order <= 12; order++) {
        size_t unit = 1u << order, units = 1 + random_below(5);
        struct answer a = {
            .alg = c->alg,
            .key = { key, c->alg == PCE_ALG_SM4_XTS ? 32 : 64 },
            .iv = { tweak, sizeof(tweak) },
            .plain = { plain, unit },
            .cipher = { cipher, unit },
        };

        units = units * unit > sizeof(plain) ? 4 : units;
        random_bytes(key, sizeof(key));
        random_bytes(plain, sizeof(plain));
        random_bytes(iv, sizeof(iv));
        /* All 128 bits count */
        memset(iv, 0xff, random_below(17));
        memcpy(tweak, iv, sizeof(tweak));
        answer_context(&f, &a);
        for (size_t i = 0; i < units; i++) {
            a.plain.data = plain + unit * i;
            EXPECT_EQ(answer_run(&f, &a, false, SEPARATE, cipher + unit * i),
                      PCE_STATUS_OK);
            next_unit(tweak);
        }
        a.iv.data = iv;
        a.plain = (struct bytes) { plain, unit * units };
        a.cipher = (struct bytes) { cipher, unit * units };
        a.unit_order = order;
        answer_check(&f, &a, 4);
    }
    fixture_destroy(&f);
}

/* --- The list ------------------------------------------------------------ */

static void add(void (*test)(const void *arg), const struct composed *c,
                const char *name, unsigned int number)
{
    struct composed *copy = malloc(sizeof(*copy));

    *copy = *c;
    ktap_add(test, copy, "%s: composed: %s %u", c->backend->name, name,
             number);
}

void add_composed(const struct pce_backend *backend)
{
    struct composed c = { .backend = backend };

    for (c.auth_alg = PCE_ALG_HMAC_SHA1; c.auth_alg <= PCE_ALG_HMAC_SHA512;
         c.auth_alg++) {
        c.alg = PCE_ALG_AUTHENC_AES_CBC;
        add(test_authenc, &c, "AES-CBC and HMAC", c.auth_alg);
        c.alg = PCE_ALG_AUTHENC_AES_CTR;
        add(test_authenc, &c, "AES-CTR and HMAC", c.auth_alg);
    }
    for (c.alg = PCE_ALG_AES_GCM; c.alg <= PCE_ALG_CHACHA20_POLY1305;
         c.alg++) {
        add(test_skip, &c, "bytes that are not authenticated", c.alg);
    }
    c.alg = PCE_ALG_AES_XTS;
    add(test_data_units, &c, "AES-XTS data units", c.alg);
    c.alg = PCE_ALG_SM4_XTS;
    add(test_data_units, &c, "SM4-XTS data units", c.alg);
}
