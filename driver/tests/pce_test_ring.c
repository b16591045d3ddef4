// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring for tests: see pce_test_ring.h.
 */
#include <linux/bottom_half.h>
#include <linux/iopoll.h>

#include "../pce.h"
#include "pce_test_ring.h"

/* Only who hangs takes so long */
#define TEST_TIMEOUT_US	(60 * USEC_PER_SEC)

static void test_log(struct test_job *t, enum test_event event)
{
	struct test_ring *ring = t->ring;

	if (ring->logged < TEST_LOG) {
		ring->log[ring->logged].event = event;
		ring->log[ring->logged].id = t->id;
	}
	ring->logged++;
}

static void test_fill(struct pce_job *job, struct pce_sqe *sqe,
		      const struct pce_slot *slot)
{
	struct test_job *t = container_of(job, struct test_job, job);

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = PCE_OP_CIPHER;
	sqe->length = cpu_to_le32(job->length);
	sqe->ctx_generation = cpu_to_le32(t->id);
}

static void test_begun(struct pce_job *job)
{
	struct test_job *t = container_of(job, struct test_job, job);

	t->begun++;
	test_log(t, TEST_BEGUN);
}

static const struct pce_job_ops test_ops = {
	.fill = test_fill,
	.begun = test_begun,
};

/* The one test that runs, and who had the jobs before */
static struct test_ring *test_current;
static pce_flow_end_fn test_owner;

static int test_submit(struct test_job *t, bool may_backlog)
{
	int ret;

	pce_flow_join(&t->job);
	ret = pce_ring_submit(&t->ring->fake->q, &t->job, may_backlog);
	if (ret != -EINPROGRESS && ret != -EBUSY)
		pce_flow_leave(&t->job);
	return ret;
}

/* Called by a lane, in any context */
static u32 test_end(struct pce_job *job)
{
	struct test_ring *ring = test_current;
	struct test_job *t = container_of(job, struct test_job, job);
	struct pce_queue *q = job->queue;

	/* A device that is in service has jobs of its own */
	if (t < ring->jobs || t >= ring->jobs + ring->nr_jobs)
		return test_owner(job);

	test_log(t, TEST_ENDED);
	t->turn = ++ring->turns;
	pce_flow_touch(job);
	if (ring->at_end)
		ring->at_end(t);
	if (t->then)
		t->then_ret = test_submit(t->then, true);
	/* Pairs with the acquire of the waiter, who must see the fields written above */
	smp_store_release(&t->ended, t->ended + 1);
	if (q)
		pce_ring_ended(q);
	return t->software;
}

/**
 * pce_test_ring_init_jobs() - a queue pair and jobs for it
 * @test: test, which finds them by test_ring()
 * @order: log2 of the entries in a ring
 * @jobs: number of jobs
 *
 * Return: 0; the test is over if there is no memory.
 */
