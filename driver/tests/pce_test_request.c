// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests for tests: see pce_test_request.h.
 */
#include "pce_test_request.h"

static void test_complete(void *data, int err)
{
	struct test_request *t = data;

	if (err == -EINPROGRESS) {
		t->notified++;
		return;
	}
	t->completed++;
	t->turn = ++t->ctx->turns;
	/* Pairs with the acquire of the waiter, who must see the fields written above */
	smp_store_release(&t->err, err);
}

static int test_fallback(struct pce_request *req, u32 flags)
{
	struct test_request *t = container_of(req, struct test_request, req);

	t->fallbacks++;
	t->fallback_flags = flags;
	return TEST_SOFTWARE;
}

static int test_fast(struct pce_request *req, u32 flags,
		     crypto_completion_t done, void *data)
{
	struct test_request *t = container_of(req, struct test_request, req);
	struct pce_fake *fake = t->ctx->fake;

	t->fallbacks++;
	t->fast_done = done;
	if (t->fast_then) {
		u32 index = fake->q.sq_tail;

		t->fast_then->fast_ret = pce_request_run(&t->fast_then->req);
		pce_fake_fetch(fake);
		pce_fake_complete(fake, index, PCE_STATUS_OK);
		pce_fake_interrupt(fake);
	}
	return t->fast_ret;
}

static const struct pce_request_ops test_request_ops = {
	.fallback = test_fallback,
	.fast = test_fast,
};

static void test_request_init(struct test_requests *ctx, struct test_request *t)
{
	unsigned int i = t - ctx->requests;

	t->ctx = ctx;
	sg_init_one(&t->src[0], ctx->src + i * TEST_LENGTH, TEST_LENGTH);
	sg_init_one(&t->dst[0], ctx->dst + i * TEST_LENGTH, TEST_LENGTH);
	t->base.complete = test_complete;
	t->base.data = t;
	t->err = TEST_PENDING;
	t->req.base = &t->base;
	t->req.ops = &test_request_ops;
	t->req.session = &ctx->session;
	t->req.src.sg = t->src;
	t->req.dst.sg = t->dst;
	t->req.src.length = TEST_LENGTH;
	t->req.dst.length = TEST_LENGTH;
	t->req.opcode = PCE_OP_CIPHER;
	memcpy(t->req.iv, ctx->iv, sizeof(ctx->iv));
	t->req.job.length = TEST_LENGTH;
	t->req.job.expected = TEST_LENGTH;
}

/* Bound, as if it had been mapped */
static void test_bind(struct kunit *test, struct pce_session *session,
		      dma_addr_t dma)
{
	struct pce_device *pce = &test_requests(test)->fake->pce;

	KUNIT_ASSERT_EQ(test, pce_session_init(session, PCE_ALG_NONE,
					       PCE_ALG_NONE), 0);
	rcu_assign_pointer(session->device, pce);
	session->dma = dma;
	session->context.generation = cpu_to_le32(7);
}

/**
 * pce_test_requests_init() - a device and requests, as a suite's init()
 * @test: test, which finds them by test_requests()
 *
 * Return: 0; the test is over if there is no memory.
 */
int pce_test_requests_init(struct kunit *test)
{
	struct test_requests *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	ctx->fake = pce_fake_create(test, TEST_ORDER, &pce_request_ops);
	ctx->src = kunit_kzalloc(test, TEST_BUFFER, GFP_KERNEL);
	ctx->dst = kunit_kzalloc(test, TEST_BUFFER, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->src);
	KUNIT_ASSERT_NOT_NULL(test, ctx->dst);
	test_bind(test, &ctx->session, 0xabc040);
	test_bind(test, &ctx->other, 0xdef040);
	memcpy(ctx->iv, "sixteen bytes...", sizeof(ctx->iv));

	for (i = 0; i < TEST_REQUESTS; i++)
		test_request_init(ctx, &ctx->requests[i]);
	for (i = 0; i < PCE_COUNTERS; i++)
		ctx->counted[i] = pce_counter_sum(i);
	ctx->min_len = pce_min_len;
	ctx->enospc = pce_enospc;
	pce_min_len = 0;
	pce_enospc = false;
	return 0;
}

/**
 * pce_test_requests_exit() - of a suite whose init() made requests
 * @test: test
 */
void pce_test_requests_exit(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);

	/* Nothing stays mapped */
	pce_queue_close(&ctx->fake->q);
	pce_queue_finish(&ctx->fake->q);
	pce_session_exit(&ctx->session);
	pce_session_exit(&ctx->other);
	pce_fake_destroy(ctx->fake);
	pce_min_len = ctx->min_len;
	pce_enospc = ctx->enospc;
}

/**
 * pce_test_run() - do a request
 * @test: test
 * @i: its number
 *
 * Return: what pce_request_run() does.
 */
int pce_test_run(struct kunit *test, unsigned int i)
{
	return pce_request_run(&test_requests(test)->requests[i].req);
}

/**
 * pce_test_counted() - by how much a counter has moved since the test began
 * @test: test
 * @counter: counter
 *
 * Return: the difference.
 */
u64 pce_test_counted(struct kunit *test, enum pce_counter counter)
{
	return pce_counter_sum(counter) - test_requests(test)->counted[counter];
}

/**
 * pce_test_fill() - fill the ring with the first requests
 * @test: test
 */
void pce_test_fill(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < TEST_SIZE; i++)
		KUNIT_ASSERT_EQ(test, pce_test_run(test, i), -EINPROGRESS);
}

/**
 * pce_test_complete() - the device completes an entry, and raises an interrupt
 * @test: test
 * @index: running index of the entry
 * @status: PCE_STATUS_*
 */
void pce_test_complete(struct kunit *test, u32 index, u32 status)
{
	struct pce_fake *fake = test_requests(test)->fake;

	pce_fake_fetch(fake);
	pce_fake_complete(fake, index, status);
	pce_fake_interrupt(fake);
}
