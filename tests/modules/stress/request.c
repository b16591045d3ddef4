// SPDX-License-Identifier: GPL-2.0-only
/*
 * One request, and the contract between the crypto API and an asynchronous
 * driver:
 *
 * - A result on return is the result, and there is no callback.
 * - -EINPROGRESS: exactly one callback brings the result.
 * - -EBUSY: only with CRYPTO_TFM_REQ_MAY_BACKLOG, the request is queued; exactly
 *   one callback with -EINPROGRESS and then exactly one with the result.
 * - -ENOSPC: only without that flag; nothing is retained, no callback comes.
 * - Callbacks come with bottom halves disabled and interrupts enabled, never in
 *   hard interrupts. They may come before the submission has returned.
 * - The driver does not change what the caller set in the request.
 * - Requests of one transform and one CPU complete in order, see order.c.
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

/**
 * stress_slot_fail() - count a failure of a request and say what it is
 * @slot: the request's slot
 * @counter: what is counted
 * @what: the failure
 * @value: a number that belongs to it
 */
void stress_slot_fail(const struct stress_slot *slot,
		      enum stress_counter counter, const char *what, int value)
{
	stress_fail(counter,
		    "stream %u slot %td: %s %s, %u + %u bytes, %u -> %u entries%s, flags %#x: %s (%d)",
		    slot->stream->number, slot - slot->stream->slots,
		    slot->transform->driver, slot->what, slot->aad_length,
		    slot->length, slot->areas[0].count,
		    slot->areas[!slot->in_place].count,
		    slot->in_place ? slot->same_list ? " in place" :
		    " in place by two lists" : "", slot->flags, what, value);
}

/**
 * stress_source() - where the driver finds its input
 * @slot: the slot
 *
 * Return: the scatterlist.
 */
struct scatterlist *stress_source(const struct stress_slot *slot)
{
	return slot->areas[0].sg;
}

/**
 * stress_destination() - where the driver puts its output
 * @slot: the slot
 *
 * Return: the scatterlist.
 */
struct scatterlist *stress_destination(const struct stress_slot *slot)
{
	if (!slot->in_place)
		return slot->areas[1].sg;
	return slot->same_list ? slot->areas[0].sg : slot->twin;
}

static void check_result(struct stress_slot *slot, int result)
{
	unsigned int where;

	stress_count(STRESS_REQUESTS);
	/* In place, and nobody knows what a device that failed has left there */
	if (result == -EIO && stress_config.eio && slot->in_place) {
		stress_count(STRESS_FAILED);
		return;
	}
	/* Software may need memory, for pieces that are too small or ill aligned */
	if (result == -ENOMEM && stress_config.enomem) {
		stress_count(STRESS_FAILED);
		return;
	}
	if (result != slot->expected) {
		stress_slot_fail(slot, STRESS_WRONG, "wrong status", result);
		return;
	}
	if (!slot->in_place && !stress_area_check(&slot->areas[0], &where))
		stress_slot_fail(slot, STRESS_WRONG, "source changed at", where);
	if (result)
		stress_count(result == -EBADMSG ? STRESS_FORGED : STRESS_REJECTED);
	slot->transform->kind->check(slot, result);
}

/* What the caller set in the request is still there. */
static void check_request(const struct stress_slot *slot)
{
	struct crypto_async_request *base = slot->transform->kind->base(slot);

	if (!slot->transform->kind->unchanged(slot))
		stress_slot_fail(slot, STRESS_VIOLATIONS, "request changed", 0);
	if (base->flags != slot->flags || base->data != slot)
		stress_slot_fail(slot, STRESS_VIOLATIONS,
				 "request's base changed", 0);
}

static void check_context(const struct stress_slot *slot)
{
	if (in_hardirq())
		stress_slot_fail(slot, STRESS_VIOLATIONS, "callback in hard interrupt", 0);
	else if (!in_softirq())
		stress_slot_fail(slot, STRESS_VIOLATIONS,
				 "callback with bottom halves enabled", 0);
	if (irqs_disabled())
		stress_slot_fail(slot, STRESS_VIOLATIONS,
				 "callback with interrupts disabled", 0);
}

/* Neither driver nor device wrote to memory of a request that was over */
static void check_rested(struct stress_slot *slot)
{
	unsigned int i, where;

	for (i = 0; i < ARRAY_SIZE(slot->areas); i++)
		if (!stress_area_rested(&slot->areas[i], &where))
			stress_slot_fail(slot, STRESS_VIOLATIONS,
					 "memory written after the end at",
					 where);
}

/*
 * The request is over: driver and device have no business with it any more, and
 * find nothing if they look all the same.
 */
static void finish(struct stress_slot *slot, int result)
{
	const struct stress_transform *transform = slot->transform;

	check_request(slot);
	check_result(slot, result);
	stress_area_rest(&slot->areas[0]);
	stress_area_rest(&slot->areas[1]);
	if (!slot->message.in_request)
		memset(slot->request, POISON, transform->kind->request_size +
		       transform->context_size);
}

