/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A load for asynchronous skcipher drivers, which checks what they promise.
 *
 * A stream is a thread with a number of requests that it keeps in flight
 * (stream.c).  A request knows the asynchronous contract and what the result
 * has to be (request.c).  Its data lie in two areas, scattered in every shape
 * that a scatterlist can have (shape.c).
 */
#ifndef PCE_STRESS_H
#define PCE_STRESS_H

#include <crypto/skcipher.h>
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/llist.h>
#include <linux/prandom.h>
#include <linux/scatterlist.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct task_struct;

#define STRESS_MAX_DRIVERS	16
#define STRESS_MAX_DEPTH	64
#define STRESS_MAX_ENTRIES	1024
#define STRESS_MAX_LENGTH	65536
#define STRESS_IV_SIZE		16

/* Everything that is counted, in the order of the report */
enum stress_counter {
	STRESS_REQUESTS,	/* checked requests of any outcome */
	STRESS_SYNCHRONOUS,	/* ... that were done on return */
	STRESS_ASYNCHRONOUS,	/* ... that returned -EINPROGRESS */
	STRESS_BACKLOGGED,	/* ... that returned -EBUSY */
	STRESS_REJECTED,	/* ... that were invalid: an error was right */
	STRESS_REFUSED,		/* submissions that returned -ENOSPC */
	STRESS_CALLBACKS,	/* results by callback */
	STRESS_NOTIFICATIONS,	/* of requests that leave the backlog */
	STRESS_FROM_SOFTIRQ,	/* submissions from bottom halves ... */
	STRESS_FROM_CALLBACK,	/* ... and from completion callbacks */
	STRESS_SESSIONS,	/* rounds with keys of their own */
	STRESS_ABSENT,		/* attempts to find a missing driver */
	STRESS_WRONG,		/* wrong data, IV or status */
	STRESS_VIOLATIONS,	/* breaches of the contract */
	STRESS_STUCK,		/* requests that did not come back */
	STRESS_COUNTER_COUNT
};

/**
 * struct stress_config - what the module's parameters say
 * @drivers: names of the drivers under test
 * @driver_count: number of @drivers
 * @depth: requests that each stream keeps in flight
 * @requests: requests that each stream does, 0 for no end
 * @session: requests of a stream with the same transforms and keys
 * @transforms: transforms that each stream uses at a time
 * @churn: transforms are freed after each session, and may be absent
 * @backlog: percentage of requests with CRYPTO_TFM_REQ_MAY_BACKLOG
 * @resubmit: percentage of callbacks that submit the next request
 * @softirq: percentage of submissions from a bottom half on any CPU
 * @max_length: longest request in bytes
 * @max_entries: longest scatterlist
 * @timeout: seconds without any progress after which a stream is stuck
 * @seed: of all random decisions
 */
struct stress_config {
	char *drivers[STRESS_MAX_DRIVERS];
	unsigned int driver_count;
	unsigned int depth;
	unsigned int requests;
	unsigned int session;
	unsigned int transforms;
	bool churn;
	unsigned int backlog;
	unsigned int resubmit;
	unsigned int softirq;
	unsigned int max_length;
	unsigned int max_entries;
	unsigned int timeout;
	unsigned long seed;
};

extern struct stress_config stress_config;

void stress_count(enum stress_counter counter);
__printf(2, 3) void stress_fail(enum stress_counter counter, const char *format,
				...);
bool stress_stopping(void);
void stress_give_up(void);

/* A number below @bound, which is not 0. */
static inline u32 stress_below(struct rnd_state *rnd, u32 bound)
{
	return prandom_u32_state(rnd) % bound;
}

static inline bool stress_percent(struct rnd_state *rnd, unsigned int percent)
{
	return stress_below(rnd, 100) < percent;
}

/* An online CPU; neighbours in number are different ones. */
static inline unsigned int stress_cpu(unsigned int number)
{
	unsigned int cpu = cpumask_nth(number % num_online_cpus(),
				       cpu_online_mask);

	return cpu < nr_cpu_ids ? cpu : cpumask_first(cpu_online_mask);
}

/**
 * struct stress_area - memory with a scatterlist over parts of it
 * @buffer: what the driver under test works on
 * @image: what @buffer has to hold in the end
 * @size: bytes of each of them
 * @used: bytes at the start that are compared
 * @count: number of entries
 * @position: start of each entry in @buffer
 * @length: bytes of each entry
 * @sg: the entries; in the second half is what follows a chain entry
 */
