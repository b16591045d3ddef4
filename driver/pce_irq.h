/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: interrupts.
 */
#ifndef PCE_IRQ_H
#define PCE_IRQ_H

#include <linux/list.h>
#include <linux/types.h>

struct pce_device;

/**
 * struct pce_irq - the interrupts of a device
 * @event_vector: MSI-X vector of events
 * @shared: queue pairs and events have the same vector
 * @hotplug: told when a CPU comes online
 */
struct pce_irq {
	unsigned int event_vector;
	bool shared;
	struct hlist_node hotplug;
};

int pce_irq_init(void);
void pce_irq_exit(void);
int pce_irq_setup(struct pce_device *pce);

#endif /* PCE_IRQ_H */
