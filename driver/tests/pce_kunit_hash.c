// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suites of hashes.
 *
 * pce_hash asks the crypto API for them, as any user would, and compares with
 * software: states move between the two in both directions.  It needs no device,
 * for then software does the work, and takes one that is there.
 *
 * pce_hash_entry is the device's side: what is in an entry, and what becomes of
 * what the device leaves in the state record.
 */
#include <crypto/aes.h>
#include <crypto/hash.h>
#include <crypto/sha2.h>
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/iopoll.h>
#include <linux/scatterlist.h>

#include "../pce_alg.h"
#include "../pce_hash_state.h"
#include "../pce_session.h"
#include "../pce_request.h"
#include "pce_fake.h"

#define TEST_MESSAGE	600
#define TEST_KEY	16

struct test_alg {
	enum pce_alg id;
	const char *name;
	const char *driver;
	bool keyed;
};

/* One of each kind of state, and of each kind of key */
enum { TEST_HMAC = 5, TEST_XCBC = 8 };

static const struct test_alg test_algs[] = {
	{ PCE_ALG_SHA1, "sha1", "sha1-pce" },
	{ PCE_ALG_SHA256, "sha256", "sha256-pce" },
	{ PCE_ALG_SHA384, "sha384", "sha384-pce" },
	{ PCE_ALG_SHA3_256, "sha3-256", "sha3-256-pce" },
	{ PCE_ALG_SM3, "sm3", "sm3-pce" },
	[TEST_HMAC] = { PCE_ALG_HMAC_SHA256, "hmac(sha256)", "hmac-sha256-pce",
			true },
	{ PCE_ALG_HMAC_SHA3_512, "hmac(sha3-512)", "hmac-sha3-512-pce", true },
	{ PCE_ALG_AES_CMAC, "cmac(aes)", "cmac-aes-pce", true },
	[TEST_XCBC] = { PCE_ALG_AES_XCBC, "xcbc(aes)", "xcbc-aes-pce", true },
};

/**
 * struct test_hash - a hash by our driver, and by software
 * @alg: its name
 * @tfm: by our driver
 * @req: a request to it
 * @wait: for that
 * @sg: of @message
 * @soft: by software
 * @desc: of that
 * @message: bytes to hash
 * @digest: of all of it, by software
 * @result: of @req, and a byte that nobody writes
 * @state: exported by one or the other
 */
struct test_hash {
	const struct test_alg *alg;
	struct crypto_ahash *tfm;
	struct ahash_request *req;
	struct crypto_wait wait;
	struct scatterlist sg;
	struct crypto_shash *soft;
	struct shash_desc *desc;
	u8 *message;
	u8 digest[HASH_MAX_DIGESTSIZE];
	u8 result[HASH_MAX_DIGESTSIZE + 1];
	u8 state[PCE_HASH_EXPORT_SIZE] __aligned(sizeof(u64));
};

static const u8 test_key[TEST_KEY] = "a sixteen byte k";
static bool test_registered;
static int test_min_len;	/* to be put back */

