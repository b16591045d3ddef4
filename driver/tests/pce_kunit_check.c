// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of the self-check: results of the device compared with software.
 */
#include <kunit/static_stub.h>
#include <linux/bottom_half.h>
#include <linux/crypto.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>

#include "../pce_check.h"
#include "../pce_request.h"
#include "pce_fake.h"

#define TEST_LENGTH	64
#define TEST_AAD	16
#define TEST_IV		16

struct test_check {
	struct pce_fake *fake;
	struct crypto_alg alg;
	struct crypto_tfm tfm;
	struct crypto_async_request base;
	struct pce_session session;
	struct pce_request req;
	struct pce_request_ops ops;
	struct scatterlist lists[2];
	u8 *src;
	u8 *dst;
	u8 iv[TEST_IV];
	int software;		/* what it returns */
	unsigned int fallbacks;
	unsigned int failed;
	bool agrees;
	u64 counted[PCE_COUNTERS];
};

static struct test_check *test_check(struct kunit *test)
{
	return test->priv;
}

/* A cipher that turns every bit over */
static void test_cipher(u8 *out, const u8 *in)
{
	unsigned int i;

	for (i = 0; i < TEST_LENGTH; i++)
		out[i] = ~in[i];
}

static int test_fallback(struct pce_request *req, u32 flags)
{
	struct test_check *ctx = container_of(req, struct test_check, req);

	ctx->fallbacks++;
	if (!ctx->software && req->dst.length)
		test_cipher(sg_virt(req->dst.sg) + req->aad_length,
			    sg_virt(req->src.sg) + req->aad_length);
	memset(ctx->iv, 0x11, sizeof(ctx->iv));
	return ctx->software;
}

static bool test_agrees(const struct pce_request *req,
			const struct pce_hash_state *record)
{
	struct test_check *ctx = container_of(req, struct test_check, req);

	return ctx->agrees && record->state[0] == 0x22;
}

static void test_fail(struct pce_device *pce, const char *why)
{
	struct pce_fake *fake = container_of(pce, struct pce_fake, pce);
	struct kunit *test = kunit_get_current_test();

	KUNIT_EXPECT_PTR_EQ(test, fake, test_check(test)->fake);
	test_check(test)->failed++;
}

static int test_check_init(struct kunit *test)
{
	struct test_check *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	struct pce_request *req = &ctx->req;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	ctx->fake = pce_fake_create(test, 2, &pce_request_ops);
	ctx->src = kunit_kzalloc(test, SZ_256K, GFP_KERNEL);
	ctx->dst = kunit_kzalloc(test, SZ_256K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->src);
	KUNIT_ASSERT_NOT_NULL(test, ctx->dst);
	for (i = 0; i < TEST_AAD + TEST_LENGTH; i++)
		ctx->src[i] = i;

	ctx->ops.fallback = test_fallback;
	strscpy(ctx->alg.cra_driver_name, "test");
	ctx->tfm.__crt_alg = &ctx->alg;
	ctx->base.tfm = &ctx->tfm;
	sg_init_one(&ctx->lists[0], ctx->src, TEST_AAD + TEST_LENGTH);
	sg_init_one(&ctx->lists[1], ctx->dst, TEST_AAD + TEST_LENGTH);
	req->base = &ctx->base;
	req->ops = &ctx->ops;
	req->pce = &ctx->fake->pce;
	req->aad_length = TEST_AAD;
	req->job.length = TEST_LENGTH;
	req->src = (struct pce_side){ .sg = &ctx->lists[0], .nents = 1,
				      .length = TEST_AAD + TEST_LENGTH };
	req->dst = (struct pce_side){ .sg = &ctx->lists[1], .nents = 1,
				      .length = TEST_AAD + TEST_LENGTH };
	for (i = 0; i < PCE_COUNTERS; i++)
		ctx->counted[i] = pce_counter_sum(i);
	kunit_activate_static_stub(test, pce_state_fail, test_fail);
	pce_self_check = 1;
	return 0;
}

