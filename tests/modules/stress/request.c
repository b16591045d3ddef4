// SPDX-License-Identifier: GPL-2.0-only
/*
 * One request: what it is, what its result has to be, and the contract between
 * the crypto API and an asynchronous driver:
 *
 * - A result on return is the result, and there is no callback.
 * - -EINPROGRESS: exactly one callback brings the result.
 * - -EBUSY: only with CRYPTO_TFM_REQ_MAY_BACKLOG, the request is queued; exactly
 *   one callback with -EINPROGRESS and then exactly one with the result.
 * - -ENOSPC: only without that flag; nothing is retained, no callback comes.
 * - Callbacks come with bottom halves disabled and interrupts enabled, never in
 *   hard interrupts. They may come before the submission has returned.
 * - The driver does not change what the caller set in the request.
 */
#include <linux/bottom_half.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "stress.h"

/* struct stress_slot.state: no bit is set while there is no request */
#define SLOT_ACTIVE		BIT(0)	/* the driver may have the request */
#define SLOT_RETURNED		BIT(1)	/* the submission returned */
#define SLOT_NOTIFIED		BIT(2)	/* the callback said -EINPROGRESS */
#define SLOT_COMPLETED		BIT(3)	/* the callback brought the result */

#define POISON			0x6b

static const char *slot_driver(const struct stress_slot *slot)
{
	struct crypto_skcipher *tfm = slot->transform->tested;

	return crypto_tfm_alg_driver_name(crypto_skcipher_tfm(tfm));
}

static void slot_fail(const struct stress_slot *slot, enum stress_counter counter,
		      const char *what, int value)
{
	stress_fail(counter,
		    "stream %u slot %td: %s %s, %u bytes, %u -> %u entries%s, flags %#x: %s (%d)",
		    slot->stream->number, slot - slot->stream->slots,
		    slot_driver(slot), slot->decrypt ? "decrypt" : "encrypt",
		    slot->length, slot->areas[0].count,
		    slot->areas[!slot->in_place].count,
		    slot->in_place ? " in place" : "", slot->flags, what, value);
}

static struct scatterlist *slot_source(const struct stress_slot *slot)
{
	return slot->areas[0].sg;
}

static struct scatterlist *slot_destination(const struct stress_slot *slot)
{
	if (!slot->in_place)
		return slot->areas[1].sg;
	return slot->same_list ? slot->areas[0].sg : slot->twin;
}

/* Data and IV against those of the reference. */
static void check_result(struct stress_slot *slot, int result)
{
	struct crypto_skcipher *tfm = slot->transform->tested;
	unsigned int where;

	stress_count(STRESS_REQUESTS);
	if (result != slot->expected) {
		slot_fail(slot, STRESS_WRONG, "wrong status", result);
		return;
	}
	if (!slot->in_place && !stress_area_check(&slot->areas[0], &where))
		slot_fail(slot, STRESS_WRONG, "source changed at", where);
	if (result) {
		/* Nobody says what the output holds. */
		stress_count(STRESS_REJECTED);
		return;
	}
	if (!stress_area_check(&slot->areas[!slot->in_place], &where))
		slot_fail(slot, STRESS_WRONG, "wrong data at", where);
	if (slot->transform->iv_out &&
	    memcmp(slot->iv + slot->iv_offset, slot->expected_iv,
		   crypto_skcipher_ivsize(tfm)))
		slot_fail(slot, STRESS_WRONG, "wrong IV", 0);
}

/* What the caller set in the request is still there. */
static void check_request(const struct stress_slot *slot)
{
	struct skcipher_request *req = slot->request;

	if (req->src != slot_source(slot) || req->dst != slot_destination(slot) ||
	    req->cryptlen != slot->length ||
	    req->iv != slot->iv + slot->iv_offset)
		slot_fail(slot, STRESS_VIOLATIONS, "request changed", 0);
	if (req->base.flags != slot->flags || req->base.data != slot ||
	    crypto_skcipher_reqtfm(req) != slot->transform->tested)
		slot_fail(slot, STRESS_VIOLATIONS, "request's base changed", 0);
}

static void check_context(const struct stress_slot *slot)
{
	if (in_hardirq())
		slot_fail(slot, STRESS_VIOLATIONS, "callback in hard interrupt", 0);
	else if (!in_softirq())
		slot_fail(slot, STRESS_VIOLATIONS,
			  "callback with bottom halves enabled", 0);
	if (irqs_disabled())
		slot_fail(slot, STRESS_VIOLATIONS,
			  "callback with interrupts disabled", 0);
}

/*
 * The request is over: the driver has no business with it any more, and finds
 * nothing if it looks all the same.
 */
static void finish(struct stress_slot *slot, int result)
{
	check_request(slot);
	check_result(slot, result);
	memset(slot->request, POISON, sizeof(*slot->request) +
	       crypto_skcipher_reqsize(slot->transform->tested));
}

