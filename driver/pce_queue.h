/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: queue pairs.
 *
 * pce_ring.c moves jobs through the rings, pce_queue.c sets queues up and takes
 * them down.  Neither knows what a job is about.
 */
#ifndef PCE_QUEUE_H
#define PCE_QUEUE_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "pce_abi.h"

struct dma_pool;
struct pce_device;
struct pce_job;

/**
 * enum pce_outcome - what became of a job
 * @PCE_JOB_DONE: the device completed it; status, written and result are valid
 * @PCE_JOB_UNTOUCHED: the device did not begin it and never will
 * @PCE_JOB_UNKNOWN: the device may have done any part of it
 * @PCE_JOB_NOT_MADE: the ops' fill() failed; error is valid
 */
enum pce_outcome {
	PCE_JOB_DONE,
	PCE_JOB_UNTOUCHED,
	PCE_JOB_UNKNOWN,
	PCE_JOB_NOT_MADE,
};

/**
 * struct pce_job - a request as a queue pair sees it
 * @node: in a backlog, or in a list of ended jobs; free to its owner else
 * @collect: call ops->collect(); may be set by ops->fill()
 * @backlogged: is in the backlog, and its owner waits to hear that it left it
 * @outcome: what became of it
 * @status: enum pce_status
 * @error: of fill()
 * @length: bytes of text; set by the owner
 * @expected: bytes that the device writes if all goes well; set by the owner
 * @written: bytes that the device says it wrote; never more than @expected
 * @result: next IV
 */
struct pce_job {
	struct list_head node;
	bool collect;
	bool backlogged;
	u8 outcome;
	u8 status;
	int error;
	u32 length;
	u32 expected;
	u32 written;
	u8 result[PCE_CQE_RESULT_SIZE];
};

/**
 * union pce_extra - what an entry has no room for
 * @iv: long initialisation vector
 * @state: state record of a hash
 */
union pce_extra {
	u8 iv[PCE_INDIRECT_IV_SIZE];
	struct pce_hash_state state;
};

/**
 * struct pce_slot - what belongs to a tag
 * @job: the job in flight under this tag, or NULL
 * @index: of its submission entry
 * @since: jiffies when it was submitted
 * @table: room for two segment tables, source and destination
 * @table_dma: the device's address of it
 * @extra: what the entry refers to; coherent, as the tables are
 * @extra_dma: the device's address of it
 */
struct pce_slot {
	struct pce_job *job;
	u32 index;
	unsigned long since;
	struct pce_segment *table;
	dma_addr_t table_dma;
	union pce_extra *extra;
	dma_addr_t extra_dma;
};

/**
 * struct pce_job_ops - the layer above
 * @fill: describe @job in @sqe, all of it save tag and phase.  Under the queue's
 *	lock.  On failure the job is ended as PCE_JOB_NOT_MADE or, when it is being
 *	submitted, handed back with this error.
 * @collect: the device has completed @job, which wants this: take what it left in
 *	the slot's extra area, which the next job gets.  Under the queue's lock.
 * @begun: @job went from the backlog to the ring.  No lock, bottom halves off.
 * @end: the job is over and the queue has forgotten it; if @job->backlogged is
 *	set, begun() was not called.  No lock, bottom halves off.
 */
struct pce_job_ops {
	int (*fill)(struct pce_job *job, struct pce_sqe *sqe,
		    const struct pce_slot *slot);
	void (*collect)(struct pce_job *job, const struct pce_slot *slot);
	void (*begun)(struct pce_job *job);
	void (*end)(struct pce_job *job);
};

/* Plain numbers: each is written under the queue's lock or by one handler */
struct pce_queue_stats {
	u64 requests;
	u64 bytes;
	u64 completions;
	u64 doorbells;
	u64 interrupts;
	u64 backlogged;
	u64 full;
	u64 errors;
	u64 auth_failures;
	u64 bad_completions;
	u64 resets;
	u64 lost_interrupts;
};

/* What went wrong last */
#define PCE_ERRORS		8