static void test_check_exit(struct kunit *test)
{
	pce_self_check = 0;
	pce_check_abandon(&test_check(test)->req);
	pce_fake_destroy(test_check(test)->fake);
}

static u64 test_counted(struct kunit *test, enum pce_counter counter)
{
	return pce_counter_sum(counter) - test_check(test)->counted[counter];
}

static void test_in_place(struct test_check *ctx)
{
	ctx->req.dst.sg = ctx->req.src.sg;
}

static void test_begin(struct kunit *test)
{
	struct test_check *ctx = test_check(test);

	pce_check_begin(&ctx->req);
	KUNIT_ASSERT_NOT_NULL(test, ctx->req.check);
}

/* Where the device writes to */
static u8 *test_output(struct test_check *ctx)
{
	return sg_virt(ctx->req.dst.sg);
}

/* What the device does if all goes well */
static void test_device(struct test_check *ctx)
{
	const u8 *src = sg_virt(ctx->req.src.sg);
	u8 *dst = test_output(ctx);

	memmove(dst, src, TEST_AAD);
	test_cipher(dst + TEST_AAD, src + TEST_AAD);
	memset(ctx->req.job.result, 0x11, TEST_IV);
}

/* Somebody else writes to what the caller gave */
static void test_scribble(struct test_check *ctx)
{
	memset(ctx->src, 0x77, TEST_AAD + TEST_LENGTH);
	memset(ctx->dst, 0x77, TEST_AAD + TEST_LENGTH);
}

/* The caller gets what software has come to, whatever the device did */
static void test_end(struct kunit *test, enum pce_verdict verdict, u64 checked, u64 wrong)
{
	struct test_check *ctx = test_check(test);
	unsigned int i;
	const u8 *dst;
	int ret;

	local_bh_disable();
	ret = pce_check_end(&ctx->req, verdict, 0);
	local_bh_enable();
	dst = sg_virt(ctx->req.dst.sg);

	KUNIT_EXPECT_EQ(test, ret, ctx->software);
	KUNIT_EXPECT_EQ(test, ctx->fallbacks, 1);
	KUNIT_EXPECT_NULL(test, ctx->req.check);
	KUNIT_EXPECT_EQ(test, test_counted(test, PCE_COUNT_CHECKED), checked);
	KUNIT_EXPECT_EQ(test, test_counted(test, PCE_COUNT_WRONG), wrong);
	KUNIT_EXPECT_EQ(test, ctx->failed, wrong);
	if (!ctx->software && ctx->req.dst.length)
		for (i = TEST_AAD; i < TEST_AAD + TEST_LENGTH; i++)
			KUNIT_EXPECT_EQ(test, dst[i], (u8)~i);
}

static void check_is_for_a_sample(struct kunit *test)
{
	struct pce_request *req = &test_check(test)->req;
	unsigned int checked = 0, i;

	pce_self_check = 0;
	pce_check_begin(req);
	KUNIT_EXPECT_NULL(test, req->check);

	/* Elsewhere they are counted anew */
	migrate_disable();
	pce_self_check = 3;
	for (i = 0; i < 9; i++) {
		pce_check_begin(req);
		checked += !!req->check;
		pce_check_abandon(req);
	}
	migrate_enable();
	KUNIT_EXPECT_EQ(test, checked, 3);
}

static void check_of_a_right_result(struct kunit *test)
{
	test_begin(test);
	test_device(test_check(test));
	test_end(test, PCE_VERDICT_DONE, 1, 0);
}

static void check_of_a_right_result_in_place(struct kunit *test)
{
	test_in_place(test_check(test));
	test_begin(test);
	test_device(test_check(test));
	test_end(test, PCE_VERDICT_DONE, 1, 0);
}

