/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of faults on demand: the language, each action, and
 * the registers.  Time passes when a test says so.
 */
#include "qemu/osdep.h"
#include "pce-test.h"

static void check_report(PceTest *t, const char *line)
{
    g_autofree char *report = pce_test_text(t, "fault-report");

    if (!strstr(report, line)) {
        g_test_message("no '%s' in: %s", line, report);
        g_test_fail();
    }
}

static struct pce_cqe take_any(PceTestQueue *q)
{
    struct pce_cqe cqe;

    wait_for(queue_peek(q, &cqe));
    g_assert_true(queue_peek(q, &cqe));
    q->cq_head++;
    shadow_write(q, SHADOW(cq_head), q->cq_head);
    return cqe;
}

static void put_nops(PceTestQueue *q, uint16_t tag, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        struct pce_sqe sqe = nop_sqe(tag + i);

        queue_put(q, &sqe);
    }
    queue_publish(q);
}

static void expect(PceTestQueue *q, uint16_t tag, uint32_t index)
{
    struct pce_cqe cqe = take_any(q);

    g_assert_cmphex(cqe_tag(&cqe), ==, tag);
    g_assert_cmphex(le32_to_cpu(cqe.index), ==, index);
    g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
}

static void wait_fetched(PceTestQueue *q)
{
    wait_for(qreg_read(q, PCE_QREG_SQ_HEAD) == q->sq_tail);
}

/* The device has looked at all that was submitted, and sleeps again */
static void wait_parked(PceTestQueue *q)
{
    wait_for(shadow_read(q, SHADOW(sq_event)) == q->sq_tail);
}

static uint64_t make_key(PceTest *t)
{
    uint64_t ctx = pce_test_alloc(t, sizeof(struct pce_context));
    const uint8_t key[16] = { 1 };

    write_context(t, ctx, 1, PCE_ALG_AES_ECB, key, sizeof(key));
    return ctx;
}

/* --- The language ----------------------------------------------------- */

static void test_language(const void *exec)
{
    static const struct {
        const char *plan;
        const char *error;              /* NULL: none */
    } plans[] = {
        { "", NULL },
        { "drop", NULL },
        { " ; drop  nth=3 ;\n\tdelay us=0x10 every=2; seed=7;", NULL },
        { "read-ones reg=0x24 probability=0.5 times=3 for-ms=10", NULL },
        { "status code=0x28 op=aead queue=7", NULL },
        { "slow us=1 bandwidth=1000", NULL },
        { "interrupt-storm us=10 count=5", NULL },
        { "explode", "rule 1: 'explode': no such action" },
        { "drop; drop often", "rule 2: 'often': not name=value" },
        { "drop us=3", "'us': not a word of 'drop'" },
        { "drop nth=0", "'nth=0': not a number from 1" },
        { "drop nth=x", "'nth=x'" },
        { "drop nth=1 every=2", "more than one of nth, every, probability" },
        { "drop probability=2", "'probability=2': not a number from 0 to 1" },
        { "drop op=rot13", "'op=rot13': not one of nop, cipher, aead" },
        { "lose-interrupt op=nop", "'lose-interrupt' is not about requests" },
        { "drop reg=4", "'drop' is not about reading registers" },
        { "drop queue=8", "'queue=8': there are 8 queues" },
        { "drop queue=64", "'queue=64': not a number from 0 to 63" },
        { "delay us=0", "'us=0': not a number from 1 to 10000000" },
        { "status code=256", "'code=256': not a number from 0 to 255" },
        { "seed=5000000000", "'seed=5000000000': not a number from 0" },
    };
    g_autoptr(GString) many = g_string_new(NULL);
    PceTest *t = pce_test_start(exec, "");

    for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
        g_autofree char *error = try_plan(t, plans[i].plan);
        g_autofree char *now = pce_test_text(t, "fault-plan");

        g_test_message("%s: %s", plans[i].plan, error ?: "accepted");
        if (plans[i].error) {
            g_assert_nonnull(error);
            g_assert_nonnull(strstr(error, plans[i].error));
            g_assert_cmpstr(now, !=, plans[i].plan);
        } else {
            g_assert_null(error);
            g_assert_cmpstr(now, ==, plans[i].plan);
        }
    }
    for (unsigned int i = 0; i < 33; i++) {
        g_string_append(many, "drop nth=1;");
    }
    g_autofree char *error = try_plan(t, many->str);
    g_assert_nonnull(strstr(error, "more than 32 rules"));
    g_string_printf(many, "drop%*s", 4095 - 4, "");
    set_plan(t, many->str);
    g_string_append_c(many, ' ');
    g_autofree char *too_long = try_plan(t, many->str);
    g_assert_nonnull(strstr(too_long, "more than 4095 characters"));
    pce_test_stop(t);
}

