/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: what the device does when a plan picks an event.
 *
 * Everything else asks pce_fault_armed() first, so that a device without a plan
 * spends one look at a word.  Entries are executed one by one while requests or
 * completions have rules.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-core.h"
#include "pce.h"
#include "trace.h"

/* --- Requests --------------------------------------------------------- */

/* From a worker, or within a doorbell: the rest needs the BQL */
static void trouble(PceState *s, PceTrouble what)
{
    pce_workers_hold_begin(s, PCE_HOLD_FAULT);
    qatomic_or(&s->trouble, what);
    qemu_bh_schedule(s->trouble_bh);
}

/*
 * An entry was fetched.  What the plan has for it is kept in r->fault; the code
 * returned, if any, is that of a queue fault.
 */
uint32_t pce_fault_fetched(PceQueue *q, PceRequest *r)
{
    const PceFaultEvent event = {
        .site = PCE_SITE_REQUEST, .queue = q->index, .opcode = r->sqe.opcode,
        .index = q->sq_head, .tag = le16_to_cpu(r->sqe.tag),
    };

    if (!pce_fault_pick(q->s, &event, &r->fault)) {
        return PCE_QFAULT_NONE;
    }
    switch (r->fault.action) {
    case PCE_FAULT_QUEUE_ERROR:
        return r->fault.param[0];
    case PCE_FAULT_QUEUE_HANG:
        q->faults.hung = true;
        q->faults.stubborn = r->fault.param[0];
        break;
    case PCE_FAULT_FATAL:
        trouble(q->s, PCE_TROUBLE_FATAL);
        break;
    case PCE_FAULT_PCIE_ERROR:
        qatomic_set(&q->s->pcie_fatal, r->fault.param[0]);
        trouble(q->s, PCE_TROUBLE_PCIE);
        break;
    case PCE_FAULT_VANISH:
    case PCE_FAULT_UNPLUG:
        qatomic_set(&q->s->vanish_ms, r->fault.param[0]);
        trouble(q->s, r->fault.action == PCE_FAULT_UNPLUG ?
                PCE_TROUBLE_UNPLUG : PCE_TROUBLE_VANISH);
        break;
    default:
        break;
    }
    return PCE_QFAULT_NONE;
}

static void execute(PceQueue *q, PceRequest *r)
{
    PceDmaFaults *dma = &q->worker->dma;
    uint64_t param = r->fault.param[0];

    *dma = (PceDmaFaults) { .action = r->fault.action, .left = param };
    pce_execute_begin(q->worker->executor, &r->sqe, &r->cqe, false);
    pce_execute_end(q->worker->executor);

    if (dma->written && dma->action == PCE_FAULT_FLIP_PAYLOAD) {
        pce_dma_flip(q->s, MIN(dma->first + param / 8, dma->last), param % 8);
    } else if (dma->written && dma->action == PCE_FAULT_FLIP_TAG) {
        pce_dma_flip(q->s, dma->last, param);
    }
    g_clear_pointer(&dma->scratch, g_ptr_array_unref);
    dma->action = PCE_FAULT_NONE;
}

/* In place of pce_execute_begin(), for a request that the plan has picked */
void pce_fault_execute(PceQueue *q, PceRequest *r)
{
    int64_t begun = get_clock();

    switch (r->fault.action) {
    case PCE_FAULT_STATUS:
        r->cqe.ctrl = cpu_to_le32(le16_to_cpu(r->sqe.tag) |
                                  (uint32_t)r->fault.param[0] << 16);
        break;
    case PCE_FAULT_QUEUE_HANG:
    case PCE_FAULT_FATAL:
    case PCE_FAULT_VANISH:
    case PCE_FAULT_UNPLUG:
    case PCE_FAULT_PCIE_ERROR:
        break;
    case PCE_FAULT_SLOW:
        execute(q, r);
        pce_queue_take_time(q, &r->sqe, begun, r->fault.param[0],
                            r->fault.param[1]);
        break;
    default:
        execute(q, r);
    }
}

/* --- What a request's accesses to memory suffer ----------------------- */

/* Is this access to fail? */
bool pce_fault_dma_aborts(PceDmaFaults *dma, bool write)
{
    if (dma->action != (write ? PCE_FAULT_WRITE_ABORT : PCE_FAULT_READ_ABORT)) {
        return false;
    }
    return dma->left == 0 || dma->left-- == 0;
}

/*
 * WRITE_PART: memory that the device believes to be the guest's, in place of
 * what comes after the first bytes.  NULL: the guest's own it is, of which
 * *length may be less now.
 */
