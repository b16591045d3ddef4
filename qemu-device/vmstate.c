/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: migration and snapshots.
 *
 * The machine has stopped when this is saved and when it is loaded, and nothing
 * is under way then (see vm_state_changed()): registers, indices and what a
 * fault keeps back are all there is.  Requests are in the rings, in the guest's
 * memory; so are the keys, which are never part of this.
 *
 * What is loaded is hostile.  It goes to where nothing looks at it before it
 * has been checked: until then all queues are DISABLED.  What the guest could
 * have written itself needs no check.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qapi/error.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie.h"
#include "migration/vmstate.h"
#include "pce.h"

/* --- What the guest was told that it has ------------------------------ */

static const char *const shape_names[] = {
    "x-version", "queues", "msix", "vectors", "moderation", "random",
    "min-queue-order", "max-queue-order", "max-segments", "max-length",
    "fault-injection",
};

#define SHAPE_PROPERTIES ARRAY_SIZE(shape_names)

typedef struct PceShape {
    PceState *parent;
    uint32_t properties[SHAPE_PROPERTIES];
    uint32_t alg_info[PCE_LIMIT_ALGS];
} PceShape;

static int shape_pre_save(void *opaque)
{
    PceShape *shape = opaque;
    const PceState *s = shape->parent;
    const uint32_t properties[] = {
        s->version, s->nr_queues, s->msix, s->nr_vectors, s->moderation,
        s->random, s->min_order, s->max_order, s->max_segments, s->max_length,
        s->fault_injection,
    };

    QEMU_BUILD_BUG_ON(ARRAY_SIZE(properties) != SHAPE_PROPERTIES);
    memcpy(shape->properties, properties, sizeof(properties));
    memcpy(shape->alg_info, s->alg_info, sizeof(s->alg_info));
    return 0;
}

static int shape_post_load(void *opaque, int version_id)
{
    PceShape *theirs = opaque;
    PceShape ours = { .parent = theirs->parent };

    shape_pre_save(&ours);
    for (size_t i = 0; i < SHAPE_PROPERTIES; i++) {
        if (theirs->properties[i] != ours.properties[i]) {
            error_report("pce: property '%s' is %" PRIu32 " here, and %" PRIu32
                         " where the machine comes from", shape_names[i],
                         ours.properties[i], theirs->properties[i]);
            return -EINVAL;
        }
    }
    for (unsigned int i = 0; i < PCE_LIMIT_ALGS; i++) {
        if (theirs->alg_info[i] != ours.alg_info[i]) {
            const struct pce_alg_desc *alg = pce_alg_find(i);

            error_report("pce: algorithm %u (%s) is offered as 0x%" PRIx32
                         " here, and as 0x%" PRIx32 " where the machine comes "
                         "from: properties 'algs', 'key-sizes', 'data-units', "
                         "'backend'", i, alg ? alg->name : "unknown",
                         ours.alg_info[i], theirs->alg_info[i]);
            return -EINVAL;
        }
    }
    return 0;
}

static const VMStateDescription vmstate_shape = {
    .name = "pce/shape",
    .pre_save = shape_pre_save,
    .post_load = shape_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_ARRAY(properties, PceShape, SHAPE_PROPERTIES),
        VMSTATE_UINT32_ARRAY(alg_info, PceShape, PCE_LIMIT_ALGS),
        VMSTATE_END_OF_LIST()
    }
};

/* --- Faults of a queue ------------------------------------------------ */

static const VMStateDescription vmstate_held = {
    .name = "pce/queue/held",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BUFFER_UNSAFE(cqe, PceHeldCompletion, 1,
                              sizeof(struct pce_cqe)),
        VMSTATE_INT64(due, PceHeldCompletion),
        VMSTATE_BOOL(after_next, PceHeldCompletion),
        VMSTATE_BOOL(quiet, PceHeldCompletion),
        VMSTATE_END_OF_LIST()
    }
};

static bool queue_faults_needed(void *opaque)
{
    const PceQueueFaults *f = &((PceQueue *)opaque)->faults;

    return f->hung || f->nr_held || f->storm ||
           !buffer_is_zero(&f->last, sizeof(f->last));
}

/* Timers go on from here: the next pass sets that of the completions */
static int queue_faults_post_load(void *opaque, int version_id)
{
    PceQueue *q = opaque;
    PceQueueFaults *f = &q->faults;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    const int64_t longest = (int64_t)PCE_FAULT_US_MAX * SCALE_US;
    PceHeldCompletion *held;
    unsigned int n = 0;

    QTAILQ_FOREACH(held, &f->held, node) {
        held->due = MIN(held->due, now + longest);
        n++;
    }
    if (n > PCE_FAULT_MAX_HELD) {
        error_report("pce: queue %u: %u completions are held back, at most %u "
                     "can be", q->index, n, PCE_FAULT_MAX_HELD);
        return -EINVAL;
    }
    f->nr_held = n;
    if (f->storm && (f->storm > PCE_FAULT_STORM_MAX ||
                     f->storm_ns < SCALE_US || f->storm_ns > longest)) {
        error_report("pce: queue %u: %" PRIu32 " interrupts to come every %"
                     PRId64 " ns, at most %u every %d to %" PRId64 " can be",
                     q->index, f->storm, f->storm_ns, PCE_FAULT_STORM_MAX,
                     SCALE_US, longest);
        f->storm = 0;
        return -EINVAL;
    }
    if (f->storm) {
        timer_mod(f->storm_timer, now + f->storm_ns);
    }
    return 0;
}

