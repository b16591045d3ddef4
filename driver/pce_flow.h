/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: requests complete in the order of their submission.
 *
 * IPsec and macsec drop a packet that arrives too late, so requests of one
 * transform must not overtake each other.  The requests that one CPU submits for
 * one transform are a flow: they complete in the order of submission, whether the
 * device or software serves them.  Nothing is promised between CPUs, or between
 * transforms.
 */
#ifndef PCE_FLOW_H
#define PCE_FLOW_H

#include <linux/cache.h>
#include <linux/jiffies.h>
#include <linux/math.h>
#include <linux/percpu.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "pce_abi.h"

struct pce_job;
struct pce_lane;
struct pce_queue;

/**
 * struct pce_fifo - jobs in a row, linked by their member next
 * @first: the oldest one, or NULL
 * @last: the newest one; valid if there is any
 */
struct pce_fifo {
	struct pce_job *first;
	struct pce_job *last;
};

/**
 * struct pce_flow - outstanding requests of one transform and one CPU
 * @first: the oldest one, or NULL; linked by the jobs' member flow_next
 * @last: the newest one; valid if there is any
 * @number: number that the lane gave to the last job that left the flow
 * @since: when the last callback was about to be called, in jiffies; written without
 *	the lock
 *
 * Protected by the lock of the CPU's lane.
 */
struct pce_flow {
	struct pce_job *first;
	struct pce_job *last;
	unsigned long number;
	unsigned long since;
};

/**
 * enum pce_outcome - what became of a job
 * @PCE_JOB_DONE: the device completed it; status, written and result are valid
 * @PCE_JOB_UNTOUCHED: the device did not begin it and never will
 * @PCE_JOB_UNKNOWN: the device may have done any part of it
 * @PCE_JOB_SOFTWARE: asynchronous software completed it; error is valid
 */
enum pce_outcome {
	PCE_JOB_DONE,
	PCE_JOB_UNTOUCHED,
	PCE_JOB_UNKNOWN,
	PCE_JOB_SOFTWARE,
};

/**
 * struct pce_job - a request as the queue pair and the flow see it
 * @next: behind this one in a struct pce_fifo
 * @flow_next: behind this one in @flow
 * @flow: flow that it belongs to; set by the owner
 * @lane: of the CPU that submitted it
 * @queue: queue pair that has to wait for the end of this job; NULL: none has to
 * @collect: call ops->collect(); may be set by ops->fill()
 * @backlogged: the owner was told -EBUSY, and not yet that the job left the backlog
 * @overflow: the job is counted in a bounded number of jobs without a backlog
 * @had_tag: it has been in the ring
 * @ended: only older jobs of its flow keep it from being handed back
 * @outcome: what became of it, enum pce_outcome
 * @status: enum pce_status
 * @error: result of asynchronous software
 * @length: bytes of text; set by the owner
 * @expected: bytes that the device writes on success; set by the owner
 * @written: bytes that the device says it wrote; never more than @expected
 * @result: next IV
 */
struct pce_job {
	struct pce_job *next;
	struct pce_job *flow_next;
	struct pce_flow *flow;
	struct pce_lane *lane;
	struct pce_queue *queue;
	bool collect;
	bool backlogged;
	bool overflow;
	bool had_tag;
	bool ended;
	u8 outcome;
	u8 status;
	int error;
	u32 length;
	u32 expected;
	u32 written;
	u8 result[PCE_CQE_RESULT_SIZE];
};

/**
 * struct pce_lane - the ready jobs of all flows of a CPU
 * @lock: taken with bottom halves off; protects all flows of this CPU too
 * @ready: jobs to hand back
 * @nr_ready: number of the last job that was added to @ready
 * @handed_back: number of the last job whose callback has returned
 * @owner: CPU that is handing back jobs at the moment, or -1
 * @nr_overflow: jobs that wait for their turn without a backlog
 * @work: hands back jobs
 */
struct pce_lane {
	spinlock_t lock;	/* with bottom halves off */
	struct pce_fifo ready;
	unsigned long nr_ready;
	unsigned long handed_back;
	int owner;
	u32 nr_overflow;
	struct work_struct work;
} ____cacheline_aligned_in_smp;

extern struct pce_lane __percpu *pce_lanes;