/* A plan that is there from the beginning, before or after what it is about */
static void test_property(const void *exec)
{
    PceTest *t = pce_test_start(exec, "fault-plan='drop queue=20 nth=1',"
                                "queues=21");
    PceTestQueue q, other;

    queue_start(t, &other, 0, 4, 4);
    queue_check(&other);
    queue_start(t, &q, 20, 4, 4);
    put_nops(&q, 1, 2);
    expect(&q, 2, 1);
    check_report(t, "rule 1: drop: 1 injected in 2 events\n");
    check_report(t, "1: rule 1 event 1: drop queue 20 nop index 0 tag 1\n");
    g_assert_cmpuint(pce_test_counter(t, "faults-injected"), ==, 1);
    pce_test_stop(t);
}

/* Tags of 64 requests that were dropped */
static uint64_t dropped(PceTest *t, const char *plan)
{
    uint64_t mask = UINT64_MAX;
    PceTestQueue q;
    struct pce_cqe cqe;

    set_plan(t, plan);
    queue_start(t, &q, 0, 6, 6);
    put_nops(&q, 0, 64);
    wait_fetched(&q);
    wait_parked(&q);
    while (queue_peek(&q, &cqe)) {
        cqe = take_any(&q);
        mask &= ~(1ull << cqe_tag(&cqe));
    }
    queue_command(&q, PCE_QCMD_RESET);
    wait_for(queue_state(&q) == PCE_QSTATE_STOPPED);
    queue_command(&q, PCE_QCMD_DELETE);
    return mask;
}

static void test_selectors(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");
    uint64_t some, rest;

    g_assert_cmphex(dropped(t, "drop nth=5"), ==, 1ull << 4);
    g_assert_cmphex(dropped(t, "drop every=8"), ==, 0x8080808080808080);
    g_assert_cmphex(dropped(t, "drop every=8 times=2"), ==, 0x8080);
    g_assert_cmphex(dropped(t, "drop op=hash"), ==, 0);
    g_assert_cmphex(dropped(t, "drop queue=1"), ==, 0);
    g_assert_cmphex(dropped(t, "drop nth=1; drop nth=2"), ==, 3);
    g_assert_cmphex(dropped(t, "drop probability=0"), ==, 0);
    g_assert_cmphex(dropped(t, "drop probability=1"), ==, UINT64_MAX);

    some = dropped(t, "drop probability=0.5; seed=1");
    g_assert_cmphex(some, !=, 0);
    g_assert_cmphex(some, !=, UINT64_MAX);
    g_assert_cmphex(dropped(t, "drop probability=0.5; seed=1"), ==, some);
    g_assert_cmphex(dropped(t, "drop probability=0.5; seed=2"), !=, some);

    /* It picks the same where others take some of the events */
    some = dropped(t, "delay probability=0; drop probability=0.5; seed=1");
    rest = dropped(t, "wrong-length probability=0.5; drop probability=0.5; "
                   "seed=1");
    g_assert_cmphex(rest & ~some, ==, 0);
    g_assert_cmphex(rest, !=, 0);
    g_assert_cmphex(rest, !=, some);

    set_plan(t, "drop for-ms=10");
    qtest_clock_step(t->qts, 10 * 1000 * 1000);
    PceTestQueue q;
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    pce_test_stop(t);
}

