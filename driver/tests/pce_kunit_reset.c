// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suites of a queue pair that has a fault: completions that cannot be believed,
 * and what becomes of jobs when it is reset.
 */
#include <linux/bitfield.h>

#include "../pce.h"
#include "../pce_recover.h"
#include "pce_test_ring.h"

/* A completion of the round before looks like a new one but for its phase */
static void completion_with_stale_phase(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;
	u32 i;

	for (i = 0; i < TEST_SIZE; i++) {
		pce_test_submit_many(test, 0, 1, -EINPROGRESS);
		pce_fake_fetch(ring->fake);
		pce_fake_complete(ring->fake, i, PCE_STATUS_OK);
		pce_fake_reap(ring->fake, 64);
	}
	pce_test_submit_many(test, 1, 1, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	KUNIT_EXPECT_FALSE(test, pce_ring_pending(q));
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 64), 0);
	KUNIT_EXPECT_EQ(test, ring->jobs[1].ended, 0);
	KUNIT_EXPECT_EQ(test, q->stats.bad_completions, 0);
}

static void test_expect_recovery(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;
	u32 i;

	KUNIT_EXPECT_EQ(test, q->stats.bad_completions, 1);
	KUNIT_EXPECT_TRUE(test, q->broken);
	KUNIT_EXPECT_EQ(test, pce_test_submit(test, 15, true), -ENODEV);

	/* A reset ends each job in flight once, and the queue pair works again */
	KUNIT_EXPECT_EQ(test, pce_fake_recover(q), 0);
	for (i = 0; i < TEST_SIZE; i++)
		KUNIT_EXPECT_EQ(test, ring->jobs[i].ended, 1);
	KUNIT_EXPECT_FALSE(test, q->broken);
	pce_test_submit_many(test, 14, 1, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 64), 1);
	KUNIT_EXPECT_EQ(test, ring->jobs[14].ended, 1);
}

static void completion_with_tag_out_of_range(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete_tag(ring->fake, TEST_SIZE, PCE_STATUS_OK, 0, NULL);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, ring->logged, 0);
	test_expect_recovery(test);
}

static void completion_with_tag_not_in_flight(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	pce_test_expect_log(test, "e1");
	KUNIT_EXPECT_EQ(test, ring->fake->q.free, 1);
	test_expect_recovery(test);
}

/* The tag of a job in flight, but of another one */
static void completion_with_the_tag_of_another(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;
	u32 tag, ctrl;

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	tag = le16_to_cpu(pce_fake_sqe(ring->fake, 1)->tag);
	ctrl = le32_to_cpu(q->cq[0].ctrl) & ~PCE_CQE_TAG;
	q->cq[0].ctrl = cpu_to_le32(ctrl | FIELD_PREP(PCE_CQE_TAG, tag));
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, ring->logged, 0);
	test_expect_recovery(test);
}

static void completion_with_too_great_a_length(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete_tag(ring->fake,
			      le16_to_cpu(pce_fake_sqe(ring->fake, 0)->tag),
			      PCE_STATUS_OK, TEST_LENGTH + 1, NULL);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, ring->logged, 0);
	test_expect_recovery(test);
}

/* Nothing that follows is believed, and nobody looks at it again and again */
static void completion_after_a_false_one(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	pce_fake_complete_tag(ring->fake, 99, PCE_STATUS_OK, 0, NULL);
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_fake_complete(ring->fake, 2, PCE_STATUS_OK);
	pce_fake_interrupt(ring->fake);
	pce_test_expect_log(test, "e0");
	KUNIT_EXPECT_EQ(test, q->cq_head, 1);
	KUNIT_EXPECT_FALSE(test, pce_ring_pending(q));
	pce_fake_interrupt(ring->fake);
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 64), 0);
	pce_test_expect_log(test, "e0");
	/* The watchdog does not wait until it is its time */
	flush_delayed_work(&q->watch.work);
	KUNIT_EXPECT_EQ(test, atomic_read(&ring->fake->watched), 1);
	test_expect_recovery(test);
	KUNIT_EXPECT_EQ(test, ring->jobs[1].job.outcome, PCE_JOB_UNKNOWN);
}

/* Of a queue pair that is being reset for another reason already */
static void completion_that_is_false_after_the_close(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;
	u32 i;

	pce_test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	cancel_delayed_work_sync(&q->watch.work);
	pce_queue_close(q);
	pce_fake_complete_tag(ring->fake, 99, PCE_STATUS_OK, 0, NULL);
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_queue_finish(q);
	for (i = 0; i < TEST_SIZE; i++) {
		KUNIT_EXPECT_EQ(test, ring->jobs[i].ended, 1);
		KUNIT_EXPECT_EQ(test, ring->jobs[i].job.outcome, PCE_JOB_UNKNOWN);
	}
	KUNIT_EXPECT_EQ(test, q->stats.bad_completions, 1);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&q->watch.work));
}

