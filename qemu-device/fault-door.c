/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: how a plan of faults is set and looked at.
 *
 * From outside, by properties:
 *
 *   (qemu) qom-set /machine/peripheral/pce0 fault-plan "drop every=100"
 *   (qemu) qom-get /machine/peripheral/pce0 fault-report
 *
 * and with fault-injection=on from the guest, by registers.  Both run under the
 * BQL.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "pce.h"

/* Without a plan nothing stays away */
static bool set_plan(PceState *s, const char *text, Error **errp)
{
    if (!pce_fault_plan_set(s, text, errp)) {
        return false;
    }
    if (!qatomic_read(&s->fault_sites)) {
        pce_fault_come_back(s);
    }
    return true;
}

/* --- Registers -------------------------------------------------------- */

uint32_t pce_fault_door_read(PceState *s, hwaddr addr)
{
    switch (addr) {
    case PCE_REG_FAULT_RESULT:
        return s->door.result;
    case PCE_REG_FAULT_COUNT:
        return pce_fault_injections(s);
    default:
        return addr < PCE_REG_FAULT_TEXT ? 0 :
               ldl_le_p(s->door.text + (addr - PCE_REG_FAULT_TEXT));
    }
}

/* What the guest reads after a command: the plan, or what is wrong with it */
static void set_text(PceFaultDoor *door, const char *text)
{
    memset(door->text, 0, sizeof(door->text));
    g_strlcpy((char *)door->text, text, sizeof(door->text));
}

static void command(PceState *s, uint32_t cmd)
{
    PceFaultDoor *door = &s->door;
    g_autofree char *plan = NULL;
    Error *err = NULL;

    switch (cmd) {
    case PCE_FAULT_CMD_SET:
        /* The guest's text may lack an end */
        plan = g_strndup((char *)door->text, sizeof(door->text));
        door->result = set_plan(s, plan, &err) ? PCE_FAULT_OK :
                                                 PCE_FAULT_BAD_PLAN;
        if (err) {
            set_text(door, error_get_pretty(err));
            error_free(err);
        }
        break;
    case PCE_FAULT_CMD_GET:
        plan = pce_fault_plan_text(s);
        set_text(door, plan);
        door->result = PCE_FAULT_OK;
        break;
    case PCE_FAULT_CMD_REPORT:
        plan = pce_fault_report(s, sizeof(door->text));
        set_text(door, plan);
        door->result = PCE_FAULT_OK;
        break;
    default:
        door->result = PCE_FAULT_BAD_COMMAND;
    }
}

void pce_fault_door_write(PceState *s, hwaddr addr, uint32_t value)
{
    if (addr == PCE_REG_FAULT_CMD) {
        command(s, value);
    } else if (addr >= PCE_REG_FAULT_TEXT) {
        stl_le_p(s->door.text + (addr - PCE_REG_FAULT_TEXT), value);
    }
}

/* --- Properties ------------------------------------------------------- */

static char *get_plan(Object *obj, Error **errp)
{
    return pce_fault_plan_text(PCE(obj));
}

static void set_plan_property(Object *obj, const char *text, Error **errp)
{
    set_plan(PCE(obj), text, errp);
}

static char *get_report(Object *obj, Error **errp)
{
    return pce_fault_report(PCE(obj), SIZE_MAX);
}

void pce_fault_class_init(ObjectClass *oc)
{
    object_class_property_add_str(oc, "fault-plan", get_plan,
                                  set_plan_property);
    object_class_property_set_description(oc, "fault-plan",
        "Faults to be injected, as in 'drop every=100; delay us=500'; may be "
        "changed at any time");
    object_class_property_add_str(oc, "fault-report", get_report, NULL);
    object_class_property_set_description(oc, "fault-report",
        "What each rule of the plan has done, and the last injections");
}
