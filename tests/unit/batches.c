/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests that wait and are executed at once give what each of them gives
 * alone: the same completions, the same memory.  Batches of random requests,
 * good ones and bad ones, of several algorithms and keys.
 *
 * The program is also built with the thread sanitizer.
 *
 * PCE_TEST_SEED repeats a run.
 */
#include <endian.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "ktap.h"

#define KEYS 12
#define PLACE 0x2000                /* of one request's data, each side */
#define DATA_SIZE (2 * PLACE * PCE_BATCH_MAX)
#define SRC(i) (DATA + 2 * PLACE * (i))
#define DST(i) (SRC(i) + PLACE)
#define TABLE(i) (SRC_TABLE + 64 * (i))
#define BAD_CONTEXT KEYS

/* The algorithms of the contexts, by turns: not all of them can wait */
static const uint8_t algs[] = {
    PCE_ALG_AES_CBC, PCE_ALG_AES_ESSIV, PCE_ALG_AES_CBC, PCE_ALG_AES_CTR,
    PCE_ALG_AES_CBC, PCE_ALG_AES_CBC_CTS,
};

/* The same requests one after the other, and in batches */
struct pair {
    struct fixture alone, batch;
};

struct requests {
    struct pce_sqe sqes[PCE_BATCH_MAX];
    struct pce_cqe cqes[PCE_BATCH_MAX];
    unsigned int count;
};

/* --- What the cases share ------------------------------------------------ */

static bool has_multibuffer(void)
{
    struct pce_backend_set set;

    return pce_backend_select(&set, "auto") &&
           set.multibuffer[PCE_ALG_AES_CBC];
}

static void open_fixture(struct fixture *f, uint64_t data_size)
{
    fixture_init(f, pce_backends[0], data_size);
    fixture_backends(f, "auto");
    fixture_start(f);
}

static void write_context(struct fixture *f, unsigned int n, uint32_t seed)
{
    unsigned int alg = algs[n % (sizeof(algs) / sizeof(*algs))];
    uint8_t key[PCE_CONTEXT_KEY_SIZE];

    memset(key, 0x5a, sizeof(key));
    memcpy(key, &seed, sizeof(seed));
    fixture_context(f, n, 1, alg, key, alg_key_length(alg, n / 6));
}

static void open_pair(struct pair *p)
{
    open_fixture(&p->alone, DATA_SIZE);
    for (unsigned int n = 0; n < KEYS; n++) {
        write_context(&p->alone, n, n);
    }
    memset(memory_at(&p->alone.mem, CONTEXT(BAD_CONTEXT)), 0xff,
           sizeof(struct pce_context));
    open_fixture(&p->batch, DATA_SIZE);
}

static void close_pair(struct pair *p)
{
    fixture_destroy(&p->alone);
    fixture_destroy(&p->batch);
}

static void same_memory(struct pair *p)
{
    memcpy(p->batch.mem.ram, p->alone.mem.ram, p->alone.mem.size);
}

/* All wait that can, as in a pass of the device */
static void run_batch(struct fixture *f, struct requests *r)
{
    for (unsigned int i = 0; i < r->count; i++) {
        pce_execute_begin(f->ex, &r->sqes[i], &r->cqes[i], true);
    }
    pce_execute_end(f->ex);
    EXPECT_EQ(f->mem.mapped, 0);
}

static void run_alone(struct fixture *f, struct requests *r)
{
    for (unsigned int i = 0; i < r->count; i++) {
        pce_execute(f->ex, &r->sqes[i], &r->cqes[i]);
    }
}

static void compare(struct pair *p, struct requests *r)
{
    struct pce_cqe alone[PCE_BATCH_MAX];

    same_memory(p);
    run_alone(&p->alone, r);
    memcpy(alone, r->cqes, sizeof(alone));
    run_batch(&p->batch, r);
    for (unsigned int i = 0; i < r->count; i++) {
        EXPECT(!memcmp(&alone[i], &r->cqes[i], sizeof(alone[i])));
    }
    EXPECT(!memcmp(p->alone.mem.ram, p->batch.mem.ram, p->alone.mem.size));
}

/* --- Random requests ----------------------------------------------------- */

/* Two segments that follow one another, and one mapping does, or do not */
static void use_table(struct fixture *f, struct pce_sqe *sqe, unsigned int i,
                      uint32_t length)
{
    uint32_t first = length / 2, gap = random_below(2) * 8;

    set_segment(f, TABLE(i), 0, SRC(i), first);
    set_segment(f, TABLE(i), 1, SRC(i) + first + gap, length - first + 1);
    sqe->src = htole64(TABLE(i));
    sqe->src_segments = htole16(2);
    sqe->flags |= PCE_SQE_SRC_TABLE;
}

