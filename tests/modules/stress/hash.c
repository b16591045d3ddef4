// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of hashes: whole messages, and messages in parts.
 *
 * A message in parts goes on from request to request of its slot. In between
 * its state stays in the request, or is exported and imported again; on the way
 * software may get it, hash a part, and hand it back. Some messages are never
 * brought to an end.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "stress.h"

/* Bytes that software hashes while it has a message */
#define STRESS_MOVED_PART	300

/* Longest key: HMAC hashes what is longer than a block */
#define STRESS_HASH_KEY		200

static int hash_alloc(struct stress_transform *transform, const char *driver)
{
	struct crypto_ahash *tested;
	struct crypto_shash *reference;
	const char *name;

	tested = crypto_alloc_ahash(driver, 0, 0);
	if (IS_ERR(tested))
		return PTR_ERR(tested);
	transform->tested.ahash = tested;
	name = crypto_tfm_alg_name(crypto_ahash_tfm(tested));
	reference = crypto_alloc_shash(name, 0, 0);
	if (IS_ERR(reference))
		return PTR_ERR(reference);
	transform->reference.shash = reference;
	if (crypto_ahash_statesize(tested) != crypto_shash_statesize(reference) ||
	    crypto_ahash_digestsize(tested) != crypto_shash_digestsize(reference)) {
		stress_fail(STRESS_WRONG,
			    "%s: state of %u bytes instead of %u, digest of %u instead of %u",
			    driver, crypto_ahash_statesize(tested),
			    crypto_shash_statesize(reference),
			    crypto_ahash_digestsize(tested),
			    crypto_shash_digestsize(reference));
		return -EINVAL;
	}
	if (crypto_shash_statesize(reference) > STRESS_STATE_SIZE)
		return -EINVAL;
	transform->context_size = crypto_ahash_reqsize(tested);
	/* One that goes along with the message, one for what software does. */
	transform->reference_size = 2 * ALIGN(sizeof(struct shash_desc) +
					      crypto_shash_descsize(reference),
					      CRYPTO_MINALIGN);
	return 0;
}

static void hash_free(struct stress_transform *transform)
{
	crypto_free_ahash(transform->tested.ahash);
	crypto_free_shash(transform->reference.shash);
}

/* The software that goes along: it hashes what the driver is given. */
static struct shash_desc *companion(const struct stress_slot *slot)
{
	struct shash_desc *desc = slot->reference;

	desc->tfm = slot->transform->reference.shash;
	return desc;
}

/* The software that has the message in between. */
static struct shash_desc *substitute(const struct stress_slot *slot)
{
	struct shash_desc *desc = slot->reference +
				  slot->transform->reference_size / 2;

	desc->tfm = slot->transform->reference.shash;
	return desc;
}

static unsigned int random_key_length(struct crypto_shash *shash,
				      struct rnd_state *rnd)
{
	/* HMAC takes every key, what is made of AES does not. */
	if (crypto_shash_blocksize(shash) != AES_BLOCK_SIZE)
		return stress_below(rnd, STRESS_HASH_KEY + 1);
	return stress_key_length(rnd);
}

static int hash_setkey(struct stress_transform *transform, struct rnd_state *rnd)
{
	struct crypto_shash *reference = transform->reference.shash;
	u8 key[STRESS_HASH_KEY];
	unsigned int size;
	int err, expected;

	if (!strchr(crypto_tfm_alg_name(crypto_shash_tfm(reference)), '('))
		return 0;
	do {
		size = random_key_length(reference, rnd);
		prandom_bytes_state(rnd, key, size);
		err = crypto_ahash_setkey(transform->tested.ahash, key, size);
		expected = crypto_shash_setkey(reference, key, size);
		if (err != expected)
			stress_fail(STRESS_WRONG,
				    "%s: key of %u bytes: %d instead of %d",
				    transform->driver, size, err, expected);
	} while (err && err == expected);
	return err;
}

/* What has no other result than success. */
static void expect_success(struct stress_slot *slot, int result, const char *what)
{
	if (result)
		stress_slot_fail(slot, STRESS_WRONG, what, result);
}

/* Software goes on with the state, or begins, and leaves it to the driver. */
static void move_to_software(struct stress_slot *slot, bool first)
{
	struct shash_desc *desc = substitute(slot);
	u8 *state = slot->message.state;
	u8 *part = slot->text;
	unsigned int size = stress_below(&slot->rnd, STRESS_MOVED_PART + 1);

	prandom_bytes_state(&slot->rnd, part, size);
	expect_success(slot, crypto_shash_update(companion(slot), part, size),
		       "companion failed");
	expect_success(slot, first ? crypto_shash_init(desc) :
				     crypto_shash_import(desc, state),
		       "software does not take the state");
	expect_success(slot, crypto_shash_update(desc, part, size),
		       "software failed");
	expect_success(slot, crypto_shash_export(desc, state),
		       "software does not give the state");
	slot->message.in_request = false;
	stress_count(STRESS_MOVED);
}

