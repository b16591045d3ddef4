/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys that an executor keeps: found again, replaced, forgotten when they
 * are invalidated, at whatever moment, and wiped.
 *
 * The program is also built with the thread sanitizer.
 */
#include <endian.h>
#include <gcrypt.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fixture.h"
#include "graveyard.h"
#include "ktap.h"

#define SRC DATA
#define DST (DATA + 0x1000)
#define DATA_SIZE 0x2000
#define LENGTH 64

static const struct pce_backend *backend;

/* --- A backend that counts keys and calls the test back ------------------ */

static struct {
    struct pce_backend backend;     /* as the real one */
    struct fixture *f;
    atomic_int keys;                /* that exist */
    void (*in_key_new)(struct fixture *f);
    void (*in_cipher)(struct fixture *f);
} probe;

static void *probe_key_new(unsigned int alg, const uint8_t *key,
                           size_t length)
{
    void *expanded = backend->key_new(alg, key, length);

    if (probe.in_key_new) {
        probe.in_key_new(probe.f);
    }
    atomic_fetch_add(&probe.keys, 1);
    return expanded;
}

static void probe_key_free(void *key)
{
    atomic_fetch_sub(&probe.keys, 1);
    backend->key_free(key);
}

static int probe_cipher(void *key, bool decrypt, const uint8_t *iv,
                        const uint8_t *src, uint8_t *dst, size_t length)
{
    if (probe.in_cipher) {
        probe.in_cipher(probe.f);
    }
    return backend->cipher(key, decrypt, iv, src, dst, length);
}

/* --- What the cases share ------------------------------------------------ */

/* The key of a number, and the context record with it */
static void make_key(uint8_t *key, uint32_t number)
{
    memset(key, 0xa5, BLOCK);
    memcpy(key, &number, sizeof(number));
}

static void write_context(struct fixture *f, unsigned int n,
                          uint32_t generation, uint32_t key_number)
{
    uint8_t key[BLOCK];

    make_key(key, key_number);
    fixture_context(f, n, generation, PCE_ALG_AES_CBC, key, BLOCK);
}

/* slots: of the key cache */
static void setup(struct fixture *f, uint32_t slots)
{
    probe.backend = *backend;
    probe.backend.key_new = probe_key_new;
    probe.backend.key_free = probe_key_free;
    probe.backend.cipher = probe_cipher;
    probe.f = f;
    probe.in_key_new = NULL;
    probe.in_cipher = NULL;
    fixture_init(f, &probe.backend, DATA_SIZE);
    f->config.key_slots = slots;
    fixture_start(f);
    write_context(f, 0, 1, 0);
}

static void teardown(struct fixture *f)
{
    fixture_destroy(f);
    EXPECT_EQ(atomic_load(&probe.keys), 0);
}

/* What the destination holds after a request with the key of a number */
static void expected_text(struct fixture *f, uint32_t key_number,
                          uint8_t *text)
{
    uint8_t key[BLOCK], iv[BLOCK] = { 0 };

    make_key(key, key_number);
    reference(backend, PCE_ALG_AES_CBC, key, BLOCK, false, iv,
              memory_at(&f->mem, SRC), text, LENGTH);
}

static unsigned int execute(struct fixture *f, unsigned int n,
                            uint32_t generation)
{
    struct pce_sqe sqe = cipher_sqe(n, generation, SRC, DST, LENGTH);
    struct pce_cqe cqe;

    return pce_execute(f->ex, &sqe, &cqe);
}

static void expect_key(struct fixture *f, unsigned int n, uint32_t generation,
                       uint32_t key_number)
{
    uint8_t text[LENGTH];

    expected_text(f, key_number, text);
    memset(memory_at(&f->mem, DST), 0, LENGTH);
    EXPECT_EQ(execute(f, n, generation), PCE_STATUS_OK);
    EXPECT(!memcmp(memory_at(&f->mem, DST), text, LENGTH));
}

/* --- Keeping ------------------------------------------------------------- */

