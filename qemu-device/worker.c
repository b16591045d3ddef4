/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: who runs the queue pairs.
 *
 * With exec=threads each worker is a thread.  It works while there is work,
 * looks on for a while (waking a thread costs more than a cipher), then parks
 * its queues and sleeps until a doorbell or a command.  With exec=inline the
 * one worker runs within the register write that would have woken it.  With
 * exec=auto it is a thread, but the brief requests of a driver that waits for
 * each of them are executed within the doorbell while the worker sleeps.
 */
#include "qemu/osdep.h"
#include "qemu/guest-random.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qapi/error.h"
#include "pce.h"
#include "trace.h"

/* --- Polling ---------------------------------------------------------- */

/*
 * How long it pays to look on is found out as KVM's halt polling does it:
 * longer if work came soon after we went to sleep, shorter if it came late.
 */
static void adapt_poll(PceWorker *w, int64_t idle)
{
    int64_t most = (int64_t)w->s->poll_us * SCALE_US;

    if (idle < most) {
        w->poll_ns = MIN(most, MAX(2 * w->poll_ns, most / 8));
    } else {
        w->poll_ns /= 2;
    }
}

static bool any_work(PceWorker *w)
{
    uint64_t queues = w->awake;

    if (qatomic_read(&w->inbox)) {
        return true;
    }
    for (; queues; queues &= queues - 1) {
        if (pce_queue_has_work(&w->s->queues[ctz64(queues)])) {
            return true;
        }
    }
    return false;
}

/* Is nothing to come that the doorbell would not do itself? */
static bool all_alone(PceWorker *w)
{
    for (uint64_t queues = w->awake; queues; queues &= queues - 1) {
        if (w->s->queues[ctz64(queues)].alone < PCE_ALONE) {
            return false;
        }
    }
    return w->s->exec_auto;
}

/* Holds the worker's lock, and gives up as soon as someone else wants it */
static bool poll_queues(PceWorker *w)
{
    int64_t end;

    /* With translation a worker holds the BQL, which is not to be sat upon */
    if (!w->poll_ns || !w->awake || w->s->iommu || all_alone(w)) {
        return false;
    }
    w->polled = true;
    end = qatomic_read(&w->lingering) ? w->linger_end
                                      : get_clock() + w->poll_ns;
    do {
        for (int i = 0; i < 16; i++) {
            if (pce_held(w->s) || qatomic_read(&w->quit)) {
                return false;
            }
            if (any_work(w)) {
                pce_count(&w->polls, 1);
                return true;
            }
            cpu_relax();
        }
    } while (get_clock() < end);
    return false;
}

/* Have the drivers ring from now on; true: something came before they knew */
static bool park_queues(PceWorker *w)
{
    for (uint64_t queues = w->awake; queues; queues &= queues - 1) {
        pce_queue_park(&w->s->queues[ctz64(queues)], &w->signals);
    }
    /* Pairs with the driver's barrier between sq_tail and sq_event */
    smp_mb();
    if (any_work(w)) {
        return true;
    }
    w->awake = 0;
    return false;
}

/* --- One step --------------------------------------------------------- */

/* A turn for each queue that is awake */
static bool pass_queues(PceWorker *w)
{
    bool more = false;

    w->awake |= qatomic_xchg(&w->inbox, 0);
    for (uint64_t queues = w->awake; queues; queues &= queues - 1) {
        unsigned int index = ctz64(queues);

        switch (pce_queue_pass(&w->s->queues[index], &w->signals)) {
        case PCE_PASS_GONE:
            w->awake &= ~(1ull << index);
            break;
        case PCE_PASS_MORE:
            more = true;
            break;
        case PCE_PASS_IDLE:
            break;
        }
    }
    return more;
}

/*
 * Enter and leave guest memory.  Where addresses are translated, an access may
 * end in a fault that the IOMMU reports by an interrupt, under the BQL: then it
 * has to be taken first.
 */
static bool worker_enter(PceWorker *w, bool *bql)
{
    PceState *s = w->s;

    *bql = s->iommu && !bql_locked();
    if (*bql) {
        bql_lock();
    }
    qemu_mutex_lock(&w->lock);
    if (pce_held(s)) {
        qemu_mutex_unlock(&w->lock);
        if (*bql) {
            bql_unlock();
        }
        return false;
    }
    return true;
}

static void worker_leave(PceWorker *w, bool bql)
{
    bool tell = w->signals.queues || w->signals.events;

    qemu_mutex_unlock(&w->lock);
    if (tell) {
        pce_signals_deliver(w);
    }
    if (bql) {
        bql_unlock();
    }
}

