// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of authenticated ciphers: associated data and text of any length,
 * every length of tag, forged messages. The tag is in an entry of its own about
 * half of the time.
 *
 * The associated data in the destination are a copy of the source's, or are
 * left alone, see include/crypto/aead.h.
 */
#include <crypto/authenc.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>

#include "stress.h"

/* Longer keys are hashed by HMAC */
#define STRESS_MAX_AUTH_KEY	200

static int aead_alloc(struct stress_transform *transform, const char *driver)
{
	struct crypto_aead *tested, *reference;
	const char *name;

	tested = crypto_alloc_aead(driver, 0, 0);
	if (IS_ERR(tested))
		return PTR_ERR(tested);
	transform->tested.aead = tested;
	name = crypto_tfm_alg_name(crypto_aead_tfm(tested));
	reference = crypto_alloc_aead(name, 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(reference))
		return PTR_ERR(reference);
	transform->reference.aead = reference;
	if (crypto_aead_ivsize(reference) > STRESS_IV_SIZE ||
	    crypto_aead_maxauthsize(reference) > STRESS_MAX_TAG)
		return -EINVAL;
	transform->context_size = crypto_aead_reqsize(tested);
	transform->reference_size = sizeof(struct aead_request) +
				    crypto_aead_reqsize(reference);
	transform->iv_in_aad = strstarts(name, "essiv(");
	transform->tag_lost = strstarts(name, "authencesn(");
	return 0;
}

static void aead_free(struct stress_transform *transform)
{
	crypto_free_aead(transform->tested.aead);
	crypto_free_aead(transform->reference.aead);
}

/* Two keys behind a header that says how long the second one is. */
static unsigned int authenc_key(struct rnd_state *rnd, u8 *key)
{
	unsigned int auth = stress_below(rnd, STRESS_MAX_AUTH_KEY + 1);
	unsigned int cipher = stress_key_length(rnd);
	struct crypto_authenc_key_param *param;
	struct rtattr *header = (struct rtattr *)key;

	header->rta_type = CRYPTO_AUTHENC_KEYA_PARAM;
	header->rta_len = RTA_LENGTH(sizeof(*param));
	param = RTA_DATA(header);
	param->enckeylen = cpu_to_be32(cipher);
	prandom_bytes_state(rnd, key + RTA_SPACE(sizeof(*param)), auth + cipher);
	return RTA_SPACE(sizeof(*param)) + auth + cipher;
}

static unsigned int random_key(const struct stress_transform *transform,
			       struct rnd_state *rnd, u8 *key)
{
	struct crypto_tfm *tfm = crypto_aead_tfm(transform->reference.aead);
	unsigned int size;

	if (strstr(crypto_tfm_alg_name(tfm), "authenc"))
		return authenc_key(rnd, key);
	size = stress_key_length(rnd);
	prandom_bytes_state(rnd, key, size);
	return size;
}

static int set_tag_length(struct stress_transform *transform,
			  struct rnd_state *rnd)
{
	unsigned int max = crypto_aead_maxauthsize(transform->reference.aead);
	unsigned int size;
	int err, expected;

	do {
		size = stress_percent(rnd, 40) ? max : stress_below(rnd, max + 2);
		err = crypto_aead_setauthsize(transform->tested.aead, size);
		expected = crypto_aead_setauthsize(transform->reference.aead,
						   size);
		if (err != expected)
			stress_fail(STRESS_WRONG,
				    "%s: tag of %u bytes: %d instead of %d",
				    transform->driver, size, err, expected);
	} while (err && err == expected);
	return err;
}

static int aead_setkey(struct stress_transform *transform, struct rnd_state *rnd)
{
	u8 key[STRESS_MAX_AUTH_KEY + 128] __aligned(RTA_ALIGNTO);
	unsigned int size;
	int err, expected;

	do {
		size = random_key(transform, rnd, key);
		err = crypto_aead_setkey(transform->tested.aead, key, size);
		expected = crypto_aead_setkey(transform->reference.aead, key,
					      size);
		if (err != expected)
			stress_fail(STRESS_WRONG,
				    "%s: key of %u bytes: %d instead of %d",
				    transform->driver, size, err, expected);
	} while (err && err == expected);
	return err ?: set_tag_length(transform, rnd);
}