int pce_test_ring_init_jobs(struct kunit *test, u8 order, unsigned int jobs)
{
	struct test_ring *ring = kunit_kzalloc(test, sizeof(*ring), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ring);
	ring->jobs = kunit_kcalloc(test, jobs, sizeof(*ring->jobs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ring->jobs);
	ring->nr_jobs = jobs;
	ring->fake = pce_fake_create(test, order, &test_ops);
	for (i = 0; i < jobs; i++) {
		struct test_job *t = &ring->jobs[i];

		pce_flow_init(&t->flow);
		t->ring = ring;
		t->id = i;
		t->job.flow = &t->flow;
		t->job.length = TEST_LENGTH;
		t->job.expected = TEST_LENGTH;
	}
	test->priv = ring;
	test_current = ring;
	test_owner = pce_flow_redirect(test_end);
	return 0;
}

/**
 * pce_test_ring_init_order() - the same with TEST_JOBS jobs
 * @test: test
 * @order: log2 of the entries in a ring
 *
 * Return: 0.
 */
int pce_test_ring_init_order(struct kunit *test, u8 order)
{
	return pce_test_ring_init_jobs(test, order, TEST_JOBS);
}

/**
 * pce_test_ring_init() - the same for rings of TEST_SIZE, as a suite's init()
 * @test: test
 *
 * Return: 0.
 */
int pce_test_ring_init(struct kunit *test)
{
	return pce_test_ring_init_order(test, TEST_ORDER);
}

/**
 * pce_test_ring_exit() - of a suite whose init() made a ring
 * @test: test
 */
void pce_test_ring_exit(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	/* A test that has failed may have left jobs behind */
	pce_queue_close(&ring->fake->q);
	pce_queue_finish(&ring->fake->q);
	pce_flow_redirect(test_owner);
	pce_fake_destroy(ring->fake);
}

/**
 * pce_test_one_flow() - let all jobs belong to one flow, that of the first
 * @ring: ring whose jobs were not submitted yet
 */
void pce_test_one_flow(struct test_ring *ring)
{
	unsigned int i;

	for (i = 0; i < ring->nr_jobs; i++)
		ring->jobs[i].job.flow = &ring->jobs[0].flow;
}

/**
 * pce_test_submit() - submit a job
 * @test: test
 * @i: its number
 * @may_backlog: it may wait for room in the ring
 *
 * Return: what pce_ring_submit() does.
 */
int pce_test_submit(struct kunit *test, unsigned int i, bool may_backlog)
{
	int ret;

	local_bh_disable();
	ret = test_submit(&test_ring(test)->jobs[i], may_backlog);
	local_bh_enable();
	return ret;
}

/**
 * pce_test_submit_many() - submit jobs that may wait, each with the same result
 * @test: test, which is over at another one
 * @first: number of the first job
 * @n: jobs
 * @expect: result
 */
void pce_test_submit_many(struct kunit *test, unsigned int first,
			  unsigned int n, int expect)
{
	unsigned int i;

	for (i = first; i < first + n; i++)
		KUNIT_ASSERT_EQ(test, pce_test_submit(test, i, true), expect);
}

/**
 * pce_test_end() - end a job that the ring does not have
 * @t: job that has joined its flow
 */
void pce_test_end(struct test_job *t)
{
	struct pce_budget budget = { };
	struct pce_fifo jobs = { };

	pce_fifo_add(&jobs, &t->job);
	local_bh_disable();
	pce_flow_end(&jobs, &budget);
	local_bh_enable();
}

/**
 * pce_test_wait() - wait for something that happens in another context
 * @count: times that it has happened
 * @n: as often as it should
 *
 * Return: true if it has happened so often; false if that takes too long.
 */
bool pce_test_wait(unsigned int *count, unsigned int n)
{
	unsigned int value;

	return !read_poll_timeout(smp_load_acquire, value, value >= n,
				  USEC_PER_MSEC, TEST_TIMEOUT_US, false, count);
}

/**
 * pce_test_job_at() - the job that a submission entry is about
 * @ring: ring
 * @index: running index of the entry
 *
 * Return: the job.
 */
struct test_job *pce_test_job_at(struct test_ring *ring, u32 index)
{
	struct pce_sqe *sqe = pce_fake_sqe(ring->fake, index);

	return &ring->jobs[le32_to_cpu(sqe->ctx_generation)];
}

/**
 * pce_test_expect_log() - what was said of jobs so far
 * @test: test
 * @expect: "b1e1" is: job 1 is begun, and it has ended
 */
void pce_test_expect_log(struct kunit *test, const char *expect)
{
	struct test_ring *ring = test_ring(test);
	char got[2 * TEST_LOG + 1] = "";
	unsigned int i;

	KUNIT_ASSERT_LE(test, ring->logged, TEST_LOG);
	for (i = 0; i < ring->logged; i++) {
		got[2 * i] = ring->log[i].event;
		got[2 * i + 1] = "0123456789abcdef"[ring->log[i].id];
	}
	KUNIT_EXPECT_STREQ(test, got, expect);
}
