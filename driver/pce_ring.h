/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: the rings of a queue pair.
 *
 * pce_ring.c moves jobs through the rings, pce_queue.c sets queue pairs up and takes
 * them down.  Neither knows what a job is about.
 */
#ifndef PCE_RING_H
#define PCE_RING_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>

#include "pce.h"
#include "pce_abi.h"
#include "pce_flow.h"

struct dma_pool;
struct pce_device;

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
 *	lock.
 * @collect: the device has completed @job, and fill() asked for this call: take the
 *	state record from the slot, which the next job gets.  Under the queue's lock.
 * @begun: @job went from the backlog to the ring.  No lock, bottom halves off.
 */
struct pce_job_ops {
	void (*fill)(struct pce_job *job, struct pce_sqe *sqe,
		     const struct pce_slot *slot);
	void (*collect)(struct pce_job *job, const struct pce_slot *slot);
	void (*begun)(struct pce_job *job);
};

/* Plain numbers: each is written under the queue's lock or by one handler */
struct pce_queue_stats {
	u64 requests;
	u64 bytes;
	u64 completions;
	u64 doorbells;
	u64 interrupts;
	u64 backlogged;
	u64 overflowed;
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

/* Completions that are taken under one hold of the lock */
#define PCE_REAP_BATCH		64u

/* The watchdog runs twice in a timeout, and not all the time if that is very short */
static inline unsigned long pce_watch_period(void)
{
	return max(msecs_to_jiffies(pce_timeout()) / 2, 1UL);
}

/* Runs of the watchdog without progress that make a timeout */
#define PCE_WATCH_IDLE_RUNS	2

/**
 * struct pce_watch - what the watchdog has seen of a queue pair
 * @work: runs twice per timeout as long as jobs are in flight
 * @running: @work is queued, or will queue itself
 * @last_run: when it ran last, in jiffies
 * @cq_head: completions consumed at the last run
 * @sq_head: entries fetched at the last run
 * @idle_runs: runs in a row that saw no progress
 * @newest: when the newest of the completed jobs was submitted, in jiffies
 */
struct pce_watch {
	struct delayed_work work;
	bool running;
	unsigned long last_run;
	u32 cq_head;
	u32 sq_head;
	unsigned int idle_runs;
	unsigned long newest;
};

/**
 * struct pce_queue - a queue pair
 * @lock: taken with bottom halves off; protects all down to @watch
 * @live: takes submissions
 * @broken: the device wrote a false completion; nothing that follows is believed
 * @order: log2 of the entries in each ring
 * @sq_tail: entries submitted so far
 * @cq_head: completions consumed so far
 * @cq_event: completion that the device was asked to interrupt for
 * @length: bytes of text in flight
 * @free: number of free tags
 * @free_tags: stack of them
 * @slots: by tag
 * @waiting: jobs that wait for a tag, the oldest first; empty if the queue pair is
 *	live and @free is not 0
 * @nr_overflow: those of them whose callers allow no backlog
 * @errors: the last ones, by number
 * @nr_errors: so many in all
 * @stats: counters
 * @watch: of the watchdog
 * @unended: jobs that were taken and not handed back to their owners yet
 * @ops: the layer above
 * @has_index: completions contain the index of their entry
 * @sq: submission ring
 * @cq: completion ring
 * @shadow: shadow record
 * @regs: register page
 * @reap_work: bottom half
 * @reaping: @reap_work is enabled; written by who starts and stops the queue pair
 * @was_reset: it was reset since the device was started; written like @reaping
 * @dma: the device's address of the rings and the shadow record: one block
 * @tables: pool of the slots' segment tables
 * @extras: pool of the slots' extra areas
 * @device: the device that it is part of
 * @name: name of that
 * @id: number in it
 * @vector: MSI-X vector in the device's table
 */
struct pce_queue {
	spinlock_t lock;	/* with bottom halves off; down to watch */
	bool live;
	bool broken;
	u8 order;
	u32 sq_tail;
	u32 cq_head;
	u32 cq_event;
	u64 length;
	u32 free;
	u16 *free_tags;
	struct pce_slot *slots;
	struct pce_fifo waiting;
	u32 nr_overflow;
	struct pce_error errors[PCE_ERRORS];
	u32 nr_errors;
	struct pce_queue_stats stats;
	struct pce_watch watch;

	atomic_t unended ____cacheline_aligned;

	const struct pce_job_ops *ops;
	bool has_index;
	struct pce_sqe *sq;
	struct pce_cqe *cq;
	struct pce_shadow *shadow;
	void __iomem *regs;
	struct work_struct reap_work;
	bool reaping;
	bool was_reset;

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

void pce_ring_init(struct pce_queue *q, work_func_t watchdog);
void pce_ring_reset(struct pce_queue *q);
int pce_ring_submit(struct pce_queue *q, struct pce_job *job,
		    bool may_backlog);
unsigned int pce_ring_reap(struct pce_queue *q, unsigned int max,
			   struct pce_budget *budget);
void pce_ring_bottom_half(struct work_struct *work);
void pce_ring_note(struct pce_queue *q, const char *what, u32 index, u32 ctrl);
bool pce_ring_pending(const struct pce_queue *q);
bool pce_ring_interrupt_due(const struct pce_queue *q);
void pce_ring_flush(struct pce_queue *q);
bool pce_ring_overdue(const struct pce_queue *q, unsigned long timeout);

/**
 * pce_ring_ended() - a job was handed back to its owner
 * @q: queue pair that had taken it; it may be freed during this call
 */
static inline void pce_ring_ended(struct pce_queue *q)
{
	if (atomic_dec_and_test(&q->unended))
		wake_up_var(&q->unended);	/* only uses the address */
}

#endif /* PCE_RING_H */
