/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the worker's side of queue pairs.
 *
 * All of this runs in the queue's worker, which holds its lock, save for what
 * the holder of the BQL does to a queue that is at rest.  pce.h says who may
 * touch what.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "pce.h"
#include "trace.h"

/* Fields of the shadow record, each used in one piece */
#define SHADOW(field) offsetof(struct pce_shadow, field)

static uint32_t sq_size(const PceQueue *q)
{
    return 1u << pce_sq_order(q);
}

static uint32_t cq_size(const PceQueue *q)
{
    return 1u << pce_cq_order(q);
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
    pce_fault_queue_init(q);
}

void pce_queue_close(PceQueue *q)
{
    pce_window_close(&q->sq);
    pce_window_close(&q->cq);
    pce_window_close(&q->shadow);
}

void pce_queue_clear_indices(PceQueue *q)
{
    qatomic_set(&q->sq_head, 0);
    qatomic_set(&q->cq_tail, 0);
    q->cq_head = 0;
    q->sq_event_valid = false;
    q->alone = 0;
    q->brief_bytes = PCE_BRIEF_BYTES;
    pce_irq_forget(q);
    pce_fault_queue_reset(q);
}

/* All workers are held */
void pce_queue_reset(PceQueue *q)
{
    pce_queue_close(q);
    pce_queue_clear_indices(q);
    q->fault = 0;
    q->size = 0;
    q->sq_addr = 0;
    q->cq_addr = 0;
    q->shadow_addr = 0;
    q->vector = PCE_VECTOR_NONE;
    q->moderation = 0;
    q->faults.storm = 0;
    qatomic_set(&q->state, PCE_QSTATE_DISABLED);
}

/*
 * The state changes from both sides: false means that the other was quicker,
 * and nothing has changed.  What the caller did to the queue before this is
 * seen by the next owner.
 */
bool pce_queue_move(PceQueue *q, uint32_t from, uint32_t to)
{
    if (qatomic_cmpxchg(&q->state, from, to) != from) {
        return false;
    }
    trace_pce_queue_state(q->index, from, to);
    return true;
}

/*
 * Give the queue back in a state of rest; false: a command came in between, and
 * there will be another look at the queue.
 */
static bool come_to_rest(PceQueue *q, uint32_t from, uint32_t to,
                         PceSignals *signals)
{
    pce_queue_close(q);
    if (!pce_queue_move(q, from, to)) {
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
                           sizeof(struct pce_sqe) << pce_sq_order(q), false) &&
           pce_window_open(s, &q->cq, q->cq_addr,
                           sizeof(struct pce_cqe) << pce_cq_order(q), true);
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

    if ((sqe->flags & PCE_SQE_PHASE) !=
        pce_phase(q->sq_head, pce_sq_order(q))) {
        return PCE_QFAULT_BAD_PHASE;
    }
    return PCE_QFAULT_NONE;
}

/* Find room for the completion before the entry is begun, after n others */
static uint32_t reserve_cqe(PceQueue *q, unsigned int n, struct pce_cqe **slot)
{
    uint32_t index = q->cq_tail + n;
    hwaddr offset = (index & (cq_size(q) - 1)) * sizeof(**slot);

    if (index - q->cq_head >= cq_size(q)) {
        if (!shadow_read(q, SHADOW(cq_head), &q->cq_head)) {
            return PCE_QFAULT_SHADOW_DMA;
        }
        if (index - q->cq_head >= cq_size(q)) {
            return PCE_QFAULT_CQ_OVERFLOW;
        }
    }
    *slot = pce_window_get(q->s, &q->cq, offset, sizeof(**slot), true);
    return *slot ? PCE_QFAULT_NONE : PCE_QFAULT_CQ_DMA;
}

/*
 * The last word tells the driver that the others are there.  Its phase bit is 0
 * in *cqe, unless a fault makes it the wrong one.
 */
static void publish_cqe(PceQueue *q, struct pce_cqe *slot,
                        const struct pce_cqe *cqe)
{
    uint32_t phase = pce_phase(q->cq_tail, pce_cq_order(q)) ? PCE_CQE_PHASE : 0;

    memcpy(slot, cqe, offsetof(struct pce_cqe, ctrl));
    qatomic_store_release(&slot->ctrl, cqe->ctrl ^ cpu_to_le32(phase));
    pce_window_put(q->s, &q->cq, slot, sizeof(*slot), true);
    qatomic_set(&q->cq_tail, q->cq_tail + 1);
}