/* Often a length that IPsec has, or dm-crypt; often none, or more than text. */
static unsigned int random_aad_length(struct rnd_state *rnd)
{
	switch (stress_below(rnd, 8)) {
	case 0:
		return 0;
	case 1:
		return stress_below(rnd, 40);
	case 2:
		return stress_below(rnd, STRESS_MAX_AAD + 1);
	default:
		return 8 + 4 * stress_below(rnd, 5);
	}
}

/*
 * The reference works in place on slot->text: associated data, text and tag.
 * Its request stays valid until the next one.
 */
static int run_reference(struct stress_slot *slot, bool decrypt,
			 unsigned int length)
{
	unsigned int tag = crypto_aead_authsize(slot->transform->reference.aead);
	struct aead_request *req = slot->reference;
	u8 iv[STRESS_IV_SIZE];
	struct scatterlist sg;

	memcpy(iv, slot->iv + slot->iv_offset, sizeof(iv));
	sg_init_one(&sg, slot->text,
		    max(slot->aad_length + length + (decrypt ? 0 : tag), 1U));
	aead_request_set_tfm(req, slot->transform->reference.aead);
	aead_request_set_callback(req, 0, NULL, NULL);
	aead_request_set_ad(req, slot->aad_length);
	aead_request_set_crypt(req, &sg, &sg, length, iv);
	return decrypt ? crypto_aead_decrypt(req) : crypto_aead_encrypt(req);
}

/*
 * Somebody has changed a bit on the way, or the IV. Where the IV is in the
 * associated data too, software is of two minds which of them counts.
 */
static void forge(struct stress_slot *slot)
{
	unsigned int first = slot->transform->iv_in_aad ? slot->aad_length : 0;
	unsigned int size = slot->aad_length + slot->length - first;
	unsigned int bit;

	if (!first && (!size || stress_percent(&slot->rnd, 10))) {
		bit = stress_below(&slot->rnd, 8 * STRESS_IV_SIZE);
		slot->iv[slot->iv_offset + bit / 8] ^= BIT(bit % 8);
	} else if (size) {
		bit = 8 * first + stress_below(&slot->rnd, 8 * size);
		slot->text[bit / 8] ^= BIT(bit % 8);
	}
}

/*
 * Input of a decryption: what the reference encrypts, now and then changed.
 * Where it encrypts nothing, for it is no right request, anything will do.
 */
static void make_ciphertext(struct stress_slot *slot, unsigned int text)
{
	struct rnd_state *rnd = &slot->rnd;
	unsigned int tag = crypto_aead_authsize(slot->transform->reference.aead);

	prandom_bytes_state(rnd, slot->text, slot->aad_length + text + tag);
	run_reference(slot, false, text);
	slot->length = text + tag;
	if (stress_percent(rnd, 3))
		slot->length = stress_below(rnd, slot->length + 1);
	if (stress_percent(rnd, 25))
		forge(slot);
	stress_area_write(&slot->areas[0], slot->text,
			  slot->aad_length + slot->length);
}

static void aead_prepare(struct stress_slot *slot)
{
	unsigned int tag = crypto_aead_authsize(slot->transform->reference.aead);
	struct rnd_state *rnd = &slot->rnd;
	unsigned int text, size, boundary;

	slot->decrypt = stress_percent(rnd, 50);
	slot->what = slot->decrypt ? "decrypt" : "encrypt";
	slot->aad_length = random_aad_length(rnd);
	text = stress_percent(rnd, 10) ? 0 : stress_random_length(rnd);
	slot->length = text;
	size = slot->aad_length + text + tag;
	boundary = stress_percent(rnd, 50) ? slot->aad_length + text : 0;
	stress_random_iv(slot);
	/* The size of CCM's length field: right ones more often than not. */
	if (stress_percent(rnd, 80))
		slot->iv[slot->iv_offset] %= 8;

	stress_area_shape(&slot->areas[0], rnd, size, boundary);
	if (slot->decrypt)
		make_ciphertext(slot, text);
	if (!slot->in_place)
		stress_area_shape(&slot->areas[1], rnd, size, boundary);
	else if (!slot->same_list)
		stress_area_twin(&slot->areas[0], slot->twin);

	stress_area_read(&slot->areas[0], slot->text,
			 slot->aad_length + slot->length);
	slot->expected = run_reference(slot, slot->decrypt, slot->length);
	slot->text_length = slot->decrypt ? max(slot->length, tag) - tag :
					    slot->length + tag;
}

