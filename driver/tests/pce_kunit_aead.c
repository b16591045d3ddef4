// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of authenticated ciphers: keys taken apart, initialisation vectors
 * put together, lengths, and which requests a device can do.
 */
#include <crypto/aes.h>
#include <crypto/authenc.h>
#include <kunit/test.h>
#include <linux/rtnetlink.h>
#include <linux/scatterlist.h>

#include "../pce_aead.h"
#include "../pce_hash.h"

#define TEST_TAG	16

/* The longest key: that of an HMAC, for AES and its salt */
struct test_blob {
	struct rtattr rta;
	struct crypto_authenc_key_param param;
	u8 keys[160 + AES_KEYSIZE_256 + PCE_MAX_SALT];
};

/* All bytes of the authentication key are @auth, of the other keys they count up */
static unsigned int test_make_blob(struct test_blob *blob, u8 auth,
				   unsigned int auth_length,
				   unsigned int length)
{
	unsigned int i;

	blob->rta.rta_type = CRYPTO_AUTHENC_KEYA_PARAM;
	blob->rta.rta_len = RTA_LENGTH(sizeof(blob->param));
	blob->param.enckeylen = cpu_to_be32(length);
	memset(blob->keys, auth, auth_length);
	for (i = 0; i < length; i++)
		blob->keys[auth_length + i] = i;
	return offsetof(struct test_blob, keys) + auth_length + length;
}

static struct pce_aead *test_aead(struct kunit *test)
{
	struct pce_aead *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	return ctx;
}

static void key_with_a_salt(struct kunit *test)
{
	static const struct pce_aead_alg alg = { .iv.salt = 4 };
	struct pce_aead *ctx = test_aead(test);
	static const u8 key[] = "sixteen bytes, !salt";

	KUNIT_EXPECT_EQ(test, pce_aead_set_keys(&alg, ctx, key, 20), 0);
	KUNIT_EXPECT_EQ(test, ctx->session.context.key_length, 16);
	KUNIT_EXPECT_EQ(test, ctx->session.context.auth_key_length, 0);
	KUNIT_EXPECT_MEMEQ(test, ctx->session.context.key, key, 16);
	KUNIT_EXPECT_MEMEQ(test, ctx->salt, key + 16, 4);
	/* Nothing that the device need not know */
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->session.context.key + 16, 4));
	pce_session_exit(&ctx->session);
}

static void key_is_two_keys(struct kunit *test)
{
	static const struct pce_aead_alg alg = {
		.base.auth_id = PCE_ALG_HMAC_SHA256, .iv.salt = 4,
	};
	struct pce_aead *ctx = test_aead(test);
	const struct pce_context *record = &ctx->session.context;
	struct test_blob blob;
	unsigned int length = test_make_blob(&blob, 0xaa, 32, 36);

	KUNIT_EXPECT_EQ(test, pce_aead_set_keys(&alg, ctx, (u8 *)&blob, length),
			0);
	KUNIT_EXPECT_EQ(test, record->key_length, 32);
	KUNIT_EXPECT_MEMEQ(test, record->key, blob.keys + 32, 32);
	KUNIT_EXPECT_MEMEQ(test, ctx->salt, blob.keys + 64, 4);
	KUNIT_EXPECT_EQ(test, record->auth_key_length, 32);
	KUNIT_EXPECT_MEMEQ(test, record->auth_key, blob.keys, 32);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(record->auth_key + 32,
					    sizeof(record->auth_key) - 32));
	KUNIT_EXPECT_FALSE(test, ctx->by_software);
	pce_session_exit(&ctx->session);
}

static void key_is_not_two_keys(struct kunit *test)
{
	static const struct pce_aead_alg alg = {
		.base.auth_id = PCE_ALG_HMAC_SHA256,
	};
	struct pce_aead *ctx = test_aead(test);
	struct test_blob blob;
	unsigned int length = test_make_blob(&blob, 0xaa, 0, 16);

	KUNIT_EXPECT_EQ(test, pce_aead_set_keys(&alg, ctx, (u8 *)&blob,
						length - 1), -EINVAL);
	blob.rta.rta_type++;
	KUNIT_EXPECT_EQ(test, pce_aead_set_keys(&alg, ctx, (u8 *)&blob, length),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, ctx->session.context.key_length, 0);
}

