/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of migration.  A machine is saved to a file, and
 * another one starts from it.
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qobject/qdict.h"
#include "pce-test.h"

#define USEC 1000

/* --- Moving ----------------------------------------------------------- */

char *pce_test_temporary_file(void)
{
    char *path = NULL;
    int fd = g_file_open_tmp("pce-migrate.XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    return path;
}

static char *migration_status(QTestState *qts)
{
    QDict *reply = qtest_qmp_assert_success_ref(qts,
                                                "{ 'execute': "
                                                "  'query-migrate' }");
    char *status = g_strdup(qdict_haskey(reply, "status") ?
                            qdict_get_str(reply, "status") : "none");

    qobject_unref(reply);
    return status;
}

bool pce_test_migration_ends(QTestState *qts)
{
    for (;;) {
        g_autofree char *status = migration_status(qts);

        if (!strcmp(status, "completed")) {
            return true;
        }
        if (!strcmp(status, "failed")) {
            return false;
        }
        g_usleep(1000);
    }
}

void pce_test_save(PceTest *t, const char *path)
{
    g_autofree char *uri = g_strdup_printf("file:%s", path);

    qtest_qmp_assert_success(t->qts, "{ 'execute': 'migrate', 'arguments': {"
                             "  'uri': %s } }", uri);
    g_assert_true(pce_test_migration_ends(t->qts));
}

/* The device is behind a port that has hot-plug, and not ACPI */
#define IN_SLOT "poll-us=50 -global " \
                "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"

PceTest *pce_test_start_from(const char *exec, const char *options,
                             const char *path, const char *messages)
{
    g_autofree char *all = g_strdup_printf("%s -incoming defer%s%s", options,
                                           messages ? " 2>" : "",
                                           messages ?: "");
    g_autofree char *uri = g_strdup_printf("file:%s", path);
    bool in_slot = strstr(options, IN_SLOT);
    PceTest *t = in_slot ? pce_test_start_port(exec, all) :
                           pce_test_start(exec, all);

    qtest_qmp_assert_success(t->qts, "{ 'execute': 'migrate-incoming',"
                             "  'arguments': { 'uri': %s,"
                             "    'exit-on-error': false } }", uri);
    return t;
}

static bool is_running(PceTest *t)
{
    QDict *reply = qtest_qmp_assert_success_ref(t->qts, "{ 'execute': "
                                                "  'query-status' }");
    bool running = qdict_get_bool(reply, "running");

    qobject_unref(reply);
    return running;
}

/* The machine goes on in another process; options: of the device there */
static void move_to(PceTest *t, const char *exec, const char *options)
{
    g_autofree char *path = pce_test_temporary_file();
    PceTest *there;
    bool stopped = !is_running(t);

    pce_test_save(t, path);
    there = pce_test_start_from(exec, options, path, NULL);
    g_assert_true(pce_test_migration_ends(there->qts));
    g_unlink(path);
    if (!stopped) {
        wait_for(is_running(there));
    }

    qtest_quit(t->qts);
    qpci_free_pc(t->bus);
    g_free(t->dev);
    t->qts = there->qts;
    t->bus = there->bus;
    t->dev = there->dev;
    t->exec = exec;
    g_free(there);
}

static void put_nop(PceTestQueue *q, uint16_t tag)
{
    struct pce_sqe sqe = nop_sqe(tag);

    queue_put(q, &sqe);
    queue_publish(q);
}

static void stop(PceTest *t)
{
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'stop' }");
}

static void cont(PceTest *t)
{
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'cont' }");
}

/* --- What moves ------------------------------------------------------- */

#define PAGES 5
#define ENTRIES 3

typedef struct Seen {
    uint32_t regs[PAGES * 0x1000 / 4];
    uint32_t msix[ENTRIES * 4];
    uint8_t config[0x1000];
} Seen;

