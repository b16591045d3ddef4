// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of capabilities: what a device says of itself, true or not.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "../pce_device.h"
#include "../pce_regs.h"
#include "pce_fake.h"

#define TEST_ROUNDS	200
#define TEST_WORDS	(PCE_REG_ALG_INFO(PCE_LIMIT_ALGS) / sizeof(u32))

/* A device that cannot do anything but say what it is */
struct test_caps {
	struct pce_fake *fake;
	u32 regs[TEST_WORDS];
	u8 read[TEST_WORDS];		/* times */
};

static u32 test_read(struct pce_device *pce, unsigned int reg)
{
	struct test_caps *caps = kunit_get_current_test()->priv;

	caps->read[reg / sizeof(u32)]++;
	return caps->regs[reg / sizeof(u32)];
}

static void test_say(struct test_caps *caps, unsigned int reg, u32 value)
{
	caps->regs[reg / sizeof(u32)] = value;
}

/* Valid registers, with each capability at the limit of the specification */
static void test_say_good(struct test_caps *caps)
{
	memset(caps->regs, 0, sizeof(caps->regs));
	test_say(caps, PCE_REG_MAGIC, PCE_MAGIC);
	test_say(caps, PCE_REG_VERSION, PCE_VERSION);
	test_say(caps, PCE_REG_QUEUES, PCE_LIMIT_QUEUES);
	test_say(caps, PCE_REG_RING_LIMITS, PCE_LIMIT_MAX_ORDER << 8 |
					    PCE_LIMIT_MIN_ORDER);
	test_say(caps, PCE_REG_MAX_SEGMENTS, PCE_LIMIT_SEGMENTS);
	test_say(caps, PCE_REG_MAX_LENGTH, PCE_LIMIT_LENGTH);
	test_say(caps, PCE_REG_ALG_INFO(1), PCE_ALG_INFO_PRESENT);
}

static void test_bar(struct test_caps *caps, resource_size_t size)
{
	caps->fake->pdev.resource[PCE_BAR_REGS] =
		DEFINE_RES_MEM(0xfe000000, size);
}

static int test_caps_init(struct kunit *test)
{
	struct test_caps *caps = kunit_kzalloc(test, sizeof(*caps), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, caps);
	caps->fake = pce_fake_create(test, 2, NULL);
	test_bar(caps, 128 * PCE_PAGE_SIZE);
	test_say_good(caps);
	test->priv = caps;
	kunit_activate_static_stub(test, pce_read, test_read);
	return 0;
}

static void test_caps_exit(struct kunit *test)
{
	struct test_caps *caps = test->priv;

	pce_fake_destroy(caps->fake);
}

static void caps_of_a_good_device(struct kunit *test)
{
	struct test_caps *caps = test->priv;
	struct pce_device *pce = &caps->fake->pce;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, pce_caps_read(pce), 0);
	KUNIT_EXPECT_EQ(test, pce->nr_queues, PCE_LIMIT_QUEUES);
	KUNIT_EXPECT_EQ(test, pce->caps.min_order, PCE_LIMIT_MIN_ORDER);
	KUNIT_EXPECT_EQ(test, pce->caps.max_order, PCE_LIMIT_MAX_ORDER);
	KUNIT_EXPECT_EQ(test, pce->caps.max_segments, PCE_LIMIT_SEGMENTS);
	KUNIT_EXPECT_EQ(test, pce->caps.max_length, PCE_LIMIT_LENGTH);
	KUNIT_EXPECT_EQ(test, pce->caps.version, PCE_VERSION);
	KUNIT_EXPECT_EQ(test, pce->caps.alg_info[1], PCE_ALG_INFO_PRESENT);

	/* A second look could see something else than what was checked */
	for (i = 0; i < TEST_WORDS; i++)
		KUNIT_EXPECT_LE(test, caps->read[i], 1);
}

