/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: pulled out of its slot, unasked, and put back.
 *
 * In hw/pci/pcie.c a guest is asked to let go of a device.  Here the device is
 * gone first, and the slot tells afterwards: by the registers that pcie.c
 * changes when it unplugs one.
 *
 * QEMU deletes what is in a slot that goes from on to off.  A guest that learns
 * late of an empty slot would so switch off a device that is there again: it
 * comes back only to a slot that is off, if the guest looks after the slot.
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_port.h"
#include "pce.h"
#include "trace.h"

static PCIDevice *slot_port(PceState *s)
{
    PCIBus *bus = pci_get_bus(PCI_DEVICE(s));

    return pci_bus_is_root(bus) ? NULL : pci_bridge_get_device(bus);
}

static uint8_t *slot_registers(PCIDevice *port)
{
    return port->config + port->exp.exp_cap;
}

/* Is the device in a slot that has hot-plug? */
bool pce_slot_exists(PceState *s)
{
    PCIDevice *port = slot_port(s);

    return port && PCI_DEVICE(s)->devfn == 0 &&
           object_dynamic_cast(OBJECT(port), TYPE_PCIE_SLOT) &&
           (pci_get_long(slot_registers(port) + PCI_EXP_SLTCAP) &
            PCI_EXP_SLTCAP_HPC);
}

/*
 * With the attention button, as pcie.c does it for a device that is added: its
 * ports have no event of the link (DLLSC), and with a button that one, but not
 * that of presence, is what Linux asks for beside the button.
 */
static void slot_set(PCIDevice *port, bool present)
{
    uint8_t *regs = slot_registers(port);
    bool reports_link = pci_get_long(regs + PCI_EXP_LNKCAP) &
                        PCI_EXP_LNKCAP_DLLLARC;

    trace_pce_slot(present);
    if (present) {
        pci_word_test_and_set_mask(regs + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_PDS);
        if (reports_link) {
            pci_word_test_and_set_mask(regs + PCI_EXP_LNKSTA,
                                       PCI_EXP_LNKSTA_DLLLA);
        }
    } else {
        pci_word_test_and_clear_mask(regs + PCI_EXP_SLTSTA,
                                     PCI_EXP_SLTSTA_PDS);
        pci_word_test_and_clear_mask(regs + PCI_EXP_LNKSTA,
                                     PCI_EXP_LNKSTA_DLLLA);
    }
    pci_word_test_and_set_mask(regs + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_PDC);
    pcie_cap_slot_push_attention_button(port);
}

/* Nobody looks after one that signals no events, or cannot be switched off */
static bool slot_is_served(uint8_t *regs)
{
    return (pci_get_word(regs + PCI_EXP_SLTCTL) & PCI_EXP_SLTCTL_HPIE) &&
           (pci_get_long(regs + PCI_EXP_SLTCAP) & PCI_EXP_SLTCAP_PCP);
}

/* As hw/pci/pcie.c has it: the last thing that a guest does is the indicator */
static bool slot_is_off(uint8_t *regs)
{
    uint16_t control = pci_get_word(regs + PCI_EXP_SLTCTL);

    return (control & PCI_EXP_SLTCTL_PCC) == PCI_EXP_SLTCTL_PWR_OFF &&
           (control & PCI_EXP_SLTCTL_PIC) == PCI_EXP_SLTCTL_PWR_IND_OFF;
}

/*
 * May something be put into it?  Not while the guest is still switching it off:
 * Linux sees then that it is full, and switches it on, and takes the button, of
 * which it hears after that, for the wish to have it off again.
 */
bool pce_slot_is_ready(PceState *s)
{
    uint8_t *regs = slot_registers(slot_port(s));
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL);

    if (!slot_is_served(regs)) {
        return true;
    }
    if (!slot_is_off(regs)) {
        s->slot_ready_ms = 0;
        return false;
    }
    if (!s->slot_ready_ms) {
        s->slot_ready_ms = now + PCE_FAULT_SLOT_OFF_MS;
    }
    return now >= s->slot_ready_ms;
}

/*
 * The device has vanished, and has no power: it knows no key any more.  Where
 * its BARs were there is still somebody who answers with all ones, as a port
 * would.
 */
void pce_slot_empty(PceState *s)
{
    s->unplugged = true;
    s->slot_ready_ms = 0;
    device_cold_reset(DEVICE(s));
    slot_set(slot_port(s), false);
}

/* It is back, as one that was just made */
void pce_slot_fill(PceState *s)
{
    PCIDevice *pci = PCI_DEVICE(s);

    memcpy(pci->config, s->power_on_config, pci_config_size(pci));
    pci_device_reset(pci);
    s->unplugged = false;
    slot_set(slot_port(s), true);
}
