/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A load for asynchronous crypto drivers, which checks what they promise.
 *
 * A stream is a thread with a number of requests that it keeps in flight
 * (stream.c).  A request knows the asynchronous contract (request.c) and which
 * requests have to complete before it (order.c).  What it is and what its result
 * has to be depends on its kind (skcipher.c, aead.c, hash.c).  Its data lie in two
 * areas, scattered in every shape that a scatterlist can have (shape.c).
 */
#ifndef PCE_STRESS_H
#define PCE_STRESS_H

#include <crypto/aead.h>
#include <crypto/aes.h>
#include <crypto/hash.h>
#include <crypto/skcipher.h>
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/prandom.h>
#include <linux/scatterlist.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct task_struct;

#define STRESS_MAX_DRIVERS	128
#define STRESS_MAX_DEPTH	64
#define STRESS_MAX_ENTRIES	1024
#define STRESS_MAX_LENGTH	262144
#define STRESS_MAX_AAD		320
#define STRESS_MAX_TAG		64
#define STRESS_IV_SIZE		32
#define STRESS_DIGEST_SIZE	64
#define STRESS_STATE_SIZE	512

/* Everything that is counted, in the order of the report */
enum stress_counter {
	STRESS_REQUESTS,	/* checked requests of any outcome */
	STRESS_SYNCHRONOUS,	/* ... that were done on return */
	STRESS_ASYNCHRONOUS,	/* ... that returned -EINPROGRESS */
	STRESS_BACKLOGGED,	/* ... that returned -EBUSY */
	STRESS_REJECTED,	/* ... that were invalid: an error was right */
	STRESS_FORGED,		/* ... with a wrong tag: -EBADMSG was right */
	STRESS_PUBLISHED,	/* asynchronous ones of these with output */
	STRESS_AAD_COPIED,	/* associated data are in the destination */
	STRESS_AAD_LEFT,	/* ... and those that are not */
	STRESS_MESSAGES,	/* messages hashed in several requests */
	STRESS_MOVED,		/* states that came from a software hash */
	STRESS_ABANDONED,	/* messages without an end */
	STRESS_REFUSED,		/* submissions that returned -ENOSPC */
	STRESS_CALLBACKS,	/* results by callback */
	STRESS_NOTIFICATIONS,	/* of requests that leave the backlog */
	STRESS_FROM_SOFTIRQ,	/* submissions from bottom halves ... */
	STRESS_FROM_CALLBACK,	/* ... and from completion callbacks */
	STRESS_FOLLOWING,	/* submissions behind an outstanding request */
	STRESS_SESSIONS,	/* rounds with keys of their own */
	STRESS_ABSENT,		/* attempts to find a missing driver */
	STRESS_FAILED,		/* with -EIO or -ENOMEM, which is allowed */
	STRESS_WRONG,		/* wrong data, IV, digest or status */
	STRESS_OVERTAKEN,	/* results before that of an older request */
	STRESS_VIOLATIONS,	/* breaches of the contract */
	STRESS_STUCK,		/* requests that did not come back */
	STRESS_COUNTER_COUNT
};

/**
 * struct stress_config - what the module's parameters say
 * @drivers: names of the drivers under test
 * @driver_count: number of @drivers
 * @streams: number of streams
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
 * @eio: a request in place may end with -EIO
 * @enomem: a request may end with -ENOMEM
 * @keeps_iv: an authenticated cipher leaves the IV as it was
 * @seed: of all random decisions
 */
struct stress_config {
	char *drivers[STRESS_MAX_DRIVERS];
	unsigned int driver_count;
	unsigned int streams;
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
	bool eio;
	bool enomem;
	bool keeps_iv;
	unsigned long seed;
};

extern struct stress_config stress_config;

void stress_count(enum stress_counter counter);
__printf(2, 3) void stress_fail(enum stress_counter counter, const char *format,
				...);
bool stress_stopping(void);
void stress_give_up(void);

