// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run: everything is allocated and prepared, a round warms up, and another one
 * is measured. A round ends when all its requests have come back.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "load.h"
#include "marker.h"

/* Microseconds until the next attempt where the driver refused a request */
#define LOAD_REFUSED_DELAY	50

static const struct load_kind * const kinds[] = {
	&load_skcipher, &load_aead, &load_hash,
};

/* --- A round of a stream -------------------------------------------------- */

static void to_thread(struct load_slot *slot)
{
	llist_add(&slot->node, &slot->stream->ready);
	wake_up(&slot->stream->wait);
}

static void slot_finished(struct load_slot *slot)
{
	struct load_stream *stream = slot->stream;

	if (atomic_dec_and_test(&stream->active))
		wake_up(&stream->wait);
}

/**
 * load_callback() - completion callback of all requests
 * @data: the slot
 * @err: the result, or -EINPROGRESS: it left the backlog
 */
void load_callback(void *data, int err)
{
	struct load_slot *slot = data;

	if (err == -EINPROGRESS) {
		slot->backlogged++;
		return;
	}
	/* The run may be over for the stream's thread before it is here. */
	rcu_read_lock();
	load_slot_done(slot, err);
	switch (load_slot_submit(slot)) {
	case LOAD_PENDING:
		break;
	case LOAD_FINISHED:
		slot_finished(slot);
		break;
	default:
		to_thread(slot);
		break;
	}
	rcu_read_unlock();
}

/* Submit what has come to the thread, each once, the oldest first. */
static bool submit_ready(struct load_stream *stream)
{
	struct llist_node *list = llist_del_all(&stream->ready);
	struct load_slot *slot, *next;
	bool refused = false;

	list = llist_reverse_order(list);
	llist_for_each_entry_safe(slot, next, list, node) {
		switch (load_slot_submit(slot)) {
		case LOAD_PENDING:
			break;
		case LOAD_FINISHED:
			slot_finished(slot);
			break;
		case LOAD_REFUSED:
			refused = true;
			fallthrough;
		case LOAD_DONE:
			llist_add(&slot->node, &stream->ready);
			break;
		}
	}
	return refused;
}

static int stream_thread(void *data)
{
	struct load_stream *stream = data;
	struct load_run *run = stream->run;
	u32 i;

	stream->begin = ktime_get_ns();
	if (stream->deadline)
		stream->deadline += stream->begin;
	for (i = 0; i < run->config->depth; i++)
		llist_add(&stream->slots[i].node, &stream->ready);

	while (atomic_read(&stream->active)) {
		wait_event_idle(stream->wait, !llist_empty(&stream->ready) ||
				!atomic_read(&stream->active));
		if (submit_ready(stream))
			fsleep(LOAD_REFUSED_DELAY);
		cond_resched();
	}
	stream->end = ktime_get_ns();
	if (atomic_dec_and_test(&run->running))
		complete(&run->done);
	return 0;
}

/* --- A round -------------------------------------------------------------- */

static void slot_reset(struct load_slot *slot, u32 quota)
{
	slot->quota = quota;
	slot->ops = 0;
	slot->bytes = 0;
	slot->asynchronous = 0;
	slot->backlogged = 0;
	slot->refused = 0;
}

/* With a thread that does not run yet. */
static int stream_reset(struct load_stream *stream, u32 requests, u32 ms)
{
	u32 i, depth = stream->run->config->depth;
	struct task_struct *task;

	for (i = 0; i < depth; i++)
		slot_reset(&stream->slots[i],
			   requests / depth + (i < requests % depth));
	init_llist_head(&stream->ready);
	init_waitqueue_head(&stream->wait);
	atomic_set(&stream->active, depth);
	stream->deadline = requests ? 0 : ms * (u64)NSEC_PER_MSEC;

	task = kthread_create(stream_thread, stream, "pce_load/%u", stream->cpu);
	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, stream->cpu);
	stream->task = get_task_struct(task);
	return 0;
}

static void join_threads(struct load_run *run)
{
	u32 i;

	for (i = 0; i < run->config->cpus; i++) {
		if (!run->streams[i].task)
			continue;
		kthread_stop(run->streams[i].task);
		put_task_struct(run->streams[i].task);
		run->streams[i].task = NULL;
	}
	/* Callbacks that gave a slot back may still be on their way out. */
	synchronize_rcu();
}

/* Either a number of requests or a time; interruptible. */
static int run_round(struct load_run *run, u32 requests, u32 ms, bool measured)
{
	u32 i, cpus = run->config->cpus;
	unsigned int cpu;
	int err = 0;

	for_each_possible_cpu(cpu)
		load_histogram_reset(per_cpu_ptr(run->latency, cpu));
	for (i = 0; !err && i < cpus; i++)
		err = stream_reset(&run->streams[i], requests, ms);
	if (err)
		goto out;
	atomic_set(&run->running, cpus);
	reinit_completion(&run->done);

	if (measured)
		load_marker(LOAD_MARKER_BEGIN);
	for (i = 0; i < cpus; i++)
		wake_up_process(run->streams[i].task);
	err = wait_for_completion_interruptible(&run->done);
	if (err) {
		/*
		 * What is in flight has to come back all the same. A signal
		 * that lets system calls go on shall not make another run.
		 */
		WRITE_ONCE(run->stop, true);
		wait_for_completion(&run->done);
		err = -EINTR;
	}
	if (measured)
		load_marker(LOAD_MARKER_END);
out:
	join_threads(run);
	return err;
}