static void test_read_once(const void *arg)
{
    struct fixture f;

    (void)arg;
    setup(&f, 0);
    expect_key(&f, 0, 1, 0);
    EXPECT_EQ(f.mem.reads, 1);
    /* The record is not looked at again */
    write_context(&f, 0, 1, 77);
    expect_key(&f, 0, 1, 0);
    EXPECT_EQ(f.mem.reads, 1);
    EXPECT_EQ(pce_executor_stats(f.ex)->key_hits, 1);
    EXPECT_EQ(pce_executor_stats(f.ex)->key_misses, 1);
    teardown(&f);
}

static void test_generation(const void *arg)
{
    struct fixture f;

    (void)arg;
    setup(&f, 0);
    expect_key(&f, 0, 1, 0);
    write_context(&f, 0, 2, 5);
    expect_key(&f, 0, 2, 5);
    /* The new one has taken the old one's place */
    EXPECT_EQ(atomic_load(&probe.keys), 1);
    EXPECT_EQ(execute(&f, 0, 1), PCE_STATUS_STALE_CONTEXT);
    EXPECT_EQ(execute(&f, 0, 3), PCE_STATUS_STALE_CONTEXT);
    expect_key(&f, 0, 2, 5);
    EXPECT_EQ(pce_executor_stats(f.ex)->key_evictions, 0);
    teardown(&f);
}

/* What was refused is not kept */
static void test_refused(const void *arg)
{
    struct pce_context *ctx;
    struct fixture f;

    (void)arg;
    setup(&f, 0);
    ctx = memory_at(&f.mem, CONTEXT(0));
    ctx->reserved0[0] = 1;
    EXPECT_EQ(execute(&f, 0, 1), PCE_STATUS_BAD_CONTEXT);
    EXPECT_EQ(atomic_load(&probe.keys), 0);
    ctx->reserved0[0] = 0;
    expect_key(&f, 0, 1, 0);
    teardown(&f);
}

/* The number of keys is bounded, and each still gives the right result */
static void test_eviction(const void *arg)
{
    struct fixture f;

    (void)arg;
    setup(&f, 8);
    for (int round = 0; round < 3; round++) {
        for (unsigned int n = 0; n < 100; n++) {
            write_context(&f, n, 1, n);
            expect_key(&f, n, 1, n);
            EXPECT(atomic_load(&probe.keys) <= 8);
        }
    }
    EXPECT_EQ(atomic_load(&probe.keys), 8);
    EXPECT_EQ(pce_executor_stats(f.ex)->key_evictions,
              pce_executor_stats(f.ex)->key_misses - 8);
    teardown(&f);
}

/* The key that goes is the one that was not used for longest */
static void test_least_recently_used(const void *arg)
{
    struct fixture f;

    (void)arg;
    /* One set of four */
    setup(&f, 4);
    for (unsigned int n = 0; n < 5; n++) {
        write_context(&f, n, 1, n);
    }
    for (unsigned int n = 0; n < 4; n++) {
        expect_key(&f, n, 1, n);
    }
    expect_key(&f, 0, 1, 0);
    expect_key(&f, 4, 1, 4);        /* in the place of 1 */
    EXPECT_EQ(pce_executor_stats(f.ex)->key_misses, 5);
    expect_key(&f, 0, 1, 0);
    expect_key(&f, 2, 1, 2);
    expect_key(&f, 3, 1, 3);
    EXPECT_EQ(pce_executor_stats(f.ex)->key_misses, 5);
    expect_key(&f, 1, 1, 1);
    EXPECT_EQ(pce_executor_stats(f.ex)->key_misses, 6);
    teardown(&f);
}

/* Contexts one after the other, as a driver allocates them, all find room */
static void test_spread(const void *arg)
{
    struct fixture f;

    (void)arg;
    setup(&f, 128);
    for (int round = 0; round < 2; round++) {
        for (unsigned int n = 0; n < 64; n++) {
            write_context(&f, n, 1, n);
            expect_key(&f, n, 1, n);
        }
    }
    EXPECT_EQ(pce_executor_stats(f.ex)->key_evictions, 0);
    EXPECT_EQ(pce_executor_stats(f.ex)->key_hits, 64);
    teardown(&f);
}

