// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of verdicts: what a completion comes to.
 */
#include <kunit/test.h>
#include <linux/scatterlist.h>

#include "../pce_request.h"

#define TEST_LENGTH	64

static int test_verdict_init(struct kunit *test)
{
	struct scatterlist *lists = kunit_kcalloc(test, 2, sizeof(*lists),
						  GFP_KERNEL);
	struct pce_request *req = kunit_kzalloc(test, sizeof(*req), GFP_KERNEL);
	u8 *bytes = kunit_kzalloc(test, 2 * TEST_LENGTH, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, lists);
	KUNIT_ASSERT_NOT_NULL(test, req);
	KUNIT_ASSERT_NOT_NULL(test, bytes);
	sg_init_one(&lists[0], bytes, TEST_LENGTH);
	sg_init_one(&lists[1], bytes + TEST_LENGTH, TEST_LENGTH);
	req->src.sg = &lists[0];
	req->src.length = TEST_LENGTH;
	req->dst.sg = &lists[1];
	req->dst.length = TEST_LENGTH;
	req->opcode = PCE_OP_CIPHER;
	req->job.length = TEST_LENGTH;
	req->job.expected = TEST_LENGTH;
	req->job.outcome = PCE_JOB_DONE;
	test->priv = req;
	return 0;
}

static void verdict_of_a_tag_that_was_not_asked_for(struct kunit *test)
{
	struct pce_request *req = test->priv;

	req->opcode = PCE_OP_AEAD;
	req->job.status = PCE_STATUS_AUTH_FAILED;
	KUNIT_EXPECT_EQ(test, pce_request_verdict(req), PCE_VERDICT_SOFTWARE);
	req->flags = PCE_SQE_DECRYPT;
	KUNIT_EXPECT_EQ(test, pce_request_verdict(req), PCE_VERDICT_BAD_TAG);
}

static void verdict_by_class_of_status(struct kunit *test)
{
	static const struct {
		u8 status;
		enum pce_verdict out_of_place;
		enum pce_verdict in_place;
	} cases[] = {
		{ PCE_STATUS_OK, PCE_VERDICT_DONE, PCE_VERDICT_DONE },
		{ PCE_STATUS_BAD_FIELD, PCE_VERDICT_SOFTWARE, PCE_VERDICT_SOFTWARE },
		{ PCE_STATUS_BAD_DST_SEGMENT, PCE_VERDICT_SOFTWARE, PCE_VERDICT_SOFTWARE },
		{ PCE_STATUS_STALE_CONTEXT, PCE_VERDICT_SOFTWARE, PCE_VERDICT_SOFTWARE },
		{ PCE_STATUS_UNSUPPORTED, PCE_VERDICT_SOFTWARE, PCE_VERDICT_SOFTWARE },
		{ PCE_STATUS_NO_RESOURCES, PCE_VERDICT_SOFTWARE, PCE_VERDICT_SOFTWARE },
		{ PCE_STATUS_CTX_DMA, PCE_VERDICT_SOFTWARE, PCE_VERDICT_SOFTWARE },
		{ PCE_STATUS_TABLE_DMA, PCE_VERDICT_SOFTWARE, PCE_VERDICT_SOFTWARE },
		{ PCE_STATUS_IV_DMA, PCE_VERDICT_SOFTWARE, PCE_VERDICT_SOFTWARE },
		{ PCE_STATUS_STATE_DMA, PCE_VERDICT_SOFTWARE, PCE_VERDICT_SOFTWARE },
		{ PCE_STATUS_SRC_DMA, PCE_VERDICT_SOFTWARE, PCE_VERDICT_DAMAGED },
		{ PCE_STATUS_DST_DMA, PCE_VERDICT_SOFTWARE, PCE_VERDICT_DAMAGED },
		/* A cipher has no tag that could be wrong */
		{ PCE_STATUS_AUTH_FAILED, PCE_VERDICT_SOFTWARE, PCE_VERDICT_DAMAGED },
		{ PCE_STATUS_INTERNAL, PCE_VERDICT_SOFTWARE, PCE_VERDICT_DAMAGED },
		{ 0x2f, PCE_VERDICT_SOFTWARE, PCE_VERDICT_SOFTWARE },	/* of a later version */
		{ 0xff, PCE_VERDICT_SOFTWARE, PCE_VERDICT_DAMAGED },
	};
	struct pce_request *req = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		req->job.status = cases[i].status;
		req->job.written = TEST_LENGTH * !cases[i].status;
		req->dst.sg = req->src.sg + 1;
		KUNIT_EXPECT_EQ_MSG(test, pce_request_verdict(req),
				    cases[i].out_of_place, "status %#x",
				    cases[i].status);
		req->dst.sg = req->src.sg;
		KUNIT_EXPECT_EQ_MSG(test, pce_request_verdict(req),
				    cases[i].in_place, "status %#x in place",
				    cases[i].status);
	}
}

