/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of interrupts: MSI-X, INTx, event index, moderation,
 * lingering.
 */
#include "qemu/osdep.h"
#include "hw/crypto/pce/tests/pce-test.h"

#define USEC 1000

static void do_nop(PceTestQueue *q)
{
    struct pce_sqe sqe = nop_sqe(0);

    queue_do(q, &sqe);
}

/* Ask for an interrupt at the next completion */
static void arm(PceTestQueue *q)
{
    shadow_write(q, SHADOW(cq_event), q->cq_head);
}

/*
 * No interrupt has come, and none is on its way: the device has parked, which
 * it does when it has told all that it had to.
 */
static void check_quiet(PceTestQueue *q, unsigned int vector)
{
    wait_for(shadow_read(q, SHADOW(sq_event)) == q->sq_tail);
    g_assert_false(msi_take(q->t, vector));
}

/* --- MSI-X ------------------------------------------------------------ */

static void test_msix(const void *exec)
{
    PceTest *t = pce_test_start(exec, "queues=4");
    PceTestQueue q[4];

    pce_test_enable_msix(t);
    reg_write(t, PCE_REG_EVENT_VECTOR, EVENT_VECTOR(t));
    reg_write(t, PCE_REG_EVENT_ENABLE, PCE_EVENT_ALL);
    for (unsigned int i = 0; i < 4; i++) {
        queue_start(t, &q[i], i, 4, 4);
    }
    /* Each queue has its own */
    for (unsigned int i = 0; i < 4; i++) {
        do_nop(&q[i]);
        wait_for(msi_take(t, i));
        for (unsigned int other = 0; other < 5; other++) {
            g_assert_false(msi_take(t, other));
        }
    }
    /* And events have one */
    queue_command(&q[1], PCE_QCMD_STOP);
    wait_for(msi_take(t, EVENT_VECTOR(t)));
    g_assert_cmphex(reg_read(t, PCE_REG_EVENT), ==, PCE_EVENT_QUEUE_STOPPED);
    shadow_write(&q[2], SHADOW(sq_tail), 1000);
    qreg_write(&q[2], PCE_QREG_DOORBELL, 0);
    wait_for(msi_take(t, EVENT_VECTOR(t)));
    reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
    wait_for(msi_take(t, EVENT_VECTOR(t)));
    g_assert_cmphex(reg_read(t, PCE_REG_EVENT), ==, PCE_EVENT_QUEUE_STOPPED |
                    PCE_EVENT_QUEUE_FAULT | PCE_EVENT_RESET_DONE);
    g_assert_cmphex(reg_read(t, PCE_REG_INTX_STATUS), ==, 0);
    g_assert_false(intx_asserted(t));
    pce_test_stop(t);
}

/* Two queues and the events on one vector */
static void test_shared_vector(const void *exec)
{
    PceTest *t = pce_test_start(exec, "vectors=1");
    PceTestQueue q;

    pce_test_enable_msix(t);
    reg_write(t, PCE_REG_EVENT_VECTOR, 0);
    reg_write(t, PCE_REG_EVENT_ENABLE, PCE_EVENT_ALL);
    for (unsigned int i = 0; i < 2; i++) {
        queue_alloc(t, &q, i, 4, 4);
        queue_clear(&q);
        queue_configure(&q);
        qreg_write(&q, PCE_QREG_VECTOR, 0);
        queue_command(&q, PCE_QCMD_CREATE);
        queue_command(&q, PCE_QCMD_RUN);
        do_nop(&q);
        wait_for(msi_take(t, 0));
    }
    queue_command(&q, PCE_QCMD_STOP);
    wait_for(msi_take(t, 0));
    pce_test_stop(t);
}

static void test_masked(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    const uint64_t control = MSIX_BASE + PCI_MSIX_ENTRY_VECTOR_CTRL;
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 4, 4);
    qtest_writel(t->qts, control, PCI_MSIX_ENTRY_CTRL_MASKBIT);
    do_nop(&q);
    wait_for(pce_test_pending(t) & 1);
    g_assert_false(msi_take(t, 0));
    qtest_writel(t->qts, control, 0);
    g_assert_true(msi_take(t, 0));
    g_assert_cmphex(pce_test_pending(t) & 1, ==, 0);
    pce_test_stop(t);
}