/* --- Invalidation -------------------------------------------------------- */

static void test_invalidate_one(const void *arg)
{
    struct fixture f;

    (void)arg;
    setup(&f, 0);
    for (unsigned int n = 0; n < 3; n++) {
        write_context(&f, n, 1, n);
        expect_key(&f, n, 1, n);
    }
    pce_executor_invalidate(f.ex, CONTEXT(1));
    EXPECT_EQ(atomic_load(&probe.keys), 2);
    write_context(&f, 1, 1, 50);
    expect_key(&f, 1, 1, 50);
    expect_key(&f, 0, 1, 0);
    expect_key(&f, 2, 1, 2);
    EXPECT_EQ(pce_executor_stats(f.ex)->key_misses, 4);
    /* There is nothing at these */
    pce_executor_invalidate(f.ex, CONTEXT(9));
    pce_executor_invalidate(f.ex, UINT64_MAX);
    EXPECT_EQ(atomic_load(&probe.keys), 3);
    teardown(&f);
}

static void test_invalidate_all(const void *arg)
{
    struct fixture f;

    (void)arg;
    setup(&f, 0);
    for (unsigned int n = 0; n < 60; n++) {
        write_context(&f, n, 1, n);
        expect_key(&f, n, 1, n);
    }
    EXPECT_EQ(atomic_load(&probe.keys), 60);
    pce_executor_invalidate_all(f.ex);
    EXPECT_EQ(atomic_load(&probe.keys), 0);
    write_context(&f, 7, 1, 70);
    expect_key(&f, 7, 1, 70);
    teardown(&f);
}

static void invalidate_0(struct fixture *f)
{
    pce_executor_invalidate(f->ex, CONTEXT(0));
}

static void invalidate_all(struct fixture *f)
{
    pce_executor_invalidate_all(f->ex);
}

static void (*const invalidations[])(struct fixture *f) = {
    invalidate_0, invalidate_all,
};

/*
 * While a request is executing: it goes on with its key, which is gone when it
 * has ended.
 */
static void test_invalidate_in_use(const void *arg)
{
    for (int i = 0; i < 4; i++) {
        struct fixture f;
        bool hit = i & 1;

        setup(&f, 0);
        if (hit) {
            expect_key(&f, 0, 1, 0);
        }
        probe.in_cipher = invalidations[i / 2];
        expect_key(&f, 0, 1, 0);
        EXPECT_EQ(atomic_load(&probe.keys), 0);
        probe.in_cipher = NULL;
        write_context(&f, 0, 1, 33);
        expect_key(&f, 0, 1, 33);
        teardown(&f);
    }
    (void)arg;
}

/* After the record was read, before the key is in the cache */
static void test_invalidate_while_loading(const void *arg)
{
    for (int i = 0; i < 2; i++) {
        struct fixture f;

        setup(&f, 0);
        probe.in_key_new = invalidations[i];
        expect_key(&f, 0, 1, 0);
        EXPECT_EQ(atomic_load(&probe.keys), 0);
        probe.in_key_new = NULL;
        write_context(&f, 0, 1, 33);
        expect_key(&f, 0, 1, 33);
        EXPECT_EQ(atomic_load(&probe.keys), 1);
        teardown(&f);
    }
    (void)arg;
}

/* --- Under load ---------------------------------------------------------- */

/*
 * One thread executes.  The other writes a new key into the record, with the
 * generation unchanged, invalidates it, and only then says which key is the
 * present one.  A request that begins after that must not use an older one.
 */
#define LOAD_KEYS 200

struct load {
    struct fixture f;
    uint8_t texts[LOAD_KEYS][LENGTH];
    atomic_uint present;            /* number of the key */
    atomic_uint requests;
    atomic_bool finished;
    bool all;                       /* how to invalidate */
};

static void *rekey(void *opaque)
{
    struct load *load = opaque;

    for (unsigned int number = 1; number < LOAD_KEYS; number++) {
        unsigned int requests = atomic_load(&load->requests);

        pthread_mutex_lock(&load->f.mem.lock);
        write_context(&load->f, 0, 1, number);
        pthread_mutex_unlock(&load->f.mem.lock);
        invalidations[load->all](&load->f);
        atomic_store(&load->present, number);
        /* One request at least with each key, now and then many */
        while (atomic_load(&load->requests) < requests + 1 + number % 7) {
            sched_yield();
        }
    }
    atomic_store(&load->finished, true);
    return NULL;
}