/* --- Completions ------------------------------------------------------ */

static void test_tags(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    set_plan(t, "foreign-tag nth=1; bad-tag nth=2; stale-tag nth=4");
    put_nops(&q, 5, 2);
    expect(&q, 6, 0);
    expect(&q, 0xffff, 1);
    put_nops(&q, 7, 1);
    expect(&q, 7, 2);
    put_nops(&q, 8, 1);
    expect(&q, 7, 2);
    set_plan(t, "foreign-tag");
    put_nops(&q, 8, 1);
    expect(&q, 9, 4);
    pce_test_stop(t);
}

static void test_duplicate(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");
    PceTestQueue q;

    queue_start(t, &q, 0, 2, 2);
    set_plan(t, "duplicate nth=1");
    put_nops(&q, 1, 2);
    expect(&q, 1, 0);
    expect(&q, 1, 0);
    expect(&q, 2, 1);
    /* No room for another: then there is none, and nothing breaks */
    set_plan(t, "duplicate nth=4");
    put_nops(&q, 1, 4);
    for (unsigned int i = 0; i < 4; i++) {
        expect(&q, 1 + i, 2 + i);
    }
    set_plan(t, "");
    put_nops(&q, 5, 1);
    expect(&q, 5, 6);
    pce_test_stop(t);
}

/* The same with the same seed */
static void test_garbage(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");
    struct pce_cqe cqe[2];
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    for (unsigned int i = 0; i < 2; i++) {
        set_plan(t, "garbage; seed=3");
        put_nops(&q, i, 1);
        cqe[i] = take_any(&q);
    }
    g_assert_cmpmem(&cqe[0], sizeof(cqe[0]), &cqe[1], sizeof(cqe[1]));
    g_assert_cmphex(cqe_tag(&cqe[0]), !=, 0);
    g_assert_cmphex(le32_to_cpu(cqe[0].length), !=, 0);
    set_plan(t, "garbage; seed=4");
    put_nops(&q, 2, 1);
    cqe[1] = take_any(&q);
    g_assert_cmphex(cqe[0].length, !=, cqe[1].length);
    pce_test_stop(t);
}

static void test_fields(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");
    uint64_t data = pce_test_alloc(t, 4096);
    struct pce_sqe sqe = cipher_sqe(3, make_key(t), 1, data, 64);
    struct pce_cqe good, bad;
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    good = queue_do(&q, &sqe);
    set_plan(t, "wrong-length nth=1 xor=0x10; flip-iv nth=2 bit=17; "
             "wrong-phase nth=3");
    bad = queue_do(&q, &sqe);
    g_assert_cmphex(le32_to_cpu(bad.length), ==, 64 ^ 0x10);
    bad = queue_do(&q, &sqe);
    g_assert_cmphex(bad.result[2] ^ good.result[2], ==, 2);

    queue_put(&q, &sqe);
    queue_publish(&q);
    wait_fetched(&q);
    wait_for(qreg_read(&q, PCE_QREG_CQ_TAIL) == q.cq_head + 1);
    g_assert_false(queue_peek(&q, &bad));
    pce_test_stop(t);
}

/* Kept back until its time has come, or the next one has */
static void test_held(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");
    struct pce_cqe cqe;
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    set_plan(t, "delay us=500 nth=1");
    put_nops(&q, 1, 2);
    expect(&q, 2, 1);
    wait_parked(&q);
    g_assert_false(queue_peek(&q, &cqe));
    qtest_clock_step(t->qts, 499 * 1000);
    g_assert_false(queue_peek(&q, &cqe));
    qtest_clock_step(t->qts, 1000);
    expect(&q, 1, 0);

    set_plan(t, "reorder nth=1");
    put_nops(&q, 3, 3);
    expect(&q, 4, 3);
    expect(&q, 3, 2);
    expect(&q, 5, 4);

    /* STOP and DRAIN wait for it, a reset does not */
    set_plan(t, "delay us=500 nth=1");
    put_nops(&q, 6, 1);
    wait_fetched(&q);
    wait_parked(&q);
    queue_command(&q, PCE_QCMD_DRAIN);
    g_assert_cmphex(queue_state(&q), ==, PCE_QSTATE_STOPPING);
    qtest_clock_step(t->qts, 500 * 1000);
    expect(&q, 6, 5);
    wait_for(queue_state(&q) == PCE_QSTATE_STOPPED);
    queue_restart(&q);
    set_plan(t, "delay us=500 nth=1");
    put_nops(&q, 7, 1);
    wait_fetched(&q);
    queue_restart(&q);
    qtest_clock_step(t->qts, 500 * 1000);
    queue_check(&q);
    pce_test_stop(t);
}

