// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suites of the rings: indices and phases, tags, backlog, completions that
 * cannot be believed, and what becomes of jobs when a queue pair is reset.
 */
#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/sizes.h>

#include "../pce.h"
#include "pce_fake.h"

#define TEST_ORDER	2
#define TEST_SIZE	4	/* entries in a ring of this order */
#define TEST_JOBS	16
#define TEST_LENGTH	64
#define TEST_LOG	64

/* What the queue pair says of a job, in the order in which it says it */
enum test_event { TEST_BEGUN = 'b', TEST_ENDED = 'e' };

struct test_ring;

struct test_job {
	struct pce_job job;
	struct test_ring *ring;
	unsigned int id;
	int fill_error;
	unsigned int begun;
	unsigned int ended;
	struct test_job *then;	/* submitted from the end of this one */
	int then_ret;
};

struct test_ring {
	struct pce_fake *fake;
	struct test_job jobs[TEST_JOBS];
	struct {
		enum test_event event;
		unsigned int id;
	} log[TEST_LOG];
	unsigned int logged;
	void (*at_end)(struct test_ring *ring);
};

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

static struct test_ring *test_ring(struct kunit *test)
{
	return test->priv;
}

static int test_ring_init_order(struct kunit *test, u8 order)
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

static int test_ring_init(struct kunit *test)
{
	return test_ring_init_order(test, TEST_ORDER);
}

static void test_ring_exit(struct kunit *test)
{
	pce_fake_destroy(test_ring(test)->fake);
}

static int test_submit(struct kunit *test, unsigned int i, bool may_backlog)
{
	struct test_ring *ring = test_ring(test);

	return pce_fake_submit(ring->fake, &ring->jobs[i].job, may_backlog);
}

static void test_submit_many(struct kunit *test, unsigned int first,
			     unsigned int n, int expect)
{
	unsigned int i;

	for (i = first; i < first + n; i++)
		KUNIT_ASSERT_EQ(test, test_submit(test, i, true), expect);
}

/* The job that the entry at @index is about */
static struct test_job *test_job_at(struct test_ring *ring, u32 index)
{
	struct pce_sqe *sqe = pce_fake_sqe(ring->fake, index);

	return &ring->jobs[le32_to_cpu(sqe->ctx_generation)];
}

static void test_expect_log(struct kunit *test, const char *expect)
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
		KUNIT_ASSERT_EQ(test, test_submit(test, 0, false), -EINPROGRESS);
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
	test_ring_init_order(test, 4);
	test_walk(test, 0, 3);
	pce_fake_destroy(test_ring(test)->fake);

	test_ring_init_order(test, PCE_LIMIT_MAX_ORDER);
	test_walk(test, 0, 2);
}

static void ring_index_wraps(struct kunit *test)
{
	test_walk(test, U32_MAX - 2 * TEST_SIZE + 1, 4);
}

static void ring_doorbell_only_when_asked(struct kunit *test)
{
	struct pce_fake *fake = test_ring(test)->fake;

	test_submit_many(test, 0, 1, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, fake->doorbells, 1);
	/* The device is awake: sq_event stays behind */
	test_submit_many(test, 1, 2, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, fake->doorbells, 1);
	/* It sleeps again: the next entry wakes it */
	KUNIT_EXPECT_EQ(test, pce_fake_fetch(fake), 3);
	test_submit_many(test, 3, 1, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, fake->doorbells, 2);
	KUNIT_EXPECT_EQ(test, fake->q.stats.doorbells, 2);
}

