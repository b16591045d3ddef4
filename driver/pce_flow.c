// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: requests complete in the order of their submission.
 *
 * Each CPU has a lane, which outlives all devices.  A job joins its flow when it is
 * submitted.  It may end in any order: by a completion, by software, by a reset.
 * When the oldest job of a flow has ended, it moves to the lane's list of ready
 * jobs, and with it those behind it that ended before.  One context at a time takes
 * ready jobs from a lane and calls the owner back, so that callbacks have the order
 * of the list.
 *
 * A request that software could serve at once has to wait its turn too, as long as
 * its flow is not idle.  A flow is idle when it has no jobs and the callback of its
 * last one has returned some time ago.  To know that, the ready jobs of a lane are
 * numbered, and callbacks are counted.  The counters belong to the lane and not to the
 * flow, because a callback may free the transform.
 */
#include <linux/bottom_half.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "pce_flow.h"

#include <kunit/visibility.h>

struct pce_lane __percpu *pce_lanes;
EXPORT_SYMBOL_IF_KUNIT(pce_lanes);

static pce_flow_end_fn pce_flow_end_job;

/* The number of the last job whose end a caller on this CPU can know of */
static unsigned long pce_lane_known(const struct pce_lane *lane)
{
	/* Pairs with the release in pce_lane_hand_back() */
	unsigned long known = smp_load_acquire(&lane->handed_back);

	/*
	 * Bottom halves are off: if this CPU is handing back a job, the caller is
	 * that job's callback.
	 */
	return known + (READ_ONCE(lane->owner) == smp_processor_id());
}

/*
 * Return: true if a caller can know of the end of every job that has left the flow, and
 * the last of these was handed back more than PCE_FLOW_QUIET ago.
 */
static bool pce_lane_quiet(const struct pce_lane *lane,
			   const struct pce_flow *flow)
{
	return (long)(flow->number - pce_lane_known(lane)) <= 0 &&
	       time_after(jiffies, READ_ONCE(flow->since) + PCE_FLOW_QUIET);
}

static bool pce_lane_idle(const struct pce_lane *lane,
			  const struct pce_flow *flow)
{
	return !flow->first && pce_lane_quiet(lane, flow);
}

/* Take a job from its flow: the newest one mostly, so that the others are looked at */
static void pce_flow_remove(struct pce_flow *flow, struct pce_job *job)
{
	struct pce_job **link = &flow->first, *before = NULL;

	while (*link != job) {
		before = *link;
		link = &before->flow_next;
	}
	*link = job->flow_next;
	if (flow->last == job)
		flow->last = before;
}

/* Make the jobs at the head of a flow that have ended ready to be handed back */
static __always_inline
void pce_lane_advance(struct pce_lane *lane, struct pce_flow *flow)
{
	struct pce_job *job;

	while ((job = flow->first) && job->ended) {
		if (unlikely(job->overflow)) {
			job->overflow = false;
			lane->nr_overflow--;
		}
		flow->first = job->flow_next;
		flow->number = ++lane->nr_ready;
		pce_fifo_add(&lane->ready, job);
	}
}

/*
 * Hand back ready jobs, unless another context is doing so; it then takes these as
 * well.  Called with the lane's lock, which is released around the callbacks.
 */
static void pce_lane_hand_back(struct pce_lane *lane, struct pce_budget *budget)
	__must_hold(&lane->lock)
{
	if (lane->owner >= 0)
		return;
	WRITE_ONCE(lane->owner, smp_processor_id());
	while (lane->ready.first && !pce_budget_used(budget)) {
		struct pce_fifo batch = lane->ready;
		struct pce_job *job;

		lane->ready.first = NULL;
		spin_unlock(&lane->lock);
		while (!pce_budget_used(budget) && (job = pce_fifo_take(&batch))) {
			budget->software += pce_flow_end_job(job);
			budget->jobs++;
			/*
			 * Whoever finds the flow idle because of this must also
			 * see what the callback did: pairs with the acquire in
			 * pce_lane_known().
			 */
			smp_store_release(&lane->handed_back,
					  lane->handed_back + 1);
		}
		spin_lock(&lane->lock);
		pce_fifo_prepend(&lane->ready, &batch);
	}
	WRITE_ONCE(lane->owner, -1);
	if (lane->ready.first)
		queue_work(system_bh_wq, &lane->work);
}