/* --- Requests --------------------------------------------------------- */

static void test_status(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");
    uint64_t data = pce_test_alloc(t, 64);
    struct pce_sqe sqe = cipher_sqe(3, make_key(t), 1, data, 64);
    uint8_t before[64], after[64];
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    qtest_memread(t->qts, data, before, sizeof(before));
    set_plan(t, "status code=0x28 nth=1; status nth=2");
    g_assert_cmphex(do_status(&q, &sqe), ==, PCE_STATUS_NO_RESOURCES);
    g_assert_cmphex(do_status(&q, &sqe), ==, PCE_STATUS_INTERNAL);
    qtest_memread(t->qts, data, after, sizeof(after));
    g_assert_cmpmem(before, sizeof(before), after, sizeof(after));
    g_assert_cmphex(do_status(&q, &sqe), ==, PCE_STATUS_OK);
    pce_test_stop(t);
}

/* What a request does to 64 bytes with a plan, out of place */
static void encrypt(PceTestQueue *q, struct pce_sqe *sqe, const char *plan,
                    uint32_t status, uint8_t *out)
{
    set_plan(q->t, plan);
    qtest_memset(q->t->qts, le64_to_cpu(sqe->dst), 0, 64);
    g_assert_cmphex(do_status(q, sqe) & 0xff, ==, status);
    qtest_memread(q->t->qts, le64_to_cpu(sqe->dst), out, 64);
}

static void test_data(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");
    uint64_t src = pce_test_alloc(t, 64), dst = pce_test_alloc(t, 64);
    struct pce_sqe sqe = cipher_sqe(3, make_key(t), 1, src, 64);
    const uint8_t nothing[64] = { 0 };
    uint8_t good[64], bad[64];
    PceTestQueue q;

    sqe.dst = cpu_to_le64(dst);
    queue_start(t, &q, 0, 4, 4);
    encrypt(&q, &sqe, "", PCE_STATUS_OK, good);

    encrypt(&q, &sqe, "flip-payload bit=11", PCE_STATUS_OK, bad);
    g_assert_cmphex(bad[1] ^ good[1], ==, 8);
    bad[1] ^= 8;
    g_assert_cmpmem(bad, 64, good, 64);

    encrypt(&q, &sqe, "flip-tag", PCE_STATUS_OK, bad);
    g_assert_cmphex(bad[63] ^ good[63], ==, 1);
    g_assert_cmpmem(bad, 63, good, 63);

    encrypt(&q, &sqe, "write-part bytes=24", PCE_STATUS_OK, bad);
    g_assert_cmpmem(bad, 24, good, 24);
    g_assert_cmpmem(bad + 24, 40, nothing, 40);

    encrypt(&q, &sqe, "read-abort after=1", PCE_STATUS_OK, bad);
    g_assert_cmpmem(bad, 64, good, 64);
    encrypt(&q, &sqe, "read-abort", PCE_STATUS_SRC_DMA, bad);
    encrypt(&q, &sqe, "write-abort", PCE_STATUS_DST_DMA, bad);
    g_assert_cmpmem(bad, 64, nothing, 64);

    /* In place, where what is lost has to be read */
    sqe.dst = sqe.src;
    set_plan(t, "write-part bytes=16");
    qtest_memset(t->qts, src, 0, 64);
    g_assert_cmphex(do_status(&q, &sqe), ==, PCE_STATUS_OK);
    qtest_memread(t->qts, src, bad, 64);
    g_assert_cmpmem(bad, 16, good, 16);
    g_assert_cmpmem(bad + 16, 48, nothing, 48);
    pce_test_stop(t);
}

