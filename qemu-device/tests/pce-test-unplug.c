/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of the fault "unplug": pulled out of a slot, and put
 * back.  Time passes when a test says so.
 */
#include "qemu/osdep.h"
#include "pce-test.h"

#define MS 1000000ll

/* The port has its slot, and not ACPI */
#define NATIVE "poll-us=50 -global " \
               "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"

/* Of the slot: what the guest asks for, and on or off */
#define SERVED  (PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_ABPE)
#define ON      (SERVED | PCI_EXP_SLTCTL_PWR_IND_ON)
#define OFF     (SERVED | PCI_EXP_SLTCTL_PWR_IND_OFF | PCI_EXP_SLTCTL_PCC)

typedef struct Slot {
    PceTest *t;
    QPCIDevice *port;
    uint8_t cap;
} Slot;

static Slot slot_open(PceTest *t)
{
    QPCIDevice *port = qpci_device_find(t->bus, QPCI_DEVFN(4, 0));

    return (Slot) { t, port, qpci_find_capability(port, PCI_CAP_ID_EXP, 0) };
}

static uint16_t slot_read(Slot *slot, uint8_t reg)
{
    return qpci_config_readw(slot->port, slot->cap + reg);
}

static void slot_control(Slot *slot, uint16_t value)
{
    qpci_config_writew(slot->port, slot->cap + PCI_EXP_SLTCTL, value);
}

static bool slot_interrupts(Slot *slot)
{
    return qpci_config_readw(slot->port, PCI_STATUS) & PCI_STATUS_INTERRUPT;
}

static bool slot_present(Slot *slot)
{
    return slot_read(slot, PCI_EXP_SLTSTA) & PCI_EXP_SLTSTA_PDS;
}

static bool slot_full(Slot *slot)
{
    bool present = slot_present(slot);
    bool link = slot_read(slot, PCI_EXP_LNKSTA) & PCI_EXP_LNKSTA_DLLLA;

    g_assert_cmpint(present, ==, link);
    return present;
}

/* It has told that something changed; the guest has heard it */
static void slot_check_event(Slot *slot)
{
    g_assert_cmphex(slot_read(slot, PCI_EXP_SLTSTA) & PCI_EXP_SLTSTA_PDC, !=,
                    0);
    g_assert_cmphex(slot_read(slot, PCI_EXP_SLTSTA) & PCI_EXP_SLTSTA_ABP, !=,
                    0);
    qpci_config_writew(slot->port, slot->cap + PCI_EXP_SLTSTA,
                       PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_ABP);
    g_assert_cmphex(slot_read(slot, PCI_EXP_SLTSTA) &
                    (PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_ABP), ==, 0);
}

static bool there(PceTest *t)
{
    return qpci_config_readw(t->dev, PCI_VENDOR_ID) == PCE_PCI_VENDOR_ID;
}

static void pull(Slot *slot, const char *plan)
{
    const struct pce_sqe sqe = nop_sqe(1);
    PceTestQueue q;

    queue_start(slot->t, &q, 0, 4, 4);
    set_plan(slot->t, plan);
    queue_put(&q, &sqe);
    queue_publish(&q);
    wait_for(!slot_present(slot));
    g_assert_false(slot_full(slot));
    g_assert_false(there(slot->t));
    g_assert_cmphex(reg_read(slot->t, PCE_REG_MAGIC), ==, UINT32_MAX);
}

