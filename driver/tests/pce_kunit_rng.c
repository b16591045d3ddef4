// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of random numbers: what readers get, from the device that they read
 * from, and what the health tests let through.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/string.h>

#include "../pce_request.h"
#include "../pce_rng.h"
#include "pce_fake.h"

struct test_rng {
	struct pce_fake *fake;
	struct pce_rng rng;
	u8 *bounce;
	u8 bytes[PCE_RNG_BYTES];
	u8 expected[PCE_RNG_BYTES];
	int min_len;
};

static struct test_rng *test_rng(struct kunit *test)
{
	return test->priv;
}

static int test_rng_init(struct kunit *test)
{
	struct test_rng *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	ctx->fake = pce_fake_create(test, 2, &pce_request_ops);
	ctx->bounce = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->bounce);
	pce_rng_prepare(&ctx->rng, &ctx->fake->pce, ctx->bounce);
	/* There is no software for which a request could be small enough */
	ctx->min_len = pce_min_len;
	pce_min_len = PCE_RNG_BYTES + 1;
	return 0;
}

static void test_rng_exit(struct kunit *test)
{
	struct test_rng *ctx = test_rng(test);

	pce_queue_close(&ctx->fake->q);
	pce_queue_finish(&ctx->fake->q);
	pce_rng_wipe(&ctx->rng);
	pce_fake_destroy(ctx->fake);
	pce_min_len = ctx->min_len;
}

static int test_read(struct kunit *test, size_t max, bool wait)
{
	struct test_rng *ctx = test_rng(test);

	return pce_rng_read(&ctx->rng.hwrng, ctx->bytes, max, wait);
}

/* The device does request @index: writes bytes that begin with @first */
static void test_device(struct kunit *test, u32 index, u32 status, u8 first)
{
	struct test_rng *ctx = test_rng(test);
	unsigned int i;

	pce_fake_fetch(ctx->fake);
	for (i = 0; i < PCE_RNG_BYTES; i++)
		ctx->expected[i] = first + i;
	memcpy(ctx->bounce, ctx->expected, PCE_RNG_BYTES);
	pce_fake_complete(ctx->fake, index, status);
	pce_fake_interrupt(ctx->fake);
}

static void random_in_an_entry(struct kunit *test)
{
	struct test_rng *ctx = test_rng(test);
	struct pce_sqe *sqe = pce_fake_sqe(ctx->fake, 0);

	KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, false), 0);
	KUNIT_ASSERT_EQ(test, pce_fake_fetch(ctx->fake), 1);
	KUNIT_EXPECT_EQ(test, sqe->opcode, PCE_OP_RANDOM);
	KUNIT_EXPECT_EQ(test, sqe->flags, PCE_SQE_PHASE);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(sqe->length), PCE_RNG_BYTES);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->dst), ctx->rng.req.dst.addr);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->src), 0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->ctx), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(sqe->ctx_generation), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->op_flags), 0);

	/* Whoever asks meanwhile does not ask the device again */
	KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, false), 0);
	KUNIT_EXPECT_EQ(test, pce_fake_fetch(ctx->fake), 0);
}

static void random_is_handed_out_once(struct kunit *test)
{
	struct test_rng *ctx = test_rng(test);
	u8 all[PCE_RNG_BYTES];

	test_read(test, PCE_RNG_BYTES, false);
	test_device(test, 0, PCE_STATUS_OK, 1);
	KUNIT_ASSERT_EQ(test, test_read(test, 24, false), 24);
	memcpy(all + 40, ctx->bytes, 24);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->bounce, PCE_RNG_BYTES));
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->rng.data + 40, 24));
	KUNIT_ASSERT_EQ(test, test_read(test, PCE_RNG_BYTES, true), 40);
	memcpy(all, ctx->bytes, 40);
	KUNIT_EXPECT_MEMEQ(test, all, ctx->expected, PCE_RNG_BYTES);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->rng.data, PCE_RNG_BYTES));
	KUNIT_EXPECT_EQ(test, ctx->fake->pce.random.bytes, PCE_RNG_BYTES);

	/* The next one is asked for anew */
	KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, false), 0);
	KUNIT_EXPECT_EQ(test, pce_fake_fetch(ctx->fake), 1);
}