static void test_alg_describe(const struct test_alg *alg, char *text)
{
	strscpy(text, alg->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(test_alg, test_algs, test_alg_describe);

/* Without a device nobody has registered them */
static int test_register(const struct test_alg *algs, unsigned int count)
{
	u32 alg_info[PCE_LIMIT_ALGS] = { };

	test_registered = !pce_registry_has_running();
	if (!test_registered)
		return 0;
	while (count--)
		alg_info[algs[count].id] = PCE_ALG_INFO_PRESENT;
	return pce_alg_offer(alg_info);
}

/* The crypto API tests in the background what was registered, and has it then */
static void test_wait_for_selftest(const struct test_alg *test)
{
	struct crypto_ahash *tfm = crypto_alloc_ahash(test->driver, 0, 0);
	struct crypto_alg *alg;
	unsigned int refs;

	if (IS_ERR(tfm))
		return;	/* and has failed the test that wanted it */
	alg = crypto_ahash_tfm(tfm)->__crt_alg;
	crypto_free_ahash(tfm);
	read_poll_timeout(refcount_read, refs, refs == 1, USEC_PER_MSEC,
			  10 * USEC_PER_SEC, false, &alg->cra_refcnt);
}

static void test_unregister(const struct test_alg *algs, unsigned int count)
{
	if (!test_registered)
		return;
	while (count--)
		test_wait_for_selftest(&algs[count]);
	pce_alg_unregister();
}

static int test_hashes_register(struct kunit_suite *suite)
{
	return test_register(test_algs, ARRAY_SIZE(test_algs));
}

static void test_hashes_unregister(struct kunit_suite *suite)
{
	test_unregister(test_algs, ARRAY_SIZE(test_algs));
}

static void test_hash_free(void *data)
{
	struct test_hash *ctx = data;

	ahash_request_free(ctx->req);
	crypto_free_ahash(ctx->tfm);
	crypto_free_shash(ctx->soft);
}

static void test_setkey(struct kunit *test, struct test_hash *ctx,
			const u8 *key, unsigned int length)
{
	KUNIT_ASSERT_EQ(test, 0, crypto_ahash_setkey(ctx->tfm, key, length));
	KUNIT_ASSERT_EQ(test, 0, crypto_shash_setkey(ctx->soft, key, length));
}

static void test_software_digest(struct kunit *test, struct test_hash *ctx,
				 unsigned int length)
{
	KUNIT_ASSERT_EQ(test, 0, crypto_shash_digest(ctx->desc, ctx->message,
						     length, ctx->digest));
}

static struct test_hash *test_hash_create(struct kunit *test,
					  const struct test_alg *alg)
{
	struct test_hash *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->alg = alg;
	ctx->message = kunit_kzalloc(test, TEST_MESSAGE, GFP_KERNEL);
	ctx->tfm = crypto_alloc_ahash(alg->driver, 0, 0);
	ctx->soft = crypto_alloc_shash(alg->name, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, ctx->message);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->tfm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->soft);
	ctx->req = ahash_request_alloc(ctx->tfm, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->req);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, test_hash_free,
							   ctx));
	ctx->desc = kunit_kzalloc(test, sizeof(*ctx->desc) +
				  crypto_shash_descsize(ctx->soft), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->desc);
	ctx->desc->tfm = ctx->soft;

	for (i = 0; i < TEST_MESSAGE; i++)
		ctx->message[i] = i * 11 + 3;
	if (alg->keyed)
		test_setkey(test, ctx, test_key, TEST_KEY);
	test_software_digest(test, ctx, TEST_MESSAGE);

	crypto_init_wait(&ctx->wait);
	ahash_request_set_callback(ctx->req, CRYPTO_TFM_REQ_MAY_BACKLOG |
				   CRYPTO_TFM_REQ_MAY_SLEEP, crypto_req_done,
				   &ctx->wait);
	memset(ctx->result, 0xa5, sizeof(ctx->result));
	return ctx;
}

/* The request is about these bytes of the message */
static void test_part(struct test_hash *ctx, unsigned int from, unsigned int to)
{
	sg_init_one(&ctx->sg, ctx->message + from, to - from);
	ahash_request_set_crypt(ctx->req, &ctx->sg, ctx->result, to - from);
}

static int test_update(struct test_hash *ctx, unsigned int from,
		       unsigned int to)
{
	test_part(ctx, from, to);
	return crypto_wait_req(crypto_ahash_update(ctx->req), &ctx->wait);
}

static int test_finup(struct test_hash *ctx, unsigned int from, unsigned int to)
{
	test_part(ctx, from, to);
	return crypto_wait_req(crypto_ahash_finup(ctx->req), &ctx->wait);
}

static int test_final(struct test_hash *ctx)
{
	/* What is set for an update is not looked at */
	ahash_request_set_crypt(ctx->req, NULL, ctx->result, 77);
	return crypto_wait_req(crypto_ahash_final(ctx->req), &ctx->wait);
}