/* Reading INTX_STATUS clears it */
static void look(PceTest *t, Seen *seen)
{
    for (uint32_t reg = 0; reg < PAGES * 0x1000; reg += 4) {
        if (reg != PCE_REG_INTX_STATUS) {
            seen->regs[reg / 4] = reg_read(t, reg);
        }
    }
    for (unsigned int i = 0; i < ENTRIES * 4; i++) {
        seen->msix[i] = qtest_readl(t->qts, MSIX_BASE + 4 * i);
    }
    for (unsigned int i = 0; i < sizeof(seen->config); i++) {
        seen->config[i] = qpci_config_readb(t->dev, i);
    }
}

/* Everything that can be read, with queues in every state of rest */
static void test_registers(const void *exec)
{
    PceTest *t = pce_test_start(exec, "queues=4");
    g_autofree Seen *before = g_new0(Seen, 1);
    g_autofree Seen *after = g_new0(Seen, 1);
    PceTestQueue q[4];

    pce_test_enable_msix(t);
    qtest_writel(t->qts, MSIX_BASE + PCI_MSIX_ENTRY_SIZE +
                 PCI_MSIX_ENTRY_VECTOR_CTRL, PCI_MSIX_ENTRY_CTRL_MASKBIT);
    reg_write(t, PCE_REG_EVENT_VECTOR, 2);
    reg_write(t, PCE_REG_EVENT_ENABLE, PCE_EVENT_QUEUE_FAULT);
    reg_write(t, PCE_REG_INVAL_LO, 0x12345678);
    reg_write(t, PCE_REG_INVAL_HI, 0x9abcdef0);
    queue_start(t, &q[0], 0, 4, 5);
    queue_start(t, &q[1], 1, 5, 5);
    queue_start(t, &q[2], 2, 2, 12);
    queue_alloc(t, &q[3], 3, 3, 3);
    queue_configure(&q[3]);
    qreg_write(&q[0], PCE_QREG_MODERATION, 0x00030007);
    for (unsigned int i = 0; i < 40; i++) {
        queue_check(&q[i % 3]);
    }
    queue_command(&q[1], PCE_QCMD_STOP);
    wait_for(queue_state(&q[1]) == PCE_QSTATE_STOPPED);
    shadow_write(&q[2], SHADOW(sq_tail), 1000);
    qreg_write(&q[2], PCE_QREG_DOORBELL, 0);
    wait_for(queue_state(&q[2]) == PCE_QSTATE_FAULT);
    /* Not by vector 2, which queue 2 raises as well */
    wait_for(reg_read(t, PCE_REG_EVENT) ==
             (PCE_EVENT_QUEUE_STOPPED | PCE_EVENT_QUEUE_FAULT));

    look(t, before);
    /* To one with other threads, and back */
    move_to(t, "auto", "queues=4,workers=3,key-cache=7");
    look(t, after);
    g_assert_cmpmem(before, sizeof(*before), after, sizeof(*after));
    move_to(t, "inline", "queues=4,poll-us=0");
    look(t, after);
    g_assert_cmpmem(before, sizeof(*before), after, sizeof(*after));

    /* And go on from there */
    queue_check(&q[0]);
    queue_command(&q[1], PCE_QCMD_RUN);
    queue_check(&q[1]);
    g_assert_cmpuint(qreg_read(&q[1], PCE_QREG_SQ_HEAD), ==, q[1].sq_tail);
    queue_restart(&q[2]);
    queue_check(&q[2]);
    queue_clear(&q[3]);
    queue_command(&q[3], PCE_QCMD_CREATE);
    queue_command(&q[3], PCE_QCMD_RUN);
    queue_check(&q[3]);
    pce_test_stop(t);
}

/* In the middle of a batch: what was begun is done, the rest is done there */
static void test_outstanding(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestLoad load;
    uint32_t head;

    load_begin(t, &load, 0, LOAD_LONG);
    stop(t);
    load_check_interrupted(&load);
    head = shadow_read(&load.q, SHADOW(sq_head));
    load_shorten(&load);
    move_to(t, exec, DEFAULTS);
    g_assert_cmpuint(shadow_read(&load.q, SHADOW(sq_head)), ==, head);
    cont(t);
    load_finish(&load);
    queue_check(&load.q);
    pce_test_stop(t);
}

