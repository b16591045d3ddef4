/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of queue pairs: life, rings, faults, doorbells.
 */
#include "qemu/osdep.h"
#include "hw/crypto/pce/tests/pce-test.h"

/* --- Life cycle ------------------------------------------------------- */

static void expect(PceTestQueue *q, uint32_t state, uint32_t fault)
{
    wait_for(queue_state(q) == state);
    g_assert_cmphex(queue_fault(q), ==, fault);
}

/* Bring a fresh queue into a state of rest or into RUNNING */
static void bring_to(PceTest *t, PceTestQueue *q, uint32_t state)
{
    queue_alloc(t, q, 0, 4, 4);
    queue_clear(q);
    queue_configure(q);
    if (state == PCE_QSTATE_DISABLED) {
        return;
    }
    queue_command(q, PCE_QCMD_CREATE);
    if (state == PCE_QSTATE_STOPPED) {
        return;
    }
    if (state == PCE_QSTATE_FAULT) {
        shadow_write(q, SHADOW(sq_tail), 17);
    }
    queue_command(q, PCE_QCMD_RUN);
    wait_for(queue_state(q) == state);
}

static void back_to_disabled(PceTestQueue *q)
{
    if (queue_state(q) != PCE_QSTATE_DISABLED) {
        queue_command(q, PCE_QCMD_RESET);
        expect(q, PCE_QSTATE_STOPPED, PCE_QFAULT_NONE);
        queue_command(q, PCE_QCMD_DELETE);
    }
    expect(q, PCE_QSTATE_DISABLED, queue_fault(q));
}

/* Every command in every state that lasts */
static void test_commands(const void *exec)
{
    enum { DIS = PCE_QSTATE_DISABLED, STO = PCE_QSTATE_STOPPED,
           RUN = PCE_QSTATE_RUNNING, FLT = PCE_QSTATE_FAULT, NO = -1 };
    static const uint32_t states[] = { DIS, STO, RUN, FLT };
    static const struct {
        uint32_t cmd;
        int becomes[4];         /* from DISABLED, STOPPED, RUNNING, FAULT */
    } commands[] = {
        { 0,               { NO,  NO,  NO,  NO } },
        { PCE_QCMD_CREATE, { STO, NO,  NO,  NO } },
        { PCE_QCMD_RUN,    { NO,  RUN, NO,  NO } },
        { PCE_QCMD_STOP,   { NO,  NO,  STO, NO } },
        { PCE_QCMD_DRAIN,  { NO,  NO,  STO, NO } },
        { PCE_QCMD_RESET,  { NO,  STO, STO, STO } },
        { PCE_QCMD_DELETE, { NO,  DIS, NO,  DIS } },
        { 7,               { NO,  NO,  NO,  NO } },
        { 0xffffffff,      { NO,  NO,  NO,  NO } },
    };
    PceTest *t = pce_test_start(exec, NULL);

    for (size_t c = 0; c < ARRAY_SIZE(commands); c++) {
        for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
            int becomes = commands[c].becomes[i];
            PceTestQueue q;

            bring_to(t, &q, states[i]);
            queue_command(&q, commands[c].cmd);
            if (becomes == NO) {
                g_assert_cmpuint(queue_state(&q), ==, states[i]);
                g_assert_cmphex(queue_fault(&q), ==, PCE_QFAULT_BAD_COMMAND);
            } else {
                wait_for(queue_state(&q) == becomes);
            }
            back_to_disabled(&q);
        }
    }
    pce_test_stop(t);
}

static void test_stopped_event(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q;
    static const uint32_t commands[] = {
        PCE_QCMD_STOP, PCE_QCMD_DRAIN, PCE_QCMD_RESET,
    };

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        bring_to(t, &q, PCE_QSTATE_RUNNING);
        g_assert_cmphex(reg_read(t, PCE_REG_EVENT), ==, 0);
        queue_command(&q, commands[i]);
        wait_for(reg_read(t, PCE_REG_EVENT) == PCE_EVENT_QUEUE_STOPPED);
        g_assert_cmpuint(queue_state(&q), ==, PCE_QSTATE_STOPPED);
        queue_command(&q, PCE_QCMD_DELETE);
        reg_write(t, PCE_REG_EVENT, ~0u);
    }
    pce_test_stop(t);
}

