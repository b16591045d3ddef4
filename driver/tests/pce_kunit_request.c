// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suites of requests: scatterlists to segments, what is served by software
 * and why, and what the caller hears of it.
 */
#include <crypto/skcipher.h>
#include <linux/bottom_half.h>
#include <linux/crypto.h>
#include <linux/scatterlist.h>
#include <kunit/static_stub.h>

#include "pce_test_request.h"

/* The request was served by software at once, for @reason, and is forgotten */
static void test_expect_software(struct kunit *test, unsigned int i,
				 enum pce_counter reason)
{
	struct test_request *t = &test_requests(test)->requests[i];

	KUNIT_EXPECT_EQ(test, pce_test_run(test, i), TEST_SOFTWARE);
	KUNIT_EXPECT_EQ(test, t->fallbacks, 1);
	KUNIT_EXPECT_EQ(test, t->completed + t->notified, 0);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, reason), 1);
}

static void request_in_an_entry(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	struct test_request *t = &ctx->requests[0];
	struct pce_sqe *sqe = pce_fake_sqe(ctx->fake, 0);

	t->req.flags = PCE_SQE_DECRYPT;
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);

	KUNIT_EXPECT_EQ(test, sqe->opcode, PCE_OP_CIPHER);
	KUNIT_EXPECT_EQ(test, sqe->flags, PCE_SQE_PHASE | PCE_SQE_DECRYPT);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(sqe->ctx_generation), 7);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->ctx), 0xabc040);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->src), t->req.src.addr);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->dst), t->req.dst.addr);
	KUNIT_EXPECT_NE(test, t->req.src.addr, t->req.dst.addr);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(sqe->length), TEST_LENGTH);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->src_segments), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->dst_segments), 0);
	KUNIT_EXPECT_MEMEQ(test, sqe->iv, ctx->iv, sizeof(sqe->iv));
}

static void request_in_place_is_mapped_once(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	struct test_request *t = &ctx->requests[0];
	struct pce_sqe *sqe = pce_fake_sqe(ctx->fake, 0);

	t->req.dst.sg = t->src;
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->src), le64_to_cpu(sqe->dst));
}

static void request_in_place_by_two_lists(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	struct test_request *t = &ctx->requests[0];
	struct pce_sqe *sqe = pce_fake_sqe(ctx->fake, 0);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct scatterlist *sg = i ? t->dst : t->src;

		sg_init_table(sg, 2);
		sg_set_buf(&sg[0], ctx->src, 24);
		sg_set_buf(&sg[1], ctx->src + 128, 40);
	}
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, sqe->flags & (PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE),
			PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->src), le64_to_cpu(sqe->dst));
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->dst_segments), 2);

	/* The same memory cut in another way: both lists as they are */
	t = &ctx->requests[1];
	sg_init_one(t->src, ctx->src + 1024, 2 * TEST_LENGTH);
	sg_init_table(t->dst, 2);
	sg_set_buf(&t->dst[0], ctx->src + 1024, TEST_LENGTH);
	sg_set_buf(&t->dst[1], ctx->src + 1024 + TEST_LENGTH, TEST_LENGTH);
	t->req.src.length = 2 * TEST_LENGTH;
	t->req.dst.length = 2 * TEST_LENGTH;
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 1), -EINPROGRESS);
	sqe = pce_fake_sqe(ctx->fake, 1);
	KUNIT_EXPECT_EQ(test, sqe->flags & (PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE),
			PCE_SQE_DST_TABLE);

	/* What the device has begun cannot be done once more */
	pce_test_complete(test, 0, PCE_STATUS_OK);
	pce_test_complete(test, 1, PCE_STATUS_INTERNAL);
	KUNIT_EXPECT_EQ(test, t->err, -EIO);
	KUNIT_EXPECT_EQ(test, t->fallbacks, 0);
}

/* Encrypting in place the destination is longer, decrypting the source is */
static void request_in_place_with_a_tag(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct test_request *t = &ctx->requests[i];
		struct pce_sqe *sqe = pce_fake_sqe(ctx->fake, i);
		struct pce_side *longer = i ? &t->req.src : &t->req.dst;
		struct scatterlist *sg = longer->sg;
		u8 *text = i ? ctx->dst : ctx->src;

		/* The list without the tag ends where the text does */
		sg_init_one(i ? t->dst : t->src, text, TEST_LENGTH);
		sg_init_table(sg, 2);
		sg_set_buf(&sg[0], text, TEST_LENGTH);
		sg_set_buf(&sg[1], text + 512, 16);
		longer->length += 16;
		KUNIT_ASSERT_EQ(test, pce_test_run(test, i), -EINPROGRESS);
		KUNIT_EXPECT_PTR_EQ(test, t->req.src.sg, sg);
		KUNIT_EXPECT_PTR_EQ(test, t->req.dst.sg, sg);
		KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->src),
				le64_to_cpu(sqe->dst));
		KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->src_segments), 2);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->dst_segments), 2);
	}
}

