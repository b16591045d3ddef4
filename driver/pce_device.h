/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: one device.
 */
#ifndef PCE_DEVICE_H
#define PCE_DEVICE_H

#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/wait.h>

#include "pce_abi.h"
#include "pce_queue.h"

struct pce_rng;

/**
 * struct pce_rng_stats - what came of asking for random numbers
 * @bytes: that the device gave and that passed the tests
 * @errors: requests that failed
 * @repeats: requests whose bytes failed the tests
 */
struct pce_rng_stats {
	u64 bytes;
	u64 errors;
	u64 repeats;
};

/**
 * struct pce_device - one device
 * @pdev: its PCI function
 * @regs: BAR 0
 * @mutex: starting, stopping, recovering
 * @started: queues are set up; under @mutex
 * @asleep: it sleeps because it is idle, or is on the way there or back; written
 *	under @mutex
 * @awake: who waits for the end of that
 * @seen_requests: all there were when it was last looked whether it is idle
 * @sleeps: times that it went to sleep
 * @queues: queue pairs
 * @nr_queues: number of those
 * @cpu_queue: queue pair of each CPU
 * @version: of the specification that it follows
 * @alg_info: what it offers of each algorithm: PCE_ALG_INFO_*
 * @features: PCE_FEATURE_*
 * @min_order: log2 of the entries in its smallest ring
 * @max_order: ... and in its largest
 * @order: ... and in ours
 * @max_segments: entries in a segment table of ours
 * @max_length: longest request
 * @moderation: of each queue pair's interrupt
 * @event_vector: MSI-X vector of events
 * @sick: queue pairs to reset
 * @resets: device resets so far
 * @bus_errors: times that it was stopped by the PCI core's error recovery
 * @vain_resets: device resets, since a request was completed; 0 if none was needed
 * @give_up: why it is to be taken out of service, or NULL
 * @out_of_service: why it was, or NULL; under @mutex
 * @service: work that serves events and resets what is sick
 * @node: in the list of live devices, or of those that sleep; pce_key.c
 * @keys: keys mapped for this device; pce_key.c
 * @nr_keys: number of those; pce_key.c
 * @answers: registers may be accessed; pce_key.c
 * @rng: random numbers, or NULL; pce_rng.c
 * @random: counters of those
 * @debugfs: directory
 */
struct pce_device {
	struct pci_dev *pdev;
	void __iomem *regs;

	struct mutex mutex;	/* starting, stopping, recovering */
	bool started;

	bool asleep;
	wait_queue_head_t awake;
	u64 seen_requests;
	u64 sleeps;

	struct pce_queue *queues;
	unsigned int nr_queues;
	struct pce_queue **cpu_queue;

	u32 version;
	u32 alg_info[PCE_LIMIT_ALGS];
	u32 features;
	unsigned int min_order;
	unsigned int max_order;
	unsigned int order;
	u32 max_segments;
	u32 max_length;
	u32 moderation;
	unsigned int event_vector;

	DECLARE_BITMAP(sick, PCE_LIMIT_QUEUES);
	u64 resets;
	u64 bus_errors;
	unsigned int vain_resets;
	const char *give_up;
	const char *out_of_service;
	struct work_struct service;

	struct list_head node;
	struct list_head keys;
	unsigned int nr_keys;
	bool answers;

	struct pce_rng *rng;
	struct pce_rng_stats random;

	struct dentry *debugfs;
};

/* pce_device.c */
u32 pce_read(struct pce_device *pce, unsigned int reg);
void pce_write(struct pce_device *pce, unsigned int reg, u32 value);
int pce_device_start(struct pce_device *pce);
void pce_device_stop(struct pce_device *pce);
void pce_device_sleep(struct pce_device *pce);

/* pce_power.c */
extern const struct dev_pm_ops pce_pm_ops;
int pce_start(struct pce_device *pce);
void pce_stop(struct pce_device *pce);
void pce_power_wake(struct pce_device *pce);
int pce_power_wait(struct pce_device *pce);
void pce_power_start(struct pce_device *pce, unsigned int autosuspend_ms);
void pce_power_stop(struct pce_device *pce);

/* pce_caps.c */
int pce_caps_read(struct pce_device *pce);

/* pce_irq.c */
int pce_irq_setup(struct pce_device *pce);

/* pce_recover.c */
int pce_recover_init(struct pce_device *pce);
int pce_recover_start(struct pce_device *pce);
void pce_recover_give_up(struct pce_device *pce, const char *why);

/* pce_debugfs.c */
void pce_debugfs_init(void);
void pce_debugfs_exit(void);
void pce_debugfs_add(struct pce_device *pce);
void pce_debugfs_remove(struct pce_device *pce);

/* pce_fault.c */
void pce_fault_add(struct pce_device *pce);

#endif /* PCE_DEVICE_H */
