/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: the device's fault plan, as a file.
 */
#ifndef PCE_FAULT_H
#define PCE_FAULT_H

struct pce_device;

void pce_fault_add(struct pce_device *pce);

#endif /* PCE_FAULT_H */