static void test_free_shash(void *tfm)
{
	crypto_free_shash(tfm);
}

static void key_longer_than_a_block(struct kunit *test)
{
	/* SHA-256 of 65 zeros */
	static const u8 digest[] = {
		0x98, 0xce, 0x42, 0xde, 0xef, 0x51, 0xd4, 0x02,
		0x69, 0xd5, 0x42, 0xf5, 0x31, 0x4b, 0xef, 0x2c,
		0x74, 0x68, 0xd4, 0x01, 0xad, 0x5d, 0x85, 0x16,
		0x8b, 0xfa, 0xb4, 0xc0, 0x10, 0x8f, 0x75, 0xf7,
	};
	struct pce_aead_alg alg = {
		.base.id = PCE_ALG_AUTHENC_AES_CBC,
		.base.auth_id = PCE_ALG_HMAC_SHA256,
	};
	struct pce_aead *ctx = test_aead(test);
	struct test_blob blob;
	unsigned int length = test_make_blob(&blob, 0, 65, 16);

	ctx->plain = pce_hmac_alloc(PCE_ALG_HMAC_SHA256);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->plain);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, test_free_shash,
							   ctx->plain));
	KUNIT_EXPECT_EQ(test, pce_aead_set_keys(&alg, ctx, (u8 *)&blob, length),
			0);
	KUNIT_EXPECT_EQ(test, ctx->session.context.auth_key_length, sizeof(digest));
	KUNIT_EXPECT_MEMEQ(test, ctx->session.context.auth_key, digest,
			   sizeof(digest));
	KUNIT_EXPECT_FALSE(test, ctx->by_software);

	/* ESSIV needs the whole key, not its hash: the device cannot use this one */
	alg.base.id = PCE_ALG_AUTHENC_AES_ESSIV;
	KUNIT_EXPECT_EQ(test, pce_aead_set_keys(&alg, ctx, (u8 *)&blob, length),
			0);
	KUNIT_EXPECT_TRUE(test, ctx->by_software);
	length = test_make_blob(&blob, 0, 64, 16);
	KUNIT_EXPECT_EQ(test, pce_aead_set_keys(&alg, ctx, (u8 *)&blob, length),
			0);
	KUNIT_EXPECT_FALSE(test, ctx->by_software);
	pce_session_exit(&ctx->session);
}

static void iv_of_every_form(struct kunit *test)
{
	static const struct {
		struct pce_iv_form form;
		unsigned int size;
		u8 iv[PCE_INDIRECT_IV_SIZE];
	} cases[] = {
		{ { }, 0, "" },
		{ { }, 12, "ABCDEFGHIJKL" },
		{ { }, 32, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef" },
		{ { .salt = 4 }, 8, "saltABCDEFGH" },
		{ { .salt = 4, .counter = 1 }, 8, "saltABCDEFGH\0\0\0\1" },
		{ { .lead = 3, .salt = 3 }, 8, "\3salABCDEFGH" },
	};
	struct pce_request req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(&req, 0, sizeof(req));
		pce_request_set_iv(&req, &cases[i].form, "salt",
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef",
				   cases[i].size);
		KUNIT_EXPECT_MEMEQ_MSG(test, req.iv, cases[i].iv,
				       sizeof(req.iv), "case %u", i);
	}
}

static void iv_of_ccm_ends_with_a_counter(struct kunit *test)
{
	static const struct pce_aead_alg alg = {
		.base.id = PCE_ALG_AES_CCM, .base.aead.ivsize = 16,
	};
	struct pce_request req = {};

	pce_aead_set_iv(&alg, &req, NULL, "\3nonce, eleven xxx");
	KUNIT_EXPECT_MEMEQ(test, req.iv, "\3nonce, elev\0\0\0\0", 16);
}

