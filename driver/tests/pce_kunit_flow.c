// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of flows: jobs are handed back in the order of their submission.
 */
#include <kunit/test.h>
#include <linux/bottom_half.h>
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "../pce.h"
#include "pce_test_ring.h"

/* The bound of those that wait without a backlog, and some */
#define TEST_FLOW_JOBS	(PCE_OVERFLOW_MAX + 3)

/* log2 of a ring that no test fills */
#define TEST_FLOW_ORDER		4

/* A context hands back so many jobs, or so much work of software, and lets others run */
#define TEST_BUDGET_JOBS	256
#define TEST_BUDGET_SOFTWARE	SZ_64K

static int test_flow_init(struct kunit *test)
{
	return pce_test_ring_init_jobs(test, TEST_FLOW_ORDER, TEST_FLOW_JOBS);
}

static void test_join(struct kunit *test, unsigned int i)
{
	local_bh_disable();
	pce_flow_join(&test_ring(test)->jobs[i].job);
	local_bh_enable();
}

static int test_defer(struct kunit *test, unsigned int i, bool may_backlog)
{
	int ret;

	local_bh_disable();
	ret = pce_flow_defer(&test_ring(test)->jobs[i].job, may_backlog);
	local_bh_enable();
	return ret;
}

static bool test_idle(struct kunit *test, unsigned int i)
{
	bool idle;

	local_bh_disable();
	pce_fake_age(test_ring(test)->jobs[i].job.flow, PCE_FAKE_LONG_AGO);
	idle = pce_flow_idle(test_ring(test)->jobs[i].job.flow);
	local_bh_enable();
	return idle;
}

/* Jobs @first and later were handed back in order, and nothing else was */
static void test_expect_turns(struct kunit *test, unsigned int first,
			      unsigned int n)
{
	struct test_ring *ring = test_ring(test);
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, pce_test_wait(&ring->jobs[first + n - 1].ended, 1));
	KUNIT_EXPECT_EQ(test, ring->turns, n);
	for (i = 0; i < n; i++)
		KUNIT_ASSERT_EQ(test, ring->jobs[first + i].turn, i + 1);
}

/* The device completes four jobs of two flows, the newest first */
static void flow_keeps_the_order_of_its_jobs(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	ring->jobs[2].job.flow = &ring->jobs[0].flow;
	ring->jobs[3].job.flow = &ring->jobs[1].flow;
	pce_test_submit_many(test, 0, 4, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 3, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_fake_complete(ring->fake, 2, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_test_expect_log(test, "");
	/* Their places in the ring are free all the same */
	KUNIT_EXPECT_EQ(test, pce_queue_in_flight(&ring->fake->q), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&ring->fake->q.unended), 4);

	/* Another flow does not wait */
	pce_test_submit_many(test, 4, 1, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 4, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_test_expect_log(test, "e4");

	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_test_expect_log(test, "e4e1e3");
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_test_expect_log(test, "e4e1e3e0e2");
	KUNIT_EXPECT_EQ(test, atomic_read(&ring->fake->q.unended), 0);
}

/* What each job was is kept until its turn */
static void flow_keeps_outcomes_apart(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_test_one_flow(ring);
	pce_test_submit_many(test, 0, 3, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 2, PCE_STATUS_OK);
	pce_fake_complete(ring->fake, 1, PCE_STATUS_DST_DMA);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, ring->turns, 0);
	pce_queue_close(&ring->fake->q);
	pce_queue_finish(&ring->fake->q);
	pce_test_expect_log(test, "e0e1e2");
	KUNIT_EXPECT_EQ(test, ring->jobs[0].job.outcome, PCE_JOB_UNKNOWN);
	KUNIT_EXPECT_EQ(test, ring->jobs[1].job.outcome, PCE_JOB_DONE);
	KUNIT_EXPECT_EQ(test, ring->jobs[1].job.status, PCE_STATUS_DST_DMA);
	KUNIT_EXPECT_EQ(test, ring->jobs[2].job.outcome, PCE_JOB_DONE);
	KUNIT_EXPECT_EQ(test, ring->jobs[2].job.status, PCE_STATUS_OK);
}

static void flow_defers_behind_older_jobs(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_test_one_flow(ring);
	/* Nothing is outstanding: at once, and without a place in the flow */
	KUNIT_EXPECT_EQ(test, test_defer(test, 0, true), 0);
	KUNIT_EXPECT_TRUE(test, test_idle(test, 0));

	test_join(test, 0);
	KUNIT_EXPECT_EQ(test, test_defer(test, 1, false), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_defer(test, 2, true), -EBUSY);
	KUNIT_EXPECT_EQ(test, test_defer(test, 3, false), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, ring->turns, 0);
	ring->jobs[0].job.outcome = PCE_JOB_DONE;
	pce_test_end(&ring->jobs[0]);
	test_expect_turns(test, 0, 4);
	KUNIT_EXPECT_EQ(test, ring->jobs[1].job.outcome, PCE_JOB_UNTOUCHED);
	KUNIT_EXPECT_EQ(test, ring->jobs[2].job.outcome, PCE_JOB_UNTOUCHED);
	KUNIT_EXPECT_FALSE(test, ring->jobs[1].job.backlogged);
	KUNIT_EXPECT_TRUE(test, ring->jobs[2].job.backlogged);
	KUNIT_EXPECT_NULL(test, ring->jobs[1].job.queue);
	KUNIT_EXPECT_TRUE(test, test_idle(test, 0));
}

/* The same for jobs that have joined the flow, and that the device did not take */
static void flow_defers_what_has_joined(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	int ret;

	pce_test_one_flow(ring);
	test_join(test, 0);
	test_join(test, 1);
	test_join(test, 2);
	local_bh_disable();
	ret = pce_flow_defer_joined(&ring->jobs[1].job, true);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, ret, -EBUSY);
	pce_test_end(&ring->jobs[2]);
	KUNIT_EXPECT_EQ(test, ring->turns, 0);

	/* The first one is served now by its caller, whose locks the others may need */
	local_bh_disable();
	ret = pce_flow_defer_joined(&ring->jobs[0].job, true);
	KUNIT_EXPECT_EQ(test, ring->turns, 0);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, ret, 0);
	test_expect_turns(test, 1, 2);
	KUNIT_EXPECT_EQ(test, ring->jobs[0].ended, 0);
}