/* Most bytes of associated data, text and tag in a request */
static inline unsigned int stress_text_size(void)
{
	return stress_config.max_length + STRESS_MAX_AAD + STRESS_MAX_TAG;
}

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
 * @resting: bytes at the start that nobody may change until the next request
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
	unsigned int resting;
	unsigned int count;
	u32 *position;
	u32 *length;
	struct scatterlist *sg;
};

int stress_area_init(struct stress_area *area);
void stress_area_destroy(struct stress_area *area);
void stress_area_shape(struct stress_area *area, struct rnd_state *rnd,
		       unsigned int length, unsigned int boundary);
void stress_area_twin(const struct stress_area *area, struct scatterlist *sg);
void stress_area_read(const struct stress_area *area, u8 *text,
		      unsigned int length);
void stress_area_write(struct stress_area *area, const u8 *text,
		       unsigned int length);
void stress_area_expect(struct stress_area *area, unsigned int offset,
			const u8 *text, unsigned int length);
void stress_area_accept(struct stress_area *area, unsigned int offset,
			unsigned int length);
bool stress_area_check(const struct stress_area *area, unsigned int *where);
void stress_area_rest(struct stress_area *area);
bool stress_area_rested(struct stress_area *area, unsigned int *where);

struct stress_order;
struct stress_slot;
struct stress_transform;

/**
 * struct stress_kind - what differs between skcipher, aead and ahash
 * @has: asks the crypto API for an algorithm of this kind
 * @request_size: of the API's part of a request
 * @alloc: both transforms of a pair, by the driver's name
 * @free: them, of which either may be missing
 * @setkey: the same random key for both; another one if it is no key
 * @prepare: a new random request, and what has to come out
 * @begin: make the request, up to what @submit does; may be done again
 * @submit: give it to the driver
 * @unchanged: what the caller set in the request is still there
 * @check: the output is right; after what the driver returned was right
 * @base: of the request
 */
struct stress_kind {
	int (*has)(const char *name, u32 type, u32 mask);
	size_t request_size;
	int (*alloc)(struct stress_transform *transform, const char *driver);
	void (*free)(struct stress_transform *transform);
	int (*setkey)(struct stress_transform *transform, struct rnd_state *rnd);
	void (*prepare)(struct stress_slot *slot);
	void (*begin)(struct stress_slot *slot, crypto_completion_t callback);
	int (*submit)(struct stress_slot *slot);
	bool (*unchanged)(const struct stress_slot *slot);
	void (*check)(struct stress_slot *slot, int result);
	struct crypto_async_request *(*base)(const struct stress_slot *slot);
};

extern const struct stress_kind stress_skcipher;
extern const struct stress_kind stress_aead;
extern const struct stress_kind stress_hash;

/**
 * struct stress_transform - a transform and the one that it is compared with
 * @kind: of both
 * @driver: name of the driver under test
 * @tested: of that driver
 * @reference: a synchronous one with the same key
 * @skcipher: @kind is &stress_skcipher
 * @aead: @kind is &stress_aead
 * @ahash: @kind is &stress_hash
 * @shash: @kind is &stress_hash
 * @orders: of the requests to @tested, by CPU
 * @context_size: bytes that @tested needs in a request
 * @reference_size: bytes of a request of @reference, or of its description
 * @iv_out: skcipher: the algorithm defines the IV after a request
 * @iv_in_aad: aead: the cipher rewrites the end of the associated data
 * @tag_lost: aead: software rewrites the tag where it decrypts in place
 */
struct stress_transform {
	const struct stress_kind *kind;
	const char *driver;
	union {
		struct crypto_skcipher *skcipher;
		struct crypto_aead *aead;
		struct crypto_ahash *ahash;
	} tested;
	union {
		struct crypto_skcipher *skcipher;
		struct crypto_aead *aead;
		struct crypto_shash *shash;
	} reference;
	struct stress_order *orders;
	unsigned int context_size;
	unsigned int reference_size;
	bool iv_out;
	bool iv_in_aad;
	bool tag_lost;
};