static void main_loop_turn(void *opaque)
{
    PceWorker *w = opaque;

    qemu_event_set(&w->turn);
}

/*
 * A mutex goes to whoever asks first, and after a step that held the BQL this
 * would be us again: wait until the main loop, and so whoever queues before it,
 * has had it once.
 */
static void worker_give_way(PceWorker *w)
{
    qemu_event_reset(&w->turn);
    aio_bh_schedule_oneshot(qemu_get_aio_context(), main_loop_turn, w);
    qemu_event_wait(&w->turn);
}

/*
 * Work; if there is none, look on; interrupt if nothing came; at last, park.
 * True: there is more to do.  False: sleep until woken.
 */
static bool worker_step(PceWorker *w)
{
    bool bql, more;

    if (!worker_enter(w, &bql)) {
        return false;
    }
    more = pass_queues(w);
    if (qatomic_read(&w->lingering) && get_clock() >= w->linger_end) {
        pce_irq_linger_end(w, false, &w->signals);
    }
    worker_leave(w, bql);
    if (more) {
        return true;
    }

    if (!worker_enter(w, &bql)) {
        return false;
    }
    more = poll_queues(w) || pce_irq_linger_end(w, true, &w->signals) ||
           park_queues(w);
    worker_leave(w, bql);
    return more;
}

/* --- exec=threads ----------------------------------------------------- */

static void worker_sleep(PceWorker *w)
{
    int64_t begin = get_clock();

    trace_pce_worker_sleep(w - w->s->workers, w->poll_ns);
    qemu_event_wait(&w->wake);
    pce_count(&w->wakes, 1);
    trace_pce_worker_wake(w - w->s->workers);
    if (w->polled) {
        adapt_poll(w, w->poll_ns + get_clock() - begin);
        w->polled = false;
    }
}

static void *worker_thread(void *opaque)
{
    PceWorker *w = opaque;

    rcu_register_thread();
    qemu_guest_random_seed_thread_part2(w->random_seed);
    while (!qatomic_read(&w->quit)) {
        qemu_event_reset(&w->wake);
        bool more = worker_step(w);

        if (qatomic_read(&w->quit)) {
            break;
        }
        if (!more) {
            worker_sleep(w);
        } else if (w->s->iommu) {
            worker_give_way(w);
        }
    }
    /* The device was kept for us: see pce_workers_exit() */
    bql_lock();
    object_unref(OBJECT(w->s));
    bql_unlock();
    rcu_unregister_thread();
    return NULL;
}

/* --- exec=inline ------------------------------------------------------ */

/*
 * One step is at most PCE_PASS_ENTRIES requests of each queue.  A guest that
 * has more to do gets the processor back in between.
 */
static void worker_run_inline(PceWorker *w)
{
    if (w->running) {
        return;
    }
    w->running = true;
    if (worker_step(w) || qatomic_read(&w->inbox)) {
        qemu_bh_schedule(w->bh);
    }
    w->running = false;
}

static void worker_bh(void *opaque)
{
    worker_run_inline(opaque);
}

/* --- For the rest of the device, under the BQL ------------------------ */

void pce_worker_kick(PceWorker *w, uint64_t queues)
{
    qatomic_or(&w->inbox, queues);
    if (w->s->exec_inline) {
        worker_run_inline(w);
    } else {
        qemu_event_set(&w->wake);
    }
}

/* Workers begin no further entry; does not wait */
void pce_workers_hold_begin(PceState *s, PceHold why)
{
    trace_pce_workers_hold(why);
    qatomic_or(&s->hold, why);
}

/*
 * When it returns the device is out of guest memory, and the caller owns all
 * queues.  Waits for one request of each worker, or one batch.
 */
void pce_workers_hold(PceState *s, PceHold why)
{
    pce_workers_hold_begin(s, why);
    for (unsigned int i = 0; i < s->nr_workers; i++) {
        qemu_mutex_lock(&s->workers[i].lock);
        qemu_mutex_unlock(&s->workers[i].lock);
    }
}

/*
 * What a worker would do that is woken now, by whoever holds the BQL.  False:
 * it is awake, or there is more than this.
 */
static bool execute_in_doorbell(PceQueue *q)
{
    PceWorker *w = q->worker;
    bool done = false;

    if (w->s->iommu || qemu_mutex_trylock(&w->lock)) {
        return false;
    }
    if (!pce_held(w->s) && !(w->awake & (1ull << q->index)) &&
        pce_queue_is_alone(q)) {
        if (++q->since_probe >= PCE_ALONE_PROBE) {
            q->since_probe = 0;
            q->alone = PCE_ALONE - 2;
        } else {
            pce_queue_pass(q, &w->signals);
            pce_queue_park(q, &w->signals);
            /* As in park_queues() */
            smp_mb();
            pce_count(&q->counters.in_doorbell, 1);
            done = !pce_queue_has_work(q) && !qatomic_read(&w->lingering);
        }
    }
    worker_leave(w, false);
    return done;
}