/* Two rounds: the second fails if the jobs of the first are still counted */
static void flow_defers_a_limited_number(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	unsigned int i, round, last = PCE_OVERFLOW_MAX + 1;

	pce_test_one_flow(ring);
	for (round = 1; round <= 2; round++) {
		test_join(test, 0);
		for (i = 1; i <= PCE_OVERFLOW_MAX; i++)
			KUNIT_ASSERT_EQ(test, test_defer(test, i, false),
					-EINPROGRESS);
		KUNIT_EXPECT_EQ(test, test_defer(test, last, false), -ENOSPC);
		/* A backlog has no limit */
		KUNIT_EXPECT_EQ(test, test_defer(test, last, true), -EBUSY);
		KUNIT_EXPECT_EQ(test, test_defer(test, last + 1, false), -ENOSPC);

		ring->turns = 0;
		pce_test_end(&ring->jobs[0]);
		KUNIT_ASSERT_TRUE(test, pce_test_wait(&ring->jobs[last].ended,
						      round));
		for (i = 0; i <= last; i++)
			KUNIT_ASSERT_EQ(test, ring->jobs[i].turn, i + 1);
		KUNIT_EXPECT_EQ(test, ring->jobs[last + 1].ended, 0);
	}
}

/* A job that leaves lets those behind it go that have ended */
static void flow_goes_on_without_its_head(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_test_one_flow(ring);
	test_join(test, 0);
	test_join(test, 1);
	test_join(test, 2);
	pce_test_end(&ring->jobs[1]);
	KUNIT_EXPECT_EQ(test, ring->turns, 0);
	local_bh_disable();
	pce_flow_leave(&ring->jobs[0].job);
	/* Not by the caller, who may have locks that callbacks take */
	KUNIT_EXPECT_EQ(test, ring->turns, 0);
	local_bh_enable();
	test_expect_turns(test, 1, 1);
	KUNIT_EXPECT_FALSE(test, test_idle(test, 0));
	pce_test_end(&ring->jobs[2]);
	test_expect_turns(test, 1, 2);
	KUNIT_EXPECT_EQ(test, ring->jobs[0].ended, 0);
	KUNIT_EXPECT_TRUE(test, test_idle(test, 0));
}

/* What a callback finds: bit 0 for the flow of its job, bit 1 for that of job 3 */
static void test_note_idle(struct test_job *t)
{
	bool own, other;

	pce_fake_age(t->job.flow, PCE_FAKE_LONG_AGO);
	pce_fake_age(t->ring->jobs[3].job.flow, PCE_FAKE_LONG_AGO);
	own = pce_flow_idle(t->job.flow);
	other = pce_flow_idle(t->ring->jobs[3].job.flow);

	t->then_ret = own | other << 1;
}

static void flow_is_idle_for_its_last_callback(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_budget budget = { };
	struct pce_fifo jobs = { };
	unsigned int i;

	ring->jobs[1].job.flow = &ring->jobs[0].flow;
	ring->jobs[2].job.flow = &ring->jobs[0].flow;
	ring->at_end = test_note_idle;
	for (i = 0; i < 4; i++) {
		test_join(test, i);
		pce_fifo_add(&jobs, &ring->jobs[i].job);
	}
	local_bh_disable();
	pce_flow_end(&jobs, &budget);
	local_bh_enable();
	test_expect_turns(test, 0, 4);
	KUNIT_EXPECT_EQ(test, ring->jobs[0].then_ret, 0);
	KUNIT_EXPECT_EQ(test, ring->jobs[1].then_ret, 0);
	KUNIT_EXPECT_EQ(test, ring->jobs[2].then_ret, 1);
	KUNIT_EXPECT_EQ(test, ring->jobs[3].then_ret, 3);
	KUNIT_EXPECT_NULL(test, jobs.first);
}

