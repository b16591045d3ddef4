/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: requests of the crypto API.
 */
#ifndef PCE_REQUEST_H
#define PCE_REQUEST_H

#include <linux/crypto.h>
#include <linux/dma-direction.h>
#include <linux/scatterlist.h>
#include <linux/string.h>

#include "pce.h"
#include "pce_ring.h"
#include "pce_session.h"

struct pce_request;

/* The fallback must be synchronous and must not allocate memory, like this driver */
#define PCE_FALLBACK_MASK	(CRYPTO_ALG_ASYNC | CRYPTO_ALG_NEED_FALLBACK | \
				 CRYPTO_ALG_ALLOCATES_MEMORY)

/*
 * The fastest software may be asynchronous, as code for CPU instructions is that cannot
 * use them in every context.  It must not be another device.
 */
#define PCE_FAST_MASK		(CRYPTO_ALG_NEED_FALLBACK | \
				 CRYPTO_ALG_KERN_DRIVER_ONLY | \
				 CRYPTO_ALG_ALLOCATES_MEMORY)

/**
 * struct pce_request_ops - what the algorithms of one kind have in common
 * @fallback: do all of @req by software, synchronously, on its source and destination
 *	(not the caller's: they may be copies); @flags: CRYPTO_TFM_REQ_*.  NULL: there
 *	is no such software.
 * @fast: start @req on the fastest software there is, which may be asynchronous; it
 *	calls @done then.  Return what the crypto API returns.
 * @load: write the state record; HASH and MAC only.  Under the queue's lock.
 * @store: take the state record, or digest, that the device left; HASH and MAC
 *	only.  Under the queue's lock.
 * @agrees: return true if the record that the device left is what @fallback has come
 *	to, the request being over.  HASH and MAC only.
 * @return_iv: the device has done @req: leave in the caller's vector what software
 *	leaves there; only if the device does not return it
 */
struct pce_request_ops {
	int (*fallback)(struct pce_request *req, u32 flags);
	int (*fast)(struct pce_request *req, u32 flags,
		    crypto_completion_t done, void *data);
	void (*load)(struct pce_request *req, struct pce_hash_state *state);
	void (*store)(struct pce_request *req,
		      const struct pce_hash_state *state);
	bool (*agrees)(const struct pce_request *req,
		       const struct pce_hash_state *state);
	void (*return_iv)(struct pce_request *req);
};

/**
 * struct pce_side - source or destination
 * @sg: scatterlist; not looked at if @length is 0
 * @length: the request's bytes in it
 * @nents: entries that hold them
 * @mapped: entries after mapping
 * @addr: where the only entry was mapped, if @nents is 1
 */
struct pce_side {
	struct scatterlist *sg;
	u32 length;
	int nents;
	int mapped;
	dma_addr_t addr;
};

/**
 * struct pce_request - a request of the crypto API
 * @job: it, as the queue pair sees it
 * @base: it, as the crypto API sees it
 * @ops: its kind
 * @session: of its transform; NULL: @pce and the job's flow are set, and the opcode
 *	needs no key
 * @pce: the device that it was submitted to
 * @check: what it takes to check it, or NULL; pce_check.c
 * @has_fast: @ops->fast is there for this transform
 * @reason: counter of the reason why software serves it
 * @overlap: source and destination are not the same, but share some of the text
 * @src: source, all that the device reads
 * @dst: destination, all that the device writes; in place if its list is that of
 *	the source.  HASH, MAC: none, it is the slot's state record.
 * @iv: initialisation vector, zeros at its end
 * @aad_length: bytes of associated data
 * @needs: PCE_ALG_INFO_* that the algorithm must have for it
 * @op_flags: PCE_AEAD_*, PCE_HASH_*
 * @opcode: PCE_OP_*
 * @flags: PCE_SQE_DECRYPT, PCE_SQE_IV_INDIRECT
 * @auth_length: bytes of tag or digest
 * @next_iv_size: bytes of the completion's result that the caller's IV becomes
 * @next_iv: where that is, if it is any
 *
 * The algorithm sets all but @check, @overlap, @reason, and @pce of a request with a
 * session.  They are unchanged when software serves the request, except that two lists
 * in place have become one, and that the lists of a request that is checked are copies.
 */