static int test_digest(struct test_hash *ctx, unsigned int length)
{
	test_part(ctx, 0, length);
	return crypto_wait_req(crypto_ahash_digest(ctx->req), &ctx->wait);
}

static void test_expect_digest(struct kunit *test, struct test_hash *ctx)
{
	KUNIT_EXPECT_MEMEQ(test, ctx->result, ctx->digest,
			   crypto_shash_digestsize(ctx->soft));
	KUNIT_EXPECT_EQ(test, ctx->result[crypto_shash_digestsize(ctx->soft)],
			0xa5);
	memset(ctx->result, 0xa5, sizeof(ctx->result));
}

static void test_expect_no_result(struct kunit *test, struct test_hash *ctx)
{
	KUNIT_EXPECT_NULL(test, memchr_inv(ctx->result, 0xa5,
					   sizeof(ctx->result)));
}

static struct test_hash *test_hash(struct kunit *test)
{
	return test_hash_create(test, test->param_value);
}

static void hash_sizes_are_those_of_the_software(struct kunit *test)
{
	struct test_hash *ctx = test_hash(test);

	KUNIT_EXPECT_EQ(test, crypto_ahash_statesize(ctx->tfm),
			crypto_shash_statesize(ctx->soft));
	KUNIT_EXPECT_EQ(test, crypto_ahash_digestsize(ctx->tfm),
			crypto_shash_digestsize(ctx->soft));
	KUNIT_EXPECT_EQ(test, crypto_ahash_blocksize(ctx->tfm),
			crypto_shash_blocksize(ctx->soft));
}

/* Where a message is cut: around the ends of blocks */
static unsigned int test_cut(struct test_hash *ctx, unsigned int i)
{
	unsigned int block = crypto_shash_blocksize(ctx->soft);
	unsigned int cuts[] = { 0, 1, block - 1, block, block + 1,
				2 * block - 1, 2 * block, 2 * block + 1 };

	return i < ARRAY_SIZE(cuts) ? cuts[i] : TEST_MESSAGE;
}

static void hash_moves_to_software(struct kunit *test)
{
	struct test_hash *ctx = test_hash(test);
	unsigned int i, cut;

	for (i = 0; i < 9; i++) {
		cut = test_cut(ctx, i);
		KUNIT_ASSERT_EQ(test, 0, crypto_ahash_init(ctx->req));
		KUNIT_ASSERT_EQ(test, 0, test_update(ctx, 0, cut));
		KUNIT_ASSERT_EQ(test, 0, crypto_ahash_export(ctx->req,
							     ctx->state));
		test_expect_no_result(test, ctx);
		KUNIT_ASSERT_EQ(test, 0, crypto_shash_import(ctx->desc,
							     ctx->state));
		KUNIT_ASSERT_EQ(test, 0,
				crypto_shash_finup(ctx->desc,
						   ctx->message + cut,
						   TEST_MESSAGE - cut,
						   ctx->result));
		test_expect_digest(test, ctx);
	}
}

static void hash_moves_from_software(struct kunit *test)
{
	struct test_hash *ctx = test_hash(test);
	unsigned int i, cut;

	for (i = 0; i < 9; i++) {
		cut = test_cut(ctx, i);
		KUNIT_ASSERT_EQ(test, 0, crypto_shash_init(ctx->desc));
		KUNIT_ASSERT_EQ(test, 0, crypto_shash_update(ctx->desc,
							     ctx->message, cut));
		KUNIT_ASSERT_EQ(test, 0, crypto_shash_export(ctx->desc,
							     ctx->state));
		KUNIT_ASSERT_EQ(test, 0, crypto_ahash_import(ctx->req,
							     ctx->state));
		KUNIT_ASSERT_EQ(test, 0, test_finup(ctx, cut, TEST_MESSAGE));
		test_expect_digest(test, ctx);
	}
}