/* As kTLS has it: the same associated data, and another place for the text */
static void request_shares_some_memory(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	struct test_request *t = &ctx->requests[0];
	struct pce_sqe *sqe = pce_fake_sqe(ctx->fake, 0);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct scatterlist *sg = i ? t->dst : t->src;

		sg_init_table(sg, 2);
		sg_set_buf(&sg[0], ctx->src, 16);
		sg_set_buf(&sg[1], i ? ctx->dst : ctx->src + 512,
			   TEST_LENGTH - 16);
	}
	t->req.aad_length = 16;
	t->req.job.length -= 16;
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	KUNIT_EXPECT_NE(test, le64_to_cpu(sqe->src), le64_to_cpu(sqe->dst));

	KUNIT_EXPECT_FALSE(test, t->req.overlap);

	/* Or all of the text but its end */
	t = &ctx->requests[1];
	sg_init_table(t->src, 2);
	sg_set_buf(&t->src[0], ctx->src + 1024, TEST_LENGTH - 1);
	sg_set_buf(&t->src[1], ctx->src + 512, 1);
	sg_init_one(t->dst, ctx->src + 1024, TEST_LENGTH);
	t->req.aad_length = 16;
	t->req.job.length -= 16;
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 1), -EINPROGRESS);
	KUNIT_EXPECT_TRUE(test, t->req.overlap);
	sqe = pce_fake_sqe(ctx->fake, 1);
	KUNIT_EXPECT_EQ(test, sqe->flags & (PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE),
			PCE_SQE_SRC_TABLE);
}

static void request_of_an_authenticated_cipher(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	struct test_request *t = &ctx->requests[0];
	struct pce_sqe *sqe = pce_fake_sqe(ctx->fake, 0);

	t->req.opcode = PCE_OP_AEAD;
	t->req.op_flags = PCE_AEAD_ESN;
	t->req.auth_length = 12;
	t->req.aad_length = 16;
	t->req.job.length = TEST_LENGTH - 16 - 12;
	t->req.job.expected = TEST_LENGTH - 16;
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, sqe->opcode, PCE_OP_AEAD);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->op_flags), PCE_AEAD_ESN);
	KUNIT_EXPECT_EQ(test, sqe->auth_length, 12);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(sqe->aad_length), 16);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(sqe->length), TEST_LENGTH - 16 - 12);

	/* The tag is counted in what the device writes */
	pce_fake_fetch(ctx->fake);
	pce_fake_complete_tag(ctx->fake, le16_to_cpu(sqe->tag), PCE_STATUS_OK,
			      TEST_LENGTH - 16, NULL);
	pce_fake_interrupt(ctx->fake);
	KUNIT_EXPECT_EQ(test, t->completed, 1);
	KUNIT_EXPECT_EQ(test, t->err, 0);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_BYTES),
			TEST_LENGTH - 12);
}

static void request_with_a_long_iv(struct kunit *test)
{
	static const u8 iv[PCE_INDIRECT_IV_SIZE] = "thirty-two bytes, longer than it";
	struct test_requests *ctx = test_requests(test);
	struct test_request *t = &ctx->requests[0];
	struct pce_sqe *sqe = pce_fake_sqe(ctx->fake, 0);
	struct pce_slot *slot;
	__le64 addr;

	memcpy(t->req.iv, iv, sizeof(iv));
	t->req.flags = PCE_SQE_IV_INDIRECT;
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	slot = &ctx->fake->q.slots[le16_to_cpu(sqe->tag)];
	addr = cpu_to_le64(slot->extra_dma);
	KUNIT_EXPECT_TRUE(test, sqe->flags & PCE_SQE_IV_INDIRECT);
	KUNIT_EXPECT_MEMEQ(test, sqe->iv, &addr, sizeof(addr));
	KUNIT_EXPECT_TRUE(test, mem_is_zero(sqe->iv + sizeof(addr),
					    sizeof(sqe->iv) - sizeof(addr)));
	KUNIT_EXPECT_MEMEQ(test, slot->extra->iv, iv, sizeof(iv));
}