static void refuse_create(PceTestQueue *q, uint64_t reg, uint32_t value,
                          uint32_t code)
{
    uint32_t good = qreg_read(q, reg);

    qreg_write(q, reg, value);
    queue_command(q, PCE_QCMD_CREATE);
    expect(q, PCE_QSTATE_DISABLED, code);
    qreg_write(q, reg, good);
}

static void test_create_refused(const void *exec)
{
    PceTest *t = pce_test_start(exec, "queues=2,min-queue-order=3,"
                                      "max-queue-order=6");
    static const uint32_t sizes[] = {
        0, 2 | 3 << 8, 3 | 2 << 8, 7 | 7 << 8, 6 | 7 << 8, 4 | 3 << 8,
        31 | 31 << 8,
    };
    PceTestQueue q;

    bring_to(t, &q, PCE_QSTATE_DISABLED);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        refuse_create(&q, PCE_QREG_SIZE, sizes[i], PCE_QFAULT_BAD_SIZE);
    }
    refuse_create(&q, PCE_QREG_SQ_LO, q.sq + 64, PCE_QFAULT_BAD_ADDRESS);
    refuse_create(&q, PCE_QREG_SQ_LO, q.sq + 2048, PCE_QFAULT_BAD_ADDRESS);
    refuse_create(&q, PCE_QREG_CQ_LO, q.cq + 32, PCE_QFAULT_BAD_ADDRESS);
    refuse_create(&q, PCE_QREG_SHADOW_LO, q.shadow + 64,
                  PCE_QFAULT_BAD_ADDRESS);
    refuse_create(&q, PCE_QREG_VECTOR, 3, PCE_QFAULT_BAD_VECTOR);
    refuse_create(&q, PCE_QREG_VECTOR, 0xfffe, PCE_QFAULT_BAD_VECTOR);

    /* With all of it mended it is taken; FAULT is cleared */
    queue_command(&q, PCE_QCMD_CREATE);
    expect(&q, PCE_QSTATE_STOPPED, PCE_QFAULT_NONE);
    queue_command(&q, PCE_QCMD_RUN);
    queue_check(&q);
    pce_test_stop(t);
}

static void test_vector_without_msix(const void *exec)
{
    PceTest *t = pce_test_start(exec, "msix=off");
    PceTestQueue q;

    bring_to(t, &q, PCE_QSTATE_DISABLED);
    refuse_create(&q, PCE_QREG_VECTOR, 1, PCE_QFAULT_BAD_VECTOR);
    qreg_write(&q, PCE_QREG_VECTOR, PCE_VECTOR_NONE);
    queue_command(&q, PCE_QCMD_CREATE);
    expect(&q, PCE_QSTATE_STOPPED, PCE_QFAULT_NONE);
    pce_test_stop(t);
}

/* --- Rings ------------------------------------------------------------ */

/* Bursts of every size, through the ring several times */
static void run_bursts(PceTestQueue *q)
{
    uint32_t size = 1u << q->sq_order;
    uint32_t burst = 1, tag = 0;

    while (q->sq_tail < 4 * size + 3) {
        uint32_t first = tag;

        for (uint32_t i = 0; i < burst; i++) {
            struct pce_sqe sqe = nop_sqe(tag++);

            queue_put(q, &sqe);
        }
        queue_publish(q);
        for (uint32_t i = 0; i < burst; i++) {
            struct pce_cqe cqe = queue_take(q);

            g_assert_cmphex(cqe_tag(&cqe), ==, first + i);
            g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
            g_assert_cmpuint(le32_to_cpu(cqe.length), ==, 0);
            g_assert_cmpuint(le32_to_cpu(cqe.detail), ==, 0);
        }
        burst = burst % size + 1;
    }
    g_assert_cmpuint(qreg_read(q, PCE_QREG_SQ_HEAD), ==, q->sq_tail);
    g_assert_cmpuint(qreg_read(q, PCE_QREG_CQ_TAIL), ==, q->sq_tail);
    g_assert_cmpuint(shadow_read(q, SHADOW(sq_head)), ==, q->sq_tail);
}

static void test_wrap(const void *exec)
{
    PceTest *t = pce_test_start(exec, "workers=1,queues=8");
    static const struct {
        unsigned int sq, cq;
    } orders[] = { { 2, 2 }, { 2, 3 }, { 3, 3 }, { 4, 6 }, { 6, 6 }, { 8, 8 } };

    for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
        PceTestQueue q;

        queue_start(t, &q, i, orders[i].sq, orders[i].cq);
        run_bursts(&q);
    }
    pce_test_stop(t);
}