static void ring_tags_are_unique(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	DECLARE_BITMAP(seen, TEST_SIZE) = {};
	u32 i;

	test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
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

	test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	for (i = 0; i < TEST_SIZE; i++)
		pce_fake_complete(ring->fake, order[i], PCE_STATUS_OK);
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 64), TEST_SIZE);
	test_expect_log(test, "e2e0e3e1");
	KUNIT_EXPECT_EQ(test, ring->fake->q.free, TEST_SIZE);

	/* A tag that came back early is given out while an older job runs on */
	test_submit_many(test, 4, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, TEST_SIZE + 1, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	test_submit_many(test, 8, 1, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 2 * TEST_SIZE, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	test_expect_log(test, "e2e0e3e1e5e8");
}

static void ring_full_retains_nothing(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_submit(test, 8, false), -ENOSPC);
	KUNIT_EXPECT_EQ(test, ring->fake->q.stats.full, 1);
	KUNIT_EXPECT_TRUE(test, list_empty(&ring->fake->q.backlog));
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

static void ring_closed_takes_nothing(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	pce_queue_close(&ring->fake->q);
	KUNIT_EXPECT_EQ(test, test_submit(test, 0, true), -ENODEV);
	KUNIT_EXPECT_TRUE(test, list_empty(&ring->fake->q.backlog));
	KUNIT_EXPECT_EQ(test, ring->fake->q.free, TEST_SIZE);
}

static void ring_hands_back_what_cannot_be_filled(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	ring->jobs[0].fill_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, test_submit(test, 0, true), -ENOMEM);
	KUNIT_EXPECT_EQ(test, ring->fake->q.free, TEST_SIZE);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ring->fake->q.shadow->sq_tail), 0);
	KUNIT_EXPECT_EQ(test, ring->logged, 0);
}

static void ring_budget_is_kept(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	u32 i;

	test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	for (i = 0; i < TEST_SIZE; i++)
		pce_fake_complete(ring->fake, i, PCE_STATUS_OK);
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 3), 3);
	test_expect_log(test, "e0e1e2");
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 3), 1);
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 3), 0);
}

static void ring_passes_on_what_the_device_said(struct kunit *test)
{
	static const u8 iv[PCE_CQE_RESULT_SIZE] = "sixteen bytes...";
	struct test_ring *ring = test_ring(test);
	struct pce_job *job = &ring->jobs[0].job;
	u32 tag;

	test_submit_many(test, 0, 3, -EINPROGRESS);
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
	test_submit_many(test, 0, 1, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, ring->jobs[0].then_ret, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, pce_fake_fetch(ring->fake), 1);
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	test_expect_log(test, "e0e1");
}

/* The device completes the second job while the first one is being ended */
static void test_complete_second(struct test_ring *ring)
{
	ring->at_end = NULL;
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
}

static void ring_bottom_half_leaves_nothing_behind(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_submit_many(test, 0, 2, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	ring->at_end = test_complete_second;
	pce_fake_interrupt(ring->fake);
	test_expect_log(test, "e0e1");
	/* And it asked for the next interrupt */
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ring->fake->q.shadow->cq_event), 2);
}

static void backlog_keeps_the_order(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	u32 i;

	test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	test_submit_many(test, TEST_SIZE, 5, -EBUSY);
	KUNIT_EXPECT_EQ(test, ring->fake->q.stats.backlogged, 5);
	pce_fake_fetch(ring->fake);

	/* Two come back, two go in, and are announced before anything ends */
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	test_expect_log(test, "b4b5e1e0");
	KUNIT_EXPECT_EQ(test, pce_fake_fetch(ring->fake), 2);
	KUNIT_EXPECT_EQ(test, test_job_at(ring, 4)->id, 4);
	KUNIT_EXPECT_EQ(test, test_job_at(ring, 5)->id, 5);

	/* A newcomer does not overtake those that wait */
	test_submit_many(test, 9, 1, -EBUSY);

	for (i = 2; i < 10; i++) {
		pce_fake_complete(ring->fake, i, PCE_STATUS_OK);
		KUNIT_ASSERT_EQ(test, pce_fake_reap(ring->fake, 64), 1);
		pce_fake_fetch(ring->fake);
	}
	test_expect_log(test, "b4b5e1e0b6e2b7e3b8e4b9e5e6e7e8e9");
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, ring->jobs[i].ended, 1);
}

