/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: the devices that can serve requests.
 */
#ifndef PCE_REGISTRY_H
#define PCE_REGISTRY_H

#include <linux/list.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

#include "pce_abi.h"

struct pce_device;

/**
 * struct pce_entry - a device in the registry
 * @node: in one of the lists of devices
 * @users: bindings to this device, for an even distribution
 */
struct pce_entry {
	struct list_head node;
	unsigned int users;
};

/**
 * struct pce_want - what somebody needs a device for
 * @alg: algorithm
 * @auth_alg: second algorithm, or PCE_ALG_NONE
 * @info: PCE_ALG_INFO_* that it must have for @alg
 */
struct pce_want {
	enum pce_alg alg;
	enum pce_alg auth_alg;
	u32 info;
};

/* Protects the lists of devices, and who is bound to which of them */
extern spinlock_t pce_registry_lock;

void pce_registry_add(struct pce_device *pce);
void pce_registry_add_sleeping(struct pce_device *pce);
void pce_registry_remove(struct pce_device *pce);
void pce_registry_changed(void);
u32 pce_registry_epoch(void);
struct pce_device *pce_registry_find(const struct pce_want *want);
bool pce_registry_wake(const struct pce_want *want);
bool pce_registry_has_running(void);
bool pce_algs_offered(const u32 *alg_info, enum pce_alg alg,
		      enum pce_alg auth_alg);

#endif /* PCE_REGISTRY_H */