static void lengths_by_direction(struct kunit *test)
{
	static const struct pce_aead_alg plain, gmac = { .all_aad = true };
	struct aead_request req = { .assoclen = 20, .cryptlen = 100 };
	struct pce_request preq = {};

	pce_aead_lengths(&plain, &preq, &req, 100, TEST_TAG);
	KUNIT_EXPECT_EQ(test, preq.src.length, 120);
	KUNIT_EXPECT_EQ(test, preq.dst.length, 136);
	KUNIT_EXPECT_EQ(test, preq.aad_length, 20);
	KUNIT_EXPECT_EQ(test, preq.auth_length, TEST_TAG);
	KUNIT_EXPECT_EQ(test, preq.job.length, 100);
	KUNIT_EXPECT_EQ(test, preq.job.expected, 116);

	pce_aead_lengths(&gmac, &preq, &req, 100, TEST_TAG);
	KUNIT_EXPECT_EQ(test, preq.dst.length, 136);
	KUNIT_EXPECT_EQ(test, preq.aad_length, 120);
	KUNIT_EXPECT_EQ(test, preq.job.length, 0);
	KUNIT_EXPECT_EQ(test, preq.job.expected, TEST_TAG);

	preq.flags = PCE_SQE_DECRYPT;
	pce_aead_lengths(&plain, &preq, &req, 84, TEST_TAG);
	KUNIT_EXPECT_EQ(test, preq.src.length, 120);
	KUNIT_EXPECT_EQ(test, preq.dst.length, 104);
	KUNIT_EXPECT_EQ(test, preq.aad_length, 20);
	KUNIT_EXPECT_EQ(test, preq.job.length, 84);
	KUNIT_EXPECT_EQ(test, preq.job.expected, 84);

	pce_aead_lengths(&gmac, &preq, &req, 84, TEST_TAG);
	KUNIT_EXPECT_EQ(test, preq.aad_length, 104);
	KUNIT_EXPECT_EQ(test, preq.job.expected, 0);

	/* The tag alone */
	req.assoclen = 0;
	req.cryptlen = TEST_TAG;
	pce_aead_lengths(&plain, &preq, &req, 0, TEST_TAG);
	KUNIT_EXPECT_EQ(test, preq.src.length, TEST_TAG);
	KUNIT_EXPECT_EQ(test, preq.dst.length, 0);
}

static void fits_by_associated_data(struct kunit *test)
{
	static const struct pce_aead_alg ipsec = {
		.ipsec = true, .base.aead.base.cra_blocksize = 1,
	};
	static const struct pce_aead_alg esn = {
		.min_aad = 8, .base.aead.base.cra_blocksize = 1,
	};
	struct aead_request req = {};
	unsigned int length;

	for (length = 0; length < 32; length++) {
		req.assoclen = length;
		KUNIT_EXPECT_EQ(test, pce_aead_fits(&ipsec, &req, 0, false),
				length == 16 || length == 20);
		KUNIT_EXPECT_EQ(test, pce_aead_fits(&esn, &req, 0, false),
				length >= 8);
	}
	/* Lengths that are added without a look */
	req.assoclen = PCE_LIMIT_LENGTH + 1;
	KUNIT_EXPECT_FALSE(test, pce_aead_fits(&esn, &req, 0, false));
	req.assoclen = PCE_LIMIT_LENGTH;
	KUNIT_EXPECT_TRUE(test, pce_aead_fits(&esn, &req, 0, false));
	req.cryptlen = U32_MAX;
	KUNIT_EXPECT_FALSE(test, pce_aead_fits(&esn, &req, U32_MAX, false));
}

static void fits_by_text(struct kunit *test)
{
	static const struct pce_aead_alg cbc = {
		.base.aead.base.cra_blocksize = AES_BLOCK_SIZE,
	};
	struct aead_request req = {};

	KUNIT_EXPECT_TRUE(test, pce_aead_fits(&cbc, &req, 0, false));
	KUNIT_EXPECT_TRUE(test, pce_aead_fits(&cbc, &req, 32, false));
	KUNIT_EXPECT_FALSE(test, pce_aead_fits(&cbc, &req, 33, false));
}