static void check_of_a_wrong_byte(struct kunit *test)
{
	struct test_check *ctx = test_check(test);

	test_begin(test);
	test_device(ctx);
	test_output(ctx)[TEST_AAD + TEST_LENGTH - 1] ^= 0x80;
	test_end(test, PCE_VERDICT_DONE, 1, 1);
}

static void check_of_a_wrong_byte_in_place(struct kunit *test)
{
	struct test_check *ctx = test_check(test);

	test_in_place(ctx);
	test_begin(test);
	test_device(ctx);
	test_output(ctx)[TEST_AAD] ^= 1;
	test_end(test, PCE_VERDICT_DONE, 1, 1);
}

/* A page that is written to a disk may change, and AF_ALG's pages are the user's */
static void check_of_data_that_change(struct kunit *test)
{
	test_begin(test);
	test_device(test_check(test));
	test_scribble(test_check(test));
	test_end(test, PCE_VERDICT_DONE, 1, 0);
}

static void check_of_data_that_change_before(struct kunit *test)
{
	test_begin(test);
	test_scribble(test_check(test));
	test_device(test_check(test));
	test_end(test, PCE_VERDICT_DONE, 1, 0);
}

static void check_of_data_that_change_in_place(struct kunit *test)
{
	test_in_place(test_check(test));
	test_begin(test);
	test_scribble(test_check(test));
	test_device(test_check(test));
	test_scribble(test_check(test));
	test_end(test, PCE_VERDICT_DONE, 1, 0);
}

/* The request has the caller's scatterlists again */
static void check_that_is_abandoned(struct kunit *test)
{
	struct test_check *ctx = test_check(test);

	ctx->req.overlap = true;
	test_begin(test);
	KUNIT_EXPECT_PTR_NE(test, ctx->req.src.sg, &ctx->lists[0]);
	KUNIT_EXPECT_PTR_EQ(test, ctx->req.src.sg, ctx->req.dst.sg);
	pce_check_abandon(&ctx->req);
	KUNIT_EXPECT_PTR_EQ(test, ctx->req.src.sg, &ctx->lists[0]);
	KUNIT_EXPECT_PTR_EQ(test, ctx->req.dst.sg, &ctx->lists[1]);
	KUNIT_EXPECT_TRUE(test, ctx->req.overlap);
	KUNIT_EXPECT_NULL(test, ctx->req.check);
}

/* A tag, and nothing that it is of: there is a destination only */
static void check_without_a_source(struct kunit *test)
{
	struct test_check *ctx = test_check(test);

	ctx->req.aad_length = 0;
	ctx->req.src.length = 0;
	ctx->req.src.nents = 0;
	test_in_place(ctx);
	test_begin(test);
	KUNIT_EXPECT_PTR_NE(test, test_output(ctx), ctx->src);
	memset(test_output(ctx), 0xff, TEST_LENGTH);
	memset(ctx->req.job.result, 0x11, TEST_IV);
	local_bh_disable();
	KUNIT_EXPECT_EQ(test, pce_check_end(&ctx->req, PCE_VERDICT_DONE, 0), 0);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, test_counted(test, PCE_COUNT_CHECKED), 1);
	KUNIT_EXPECT_EQ(test, ctx->src[0], 0xff);
}

