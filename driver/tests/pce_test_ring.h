/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue pair on a device that is imitated, with jobs to submit to it.  What it says of
 * them is noted: that they are begun, that they have ended.
 */
#ifndef PCE_TEST_RING_H
#define PCE_TEST_RING_H

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

/* The test's own */
static inline struct test_ring *test_ring(struct kunit *test)
{
	return test->priv;
}

int pce_test_ring_init(struct kunit *test);
int pce_test_ring_init_order(struct kunit *test, u8 order);
void pce_test_ring_exit(struct kunit *test);

int pce_test_submit(struct kunit *test, unsigned int i, bool may_backlog);
void pce_test_submit_many(struct kunit *test, unsigned int first,
			  unsigned int n, int expect);
struct test_job *pce_test_job_at(struct test_ring *ring, u32 index);
void pce_test_expect_log(struct kunit *test, const char *expect);

#endif /* PCE_TEST_RING_H */
