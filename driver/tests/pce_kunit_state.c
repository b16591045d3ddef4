// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of the state of a device: which state may follow on which, and what
 * becomes of a device that fails while it is being stopped.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <linux/pci.h>

#include "../pce.h"
#include "../pce_state.h"
#include "pce_test_ring.h"

/*
 * The driver's table once more, as the documentation has it: row, the present state;
 * column, the next one.  Stopped, starting, running, stopping, asleep, retired.
 */
static const char * const test_next[PCE_STATES] = {
	[PCE_STOPPED]	= ".x...x",	/* start; out of service before that */
	[PCE_STARTING]	= "..x..x",	/* it works; it does not */
	[PCE_RUNNING]	= "...x..",	/* it always is stopped first */
	[PCE_STOPPING]	= "xx..xx",	/* suspend, reset, sleep, failure */
	[PCE_ASLEEP]	= "xx....",	/* removal; a request wakes it */
	[PCE_RETIRED]	= "x.....",	/* the user has reset it */
};

static unsigned int test_complaints;

static void test_complain(enum pce_state from, enum pce_state to)
{
	test_complaints++;
}

static int test_state_init(struct kunit *test)
{
	pce_test_ring_init(test);
	/* Out of reach, as after its removal: there is no configuration space */
	test_ring(test)->fake->pdev.error_state = pci_channel_io_perm_failure;
	test_complaints = 0;
	kunit_activate_static_stub(test, pce_state_complain, test_complain);
	return 0;
}

static struct pce_device *test_device(struct kunit *test)
{
	return &test_ring(test)->fake->pce;
}

/* A suite's exit() expects that it runs */
static void test_state_exit(struct kunit *test)
{
	struct pce_device *pce = test_device(test);

	pce_registry_remove(pce);
	pce_test_ring_exit(test);
}

static void state_table(struct kunit *test)
{
	struct pce_device *pce = test_device(test);
	enum pce_state from, to;

	pce->failure = "test";
	mutex_lock(&pce->mutex);
	for (from = 0; from < PCE_STATES; from++) {
		for (to = 0; to < PCE_STATES; to++) {
			bool legal = test_next[from][to] == 'x';

			test_complaints = 0;
			pce->state = from;
			pce_state_change(pce, to);
			KUNIT_EXPECT_EQ_MSG(test, test_complaints, !legal,
					    "from %u to %u", from, to);
			KUNIT_EXPECT_EQ(test, pce->state, to);
		}
	}
	mutex_unlock(&pce->mutex);
}

static void state_without_failure(struct kunit *test)
{
	struct pce_device *pce = test_device(test);

	mutex_lock(&pce->mutex);
	pce_device_stop(pce);
	KUNIT_EXPECT_EQ(test, pce->state, PCE_STOPPED);
	/* Once more does no harm */
	pce_device_stop(pce);
	KUNIT_EXPECT_EQ(test, pce->state, PCE_STOPPED);
	mutex_unlock(&pce->mutex);
	KUNIT_EXPECT_EQ(test, test_complaints, 0);
}

/* Its last job finds out */
static void test_fail(struct test_job *t)
{
	pce_state_fail(&t->ring->fake->pce, "wrong result");
}

static void test_submit_failing(struct kunit *test)
{
	test_ring(test)->at_end = test_fail;
	pce_test_submit_many(test, 0, 1, -EINPROGRESS);
	pce_fake_fetch(test_ring(test)->fake);
}

static void state_of_a_failure_while_stopping(struct kunit *test)
{
	struct pce_device *pce = test_device(test);

	test_submit_failing(test);
	mutex_lock(&pce->mutex);
	pce_device_stop(pce);
	KUNIT_EXPECT_EQ(test, test_ring(test)->jobs[0].ended, 1);
	KUNIT_EXPECT_EQ(test, pce->state, PCE_RETIRED);
	KUNIT_EXPECT_STREQ(test, pce->failure, "wrong result");

	/* It stays so, until somebody gives it another chance */
	pce_device_stop(pce);
	pce_device_retire(pce);
	KUNIT_EXPECT_EQ(test, pce->state, PCE_RETIRED);
	pce_device_forgive(pce);
	KUNIT_EXPECT_EQ(test, pce->state, PCE_STOPPED);
	KUNIT_EXPECT_NULL(test, pce->failure);
	mutex_unlock(&pce->mutex);
	flush_work(&pce->recovery.service);
	KUNIT_EXPECT_EQ(test, atomic_read(&test_ring(test)->fake->serviced), 1);
	KUNIT_EXPECT_EQ(test, test_complaints, 0);
}

/* It is not started again after its reset */
static void state_of_a_failure_while_resetting(struct kunit *test)
{
	struct pce_device *pce = test_device(test);

	test_submit_failing(test);
	mutex_lock(&pce->mutex);
	KUNIT_EXPECT_EQ(test, pce_device_restart(pce), -EIO);
	KUNIT_EXPECT_EQ(test, pce->state, PCE_RETIRED);
	mutex_unlock(&pce->mutex);
	KUNIT_EXPECT_EQ(test, test_complaints, 0);
}

/* Nor when it wakes up */
static void state_of_a_failure_on_the_way_to_sleep(struct kunit *test)
{
	struct pce_device *pce = test_device(test);

	test_submit_failing(test);
	mutex_lock(&pce->mutex);
	pce_device_sleep(pce);
	if (pce->state == PCE_ASLEEP)
		KUNIT_EXPECT_EQ(test, pce_device_start(pce), -EIO);
	KUNIT_EXPECT_EQ(test, pce->state, PCE_RETIRED);
	mutex_unlock(&pce->mutex);
	KUNIT_EXPECT_EQ(test, test_complaints, 0);
}

static void state_of_a_device_that_does_not_start(struct kunit *test)
{
	struct pce_device *pce = test_device(test);

	mutex_lock(&pce->mutex);
	pce_device_stop(pce);
	KUNIT_EXPECT_EQ(test, pce_device_start(pce), -ENODEV);
	KUNIT_EXPECT_EQ(test, pce->state, PCE_RETIRED);
	mutex_unlock(&pce->mutex);
	KUNIT_EXPECT_EQ(test, test_complaints, 0);
}

static struct kunit_case pce_state_cases[] = {
	KUNIT_CASE(state_table),
	KUNIT_CASE(state_without_failure),
	KUNIT_CASE(state_of_a_failure_while_stopping),
	KUNIT_CASE(state_of_a_failure_while_resetting),
	KUNIT_CASE(state_of_a_failure_on_the_way_to_sleep),
	KUNIT_CASE(state_of_a_device_that_does_not_start),
	{}
};

static struct kunit_suite pce_state_suite = {
	.name = "pce_state",
	.init = test_state_init,
	.exit = test_state_exit,
	.test_cases = pce_state_cases,
};

kunit_test_suites(&pce_state_suite);
