/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: queue pairs.
 *
 * Commands run under the BQL and only ask for what takes time; the rest runs in
 * the queue's worker, which holds its lock.  pce.h says who may touch what.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "pce.h"
#include "trace.h"

/* Fields of the shadow record, each used in one piece */
#define SHADOW(field) offsetof(struct pce_shadow, field)

static unsigned int sq_order(const PceQueue *q)
{
    return q->size & PCE_QSIZE_SQ_ORDER;
}

static unsigned int cq_order(const PceQueue *q)
{
    return (q->size & PCE_QSIZE_CQ_ORDER) >> 8;
}

static uint32_t sq_size(const PceQueue *q)
{
    return 1u << sq_order(q);
}

static uint32_t cq_size(const PceQueue *q)
{
    return 1u << cq_order(q);
}

void pce_queue_init(PceState *s, unsigned int index)
{
    PceQueue *q = &s->queues[index];

    q->s = s;
    q->index = index;
    q->worker = &s->workers[index % s->nr_workers];
    q->vector = PCE_VECTOR_NONE;
    q->moderation_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL,
                                       pce_moderation_expired, q);
}

void pce_queue_close(PceQueue *q)
{
    pce_window_close(&q->sq);
    pce_window_close(&q->cq);
    pce_window_close(&q->shadow);
}

static void clear_indices(PceQueue *q)
{
    qatomic_set(&q->sq_head, 0);
    qatomic_set(&q->cq_tail, 0);
    q->cq_head = 0;
    q->sq_event_valid = false;
    q->alone = 0;
    pce_irq_forget(q);
}

/* All workers are held */
void pce_queue_reset(PceQueue *q)
{
    pce_queue_close(q);
    clear_indices(q);
    q->fault = 0;
    q->size = 0;
    q->sq_addr = 0;
    q->cq_addr = 0;
    q->shadow_addr = 0;
    q->vector = PCE_VECTOR_NONE;
    q->moderation = 0;
    qatomic_set(&q->state, PCE_QSTATE_DISABLED);
}

/*
 * The state changes from both sides: false means that the other was quicker,
 * and nothing has changed.  What the caller did to the queue before this is
 * seen by the next owner.
 */
static bool move(PceQueue *q, uint32_t from, uint32_t to)
{
    if (qatomic_cmpxchg(&q->state, from, to) != from) {
        return false;
    }
    trace_pce_queue_state(q->index, from, to);
    return true;
}

/* --- Commands --------------------------------------------------------- */

static uint32_t check_config(const PceQueue *q)
{
    const PceState *s = q->s;

    if (sq_order(q) < s->min_order || sq_order(q) > s->max_order ||
        cq_order(q) < sq_order(q) || cq_order(q) > s->max_order) {
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
    fault = check_config(q);
    if (fault != PCE_QFAULT_NONE) {
        return fault;
    }
    clear_indices(q);
    qatomic_set(&q->fault, PCE_QFAULT_NONE);
    move(q, PCE_QSTATE_DISABLED, PCE_QSTATE_STOPPED);
    return PCE_QFAULT_NONE;
}

static uint32_t run(PceQueue *q)
{
    if (qatomic_read(&q->state) != PCE_QSTATE_STOPPED) {
        return PCE_QFAULT_BAD_COMMAND;
    }
    q->sq_event_valid = false;
    qatomic_set(&q->fault, PCE_QFAULT_NONE);
    move(q, PCE_QSTATE_STOPPED, PCE_QSTATE_RUNNING);
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
    return move(q, PCE_QSTATE_RUNNING, PCE_QSTATE_STOPPING) ?
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
    } while (!move(q, state, PCE_QSTATE_RESETTING));
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
    move(q, state, PCE_QSTATE_DISABLED);
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
    uint32_t fault = execute_command(q, cmd);

    trace_pce_queue_command(q->index, cmd, fault);
    if (fault != PCE_QFAULT_NONE) {
        qemu_log_mask(LOG_GUEST_ERROR, "pce: queue %u: command 0x%x refused, "
                      "code 0x%x\n", q->index, cmd, fault);
        qatomic_set(&q->fault, fault);
        return;
    }
    pce_worker_kick(q->worker, 1ull << q->index);
}

/* --- The worker's side ------------------------------------------------ */

/*
 * Give the queue back in a state of rest; false: a command came in between, and
 * there will be another look at the queue.
 */
static bool come_to_rest(PceQueue *q, uint32_t from, uint32_t to,
                         PceSignals *signals)
{
    pce_queue_close(q);
    if (!move(q, from, to)) {
        return false;
    }
    signals->events |= to == PCE_QSTATE_FAULT ? PCE_EVENT_QUEUE_FAULT
                                              : PCE_EVENT_QUEUE_STOPPED;
    return true;
}

