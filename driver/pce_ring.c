// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: jobs through the rings of a queue pair and back.
 *
 * Everything here is independent of what the jobs are about, and the only
 * register it uses is the doorbell.  What the device writes is untrusted: a tag
 * indexes nothing before it was checked.
 *
 * Bottom halves are off in all of it, because the bottom half takes the same lock.
 */
#include <linux/bitfield.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "pce.h"
#include "pce_regs.h"
#include "pce_ring.h"
#include "pce_trace.h"

#include <kunit/visibility.h>

/* Completions until the bottom half lets others run */
#define PCE_REAP_BUDGET		256u

/*
 * An interrupt is deferred to a later completion only with so many jobs in flight,
 * never for more completions than this, and not if jobs are long on average.
 */
#define PCE_DEFER_FROM		8u
#define PCE_DEFER_MAX		32u
#define PCE_DEFER_LENGTH	SZ_64K

static u32 pce_ring_mask(const struct pce_queue *q)
{
	return pce_queue_size(q) - 1;
}

/**
 * pce_ring_init() - prepare what does not depend on memory or registers
 * @q: queue pair
 * @watchdog: what the watchdog does
 *
 * The bottom half is disabled until the queue pair is started.
 */
void pce_ring_init(struct pce_queue *q, work_func_t watchdog)
{
	spin_lock_init(&q->lock);
	INIT_WORK(&q->reap_work, pce_ring_bottom_half);
	disable_work(&q->reap_work);
	INIT_DELAYED_WORK(&q->watch.work, watchdog);
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_init);

/**
 * pce_ring_reset() - empty both rings, free every tag
 * @q: queue pair that the device does not access, that holds no job, and whose
 *	bottom half is disabled
 */
void pce_ring_reset(struct pce_queue *q)
{
	u32 size = pce_queue_size(q);

	spin_lock_bh(&q->lock);
	memset(q->cq, 0, size * sizeof(*q->cq));
	memset(q->shadow, 0, sizeof(*q->shadow));
	q->sq_tail = 0;
	q->cq_head = 0;
	q->cq_event = 0;
	q->length = 0;
	q->broken = false;
	q->watch.cq_head = 0;
	q->watch.sq_head = 0;
	q->watch.idle_runs = 0;
	q->watch.newest = jiffies;

	/* The lowest tag on top: a lightly loaded queue stays in few cachelines */
	for (q->free = 0; q->free < size; q->free++) {
		q->free_tags[q->free] = size - 1 - q->free;
		q->slots[q->free].job = NULL;
	}
	spin_unlock_bh(&q->lock);
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_reset);

/* Write the entry of @job at the tail.  There is a free tag. */
static __always_inline
void pce_ring_push(struct pce_queue *q, struct pce_job *job)
{
	u16 tag = q->free_tags[q->free - 1];
	struct pce_slot *slot = &q->slots[tag];
	struct pce_sqe *sqe = &q->sq[q->sq_tail & pce_ring_mask(q)];

	q->ops->fill(job, sqe, slot);
	sqe->tag = cpu_to_le16(tag);
	if (pce_phase(q->sq_tail, q->order))
		sqe->flags |= PCE_SQE_PHASE;
	trace_pce_submit(q, q->sq_tail, sqe);
	job->had_tag = true;
	slot->job = job;
	slot->index = q->sq_tail++;
	slot->since = jiffies;
	q->free--;
	q->length += job->length;
	q->stats.requests++;
	q->stats.bytes += job->length;
}

/*
 * Which completion should raise an interrupt.  With many jobs in flight it is one that
 * leaves the device enough to do while the jobs before it are ended.  It is always the
 * completion of a job in flight, so that it will come.
 */
static u32 pce_ring_event(const struct pce_queue *q)
{
	u32 n = pce_queue_in_flight(q);

	if (n < PCE_DEFER_FROM || q->length > (u64)n * PCE_DEFER_LENGTH)
		return q->cq_head;
	return q->cq_head + min(n - n / 4 - 1, PCE_DEFER_MAX);
}