/* A full ring of the largest size, in one go */
static void test_full_ring(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    static const unsigned int orders[] = { PCE_LIMIT_MIN_ORDER, 6,
                                           PCE_LIMIT_MAX_ORDER };

    for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
        uint32_t size = 1u << orders[i];
        PceTestQueue q;

        queue_start(t, &q, i, orders[i], orders[i]);
        for (uint32_t tag = 0; tag < size; tag++) {
            struct pce_sqe sqe = nop_sqe(tag);

            queue_put(&q, &sqe);
        }
        queue_publish(&q);
        for (uint32_t tag = 0; tag < size; tag++) {
            struct pce_cqe cqe = queue_take(&q);

            g_assert_cmphex(cqe_tag(&cqe), ==, tag);
        }
        queue_check(&q);
    }
    pce_test_stop(t);
}

static void test_many_queues(const void *exec)
{
    PceTest *t = pce_test_start(exec, "queues=64,workers=3");
    PceTestQueue q[PCE_LIMIT_QUEUES];

    for (unsigned int i = 0; i < PCE_LIMIT_QUEUES; i++) {
        queue_start(t, &q[i], i, 3, 3);
    }
    for (unsigned int n = 0; n < 10; n++) {
        for (unsigned int i = 0; i < PCE_LIMIT_QUEUES; i++) {
            struct pce_sqe sqe = nop_sqe(i);

            queue_put(&q[i], &sqe);
            queue_publish(&q[i]);
        }
        for (unsigned int i = 0; i < PCE_LIMIT_QUEUES; i++) {
            struct pce_cqe cqe = queue_take(&q[i]);

            g_assert_cmphex(cqe_tag(&cqe), ==, i);
        }
    }
    pce_test_stop(t);
}

/* --- Faults ----------------------------------------------------------- */

/*
 * The queue under test has arrived in FAULT with this code; another one goes
 * on.  It is for the caller to bring the first back.
 */
static void check_fault(PceTest *t, PceTestQueue *q, PceTestQueue *other,
                        uint32_t code)
{
    expect(q, PCE_QSTATE_FAULT, code);
    g_assert_cmphex(reg_read(t, PCE_REG_FAULTED_LO), ==, 1u << q->index);
    g_assert_cmphex(reg_read(t, PCE_REG_FAULTED_HI), ==, 0);
    wait_for(reg_read(t, PCE_REG_EVENT) & PCE_EVENT_QUEUE_FAULT);
    g_assert_cmphex(reg_read(t, PCE_REG_STATUS), ==, PCE_DEV_READY);
    queue_check(other);
    reg_write(t, PCE_REG_EVENT, ~0u);
}

static void test_bad_tail(const void *exec)
{
    static const uint32_t tails[] = { 17, 1000, 0x80000000, 0xffffffff };
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q, other;

    queue_start(t, &q, 0, 4, 4);
    queue_start(t, &other, 1, 4, 4);
    for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
        shadow_write(&q, SHADOW(sq_tail), tails[i]);
        qreg_write(&q, PCE_QREG_DOORBELL, 0);
        check_fault(t, &q, &other, PCE_QFAULT_BAD_TAIL);
        g_assert_cmphex(qreg_read(&q, PCE_QREG_FAULT) >> 16, ==,
                        tails[i] & 0xffff);
        g_assert_cmpuint(qreg_read(&q, PCE_QREG_CQ_TAIL), ==, 0);
        queue_restart(&q);
        queue_check(&q);
        queue_restart(&q);
    }
    pce_test_stop(t);
}

/* Entries before the one at fault are completed, those after are not begun */
static void test_bad_phase(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q, other;
    struct pce_sqe sqe = nop_sqe(1);
    struct pce_cqe cqe;

    queue_start(t, &q, 0, 4, 4);
    queue_start(t, &other, 1, 4, 4);
    queue_put(&q, &sqe);
    queue_put(&q, &sqe);
    sqe.flags = PCE_SQE_PHASE;
    /* ... whose phase bit is taken away */
    queue_put(&q, &sqe);
    qtest_writeb(t->qts, q.sq + 2 * sizeof(sqe) +
                 offsetof(struct pce_sqe, flags), 0);
    queue_put(&q, &sqe);
    queue_publish(&q);
    queue_take(&q);
    queue_take(&q);
    check_fault(t, &q, &other, PCE_QFAULT_BAD_PHASE);
    g_assert_cmpuint(qreg_read(&q, PCE_QREG_FAULT) >> 16, ==, 2);
    g_assert_cmpuint(qreg_read(&q, PCE_QREG_SQ_HEAD), ==, 2);
    g_assert_cmpuint(qreg_read(&q, PCE_QREG_CQ_TAIL), ==, 2);
    g_assert_false(queue_peek(&q, &cqe));
    queue_restart(&q);
    queue_check(&q);
    pce_test_stop(t);
}