/* A side of no bytes has no list, and none is looked at */
static void request_with_nothing_to_read(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	struct test_request *t = &ctx->requests[0];
	struct pce_sqe *sqe = pce_fake_sqe(ctx->fake, 0);

	t->req.src = (struct pce_side) { };
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->src), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->src_segments), 0);
	KUNIT_EXPECT_FALSE(test, sqe->flags & PCE_SQE_SRC_TABLE);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->dst), t->req.dst.addr);
}

static void request_segments_are_trimmed(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	struct test_request *t = &ctx->requests[0];
	struct pce_slot *slot;
	struct pce_sqe *sqe = pce_fake_sqe(ctx->fake, 0);

	/* Odd offsets, and a last entry that goes on after the text */
	sg_init_table(t->src, 2);
	sg_set_buf(&t->src[0], ctx->src + 3, 1);
	sg_set_buf(&t->src[1], ctx->src + 77, 500);
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);

	slot = &ctx->fake->q.slots[le16_to_cpu(sqe->tag)];
	KUNIT_EXPECT_TRUE(test, sqe->flags & PCE_SQE_SRC_TABLE);
	KUNIT_EXPECT_FALSE(test, sqe->flags & PCE_SQE_DST_TABLE);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->src), slot->table_dma);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->src_segments), 2);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(slot->table[0].addr),
			sg_dma_address(&t->src[0]));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(slot->table[0].length), 1);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(slot->table[1].addr),
			sg_dma_address(&t->src[1]));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(slot->table[1].length),
			TEST_LENGTH - 1);
}

static void request_two_tables_do_not_meet(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	struct test_request *t = &ctx->requests[0];
	struct pce_sqe *sqe = pce_fake_sqe(ctx->fake, 0);
	u32 half = ctx->fake->pce.caps.max_segments;
	struct pce_slot *slot;

	sg_init_table(t->src, 2);
	sg_set_buf(&t->src[0], ctx->src, 16);
	sg_set_buf(&t->src[1], ctx->src + 100, 48);
	sg_init_table(t->dst, 2);
	sg_set_buf(&t->dst[0], ctx->dst, 48);
	sg_set_buf(&t->dst[1], ctx->dst + 100, 16);
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);

	slot = &ctx->fake->q.slots[le16_to_cpu(sqe->tag)];
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->dst), slot->table_dma +
			half * sizeof(struct pce_segment));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(slot->table[0].length), 16);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(slot->table[half].length), 48);
}

/* Entries of no bytes are legal in a scatterlist, and not in a table */
static void request_empty_segments_are_left_out(struct kunit *test)
{
	struct scatterlist sg[3];
	struct pce_segment table[3] = {};
	struct pce_side side = {
		.sg = sg, .length = 32, .nents = 3, .mapped = 3
	};
	__le64 addr;
	__le16 segments;
	unsigned int i;

	sg_init_table(sg, ARRAY_SIZE(sg));
	for (i = 0; i < ARRAY_SIZE(sg); i++) {
		sg_dma_address(&sg[i]) = 0x1000 * (i + 1);
		sg_dma_len(&sg[i]) = i % 2 ? 0 : 16;
	}
	KUNIT_EXPECT_TRUE(test, pce_request_describe(&side, table, 0x9000, &addr,
						     &segments));
	KUNIT_EXPECT_EQ(test, le64_to_cpu(addr), 0x9000);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(segments), 2);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(table[1].addr), 0x3000);
}

static void request_list_too_short(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);

	ctx->requests[0].req.src.length = TEST_LENGTH + 16;
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ctx->requests[0].fallbacks, 0);
	KUNIT_EXPECT_EQ(test, ctx->fake->q.free, TEST_SIZE);
}

static void fallback_small(struct kunit *test)
{
	pce_min_len = TEST_LENGTH + 1;
	test_expect_software(test, 0, PCE_FALLBACK_SMALL);
	pce_min_len = TEST_LENGTH;
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 1), -EINPROGRESS);
}

/* Nobody has set the parameter: it depends on the software that would serve it */
static void fallback_small_for_the_software(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);

	pce_min_len = -1;
	ctx->session.min_len = TEST_LENGTH + 1;
	test_expect_software(test, 0, PCE_FALLBACK_SMALL);
	ctx->session.min_len = TEST_LENGTH;
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 1), -EINPROGRESS);
}

