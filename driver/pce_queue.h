/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: the life of a queue pair.
 */
#ifndef PCE_QUEUE_H
#define PCE_QUEUE_H

#include "pce_ring.h"

int pce_queue_alloc(struct pce_queue *q);
int pce_queue_start(struct pce_queue *q);
void pce_queue_close(struct pce_queue *q);
int pce_queue_command(struct pce_queue *q, enum pce_queue_cmd cmd);
int pce_queue_rest(struct pce_queue *q, unsigned int timeout_ms);
void pce_queue_finish(struct pce_queue *q);
int pce_queue_reset(struct pce_queue *q);
int pce_queue_run(struct pce_queue *q);

#endif /* PCE_QUEUE_H */
