// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suites of the rings: indices and phases, tags, interrupts, backlog.
 */
#include <linux/bitmap.h>
#include <linux/sizes.h>

#include "../pce.h"
#include "pce_test_ring.h"

/* One job at a time, from the indices @start on, for @rounds of the ring */
static void test_walk(struct kunit *test, u32 start, unsigned int rounds)
{
	struct test_ring *ring = test_ring(test);
	struct pce_fake *fake = ring->fake;
	struct pce_queue *q = &fake->q;
	unsigned int n = rounds * pce_queue_size(q);
	u32 index = start;
	unsigned int i;

	q->sq_tail = start;
	q->cq_head = start;
	q->shadow->sq_event = cpu_to_le32(start);
	fake->fetched = start;
	fake->written = start;
	/* What the round before @start left there */
	for (i = 0; i < pce_queue_size(q); i++)
		if (!pce_phase(start, q->order))
			q->cq[i].ctrl = cpu_to_le32(PCE_CQE_PHASE);

	for (i = 0; i < n; i++, index++) {
		struct pce_sqe *sqe = pce_fake_sqe(fake, index);

		KUNIT_ASSERT_FALSE(test, pce_ring_pending(q));
		KUNIT_ASSERT_EQ(test, pce_test_submit(test, 0, false), -EINPROGRESS);
		KUNIT_ASSERT_EQ(test, le32_to_cpu(q->shadow->sq_tail), index + 1);
		KUNIT_ASSERT_EQ(test, !!(sqe->flags & PCE_SQE_PHASE),
				pce_phase(index, q->order));
		KUNIT_ASSERT_EQ(test, pce_fake_fetch(fake), 1);
		pce_fake_complete(fake, index, PCE_STATUS_OK);
		KUNIT_ASSERT_EQ(test, pce_fake_reap(fake, 2), 1);
		KUNIT_ASSERT_EQ(test, le32_to_cpu(q->shadow->cq_head), index + 1);
		KUNIT_ASSERT_EQ(test, ring->jobs[0].ended, i + 1);
	}
	/* It went to sleep after each */
	KUNIT_EXPECT_EQ(test, fake->doorbells, n);
}

static void ring_wraps(struct kunit *test)
{
	test_walk(test, 0, 5);
}

static void ring_wraps_at_other_sizes(struct kunit *test)
{
	pce_test_ring_exit(test);
	pce_test_ring_init_order(test, 4);
	test_walk(test, 0, 3);

	pce_test_ring_exit(test);
	pce_test_ring_init_order(test, PCE_LIMIT_MAX_ORDER);
	test_walk(test, 0, 2);
}

static void ring_index_wraps(struct kunit *test)
{
	test_walk(test, U32_MAX - 2 * TEST_SIZE + 1, 4);
}

static void ring_doorbell_only_when_asked(struct kunit *test)
{
	struct pce_fake *fake = test_ring(test)->fake;

	pce_test_submit_many(test, 0, 1, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, fake->doorbells, 1);
	/* The device is awake: sq_event stays behind */
	pce_test_submit_many(test, 1, 2, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, fake->doorbells, 1);
	/* It sleeps again: the next entry wakes it */
	KUNIT_EXPECT_EQ(test, pce_fake_fetch(fake), 3);
	pce_test_submit_many(test, 3, 1, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, fake->doorbells, 2);
	KUNIT_EXPECT_EQ(test, fake->q.stats.doorbells, 2);
}

static void ring_tags_are_unique(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	DECLARE_BITMAP(seen, TEST_SIZE) = {};
	u32 i;

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, ring->fake->q.free, 0);
	for (i = 0; i < TEST_SIZE; i++) {
		u32 tag = le16_to_cpu(pce_fake_sqe(ring->fake, i)->tag);

		KUNIT_ASSERT_LT(test, tag, TEST_SIZE);
		KUNIT_EXPECT_FALSE(test, test_and_set_bit(tag, seen));
	}
}

