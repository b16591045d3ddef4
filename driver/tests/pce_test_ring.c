// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring for tests: see pce_test_ring.h.
 */
#include "../pce.h"
#include "pce_test_ring.h"

static void test_log(struct test_job *t, enum test_event event)
{
	struct test_ring *ring = t->ring;

	if (ring->logged < TEST_LOG) {
		ring->log[ring->logged].event = event;
		ring->log[ring->logged].id = t->id;
	}
	ring->logged++;
}

static int test_fill(struct pce_job *job, struct pce_sqe *sqe,
		     const struct pce_slot *slot)
{
	struct test_job *t = container_of(job, struct test_job, job);

	if (t->fill_error)
		return t->fill_error;
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = PCE_OP_CIPHER;
	sqe->length = cpu_to_le32(job->length);
	sqe->ctx_generation = cpu_to_le32(t->id);
	return 0;
}

static void test_begun(struct pce_job *job)
{
	struct test_job *t = container_of(job, struct test_job, job);

	t->begun++;
	test_log(t, TEST_BEGUN);
}

static void test_end(struct pce_job *job)
{
	struct test_job *t = container_of(job, struct test_job, job);

	t->ended++;
	test_log(t, TEST_ENDED);
	if (t->ring->at_end)
		t->ring->at_end(t->ring);
	if (t->then)
		t->then_ret = pce_ring_submit(&t->ring->fake->q,
					      &t->then->job, true);
}

static const struct pce_job_ops test_ops = {
	.fill = test_fill,
	.begun = test_begun,
	.end = test_end,
};

/**
 * pce_test_ring_init_order() - a queue pair and jobs for it
 * @test: test, which finds them by test_ring()
 * @order: log2 of the entries in a ring
 *
 * Return: 0; the test is over if there is no memory.
 */
int pce_test_ring_init_order(struct kunit *test, u8 order)
{
	struct test_ring *ring = kunit_kzalloc(test, sizeof(*ring), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ring);
	ring->fake = pce_fake_create(test, order, &test_ops);
	for (i = 0; i < TEST_JOBS; i++) {
		ring->jobs[i].ring = ring;
		ring->jobs[i].id = i;
		ring->jobs[i].job.length = TEST_LENGTH;
		ring->jobs[i].job.expected = TEST_LENGTH;
	}
	test->priv = ring;
	return 0;
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
	pce_fake_destroy(test_ring(test)->fake);
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
	struct test_ring *ring = test_ring(test);

	return pce_fake_submit(ring->fake, &ring->jobs[i].job, may_backlog);
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
