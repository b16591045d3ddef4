// SPDX-License-Identifier: GPL-2.0-only
/*
 * A slot: one request at a time, from what was prepared beforehand.
 */
#include <linux/bottom_half.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "load.h"

/* Between two pieces, so that nobody takes them for one */
#define LOAD_GAP	64

static void buffer_free(struct load_buffer *buffer)
{
	kfree(buffer->sg);
	kfree(buffer->memory);
}

/* The pieces are whole blocks but for the last one, which has the rest. */
static int buffer_alloc(struct load_buffer *buffer, unsigned int length,
			unsigned int segments)
{
	unsigned int piece = length / segments;
	unsigned int i, offset = 0;

	if (piece > 16)
		piece = round_down(piece, 16);
	buffer->memory = kmalloc(length + segments * LOAD_GAP, GFP_KERNEL);
	buffer->sg = kcalloc(segments, sizeof(*buffer->sg), GFP_KERNEL);
	if (!buffer->memory || !buffer->sg)
		return -ENOMEM;
	get_random_bytes(buffer->memory, length + segments * LOAD_GAP);
	sg_init_table(buffer->sg, segments);
	for (i = 0; i < segments; i++) {
		unsigned int part = i + 1 < segments ? piece :
						       length - i * piece;

		sg_set_buf(&buffer->sg[i], buffer->memory + offset, part);
		offset += part + LOAD_GAP;
	}
	return 0;
}

static int job_init(struct load_slot *slot, struct load_job *job,
		    unsigned int size)
{
	const struct load_run *run = slot->stream->run;
	const struct load_config *config = run->config;
	unsigned int length = size + run->kind->extra(slot->stream);
	int err;

	job->size = size;
	get_random_bytes(job->iv, sizeof(job->iv));
	err = buffer_alloc(&job->source, length, config->segments);
	if (!err && !config->in_place)
		err = buffer_alloc(&job->destination, length, config->segments);
	if (!err && run->kind->prepare)
		err = run->kind->prepare(slot, job);
	return err;
}

/**
 * load_slot_init() - allocate and prepare everything that a slot needs
 * @slot: the slot, all zeroes
 * @stream: where it belongs; its transform is open
 *
 * Return: 0 or an error, then load_slot_destroy() is still to be called.
 */
int load_slot_init(struct load_slot *slot, struct load_stream *stream)
{
	const struct load_config *config = stream->run->config;
	unsigned int i;
	int err;

	slot->stream = stream;
	/* The mix is right from the beginning. */
	slot->turn = (slot - stream->slots) % config->turn_count;
	slot->jobs = kcalloc(config->size_count, sizeof(*slot->jobs), GFP_KERNEL);
	if (!slot->jobs)
		return -ENOMEM;
	err = stream->run->kind->request_alloc(slot);
	for (i = 0; !err && i < config->size_count; i++)
		err = job_init(slot, &slot->jobs[i], config->sizes[i]);
	return err;
}

/**
 * load_slot_destroy() - undo load_slot_init()
 * @slot: the slot
 */
void load_slot_destroy(struct load_slot *slot)
{
	unsigned int i;

	if (!slot->jobs)
		return;
	for (i = 0; i < slot->stream->run->config->size_count; i++) {
		buffer_free(&slot->jobs[i].source);
		buffer_free(&slot->jobs[i].destination);
	}
	slot->stream->run->kind->request_free(slot);
	kfree(slot->jobs);
}

/**
 * load_destination() - where the output of a job goes
 * @job: the job
 *
 * Return: the scatterlist.
 */
struct scatterlist *load_destination(struct load_job *job)
{
	return job->destination.sg ?: job->source.sg;
}

static bool slot_goes_on(struct load_slot *slot)
{
	const struct load_stream *stream = slot->stream;

	if (READ_ONCE(stream->run->stop) || slot->error)
		return false;
	return stream->deadline ? slot->start < stream->deadline : slot->quota;
}

/**
 * load_slot_done() - a request has ended: account for it
 * @slot: its slot
 * @err: its result
 */
void load_slot_done(struct load_slot *slot, int err)
{
	u64 ns = ktime_get_ns() - slot->start;

	if (++slot->turn == slot->stream->run->config->turn_count)
		slot->turn = 0;
	if (err) {
		slot->errors++;
		slot->error = err;
		return;
	}
	slot->ops++;
	slot->bytes += slot->job->size;
	/* Callbacks may come on any CPU, in between what the thread does. */
	local_bh_disable();
	load_histogram_record(this_cpu_ptr(slot->stream->run->latency), ns);
	local_bh_enable();
}

/**
 * load_slot_submit() - submit a slot's next request
 * @slot: the slot; after %LOAD_PENDING it is not the caller's any more
 *
 * Return: what came of it.
 */
enum load_outcome load_slot_submit(struct load_slot *slot)
{
	const struct load_run *run = slot->stream->run;
	const struct load_config *config = run->config;
	int err;

	slot->start = ktime_get_ns();
	if (!slot_goes_on(slot))
		return LOAD_FINISHED;
	slot->job = &slot->jobs[config->turns[slot->turn]];

	/* Taken back below if it was not to be: afterwards is too late. */
	slot->asynchronous++;
	slot->quota--;
	err = run->kind->submit(slot, slot->job);
	if (err == -EINPROGRESS || (err == -EBUSY && config->backlog))
		return LOAD_PENDING;
	slot->asynchronous--;
	if (err == -ENOSPC) {
		slot->quota++;
		slot->refused++;
		return LOAD_REFUSED;
	}
	load_slot_done(slot, err);
	return LOAD_DONE;
}