static const struct {
	const char *name;
	unsigned int reg;
	u32 value;
	bool good;
} test_claims[] = {
	{ "gone", PCE_REG_MAGIC, U32_MAX },
	{ "major version", PCE_REG_VERSION, 0x00020000 },
	{ "minor version", PCE_REG_VERSION, 0x0001ffff, true },
	{ "no queue", PCE_REG_QUEUES, 0 },
	{ "one queue", PCE_REG_QUEUES, 1, true },
	{ "too many queues", PCE_REG_QUEUES, PCE_LIMIT_QUEUES + 1 },
	{ "queues without number", PCE_REG_QUEUES, U32_MAX },
	{ "rings too small", PCE_REG_RING_LIMITS, 0x0c01 },
	{ "rings too large", PCE_REG_RING_LIMITS, 0x0d02 },
	{ "rings of all sizes", PCE_REG_RING_LIMITS, 0x1f00 },
	{ "rings, least above most", PCE_REG_RING_LIMITS, 0x0405 },
	{ "rings, all ones", PCE_REG_RING_LIMITS, U32_MAX },
	{ "rings of one size", PCE_REG_RING_LIMITS, 0x0505, true },
	{ "rings, other bits", PCE_REG_RING_LIMITS, 0xffffece2, true },
	{ "no segment", PCE_REG_MAX_SEGMENTS, 0 },
	{ "one segment", PCE_REG_MAX_SEGMENTS, 1, true },
	{ "too many segments", PCE_REG_MAX_SEGMENTS, PCE_LIMIT_SEGMENTS + 1 },
	{ "no length", PCE_REG_MAX_LENGTH, 0 },
	{ "too little length", PCE_REG_MAX_LENGTH, PCE_LIMIT_MIN_LENGTH - 1 },
	{ "little length", PCE_REG_MAX_LENGTH, PCE_LIMIT_MIN_LENGTH, true },
	{ "too much length", PCE_REG_MAX_LENGTH, PCE_LIMIT_LENGTH + 1 },
	{ "features, all ones", PCE_REG_FEATURES, U32_MAX, true },
};

static void caps_one_by_one(struct kunit *test)
{
	struct test_caps *caps = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(test_claims); i++) {
		test_say_good(caps);
		test_say(caps, test_claims[i].reg, test_claims[i].value);
		KUNIT_EXPECT_EQ_MSG(test, pce_caps_read(&caps->fake->pce),
				    test_claims[i].good ? 0 : -ENODEV, "%s",
				    test_claims[i].name);
	}
}

/* Each queue pair has a page of registers */
static void caps_beyond_the_bar(struct kunit *test)
{
	struct test_caps *caps = test->priv;

	test_bar(caps, 8 * PCE_PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, pce_caps_read(&caps->fake->pce), -ENODEV);
	test_say(caps, PCE_REG_QUEUES, 8);
	KUNIT_EXPECT_EQ(test, pce_caps_read(&caps->fake->pce), -ENODEV);
	test_say(caps, PCE_REG_QUEUES, 7);
	KUNIT_EXPECT_EQ(test, pce_caps_read(&caps->fake->pce), 0);
}

/* What is believed lies within the limits, whatever is said */
static void caps_random(struct kunit *test)
{
	struct test_caps *caps = test->priv;
	struct pce_device *pce = &caps->fake->pce;
	unsigned int i, believed = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 4711);
	for (i = 0; i < TEST_ROUNDS; i++) {
		unsigned int reg = PCE_REG_QUEUES;

		test_say_good(caps);
		for (; reg <= PCE_REG_MAX_LENGTH; reg += sizeof(u32))
			if (prandom_u32_state(&rnd) % 2)
				test_say(caps, reg, prandom_u32_state(&rnd) >>
					 prandom_u32_state(&rnd) % 32);
		if (pce_caps_read(pce))
			continue;
		believed++;
		KUNIT_EXPECT_TRUE(test, pce->nr_queues &&
				  pce->nr_queues <= PCE_LIMIT_QUEUES);
		KUNIT_EXPECT_GE(test, pce->caps.min_order, PCE_LIMIT_MIN_ORDER);
		KUNIT_EXPECT_GE(test, pce->caps.max_order, pce->caps.min_order);
		KUNIT_EXPECT_LE(test, pce->caps.max_order, PCE_LIMIT_MAX_ORDER);
		KUNIT_EXPECT_TRUE(test, pce->caps.max_segments &&
				  pce->caps.max_segments <= PCE_LIMIT_SEGMENTS);
		KUNIT_EXPECT_GE(test, pce->caps.max_length, PCE_LIMIT_MIN_LENGTH);
		KUNIT_EXPECT_LE(test, pce->caps.max_length, PCE_LIMIT_LENGTH);
	}
	KUNIT_EXPECT_GT(test, believed, 0);
	KUNIT_EXPECT_LT(test, believed, TEST_ROUNDS);
}

static struct kunit_case pce_caps_cases[] = {
	KUNIT_CASE(caps_of_a_good_device),
	KUNIT_CASE(caps_one_by_one),
	KUNIT_CASE(caps_beyond_the_bar),
	KUNIT_CASE(caps_random),
	{}
};

static struct kunit_suite pce_caps_suite = {
	.name = "pce_caps",
	.init = test_caps_init,
	.exit = test_caps_exit,
	.test_cases = pce_caps_cases,
};

kunit_test_suites(&pce_caps_suite);
