/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: interrupts, moderation, events.
 *
 * Interrupts are raised under the BQL.  A worker gathers what it has to tell in
 * its PceSignals, which are delivered when it holds no lock of its own.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "hw/pci/msix.h"
#include "pce.h"
#include "trace.h"

/* Is there such a vector, whether or not MSI-X is on? */
bool pce_vector_valid(PceState *s, uint32_t vector)
{
    return vector == PCE_VECTOR_NONE ||
           vector < (s->msix ? s->nr_vectors : 1);
}

/* Hook of everything that may change what the INTx pin should show */
void pce_irq_update_intx(PceState *s)
{
    PCIDevice *pci = PCI_DEVICE(s);

    pci_set_irq(pci, s->intx_status && !msix_enabled(pci));
}

uint32_t pce_irq_read_intx(PceState *s)
{
    uint32_t status = s->intx_status;

    s->intx_status = 0;
    pce_irq_update_intx(s);
    return status;
}

static bool interrupt_raise(PceState *s, uint32_t vector, uint32_t intx_bit)
{
    PCIDevice *pci = PCI_DEVICE(s);

    if (vector == PCE_VECTOR_NONE || s->vanished) {
        return false;
    }
    if (!msix_enabled(pci)) {
        trace_pce_irq_intx(intx_bit);
        s->intx_status |= intx_bit;
        pce_irq_update_intx(s);
        return true;
    }
    if (vector >= s->nr_vectors) {
        return false;
    }
    trace_pce_irq_msix(vector);
    msix_notify(pci, vector);
    return true;
}

void pce_irq_raise_queue(PceQueue *q, uint32_t vector)
{
    if (interrupt_raise(q->s, vector, PCE_INTX_QUEUE)) {
        pce_count(&q->counters.interrupts, 1);
    }
}

/* Unless there is a fault, to its own vector */
void pce_irq_queue(PceQueue *q)
{
    uint32_t vector = q->vector;

    if (!pce_fault_armed(q->s, PCE_SITE_INTERRUPT) ||
        pce_fault_interrupt(q, &vector)) {
        pce_irq_raise_queue(q, vector);
    }
}

/* --- Moderation ------------------------------------------------------- */

static void hold_interrupt(PceQueue *q, uint32_t usec)
{
    if (qatomic_xchg(&q->interrupt_held, true)) {
        return;
    }
    trace_pce_irq_hold(q->index, usec);
    pce_count(&q->counters.interrupts_held, 1);
    timer_mod(q->moderation_timer,
              qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
              (int64_t)usec * SCALE_US);
}

/* --- Lingering -------------------------------------------------------- */

/*
 * An interrupt in the middle of a burst costs the guest more than a request
 * does.  A driver that submits while completions lie there is at it: until
 * there are as many as it used to let lie, the worker looks out for the next
 * entry before it interrupts.  A driver that waits for each lets lie one.
 */
static void longer_bursts(PceQueue *q)
{
    q->burst = MIN(2 * q->burst, PCE_PASS_ENTRIES);
    q->bursts_full = 0;
}

static void shorter_bursts(PceQueue *q, uint32_t since)
{
    q->burst = MAX(MAX(since, q->burst / 2), 1);
    q->bursts_full = 0;
}

/* It has submitted, and completions lie there */
void pce_irq_driver_goes_on(PceQueue *q)
{
    if (!qatomic_read(&q->since_interrupt)) {
        longer_bursts(q);
    }
}

/* Polling has to be worth it, or nobody would end this in time */
static bool may_linger(const PceQueue *q, uint32_t since)
{
    return since < q->burst && q->worker->poll_ns && !q->s->iommu &&
           qatomic_read(&q->state) == PCE_QSTATE_RUNNING;
}

static void linger(PceQueue *q)
{
    PceWorker *w = q->worker;
    uint64_t bit = 1ull << q->index;
    int64_t now = get_clock();

    if (!qatomic_read(&w->lingering)) {
        w->linger_limit = now + PCE_LINGER_MAX_NS;
    }
    w->linger_end = MIN(now + PCE_LINGER_NS, w->linger_limit);
    if (!(qatomic_read(&w->lingering) & bit)) {
        trace_pce_irq_linger(q->index, q->burst);
        pce_count(&q->counters.interrupts_held, 1);
        qatomic_or(&w->lingering, bit);
    }
}