void *pce_fault_dma_scratch(PceState *s, PceDmaFaults *dma, uint64_t addr,
                            uint64_t *length)
{
    void *p;

    if (dma->action != PCE_FAULT_WRITE_PART) {
        return NULL;
    }
    if (dma->left) {
        *length = MIN(*length, dma->left);
        dma->left -= *length;
        return NULL;
    }
    *length = MIN(*length, PCE_FAULT_SCRATCH);
    p = g_malloc0(*length);
    /* In place it is read, too */
    address_space_read(pci_get_address_space(PCI_DEVICE(s)), addr,
                       (MemTxAttrs) { .memory = 1 }, p, *length);
    if (!dma->scratch) {
        dma->scratch = g_ptr_array_new_with_free_func(g_free);
    }
    g_ptr_array_add(dma->scratch, p);
    return p;
}

bool pce_fault_dma_is_scratch(PceDmaFaults *dma, void *host)
{
    return dma->scratch && g_ptr_array_find(dma->scratch, host, NULL);
}

/* Flips need to know where the request wrote */
void pce_fault_dma_written(PceDmaFaults *dma, uint64_t addr, uint64_t length)
{
    if (!dma->written) {
        dma->first = addr;
        dma->written = true;
    }
    dma->last = addr + length - 1;
}

/* --- Completions ------------------------------------------------------ */

static bool hold_completion(PceQueue *q, const PceRequest *r,
                            const PceFault *fault)
{
    PceQueueFaults *f = &q->faults;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    PceHeldCompletion *held;

    if (f->nr_held >= PCE_FAULT_MAX_HELD) {
        return false;
    }
    held = g_new(PceHeldCompletion, 1);
    *held = (PceHeldCompletion) {
        .cqe = r->cqe,
        .due = now + (int64_t)fault->param[0] * SCALE_US,
        .after_next = fault->action == PCE_FAULT_REORDER,
        .quiet = fault->action == PCE_FAULT_EARLY_INTERRUPT,
    };
    QTAILQ_INSERT_TAIL(&f->held, held, node);
    f->nr_held++;
    timer_mod_anticipate(f->held_timer, held->due);
    return true;
}

/* The tag of another request: of the next one, if there is one */
static uint16_t foreign_tag(PceQueue *q, const PceRequest *r)
{
    uint16_t tag = le16_to_cpu(r->sqe.tag);
    uint16_t next;

    return pce_queue_next_tag(q, &next) && next != tag ? next : tag ^ 1;
}

static void set_tag(struct pce_cqe *cqe, uint16_t tag)
{
    uint32_t ctrl = le32_to_cpu(cqe->ctrl);

    cqe->ctrl = cpu_to_le32((ctrl & ~PCE_CQE_TAG) | tag);
}

/* Random bytes, but for the phase bit: that there is one can be seen */
static void scramble(struct pce_cqe *cqe, uint32_t seed)
{
    GRand *rand = g_rand_new_with_seed(seed);
    uint8_t *bytes = (uint8_t *)cqe;

    for (size_t i = 0; i < sizeof(*cqe); i++) {
        bytes[i] = g_rand_int(rand);
    }
    cqe->ctrl &= ~cpu_to_le32(PCE_CQE_PHASE);
    g_rand_free(rand);
}

/*
 * A request has been executed, and r->cqe is about to be written.  What is
 * wrong with it is done here; the caller writes it as often as this returns.
 */
unsigned int pce_fault_completion(PceQueue *q, PceRequest *r,
                                  PceSignals *signals)
{
    const struct pce_cqe right = r->cqe;
    const PceFaultEvent event = {
        .site = PCE_SITE_COMPLETION, .queue = q->index,
        .opcode = r->sqe.opcode, .index = r->index,
        .tag = le16_to_cpu(r->sqe.tag),
    };
    unsigned int times = 1;
    PceFault fault;

    switch (r->fault.action) {
    case PCE_FAULT_QUEUE_HANG:
    case PCE_FAULT_FATAL:
    case PCE_FAULT_VANISH:
    case PCE_FAULT_UNPLUG:
    case PCE_FAULT_PCIE_ERROR:
        return 0;
    default:
        break;
    }
    if (!pce_fault_pick(q->s, &event, &fault)) {
        q->faults.last = right;
        return 1;
    }
    switch (fault.action) {
    case PCE_FAULT_DROP:
        times = 0;
        break;
    case PCE_FAULT_EARLY_INTERRUPT:
        signals->queues |= 1ull << q->index;
        /* fall through */
    case PCE_FAULT_DELAY:
    case PCE_FAULT_REORDER:
        times = !hold_completion(q, r, &fault);
        break;
    case PCE_FAULT_DUPLICATE:
        times = 2;
        break;
    case PCE_FAULT_FOREIGN_TAG:
        set_tag(&r->cqe, foreign_tag(q, r));
        break;
    case PCE_FAULT_STALE_TAG:
        r->cqe = q->faults.last;
        break;
    case PCE_FAULT_BAD_TAG:
        set_tag(&r->cqe, UINT16_MAX);
        break;
    case PCE_FAULT_WRONG_PHASE:
        r->cqe.ctrl ^= cpu_to_le32(PCE_CQE_PHASE);
        break;
    case PCE_FAULT_GARBAGE:
        scramble(&r->cqe, fault.random);
        break;
    case PCE_FAULT_WRONG_LENGTH:
        r->cqe.length ^= cpu_to_le32(fault.param[0]);
        break;
    case PCE_FAULT_FLIP_IV:
        r->cqe.result[fault.param[0] / 8] ^= 1u << fault.param[0] % 8;
        break;
    default:
        break;
    }
    q->faults.last = right;
    return times;
}

