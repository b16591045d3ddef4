/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Monte Carlo tests: a hundred thousand requests each of which has what the one
 * before gave back.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "vectors.h"

#define MAX_DIGEST PCE_HASH_DIGEST_SIZE

static void execute(struct fixture *f, const struct pce_sqe *sqe)
{
    struct pce_cqe cqe;

    EXPECT_EQ(pce_execute(f->ex, sqe, &cqe), PCE_STATUS_OK);
}

/* --- Ciphers ------------------------------------------------------------- */

static void crypt_block(struct fixture *f, uint32_t generation, bool decrypt,
                        const uint8_t *iv, const uint8_t *in, uint8_t *out)
{
    struct pce_sqe sqe = cipher_sqe(0, generation, DATA, DATA, BLOCK);
    uint8_t *data = memory_at(&f->mem, DATA);

    sqe.flags = decrypt ? PCE_SQE_DECRYPT : 0;
    memcpy(sqe.iv, iv, BLOCK);
    memcpy(data, in, BLOCK);
    execute(f, &sqe);
    memcpy(out, data, BLOCK);
}

/* The last two blocks of output change the key */
static void change_key(struct field *key, const uint8_t *last_two)
{
    const uint8_t *tail = last_two + 2 * BLOCK - key->length;

    for (size_t i = 0; i < key->length; i++) {
        key->data[i] ^= tail[i];
    }
}

/*
 * AESAVS 6.4.2, CBC: 1000 times one block, where the next input is the output
 * before the last.  key, iv and in become those of the next round.
 */
static void cbc_round(struct fixture *f, uint32_t generation, bool decrypt,
                      struct field *key, uint8_t *iv, uint8_t *in,
                      uint8_t *out)
{
    uint8_t last_two[2 * BLOCK], chain[BLOCK], next_in[BLOCK];

    fixture_context(f, 0, generation, PCE_ALG_AES_CBC, key->data,
                    key->length);
    memcpy(chain, iv, BLOCK);
    memcpy(last_two + BLOCK, iv, BLOCK);
    for (int j = 0; j < 1000; j++) {
        crypt_block(f, generation, decrypt, chain, in, out);
        memcpy(chain, decrypt ? in : out, BLOCK);
        memcpy(next_in, last_two + BLOCK, BLOCK);
        memcpy(last_two, last_two + BLOCK, BLOCK);
        memcpy(last_two + BLOCK, out, BLOCK);
        memcpy(in, next_in, BLOCK);
    }
    change_key(key, last_two);
    memcpy(iv, out, BLOCK);
}

/*
 * The records of a section are the rounds of one run: key, IV and input of each
 * follow from the one before.
 */
static unsigned int cbc_file(struct fixture *f, FILE *file)
{
    static struct record record;
    static struct field key;
    uint8_t iv[BLOCK], in[BLOCK], out[BLOCK];
    int section = -1;
    unsigned int n = 0;

    record_init(&record);
    for (; record_read(file, &record); n++) {
        const struct field *first = record.decrypt ? &record.cipher
                                                   : &record.plain;
        const struct field *last = record.decrypt ? &record.plain
                                                  : &record.cipher;

        if (section != record.decrypt) {
            section = record.decrypt;
            key = record.key;
            memcpy(iv, record.iv.data, BLOCK);
            memcpy(in, first->data, BLOCK);
        }
        if (memcmp(key.data, record.key.data, key.length) ||
            memcmp(iv, record.iv.data, BLOCK) ||
            memcmp(in, first->data, BLOCK)) {
            ktap_fail("record %u: the round before led elsewhere", n);
        }
        cbc_round(f, n + 1, record.decrypt, &key, iv, in, out);
        if (memcmp(out, last->data, BLOCK)) {
            ktap_fail("record %u: wrong result", n);
        }
    }
    return n;
}

void test_monte_carlo_cbc(const void *arg)
{
    const struct file_case *c = arg;
    FILE *file = open_vectors(c);
    struct fixture f;

    if (!file) {
        return;
    }
    if (start_backend(&f, c->backend, c->alg)) {
        EXPECT_EQ(cbc_file(&f, file), c->records);
        fixture_destroy(&f);
    }
    fclose(file);
}

/*
 * ECB: the first answers of the Monte Carlo tests that came with the Rijndael
 * submission: 10000 times one block, from zeros, with a key of zeros.
 */
struct ecb_case {
    const struct pce_backend *backend;
    size_t key_length;
    bool decrypt;
    const char *answer;
};