static void pce_ring_set_event(struct pce_queue *q, u32 event)
{
	q->cq_event = event;
	WRITE_ONCE(q->shadow->cq_event, cpu_to_le32(event));
}

/*
 * More jobs are in flight now: a later completion may raise the interrupt.  The event
 * index must not go back: the device may be past the earlier completion already, and
 * then no interrupt would ever come.
 */
static void pce_ring_defer_event(struct pce_queue *q)
{
	u32 event = pce_ring_event(q);

	if ((s32)(event - q->cq_event) > 0)
		pce_ring_set_event(q, event);
}

/*
 * Publish the index of the entries that were pushed since @old.
 * Return: true if the device sleeps and the doorbell has to wake it.
 */
static __always_inline bool pce_ring_publish(struct pce_queue *q, u32 old)
{
	if (!(q->free % 4))	/* often enough */
		pce_ring_defer_event(q);
	/*
	 * The device fetches entries up to the index as soon as it sees the index.
	 * Without this barrier it could fetch an entry that is only half written.
	 */
	dma_wmb();
	WRITE_ONCE(q->shadow->sq_tail, cpu_to_le32(q->sq_tail));
	/*
	 * Before it sleeps the device writes sq_event and then looks at sq_tail once
	 * more.  Here the index has to be written before sq_event is read: otherwise
	 * both sides could miss each other, and the entry would wait for a doorbell
	 * that nobody rings.
	 */
	mb();
	if (!pce_need_event(le32_to_cpu(READ_ONCE(q->shadow->sq_event)),
			    q->sq_tail, old))
		return false;
	q->stats.doorbells++;
	return true;
}

static void pce_ring_watch(struct pce_queue *q)
{
	if (likely(q->watch.running))
		return;
	q->watch.running = true;
	q->watch.last_run = jiffies;
	q->watch.idle_runs = 0;
	queue_delayed_work(pce_workqueue, &q->watch.work,
			   pce_watch_period());
}

static void pce_ring_doorbell(struct pce_queue *q, u32 tail)
{
	trace_pce_doorbell(q, tail);
	pce_queue_write(q, PCE_QREG_DOORBELL, tail);
}

/* No tag is free.  Return: as pce_ring_submit(). */
static int pce_ring_wait(struct pce_queue *q, struct pce_job *job,
			 bool may_backlog)
{
	int ret = -EINPROGRESS;

	if (may_backlog) {
		job->backlogged = true;
		q->stats.backlogged++;
		ret = -EBUSY;
	} else if (!READ_ONCE(pce_enospc) && q->nr_overflow < PCE_OVERFLOW_MAX) {
		job->overflow = true;
		q->nr_overflow++;
		q->stats.overflowed++;
	} else {
		q->stats.full++;
		return -ENOSPC;
	}
	pce_fifo_add(&q->waiting, job);
	return ret;
}

/**
 * pce_ring_submit() - hand a job to the device, or let it wait for a free tag
 * @q: queue pair
 * @job: job that has joined its flow
 * @may_backlog: the caller allows a backlog
 *
 * If the ring is full, the job waits; without a backlog only a limited number of jobs
 * may, and none if the module parameter enospc is set.  No wake-up is lost: jobs in
 * flight end under the same lock.
 *
 * Context: bottom halves off.
 * Return: -EINPROGRESS: the job will be ended once; -EBUSY: the same, and before that
 * ops->begun() is called or the job ends with backlogged set; -ENOSPC: too many jobs
 * wait; -ENODEV: the queue pair is closed.  With the last two it did not take the job.
 */
int pce_ring_submit(struct pce_queue *q, struct pce_job *job, bool may_backlog)
{
	int ret = -EINPROGRESS;
	bool wake = false;
	u32 tail;

	spin_lock(&q->lock);
	if (unlikely(!q->live)) {
		ret = -ENODEV;
	} else if (likely(q->free)) {
		pce_ring_push(q, job);
		wake = pce_ring_publish(q, q->sq_tail - 1);
		pce_ring_watch(q);
	} else {
		ret = pce_ring_wait(q, job, may_backlog);
	}
	if (likely(ret == -EINPROGRESS || ret == -EBUSY)) {
		job->queue = q;
		atomic_inc(&q->unended);
	}
	tail = q->sq_tail;
	spin_unlock(&q->lock);

	/* Without the lock: a register write may take long */
	if (wake)
		pce_ring_doorbell(q, tail);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_submit);

