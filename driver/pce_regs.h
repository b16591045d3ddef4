/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: access to registers.
 */
#ifndef PCE_REGS_H
#define PCE_REGS_H

#include <linux/types.h>

struct pce_device;
struct pce_queue;

u32 pce_read(struct pce_device *pce, unsigned int reg);
void pce_write(struct pce_device *pce, unsigned int reg, u32 value);
u32 pce_queue_read(struct pce_queue *q, unsigned int reg);
void pce_queue_write(struct pce_queue *q, unsigned int reg, u32 value);

#endif /* PCE_REGS_H */
