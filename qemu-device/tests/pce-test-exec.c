/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of exec=auto: the brief requests of a driver that
 * waits for each of them are executed within the doorbell.
 */
#include "qemu/osdep.h"
#include "pce-test.h"

/* As in pce.h */
#define ALONE 8
#define ALONE_PROBE 256
#define BRIEF_BYTES (4096 + 512)
#define BRIEF_BYTES_MAX (65536 + 512)

static uint64_t in_doorbell(PceTest *t)
{
    return pce_test_counter(t, "in-doorbell");
}

static void wait_until_parked(PceTestQueue *q)
{
    wait_for(shadow_read(q, SHADOW(sq_event)) == q->sq_tail);
}

/* Requests one by one: the device has parked before each */
static void do_alone(PceTestQueue *q, const struct pce_sqe *sqe, unsigned int n)
{
    while (n--) {
        struct pce_cqe cqe;

        wait_until_parked(q);
        cqe = queue_do(q, sqe);
        g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
    }
}

static PceTest *start_alone(PceTestQueue *q)
{
    PceTest *t = pce_test_start("auto", NULL);
    struct pce_sqe sqe = nop_sqe(0);

    pce_test_enable_msix(t);
    queue_start(t, q, 0, 4, 4);
    do_alone(q, &sqe, ALONE);
    g_assert_cmpuint(in_doorbell(t), ==, 0);
    wait_until_parked(q);
    return t;
}

static void test_alone(const void *exec)
{
    PceTestQueue q;
    PceTest *t = start_alone(&q);
    struct pce_sqe sqe = nop_sqe(0);
    uint64_t wakes = pce_test_counter(t, "worker-wakes");

    do_alone(&q, &sqe, 20);
    g_assert_cmpuint(in_doorbell(t), ==, 20);
    g_assert_cmpuint(pce_test_counter(t, "worker-wakes"), ==, wakes);
    g_assert_cmpuint(pce_test_counter(t, "doorbells"), ==, q.rung);

    /* It interrupts as ever, before the write is done */
    msi_take(t, 0);
    shadow_write(&q, SHADOW(cq_event), q.cq_head);
    do_alone(&q, &sqe, 1);
    g_assert_true(msi_take(t, 0));
    g_assert_cmpuint(in_doorbell(t), ==, 21);
    pce_test_stop(t);
}

/* Now and then the worker gets one */
static void test_probe(const void *exec)
{
    PceTestQueue q;
    PceTest *t = start_alone(&q);
    struct pce_sqe sqe = nop_sqe(0);

    do_alone(&q, &sqe, ALONE_PROBE - 1);
    g_assert_cmpuint(in_doorbell(t), ==, ALONE_PROBE - 1);
    do_alone(&q, &sqe, 2);
    g_assert_cmpuint(in_doorbell(t), ==, ALONE_PROBE - 1);
    do_alone(&q, &sqe, 1);
    g_assert_cmpuint(in_doorbell(t), ==, ALONE_PROBE);
    pce_test_stop(t);
}

/* Two at once are the worker's, and so is what comes after them */
static void test_two(const void *exec)
{
    PceTestQueue q;
    PceTest *t = start_alone(&q);
    struct pce_sqe sqe = nop_sqe(0);

    queue_put(&q, &sqe);
    queue_put(&q, &sqe);
    queue_publish(&q);
    queue_take(&q);
    queue_take(&q);
    do_alone(&q, &sqe, ALONE);
    g_assert_cmpuint(in_doorbell(t), ==, 0);
    do_alone(&q, &sqe, 1);
    g_assert_cmpuint(in_doorbell(t), ==, 1);
    pce_test_stop(t);
}

/* A driver that leaves completions lying there does not wait for them */
static void test_not_waiting(const void *exec)
{
    PceTestQueue q;
    PceTest *t = start_alone(&q);
    struct pce_sqe sqe = nop_sqe(0);

    for (int i = 0; i < 4; i++) {
        wait_until_parked(&q);
        queue_put(&q, &sqe);
        queue_publish(&q);
        wait_for(qreg_read(&q, PCE_QREG_CQ_TAIL) == q.sq_tail);
    }
    g_assert_cmpuint(in_doorbell(t), ==, 1);
    for (int i = 0; i < 4; i++) {
        queue_take(&q);
    }
    pce_test_stop(t);
}

