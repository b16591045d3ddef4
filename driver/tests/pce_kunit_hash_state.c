// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of hash states: from the kernel's format to the device's and back.
 *
 * What is right is told by the software: the record of a message that is padded
 * by hand holds the digest, and a state that went through the record and back
 * leads the software to the same digest.
 */
#include <crypto/aes.h>
#include <crypto/hash.h>
#include <crypto/internal/hash.h>
#include <crypto/sha2.h>
#include <crypto/sha3.h>
#include <kunit/test.h>
#include <linux/swab.h>
#include <linux/unaligned.h>

#include "../pce_hash_state.h"

#define TEST_MESSAGE	512
#define TEST_KEY	AES_KEYSIZE_128
#define TEST_MACS	2	/* the last in the table */
#define TEST_KEYED	5	/* and those before, which have a key as well */

struct test_hash {
	enum pce_alg id;
	const char *name;
	bool keyed;
};

static const struct test_hash test_hashes[] = {
	{ PCE_ALG_SHA1, "sha1" },
	{ PCE_ALG_SHA224, "sha224" },
	{ PCE_ALG_SHA256, "sha256" },
	{ PCE_ALG_SHA384, "sha384" },
	{ PCE_ALG_SHA512, "sha512" },
	{ PCE_ALG_SHA3_224, "sha3-224" },
	{ PCE_ALG_SHA3_256, "sha3-256" },
	{ PCE_ALG_SHA3_384, "sha3-384" },
	{ PCE_ALG_SHA3_512, "sha3-512" },
	{ PCE_ALG_SM3, "sm3" },
	{ PCE_ALG_HMAC_SHA256, "hmac(sha256)", true },
	{ PCE_ALG_HMAC_SHA512, "hmac(sha512)", true },
	{ PCE_ALG_HMAC_SHA3_256, "hmac(sha3-256)", true },
	{ PCE_ALG_AES_CMAC, "cmac(aes)", true },
	{ PCE_ALG_AES_XCBC, "xcbc(aes)", true },
};

struct test_states {
	const struct test_hash *hash;
	const struct pce_hash_info *info;
	struct crypto_shash *tfm;
	struct shash_desc *desc;
	u8 message[TEST_MESSAGE];
	u8 state[PCE_HASH_EXPORT_SIZE] __aligned(sizeof(u64));
	struct pce_hash_state record;
	u8 digest[HASH_MAX_DIGESTSIZE];
};

static const u8 test_key[TEST_KEY] = "a sixteen byte k";

/* The parameters of a case: from @first to before @end */
static const void *test_next(const void *prev, char *text,
			     const struct test_hash *first,
			     const struct test_hash *end)
{
	const struct test_hash *hash = prev ? prev + sizeof(*hash) : first;

	if (hash == end)
		return NULL;
	strscpy(text, hash->name, KUNIT_PARAM_DESC_SIZE);
	return hash;
}

static const void *test_all(const void *prev, char *text)
{
	return test_next(prev, text, test_hashes,
			 test_hashes + ARRAY_SIZE(test_hashes));
}

static const void *test_plain(const void *prev, char *text)
{
	return test_next(prev, text, test_hashes,
			 test_hashes + ARRAY_SIZE(test_hashes) - TEST_KEYED);
}

static const void *test_macs(const void *prev, char *text)
{
	return test_next(prev, text,
			 test_hashes + ARRAY_SIZE(test_hashes) - TEST_MACS,
			 test_hashes + ARRAY_SIZE(test_hashes));
}

static void test_free_shash(void *tfm)
{
	crypto_free_shash(tfm);
}

/* The software hash of this parameter, and room for a state */
static struct test_states *test_states(struct kunit *test)
{
	struct test_states *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->hash = test->param_value;
	ctx->info = pce_hash_info(ctx->hash->id);
	ctx->tfm = crypto_alloc_shash(ctx->hash->name, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->tfm);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, test_free_shash,
							   ctx->tfm));
	KUNIT_ASSERT_EQ(test, crypto_shash_statesize(ctx->tfm),
			ctx->info->format->size);
	KUNIT_ASSERT_EQ(test, crypto_shash_blocksize(ctx->tfm),
			ctx->info->block);
	KUNIT_ASSERT_EQ(test, crypto_shash_digestsize(ctx->tfm),
			ctx->info->digest);
	if (ctx->hash->keyed)
		KUNIT_ASSERT_EQ(test, 0, crypto_shash_setkey(ctx->tfm, test_key,
							     TEST_KEY));

	ctx->desc = kunit_kzalloc(test, sizeof(*ctx->desc) +
				  crypto_shash_descsize(ctx->tfm), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->desc);
	ctx->desc->tfm = ctx->tfm;
	for (i = 0; i < TEST_MESSAGE; i++)
		ctx->message[i] = i * 7 + 1;
	return ctx;
}