static PcePass fault(PceQueue *q, uint32_t code, uint32_t index,
                     PceSignals *signals)
{
    uint32_t state;

    trace_pce_queue_fault(q->index, code, index);
    qemu_log_mask(LOG_GUEST_ERROR, "pce: queue %u: fault 0x%x at index %u\n",
                  q->index, code, index);
    pce_count(&q->counters.faults, 1);
    do {
        state = qatomic_read(&q->state);
        if (state == PCE_QSTATE_RESETTING) {
            return PCE_PASS_MORE;
        }
        qatomic_set(&q->fault, code | index << 16);
    } while (!come_to_rest(q, state, PCE_QSTATE_FAULT, signals));
    return PCE_PASS_GONE;
}

static bool shadow_read(PceQueue *q, hwaddr field, uint32_t *value)
{
    uint32_t *p = pce_window_get(q->s, &q->shadow, field, sizeof(*p), false);

    if (!p) {
        return false;
    }
    *value = le32_to_cpu(qatomic_load_acquire(p));
    pce_window_put(q->s, &q->shadow, p, sizeof(*p), false);
    return true;
}

static bool shadow_write(PceQueue *q, hwaddr field, uint32_t value)
{
    uint32_t *p = pce_window_get(q->s, &q->shadow, field, sizeof(*p), true);

    if (!p) {
        return false;
    }
    qatomic_store_release(p, cpu_to_le32(value));
    pce_window_put(q->s, &q->shadow, p, sizeof(*p), true);
    return true;
}

static bool open_windows(PceQueue *q)
{
    PceState *s = q->s;

    return pce_window_open(s, &q->shadow, q->shadow_addr,
                           sizeof(struct pce_shadow), true) &&
           pce_window_open(s, &q->sq, q->sq_addr,
                           sizeof(struct pce_sqe) << sq_order(q), false) &&
           pce_window_open(s, &q->cq, q->cq_addr,
                           sizeof(struct pce_cqe) << cq_order(q), true);
}

/* Take the entry at sq_head into a private copy */
static uint32_t fetch(PceQueue *q, struct pce_sqe *sqe)
{
    hwaddr offset = (q->sq_head & (sq_size(q) - 1)) * sizeof(*sqe);
    void *p = pce_window_get(q->s, &q->sq, offset, sizeof(*sqe), false);

    if (!p) {
        return PCE_QFAULT_SQ_DMA;
    }
    memcpy(sqe, p, sizeof(*sqe));
    pce_window_put(q->s, &q->sq, p, sizeof(*sqe), false);

    if ((sqe->flags & PCE_SQE_PHASE) != pce_phase(q->sq_head, sq_order(q))) {
        return PCE_QFAULT_BAD_PHASE;
    }
    return PCE_QFAULT_NONE;
}

/* Find room for the completion before the entry is begun */
static uint32_t reserve_cqe(PceQueue *q, struct pce_cqe **slot)
{
    hwaddr offset = (q->cq_tail & (cq_size(q) - 1)) * sizeof(**slot);

    if (q->cq_tail - q->cq_head >= cq_size(q)) {
        if (!shadow_read(q, SHADOW(cq_head), &q->cq_head)) {
            return PCE_QFAULT_SHADOW_DMA;
        }
        if (q->cq_tail - q->cq_head >= cq_size(q)) {
            return PCE_QFAULT_CQ_OVERFLOW;
        }
    }
    *slot = pce_window_get(q->s, &q->cq, offset, sizeof(**slot), true);
    return *slot ? PCE_QFAULT_NONE : PCE_QFAULT_CQ_DMA;
}

/* The last word tells the driver that the others are there */
static void publish_cqe(PceQueue *q, struct pce_cqe *slot,
                        const struct pce_cqe *cqe)
{
    uint32_t phase = pce_phase(q->cq_tail, cq_order(q)) ? PCE_CQE_PHASE : 0;

    memcpy(slot, cqe, offsetof(struct pce_cqe, ctrl));
    qatomic_store_release(&slot->ctrl, cqe->ctrl | cpu_to_le32(phase));
    pce_window_put(q->s, &q->cq, slot, sizeof(*slot), true);
    qatomic_set(&q->cq_tail, q->cq_tail + 1);
}