/* Is a completion due that was kept back?  *quiet: without an interrupt. */
bool pce_fault_release(PceQueue *q, bool after_another, struct pce_cqe *cqe,
                       bool *quiet)
{
    PceQueueFaults *f = &q->faults;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    PceHeldCompletion *held;

    QTAILQ_FOREACH(held, &f->held, node) {
        if (held->due <= now || (held->after_next && after_another)) {
            *cqe = held->cqe;
            *quiet = held->quiet;
            QTAILQ_REMOVE(&f->held, held, node);
            f->nr_held--;
            g_free(held);
            return true;
        }
    }
    QTAILQ_FOREACH(held, &f->held, node) {
        timer_mod_anticipate(f->held_timer, held->due);
    }
    return false;
}

/* Timer, under the BQL */
static void held_expired(void *opaque)
{
    PceQueue *q = opaque;

    pce_worker_kick(q->worker, 1ull << q->index);
}

/* --- Interrupts, under the BQL ---------------------------------------- */

static void start_storm(PceQueue *q, uint64_t count, uint64_t us)
{
    q->faults.storm = count;
    q->faults.storm_ns = us * SCALE_US;
    timer_mod(q->faults.storm_timer,
              qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + q->faults.storm_ns);
}

static void storm_expired(void *opaque)
{
    PceQueue *q = opaque;

    if (!q->faults.storm) {
        return;
    }
    if (--q->faults.storm) {
        timer_mod(q->faults.storm_timer,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + q->faults.storm_ns);
    }
    /* Last: a message may go to where it resets the device */
    pce_irq_raise_queue(q, q->vector);
}

/* A queue's interrupt is about to be raised.  False: it is not. */
bool pce_fault_interrupt(PceQueue *q, uint32_t *vector)
{
    const PceFaultEvent event = { .site = PCE_SITE_INTERRUPT,
                                  .queue = q->index };
    PceFault fault;

    if (!pce_fault_pick(q->s, &event, &fault)) {
        return true;
    }
    switch (fault.action) {
    case PCE_FAULT_LOSE_INTERRUPT:
        return false;
    case PCE_FAULT_WRONG_VECTOR:
        if (*vector != PCE_VECTOR_NONE) {
            *vector = (*vector + fault.param[0]) % q->s->nr_vectors;
        }
        return true;
    case PCE_FAULT_SPURIOUS_INTERRUPT:
        start_storm(q, 1, fault.param[0]);
        return true;
    default:
        start_storm(q, fault.param[1], fault.param[0]);
        return true;
    }
}

/* --- Registers, under the BQL ----------------------------------------- */

/* queue: -1 for the global page */
uint32_t pce_fault_read(PceState *s, int queue, uint32_t reg, uint32_t value)
{
    const PceFaultEvent event = { .site = PCE_SITE_READ, .queue = queue,
                                  .reg = reg };
    PceFault fault;

    if (!pce_fault_pick(s, &event, &fault)) {
        return value;
    }
    return fault.action == PCE_FAULT_READ_ONES ? UINT32_MAX : fault.random;
}

bool pce_fault_doorbell(PceQueue *q)
{
    const PceFaultEvent event = { .site = PCE_SITE_DOORBELL,
                                  .queue = q->index };
    PceFault fault;

    return pce_fault_pick(q->s, &event, &fault);
}

/* --- The whole device ------------------------------------------------- */

/*
 * The device answers nothing and does nothing, and its configuration space
 * reads as all ones, until it comes back: with what configuration space holds,
 * and otherwise as after a reset.
 */