/* While the machine still runs, until the last moment */
static void test_live(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestLoad load;

    load_begin(t, &load, 0, LOAD_SHORT);
    move_to(t, exec, DEFAULTS);
    load_finish(&load);
    pce_test_stop(t);
}

/* STOPPING and RESETTING end, there if not here, and say so */
static void test_commands(const void *exec)
{
    static const uint32_t commands[] = {
        PCE_QCMD_STOP, PCE_QCMD_DRAIN, PCE_QCMD_RESET,
    };

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        PceTest *t = pce_test_start(exec, NULL);
        PceTestLoad load;

        load_begin(t, &load, 0, LOAD_LONG);
        stop(t);
        queue_command(&load.q, commands[i]);
        g_assert_cmpuint(queue_state(&load.q), ==,
                         commands[i] == PCE_QCMD_RESET ?
                         PCE_QSTATE_RESETTING : PCE_QSTATE_STOPPING);
        load_shorten(&load);
        move_to(t, exec, DEFAULTS);
        cont(t);
        wait_for(queue_state(&load.q) == PCE_QSTATE_STOPPED);
        wait_for(reg_read(t, PCE_REG_EVENT) == PCE_EVENT_QUEUE_STOPPED);
        if (commands[i] == PCE_QCMD_DRAIN) {
            load_finish(&load);
        } else if (commands[i] == PCE_QCMD_RESET) {
            g_assert_cmpuint(qreg_read(&load.q, PCE_QREG_SQ_HEAD), ==, 0);
        } else {
            load_check_interrupted(&load);
        }
        pce_test_stop(t);
    }
}

static void test_reset(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestLoad load;

    pce_test_enable_msix(t);
    reg_write(t, PCE_REG_EVENT_VECTOR, EVENT_VECTOR(t));
    reg_write(t, PCE_REG_EVENT_ENABLE, PCE_EVENT_RESET_DONE);
    load_begin(t, &load, 0, LOAD_LONG);
    reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
    move_to(t, exec, DEFAULTS);
    g_assert_cmphex(reg_read(t, PCE_REG_STATUS), ==, PCE_DEV_READY);
    g_assert_cmphex(reg_read(t, PCE_REG_EVENT), ==, PCE_EVENT_RESET_DONE);
    g_assert_true(msi_take(t, EVENT_VECTOR(t)));
    load_check_interrupted(&load);
    load_snapshot(&load);
    load_check_silent(&load);
    pce_test_stop(t);
}

static void test_d3hot(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    uint8_t pm = pce_test_capability(t, PCI_CAP_ID_PM);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    qpci_config_writew(t->dev, pm + PCI_PM_CTRL, 3);
    move_to(t, exec, DEFAULTS);
    g_assert_cmphex(qpci_config_readw(t->dev, pm + PCI_PM_CTRL) &
                    PCI_PM_CTRL_STATE_MASK, ==, 3);
    g_assert_cmphex(reg_read(t, PCE_REG_MAGIC), !=, PCE_MAGIC);
    qpci_config_writew(t->dev, pm + PCI_PM_CTRL, 0);
    pce_test_enable(t);
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    pce_test_stop(t);
}