/* In place, in ECB */
static struct pce_sqe ecb_sqe(PceTest *t, uint32_t length)
{
    uint64_t ctx = pce_test_alloc(t, sizeof(struct pce_context));
    const uint8_t key[16] = { 1 };

    write_context(t, ctx, 1, PCE_ALG_AES_ECB, key, sizeof(key));
    return cipher_sqe(0, ctx, 1, pce_test_alloc(t, length), length);
}

static void test_long(const void *exec)
{
    PceTestQueue q;
    PceTest *t = start_alone(&q);
    struct pce_sqe sqe = ecb_sqe(t, BRIEF_BYTES_MAX + 16);

    do_alone(&q, &sqe, ALONE + 2);
    g_assert_cmpuint(in_doorbell(t), ==, 0);
    sqe.length = cpu_to_le32(BRIEF_BYTES);
    do_alone(&q, &sqe, ALONE + 2);
    g_assert_cmpuint(in_doorbell(t), >, 0);
    pce_test_stop(t);
}

/* What is longer than a page goes to the worker until it was found brief */
static void test_longer(const void *exec)
{
    PceTestQueue q;
    PceTest *t = start_alone(&q);
    struct pce_sqe sqe = ecb_sqe(t, 16384);
    uint64_t wakes = pce_test_counter(t, "worker-wakes");

    do_alone(&q, &sqe, 1);
    g_assert_cmpuint(in_doorbell(t), ==, 0);
    g_assert_cmpuint(pce_test_counter(t, "worker-wakes"), >, wakes);
    wait_for(({ do_alone(&q, &sqe, 1); in_doorbell(t) > 0; }));

    /* Anew after a reset */
    wakes = in_doorbell(t);
    queue_restart(&q);
    do_alone(&q, &sqe, ALONE);
    g_assert_cmpuint(in_doorbell(t), ==, wakes);
    pce_test_stop(t);
}

/* While the machine is stopped a doorbell is kept for later */
static void test_held(const void *exec)
{
    PceTestQueue q;
    PceTest *t = start_alone(&q);
    struct pce_sqe sqe = nop_sqe(0);

    qtest_qmp_assert_success(t->qts, "{ 'execute': 'stop' }");
    queue_put(&q, &sqe);
    queue_publish(&q);
    g_assert_cmpuint(qreg_read(&q, PCE_QREG_CQ_TAIL), ==, ALONE);
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'cont' }");
    queue_take(&q);
    g_assert_cmpuint(in_doorbell(t), ==, 0);
    pce_test_stop(t);
}

/* A queue that was reset begins anew */
static void test_reset(const void *exec)
{
    PceTestQueue q;
    PceTest *t = start_alone(&q);
    struct pce_sqe sqe = nop_sqe(0);

    queue_restart(&q);
    do_alone(&q, &sqe, ALONE);
    g_assert_cmpuint(in_doorbell(t), ==, 0);
    do_alone(&q, &sqe, 1);
    g_assert_cmpuint(in_doorbell(t), ==, 1);
    pce_test_stop(t);
}

/* What is wrong with an entry or a queue is found in the doorbell too */
static void test_faults(const void *exec)
{
    PceTestQueue q;
    PceTest *t = start_alone(&q);
    struct pce_sqe sqe = nop_sqe(0);

    sqe.opcode = PCE_OP_INVALID;
    g_assert_cmphex(do_status(&q, &sqe), ==, PCE_STATUS_BAD_OPCODE);
    g_assert_cmpuint(in_doorbell(t), ==, 1);

    wait_until_parked(&q);
    q.sq_tail += 100;
    queue_publish(&q);
    qreg_write(&q, PCE_QREG_DOORBELL, 0);
    wait_for(queue_state(&q) == PCE_QSTATE_FAULT);
    g_assert_cmphex(queue_fault(&q) & PCE_QFAULT_CODE, ==, PCE_QFAULT_BAD_TAIL);
    queue_restart(&q);
    queue_check(&q);
    pce_test_stop(t);
}

static void add(const char *name, void (*test)(const void *exec))
{
    g_autofree char *path = g_strdup_printf("pce/auto/exec/%s", name);

    qtest_add_data_func(path, NULL, test);
}

void pce_test_add_exec(void)
{
    add("alone", test_alone);
    add("probe", test_probe);
    add("two", test_two);
    add("not-waiting", test_not_waiting);
    add("long", test_long);
    add("longer", test_longer);
    add("held", test_held);
    add("reset", test_reset);
    add("faults", test_faults);
}