static void ring_completes_in_any_order(struct kunit *test)
{
	static const u32 order[TEST_SIZE] = { 2, 0, 3, 1 };
	struct test_ring *ring = test_ring(test);
	u32 i;

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	for (i = 0; i < TEST_SIZE; i++)
		pce_fake_complete(ring->fake, order[i], PCE_STATUS_OK);
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 64), TEST_SIZE);
	pce_test_expect_log(test, "e2e0e3e1");
	KUNIT_EXPECT_EQ(test, ring->fake->q.free, TEST_SIZE);

	/* A tag that came back early is given out while an older job runs on */
	pce_test_submit_many(test, 4, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, TEST_SIZE + 1, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_test_submit_many(test, 8, 1, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 2 * TEST_SIZE, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_test_expect_log(test, "e2e0e3e1e5e8");
}

static void ring_full_with_enospc_retains_nothing(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	bool enospc = pce_enospc;
	int ret;

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_enospc = true;
	ret = pce_test_submit(test, 8, false);
	pce_enospc = enospc;
	KUNIT_EXPECT_EQ(test, ret, -ENOSPC);
	KUNIT_EXPECT_EQ(test, ring->fake->q.stats.full, 1);
	KUNIT_EXPECT_EQ(test, ring->fake->q.stats.overflowed, 0);
	KUNIT_EXPECT_NULL(test, ring->fake->q.waiting.first);
	KUNIT_EXPECT_NULL(test, ring->jobs[8].flow.first);
	KUNIT_EXPECT_EQ(test, atomic_read(&ring->fake->q.unended), TEST_SIZE);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ring->fake->q.shadow->sq_tail),
			TEST_SIZE);

	/* Nothing ever comes of it */
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_queue_close(&ring->fake->q);
	pce_queue_finish(&ring->fake->q);
	KUNIT_EXPECT_EQ(test, ring->jobs[8].begun + ring->jobs[8].ended, 0);
}

/* A limited number of jobs waits without a backlog; ops->begun() is not called for them */
static void ring_overflows(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;

	pce_test_one_flow(ring);
	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, pce_test_submit(test, 4, false), -EINPROGRESS);
	pce_test_submit_many(test, 5, 1, -EBUSY);
	KUNIT_EXPECT_EQ(test, pce_test_submit(test, 6, false), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, q->nr_overflow, 2);
	KUNIT_EXPECT_EQ(test, q->stats.overflowed, 2);
	KUNIT_EXPECT_EQ(test, q->stats.backlogged, 1);
	KUNIT_EXPECT_EQ(test, q->stats.full, 0);

	/* The bound; a backlog has none */
	q->nr_overflow = PCE_OVERFLOW_MAX;
	KUNIT_EXPECT_EQ(test, pce_test_submit(test, 7, false), -ENOSPC);
	KUNIT_EXPECT_EQ(test, q->stats.full, 1);
	KUNIT_EXPECT_EQ(test, pce_test_submit(test, 7, true), -EBUSY);
	q->nr_overflow = PCE_OVERFLOW_MAX - 1;
	KUNIT_EXPECT_EQ(test, pce_test_submit(test, 8, false), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, q->nr_overflow, PCE_OVERFLOW_MAX);
	q->nr_overflow = 3;

	/* They have their turn in order */
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_test_expect_log(test, "b5e0e1");
	KUNIT_EXPECT_EQ(test, q->nr_overflow, 2);
	KUNIT_EXPECT_EQ(test, pce_test_job_at(ring, 4)->id, 4);
	KUNIT_EXPECT_EQ(test, pce_test_job_at(ring, 5)->id, 5);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 2, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_test_expect_log(test, "b5e0e1e2");
	KUNIT_EXPECT_EQ(test, q->nr_overflow, 1);

	/* A reset ends what waits too */
	pce_queue_close(q);
	pce_queue_finish(q);
	pce_test_expect_log(test, "b5e0e1e2e3e4e5e6e7e8");
	KUNIT_EXPECT_EQ(test, q->nr_overflow, 0);
	KUNIT_EXPECT_FALSE(test, ring->jobs[6].job.backlogged);
	KUNIT_EXPECT_TRUE(test, ring->jobs[7].job.backlogged);
	KUNIT_EXPECT_FALSE(test, ring->jobs[8].job.backlogged);
}

static void ring_closed_takes_nothing(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_queue_close(&ring->fake->q);
	KUNIT_EXPECT_EQ(test, pce_test_submit(test, 0, true), -ENODEV);
	KUNIT_EXPECT_NULL(test, ring->fake->q.waiting.first);
	KUNIT_EXPECT_EQ(test, ring->fake->q.free, TEST_SIZE);
}

static void ring_budget_is_kept(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	u32 i;

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	for (i = 0; i < TEST_SIZE; i++)
		pce_fake_complete(ring->fake, i, PCE_STATUS_OK);
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 3), 3);
	pce_test_expect_log(test, "e0e1e2");
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 3), 1);
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 3), 0);
}