static void backlog_wakes_a_sleeping_device(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	test_submit_many(test, TEST_SIZE, 1, -EBUSY);
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

	test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	for (i = 0; i < TEST_SIZE; i++)
		pce_fake_complete(ring->fake, i, PCE_STATUS_OK);
	test_submit_many(test, TEST_SIZE, 1, -EBUSY);
	pce_fake_interrupt(ring->fake);
	KUNIT_EXPECT_EQ(test, ring->jobs[TEST_SIZE].begun, 1);
	KUNIT_EXPECT_EQ(test, pce_fake_fetch(ring->fake), 1);
	pce_fake_complete(ring->fake, TEST_SIZE, PCE_STATUS_OK);
	pce_fake_interrupt(ring->fake);
	KUNIT_EXPECT_EQ(test, ring->jobs[TEST_SIZE].ended, 1);
}

static void backlog_ends_what_cannot_be_filled(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	test_submit_many(test, TEST_SIZE, 2, -EBUSY);
	ring->jobs[4].fill_error = -ENOMEM;
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);

	/* The next one has its place; the owner announces the one that failed */
	test_expect_log(test, "b5e0e4");
	KUNIT_EXPECT_EQ(test, ring->jobs[4].job.outcome, PCE_JOB_NOT_MADE);
	KUNIT_EXPECT_EQ(test, ring->jobs[4].job.error, -ENOMEM);
	KUNIT_EXPECT_TRUE(test, ring->jobs[4].job.backlogged);
	KUNIT_EXPECT_FALSE(test, ring->jobs[5].job.backlogged);
}

/* A completion of the round before looks like a new one but for its phase */
static void completion_with_stale_phase(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;
	u32 i;

	for (i = 0; i < TEST_SIZE; i++) {
		test_submit_many(test, 0, 1, -EINPROGRESS);
		pce_fake_fetch(ring->fake);
		pce_fake_complete(ring->fake, i, PCE_STATUS_OK);
		pce_fake_reap(ring->fake, 64);
	}
	test_submit_many(test, 1, 1, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	KUNIT_EXPECT_FALSE(test, pce_ring_pending(q));
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 64), 0);
	KUNIT_EXPECT_EQ(test, ring->jobs[1].ended, 0);
	KUNIT_EXPECT_EQ(test, q->stats.bad_completions, 0);
}

static void test_expect_distrust(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;
	u32 i;

	KUNIT_EXPECT_EQ(test, q->stats.bad_completions, 1);
	KUNIT_EXPECT_TRUE(test, q->broken);
	KUNIT_EXPECT_EQ(test, test_submit(test, 15, true), -ENODEV);

	/* A reset ends each job in flight once, and the queue pair works again */
	KUNIT_EXPECT_EQ(test, pce_queue_recover(q), 0);
	for (i = 0; i < TEST_SIZE; i++)
		KUNIT_EXPECT_EQ(test, ring->jobs[i].ended, 1);
	KUNIT_EXPECT_FALSE(test, q->broken);
	test_submit_many(test, 14, 1, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	KUNIT_EXPECT_EQ(test, pce_fake_reap(ring->fake, 64), 1);
	KUNIT_EXPECT_EQ(test, ring->jobs[14].ended, 1);
}

static void completion_with_tag_out_of_range(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete_tag(ring->fake, TEST_SIZE, PCE_STATUS_OK, 0, NULL);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, ring->logged, 0);
	test_expect_distrust(test);
}

static void completion_with_tag_not_in_flight(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_fake_complete(ring->fake, 1, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	test_expect_log(test, "e1");
	KUNIT_EXPECT_EQ(test, ring->fake->q.free, 1);
	test_expect_distrust(test);
}

/* The tag of a job in flight, but of another one */
static void completion_with_the_tag_of_another(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	struct pce_queue *q = &ring->fake->q;
	u32 tag, ctrl;

	test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	tag = le16_to_cpu(pce_fake_sqe(ring->fake, 1)->tag);
	ctrl = le32_to_cpu(q->cq[0].ctrl) & ~PCE_CQE_TAG;
	q->cq[0].ctrl = cpu_to_le32(ctrl | FIELD_PREP(PCE_CQE_TAG, tag));
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, ring->logged, 0);
	test_expect_distrust(test);
}

