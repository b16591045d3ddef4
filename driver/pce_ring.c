// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: jobs through the rings of a queue pair and back.
 *
 * Everything here is independent of what the jobs are about, and the only
 * register it knows is the doorbell.  What the device writes is not trusted:
 * a tag indexes nothing before it was checked.
 *
 * Bottom halves are off in all of it: the bottom half takes the same lock, and
 * jobs end in this context.
 */
#include <linux/bitfield.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "pce.h"
#include "pce_queue.h"
#include "pce_trace.h"

#include <kunit/visibility.h>

/* Completions that are taken under one hold of the lock */
#define PCE_REAP_BATCH		64u

/* Completions until the bottom half lets others run */
#define PCE_REAP_BUDGET		256u

/*
 * Interrupts are put off only with so many jobs in flight, never for more
 * completions than this, and not where jobs are long
 */
#define PCE_PUT_OFF_FROM	8u
#define PCE_PUT_OFF_MAX		32u
#define PCE_PUT_OFF_LENGTH	SZ_64K

static u32 pce_ring_mask(const struct pce_queue *q)
{
	return pce_queue_size(q) - 1;
}

/**
 * pce_ring_reset() - both rings empty, every tag free
 * @q: queue pair that the device does not look at and that holds no job
 */
void pce_ring_reset(struct pce_queue *q)
{
	u32 size = pce_queue_size(q);

	memset(q->cq, 0, size * sizeof(*q->cq));
	memset(q->shadow, 0, sizeof(*q->shadow));
	q->sq_tail = 0;
	q->cq_head = 0;
	q->cq_event = 0;
	q->length = 0;
	q->seen_head = 0;
	q->broken = false;

	/* The lowest tag on top: a lightly loaded queue stays in few cachelines */
	for (q->free = 0; q->free < size; q->free++) {
		q->free_tags[q->free] = size - 1 - q->free;
		q->slots[q->free].job = NULL;
	}
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_reset);

/* Write the entry of @job at the tail.  There is a free tag. */
static int pce_ring_push(struct pce_queue *q, struct pce_job *job)
{
	u16 tag = q->free_tags[q->free - 1];
	struct pce_slot *slot = &q->slots[tag];
	struct pce_sqe *sqe = &q->sq[q->sq_tail & pce_ring_mask(q)];
	int err;

	err = q->ops->fill(job, sqe, slot);
	if (err)
		return err;

	sqe->tag = cpu_to_le16(tag);
	if (pce_phase(q->sq_tail, q->order))
		sqe->flags |= PCE_SQE_PHASE;
	trace_pce_submit(q, q->sq_tail, sqe);
	slot->job = job;
	slot->index = q->sq_tail++;
	slot->since = jiffies;
	q->free--;
	q->length += job->length;
	q->stats.requests++;
	q->stats.bytes += job->length;
	return 0;
}

/*
 * The completion that is worth an interrupt.  With many jobs in flight it is one
 * that leaves the device enough to do while those before it are ended; it is
 * always that of a job in flight, so that it comes.
 */
static u32 pce_ring_event(const struct pce_queue *q)
{
	u32 n = pce_queue_in_flight(q);

	if (n < PCE_PUT_OFF_FROM || q->length > (u64)n * PCE_PUT_OFF_LENGTH)
		return q->cq_head;
	return q->cq_head + min(n - n / 4 - 1, PCE_PUT_OFF_MAX);
}

static void pce_ring_set_event(struct pce_queue *q, u32 event)
{
	q->cq_event = event;
	WRITE_ONCE(q->shadow->cq_event, cpu_to_le32(event));
}

/*
 * More jobs are in flight now.  The event only moves on: the device may be past
 * any place before it, and then nothing would come.
 */
static void pce_ring_put_off(struct pce_queue *q)
{
	u32 event = pce_ring_event(q);

	if ((s32)(event - q->cq_event) > 0)
		pce_ring_set_event(q, event);
}

/* Show the device what was pushed since @old; does it have to be woken? */
static bool pce_ring_publish(struct pce_queue *q, u32 old)
{
	pce_ring_put_off(q);
	dma_wmb();	/* the entries before the index */
	WRITE_ONCE(q->shadow->sq_tail, cpu_to_le32(q->sq_tail));
	/* The index before the look at sq_event: the device does the reverse */
	mb();
	if (!pce_need_event(le32_to_cpu(READ_ONCE(q->shadow->sq_event)),
			    q->sq_tail, old))
		return false;
	q->stats.doorbells++;
	return true;
}

static void pce_ring_watch(struct pce_queue *q)
{
	if (likely(q->watched))
		return;
	q->watched = true;
	queue_delayed_work(pce_workqueue, &q->watchdog,
			   msecs_to_jiffies(pce_timeout()) / 2);
}

