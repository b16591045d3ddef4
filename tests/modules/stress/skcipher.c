// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of ciphers: any length, any IV, right or not for the mode.
 */
#include <linux/string.h>

#include "stress.h"

static int skcipher_alloc(struct stress_transform *transform, const char *driver)
{
	struct crypto_skcipher *tested, *reference;
	const char *name;

	tested = crypto_alloc_skcipher(driver, 0, 0);
	if (IS_ERR(tested))
		return PTR_ERR(tested);
	transform->tested.skcipher = tested;
	name = crypto_tfm_alg_name(crypto_skcipher_tfm(tested));
	reference = crypto_alloc_skcipher(name, 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(reference))
		return PTR_ERR(reference);
	transform->reference.skcipher = reference;
	if (crypto_skcipher_ivsize(reference) > STRESS_IV_SIZE)
		return -EINVAL;
	transform->context_size = crypto_skcipher_reqsize(tested);
	transform->reference_size = sizeof(struct skcipher_request) +
				    crypto_skcipher_reqsize(reference);
	transform->iv_out = strstarts(name, "cbc(") || strstarts(name, "ctr(");
	return 0;
}

static void skcipher_free(struct stress_transform *transform)
{
	crypto_free_skcipher(transform->tested.skcipher);
	crypto_free_skcipher(transform->reference.skcipher);
}

static int skcipher_setkey(struct stress_transform *transform,
			   struct rnd_state *rnd)
{
	unsigned int size;
	int err, expected;
	u8 key[128];

	do {
		size = stress_key_length(rnd);
		prandom_bytes_state(rnd, key, size);
		err = crypto_skcipher_setkey(transform->tested.skcipher, key,
					     size);
		expected = crypto_skcipher_setkey(transform->reference.skcipher,
						  key, size);
		if (err != expected)
			stress_fail(STRESS_WRONG,
				    "%s: key of %u bytes: %d instead of %d",
				    transform->driver, size, err, expected);
	} while (err && err == expected);
	return err;
}

/* What has to come out, by the reference. */
static void compute_expected(struct stress_slot *slot)
{
	struct skcipher_request *req = slot->reference;
	struct scatterlist sg;

	stress_area_read(&slot->areas[0], slot->text, slot->length);
	sg_init_one(&sg, slot->text, max(slot->length, 1U));
	skcipher_request_set_tfm(req, slot->transform->reference.skcipher);
	skcipher_request_set_callback(req, 0, NULL, NULL);
	skcipher_request_set_crypt(req, &sg, &sg, slot->length,
				   slot->expected_iv);
	slot->expected = slot->decrypt ? crypto_skcipher_decrypt(req) :
					 crypto_skcipher_encrypt(req);
	if (!slot->expected)
		stress_area_expect(stress_output(slot), 0, slot->text,
				   slot->length);
}

static void skcipher_prepare(struct stress_slot *slot)
{
	struct rnd_state *rnd = &slot->rnd;

	slot->decrypt = stress_percent(rnd, 50);
	slot->what = slot->decrypt ? "decrypt" : "encrypt";
	slot->aad_length = 0;
	slot->length = stress_random_length(rnd);
	stress_area_shape(&slot->areas[0], rnd, slot->length, 0);
	if (!slot->in_place)
		stress_area_shape(&slot->areas[1], rnd, slot->length, 0);
	else if (!slot->same_list)
		stress_area_twin(&slot->areas[0], slot->twin);
	stress_random_iv(slot);
	compute_expected(slot);
}

static void skcipher_begin(struct stress_slot *slot, crypto_completion_t callback)
{
	struct skcipher_request *req = slot->request;

	skcipher_request_set_tfm(req, slot->transform->tested.skcipher);
	skcipher_request_set_callback(req, slot->flags, callback, slot);
	skcipher_request_set_crypt(req, stress_source(slot),
				   stress_destination(slot), slot->length,
				   slot->iv + slot->iv_offset);
}

static int skcipher_submit(struct stress_slot *slot)
{
	return slot->decrypt ? crypto_skcipher_decrypt(slot->request) :
			       crypto_skcipher_encrypt(slot->request);
}

static bool skcipher_unchanged(const struct stress_slot *slot)
{
	const struct skcipher_request *req = slot->request;

	return req->src == stress_source(slot) &&
	       req->dst == stress_destination(slot) &&
	       req->cryptlen == slot->length &&
	       req->iv == slot->iv + slot->iv_offset &&
	       req->base.tfm ==
	       crypto_skcipher_tfm(slot->transform->tested.skcipher);
}

/* Data and IV. After an error nobody says what the output holds. */
static void skcipher_check(struct stress_slot *slot, int result)
{
	unsigned int where;

	if (result)
		return;
	if (!stress_area_check(stress_output(slot), &where))
		stress_slot_fail(slot, STRESS_WRONG, "wrong data at", where);
	if (slot->transform->iv_out &&
	    memcmp(slot->iv + slot->iv_offset, slot->expected_iv,
		   crypto_skcipher_ivsize(slot->transform->tested.skcipher)))
		stress_slot_fail(slot, STRESS_WRONG, "wrong IV", 0);
}

static struct crypto_async_request *skcipher_base(const struct stress_slot *slot)
{
	struct skcipher_request *req = slot->request;

	return &req->base;
}

const struct stress_kind stress_skcipher = {
	.has = crypto_has_skcipher,
	.request_size = sizeof(struct skcipher_request),
	.alloc = skcipher_alloc,
	.free = skcipher_free,
	.setkey = skcipher_setkey,
	.prepare = skcipher_prepare,
	.begin = skcipher_begin,
	.submit = skcipher_submit,
	.unchanged = skcipher_unchanged,
	.check = skcipher_check,
	.base = skcipher_base,
};