/* Of the pass over a queue that is under way */
typedef struct Pass {
    uint32_t state;                 /* the queue's, when it began */
    uint32_t tail;                  /* how far to go */
    unsigned int entries;           /* begun */
    uint64_t cost;                  /* of them, in bytes */
    uint32_t index;                 /* in a ring, of what is at fault */
    PceSignals *signals;
} Pass;

/* A pass ends when the queue is to change or the worker has to let go */
static bool pass_goes_on(PceQueue *q, const Pass *pass)
{
    bool singly = q->s->paced || pce_fault_armed(q->s, PCE_SITES_ENTRY);
    unsigned int most = singly ? 1 : PCE_PASS_ENTRIES;

    return q->sq_head != pass->tail && pass->entries < most &&
           !q->faults.hung && pass->cost < PCE_PASS_BYTES &&
           qatomic_read(&q->state) == pass->state && !pce_held(q->s);
}

/* Take the next entry, of which n before it are not completed yet */
static uint32_t take(PceQueue *q, PceRequest *r, unsigned int n, Pass *pass)
{
    uint32_t code;

    pass->index = q->cq_tail + n;
    code = reserve_cqe(q, n, &r->slot);
    if (code != PCE_QFAULT_NONE) {
        return code;
    }
    pass->index = q->sq_head;
    code = fetch(q, &r->sqe);
    r->fault.action = PCE_FAULT_NONE;
    if (code == PCE_QFAULT_NONE && pce_fault_armed(q->s, PCE_SITE_REQUEST)) {
        code = pce_fault_fetched(q, r);
    }
    if (code == PCE_QFAULT_NONE &&
        !shadow_write(q, SHADOW(sq_head), q->sq_head + 1)) {
        code = PCE_QFAULT_SHADOW_DMA;
    }
    if (code != PCE_QFAULT_NONE) {
        explicit_bzero(&r->sqe, sizeof(r->sqe));
        pce_window_put(q->s, &q->cq, r->slot, 0, false);
        return code;
    }
    r->index = q->sq_head;
    qatomic_set(&q->sq_head, q->sq_head + 1);
    return PCE_QFAULT_NONE;
}

static uint64_t request_bytes(const struct pce_sqe *sqe)
{
    return (uint64_t)le32_to_cpu(sqe->length) + le32_to_cpu(sqe->aad_length);
}

/* True: it has been executed.  False: it waits for others. */
static bool begin(PceQueue *q, PceRequest *r, Pass *pass)
{
    const struct pce_sqe *sqe = &r->sqe;
    uint64_t cost = request_bytes(sqe);
    bool done;

    trace_pce_request_begin(q->index, r->index, sqe->opcode, sqe->flags,
                            le16_to_cpu(sqe->tag), le32_to_cpu(sqe->length),
                            le32_to_cpu(sqe->aad_length));
    if (unlikely(r->fault.action != PCE_FAULT_NONE)) {
        pce_fault_execute(q, r);
        done = true;
    } else {
        done = pce_execute_begin(q->worker->executor, sqe, &r->cqe,
                                 q->sq_head != pass->tail);
    }
    pass->entries++;
    pass->cost += done ? cost : cost / PCE_BATCH_GAIN;
    return done;
}

static void count(PceQueue *q, const PceRequest *r)
{
    enum pce_status status = pce_cqe_status(&r->cqe);
    uint32_t detail = le32_to_cpu(r->cqe.detail);

    pce_count(&q->counters.requests, 1);
    if (status == PCE_STATUS_OK) {
        pce_count(&q->counters.bytes, le32_to_cpu(r->cqe.length));
    } else {
        pce_count(&q->counters.errors, 1);
    }
    if (status == PCE_STATUS_AUTH_FAILED) {
        /* Of whoever sent it to the guest */
        pce_count(&q->counters.auth_failures, 1);
    } else if (status != PCE_STATUS_OK) {
        qemu_log_mask(LOG_GUEST_ERROR, "pce: queue %u: request %u: status 0x%x,"
                      " detail 0x%x\n", q->index, r->index, status, detail);
    }
}

/* Once, or as often as the plan says */
static void publish(PceQueue *q, PceRequest *r, PceSignals *signals)
{
    unsigned int times = pce_fault_completion(q, r, signals);

    if (!times) {
        pce_window_put(q->s, &q->cq, r->slot, 0, false);
    }
    for (unsigned int i = 0; i < times; i++) {
        if (i && reserve_cqe(q, 0, &r->slot) != PCE_QFAULT_NONE) {
            break;
        }
        publish_cqe(q, r->slot, &r->cqe);
    }
}

