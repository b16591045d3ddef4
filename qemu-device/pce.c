/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the PCI function.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/range.h"
#include "qapi/error.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/resettable.h"
#include "exec/address-spaces.h"
#include "system/runstate.h"
#include "pce.h"
#include "trace.h"

/* --- Reset ------------------------------------------------------------ */

static void wipe_keys(PceState *s)
{
    for (unsigned int i = 0; i < s->nr_workers; i++) {
        pce_executor_invalidate_all(s->workers[i].executor);
    }
}

/*
 * Out of guest memory, all keys wiped, all queues DISABLED.  Workers stay held
 * for the caller to let go.
 */
static void quiesce_and_clear(PceState *s)
{
    pce_workers_hold(s, PCE_HOLD_RESET);
    s->resets++;
    for (unsigned int i = 0; i < s->nr_queues; i++) {
        pce_queue_reset(&s->queues[i]);
    }
    for (unsigned int i = 0; i < s->nr_workers; i++) {
        s->workers[i].signals = (PceSignals) { 0 };
    }
    wipe_keys(s);
    s->fatal_code = 0;
    s->inval_addr = 0;
    s->door.result = 0;
    s->resetting = false;
    qemu_bh_cancel(s->reset_bh);
}

/* A reset is the end of a fatal error, but brings nothing back that is gone */
static void release_after_reset(PceState *s)
{
    pce_workers_release(s, PCE_HOLD_RESET |
                        (s->vanished ? 0 : PCE_HOLD_FAULT));
}

/* CTRL.RESET: asynchronous, and the driver's event settings survive it */
static void reset_bh(void *opaque)
{
    PceState *s = opaque;

    trace_pce_reset("register");
    quiesce_and_clear(s);
    release_after_reset(s);
    pce_event_raise(s, PCE_EVENT_RESET_DONE);
}

/* Bus reset, function-level reset, leaving D3hot */
static void pce_reset_enter(Object *obj, ResetType type)
{
    PceState *s = PCE(obj);

    trace_pce_reset("function");
    quiesce_and_clear(s);
    if (pci_is_express(PCI_DEVICE(s))) {
        pcie_cap_deverr_reset(PCI_DEVICE(s));
    }
    s->event = 0;
    s->event_enable = 0;
    s->event_vector = PCE_VECTOR_NONE;
    s->intx_status = 0;
}

static void pce_reset_hold(Object *obj, ResetType type)
{
    pce_irq_update_intx(PCE(obj));
}

static void pce_reset_exit(Object *obj, ResetType type)
{
    release_after_reset(PCE(obj));
}

/* --- Configuration space ---------------------------------------------- */

static bool in_d3hot(PCIDevice *pci)
{
    return (pci_get_word(pci->config + pci->pm_cap + PCI_PM_CTRL) &
            PCI_PM_CTRL_STATE_MASK) == 3;
}

static uint32_t pce_config_read(PCIDevice *pci, uint32_t addr, int len)
{
    return PCE(pci)->vanished ? UINT32_MAX :
           pci_default_read_config(pci, addr, len);
}

/*
 * No DMA is under way while something that governs it changes.  Both ways
 * through D3hot are a reset, as No_Soft_Reset being 0 says.
 */
static void pce_config_write(PCIDevice *pci, uint32_t addr, uint32_t val,
                             int len)
{
    PceState *s = PCE(pci);
    bool was_d3 = in_d3hot(pci);

    if (s->vanished) {
        return;
    }
    pce_workers_hold(s, PCE_HOLD_CONFIG);
    pci_default_write_config(pci, addr, val, len);
    if (was_d3 != in_d3hot(pci)) {
        trace_pce_power(in_d3hot(pci) ? 3 : 0);
        if (was_d3) {
            pci_device_reset(pci);
        } else {
            device_cold_reset(DEVICE(pci));
        }
    }
    if (pci_is_express(pci)) {
        pcie_cap_flr_write_config(pci, addr, val, len);
        pcie_aer_write_config(pci, addr, val, len);
    }
    pce_irq_update_intx(s);
    pce_workers_release(s, PCE_HOLD_CONFIG);
}

