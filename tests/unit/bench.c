/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a request costs in the executor, beside what the cipher alone costs.
 * Memory is an array here: mapping it is next to free.
 *
 * Then how much faster requests are that are executed at once: the same ones in
 * turns one after the other and together.
 *
 * bench [MILLISECONDS]: per line of the first table
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture.h"

#define SRC DATA
#define DST (DATA + 0x10000)
#define DATA_SIZE 0x20000

struct line {
    const char *name;
    unsigned int alg;
    bool decrypt;
    unsigned int segments;          /* 0: no table */
};

static const struct line lines[] = {
    { "cbc enc, in place", PCE_ALG_AES_CBC, false, 0 },
    { "cbc dec, in place", PCE_ALG_AES_CBC, true, 0 },
    { "ctr, in place", PCE_ALG_AES_CTR, false, 0 },
    { "xts enc, in place", PCE_ALG_AES_XTS, false, 0 },
    { "ctr, 4 segments", PCE_ALG_AES_CTR, false, 4 },
    { "xts enc, 4 segments", PCE_ALG_AES_XTS, false, 4 },
    { "cts enc, in place", PCE_ALG_AES_CBC_CTS, false, 0 },
    { "lrw enc, in place", PCE_ALG_AES_LRW, false, 0 },
    { "essiv enc, in place", PCE_ALG_AES_ESSIV, false, 0 },
    { "chacha20, in place", PCE_ALG_CHACHA20, false, 0 },
    { "xchacha20, in place", PCE_ALG_XCHACHA20, false, 0 },
    { "xchacha12, in place", PCE_ALG_XCHACHA12, false, 0 },
    { "gcm seal, in place", PCE_ALG_AES_GCM, false, 0 },
    { "gcm unseal, in place", PCE_ALG_AES_GCM, true, 0 },
    { "ccm seal, in place", PCE_ALG_AES_CCM, false, 0 },
    { "chacha20-poly1305 seal, in place", PCE_ALG_CHACHA20_POLY1305, false, 0 },
    { "authenc cbc, sha256 seal, in place", PCE_ALG_AUTHENC_AES_CBC, false, 0 },
    { "authenc cbc, sha256 unseal, in place", PCE_ALG_AUTHENC_AES_CBC, true,
      0 },
};