/* The entry of a completion */
static const struct pce_cqe *pce_ring_cqe(const struct pce_queue *q, u32 index)
{
	return &q->cq[index & pce_ring_mask(q)];
}

/* Return: true if the completion was written; then @ctrl is its last word */
static bool pce_ring_written(const struct pce_queue *q, u32 index, u32 *ctrl)
{
	*ctrl = le32_to_cpu(READ_ONCE(pce_ring_cqe(q, index)->ctrl));
	return !!(*ctrl & PCE_CQE_PHASE) == pce_phase(index, q->order);
}

/**
 * pce_ring_pending() - look for a completion that nobody has taken yet
 * @q: queue pair
 *
 * Context: any.  The answer may be outdated when the lock is not held.
 * Return: true if there is one.
 */
bool pce_ring_pending(const struct pce_queue *q)
{
	u32 ctrl;

	return !READ_ONCE(q->broken) &&
	       pce_ring_written(q, READ_ONCE(q->cq_head), &ctrl);
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_pending);

/**
 * pce_ring_interrupt_due() - check whether an interrupt should have been raised
 * @q: queue pair
 *
 * Context: under the queue's lock.
 * Return: true if the completion that it was asked to interrupt for is there.
 */
bool pce_ring_interrupt_due(const struct pce_queue *q)
{
	u32 ctrl;

	return (s32)(q->cq_event - q->cq_head) >= 0 &&
	       pce_ring_written(q, q->cq_event, &ctrl);
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_interrupt_due);

/**
 * pce_ring_note() - remember that something went wrong
 * @q: queue pair
 * @what: in words, a constant
 * @index: of the entry that it is about, in its ring
 * @ctrl: last word of the completion, or 0
 *
 * Context: under the queue's lock.
 */
void pce_ring_note(struct pce_queue *q, const char *what, u32 index, u32 ctrl)
{
	q->errors[q->nr_errors++ % PCE_ERRORS] = (struct pce_error){
		.when = ktime_get_boottime(),
		.what = what,
		.index = index,
		.ctrl = ctrl,
	};
}

static void pce_ring_error(struct pce_queue *q, u32 index, u32 ctrl)
{
	q->stats.errors++;
	pce_ring_note(q, "request failed", index, ctrl);
}

/* Return: the job that the completion at the head ends; NULL: there is none */
static struct pce_job *pce_ring_match(struct pce_queue *q, u32 ctrl)
{
	const struct pce_cqe *cqe = pce_ring_cqe(q, q->cq_head);
	u32 tag = FIELD_GET(PCE_CQE_TAG, ctrl);
	struct pce_slot *slot;
	struct pce_job *job;

	if (tag >= pce_queue_size(q) || !q->slots[tag].job)
		return NULL;
	slot = &q->slots[tag];
	/* The tag of another job in flight would end one that nobody worked on */
	if (unlikely(le32_to_cpu(READ_ONCE(cqe->index)) != slot->index) &&
	    q->has_index)
		return NULL;

	job = slot->job;
	job->written = le32_to_cpu(READ_ONCE(cqe->length));
	if (job->written > job->expected)
		return NULL;

	job->status = FIELD_GET(PCE_CQE_STATUS, ctrl);
	job->outcome = PCE_JOB_DONE;
	memcpy(job->result, cqe->result, sizeof(job->result));
	if (job->status == PCE_STATUS_AUTH_FAILED)
		q->stats.auth_failures++;
	else if (unlikely(job->status != PCE_STATUS_OK ||
			  job->written != job->expected))
		pce_ring_error(q, slot->index, ctrl);
	if (job->collect)
		q->ops->collect(job, slot);

