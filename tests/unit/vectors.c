/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every cipher backend against the test vectors of NIST's Cryptographic
 * Algorithm Validation Program: known answers, multi-block messages, Monte
 * Carlo.
 *
 * vectors DIRECTORY: the directory has ECB, CBC, CTR and XTS below it, which
 * have the response files.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "fixture.h"
#include "ktap.h"

#define MAX_BYTES 1024

struct bytes {
    uint8_t data[MAX_BYTES];
    size_t length;
};

/* One record of a response file */
struct record {
    bool decrypt;
    unsigned int bits;              /* 0: the file does not say */
    struct bytes key, iv, plain, cipher;
};

struct file_case {
    const struct pce_backend *backend;
    const char *directory;
    const char *name;               /* without .rsp, or .txt */
    unsigned int alg;
    bool monte_carlo;
    unsigned int records;           /* what the file must hold */
};

/* --- Response files ------------------------------------------------------ */

static void parse_hex(const char *text, struct bytes *out)
{
    unsigned int byte;

    for (out->length = 0; out->length < MAX_BYTES &&
         sscanf(text + 2 * out->length, "%2x", &byte) == 1; out->length++) {
        out->data[out->length] = byte;
    }
}

/* XTS: the number of the data unit is a little-endian tweak */
static void parse_sequence_number(const char *text, struct bytes *out)
{
    unsigned long long number = strtoull(text, NULL, 10);

    out->length = PCE_SQE_IV_SIZE;
    for (size_t i = 0; i < out->length; i++) {
        out->data[i] = i < sizeof(number) ? number >> 8 * i : 0;
    }
}

static void parse_field(const char *name, const char *value,
                        struct record *record)
{
    if (!strcasecmp(name, "KEY")) {
        parse_hex(value, &record->key);
    } else if (!strcmp(name, "IV") || !strcmp(name, "i")) {
        parse_hex(value, &record->iv);
    } else if (!strcmp(name, "PLAINTEXT") || !strcmp(name, "PT")) {
        parse_hex(value, &record->plain);
    } else if (!strcmp(name, "CIPHERTEXT") || !strcmp(name, "CT")) {
        parse_hex(value, &record->cipher);
    } else if (!strcmp(name, "DataUnitSeqNumber")) {
        parse_sequence_number(value, &record->iv);
    } else if (!strcmp(name, "DataUnitLen")) {
        record->bits = atoi(value);
    } else if (strcmp(name, "COUNT")) {
        ktap_fail("unknown field %s", name);
    }
}

/* False at the end of the file */
static bool read_record(FILE *file, struct record *record)
{
    bool decrypt = record->decrypt;
    char line[4 * MAX_BYTES], name[32], value[4 * MAX_BYTES];

    memset(record, 0, sizeof(*record));
    record->decrypt = decrypt;
    while (fgets(line, sizeof(line), file)) {
        if (*line == '[') {
            record->decrypt = !strncmp(line, "[DECRYPT]", 9);
        } else if (sscanf(line, "%31s = %4095s", name, value) == 2 &&
                   *line != '#') {
            parse_field(name, value, record);
        } else if (isspace((unsigned char)*line) && record->key.length) {
            return true;
        }
    }
    return record->key.length;
}

static FILE *open_file(const struct file_case *c)
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

/* --- Known answers ------------------------------------------------------- */

static void check_way(const struct file_case *c, const struct record *record,
                      unsigned int n, bool decrypt)
{
    const struct bytes *in = decrypt ? &record->cipher : &record->plain;
    const struct bytes *out = decrypt ? &record->plain : &record->cipher;
    void *key = c->backend->key_new(c->alg, record->key.data,
                                    record->key.length);
    uint8_t seen[MAX_BYTES];

    if (!key) {
        ktap_fail("record %u: key refused", n);
        return;
    }
    if (c->backend->cipher(key, decrypt, record->iv.data, in->data, seen,
                           in->length) ||
        memcmp(seen, out->data, out->length)) {
        ktap_fail("record %u: wrong %s", n, decrypt ? "plaintext"
                                                    : "ciphertext");
    }
    /* And in place */
    memcpy(seen, in->data, in->length);
    if (c->backend->cipher(key, decrypt, record->iv.data, seen, seen,
                           in->length) ||
        memcmp(seen, out->data, out->length)) {
        ktap_fail("record %u: wrong %s in place", n, decrypt ? "plaintext"
                                                             : "ciphertext");
    }
    c->backend->key_free(key);
}

static void test_known_answers(const void *arg)
{
    const struct file_case *c = arg;
    struct record record = { 0 };
    unsigned int n = 0, odd = 0;
    FILE *file = open_file(c);

    if (!file) {
        return;
    }
    for (; read_record(file, &record); n++) {
        if (record.bits % 8) {
            odd++;
            continue;
        }
        EXPECT_EQ(record.plain.length, record.cipher.length);
        check_way(c, &record, n, false);
        check_way(c, &record, n, true);
    }
    fclose(file);
    EXPECT_EQ(n, c->records);
    if (odd) {
        ktap_note("%u of %u data units are not whole bytes, left out", odd, n);
    }
}

/* --- Monte Carlo --------------------------------------------------------- */

/* The last two blocks of output change the key */
static void change_key(struct bytes *key, const uint8_t *last_two)
{
    const uint8_t *tail = last_two + 2 * BLOCK - key->length;

    for (size_t i = 0; i < key->length; i++) {
        key->data[i] ^= tail[i];
    }
}

