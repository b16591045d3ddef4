/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: what a device says that it is and can do.
 */
#ifndef PCE_CAPS_H
#define PCE_CAPS_H

#include <linux/types.h>

#include "pce_abi.h"

struct pce_device;

/**
 * struct pce_caps - what a device offers, limited to what the driver uses
 * @version: of the specification that it follows
 * @alg_info: what it offers of each algorithm: PCE_ALG_INFO_*
 * @features: PCE_FEATURE_*
 * @min_order: log2 of the entries in its smallest ring
 * @max_order: ... and in its largest
 * @max_segments: entries in a segment table
 * @max_length: longest request, in bytes
 */
struct pce_caps {
	u32 version;
	u32 alg_info[PCE_LIMIT_ALGS];
	u32 features;
	unsigned int min_order;
	unsigned int max_order;
	u32 max_segments;
	u32 max_length;
};

int pce_caps_read(struct pce_device *pce);

#endif /* PCE_CAPS_H */
