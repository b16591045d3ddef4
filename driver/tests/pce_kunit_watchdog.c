// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of the watchdog: a job that the device has dropped is found, and a device
 * that has much to do is left alone.
 *
 * Time does not pass: jobs are submitted in the past.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/workqueue.h>

#include "../pce.h"
#include "../pce_recover.h"
#include "pce_test_ring.h"

#define TEST_LARGE	4	/* log2 of a ring in which interrupts are deferred */

static unsigned long test_timeout(void)
{
	return msecs_to_jiffies(pce_timeout());
}

static int test_watchdog_init(struct kunit *test)
{
	pce_test_ring_init_order(test, TEST_LARGE);
	/* The queue pair has been at work for long */
	test_ring(test)->fake->q.watch.newest = jiffies - 100 * test_timeout();
	return 0;
}

/* Run the watchdog.  Return: the queue pair has to be reset. */
static bool test_look(struct kunit *test)
{
	struct pce_fake *fake = test_ring(test)->fake;
	unsigned int serviced = atomic_read(&fake->serviced);
	bool reset;

	pce_recover_watchdog(&fake->q.watch.work.work);
	flush_work(&fake->pce.recovery.service);
	reset = test_bit(fake->q.id, fake->pce.recovery.pending);
	/* The service work hears of it, and of nothing else */
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->serviced), serviced + reset);
	return reset;
}

/* Jobs @first and later, which the device fetches, were submitted at @since */
static void test_submit_at(struct kunit *test, unsigned int first,
			   unsigned int n, unsigned long since)
{
	struct test_ring *ring = test_ring(test);
	unsigned int i;

	for (i = first; i < first + n; i++) {
		u32 index = ring->fake->q.sq_tail;
		u32 tag;

		KUNIT_ASSERT_EQ(test, pce_test_submit(test, i, true), -EINPROGRESS);
		tag = le16_to_cpu(pce_fake_sqe(ring->fake, index)->tag);
		ring->fake->q.slots[tag].since = since;
	}
	pce_fake_fetch(ring->fake);
}

static void test_complete_at(struct kunit *test, u32 index)
{
	pce_fake_complete(test_ring(test)->fake, index, PCE_STATUS_OK);
	pce_fake_reap(test_ring(test)->fake, 64);
}

static void watchdog_finds_a_dropped_job(struct kunit *test)
{
	test_submit_at(test, 0, 1, jiffies - test_timeout() - 1);
	/* It was fetched since the last run */
	KUNIT_EXPECT_FALSE(test, test_look(test));
	KUNIT_EXPECT_FALSE(test, test_look(test));
	KUNIT_EXPECT_TRUE(test, test_look(test));
}

static void watchdog_leaves_young_jobs_alone(struct kunit *test)
{
	unsigned int i;

	test_submit_at(test, 0, 1, jiffies);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_FALSE(test, test_look(test));
}

/* All jobs are old, and the device does one after the other */
static void watchdog_leaves_a_busy_device_alone(struct kunit *test)
{
	unsigned int i;

	test_submit_at(test, 0, 16, jiffies - 10 * test_timeout());
	for (i = 0; i < 15; i++) {
		KUNIT_EXPECT_FALSE(test, test_look(test));
		/* Half the timeout without progress is not much */
		KUNIT_EXPECT_FALSE(test, test_look(test));
		test_complete_at(test, i);
	}
	KUNIT_EXPECT_FALSE(test, test_look(test));
	KUNIT_EXPECT_FALSE(test, test_look(test));
	KUNIT_EXPECT_TRUE(test, test_look(test));
}

static void watchdog_finds_a_job_that_was_overtaken(struct kunit *test)
{
	unsigned long since = jiffies - test_timeout() - 1;

	test_submit_at(test, 0, 1, since);
	test_submit_at(test, 1, 1, since + test_timeout() / 2);
	test_submit_at(test, 2, 1, since + test_timeout() / 2 + 1);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	test_complete_at(test, 1);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	test_complete_at(test, 2);
	KUNIT_EXPECT_TRUE(test, test_look(test));
}

/* An older job that completes does not undo it */
static void watchdog_remembers_the_newest_job(struct kunit *test)
{
	unsigned long since = jiffies - test_timeout() - 1;

	test_submit_at(test, 0, 2, since);
	test_submit_at(test, 2, 1, jiffies);
	test_complete_at(test, 2);
	test_complete_at(test, 1);
	KUNIT_EXPECT_TRUE(test, test_look(test));
}

/* The machine was stopped, and perhaps the device too */
static void watchdog_does_not_count_a_late_run(struct kunit *test)
{
	struct pce_watch *watch = &test_ring(test)->fake->q.watch;
	unsigned int i;

	test_submit_at(test, 0, 1, jiffies - 10 * test_timeout());
	KUNIT_EXPECT_FALSE(test, test_look(test));
	for (i = 0; i < 5; i++) {
		watch->last_run = jiffies - test_timeout() - 1;
		KUNIT_EXPECT_FALSE(test, test_look(test));
	}
	KUNIT_EXPECT_EQ(test, watch->idle_runs, 0);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	KUNIT_EXPECT_TRUE(test, test_look(test));
}