static void test_slow(const void *exec)
{
    PceTest *t = pce_test_start(exec, "fault-plan='slow us=20000'");
    struct pce_sqe sqe = nop_sqe(1);
    PceTestQueue q;
    int64_t begin;

    queue_start(t, &q, 0, 4, 4);
    begin = g_get_monotonic_time();
    queue_do(&q, &sqe);
    queue_do(&q, &sqe);
    g_assert_cmpint(g_get_monotonic_time() - begin, >=, 2 * 20000);
    pce_test_stop(t);
}

/* --- Queues and device ------------------------------------------------ */

static void test_queue_error(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    set_plan(t, "queue-error nth=2 code=0x11");
    put_nops(&q, 1, 2);
    expect(&q, 1, 0);
    wait_for(queue_state(&q) == PCE_QSTATE_FAULT);
    g_assert_cmphex(qreg_read(&q, PCE_QREG_FAULT), ==,
                    PCE_QFAULT_CQ_DMA | 1 << 16);
    queue_restart(&q);
    queue_check(&q);
    pce_test_stop(t);
}

static void test_hang(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");
    struct pce_cqe cqe;
    PceTestQueue q, other;

    queue_start(t, &q, 0, 4, 4);
    queue_start(t, &other, 1, 4, 4);
    set_plan(t, "queue-hang nth=1");
    put_nops(&q, 1, 2);
    wait_for(qreg_read(&q, PCE_QREG_SQ_HEAD) == 1);
    queue_check(&other);
    queue_command(&q, PCE_QCMD_DRAIN);
    queue_check(&other);
    g_assert_cmphex(queue_state(&q), ==, PCE_QSTATE_STOPPING);
    g_assert_false(queue_peek(&q, &cqe));
    queue_command(&q, PCE_QCMD_RESET);
    wait_for(queue_state(&q) == PCE_QSTATE_STOPPED);
    queue_clear(&q);
    queue_command(&q, PCE_QCMD_RUN);
    queue_check(&q);

    /* No command helps, a reset of the device does */
    set_plan(t, "queue-hang nth=1 stubborn=1");
    put_nops(&q, 1, 1);
    wait_fetched(&q);
    queue_command(&q, PCE_QCMD_RESET);
    queue_check(&other);
    g_assert_cmphex(queue_state(&q), ==, PCE_QSTATE_RUNNING);
    reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
    wait_for(reg_read(t, PCE_REG_STATUS) == PCE_DEV_READY);
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    pce_test_stop(t);
}

static void test_fatal(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    set_plan(t, "fatal nth=1");
    put_nops(&q, 1, 1);
    wait_for(reg_read(t, PCE_REG_STATUS) == PCE_DEV_FATAL);
    g_assert_cmphex(reg_read(t, PCE_REG_FATAL_CODE), ==, PCE_FATAL_INTERNAL);
    g_assert_cmphex(reg_read(t, PCE_REG_EVENT) & PCE_EVENT_FATAL, !=, 0);
    reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
    wait_for(reg_read(t, PCE_REG_STATUS) == PCE_DEV_READY);
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    pce_test_stop(t);
}

static void check_gone(PceTest *t, bool gone)
{
    wait_for((reg_read(t, PCE_REG_MAGIC) == UINT32_MAX) == gone);
    g_assert_cmphex(qpci_config_readw(t->dev, PCI_VENDOR_ID), ==,
                    gone ? 0xffff : PCE_PCI_VENDOR_ID);
}

