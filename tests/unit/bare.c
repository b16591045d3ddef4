/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bare library on the host, one thread, one message after the other: the
 * limit of what the device could do with it.  The buffers are allocated as QEMU
 * allocates a guest's memory, source and destination apart, as the load
 * generator in the guest has them (tests/modules/load), and every message has an
 * IV of its own.
 *
 * bare versions
 * bare ALGORITHM encrypt|decrypt|digest SIZE SECONDS
 *      [BUFFERS [KEY-LENGTH [BACKEND]]]
 *
 * ALGORITHM is a name of the specification, as the device's property "algs" has
 * it; KEY-LENGTH 0 stands for the shortest.  BACKEND is what the device's property
 * "backend" takes.  Prints a line of JSON.
 */
#include <gcrypt.h>
#include <nettle/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <time.h>

#include "alg.h"

#define HUGE_PAGE (2u << 20)
#define PAGE 4096u
#define AAD 16
#define TAG 16
#define BATCH_BYTES (256u << 10)    /* between two looks at the clock */

struct job {
    const struct pce_backend *backend;
    unsigned int alg;
    const struct pce_alg_desc *desc;
    const char *op;
    bool decrypt;
    void *handle;                   /* the backend's */
    size_t size;
    uint8_t *src;
    uint8_t *dst;
    size_t stride;
    unsigned int buffers;
};

static void die(const char *what, const char *which)
{
    fprintf(stderr, "bare: %s: %s\n", what, which);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* Anonymous memory in huge pages, as QEMU's qemu_anon_ram_alloc() */
static uint8_t *allocate(size_t bytes)
{
    uint8_t *memory = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        die("no memory", "mmap");
    }
    memory += -(uintptr_t)memory % HUGE_PAGE;
    madvise(memory, bytes, MADV_HUGEPAGE);  /* where the kernel has them */
    memset(memory, 0x5a, bytes);
    return memory;
}

static unsigned int find_algorithm(const char *name)
{
    for (unsigned int alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
        const struct pce_alg_desc *desc = pce_alg_find(alg);

        if (desc && !strcasecmp(desc->name, name)) {
            return alg;
        }
    }
    die("no such algorithm", name);
    return 0;
}

static unsigned int shortest_key(const struct pce_alg_desc *desc, uint32_t info)
{
    for (unsigned int length = 1; length <= PCE_CONTEXT_KEY_SIZE; length++) {
        if (pce_alg_key_bit(desc, length) & info) {
            return length;
        }
    }
    return 0;
}

static bool is_hash(const struct job *job)
{
    return job->desc->opcode == PCE_OP_HASH || job->desc->opcode == PCE_OP_MAC;
}

static void run(const struct job *job, size_t offset, const uint8_t *iv)
{
    static const uint8_t aad[AAD];
    const struct pce_backend *b = job->backend;
    const uint8_t *src = job->src + offset;
    uint8_t *dst = job->dst + offset;
    uint8_t digest[PCE_HASH_DIGEST_SIZE];
    int failed = 0;

    if (is_hash(job)) {
        b->hash_begin(job->handle);
        b->hash_update(job->handle, src, job->size);
        b->hash_final(job->handle, digest);
    } else if (job->desc->opcode == PCE_OP_AEAD) {
        failed = b->aead_begin(job->handle, job->decrypt, iv, aad, AAD,
                               job->size, TAG) ||
                 b->aead_crypt(job->handle, job->decrypt, src, dst,
                               job->size) ||
                 b->aead_tag(job->handle, digest, TAG);
    } else {
        failed = b->cipher(job->handle, job->decrypt, iv, src, dst, job->size);
    }
    if (failed) {
        die("the library refused a message", job->desc->name);
    }
}

static void measure(const struct job *job, double budget)
{
    unsigned int batch = BATCH_BYTES / job->size + 1;
    uint64_t iv[PCE_SQE_IV_SIZE / sizeof(uint64_t)] = { 1 };
    double start = now(), end;
    uint64_t ops = 0;

    do {
        for (unsigned int i = 0; i < batch; i++, ops++) {
            iv[0]++;
            run(job, ops % job->buffers * job->stride, (const uint8_t *)iv);
        }
        end = now();
    } while (end - start < budget);
    printf("{\"op\": \"%s\", \"size\": %zu, \"ops\": %llu, \"bytes\": %llu, "
           "\"seconds\": %.6f, \"backend\": \"%s\"}\n",
           job->op, job->size,
           (unsigned long long)ops, (unsigned long long)ops * job->size,
           end - start, job->backend->name);
}

static void make_handle(struct job *job, unsigned int key_length)
{
    static const uint8_t key[PCE_CONTEXT_KEY_SIZE] =
        "It is said that keys are all alike, but XTS wants two different";
    uint32_t info = job->backend->alg_info(job->alg);

    if (!key_length) {
        key_length = shortest_key(job->desc, info);
    } else if (!(pce_alg_key_bit(job->desc, key_length) & info)) {
        die("no key of this length", job->desc->name);
    }
    job->handle = (is_hash(job) ? job->backend->hash_new
                                : job->backend->key_new)(job->alg, key,
                                                         key_length);
    if (!job->handle) {
        die("no key", job->desc->name);
    }
}

int main(int argc, char **argv)
{
    struct pce_backend_set set;
    struct job job = { 0 };

    if (argc == 2 && !strcmp(argv[1], "versions")) {
        printf("{\"libgcrypt\": \"%s\", \"libnettle\": \"%d.%d\"}\n",
               gcry_check_version(NULL), nettle_version_major(),
               nettle_version_minor());
        return 0;
    }
    if (argc < 5 || argc > 8) {
        fputs("usage: bare versions | bare ALGORITHM encrypt|decrypt|digest "
              "SIZE SECONDS [BUFFERS [KEY-LENGTH [BACKEND]]]\n", stderr);
        return 2;
    }
    if (!pce_backend_select(&set, argc > 7 ? argv[7] : "auto")) {
        die("no such backend", argc > 7 ? argv[7] : "auto");
    }
    job.alg = find_algorithm(argv[1]);
    job.desc = pce_alg_find(job.alg);
    job.backend = set.algs[job.alg];
    if (!job.backend) {
        die("not one call of a library", argv[1]);
    }
    job.op = argv[2];
    job.decrypt = !strcmp(job.op, "decrypt");
    if (strcmp(job.op, is_hash(&job) ? "digest" : "encrypt") &&
        (is_hash(&job) || !job.decrypt)) {
        die("no such operation", job.op);
    }
    job.size = strtoul(argv[3], NULL, 0);
    job.buffers = argc > 5 ? strtoul(argv[5], NULL, 0) : 1;
    if (!job.size || !job.buffers) {
        die("not a number above 0", argv[!job.size ? 3 : 5]);
    }
    make_handle(&job, argc > 6 ? strtoul(argv[6], NULL, 0) : 0);
    job.stride = (job.size + PAGE - 1) / PAGE * PAGE;
    job.src = allocate(job.stride * job.buffers);
    job.dst = allocate(job.stride * job.buffers);
    measure(&job, strtod(argv[4], NULL));
    return 0;
}
