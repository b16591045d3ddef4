/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: files in debugfs.
 */
#ifndef PCE_DEBUGFS_H
#define PCE_DEBUGFS_H

struct pce_device;

void pce_debugfs_init(void);
void pce_debugfs_exit(void);
void pce_debugfs_add(struct pce_device *pce);
void pce_debugfs_remove(struct pce_device *pce);

#endif /* PCE_DEBUGFS_H */
