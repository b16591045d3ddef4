/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: requests of the crypto API.
 */
#ifndef PCE_REQUEST_H
#define PCE_REQUEST_H

#include <linux/crypto.h>
#include <linux/dma-direction.h>
#include <linux/scatterlist.h>

#include "pce.h"
#include "pce_key.h"
#include "pce_queue.h"

struct pce_request;

/**
 * struct pce_request_ops - what the algorithms of one kind have in common
 * @fallback: do all of @req by software, now; @flags: CRYPTO_TFM_REQ_*
 * @success: the device did @req
 */
struct pce_request_ops {
	int (*fallback)(struct pce_request *req, u32 flags);
	void (*success)(struct pce_request *req);
};

/**
 * struct pce_side - source or destination
 * @sg: scatterlist
 * @nents: entries that hold the request's bytes
 * @mapped: entries after mapping
 * @addr: where the only entry was mapped, if @nents is 1
 */
struct pce_side {
	struct scatterlist *sg;
	int nents;
	int mapped;
	dma_addr_t addr;
};

/**
 * struct pce_request - a request of the crypto API
 * @job: it, as the queue pair sees it
 * @base: it, as the crypto API sees it
 * @ops: its kind
 * @key: its key
 * @pce: the device that it was submitted to
 * @src: source
 * @dst: destination; in place if its list is that of the source
 * @iv: initialisation vector, or NULL
 * @flags: PCE_SQE_DECRYPT or 0
 */
struct pce_request {
	struct pce_job job;
	struct crypto_async_request *base;
	const struct pce_request_ops *ops;
	struct pce_key *key;
	struct pce_device *pce;
	struct pce_side src;
	struct pce_side dst;
	const u8 *iv;
	u8 flags;
};

extern const struct pce_job_ops pce_request_ops;

int pce_request_run(struct pce_request *req);

#if IS_ENABLED(CONFIG_KUNIT)
int pce_request_count(struct pce_side *side, u32 length);
int pce_request_map(struct device *dev, struct pce_side *side, u32 length,
		    enum dma_data_direction dir);
bool pce_request_unify(struct pce_request *req);
u8 pce_request_describe(const struct pce_side *side, u32 length,
			struct pce_segment *table, dma_addr_t table_dma,
			__le64 *addr, __le16 *segments);
int pce_request_verdict(const struct pce_request *req);
#endif

#endif /* PCE_REQUEST_H */