/* The record after @length bytes of the message */
static void test_give(struct kunit *test, struct test_states *ctx,
		      unsigned int length)
{
	KUNIT_ASSERT_EQ(test, 0, crypto_shash_init(ctx->desc));
	KUNIT_ASSERT_EQ(test, 0, crypto_shash_update(ctx->desc, ctx->message,
						     length));
	KUNIT_ASSERT_EQ(test, 0, crypto_shash_export(ctx->desc, ctx->state));
	KUNIT_ASSERT_TRUE(test, pce_hash_state_fits(ctx->info, ctx->state,
						    U32_MAX));
	pce_hash_state_give(ctx->info, ctx->state, &ctx->record);
}

/* Pad the message by hand.  Return: bytes, a multiple of the block. */
static unsigned int test_pad(struct test_states *ctx, unsigned int length)
{
	unsigned int block = ctx->info->block;
	bool sha3 = ctx->info->format->words == PCE_HASH_LE64;
	unsigned int end = roundup(length + 1 + (sha3 ? 0 : block / 8), block);

	memset(ctx->message + length, 0, end - length);
	if (sha3) {
		ctx->message[length] = 0x06;
		ctx->message[end - 1] |= 0x80;
	} else {
		ctx->message[length] = 0x80;
		put_unaligned_be64((u64)length * 8, ctx->message + end - 8);
	}
	return end;
}

static void state_of_a_padded_message_is_the_digest(struct kunit *test)
{
	struct test_states *ctx = test_states(test);
	unsigned int length = 200, end;

	KUNIT_ASSERT_EQ(test, 0, crypto_shash_digest(ctx->desc, ctx->message,
						     length, ctx->digest));
	end = test_pad(ctx, length);
	test_give(test, ctx, end);
	KUNIT_EXPECT_MEMEQ(test, ctx->record.state, ctx->digest,
			   ctx->info->digest);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(ctx->record.bytes) %
			ctx->info->block, 0);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->record.buffer,
					    sizeof(ctx->record.buffer)));
}

/* An encrypted block, by the cipher alone */
static void state_of_a_mac_is_the_last_block(struct kunit *test)
{
	struct test_states *ctx = test_states(test);
	u8 subkey[AES_BLOCK_SIZE], block[AES_BLOCK_SIZE];
	struct crypto_aes_ctx aes;

	KUNIT_ASSERT_EQ(test, 0, aes_expandkey(&aes, test_key, TEST_KEY));
	if (ctx->hash->id == PCE_ALG_AES_XCBC) {
		memset(subkey, 1, sizeof(subkey));
		aes_encrypt(&aes, subkey, subkey);
		KUNIT_ASSERT_EQ(test, 0, aes_expandkey(&aes, subkey,
						       sizeof(subkey)));
	}
	aes_encrypt(&aes, block, ctx->message);

	/* A whole block is held back until it is known not to be the last */
	test_give(test, ctx, AES_BLOCK_SIZE);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(ctx->record.state,
					    sizeof(ctx->record.state)));
	KUNIT_EXPECT_EQ(test, le64_to_cpu(ctx->record.bytes), AES_BLOCK_SIZE);
	KUNIT_EXPECT_MEMEQ(test, ctx->record.buffer, ctx->message,
			   AES_BLOCK_SIZE);
	test_give(test, ctx, AES_BLOCK_SIZE + 1);
	KUNIT_EXPECT_MEMEQ(test, ctx->record.state, block, AES_BLOCK_SIZE);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(ctx->record.bytes), 1);
	KUNIT_EXPECT_EQ(test, ctx->record.buffer[0],
			ctx->message[AES_BLOCK_SIZE]);
}

/* Bytes of a message of @length that are in the buffer, by the specification */
static unsigned int test_tail(const struct pce_hash_info *info,
			      unsigned int length)
{
	if (info->format->holds_back)
		return length ? (length - 1) % info->block + 1 : 0;
	return length % info->block;
}

static void state_holds_the_tail(struct kunit *test)
{
	struct test_states *ctx = test_states(test);
	unsigned int length, tail, before;

	/* An HMAC has hashed a block of key before the message */
	before = ctx->hash->keyed && !ctx->info->format->holds_back ?
		 ctx->info->block : 0;
	for (length = 0; length <= 2 * ctx->info->block + 1; length++) {
		test_give(test, ctx, length);
		tail = test_tail(ctx->info, length);
		KUNIT_ASSERT_EQ(test, le64_to_cpu(ctx->record.bytes),
				ctx->info->format->counts_buffer ? tail :
							     length + before);
		KUNIT_ASSERT_MEMEQ(test, ctx->record.buffer,
				   ctx->message + length - tail, tail);
		KUNIT_ASSERT_TRUE(test,
				  mem_is_zero(ctx->record.buffer + tail,
					      sizeof(ctx->record.buffer) - tail));
		KUNIT_ASSERT_TRUE(test, mem_is_zero(ctx->record.reserved,
						    sizeof(ctx->record.reserved)));
	}
}