static void fits_the_length_field_of_ccm(struct kunit *test)
{
	static const struct pce_aead_alg ccm = {
		.base.id = PCE_ALG_AES_CCM, .base.aead.base.cra_blocksize = 1,
	};
	static const struct {
		u8 first;
		u32 text;
		bool fits;
	} cases[] = {
		{ 0, 0, false }, { 1, 0xffff, true }, { 1, 0x10000, false },
		{ 2, 0x10000, true }, { 2, 0xffffff, true },
		{ 2, 0x1000000, false }, { 3, 0x1000000, true },
		{ 7, 0x1000000, true }, { 8, 0, false },
	};
	u8 iv[AES_BLOCK_SIZE] = {};
	struct aead_request req = { .iv = iv };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		iv[0] = cases[i].first;
		KUNIT_EXPECT_EQ_MSG(test, pce_aead_fits(&ccm, &req,
							cases[i].text, true),
				    cases[i].fits, "case %u", i);
	}
}

/* The source's vector is not encrypted where the destination's is another */
static void fits_the_vector_of_essiv(struct kunit *test)
{
	static const struct pce_aead_alg essiv = {
		.base.id = PCE_ALG_AUTHENC_AES_ESSIV, .base.aead.base.cra_blocksize = 1,
	};
	u8 *aad = kunit_kzalloc(test, 128, GFP_KERNEL);
	struct scatterlist src, same, other;
	struct aead_request req = {
		.assoclen = 32, .src = &src, .dst = &src,
	};

	KUNIT_ASSERT_NOT_NULL(test, aad);
	sg_init_one(&src, aad, 64);
	sg_init_one(&same, aad, 64);
	sg_init_one(&other, aad + 64, 64);
	KUNIT_EXPECT_TRUE(test, pce_aead_fits(&essiv, &req, 16, true));
	req.dst = &same;
	KUNIT_EXPECT_TRUE(test, pce_aead_fits(&essiv, &req, 16, true));
	req.dst = &other;
	KUNIT_EXPECT_FALSE(test, pce_aead_fits(&essiv, &req, 16, true));
	KUNIT_EXPECT_TRUE(test, pce_aead_fits(&essiv, &req, 16, false));
}

static void names_of_drivers(struct kunit *test)
{
	static const char * const names[][2] = {
		{ "chacha20", "chacha20-pce" },
		{ "sha3-224", "sha3-224-pce" },
		{ "ecb(des3_ede)", "ecb-des3_ede-pce" },
		{ "rfc7539(chacha20,poly1305)",
		  "rfc7539-chacha20-poly1305-pce" },
		{ "authenc(hmac(sha256),rfc3686(ctr(aes)))",
		  "authenc-hmac-sha256-rfc3686-ctr-aes-pce" },
	};
	struct crypto_alg *alg = kunit_kzalloc(test, sizeof(*alg), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, alg);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		strscpy(alg->cra_name, names[i][0]);
		pce_alg_prepare(alg);
		KUNIT_EXPECT_STREQ(test, alg->cra_driver_name, names[i][1]);
	}
	KUNIT_EXPECT_EQ(test, alg->cra_priority, pce_priority);
}

static struct kunit_case pce_aead_cases[] = {
	KUNIT_CASE(key_with_a_salt),
	KUNIT_CASE(key_is_two_keys),
	KUNIT_CASE(key_is_not_two_keys),
	KUNIT_CASE(key_longer_than_a_block),
	KUNIT_CASE(iv_of_every_form),
	KUNIT_CASE(iv_of_ccm_ends_with_a_counter),
	KUNIT_CASE(lengths_by_direction),
	KUNIT_CASE(fits_by_associated_data),
	KUNIT_CASE(fits_by_text),
	KUNIT_CASE(fits_the_length_field_of_ccm),
	KUNIT_CASE(fits_the_vector_of_essiv),
	KUNIT_CASE(names_of_drivers),
	{}
};

static struct kunit_suite pce_aead_suite = {
	.name = "pce_aead",
	.test_cases = pce_aead_cases,
};

kunit_test_suites(&pce_aead_suite);
