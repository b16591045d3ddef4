/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of an engine that is slow: properties request-us and
 * bandwidth.  That it takes its time can be told; that it takes no more cannot.
 */
#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "pce-test.h"

static uint64_t make_key(PceTest *t)
{
    uint64_t ctx = pce_test_alloc(t, sizeof(struct pce_context));
    const uint8_t key[16] = { 1 };

    write_context(t, ctx, 1, PCE_ALG_AES_ECB, key, sizeof(key));
    return ctx;
}

/* Microseconds for n requests that are there at once */
static int64_t time_of(PceTestQueue *q, const struct pce_sqe *sqe,
                       unsigned int n)
{
    int64_t begin = g_get_monotonic_time();

    for (unsigned int i = 0; i < n; i++) {
        queue_put(q, sqe);
    }
    queue_publish(q);
    for (unsigned int i = 0; i < n; i++) {
        struct pce_cqe cqe = queue_take(q);

        g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
    }
    return g_get_monotonic_time() - begin;
}

static void test_request(const void *exec)
{
    PceTest *t = pce_test_start(exec, "request-us=5000");
    struct pce_sqe sqe = nop_sqe(0);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    g_assert_cmpint(time_of(&q, &sqe, 10), >=, 10 * 5000);
    pce_test_stop(t);
}

static void test_bandwidth(const void *exec)
{
    PceTest *t = pce_test_start(exec, "bandwidth=1000000");
    struct pce_sqe sqe = cipher_sqe(0, make_key(t), 1,
                                    pce_test_alloc(t, 4096), 4096);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    g_assert_cmpint(time_of(&q, &sqe, 8), >=, 8 * 4096);
    pce_test_stop(t);
}

/* It would be 49 days for this length */
static void test_failed(const void *exec)
{
    PceTest *t = pce_test_start(exec, "bandwidth=1000");
    struct pce_sqe sqe = cipher_sqe(0, make_key(t), 1,
                                    pce_test_alloc(t, 4096), 0xfffffff0);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    g_assert_cmphex(do_status(&q, &sqe) & 0xff, ==, PCE_STATUS_BAD_LENGTH);
    pce_test_stop(t);
}

/* Nobody waits for the rest of a request that was begun */
static void test_interrupted(const void *exec)
{
    const int64_t limit = 10 * G_USEC_PER_SEC;
    PceTest *t = pce_test_start(exec, "request-us=10000000");
    struct pce_sqe sqe = nop_sqe(0);
    int64_t begin;
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    for (int way = 0; way < 3; way++) {
        begin = g_get_monotonic_time();
        queue_put(&q, &sqe);
        queue_publish(&q);
        wait_for(qreg_read(&q, PCE_QREG_SQ_HEAD) == q.sq_tail);
        switch (way) {
        case 0:
            qtest_qmp_assert_success(t->qts, "{ 'execute': 'stop' }");
            qtest_qmp_assert_success(t->qts, "{ 'execute': 'cont' }");
            queue_take(&q);
            break;
        case 1:
            queue_restart(&q);
            break;
        case 2:
            pce_test_flr(t);
            break;
        }
        g_assert_cmpint(g_get_monotonic_time() - begin, <, limit);
    }
    pce_test_stop(t);
}

static void check_refused(const char *property, int value)
{
    QTestState *qts = qtest_init("-M q35 -m 64M -nodefaults "
                                 "-device pcie-root-port,id=rp0,addr=4.0");
    QDict *args = qdict_new();
    QDict *error;

    qdict_put_str(args, "driver", "pce");
    qdict_put_str(args, "bus", "rp0");
    qdict_put_str(args, "exec", "inline");
    qdict_put_int(args, property, value);
    error = qtest_qmp_assert_failure_ref(qts, "{ 'execute': 'device_add',"
                                         "  'arguments': %p }", args);
    g_assert_nonnull(strstr(qdict_get_str(error, "desc"), property));
    qobject_unref(error);
    qtest_quit(qts);
}

/* Within the write of a register nobody may wait */
static void test_inline(const void *exec)
{
    check_refused("request-us", 1);
    check_refused("bandwidth", 1000);
}

static void add(const char *exec, const char *name,
                void (*test)(const void *exec))
{
    g_autofree char *path = g_strdup_printf("pce/%s/pace/%s", exec, name);

    qtest_add_data_func(path, exec, test);
}

void pce_test_add_pace(void)
{
    add("auto", "request", test_request);
    add("threads", "request", test_request);
    add("threads", "bandwidth", test_bandwidth);
    add("threads", "failed", test_failed);
    add("threads", "interrupted", test_interrupted);
    add("inline", "refused", test_inline);
}