/* It may be true, so that it is no fault of the whole queue pair */
static void completion_with_too_small_a_length(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_test_submit_many(test, 0, 1, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete_tag(ring->fake,
			      le16_to_cpu(pce_fake_sqe(ring->fake, 0)->tag),
			      PCE_STATUS_OK, TEST_LENGTH - 1, NULL);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, ring->logged, 1);
	KUNIT_EXPECT_EQ(test, ring->jobs[0].job.written, TEST_LENGTH - 1);
	KUNIT_EXPECT_EQ(test, ring->fake->q.stats.errors, 1);
	KUNIT_EXPECT_EQ(test, ring->fake->q.stats.bad_completions, 0);
}

/* Two fetched, two not, one waits */
static void test_stuck(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_test_submit_many(test, 0, 2, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_test_submit_many(test, 2, 2, -EINPROGRESS);
	pce_test_submit_many(test, 4, 1, -EBUSY);
}

/* Who says that it has stopped may still have lost a completion */
static void reset_confirmed_trusts_sq_head_only(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_stuck(test);
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_queue_close(&ring->fake->q);
	KUNIT_EXPECT_EQ(test, pce_queue_rest(&ring->fake->q, 1), -ETIMEDOUT);
	pce_queue_command(&ring->fake->q, PCE_QCMD_STOP);
	KUNIT_EXPECT_EQ(test, pce_queue_rest(&ring->fake->q, 1), 0);
	pce_queue_finish(&ring->fake->q);

	/* What was completed first */
	pce_test_expect_log(test, "e1e0e2e3e4");
	KUNIT_EXPECT_EQ(test, ring->jobs[1].job.outcome, PCE_JOB_DONE);
	KUNIT_EXPECT_EQ(test, ring->jobs[0].job.outcome, PCE_JOB_UNKNOWN);
	KUNIT_EXPECT_EQ(test, ring->jobs[2].job.outcome, PCE_JOB_UNTOUCHED);
	KUNIT_EXPECT_EQ(test, ring->jobs[3].job.outcome, PCE_JOB_UNTOUCHED);
	KUNIT_EXPECT_EQ(test, ring->jobs[4].job.outcome, PCE_JOB_UNTOUCHED);
	KUNIT_EXPECT_TRUE(test, ring->jobs[4].job.backlogged);
	KUNIT_EXPECT_EQ(test, ring->fake->q.free, TEST_SIZE);
}

static void reset_unconfirmed_trusts_sq_head_only(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_stuck(test);
	pce_queue_close(&ring->fake->q);
	pce_queue_finish(&ring->fake->q);

	KUNIT_EXPECT_EQ(test, ring->jobs[0].job.outcome, PCE_JOB_UNKNOWN);
	KUNIT_EXPECT_EQ(test, ring->jobs[1].job.outcome, PCE_JOB_UNKNOWN);
	KUNIT_EXPECT_EQ(test, ring->jobs[2].job.outcome, PCE_JOB_UNTOUCHED);
	KUNIT_EXPECT_EQ(test, ring->jobs[3].job.outcome, PCE_JOB_UNTOUCHED);
	KUNIT_EXPECT_EQ(test, ring->jobs[4].job.outcome, PCE_JOB_UNTOUCHED);
}

/* A completion with an invalid tag was meant for one of the fetched jobs */
static void reset_after_false_completion_trusts_sq_head_only(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_stuck(test);
	pce_fake_complete_tag(ring->fake, 99, PCE_STATUS_OK, 0, NULL);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, pce_fake_recover(&ring->fake->q), 0);

	KUNIT_EXPECT_EQ(test, ring->jobs[0].job.outcome, PCE_JOB_UNKNOWN);
	KUNIT_EXPECT_EQ(test, ring->jobs[1].job.outcome, PCE_JOB_UNKNOWN);
	KUNIT_EXPECT_EQ(test, ring->jobs[2].job.outcome, PCE_JOB_UNTOUCHED);
	KUNIT_EXPECT_EQ(test, ring->jobs[4].job.outcome, PCE_JOB_UNTOUCHED);
}

static void reset_refused_keeps_the_jobs(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	unsigned int timeout_ms = pce_timeout_ms;

	test_stuck(test);
	pce_timeout_ms = 10;
	ring->fake->deaf = true;
	KUNIT_EXPECT_EQ(test, pce_fake_recover(&ring->fake->q), -ETIMEDOUT);
	pce_timeout_ms = timeout_ms;
	KUNIT_EXPECT_EQ(test, ring->logged, 0);
	KUNIT_EXPECT_EQ(test, pce_test_submit(test, 9, true), -ENODEV);
	ring->fake->deaf = false;
	KUNIT_EXPECT_EQ(test, pce_fake_recover(&ring->fake->q), 0);
	KUNIT_EXPECT_EQ(test, ring->logged, 5);
}

