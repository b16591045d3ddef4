// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of sessions: which device has a key, and when it must forget it.
 * These tests put devices of their own in service, and want to be alone there.
 */
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/bottom_half.h>
#include <linux/module.h>

#include "../pce_regs.h"
#include "../pce_session.h"
#include "pce_fake.h"

#define TEST_DEVICES	2

struct test_sessions {
	struct pce_fake *fake[TEST_DEVICES];
	bool published[TEST_DEVICES];
	struct pce_session *session;
	struct pce_session *other;
	struct pce_device *woken;
	unsigned int wakes;
	int wake_error;
	int leaving;
	dma_addr_t mapped;
	unsigned int told_alone;
	unsigned int confirmed;
};

static const u8 test_key_bytes[PCE_CONTEXT_KEY_SIZE] =
	"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,";

static struct test_sessions *test_sessions(struct kunit *test)
{
	return test->priv;
}

/* The suite does it once more if a test has ended early */
static void test_exit(struct pce_session *session)
{
	pce_session_exit(session);
	session->flows = NULL;
}

static void test_init(struct kunit *test, struct pce_session *session,
		      enum pce_alg alg, enum pce_alg auth_alg)
{
	test_exit(session);
	KUNIT_ASSERT_EQ(test, pce_session_init(session, alg, auth_alg), 0);
}

static int test_sessions_init(struct kunit *test)
{
	struct test_sessions *ctx;
	unsigned int i;

	if (pce_registry_has_running())
		kunit_skip(test, "a device is in service");

	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	for (i = 0; i < TEST_DEVICES; i++) {
		ctx->fake[i] = pce_fake_create(test, 2, NULL);
		ctx->fake[i]->pce.caps.alg_info[PCE_ALG_AES_CBC] =
			PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_128 |
			PCE_ALG_INFO_KEY_256;
	}
	ctx->session = kunit_kzalloc(test, sizeof(*ctx->session), GFP_KERNEL);
	ctx->other = kunit_kzalloc(test, sizeof(*ctx->other), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->session);
	KUNIT_ASSERT_NOT_NULL(test, ctx->other);
	test->priv = ctx;
	test_init(test, ctx->session, PCE_ALG_AES_CBC, PCE_ALG_NONE);
	test_init(test, ctx->other, PCE_ALG_AES_CBC, PCE_ALG_NONE);
	return 0;
}

static void test_publish(struct kunit *test, unsigned int i)
{
	pce_registry_add(&test_sessions(test)->fake[i]->pce);
	test_sessions(test)->published[i] = true;
}

static void test_retract(struct kunit *test, unsigned int i)
{
	pce_registry_remove(&test_sessions(test)->fake[i]->pce);
	test_sessions(test)->published[i] = false;
}

static void test_sessions_exit(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);
	unsigned int i;

	if (!ctx)
		return;	/* skipped */
	test_exit(ctx->session);
	test_exit(ctx->other);
	for (i = 0; i < TEST_DEVICES; i++) {
		if (ctx->published[i])
			test_retract(test, i);
		pce_bindings_release(&ctx->fake[i]->pce);
		pce_fake_destroy(ctx->fake[i]);
	}
}

static struct pce_device *test_device(struct pce_session *session)
{
	struct pce_device *pce;

	local_bh_disable();
	pce = pce_session_device(session);
	local_bh_enable();
	return pce;
}

static void session_min_len(struct kunit *test)
{
	struct pce_session *session = test_sessions(test)->session;
	int before = pce_min_len;
	u32 plain;

	pce_min_len = -1;
	pce_session_set_software(session, "cbc(aes-generic)");
	plain = pce_session_min_len(session);
	KUNIT_EXPECT_GT(test, plain, 16);
	/* This one is not plain C */
	pce_session_set_software(session, "generic-cbc-aesni");
	KUNIT_EXPECT_GT(test, pce_session_min_len(session), plain);
	pce_min_len = 0;
	KUNIT_EXPECT_EQ(test, pce_session_min_len(session), 0);
	pce_min_len = 77;
	KUNIT_EXPECT_EQ(test, pce_session_min_len(session), 77);
	pce_min_len = before;
}