static void state_there_and_back(struct kunit *test)
{
	struct test_states *ctx = test_states(test);
	u8 digest[HASH_MAX_DIGESTSIZE];
	unsigned int length;

	KUNIT_ASSERT_EQ(test, 0, crypto_shash_digest(ctx->desc, ctx->message,
						     TEST_MESSAGE, ctx->digest));
	for (length = 0; length <= 2 * ctx->info->block + 1; length++) {
		test_give(test, ctx, length);
		memset(ctx->state, 0xa5, sizeof(ctx->state));
		pce_hash_state_take(ctx->info, ctx->state, &ctx->record);
		KUNIT_ASSERT_EQ(test, ctx->state[ctx->info->format->size], 0xa5);
		KUNIT_ASSERT_EQ(test, 0, crypto_shash_import(ctx->desc,
							     ctx->state));
		KUNIT_ASSERT_EQ(test, 0,
				crypto_shash_finup(ctx->desc,
						   ctx->message + length,
						   TEST_MESSAGE - length,
						   digest));
		KUNIT_ASSERT_MEMEQ_MSG(test, digest, ctx->digest,
				       ctx->info->digest, "cut after %u",
				       length);
	}
}

/* Whatever the device writes, the state is one that the software can take */
static void state_of_a_device_that_lies(struct kunit *test)
{
	static const u64 counts[] = { 0, 1, 143, 144, U32_MAX, U64_MAX };
	struct test_states *ctx = test_states(test);
	unsigned int i;

	memset(&ctx->record, 0xff, sizeof(ctx->record));
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		ctx->record.bytes = cpu_to_le64(counts[i]);
		memset(ctx->state, 0xa5, sizeof(ctx->state));
		pce_hash_state_take(ctx->info, ctx->state, &ctx->record);
		KUNIT_EXPECT_TRUE(test, pce_hash_state_fits(ctx->info,
							    ctx->state, 0));
		KUNIT_EXPECT_EQ(test, ctx->state[ctx->info->format->size], 0xa5);
	}
}

static void state_that_the_device_cannot_count(struct kunit *test)
{
	const struct pce_hash_info *info = pce_hash_info(PCE_ALG_SHA512);
	struct sha512_state state = { .count = { U64_MAX - 5 } };

	KUNIT_EXPECT_TRUE(test, pce_hash_state_fits(info, &state, 5));
	KUNIT_EXPECT_FALSE(test, pce_hash_state_fits(info, &state, 6));
	state.count[0] = 0;
	state.count[1] = 1;
	KUNIT_EXPECT_FALSE(test, pce_hash_state_fits(info, &state, 0));
}

static void state_that_cannot_be(struct kunit *test)
{
	const struct pce_hash_info *info = pce_hash_info(PCE_ALG_SHA3_256);
	struct sha3_state sha3 = {
		.rsiz = SHA3_256_BLOCK_SIZE,
		.rsizw = SHA3_256_BLOCK_SIZE / 8,
		.partial = SHA3_256_BLOCK_SIZE - 1,
	};
	unsigned int mac[9] = { AES_BLOCK_SIZE };

	KUNIT_EXPECT_TRUE(test, pce_hash_state_fits(info, &sha3, 1));
	sha3.partial++;
	KUNIT_EXPECT_FALSE(test, pce_hash_state_fits(info, &sha3, 1));
	sha3.partial = 0;
	sha3.rsiz = SHA3_512_BLOCK_SIZE;
	KUNIT_EXPECT_FALSE(test, pce_hash_state_fits(info, &sha3, 1));

	info = pce_hash_info(PCE_ALG_AES_CMAC);
	KUNIT_EXPECT_EQ(test, info->format->size, sizeof(mac));
	KUNIT_EXPECT_TRUE(test, pce_hash_state_fits(info, mac, 1));
	mac[0]++;
	KUNIT_EXPECT_FALSE(test, pce_hash_state_fits(info, mac, 1));
}

static void state_is_what_the_software_exports(struct kunit *test)
{
	struct test_states *ctx = test_states(test);
	struct crypto_shash *plain = NULL;

	if (ctx->hash->keyed && ctx->info->hash) {
		plain = crypto_alloc_shash(ctx->info->hash, 0, 0);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, plain);
		KUNIT_ASSERT_EQ(test, 0,
				kunit_add_action_or_reset(test, test_free_shash,
							  plain));
	}
	KUNIT_EXPECT_EQ(test, 1, pce_hash_state_prove(ctx->hash->id, ctx->tfm,
						      plain));
}