static void test_vanish(const void *exec)
{
    PceTest *t = pce_test_start_port(exec, "");
    unsigned int devctl = pce_test_capability(t, PCI_CAP_ID_EXP) +
                          PCI_EXP_DEVCTL;
    PceTestQueue q;

    qpci_config_writew(t->dev, devctl, PCI_EXP_DEVCTL_FERE);
    queue_start(t, &q, 0, 4, 4);
    set_plan(t, "vanish nth=1 ms=100");
    put_nops(&q, 1, 1);
    check_gone(t, true);
    reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
    qpci_config_writew(t->dev, PCI_COMMAND, 0);
    qtest_clock_step(t->qts, 100 * 1000 * 1000);
    check_gone(t, false);
    g_assert_cmphex(qpci_config_readw(t->dev, devctl) & PCI_EXP_DEVCTL_FERE,
                    !=, 0);
    g_assert_cmphex(queue_state(&q), ==, PCE_QSTATE_DISABLED);
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);

    /* For good, until the plan is taken away */
    set_plan(t, "vanish nth=1");
    put_nops(&q, 1, 1);
    check_gone(t, true);
    qtest_clock_step(t->qts, 100ll * 1000 * 1000 * 1000);
    check_gone(t, true);
    set_plan(t, "");
    check_gone(t, false);
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    pce_test_stop(t);
}

static void test_pcie_error(const void *exec)
{
    PceTest *t = pce_test_start_port(exec, "");
    unsigned int status = pce_test_capability(t, PCI_CAP_ID_EXP) +
                          PCI_EXP_DEVSTA;
    struct pce_cqe cqe;
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    set_plan(t, "pcie-error fatal=0 nth=1");
    put_nops(&q, 1, 1);
    wait_for(qpci_config_readw(t->dev, status) & PCI_EXP_DEVSTA_NFED);
    put_nops(&q, 2, 1);
    g_assert_false(queue_peek(&q, &cqe));
    reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
    wait_for(reg_read(t, PCE_REG_STATUS) == PCE_DEV_READY);

    queue_start(t, &q, 0, 4, 4);
    set_plan(t, "pcie-error nth=1");
    put_nops(&q, 1, 1);
    wait_for(qpci_config_readw(t->dev, status) & PCI_EXP_DEVSTA_FED);
    pce_test_flr(t);
    pce_test_enable(t);
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    pce_test_stop(t);
}

/* --- Interrupts ------------------------------------------------------- */

static void test_interrupts(const void *exec)
{
    PceTest *t = pce_test_start(exec, "poll-us=0");
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 4, 4);

    set_plan(t, "lose-interrupt nth=1");
    put_nops(&q, 1, 1);
    expect(&q, 1, 0);
    wait_parked(&q);
    check_report(t, "1: rule 1 event 1: lose-interrupt queue 0\n");
    g_assert_false(msi_take(t, 0));

    set_plan(t, "wrong-vector by=2");
    shadow_write(&q, SHADOW(cq_event), q.cq_head);
    put_nops(&q, 2, 1);
    wait_for(msi_take(t, 2));
    g_assert_false(msi_take(t, 0));
    expect(&q, 2, 1);

    set_plan(t, "interrupt-storm us=10 count=3");
    shadow_write(&q, SHADOW(cq_event), q.cq_head);
    put_nops(&q, 3, 1);
    wait_for(msi_take(t, 0));
    set_plan(t, "");
    expect(&q, 3, 2);
    for (unsigned int i = 0; i < 3; i++) {
        g_assert_false(msi_take(t, 0));
        qtest_clock_step(t->qts, 10 * 1000);
        wait_for(msi_take(t, 0));
    }
    qtest_clock_step(t->qts, 1000 * 1000);
    g_assert_false(msi_take(t, 0));

    set_plan(t, "spurious-interrupt us=10");
    shadow_write(&q, SHADOW(cq_event), q.cq_head);
    put_nops(&q, 4, 1);
    wait_for(msi_take(t, 0));
    expect(&q, 4, 3);
    set_plan(t, "");
    qtest_clock_step(t->qts, 10 * 1000);
    wait_for(msi_take(t, 0));

    struct pce_cqe cqe;
    set_plan(t, "early-interrupt us=10 nth=1");
    shadow_write(&q, SHADOW(cq_event), q.cq_head);
    put_nops(&q, 5, 1);
    wait_for(msi_take(t, 0));
    g_assert_false(queue_peek(&q, &cqe));
    qtest_clock_step(t->qts, 10 * 1000);
    expect(&q, 5, 4);
    wait_parked(&q);
    g_assert_false(msi_take(t, 0));
    pce_test_stop(t);
}