	if (time_after(slot->since, q->watch.newest))
		q->watch.newest = slot->since;
	slot->job = NULL;
	q->free_tags[q->free++] = tag;
	q->length -= job->length;
	return job;
}

/*
 * The completion at the head ends no job: whatever the device means by it, some job has
 * lost its own.  Nothing that follows is believed, and the watchdog resets the queue pair.
 */
static void pce_ring_reject(struct pce_queue *q, u32 ctrl)
{
	trace_pce_false_completion(q, q->cq_head, pce_ring_cqe(q, q->cq_head));
	pce_ring_note(q, "false completion", q->cq_head, ctrl);
	q->stats.bad_completions++;
	WRITE_ONCE(q->broken, true);
	/* Whoever closed the queue pair is about to reset it anyway */
	if (q->live) {
		WRITE_ONCE(q->live, false);
		mod_delayed_work(pce_workqueue, &q->watch.work, 0);
	}
}

/* Take up to @budget completions; their jobs go to the list @done */
static unsigned int pce_ring_collect(struct pce_queue *q, unsigned int budget,
				     struct pce_fifo *done)
{
	unsigned int n;
	u32 ctrl;

	if (unlikely(q->broken))
		return 0;
	for (n = 0; n < budget && pce_ring_written(q, q->cq_head, &ctrl); n++) {
		struct pce_job *job;

		/*
		 * The phase says that the whole entry is there.  Without this barrier
		 * the rest could be read before the phase, and be that of an older
		 * completion.
		 */
		dma_rmb();
		job = pce_ring_match(q, ctrl);
		if (unlikely(!job)) {
			pce_ring_reject(q, ctrl);
			break;
		}
		trace_pce_complete(q, q->cq_head, pce_ring_cqe(q, q->cq_head));
		pce_fifo_add(done, job);
		WRITE_ONCE(q->cq_head, q->cq_head + 1);
	}
	if (n) {
		q->stats.completions += n;
		/*
		 * The device may overwrite entries as soon as it sees the index.
		 * They have to be read before.
		 */
		mb();
		WRITE_ONCE(q->shadow->cq_head, cpu_to_le32(q->cq_head));
	}
	return n;
}

/* A job does not wait for a tag any more */
static void pce_ring_unwait(struct pce_queue *q, struct pce_job *job)
{
	if (job->overflow) {
		job->overflow = false;
		q->nr_overflow--;
	}
}

/*
 * Move waiting jobs to free tags; those of a backlog go to the list @begun.
 * Return: true if the doorbell has to be rung.
 */
static bool pce_ring_refill(struct pce_queue *q, struct pce_fifo *begun)
{
	u32 old = q->sq_tail;

	if (likely(!q->waiting.first) || !q->live)
		return false;

	while (q->free && q->waiting.first) {
		struct pce_job *job = pce_fifo_take(&q->waiting);

		pce_ring_unwait(q, job);
		pce_ring_push(q, job);
		if (job->backlogged)
			pce_fifo_add(begun, job);
	}
	if (q->sq_tail == old)
		return false;
	pce_ring_watch(q);
	return pce_ring_publish(q, old);
}

/**
 * pce_ring_reap() - end the jobs that are completed, submit those that wait
 * @q: queue pair
 * @max: most completions to take
 * @budget: what the caller has done before
 *
 * Context: bottom halves off.  One caller at a time.  Owners are called back.
 * Return: the number of completions taken.
 */
unsigned int pce_ring_reap(struct pce_queue *q, unsigned int max,
			   struct pce_budget *budget)
{
	struct pce_fifo done = { }, begun = { };
	struct pce_job *job;
	unsigned int n;
	bool wake;
	u32 tail;

	spin_lock(&q->lock);
	n = pce_ring_collect(q, max, &done);
	wake = pce_ring_refill(q, &begun);
	tail = q->sq_tail;
	spin_unlock(&q->lock);

	if (wake)
		pce_ring_doorbell(q, tail);