/* Out and in again in the middle, then on in odd parts, some of nothing */
static void hash_in_many_parts(struct kunit *test)
{
	struct test_hash *ctx = test_hash(test);
	unsigned int at, next, part = 0;

	KUNIT_ASSERT_EQ(test, 0, crypto_ahash_init(ctx->req));
	for (at = 0; at < TEST_MESSAGE; at = next) {
		next = min(at + part, TEST_MESSAGE);
		part += 7;
		KUNIT_ASSERT_EQ(test, 0, test_update(ctx, at, next));
		KUNIT_ASSERT_EQ(test, 0, test_update(ctx, next, next));
		KUNIT_ASSERT_EQ(test, 0, crypto_ahash_export(ctx->req,
							     ctx->state));
		KUNIT_ASSERT_EQ(test, 0, crypto_ahash_init(ctx->req));
		KUNIT_ASSERT_EQ(test, 0, crypto_ahash_import(ctx->req,
							     ctx->state));
		test_expect_no_result(test, ctx);
	}
	KUNIT_ASSERT_EQ(test, 0, test_final(ctx));
	test_expect_digest(test, ctx);
}

static void hash_in_one_part(struct kunit *test)
{
	struct test_hash *ctx = test_hash(test);

	KUNIT_ASSERT_EQ(test, 0, test_digest(ctx, TEST_MESSAGE));
	test_expect_digest(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, crypto_ahash_init(ctx->req));
	KUNIT_ASSERT_EQ(test, 0, test_finup(ctx, 0, TEST_MESSAGE));
	test_expect_digest(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, crypto_ahash_init(ctx->req));
	KUNIT_ASSERT_EQ(test, 0, test_update(ctx, 0, TEST_MESSAGE));
	test_expect_no_result(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, test_final(ctx));
	test_expect_digest(test, ctx);
}

static void hash_of_nothing(struct kunit *test)
{
	struct test_hash *ctx = test_hash(test);

	test_software_digest(test, ctx, 0);
	KUNIT_ASSERT_EQ(test, 0, test_digest(ctx, 0));
	test_expect_digest(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, crypto_ahash_init(ctx->req));
	KUNIT_ASSERT_EQ(test, 0, test_final(ctx));
	test_expect_digest(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, crypto_ahash_init(ctx->req));
	KUNIT_ASSERT_EQ(test, 0, test_update(ctx, 0, 0));
	KUNIT_ASSERT_EQ(test, 0, test_finup(ctx, 0, 0));
	test_expect_digest(test, ctx);
}

/* KASAN and the leak detector see what an abandoned message would hold */
static void hash_that_is_abandoned(struct kunit *test)
{
	struct test_hash *ctx = test_hash(test);

	KUNIT_ASSERT_EQ(test, 0, crypto_ahash_init(ctx->req));
	KUNIT_ASSERT_EQ(test, 0, test_update(ctx, 1, 400));
	KUNIT_ASSERT_EQ(test, 0, crypto_ahash_init(ctx->req));
	KUNIT_ASSERT_EQ(test, 0, test_update(ctx, 0, 400));
	KUNIT_ASSERT_EQ(test, 0, test_finup(ctx, 400, TEST_MESSAGE));
	test_expect_digest(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, crypto_ahash_init(ctx->req));
	KUNIT_ASSERT_EQ(test, 0, test_update(ctx, 0, 400));
}