static void ring_passes_on_what_the_device_said(struct kunit *test)
{
	static const u8 iv[PCE_CQE_RESULT_SIZE] = "sixteen bytes...";
	struct test_ring *ring = test_ring(test);
	struct pce_job *job = &ring->jobs[0].job;
	u32 tag;

	pce_test_submit_many(test, 0, 3, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	tag = le16_to_cpu(pce_fake_sqe(ring->fake, 0)->tag);
	pce_fake_complete_tag(ring->fake, tag, PCE_STATUS_OK, TEST_LENGTH, iv);
	pce_fake_complete(ring->fake, 1, PCE_STATUS_DST_DMA);
	pce_fake_complete(ring->fake, 2, PCE_STATUS_AUTH_FAILED);
	pce_fake_reap(ring->fake, 64);

	KUNIT_EXPECT_EQ(test, job->outcome, PCE_JOB_DONE);
	KUNIT_EXPECT_EQ(test, job->status, PCE_STATUS_OK);
	KUNIT_EXPECT_EQ(test, job->written, TEST_LENGTH);
	KUNIT_EXPECT_MEMEQ(test, job->result, iv, sizeof(iv));

	job = &ring->jobs[1].job;
	KUNIT_EXPECT_EQ(test, job->outcome, PCE_JOB_DONE);
	KUNIT_EXPECT_EQ(test, job->status, PCE_STATUS_DST_DMA);
	KUNIT_EXPECT_EQ(test, ring->fake->q.stats.errors, 1);
	KUNIT_EXPECT_EQ(test, ring->fake->q.stats.auth_failures, 1);
}

static void ring_job_may_submit_from_its_end(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	ring->jobs[0].then = &ring->jobs[1];
	pce_test_submit_many(test, 0, 1, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, ring->jobs[0].then_ret, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, pce_fake_fetch(ring->fake), 1);
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_test_expect_log(test, "e0e1");
}

/* The device completes the second job while the first one is being ended */
static void test_complete_second(struct test_job *t)
{
	t->ring->at_end = NULL;
	pce_fake_complete(t->ring->fake, 1, PCE_STATUS_OK);
}

static void ring_bottom_half_leaves_nothing_behind(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_test_submit_many(test, 0, 2, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	ring->at_end = test_complete_second;
	pce_fake_interrupt(ring->fake);
	pce_test_expect_log(test, "e0e1");
	/* And it asked for the next interrupt */
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ring->fake->q.shadow->cq_event), 2);
}

static void backlog_keeps_the_order(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	u32 i;

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_test_submit_many(test, TEST_SIZE, 5, -EBUSY);
	KUNIT_EXPECT_EQ(test, ring->fake->q.stats.backlogged, 5);
	pce_fake_fetch(ring->fake);

	/* Two come back, two go in, and are announced before anything ends */
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_test_expect_log(test, "b4b5e1e0");
	KUNIT_EXPECT_EQ(test, pce_fake_fetch(ring->fake), 2);
	KUNIT_EXPECT_EQ(test, pce_test_job_at(ring, 4)->id, 4);
	KUNIT_EXPECT_EQ(test, pce_test_job_at(ring, 5)->id, 5);

	/* A newcomer does not overtake those that wait */
	pce_test_submit_many(test, 9, 1, -EBUSY);

	for (i = 2; i < 10; i++) {
		pce_fake_complete(ring->fake, i, PCE_STATUS_OK);
		KUNIT_ASSERT_EQ(test, pce_fake_reap(ring->fake, 64), 1);
		pce_fake_fetch(ring->fake);
	}
	pce_test_expect_log(test, "b4b5e1e0b6e2b7e3b8e4b9e5e6e7e8e9");
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, ring->jobs[i].ended, 1);
}

static void backlog_wakes_a_sleeping_device(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_test_submit_many(test, TEST_SIZE, 1, -EBUSY);
	pce_fake_fetch(ring->fake);
	ring->fake->doorbells = 0;
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, ring->fake->doorbells, 1);
}

/* All that is in flight comes back before anybody looks at the backlog */
static void backlog_survives_the_last_completion(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	u32 i;

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	for (i = 0; i < TEST_SIZE; i++)
		pce_fake_complete(ring->fake, i, PCE_STATUS_OK);
	pce_test_submit_many(test, TEST_SIZE, 1, -EBUSY);
	pce_fake_interrupt(ring->fake);
	KUNIT_EXPECT_EQ(test, ring->jobs[TEST_SIZE].begun, 1);
	KUNIT_EXPECT_EQ(test, pce_fake_fetch(ring->fake), 1);
	pce_fake_complete(ring->fake, TEST_SIZE, PCE_STATUS_OK);
	pce_fake_interrupt(ring->fake);
	KUNIT_EXPECT_EQ(test, ring->jobs[TEST_SIZE].ended, 1);
}

#define EVENT_ORDER	4	/* sixteen entries */

static int test_event_init(struct kunit *test)
{
	return pce_test_ring_init_order(test, EVENT_ORDER);
}