static const uint32_t sizes[] = { 16, 64, 256, 1024, 4096 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static bool is_aead(const struct line *line)
{
    return pce_alg_find(line->alg)->opcode == PCE_OP_AEAD;
}

static void make_context(struct fixture *f, const struct line *line)
{
    struct pce_context *ctx = memory_at(&f->mem, CONTEXT(0));
    uint8_t key[PCE_CONTEXT_KEY_SIZE] = { 1 };

    fixture_context(f, 0, 1, line->alg, key, alg_key_length(line->alg, 0));
    if (pce_alg_find(line->alg)->auth_alg) {
        ctx->auth_alg = PCE_ALG_HMAC_SHA256;
        ctx->auth_key_length = 32;
    }
}

/* Of IPsec's size: associated data of 8 bytes, a tag of 16 */
static void make_aead(struct fixture *f, const struct line *line,
                      struct pce_sqe *sqe)
{
    struct pce_cqe cqe;

    sqe->opcode = PCE_OP_AEAD;
    sqe->aad_length = htole32(8);
    sqe->auth_length = 16;
    if (line->alg == PCE_ALG_AES_CCM) {
        sqe->iv[0] = 3;
    }
    if (line->decrypt) {
        /* The same message again and again, to another place */
        sqe->flags = 0;
        pce_execute(f->ex, sqe, &cqe);
        sqe->flags = PCE_SQE_DECRYPT;
        sqe->dst = htole64(DST);
    }
}

static struct pce_sqe make_sqe(struct fixture *f, const struct line *line,
                               uint32_t size)
{
    struct pce_sqe sqe = cipher_sqe(0, 1, SRC, SRC, size);

    static const uint8_t iv[PCE_INDIRECT_IV_SIZE];

    sqe.flags = line->decrypt ? PCE_SQE_DECRYPT : 0;
    set_iv(f, &sqe, line->alg, iv);
    if (is_aead(line)) {
        make_aead(f, line, &sqe);
    }
    if (line->segments) {
        /* Apart, and not in whole blocks */
        for (unsigned int i = 0; i < line->segments; i++) {
            set_segment(f, SRC_TABLE, i, SRC + 8000 * i,
                        size / line->segments + (i & 1 ? -3 : 3));
        }
        sqe.src = htole64(SRC_TABLE);
        sqe.dst = htole64(DST);
        sqe.src_segments = htole16(line->segments);
        sqe.flags |= PCE_SQE_SRC_TABLE;
    }
    return sqe;
}

static double cost(struct fixture *f, const struct line *line, uint32_t size,
                   double budget)
{
    struct pce_sqe sqe = make_sqe(f, line, size);
    struct pce_cqe cqe;
    double start = now(), end;
    uint64_t n = 0;

    do {
        for (int i = 0; i < 100; i++, n++) {
            if (pce_execute(f->ex, &sqe, &cqe)) {
                fprintf(stderr, "%s: request failed\n", line->name);
                exit(1);
            }
        }
        end = now();
    } while (end - start < budget);
    return (end - start) / n;
}

static double bare_cost(struct fixture *f, const struct line *line,
                        uint32_t size, double budget)
{
    const struct pce_backend *backend = f->backends.algs[line->alg];
    uint8_t key[64] = { 1 }, iv[16] = { 0 };
    void *expanded = backend->key_new(line->alg, key,
                                      alg_key_length(line->alg, 0));
    uint8_t *data = memory_at(&f->mem, SRC);
    double start = now(), end;
    uint64_t n = 0;

    do {
        for (int i = 0; i < 100; i++, n++) {
            backend->cipher(expanded, line->decrypt, iv, data, data, size);
        }
        end = now();
    } while (end - start < budget);
    backend->key_free(expanded);
    return (end - start) / n;
}

/* --- Several requests at once -------------------------------------------- */

#define PLACE 0x10000               /* of each request */
#define TURN 200000                 /* nanoseconds, or one batch */
#define ROUNDS 41

static const uint32_t batch_sizes[] = { 64, 256, 1024, 4096, 16384, 65536 };
static const unsigned int batches[] = { 1, 2, 4, 8, 16, 32 };

static double one_by_one(struct fixture *f, struct pce_sqe *sqes,
                         unsigned int n)
{
    struct pce_cqe cqe;
    double start = now();

    for (unsigned int i = 0; i < n; i++) {
        pce_execute(f->ex, &sqes[i], &cqe);
    }
    return now() - start;
}

static double at_once(struct fixture *f, struct pce_sqe *sqes, unsigned int n)
{
    struct pce_cqe cqes[PCE_BATCH_MAX];
    double start = now();

    for (unsigned int i = 0; i < n; i++) {
        pce_execute_begin(f->ex, &sqes[i], &cqes[i], i + 1 < n);
    }
    pce_execute_end(f->ex);
    return now() - start;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median of the ratios of turns */
static double gain(struct fixture *f, uint32_t size, unsigned int n)
{
    struct pce_sqe sqes[PCE_BATCH_MAX];
    double ratios[ROUNDS];
    unsigned int repeat;

    for (unsigned int i = 0; i < n; i++) {
        sqes[i] = cipher_sqe(0, 1, DATA + PLACE * i, DATA + PLACE * i, size);
    }
    repeat = 1 + TURN / one_by_one(f, sqes, n);
    for (unsigned int round = 0; round < ROUNDS; round++) {
        double alone = 0, together = 0;

        for (unsigned int i = 0; i < repeat; i++) {
            alone += one_by_one(f, sqes, n);
        }
        for (unsigned int i = 0; i < repeat; i++) {
            together += at_once(f, sqes, n);
        }
        ratios[round] = alone / together;
    }
    qsort(ratios, ROUNDS, sizeof(*ratios), compare);
    return ratios[ROUNDS / 2];
}

static void measure_batches(unsigned int alg)
{
    uint8_t key[16] = { 1 };
    struct fixture f;

    fixture_init(&f, pce_backend_find(NULL), (uint64_t)PLACE * PCE_BATCH_MAX);
    fixture_backends(&f, "auto");
    fixture_start(&f);
    fixture_context(&f, 0, 1, alg, key, sizeof(key));
    for (size_t s = 0; s < sizeof(batch_sizes) / sizeof(*batch_sizes); s++) {
        printf("%-14s %6u bytes", pce_alg_find(alg)->name, batch_sizes[s]);
        for (size_t i = 0; i < sizeof(batches) / sizeof(*batches); i++) {
            printf("%8.2f", gain(&f, batch_sizes[s], batches[i]));
        }
        puts("");
    }
    fixture_destroy(&f);
}

static void measure_all_batches(void)
{
    printf("\ntime one by one / at once  ");
    for (size_t i = 0; i < sizeof(batches) / sizeof(*batches); i++) {
        printf("%8u", batches[i]);
    }
    puts("");
    measure_batches(PCE_ALG_AES_CBC);
    measure_batches(PCE_ALG_AES_ESSIV);
}

static void measure_requests(double budget)
{
    const size_t n_sizes = sizeof(sizes) / sizeof(*sizes);

    printf("ns per request (cipher alone), %-18s", "AES-128");
    for (size_t i = 0; i < n_sizes; i++) {
        printf("%14u", sizes[i]);
    }
    puts("");
    for (size_t l = 0; l < sizeof(lines) / sizeof(*lines); l++) {
        struct fixture f;

        fixture_init(&f, pce_backend_find(NULL), DATA_SIZE);
        make_context(&f, &lines[l]);
        fixture_start(&f);
        printf("%-49s", lines[l].name);
        for (size_t i = 0; i < n_sizes; i++) {
            printf("%7.0f", cost(&f, &lines[l], sizes[i], budget));
            if (f.backends.algs[lines[l].alg] && !is_aead(&lines[l])) {
                printf(" (%4.0f)",
                       bare_cost(&f, &lines[l], sizes[i], budget));
            } else {
                printf(" (   -)");
            }
        }
        puts("");
        fixture_destroy(&f);
    }
}

int main(int argc, char **argv)
{
    measure_requests((argc > 1 ? atoi(argv[1]) : 50) * 1e6);
    measure_all_batches();
    return 0;
}
