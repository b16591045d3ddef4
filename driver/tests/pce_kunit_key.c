// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of keys: which device has them, and when it must forget them.
 * These tests put devices of their own in service, and want to be alone there.
 */
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/bottom_half.h>
#include <linux/module.h>

#include "../pce_key.h"
#include "pce_fake.h"

#define TEST_DEVICES	2

struct test_keys {
	struct pce_fake *fake[TEST_DEVICES];
	bool published[TEST_DEVICES];
	struct pce_key *key;
	struct pce_key *other;
	struct pce_device *woken;
};

static const u8 test_key_bytes[PCE_CONTEXT_KEY_SIZE] =
	"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,";

static struct test_keys *test_keys(struct kunit *test)
{
	return test->priv;
}

static int test_keys_init(struct kunit *test)
{
	struct test_keys *ctx;
	unsigned int i;

	if (pce_device_any())
		kunit_skip(test, "a device is in service");

	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	for (i = 0; i < TEST_DEVICES; i++) {
		ctx->fake[i] = pce_fake_create(test, 2, NULL);
		ctx->fake[i]->pce.alg_info[PCE_ALG_AES_CBC] =
			PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_128 |
			PCE_ALG_INFO_KEY_256;
	}
	ctx->key = kunit_kzalloc(test, sizeof(*ctx->key), GFP_KERNEL);
	ctx->other = kunit_kzalloc(test, sizeof(*ctx->other), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->key);
	KUNIT_ASSERT_NOT_NULL(test, ctx->other);
	pce_key_init(ctx->key, PCE_ALG_AES_CBC, PCE_ALG_NONE);
	pce_key_init(ctx->other, PCE_ALG_AES_CBC, PCE_ALG_NONE);
	test->priv = ctx;
	return 0;
}

static void test_publish(struct kunit *test, unsigned int i)
{
	pce_device_publish(&test_keys(test)->fake[i]->pce);
	test_keys(test)->published[i] = true;
}

static void test_retract(struct kunit *test, unsigned int i)
{
	pce_device_retract(&test_keys(test)->fake[i]->pce);
	test_keys(test)->published[i] = false;
}

static void test_keys_exit(struct kunit *test)
{
	struct test_keys *ctx = test_keys(test);
	unsigned int i;

	if (!ctx)
		return;	/* skipped */
	for (i = 0; i < TEST_DEVICES; i++) {
		if (ctx->published[i])
			test_retract(test, i);
		pce_device_unbind_keys(&ctx->fake[i]->pce);
		pce_fake_destroy(ctx->fake[i]);
	}
}

static struct pce_device *test_device(struct pce_key *key)
{
	struct pce_device *pce;

	local_bh_disable();
	pce = pce_key_device(key);
	local_bh_enable();
	return pce;
}

static void key_record(struct kunit *test)
{
	struct pce_key *key = test_keys(test)->key;
	const struct pce_context *ctx = &key->context;
	u32 generation;

	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(offsetof(struct pce_key, context),
					   PCE_CONTEXT_ALIGN));
	pce_key_set(key, test_key_bytes, 32, NULL, 0);
	generation = le32_to_cpu(ctx->generation);
	KUNIT_EXPECT_EQ(test, ctx->alg, PCE_ALG_AES_CBC);
	KUNIT_EXPECT_EQ(test, ctx->key_length, 32);
	KUNIT_EXPECT_MEMEQ(test, ctx->key, test_key_bytes, 32);

	/* A shorter key leaves nothing of the longer one */
	pce_key_set(key, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_EQ(test, ctx->key_length, 16);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->key + 16,
					    sizeof(ctx->key) - 16));
	KUNIT_EXPECT_NE(test, le32_to_cpu(ctx->generation), generation);

	pce_key_exit(key);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx, sizeof(*ctx)));
}

static void key_without_device(struct kunit *test)
{
	struct pce_key *key = test_keys(test)->key;

	pce_key_set(key, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_NULL(test, test_device(key));
	KUNIT_EXPECT_EQ(test, key->reason, PCE_FALLBACK_NO_DEVICE);
	/* It finds the device that comes */
	test_publish(test, 0);
	KUNIT_EXPECT_PTR_EQ(test, test_device(key),
			    &test_keys(test)->fake[0]->pce);
	pce_key_exit(key);
}

static void key_of_a_size_that_no_device_has(struct kunit *test)
{
	struct test_keys *ctx = test_keys(test);

	test_publish(test, 0);
	pce_key_set(ctx->key, test_key_bytes, 24, NULL, 0);
	KUNIT_EXPECT_NULL(test, test_device(ctx->key));
	KUNIT_EXPECT_EQ(test, ctx->key->reason, PCE_FALLBACK_UNSUPPORTED);
	/* The second device has it */
	ctx->fake[1]->pce.alg_info[PCE_ALG_AES_CBC] |= PCE_ALG_INFO_KEY_192;
	test_publish(test, 1);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->key), &ctx->fake[1]->pce);
	pce_key_exit(ctx->key);
}