static void vanish(PceState *s)
{
    uint64_t ms = qatomic_read(&s->vanish_ms);

    trace_pce_vanish(true);
    s->vanished = true;
    s->intx_status = 0;
    pce_irq_update_intx(s);
    if (ms) {
        timer_mod(s->return_timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + ms);
    }
}

/* Pulled out: who puts it back waits until the slot has been off for a while */
static void come_back_to_slot(PceState *s)
{
    if (!pce_slot_is_ready(s)) {
        timer_mod(s->return_timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) +
                                   PCE_FAULT_SLOT_MS);
        return;
    }
    trace_pce_vanish(false);
    timer_del(s->return_timer);
    s->vanished = false;
    pce_slot_fill(s);
}

void pce_fault_come_back(PceState *s)
{
    PCIDevice *pci = PCI_DEVICE(s);
    uint8_t *devctl = pci->config + pci->exp.exp_cap + PCI_EXP_DEVCTL;
    uint16_t value = pci_get_word(devctl);

    if (!s->vanished) {
        return;
    }
    if (s->unplugged) {
        come_back_to_slot(s);
        return;
    }
    trace_pce_vanish(false);
    timer_del(s->return_timer);
    s->vanished = false;
    device_cold_reset(DEVICE(s));
    /* A reset changes this; but configuration space comes back as it was */
    if (pci_is_express(pci)) {
        pci_set_word(devctl, value);
    }
}

static void return_expired(void *opaque)
{
    pce_fault_come_back(opaque);
}

/* The function sends an error message, as bad hardware does or a bad link */
static void pcie_error(PceState *s)
{
    PCIDevice *pci = PCI_DEVICE(s);
    bool fatal = qatomic_read(&s->pcie_fatal);
    PCIEAERErr err = {
        .status = fatal ? PCI_ERR_UNC_MALF_TLP : PCI_ERR_UNC_COMP_TIME,
        .source_id = pci_requester_id(pci),
    };

    trace_pce_pcie_error(fatal);
    if (pci_is_express(pci)) {
        pcie_aer_inject_error(pci, &err);
    }
}

static void trouble_bh(void *opaque)
{
    PceState *s = opaque;
    uint32_t what = qatomic_xchg(&s->trouble, 0);

    /* A reset that came in between was the end of it */
    if (!(qatomic_read(&s->hold) & PCE_HOLD_FAULT)) {
        return;
    }
    pce_workers_hold(s, PCE_HOLD_FAULT);
    if (what & PCE_TROUBLE_VANISH) {
        vanish(s);
    }
    if (what & PCE_TROUBLE_UNPLUG) {
        vanish(s);
        pce_slot_empty(s);
    }
    if (what & PCE_TROUBLE_FATAL) {
        trace_pce_fatal(PCE_FATAL_INTERNAL);
        s->fatal_code = PCE_FATAL_INTERNAL;
        pce_event_raise(s, PCE_EVENT_FATAL);
    }
    if (what & PCE_TROUBLE_PCIE) {
        pcie_error(s);
    }
}

/* The machine has stopped, and all workers are held */
void pce_fault_settle(PceState *s)
{
    if (qatomic_read(&s->trouble)) {
        trouble_bh(s);
    }
}

/* --- Birth, reset, death ---------------------------------------------- */

void pce_fault_queue_init(PceQueue *q)
{
    QTAILQ_INIT(&q->faults.held);
    q->faults.held_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, held_expired, q);
    q->faults.storm_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, storm_expired, q);
}

/* The queue is the caller's; what is kept back is lost */
void pce_fault_queue_reset(PceQueue *q)
{
    PceQueueFaults *f = &q->faults;
    PceHeldCompletion *held, *next;

    QTAILQ_FOREACH_SAFE(held, &f->held, node, next) {
        g_free(held);
    }
    QTAILQ_INIT(&f->held);
    f->nr_held = 0;
    f->hung = false;
    f->stubborn = false;
    memset(&f->last, 0, sizeof(f->last));
    timer_del(f->held_timer);
}

void pce_fault_init(PceState *s)
{
    s->trouble_bh = qemu_bh_new_guarded(trouble_bh, s,
                                        &DEVICE(s)->mem_reentrancy_guard);
    s->return_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, return_expired, s);
}

void pce_fault_exit(PceState *s)
{
    qemu_bh_delete(s->trouble_bh);
    timer_free(s->return_timer);
    for (unsigned int i = 0; i < s->nr_queues; i++) {
        pce_fault_queue_reset(&s->queues[i]);
        timer_free(s->queues[i].faults.held_timer);
        timer_free(s->queues[i].faults.storm_timer);
    }
}
