/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of all that ends an epoch: device reset,
 * function-level reset, power, bus mastering, unplugging.
 */
#include "qemu/osdep.h"
#include "hw/crypto/pce/tests/pce-test.h"

static void reset_by_register(PceTest *t)
{
    reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
    wait_for(reg_read(t, PCE_REG_STATUS) == PCE_DEV_READY);
    wait_for(reg_read(t, PCE_REG_EVENT) & PCE_EVENT_RESET_DONE);
}

static void reset_by_flr(PceTest *t)
{
    pce_test_flr(t);
    g_assert_cmphex(qpci_config_readw(t->dev, PCI_COMMAND), ==, 0);
    pce_test_enable(t);
}

static void set_power(PceTest *t, unsigned int state)
{
    uint8_t pm = pce_test_capability(t, PCI_CAP_ID_PM);

    qpci_config_writew(t->dev, pm + PCI_PM_CTRL, state);
    g_assert_cmpuint(qpci_config_readw(t->dev, pm + PCI_PM_CTRL) &
                     PCI_PM_CTRL_STATE_MASK, ==, state);
}

static void reset_by_power(PceTest *t)
{
    set_power(t, 3);
    g_assert_cmphex(reg_read(t, PCE_REG_MAGIC), !=, PCE_MAGIC);
    set_power(t, 0);
    g_assert_cmphex(qpci_config_readw(t->dev, PCI_COMMAND), ==, 0);
    pce_test_enable(t);
}

static void reset_by_machine(PceTest *t)
{
    qtest_system_reset(t->qts);
    pce_test_enable(t);
}

typedef struct Reset {
    const char *name;
    void (*reset)(PceTest *t);
    bool keeps_events;
} Reset;

static const Reset resets[] = {
    { "register", reset_by_register, true },
    { "flr", reset_by_flr },
    { "d3hot", reset_by_power },
    { "machine", reset_by_machine },
};

/* In the middle of a batch: registers as after power-up, silence, then life */
static void check_reset(const char *exec, const char *options, const Reset *r)
{
    static const uint8_t old_key[16] = "old", new_key[16] = "new";
    uint64_t old_block, data, ctx;
    PceTest *t = pce_test_start(exec, options);
    struct pce_sqe sqe;
    PceTestLoad load;
    PceTestQueue q;

    g_test_message("%s", r->name);
    /* A key that the device holds, by its address and generation */
    queue_start(t, &q, 1, 4, 4);
    ctx = write_context(t, 0, 1, PCE_ALG_AES_ECB, old_key, 16);
    data = pce_test_alloc(t, 16);
    sqe = cipher_sqe(0, ctx, 1, data, 16);
    queue_do(&q, &sqe);
    old_block = qtest_readq(t->qts, data);

    reg_write(t, PCE_REG_EVENT_ENABLE, PCE_EVENT_QUEUE_FAULT);
    reg_write(t, PCE_REG_EVENT_VECTOR, 3);
    reg_write(t, PCE_REG_INVAL_LO, 0x1000);
    qreg_write(&q, PCE_QREG_MODERATION, 0x00050005);
    load_begin(t, &load, 0, LOAD_LONG);
    r->reset(t);
    load_check_interrupted(&load);
    load_snapshot(&load);

    for (unsigned int i = 0; i < t->queues; i++) {
        const uint64_t page = PCE_QUEUE_PAGE(i);

        for (uint32_t off = 0; off < 0x100; off += 4) {
            g_assert_cmphex(reg_read(t, page + off), ==,
                            off == PCE_QREG_VECTOR ? PCE_VECTOR_NONE : 0);
        }
    }
    g_assert_cmphex(reg_read(t, PCE_REG_STATUS), ==, PCE_DEV_READY);
    g_assert_cmphex(reg_read(t, PCE_REG_INVAL_LO), ==, 0);
    g_assert_cmphex(reg_read(t, PCE_REG_EVENT), ==,
                    r->keeps_events ? PCE_EVENT_RESET_DONE : 0);
    g_assert_cmphex(reg_read(t, PCE_REG_EVENT_ENABLE), ==,
                    r->keeps_events ? PCE_EVENT_QUEUE_FAULT : 0);
    g_assert_cmphex(reg_read(t, PCE_REG_EVENT_VECTOR), ==,
                    r->keeps_events ? 3 : PCE_VECTOR_NONE);
    load_check_silent(&load);

    /* The key is gone: the record is read again */
    queue_start(t, &q, 1, 4, 4);
    write_context(t, ctx, 1, PCE_ALG_AES_ECB, new_key, 16);
    qtest_writeq(t->qts, data, 0);
    qtest_writeq(t->qts, data + 8, 0);
    queue_do(&q, &sqe);
    g_assert_cmphex(qtest_readq(t->qts, data), !=, old_block);
    write_context(t, ctx, 2, PCE_ALG_AES_ECB, old_key, 16);
    sqe.ctx_generation = cpu_to_le32(2);
    qtest_writeq(t->qts, data, 0);
    qtest_writeq(t->qts, data + 8, 0);
    queue_do(&q, &sqe);
    g_assert_cmphex(qtest_readq(t->qts, data), ==, old_block);
    pce_test_stop(t);
}

static void test_reset_register(const void *exec)
{
    check_reset(exec, NULL, &resets[0]);
}

static void test_reset_flr(const void *exec)
{
    check_reset(exec, NULL, &resets[1]);
}