static void pce_ring_doorbell(struct pce_queue *q, u32 tail)
{
	trace_pce_doorbell(q, tail);
	pce_queue_write(q, PCE_QREG_DOORBELL, tail);
}

/**
 * pce_ring_submit() - hand a job to the device, or to the backlog
 * @q: queue pair
 * @job: job, with what its owner sets
 * @may_backlog: it may wait if the ring is full
 *
 * Context: bottom halves off.
 * Return: -EINPROGRESS: it is in the ring, and ops->end() will be called once;
 * -EBUSY: it is in the backlog, and ops->begun() or ops->end() comes next;
 * anything else: the queue did not take it.  -ENOSPC: full; -ENODEV: not live;
 * others: error of ops->fill().
 */
int pce_ring_submit(struct pce_queue *q, struct pce_job *job, bool may_backlog)
{
	bool wake = false;
	u32 tail;
	int ret;

	job->backlogged = false;

	spin_lock(&q->lock);
	if (unlikely(!q->live)) {
		ret = -ENODEV;
	} else if (likely(q->free)) {
		ret = pce_ring_push(q, job);
		if (likely(!ret)) {
			ret = -EINPROGRESS;
			wake = pce_ring_publish(q, q->sq_tail - 1);
			pce_ring_watch(q);
		}
	} else if (may_backlog) {
		/* No wake-up is lost: a job in flight ends under this lock */
		job->backlogged = true;
		list_add_tail(&job->node, &q->backlog);
		q->stats.backlogged++;
		ret = -EBUSY;
	} else {
		q->stats.full++;
		ret = -ENOSPC;
	}
	tail = q->sq_tail;
	spin_unlock(&q->lock);

	/* Outside the lock: the write may take long, and may come late */
	if (wake)
		pce_ring_doorbell(q, tail);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_submit);

/* The completion that comes next, or has come */
static const struct pce_cqe *pce_ring_head(const struct pce_queue *q)
{
	return &q->cq[q->cq_head & pce_ring_mask(q)];
}

/* Is there a completion at the head?  @ctrl is its last word. */
static bool pce_ring_peek(const struct pce_queue *q, u32 *ctrl)
{
	*ctrl = le32_to_cpu(READ_ONCE(pce_ring_head(q)->ctrl));
	return !!(*ctrl & PCE_CQE_PHASE) == pce_phase(q->cq_head, q->order);
}

/**
 * pce_ring_pending() - is there a completion that nobody has taken?
 * @q: queue pair
 *
 * Return: the answer.
 */
bool pce_ring_pending(const struct pce_queue *q)
{
	u32 ctrl;

	return pce_ring_peek(q, &ctrl);
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_pending);

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

/* The job that the completion at the head ends; NULL: there is no such job */
static struct pce_job *pce_ring_match(struct pce_queue *q, u32 ctrl)
{
	const struct pce_cqe *cqe = pce_ring_head(q);
	u32 tag = FIELD_GET(PCE_CQE_TAG, ctrl);
	struct pce_job *job;

	if (tag >= pce_queue_size(q) || !q->slots[tag].job)
		return NULL;
	/* A tag of another job in flight would end one that nobody worked on */
	if (unlikely(le32_to_cpu(READ_ONCE(cqe->index)) !=
		     q->slots[tag].index) && q->says_index)
		return NULL;

	job = q->slots[tag].job;
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
		pce_ring_error(q, q->slots[tag].index, ctrl);
	if (job->collect)
		q->ops->collect(job, &q->slots[tag]);

	q->slots[tag].job = NULL;
	q->free_tags[q->free++] = tag;
	q->length -= job->length;
	return job;
}

/*
 * A completion that cannot be believed: whatever the device means by it, some
 * job lost its own.  Stop here; the watchdog resets the queue.
 */
static void pce_ring_distrust(struct pce_queue *q)
{
	q->stats.bad_completions++;
	q->broken = true;
	q->live = false;
	mod_delayed_work(pce_workqueue, &q->watchdog, 0);
}

/* Take up to @budget completions; their jobs go to the list @ended */
static unsigned int pce_ring_collect(struct pce_queue *q, unsigned int budget,
				     struct list_head *ended)
{
	unsigned int n;
	u32 ctrl;

	for (n = 0; n < budget && pce_ring_peek(q, &ctrl); n++) {
		const struct pce_cqe *cqe = pce_ring_head(q);
		struct pce_job *job;

		dma_rmb();	/* ctrl before the rest of the entry */
		job = pce_ring_match(q, ctrl);
		if (likely(job)) {
			trace_pce_complete(q, q->cq_head, cqe);
			list_add_tail(&job->node, ended);
		} else {
			trace_pce_distrust(q, q->cq_head, cqe);
			pce_ring_note(q, "false completion", q->cq_head, ctrl);
			pce_ring_distrust(q);
		}
		q->cq_head++;
	}
	if (n) {
		q->stats.completions += n;
		mb();	/* the entries are read before they may be reused */
		WRITE_ONCE(q->shadow->cq_head, cpu_to_le32(q->cq_head));
	}
	return n;
}

