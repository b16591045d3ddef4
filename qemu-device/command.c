/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: commands to queue pairs.
 *
 * They run under the BQL and only ask for what takes time: the worker does it.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "pce.h"
#include "trace.h"

/* May the queue be other than DISABLED, as it is set up? */
uint32_t pce_queue_check_config(const PceQueue *q)
{
    const PceState *s = q->s;

    if (pce_sq_order(q) < s->min_order || pce_sq_order(q) > s->max_order ||
        pce_cq_order(q) < pce_sq_order(q) || pce_cq_order(q) > s->max_order) {
        return PCE_QFAULT_BAD_SIZE;
    }
    if (!QEMU_IS_ALIGNED(q->sq_addr, PCE_RING_ALIGN) ||
        !QEMU_IS_ALIGNED(q->cq_addr, PCE_RING_ALIGN) ||
        !QEMU_IS_ALIGNED(q->shadow_addr, PCE_SHADOW_ALIGN)) {
        return PCE_QFAULT_BAD_ADDRESS;
    }
    if (!pce_vector_valid(q->s, q->vector)) {
        return PCE_QFAULT_BAD_VECTOR;
    }
    return PCE_QFAULT_NONE;
}

static uint32_t create(PceQueue *q)
{
    uint32_t fault;

    if (qatomic_read(&q->state) != PCE_QSTATE_DISABLED) {
        return PCE_QFAULT_BAD_COMMAND;
    }
    fault = pce_queue_check_config(q);
    if (fault != PCE_QFAULT_NONE) {
        return fault;
    }
    pce_queue_clear_indices(q);
    qatomic_set(&q->fault, PCE_QFAULT_NONE);
    pce_queue_move(q, PCE_QSTATE_DISABLED, PCE_QSTATE_STOPPED);
    return PCE_QFAULT_NONE;
}

static uint32_t run(PceQueue *q)
{
    if (qatomic_read(&q->state) != PCE_QSTATE_STOPPED) {
        return PCE_QFAULT_BAD_COMMAND;
    }
    q->sq_event_valid = false;
    qatomic_set(&q->fault, PCE_QFAULT_NONE);
    pce_queue_move(q, PCE_QSTATE_STOPPED, PCE_QSTATE_RUNNING);
    return PCE_QFAULT_NONE;
}

static uint32_t stop(PceQueue *q, bool drain)
{
    if (qatomic_read(&q->state) != PCE_QSTATE_RUNNING) {
        return PCE_QFAULT_BAD_COMMAND;
    }
    /* The worker looks at these once it sees STOPPING */
    q->drain = drain;
    q->drain_target_valid = false;
    return pce_queue_move(q, PCE_QSTATE_RUNNING, PCE_QSTATE_STOPPING) ?
           PCE_QFAULT_NONE : PCE_QFAULT_BAD_COMMAND;
}

static uint32_t reset(PceQueue *q)
{
    uint32_t state;

    do {
        state = qatomic_read(&q->state);
        if (state == PCE_QSTATE_DISABLED) {
            return PCE_QFAULT_BAD_COMMAND;
        }
        if (state == PCE_QSTATE_RESETTING) {
            return PCE_QFAULT_NONE;
        }
    } while (!pce_queue_move(q, state, PCE_QSTATE_RESETTING));
    qatomic_set(&q->fault, PCE_QFAULT_NONE);
    return PCE_QFAULT_NONE;
}

static uint32_t delete(PceQueue *q)
{
    uint32_t state = qatomic_read(&q->state);

    if (state != PCE_QSTATE_STOPPED && state != PCE_QSTATE_FAULT) {
        return PCE_QFAULT_BAD_COMMAND;
    }
    pce_irq_forget(q);
    pce_queue_move(q, state, PCE_QSTATE_DISABLED);
    return PCE_QFAULT_NONE;
}

static uint32_t execute_command(PceQueue *q, uint32_t cmd)
{
    switch (cmd) {
    case PCE_QCMD_CREATE:
        return create(q);
    case PCE_QCMD_RUN:
        return run(q);
    case PCE_QCMD_STOP:
        return stop(q, false);
    case PCE_QCMD_DRAIN:
        return stop(q, true);
    case PCE_QCMD_RESET:
        return reset(q);
    case PCE_QCMD_DELETE:
        return delete(q);
    default:
        return PCE_QFAULT_BAD_COMMAND;
    }
}

void pce_queue_command(PceQueue *q, uint32_t cmd)
{
    uint32_t fault;

    if (qatomic_read(&q->faults.stubborn)) {
        return;
    }
    fault = execute_command(q, cmd);
    trace_pce_queue_command(q->index, cmd, fault);
    if (fault != PCE_QFAULT_NONE) {
        qemu_log_mask(LOG_GUEST_ERROR, "pce: queue %u: command 0x%x refused, "
                      "code 0x%x\n", q->index, cmd, fault);
        qatomic_set(&q->fault, fault);
        return;
    }
    pce_worker_kick(q->worker, 1ull << q->index);
}