static void spoil(struct pce_sqe *sqe)
{
    switch (random_below(6)) {
    case 0:
        sqe->ctx = htole64(CONTEXT(BAD_CONTEXT));
        break;
    case 1:
        sqe->ctx_generation = htole32(2);
        break;
    case 2:
        sqe->length = htole32(le32toh(sqe->length) + 1);
        break;
    case 3:
        sqe->src = htole64(16);
        break;
    case 4:
        sqe->dst = htole64(UINT64_MAX - 8);
        break;
    default:
        sqe->opcode = 0xee;
        break;
    }
}

static uint32_t random_length(void)
{
    return 16 * random_below(random_below(16) ? 20 : (PLACE - 64) / 16);
}

static struct pce_sqe random_sqe(struct fixture *f, unsigned int i, bool bad)
{
    uint32_t length = random_length();
    struct pce_sqe sqe = cipher_sqe(random_below(KEYS), 1, SRC(i),
                                    random_below(2) ? SRC(i) : DST(i), length);

    sqe.tag = htole16(i);
    random_bytes(sqe.iv, sizeof(sqe.iv));
    if (random_below(5) == 0) {
        sqe.flags = PCE_SQE_DECRYPT;
    }
    if (random_below(5) == 0 && length) {
        use_table(f, &sqe, i, length);
        sqe.dst = htole64(DST(i));
    }
    if (bad && random_below(4) == 0) {
        spoil(&sqe);
    }
    return sqe;
}

static void test_random(const void *arg)
{
    struct requests r;
    struct pair p;

    open_pair(&p);
    for (int round = 0; round < 400 && !ktap_failed(); round++) {
        random_bytes(p.alone.mem.ram + DATA_OFFSET, DATA_SIZE);
        r.count = 1 + random_below(PCE_BATCH_MAX);
        for (unsigned int i = 0; i < r.count; i++) {
            r.sqes[i] = random_sqe(&p.alone, i, arg);
        }
        compare(&p, &r);
    }
    ktap_note("%llu of %llu requests at once",
              (unsigned long long)pce_executor_stats(p.batch.ex)->batched,
              (unsigned long long)pce_executor_stats(p.batch.ex)->requests);
    EXPECT(pce_executor_stats(p.batch.ex)->batched > 0);
    EXPECT_EQ(pce_executor_stats(p.alone.ex)->batched, 0);
    close_pair(&p);
}

/* --- Lengths ------------------------------------------------------------- */

/* CBC with one key, n requests of the same length, in place */
static void make_cbc(struct requests *r, unsigned int n, uint32_t length,
                     uint64_t distance)
{
    r->count = n;
    for (unsigned int i = 0; i < n; i++) {
        uint64_t place = DATA + distance * i;

        r->sqes[i] = cipher_sqe(0, 1, place, place, length);
        r->sqes[i].tag = htole16(i);
        random_bytes(r->sqes[i].iv, sizeof(r->sqes[i].iv));
    }
}

/* Longer than the library takes in one piece, and around that */
static void test_long(const void *arg)
{
    static const uint32_t lengths[] = {
        65504, 65520, 65536, 65552, 131040, 131056, 200000, 48,
    };
    const uint64_t place = 0x31000;
    struct requests r;
    struct pair p;

    (void)arg;
    open_fixture(&p.alone, place * 8);
    write_context(&p.alone, 0, 0);
    open_fixture(&p.batch, place * 8);
    random_bytes(p.alone.mem.ram + DATA_OFFSET, place * 8);
    make_cbc(&r, 8, 0, place);
    for (unsigned int i = 0; i < 8; i++) {
        r.sqes[i].length = htole32(lengths[i]);
    }
    compare(&p, &r);
    EXPECT_EQ(pce_executor_stats(p.batch.ex)->batched, 8);
    close_pair(&p);
}

/* What does not pay is not done at once: little, or one long among short */
static void test_does_not_pay(const void *arg)
{
    struct requests r;
    struct fixture f;

    (void)arg;
    open_fixture(&f, DATA_SIZE);
    write_context(&f, 0, 0);
    make_cbc(&r, 2, 16, PLACE);
    run_batch(&f, &r);
    make_cbc(&r, 1, PLACE, PLACE);
    run_batch(&f, &r);
    make_cbc(&r, 4, 64, PLACE);
    r.sqes[2].length = htole32(PLACE);
    run_batch(&f, &r);
    EXPECT_EQ(pce_executor_stats(f.ex)->batched, 0);
    make_cbc(&r, 4, 256, PLACE);
    run_batch(&f, &r);
    EXPECT_EQ(pce_executor_stats(f.ex)->batched, 4);
    EXPECT_EQ(pce_executor_stats(f.ex)->requests, 11);
    EXPECT_EQ(pce_executor_stats(f.ex)->errors, 0);
    fixture_destroy(&f);
}