static void test_no_vector(const void *exec)
{
    PceTest *t = pce_test_start(exec, "poll-us=0");
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_alloc(t, &q, 0, 4, 4);
    queue_clear(&q);
    queue_configure(&q);
    qreg_write(&q, PCE_QREG_VECTOR, PCE_VECTOR_NONE);
    queue_command(&q, PCE_QCMD_CREATE);
    queue_command(&q, PCE_QCMD_RUN);
    do_nop(&q);
    check_quiet(&q, 0);

    /* An event vector that the table lacks */
    reg_write(t, PCE_REG_EVENT_VECTOR, EVENT_VECTOR(t) + 1);
    reg_write(t, PCE_REG_EVENT_ENABLE, PCE_EVENT_ALL);
    queue_command(&q, PCE_QCMD_STOP);
    wait_for(reg_read(t, PCE_REG_EVENT) == PCE_EVENT_QUEUE_STOPPED);
    g_assert_false(msi_take(t, EVENT_VECTOR(t)));
    g_assert_cmphex(reg_read(t, PCE_REG_INTX_STATUS), ==, 0);
    pce_test_stop(t);
}

/* --- INTx ------------------------------------------------------------- */

static void check_intx(const char *exec, const char *options)
{
    PceTest *t = pce_test_start(exec, options);
    PceTestQueue q;

    reg_write(t, PCE_REG_EVENT_VECTOR, 0);
    reg_write(t, PCE_REG_EVENT_ENABLE, PCE_EVENT_ALL);
    queue_alloc(t, &q, 0, 4, 4);
    queue_clear(&q);
    queue_configure(&q);
    qreg_write(&q, PCE_QREG_VECTOR, 0);
    queue_command(&q, PCE_QCMD_CREATE);
    queue_command(&q, PCE_QCMD_RUN);
    g_assert_false(intx_asserted(t));
    for (int i = 0; i < 3; i++) {
        arm(&q);
        do_nop(&q);
        wait_for(intx_asserted(t));
        g_assert_true(intx_asserted(t));
        g_assert_cmphex(reg_read(t, PCE_REG_INTX_STATUS), ==, PCE_INTX_QUEUE);
        g_assert_false(intx_asserted(t));
        g_assert_cmphex(reg_read(t, PCE_REG_INTX_STATUS), ==, 0);
    }
    queue_command(&q, PCE_QCMD_STOP);
    wait_for(intx_asserted(t));
    g_assert_cmphex(reg_read(t, PCE_REG_INTX_STATUS), ==, PCE_INTX_EVENT);
    g_assert_false(intx_asserted(t));
    pce_test_stop(t);
}

static void test_intx(const void *exec)
{
    check_intx(exec, "msix=off");
    check_intx(exec, NULL);
}

static void test_intx_reset(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    do_nop(&q);
    wait_for(intx_asserted(t));
    /* The pin is silent while MSI-X speaks, and after a reset */
    pce_test_enable_msix(t);
    g_assert_false(intx_asserted(t));
    pce_test_flr(t);
    pce_test_enable(t);
    g_assert_false(intx_asserted(t));
    g_assert_cmphex(reg_read(t, PCE_REG_INTX_STATUS), ==, 0);
    pce_test_stop(t);
}

/* --- Event index ------------------------------------------------------ */

static void test_event_index(const void *exec)
{
    PceTest *t = pce_test_start(exec, "poll-us=0");
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 4, 4);
    do_nop(&q);
    wait_for(msi_take(t, 0));
    /* cq_event stays where it is: no further interrupt */
    for (int i = 0; i < 20; i++) {
        do_nop(&q);
        check_quiet(&q, 0);
    }
    /* After three more completions */
    shadow_write(&q, SHADOW(cq_event), q.cq_head + 2);
    do_nop(&q);
    check_quiet(&q, 0);
    do_nop(&q);
    check_quiet(&q, 0);
    do_nop(&q);
    wait_for(msi_take(t, 0));
    g_assert_cmpuint(pce_test_counter(t, "interrupts"), ==, 2);
    pce_test_stop(t);
}