static void key_of_xts_is_two(struct kunit *test)
{
	struct test_keys *ctx = test_keys(test);

	ctx->fake[0]->pce.alg_info[PCE_ALG_AES_XTS] =
		PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_128;
	test_publish(test, 0);
	pce_key_init(ctx->key, PCE_ALG_AES_XTS, PCE_ALG_NONE);
	pce_key_set(ctx->key, test_key_bytes, 64, NULL, 0);
	KUNIT_EXPECT_NULL(test, test_device(ctx->key));
	KUNIT_EXPECT_EQ(test, ctx->key->reason, PCE_FALLBACK_UNSUPPORTED);
	pce_key_set(ctx->key, test_key_bytes, 32, NULL, 0);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->key), &ctx->fake[0]->pce);
	pce_key_exit(ctx->key);
}

/* Which bit of ALG_INFO each length of key asks for */
static void key_sizes_of_every_kind(struct kunit *test)
{
	static const struct {
		enum pce_alg alg;
		unsigned int length;
		u32 needs;
	} cases[] = {
		{ PCE_ALG_AES_LRW, 32, PCE_ALG_INFO_KEY_128 },
		{ PCE_ALG_AES_LRW, 48, PCE_ALG_INFO_KEY_256 },
		{ PCE_ALG_SM4_XTS, 32, PCE_ALG_INFO_KEY_128 },
		{ PCE_ALG_DES3_CBC, 24, PCE_ALG_INFO_KEY_192 },
		{ PCE_ALG_XCHACHA12, 32, PCE_ALG_INFO_KEY_256 },
		{ PCE_ALG_HMAC_SHA256, 0, 0 },
	};
	struct test_keys *ctx = test_keys(test);
	u32 *info = ctx->fake[0]->pce.alg_info;
	unsigned int i;

	test_publish(test, 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		pce_key_init(ctx->key, cases[i].alg, PCE_ALG_NONE);
		info[cases[i].alg] = ~cases[i].needs;
		pce_key_set(ctx->key, test_key_bytes, cases[i].length, NULL, 0);
		KUNIT_EXPECT_EQ_MSG(test, !test_device(ctx->key),
				    !!cases[i].needs, "case %u", i);
		info[cases[i].alg] = PCE_ALG_INFO_PRESENT | cases[i].needs;
		pce_key_set(ctx->key, test_key_bytes, cases[i].length, NULL, 0);
		KUNIT_EXPECT_NOT_NULL_MSG(test, test_device(ctx->key),
					  "case %u", i);
		pce_key_exit(ctx->key);
	}
}

static void key_of_two_algorithms(struct kunit *test)
{
	struct test_keys *ctx = test_keys(test);
	u32 *info = ctx->fake[0]->pce.alg_info;

	info[PCE_ALG_AUTHENC_AES_CBC] = info[PCE_ALG_AES_CBC];
	test_publish(test, 0);
	pce_key_init(ctx->key, PCE_ALG_AUTHENC_AES_CBC, PCE_ALG_HMAC_SHA1);
	pce_key_set(ctx->key, test_key_bytes, 16, test_key_bytes + 16, 20);
	KUNIT_EXPECT_NULL(test, test_device(ctx->key));
	KUNIT_EXPECT_EQ(test, ctx->key->reason, PCE_FALLBACK_UNSUPPORTED);

	info[PCE_ALG_HMAC_SHA1] = PCE_ALG_INFO_PRESENT;
	pce_key_set(ctx->key, test_key_bytes, 16, test_key_bytes + 16, 20);
	KUNIT_EXPECT_NOT_NULL(test, test_device(ctx->key));
	KUNIT_EXPECT_EQ(test, ctx->key->context.auth_alg, PCE_ALG_HMAC_SHA1);
	KUNIT_EXPECT_EQ(test, ctx->key->context.auth_key_length, 20);
	KUNIT_EXPECT_MEMEQ(test, ctx->key->context.auth_key,
			   test_key_bytes + 16, 20);

	/* A shorter key leaves nothing of the longer one */
	pce_key_set(ctx->key, test_key_bytes, 16, test_key_bytes + 16, 4);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->key->context.auth_key + 4,
					    16));
	pce_key_exit(ctx->key);
}

/* A hash has none, and finds its device in the same way */
static void key_that_is_none(struct kunit *test)
{
	struct test_keys *ctx = test_keys(test);

	ctx->fake[0]->pce.alg_info[PCE_ALG_SHA256] = PCE_ALG_INFO_PRESENT;
	test_publish(test, 0);
	pce_key_init(ctx->key, PCE_ALG_SHA256, PCE_ALG_NONE);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->key), &ctx->fake[0]->pce);
	KUNIT_EXPECT_EQ(test, ctx->key->dma, 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ctx->key->context.generation), 0);
	pce_key_exit(ctx->key);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 0);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->pce.nr_keys, 0);
}

