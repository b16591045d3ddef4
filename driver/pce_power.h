/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: power management.
 */
#ifndef PCE_POWER_H
#define PCE_POWER_H

#include <linux/pm.h>
#include <linux/types.h>

struct pce_device;

/**
 * struct pce_power - the sleep of an idle device
 * @seen_requests: all there were when it was last checked whether it is idle
 * @sleeps: times that it went to sleep
 * @autosuspend: the driver allowed it to sleep, not user space
 */
struct pce_power {
	u64 seen_requests;
	u64 sleeps;
	bool autosuspend;
};

extern const struct dev_pm_ops pce_pm_ops;

int pce_start(struct pce_device *pce);
int pce_start_after_reset(struct pce_device *pce);
void pce_stop(struct pce_device *pce);
void pce_power_start(struct pce_device *pce, unsigned int autosuspend_ms);
void pce_power_stop(struct pce_device *pce);

#endif /* PCE_POWER_H */