/* Keys stay behind: the record is what counts, even if it broke the rules */
static void test_keys(const void *exec)
{
    static const uint8_t old_key[16] = "old", new_key[16] = "new";
    PceTest *t = pce_test_start(exec, NULL);
    uint64_t ctx, data, old_block, new_block;
    struct pce_sqe sqe;
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    ctx = write_context(t, 0, 1, PCE_ALG_AES_ECB, old_key, 16);
    data = pce_test_alloc(t, 16);
    sqe = cipher_sqe(0, ctx, 1, data, 16);
    queue_do(&q, &sqe);
    old_block = qtest_readq(t->qts, data);
    write_context(t, ctx, 1, PCE_ALG_AES_ECB, new_key, 16);
    qtest_memset(t->qts, data, 0, 16);
    queue_do(&q, &sqe);
    /* It was in the cache */
    g_assert_cmphex(qtest_readq(t->qts, data), ==, old_block);

    move_to(t, exec, DEFAULTS);
    qtest_memset(t->qts, data, 0, 16);
    queue_do(&q, &sqe);
    new_block = qtest_readq(t->qts, data);
    g_assert_cmphex(new_block, !=, old_block);
    g_assert_cmpuint(pce_test_counter(t, "key-misses"), ==, 1);

    /* A machine that goes on where it was has forgotten them, too */
    write_context(t, ctx, 1, PCE_ALG_AES_ECB, old_key, 16);
    stop(t);
    cont(t);
    qtest_memset(t->qts, data, 0, 16);
    queue_do(&q, &sqe);
    g_assert_cmphex(qtest_readq(t->qts, data), ==, old_block);
    pce_test_stop(t);
}

/*
 * What the device writes after its page has been sent is sent again: migration
 * is made to stand still behind the pages in question.
 */
static void set_bandwidth(PceTest *t, int64_t bytes)
{
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'migrate-set-parameters',"
                             "  'arguments': { 'max-bandwidth': %" PRId64 ","
                             "    'downtime-limit': 1 } }", bytes);
}

static int64_t ram_left(PceTest *t)
{
    QDict *reply = qtest_qmp_assert_success_ref(t->qts, "{ 'execute': "
                                                "  'query-migrate' }");
    int64_t left = INT64_MAX;

    if (qdict_haskey(reply, "ram")) {
        left = qdict_get_int(qdict_get_qdict(reply, "ram"), "remaining");
    }
    qobject_unref(reply);
    return left;
}

static void test_dirty(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    g_autofree char *path = pce_test_temporary_file();
    g_autofree char *uri = g_strdup_printf("file:%s", path);
    static const uint8_t key[16] = "key";
    uint64_t ctx, data, direct;
    struct pce_sqe sqe;
    PceTestQueue q;
    PceTest *there;

    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    ctx = write_context(t, 0, 1, PCE_ALG_AES_ECB, key, 16);
    data = pce_test_alloc(t, 3 * 4096);
    direct = pce_test_alloc(t, 4096);

    set_bandwidth(t, 200 * 1000);
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'migrate', 'arguments': {"
                             "  'uri': %s } }", uri);
    /* All that was allocated, and a lot more, has been sent */
    wait_for(ram_left(t) < (int64_t)(RAM_SIZE - 4 * HEAP_BASE));
    set_bandwidth(t, 1000);
    sqe = cipher_sqe(1, ctx, 1, data, 3 * 4096);
    queue_do(&q, &sqe);
    g_assert_cmphex(qtest_readq(t->qts, data), !=, 0);
    sqe = cipher_sqe(2, ctx, 1, direct + 4096 - 16, 16);
    queue_put(&q, &sqe);
    queue_publish(&q);
    wait_for(shadow_read(&q, SHADOW(sq_head)) == q.sq_tail);
    g_assert_cmphex(ram_left(t), >, 0);
    set_bandwidth(t, 1000 * 1000 * 1000);
    g_assert_true(pce_test_migration_ends(t->qts));

    there = pce_test_start_from(exec, DEFAULTS, path, NULL);
    g_assert_true(pce_test_migration_ends(there->qts));
    for (unsigned int i = 0; i < 3; i++) {
        g_assert_cmphex(qtest_readq(there->qts, data + i * 4096), ==,
                        qtest_readq(t->qts, data + i * 4096));
    }
    g_assert_cmphex(qtest_readq(there->qts, direct + 4096 - 16), ==,
                    qtest_readq(t->qts, direct + 4096 - 16));
    g_assert_cmphex(qtest_readq(there->qts, direct + 4096 - 16), !=, 0);
    g_assert_cmphex(qtest_readl(there->qts, q.shadow + SHADOW(sq_head)), ==,
                    q.sq_tail);
    q.t = there;
    there->queues = t->queues;
    queue_take(&q);
    queue_check(&q);
    g_unlink(path);
    pce_test_stop(t);
    pce_test_stop(there);
}