static void key_change_is_told_to_the_device(struct kunit *test)
{
	struct test_keys *ctx = test_keys(test);

	test_publish(test, 0);
	pce_key_set(ctx->key, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 0);
	test_device(ctx->key);
	pce_key_set(ctx->key, test_key_bytes + 1, 16, NULL, 0);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 1);
	test_device(ctx->key);
	pce_key_exit(ctx->key);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 2);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->pce.nr_keys, 0);
}

static void key_goes_to_the_device_with_fewer(struct kunit *test)
{
	struct test_keys *ctx = test_keys(test);

	test_publish(test, 0);
	test_publish(test, 1);
	pce_key_set(ctx->key, test_key_bytes, 16, NULL, 0);
	pce_key_set(ctx->other, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_PTR_NE(test, test_device(ctx->key),
			    test_device(ctx->other));
	pce_key_exit(ctx->key);
	pce_key_exit(ctx->other);
}

static void key_moves_when_its_device_goes(struct kunit *test)
{
	struct test_keys *ctx = test_keys(test);

	test_publish(test, 0);
	pce_key_set(ctx->key, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->key), &ctx->fake[0]->pce);

	/* The record stays mapped for what is in flight */
	test_publish(test, 1);
	test_retract(test, 0);
	KUNIT_EXPECT_PTR_EQ(test, ctx->key->owner, &ctx->fake[0]->pce);
	KUNIT_EXPECT_NULL(test, test_device(ctx->key));
	KUNIT_EXPECT_EQ(test, ctx->key->reason, PCE_FALLBACK_NO_DEVICE);

	pce_device_unbind_keys(&ctx->fake[0]->pce);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->key), &ctx->fake[1]->pce);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->pce.nr_keys, 0);
	pce_key_exit(ctx->key);
}

static void key_goes_while_its_device_does(struct kunit *test)
{
	struct test_keys *ctx = test_keys(test);

	test_publish(test, 0);
	pce_key_set(ctx->key, test_key_bytes, 16, NULL, 0);
	test_device(ctx->key);
	test_retract(test, 0);
	pce_key_exit(ctx->key);
	KUNIT_EXPECT_TRUE(test, list_empty(&ctx->fake[0]->pce.keys));
}

static void test_wake(struct pce_device *pce)
{
	test_keys(kunit_get_current_test())->woken = pce;
}

static void key_wakes_a_device_that_sleeps(struct kunit *test)
{
	struct test_keys *ctx = test_keys(test);
	struct pce_device *first = &ctx->fake[0]->pce;

	kunit_activate_static_stub(test, pce_power_wake, test_wake);
	pce_device_doze(first);

	/* Not for a key that it could not serve */
	pce_key_set(ctx->other, test_key_bytes, 24, NULL, 0);
	KUNIT_EXPECT_NULL(test, test_device(ctx->other));
	KUNIT_EXPECT_NULL(test, ctx->woken);

	/* Nor for one that another device serves */
	test_publish(test, 1);
	pce_key_set(ctx->key, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->key), &ctx->fake[1]->pce);
	KUNIT_EXPECT_NULL(test, ctx->woken);

	test_retract(test, 1);
	pce_device_unbind_keys(&ctx->fake[1]->pce);
	KUNIT_EXPECT_NULL(test, test_device(ctx->key));
	KUNIT_EXPECT_EQ(test, ctx->key->reason, PCE_FALLBACK_NO_DEVICE);
	KUNIT_EXPECT_PTR_EQ(test, ctx->woken, first);

	/* It is asked once, and has the key when it is awake */
	ctx->woken = NULL;
	KUNIT_EXPECT_NULL(test, test_device(ctx->key));
	KUNIT_EXPECT_NULL(test, ctx->woken);
	pce_device_rouse(first);
	test_publish(test, 0);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->key), first);
	pce_key_exit(ctx->key);
	pce_key_exit(ctx->other);
}

static struct kunit_case pce_key_cases[] = {
	KUNIT_CASE(key_record),
	KUNIT_CASE(key_without_device),
	KUNIT_CASE(key_of_a_size_that_no_device_has),
	KUNIT_CASE(key_of_xts_is_two),
	KUNIT_CASE(key_sizes_of_every_kind),
	KUNIT_CASE(key_of_two_algorithms),
	KUNIT_CASE(key_that_is_none),
	KUNIT_CASE(key_change_is_told_to_the_device),
	KUNIT_CASE(key_goes_to_the_device_with_fewer),
	KUNIT_CASE(key_moves_when_its_device_goes),
	KUNIT_CASE(key_goes_while_its_device_does),
	KUNIT_CASE(key_wakes_a_device_that_sleeps),
	{}
};

static struct kunit_suite pce_key_suite = {
	.name = "pce_key",
	.init = test_keys_init,
	.exit = test_keys_exit,
	.test_cases = pce_key_cases,
};

kunit_test_suites(&pce_key_suite);

MODULE_DESCRIPTION("KUnit tests for the PCI Crypto Engine");
MODULE_LICENSE("GPL");
/* MODULE_IMPORT_NS() takes a name in some kernels and a string in others */
MODULE_INFO(import_ns, "EXPORTED_FOR_KUNIT_TESTING");