static int key_of_text(const struct load *load, const void *text)
{
    for (int number = LOAD_KEYS; number--;) {
        if (!memcmp(load->texts[number], text, LENGTH)) {
            return number;
        }
    }
    return -1;
}

static void test_load(const void *arg)
{
    static struct load load;
    pthread_t thread;

    setup(&load.f, 0);
    load.all = arg;
    atomic_store(&load.present, 0);
    atomic_store(&load.requests, 0);
    atomic_store(&load.finished, false);
    for (unsigned int number = 0; number < LOAD_KEYS; number++) {
        expected_text(&load.f, number, load.texts[number]);
    }
    pthread_create(&thread, NULL, rekey, &load);
    while (!atomic_load(&load.finished)) {
        int at_least = atomic_load(&load.present), seen;

        EXPECT_EQ(execute(&load.f, 0, 1), PCE_STATUS_OK);
        seen = key_of_text(&load, memory_at(&load.f.mem, DST));
        EXPECT(seen >= at_least);
        EXPECT(atomic_load(&probe.keys) <= 1);
        atomic_fetch_add(&load.requests, 1);
    }
    pthread_join(thread, NULL);
    ktap_note("%llu hits, %llu misses",
              (unsigned long long)pce_executor_stats(load.f.ex)->key_hits,
              (unsigned long long)pce_executor_stats(load.f.ex)->key_misses);
    teardown(&load.f);
}

/* --- Wiping -------------------------------------------------------------- */

#define WIPED_KEYS 48
#define STACK_SIZE (1 << 20)

static void *use_keys(void *f)
{
    for (unsigned int n = 0; n < WIPED_KEYS; n++) {
        EXPECT_EQ(execute(f, n, 1), PCE_STATUS_OK);
    }
    return NULL;
}

/* How many of the keys are to be found, by a function that looks for bytes */
static unsigned int keys_found(bool (*look)(const void *, size_t))
{
    unsigned int found = 0;

    for (unsigned int n = 0; n < WIPED_KEYS; n++) {
        uint8_t key[BLOCK];

        make_key(key, 1000 + n);
        found += look(key, BLOCK);
    }
    return found;
}

static void *thread_stack;

static bool look_in_stack(const void *bytes, size_t length)
{
    return memmem(thread_stack, STACK_SIZE, bytes, length);
}

static void *new_stack(void)
{
    return mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
}

static void run_on_own_stack(void *(*run)(void *), struct fixture *f)
{
    pthread_attr_t attr;
    pthread_t thread;

    pthread_attr_init(&attr);
    pthread_attr_setstack(&attr, thread_stack, STACK_SIZE);
    pthread_create(&thread, &attr, run, f);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
}

/* After each way to forget keys there is none in memory, freed or not */
static void forget_by_address(struct fixture *f)
{
    for (unsigned int n = 0; n < WIPED_KEYS; n++) {
        pce_executor_invalidate(f->ex, CONTEXT(n));
    }
}

static void forget_by_eviction(struct fixture *f)
{
    for (unsigned int n = WIPED_KEYS; n < 120; n++) {
        write_context(f, n, 1, 5000 + n);
        EXPECT_EQ(execute(f, n, 1), PCE_STATUS_OK);
    }
}

static void forget_by_generation(struct fixture *f)
{
    for (unsigned int n = 0; n < WIPED_KEYS; n++) {
        write_context(f, n, 2, 5000 + n);
        EXPECT_EQ(execute(f, n, 2), PCE_STATUS_OK);
    }
}

static void forget_by_free(struct fixture *f)
{
    pce_executor_free(f->ex);
    f->ex = NULL;
}

struct wipe_case {
    const char *name;
    void (*forget)(struct fixture *f);
    uint32_t slots;
};