static void pce_lane_work(struct work_struct *work)
{
	struct pce_lane *lane = container_of(work, struct pce_lane, work);
	struct pce_budget budget = { };

	spin_lock_bh(&lane->lock);
	pce_lane_hand_back(lane, &budget);
	spin_unlock_bh(&lane->lock);
}

/*
 * Have ready jobs handed back by somebody else: the caller is on its way into the
 * driver, and may hold locks that callbacks take.
 */
static void pce_lane_kick(struct pce_lane *lane, struct pce_flow *flow)
{
	pce_lane_advance(lane, flow);
	if (lane->ready.first)
		queue_work(system_bh_wq, &lane->work);
}

/**
 * pce_flow_setup() - prepare the lanes of all CPUs
 * @end: hands a job back to its owner; called with bottom halves off and without a
 *	lock; returns how many bytes software had to process for that
 *
 * Context: process context.
 * Return: 0 or -ENOMEM.
 */
int pce_flow_setup(pce_flow_end_fn end)
{
	int cpu;

	pce_lanes = alloc_percpu(struct pce_lane);
	if (!pce_lanes)
		return -ENOMEM;
	pce_flow_end_job = end;
	for_each_possible_cpu(cpu) {
		struct pce_lane *lane = per_cpu_ptr(pce_lanes, cpu);

		spin_lock_init(&lane->lock);
		lane->owner = -1;
		INIT_WORK(&lane->work, pce_lane_work);
	}
	return 0;
}

#if IS_ENABLED(CONFIG_KUNIT)
/**
 * pce_flow_redirect() - have jobs handed to a test
 * @end: as for pce_flow_setup(); has to pass on the jobs that are not the test's
 *
 * A static stub would be found in the thread of the test only, and not in a lane's work.
 *
 * Return: what was called until now; the test puts it back.
 */
pce_flow_end_fn pce_flow_redirect(pce_flow_end_fn end)
{
	return xchg(&pce_flow_end_job, end);
}
EXPORT_SYMBOL_IF_KUNIT(pce_flow_redirect);
#endif

/**
 * pce_flow_cleanup() - free the lanes when they have come to rest
 *
 * Context: process context, when no transform is left.
 */
void pce_flow_cleanup(void)
{
	int cpu;

	/* The last callback may have freed its transform, and not have returned yet */
	synchronize_rcu();
	for_each_possible_cpu(cpu)
		cancel_work_sync(&per_cpu_ptr(pce_lanes, cpu)->work);
	free_percpu(pce_lanes);
}

/**
 * pce_flow_init() - prepare a flow
 * @flow: flow without jobs
 */
void pce_flow_init(struct pce_flow *flow)
{
	flow->first = NULL;
	flow->number = 0;
	flow->since = jiffies - PCE_FLOW_QUIET - 1;
}
EXPORT_SYMBOL_IF_KUNIT(pce_flow_init);

/**
 * pce_flow_idle() - check whether a request could be served at once
 * @flow: flow of this CPU
 *
 * Context: bottom halves off.
 * Return: true if every earlier request of the flow has been handed back, the last one
 * more than PCE_FLOW_QUIET ago; a callback that is running counts as returned for itself.
 */
bool pce_flow_idle(const struct pce_flow *flow)
{
	struct pce_lane *lane = this_cpu_ptr(pce_lanes);
	bool idle;

	spin_lock(&lane->lock);
	idle = pce_lane_idle(lane, flow);
	spin_unlock(&lane->lock);
	return idle;
}
EXPORT_SYMBOL_IF_KUNIT(pce_flow_idle);

/**
 * pce_flow_leave() - take a job out of its flow again
 * @job: job that has joined and will not be handed back
 *
 * Context: bottom halves off.
 */