/* True: there was an interrupt that is raised now */
bool pce_irq_linger_end(PceWorker *w, bool in_vain, PceSignals *signals)
{
    uint64_t queues = qatomic_xchg(&w->lingering, 0);

    signals->queues |= queues;
    for (uint64_t rest = queues; rest; rest &= rest - 1) {
        PceQueue *q = &w->s->queues[ctz64(rest)];
        uint32_t since = qatomic_xchg(&q->since_interrupt, 0);

        if (in_vain) {
            shorter_bursts(q, since);
        }
    }
    return queues;
}

/* The worker has written count completions; due: the driver wants to know */
void pce_irq_completed(PceQueue *q, uint32_t count, bool due,
                       PceSignals *signals)
{
    uint32_t moderation = qatomic_read(&q->moderation);
    uint32_t usec = moderation & PCE_MODERATION_USEC;
    uint32_t limit = moderation >> 16;
    uint32_t since = qatomic_add_fetch(&q->since_interrupt, count);

    due |= qatomic_read(&q->interrupt_held) ||
           qatomic_read(&q->worker->lingering) & (1ull << q->index);
    if (!due) {
        return;
    }
    if (usec && (!limit || since < limit)) {
        hold_interrupt(q, usec);
        return;
    }
    if (qatomic_xchg(&q->interrupt_held, false)) {
        timer_del(q->moderation_timer);
    }
    if (count && may_linger(q, since)) {
        linger(q);
        return;
    }
    if (q->burst > 1 && ++q->bursts_full >= PCE_BURSTS_FULL) {
        longer_bursts(q);
    }
    qatomic_and(&q->worker->lingering, ~(1ull << q->index));
    qatomic_set(&q->since_interrupt, 0);
    signals->queues |= 1ull << q->index;
}

/* Timer, under the BQL */
void pce_moderation_expired(void *opaque)
{
    PceQueue *q = opaque;

    if (qatomic_xchg(&q->interrupt_held, false)) {
        qatomic_set(&q->since_interrupt, 0);
        pce_irq_queue(q);
    }
}

void pce_irq_forget(PceQueue *q)
{
    timer_del(q->moderation_timer);
    qatomic_set(&q->interrupt_held, false);
    qatomic_set(&q->since_interrupt, 0);
    qatomic_and(&q->worker->lingering, ~(1ull << q->index));
    q->burst = 1;
    q->bursts_full = 0;
}

/* --- Events ----------------------------------------------------------- */

void pce_event_raise(PceState *s, uint32_t events)
{
    uint32_t new = events & ~s->event;

    trace_pce_event(events);
    s->event |= events;
    if (new & s->event_enable) {
        interrupt_raise(s, s->event_vector, PCE_INTX_EVENT);
    }
}

void pce_event_enable(PceState *s, uint32_t enable)
{
    uint32_t new = enable & ~s->event_enable;

    s->event_enable = enable;
    if (new & s->event) {
        interrupt_raise(s, s->event_vector, PCE_INTX_EVENT);
    }
}

/*
 * Called with no worker's lock held: whoever holds the BQL may wait for one.
 * Between the worker's pass and this the device may have been reset, and then
 * there is nothing left to tell.
 */
void pce_signals_deliver(PceWorker *w)
{
    PceState *s = w->s;
    PceSignals signals;
    bool locked = bql_locked();

    if (!locked) {
        bql_lock();
    }
    WITH_QEMU_LOCK_GUARD(&w->lock) {
        signals = w->signals;
        w->signals = (PceSignals) { 0 };
    }
    for (uint64_t queues = signals.queues; queues; queues &= queues - 1) {
        pce_irq_queue(&s->queues[ctz64(queues)]);
    }
    if (signals.events) {
        pce_event_raise(s, signals.events);
    }
    if (!locked) {
        bql_unlock();
    }
}

/*
 * The machine has stopped, and all workers are held.  One may have let go of
 * its lock and wait for the BQL to interrupt: what it would tell then is no
 * part of what is saved now.
 */
void pce_irq_settle(PceState *s)
{
    for (unsigned int i = 0; i < s->nr_workers; i++) {
        PceWorker *w = &s->workers[i];

        pce_irq_linger_end(w, false, &w->signals);
        pce_signals_deliver(w);
    }
}