/* --- Interrupts ------------------------------------------------------- */

static void arm(PceTestQueue *q)
{
    shadow_write(q, SHADOW(cq_event), q->cq_head);
}

static void test_moderation(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 4, 4);
    qreg_write(&q, PCE_QREG_MODERATION, 100);
    arm(&q);
    queue_check(&q);
    wait_for(pce_test_counter(t, "interrupts-held") == 1);
    g_assert_false(msi_take(t, 0));
    move_to(t, exec, DEFAULTS);
    g_assert_false(msi_take(t, 0));
    qtest_clock_step(t->qts, 99 * USEC);
    g_assert_false(msi_take(t, 0));
    qtest_clock_step(t->qts, 2 * USEC);
    g_assert_true(msi_take(t, 0));
    arm(&q);
    queue_check(&q);
    qtest_clock_step(t->qts, 101 * USEC);
    wait_for(msi_take(t, 0));
    pce_test_stop(t);
}

/*
 * The worker is busy until the machine is stopped for good, and has then to
 * wait until it is saved: what it has to tell by then moves, too.  It needs a
 * thread to be busy; without, it has told all before.
 */
static void test_interrupt_at_stop(const void *exec)
{
    bool inline_mode = !strcmp(exec, "inline");
    PceTest *t = pce_test_start(exec, inline_mode ? NULL :
                                "request-us=10000000");
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 4, 4);
    put_nop(&q, 1);
    wait_for(qreg_read(&q, PCE_QREG_SQ_HEAD) == 1);
    g_assert_cmpuint(qreg_read(&q, PCE_QREG_CQ_TAIL), ==, inline_mode);
    move_to(t, exec, DEFAULTS);
    g_assert_true(msi_take(t, 0));
    queue_take(&q);
    pce_test_stop(t);
}

static void test_intx(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    wait_for(intx_asserted(t));
    move_to(t, exec, DEFAULTS);
    g_assert_true(intx_asserted(t));
    g_assert_cmphex(reg_read(t, PCE_REG_INTX_STATUS), ==, PCE_INTX_QUEUE);
    g_assert_false(intx_asserted(t));
    arm(&q);
    queue_check(&q);
    wait_for(intx_asserted(t));
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
    queue_check(&q);
    wait_for(pce_test_pending(t) & 1);
    move_to(t, exec, DEFAULTS);
    g_assert_true(pce_test_pending(t) & 1);
    g_assert_false(msi_take(t, 0));
    qtest_writel(t->qts, control, 0);
    g_assert_true(msi_take(t, 0));
    pce_test_stop(t);
}

/* --- Faults ----------------------------------------------------------- */

#define CHANCE "status probability=0.5 code=0x28; status nth=200 code=0x29; "  \
               "seed=5"

/* One and the same sequence, whoever executes it */
static void test_sequence(const void *exec)
{
    g_autofree char *reports[2] = { NULL, NULL };
    uint32_t status[2][256];

    for (unsigned int turn = 0; turn < 2; turn++) {
        PceTest *t = pce_test_start(exec, FAULTED);
        struct pce_sqe sqe = nop_sqe(1);
        PceTestQueue q;

        queue_start(t, &q, 0, 4, 4);
        set_plan(t, CHANCE);
        for (unsigned int i = 0; i < ARRAY_SIZE(status[0]); i++) {
            if (turn && i % 100 == 50) {
                uint32_t count = reg_read(t, PCE_REG_FAULT_COUNT);
                g_autofree char *before = pce_test_text(t, "fault-report");
                g_autofree char *after = NULL;
                g_autofree char *plan = NULL;

                /* Its own plan is not what counts */
                move_to(t, exec, FAULTED ",fault-plan=drop");
                after = pce_test_text(t, "fault-report");
                plan = pce_test_text(t, "fault-plan");
                g_assert_cmpstr(before, ==, after);
                g_assert_cmpstr(plan, ==, CHANCE);
                g_assert_cmpuint(reg_read(t, PCE_REG_FAULT_COUNT), ==, count);
            }
            status[turn][i] = do_status(&q, &sqe);
        }
        reports[turn] = pce_test_text(t, "fault-report");
        pce_test_stop(t);
    }
    g_assert_cmpmem(status[0], sizeof(status[0]), status[1], sizeof(status[1]));
    g_assert_cmpstr(reports[0], ==, reports[1]);
}