static void hash_keys(struct kunit *test)
{
	struct test_hash *ctx = test_hash_create(test, &test_algs[TEST_HMAC]);
	unsigned int length;

	/* None, a whole block, and one that has to be hashed first */
	for (length = 0; length <= 2 * SHA256_BLOCK_SIZE; length += 32) {
		test_setkey(test, ctx, ctx->message, length);
		test_software_digest(test, ctx, TEST_MESSAGE);
		KUNIT_ASSERT_EQ(test, 0, test_digest(ctx, TEST_MESSAGE));
		test_expect_digest(test, ctx);
	}

	/* Software takes keys that are not in the standard */
	ctx = test_hash_create(test, &test_algs[TEST_XCBC]);
	test_setkey(test, ctx, ctx->message, AES_KEYSIZE_256);
	test_software_digest(test, ctx, TEST_MESSAGE);
	KUNIT_ASSERT_EQ(test, 0, test_digest(ctx, TEST_MESSAGE));
	test_expect_digest(test, ctx);
	KUNIT_EXPECT_EQ(test, -EINVAL, crypto_ahash_setkey(ctx->tfm,
							   ctx->message, 17));
	KUNIT_EXPECT_EQ(test, -ENOKEY, test_digest(ctx, 1));
}

static struct kunit_case pce_hash_cases[] = {
	KUNIT_CASE_PARAM(hash_sizes_are_those_of_the_software,
			 test_alg_gen_params),
	KUNIT_CASE_PARAM(hash_moves_to_software, test_alg_gen_params),
	KUNIT_CASE_PARAM(hash_moves_from_software, test_alg_gen_params),
	KUNIT_CASE_PARAM(hash_in_many_parts, test_alg_gen_params),
	KUNIT_CASE_PARAM(hash_in_one_part, test_alg_gen_params),
	KUNIT_CASE_PARAM(hash_of_nothing, test_alg_gen_params),
	KUNIT_CASE_PARAM(hash_that_is_abandoned, test_alg_gen_params),
	KUNIT_CASE(hash_keys),
	{}
};

static struct kunit_suite pce_hash_suite = {
	.name = "pce_hash",
	.suite_init = test_hashes_register,
	.suite_exit = test_hashes_unregister,
	.test_cases = pce_hash_cases,
};

static const struct test_alg test_entry_algs[] = {
	{ PCE_ALG_SHA256, "sha256", "sha256-pce" },
	{ PCE_ALG_HMAC_SHA256, "hmac(sha256)", "hmac-sha256-pce", true },
};

/* The only device is one that the test works for */
static struct pce_fake *test_fake;

static struct pce_device *test_bind(struct pce_session *session)
{
	return &test_fake->pce;
}

static int test_entry_init(struct kunit *test)
{
	u32 offered = PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_MULTIPART;

	if (!test_registered)
		kunit_skip(test, "a device is in service");
	test_fake = pce_fake_create(test, 2, &pce_request_ops);
	test_fake->pce.caps.alg_info[PCE_ALG_SHA256] = offered;
	test_fake->pce.caps.alg_info[PCE_ALG_HMAC_SHA256] = offered;
	test->priv = test_fake;
	kunit_activate_static_stub(test, pce_session_bind, test_bind);
	test_min_len = pce_min_len;
	pce_min_len = 0;
	return 0;
}

static void test_entry_exit(struct kunit *test)
{
	if (!test->priv)
		return;	/* skipped */
	pce_min_len = test_min_len;
	pce_queue_close(&test_fake->q);
	pce_queue_finish(&test_fake->q);
	pce_fake_destroy(test_fake);
}

/* In op_flags */
#define TEST_ALG	(PCE_ALG_SHA256 << 8)

static struct test_hash *test_sha256(struct kunit *test)
{
	return test_hash_create(test, &test_entry_algs[0]);
}

/* The record of the request in entry @index */
static struct pce_hash_state *test_record(u32 index)
{
	u16 tag = le16_to_cpu(pce_fake_sqe(test_fake, index)->tag);

	return &test_fake->q.slots[tag].extra->state;
}

static void test_complete(u32 index, u32 status, u32 length)
{
	struct pce_sqe *sqe = pce_fake_sqe(test_fake, index);

	pce_fake_fetch(test_fake);
	pce_fake_complete_tag(test_fake, le16_to_cpu(sqe->tag), status, length,
			      NULL);
	pce_fake_interrupt(test_fake);
}

