/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of machines that do not fit, and of streams that
 * somebody has been at.
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qemu/cutils.h"
#include "pce-test.h"

#define USEC 1000
#define SECTION "0000:00:04.0/pce"
#define REFUSED "of device '" SECTION "'"    /* by the device itself */

static char *read_messages(const char *path)
{
    char *all = NULL;

    g_assert_true(g_file_get_contents(path, &all, NULL, NULL));
    return all;
}

static void expect_message(const char *messages, const char *text)
{
    g_autofree char *all = read_messages(messages);

    if (!strstr(all, text)) {
        g_test_message("no '%s' in: %s", text, all);
        g_test_fail();
    }
}

/* A machine with another device */
static void test_properties(const void *exec)
{
    static const struct {
        const char *options;
        const char *message;
    } others[] = {
        { "queues=4", "'queues' is 4 here, and 8 where" },
        { "queues=9", "'queues' is 9 here, and 8 where" },
        { "max-queue-order=10", "'max-queue-order' is 10 here, and 12 where" },
        { "min-queue-order=3", "'min-queue-order' is 3 here, and 2 where" },
        { "vectors=3", "'vectors' is 3 here, and 9 where" },
        { "msix=off", "'msix' is 0 here, and 1 where" },
        { "moderation=off", "'moderation' is 0 here, and 1 where" },
        { "random=off", "'random' is 0 here, and 1 where" },
        { "max-segments=16", "'max-segments' is 16 here, and 1024 where" },
        { "max-length=4096", "'max-length' is 4096 here, and 16777216 where" },
        { "fault-injection=on", "'fault-injection' is 1 here, and 0 where" },
        { "x-version=0x10001", "'x-version' is 65537 here, and 65538 where" },
        { "algs=aes-ctr", "(aes-ecb) is offered as 0x0 here" },
        { "key-sizes=1", "(aes-ecb) is offered as 0x11 here" },
    };
    g_autofree char *path = pce_test_temporary_file();
    g_autofree char *messages = pce_test_temporary_file();
    PceTest *t = pce_test_start(exec, NULL);

    pce_test_save(t, path);
    pce_test_stop(t);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        t = pce_test_start_from(exec, others[i].options, path, messages);
        g_assert_false(pce_test_migration_ends(t->qts));
        expect_message(messages, others[i].message);
        pce_test_stop(t);
    }
    g_unlink(path);
    g_unlink(messages);
}

/* A plan that cannot be carried out on the other side */
static void test_plan(const void *exec)
{
    g_autofree char *path = pce_test_temporary_file();
    g_autofree char *messages = pce_test_temporary_file();
    PceTest *t = pce_test_start("auto", NULL);

    set_plan(t, "slow us=5");
    pce_test_save(t, path);
    pce_test_stop(t);
    t = pce_test_start_from("inline", DEFAULTS, path, messages);
    g_assert_false(pce_test_migration_ends(t->qts));
    expect_message(messages, "'slow' needs a thread");
    pce_test_stop(t);
    g_unlink(path);
    g_unlink(messages);
}

typedef struct Stream {
    uint8_t *bytes;
    gsize length;
    gsize begin;                        /* of the device's section ... */
    gsize queue;                        /* ... of queue 0 in it ... */
    gsize end;                          /* ... and where the queues end */
    char *path;
    char *messages;
} Stream;

static gsize find(const Stream *s, gsize from, const void *what, gsize length)
{
    const uint8_t *p = memmem(s->bytes + from, s->length - from, what, length);

    g_assert_nonnull(p);
    return p - s->bytes;
}

/* With a queue that runs, and one at rest */
static void stream_make(Stream *s, const char *exec, const char *plan)
{
    PceTest *t = pce_test_start(exec, FAULTED);
    struct pce_sqe sqe = nop_sqe(1);
    PceTestQueue q[2];
    uint64_t addr;

    s->path = pce_test_temporary_file();
    s->messages = pce_test_temporary_file();
    queue_start(t, &q[0], 0, 4, 5);
    queue_start(t, &q[1], 1, 4, 5);
    for (unsigned int i = 0; i < 10; i++) {
        queue_check(&q[0]);
    }
    queue_command(&q[1], PCE_QCMD_STOP);
    wait_for(queue_state(&q[1]) == PCE_QSTATE_STOPPED);
    set_plan(t, plan);
    queue_put(&q[0], &sqe);
    queue_publish(&q[0]);
    wait_for(qreg_read(&q[0], PCE_QREG_SQ_HEAD) == q[0].sq_tail);
    pce_test_save(t, s->path);
    pce_test_stop(t);

    g_assert_true(g_file_get_contents(s->path, (char **)&s->bytes, &s->length,
                                      NULL));
    s->begin = find(s, 0, SECTION, strlen(SECTION)) + strlen(SECTION);
    addr = cpu_to_be64(q[0].sq);
    s->queue = find(s, s->begin, &addr, sizeof(addr)) - 12;
    s->end = s->queue + 8 * 67;
    g_assert_cmpuint(ldl_be_p(s->bytes + s->queue), ==, PCE_QSTATE_RUNNING);
    g_assert_cmphex(ldq_be_p(s->bytes + s->queue + 28), ==, q[0].shadow);
}

static void stream_free(Stream *s)
{
    g_unlink(s->path);
    g_unlink(s->messages);
    g_free(s->path);
    g_free(s->messages);
    g_free(s->bytes);
}

static PceTest *stream_load(Stream *s, const char *exec)
{
    g_assert_true(g_file_set_contents(s->path, (char *)s->bytes, s->length,
                                      NULL));
    return pce_test_start_from(exec, FAULTED, s->path, s->messages);
}