/* One interrupt for what was written in one pass */
static void test_one_interrupt_per_pass(const void *exec)
{
    PceTest *t = pce_test_start(exec, "poll-us=0");
    struct pce_sqe sqe = nop_sqe(0);
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 5, 5);
    for (int i = 0; i < 32; i++) {
        queue_put(&q, &sqe);
    }
    queue_publish(&q);
    for (int i = 0; i < 32; i++) {
        queue_take(&q);
    }
    wait_for(msi_take(t, 0));
    check_quiet(&q, 0);
    g_assert_cmpuint(pce_test_counter(t, "interrupts"), ==, 1);
    pce_test_stop(t);
}

static void test_event_enable_late(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q;

    pce_test_enable_msix(t);
    reg_write(t, PCE_REG_EVENT_VECTOR, EVENT_VECTOR(t));
    queue_start(t, &q, 0, 4, 4);
    queue_command(&q, PCE_QCMD_STOP);
    wait_for(reg_read(t, PCE_REG_EVENT) == PCE_EVENT_QUEUE_STOPPED);
    g_assert_false(msi_take(t, EVENT_VECTOR(t)));
    reg_write(t, PCE_REG_EVENT_ENABLE, PCE_EVENT_QUEUE_FAULT);
    g_assert_false(msi_take(t, EVENT_VECTOR(t)));
    reg_write(t, PCE_REG_EVENT_ENABLE, PCE_EVENT_ALL);
    g_assert_true(msi_take(t, EVENT_VECTOR(t)));
    /* It is set already: no second one */
    queue_command(&q, PCE_QCMD_RUN);
    queue_command(&q, PCE_QCMD_STOP);
    wait_for(queue_state(&q) == PCE_QSTATE_STOPPED);
    queue_command(&q, PCE_QCMD_DELETE);
    g_assert_false(msi_take(t, EVENT_VECTOR(t)));
    pce_test_stop(t);
}

/* --- Moderation ------------------------------------------------------- */

static void test_moderation_time(const void *exec)
{
    PceTest *t = pce_test_start(exec, "poll-us=0");
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 4, 4);
    qreg_write(&q, PCE_QREG_MODERATION, 100);
    do_nop(&q);
    check_quiet(&q, 0);
    qtest_clock_step(t->qts, 99 * USEC);
    g_assert_false(msi_take(t, 0));
    /* A second completion does not begin the time anew */
    arm(&q);
    do_nop(&q);
    check_quiet(&q, 0);
    qtest_clock_step(t->qts, 1 * USEC);
    g_assert_true(msi_take(t, 0));
    qtest_clock_step(t->qts, 1000 * USEC);
    g_assert_false(msi_take(t, 0));

    /* Nobody asked: nothing is held either */
    do_nop(&q);
    check_quiet(&q, 0);
    qtest_clock_step(t->qts, 1000 * USEC);
    g_assert_false(msi_take(t, 0));
    pce_test_stop(t);
}

static void test_moderation_count(const void *exec)
{
    PceTest *t = pce_test_start(exec, "poll-us=0");
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 4, 4);
    qreg_write(&q, PCE_QREG_MODERATION, 3 << 16 | 100);
    for (int i = 0; i < 5; i++) {
        arm(&q);
        do_nop(&q);
        check_quiet(&q, 0);
        do_nop(&q);
        check_quiet(&q, 0);
        do_nop(&q);
        wait_for(msi_take(t, 0));
        check_quiet(&q, 0);
    }
    /* The time that was running is off */
    qtest_clock_step(t->qts, 1000 * USEC);
    g_assert_false(msi_take(t, 0));
    pce_test_stop(t);
}

