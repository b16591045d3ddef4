/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A load generator for drivers of the crypto API: it measures, and does not
 * compare results; tests/modules/stress does.
 *
 * A run has a stream on each of some CPUs. A stream has a number of slots, each of
 * which keeps one request in flight: its completion callback submits the next
 * one. What the driver does synchronously, or refuses, is the business of the
 * stream's thread. A slot belongs to whoever has its request, so that nothing
 * of it needs a lock.
 */
#ifndef LOAD_H
#define LOAD_H

#include <crypto/aead.h>
#include <crypto/hash.h>
#include <crypto/skcipher.h>
#include <linux/llist.h>
#include <linux/scatterlist.h>
#include <linux/types.h>
#include <linux/wait.h>

#define LOAD_MAX_SIZES		16
#define LOAD_MAX_WEIGHT		64
#define LOAD_MAX_IV		32
#define LOAD_MAX_KEY		256
#define LOAD_MESSAGE		160

/* What a run shall do, see config.c */
struct load_config {
	char driver[CRYPTO_MAX_ALG_NAME];
	bool decrypt;
	bool in_place;
	bool backlog;
	u32 key_length;
	u32 auth_key_length;
	u32 aad_length;
	u32 tag_length;		/* 0: the driver's longest */
	u32 depth;
	u32 cpus;
	u32 segments;
	u32 requests;		/* of each stream; 0: as many as there is time for */
	u32 duration_ms;
	u32 warm_up_ms;

	u32 size_count;
	u32 sizes[LOAD_MAX_SIZES];
	u32 weights[LOAD_MAX_SIZES];
	/* The sizes in turn, each as often as its weight: indices in sizes[] */
	u32 turn_count;
	u8 turns[LOAD_MAX_SIZES * LOAD_MAX_WEIGHT];
};

/* Exact below 32 ns, then 32 buckets for each power of two, up to 2^40 ns */
#define LOAD_BUCKET_BITS	5
#define LOAD_BUCKETS		((40 - LOAD_BUCKET_BITS + 1) << LOAD_BUCKET_BITS)

struct load_histogram {
	u64 count;
	u64 sum;
	u64 min;
	u64 max;
	u64 buckets[LOAD_BUCKETS];
};

/* What came of it */
struct load_result {
	char error[LOAD_MESSAGE];	/* empty: a run without errors */
	char algorithm[CRYPTO_MAX_ALG_NAME];
	char driver[CRYPTO_MAX_ALG_NAME];
	u64 ns;
	u64 ops;
	u64 bytes;
	u64 asynchronous;
	u64 synchronous;
	u64 backlogged;
	u64 refused;
	u64 errors;
	struct load_histogram latency;
};

struct load_run;
struct load_stream;
struct load_slot;
struct load_job;

/* One of the kinds of transforms: what differs between them */
struct load_kind {
	int (*has)(const char *driver, u32 type, u32 mask);
	/* Allocate the stream's transform and set its key */
	int (*open)(struct load_stream *stream);
	void (*close)(struct load_stream *stream);
	/* Bytes that a job of the open transform has behind its text */
	unsigned int (*extra)(const struct load_stream *stream);
	int (*request_alloc)(struct load_slot *slot);
	void (*request_free)(struct load_slot *slot);
	/* Make input that the transform takes, if any input will not do */
	int (*prepare)(struct load_slot *slot, struct load_job *job);
	int (*submit)(struct load_slot *slot, struct load_job *job);
};

extern const struct load_kind load_skcipher;
extern const struct load_kind load_aead;
extern const struct load_kind load_hash;

/* Memory in pieces which are not neighbours */
struct load_buffer {
	u8 *memory;
	struct scatterlist *sg;
};

/* A request of one size, prepared: what a slot submits again and again */
struct load_job {
	unsigned int size;
	struct load_buffer source;
	struct load_buffer destination;		/* empty: in place */
	u8 iv[LOAD_MAX_IV];
};

/* In the order of what each says to the stream's thread */
enum load_outcome {
	LOAD_PENDING,		/* the callback will be, or was, called */
	LOAD_DONE,		/* it is over: there was none */
	LOAD_REFUSED,		/* no room for it: to be tried again */
	LOAD_FINISHED,		/* the slot has nothing more to do */
};

struct load_slot {
	struct load_stream *stream;
	struct llist_node node;
	union {
		struct skcipher_request *skcipher;
		struct aead_request *aead;
		struct ahash_request *ahash;
	} request;
	struct load_job *jobs;		/* one for each size */
	struct load_job *job;		/* the one in flight */
	u8 iv[LOAD_MAX_IV];
	u8 digest[HASH_MAX_DIGESTSIZE];
	u64 start;
	u32 turn;
	u32 quota;			/* requests to go, where they are counted */

	u64 ops;
	u64 bytes;
	u64 asynchronous;
	u64 backlogged;
	u64 refused;
	u64 errors;
	int error;			/* the first one */
};

struct load_stream {
	struct load_run *run;
	unsigned int cpu;
	struct task_struct *task;
	union {
		struct crypto_skcipher *skcipher;
		struct crypto_aead *aead;
		struct crypto_ahash *ahash;
	} transform;
	struct load_slot *slots;
	u64 begin;
	u64 end;
	u64 deadline;
	/* Slots for the thread to submit */
	struct llist_head ready;
	wait_queue_head_t wait;
	atomic_t active;		/* slots that go on */
};

struct load_run {
	const struct load_config *config;
	const struct load_kind *kind;
	struct load_result *result;
	struct load_stream *streams;
	struct load_histogram __percpu *latency;
	atomic_t running;		/* streams */
	struct completion done;
	bool stop;
};

/* config.c */
int load_config_parse(struct load_config *config, char *line, char *error);

/* run.c */
int load_run(const struct load_config *config, struct load_result *result);

/* slot.c */
int load_slot_init(struct load_slot *slot, struct load_stream *stream);
void load_slot_destroy(struct load_slot *slot);
enum load_outcome load_slot_submit(struct load_slot *slot);
void load_slot_done(struct load_slot *slot, int err);
struct scatterlist *load_destination(struct load_job *job);

void load_callback(void *data, int err);
void load_name(struct load_result *result, struct crypto_tfm *tfm);
int load_open_failed(const struct load_run *run, int err);
int load_key_failed(const struct load_run *run, int err);

static inline u32 load_flags(const struct load_config *config)
{
	return config->backlog ? CRYPTO_TFM_REQ_MAY_BACKLOG : 0;
}

/* histogram.c */
void load_histogram_reset(struct load_histogram *histogram);
void load_histogram_record(struct load_histogram *histogram, u64 ns);
void load_histogram_add(struct load_histogram *sum,
			const struct load_histogram *histogram);
u64 load_histogram_percentile(const struct load_histogram *histogram,
			      unsigned int permille);
u64 load_histogram_mean(const struct load_histogram *histogram);
u64 load_bucket_last(unsigned int bucket);

#endif