/*
 * A SHA-256 that exports its state in other layouts of the same size; the
 * tests of the crypto API have nothing against it, for it takes it back.
 */
enum test_layout {
	TEST_AS_IT_IS,
	TEST_HALVES_SWAPPED,	/* of the chaining value */
	TEST_BIG_ENDIAN,	/* its words */
	TEST_COUNTS_BITS,
	TEST_BUFFER_REVERSED,
	TEST_LAYOUTS
};

static enum test_layout test_layout;

/* Into the other layout; once more, and out of it */
static void test_turn(struct sha256_state *state, bool out)
{
	unsigned int i;

	switch (test_layout) {
	case TEST_HALVES_SWAPPED:
		for (i = 0; i < 4; i++)
			swap(state->state[i], state->state[i + 4]);
		break;
	case TEST_BIG_ENDIAN:
		for (i = 0; i < 8; i++)
			state->state[i] = swab32(state->state[i]);
		break;
	case TEST_COUNTS_BITS:
		state->count = out ? state->count << 3 : state->count >> 3;
		break;
	case TEST_BUFFER_REVERSED:
		for (i = 0; i < sizeof(state->buf) / 2; i++)
			swap(state->buf[i],
			     state->buf[sizeof(state->buf) - 1 - i]);
		break;
	default:
		break;
	}
}

static int test_other_init(struct shash_desc *desc)
{
	sha256_init(shash_desc_ctx(desc));
	return 0;
}

static int test_other_update(struct shash_desc *desc, const u8 *data,
			     unsigned int length)
{
	sha256_update(shash_desc_ctx(desc), data, length);
	return 0;
}

static int test_other_final(struct shash_desc *desc, u8 *out)
{
	sha256_final(shash_desc_ctx(desc), out);
	return 0;
}

static int test_other_export(struct shash_desc *desc, void *out)
{
	memcpy(out, shash_desc_ctx(desc), sizeof(struct sha256_state));
	test_turn(out, true);
	return 0;
}

static int test_other_import(struct shash_desc *desc, const void *in)
{
	memcpy(shash_desc_ctx(desc), in, sizeof(struct sha256_state));
	test_turn(shash_desc_ctx(desc), false);
	return 0;
}

static struct shash_alg test_other_alg = {
	.digestsize = SHA256_DIGEST_SIZE,
	.init = test_other_init,
	.update = test_other_update,
	.final = test_other_final,
	.export = test_other_export,
	.import = test_other_import,
	.descsize = sizeof(struct sha256_state),
	.statesize = sizeof(struct sha256_state),
	.base.cra_name = "pce-test-sha256",
	.base.cra_driver_name = "pce-test-sha256-other",
	.base.cra_blocksize = SHA256_BLOCK_SIZE,
	.base.cra_module = THIS_MODULE,
};

static void test_unregister_other(void *unused)
{
	crypto_unregister_shash(&test_other_alg);
}

static void state_of_another_layout(struct kunit *test)
{
	struct crypto_shash *tfm;

	KUNIT_ASSERT_EQ(test, 0, crypto_register_shash(&test_other_alg));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   test_unregister_other,
							   NULL));
	tfm = crypto_alloc_shash("pce-test-sha256", 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tfm);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, test_free_shash,
							   tfm));
	for (test_layout = 0; test_layout < TEST_LAYOUTS; test_layout++)
		KUNIT_EXPECT_EQ_MSG(test, test_layout == TEST_AS_IT_IS,
				    pce_hash_state_prove(PCE_ALG_SHA256, tfm,
							 NULL),
				    "layout %u", test_layout);
	test_layout = TEST_AS_IT_IS;
	/* Nor is it another hash's */
	KUNIT_EXPECT_EQ(test, 0, pce_hash_state_prove(PCE_ALG_SHA512, tfm,
						      NULL));
}

static struct kunit_case pce_hash_state_cases[] = {
	KUNIT_CASE_PARAM(state_of_a_padded_message_is_the_digest, test_plain),
	KUNIT_CASE_PARAM(state_of_a_mac_is_the_last_block, test_macs),
	KUNIT_CASE_PARAM(state_holds_the_tail, test_all),
	KUNIT_CASE_PARAM(state_there_and_back, test_all),
	KUNIT_CASE_PARAM(state_of_a_device_that_lies, test_all),
	KUNIT_CASE_PARAM(state_is_what_the_software_exports, test_all),
	KUNIT_CASE(state_of_another_layout),
	KUNIT_CASE(state_that_the_device_cannot_count),
	KUNIT_CASE(state_that_cannot_be),
	{}
};

static struct kunit_suite pce_hash_state_suite = {
	.name = "pce_hash_state",
	.test_cases = pce_hash_state_cases,
};

kunit_test_suites(&pce_hash_state_suite);