/* What the device does: bytes of the message, from what is in the record */
static void test_work(struct kunit *test, struct test_hash *ctx, u32 index,
		      unsigned int from, unsigned int to)
{
	const struct pce_hash_info *info = pce_hash_info(PCE_ALG_SHA256);
	struct pce_hash_state *record = test_record(index);
	u16 flags = le16_to_cpu(pce_fake_sqe(test_fake, index)->op_flags);
	u8 state[PCE_HASH_EXPORT_SIZE] __aligned(sizeof(u64));

	if (flags & PCE_HASH_FIRST) {
		KUNIT_ASSERT_EQ(test, 0, crypto_shash_init(ctx->desc));
	} else {
		pce_hash_state_take(info, state, record);
		KUNIT_ASSERT_EQ(test, 0, crypto_shash_import(ctx->desc, state));
	}
	KUNIT_ASSERT_EQ(test, 0, crypto_shash_update(ctx->desc,
						     ctx->message + from,
						     to - from));
	if (flags & PCE_HASH_LAST) {
		KUNIT_ASSERT_EQ(test, 0, crypto_shash_final(ctx->desc,
							    record->state));
		test_complete(index, PCE_STATUS_OK, SHA256_DIGEST_SIZE);
		return;
	}
	KUNIT_ASSERT_EQ(test, 0, crypto_shash_export(ctx->desc, state));
	pce_hash_state_give(info, state, record);
	test_complete(index, PCE_STATUS_OK, sizeof(*record));
}

static void entry_of_a_whole_message(struct kunit *test)
{
	struct test_hash *ctx = test_sha256(test);
	struct pce_sqe *sqe = pce_fake_sqe(test_fake, 0);

	test_part(ctx, 0, TEST_MESSAGE);
	KUNIT_ASSERT_EQ(test, crypto_ahash_digest(ctx->req), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, sqe->opcode, PCE_OP_HASH);
	KUNIT_EXPECT_EQ(test, sqe->flags, PCE_SQE_PHASE);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->op_flags),
			PCE_HASH_FIRST | PCE_HASH_LAST | TEST_ALG);
	KUNIT_EXPECT_EQ(test, sqe->auth_length, SHA256_DIGEST_SIZE);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(sqe->length), TEST_MESSAGE);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->ctx), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(sqe->ctx_generation), 0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->dst),
			test_fake->q.slots[le16_to_cpu(sqe->tag)].extra_dma);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->dst_segments), 0);

	test_work(test, ctx, 0, 0, TEST_MESSAGE);
	KUNIT_EXPECT_EQ(test, ctx->wait.err, 0);
	test_expect_digest(test, ctx);
}

static void entry_of_a_message_in_parts(struct kunit *test)
{
	struct test_hash *ctx = test_sha256(test);
	struct pce_sqe *sqe = pce_fake_sqe(test_fake, 0);

	KUNIT_ASSERT_EQ(test, crypto_ahash_init(ctx->req), 0);
	test_part(ctx, 0, 100);
	KUNIT_ASSERT_EQ(test, crypto_ahash_update(ctx->req), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->op_flags), PCE_HASH_FIRST | TEST_ALG);
	KUNIT_EXPECT_EQ(test, sqe->auth_length, 0);
	test_work(test, ctx, 0, 0, 100);
	KUNIT_EXPECT_EQ(test, ctx->wait.err, 0);
	test_expect_no_result(test, ctx);

	sqe = pce_fake_sqe(test_fake, 1);
	test_part(ctx, 100, 200);
	KUNIT_ASSERT_EQ(test, crypto_ahash_update(ctx->req), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->op_flags), TEST_ALG);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(test_record(1)->bytes), 100);
	test_work(test, ctx, 1, 100, 200);
	test_expect_no_result(test, ctx);

	/* Anybody can go on from here */
	KUNIT_ASSERT_EQ(test, 0, crypto_ahash_export(ctx->req, ctx->state));
	KUNIT_ASSERT_EQ(test, 0, crypto_shash_import(ctx->desc, ctx->state));
	KUNIT_ASSERT_EQ(test, 0, crypto_shash_finup(ctx->desc,
						    ctx->message + 200,
						    TEST_MESSAGE - 200,
						    ctx->result));
	test_expect_digest(test, ctx);

	/* The last part may be empty, and then has no source */
	test_part(ctx, 200, TEST_MESSAGE);
	KUNIT_ASSERT_EQ(test, crypto_ahash_update(ctx->req), -EINPROGRESS);
	test_work(test, ctx, 2, 200, TEST_MESSAGE);
	sqe = pce_fake_sqe(test_fake, 3);
	KUNIT_ASSERT_EQ(test, crypto_ahash_final(ctx->req), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->op_flags), PCE_HASH_LAST | TEST_ALG);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(sqe->length), 0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(sqe->src), 0);
	test_work(test, ctx, 3, 0, 0);
	test_expect_digest(test, ctx);
}

