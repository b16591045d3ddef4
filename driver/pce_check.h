/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: results of the device, checked by software.
 */
#ifndef PCE_CHECK_H
#define PCE_CHECK_H

#include <linux/types.h>

#include "pce_request.h"

void pce_check_begin(struct pce_request *req);
void pce_check_abandon(struct pce_request *req);
void pce_check_record(struct pce_request *req,
		      const struct pce_hash_state *record);
int pce_check_end(struct pce_request *req, enum pce_verdict verdict, u32 flags);

#endif /* PCE_CHECK_H */
