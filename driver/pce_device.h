/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: one device.
 */
#ifndef PCE_DEVICE_H
#define PCE_DEVICE_H

#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/wait.h>

#include "pce_abi.h"
#include "pce_caps.h"
#include "pce_irq.h"
#include "pce_power.h"
#include "pce_queue.h"
#include "pce_recover.h"
#include "pce_registry.h"
#include "pce_rng.h"
#include "pce_session.h"
#include "pce_state.h"

/**
 * struct pce_device - one device
 * @pdev: its PCI function
 * @regs: BAR 0
 * @mutex: held by who starts, stops or recovers the device
 * @state: enum pce_state; written by pce_state_change() under @mutex
 * @state_changed: woken at every change of @state
 * @failure: why it has to be taken out of service or was, or NULL
 * @queues: queue pairs
 * @nr_queues: number of those
 * @cpu_queue: queue pair of each CPU
 * @caps: what the device offers
 * @order: log2 of the entries in our rings
 * @moderation: of each queue pair's interrupt
 * @irq: interrupts
 * @entry: the device in the registry
 * @bindings: sessions that are bound to it
 * @recovery: watchdogs and resets
 * @power: its own sleep
 * @rng: random numbers, or NULL
 * @random: counters of those
 * @debugfs: directory
 *
 * Each of the embedded structures belongs to the file that declares it.
 */
struct pce_device {
	struct pci_dev *pdev;
	void __iomem *regs;

	struct mutex mutex;	/* starting, stopping, recovering */
	enum pce_state state;
	wait_queue_head_t state_changed;
	const char *failure;

	struct pce_queue *queues;
	unsigned int nr_queues;
	struct pce_queue **cpu_queue;

	struct pce_caps caps;
	unsigned int order;
	u32 moderation;

	struct pce_irq irq;
	struct pce_entry entry;
	struct pce_bindings bindings;
	struct pce_recovery recovery;
	struct pce_power power;

	struct pce_rng *rng;
	struct pce_rng_stats random;

	struct dentry *debugfs;
};

int pce_device_start(struct pce_device *pce);
void pce_device_stop(struct pce_device *pce);
void pce_device_sleep(struct pce_device *pce);
void pce_device_retire(struct pce_device *pce);
int pce_device_restart(struct pce_device *pce);
void pce_device_forgive(struct pce_device *pce);

#endif /* PCE_DEVICE_H */