struct stress_area {
	u8 *buffer;
	u8 *image;
	unsigned int size;
	unsigned int used;
	unsigned int count;
	u32 *position;
	u32 *length;
	struct scatterlist *sg;
};

int stress_area_init(struct stress_area *area);
void stress_area_destroy(struct stress_area *area);
void stress_area_shape(struct stress_area *area, struct rnd_state *rnd,
		       unsigned int length);
void stress_area_twin(const struct stress_area *area, struct scatterlist *sg);
void stress_area_read(const struct stress_area *area, u8 *text,
		      unsigned int length);
void stress_area_expect(struct stress_area *area, const u8 *text,
			unsigned int length);
bool stress_area_check(const struct stress_area *area, unsigned int *where);

/**
 * struct stress_transform - a transform and the one that it is compared with
 * @tested: of the driver under test
 * @reference: a synchronous one with the same key
 * @iv_out: the algorithm defines the IV after a request
 */
struct stress_transform {
	struct crypto_skcipher *tested;
	struct crypto_skcipher *reference;
	bool iv_out;
};

int stress_transform_alloc(struct stress_transform *transform,
			   const char *driver);
int stress_transform_setkey(struct stress_transform *transform,
			    struct rnd_state *rnd);
void stress_transform_free(struct stress_transform *transform);

enum stress_outcome {
	STRESS_PENDING,		/* a callback will come */
	STRESS_DONE,
	STRESS_FULL,		/* refused with -ENOSPC */
};

/**
 * struct stress_slot - a request in flight
 * @stream: whose it is
 * @node: in the stream's list of slots that are not in flight
 * @work: submits the slot from a bottom half
 * @rnd: its random numbers
 * @full: the driver refused it and it may be tried again
 * @state: what happened to the request so far, see request.c
 * @submit_result: what the submission returned
 * @result: what the callback brought
 * @transform: what it runs on
 * @decrypt: its direction
 * @length: bytes of text
 * @expected: the right result
 * @flags: of the request
 * @areas: source and destination; the second is the first's if in place
 * @in_place: the destination is the source's memory
 * @same_list: and the same scatterlist
 * @twin: a second scatterlist for @in_place
 * @text: the right output
 * @iv: what the driver gets, at @iv_offset
 * @iv_offset: the IV need not be aligned
 * @expected_iv: the right IV afterwards
 * @request: to the driver under test
 * @reference: to the reference
 */
struct stress_slot {
	struct stress_stream *stream;
	struct llist_node node;
	struct work_struct work;
	struct rnd_state rnd;
	bool full;

	atomic_t state;
	int submit_result;
	int result;

	const struct stress_transform *transform;
	bool decrypt;
	unsigned int length;
	int expected;
	u32 flags;
	struct stress_area areas[2];
	bool in_place;
	bool same_list;
	struct scatterlist *twin;
	u8 *text;
	u8 iv[2 * STRESS_IV_SIZE];
	unsigned int iv_offset;
	u8 expected_iv[STRESS_IV_SIZE];
	struct skcipher_request *request;
	struct skcipher_request *reference;
};

int stress_slot_init(struct stress_slot *slot);
void stress_slot_destroy(struct stress_slot *slot);
int stress_slot_alloc_requests(struct stress_slot *slot);
void stress_slot_free_requests(struct stress_slot *slot);
void stress_slot_prepare(struct stress_slot *slot,
			 const struct stress_transform *transform, bool atomic);
enum stress_outcome stress_slot_submit(struct stress_slot *slot);

/**
 * struct stress_stream - a thread and its requests
 * @task: the thread
 * @number: its number
 * @rnd: its random numbers
 * @transforms: those of the session
 * @slots: its requests
 * @quota: requests that are still to be begun in this session
 * @idle: slots that are not in flight and wait for the thread
 * @wait: the thread waits here for @idle
 */
struct stress_stream {
	struct task_struct *task;
	unsigned int number;
	struct rnd_state rnd;
	struct stress_transform *transforms;
	struct stress_slot *slots;
	atomic_t quota;
	struct llist_head idle;
	wait_queue_head_t wait;
};

int stress_stream_init(struct stress_stream *stream, unsigned int number);
void stress_stream_destroy(struct stress_stream *stream);
void stress_stream_run(struct stress_stream *stream);
void stress_stream_completed(struct stress_slot *slot);
#endif