/* Get the message's state into the request. */
static void open_message(struct stress_slot *slot)
{
	struct stress_message *message = &slot->message;
	bool first = !message->open;
	bool move;

	if (first) {
		stress_count(STRESS_MESSAGES);
		expect_success(slot, crypto_shash_init(companion(slot)),
			       "companion failed");
	}
	/* What is in the request was not exported. */
	move = !message->in_request && stress_percent(&slot->rnd, 30);
	if (move)
		move_to_software(slot, first);
	if (message->in_request)
		return;
	if (first && !move)
		expect_success(slot, crypto_ahash_init(slot->request),
			       "init failed");
	else
		expect_success(slot, crypto_ahash_import(slot->request,
							 message->state),
			       "import failed");
	message->in_request = true;
	message->open = true;
}

static void abandon_message(struct stress_slot *slot)
{
	stress_count(STRESS_ABANDONED);
	slot->message.open = false;
	slot->message.in_request = false;
}

static void set_request(struct stress_slot *slot, crypto_completion_t callback)
{
	struct ahash_request *req = slot->request;

	ahash_request_set_tfm(req, slot->transform->tested.ahash);
	ahash_request_set_callback(req, slot->flags, callback, slot);
}

static void hash_prepare(struct stress_slot *slot)
{
	struct stress_message *message = &slot->message;
	struct rnd_state *rnd = &slot->rnd;
	struct shash_desc *desc;

	slot->in_place = true;
	slot->same_list = true;
	slot->decrypt = false;
	slot->what = "part";
	slot->aad_length = 0;
	slot->length = stress_percent(rnd, 10) ? 0 : stress_random_length(rnd);
	slot->expected = 0;
	/* A part that was refused is missing; or just so. */
	if (message->open && (message->pending || stress_percent(rnd, 5)))
		abandon_message(slot);
	message->pending = true;

	message->whole = !message->open && stress_percent(rnd, 30);
	message->last = message->whole || stress_percent(rnd, 40);
	if (message->whole) {
		slot->what = "digest";
		expect_success(slot, crypto_shash_init(companion(slot)),
			       "companion failed");
	} else {
		set_request(slot, NULL);
		open_message(slot);
	}
	/* final() takes no text */
	if (message->last && !message->whole) {
		slot->what = "finup";
		if (stress_percent(rnd, 40)) {
			slot->what = "final";
			slot->length = 0;
		}
	}
	stress_area_shape(&slot->areas[0], rnd, slot->length, 0);
	stress_area_read(&slot->areas[0], slot->text, slot->length);
	desc = companion(slot);
	expect_success(slot, crypto_shash_update(desc, slot->text, slot->length),
		       "companion failed");
	prandom_bytes_state(rnd, message->digest, sizeof(message->digest));
	memcpy(message->expected_digest, message->digest,
	       sizeof(message->digest));
	if (message->last)
		expect_success(slot, crypto_shash_final(desc,
							message->expected_digest),
			       "companion failed");
}

static void hash_begin(struct stress_slot *slot, crypto_completion_t callback)
{
	set_request(slot, callback);
	ahash_request_set_crypt(slot->request, stress_source(slot),
				slot->message.digest, slot->length);
}

static int hash_submit(struct stress_slot *slot)
{
	const struct stress_message *message = &slot->message;

	if (message->whole)
		return crypto_ahash_digest(slot->request);
	if (!message->last)
		return crypto_ahash_update(slot->request);
	if (!strcmp(slot->what, "final"))
		return crypto_ahash_final(slot->request);
	return crypto_ahash_finup(slot->request);
}

static bool hash_unchanged(const struct stress_slot *slot)
{
	const struct ahash_request *req = slot->request;

	return req->src == stress_source(slot) &&
	       req->nbytes == slot->length &&
	       req->result == slot->message.digest &&
	       req->base.tfm == crypto_ahash_tfm(slot->transform->tested.ahash);
}

/* The digest, which is not touched by a part; and the end of the message. */
static void hash_check(struct stress_slot *slot, int result)
{
	struct stress_message *message = &slot->message;
	unsigned int where;

	message->pending = false;
	if (!stress_area_check(&slot->areas[0], &where))
		stress_slot_fail(slot, STRESS_WRONG, "source changed at", where);
	if (memcmp(message->digest, message->expected_digest,
		   sizeof(message->digest)))
		stress_slot_fail(slot, STRESS_WRONG, message->last ?
				 "wrong digest" : "digest before the end", 0);
	if (message->last) {
		message->open = false;
		message->in_request = false;
	} else if (stress_percent(&slot->rnd, 60)) {
		expect_success(slot, crypto_ahash_export(slot->request,
							 message->state),
			       "export failed");
		message->in_request = false;
	}
}

static struct crypto_async_request *hash_base(const struct stress_slot *slot)
{
	struct ahash_request *req = slot->request;

	return &req->base;
}

const struct stress_kind stress_hash = {
	.has = crypto_has_ahash,
	.request_size = sizeof(struct ahash_request),
	.alloc = hash_alloc,
	.free = hash_free,
	.setkey = hash_setkey,
	.prepare = hash_prepare,
	.begin = hash_begin,
	.submit = hash_submit,
	.unchanged = hash_unchanged,
	.check = hash_check,
	.base = hash_base,
};