static void watchdog_takes_completions_of_a_lost_interrupt(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;

	enable_work(&q->reap_work);
	q->reaping = true;
	test_submit_at(test, 0, 1, jiffies);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	KUNIT_EXPECT_EQ(test, q->stats.lost_interrupts, 1);
	KUNIT_EXPECT_EQ(test, q->nr_errors, 1);
	KUNIT_EXPECT_TRUE(test, pce_test_wait(&ring->jobs[0].ended, 1));
}

/* A device that takes one job after the other, and completes none */
static void watchdog_finds_dropped_jobs_behind_new_ones(struct kunit *test)
{
	unsigned long since = jiffies - test_timeout() - 1;

	test_submit_at(test, 0, 1, since);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	test_submit_at(test, 1, 1, since);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	test_submit_at(test, 2, 1, since);
	KUNIT_EXPECT_TRUE(test, test_look(test));
}

/* Others go on to submit jobs, and the device to fetch them */
static void watchdog_is_not_misled_by_new_jobs(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;

	test_submit_at(test, 0, 1, jiffies);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	test_submit_at(test, 1, 1, jiffies);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	KUNIT_EXPECT_EQ(test, q->stats.lost_interrupts, 1);
}

/* The driver has asked for an interrupt later, and a job that is late keeps it back */
static void watchdog_takes_completions_without_interrupt(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;
	u32 i;

	test_submit_at(test, 0, 16, jiffies);
	KUNIT_ASSERT_EQ(test, q->cq_event, 11);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	for (i = 0; i < 11; i++)
		pce_fake_complete(ring->fake, i, PCE_STATUS_OK);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	KUNIT_EXPECT_EQ(test, q->stats.lost_interrupts, 0);
	pce_fake_complete(ring->fake, 11, PCE_STATUS_OK);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	KUNIT_EXPECT_EQ(test, q->stats.lost_interrupts, 1);

	enable_work(&q->reap_work);
	q->reaping = true;
	KUNIT_EXPECT_FALSE(test, test_look(test));
	KUNIT_EXPECT_TRUE(test, pce_test_wait(&ring->jobs[11].ended, 1));
}

static void watchdog_resets_after_a_false_completion(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_submit_at(test, 0, 1, jiffies);
	pce_fake_complete_tag(ring->fake, 99, PCE_STATUS_OK, 0, NULL);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_TRUE(test, test_look(test));
}

/* It runs as long as jobs are in flight */
static void watchdog_rests(struct kunit *test)
{
	struct pce_queue *q = &test_ring(test)->fake->q;

	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&q->watch.work));
	test_submit_at(test, 0, 2, jiffies);
	KUNIT_EXPECT_TRUE(test, q->watch.running);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&q->watch.work));
	cancel_delayed_work_sync(&q->watch.work);
	test_complete_at(test, 0);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	KUNIT_EXPECT_TRUE(test, q->watch.running);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&q->watch.work));
	cancel_delayed_work_sync(&q->watch.work);
	test_complete_at(test, 1);
	KUNIT_EXPECT_FALSE(test, test_look(test));
	KUNIT_EXPECT_FALSE(test, q->watch.running);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&q->watch.work));

	/* What it has seen of earlier jobs is no matter to new ones */
	q->watch.idle_runs = PCE_WATCH_IDLE_RUNS;
	test_submit_at(test, 2, 1, jiffies);
	KUNIT_EXPECT_EQ(test, q->watch.idle_runs, 0);
	KUNIT_EXPECT_TRUE(test, q->watch.running);
}

static struct kunit_case pce_watchdog_cases[] = {
	KUNIT_CASE(watchdog_finds_a_dropped_job),
	KUNIT_CASE(watchdog_finds_dropped_jobs_behind_new_ones),
	KUNIT_CASE(watchdog_leaves_young_jobs_alone),
	KUNIT_CASE(watchdog_leaves_a_busy_device_alone),
	KUNIT_CASE(watchdog_finds_a_job_that_was_overtaken),
	KUNIT_CASE(watchdog_remembers_the_newest_job),
	KUNIT_CASE(watchdog_does_not_count_a_late_run),
	KUNIT_CASE(watchdog_takes_completions_of_a_lost_interrupt),
	KUNIT_CASE(watchdog_is_not_misled_by_new_jobs),
	KUNIT_CASE(watchdog_takes_completions_without_interrupt),
	KUNIT_CASE(watchdog_resets_after_a_false_completion),
	KUNIT_CASE(watchdog_rests),
	{}
};

static struct kunit_suite pce_watchdog_suite = {
	.name = "pce_watchdog",
	.init = test_watchdog_init,
	.exit = pce_test_ring_exit,
	.test_cases = pce_watchdog_cases,
};

kunit_test_suites(&pce_watchdog_suite);