/* The state of an HMAC is as secret as its key; a job that is completed takes it away */
static void reset_wipes_what_jobs_left(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;
	u32 tag;

	pce_test_submit_many(test, 0, TEST_SIZE - 1, -EINPROGRESS);
	for (tag = 0; tag < TEST_SIZE; tag++)
		memset(q->slots[tag].extra, 0x5a, sizeof(*q->slots[tag].extra));
	pce_queue_close(q);
	pce_queue_finish(q);
	/* The last tag was not in use */
	for (tag = 0; tag < TEST_SIZE - 1; tag++)
		KUNIT_EXPECT_TRUE(test, mem_is_zero(q->slots[tag].extra,
						    sizeof(*q->slots[tag].extra)));
}

/* The watchdog finds the same jobs once more while software does them */
static void test_see_again(struct test_job *t)
{
	struct pce_device *pce = &t->ring->fake->pce;

	set_bit(t->ring->fake->q.id, pce->recovery.pending);
}

static void reset_forgets_what_was_seen_meanwhile(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;

	ring->at_end = test_see_again;
	pce_test_submit_many(test, 0, 2, -EINPROGRESS);
	KUNIT_EXPECT_TRUE(test, q->watch.running);
	set_bit(q->id, ring->fake->pce.recovery.pending);
	KUNIT_EXPECT_EQ(test, pce_recover_queue(q), 0);
	KUNIT_EXPECT_EQ(test, ring->jobs[1].ended, 1);
	KUNIT_EXPECT_FALSE(test, test_bit(q->id, ring->fake->pce.recovery.pending));
	KUNIT_EXPECT_FALSE(test, q->watch.running);
	KUNIT_EXPECT_TRUE(test, q->live);
}

static void reset_device_gone(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	ring->fake->state = U32_MAX;
	KUNIT_EXPECT_EQ(test, pce_queue_rest(&ring->fake->q, 1000), -ENODEV);
}

static void reset_overdue(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;

	q->watch.idle_runs = PCE_WATCH_IDLE_RUNS;
	KUNIT_EXPECT_FALSE(test, pce_ring_overdue(q, 0));
	pce_test_submit_many(test, 0, 1, -EINPROGRESS);
	q->watch.idle_runs = PCE_WATCH_IDLE_RUNS;
	KUNIT_EXPECT_FALSE(test, pce_ring_overdue(q, HZ * 1000));
	q->slots[le16_to_cpu(pce_fake_sqe(ring->fake, 0)->tag)].since -= HZ;
	q->watch.newest -= HZ;
	KUNIT_EXPECT_TRUE(test, pce_ring_overdue(q, HZ - 1));
	/* The device may have been at work on others before it */
	q->watch.idle_runs = PCE_WATCH_IDLE_RUNS - 1;
	KUNIT_EXPECT_FALSE(test, pce_ring_overdue(q, HZ - 1));
	q->watch.idle_runs = PCE_WATCH_IDLE_RUNS;
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_FALSE(test, pce_ring_overdue(q, 0));
}

static struct kunit_case pce_false_completion_cases[] = {
	KUNIT_CASE(completion_with_stale_phase),
	KUNIT_CASE(completion_with_tag_out_of_range),
	KUNIT_CASE(completion_with_tag_not_in_flight),
	KUNIT_CASE(completion_with_the_tag_of_another),
	KUNIT_CASE(completion_with_too_great_a_length),
	KUNIT_CASE(completion_with_too_small_a_length),
	KUNIT_CASE(completion_after_a_false_one),
	KUNIT_CASE(completion_that_is_false_after_the_close),
	{}
};

static struct kunit_suite pce_false_completion_suite = {
	.name = "pce_false_completion",
	.init = pce_test_ring_init,
	.exit = pce_test_ring_exit,
	.test_cases = pce_false_completion_cases,
};

static struct kunit_case pce_reset_cases[] = {
	KUNIT_CASE(reset_confirmed_trusts_sq_head_only),
	KUNIT_CASE(reset_unconfirmed_trusts_sq_head_only),
	KUNIT_CASE(reset_after_false_completion_trusts_sq_head_only),
	KUNIT_CASE(reset_refused_keeps_the_jobs),
	KUNIT_CASE(reset_wipes_what_jobs_left),
	KUNIT_CASE(reset_forgets_what_was_seen_meanwhile),
	KUNIT_CASE(reset_device_gone),
	KUNIT_CASE(reset_overdue),
	{}
};

static struct kunit_suite pce_reset_suite = {
	.name = "pce_reset",
	.init = pce_test_ring_init,
	.exit = pce_test_ring_exit,
	.test_cases = pce_reset_cases,
};

kunit_test_suites(&pce_false_completion_suite, &pce_reset_suite);