static void random_request_that_fails(struct kunit *test)
{
	struct test_rng *ctx = test_rng(test);

	test_read(test, PCE_RNG_BYTES, false);
	test_device(test, 0, PCE_STATUS_INTERNAL, 1);
	KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, false), -EIO);
	KUNIT_EXPECT_EQ(test, ctx->fake->pce.random.errors, 1);
	KUNIT_EXPECT_EQ(test, ctx->fake->pce.random.bytes, 0);

	KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, false), 0);
	test_device(test, 1, PCE_STATUS_OK, 2);
	KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, false),
			PCE_RNG_BYTES);
	KUNIT_EXPECT_MEMEQ(test, ctx->bytes, ctx->expected, PCE_RNG_BYTES);
}

/* A random request has no software to compare with, and no transform to name in the log */
static void random_is_not_checked(struct kunit *test)
{
	struct test_rng *ctx = test_rng(test);
	unsigned int self_check = pce_self_check, i;
	u64 checked = pce_counter_sum(PCE_COUNT_CHECKED);
	u64 unchecked = pce_counter_sum(PCE_COUNT_UNCHECKED);
	u64 errors = pce_counter_sum(PCE_FALLBACK_ERROR);

	pce_self_check = 1;
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, false), 0);
		KUNIT_EXPECT_NULL(test, ctx->rng.req.check);
		KUNIT_EXPECT_NULL(test, ctx->rng.base.tfm);
		test_device(test, i, i ? PCE_STATUS_NO_RESOURCES : PCE_STATUS_OK, 1);
		KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, false),
				i ? -EIO : PCE_RNG_BYTES);
	}
	pce_self_check = self_check;
	KUNIT_EXPECT_EQ(test, pce_counter_sum(PCE_COUNT_CHECKED), checked);
	KUNIT_EXPECT_EQ(test, pce_counter_sum(PCE_COUNT_UNCHECKED), unchecked);
	/* No software has done it */
	KUNIT_EXPECT_EQ(test, pce_counter_sum(PCE_FALLBACK_ERROR), errors);
}

static void random_waits_for_room_in_the_ring(struct kunit *test)
{
	struct test_rng *ctx = test_rng(test);
	u32 free = ctx->fake->q.free;

	ctx->fake->q.free = 0;
	KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, false), 0);
	KUNIT_EXPECT_EQ(test, pce_fake_fetch(ctx->fake), 0);
	ctx->fake->q.free = free;
	pce_fake_interrupt(ctx->fake);
	test_device(test, 0, PCE_STATUS_OK, 1);
	KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, false),
			PCE_RNG_BYTES);
}

/* Reset, removal, suspend: first the queue is closed, then all jobs end */
static void random_of_a_device_that_goes(struct kunit *test)
{
	struct test_rng *ctx = test_rng(test);

	test_read(test, PCE_RNG_BYTES, false);
	pce_fake_fetch(ctx->fake);
	pce_queue_close(&ctx->fake->q);
	pce_queue_finish(&ctx->fake->q);
	KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, true), -EIO);
	KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, true), -EIO);
	KUNIT_EXPECT_EQ(test, ctx->fake->pce.random.errors, 2);

	/* What was read and not fetched is not for those who come after */
	ctx->rng.left = PCE_RNG_BYTES;
	memset(ctx->rng.data, 1, PCE_RNG_BYTES);
	memset(ctx->bounce, 1, PCE_RNG_BYTES);
	pce_rng_wipe(&ctx->rng);
	KUNIT_EXPECT_EQ(test, ctx->rng.left, 0);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->rng.data, PCE_RNG_BYTES));
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->bounce, PCE_RNG_BYTES));
}