static void session_record(struct kunit *test)
{
	struct pce_session *session = test_sessions(test)->session;
	const struct pce_context *ctx = &session->context;
	u32 generation;

	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(offsetof(struct pce_session, context),
					   PCE_CONTEXT_ALIGN));
	pce_session_set_key(session, test_key_bytes, 32, NULL, 0);
	generation = le32_to_cpu(ctx->generation);
	KUNIT_EXPECT_EQ(test, ctx->alg, PCE_ALG_AES_CBC);
	KUNIT_EXPECT_EQ(test, ctx->key_length, 32);
	KUNIT_EXPECT_MEMEQ(test, ctx->key, test_key_bytes, 32);

	/* A shorter key leaves nothing of the longer one */
	pce_session_set_key(session, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_EQ(test, ctx->key_length, 16);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->key + 16,
					    sizeof(ctx->key) - 16));
	KUNIT_EXPECT_NE(test, le32_to_cpu(ctx->generation), generation);

	test_exit(session);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx, sizeof(*ctx)));
}

static void session_without_device(struct kunit *test)
{
	struct pce_session *session = test_sessions(test)->session;

	pce_session_set_key(session, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_NULL(test, test_device(session));
	KUNIT_EXPECT_EQ(test, session->reason, PCE_FALLBACK_NO_DEVICE);
	/* It finds the device that comes */
	test_publish(test, 0);
	KUNIT_EXPECT_PTR_EQ(test, test_device(session),
			    &test_sessions(test)->fake[0]->pce);
	test_exit(session);
}

static void session_of_a_size_that_no_device_has(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);

	test_publish(test, 0);
	pce_session_set_key(ctx->session, test_key_bytes, 24, NULL, 0);
	KUNIT_EXPECT_NULL(test, test_device(ctx->session));
	KUNIT_EXPECT_EQ(test, ctx->session->reason, PCE_FALLBACK_UNSUPPORTED);
	/* The second device has it */
	ctx->fake[1]->pce.caps.alg_info[PCE_ALG_AES_CBC] |= PCE_ALG_INFO_KEY_192;
	test_publish(test, 1);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->session), &ctx->fake[1]->pce);
	test_exit(ctx->session);
}

static void session_of_xts_is_two(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);

	ctx->fake[0]->pce.caps.alg_info[PCE_ALG_AES_XTS] =
		PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_128;
	test_publish(test, 0);
	test_init(test, ctx->session, PCE_ALG_AES_XTS, PCE_ALG_NONE);
	pce_session_set_key(ctx->session, test_key_bytes, 64, NULL, 0);
	KUNIT_EXPECT_NULL(test, test_device(ctx->session));
	KUNIT_EXPECT_EQ(test, ctx->session->reason, PCE_FALLBACK_UNSUPPORTED);
	pce_session_set_key(ctx->session, test_key_bytes, 32, NULL, 0);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->session), &ctx->fake[0]->pce);
	test_exit(ctx->session);
}

/* Which bit of ALG_INFO each length of key asks for */
static void session_key_sizes_of_every_kind(struct kunit *test)
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
	struct test_sessions *ctx = test_sessions(test);
	u32 *info = ctx->fake[0]->pce.caps.alg_info;
	unsigned int i;

	test_publish(test, 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_init(test, ctx->session, cases[i].alg, PCE_ALG_NONE);
		info[cases[i].alg] = ~cases[i].needs;
		pce_session_set_key(ctx->session, test_key_bytes, cases[i].length, NULL, 0);
		KUNIT_EXPECT_EQ_MSG(test, !test_device(ctx->session),
				    !!cases[i].needs, "case %u", i);
		info[cases[i].alg] = PCE_ALG_INFO_PRESENT | cases[i].needs;
		pce_session_set_key(ctx->session, test_key_bytes, cases[i].length, NULL, 0);
		KUNIT_EXPECT_NOT_NULL_MSG(test, test_device(ctx->session),
					  "case %u", i);
		test_exit(ctx->session);
	}
}