/* More than there is room for: the first ones do not wait for the last */
static void test_too_many(const void *arg)
{
    struct pce_sqe sqes[PCE_BATCH_MAX + 3];
    struct pce_cqe cqes[PCE_BATCH_MAX + 3];
    struct fixture f;

    (void)arg;
    open_fixture(&f, DATA_SIZE);
    write_context(&f, 0, 0);
    memset(cqes, 0xee, sizeof(cqes));
    for (unsigned int i = 0; i < PCE_BATCH_MAX + 3; i++) {
        uint64_t place = DATA + PLACE * i;

        sqes[i] = cipher_sqe(0, 1, place, place, 512);
        EXPECT(!pce_execute_begin(f.ex, &sqes[i], &cqes[i], true));
    }
    EXPECT_EQ(pce_executor_stats(f.ex)->requests, PCE_BATCH_MAX);
    pce_execute_end(f.ex);
    for (unsigned int i = 0; i < PCE_BATCH_MAX + 3; i++) {
        EXPECT_EQ(pce_cqe_status(&cqes[i]), PCE_STATUS_OK);
        EXPECT_EQ(le32toh(cqes[i].length), 512);
    }
    EXPECT_EQ(pce_executor_stats(f.ex)->batched, PCE_BATCH_MAX + 3);
    fixture_destroy(&f);
}

/* --- Keys ---------------------------------------------------------------- */

/* The keys that wait are invalidated: they are used nevertheless */
static void test_invalidate(const void *arg)
{
    struct requests r;
    struct pair p;

    (void)arg;
    open_pair(&p);
    random_bytes(p.alone.mem.ram + DATA_OFFSET, DATA_SIZE);
    same_memory(&p);
    make_cbc(&r, PCE_BATCH_MAX, 512, PLACE);
    run_alone(&p.alone, &r);
    for (unsigned int i = 0; i < r.count; i++) {
        EXPECT(!pce_execute_begin(p.batch.ex, &r.sqes[i], &r.cqes[i],
                                  true));
        if (i == 5) {
            pce_executor_invalidate(p.batch.ex, CONTEXT(0));
        } else if (i == 9) {
            pce_executor_invalidate_all(p.batch.ex);
        }
    }
    EXPECT_EQ(pce_executor_stats(p.batch.ex)->key_misses, 3);
    /* The record has changed, but the request has begun */
    write_context(&p.batch, 0, 1234);
    pce_executor_invalidate_all(p.batch.ex);
    pce_execute_end(p.batch.ex);
    write_context(&p.batch, 0, 0);
    EXPECT(!memcmp(p.alone.mem.ram, p.batch.mem.ram, p.alone.mem.size));
    EXPECT_EQ(pce_executor_stats(p.batch.ex)->batched, PCE_BATCH_MAX);
    close_pair(&p);
}

struct storm {
    struct fixture *f;
    atomic_bool finished;
};

static void *invalidate_on_and_on(void *opaque)
{
    struct storm *storm = opaque;

    for (unsigned int i = 0; !atomic_load(&storm->finished); i++) {
        if (i % 8) {
            pce_executor_invalidate(storm->f->ex, CONTEXT(i % KEYS));
        } else {
            pce_executor_invalidate_all(storm->f->ex);
        }
    }
    return NULL;
}

static void test_invalidate_under_load(const void *arg)
{
    struct storm storm;
    struct requests r;
    pthread_t thread;
    struct pair p;

    (void)arg;
    open_pair(&p);
    storm.f = &p.batch;
    atomic_store(&storm.finished, false);
    pthread_create(&thread, NULL, invalidate_on_and_on, &storm);
    for (int round = 0; round < 200 && !ktap_failed(); round++) {
        r.count = PCE_BATCH_MAX;
        for (unsigned int i = 0; i < r.count; i++) {
            r.sqes[i] = random_sqe(&p.alone, i, false);
        }
        compare(&p, &r);
    }
    atomic_store(&storm.finished, true);
    pthread_join(thread, NULL);
    ktap_note("%llu misses",
              (unsigned long long)pce_executor_stats(p.batch.ex)->key_misses);
    close_pair(&p);
}

static void test_nothing(const void *arg)
{
    (void)arg;
    ktap_skip("no backend here encrypts several messages at once");
}

int main(void)
{
    random_seed();
    if (!has_multibuffer()) {
        ktap_add(test_nothing, NULL, "batches");
        return ktap_run();
    }
    ktap_add(test_random, NULL, "good requests");
    ktap_add(test_random, "", "good and bad requests");
    ktap_add(test_long, NULL, "long texts");
    ktap_add(test_does_not_pay, NULL, "what is no faster at once");
    ktap_add(test_too_many, NULL, "more requests than can wait");
    ktap_add(test_invalidate, NULL, "keys that wait are invalidated");
    ktap_add(test_invalidate_under_load, NULL,
             "keys are invalidated under load");
    return ktap_run();
}