unsigned int stress_key_length(struct rnd_state *rnd);

int stress_order_alloc(struct stress_transform *transform);
void stress_order_free(struct stress_transform *transform);
void stress_order_begin(struct stress_slot *slot);
void stress_order_return(struct stress_slot *slot, int result);
void stress_order_complete(struct stress_slot *slot, int result);

enum stress_outcome {
	STRESS_PENDING,		/* a callback will come */
	STRESS_DONE,
	STRESS_FULL,		/* refused with -ENOSPC */
};

/**
 * struct stress_message - a message that is hashed in several requests
 * @open: it has begun and not ended
 * @in_request: its state is in the request; otherwise it is in @state
 * @pending: the request was prepared, and is not over
 * @last: the request ends it
 * @whole: the request is all of it
 * @state: as the driver, or software, has exported it
 * @digest: what the driver makes of it
 * @expected_digest: what it has to make of it
 */
struct stress_message {
	bool open;
	bool in_request;
	bool pending;
	bool last;
	bool whole;
	u8 state[STRESS_STATE_SIZE];
	u8 digest[STRESS_DIGEST_SIZE];
	u8 expected_digest[STRESS_DIGEST_SIZE];
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
 * @order: requests among which it has its place
 * @order_node: in the outstanding ones of these
 * @order_number: of it among these
 * @order_begun: when its submission began, by the clock of @order
 * @order_returned: when its submission returned; 0: it has not
 * @transform: what it runs on
 * @what: what it does, in a word
 * @decrypt: its direction
 * @aad_length: aead: bytes of associated data before the text
 * @length: bytes of text, as the API counts them
 * @expected: the right result
 * @flags: of the request
 * @areas: source and destination; the second is the first's if in place
 * @in_place: the destination is the source's memory
 * @same_list: and the same scatterlist
 * @twin: a second scatterlist for @in_place
 * @text: the right output
 * @text_length: its bytes
 * @iv: what the driver gets, at @iv_offset
 * @iv_offset: the IV need not be aligned
 * @expected_iv: the right IV afterwards
 * @message: hash: what the request is a part of
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

	struct stress_order *order;
	struct list_head order_node;
	u64 order_number;
	u64 order_begun;
	u64 order_returned;

	const struct stress_transform *transform;
	const char *what;
	bool decrypt;
	unsigned int aad_length;
	unsigned int length;
	int expected;
	u32 flags;
	struct stress_area areas[2];
	bool in_place;
	bool same_list;
	struct scatterlist *twin;
	u8 *text;
	unsigned int text_length;
	u8 iv[2 * STRESS_IV_SIZE];
	unsigned int iv_offset;
	u8 expected_iv[STRESS_IV_SIZE];
	struct stress_message message;
	void *request;
	void *reference;
};

/* Where the output is to be found */
static inline struct stress_area *stress_output(struct stress_slot *slot)
{
	return &slot->areas[!slot->in_place];
}

struct scatterlist *stress_source(const struct stress_slot *slot);
struct scatterlist *stress_destination(const struct stress_slot *slot);
unsigned int stress_random_length(struct rnd_state *rnd);
void stress_random_iv(struct stress_slot *slot);
void stress_slot_fail(const struct stress_slot *slot,
		      enum stress_counter counter, const char *what, int value);

int stress_slot_init(struct stress_slot *slot);
void stress_slot_destroy(struct stress_slot *slot);
int stress_slot_alloc_requests(struct stress_slot *slot);
void stress_slot_free_requests(struct stress_slot *slot);
void stress_slot_new_keys(struct stress_slot *slot);
void stress_slot_prepare(struct stress_slot *slot,
			 const struct stress_transform *transform, bool atomic);
enum stress_outcome stress_slot_submit(struct stress_slot *slot);

/**
 * struct stress_stream - a thread and its requests
 * @task: the thread
 * @number: its number
 * @turn: how often it has allocated transforms
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
	unsigned int turn;
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