static void session_of_two_algorithms(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);
	u32 *info = ctx->fake[0]->pce.caps.alg_info;

	info[PCE_ALG_AUTHENC_AES_CBC] = info[PCE_ALG_AES_CBC];
	test_publish(test, 0);
	test_init(test, ctx->session, PCE_ALG_AUTHENC_AES_CBC, PCE_ALG_HMAC_SHA1);
	pce_session_set_key(ctx->session, test_key_bytes, 16, test_key_bytes + 16, 20);
	KUNIT_EXPECT_NULL(test, test_device(ctx->session));
	KUNIT_EXPECT_EQ(test, ctx->session->reason, PCE_FALLBACK_UNSUPPORTED);

	info[PCE_ALG_HMAC_SHA1] = PCE_ALG_INFO_PRESENT;
	pce_session_set_key(ctx->session, test_key_bytes, 16, test_key_bytes + 16, 20);
	KUNIT_EXPECT_NOT_NULL(test, test_device(ctx->session));
	KUNIT_EXPECT_EQ(test, ctx->session->context.auth_alg, PCE_ALG_HMAC_SHA1);
	KUNIT_EXPECT_EQ(test, ctx->session->context.auth_key_length, 20);
	KUNIT_EXPECT_MEMEQ(test, ctx->session->context.auth_key,
			   test_key_bytes + 16, 20);

	/* A shorter key leaves nothing of the longer one */
	pce_session_set_key(ctx->session, test_key_bytes, 16, test_key_bytes + 16, 4);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->session->context.auth_key + 4,
					    16));
	test_exit(ctx->session);
}

/* A hash has none, and finds its device in the same way */
static void session_that_is_none(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);

	ctx->fake[0]->pce.caps.alg_info[PCE_ALG_SHA256] = PCE_ALG_INFO_PRESENT;
	test_publish(test, 0);
	test_init(test, ctx->session, PCE_ALG_SHA256, PCE_ALG_NONE);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->session), &ctx->fake[0]->pce);
	KUNIT_EXPECT_EQ(test, ctx->session->dma, 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ctx->session->context.generation), 0);
	test_exit(ctx->session);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 0);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->pce.entry.users, 0);
}

static void session_change_is_told_to_the_device(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);

	test_publish(test, 0);
	pce_session_set_key(ctx->session, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 0);
	test_device(ctx->session);
	pce_session_set_key(ctx->session, test_key_bytes + 1, 16, NULL, 0);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 1);
	test_device(ctx->session);
	test_exit(ctx->session);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 2);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->pce.entry.users, 0);
}

/* Return: true if somebody holds the lock; never on a kernel for one CPU */
static bool test_is_locked(spinlock_t *lock)
{
	if (!spin_trylock(lock))
		return true;
	spin_unlock(lock);
	return false;
}

/* What is going on while the device is told */
static void test_write(struct pce_device *pce, unsigned int reg, u32 value)
{
	struct test_sessions *ctx = test_sessions(kunit_get_current_test());

	ctx->told_alone += test_is_locked(&pce->bindings.lock);
	if (reg != PCE_REG_INVAL_CMD)
		return;
	ctx->leaving = atomic_read(&pce->bindings.leaving);
	ctx->mapped = ctx->session->dma;
	ctx->fake[0]->invalidated++;
}

/* A read takes as long as the device wants: it must not be under a lock */
static u32 test_read(struct pce_device *pce, unsigned int reg)
{
	test_sessions(kunit_get_current_test())->confirmed += !in_softirq();
	return 0;
}