static const VMStateDescription vmstate_queue_faults = {
    .name = "pce/queue/faults",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = queue_faults_needed,
    .post_load = queue_faults_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(faults.hung, PceQueue),
        VMSTATE_BOOL(faults.stubborn, PceQueue),
        VMSTATE_QTAILQ_V(faults.held, PceQueue, 1, vmstate_held,
                         PceHeldCompletion, node),
        VMSTATE_BUFFER_UNSAFE(faults.last, PceQueue, 1,
                              sizeof(struct pce_cqe)),
        VMSTATE_UINT32(faults.storm, PceQueue),
        VMSTATE_INT64(faults.storm_ns, PceQueue),
        VMSTATE_END_OF_LIST()
    }
};

/* --- A queue ---------------------------------------------------------- */

static int queue_pre_save(void *opaque)
{
    PceQueue *q = opaque;

    q->saved_state = qatomic_read(&q->state);
    return 0;
}

/* Sooner or later it comes, and not later than it would have come */
static void rearm_moderation(PceQueue *q)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    int64_t left = (int64_t)(q->moderation & PCE_MODERATION_USEC) * SCALE_US;

    if (!q->interrupt_held) {
        timer_del(q->moderation_timer);
    } else if (!timer_pending(q->moderation_timer) ||
               timer_expire_time_ns(q->moderation_timer) > now + left) {
        timer_mod(q->moderation_timer, now + left);
    }
}

static int queue_post_load(void *opaque, int version_id)
{
    PceQueue *q = opaque;
    uint32_t fault;

    if (q->saved_state > PCE_QSTATE_FAULT) {
        error_report("pce: queue %u: state %" PRIu32 ", at most %d can be",
                     q->index, q->saved_state, PCE_QSTATE_FAULT);
        return -EINVAL;
    }
    if (q->size & ~(PCE_QSIZE_SQ_ORDER | PCE_QSIZE_CQ_ORDER)) {
        error_report("pce: queue %u: SIZE is 0x%" PRIx32, q->index, q->size);
        return -EINVAL;
    }
    fault = pce_queue_check_config(q);
    if (q->saved_state != PCE_QSTATE_DISABLED && fault != PCE_QFAULT_NONE) {
        error_report("pce: queue %u cannot be set up like this (fault code 0x%"
                     PRIx32 "): SIZE 0x%" PRIx32 " within orders %u to %u, SQ "
                     "0x%" PRIx64 ", CQ 0x%" PRIx64 ", SHADOW 0x%" PRIx64
                     ", VECTOR %" PRIu32 " of %" PRIu32, q->index, fault,
                     q->size, q->s->min_order, q->s->max_order, q->sq_addr,
                     q->cq_addr, q->shadow_addr, q->vector, q->s->nr_vectors);
        return -EINVAL;
    }
    if (q->saved_state == PCE_QSTATE_STOPPING && q->drain_target_valid &&
        q->drain_target - q->sq_head > 1u << pce_sq_order(q)) {
        error_report("pce: queue %u: to be drained to %" PRIu32 ", which is "
                     "more than the ring from %" PRIu32, q->index,
                     q->drain_target, q->sq_head);
        return -EINVAL;
    }
    rearm_moderation(q);
    return 0;
}

static const VMStateDescription vmstate_queue = {
    .name = "pce/queue",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = queue_pre_save,
    .post_load = queue_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(saved_state, PceQueue),
        VMSTATE_UINT32(fault, PceQueue),
        VMSTATE_UINT32(size, PceQueue),
        VMSTATE_UINT64(sq_addr, PceQueue),
        VMSTATE_UINT64(cq_addr, PceQueue),
        VMSTATE_UINT64(shadow_addr, PceQueue),
        VMSTATE_UINT32(vector, PceQueue),
        VMSTATE_UINT32(moderation, PceQueue),
        VMSTATE_UINT32(sq_head, PceQueue),
        VMSTATE_UINT32(cq_tail, PceQueue),
        VMSTATE_UINT32(cq_head, PceQueue),
        VMSTATE_BOOL(drain, PceQueue),
        VMSTATE_BOOL(drain_target_valid, PceQueue),
        VMSTATE_UINT32(drain_target, PceQueue),
        VMSTATE_BOOL(interrupt_held, PceQueue),
        VMSTATE_UINT32(since_interrupt, PceQueue),
        VMSTATE_TIMER_PTR(moderation_timer, PceQueue),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * const []) {
        &vmstate_queue_faults,
        NULL
    }
};

/* --- Faults of the device --------------------------------------------- */