/* Software has no memory: the device is not blamed, and its result is the caller's */
static void test_no_memory(struct kunit *test)
{
	struct test_check *ctx = test_check(test);
	unsigned int i;
	const u8 *dst;
	int ret;

	test_begin(test);
	test_device(ctx);
	ctx->req.next_iv = ctx->iv;
	ctx->req.next_iv_size = TEST_IV;
	memset(ctx->req.job.result, 0x33, TEST_IV);
	ctx->software = -ENOMEM;
	local_bh_disable();
	ret = pce_check_end(&ctx->req, PCE_VERDICT_DONE, 0);
	local_bh_enable();
	dst = sg_virt(ctx->req.dst.sg);

	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, ctx->fallbacks, 1);
	KUNIT_EXPECT_EQ(test, ctx->failed, 0);
	KUNIT_EXPECT_EQ(test, test_counted(test, PCE_COUNT_UNCHECKED), 1);
	KUNIT_EXPECT_EQ(test, test_counted(test, PCE_COUNT_CHECKED), 0);
	KUNIT_EXPECT_EQ(test, test_counted(test, PCE_COUNT_WRONG), 0);
	for (i = TEST_AAD; i < TEST_AAD + TEST_LENGTH; i++)
		KUNIT_EXPECT_EQ(test, dst[i], (u8)~i);
	for (i = 0; i < TEST_IV; i++)
		KUNIT_EXPECT_EQ(test, ctx->iv[i], 0x33);
}

static void check_without_memory_for_software(struct kunit *test)
{
	test_no_memory(test);
}

static void check_without_memory_for_software_in_place(struct kunit *test)
{
	test_in_place(test_check(test));
	test_no_memory(test);
}

static void check_of_several_entries(struct kunit *test)
{
	struct test_check *ctx = test_check(test);
	struct scatterlist dst[2];

	sg_init_table(dst, 2);
	sg_set_buf(&dst[0], ctx->dst, TEST_AAD + 5);
	sg_set_buf(&dst[1], ctx->dst + TEST_AAD + 5, TEST_LENGTH - 5);
	ctx->req.dst.sg = dst;
	ctx->req.dst.nents = 2;
	test_begin(test);
	test_device(ctx);
	test_output(ctx)[TEST_AAD + 5] ^= 1;
	test_end(test, PCE_VERDICT_DONE, 1, 1);
}

/* Software may leave them alone where the device copies them */
static void check_of_associated_data(struct kunit *test)
{
	struct test_check *ctx = test_check(test);
	unsigned int i;

	test_begin(test);
	test_device(ctx);
	test_output(ctx)[TEST_AAD - 1] ^= 1;
	test_end(test, PCE_VERDICT_DONE, 1, 1);
	for (i = 0; i < TEST_AAD; i++)
		KUNIT_EXPECT_EQ(test, ctx->dst[i], i);
}

static void check_of_associated_data_in_place(struct kunit *test)
{
	struct test_check *ctx = test_check(test);

	test_in_place(ctx);
	test_begin(test);
	test_device(ctx);
	test_output(ctx)[0] ^= 1;
	test_end(test, PCE_VERDICT_DONE, 1, 1);
	KUNIT_EXPECT_EQ(test, ctx->src[0], 0);
}

/* Which each encrypts in its own way, where it is not in place */
static void check_leaves_the_vector_of_essiv_out(struct kunit *test)
{
	struct test_check *ctx = test_check(test);

	ctx->session.context.alg = PCE_ALG_AUTHENC_AES_ESSIV;
	ctx->req.session = &ctx->session;
	test_begin(test);
	test_device(ctx);
	test_output(ctx)[0] ^= 1;
	test_end(test, PCE_VERDICT_DONE, 1, 0);
}

static void check_of_the_next_iv(struct kunit *test)
{
	struct test_check *ctx = test_check(test);

	ctx->req.next_iv = ctx->iv;
	ctx->req.next_iv_size = TEST_IV;
	test_begin(test);
	test_device(ctx);
	ctx->req.job.result[TEST_IV - 1] ^= 1;
	test_end(test, PCE_VERDICT_DONE, 1, 1);
}

/* The device says that the tag is wrong, and it is not; the other way round */
static void check_of_the_tag(struct kunit *test)
{
	test_begin(test);
	test_end(test, PCE_VERDICT_BAD_TAG, 1, 1);
}

static void check_of_a_forged_message(struct kunit *test)
{
	struct test_check *ctx = test_check(test);

	ctx->software = -EBADMSG;
	test_begin(test);
	test_device(ctx);
	test_end(test, PCE_VERDICT_DONE, 1, 1);
}