static void session_is_bound_again_with_the_next_key(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);
	struct pce_session *session = ctx->session;
	struct pce_device *pce = &ctx->fake[0]->pce;
	u32 generation;

	kunit_activate_static_stub(test, pce_write, test_write);
	kunit_activate_static_stub(test, pce_read, test_read);
	test_publish(test, 0);
	pce_session_set_key(session, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_NULL(test, session->owner);
	KUNIT_EXPECT_PTR_EQ(test, test_device(session), pce);
	KUNIT_EXPECT_NE(test, session->dma, 0);
	KUNIT_EXPECT_EQ(test, pce->entry.users, 1);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 0);
	generation = le32_to_cpu(session->context.generation);

	/* The device is kept until it has been told, and not longer */
	pce_session_set_key(session, test_key_bytes + 1, 16, NULL, 0);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 1);
	KUNIT_EXPECT_EQ(test, ctx->leaving, 1);
	KUNIT_EXPECT_EQ(test, ctx->mapped, 0);
	/* All three registers at once, and nobody else has to wait for that */
	if (IS_ENABLED(CONFIG_SMP))
		KUNIT_EXPECT_EQ(test, ctx->told_alone, 3);
	KUNIT_EXPECT_EQ(test, ctx->confirmed, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&pce->bindings.leaving), 0);
	KUNIT_EXPECT_NULL(test, session->owner);
	KUNIT_EXPECT_NULL(test, rcu_access_pointer(session->device));
	KUNIT_EXPECT_EQ(test, session->dma, 0);
	KUNIT_EXPECT_EQ(test, pce->entry.users, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&pce->bindings.list));
	KUNIT_EXPECT_NE(test, le32_to_cpu(session->context.generation),
			generation);

	KUNIT_EXPECT_PTR_EQ(test, test_device(session), pce);
	KUNIT_EXPECT_NE(test, session->dma, 0);
	KUNIT_EXPECT_EQ(test, pce->entry.users, 1);
	test_exit(session);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&pce->bindings.leaving), 0);
}

/* A device that was reset knows no keys, and may be out of reach */
static void session_leaves_a_device_that_was_reset(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);

	test_publish(test, 0);
	pce_session_set_key(ctx->session, test_key_bytes, 16, NULL, 0);
	test_device(ctx->session);
	test_retract(test, 0);
	pce_bindings_release(&ctx->fake[0]->pce);
	KUNIT_EXPECT_NULL(test, ctx->session->owner);
	KUNIT_EXPECT_EQ(test, ctx->session->dma, 0);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 0);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->pce.entry.users, 0);
	test_exit(ctx->session);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->invalidated, 0);
}

static void session_goes_to_the_device_with_fewer(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);

	test_publish(test, 0);
	test_publish(test, 1);
	pce_session_set_key(ctx->session, test_key_bytes, 16, NULL, 0);
	pce_session_set_key(ctx->other, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_PTR_NE(test, test_device(ctx->session),
			    test_device(ctx->other));
	test_exit(ctx->session);
	test_exit(ctx->other);
}

static void session_moves_when_its_device_goes(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);

	test_publish(test, 0);
	pce_session_set_key(ctx->session, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->session), &ctx->fake[0]->pce);

	/*
	 * The record stays mapped for what is in flight, and nobody looks for another
	 * device before that has ended: the closed queue pairs refuse requests.
	 */
	test_publish(test, 1);
	test_retract(test, 0);
	KUNIT_EXPECT_PTR_EQ(test, ctx->session->owner, &ctx->fake[0]->pce);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->session), &ctx->fake[0]->pce);
	KUNIT_EXPECT_NE(test, ctx->session->dma, 0);

	pce_bindings_release(&ctx->fake[0]->pce);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->session), &ctx->fake[1]->pce);
	KUNIT_EXPECT_EQ(test, ctx->fake[0]->pce.entry.users, 0);
	test_exit(ctx->session);
}

static void session_goes_while_its_device_does(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);

	test_publish(test, 0);
	pce_session_set_key(ctx->session, test_key_bytes, 16, NULL, 0);
	test_device(ctx->session);
	test_retract(test, 0);
	test_exit(ctx->session);
	KUNIT_EXPECT_TRUE(test, list_empty(&ctx->fake[0]->pce.bindings.list));
}

static int test_wake(struct pce_device *pce)
{
	struct test_sessions *ctx = test_sessions(kunit_get_current_test());

	ctx->woken = pce;
	ctx->wakes++;
	return ctx->wake_error;
}

