/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast is each algorithm in each backend?  What the first one and another
 * serve is timed in turns, many short ones, so that a machine that is busy or
 * changes its clock does the same to both.
 *
 * backends [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alg.h"

#define TURN_NS 200000
#define MAX_ROUNDS 1000
#define MAX_SIZE 65536
#define AAD 16
#define TAG 16

static const size_t sizes[] = { 64, 1024, 16384, MAX_SIZE };

#define SIZES (sizeof(sizes) / sizeof(*sizes))

static uint8_t data[MAX_SIZE];

struct job {
    const struct pce_backend *backend;
    unsigned int alg;
    bool decrypt;
    bool is_hash;
    bool is_aead;
    void *handle;                   /* the backend's */
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static void run(const struct job *job, size_t size)
{
    static const uint8_t iv[16] = { 2 }, aad[AAD];
    const struct pce_backend *b = job->backend;
    uint8_t digest[PCE_HASH_DIGEST_SIZE];
    int failed = 0;

    if (job->is_hash) {
        b->hash_begin(job->handle);
        b->hash_update(job->handle, data, size);
        b->hash_final(job->handle, digest);
    } else if (job->is_aead) {
        failed = b->aead_begin(job->handle, job->decrypt, iv, aad, AAD, size,
                               TAG) ||
                 b->aead_crypt(job->handle, job->decrypt, data, data, size) ||
                 b->aead_tag(job->handle, digest, TAG);
    } else {
        failed = b->cipher(job->handle, job->decrypt, iv, data, data, size);
    }
    if (failed) {
        fprintf(stderr, "%s: algorithm %u failed\n", b->name, job->alg);
        exit(1);
    }
}

/* Nanoseconds of one message, in a turn of n */
static double turn(const struct job *job, size_t size, unsigned int n)
{
    double start = now();

    for (unsigned int i = 0; i < n; i++) {
        run(job, size);
    }
    return (now() - start) / n;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Of sorted numbers, at a part from 0 to 1 */
static double quantile(const double *sorted, unsigned int n, double part)
{
    return sorted[(unsigned int)(part * (n - 1) + 0.5)];
}

/* Prints the ratio: its median, and half of what lies between the quartiles */
static void compare_jobs(const struct job *a, const struct job *b,
                         size_t size, unsigned int rounds)
{
    static double ratios[MAX_ROUNDS];
    unsigned int n_a = TURN_NS / turn(a, size, 3) + 1;
    unsigned int n_b = TURN_NS / turn(b, size, 3) + 1;

    for (unsigned int i = 0; i < rounds; i++) {
        double time_a = turn(a, size, n_a);

        ratios[i] = time_a / turn(b, size, n_b);
    }
    qsort(ratios, rounds, sizeof(*ratios), compare);
    printf("   %5.2f ±%.2f", quantile(ratios, rounds, 0.5),
           quantile(ratios, rounds, 0.75) / 2 -
           quantile(ratios, rounds, 0.25) / 2);
}

static struct job make_job(const struct pce_backend *backend, unsigned int alg,
                           bool decrypt)
{
    static const uint8_t key[] = "It is said that keys are all alike, but XTS "
                                 "wants two different";
    uint32_t info = backend->alg_info(alg);
    size_t length = info & PCE_ALG_INFO_KEY_128 ? 16 :
                    info & PCE_ALG_INFO_KEY_192 ? 24 : 32;
    struct job job = {
        .backend = backend,
        .alg = alg,
        .decrypt = decrypt,
        .is_hash = alg >= PCE_ALG_SHA1,
        .is_aead = alg >= PCE_ALG_AES_GCM && alg < PCE_ALG_SHA1,
    };

    if (alg == PCE_ALG_AES_XTS || alg == PCE_ALG_SM4_XTS) {
        length *= 2;
    }
    job.handle = job.is_hash ? backend->hash_new(alg, key, 20)
                             : backend->key_new(alg, key, length);
    if (!job.handle) {
        fprintf(stderr, "%s: no key for algorithm %u\n", backend->name, alg);
        exit(1);
    }
    return job;
}

static void free_job(const struct job *job)
{
    (job->is_hash ? job->backend->hash_free
                  : job->backend->key_free)(job->handle);
}

static void measure(const struct pce_backend *backend, unsigned int alg,
                    bool decrypt, unsigned int rounds)
{
    struct job a = make_job(pce_backends[0], alg, decrypt);
    struct job b = make_job(backend, alg, decrypt);

    printf("%-18s %-7s", pce_alg_find(alg)->name, a.is_hash ? "" :
           decrypt ? "decrypt" : "encrypt");
    for (size_t i = 0; i < SIZES; i++) {
        compare_jobs(&a, &b, sizes[i], rounds);
    }
    puts("");
    free_job(&a);
    free_job(&b);
}

/* Against the first one, with all that both have */
static void measure_backend(const struct pce_backend *backend,
                            unsigned int rounds)
{
    printf("time with %s / time with %s, median of %u rounds, by bytes\n",
           pce_backends[0]->name, backend->name, rounds);
    printf("%-26s", "");
    for (size_t i = 0; i < SIZES; i++) {
        printf("   %11zu", sizes[i]);
    }
    puts("");
    for (unsigned int alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
        if (!pce_backends[0]->alg_info(alg) || !backend->alg_info(alg)) {
            continue;
        }
        measure(backend, alg, false, rounds);
        if (alg < PCE_ALG_SHA1) {
            measure(backend, alg, true, rounds);
        }
    }
}

int main(int argc, char **argv)
{
    unsigned int rounds = argc > 1 ? atoi(argv[1]) : 41;

    if (rounds < 1 || rounds > MAX_ROUNDS || !pce_backends[1] ||
        !pce_backends[0]->init()) {
        fputs("usage: backends [ROUNDS, 1 to 1000], with two backends\n",
              stderr);
        return 2;
    }
    for (unsigned int i = 1; pce_backends[i]; i++) {
        if (pce_backends[i]->init()) {
            measure_backend(pce_backends[i], rounds);
        }
    }
    return 0;
}