struct pce_request {
	struct pce_job job;
	struct crypto_async_request *base;
	const struct pce_request_ops *ops;
	struct pce_session *session;
	struct pce_device *pce;
	struct pce_check *check;
	bool overlap;
	bool has_fast;
	u8 reason;
	struct pce_side src;
	struct pce_side dst;
	u8 iv[PCE_INDIRECT_IV_SIZE];
	u32 aad_length;
	u32 needs;
	u16 op_flags;
	u8 opcode;
	u8 flags;
	u8 auth_length;
	u8 next_iv_size;
	u8 *next_iv;
};

/**
 * struct pce_iv_form - what the device's initialisation vector is made of
 * @lead: first byte, if not 0
 * @salt: bytes at the end of the key, which come next
 * @counter: last byte of a block, after the caller's vector
 */
struct pce_iv_form {
	u8 lead;
	u8 salt;
	u8 counter;
};

#define PCE_MAX_SALT		4

/**
 * enum pce_verdict - what the end of a job means for its request
 * @PCE_VERDICT_DONE: the device has done it
 * @PCE_VERDICT_BAD_TAG: the message is forged
 * @PCE_VERDICT_SOFTWARE: source and destination are as they were: software can do it
 * @PCE_VERDICT_DAMAGED: the source may be overwritten in part: it cannot be done again
 */
enum pce_verdict {
	PCE_VERDICT_DONE,
	PCE_VERDICT_BAD_TAG,
	PCE_VERDICT_SOFTWARE,
	PCE_VERDICT_DAMAGED,
};

extern const struct pce_job_ops pce_request_ops;

void pce_request_compose_iv(struct pce_request *req,
			    const struct pce_iv_form *form, const u8 *salt,
			    const u8 *iv, unsigned int size);
phys_addr_t pce_request_phys(struct scatterlist *sg, u32 offset);
int pce_request_run(struct pce_request *req);
int pce_request_by_software(struct pce_request *req, enum pce_counter reason);
u32 pce_request_end(struct pce_job *job);

static inline bool pce_request_in_place(const struct pce_request *req)
{
	return req->dst.length && req->src.sg == req->dst.sg;
}

/**
 * pce_request_keeps_source() - check whether a request could be done once more
 * @req: request
 *
 * Return: true if the source is whole after the destination was written.
 */
static inline bool pce_request_keeps_source(const struct pce_request *req)
{
	return !pce_request_in_place(req) && !req->overlap;
}

/**
 * pce_request_set_iv() - make the device's initialisation vector
 * @req: request, with zeros for its vector
 * @form: what it is made of
 * @salt: bytes of the key
 * @iv: the caller's vector
 * @size: bytes of it
 */
static inline void pce_request_set_iv(struct pce_request *req,
				      const struct pce_iv_form *form,
				      const u8 *salt, const u8 *iv,
				      unsigned int size)
{
	if (likely(size == PCE_SQE_IV_SIZE && !form->lead && !form->salt &&
		   !form->counter))
		memcpy(req->iv, iv, PCE_SQE_IV_SIZE);
	else
		pce_request_compose_iv(req, form, salt, iv, size);
}

#if IS_ENABLED(CONFIG_KUNIT)
int pce_request_count(struct pce_side *side);
int pce_request_map(struct pce_request *req);
u8 pce_request_describe(const struct pce_side *side, struct pce_segment *table,
			dma_addr_t table_dma, __le64 *addr, __le16 *segments);
enum pce_verdict pce_request_verdict(const struct pce_request *req);
#endif

#endif /* PCE_REQUEST_H */