void pce_flow_leave(struct pce_job *job)
{
	struct pce_lane *lane = job->lane;

	spin_lock(&lane->lock);
	pce_flow_remove(job->flow, job);
	/* Jobs that were submitted meanwhile may have ended behind it */
	pce_lane_kick(lane, job->flow);
	spin_unlock(&lane->lock);
}
EXPORT_SYMBOL_IF_KUNIT(pce_flow_leave);

/*
 * Let a job of the flow that ended as PCE_JOB_UNTOUCHED wait its turn.
 * Return: as pce_flow_defer(), but never 0.
 */
static int pce_lane_defer(struct pce_lane *lane, struct pce_job *job,
			  bool may_backlog)
{
	int ret = -EINPROGRESS;

	if (may_backlog) {
		job->backlogged = true;
		ret = -EBUSY;
	} else if (lane->nr_overflow < PCE_OVERFLOW_MAX) {
		job->overflow = true;
		lane->nr_overflow++;
	} else {
		return -ENOSPC;
	}
	job->queue = NULL;
	job->outcome = PCE_JOB_UNTOUCHED;
	job->ended = true;
	return ret;
}

/**
 * pce_flow_defer() - let a request that only software can serve wait its turn
 * @job: job with its flow; the device has not got it
 * @may_backlog: the caller allows a backlog
 *
 * The job ends as PCE_JOB_UNTOUCHED when its turn has come.
 *
 * Context: bottom halves off, on the CPU of the flow.
 * Return: 0 if the flow is idle: serve it now; -EINPROGRESS or -EBUSY if it waits,
 * as the crypto API wants it; -ENOSPC if too many wait already.
 */
int pce_flow_defer(struct pce_job *job, bool may_backlog)
{
	struct pce_lane *lane = this_cpu_ptr(pce_lanes);
	int ret = 0;

	spin_lock(&lane->lock);
	if (!pce_lane_idle(lane, job->flow)) {
		pce_flow_prepare(job, lane);
		ret = pce_lane_defer(lane, job, may_backlog);
		if (ret != -ENOSPC) {
			pce_flow_append(job->flow, job);
			pce_lane_kick(lane, job->flow);
		}
	}
	spin_unlock(&lane->lock);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(pce_flow_defer);

/**
 * pce_flow_defer_joined() - the same for a job that the device did not take
 * @job: job that has joined its flow
 * @may_backlog: the caller allows a backlog
 *
 * Context: bottom halves off, on the CPU of the flow.
 * Return: as pce_flow_defer(); with 0 and -ENOSPC the job has left the flow.
 */
int pce_flow_defer_joined(struct pce_job *job, bool may_backlog)
{
	struct pce_lane *lane = this_cpu_ptr(pce_lanes);
	struct pce_flow *flow = job->flow;
	int ret = 0;

	spin_lock(&lane->lock);
	if (flow->first != job || !pce_lane_quiet(lane, flow))
		ret = pce_lane_defer(lane, job, may_backlog);
	if (!ret || ret == -ENOSPC)
		pce_flow_remove(flow, job);
	pce_lane_kick(lane, flow);
	spin_unlock(&lane->lock);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(pce_flow_defer_joined);

/**
 * pce_flow_end() - end jobs, and hand back those whose turn has come
 * @jobs: jobs that have joined their flows; empty afterwards
 * @budget: what the caller has done before; when it is used up, the lanes' work hands
 *	back the rest
 *
 * Context: bottom halves off, no lock held: owners are called back.
 */
void pce_flow_end(struct pce_fifo *jobs, struct pce_budget *budget)
{
	struct pce_lane *lane = NULL;
	struct pce_job *job;

	while ((job = pce_fifo_take(jobs))) {
		/* The jobs of a queue pair mostly are those of one CPU */
		if (lane != job->lane) {
			if (lane) {
				pce_lane_hand_back(lane, budget);
				spin_unlock(&lane->lock);
			}
			lane = job->lane;
			spin_lock(&lane->lock);
		}
		job->ended = true;
		pce_lane_advance(lane, job->flow);
	}
	if (lane) {
		pce_lane_hand_back(lane, budget);
		spin_unlock(&lane->lock);
	}
}
EXPORT_SYMBOL_IF_KUNIT(pce_flow_end);
