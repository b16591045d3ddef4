/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests with random scatter-gather lists through the executor have the same
 * result as one flat call of the backend, and touch nothing else.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "layout.h"

#define MAX_LENGTH 65600

/* Two lists of segments, with gaps and excess, have room */
#define DATA_SIZE (1 << 20)

struct params {
    const struct pce_backend *backend;
    unsigned int alg;
    unsigned int key_size;
    bool decrypt;
};

/* --- One request --------------------------------------------------------- */

/* iv is what it begins with */
static struct pce_sqe make_sqe(struct fixture *f, const struct params *p,
                               const struct layout *src,
                               const struct layout *dst,
                               enum placement placement, uint32_t length,
                               uint8_t *iv)
{
    struct pce_sqe sqe = cipher_sqe(0, 1, 0, 0, length);

    sqe.flags = p->decrypt ? PCE_SQE_DECRYPT : 0;
    layout_entry(f, &sqe, src, dst, placement, length, length);
    random_bytes(iv, PCE_INDIRECT_IV_SIZE);
    if (random_below(4) == 0) {
        /* The counter wraps soon: it is at the end, or as ChaCha has it */
        memset(iv, 0xff, PCE_SQE_IV_SIZE - random_below(2));
        iv[0] -= random_below(20);
        memcpy(iv + 24, iv, 4);
    }
    set_iv(f, &sqe, p->alg, iv);
    return sqe;
}

static void one_request(struct fixture *f, const struct params *p,
                        const uint8_t *key, uint8_t *image, uint32_t length)
{
    static uint8_t in[MAX_LENGTH], out[MAX_LENGTH];
    static struct layout src, dst;
    enum placement placement = random_below(PLACEMENTS);
    uint8_t iv[PCE_INDIRECT_IV_SIZE];
    struct pce_sqe sqe;
    struct pce_cqe cqe;

    layout_pair(&src, &dst, placement, length, length);
    memory_random(&f->mem);
    sqe = make_sqe(f, p, &src, &dst, placement, length, iv);

    /* What memory is to look like afterwards */
    memcpy(image, f->mem.ram, f->mem.size);
    layout_copy_out(image, &src, in, length);
    reference(p->backend, p->alg, key, alg_key_length(p->alg, p->key_size),
              p->decrypt, iv, in, out, length);
    layout_copy_in(image, &dst, out, length);
    f->mem.written = 0;

    EXPECT_EQ(pce_execute(f->ex, &sqe, &cqe), PCE_STATUS_OK);
    EXPECT_EQ(le32toh(cqe.length), length);
    EXPECT_EQ(cqe.detail, 0);
    EXPECT_EQ(cqe.index, 0);
    EXPECT_EQ(le32toh(cqe.ctrl), TAG);
    EXPECT(!memcmp(cqe.result, iv, sizeof(cqe.result)));
    EXPECT(!memcmp(f->mem.ram, image, f->mem.size));
    EXPECT_EQ(f->mem.mapped, 0);
    EXPECT_EQ(f->mem.written, length);
    if (ktap_failed()) {
        ktap_fail("length %u, %u and %u segments, placement %d, max_map %llu",
                  length, src.count, dst.count, placement,
                  (unsigned long long)f->mem.max_map);
    }
}

/* --- Cases --------------------------------------------------------------- */

static unsigned int run_lengths(struct fixture *f, const struct params *p,
                                const uint8_t *key, uint8_t *image,
                                uint32_t from, uint32_t to, int repeat)
{
    unsigned int requests = 0;

    for (uint32_t length = from; length <= to; length++) {
        for (int i = 0; length_fits(p->alg, length) && i < repeat; i++) {
            one_request(f, p, key, image, length);
            requests++;
        }
    }
    return requests;
}

static void test_scatter(const void *arg)
{
    const struct params *p = arg;
    size_t key_length = alg_key_length(p->alg, p->key_size);
    /* Lengths are rarer where they are multiples of a block */
    int repeat = length_fits(p->alg, 1) || length_fits(p->alg, 17) ? 1 : 6;
    uint8_t key[PCE_CONTEXT_KEY_SIZE];
    uint8_t *image;
    unsigned int requests;
    struct fixture f;

    fixture_init(&f, p->backend, DATA_SIZE);
    fixture_start(&f);
    image = malloc(f.mem.size);
    random_bytes(f.mem.ram + DATA_OFFSET, DATA_SIZE);
    random_bytes(key, sizeof(key));
    fixture_context(&f, 0, 1, p->alg, key, key_length);

    requests = run_lengths(&f, p, key, image, 0, 300, repeat);
    requests += run_lengths(&f, p, key, image, 4096 - 17, 4096 + 17, repeat);
    requests += run_lengths(&f, p, key, image, 65536 - 17, 65536 + 17, repeat);

    EXPECT_EQ(pce_executor_stats(f.ex)->requests, requests);
    EXPECT_EQ(pce_executor_stats(f.ex)->errors, 0);
    EXPECT_EQ(pce_executor_stats(f.ex)->key_misses, 1);
    ktap_note("%u requests", requests);
    free(image);
    fixture_destroy(&f);
}

static void add_cases(const struct pce_backend *backend, unsigned int alg)
{
    const struct pce_alg_desc *desc = pce_alg_find(alg);

    for (unsigned int i = 0; i < 6; i++) {
        struct params *p;

        if (!alg_has_key(alg, i / 2)) {
            continue;
        }
        p = malloc(sizeof(*p));
        *p = (struct params) {
            .backend = backend,
            .alg = alg,
            .key_size = i / 2,
            .decrypt = i % 2,
        };
        ktap_add(test_scatter, p, "%s: %s %zu %s", backend->name, desc->name,
                 8 * alg_key_length(alg, p->key_size),
                 p->decrypt ? "decrypt" : "encrypt");
    }
}

static void add_backend(const struct pce_backend *backend)
{
    struct pce_backend_set set;

    pce_backend_use(&set, backend);
    for (unsigned int alg = PCE_ALG_AES_ECB; alg <= PCE_ALG_XCHACHA12; alg++) {
        if (pce_alg_info(&set, alg)) {
            add_cases(backend, alg);
        }
    }
}

int main(void)
{
    random_seed();
    for (int i = 0; pce_backends[i]; i++) {
        add_backend(pce_backend_find(pce_backends[i]->name));
    }
    return ktap_run();
}