/* A held interrupt does not outlive its epoch */
static void test_moderation_reset(const void *exec)
{
    PceTest *t = pce_test_start(exec, "poll-us=0");
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 4, 4);
    qreg_write(&q, PCE_QREG_MODERATION, 100);
    do_nop(&q);
    check_quiet(&q, 0);
    queue_command(&q, PCE_QCMD_RESET);
    wait_for(queue_state(&q) == PCE_QSTATE_STOPPED);
    qtest_clock_step(t->qts, 1000 * USEC);
    g_assert_false(msi_take(t, 0));

    queue_clear(&q);
    queue_command(&q, PCE_QCMD_RUN);
    do_nop(&q);
    check_quiet(&q, 0);
    reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
    wait_for(reg_read(t, PCE_REG_STATUS) == PCE_DEV_READY);
    qtest_clock_step(t->qts, 1000 * USEC);
    g_assert_false(msi_take(t, 0));
    pce_test_stop(t);
}

/* --- Lingering -------------------------------------------------------- */

/* A request whose completion is not taken */
static void leave_nop(PceTestQueue *q)
{
    struct pce_sqe sqe = nop_sqe(0);

    queue_put(q, &sqe);
    queue_publish(q);
    wait_for(qreg_read(q, PCE_QREG_CQ_TAIL) == q->sq_tail);
}

/* The interrupt of a driver that goes on submitting is late, but it comes */
static void test_linger(const void *exec)
{
    PceTest *t = pce_test_start(exec, "poll-us=10000");
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 4, 4);
    leave_nop(&q);
    wait_for(msi_take(t, 0));
    g_assert_cmpuint(pce_test_counter(t, "interrupts-held"), ==, 0);

    for (uint32_t held = 1; held <= 4; held++) {
        shadow_write(&q, SHADOW(cq_event), q.sq_tail);
        leave_nop(&q);
        wait_for(msi_take(t, 0));
        /* Executed in the doorbell write, it has nobody who looks on */
        g_assert_cmpuint(pce_test_counter(t, "interrupts-held"), ==,
                         g_str_equal(exec, "inline") ? 0 : held);
    }
    pce_test_stop(t);
}

/* A driver that waits for each completion never is made to wait for more */
static void test_no_linger(const void *exec)
{
    PceTest *t = pce_test_start(exec, "poll-us=10000");
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 4, 4);
    leave_nop(&q);
    leave_nop(&q);
    queue_take(&q);
    queue_take(&q);

    for (int i = 0; i < 10; i++) {
        arm(&q);
        do_nop(&q);
        wait_for(msi_take(t, 0));
    }
    /* It takes this many until it is believed */
    g_assert_cmpuint(pce_test_counter(t, "interrupts-held"), <=, 3);
    pce_test_stop(t);
}

/* Neither rest nor reset leaves an interrupt behind */
static void test_linger_rest(const void *exec)
{
    PceTest *t = pce_test_start(exec, "poll-us=10000");
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 4, 4);
    leave_nop(&q);
    wait_for(msi_take(t, 0));
    shadow_write(&q, SHADOW(cq_event), q.sq_tail);
    leave_nop(&q);
    queue_command(&q, PCE_QCMD_STOP);
    wait_for(queue_state(&q) == PCE_QSTATE_STOPPED);
    wait_for(msi_take(t, 0));

    queue_restart(&q);
    leave_nop(&q);
    leave_nop(&q);
    queue_restart(&q);
    msi_take(t, 0);
    do_nop(&q);
    wait_for(msi_take(t, 0));
    pce_test_stop(t);
}

void pce_test_add_irq(void)
{
    pce_test_add("irq/msix", test_msix);
    pce_test_add("irq/shared-vector", test_shared_vector);
    pce_test_add("irq/masked", test_masked);
    pce_test_add("irq/no-vector", test_no_vector);
    pce_test_add("irq/intx", test_intx);
    pce_test_add("irq/intx-reset", test_intx_reset);
    pce_test_add("irq/event-index", test_event_index);
    pce_test_add("irq/one-per-pass", test_one_interrupt_per_pass);
    pce_test_add("irq/event-enable-late", test_event_enable_late);
    pce_test_add("irq/moderation-time", test_moderation_time);
    pce_test_add("irq/moderation-count", test_moderation_count);
    pce_test_add("irq/moderation-reset", test_moderation_reset);
    pce_test_add("irq/linger", test_linger);
    pce_test_add("irq/no-linger", test_no_linger);
    pce_test_add("irq/linger-rest", test_linger_rest);
}