/* A reader that could not wait never came back for its request */
static void random_that_nobody_fetched(struct kunit *test)
{
	struct test_rng *ctx = test_rng(test);

	test_read(test, PCE_RNG_BYTES, false);
	test_device(test, 0, PCE_STATUS_OK, 1);
	pce_rng_wipe(&ctx->rng);
	KUNIT_EXPECT_FALSE(test, ctx->rng.submitted);
	KUNIT_EXPECT_FALSE(test, try_wait_for_completion(&ctx->rng.done));
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->bounce, PCE_RNG_BYTES));
}

static void random_that_repeats_itself(struct kunit *test)
{
	struct test_rng *ctx = test_rng(test);

	test_read(test, PCE_RNG_BYTES, false);
	test_device(test, 0, PCE_STATUS_OK, 1);
	KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, false),
			PCE_RNG_BYTES);
	memset(ctx->bytes, 0xa5, PCE_RNG_BYTES);
	test_read(test, PCE_RNG_BYTES, false);
	test_device(test, 1, PCE_STATUS_OK, 1);
	KUNIT_EXPECT_EQ(test, test_read(test, PCE_RNG_BYTES, false), -EIO);
	KUNIT_EXPECT_EQ(test, ctx->fake->pce.random.repeats, 1);
	KUNIT_EXPECT_EQ(test, ctx->bytes[0], 0xa5);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->rng.data, PCE_RNG_BYTES));
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->bounce, PCE_RNG_BYTES));
}

static void health_of_good_numbers(struct kunit *test)
{
	struct pce_rng_health health = { };
	u64 samples[8], i;
	unsigned int n;

	for (i = 0; i < 4096; i += ARRAY_SIZE(samples)) {
		for (n = 0; n < ARRAY_SIZE(samples); n++)
			samples[n] = i + n;
		KUNIT_ASSERT_TRUE(test, pce_rng_healthy(&health,
							(u8 *)samples,
							sizeof(samples)));
	}
}

static bool test_sample(struct pce_rng_health *health, u64 sample)
{
	return pce_rng_healthy(health, (u8 *)&sample, sizeof(sample));
}

static void health_repetition_count(struct kunit *test)
{
	struct pce_rng_health health = { };

	/* All zeros are as good as any, once */
	KUNIT_EXPECT_TRUE(test, test_sample(&health, 0));
	KUNIT_EXPECT_TRUE(test, test_sample(&health, 1));
	KUNIT_EXPECT_FALSE(test, test_sample(&health, 1));
	/* Anew */
	KUNIT_EXPECT_TRUE(test, test_sample(&health, 1));
	KUNIT_EXPECT_FALSE(test, test_sample(&health, 1));
}

static void health_adaptive_proportion(struct kunit *test)
{
	struct pce_rng_health health = { };
	u64 i;

	/* In the window's last place, and in the first of the next */
	for (i = 0; i < 511; i++)
		KUNIT_ASSERT_TRUE(test, test_sample(&health, i));
	KUNIT_EXPECT_FALSE(test, test_sample(&health, 0));
	for (i = 0; i < 512; i++)
		KUNIT_ASSERT_TRUE(test, test_sample(&health, i));
	KUNIT_EXPECT_TRUE(test, test_sample(&health, 0));
}

static struct kunit_case pce_rng_cases[] = {
	KUNIT_CASE(random_in_an_entry),
	KUNIT_CASE(random_is_handed_out_once),
	KUNIT_CASE(random_request_that_fails),
	KUNIT_CASE(random_is_not_checked),
	KUNIT_CASE(random_waits_for_room_in_the_ring),
	KUNIT_CASE(random_of_a_device_that_goes),
	KUNIT_CASE(random_that_nobody_fetched),
	KUNIT_CASE(random_that_repeats_itself),
	KUNIT_CASE(health_of_good_numbers),
	KUNIT_CASE(health_repetition_count),
	KUNIT_CASE(health_adaptive_proportion),
	{}
};

static struct kunit_suite pce_rng_suite = {
	.name = "pce_rng",
	.init = test_rng_init,
	.exit = test_rng_exit,
	.test_cases = pce_rng_cases,
};

kunit_test_suites(&pce_rng_suite);