/**
 * struct pce_error - something that went wrong on a queue pair
 * @when: boot time
 * @what: in words, a constant
 * @index: of the entry that it was about, in its ring
 * @ctrl: last word of the completion, or 0
 */
struct pce_error {
	ktime_t when;
	const char *what;
	u32 index;
	u32 ctrl;
};

/**
 * struct pce_queue - a queue pair
 * @lock: taken with bottom halves off; protects all down to @stats
 * @live: takes submissions
 * @broken: the device wrote a completion that cannot be true
 * @watched: the watchdog is running
 * @order: log2 of the entries in each ring
 * @sq_tail: submitted so far
 * @cq_head: completions consumed so far
 * @cq_event: completion that the device was asked to interrupt for
 * @length: bytes of text in flight
 * @free: number of free tags
 * @free_tags: stack of them
 * @slots: by tag
 * @backlog: jobs that wait for a tag, the oldest first; empty while @free
 * @errors: the last ones, by number
 * @nr_errors: so many in all
 * @stats: counters
 * @ops: the layer above
 * @says_index: completions have the index of their entry
 * @sq: submission ring
 * @cq: completion ring
 * @shadow: shadow record
 * @regs: register page
 * @reap_work: bottom half
 * @watchdog: looks for jobs that do not come back
 * @seen_head: @cq_head when the watchdog last looked
 * @dma: the device's address of the rings and the shadow record: one block
 * @tables: pool of the slots' segment tables
 * @extras: pool of the slots' extra areas
 * @device: the device that it is part of
 * @name: name of that
 * @id: number in it
 * @vector: MSI-X vector in the device's table
 */
struct pce_queue {
	spinlock_t lock;	/* with bottom halves off; down to stats */
	bool live;
	bool broken;
	bool watched;
	u8 order;
	u32 sq_tail;
	u32 cq_head;
	u32 cq_event;
	u64 length;
	u32 free;
	u16 *free_tags;
	struct pce_slot *slots;
	struct list_head backlog;
	struct pce_error errors[PCE_ERRORS];
	u32 nr_errors;
	struct pce_queue_stats stats;

	const struct pce_job_ops *ops;
	bool says_index;
	struct pce_sqe *sq;
	struct pce_cqe *cq;
	struct pce_shadow *shadow;
	void __iomem *regs;
	struct work_struct reap_work;

	struct delayed_work watchdog;
	u32 seen_head;

	dma_addr_t dma;
	struct dma_pool *tables;
	struct dma_pool *extras;
	struct pce_device *device;
	const char *name;
	unsigned int id;
	unsigned int vector;
};

static inline u32 pce_queue_size(const struct pce_queue *q)
{
	return 1u << q->order;
}

static inline u32 pce_queue_in_flight(const struct pce_queue *q)
{
	return pce_queue_size(q) - q->free;
}

/* pce_ring.c */
void pce_ring_reset(struct pce_queue *q);
int pce_ring_submit(struct pce_queue *q, struct pce_job *job,
		    bool may_backlog);
unsigned int pce_ring_reap(struct pce_queue *q, unsigned int budget);
void pce_ring_bottom_half(struct work_struct *work);
void pce_ring_note(struct pce_queue *q, const char *what, u32 index, u32 ctrl);
bool pce_ring_pending(const struct pce_queue *q);
void pce_ring_flush(struct pce_queue *q);
bool pce_ring_overdue(struct pce_queue *q, unsigned long timeout);

/* pce_queue.c */
u32 pce_queue_read(struct pce_queue *q, unsigned int reg);
void pce_queue_write(struct pce_queue *q, unsigned int reg, u32 value);
int pce_queue_alloc(struct pce_queue *q);
int pce_queue_start(struct pce_queue *q);
void pce_queue_close(struct pce_queue *q);
int pce_queue_command(struct pce_queue *q, enum pce_queue_cmd cmd);
int pce_queue_rest(struct pce_queue *q, unsigned int timeout_ms);
void pce_queue_finish(struct pce_queue *q);
int pce_queue_recover(struct pce_queue *q);

#endif /* PCE_QUEUE_H */