/* --- Transforms ----------------------------------------------------------- */

/**
 * load_name() - note what a transform is
 * @result: where to
 * @tfm: the transform
 */
void load_name(struct load_result *result, struct crypto_tfm *tfm)
{
	strscpy(result->algorithm, crypto_tfm_alg_name(tfm));
	strscpy(result->driver, crypto_tfm_alg_driver_name(tfm));
}

/**
 * load_open_failed() - say that there is no transform
 * @run: the run
 * @err: the error
 *
 * Return: @err.
 */
int load_open_failed(const struct load_run *run, int err)
{
	scnprintf(run->result->error, sizeof(run->result->error),
		  "driver=%s: %pe", run->config->driver, ERR_PTR(err));
	return err;
}

/**
 * load_key_failed() - say that the transform does not take a key
 * @run: the run
 * @err: the error
 *
 * Return: @err.
 */
int load_key_failed(const struct load_run *run, int err)
{
	scnprintf(run->result->error, sizeof(run->result->error),
		  "key_length=%u: %s: %pe", run->config->key_length,
		  run->config->driver, ERR_PTR(err));
	return err;
}

/* --- A run ---------------------------------------------------------------- */

static void collect(const struct load_run *run)
{
	const struct load_config *config = run->config;
	struct load_result *result = run->result;
	u64 begin = U64_MAX, end = 0;
	unsigned int cpu;
	u32 i, j;

	load_histogram_reset(&result->latency);
	for_each_possible_cpu(cpu)
		load_histogram_add(&result->latency,
				   per_cpu_ptr(run->latency, cpu));

	for (i = 0; i < config->cpus; i++) {
		const struct load_stream *stream = &run->streams[i];

		begin = min(begin, stream->begin);
		end = max(end, stream->end);
		for (j = 0; j < config->depth; j++) {
			const struct load_slot *slot = &stream->slots[j];

			result->ops += slot->ops;
			result->bytes += slot->bytes;
			result->asynchronous += slot->asynchronous;
			result->backlogged += slot->backlogged;
			result->refused += slot->refused;
			result->errors += slot->errors;
			if (slot->error && !result->error[0])
				snprintf(result->error, sizeof(result->error),
					 "a request failed: %pe",
					 ERR_PTR(slot->error));
		}
	}
	result->ns = end - begin;
	result->synchronous = result->ops + result->errors - result->asynchronous;
}

static void stream_destroy(struct load_stream *stream)
{
	u32 i;

	for (i = 0; stream->slots && i < stream->run->config->depth; i++)
		load_slot_destroy(&stream->slots[i]);
	kvfree(stream->slots);
	if (!IS_ERR_OR_NULL(stream->transform.skcipher))
		stream->run->kind->close(stream);
}

static int stream_init(struct load_stream *stream, struct load_run *run,
		       unsigned int cpu)
{
	u32 i, depth = run->config->depth;
	int err;

	stream->run = run;
	stream->cpu = cpu;
	err = run->kind->open(stream);
	if (err)
		return err;
	stream->slots = kvcalloc(depth, sizeof(*stream->slots), GFP_KERNEL);
	if (!stream->slots)
		return -ENOMEM;
	for (i = 0; !err && i < depth; i++)
		err = load_slot_init(&stream->slots[i], stream);
	return err;
}

static int init_streams(struct load_run *run)
{
	unsigned int cpu;
	u32 i = 0;
	int err;

	for_each_online_cpu(cpu) {
		if (i == run->config->cpus)
			break;
		err = stream_init(&run->streams[i++], run, cpu);
		if (err)
			return err;
	}
	/* One may have gone since the line was read. */
	return i == run->config->cpus ? 0 : -ENODEV;
}

static const struct load_kind *kind_of(const char *driver)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i]->has(driver, 0, 0))
			return kinds[i];
	return NULL;
}

/**
 * load_run() - do what is wanted
 * @config: what is wanted
 * @result: all zeroes; what came of it
 *
 * Return: 0; or an error, and a text in @result.
 */
int load_run(const struct load_config *config, struct load_result *result)
{
	struct load_run run = { .config = config, .result = result };
	int err = -ENOMEM;
	u32 i;

	init_completion(&run.done);
	run.kind = kind_of(config->driver);
	if (!run.kind) {
		scnprintf(result->error, sizeof(result->error),
			  "driver=%s: no skcipher, aead or ahash of that name",
			  config->driver);
		return -ENOENT;
	}
	run.latency = alloc_percpu(struct load_histogram);
	run.streams = kcalloc(config->cpus, sizeof(*run.streams), GFP_KERNEL);
	if (!run.latency || !run.streams)
		goto out;

	err = init_streams(&run);
	if (!err && config->warm_up_ms)
		err = run_round(&run, 0, config->warm_up_ms, false);
	if (!err)
		err = run_round(&run, config->requests, config->duration_ms, true);
	if (!err)
		collect(&run);
	if (!err && result->errors)
		err = -EIO;
out:
	if (err == -EINTR)
		strscpy(result->error, "interrupted");
	else if (err && !result->error[0])
		scnprintf(result->error, sizeof(result->error),
			  "the run failed: %pe", ERR_PTR(err));
	for (i = 0; run.streams && i < config->cpus; i++)
		if (run.streams[i].run)
			stream_destroy(&run.streams[i]);
	kfree(run.streams);
	free_percpu(run.latency);
	return err;
}