/* The driver does not take its completions, and submits all the same */
static void test_cq_overflow(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q, other;
    struct pce_sqe sqe = nop_sqe(0);

    queue_start(t, &q, 0, 2, 2);
    queue_start(t, &other, 1, 4, 4);
    for (int i = 0; i < 4; i++) {
        queue_put(&q, &sqe);
    }
    queue_publish(&q);
    wait_for(qreg_read(&q, PCE_QREG_CQ_TAIL) == 4);
    g_assert_cmpuint(queue_state(&q), ==, PCE_QSTATE_RUNNING);
    queue_put(&q, &sqe);
    queue_publish(&q);
    check_fault(t, &q, &other, PCE_QFAULT_CQ_OVERFLOW);
    g_assert_cmpuint(qreg_read(&q, PCE_QREG_CQ_TAIL), ==, 4);
    g_assert_cmpuint(qreg_read(&q, PCE_QREG_SQ_HEAD), ==, 4);
    queue_restart(&q);
    run_bursts(&q);

    /* A nonsensical head is no free room either */
    queue_restart(&q);
    for (int i = 0; i < 4; i++) {
        queue_put(&q, &sqe);
    }
    queue_publish(&q);
    wait_for(qreg_read(&q, PCE_QREG_CQ_TAIL) == 4);
    shadow_write(&q, SHADOW(cq_head), 1000);
    queue_put(&q, &sqe);
    queue_publish(&q);
    check_fault(t, &q, &other, PCE_QFAULT_CQ_OVERFLOW);
    pce_test_stop(t);
}

/* Rings and shadow record where no memory is, and in the device's own BARs */
static void test_ring_dma(const void *exec)
{
    static const struct {
        uint64_t reg;
        uint32_t code;
    } rings[] = {
        { PCE_QREG_SQ_LO, PCE_QFAULT_SQ_DMA },
        { PCE_QREG_CQ_LO, PCE_QFAULT_CQ_DMA },
        { PCE_QREG_SHADOW_LO, PCE_QFAULT_SHADOW_DMA },
    };
    static const uint64_t bad[] = {
        NOWHERE, REGS_BASE, REGS_BASE + PCE_PAGE_SIZE, MSIX_BASE,
        0xfffffffffffff000ull, 0xfffc0000 /* ROM or nothing, not writable */,
    };
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q, other;

    queue_start(t, &other, 1, 4, 4);
    for (size_t i = 0; i < ARRAY_SIZE(rings); i++) {
        for (size_t b = 0; b < ARRAY_SIZE(bad); b++) {
            if (rings[i].reg == PCE_QREG_SQ_LO && b == ARRAY_SIZE(bad) - 1) {
                continue;       /* a ROM may be read */
            }
            queue_alloc(t, &q, 0, 4, 4);
            queue_clear(&q);
            queue_configure(&q);
            qreg_write(&q, rings[i].reg, bad[b]);
            qreg_write(&q, rings[i].reg + 4, bad[b] >> 32);
            shadow_write(&q, SHADOW(sq_tail), 1);
            queue_command(&q, PCE_QCMD_CREATE);
            expect(&q, PCE_QSTATE_STOPPED, PCE_QFAULT_NONE);
            queue_command(&q, PCE_QCMD_RUN);
            check_fault(t, &q, &other, rings[i].code);
            queue_command(&q, PCE_QCMD_DELETE);
        }
    }
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    pce_test_stop(t);
}

/* A ring that runs from RAM into nothing */
static void test_ring_end_of_memory(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q, other;
    struct pce_sqe sqe = nop_sqe(0);

    queue_start(t, &other, 1, 4, 4);
    queue_alloc(t, &q, 0, 7, 7);
    q.sq = RAM_SIZE - 4096;             /* 64 entries of 128 */
    queue_clear(&q);
    queue_configure(&q);
    queue_command(&q, PCE_QCMD_CREATE);
    queue_command(&q, PCE_QCMD_RUN);
    for (int i = 0; i < 64; i++) {
        queue_do(&q, &sqe);
    }
    queue_put(&q, &sqe);
    queue_publish(&q);
    check_fault(t, &q, &other, PCE_QFAULT_SQ_DMA);
    g_assert_cmpuint(qreg_read(&q, PCE_QREG_FAULT) >> 16, ==, 64);
    pce_test_stop(t);
}