static const struct wipe_case wipe_cases[] = {
    { "invalidation of each", forget_by_address, 256 },
    { "invalidation of all", invalidate_all, 256 },
    { "eviction", forget_by_eviction, 4 },
    { "a new generation", forget_by_generation, 256 },
    { "the end of the executor", forget_by_free, 256 },
};

struct wipe_params {
    const struct wipe_case *wipe_case;
    const struct pce_backend *backend;
};

static void test_wipe(const void *arg)
{
    const struct wipe_params *p = arg;
    const struct wipe_case *c = p->wipe_case;
    const struct pce_backend *usual = backend;
    struct fixture f;

    backend = p->backend;
    setup(&f, c->slots);
    thread_stack = new_stack();
    for (unsigned int n = 0; n < WIPED_KEYS; n++) {
        write_context(&f, n, 1, 1000 + n);
    }
    graveyard_open();
    run_on_own_stack(use_keys, &f);
    /* That the keys are found now shows that the search works */
    EXPECT(keys_found(graveyard_find) >= (c->slots < WIPED_KEYS ? c->slots
                                                                : WIPED_KEYS));
    EXPECT_EQ(keys_found(look_in_stack), 0);
    c->forget(&f);
    EXPECT_EQ(keys_found(graveyard_find), 0);
    graveyard_close();
    munmap(thread_stack, STACK_SIZE);
    teardown(&f);
    backend = usual;
}

/* The same where requests are executed at once */
static void *use_keys_at_once(void *opaque)
{
    struct fixture *f = opaque;
    struct pce_sqe sqes[WIPED_KEYS];
    struct pce_cqe cqes[WIPED_KEYS];

    for (unsigned int n = 0; n < WIPED_KEYS; n++) {
        sqes[n] = cipher_sqe(n, 1, DATA + LENGTH * n, DATA + LENGTH * n,
                             LENGTH);
        pce_execute_begin(f->ex, &sqes[n], &cqes[n], true);
    }
    pce_execute_end(f->ex);
    return NULL;
}

static void test_wipe_batch(const void *arg)
{
    struct fixture f;

    (void)arg;
    fixture_init(&f, backend, DATA_SIZE);
    fixture_backends(&f, "auto");
    fixture_start(&f);
    thread_stack = new_stack();
    for (unsigned int n = 0; n < WIPED_KEYS; n++) {
        write_context(&f, n, 1, 1000 + n);
    }
    graveyard_open();
    run_on_own_stack(use_keys_at_once, &f);
    if (!f.backends.multibuffer[PCE_ALG_AES_CBC]) {
        ktap_skip("no backend here encrypts several messages at once");
    } else {
        EXPECT_EQ(pce_executor_stats(f.ex)->batched, WIPED_KEYS);
    }
    EXPECT_EQ(keys_found(graveyard_find), WIPED_KEYS);
    EXPECT_EQ(keys_found(look_in_stack), 0);
    /* Nor is there a chaining value: the last one is in memory */
    for (unsigned int n = 1; n <= WIPED_KEYS; n++) {
        EXPECT(!graveyard_find(memory_at(&f.mem, DATA + LENGTH * n - BLOCK),
                               BLOCK));
    }
    invalidate_all(&f);
    EXPECT_EQ(keys_found(graveyard_find), 0);
    graveyard_close();
    munmap(thread_stack, STACK_SIZE);
    fixture_destroy(&f);
}

/*
 * Text that was not in one piece and so went through the executor's own memory
 * or its stack is wiped as well.
 */
static const char text[LENGTH] = "this text is not to be found";

static struct pce_sqe split_sqe;

static void *execute_split(void *opaque)
{
    struct fixture *f = opaque;
    struct pce_cqe cqe;

    EXPECT_EQ(pce_execute(f->ex, &split_sqe, &cqe), PCE_STATUS_OK);
    return NULL;
}