static void complete(PceQueue *q, PceRequest *r, PceSignals *signals)
{
    r->cqe.index = cpu_to_le32(r->index);
    trace_pce_request_end(q->index, r->index, q->cq_tail,
                          le16_to_cpu(r->sqe.tag),
                          pce_cqe_status(&r->cqe), le32_to_cpu(r->cqe.detail),
                          le32_to_cpu(r->cqe.length));
    if (pce_fault_armed(q->s, PCE_SITES_ENTRY) ||
        unlikely(r->fault.action != PCE_FAULT_NONE)) {
        publish(q, r, signals);
    } else {
        publish_cqe(q, r->slot, &r->cqe);
    }
    count(q, r);
    /* They have the IV, and the next one */
    explicit_bzero(&r->sqe, sizeof(r->sqe));
    explicit_bzero(&r->cqe, sizeof(r->cqe));
}

/*
 * An engine that is slow: a request keeps the worker busy for as long as it is
 * told here (bandwidth is in bytes a second, 0: no matter), or until the worker
 * or the queue is wanted.
 */
void pce_queue_take_time(PceQueue *q, const struct pce_sqe *sqe, int64_t begun,
                         uint64_t us, uint64_t bandwidth)
{
    uint32_t state = qatomic_read(&q->state);
    int64_t end = begun + (int64_t)us * SCALE_US;
    int64_t left;

    if (bandwidth) {
        end += request_bytes(sqe) * NANOSECONDS_PER_SECOND / bandwidth;
    }
    while (!pce_held(q->s) && qatomic_read(&q->state) == state &&
           (left = end - get_clock()) > 0) {
        g_usleep(MIN(DIV_ROUND_UP(left, SCALE_US), PCE_PACE_SLICE_US));
    }
}

/*
 * From fetch to completion: one entry, or several that wait for one another.
 * Those before a faulty one are completed.
 */
static uint32_t execute_some(PceQueue *q, Pass *pass)
{
    int64_t begun = q->s->paced ? get_clock() : 0;
    PceRequest *requests = q->worker->requests;
    unsigned int n = 0, waiting = 0;
    uint32_t code;

    do {
        code = take(q, &requests[n], n, pass);
        if (code != PCE_QFAULT_NONE) {
            break;
        }
        waiting += !begin(q, &requests[n], pass);
        n++;
    } while (waiting == n && pass_goes_on(q, pass));

    if (waiting) {
        pce_execute_end(q->worker->executor);
    }
    if (q->s->paced && n) {
        bool ok = pce_cqe_status(&requests[0].cqe) == PCE_STATUS_OK;

        pce_queue_take_time(q, &requests[0].sqe, begun, q->s->request_us,
                            ok ? q->s->bandwidth : 0);
    }
    for (unsigned int i = 0; i < n; i++) {
        complete(q, &requests[i], pass->signals);
    }
    return code;
}

/* Completions that a fault has kept back.  *quietly: all without interrupt. */
static uint32_t publish_held(PceQueue *q, bool after_another, bool *quietly)
{
    struct pce_cqe cqe, *slot;
    bool quiet;

    while (pce_fault_release(q, after_another, &cqe, &quiet)) {
        uint32_t code = reserve_cqe(q, 0, &slot);

        if (code != PCE_QFAULT_NONE) {
            return code;
        }
        publish_cqe(q, slot, &cqe);
        *quietly &= quiet;
    }
    return PCE_QFAULT_NONE;
}

/* The tag of the next entry, if there is one */
bool pce_queue_next_tag(PceQueue *q, uint16_t *tag)
{
    hwaddr offset = (q->sq_head & (sq_size(q) - 1)) * sizeof(struct pce_sqe);
    struct pce_sqe *sqe;
    uint32_t tail;

    if (!shadow_read(q, SHADOW(sq_tail), &tail) || tail == q->sq_head) {
        return false;
    }
    sqe = pce_window_get(q->s, &q->sq, offset, sizeof(*sqe), false);
    if (!sqe) {
        return false;
    }
    *tag = le16_to_cpu(qatomic_read(&sqe->tag));
    pce_window_put(q->s, &q->sq, sqe, sizeof(*sqe), false);
    return true;
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
    return bytes <= q->brief_bytes;
}