/* One entry from fetch to completion; *bytes counts up */
static uint32_t execute_one(PceQueue *q, uint64_t *bytes, uint32_t *index)
{
    struct pce_cqe *slot;
    struct pce_cqe cqe;
    struct pce_sqe sqe;
    enum pce_status status;
    uint32_t code;

    *index = q->cq_tail;
    code = reserve_cqe(q, &slot);
    if (code != PCE_QFAULT_NONE) {
        return code;
    }
    *index = q->sq_head;
    code = fetch(q, &sqe);
    if (code == PCE_QFAULT_NONE &&
        !shadow_write(q, SHADOW(sq_head), q->sq_head + 1)) {
        code = PCE_QFAULT_SHADOW_DMA;
    }
    if (code != PCE_QFAULT_NONE) {
        explicit_bzero(&sqe, sizeof(sqe));
        pce_window_put(q->s, &q->cq, slot, 0, false);
        return code;
    }
    qatomic_set(&q->sq_head, q->sq_head + 1);

    trace_pce_request_begin(q->index, *index, sqe.opcode, sqe.flags,
                            le16_to_cpu(sqe.tag), le32_to_cpu(sqe.length),
                            le32_to_cpu(sqe.aad_length));
    status = pce_execute(q->worker->executor, &sqe, &cqe);
    trace_pce_request_end(q->index, q->cq_tail, le16_to_cpu(sqe.tag), status,
                          le32_to_cpu(cqe.detail), le32_to_cpu(cqe.length));
    publish_cqe(q, slot, &cqe);

    pce_count(&q->counters.requests, 1);
    if (status == PCE_STATUS_OK) {
        pce_count(&q->counters.bytes, le32_to_cpu(cqe.length));
    } else {
        pce_count(&q->counters.errors, 1);
    }
    if (status == PCE_STATUS_AUTH_FAILED) {
        /* Of whoever sent it to the guest */
        pce_count(&q->counters.auth_failures, 1);
    } else if (status != PCE_STATUS_OK) {
        qemu_log_mask(LOG_GUEST_ERROR, "pce: queue %u: request %u: status 0x%x,"
                      " detail 0x%x\n", q->index, *index, status,
                      le32_to_cpu(cqe.detail));
    }
    *bytes += (uint64_t)le32_to_cpu(sqe.length) + le32_to_cpu(sqe.aad_length);
    /* They have the IV, and the next one */
    explicit_bzero(&sqe, sizeof(sqe));
    explicit_bzero(&cqe, sizeof(cqe));
    return PCE_QFAULT_NONE;
}

/* How far the driver has come; a sick tail is a fault */
static uint32_t read_tail(PceQueue *q, uint32_t *tail)
{
    if (!shadow_read(q, SHADOW(sq_tail), tail)) {
        return PCE_QFAULT_SHADOW_DMA;
    }
    if (*tail - q->sq_head > sq_size(q)) {
        return PCE_QFAULT_BAD_TAIL;
    }
    return PCE_QFAULT_NONE;
}

/* Is there one new entry, and not a long one?  Only looks. */
static bool is_brief(PceQueue *q, uint32_t tail)
{
    hwaddr offset = (q->sq_head & (sq_size(q) - 1)) * sizeof(struct pce_sqe);
    uint64_t bytes;
    struct pce_sqe *sqe;

    if (tail - q->sq_head != 1) {
        return false;
    }
    sqe = pce_window_get(q->s, &q->sq, offset, sizeof(*sqe), false);
    if (!sqe) {
        return false;
    }
    bytes = (uint64_t)le32_to_cpu(qatomic_read(&sqe->length)) +
            le32_to_cpu(qatomic_read(&sqe->aad_length));
    pce_window_put(q->s, &q->sq, sqe, sizeof(*sqe), false);
    return bytes <= PCE_BRIEF_BYTES;
}

/* Has the driver taken what was completed? */
static bool driver_waits(PceQueue *q)
{
    uint32_t cq_head;

    return shadow_read(q, SHADOW(cq_head), &cq_head) && cq_head == q->cq_tail;
}

/* New entries have come: what kind of driver is it? */
static void watch_driver(PceQueue *q, uint32_t tail)
{
    if (!driver_waits(q)) {
        pce_irq_driver_goes_on(q);
        q->alone = 0;
    } else if (!is_brief(q, tail)) {
        q->alone = 0;
    } else if (q->alone < PCE_ALONE) {
        q->alone++;
        if (q->alone == PCE_ALONE - 1) {
            /* Would it go on if it got no answer at once? */
            q->burst = MAX(q->burst, 2);
        }
    }
}

/* Completions were written since the index was old_tail: does anyone care? */
static bool interrupt_due(PceQueue *q, uint32_t old_tail, uint32_t *code)
{
    uint32_t event;

    if (q->cq_tail == old_tail) {
        return false;
    }
    /* Pairs with the driver's barrier between cq_event and its last look */
    smp_mb();
    if (!shadow_read(q, SHADOW(cq_event), &event)) {
        if (*code == PCE_QFAULT_NONE) {
            *code = PCE_QFAULT_SHADOW_DMA;
        }
        return true;
    }
    return pce_need_event(event, q->cq_tail, old_tail);
}