/* A plan that was there on the other side is none that comes along */
static void test_no_plan(const void *exec)
{
    PceTest *t = pce_test_start(exec, FAULTED);
    g_autofree char *plan = NULL;
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    reg_write(t, PCE_REG_FAULT_TEXT + 8, 0x41424344);
    move_to(t, exec, FAULTED ",fault-plan=drop");
    plan = pce_test_text(t, "fault-plan");
    g_assert_cmpstr(plan, ==, "");
    g_assert_cmphex(reg_read(t, PCE_REG_FAULT_TEXT + 8), ==, 0x41424344);
    queue_check(&q);
    pce_test_stop(t);
}

/* Completions that are kept back, and the last one for the next stale tag */
static void test_held(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    struct pce_cqe cqe;
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    set_plan(t, "delay us=500 nth=1; early-interrupt us=300 nth=2; "
             "stale-tag nth=5");
    for (uint16_t tag = 10; tag < 14; tag++) {
        put_nop(&q, tag);
    }
    wait_for(shadow_read(&q, SHADOW(sq_event)) == 4);
    move_to(t, exec, DEFAULTS);
    g_assert_cmpuint(qreg_read(&q, PCE_QREG_CQ_TAIL), ==, 2);
    qtest_clock_step(t->qts, 301 * USEC);
    wait_for(qreg_read(&q, PCE_QREG_CQ_TAIL) == 3);
    qtest_clock_step(t->qts, 200 * USEC);
    wait_for(qreg_read(&q, PCE_QREG_CQ_TAIL) == 4);
    put_nop(&q, 14);
    for (unsigned int i = 0; i < 5; i++) {
        static const uint16_t tags[] = { 12, 13, 11, 10, 13 };

        wait_for(queue_peek(&q, &cqe));
        g_assert_true(queue_peek(&q, &cqe));
        g_assert_cmpuint(cqe_tag(&cqe), ==, tags[i]);
        q.cq_head++;
        shadow_write(&q, SHADOW(cq_head), q.cq_head);
    }
    pce_test_stop(t);
}

static void device_reset(PceTest *t)
{
    reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
    wait_for(reg_read(t, PCE_REG_STATUS) == PCE_DEV_READY);
}

static void test_hung(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    set_plan(t, "queue-hang stubborn=1 nth=1");
    put_nop(&q, 1);
    wait_for(qreg_read(&q, PCE_QREG_SQ_HEAD) == 1);
    move_to(t, exec, DEFAULTS);
    put_nop(&q, 2);
    queue_command(&q, PCE_QCMD_RESET);
    g_assert_cmpuint(queue_state(&q), ==, PCE_QSTATE_RUNNING);
    g_assert_cmpuint(qreg_read(&q, PCE_QREG_SQ_HEAD), ==, 1);
    device_reset(t);
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    pce_test_stop(t);
}

static void test_fatal(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    queue_start(t, &q, 1, 4, 4);
    set_plan(t, "fatal nth=1");
    put_nop(&q, 1);
    wait_for(reg_read(t, PCE_REG_STATUS) == PCE_DEV_FATAL);
    move_to(t, exec, DEFAULTS);
    g_assert_cmphex(reg_read(t, PCE_REG_STATUS), ==, PCE_DEV_FATAL);
    g_assert_cmphex(reg_read(t, PCE_REG_FATAL_CODE), ==, PCE_FATAL_INTERNAL);
    put_nop(&q, 2);
    g_assert_cmpuint(qreg_read(&q, PCE_QREG_CQ_TAIL), ==, 0);
    device_reset(t);
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    pce_test_stop(t);
}