static void entry_of_a_mac(struct kunit *test)
{
	struct test_hash *ctx = test_hash_create(test, &test_entry_algs[1]);
	struct pce_sqe *sqe = pce_fake_sqe(test_fake, 0);

	test_part(ctx, 0, TEST_MESSAGE);
	KUNIT_ASSERT_EQ(test, crypto_ahash_digest(ctx->req), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, sqe->opcode, PCE_OP_MAC);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(sqe->op_flags),
			PCE_HASH_FIRST | PCE_HASH_LAST);
	KUNIT_EXPECT_NE(test, le32_to_cpu(sqe->ctx_generation), 0);
	memcpy(test_record(0), ctx->digest, SHA256_DIGEST_SIZE);
	test_complete(0, PCE_STATUS_OK, SHA256_DIGEST_SIZE);
	test_expect_digest(test, ctx);
}

/* What a part leaves in the slot would do instead of the key */
static void entry_leaves_no_state(struct kunit *test)
{
	struct test_hash *ctx = test_hash_create(test, &test_entry_algs[1]);
	struct pce_hash_state *record;

	KUNIT_ASSERT_EQ(test, crypto_ahash_init(ctx->req), 0);
	test_part(ctx, 0, 100);
	KUNIT_ASSERT_EQ(test, crypto_ahash_update(ctx->req), -EINPROGRESS);
	record = test_record(0);
	memset(record, 0x5a, sizeof(*record));
	test_complete(0, PCE_STATUS_OK, sizeof(*record));
	KUNIT_EXPECT_EQ(test, ctx->wait.err, 0);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(record, sizeof(*record)));

	test_part(ctx, 100, 200);
	KUNIT_ASSERT_EQ(test, crypto_ahash_update(ctx->req), -EINPROGRESS);
	record = test_record(1);
	KUNIT_EXPECT_FALSE(test, mem_is_zero(record, sizeof(*record)));
	test_complete(1, PCE_STATUS_STATE_DMA, 0);
	KUNIT_EXPECT_EQ(test, ctx->wait.err, 0);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(record, sizeof(*record)));
}

/* The record is not valid: software continues from the state before this part */
static void entry_that_fails(struct kunit *test)
{
	static const struct {
		u32 status;
		u32 length;
	} failures[] = {
		{ PCE_STATUS_INTERNAL, 0 },
		{ PCE_STATUS_SRC_DMA, 0 },
		{ PCE_STATUS_STATE_DMA, 0 },
		{ PCE_STATUS_OK, sizeof(struct pce_hash_state) - 1 },
	};
	struct test_hash *ctx = test_sha256(test);
	unsigned int i, at = 100;

	KUNIT_ASSERT_EQ(test, crypto_ahash_init(ctx->req), 0);
	test_part(ctx, 0, at);
	KUNIT_ASSERT_EQ(test, crypto_ahash_update(ctx->req), -EINPROGRESS);
	test_work(test, ctx, 0, 0, at);
	for (i = 0; i < ARRAY_SIZE(failures); i++, at += 100) {
		test_part(ctx, at, at + 100);
		KUNIT_ASSERT_EQ(test, crypto_ahash_update(ctx->req),
				-EINPROGRESS);
		memset(test_record(i + 1), 0x5a, sizeof(struct pce_hash_state));
		test_complete(i + 1, failures[i].status, failures[i].length);
		KUNIT_EXPECT_EQ(test, ctx->wait.err, 0);
	}
	test_part(ctx, at, TEST_MESSAGE);
	KUNIT_ASSERT_EQ(test, crypto_ahash_finup(ctx->req), -EINPROGRESS);
	test_work(test, ctx, i + 1, at, TEST_MESSAGE);
	test_expect_digest(test, ctx);
}

