/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: what to do when a device does not do its work.
 */
#ifndef PCE_RECOVER_H
#define PCE_RECOVER_H

#include <linux/bitmap.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "pce_abi.h"

struct pce_device;
struct pce_queue;

/**
 * struct pce_recovery - failures of a device
 * @pending: queue pairs that have to be reset
 * @resets: device resets so far
 * @bus_errors: times that it was stopped by the PCI core's error recovery
 * @fruitless: device resets since a request was completed
 * @service: work that serves events and resets queue pairs and the device
 */
struct pce_recovery {
	DECLARE_BITMAP(pending, PCE_LIMIT_QUEUES);
	u64 resets;
	u64 bus_errors;
	unsigned int fruitless;
	struct work_struct service;
};

int pce_recover_init(struct pce_device *pce);
void pce_recover_watchdog(struct work_struct *work);
void pce_recover_service(struct pce_device *pce);

#if IS_ENABLED(CONFIG_KUNIT)
int pce_recover_queue(struct pce_queue *q);
#endif

#endif /* PCE_RECOVER_H */