static struct pce_device *test_no_device(struct pce_session *session)
{
	session->reason = PCE_FALLBACK_NO_DEVICE;
	return NULL;
}

static struct pce_device *test_unsupported(struct pce_session *session)
{
	session->reason = PCE_FALLBACK_UNSUPPORTED;
	return NULL;
}

static void fallback_no_device(struct kunit *test)
{
	RCU_INIT_POINTER(test_requests(test)->session.device, NULL);
	kunit_activate_static_stub(test, pce_session_bind, test_no_device);
	test_expect_software(test, 0, PCE_FALLBACK_NO_DEVICE);
}

static void fallback_unsupported(struct kunit *test)
{
	RCU_INIT_POINTER(test_requests(test)->session.device, NULL);
	kunit_activate_static_stub(test, pce_session_bind, test_unsupported);
	test_expect_software(test, 0, PCE_FALLBACK_UNSUPPORTED);
}

/* What the algorithm can do, where not every device's can */
static void fallback_needs_more(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	u32 *info = &ctx->fake->pce.caps.alg_info[ctx->session.context.alg];

	*info = PCE_ALG_INFO_PRESENT;
	ctx->requests[0].req.needs = PCE_ALG_INFO_MULTIPART;
	test_expect_software(test, 0, PCE_FALLBACK_UNSUPPORTED);
	*info |= PCE_ALG_INFO_MULTIPART;
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
}

static void fallback_segments(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	struct test_request *t = &ctx->requests[0];

	sg_init_table(t->dst, 2);
	sg_set_buf(&t->dst[0], ctx->dst, 32);
	sg_set_buf(&t->dst[1], ctx->dst + 64, 32);
	ctx->fake->pce.caps.max_segments = 1;
	test_expect_software(test, 0, PCE_FALLBACK_SEGMENTS);
	ctx->fake->pce.caps.max_segments = 2;
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
}

static void fallback_large(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);

	ctx->fake->pce.caps.max_length = TEST_LENGTH - 1;
	test_expect_software(test, 0, PCE_FALLBACK_LARGE);
	ctx->fake->pce.caps.max_length = TEST_LENGTH;
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
}

static int test_map_fails(struct pce_request *req)
{
	return -ENOMEM;
}

static void fallback_memory(struct kunit *test)
{
	kunit_activate_static_stub(test, pce_request_map, test_map_fails);
	test_expect_software(test, 0, PCE_FALLBACK_MEMORY);
	KUNIT_EXPECT_EQ(test, test_requests(test)->fake->q.free, TEST_SIZE);
	kunit_deactivate_static_stub(test, pce_request_map);
}

static void fallback_reset(struct kunit *test)
{
	pce_queue_close(&test_requests(test)->fake->q);
	test_expect_software(test, 0, PCE_FALLBACK_RESET);
}

static void fallback_error(struct kunit *test)
{
	struct test_request *t = &test_requests(test)->requests[0];

	t->base.flags = CRYPTO_TFM_REQ_MAY_SLEEP | CRYPTO_TFM_REQ_MAY_BACKLOG;
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	pce_test_complete(test, 0, PCE_STATUS_NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, t->fallbacks, 1);
	KUNIT_EXPECT_EQ(test, t->completed, 1);
	KUNIT_EXPECT_EQ(test, t->err, TEST_SOFTWARE);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_FALLBACK_ERROR), 1);
	/* A bottom half does not sleep */
	KUNIT_EXPECT_EQ(test, t->fallback_flags, CRYPTO_TFM_REQ_MAY_BACKLOG);
}

static void caller_hears_enospc_if_it_wants_to(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);

	pce_enospc = true;
	pce_test_fill(test);
	KUNIT_EXPECT_EQ(test, pce_test_run(test, TEST_SIZE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, ctx->requests[TEST_SIZE].fallbacks, 0);
	KUNIT_EXPECT_EQ(test, ctx->requests[TEST_SIZE].completed, 0);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_ENOSPC), 1);
}

/* A full ring without a backlog: the request waits, and its caller hears of its end only */
static void caller_does_not_hear_of_a_full_ring(struct kunit *test)
{
	struct test_request *t = &test_requests(test)->requests[TEST_SIZE];
	unsigned int i;

	pce_test_fill(test);
	KUNIT_EXPECT_EQ(test, pce_test_run(test, TEST_SIZE), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, t->fallbacks, 0);
	for (i = 0; i <= TEST_SIZE; i++) {
		KUNIT_EXPECT_EQ(test, t->completed, 0);
		pce_test_complete(test, i, PCE_STATUS_OK);
	}
	KUNIT_EXPECT_EQ(test, t->completed, 1);
	KUNIT_EXPECT_EQ(test, t->notified, 0);
	KUNIT_EXPECT_EQ(test, t->err, 0);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_REQUESTS),
			TEST_SIZE + 1);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_ENOSPC), 0);
}