/* --- The machine around us -------------------------------------------- */

/*
 * A machine that has stopped may be saved, and what is saved may be loaded in
 * its stead: whatever is under way ends now, and keys are read again
 * afterwards, from memory that may hold others by then.
 */
static void vm_state_changed(void *opaque, bool running, RunState state)
{
    PceState *s = opaque;

    if (running) {
        pce_workers_release(s, PCE_HOLD_VM);
        return;
    }
    pce_workers_hold(s, PCE_HOLD_VM);
    pce_irq_settle(s);
    pce_fault_settle(s);
    if (s->resetting) {
        reset_bh(s);
    }
    wipe_keys(s);
}

static void memory_region_changed(MemoryListener *listener,
                                  MemoryRegionSection *section)
{
    container_of(listener, PceState, listener)->memory_changed = true;
}

/*
 * Rings may be somewhere else, or nowhere: find them anew.
 *
 * Behind an IOMMU nobody waits for a worker.  One that is in guest memory holds
 * the BQL, so that it can only be the caller: it has had an address translated,
 * and the IOMMU found that this one needs no translation any more.  What it has
 * open was mapped for one access each, and stays good.
 */
static void memory_commit(MemoryListener *listener)
{
    PceState *s = container_of(listener, PceState, listener);
    bool wait = !s->iommu;

    if (!s->memory_changed) {
        return;
    }
    s->memory_changed = false;
    if (wait) {
        pce_workers_hold(s, PCE_HOLD_MEMORY);
    }
    s->iommu = pci_device_iommu_address_space(PCI_DEVICE(s)) !=
               &address_space_memory;
    for (unsigned int i = 0; i < s->nr_queues; i++) {
        pce_queue_close(&s->queues[i]);
    }
    if (wait) {
        pce_workers_release(s, PCE_HOLD_MEMORY);
    }
}

/* --- Birth and death -------------------------------------------------- */

