// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stream keeps its requests in flight: from its thread, from bottom halves on
 * any CPU, and from completion callbacks. After a number of requests, a
 * session, it lets them all come back and takes other keys or transforms.
 */
#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "stress.h"

/* Requests in a row from one bottom half, where all end at once */
#define STRESS_SOFTIRQ_BATCH	8

/*
 * So many requests of a stream prefer one transform, then the next one: a driver
 * with many algorithms would see few requests of a transform at a time, and could
 * hardly change their order.
 */
#define STRESS_RUN		64

/* Microseconds until the next attempt where the driver refused all */
#define STRESS_FULL_DELAY	100

/* Microseconds without transforms after a session, at most */
#define STRESS_MAX_PAUSE	30000

static const struct stress_kind * const kinds[] = {
	&stress_skcipher, &stress_aead, &stress_hash,
};

/**
 * stress_key_length() - of a key that some cipher takes, and others do not
 * @rnd: random numbers
 *
 * Return: the length.
 */
unsigned int stress_key_length(struct rnd_state *rnd)
{
	static const u8 lengths[] = { 16, 24, 32 };
	/* Nonce, salt, second key */
	static const u8 extras[] = { 0, 0, 3, 4, 8, 16 };

	return lengths[stress_below(rnd, ARRAY_SIZE(lengths))] *
	       (1 + stress_percent(rnd, 20)) +
	       extras[stress_below(rnd, ARRAY_SIZE(extras))];
}

static void free_transform(struct stress_transform *transform)
{
	if (transform->kind)
		transform->kind->free(transform);
	stress_order_free(transform);
	memset(transform, 0, sizeof(*transform));
}

static int alloc_transform(struct stress_transform *transform, const char *driver)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!kinds[i]->has(driver, 0, CRYPTO_NOLOAD))
			continue;
		transform->kind = kinds[i];
		transform->driver = driver;
		err = kinds[i]->alloc(transform, driver);
		if (!err)
			err = stress_order_alloc(transform);
		if (err)
			free_transform(transform);
		return err;
	}
	return -ENOENT;
}

static bool take_quota(struct stress_stream *stream)
{
	return !stress_stopping() && atomic_dec_if_positive(&stream->quota) >= 0;
}

static void give_back(struct stress_slot *slot)
{
	struct stress_stream *stream = slot->stream;

	/* The thread may free the stream once the slot is in the list. */
	rcu_read_lock();
	if (llist_add(&slot->node, &stream->idle))
		wake_up(&stream->wait);
	rcu_read_unlock();
}

static const struct stress_transform *pick_transform(struct stress_slot *slot)
{
	unsigned int run = atomic_read(&slot->stream->quota) / STRESS_RUN;
	unsigned int count = stress_config.transforms;

	if (stress_percent(&slot->rnd, 50))
		run = stress_below(&slot->rnd, count);
	return &slot->stream->transforms[run % count];
}

/* A refused request is tried again or forgotten. */
static void prepare(struct stress_slot *slot, bool atomic)
{
	bool again = slot->full && stress_percent(&slot->rnd, 50);

	slot->full = false;
	if (!again)
		stress_slot_prepare(slot, pick_transform(slot), atomic);
}

/*
 * Begin requests of this slot, which has quota for one, in a bottom half until
 * one is in flight.
 */
static void submit_atomic(struct stress_slot *slot,
			  enum stress_counter counter)
{
	unsigned int batch = STRESS_SOFTIRQ_BATCH;
	enum stress_outcome outcome;

	do {
		prepare(slot, true);
		stress_count(counter);
		outcome = stress_slot_submit(slot);
		if (outcome == STRESS_PENDING)
			return;
		slot->full = outcome == STRESS_FULL;
	} while (!slot->full && --batch && take_quota(slot->stream));
	give_back(slot);
}

static void slot_work(struct work_struct *work)
{
	submit_atomic(container_of(work, struct stress_slot, work),
		      STRESS_FROM_SOFTIRQ);
}

/**
 * stress_stream_completed() - a request that was in flight is over
 * @slot: its slot
 *
 * In the driver's callback: the next request may be submitted from here.
 */
void stress_stream_completed(struct stress_slot *slot)
{
	if (stress_percent(&slot->rnd, stress_config.resubmit) &&
	    take_quota(slot->stream))
		submit_atomic(slot, STRESS_FROM_CALLBACK);
	else
		give_back(slot);
}

static void submit_from_thread(struct stress_slot *slot)
{
	enum stress_outcome outcome;

	if (stress_percent(&slot->rnd, stress_config.softirq)) {
		/* The flags of a refused request may not fit a bottom half. */
		slot->full = false;
		queue_work_on(stress_cpu(stress_below(&slot->rnd, nr_cpu_ids)),
			      system_bh_wq, &slot->work);
		return;
	}
	prepare(slot, false);
	outcome = stress_slot_submit(slot);
	if (outcome != STRESS_PENDING) {
		slot->full = outcome == STRESS_FULL;
		give_back(slot);
	}
}

/*
 * Slots which do not come back are reported, and then waited for without end:
 * whoever has them may still write to them, so that this module has to stay.
 */
static struct llist_node *wait_for_idle(struct stress_stream *stream,
					unsigned int held)
{
	long left = wait_event_idle_timeout(stream->wait,
					    !llist_empty(&stream->idle),
					    stress_config.timeout * HZ);

	if (!left) {
		stress_fail(STRESS_STUCK,
			    "stream %u: %u requests did not come back",
			    stream->number, stress_config.depth - held);
		stress_give_up();
		wait_event_idle(stream->wait, !llist_empty(&stream->idle));
	}
	return llist_del_all(&stream->idle);
}