static void entry_of_a_device_without_parts(struct kunit *test)
{
	struct test_hash *ctx = test_sha256(test);
	u64 counted = pce_counter_sum(PCE_FALLBACK_UNSUPPORTED);

	test_fake->pce.caps.alg_info[PCE_ALG_SHA256] = PCE_ALG_INFO_PRESENT;
	KUNIT_ASSERT_EQ(test, crypto_ahash_init(ctx->req), 0);
	test_part(ctx, 0, 100);
	KUNIT_EXPECT_EQ(test, crypto_ahash_update(ctx->req), 0);
	test_part(ctx, 100, TEST_MESSAGE);
	KUNIT_EXPECT_EQ(test, crypto_ahash_finup(ctx->req), 0);
	test_expect_digest(test, ctx);
	KUNIT_EXPECT_EQ(test, pce_counter_sum(PCE_FALLBACK_UNSUPPORTED),
			counted + 2);

	KUNIT_ASSERT_EQ(test, crypto_ahash_init(ctx->req), 0);
	test_part(ctx, 0, TEST_MESSAGE);
	KUNIT_EXPECT_EQ(test, crypto_ahash_finup(ctx->req), -EINPROGRESS);
	test_work(test, ctx, 0, 0, TEST_MESSAGE);
	test_expect_digest(test, ctx);
}

static void entry_is_not_made_of_a_state_that_cannot_be(struct kunit *test)
{
	struct test_hash *ctx = test_sha256(test);
	struct sha256_state *state = (struct sha256_state *)ctx->state;
	u64 counted = pce_counter_sum(PCE_FALLBACK_UNSUPPORTED);

	state->count = U64_MAX;
	KUNIT_ASSERT_EQ(test, crypto_ahash_import(ctx->req, state), 0);
	test_part(ctx, 0, 100);
	KUNIT_EXPECT_EQ(test, crypto_ahash_finup(ctx->req), 0);
	KUNIT_EXPECT_EQ(test, pce_counter_sum(PCE_FALLBACK_UNSUPPORTED),
			counted + 1);
}

static struct kunit_case pce_hash_entry_cases[] = {
	KUNIT_CASE(entry_of_a_whole_message),
	KUNIT_CASE(entry_of_a_message_in_parts),
	KUNIT_CASE(entry_of_a_mac),
	KUNIT_CASE(entry_leaves_no_state),
	KUNIT_CASE(entry_that_fails),
	KUNIT_CASE(entry_of_a_device_without_parts),
	KUNIT_CASE(entry_is_not_made_of_a_state_that_cannot_be),
	{}
};

static int test_entries_register(struct kunit_suite *suite)
{
	return test_register(test_entry_algs, ARRAY_SIZE(test_entry_algs));
}

static void test_entries_unregister(struct kunit_suite *suite)
{
	test_unregister(test_entry_algs, ARRAY_SIZE(test_entry_algs));
}

static struct kunit_suite pce_hash_entry_suite = {
	.name = "pce_hash_entry",
	.suite_init = test_entries_register,
	.suite_exit = test_entries_unregister,
	.init = test_entry_init,
	.exit = test_entry_exit,
	.test_cases = pce_hash_entry_cases,
};

kunit_test_suites(&pce_hash_suite, &pce_hash_entry_suite);
