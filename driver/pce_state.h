/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: the state of a device.
 */
#ifndef PCE_STATE_H
#define PCE_STATE_H

#include <linux/types.h>

struct pce_device;

/**
 * enum pce_state - the state of a device
 * @PCE_STOPPED: at rest: not started yet, suspended, about to be reset or removed
 * @PCE_STARTING: is being reset and set up
 * @PCE_RUNNING: serves requests
 * @PCE_STOPPING: takes no more requests; those that it has are ended
 * @PCE_ASLEEP: at rest because it was idle; a request wakes it
 * @PCE_RETIRED: at rest because it failed; a reset through sysfs, or one by the PCI
 *	core's error recovery, gives it another chance
 * @PCE_STATES: number of states
 */
enum pce_state {
	PCE_STOPPED,
	PCE_STARTING,
	PCE_RUNNING,
	PCE_STOPPING,
	PCE_ASLEEP,
	PCE_RETIRED,
	PCE_STATES
};

void pce_state_init(struct pce_device *pce);
void pce_state_change(struct pce_device *pce, enum pce_state to);
const char *pce_state_name(enum pce_state state);
void pce_state_fail(struct pce_device *pce, const char *why);
int pce_state_wake(struct pce_device *pce);
int pce_state_settle(struct pce_device *pce);

#if IS_ENABLED(CONFIG_KUNIT)
void pce_state_complain(enum pce_state from, enum pce_state to);
#endif

#endif /* PCE_STATE_H */
