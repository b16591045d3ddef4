// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of the order of requests: those of one transform and one CPU complete in
 * the order of their submission, whether the device or software serves them.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/bottom_half.h>
#include <linux/iopoll.h>

#include "pce_test_request.h"

static struct test_request *test_request(struct kunit *test, unsigned int i)
{
	return &test_requests(test)->requests[i];
}

/* The requests that have completed, in order: "02" is request 0, then request 2 */
static void test_expect_order(struct kunit *test, const char *expect)
{
	struct test_requests *ctx = test_requests(test);
	char got[TEST_REQUESTS + 1] = "";
	unsigned int i;

	KUNIT_EXPECT_EQ(test, ctx->turns, strlen(expect));
	for (i = 0; i < TEST_REQUESTS; i++) {
		KUNIT_EXPECT_LE(test, ctx->requests[i].completed, 1);
		if (ctx->requests[i].completed)
			got[(ctx->requests[i].turn - 1) % TEST_REQUESTS] = '0' + i;
	}
	KUNIT_EXPECT_STREQ(test, got, expect);
}

/* Make the transform's flows as if they had handed back their last jobs @ago jiffies ago */
static void test_age(struct kunit *test, long ago)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		pce_fake_age(&test_requests(test)->session.flows[cpu], ago);
}

/* A lane's work has brought it to its end, or will soon */
static void test_wait(struct kunit *test, unsigned int i)
{
	struct test_request *t = test_request(test, i);
	int err;

	KUNIT_ASSERT_EQ(test, 0, read_poll_timeout(smp_load_acquire, err,
						   err != TEST_PENDING,
						   USEC_PER_MSEC,
						   60 * USEC_PER_SEC, false,
						   &t->err));
}

static void order_within_a_transform(struct kunit *test)
{
	test_request(test, 3)->req.session = &test_requests(test)->other;
	pce_test_fill(test);
	pce_test_complete(test, 2, PCE_STATUS_OK);
	test_expect_order(test, "");
	pce_test_complete(test, 3, PCE_STATUS_OK);
	test_expect_order(test, "3");
	pce_test_complete(test, 1, PCE_STATUS_OK);
	test_expect_order(test, "3");
	pce_test_complete(test, 0, PCE_STATUS_OK);
	test_expect_order(test, "3012");
}

/* Return: true if each flow's last callback is that many jiffies ago */
static bool test_quiet_for(struct kunit *test, unsigned long ago)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (time_after(test_requests(test)->session.flows[cpu].since, jiffies - ago))
			return false;
	return true;
}

/* Software has to do one of them once more, and the others wait for it */
static void order_with_a_request_that_fails(struct kunit *test)
{
	pce_test_fill(test);
	pce_test_complete(test, 1, PCE_STATUS_NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, test_request(test, 1)->fallbacks, 0);
	pce_test_complete(test, 2, PCE_STATUS_OK);
	pce_test_complete(test, 0, PCE_STATUS_OK);
	test_expect_order(test, "012");
	KUNIT_EXPECT_EQ(test, test_request(test, 1)->fallbacks, 1);
	KUNIT_EXPECT_EQ(test, test_request(test, 1)->err, TEST_SOFTWARE);
	KUNIT_EXPECT_EQ(test, test_request(test, 2)->err, 0);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_FALLBACK_ERROR), 1);
}

/* It would have to wait for the older ones anyway */
static void order_of_a_short_request(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);

	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	pce_min_len = TEST_LENGTH + 1;
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 1), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, pce_fake_fetch(ctx->fake), 2);
	/* The other transform has none */
	test_request(test, 2)->req.session = &ctx->other;
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 2), TEST_SOFTWARE);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_FALLBACK_SMALL), 1);

	test_age(test, 3600 * HZ);
	pce_test_complete(test, 1, PCE_STATUS_OK);
	KUNIT_EXPECT_TRUE(test, test_quiet_for(test, 1800 * HZ));
	pce_test_complete(test, 0, PCE_STATUS_OK);
	test_expect_order(test, "01");
	KUNIT_EXPECT_EQ(test, test_request(test, 1)->fallbacks, 0);
	/* The time begins with the callback */
	KUNIT_EXPECT_FALSE(test, test_quiet_for(test, 1800 * HZ));

	/* Its user may not be done yet with the results of the others */
	test_age(test, -HZ);
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 3), -EINPROGRESS);
	pce_test_complete(test, 2, PCE_STATUS_OK);
	test_age(test, PCE_FAKE_LONG_AGO);
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 4), TEST_SOFTWARE);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_FALLBACK_SMALL), 2);
}