/* --- Doorbells -------------------------------------------------------- */

static void test_doorbell(const void *exec)
{
    PceTest *t = pce_test_start(exec, "poll-us=0");
    struct pce_sqe sqe = nop_sqe(0);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    for (uint32_t i = 0; i < 40; i++) {
        /* The device says where it stands before it sleeps */
        wait_for(shadow_read(&q, SHADOW(sq_event)) == i);
        queue_do(&q, &sqe);
    }
    wait_for(shadow_read(&q, SHADOW(sq_event)) == 40);
    g_assert_cmpuint(q.rung, ==, 40);
    g_assert_cmpuint(pce_test_counter(t, "doorbells"), ==, 40);

    if (!strcmp(exec, "inline")) {
        /* It sleeps, and sees nothing before it is rung */
        struct pce_cqe cqe;

        queue_put(&q, &sqe);
        shadow_write(&q, SHADOW(sq_tail), q.sq_tail);
        g_assert_cmpuint(qreg_read(&q, PCE_QREG_CQ_TAIL), ==, 40);
        g_assert_false(queue_peek(&q, &cqe));
        qreg_write(&q, PCE_QREG_DOORBELL, 0);
        g_assert_cmpuint(qreg_read(&q, PCE_QREG_CQ_TAIL), ==, 41);
        g_assert_true(queue_peek(&q, &cqe));
    }
    pce_test_stop(t);
}

/* A device that is at work needs no doorbell */
static void test_doorbell_suppressed(const void *exec)
{
    PceTest *t = pce_test_start("threads", "poll-us=10000");
    struct pce_sqe sqe = nop_sqe(0);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    for (uint32_t i = 0; i < 200; i++) {
        queue_do(&q, &sqe);
    }
    g_assert_cmpuint(q.rung, <, 200);
    g_assert_cmpuint(pce_test_counter(t, "doorbells"), ==, q.rung);
    g_assert_cmpuint(pce_test_counter(t, "worker-polls"), >, 0);
    pce_test_stop(t);
}

/* Doorbells at any time, in any state, hurt nobody */
static void test_doorbell_storm(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q;

    for (unsigned int i = 0; i < t->queues; i++) {
        reg_write(t, PCE_QUEUE_PAGE(i) + PCE_QREG_DOORBELL, i);
    }
    queue_start(t, &q, 0, 4, 4);
    for (int i = 0; i < 50; i++) {
        qreg_write(&q, PCE_QREG_DOORBELL, ~0u);
    }
    queue_check(&q);
    queue_command(&q, PCE_QCMD_STOP);
    wait_for(queue_state(&q) == PCE_QSTATE_STOPPED);
    qreg_write(&q, PCE_QREG_DOORBELL, 0);
    g_assert_cmpuint(queue_state(&q), ==, PCE_QSTATE_STOPPED);
    queue_command(&q, PCE_QCMD_RUN);
    queue_check(&q);
    pce_test_stop(t);
}

/* --- Stop, drain, reset under load ------------------------------------ */

static void test_stop(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestLoad load;

    load_begin(t, &load, 0, LOAD_LONG);
    queue_command(&load.q, PCE_QCMD_STOP);
    wait_for(queue_state(&load.q) == PCE_QSTATE_STOPPED);
    load_check_interrupted(&load);
    g_assert_cmpuint(qreg_read(&load.q, PCE_QREG_SQ_HEAD), ==,
                     qreg_read(&load.q, PCE_QREG_CQ_TAIL));

    load_shorten(&load);
    queue_command(&load.q, PCE_QCMD_RUN);
    load_finish(&load);
    pce_test_stop(t);
}