/*
 * AESAVS 6.4.2, CBC: 1000 times one block, where the next input is the output
 * before the last.  iv and in become those of the next round.
 */
static void monte_carlo_cbc(const struct file_case *c, struct bytes *key,
                            bool decrypt, uint8_t *iv, uint8_t *in,
                            uint8_t *out)
{
    void *expanded = c->backend->key_new(c->alg, key->data, key->length);
    uint8_t last_two[2 * BLOCK], chain[BLOCK], next_in[BLOCK];

    memcpy(chain, iv, BLOCK);
    memcpy(last_two + BLOCK, iv, BLOCK);
    for (int j = 0; j < 1000; j++) {
        c->backend->cipher(expanded, decrypt, chain, in, out, BLOCK);
        memcpy(chain, decrypt ? in : out, BLOCK);
        memcpy(next_in, last_two + BLOCK, BLOCK);
        memcpy(last_two, last_two + BLOCK, BLOCK);
        memcpy(last_two + BLOCK, out, BLOCK);
        memcpy(in, next_in, BLOCK);
    }
    c->backend->key_free(expanded);
    change_key(key, last_two);
    memcpy(iv, out, BLOCK);
}

/*
 * The records of a section are the rounds of one run: key, IV and input of each
 * follow from the one before.
 */
static void test_monte_carlo(const void *arg)
{
    const struct file_case *c = arg;
    struct record record = { 0 };
    struct bytes key = { 0 };
    uint8_t iv[BLOCK], in[BLOCK], out[BLOCK];
    FILE *file = open_file(c);
    int section = -1;
    unsigned int n = 0;

    if (!file) {
        return;
    }
    for (; read_record(file, &record); n++) {
        const struct bytes *first = record.decrypt ? &record.cipher
                                                   : &record.plain;
        const struct bytes *last = record.decrypt ? &record.plain
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
        monte_carlo_cbc(c, &key, record.decrypt, iv, in, out);
        if (memcmp(out, last->data, BLOCK)) {
            ktap_fail("record %u: wrong result", n);
        }
    }
    fclose(file);
    EXPECT_EQ(n, c->records);
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
    const struct ecb_case *c = arg;
    uint8_t zeros[32] = { 0 }, block[BLOCK] = { 0 };
    void *key = c->backend->key_new(PCE_ALG_AES_ECB, zeros, c->key_length);
    struct bytes answer;

    for (int i = 0; i < 10000; i++) {
        c->backend->cipher(key, c->decrypt, zeros, block, block, BLOCK);
    }
    c->backend->key_free(key);
    parse_hex(c->answer, &answer);
    EXPECT(!memcmp(block, answer.data, BLOCK));
}

/* --- The list ------------------------------------------------------------ */

static const struct file_case files[] = {
#define KAT(mode, kind, n128, n192, n256)                                   \
    { .name = #mode "/" #mode #kind "128.rsp", .alg = PCE_ALG_AES_##mode,   \
      .records = n128 },                                                    \
    { .name = #mode "/" #mode #kind "192.rsp", .alg = PCE_ALG_AES_##mode,   \
      .records = n192 },                                                    \
    { .name = #mode "/" #mode #kind "256.rsp", .alg = PCE_ALG_AES_##mode,   \
      .records = n256 }
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
    { .name = "CBC/CBCMCT" #size ".rsp", .alg = PCE_ALG_AES_CBC,            \
      .records = 200, .monte_carlo = true }
    MCT(128), MCT(192), MCT(256),
#undef MCT
    /* RFC 3686 and SP 800-38A */
    { .name = "CTR/aes-128-ctr.txt", .alg = PCE_ALG_AES_CTR, .records = 3 },
    { .name = "CTR/aes-192-ctr.txt", .alg = PCE_ALG_AES_CTR, .records = 3 },
    { .name = "CTR/aes-256-ctr.txt", .alg = PCE_ALG_AES_CTR, .records = 3 },
#define XTS(tweak, size)                                                    \
    { .name = "XTS/tweak-" tweak "/XTSGenAES" #size ".rsp",                 \
      .alg = PCE_ALG_AES_XTS, .records = 1000 }
    XTS("128hexstr", 128), XTS("128hexstr", 256),
    XTS("dataunitseqno", 128), XTS("dataunitseqno", 256),
#undef XTS
};

static void add_backend(const struct pce_backend *backend,
                        const char *directory)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        struct file_case *c = malloc(sizeof(*c));

        *c = files[i];
        c->backend = backend;
        c->directory = directory;
        ktap_add(c->monte_carlo ? test_monte_carlo : test_known_answers, c,
                 "%s: %s (%u vectors)", backend->name, c->name, c->records);
    }
    for (size_t i = 0; i < sizeof(ecb_cases) / sizeof(*ecb_cases); i++) {
        struct ecb_case *c = malloc(sizeof(*c));

        *c = ecb_cases[i];
        c->backend = backend;
        ktap_add(test_monte_carlo_ecb, c, "%s: ECB Monte Carlo %zu %s",
                 backend->name, 8 * c->key_length,
                 c->decrypt ? "decrypt" : "encrypt");
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    for (int i = 0; pce_backends[i]; i++) {
        if (!pce_backend_find(pce_backends[i]->name)) {
            fprintf(stderr, "no backend %s\n", pce_backends[i]->name);
            return 2;
        }
        add_backend(pce_backends[i], argv[1]);
    }
    return ktap_run();
}