/* One request was executed by itself: how long may one be that is brief? */
static void learn_brief(PceQueue *q, uint64_t bytes, int64_t took)
{
    if (took > PCE_BRIEF_NS) {
        q->brief_bytes = MAX(MIN(q->brief_bytes, bytes / 2), PCE_BRIEF_BYTES);
    } else if (bytes > q->brief_bytes) {
        q->brief_bytes = MIN(bytes, PCE_BRIEF_BYTES_MAX);
    }
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

/* By a fault: nothing goes on before it is reset, or time has passed */
static bool is_stalled(const PceQueue *q, uint32_t state)
{
    return (q->faults.hung && state != PCE_QSTATE_RESETTING) ||
           (q->faults.nr_held && state == PCE_QSTATE_STOPPING);
}

/* A pass over a queue that is RUNNING or, to drain, STOPPING */
static PcePass execute(PceQueue *q, uint32_t state, PceSignals *signals)
{
    uint32_t old_tail = q->cq_tail;
    Pass pass = { .state = state, .index = q->sq_head, .signals = signals };
    bool due, quietly = true;
    int64_t begun;
    uint32_t code;

    if (!open_windows(q)) {
        return fault(q, PCE_QFAULT_SHADOW_DMA, 0, signals);
    }
    code = read_tail(q, &pass.tail);
    if (code == PCE_QFAULT_BAD_TAIL) {
        pass.index = pass.tail;
    } else if (code == PCE_QFAULT_NONE && state == PCE_QSTATE_STOPPING) {
        if (!q->drain_target_valid) {
            q->drain_target = q->drain ? pass.tail : q->sq_head;
            q->drain_target_valid = true;
        }
        pass.tail = q->drain_target;
    }

    if (code == PCE_QFAULT_NONE && unlikely(q->faults.nr_held)) {
        pass.index = q->cq_tail;
        code = publish_held(q, false, &quietly);
        if (quietly) {
            old_tail = q->cq_tail;
        }
    }
    if (code == PCE_QFAULT_NONE && pass.tail != q->sq_head) {
        watch_driver(q, pass.tail);
    }
    begun = get_clock();
    while (code == PCE_QFAULT_NONE && pass_goes_on(q, &pass)) {
        code = execute_some(q, &pass);
    }
    if (code == PCE_QFAULT_NONE && pass.entries &&
        unlikely(q->faults.nr_held)) {
        code = publish_held(q, q->cq_tail != old_tail, &quietly);
    }
    if (pass.entries == 1) {
        learn_brief(q, pass.cost, get_clock() - begun);
    }
    if (pass.entries) {
        /* Nothing waits any more, but the stack is to be wiped */
        pce_execute_end(q->worker->executor);
        pce_count(&q->counters.passes, 1);
    }

    due = interrupt_due(q, old_tail, &code);
    pce_irq_completed(q, q->cq_tail - old_tail, due, signals);
    if (code != PCE_QFAULT_NONE) {
        return fault(q, code, pass.index, signals);
    }
    if (qatomic_read(&q->state) != state) {
        return PCE_PASS_MORE;
    }
    if (is_stalled(q, state)) {
        return PCE_PASS_IDLE;
    }
    if (state == PCE_QSTATE_STOPPING && q->sq_head == pass.tail) {
        come_to_rest(q, state, PCE_QSTATE_STOPPED, signals);
        return PCE_PASS_MORE;
    }
    return q->sq_head == pass.tail ? PCE_PASS_IDLE : PCE_PASS_MORE;
}

PcePass pce_queue_pass(PceQueue *q, PceSignals *signals)
{
    uint32_t state = qatomic_load_acquire(&q->state);

    switch (state) {
    case PCE_QSTATE_RUNNING:
        return execute(q, state, signals);
    case PCE_QSTATE_STOPPING:
        if (q->drain || q->faults.nr_held) {
            return execute(q, state, signals);
        }
        come_to_rest(q, state, PCE_QSTATE_STOPPED, signals);
        return PCE_PASS_MORE;
    case PCE_QSTATE_RESETTING:
        pce_queue_clear_indices(q);
        come_to_rest(q, state, PCE_QSTATE_STOPPED, signals);
        return PCE_PASS_GONE;
    default:
        return PCE_PASS_GONE;
    }
}

/* Is there a reason for another pass?  Only looks. */
bool pce_queue_has_work(PceQueue *q)
{
    uint32_t state = qatomic_load_acquire(&q->state);
    uint32_t tail;

    if (is_stalled(q, state)) {
        return false;
    }
    if (state != PCE_QSTATE_RUNNING || !q->shadow.open ||
        !shadow_read(q, SHADOW(sq_tail), &tail)) {
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