static bool init_power(PCIDevice *pci, Error **errp)
{
    int pos = pci_pm_init(pci, 0, errp);

    if (pos < 0) {
        return false;
    }
    pci_set_word(pci->config + pos + PCI_PM_PMC, PCI_PM_CAP_VER_1_2);
    pci_set_word(pci->wmask + pos + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    return true;
}

static bool init_express(PCIDevice *pci, Error **errp)
{
    if (!pci_is_express(pci)) {
        return true;
    }
    if (pcie_endpoint_cap_init(pci, 0) < 0) {
        error_setg(errp, "pce: no room for the PCI Express capability");
        return false;
    }
    pcie_cap_flr_init(pci);
    pcie_cap_deverr_init(pci);
    return pcie_aer_init(pci, PCI_ERR_VER, PCI_CONFIG_SPACE_SIZE,
                         PCI_ERR_SIZEOF, errp) >= 0;
}

static bool init_msix(PceState *s, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(s);

    if (!s->msix) {
        return true;
    }
    if (msix_init_exclusive_bar(pci, s->nr_vectors, PCE_BAR_MSIX, errp) < 0) {
        return false;
    }
    for (unsigned int i = 0; i < s->nr_vectors; i++) {
        msix_vector_use(pci, i);
    }
    return true;
}

static void init_regs(PceState *s)
{
    PCIDevice *pci = PCI_DEVICE(s);

    memory_region_init_io(&s->regs, OBJECT(s), &pce_regs_ops, s, "pce-regs",
                          pce_regs_size(s));
    pci_register_bar(pci, PCE_BAR_REGS, PCI_BASE_ADDRESS_SPACE_MEMORY,
                     &s->regs);
}

static void start(PceState *s)
{
    s->vm_state = qdev_add_vm_change_state_handler(DEVICE(s), vm_state_changed,
                                                   s);
    if (!runstate_is_running()) {
        pce_workers_hold_begin(s, PCE_HOLD_VM);
    }
    s->listener = (MemoryListener) {
        .name = TYPE_PCE,
        .region_add = memory_region_changed,
        .region_del = memory_region_changed,
        .commit = memory_commit,
    };
    memory_listener_register(&s->listener,
                             pci_get_address_space(PCI_DEVICE(s)));
}

static void pce_realize(PCIDevice *pci, Error **errp)
{
    PceState *s = PCE(pci);

    if (!pce_config_check(s, errp)) {
        return;
    }
    if (!pci_bus_is_express(pci_get_bus(pci))) {
        pci->cap_present &= ~QEMU_PCI_CAP_EXPRESS;
    }
    pci_config_set_interrupt_pin(pci->config, 1);
    /* A bounce buffer would reach what is not RAM */
    pci_get_address_space(pci)->max_bounce_buffer_size = 0;

    if (!init_power(pci, errp) || !init_express(pci, errp) ||
        !init_msix(s, errp)) {
        return;
    }
    if (!pce_workers_init(s, errp)) {
        pce_workers_exit(s);
        msix_uninit_exclusive_bar(pci);
        return;
    }
    s->queues = g_new0(PceQueue, s->nr_queues);
    for (unsigned int i = 0; i < s->nr_queues; i++) {
        pce_queue_init(s, i);
    }
    s->event_vector = PCE_VECTOR_NONE;
    s->reset_bh = qemu_bh_new_guarded(reset_bh, s,
                                      &DEVICE(s)->mem_reentrancy_guard);
    pce_fault_init(s);
    pci->config_read = pce_config_read;
    pci->config_write = pce_config_write;
    init_regs(s);
    s->power_on_config = g_memdup2(pci->config, pci_config_size(pci));
    start(s);
}

static void pce_exit(PCIDevice *pci)
{
    PceState *s = PCE(pci);

    trace_pce_reset("removal");
    pce_workers_hold(s, PCE_HOLD_EXIT);
    quiesce_and_clear(s);
    memory_listener_unregister(&s->listener);
    qemu_del_vm_change_state_handler(s->vm_state);
    qemu_bh_delete(s->reset_bh);
    for (unsigned int i = 0; i < s->nr_queues; i++) {
        timer_free(s->queues[i].moderation_timer);
    }
    pce_fault_exit(s);
    pce_workers_exit(s);
    msix_uninit_exclusive_bar(pci);
    if (pci_is_express(pci)) {
        pcie_aer_exit(pci);
        pcie_cap_exit(pci);
    }
}

static void pce_finalize(Object *obj)
{
    PceState *s = PCE(obj);

    pce_workers_free(s);
    g_free(s->queues);
    g_free(s->power_on_config);
    pce_fault_plan_free(s->faults);
}

/* --- Type ------------------------------------------------------------- */

static void pce_class_init(ObjectClass *oc, void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);
    DeviceClass *dc = DEVICE_CLASS(oc);

    pc->realize = pce_realize;
    pc->exit = pce_exit;
    pc->vendor_id = PCE_PCI_VENDOR_ID;
    pc->device_id = PCE_PCI_DEVICE_ID;
    pc->revision = PCE_PCI_REVISION;
    pc->class_id = PCE_PCI_CLASS;

    rc->phases.enter = pce_reset_enter;
    rc->phases.hold = pce_reset_hold;
    rc->phases.exit = pce_reset_exit;

    dc->desc = "PCI Crypto Engine";
    dc->vmsd = &pce_vmstate;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);

    pce_config_class_init(oc);
    pce_counters_class_init(oc);
    pce_fault_class_init(oc);
}

static void pce_instance_init(Object *obj)
{
    /* Configuration space is made before pce_realize() can look at the bus */
    PCI_DEVICE(obj)->cap_present |= QEMU_PCI_CAP_EXPRESS;
    PCE(obj)->faults = pce_fault_plan_new();
}

static const TypeInfo pce_type = {
    .name = TYPE_PCE,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(PceState),
    .instance_init = pce_instance_init,
    .instance_finalize = pce_finalize,
    .class_init = pce_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { },
    },
};

static void pce_register_types(void)
{
    type_register_static(&pce_type);
}

type_init(pce_register_types)