/* --- Registers -------------------------------------------------------- */

static void test_registers(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");
    uint32_t garbage[3];
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    set_plan(t, "read-ones reg=0x04 times=2");
    g_assert_cmphex(reg_read(t, PCE_REG_MAGIC), ==, PCE_MAGIC);
    g_assert_cmphex(reg_read(t, PCE_REG_VERSION), ==, UINT32_MAX);
    /* The same offset in a queue's page */
    g_assert_cmphex(queue_state(&q), ==, UINT32_MAX);
    g_assert_cmphex(reg_read(t, PCE_REG_VERSION), ==, PCE_VERSION);
    set_plan(t, "read-ones queue=0");
    g_assert_cmphex(reg_read(t, PCE_REG_VERSION), ==, PCE_VERSION);
    g_assert_cmphex(queue_state(&q), ==, UINT32_MAX);

    for (unsigned int i = 0; i < 3; i++) {
        set_plan(t, i < 2 ? "read-garbage; seed=1" : "read-garbage; seed=2");
        garbage[i] = reg_read(t, PCE_REG_MAGIC);
    }
    g_assert_cmphex(garbage[0], !=, PCE_MAGIC);
    g_assert_cmphex(garbage[0], ==, garbage[1]);
    g_assert_cmphex(garbage[0], !=, garbage[2]);

    set_plan(t, "ignore-doorbell nth=1");
    wait_parked(&q);
    put_nops(&q, 1, 1);
    check_report(t, "ignore-doorbell queue 0\n");
    put_nops(&q, 2, 1);
    qreg_write(&q, PCE_QREG_DOORBELL, q.sq_tail);
    expect(&q, 1, 0);
    expect(&q, 2, 1);
    pce_test_stop(t);
}

static void door_write(PceTest *t, const char *text)
{
    char padded[PCE_FAULT_TEXT_SIZE] = { 0 };

    g_strlcpy(padded, text, sizeof(padded));
    for (unsigned int i = 0; i < sizeof(padded); i += 4) {
        reg_write(t, PCE_REG_FAULT_TEXT + i, ldl_le_p(padded + i));
    }
}

static char *door_read(PceTest *t, uint32_t cmd)
{
    char *text = g_malloc0(PCE_FAULT_TEXT_SIZE + 1);

    reg_write(t, PCE_REG_FAULT_CMD, cmd);
    for (unsigned int i = 0; i < PCE_FAULT_TEXT_SIZE; i += 4) {
        stl_le_p(text + i, reg_read(t, PCE_REG_FAULT_TEXT + i));
    }
    return text;
}