/* A callback that takes its time, on another CPU */
struct test_stop {
	struct work_struct work;
	struct test_ring *ring;
	unsigned int entered;
	bool go_on;
};

static struct test_stop test_stop;

static void test_stand(struct test_job *t)
{
	ktime_t hangs = ktime_add_ms(ktime_get(), 60 * MSEC_PER_SEC);

	if (t->id)
		return;
	/* What the test does next belongs into the callback */
	smp_store_release(&test_stop.entered, 1);
	/* The callback goes on after what the test has done */
	while (!smp_load_acquire(&test_stop.go_on) &&
	       ktime_before(ktime_get(), hangs))
		cpu_relax();
}

static void test_end_elsewhere(struct work_struct *work)
{
	pce_test_end(&test_stop.ring->jobs[0]);
}

static void flow_is_not_idle_before_its_callback_returns(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	unsigned int cpu;

	cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "there is one CPU only");

	ring->jobs[1].job.flow = &ring->jobs[0].flow;
	ring->at_end = test_stand;
	test_stop.ring = ring;
	test_stop.entered = 0;
	test_stop.go_on = false;
	INIT_WORK(&test_stop.work, test_end_elsewhere);
	test_join(test, 0);
	queue_work_on(cpu, system_wq, &test_stop.work);
	if (pce_test_wait(&test_stop.entered, 1)) {
		/* The caller of job 0 does not know of its end before the callback returns */
		KUNIT_EXPECT_NULL(test, ring->jobs[0].flow.first);
		KUNIT_EXPECT_FALSE(test, test_idle(test, 0));
		KUNIT_EXPECT_EQ(test, test_defer(test, 1, false), -EINPROGRESS);
		KUNIT_EXPECT_EQ(test, ring->jobs[1].ended, 0);
		/* One flow does not make another one wait here */
		KUNIT_EXPECT_TRUE(test, test_idle(test, 2));
	} else {
		KUNIT_FAIL(test, "the callback does not begin");
	}
	/* All of that was before the callback returned */
	smp_store_release(&test_stop.go_on, true);
	flush_work(&test_stop.work);
	test_expect_turns(test, 0, 2);
	KUNIT_EXPECT_TRUE(test, test_idle(test, 0));
}

/* End jobs that have joined.  Return: how many were handed back by the caller. */
static unsigned int test_end_many(struct kunit *test, unsigned int n)
{
	struct test_ring *ring = test_ring(test);
	struct pce_budget budget = { };
	struct pce_fifo jobs = { };
	unsigned int i, turns;

	for (i = 0; i < n; i++) {
		test_join(test, i);
		pce_fifo_add(&jobs, &ring->jobs[i].job);
	}
	local_bh_disable();
	pce_flow_end(&jobs, &budget);
	turns = ring->turns;
	local_bh_enable();
	return turns;
}

static void lane_hands_back_a_limited_number(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, test_end_many(test, TEST_BUDGET_JOBS + 44),
			TEST_BUDGET_JOBS);
	test_expect_turns(test, 0, TEST_BUDGET_JOBS + 44);
}

static void lane_lets_software_do_a_limited_amount(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	unsigned int i;

	for (i = 0; i < 6; i++)
		ring->jobs[i].software = TEST_BUDGET_SOFTWARE / 2;
	KUNIT_EXPECT_EQ(test, test_end_many(test, 6), 2);
	test_expect_turns(test, 0, 6);
}

/* What a context has done for other lanes, or before, counts as well */
static void budget_covers_all_lanes(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_budget budget = { .software = TEST_BUDGET_SOFTWARE };
	struct pce_fifo jobs = { };

	test_join(test, 0);
	pce_fifo_add(&jobs, &ring->jobs[0].job);
	local_bh_disable();
	pce_flow_end(&jobs, &budget);
	KUNIT_EXPECT_EQ(test, ring->turns, 0);
	local_bh_enable();
	test_expect_turns(test, 0, 1);
}

static struct kunit_case pce_flow_cases[] = {
	KUNIT_CASE(flow_keeps_the_order_of_its_jobs),
	KUNIT_CASE(flow_keeps_outcomes_apart),
	KUNIT_CASE(flow_defers_behind_older_jobs),
	KUNIT_CASE(flow_defers_what_has_joined),
	KUNIT_CASE(flow_defers_a_limited_number),
	KUNIT_CASE(flow_goes_on_without_its_head),
	KUNIT_CASE(flow_is_idle_for_its_last_callback),
	KUNIT_CASE(flow_is_not_idle_before_its_callback_returns),
	KUNIT_CASE(lane_hands_back_a_limited_number),
	KUNIT_CASE(lane_lets_software_do_a_limited_amount),
	KUNIT_CASE(budget_covers_all_lanes),
	{}
};

static struct kunit_suite pce_flow_suite = {
	.name = "pce_flow",
	.init = test_flow_init,
	.exit = pce_test_ring_exit,
	.test_cases = pce_flow_cases,
};

kunit_test_suites(&pce_flow_suite);