static void completion_with_too_great_a_length(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_submit_many(test, 0, TEST_SIZE, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	pce_fake_complete_tag(ring->fake,
			      le16_to_cpu(pce_fake_sqe(ring->fake, 0)->tag),
			      PCE_STATUS_OK, TEST_LENGTH + 1, NULL);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, ring->logged, 0);
	test_expect_distrust(test);
}

/* It may be true, so that it is no fault of the whole queue pair */
static void completion_with_too_small_a_length(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_submit_many(test, 0, 1, -EINPROGRESS);
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

	test_submit_many(test, 0, 2, -EINPROGRESS);
	pce_fake_fetch(ring->fake);
	test_submit_many(test, 2, 2, -EINPROGRESS);
	test_submit_many(test, 4, 1, -EBUSY);
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
	test_expect_log(test, "e1e0e2e3e4");
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

/* One of the jobs fetched lost its completion to a tag that is nobody's */
static void reset_after_false_completion_trusts_sq_head_only(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_stuck(test);
	pce_fake_complete_tag(ring->fake, 99, PCE_STATUS_OK, 0, NULL);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_EQ(test, pce_queue_recover(&ring->fake->q), 0);

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
	KUNIT_EXPECT_EQ(test, pce_queue_recover(&ring->fake->q), -ETIMEDOUT);
	pce_timeout_ms = timeout_ms;
	KUNIT_EXPECT_EQ(test, ring->logged, 0);
	KUNIT_EXPECT_EQ(test, test_submit(test, 9, true), -ENODEV);
	ring->fake->deaf = false;
	KUNIT_EXPECT_EQ(test, pce_queue_recover(&ring->fake->q), 0);
	KUNIT_EXPECT_EQ(test, ring->logged, 5);
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

	KUNIT_EXPECT_FALSE(test, pce_ring_overdue(q, 0));
	test_submit_many(test, 0, 1, -EINPROGRESS);
	KUNIT_EXPECT_FALSE(test, pce_ring_overdue(q, HZ * 1000));
	q->slots[le16_to_cpu(pce_fake_sqe(ring->fake, 0)->tag)].since -= HZ;
	KUNIT_EXPECT_TRUE(test, pce_ring_overdue(q, HZ - 1));
	pce_fake_fetch(ring->fake);
	pce_fake_complete(ring->fake, 0, PCE_STATUS_OK);
	pce_fake_reap(ring->fake, 64);
	KUNIT_EXPECT_FALSE(test, pce_ring_overdue(q, 0));
}

#define EVENT_ORDER	4	/* sixteen entries */

static int test_event_init(struct kunit *test)
{
	return test_ring_init_order(test, EVENT_ORDER);
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
	test_submit_many(test, 0, 7, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 0);
	test_complete_many(test, 0, 3);
	pce_fake_interrupt(test_ring(test)->fake);
	KUNIT_EXPECT_EQ(test, test_event(test), 3);
}

static void event_of_many_is_put_off(struct kunit *test)
{
	test_submit_many(test, 0, 8, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 5);
	test_submit_many(test, 8, 8, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 11);

	/* Those that are left are few again */
	test_complete_many(test, 0, 12);
	pce_fake_interrupt(test_ring(test)->fake);
	KUNIT_EXPECT_EQ(test, test_event(test), 12);
}

static void event_is_not_put_off_for_long_jobs(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);
	unsigned int i;

	for (i = 0; i < TEST_JOBS; i++)
		ring->jobs[i].job.length = SZ_64K + 1;
	test_submit_many(test, 0, 16, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 0);
}

/* The device may be past what lies before it, and would never interrupt */
static void event_does_not_move_back(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	ring->jobs[8].job.length = SZ_1M;
	test_submit_many(test, 0, 8, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 5);
	test_submit_many(test, 8, 1, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 5);
}