static void test_drain(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    struct pce_sqe sqe = nop_sqe(0x7777);
    struct pce_cqe cqe;
    PceTestLoad load;

    load_begin(t, &load, 0, LOAD_SHORT);
    queue_command(&load.q, PCE_QCMD_DRAIN);
    wait_for(queue_state(&load.q) == PCE_QSTATE_STOPPED);
    load_finish(&load);

    /* What comes after waits for RUN */
    queue_put(&load.q, &sqe);
    queue_publish(&load.q);
    qreg_write(&load.q, PCE_QREG_DOORBELL, 0);
    g_assert_cmpuint(qreg_read(&load.q, PCE_QREG_SQ_HEAD), ==, load.count);
    queue_command(&load.q, PCE_QCMD_RUN);
    cqe = queue_take(&load.q);
    g_assert_cmphex(cqe_tag(&cqe), ==, 0x7777);
    pce_test_stop(t);
}

static void test_queue_reset(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue other;
    PceTestLoad load;

    queue_start(t, &other, 1, 4, 4);
    load_begin(t, &load, 0, LOAD_LONG);
    queue_command(&load.q, PCE_QCMD_RESET);
    wait_for(queue_state(&load.q) == PCE_QSTATE_STOPPED);
    load_check_interrupted(&load);
    load_snapshot(&load);
    g_assert_cmpuint(qreg_read(&load.q, PCE_QREG_SQ_HEAD), ==, 0);
    g_assert_cmpuint(qreg_read(&load.q, PCE_QREG_CQ_TAIL), ==, 0);
    queue_check(&other);

    queue_command(&load.q, PCE_QCMD_DELETE);
    load_check_silent(&load);
    pce_test_stop(t);
}

/*
 * Behind an IOMMU a worker holds the BQL while it works.  Everybody else has to
 * get it in between: twenty registers are read before much of the load is done.
 */
static void test_answers_behind_iommu(const void *exec)
{
    PceTest *t = pce_test_start(exec, WITH_IOMMU);
    PceTestLoad load;

    load_begin(t, &load, 0, LOAD_LONG);
    for (int i = 0; i < 20; i++) {
        qreg_read(&load.q, PCE_QREG_STATE);
    }
    g_assert_cmpuint(qreg_read(&load.q, PCE_QREG_CQ_TAIL), <, load.count / 4);
    pce_test_stop(t);
}

/* RESET while the queue is on its way to STOPPED by STOP, DRAIN or RESET */
static void test_reset_in_transit(const void *exec)
{
    static const uint32_t commands[] = {
        PCE_QCMD_STOP, PCE_QCMD_DRAIN, PCE_QCMD_RESET,
    };
    PceTest *t = pce_test_start(exec, NULL);

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        PceTestLoad load;

        load_begin(t, &load, i, LOAD_LONG);
        queue_command(&load.q, commands[i]);
        queue_command(&load.q, PCE_QCMD_RESET);
        expect(&load.q, PCE_QSTATE_STOPPED, PCE_QFAULT_NONE);
        wait_for(qreg_read(&load.q, PCE_QREG_SQ_HEAD) == 0);
        g_assert_cmpuint(qreg_read(&load.q, PCE_QREG_CQ_TAIL), ==, 0);
        queue_clear(&load.q);
        queue_command(&load.q, PCE_QCMD_RUN);
        queue_check(&load.q);
    }
    pce_test_stop(t);
}

void pce_test_add_queue(void)
{
    pce_test_add("queue/commands", test_commands);
    pce_test_add("queue/stopped-event", test_stopped_event);
    pce_test_add("queue/create-refused", test_create_refused);
    pce_test_add("queue/vector-without-msix", test_vector_without_msix);
    pce_test_add("queue/wrap", test_wrap);
    pce_test_add("queue/full-ring", test_full_ring);
    pce_test_add("queue/many-queues", test_many_queues);
    pce_test_add("queue/bad-tail", test_bad_tail);
    pce_test_add("queue/bad-phase", test_bad_phase);
    pce_test_add("queue/cq-overflow", test_cq_overflow);
    pce_test_add("queue/ring-dma", test_ring_dma);
    pce_test_add("queue/ring-end-of-memory", test_ring_end_of_memory);
    pce_test_add("queue/doorbell", test_doorbell);
    qtest_add_data_func("pce/threads/queue/doorbell-suppressed", NULL,
                        test_doorbell_suppressed);
    pce_test_add("queue/doorbell-storm", test_doorbell_storm);
    pce_test_add("queue/stop", test_stop);
    pce_test_add("queue/drain", test_drain);
    pce_test_add("queue/reset", test_queue_reset);
    pce_test_add("queue/reset-in-transit", test_reset_in_transit);
    pce_test_add("queue/answers-behind-iommu", test_answers_behind_iommu);
}