static void test_vanished(const void *exec)
{
    static const char *const plans[] = { "vanish nth=1", "vanish nth=1 ms=5" };

    for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
        PceTest *t = pce_test_start(exec, NULL);
        PceTestQueue q;

        queue_start(t, &q, 0, 4, 4);
        set_plan(t, plans[i]);
        put_nop(&q, 1);
        wait_for(reg_read(t, PCE_REG_MAGIC) == UINT32_MAX);
        move_to(t, exec, DEFAULTS);
        g_assert_cmphex(reg_read(t, PCE_REG_MAGIC), ==, UINT32_MAX);
        g_assert_cmphex(qpci_config_readw(t->dev, PCI_VENDOR_ID), ==, 0xffff);
        if (i) {
            qtest_clock_step(t->qts, 6 * 1000 * USEC);
        } else {
            set_plan(t, "");
        }
        pce_test_enable(t);
        g_assert_cmphex(reg_read(t, PCE_REG_MAGIC), ==, PCE_MAGIC);
        queue_start(t, &q, 0, 4, 4);
        queue_check(&q);
        pce_test_stop(t);
    }
}

/* The slot moves as well, and is empty there */
static void test_unplugged(const void *exec)
{
    PceTest *t = pce_test_start_port(exec, IN_SLOT);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    set_plan(t, "unplug nth=1");
    put_nop(&q, 1);
    wait_for(qpci_config_readw(t->dev, PCI_VENDOR_ID) == 0xffff);
    move_to(t, exec, IN_SLOT);
    g_assert_cmphex(qpci_config_readw(t->dev, PCI_VENDOR_ID), ==, 0xffff);
    set_plan(t, "");
    g_assert_cmphex(qpci_config_readw(t->dev, PCI_VENDOR_ID), ==,
                    PCE_PCI_VENDOR_ID);
    pce_test_enable(t);
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    pce_test_stop(t);
}

static void test_storm(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q;

    pce_test_enable_msix(t);
    queue_start(t, &q, 0, 4, 4);
    set_plan(t, "interrupt-storm count=3 us=100 nth=1");
    queue_check(&q);
    wait_for(msi_take(t, 0));
    qtest_clock_step(t->qts, 101 * USEC);
    g_assert_true(msi_take(t, 0));
    move_to(t, exec, DEFAULTS);
    for (unsigned int i = 0; i < 2; i++) {
        g_assert_false(msi_take(t, 0));
        qtest_clock_step(t->qts, 101 * USEC);
        g_assert_true(msi_take(t, 0));
    }
    qtest_clock_step(t->qts, 1000 * USEC);
    g_assert_false(msi_take(t, 0));
    pce_test_stop(t);
}

void pce_test_add_migrate(void)
{
    pce_test_add("migrate/registers", test_registers);
    pce_test_add("migrate/outstanding", test_outstanding);
    pce_test_add("migrate/live", test_live);
    pce_test_add("migrate/commands", test_commands);
    pce_test_add("migrate/reset", test_reset);
    pce_test_add("migrate/d3hot", test_d3hot);
    pce_test_add("migrate/keys", test_keys);
    pce_test_add("migrate/dirty", test_dirty);
    pce_test_add("migrate/moderation", test_moderation);
    pce_test_add("migrate/interrupt-at-stop", test_interrupt_at_stop);
    pce_test_add("migrate/intx", test_intx);
    pce_test_add("migrate/masked", test_masked);
    pce_test_add("migrate/fault-sequence", test_sequence);
    pce_test_add("migrate/fault-no-plan", test_no_plan);
    pce_test_add("migrate/fault-held", test_held);
    pce_test_add("migrate/fault-hung", test_hung);
    pce_test_add("migrate/fault-fatal", test_fatal);
    pce_test_add("migrate/fault-vanished", test_vanished);
    pce_test_add("migrate/fault-unplugged", test_unplugged);
    pce_test_add("migrate/fault-storm", test_storm);
}