static void test_door(const void *exec)
{
    PceTest *t = pce_test_start(exec, "fault-injection=on");
    g_autofree char *plan = NULL, *wrong = NULL, *report = NULL;
    PceTestQueue q;

    g_assert_cmphex(reg_read(t, PCE_REG_FEATURES) & PCE_FEATURE_FAULTS, !=, 0);
    door_write(t, "duplicate every=1");
    reg_write(t, PCE_REG_FAULT_CMD, PCE_FAULT_CMD_SET);
    g_assert_cmphex(reg_read(t, PCE_REG_FAULT_RESULT), ==, PCE_FAULT_OK);
    queue_start(t, &q, 0, 4, 4);
    put_nops(&q, 1, 1);
    expect(&q, 1, 0);
    expect(&q, 1, 0);
    g_assert_cmpuint(reg_read(t, PCE_REG_FAULT_COUNT), ==, 1);

    door_write(t, "duplicate evry=1");
    wrong = door_read(t, PCE_FAULT_CMD_SET);
    g_assert_cmphex(reg_read(t, PCE_REG_FAULT_RESULT), ==, PCE_FAULT_BAD_PLAN);
    g_assert_nonnull(strstr(wrong, "'evry': not a word of 'duplicate'"));
    plan = door_read(t, PCE_FAULT_CMD_GET);
    g_assert_cmpstr(plan, ==, "duplicate every=1");
    reg_write(t, PCE_REG_FAULT_CMD, 77);
    g_assert_cmphex(reg_read(t, PCE_REG_FAULT_RESULT), ==,
                    PCE_FAULT_BAD_COMMAND);

    /* Whatever registers read as, these do not lie; and not all fits in */
    door_write(t, "read-ones");
    reg_write(t, PCE_REG_FAULT_CMD, PCE_FAULT_CMD_SET);
    for (unsigned int i = 0; i < 100; i++) {
        g_assert_cmphex(reg_read(t, PCE_REG_MAGIC), ==, UINT32_MAX);
    }
    g_assert_cmpuint(reg_read(t, PCE_REG_FAULT_COUNT), ==, 101);
    report = door_read(t, PCE_FAULT_CMD_REPORT);
    g_assert_true(g_str_has_prefix(report, "rule 1: read-ones: 100 injected "
                                   "in 100 events\n"));
    g_assert_true(g_str_has_suffix(report, "\n101: rule 1 event 100: read-ones "
                                   "register 0x0\n"));
    g_assert_null(strstr(report, "duplicate"));

    /* A text without end */
    for (unsigned int i = 0; i < PCE_FAULT_TEXT_SIZE; i += 4) {
        reg_write(t, PCE_REG_FAULT_TEXT + i, 0x61616161);
    }
    reg_write(t, PCE_REG_FAULT_CMD, PCE_FAULT_CMD_SET);
    g_assert_cmphex(reg_read(t, PCE_REG_FAULT_RESULT), ==, PCE_FAULT_BAD_PLAN);
    pce_test_stop(t);
}

/* Without the property there is nothing there */
static void test_no_door(const void *exec)
{
    PceTest *t = pce_test_start(exec, "");

    g_assert_cmphex(reg_read(t, PCE_REG_FEATURES) & PCE_FEATURE_FAULTS, ==, 0);
    reg_write(t, PCE_REG_FAULT_TEXT, 0x706f7264);
    g_assert_cmphex(reg_read(t, PCE_REG_FAULT_TEXT), ==, 0);
    reg_write(t, PCE_REG_FAULT_CMD, 77);
    g_assert_cmphex(reg_read(t, PCE_REG_FAULT_RESULT), ==, 0);
    pce_test_stop(t);
}

static void add(const char *name, void (*test)(const void *exec))
{
    static const char *const execs[] = { "auto", "threads", "inline" };

    for (size_t i = 0; i < ARRAY_SIZE(execs); i++) {
        g_autofree char *path = g_strdup_printf("pce/%s/fault/%s", execs[i],
                                                name);

        qtest_add_data_func(path, execs[i], test);
    }
}

void pce_test_add_fault(void)
{
    add("selectors", test_selectors);
    add("tags", test_tags);
    add("duplicate", test_duplicate);
    add("garbage", test_garbage);
    add("fields", test_fields);
    add("held", test_held);
    add("status", test_status);
    add("data", test_data);
    add("queue-error", test_queue_error);
    add("hang", test_hang);
    add("fatal", test_fatal);
    add("vanish", test_vanish);
    add("pcie-error", test_pcie_error);
    add("interrupts", test_interrupts);
    add("registers", test_registers);
    qtest_add_data_func("pce/auto/fault/language", "auto", test_language);
    qtest_add_data_func("pce/auto/fault/property", "auto", test_property);
    qtest_add_data_func("pce/auto/fault/slow", "auto", test_slow);
    qtest_add_data_func("pce/auto/fault/door", "auto", test_door);
    qtest_add_data_func("pce/auto/fault/no-door", "auto", test_no_door);
}