static void test_reset_flr_iommu(const void *exec)
{
    check_reset(exec, WITH_IOMMU, &resets[1]);
}

static void test_reset_d3hot(const void *exec)
{
    check_reset(exec, NULL, &resets[2]);
}

static void test_reset_machine(const void *exec)
{
    check_reset(exec, NULL, &resets[3]);
}

/* While a reset is under way only a few registers mean anything */
static void test_reset_again(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestQueue q;

    for (int i = 0; i < 20; i++) {
        queue_start(t, &q, 0, 4, 4);
        queue_check(&q);
        reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
        reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
        queue_command(&q, PCE_QCMD_STOP);
        wait_for(reg_read(t, PCE_REG_STATUS) == PCE_DEV_READY);
        g_assert_cmpuint(queue_state(&q), ==, PCE_QSTATE_DISABLED);
        /* One reset stands in for the other */
        reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
        pce_test_flr(t);
        pce_test_enable(t);
        g_assert_cmphex(reg_read(t, PCE_REG_STATUS), ==, PCE_DEV_READY);
        g_assert_cmphex(reg_read(t, PCE_REG_EVENT), ==, 0);
    }
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    pce_test_stop(t);
}

/* --- No DMA ----------------------------------------------------------- */

static void set_bus_master(PceTest *t, bool on)
{
    qpci_config_writew(t->dev, PCI_COMMAND, PCI_COMMAND_MEMORY |
                       (on ? PCI_COMMAND_MASTER : 0));
}

static void test_bus_master(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestLoad load;
    PceTestQueue q;

    load_begin(t, &load, 0, LOAD_LONG);
    set_bus_master(t, false);
    load_check_interrupted(&load);
    load_snapshot(&load);
    wait_for(queue_state(&load.q) == PCE_QSTATE_FAULT);
    g_assert_cmphex(queue_fault(&load.q), ==, PCE_QFAULT_SHADOW_DMA);

    /* A queue that is started now does not get far either */
    queue_alloc(t, &q, 1, 4, 4);
    queue_clear(&q);
    queue_configure(&q);
    queue_command(&q, PCE_QCMD_CREATE);
    queue_command(&q, PCE_QCMD_RUN);
    wait_for(queue_state(&q) == PCE_QSTATE_FAULT);

    set_bus_master(t, true);
    queue_restart(&q);
    queue_check(&q);
    queue_command(&load.q, PCE_QCMD_DELETE);
    load_check_silent(&load);
    pce_test_stop(t);
}

static void test_d3hot(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestLoad load;

    load_begin(t, &load, 0, LOAD_LONG);
    set_power(t, 3);
    load_check_interrupted(&load);
    load_snapshot(&load);
    /* BAR 0 does not answer, and takes no doorbell */
    g_assert_cmphex(reg_read(t, PCE_REG_MAGIC), !=, PCE_MAGIC);
    reg_write(t, PCE_QUEUE_PAGE(0) + PCE_QREG_DOORBELL, 0);
    set_power(t, 0);
    pce_test_enable(t);
    g_assert_cmpuint(queue_state(&load.q), ==, PCE_QSTATE_DISABLED);
    load_check_silent(&load);
    pce_test_stop(t);
}

/* --- The machine stops ------------------------------------------------ */

static void test_vm_stop(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    PceTestLoad load;
    uint32_t head;

    load_begin(t, &load, 0, LOAD_LONG);
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'stop' }");
    load_check_interrupted(&load);
    head = shadow_read(&load.q, SHADOW(sq_head));
    load_snapshot(&load);
    qreg_write(&load.q, PCE_QREG_DOORBELL, 0);
    /* Whatever is still done is done under way, not after: look twice */
    g_assert_cmpuint(shadow_read(&load.q, SHADOW(sq_head)), ==, head);
    g_clear_pointer(&load.before, g_free);

    load_shorten(&load);
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'cont' }");
    load_finish(&load);
    pce_test_stop(t);
}

/* --- Unplugging ------------------------------------------------------- */

/* Under load: what was begun is done */
static void test_unplug(const void *exec)
{
    PceTest *t = pce_test_start_port(exec, NULL);
    PceTestLoad load;

    load_begin(t, &load, 0, LOAD_LONG);
    pce_test_unplug(t);
    load_check_interrupted(&load);
    g_assert_cmphex(qpci_config_readw(t->dev, PCI_VENDOR_ID), ==, 0xffff);

    /* The same name, the same place, nothing left of the other */
    qtest_qmp_device_add(t->qts, "pce", "pce0", "{ 'bus': 'rp0' }");
    pce_test_enable(t);
    load_snapshot(&load);
    load_check_silent(&load);
    g_assert_cmpuint(pce_test_counter(t, "requests"), ==, 100);
    pce_test_stop(t);
}

void pce_test_add_reset(void)
{
    pce_test_add("reset/register", test_reset_register);
    pce_test_add("reset/flr", test_reset_flr);
    pce_test_add("reset/flr-iommu", test_reset_flr_iommu);
    pce_test_add("reset/d3hot", test_reset_d3hot);
    pce_test_add("reset/machine", test_reset_machine);
    pce_test_add("reset/again", test_reset_again);
    pce_test_add("reset/bus-master-off", test_bus_master);
    pce_test_add("reset/no-dma-in-d3hot", test_d3hot);
    pce_test_add("reset/machine-stopped", test_vm_stop);
    pce_test_add("reset/unplug", test_unplug);
}