/*
 * Request 0 is on the device; requests 1 to 3 cannot be served by it.  They are done by
 * software, when their turn has come, for @reason.
 */
static void test_defer(struct kunit *test, enum pce_counter reason)
{
	unsigned int i;

	test_request(test, 2)->base.flags = CRYPTO_TFM_REQ_MAY_BACKLOG;
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 1), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 2), -EBUSY);
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 3), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_BUSY), 1);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, reason), 0);
	test_expect_order(test, "");
	pce_test_complete(test, 0, PCE_STATUS_OK);
	test_wait(test, 3);
	test_expect_order(test, "0123");
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, reason), 3);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_REQUESTS), 1);
	for (i = 1; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, test_request(test, i)->fallbacks, 1);
		KUNIT_EXPECT_EQ(test, test_request(test, i)->err, TEST_SOFTWARE);
		KUNIT_EXPECT_EQ(test, test_request(test, i)->notified, i == 2);
	}
}

static void order_of_requests_that_are_too_long(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	test_requests(test)->fake->pce.caps.max_length = TEST_LENGTH - 1;
	test_defer(test, PCE_FALLBACK_LARGE);
}

static int test_map_fails(struct pce_request *req)
{
	return -ENOMEM;
}

static void order_of_requests_that_cannot_be_mapped(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	kunit_activate_static_stub(test, pce_request_map, test_map_fails);
	test_defer(test, PCE_FALLBACK_MEMORY);
	kunit_deactivate_static_stub(test, pce_request_map);
}

static struct pce_device *test_no_device(struct pce_session *session)
{
	session->reason = PCE_FALLBACK_NO_DEVICE;
	return NULL;
}

static void order_without_a_device(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	RCU_INIT_POINTER(test_requests(test)->session.device, NULL);
	kunit_activate_static_stub(test, pce_session_bind, test_no_device);
	test_defer(test, PCE_FALLBACK_NO_DEVICE);
}

static void order_on_a_closed_queue(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	pce_queue_close(&test_requests(test)->fake->q);
	test_defer(test, PCE_FALLBACK_RESET);
}

/* All of them are done by software, still in order */
static void order_of_a_reset(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	unsigned int i;

	pce_test_fill(test);
	pce_fake_fetch(ctx->fake);
	pce_fake_complete(ctx->fake, 2, PCE_STATUS_OK);
	pce_queue_close(&ctx->fake->q);
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 4), -EINPROGRESS);
	pce_queue_finish(&ctx->fake->q);
	test_wait(test, 4);
	test_expect_order(test, "01234");
	for (i = 0; i <= TEST_SIZE; i++)
		KUNIT_EXPECT_EQ(test, test_request(test, i)->fallbacks, i != 2);

	/* Nothing is outstanding: at once */
	test_age(test, PCE_FAKE_LONG_AGO);
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 5), TEST_SOFTWARE);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_FALLBACK_RESET), 5);
}

/* The driver knows without asking that no device can do it */
static void order_of_requests_for_software(struct kunit *test)
{
	struct pce_request *req = &test_request(test, 1)->req;

	KUNIT_EXPECT_EQ(test, pce_request_by_software(req, PCE_FALLBACK_UNSUPPORTED),
			TEST_SOFTWARE);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_FALLBACK_UNSUPPORTED), 1);
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, pce_request_by_software(req, PCE_FALLBACK_UNSUPPORTED),
			-EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_request(test, 1)->fallbacks, 1);
	pce_test_complete(test, 0, PCE_STATUS_OK);
	test_wait(test, 1);
	test_expect_order(test, "01");
	KUNIT_EXPECT_EQ(test, test_request(test, 1)->fallbacks, 2);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_FALLBACK_UNSUPPORTED), 2);
}

/* Request @i is for fast software, which returns @ret; all others for the device */
static int test_run_fast(struct kunit *test, unsigned int i, int ret)
{
	struct test_request *t = test_request(test, i);
	int got;

	t->req.has_fast = true;
	t->fast_ret = ret;
	pce_min_len = TEST_LENGTH + 1;
	got = pce_test_run(test, i);
	pce_min_len = 0;
	return got;
}

static bool test_idle(struct kunit *test)
{
	struct pce_session *session = &test_requests(test)->session;
	bool idle;

	test_age(test, PCE_FAKE_LONG_AGO);
	local_bh_disable();
	idle = pce_flow_idle(&session->flows[smp_processor_id()]);
	local_bh_enable();
	return idle;
}