static void finish_asynchronous(struct stress_slot *slot)
{
	bool notified = atomic_xchg(&slot->state, 0) & SLOT_NOTIFIED;

	if (notified && slot->submit_result != -EBUSY)
		stress_slot_fail(slot, STRESS_VIOLATIONS,
				 "notification of a request that was not backlogged",
				 slot->submit_result);
	if (!notified && slot->submit_result == -EBUSY)
		stress_slot_fail(slot, STRESS_VIOLATIONS,
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
		stress_slot_fail(slot, STRESS_VIOLATIONS,
				 before & SLOT_ACTIVE ? "callback too many" :
				 "callback without request", result);
		return;
	}
	check_request(slot);

	if (bit == SLOT_COMPLETED) {
		slot->result = result;
		stress_order_complete(slot, result);
	}
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
		stress_slot_fail(slot, STRESS_VIOLATIONS,
				 "callback and a result on return", result);
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

	slot->transform->kind->begin(slot, slot_callback);
	slot->submit_result = 0;
	atomic_set(&slot->state, SLOT_ACTIVE);
	stress_order_begin(slot);
	result = slot->transform->kind->submit(slot);
	stress_order_return(slot, result);

	switch (result) {
	case -EBUSY:
		if (!(slot->flags & CRYPTO_TFM_REQ_MAY_BACKLOG))
			stress_slot_fail(slot, STRESS_VIOLATIONS,
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
			stress_slot_fail(slot, STRESS_VIOLATIONS,
					 "refused in spite of backlog", result);
		return STRESS_FULL;
	default:
		check_not_called(slot, result);
		stress_count(STRESS_SYNCHRONOUS);
		finish(slot, result);
		return STRESS_DONE;
	}
}

/**
 * stress_random_length() - bytes of text
 * @rnd: random numbers
 *
 * Mostly what users send, and now and then what they should not: lengths which
 * the mode does not take.
 *
 * Return: the length.
 */
unsigned int stress_random_length(struct rnd_state *rnd)
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

/**
 * stress_random_iv() - as long as any algorithm's
 * @slot: the slot
 */
void stress_random_iv(struct stress_slot *slot)
{
	unsigned int random = STRESS_IV_SIZE;
	u8 *iv;

	slot->iv_offset = stress_below(&slot->rnd, STRESS_IV_SIZE);
	iv = slot->iv + slot->iv_offset;
	/* As a counter, of either byte order, it often wraps: all of it or a part. */
	if (stress_percent(&slot->rnd, 25))
		random = stress_below(&slot->rnd, AES_BLOCK_SIZE);
	prandom_bytes_state(&slot->rnd, iv, random);
	memset(iv + random, 0xff, STRESS_IV_SIZE - random);
	memcpy(slot->expected_iv, iv, STRESS_IV_SIZE);
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

	check_rested(slot);
	/* A message stays where it has begun. */
	if (!slot->message.open)
		slot->transform = transform;
	slot->in_place = stress_percent(rnd, 50);
	slot->same_list = stress_percent(rnd, 50);
	slot->flags = 0;
	if (!atomic && stress_percent(rnd, 50))
		slot->flags |= CRYPTO_TFM_REQ_MAY_SLEEP;
	if (stress_percent(rnd, stress_config.backlog))
		slot->flags |= CRYPTO_TFM_REQ_MAY_BACKLOG;
	slot->transform->kind->prepare(slot);
}

/**
 * stress_slot_init() - allocate what does not depend on the transforms
 * @slot: the slot, all zeroes
 *
 * Return: 0 or -ENOMEM, then stress_slot_destroy() is still to be called.
 */
int stress_slot_init(struct stress_slot *slot)
{
	slot->text = kmalloc(stress_text_size(), GFP_KERNEL);
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

/**
 * stress_slot_alloc_requests() - requests for any of the stream's transforms
 * @slot: the slot
 *
 * Return: 0 or -ENOMEM, then stress_slot_free_requests() is still to be called.
 */
int stress_slot_alloc_requests(struct stress_slot *slot)
{
	const struct stress_transform *transform = slot->stream->transforms;
	unsigned int i, size = 0, reference_size = 0;

	for (i = 0; i < stress_config.transforms; i++, transform++) {
		size = max(size, (unsigned int)transform->kind->request_size +
				 transform->context_size);
		reference_size = max(reference_size, transform->reference_size);
	}
	slot->request = kzalloc(size, GFP_KERNEL);
	slot->reference = kzalloc(reference_size, GFP_KERNEL);
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

/**
 * stress_slot_new_keys() - what belongs to the old keys is of no use any more
 * @slot: the slot
 */
void stress_slot_new_keys(struct stress_slot *slot)
{
	check_rested(slot);
	slot->full = false;
	slot->message.open = false;
	slot->message.in_request = false;
	slot->message.pending = false;
}