/* A pass over a queue that is RUNNING or, to drain, STOPPING */
static PcePass execute(PceQueue *q, uint32_t state, PceSignals *signals)
{
    uint32_t old_tail = q->cq_tail;
    uint32_t index = q->sq_head;
    uint32_t code, tail;
    uint64_t bytes = 0;
    unsigned int n = 0;
    bool due;

    if (!open_windows(q)) {
        return fault(q, PCE_QFAULT_SHADOW_DMA, 0, signals);
    }
    code = read_tail(q, &tail);
    if (code == PCE_QFAULT_BAD_TAIL) {
        index = tail;
    } else if (code == PCE_QFAULT_NONE && state == PCE_QSTATE_STOPPING) {
        if (!q->drain_target_valid) {
            q->drain_target = tail;
            q->drain_target_valid = true;
        }
        tail = q->drain_target;
    }

    if (code == PCE_QFAULT_NONE && tail != q->sq_head) {
        watch_driver(q, tail);
    }
    while (code == PCE_QFAULT_NONE && q->sq_head != tail &&
           n < PCE_PASS_ENTRIES && bytes < PCE_PASS_BYTES &&
           qatomic_read(&q->state) == state && !pce_held(q->s)) {
        code = execute_one(q, &bytes, &index);
        n++;
    }

    due = interrupt_due(q, old_tail, &code);
    pce_irq_completed(q, q->cq_tail - old_tail, due, signals);
    if (n) {
        pce_count(&q->counters.passes, 1);
    }
    if (code != PCE_QFAULT_NONE) {
        return fault(q, code, index, signals);
    }
    if (qatomic_read(&q->state) != state) {
        return PCE_PASS_MORE;
    }
    if (state == PCE_QSTATE_STOPPING && q->sq_head == tail) {
        come_to_rest(q, state, PCE_QSTATE_STOPPED, signals);
        return PCE_PASS_MORE;
    }
    return q->sq_head == tail ? PCE_PASS_IDLE : PCE_PASS_MORE;
}

PcePass pce_queue_pass(PceQueue *q, PceSignals *signals)
{
    uint32_t state = qatomic_load_acquire(&q->state);

    switch (state) {
    case PCE_QSTATE_RUNNING:
        return execute(q, state, signals);
    case PCE_QSTATE_STOPPING:
        if (q->drain) {
            return execute(q, state, signals);
        }
        come_to_rest(q, state, PCE_QSTATE_STOPPED, signals);
        return PCE_PASS_MORE;
    case PCE_QSTATE_RESETTING:
        clear_indices(q);
        come_to_rest(q, state, PCE_QSTATE_STOPPED, signals);
        return PCE_PASS_GONE;
    default:
        return PCE_PASS_GONE;
    }
}

/* Is there a reason for another pass?  Only looks. */
bool pce_queue_has_work(PceQueue *q)
{
    uint32_t tail;

    if (qatomic_load_acquire(&q->state) != PCE_QSTATE_RUNNING ||
        !q->shadow.open || !shadow_read(q, SHADOW(sq_tail), &tail)) {
        return true;
    }
    return tail != q->sq_head;
}

/* Does one brief request lie there, of a driver that waits for each? */
bool pce_queue_is_alone(PceQueue *q)
{
    uint32_t tail;

    return q->alone >= PCE_ALONE &&
           qatomic_load_acquire(&q->state) == PCE_QSTATE_RUNNING &&
           q->shadow.open && q->sq.open &&
           shadow_read(q, SHADOW(sq_tail), &tail) && is_brief(q, tail) &&
           driver_waits(q);
}

/*
 * From now on the driver rings the doorbell.  The caller looks once more after
 * a full barrier.
 */
void pce_queue_park(PceQueue *q, PceSignals *signals)
{
    if (qatomic_load_acquire(&q->state) != PCE_QSTATE_RUNNING ||
        !q->shadow.open ||
        (q->sq_event_valid && q->sq_event == q->sq_head)) {
        return;
    }
    if (!shadow_write(q, SHADOW(sq_event), q->sq_head)) {
        fault(q, PCE_QFAULT_SHADOW_DMA, q->sq_head, signals);
        return;
    }
    q->sq_event = q->sq_head;
    q->sq_event_valid = true;
    pce_count(&q->counters.parks, 1);
    trace_pce_queue_park(q->index, q->sq_head);
}