/**
 * struct pce_budget - what a context has handed back since bottom halves are off
 * @jobs: number of jobs
 * @software: bytes that software had to process for that
 */
struct pce_budget {
	u32 jobs;
	u32 software;
};

/*
 * After so many bytes done by software, or so many jobs, a context lets others run and
 * leaves the rest to the lanes' work.
 */
#define PCE_BUDGET_SOFTWARE	SZ_64K
#define PCE_BUDGET_JOBS		256u

/*
 * A flow is idle only when nothing was handed back for more than so many jiffies.  Users
 * may put asynchronous results on a queue of their own, as IPsec does with packets that it
 * has received, which a kernel thread works off: the result of a synchronous call in the
 * meantime would overtake them.
 */
#define PCE_FLOW_QUIET		DIV_ROUND_UP(HZ, 20)

/* Jobs that wait although their callers allow no backlog: a burst of packets */
#define PCE_OVERFLOW_MAX	1024u

typedef u32 (*pce_flow_end_fn)(struct pce_job *job);

int pce_flow_setup(pce_flow_end_fn end);
void pce_flow_cleanup(void);
void pce_flow_init(struct pce_flow *flow);
bool pce_flow_idle(const struct pce_flow *flow);
void pce_flow_leave(struct pce_job *job);
int pce_flow_defer(struct pce_job *job, bool may_backlog);
int pce_flow_defer_joined(struct pce_job *job, bool may_backlog);
void pce_flow_end(struct pce_fifo *jobs, struct pce_budget *budget);

static inline bool pce_budget_used(const struct pce_budget *budget)
{
	return budget->software >= PCE_BUDGET_SOFTWARE ||
	       budget->jobs >= PCE_BUDGET_JOBS;
}

static inline void pce_fifo_add(struct pce_fifo *fifo, struct pce_job *job)
{
	job->next = NULL;
	if (fifo->first)
		fifo->last->next = job;
	else
		fifo->first = job;
	fifo->last = job;
}

/* Return: the oldest job, which is taken from @fifo; NULL: there is none */
static inline struct pce_job *pce_fifo_take(struct pce_fifo *fifo)
{
	struct pce_job *job = fifo->first;

	if (job)
		fifo->first = job->next;
	return job;
}

/* Put the jobs of @fifo in front of those of @other, and leave @fifo empty */
static inline void pce_fifo_prepend(struct pce_fifo *other, struct pce_fifo *fifo)
{
	if (!fifo->first)
		return;
	fifo->last->next = other->first;
	if (!other->first)
		other->last = fifo->last;
	other->first = fifo->first;
	fifo->first = NULL;
}

/**
 * pce_flow_touch() - note that the owner of a job is about to be called back
 * @job: job that has joined its flow
 */
static inline void pce_flow_touch(struct pce_job *job)
{
	/* The owner may free the flow in the callback, so this comes before it */
	WRITE_ONCE(job->flow->since, jiffies);
}

static inline void pce_flow_append(struct pce_flow *flow, struct pce_job *job)
{
	job->flow_next = NULL;
	if (flow->first)
		flow->last->flow_next = job;
	else
		flow->first = job;
	flow->last = job;
}

static inline void pce_flow_prepare(struct pce_job *job, struct pce_lane *lane)
{
	job->lane = lane;
	job->backlogged = false;
	job->overflow = false;
	job->had_tag = false;
	job->ended = false;
}

/**
 * pce_flow_join() - give a job its place in its flow
 * @job: job with its flow
 *
 * The job must leave the flow by pce_flow_leave(), be deferred by
 * pce_flow_defer_joined(), or end by pce_flow_end().
 *
 * Context: bottom halves off, on the CPU of the flow.
 */
static inline void pce_flow_join(struct pce_job *job)
{
	struct pce_lane *lane = this_cpu_ptr(pce_lanes);

	pce_flow_prepare(job, lane);
	spin_lock(&lane->lock);
	pce_flow_append(job->flow, job);
	spin_unlock(&lane->lock);
}

#if IS_ENABLED(CONFIG_KUNIT)
pce_flow_end_fn pce_flow_redirect(pce_flow_end_fn end);
#endif

#endif /* PCE_FLOW_H */