static void check_of_a_forged_message_that_both_found(struct kunit *test)
{
	test_check(test)->software = -EBADMSG;
	test_begin(test);
	test_end(test, PCE_VERDICT_BAD_TAG, 1, 0);
}

/* In place, and the device has left something: there is the copy */
static void check_saves_from_eio(struct kunit *test)
{
	struct test_check *ctx = test_check(test);

	test_in_place(ctx);
	test_begin(test);
	memset(test_output(ctx), 0x77, TEST_AAD + TEST_LENGTH);
	test_end(test, PCE_VERDICT_DAMAGED, 0, 0);
	KUNIT_EXPECT_EQ(test, ctx->src[3], 3);
}

/* There is no destination, nor are there associated data */
static void test_hash(struct test_check *ctx)
{
	ctx->ops.agrees = test_agrees;
	ctx->agrees = true;
	ctx->req.aad_length = 0;
	ctx->req.dst.length = 0;
}

static void check_of_a_hash(struct kunit *test)
{
	struct test_check *ctx = test_check(test);
	struct pce_hash_state record = { .state = { 0x22 } };

	test_hash(ctx);
	test_begin(test);
	pce_check_record(&ctx->req, &record);
	test_end(test, PCE_VERDICT_DONE, 1, 0);
}

static void check_of_a_wrong_hash(struct kunit *test)
{
	struct test_check *ctx = test_check(test);
	struct pce_hash_state record = { .state = { 0x23 } };

	test_hash(ctx);
	test_begin(test);
	pce_check_record(&ctx->req, &record);
	test_end(test, PCE_VERDICT_DONE, 1, 1);
}

static void check_is_not_for_long_requests(struct kunit *test)
{
	struct pce_request *req = &test_check(test)->req;

	sg_init_one(req->dst.sg, test_check(test)->dst, SZ_256K);
	req->dst.length = SZ_256K;
	pce_check_begin(req);
	KUNIT_EXPECT_NULL(test, req->check);
	KUNIT_EXPECT_EQ(test, test_counted(test, PCE_COUNT_UNCHECKED), 1);
}

static struct kunit_case pce_check_cases[] = {
	KUNIT_CASE(check_is_for_a_sample),
	KUNIT_CASE(check_of_a_right_result),
	KUNIT_CASE(check_of_a_right_result_in_place),
	KUNIT_CASE(check_of_a_wrong_byte),
	KUNIT_CASE(check_of_a_wrong_byte_in_place),
	KUNIT_CASE(check_of_data_that_change),
	KUNIT_CASE(check_of_data_that_change_before),
	KUNIT_CASE(check_of_data_that_change_in_place),
	KUNIT_CASE(check_that_is_abandoned),
	KUNIT_CASE(check_without_a_source),
	KUNIT_CASE(check_without_memory_for_software),
	KUNIT_CASE(check_without_memory_for_software_in_place),
	KUNIT_CASE(check_of_several_entries),
	KUNIT_CASE(check_of_associated_data),
	KUNIT_CASE(check_of_associated_data_in_place),
	KUNIT_CASE(check_leaves_the_vector_of_essiv_out),
	KUNIT_CASE(check_of_the_next_iv),
	KUNIT_CASE(check_of_the_tag),
	KUNIT_CASE(check_of_a_forged_message),
	KUNIT_CASE(check_of_a_forged_message_that_both_found),
	KUNIT_CASE(check_saves_from_eio),
	KUNIT_CASE(check_of_a_hash),
	KUNIT_CASE(check_of_a_wrong_hash),
	KUNIT_CASE(check_is_not_for_long_requests),
	{}
};

static struct kunit_suite pce_check_suite = {
	.name = "pce_check",
	.init = test_check_init,
	.exit = test_check_exit,
	.test_cases = pce_check_cases,
};

kunit_test_suites(&pce_check_suite);