static void verdict_of_success_too_short(struct kunit *test)
{
	struct pce_request *req = test->priv;

	req->job.status = PCE_STATUS_OK;
	req->job.written = TEST_LENGTH - 1;
	KUNIT_EXPECT_EQ(test, pce_request_verdict(req), PCE_VERDICT_SOFTWARE);
	req->dst.sg = req->src.sg;
	KUNIT_EXPECT_EQ(test, pce_request_verdict(req), PCE_VERDICT_DAMAGED);
}

/* Only the last 16 bytes of the text are in both, at the same position */
static void verdict_of_a_text_that_is_shared_in_part(struct kunit *test)
{
	struct pce_request *req = test->priv;
	struct scatterlist src[2], dst[2];
	u8 *bytes = sg_virt(req->src.sg);

	sg_init_table(src, 2);
	sg_init_table(dst, 2);
	sg_set_buf(&src[0], bytes, TEST_LENGTH - 16);
	sg_set_buf(&src[1], bytes + 2 * TEST_LENGTH - 16, 16);
	sg_set_buf(&dst[0], bytes + TEST_LENGTH - 16, TEST_LENGTH - 16);
	sg_set_buf(&dst[1], bytes + 2 * TEST_LENGTH - 16, 16);
	req->src.sg = src;
	req->dst.sg = dst;
	req->job.outcome = PCE_JOB_UNKNOWN;
	KUNIT_EXPECT_EQ(test, pce_request_verdict(req), PCE_VERDICT_DAMAGED);
	/* What the device has not begun can be done again */
	req->job.outcome = PCE_JOB_UNTOUCHED;
	KUNIT_EXPECT_EQ(test, pce_request_verdict(req), PCE_VERDICT_SOFTWARE);
	/* The others are not the same, though one begins where the other one ends */
	req->job.outcome = PCE_JOB_UNKNOWN;
	req->src.length = TEST_LENGTH - 16;
	req->dst.length = TEST_LENGTH - 16;
	KUNIT_EXPECT_EQ(test, pce_request_verdict(req), PCE_VERDICT_SOFTWARE);
	/* Associated data in common are no text */
	sg_set_buf(&dst[0], bytes, TEST_LENGTH - 16);
	KUNIT_EXPECT_EQ(test, pce_request_verdict(req), PCE_VERDICT_DAMAGED);
	req->aad_length = TEST_LENGTH - 16;
	KUNIT_EXPECT_EQ(test, pce_request_verdict(req), PCE_VERDICT_SOFTWARE);
}

static struct kunit_case pce_verdict_cases[] = {
	KUNIT_CASE(verdict_by_class_of_status),
	KUNIT_CASE(verdict_of_success_too_short),
	KUNIT_CASE(verdict_of_a_text_that_is_shared_in_part),
	KUNIT_CASE(verdict_of_a_tag_that_was_not_asked_for),
	{}
};

static struct kunit_suite pce_verdict_suite = {
	.name = "pce_verdict",
	.init = test_verdict_init,
	.test_cases = pce_verdict_cases,
};

kunit_test_suites(&pce_verdict_suite);
