/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue pair on a device that is imitated, with jobs to submit to it.  What it says of
 * them is noted: that they are begun, that they have ended.
 */
#ifndef PCE_TEST_RING_H
#define PCE_TEST_RING_H

#include "../pce_flow.h"
#include "pce_fake.h"

#define TEST_ORDER	2
#define TEST_SIZE	4	/* entries in a ring of this order */
#define TEST_JOBS	16
#define TEST_LENGTH	64
#define TEST_LOG	64

/* What the queue pair says of a job, in the order in which it says it */
enum test_event { TEST_BEGUN = 'b', TEST_ENDED = 'e' };

struct test_ring;

/**
 * struct test_job - a job
 * @job: as the queue pair sees it
 * @flow: flow that it is the only job of, if the test does not choose another one
 * @ring: ring
 * @id: number
 * @begun: times that it went from the backlog to the ring
 * @ended: times that it was handed back
 * @turn: place in the order of these
 * @then: job that is submitted when this one is handed back
 * @then_ret: what came of that
 * @software: bytes that software had to do for it
 */
struct test_job {
	struct pce_job job;
	struct pce_flow flow;
	struct test_ring *ring;
	unsigned int id;
	unsigned int begun;
	unsigned int ended;
	unsigned int turn;
	struct test_job *then;
	int then_ret;
	u32 software;
};

/**
 * struct test_ring - a queue pair and jobs
 * @fake: device
 * @jobs: jobs
 * @nr_jobs: number of those
 * @log: what happened to them
 * @logged: length of that, and more if there was no room
 * @turns: jobs that were handed back
 * @at_end: called when a job is handed back
 */
struct test_ring {
	struct pce_fake *fake;
	struct test_job *jobs;
	unsigned int nr_jobs;
	struct {
		enum test_event event;
		unsigned int id;
	} log[TEST_LOG];
	unsigned int logged;
	unsigned int turns;
	void (*at_end)(struct test_job *t);
};

/* The test's own */
static inline struct test_ring *test_ring(struct kunit *test)
{
	return test->priv;
}

int pce_test_ring_init(struct kunit *test);
int pce_test_ring_init_order(struct kunit *test, u8 order);
int pce_test_ring_init_jobs(struct kunit *test, u8 order, unsigned int jobs);
void pce_test_ring_exit(struct kunit *test);

void pce_test_one_flow(struct test_ring *ring);
int pce_test_submit(struct kunit *test, unsigned int i, bool may_backlog);
void pce_test_submit_many(struct kunit *test, unsigned int first,
			  unsigned int n, int expect);
void pce_test_end(struct test_job *t);
bool pce_test_wait(unsigned int *count, unsigned int n);
struct test_job *pce_test_job_at(struct test_ring *ring, u32 index);
void pce_test_expect_log(struct kunit *test, const char *expect);

#endif /* PCE_TEST_RING_H */