static const struct ecb_case ecb_cases[] = {
    { .key_length = 16, .answer = "c34c052cc0da8d73451afe5f03be297f" },
    { .key_length = 24, .answer = "f3f6752ae8d7831138f041560631b114" },
    { .key_length = 32, .answer = "8b79eecc93a0ee5dff30b4ea21636da4" },
    { .key_length = 16, .decrypt = true,
      .answer = "44416ac2d1f53c583303917e6be9ebe0" },
    { .key_length = 24, .decrypt = true,
      .answer = "48e31e9e256718f29229319c19f15ba4" },
    { .key_length = 32, .decrypt = true,
      .answer = "058ccffdbbcb382d1f6f56585d8a4ade" },
};

static void test_monte_carlo_ecb(const void *arg)
{
    static const uint8_t zeros[32];
    static struct field answer;
    const struct ecb_case *c = arg;
    uint8_t block[BLOCK] = { 0 };
    struct fixture f;

    if (!start_backend(&f, c->backend, PCE_ALG_AES_ECB)) {
        return;
    }
    fixture_context(&f, 0, 1, PCE_ALG_AES_ECB, zeros, c->key_length);
    for (int i = 0; i < 10000; i++) {
        crypt_block(&f, 1, c->decrypt, zeros, block, block);
    }
    parse_hex(c->answer, &answer);
    EXPECT(!memcmp(block, answer.data, BLOCK));
    fixture_destroy(&f);
}

void add_monte_carlo_ecb(const struct pce_backend *backend)
{
    for (size_t i = 0; i < sizeof(ecb_cases) / sizeof(*ecb_cases); i++) {
        struct ecb_case *c = malloc(sizeof(*c));

        *c = ecb_cases[i];
        c->backend = backend;
        ktap_add(test_monte_carlo_ecb, c, "%s: ECB Monte Carlo %zu %s",
                 backend->name, 8 * c->key_length,
                 c->decrypt ? "decrypt" : "encrypt");
    }
}

/* --- Hashes -------------------------------------------------------------- */

static void digest(struct fixture *f, unsigned int alg, const uint8_t *message,
                   size_t length, uint8_t *out)
{
    struct pce_sqe sqe = {
        .opcode = PCE_OP_HASH,
        .src = htole64(DATA),
        .dst = htole64(STATE),
        .length = htole32(length),
        .auth_length = digest_length(alg),
        .op_flags = htole16(PCE_HASH_FIRST | PCE_HASH_LAST | alg << 8),
    };

    memcpy(memory_at(&f->mem, DATA), message, length);
    execute(f, &sqe);
    memcpy(out, memory_at(&f->mem, STATE), digest_length(alg));
}

/*
 * SHAVS 6.4: 1000 times the digest of the three digests before, of which the
 * first are the seed.  SHA3VS 6.2.3: of the one before.
 */
static void hash_round(struct fixture *f, unsigned int alg, uint8_t *seed)
{
    size_t n = digest_length(alg);
    unsigned int before = alg >= PCE_ALG_SHA3_224 ? 1 : 3;
    uint8_t message[3 * MAX_DIGEST];

    for (unsigned int i = 0; i < before; i++) {
        memcpy(message + n * i, seed, n);
    }
    for (int j = 0; j < 1000; j++) {
        digest(f, alg, message, n * before, seed);
        memmove(message, message + n, n * (before - 1));
        memcpy(message + n * (before - 1), seed, n);
    }
}

static unsigned int hash_file(struct fixture *f, unsigned int alg, FILE *file)
{
    static struct record record;
    uint8_t seed[MAX_DIGEST];
    unsigned int n = 0;

    record_init(&record);
    for (; record_read(file, &record); n++) {
        if (n == 0) {
            memcpy(seed, record.seed.data, digest_length(alg));
        }
        hash_round(f, alg, seed);
        if (memcmp(seed, record.tag.data, record.tag.length)) {
            ktap_fail("record %u: wrong digest", n);
        }
    }
    return n;
}

void test_monte_carlo_hash(const void *arg)
{
    const struct file_case *c = arg;
    FILE *file = open_vectors(c);
    struct fixture f;

    if (!file) {
        return;
    }
    if (start_backend(&f, c->backend, c->alg)) {
        EXPECT_EQ(hash_file(&f, c->alg, file), c->records);
        fixture_destroy(&f);
    }
    fclose(file);
}