/* The side that has the text is in two pieces */
static void check_wiped_text(unsigned int alg, bool decrypt)
{
    uint8_t key[32] = { 1 }, iv[PCE_SQE_IV_SIZE] = { 0 };
    uint64_t pieces = decrypt ? DST : SRC;
    struct fixture f;

    setup(&f, 0);
    fixture_context(&f, 0, 1, alg, key, alg_key_length(alg, 0));
    set_segment(&f, SRC_TABLE, 0, pieces, 5);
    set_segment(&f, SRC_TABLE, 1, pieces + 200, LENGTH);
    if (decrypt) {
        reference(backend, alg, key, alg_key_length(alg, 0), false, iv,
                  (const uint8_t *)text, memory_at(&f.mem, SRC), LENGTH);
        split_sqe = cipher_sqe(0, 1, SRC, SRC_TABLE, LENGTH);
        split_sqe.flags = PCE_SQE_DECRYPT | PCE_SQE_DST_TABLE;
        split_sqe.dst_segments = htole16(2);
    } else {
        memcpy(memory_at(&f.mem, SRC), text, 5);
        memcpy(memory_at(&f.mem, SRC + 200), text + 5, LENGTH - 5);
        split_sqe = cipher_sqe(0, 1, SRC_TABLE, DST, LENGTH);
        split_sqe.flags = PCE_SQE_SRC_TABLE;
        split_sqe.src_segments = htole16(2);
    }
    thread_stack = new_stack();
    graveyard_open();
    run_on_own_stack(execute_split, &f);
    EXPECT(pce_executor_stats(f.ex)->copied > 0);
    EXPECT(!graveyard_find(text, BLOCK));
    EXPECT(!look_in_stack(text, BLOCK));
    if (decrypt) {
        EXPECT(!memcmp(memory_at(&f.mem, DST), text, 5));
        EXPECT(!memcmp(memory_at(&f.mem, DST + 200), text + 5, LENGTH - 5));
    }
    graveyard_close();
    munmap(thread_stack, STACK_SIZE);
    teardown(&f);
}

static void test_wipe_text(const void *arg)
{
    const unsigned int *alg = arg;

    check_wiped_text(*alg, false);
    check_wiped_text(*alg, true);
}

static void add_wipe_cases(const struct pce_backend *of)
{
    for (size_t i = 0; i < sizeof(wipe_cases) / sizeof(*wipe_cases); i++) {
        struct wipe_params *p = malloc(sizeof(*p));

        *p = (struct wipe_params) { &wipe_cases[i], of };
        ktap_add(test_wipe, p, "%s: keys are wiped by %s", of->name,
                 wipe_cases[i].name);
    }
}

/* --- The list ------------------------------------------------------------ */

int main(void)
{
    static const unsigned int cbc = PCE_ALG_AES_CBC, xts = PCE_ALG_AES_XTS;

    /* Before libgcrypt allocates anything */
    gcry_set_allocation_handler(graveyard_malloc, graveyard_malloc, NULL,
                                graveyard_realloc, graveyard_free);
    backend = pce_backend_find("gcrypt");
    if (!backend) {
        return 2;
    }
    ktap_add(test_read_once, NULL, "a record is read once");
    ktap_add(test_generation, NULL, "generations");
    ktap_add(test_refused, NULL, "refused contexts are not kept");
    ktap_add(test_eviction, NULL, "eviction");
    ktap_add(test_least_recently_used, NULL, "least recently used goes first");
    ktap_add(test_spread, NULL, "neighbours spread over the cache");
    ktap_add(test_invalidate_one, NULL, "invalidate one context");
    ktap_add(test_invalidate_all, NULL, "invalidate all");
    ktap_add(test_invalidate_in_use, NULL, "invalidate a key in use");
    ktap_add(test_invalidate_while_loading, NULL,
             "invalidate a key that is being loaded");
    ktap_add(test_load, NULL, "invalidate one context under load");
    ktap_add(test_load, "", "invalidate all under load");
    for (int i = 0; pce_backends[i]; i++) {
        if (pce_backend_find(pce_backends[i]->name)) {
            add_wipe_cases(pce_backends[i]);
        }
    }
    ktap_add(test_wipe_batch, NULL, "keys used at once are wiped");
    ktap_add(test_wipe_text, &cbc, "text of a block that straddles is wiped");
    ktap_add(test_wipe_text, &xts, "gathered text is wiped");
    return ktap_run();
}