static void run_session(struct stress_stream *stream)
{
	struct stress_slot *slot, *next;
	unsigned int held = 0, i;
	struct llist_node *idle;
	bool full;

	for (i = 0; i < stress_config.depth; i++) {
		stress_slot_new_keys(&stream->slots[i]);
		give_back(&stream->slots[i]);
	}
	while (held < stress_config.depth) {
		full = false;
		idle = wait_for_idle(stream, held);
		llist_for_each_entry_safe(slot, next, idle, node) {
			full |= slot->full;
			if (slot->full ? !stress_stopping() : take_quota(stream))
				submit_from_thread(slot);
			else
				held++;
		}
		if (full)
			usleep_range(STRESS_FULL_DELAY, 2 * STRESS_FULL_DELAY);
		else
			cond_resched();
	}
	stress_count(STRESS_SESSIONS);
}

static void free_transforms(struct stress_stream *stream)
{
	unsigned int i;

	for (i = 0; i < stress_config.depth; i++)
		stress_slot_free_requests(&stream->slots[i]);
	for (i = 0; i < stress_config.transforms; i++)
		free_transform(&stream->transforms[i]);
}

static int alloc_transforms(struct stress_stream *stream)
{
	unsigned int i, driver;
	int err;

	/* All drivers get their turn, however few transforms a stream has. */
	driver = (stream->turn++ * stress_config.streams + stream->number) *
		 stress_config.transforms;
	for (i = 0; i < stress_config.transforms; i++, driver++) {
		err = alloc_transform(&stream->transforms[i],
				      stress_config.drivers[driver %
							    stress_config.driver_count]);
		if (err)
			goto fail;
	}
	for (i = 0; i < stress_config.depth; i++) {
		err = stress_slot_alloc_requests(&stream->slots[i]);
		if (err)
			goto fail;
	}
	return 0;

fail:
	free_transforms(stream);
	return err;
}

/*
 * Without churn the transforms are there (stress_stream_init()). With it, this
 * waits for the driver's module to come.
 */
static int get_transforms(struct stress_stream *stream)
{
	int err;

	if (stream->transforms[0].kind)
		return 0;
	for (;;) {
		err = alloc_transforms(stream);
		if (err != -ENOENT || !stress_config.churn || stress_stopping())
			return err;
		stress_count(STRESS_ABSENT);
		usleep_range(1000, 2000);
	}
}

static int set_keys(struct stress_stream *stream)
{
	struct stress_transform *transform = stream->transforms;
	unsigned int i;
	int err;

	for (i = 0; i < stress_config.transforms; i++, transform++) {
		err = transform->kind->setkey(transform, &stream->rnd);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Let go of the driver for a while: its module may leave.  At least for as long
 * as the transforms were there, or a slow kernel would never see it unused.
 */
static void put_transforms(struct stress_stream *stream, ktime_t since)
{
	unsigned int pause = stress_below(&stream->rnd, STRESS_MAX_PAUSE);
	unsigned int held = ktime_us_delta(ktime_get(), since);

	if (!stress_config.churn)
		return;
	free_transforms(stream);
	pause = max(pause, held);
	usleep_range(pause, pause + 100);
}

/**
 * stress_stream_run() - all sessions of a stream
 * @stream: the stream
 */
void stress_stream_run(struct stress_stream *stream)
{
	unsigned int left = stress_config.requests;
	unsigned int quota = stress_config.session;
	ktime_t since;
	int err;

	while (!stress_stopping()) {
		since = ktime_get();
		if (stress_config.requests)
			quota = min(left, stress_config.session);
		if (!quota)
			break;
		left -= quota;
		err = get_transforms(stream);
		if (!err)
			err = set_keys(stream);
		if (err && !stress_stopping()) {
			stress_fail(STRESS_WRONG, "stream %u: no transforms (%d)",
				    stream->number, err);
			break;
		}
		if (err)
			break;
		atomic_set(&stream->quota, quota);
		run_session(stream);
		put_transforms(stream, since);
	}
}

/**
 * stress_stream_init() - allocate a stream
 * @stream: the stream, all zeroes
 * @number: its number
 *
 * Return: 0 or an error, then stress_stream_destroy() is still to be called.
 */
int stress_stream_init(struct stress_stream *stream, unsigned int number)
{
	struct stress_slot *slot;
	unsigned int i;
	int err;

	stream->number = number;
	prandom_seed_state(&stream->rnd, stress_config.seed + number);
	init_llist_head(&stream->idle);
	init_waitqueue_head(&stream->wait);
	stream->transforms = kcalloc(stress_config.transforms,
				     sizeof(*stream->transforms), GFP_KERNEL);
	stream->slots = kvcalloc(stress_config.depth, sizeof(*stream->slots),
				 GFP_KERNEL);
	if (!stream->transforms || !stream->slots)
		return -ENOMEM;

	for (i = 0; i < stress_config.depth; i++) {
		slot = &stream->slots[i];
		slot->stream = stream;
		INIT_WORK(&slot->work, slot_work);
		prandom_seed_state(&slot->rnd, prandom_u32_state(&stream->rnd));
		err = stress_slot_init(slot);
		if (err)
			return err;
	}
	return stress_config.churn ? 0 : alloc_transforms(stream);
}

/**
 * stress_stream_destroy() - undo stress_stream_init()
 * @stream: the stream, which has no request in flight
 */
void stress_stream_destroy(struct stress_stream *stream)
{
	unsigned int i;

	if (stream->transforms && stream->slots) {
		free_transforms(stream);
		for (i = 0; i < stress_config.depth; i++)
			stress_slot_destroy(&stream->slots[i]);
	}
	kvfree(stream->slots);
	kfree(stream->transforms);
}