static u32 test_event(struct kunit *test)
{
	return le32_to_cpu(test_ring(test)->fake->q.shadow->cq_event);
}

/* The device completes the jobs @first to @first + @n - 1 */
static void test_complete_many(struct kunit *test, u32 first, u32 n)
{
	u32 i;

	pce_fake_fetch(test_ring(test)->fake);
	for (i = first; i < first + n; i++)
		pce_fake_complete(test_ring(test)->fake, i, PCE_STATUS_OK);
}

static void event_of_few_is_the_next(struct kunit *test)
{
	pce_test_submit_many(test, 0, 7, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 0);
	test_complete_many(test, 0, 3);
	pce_fake_interrupt(test_ring(test)->fake);
	KUNIT_EXPECT_EQ(test, test_event(test), 3);
}

static void event_of_many_is_deferred(struct kunit *test)
{
	pce_test_submit_many(test, 0, 8, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 5);
	pce_test_submit_many(test, 8, 8, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 11);

	/* Those that are left are few again */
	test_complete_many(test, 0, 12);
	pce_fake_interrupt(test_ring(test)->fake);
	KUNIT_EXPECT_EQ(test, test_event(test), 12);
}

static void event_is_not_deferred_for_long_jobs(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	unsigned int i;

	for (i = 0; i < TEST_JOBS; i++)
		ring->jobs[i].job.length = SZ_64K + 1;
	pce_test_submit_many(test, 0, 16, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 0);
}

/* The device may be past what lies before it, and would never interrupt */
static void event_does_not_move_back(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	ring->jobs[8].job.length = SZ_1M;
	pce_test_submit_many(test, 0, 8, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 5);
	/* It is not looked at for each of them */
	pce_test_submit_many(test, 8, 4, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 5);
}

/* Jobs that move from the backlog to the ring defer the event too; a reset clears it */
static void event_follows_the_ring(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_test_submit_many(test, 0, 16, -EINPROGRESS);
	ring->jobs[0].then = &ring->jobs[0];
	test_complete_many(test, 0, 2);
	pce_fake_interrupt(ring->fake);
	KUNIT_EXPECT_EQ(test, ring->jobs[0].then_ret, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 2 + 11);

	KUNIT_EXPECT_EQ(test, pce_fake_recover(&ring->fake->q), 0);
	KUNIT_EXPECT_EQ(test, test_event(test), 0);
	pce_test_submit_many(test, 2, 1, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 0);
}

static struct kunit_case pce_event_cases[] = {
	KUNIT_CASE(event_of_few_is_the_next),
	KUNIT_CASE(event_of_many_is_deferred),
	KUNIT_CASE(event_is_not_deferred_for_long_jobs),
	KUNIT_CASE(event_does_not_move_back),
	KUNIT_CASE(event_follows_the_ring),
	{}
};

static struct kunit_suite pce_event_suite = {
	.name = "pce_event",
	.init = test_event_init,
	.exit = pce_test_ring_exit,
	.test_cases = pce_event_cases,
};

static struct kunit_case pce_ring_cases[] = {
	KUNIT_CASE(ring_wraps),
	KUNIT_CASE(ring_wraps_at_other_sizes),
	KUNIT_CASE(ring_index_wraps),
	KUNIT_CASE(ring_doorbell_only_when_asked),
	KUNIT_CASE(ring_tags_are_unique),
	KUNIT_CASE(ring_completes_in_any_order),
	KUNIT_CASE(ring_full_with_enospc_retains_nothing),
	KUNIT_CASE(ring_overflows),
	KUNIT_CASE(ring_closed_takes_nothing),
	KUNIT_CASE(ring_budget_is_kept),
	KUNIT_CASE(ring_passes_on_what_the_device_said),
	KUNIT_CASE(ring_job_may_submit_from_its_end),
	KUNIT_CASE(ring_bottom_half_leaves_nothing_behind),
	{}
};

static struct kunit_suite pce_ring_suite = {
	.name = "pce_ring",
	.init = pce_test_ring_init,
	.exit = pce_test_ring_exit,
	.test_cases = pce_ring_cases,
};

static struct kunit_case pce_backlog_cases[] = {
	KUNIT_CASE(backlog_keeps_the_order),
	KUNIT_CASE(backlog_wakes_a_sleeping_device),
	KUNIT_CASE(backlog_survives_the_last_completion),
	{}
};

static struct kunit_suite pce_backlog_suite = {
	.name = "pce_backlog",
	.init = pce_test_ring_init,
	.exit = pce_test_ring_exit,
	.test_cases = pce_backlog_cases,
};

kunit_test_suites(&pce_ring_suite, &pce_event_suite, &pce_backlog_suite);