	/*
	 * A job in this list cannot end before the next call, so its owner hears
	 * first that it has left the backlog.
	 */
	while ((job = pce_fifo_take(&begun))) {
		job->backlogged = false;
		q->ops->begun(job);
	}
	pce_flow_end(&done, budget);
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_reap);

/*
 * Re-arm the interrupt.
 * Return: true if a completion arrived before the device could see the new event index.
 */
static bool pce_ring_arm(struct pce_queue *q)
{
	spin_lock(&q->lock);
	pce_ring_set_event(q, pce_ring_event(q));
	spin_unlock(&q->lock);
	/*
	 * The device writes a completion and then looks at the event index.  Here the
	 * index has to be written before the ring is read: otherwise both sides could
	 * miss each other, and the completion would lie there without an interrupt.
	 */
	mb();
	return pce_ring_pending(q);
}

/**
 * pce_ring_bottom_half() - take the completions that are there, then re-arm the interrupt
 * @work: the queue's reap_work
 */
void pce_ring_bottom_half(struct work_struct *work)
{
	struct pce_queue *q = container_of(work, struct pce_queue, reap_work);
	unsigned int rest = PCE_REAP_BUDGET;
	struct pce_budget budget = { };

	do {
		unsigned int n;

		do {
			n = pce_ring_reap(q, min(rest, PCE_REAP_BATCH), &budget);
			rest -= n;
		} while (n && rest && !pce_budget_used(&budget));

		if (!rest || pce_budget_used(&budget)) {
			queue_work(system_bh_wq, work);
			return;
		}
	} while (pce_ring_arm(q));
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_bottom_half);

/**
 * pce_ring_flush() - end every job of a queue pair that the device has let go
 * @q: queue pair that is closed and whose bottom half is disabled
 *
 * The specification says that a device which has stopped has begun no job without a
 * completion.  But a queue pair may be flushed because completions went missing, so a
 * fetched entry may have been executed.
 *
 * Context: bottom halves off.  Owners are called back.
 */
void pce_ring_flush(struct pce_queue *q)
{
	struct pce_budget budget = { };
	struct pce_fifo ended = { };
	struct pce_job *job;
	u32 fetched, tag;

	spin_lock(&q->lock);
	fetched = le32_to_cpu(READ_ONCE(q->shadow->sq_head));
	for (tag = 0; tag < pce_queue_size(q); tag++) {
		struct pce_slot *slot = &q->slots[tag];

		if (!slot->job)
			continue;
		slot->job->outcome = (s32)(slot->index - fetched) >= 0 ?
				     PCE_JOB_UNTOUCHED : PCE_JOB_UNKNOWN;
		pce_fifo_add(&ended, slot->job);
		slot->job = NULL;
		q->free_tags[q->free++] = tag;
		/* The state of an HMAC is as secret as its key */
		memzero_explicit(slot->extra, sizeof(*slot->extra));
	}
	while ((job = pce_fifo_take(&q->waiting))) {
		pce_ring_unwait(q, job);
		job->outcome = PCE_JOB_UNTOUCHED;
		pce_fifo_add(&ended, job);
	}
	q->length = 0;
	spin_unlock(&q->lock);

	pce_flow_end(&ended, &budget);
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_flush);

/**
 * pce_ring_overdue() - look for a job that the device will not complete any more
 * @q: queue pair
 * @timeout: in jiffies
 *
 * A busy device may need long for a job that has many others before it.  So a job is
 * overdue if it is older than the timeout and either the device made no progress for
 * that long, or it has completed a job that was submitted half a timeout later.
 *
 * Context: under the queue's lock.
 * Return: true if there is such a job.
 */
bool pce_ring_overdue(const struct pce_queue *q, unsigned long timeout)
{
	bool stuck = q->watch.idle_runs >= PCE_WATCH_IDLE_RUNS;
	u32 tag;

	for (tag = 0; tag < pce_queue_size(q); tag++) {
		const struct pce_slot *slot = &q->slots[tag];

		if (slot->job && time_after(jiffies, slot->since + timeout) &&
		    (stuck || time_after(q->watch.newest,
					 slot->since + timeout / 2)))
			return true;
	}
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_overdue);
