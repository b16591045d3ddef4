/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stand-in for the device: registers that the driver's accessors are redirected
 * to, and rings in plain memory that a test works on from the device's side.
 *
 * It does nothing by itself: a test says when it fetches and completes, so that
 * every order of events can be had.
 */
#ifndef PCE_FAKE_H
#define PCE_FAKE_H

#include <kunit/test.h>
#include <linux/jiffies.h>

#include "../pce_device.h"
#include "../pce_queue.h"

/**
 * struct pce_fake - the device, with one queue pair
 * @pdev: PCI function that was never on a bus; its memory is mapped one to one
 * @pce: the driver's view of it
 * @q: the driver's view of the queue pair
 * @state: PCE_QSTATE_*
 * @fetched: entries taken from the submission ring
 * @written: completions written
 * @doorbells: written by the driver
 * @invalidated: commands to forget a key
 * @watched: runs of the watchdog, which does nothing
 * @serviced: runs of the service work, which does nothing
 * @deaf: commands are not obeyed
 */
struct pce_fake {
	struct pci_dev pdev;
	struct pce_device pce;
	struct pce_queue q;
	u32 state;
	u32 fetched;
	u32 written;
	unsigned int doorbells;
	unsigned int invalidated;
	atomic_t watched;
	atomic_t serviced;
	bool deaf;
};

struct pce_fake *pce_fake_create(struct kunit *test, u8 order,
				 const struct pce_job_ops *ops);
void pce_fake_destroy(struct pce_fake *fake);

u32 pce_fake_fetch(struct pce_fake *fake);
struct pce_sqe *pce_fake_sqe(struct pce_fake *fake, u32 index);
void pce_fake_complete_tag(struct pce_fake *fake, u32 tag, u32 status,
			   u32 length, const u8 *result);
void pce_fake_complete(struct pce_fake *fake, u32 index, u32 status);

/* With bottom halves off, as the driver's upper layer calls them */
unsigned int pce_fake_reap(struct pce_fake *fake, unsigned int max);
void pce_fake_interrupt(struct pce_fake *fake);

/**
 * pce_fake_age() - make a flow as if it had handed back its last job some time ago
 * @flow: flow
 * @ago: jiffies since then; negative: it remains recent for as long
 */
static inline void pce_fake_age(struct pce_flow *flow, long ago)
{
	flow->since = jiffies - ago;
}

/**
 * pce_fake_recover() - reset a queue pair and start it again
 * @q: queue pair of a fake
 *
 * Return: 0 or a negative error number.
 */
static inline int pce_fake_recover(struct pce_queue *q)
{
	return pce_queue_reset(q) ?: pce_queue_run(q);
}

/* Long enough for a flow to be idle */
#define PCE_FAKE_LONG_AGO	(PCE_FLOW_QUIET + 1)

#endif /* PCE_FAKE_H */