/* It is put off by what goes from the backlog to the ring too, and by a reset not */
static void event_follows_the_ring(struct kunit *test)
{
	struct test_ring *ring = test_ring(test);

	test_submit_many(test, 0, 16, -EINPROGRESS);
	ring->jobs[0].then = &ring->jobs[1];
	test_complete_many(test, 0, 2);
	pce_fake_interrupt(ring->fake);
	KUNIT_EXPECT_EQ(test, ring->jobs[0].then_ret, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 2 + 11);

	KUNIT_EXPECT_EQ(test, pce_queue_recover(&ring->fake->q), 0);
	KUNIT_EXPECT_EQ(test, test_event(test), 0);
	test_submit_many(test, 2, 1, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_event(test), 0);
}

static struct kunit_case pce_event_cases[] = {
	KUNIT_CASE(event_of_few_is_the_next),
	KUNIT_CASE(event_of_many_is_put_off),
	KUNIT_CASE(event_is_not_put_off_for_long_jobs),
	KUNIT_CASE(event_does_not_move_back),
	KUNIT_CASE(event_follows_the_ring),
	{}
};

static struct kunit_suite pce_event_suite = {
	.name = "pce_event",
	.init = test_event_init,
	.exit = test_ring_exit,
	.test_cases = pce_event_cases,
};

static struct kunit_case pce_ring_cases[] = {
	KUNIT_CASE(ring_wraps),
	KUNIT_CASE(ring_wraps_at_other_sizes),
	KUNIT_CASE(ring_index_wraps),
	KUNIT_CASE(ring_doorbell_only_when_asked),
	KUNIT_CASE(ring_tags_are_unique),
	KUNIT_CASE(ring_completes_in_any_order),
	KUNIT_CASE(ring_full_retains_nothing),
	KUNIT_CASE(ring_closed_takes_nothing),
	KUNIT_CASE(ring_hands_back_what_cannot_be_filled),
	KUNIT_CASE(ring_budget_is_kept),
	KUNIT_CASE(ring_passes_on_what_the_device_said),
	KUNIT_CASE(ring_job_may_submit_from_its_end),
	KUNIT_CASE(ring_bottom_half_leaves_nothing_behind),
	{}
};

static struct kunit_suite pce_ring_suite = {
	.name = "pce_ring",
	.init = test_ring_init,
	.exit = test_ring_exit,
	.test_cases = pce_ring_cases,
};

static struct kunit_case pce_backlog_cases[] = {
	KUNIT_CASE(backlog_keeps_the_order),
	KUNIT_CASE(backlog_wakes_a_sleeping_device),
	KUNIT_CASE(backlog_survives_the_last_completion),
	KUNIT_CASE(backlog_ends_what_cannot_be_filled),
	{}
};

static struct kunit_suite pce_backlog_suite = {
	.name = "pce_backlog",
	.init = test_ring_init,
	.exit = test_ring_exit,
	.test_cases = pce_backlog_cases,
};

static struct kunit_case pce_distrust_cases[] = {
	KUNIT_CASE(completion_with_stale_phase),
	KUNIT_CASE(completion_with_tag_out_of_range),
	KUNIT_CASE(completion_with_tag_not_in_flight),
	KUNIT_CASE(completion_with_the_tag_of_another),
	KUNIT_CASE(completion_with_too_great_a_length),
	KUNIT_CASE(completion_with_too_small_a_length),
	{}
};

static struct kunit_suite pce_distrust_suite = {
	.name = "pce_distrust",
	.init = test_ring_init,
	.exit = test_ring_exit,
	.test_cases = pce_distrust_cases,
};

static struct kunit_case pce_reset_cases[] = {
	KUNIT_CASE(reset_confirmed_trusts_sq_head_only),
	KUNIT_CASE(reset_unconfirmed_trusts_sq_head_only),
	KUNIT_CASE(reset_after_false_completion_trusts_sq_head_only),
	KUNIT_CASE(reset_refused_keeps_the_jobs),
	KUNIT_CASE(reset_device_gone),
	KUNIT_CASE(reset_overdue),
	{}
};

static struct kunit_suite pce_reset_suite = {
	.name = "pce_reset",
	.init = test_ring_init,
	.exit = test_ring_exit,
	.test_cases = pce_reset_cases,
};

kunit_test_suites(&pce_ring_suite, &pce_event_suite, &pce_backlog_suite,
		  &pce_distrust_suite, &pce_reset_suite);