static void session_wakes_a_device_that_sleeps(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);
	struct pce_device *first = &ctx->fake[0]->pce;

	kunit_activate_static_stub(test, pce_state_wake, test_wake);
	pce_registry_add_sleeping(first);

	/* Not for a key that it could not serve */
	pce_session_set_key(ctx->other, test_key_bytes, 24, NULL, 0);
	KUNIT_EXPECT_NULL(test, test_device(ctx->other));
	KUNIT_EXPECT_NULL(test, ctx->woken);

	/* Nor for one that another device serves */
	test_publish(test, 1);
	pce_session_set_key(ctx->session, test_key_bytes, 16, NULL, 0);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->session), &ctx->fake[1]->pce);
	KUNIT_EXPECT_NULL(test, ctx->woken);

	test_retract(test, 1);
	pce_bindings_release(&ctx->fake[1]->pce);
	KUNIT_EXPECT_NULL(test, test_device(ctx->session));
	KUNIT_EXPECT_EQ(test, ctx->session->reason, PCE_FALLBACK_NO_DEVICE);
	KUNIT_EXPECT_PTR_EQ(test, ctx->woken, first);

	/* It is asked once, and has the key when it is awake */
	ctx->woken = NULL;
	KUNIT_EXPECT_NULL(test, test_device(ctx->session));
	KUNIT_EXPECT_NULL(test, ctx->woken);
	pce_registry_remove(first);
	test_publish(test, 0);
	KUNIT_EXPECT_PTR_EQ(test, test_device(ctx->session), first);
	test_exit(ctx->session);
	test_exit(ctx->other);
}

/* As during a suspend of the system: it is asked again by the next request */
static void session_asks_again_for_a_device_that_did_not_wake(struct kunit *test)
{
	struct test_sessions *ctx = test_sessions(test);

	kunit_activate_static_stub(test, pce_state_wake, test_wake);
	pce_registry_add_sleeping(&ctx->fake[0]->pce);
	pce_session_set_key(ctx->session, test_key_bytes, 16, NULL, 0);
	ctx->wake_error = -EACCES;
	KUNIT_EXPECT_NULL(test, test_device(ctx->session));
	KUNIT_EXPECT_NULL(test, test_device(ctx->session));
	KUNIT_EXPECT_EQ(test, ctx->wakes, 2);
	ctx->wake_error = 0;
	KUNIT_EXPECT_NULL(test, test_device(ctx->session));
	KUNIT_EXPECT_EQ(test, ctx->wakes, 3);
	/* It is on its way */
	KUNIT_EXPECT_NULL(test, test_device(ctx->session));
	KUNIT_EXPECT_EQ(test, ctx->wakes, 3);
	KUNIT_EXPECT_EQ(test, ctx->session->reason, PCE_FALLBACK_NO_DEVICE);
	pce_registry_remove(&ctx->fake[0]->pce);
	test_exit(ctx->session);
}

static struct kunit_case pce_session_cases[] = {
	KUNIT_CASE(session_min_len),
	KUNIT_CASE(session_record),
	KUNIT_CASE(session_without_device),
	KUNIT_CASE(session_of_a_size_that_no_device_has),
	KUNIT_CASE(session_of_xts_is_two),
	KUNIT_CASE(session_key_sizes_of_every_kind),
	KUNIT_CASE(session_of_two_algorithms),
	KUNIT_CASE(session_that_is_none),
	KUNIT_CASE(session_change_is_told_to_the_device),
	KUNIT_CASE(session_is_bound_again_with_the_next_key),
	KUNIT_CASE(session_leaves_a_device_that_was_reset),
	KUNIT_CASE(session_goes_to_the_device_with_fewer),
	KUNIT_CASE(session_moves_when_its_device_goes),
	KUNIT_CASE(session_goes_while_its_device_does),
	KUNIT_CASE(session_wakes_a_device_that_sleeps),
	KUNIT_CASE(session_asks_again_for_a_device_that_did_not_wake),
	{}
};

static struct kunit_suite pce_session_suite = {
	.name = "pce_session",
	.init = test_sessions_init,
	.exit = test_sessions_exit,
	.test_cases = pce_session_cases,
};

kunit_test_suites(&pce_session_suite);

MODULE_DESCRIPTION("KUnit tests for the PCI Crypto Engine");
MODULE_LICENSE("GPL");
/* MODULE_IMPORT_NS() takes a name in some kernels and a string in others */
MODULE_INFO(import_ns, "EXPORTED_FOR_KUNIT_TESTING");