/* Move jobs from the backlog to free tags: to @begun, or @ended if it failed */
static bool pce_ring_refill(struct pce_queue *q, struct list_head *begun,
			    struct list_head *ended)
{
	u32 old = q->sq_tail;

	if (likely(list_empty(&q->backlog)) || !q->live)
		return false;

	while (q->free && !list_empty(&q->backlog)) {
		struct pce_job *job = list_first_entry(&q->backlog,
						       struct pce_job, node);

		job->error = pce_ring_push(q, job);
		if (unlikely(job->error)) {
			job->outcome = PCE_JOB_NOT_MADE;
			list_move_tail(&job->node, ended);
		} else {
			list_move_tail(&job->node, begun);
		}
	}
	return q->sq_tail != old && pce_ring_publish(q, old);
}

static void pce_ring_end(struct pce_queue *q, struct list_head *ended)
{
	struct pce_job *job, *next;

	list_for_each_entry_safe(job, next, ended, node)
		q->ops->end(job);
}

/**
 * pce_ring_reap() - end the jobs that are completed, begin those that wait
 * @q: queue pair
 * @budget: most completions to take
 *
 * Context: bottom halves off.  One caller at a time.
 * Return: the number of completions taken.
 */
unsigned int pce_ring_reap(struct pce_queue *q, unsigned int budget)
{
	struct pce_job *job, *next;
	LIST_HEAD(ended);
	LIST_HEAD(begun);
	unsigned int n;
	bool wake;
	u32 tail;

	spin_lock(&q->lock);
	n = pce_ring_collect(q, budget, &ended);
	wake = pce_ring_refill(q, &begun, &ended);
	tail = q->sq_tail;
	spin_unlock(&q->lock);

	if (wake)
		pce_ring_doorbell(q, tail);

	/* A job that has begun ends in a later call only: the order is kept */
	list_for_each_entry_safe(job, next, &begun, node) {
		job->backlogged = false;
		q->ops->begun(job);
	}
	pce_ring_end(q, &ended);
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_reap);

/* Ask for an interrupt.  Is there a completion which that would have missed? */
static bool pce_ring_arm(struct pce_queue *q)
{
	spin_lock(&q->lock);
	pce_ring_set_event(q, pce_ring_event(q));
	spin_unlock(&q->lock);
	/* The index before the look at the ring: the device does the reverse */
	mb();
	return pce_ring_pending(q);
}

/**
 * pce_ring_bottom_half() - take what is there, then ask for an interrupt
 * @work: the queue's reap_work
 */
void pce_ring_bottom_half(struct work_struct *work)
{
	struct pce_queue *q = container_of(work, struct pce_queue, reap_work);
	unsigned int budget = PCE_REAP_BUDGET;

	do {
		unsigned int n;

		do {
			n = pce_ring_reap(q, min(budget, PCE_REAP_BATCH));
			budget -= n;
		} while (n && budget);

		if (!budget) {
			queue_work(system_bh_wq, work);
			return;
		}
	} while (pce_ring_arm(q));
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_bottom_half);

/**
 * pce_ring_flush() - end every job of a queue that the device has let go
 * @q: queue pair that is not live and that nobody reaps
 *
 * A device that keeps to the specification has begun no job without completion.
 * But here are those that were waited for in vain: of a job that was fetched,
 * the completion may be what was lost.
 *
 * Context: bottom halves off.
 */
void pce_ring_flush(struct pce_queue *q)
{
	LIST_HEAD(ended);
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
		list_add_tail(&slot->job->node, &ended);
		slot->job = NULL;
		q->free_tags[q->free++] = tag;
	}
	list_for_each_entry(job, &q->backlog, node)
		job->outcome = PCE_JOB_UNTOUCHED;
	list_splice_tail_init(&q->backlog, &ended);
	spin_unlock(&q->lock);

	pce_ring_end(q, &ended);
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_flush);

/**
 * pce_ring_overdue() - is there a job that has not come back in time?
 * @q: queue pair
 * @timeout: in jiffies
 *
 * Return: the answer.
 */
bool pce_ring_overdue(struct pce_queue *q, unsigned long timeout)
{
	unsigned long now = jiffies;
	bool overdue = false;
	u32 tag;

	spin_lock_bh(&q->lock);
	for (tag = 0; tag < pce_queue_size(q) && !overdue; tag++)
		overdue = q->slots[tag].job &&
			  time_after(now, q->slots[tag].since + timeout);
	spin_unlock_bh(&q->lock);
	return overdue;
}
EXPORT_SYMBOL_IF_KUNIT(pce_ring_overdue);