static void finish_asynchronous(struct stress_slot *slot)
{
	bool notified = atomic_xchg(&slot->state, 0) & SLOT_NOTIFIED;

	if (notified && slot->submit_result != -EBUSY)
		slot_fail(slot, STRESS_VIOLATIONS,
			  "notification of a request that was not backlogged",
			  slot->submit_result);
	if (!notified && slot->submit_result == -EBUSY)
		slot_fail(slot, STRESS_VIOLATIONS,
			  "result of a backlogged request without notification", 0);
	finish(slot, slot->result);
}

static void slot_callback(void *data, int result)
{
	struct stress_slot *slot = data;
	int bit = result == -EINPROGRESS ? SLOT_NOTIFIED : SLOT_COMPLETED;
	int before;

	stress_count(result == -EINPROGRESS ? STRESS_NOTIFICATIONS :
		     STRESS_CALLBACKS);
	check_context(slot);

	before = atomic_read(&slot->state);
	if (!(before & SLOT_ACTIVE) || before & (bit | SLOT_COMPLETED)) {
		slot_fail(slot, STRESS_VIOLATIONS,
			  before & SLOT_ACTIVE ? "callback too many" :
			  "callback without request", result);
		return;
	}
	check_request(slot);

	if (bit == SLOT_COMPLETED)
		slot->result = result;
	before = atomic_fetch_or(bit, &slot->state);
	if (bit == SLOT_COMPLETED && before & SLOT_RETURNED) {
		finish_asynchronous(slot);
		stress_stream_completed(slot);
	}
}

/* The driver has said that it is done with the request, or never had it. */
static void check_not_called(struct stress_slot *slot, int result)
{
	if (atomic_xchg(&slot->state, 0) != SLOT_ACTIVE)
		slot_fail(slot, STRESS_VIOLATIONS,
			  "callback and a result on return", result);
}

static void fill_request(struct stress_slot *slot)
{
	struct skcipher_request *req = slot->request;

	skcipher_request_set_tfm(req, slot->transform->tested);
	skcipher_request_set_callback(req, slot->flags, slot_callback, slot);
	skcipher_request_set_crypt(req, slot_source(slot),
				   slot_destination(slot), slot->length,
				   slot->iv + slot->iv_offset);
}

/**
 * stress_slot_submit() - give the prepared request to the driver
 * @slot: the slot
 *
 * Return: %STRESS_PENDING: stress_stream_completed() will be called or was
 * called; %STRESS_DONE: the request is over; %STRESS_FULL: it was refused and
 * can be submitted again or prepared anew.
 */
enum stress_outcome stress_slot_submit(struct stress_slot *slot)
{
	int result;

	fill_request(slot);
	atomic_set(&slot->state, SLOT_ACTIVE);
	result = slot->decrypt ? crypto_skcipher_decrypt(slot->request) :
				 crypto_skcipher_encrypt(slot->request);

	switch (result) {
	case -EBUSY:
		if (!(slot->flags & CRYPTO_TFM_REQ_MAY_BACKLOG))
			slot_fail(slot, STRESS_VIOLATIONS,
				  "backlogged without leave", result);
		fallthrough;
	case -EINPROGRESS:
		stress_count(result == -EBUSY ? STRESS_BACKLOGGED :
			     STRESS_ASYNCHRONOUS);
		slot->submit_result = result;
		if (!(atomic_fetch_or(SLOT_RETURNED, &slot->state) &
		      SLOT_COMPLETED))
			return STRESS_PENDING;
		finish_asynchronous(slot);
		return STRESS_DONE;
	case -ENOSPC:
		check_not_called(slot, result);
		check_request(slot);
		stress_count(STRESS_REFUSED);
		if (slot->flags & CRYPTO_TFM_REQ_MAY_BACKLOG)
			slot_fail(slot, STRESS_VIOLATIONS,
				  "refused in spite of backlog", result);
		return STRESS_FULL;
	default:
		check_not_called(slot, result);
		stress_count(STRESS_SYNCHRONOUS);
		finish(slot, result);
		return STRESS_DONE;
	}
}

/*
 * Mostly what users send, and now and then what they should not: lengths which
 * the mode does not take.
 */
static unsigned int random_length(struct rnd_state *rnd)
{
	unsigned int max = stress_config.max_length;
	unsigned int length;

	switch (stress_below(rnd, 8)) {
	case 0:
		return min(stress_below(rnd, 40), max);
	case 1:
		return stress_below(rnd, max + 1);
	default:
		length = 16 << stress_below(rnd, 12);
		return min(16 * (1 + stress_below(rnd, length / 16)), max);
	}
}

