/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: what the whole module shares.
 *
 * Each file calls only files of the same layer or of one below it: see the picture in
 * Documentation/driver.rst, which a test suite checks.  What has ended comes up through
 * struct pce_job_ops and the function given to pce_flow_setup().
 */
#ifndef PCE_H
#define PCE_H

#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/workqueue.h>

#include "pce_abi.h"

/* Module parameters that more than one file looks at */
extern int pce_priority;
extern int pce_min_len;
extern unsigned int pce_timeout_ms;	/* read it by pce_timeout() */
extern bool pce_enospc;
extern unsigned int pce_self_check;

/* How long a request may take, in milliseconds; never 0 */
static inline unsigned int pce_timeout(void)
{
	return max(READ_ONCE(pce_timeout_ms), 1u);
}

/* Watchdogs, events and resets; has a rescuer, for disk encryption waits on it */
extern struct workqueue_struct *pce_workqueue;

/**
 * enum pce_counter - what the module counts over all devices
 * @PCE_COUNT_REQUESTS: requests that a device took
 * @PCE_COUNT_BYTES: and their length
 * @PCE_COUNT_BUSY: requests answered by -EBUSY, that is, queued in a backlog
 * @PCE_COUNT_ENOSPC: requests refused by -ENOSPC
 * @PCE_COUNT_DEFERRED: requests that software served after they had waited their turn
 * @PCE_COUNT_EIO: requests that failed because what a device did to their
 *	destination is not known
 * @PCE_COUNT_CHECKED: results compared with those of software
 * @PCE_COUNT_UNCHECKED: not compared, though it was their turn: too long, or there
 *	was no memory
 * @PCE_COUNT_WRONG: results that were not those of software
 * @PCE_FALLBACK_SMALL: served by software: shorter than min_len
 * @PCE_FALLBACK_NO_DEVICE: no device at the moment
 * @PCE_FALLBACK_UNSUPPORTED: no device has this key size, or what else is needed;
 *	or the request is not valid
 * @PCE_FALLBACK_SEGMENTS: scatterlist with more entries than a table has
 * @PCE_FALLBACK_LARGE: longer than the device or DMA mapping can do
 * @PCE_FALLBACK_MEMORY: could not be mapped for DMA
 * @PCE_FALLBACK_RESET: queue being reset, before or after it was submitted
 * @PCE_FALLBACK_ERROR: completed with an error that is not the caller's
 * @PCE_COUNTERS: number of counters
 */
enum pce_counter {
	PCE_COUNT_REQUESTS,
	PCE_COUNT_BYTES,
	PCE_COUNT_BUSY,
	PCE_COUNT_ENOSPC,
	PCE_COUNT_DEFERRED,
	PCE_COUNT_EIO,
	PCE_COUNT_CHECKED,
	PCE_COUNT_UNCHECKED,
	PCE_COUNT_WRONG,
	PCE_FALLBACK_SMALL,
	PCE_FALLBACK_NO_DEVICE,
	PCE_FALLBACK_UNSUPPORTED,
	PCE_FALLBACK_SEGMENTS,
	PCE_FALLBACK_LARGE,
	PCE_FALLBACK_MEMORY,
	PCE_FALLBACK_RESET,
	PCE_FALLBACK_ERROR,
	PCE_COUNTERS
};

extern const char * const pce_counter_names[PCE_COUNTERS];

struct pce_counters {
	u64 value[PCE_COUNTERS];
};

DECLARE_PER_CPU(struct pce_counters, pce_counters);

u64 pce_counter_sum(enum pce_counter counter);

static inline void pce_count_add(enum pce_counter counter, u64 n)
{
	this_cpu_add(pce_counters.value[counter], n);
}

static inline void pce_count(enum pce_counter counter)
{
	this_cpu_inc(pce_counters.value[counter]);
}

#endif /* PCE_H */