static void caller_hears_of_success_once(struct kunit *test)
{
	struct test_request *t = &test_requests(test)->requests[0];

	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, t->completed, 0);
	pce_test_complete(test, 0, PCE_STATUS_OK);
	KUNIT_EXPECT_EQ(test, t->completed, 1);
	KUNIT_EXPECT_EQ(test, t->notified, 0);
	KUNIT_EXPECT_EQ(test, t->err, 0);
	KUNIT_EXPECT_EQ(test, t->fallbacks, 0);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_REQUESTS), 1);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_BYTES), TEST_LENGTH);
}

static void caller_in_backlog_hears_twice(struct kunit *test)
{
	struct test_request *t = &test_requests(test)->requests[TEST_SIZE];
	unsigned int i;

	pce_test_fill(test);
	t->base.flags = CRYPTO_TFM_REQ_MAY_BACKLOG;
	KUNIT_EXPECT_EQ(test, pce_test_run(test, TEST_SIZE), -EBUSY);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_BUSY), 1);
	KUNIT_EXPECT_EQ(test, t->notified + t->completed, 0);
	pce_test_complete(test, 0, PCE_STATUS_OK);
	KUNIT_EXPECT_EQ(test, t->notified, 1);
	for (i = 1; i <= TEST_SIZE; i++) {
		KUNIT_EXPECT_EQ(test, t->completed, 0);
		pce_test_complete(test, i, PCE_STATUS_OK);
	}
	KUNIT_EXPECT_EQ(test, t->notified, 1);
	KUNIT_EXPECT_EQ(test, t->completed, 1);
}

static void caller_in_backlog_hears_twice_of_a_reset(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);
	struct test_request *t = &ctx->requests[TEST_SIZE];
	unsigned int i;

	pce_test_fill(test);
	t->base.flags = CRYPTO_TFM_REQ_MAY_BACKLOG;
	KUNIT_EXPECT_EQ(test, pce_test_run(test, TEST_SIZE), -EBUSY);
	KUNIT_EXPECT_EQ(test, pce_fake_recover(&ctx->fake->q), 0);
	KUNIT_EXPECT_EQ(test, t->notified, 1);
	for (i = 0; i <= TEST_SIZE; i++) {
		KUNIT_EXPECT_EQ(test, ctx->requests[i].fallbacks, 1);
		KUNIT_EXPECT_EQ(test, ctx->requests[i].completed, 1);
		KUNIT_EXPECT_EQ(test, ctx->requests[i].err, TEST_SOFTWARE);
	}
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_FALLBACK_RESET),
			TEST_SIZE + 1);
}

/* Only those that had a place in the ring are requests that the device took */
static void counted_is_what_the_device_took(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);

	pce_test_fill(test);
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 4), -EINPROGRESS);
	ctx->requests[5].base.flags = CRYPTO_TFM_REQ_MAY_BACKLOG;
	KUNIT_EXPECT_EQ(test, pce_test_run(test, 5), -EBUSY);
	KUNIT_EXPECT_EQ(test, pce_fake_recover(&ctx->fake->q), 0);
	KUNIT_EXPECT_EQ(test, ctx->requests[5].completed, 1);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_REQUESTS),
			TEST_SIZE);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_BYTES),
			TEST_SIZE * TEST_LENGTH);
}

/* In place and fetched, but not completed: the source may be overwritten */
static void caller_hears_eio_where_data_may_be_lost(struct kunit *test)
{
	struct test_requests *ctx = test_requests(test);

	ctx->requests[0].req.dst.sg = ctx->requests[0].src;
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 1), -EINPROGRESS);
	pce_fake_fetch(ctx->fake);
	pce_queue_close(&ctx->fake->q);
	pce_queue_finish(&ctx->fake->q);
	KUNIT_EXPECT_EQ(test, ctx->requests[0].err, -EIO);
	KUNIT_EXPECT_EQ(test, ctx->requests[0].fallbacks, 0);
	KUNIT_EXPECT_EQ(test, ctx->requests[1].err, TEST_SOFTWARE);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_EIO), 1);
}