static void check_no_queue(PceTest *t)
{
    for (unsigned int i = 0; i < t->queues; i++) {
        g_assert_cmpuint(reg_read(t, PCE_QUEUE_PAGE(i) + PCE_QREG_STATE), ==,
                         PCE_QSTATE_DISABLED);
    }
}

/*
 * A machine whose stream was refused never starts.  The device keeps nothing of
 * what it refused itself.  When it was QEMU that missed the end of the section,
 * the device had found nothing wrong before, and has that until it is reset.
 */
static void check_refused(PceTest *t, const Stream *s)
{
    g_autofree char *messages = read_messages(s->messages);

    if (strstr(messages, REFUSED)) {
        check_no_queue(t);
    }
    pce_test_flr(t);
    check_no_queue(t);
}

/* Whatever came: a device that can be reset, and then works */
static void check_alive(PceTest *t)
{
    PceTestQueue q;

    set_plan(t, "");
    pce_test_flr(t);
    pce_test_enable(t);
    g_assert_cmphex(reg_read(t, PCE_REG_STATUS), ==, PCE_DEV_READY);
    for (unsigned int i = 0; i < t->queues; i++) {
        queue_start(t, &q, i, 4, 4);
        queue_check(&q);
    }
}

static void test_altered(const void *exec)
{
    static const struct {
        unsigned int offset;            /* from the queue's */
        unsigned int size;
        uint64_t value;
        const char *message;            /* NULL: nothing wrong with it */
    } changes[] = {
        { 0, 4, PCE_QSTATE_FAULT + 1, "queue 0: state 6, at most 5" },
        { 0, 4, UINT32_MAX, "queue 0: state 4294967295" },
        { 8, 4, 0x50d, "within orders 2 to 12" },
        { 8, 4, 0x1f1f, "within orders 2 to 12" },
        { 8, 4, 0x304, "within orders 2 to 12" },
        { 8, 4, 0x10504, "SIZE is 0x10504" },
        { 12, 8, 0x1001, "SQ 0x1001" },
        { 20, 8, 0x1001, "CQ 0x1001" },
        { 28, 8, 0x1001, "SHADOW 0x1001" },
        { 36, 4, 9, "VECTOR 9 of 9" },
        { 44, 4, 1, NULL },
        { 48, 4, UINT32_MAX, NULL },
        { 52, 4, UINT32_MAX / 2, NULL },
        { 56, 8, 0x0101ffffffff0000, NULL },
    };
    g_autofree uint8_t *good = NULL;
    Stream s;

    stream_make(&s, exec, "");
    good = g_memdup2(s.bytes, s.length);
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        uint8_t *p = s.bytes + s.queue + changes[i].offset;
        PceTest *t;
        bool ok;

        if (changes[i].size == 8) {
            stq_be_p(p, changes[i].value);
        } else {
            stl_be_p(p, changes[i].value);
        }
        t = stream_load(&s, exec);
        ok = pce_test_migration_ends(t->qts);
        g_assert_cmpint(ok, ==, !changes[i].message);
        if (ok) {
            check_alive(t);
        } else {
            expect_message(s.messages, changes[i].message);
            expect_message(s.messages, REFUSED);
            check_refused(t, &s);
        }
        pce_test_stop(t);
        memcpy(s.bytes, good, s.length);
    }
    stream_free(&s);
}

/* Bytes changed at random, half of them where the queues are, or cut off */
static void test_random(const void *exec)
{
    const char *text = getenv("PCE_TEST_SEED");
    uint64_t seed = g_random_int();
    unsigned int refused = 0, rounds = 32;
    g_autofree uint8_t *good = NULL;
    gsize length;
    GRand *rand;
    Stream s;

    if (text) {
        g_assert_cmpint(qemu_strtou64(text, NULL, 0, &seed), ==, 0);
    }
    rand = g_rand_new_with_seed(seed);
    g_test_message("PCE_TEST_SEED=%" PRIu32, (uint32_t)seed);
    stream_make(&s, exec, "delay us=5000; wrong-vector");
    good = g_memdup2(s.bytes, s.length);
    length = s.length;
    for (unsigned int i = 0; i < rounds; i++) {
        PceTest *t;
        bool ok;

        for (int n = g_rand_int_range(rand, 1, 4); n; n--) {
            gsize begin = g_rand_boolean(rand) ? s.begin : s.queue;
            gsize at = g_rand_int_range(rand, begin, s.end + 300);

            s.bytes[at] = g_rand_boolean(rand) ?
                          s.bytes[at] ^ 1u << g_rand_int_range(rand, 0, 8) :
                          g_rand_int(rand);
        }
        if (i % 8 == 7) {
            s.length = g_rand_int_range(rand, s.begin, s.end);
        }
        t = stream_load(&s, exec);
        ok = pce_test_migration_ends(t->qts);
        refused += !ok;
        if (ok) {
            qtest_clock_step(t->qts, 10000 * USEC);
            check_alive(t);
        } else {
            check_refused(t, &s);
        }
        pce_test_stop(t);
        s.length = length;
        memcpy(s.bytes, good, length);
    }
    g_test_message("%u of %u streams were refused", refused, rounds);
    g_assert_cmpuint(refused, >, 0);
    g_rand_free(rand);
    stream_free(&s);
}

void pce_test_add_stream(void)
{
    pce_test_add("migrate/properties", test_properties);
    pce_test_add("migrate/plan", test_plan);
    pce_test_add("migrate/altered", test_altered);
    pce_test_add("migrate/random", test_random);
}