static void random_iv(struct stress_slot *slot)
{
	unsigned int random = STRESS_IV_SIZE;
	u8 *iv;

	slot->iv_offset = stress_below(&slot->rnd, STRESS_IV_SIZE);
	iv = slot->iv + slot->iv_offset;
	/* As a big-endian counter it often wraps, all of it or a part. */
	if (stress_percent(&slot->rnd, 25))
		random = stress_below(&slot->rnd, STRESS_IV_SIZE);
	prandom_bytes_state(&slot->rnd, iv, random);
	memset(iv + random, 0xff, STRESS_IV_SIZE - random);
	memcpy(slot->expected_iv, iv, STRESS_IV_SIZE);
}

/* What has to come out, by the reference. */
static void compute_expected(struct stress_slot *slot)
{
	struct stress_area *out = &slot->areas[!slot->in_place];
	struct skcipher_request *req = slot->reference;
	struct scatterlist sg;

	stress_area_read(&slot->areas[0], slot->text, slot->length);
	sg_init_one(&sg, slot->text, max(slot->length, 1U));
	skcipher_request_set_tfm(req, slot->transform->reference);
	skcipher_request_set_callback(req, 0, NULL, NULL);
	skcipher_request_set_crypt(req, &sg, &sg, slot->length,
				   slot->expected_iv);
	slot->expected = slot->decrypt ? crypto_skcipher_decrypt(req) :
					 crypto_skcipher_encrypt(req);
	if (!slot->expected)
		stress_area_expect(out, slot->text, slot->length);
}

/**
 * stress_slot_prepare() - make a new random request
 * @slot: the slot, which has no request in flight
 * @transform: what it is to run on
 * @atomic: it will be submitted where one must not sleep
 */
void stress_slot_prepare(struct stress_slot *slot,
			 const struct stress_transform *transform, bool atomic)
{
	struct rnd_state *rnd = &slot->rnd;

	slot->transform = transform;
	slot->decrypt = stress_percent(rnd, 50);
	slot->length = random_length(rnd);
	slot->in_place = stress_percent(rnd, 50);
	slot->same_list = stress_percent(rnd, 50);
	slot->flags = 0;
	if (!atomic && stress_percent(rnd, 50))
		slot->flags |= CRYPTO_TFM_REQ_MAY_SLEEP;
	if (stress_percent(rnd, stress_config.backlog))
		slot->flags |= CRYPTO_TFM_REQ_MAY_BACKLOG;

	stress_area_shape(&slot->areas[0], rnd, slot->length);
	if (!slot->in_place)
		stress_area_shape(&slot->areas[1], rnd, slot->length);
	else if (!slot->same_list)
		stress_area_twin(&slot->areas[0], slot->twin);
	random_iv(slot);
	compute_expected(slot);
}

/**
 * stress_slot_init() - allocate what does not depend on the transforms
 * @slot: the slot, all zeroes
 *
 * Return: 0 or -ENOMEM, then stress_slot_destroy() is still to be called.
 */
int stress_slot_init(struct stress_slot *slot)
{
	slot->text = kmalloc(max(stress_config.max_length, 1U), GFP_KERNEL);
	slot->twin = kvcalloc(stress_config.max_entries + 1,
			      sizeof(*slot->twin), GFP_KERNEL);
	if (!slot->text || !slot->twin || stress_area_init(&slot->areas[0]) ||
	    stress_area_init(&slot->areas[1]))
		return -ENOMEM;
	return 0;
}

/**
 * stress_slot_destroy() - undo stress_slot_init()
 * @slot: the slot
 */
void stress_slot_destroy(struct stress_slot *slot)
{
	stress_area_destroy(&slot->areas[0]);
	stress_area_destroy(&slot->areas[1]);
	kvfree(slot->twin);
	kfree(slot->text);
}

/* A request for any of the transforms. */
static struct skcipher_request *
request_alloc(const struct stress_transform *transforms, bool tested)
{
	unsigned int i, size = 0;

	for (i = 0; i < stress_config.transforms; i++)
		size = max(size, crypto_skcipher_reqsize(tested ?
							 transforms[i].tested :
							 transforms[i].reference));
	return kzalloc(sizeof(struct skcipher_request) + size, GFP_KERNEL);
}

/**
 * stress_slot_alloc_requests() - requests for the stream's transforms
 * @slot: the slot
 *
 * Return: 0 or -ENOMEM, then stress_slot_free_requests() is still to be called.
 */
int stress_slot_alloc_requests(struct stress_slot *slot)
{
	slot->request = request_alloc(slot->stream->transforms, true);
	slot->reference = request_alloc(slot->stream->transforms, false);
	return slot->request && slot->reference ? 0 : -ENOMEM;
}

/**
 * stress_slot_free_requests() - undo stress_slot_alloc_requests()
 * @slot: the slot
 */
void stress_slot_free_requests(struct stress_slot *slot)
{
	kfree(slot->request);
	kfree(slot->reference);
	slot->request = NULL;
	slot->reference = NULL;
}