static void caller_hears_of_a_wrong_tag(struct kunit *test)
{
	struct test_request *t = &test_requests(test)->requests[0];

	t->req.dst.sg = t->src;
	t->req.opcode = PCE_OP_AEAD;
	t->req.flags = PCE_SQE_DECRYPT;
	KUNIT_ASSERT_EQ(test, pce_test_run(test, 0), -EINPROGRESS);
	pce_test_complete(test, 0, PCE_STATUS_AUTH_FAILED);
	KUNIT_EXPECT_EQ(test, t->err, -EBADMSG);
	KUNIT_EXPECT_EQ(test, t->completed, 1);
	KUNIT_EXPECT_EQ(test, t->fallbacks, 0);
	KUNIT_EXPECT_EQ(test, pce_test_counted(test, PCE_COUNT_EIO), 0);
}

/* From the completion entry to where the caller's IV is */
static void iv_is_written_back(struct kunit *test)
{
	static const u8 next[PCE_CQE_RESULT_SIZE] = "the next vector.";
	static const u8 sizes[] = { 0, 8, PCE_CQE_RESULT_SIZE };
	struct test_requests *ctx = test_requests(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 iv[PCE_CQE_RESULT_SIZE] = "the caller's one";
		u8 expect[PCE_CQE_RESULT_SIZE] = "the caller's one";
		struct test_request *t = &ctx->requests[i];

		memcpy(expect, next, sizes[i]);
		t->req.next_iv = iv;
		t->req.next_iv_size = sizes[i];
		KUNIT_ASSERT_EQ(test, pce_test_run(test, i), -EINPROGRESS);
		pce_fake_fetch(ctx->fake);
		pce_fake_complete_tag(ctx->fake,
				      le16_to_cpu(pce_fake_sqe(ctx->fake, i)->tag),
				      PCE_STATUS_OK, TEST_LENGTH, next);
		pce_fake_interrupt(ctx->fake);
		KUNIT_EXPECT_EQ(test, t->err, 0);
		KUNIT_EXPECT_MEMEQ(test, iv, expect, sizeof(iv));
	}
}

static struct kunit_case pce_request_cases[] = {
	KUNIT_CASE(request_in_an_entry),
	KUNIT_CASE(request_in_place_is_mapped_once),
	KUNIT_CASE(request_in_place_by_two_lists),
	KUNIT_CASE(request_in_place_with_a_tag),
	KUNIT_CASE(request_shares_some_memory),
	KUNIT_CASE(request_of_an_authenticated_cipher),
	KUNIT_CASE(request_with_a_long_iv),
	KUNIT_CASE(request_with_nothing_to_read),
	KUNIT_CASE(request_segments_are_trimmed),
	KUNIT_CASE(request_two_tables_do_not_meet),
	KUNIT_CASE(request_empty_segments_are_left_out),
	KUNIT_CASE(request_list_too_short),
	KUNIT_CASE(caller_hears_of_success_once),
	KUNIT_CASE(caller_hears_enospc_if_it_wants_to),
	KUNIT_CASE(caller_does_not_hear_of_a_full_ring),
	KUNIT_CASE(caller_in_backlog_hears_twice),
	KUNIT_CASE(caller_in_backlog_hears_twice_of_a_reset),
	KUNIT_CASE(counted_is_what_the_device_took),
	KUNIT_CASE(caller_hears_eio_where_data_may_be_lost),
	KUNIT_CASE(caller_hears_of_a_wrong_tag),
	KUNIT_CASE(iv_is_written_back),
	{}
};

static struct kunit_suite pce_request_suite = {
	.name = "pce_request",
	.init = pce_test_requests_init,
	.exit = pce_test_requests_exit,
	.test_cases = pce_request_cases,
};

static struct kunit_case pce_fallback_cases[] = {
	KUNIT_CASE(fallback_small),
	KUNIT_CASE(fallback_small_for_the_software),
	KUNIT_CASE(fallback_no_device),
	KUNIT_CASE(fallback_unsupported),
	KUNIT_CASE(fallback_needs_more),
	KUNIT_CASE(fallback_segments),
	KUNIT_CASE(fallback_large),
	KUNIT_CASE(fallback_memory),
	KUNIT_CASE(fallback_reset),
	KUNIT_CASE(fallback_error),
	{}
};

static struct kunit_suite pce_fallback_suite = {
	.name = "pce_fallback",
	.init = pce_test_requests_init,
	.exit = pce_test_requests_exit,
	.test_cases = pce_fallback_cases,
};

kunit_test_suites(&pce_request_suite, &pce_fallback_suite);