static void fast_at_once(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, test_run_fast(test, 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, test_idle(test));
	KUNIT_EXPECT_EQ(test, test_run_fast(test, 1, -EBADMSG), -EBADMSG);
	KUNIT_EXPECT_TRUE(test, test_idle(test));
	KUNIT_EXPECT_EQ(test, test_request(test, 0)->fallbacks, 1);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_FALLBACK_SMALL), 2);
	test_expect_order(test, "");
}

/* While it works, the device completes what was submitted after it */
static void fast_at_once_with_others_behind(struct kunit *test)
{
	test_request(test, 0)->fast_then = test_request(test, 1);
	KUNIT_EXPECT_EQ(test, test_run_fast(test, 0, 0), 0);
	/* It was short, and went to the device: its turn had not come */
	KUNIT_EXPECT_EQ(test, test_request(test, 1)->fast_ret, -EINPROGRESS);
	test_wait(test, 1);
	test_expect_order(test, "1");
	KUNIT_EXPECT_EQ(test, test_request(test, 1)->err, 0);
	KUNIT_EXPECT_TRUE(test, test_idle(test));
}

static void fast_later(struct kunit *test)
{
	struct test_request *t = test_request(test, 0);

	KUNIT_EXPECT_EQ(test, test_run_fast(test, 0, -EINPROGRESS), -EINPROGRESS);
	KUNIT_EXPECT_FALSE(test, test_idle(test));
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 1), -EINPROGRESS);
	pce_test_complete(test, 0, PCE_STATUS_OK);
	test_expect_order(test, "");
	t->fast_done(&t->req, -EBADMSG);
	test_expect_order(test, "01");
	KUNIT_EXPECT_EQ(test, t->err, -EBADMSG);
	KUNIT_EXPECT_EQ(test, t->notified, 0);
	KUNIT_EXPECT_EQ(test, test_request(test, 1)->err, 0);
	KUNIT_EXPECT_TRUE(test, test_idle(test));
	/* The device has had one of them only */
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_REQUESTS), 1);
}

static void fast_in_a_backlog(struct kunit *test)
{
	struct test_request *t = test_request(test, 0);

	t->base.flags = CRYPTO_TFM_REQ_MAY_BACKLOG;
	KUNIT_EXPECT_EQ(test, test_run_fast(test, 0, -EBUSY), -EBUSY);
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 1), -EINPROGRESS);
	pce_test_complete(test, 0, PCE_STATUS_OK);
	KUNIT_EXPECT_EQ(test, t->notified, 0);
	t->fast_done(&t->req, -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, t->notified, 1);
	test_expect_order(test, "");
	t->fast_done(&t->req, 0);
	test_expect_order(test, "01");
	KUNIT_EXPECT_EQ(test, t->err, 0);
	KUNIT_EXPECT_EQ(test, t->notified, 1);
}

/* Where it would have to wait, the device does it, or the software that does not call back */
static void fast_only_if_idle(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_run_fast(test, 1, TEST_PENDING), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, test_request(test, 1)->fallbacks, 0);
	test_requests(test)->fake->pce.caps.max_length = TEST_LENGTH - 1;
	KUNIT_EXPECT_EQ(test, test_run_fast(test, 2, TEST_PENDING), -EINPROGRESS);
	pce_test_complete(test, 1, PCE_STATUS_OK);
	pce_test_complete(test, 0, PCE_STATUS_OK);
	test_wait(test, 2);
	test_expect_order(test, "012");
	KUNIT_EXPECT_EQ(test, test_request(test, 2)->err, TEST_SOFTWARE);
}

static struct kunit_case pce_order_cases[] = {
	KUNIT_CASE(order_within_a_transform),
	KUNIT_CASE(order_with_a_request_that_fails),
	KUNIT_CASE(order_of_a_short_request),
	KUNIT_CASE(order_of_requests_that_are_too_long),
	KUNIT_CASE(order_of_requests_that_cannot_be_mapped),
	KUNIT_CASE(order_without_a_device),
	KUNIT_CASE(order_on_a_closed_queue),
	KUNIT_CASE(order_of_a_reset),
	KUNIT_CASE(order_of_requests_for_software),
	KUNIT_CASE(fast_at_once),
	KUNIT_CASE(fast_at_once_with_others_behind),
	KUNIT_CASE(fast_later),
	KUNIT_CASE(fast_in_a_backlog),
	KUNIT_CASE(fast_only_if_idle),
	{}
};

static struct kunit_suite pce_order_suite = {
	.name = "pce_order",
	.init = pce_test_requests_init,
	.exit = pce_test_requests_exit,
	.test_cases = pce_order_cases,
};

kunit_test_suites(&pce_order_suite);