void pce_worker_ring(PceQueue *q)
{
    PceState *s = q->worker->s;

    if (!s->exec_auto || pce_fault_armed(s, PCE_SITES_ENTRY) ||
        !execute_in_doorbell(q)) {
        pce_worker_kick(q->worker, 1ull << q->index);
    }
}

/* All queues are looked at again: what they were told meanwhile is lost */
void pce_workers_release(PceState *s, PceHold why)
{
    trace_pce_workers_release(why);
    if (qatomic_and_fetch(&s->hold, ~why)) {
        return;
    }
    for (unsigned int i = 0; i < s->nr_workers; i++) {
        PceWorker *w = &s->workers[i];
        uint64_t queues = 0;

        for (unsigned int q = i; q < s->nr_queues; q += s->nr_workers) {
            queues |= 1ull << q;
        }
        qatomic_or(&w->inbox, queues);
        if (s->exec_inline) {
            qemu_bh_schedule(w->bh);
        } else {
            qemu_event_set(&w->wake);
        }
    }
}

/* --- Birth and death -------------------------------------------------- */

static int guest_random(void *opaque, void *buf, size_t length)
{
    return qemu_guest_getrandom(buf, length, NULL);
}

static bool worker_init(PceState *s, unsigned int index, Error **errp)
{
    const struct pce_executor_config config = {
        .memory = &pce_dma_memory,
        .opaque = &s->workers[index],
        .backends = &s->backends,
        .alg_info = s->alg_info,
        .random = s->random ? guest_random : NULL,
        .max_segments = s->max_segments,
        .max_length = s->max_length,
        .key_slots = s->key_slots,
    };
    PceWorker *w = &s->workers[index];

    w->executor = pce_executor_new(&config);
    if (!w->executor) {
        error_setg(errp, "pce: no memory for worker %u", index);
        return false;
    }
    w->s = s;
    w->poll_ns = s->exec_inline ? 0 : (int64_t)s->poll_us * SCALE_US;
    qemu_mutex_init(&w->lock);
    qemu_event_init(&w->wake, false);
    qemu_event_init(&w->turn, false);
    return true;
}

static void worker_start(PceState *s, unsigned int index)
{
    PceWorker *w = &s->workers[index];
    g_autofree char *name = NULL;
    QemuThread thread;

    if (s->exec_inline) {
        w->bh = qemu_bh_new_guarded(worker_bh, w,
                                    &DEVICE(s)->mem_reentrancy_guard);
        return;
    }
    w->random_seed = qemu_guest_random_seed_thread_part1();
    name = g_strdup_printf("pce-worker%u", index);
    object_ref(OBJECT(s));
    qemu_thread_create(&thread, name, worker_thread, w, QEMU_THREAD_DETACHED);
}

bool pce_workers_init(PceState *s, Error **errp)
{
    s->workers = g_new0(PceWorker, s->nr_workers);
    for (unsigned int i = 0; i < s->nr_workers; i++) {
        if (!worker_init(s, i, errp)) {
            return false;
        }
    }
    for (unsigned int i = 0; i < s->nr_workers; i++) {
        worker_start(s, i);
    }
    return true;
}

/*
 * The workers are held for good.  A thread may stand waiting for the BQL, which
 * we hold, so nobody waits for it here: it holds a reference to the device, and
 * finds on its way out that there is nothing left to do.
 */
void pce_workers_exit(PceState *s)
{
    for (unsigned int i = 0; i < s->nr_workers; i++) {
        PceWorker *w = &s->workers[i];

        if (w->bh) {
            qemu_bh_delete(w->bh);
            w->bh = NULL;
        }
        qatomic_set(&w->quit, true);
        if (w->executor) {
            qemu_event_set(&w->wake);
        }
        g_clear_pointer(&w->executor, pce_executor_free);
    }
}

/* No thread is left */
void pce_workers_free(PceState *s)
{
    for (unsigned int i = 0; s->workers && i < s->nr_workers; i++) {
        if (s->workers[i].s) {
            qemu_mutex_destroy(&s->workers[i].lock);
            qemu_event_destroy(&s->workers[i].wake);
            qemu_event_destroy(&s->workers[i].turn);
        }
    }
    g_clear_pointer(&s->workers, g_free);
}
