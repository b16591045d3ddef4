// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of the removal of a device: it waits for those who are about to submit.
 */
#include <kunit/test.h>
#include <linux/bottom_half.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "../pce_session.h"
#include "pce_fake.h"

/* Long enough for the device to go, if nothing keeps it */
#define TEST_HOLD_MS	200

/**
 * struct test_submitter - somebody who has a device in hand
 * @work: runs on another CPU
 * @entered: bottom halves are off
 * @released: the device has gone
 * @early: it went while bottom halves were off
 */
struct test_submitter {
	struct work_struct work;
	struct completion entered;
	bool released;
	bool early;
};

static void test_submit(struct work_struct *work)
{
	struct test_submitter *t = container_of(work, struct test_submitter, work);
	ktime_t end;

	local_bh_disable();
	complete(&t->entered);
	end = ktime_add_ms(ktime_get(), TEST_HOLD_MS);
	while (!READ_ONCE(t->released) && ktime_before(ktime_get(), end))
		cpu_relax();
	t->early = READ_ONCE(t->released);
	local_bh_enable();
}

static void release_waits_for_submitters(struct kunit *test)
{
	struct pce_fake *fake = pce_fake_create(test, 2, NULL);
	struct test_submitter *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int cpu;

	KUNIT_ASSERT_NOT_NULL(test, t);
	INIT_WORK(&t->work, test_submit);
	init_completion(&t->entered);
	/* Not on the CPU of the other one, who does not let go of it */
	migrate_disable();
	cpu = cpumask_any_but(cpu_online_mask, smp_processor_id());
	if (cpu < nr_cpu_ids) {
		queue_work_on(cpu, system_wq, &t->work);
		wait_for_completion(&t->entered);
		pce_bindings_release(&fake->pce);
		WRITE_ONCE(t->released, true);
		flush_work(&t->work);
	}
	migrate_enable();
	pce_fake_destroy(fake);
	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "there is one CPU only");
	KUNIT_EXPECT_FALSE(test, t->early);
}

static struct kunit_case pce_release_cases[] = {
	KUNIT_CASE(release_waits_for_submitters),
	{}
};

static struct kunit_suite pce_release_suite = {
	.name = "pce_release",
	.test_cases = pce_release_cases,
};

kunit_test_suites(&pce_release_suite);