/* It does nothing any more, for one reason or another */
typedef struct PceHalt {
    PceState *parent;
    bool halted;
} PceHalt;

static int halt_pre_save(void *opaque)
{
    PceHalt *halt = opaque;

    halt->halted = qatomic_read(&halt->parent->hold) & PCE_HOLD_FAULT;
    return 0;
}

static int halt_post_load(void *opaque, int version_id)
{
    PceHalt *halt = opaque;

    if (halt->halted || halt->parent->vanished) {
        pce_workers_hold_begin(halt->parent, PCE_HOLD_FAULT);
    }
    return 0;
}

static const VMStateDescription vmstate_halt = {
    .name = "pce/halt",
    .pre_save = halt_pre_save,
    .post_load = halt_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(halted, PceHalt),
        VMSTATE_END_OF_LIST()
    }
};

static bool faults_needed(void *opaque)
{
    PceState *s = opaque;
    g_autofree char *plan = pce_fault_plan_text(s);

    return *plan || pce_fault_injections(s) ||
           qatomic_read(&s->hold) & PCE_HOLD_FAULT;
}

static int faults_post_load(void *opaque, int version_id)
{
    PceState *s = opaque;
    Error *err = NULL;

    if (s->unplugged && !(s->vanished && pce_slot_exists(s))) {
        error_report("pce: pulled out of a slot with hot-plug, which there is "
                     "none of here");
        s->unplugged = false;
        return -EINVAL;
    }
    if (!pce_fault_plan_loaded(s, &err)) {
        error_report_err(err);
        return -EINVAL;
    }
    return 0;
}

static const VMStateDescription vmstate_faults = {
    .name = "pce/faults",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = faults_needed,
    .post_load = faults_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_POINTER(faults, PceState, pce_fault_plan_vmstate,
                               PceFaultPlan),
        VMSTATE_UINT32(fatal_code, PceState),
        VMSTATE_BOOL(vanished, PceState),
        VMSTATE_BOOL(unplugged, PceState),
        VMSTATE_TIMER_PTR(return_timer, PceState),
        VMSTATE_WITH_TMP(PceState, PceHalt, vmstate_halt),
        VMSTATE_END_OF_LIST()
    }
};

static bool door_needed(void *opaque)
{
    return ((PceState *)opaque)->fault_injection;
}

static const VMStateDescription vmstate_door = {
    .name = "pce/door",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = door_needed,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(door.result, PceState),
        VMSTATE_BUFFER(door.text, PceState),
        VMSTATE_END_OF_LIST()
    }
};

/* --- The device ------------------------------------------------------- */

static bool has_msix(void *opaque, int version_id)
{
    return msix_present(PCI_DEVICE(opaque));
}

static bool is_express(void *opaque, int version_id)
{
    return pci_is_express(PCI_DEVICE(opaque));
}

/* What the stream does not have is as after power-on */
static int pce_pre_load(void *opaque)
{
    PceState *s = opaque;

    pce_workers_hold(s, PCE_HOLD_RESET);
    for (unsigned int i = 0; i < s->nr_queues; i++) {
        pce_queue_reset(&s->queues[i]);
    }
    s->fatal_code = 0;
    s->vanished = false;
    s->unplugged = false;
    s->slot_ready_ms = 0;
    timer_del(s->return_timer);
    qatomic_set(&s->trouble, 0);
    pce_fault_plan_clear(s);
    pce_workers_release(s, PCE_HOLD_RESET | PCE_HOLD_FAULT);
    return 0;
}

/* All of it is good: the queues may be looked at once the machine runs */
static int pce_post_load(void *opaque, int version_id)
{
    PceState *s = opaque;

    for (unsigned int i = 0; i < s->nr_queues; i++) {
        PceQueue *q = &s->queues[i];

        qatomic_set(&q->state, q->saved_state);
    }
    return 0;
}

const VMStateDescription pce_vmstate = {
    .name = TYPE_PCE,
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = pce_pre_load,
    .post_load = pce_post_load,
    .fields = (const VMStateField[]) {
        /* First: what follows has the size that it says */
        VMSTATE_WITH_TMP(PceState, PceShape, vmstate_shape),
        VMSTATE_PCI_DEVICE(parent_obj, PceState),
        VMSTATE_STRUCT_TEST(parent_obj.exp.aer_log, PceState, is_express, 0,
                            vmstate_pcie_aer_log, PCIEAERLog),
        VMSTATE_MSIX_TEST(parent_obj, PceState, has_msix),
        VMSTATE_UINT32(event, PceState),
        VMSTATE_UINT32(event_enable, PceState),
        VMSTATE_UINT32(event_vector, PceState),
        VMSTATE_UINT32(intx_status, PceState),
        VMSTATE_UINT64(inval_addr, PceState),
        VMSTATE_STRUCT_VARRAY_POINTER_UINT32(queues, PceState, nr_queues,
                                             vmstate_queue, PceQueue),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * const []) {
        &vmstate_faults,
        &vmstate_door,
        NULL
    }
};