static void aead_begin(struct stress_slot *slot, crypto_completion_t callback)
{
	struct aead_request *req = slot->request;

	memcpy(slot->expected_iv, slot->iv + slot->iv_offset, STRESS_IV_SIZE);
	aead_request_set_tfm(req, slot->transform->tested.aead);
	aead_request_set_callback(req, slot->flags, callback, slot);
	aead_request_set_ad(req, slot->aad_length);
	aead_request_set_crypt(req, stress_source(slot), stress_destination(slot),
			       slot->length, slot->iv + slot->iv_offset);
}

static int aead_submit(struct stress_slot *slot)
{
	return slot->decrypt ? crypto_aead_decrypt(slot->request) :
			       crypto_aead_encrypt(slot->request);
}

static bool aead_unchanged(const struct stress_slot *slot)
{
	const struct aead_request *req = slot->request;

	return req->src == stress_source(slot) &&
	       req->dst == stress_destination(slot) &&
	       req->cryptlen == slot->length &&
	       req->assoclen == slot->aad_length &&
	       req->iv == slot->iv + slot->iv_offset &&
	       req->base.tfm == crypto_aead_tfm(slot->transform->tested.aead);
}

/* The text has to be right, and the associated data as they were or copied. */
static void check_output(struct stress_slot *slot)
{
	struct stress_area *out = stress_output(slot);
	u8 left[STRESS_MAX_AAD];
	unsigned int where;

	if (slot->transform->tag_lost && slot->decrypt && slot->in_place)
		stress_area_accept(out, slot->aad_length + slot->text_length,
				   slot->length - slot->text_length);
	stress_area_read(out, left, slot->aad_length);
	stress_area_expect(out, 0, slot->text,
			   slot->aad_length + slot->text_length);
	if (stress_area_check(out, &where)) {
		stress_count(STRESS_AAD_COPIED);
		return;
	}
	/* The template of software does it by halves where it is not in place. */
	if (slot->transform->iv_in_aad && !slot->in_place &&
	    slot->aad_length >= AES_BLOCK_SIZE)
		stress_area_expect(out, 0, left, slot->aad_length -
						 AES_BLOCK_SIZE);
	else
		stress_area_expect(out, 0, left, slot->aad_length);
	if (stress_area_check(out, &where))
		stress_count(STRESS_AAD_LEFT);
	else
		stress_slot_fail(slot, STRESS_WRONG, "wrong data at", where);
}

/* The caller's vector, of which nobody but our driver says what becomes of it */
static void check_iv(struct stress_slot *slot)
{
	if (stress_config.keeps_iv &&
	    memcmp(slot->iv + slot->iv_offset, slot->expected_iv,
		   crypto_aead_ivsize(slot->transform->tested.aead)))
		stress_slot_fail(slot, STRESS_WRONG, "the IV has changed", 0);
}

/*
 * Of a forged message the device publishes nothing. Software may: it checks the
 * tag last. After other errors nobody says what the output holds.
 */
static void aead_check(struct stress_slot *slot, int result)
{
	unsigned int where;

	check_iv(slot);
	if (!result)
		check_output(slot);
	else if (result == -EBADMSG && slot->submit_result &&
		 !stress_area_check(stress_output(slot), &where))
		stress_count(STRESS_PUBLISHED);
}

static struct crypto_async_request *aead_base(const struct stress_slot *slot)
{
	struct aead_request *req = slot->request;

	return &req->base;
}

const struct stress_kind stress_aead = {
	.has = crypto_has_aead,
	.request_size = sizeof(struct aead_request),
	.alloc = aead_alloc,
	.free = aead_free,
	.setkey = aead_setkey,
	.prepare = aead_prepare,
	.begin = aead_begin,
	.submit = aead_submit,
	.unchanged = aead_unchanged,
	.check = aead_check,
	.base = aead_base,
};