/* A guest that knows nothing of slots */
static void test_pulled(const void *exec)
{
    PceTest *t = pce_test_start_port(exec, NATIVE);
    unsigned int devctl = pce_test_capability(t, PCI_CAP_ID_EXP) +
                          PCI_EXP_DEVCTL;
    Slot slot = slot_open(t);
    PceTestQueue q;

    qpci_config_writew(t->dev, devctl, PCI_EXP_DEVCTL_FERE);
    pull(&slot, "unplug nth=1 ms=100");
    slot_check_event(&slot);
    reg_write(t, PCE_REG_CTRL, PCE_CTRL_RESET);
    qpci_config_writew(t->dev, PCI_COMMAND, PCI_COMMAND_MEMORY);
    qtest_clock_step(t->qts, 99 * MS);
    g_assert_false(slot_full(&slot));
    g_assert_false(there(t));
    qtest_clock_step(t->qts, 1 * MS);
    g_assert_true(slot_full(&slot));
    slot_check_event(&slot);

    /* Nothing is left of what it was */
    g_assert_true(there(t));
    g_assert_cmphex(qpci_config_readw(t->dev, PCI_COMMAND), ==, 0);
    g_assert_cmphex(qpci_config_readl(t->dev, PCI_BASE_ADDRESS_0), ==, 0);
    g_assert_cmphex(qpci_config_readw(t->dev, devctl) & PCI_EXP_DEVCTL_FERE,
                    ==, 0);
    pce_test_enable(t);
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    queue_command(&q, PCE_QCMD_RESET);
    wait_for(queue_state(&q) == PCE_QSTATE_STOPPED);
    queue_command(&q, PCE_QCMD_DELETE);

    /* For good, until the plan is taken away */
    pull(&slot, "unplug nth=1");
    qtest_clock_step(t->qts, 100000 * MS);
    g_assert_false(slot_full(&slot));
    set_plan(t, "");
    g_assert_true(slot_full(&slot));
    pce_test_enable(t);
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);
    g_free(slot.port);
    pce_test_stop(t);
}

/* A guest that learns of it late, and switches the slot off and on */
static void test_served(const void *exec)
{
    PceTest *t = pce_test_start_port(exec, NATIVE);
    Slot slot = slot_open(t);
    PceTestQueue q;

    slot_control(&slot, ON);
    g_assert_false(slot_interrupts(&slot));
    pull(&slot, "unplug nth=1 ms=1");
    g_assert_true(slot_interrupts(&slot));
    slot_check_event(&slot);
    g_assert_false(slot_interrupts(&slot));
    qtest_clock_step(t->qts, 1000 * MS);
    g_assert_false(slot_full(&slot));

    /* In two steps, as Linux does it; the device is not deleted by that */
    slot_control(&slot, ON | PCI_EXP_SLTCTL_PCC);
    qtest_clock_step(t->qts, 1000 * MS);
    g_assert_false(slot_full(&slot));
    slot_control(&slot, OFF);
    /* Not while the guest may still be at it */
    qtest_clock_step(t->qts, 500 * MS);
    g_assert_false(slot_full(&slot));
    qtest_clock_step(t->qts, 20 * MS);
    g_assert_true(slot_full(&slot));
    g_assert_true(slot_interrupts(&slot));
    slot_check_event(&slot);
    g_assert_false(there(t));

    slot_control(&slot, ON);
    g_assert_true(there(t));
    pce_test_enable(t);
    queue_start(t, &q, 0, 4, 4);
    queue_check(&q);

    /* And it can be unplugged as any other device */
    qtest_qmp_device_del_send(t->qts, "pce0");
    slot_control(&slot, OFF);
    qtest_qmp_eventwait(t->qts, "DEVICE_DELETED");
    g_assert_false(slot_full(&slot));
    g_free(slot.port);
    pce_test_stop(t);
}

/* Deleted by the monitor, or the machine ends, while it is away */
static void test_deleted(const void *exec)
{
    PceTest *t = pce_test_start_port(exec, NATIVE);
    Slot slot = slot_open(t);

    slot_control(&slot, ON);
    pull(&slot, "unplug nth=1 ms=1");
    slot_control(&slot, OFF);
    qtest_qmp_device_del_send(t->qts, "pce0");
    qtest_qmp_eventwait(t->qts, "DEVICE_DELETED");
    qtest_clock_step(t->qts, 1000 * MS);
    g_assert_false(slot_full(&slot));
    g_free(slot.port);
    pce_test_stop(t);

    t = pce_test_start_port(exec, NATIVE);
    slot = slot_open(t);
    pull(&slot, "unplug nth=1 ms=1");
    g_free(slot.port);
    pce_test_stop(t);
}

static void check_refused(PceTest *t)
{
    g_autofree char *error = try_plan(t, "unplug nth=1");

    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error, "'unplug' needs a slot with hot-plug"));
    pce_test_stop(t);
}

static void test_no_slot(const void *exec)
{
    check_refused(pce_test_start(exec, ""));
    check_refused(pce_test_start_port(exec, "poll-us=50 -global "
                                      "pcie-root-port.hotplug=off"));
}

void pce_test_add_unplug(void)
{
    pce_test_add("unplug/pulled", test_pulled);
    pce_test_add("unplug/served", test_served);
    pce_test_add("unplug/deleted", test_deleted);
    pce_test_add("unplug/no-slot", test_no_slot);
}
