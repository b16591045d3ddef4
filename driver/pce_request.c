// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: requests of the crypto API.
 *
 * A request goes to a queue pair, or software serves it at once: where there is
 * no device that could, where it would not be worth the way, or where the
 * device gave it back.  Which of these it was is counted.
 */
#include <crypto/algapi.h>
#include <linux/ctype.h>
#include <linux/dma-mapping.h>
#include <linux/string.h>

#include "pce.h"
#include "pce_check.h"
#include "pce_device.h"
#include "pce_key.h"
#include "pce_queue.h"
#include "pce_request.h"
#include "pce_trace.h"

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

/* What there is to work on */
static u64 pce_request_bytes(const struct pce_request *req)
{
	return (u64)req->aad_length + req->job.length;
}

static bool pce_request_in_place(const struct pce_request *req)
{
	return req->dst.length && req->src.sg == req->dst.sg;
}

/**
 * pce_request_keeps_source() - is the source whole after the destination was
 *	written?
 * @req: request
 *
 * Return: the answer; if not, it cannot be done once more.
 */
bool pce_request_keeps_source(const struct pce_request *req)
{
	return !pce_request_in_place(req) && !req->overlap;
}

/* Count the entries that hold the side.  Return: 0, or -EINVAL: too few. */
VISIBLE_IF_KUNIT int pce_request_count(struct pce_side *side)
{
	if (unlikely(!side->length)) {
		side->nents = 0;
		return 0;
	}
	if (likely(side->sg->length >= side->length)) {
		side->nents = 1;
		return 0;
	}
	side->nents = sg_nents_for_len(side->sg, side->length);
	return side->nents < 0 ? side->nents : 0;
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_count);

/**
 * pce_request_phys() - where a byte of a scatterlist is
 * @sg: list, longer than @offset
 * @offset: which byte
 *
 * Return: its physical address.
 */
phys_addr_t pce_request_phys(struct scatterlist *sg, u32 offset)
{
	for (; unlikely(offset >= sg->length); sg = sg_next(sg))
		offset -= sg->length;
	return sg_phys(sg) + offset;
}

/* Is all of @part, cut up in the same way, at the beginning of @whole? */
static bool pce_request_same(const struct pce_side *part,
			     const struct pce_side *whole)
{
	struct scatterlist *a = part->sg, *b = whole->sg;
	u32 rest = part->length;

	for (; sg_phys(a) == sg_phys(b); a = sg_next(a), b = sg_next(b)) {
		if (rest <= min(a->length, b->length))
			return true;
		if (a->length != b->length)
			return false;
		rest -= a->length;
	}
	return false;
}

/*
 * In place by two lists is made in place by one list.  Where that cannot be, be it
 * for another cut or because only some of the text is in place (kTLS has the end of
 * a record elsewhere), the device gets both; each byte that they share has the same
 * position in both, for so the crypto API wants it.
 * Texts that do not begin together do not overlap.  Their associated data may be the
 * same memory; they come out as they were.
 */
static void pce_request_unify(struct pce_request *req)
{
	struct pce_side *src = &req->src, *dst = &req->dst;
	u32 text = req->job.length ? req->aad_length : 0;

	req->overlap = false;
	if (src->sg == dst->sg || !src->length || !dst->length ||
	    likely(pce_request_phys(src->sg, text) !=
		   pce_request_phys(dst->sg, text)))
		return;
	if (dst->length > src->length && pce_request_same(src, dst))
		src->sg = dst->sg;
	else if (dst->length <= src->length && pce_request_same(dst, src))
		dst->sg = src->sg;
	else
		req->overlap = true;
}

/* One entry is mapped no further than the request goes */
VISIBLE_IF_KUNIT int pce_request_map(struct device *dev, struct pce_side *side,
				     enum dma_data_direction dir)
{
	struct scatterlist *sg = side->sg;

	KUNIT_STATIC_STUB_REDIRECT(pce_request_map, dev, side, dir);

	if (likely(side->nents == 1)) {
		side->addr = dma_map_page(dev, sg_page(sg), sg->offset,
					  side->length, dir);
		return dma_mapping_error(dev, side->addr) ? -ENOMEM : 0;
	}
	if (!side->nents)
		return 0;
	side->mapped = dma_map_sg(dev, sg, side->nents, dir);
	return side->mapped ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_map);

static void pce_request_unmap(struct device *dev, const struct pce_side *side,
			      enum dma_data_direction dir)
{
	if (likely(side->nents == 1))
		dma_unmap_page(dev, side->addr, side->length, dir);
	else if (side->nents)
		dma_unmap_sg(dev, side->sg, side->nents, dir);
}

/* The side that is all of a request in place: the tag is in one of them only */
static struct pce_side *pce_request_longer(struct pce_request *req)
{
	return req->dst.length > req->src.length ? &req->dst : &req->src;
}

static int pce_request_map_both(struct pce_request *req)
{
	struct device *dev = &req->pce->pdev->dev;
	int err;

	if (pce_request_in_place(req))
		return pce_request_map(dev, pce_request_longer(req),
				       DMA_BIDIRECTIONAL);

	err = pce_request_map(dev, &req->src, DMA_TO_DEVICE);
	if (err)
		return err;
	err = pce_request_map(dev, &req->dst, DMA_FROM_DEVICE);
	if (err)
		pce_request_unmap(dev, &req->src, DMA_TO_DEVICE);
	return err;
}

static void pce_request_unmap_both(struct pce_request *req)
{
	struct device *dev = &req->pce->pdev->dev;

	if (pce_request_in_place(req)) {
		pce_request_unmap(dev, pce_request_longer(req),
				  DMA_BIDIRECTIONAL);
		return;
	}
	pce_request_unmap(dev, &req->src, DMA_TO_DEVICE);
	pce_request_unmap(dev, &req->dst, DMA_FROM_DEVICE);
}

/* Write the segment table.  Return: number of segments. */
static u16 pce_request_tabulate(const struct pce_side *side,
				struct pce_segment *table)
{
	u32 length = side->length;
	struct scatterlist *sg;
	u16 n = 0;
	int i;

	for_each_sg(side->sg, sg, side->mapped, i) {
		u32 part = min(sg_dma_len(sg), length);

		if (!part)
			continue;
		table[n].addr = cpu_to_le64(sg_dma_address(sg));
		table[n].length = cpu_to_le32(part);
		table[n].reserved = 0;
		n++;
		length -= part;
	}
	return n;
}

/*
 * Where the data of one side are: directly, or by a table at @table.
 * Return: is it a table?
 */
VISIBLE_IF_KUNIT
u8 pce_request_describe(const struct pce_side *side, struct pce_segment *table,
			dma_addr_t table_dma, __le64 *addr, __le16 *segments)
{
	if (likely(side->nents <= 1)) {
		*addr = cpu_to_le64(side->nents ? side->addr : 0);
		*segments = 0;
		return false;
	}
	*addr = cpu_to_le64(table_dma);
	*segments = cpu_to_le16(pce_request_tabulate(side, table));
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_describe);

/* Return: PCE_SQE_SRC_TABLE, PCE_SQE_DST_TABLE */
static u8 pce_request_fill_data(struct pce_request *req, struct pce_sqe *sqe,
				const struct pce_slot *slot)
{
	u32 half = req->pce->max_segments;
	u8 flags = 0;

	if (pce_request_in_place(req)) {
		if (pce_request_describe(pce_request_longer(req), slot->table,
					 slot->table_dma, &sqe->src,
					 &sqe->src_segments))
			flags = PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE;
		sqe->dst = sqe->src;
		sqe->dst_segments = sqe->src_segments;
		return flags;
	}
	if (pce_request_describe(&req->src, slot->table, slot->table_dma,
				 &sqe->src, &sqe->src_segments))
		flags |= PCE_SQE_SRC_TABLE;
	if (pce_request_describe(&req->dst, slot->table + half,
				 slot->table_dma + half * sizeof(*slot->table),
				 &sqe->dst, &sqe->dst_segments))
		flags |= PCE_SQE_DST_TABLE;
	return flags;
}

/* The slot's extra area is a long IV or a state record, never both */
static void pce_request_fill_extra(struct pce_request *req, struct pce_sqe *sqe,
				   const struct pce_slot *slot)
{
	__le64 extra = cpu_to_le64(slot->extra_dma);

	memcpy(sqe->iv, req->iv, sizeof(sqe->iv));
	if (req->flags & PCE_SQE_IV_INDIRECT) {
		memcpy(slot->extra->iv, req->iv, sizeof(slot->extra->iv));
		memset(sqe->iv, 0, sizeof(sqe->iv));
		memcpy(sqe->iv, &extra, sizeof(extra));
	}
	if (req->ops->load) {
		req->ops->load(req, &slot->extra->state);
		sqe->dst = extra;
		req->job.collect = true;
	}
}

static int pce_request_fill(struct pce_job *job, struct pce_sqe *sqe,
			    const struct pce_slot *slot)
{
	struct pce_request *req = container_of(job, struct pce_request, job);
	int err;

	err = pce_request_map_both(req);
	if (unlikely(err))
		return err;

	sqe->opcode = req->opcode;
	sqe->flags = req->flags | pce_request_fill_data(req, sqe, slot);
	sqe->ctx_generation = req->key ? req->key->context.generation : 0;
	sqe->ctx = cpu_to_le64(req->key ? req->key->dma : 0);
	sqe->length = cpu_to_le32(job->length);
	sqe->aad_length = cpu_to_le32(req->aad_length);
	sqe->auth_length = req->auth_length;
	sqe->unit_order = 0;
	sqe->op_flags = cpu_to_le16(req->op_flags);
	pce_request_fill_extra(req, sqe, slot);
	return 0;
}

static void pce_request_collect(struct pce_job *job,
				const struct pce_slot *slot)
{
	struct pce_request *req = container_of(job, struct pce_request, job);
	struct pce_hash_state *state = &slot->extra->state;

	if (unlikely(req->check))
		pce_check_record(req, state);
	else if (job->status == PCE_STATUS_OK && job->written == job->expected)
		req->ops->store(req, state);
	/* The state of an HMAC is as good as its key */
	memzero_explicit(state, sizeof(*state));
}

/**
 * pce_request_fallback() - do a request by software
 * @req: as pce_request_run()
 * @reason: counter
 * @flags: CRYPTO_TFM_REQ_*
 *
 * Return: what the software does.
 */
int pce_request_fallback(struct pce_request *req, enum pce_counter reason,
			 u32 flags)
{
	pce_count(reason);
	trace_pce_fallback(req, reason);
	return req->ops->fallback(req, flags);
}

/*
 * What a job that ended comes to, after the specification's classes of status.
 * Return: 0: done; -EBADMSG: the tag is wrong; -EAGAIN: source and destination
 * are as they were, serve it by software; -EIO: they may not be.
 */
VISIBLE_IF_KUNIT int pce_request_verdict(const struct pce_request *req)
{
	const struct pce_job *job = &req->job;

	switch (job->outcome) {
	case PCE_JOB_DONE:
		break;
	case PCE_JOB_UNTOUCHED:
	case PCE_JOB_NOT_MADE:
		return -EAGAIN;
	default:
		return pce_request_keeps_source(req) ? -EAGAIN : -EIO;
	}

	if (job->status == PCE_STATUS_OK && job->written == job->expected)
		return 0;

	switch (job->status >> 4) {
	case 1:
	case 2:
		return -EAGAIN;
	case 3:
		if (job->status != PCE_STATUS_SRC_DMA &&
		    job->status != PCE_STATUS_DST_DMA)
			return -EAGAIN;
		break;
	case 4:
		if (job->status == PCE_STATUS_AUTH_FAILED &&
		    req->opcode == PCE_OP_AEAD && req->flags & PCE_SQE_DECRYPT)
			return -EBADMSG;
		break;
	}
	return pce_request_keeps_source(req) ? -EAGAIN : -EIO;
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_verdict);

static enum pce_counter pce_request_reason(const struct pce_job *job)
{
	switch (job->outcome) {
	case PCE_JOB_DONE:
		return PCE_FALLBACK_ERROR;
	case PCE_JOB_NOT_MADE:
		return PCE_FALLBACK_MEMORY;
	default:
		return PCE_FALLBACK_RESET;
	}
}

static void pce_request_begun(struct pce_job *job)
{
	struct pce_request *req = container_of(job, struct pce_request, job);

	crypto_request_complete(req->base, -EINPROGRESS);
}

static bool pce_request_was_mapped(const struct pce_job *job)
{
	return job->outcome != PCE_JOB_NOT_MADE && !job->backlogged;
}

/* The caller goes on from the vector that it finds in the place of its own */
static void pce_request_return_iv(const struct pce_request *req)
{
	/* A copy of fixed size is two moves */
	if (likely(req->next_iv_size == PCE_CQE_RESULT_SIZE))
		memcpy(req->next_iv, req->job.result, PCE_CQE_RESULT_SIZE);
	else if (req->next_iv_size)
		memcpy(req->next_iv, req->job.result, req->next_iv_size);
}

static void pce_request_end(struct pce_job *job)
{
	struct pce_request *req = container_of(job, struct pce_request, job);
	u32 flags = req->base->flags & ~CRYPTO_TFM_REQ_MAY_SLEEP;
	int err;

	if (pce_request_was_mapped(job)) {
		pce_request_unmap_both(req);
		pce_count(PCE_COUNT_REQUESTS);
		pce_count_add(PCE_COUNT_BYTES, pce_request_bytes(req));
	}
	if (unlikely(job->backlogged))
		pce_request_begun(job);

	err = pce_request_verdict(req);
	if (unlikely(req->check)) {
		if (err == -EAGAIN || err == -EIO)
			pce_count(pce_request_reason(job));
		err = pce_check_end(req, err, flags);
	} else if (likely(!err)) {
		pce_request_return_iv(req);
	} else if (err == -EAGAIN) {
		err = pce_request_fallback(req, pce_request_reason(job), flags);
	} else if (err == -EIO) {
		pce_count(PCE_COUNT_EIO);
	}
	/* The caller may free the request in here, or submit it again */
	crypto_request_complete(req->base, err);
}

const struct pce_job_ops pce_request_ops = {
	.fill = pce_request_fill,
	.collect = pce_request_collect,
	.begun = pce_request_begun,
	.end = pce_request_end,
};
EXPORT_SYMBOL_IF_KUNIT(pce_request_ops);

/*
 * Submit to the queue pair of this CPU.
 * Return: as pce_ring_submit(); or -EAGAIN: serve it by software, for @reason.
 */
static int pce_request_submit(struct pce_request *req, enum pce_counter *reason)
{
	struct pce_device *pce = req->key ? pce_key_device(req->key) : req->pce;
	struct pce_queue *q;
	int ret;

	if (unlikely(!pce)) {
		*reason = req->key->reason;
		return -EAGAIN;
	}
	if (unlikely(req->needs &&
		     req->needs & ~pce->alg_info[req->key->context.alg])) {
		*reason = PCE_FALLBACK_UNSUPPORTED;
		return -EAGAIN;
	}
	if (unlikely(pce_request_bytes(req) > pce->max_length)) {
		*reason = PCE_FALLBACK_LARGE;
		return -EAGAIN;
	}
	if (unlikely(req->src.nents > pce->max_segments ||
		     req->dst.nents > pce->max_segments)) {
		*reason = PCE_FALLBACK_SEGMENTS;
		return -EAGAIN;
	}

	req->pce = pce;
	q = pce->cpu_queue[smp_processor_id()];
	ret = pce_ring_submit(q, &req->job,
			      req->base->flags & CRYPTO_TFM_REQ_MAY_BACKLOG);
	switch (ret) {
	case -EINPROGRESS:
	case -EBUSY:
		return ret;
	case -ENOSPC:
		*reason = PCE_FALLBACK_FULL;
		return READ_ONCE(pce_enospc) ? -ENOSPC : -EAGAIN;
	case -ENODEV:
		*reason = PCE_FALLBACK_RESET;
		return -EAGAIN;
	default:
		*reason = PCE_FALLBACK_MEMORY;
		return -EAGAIN;
	}
}

/**
 * pce_request_prepare_alg() - what every algorithm has before it is registered
 * @alg: algorithm with its name
 *
 * The driver's name is made of it: authenc(hmac(sha1),cbc(aes)) is done by
 * authenc-hmac-sha1-cbc-aes-pce.
 */
void pce_request_prepare_alg(struct crypto_alg *alg)
{
	char *name = alg->cra_driver_name;
	const char *c;
	size_t n = 0;

	for (c = alg->cra_name; *c; c++) {
		if (isalnum(*c) || *c == '_')
			name[n++] = *c;
		else if (n && name[n - 1] != '-')
			name[n++] = '-';
	}
	if (n && name[n - 1] == '-')
		n--;
	strscpy(name + n, "-pce", sizeof(alg->cra_driver_name) - n);
	alg->cra_priority = pce_priority;
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_prepare_alg);

/**
 * pce_request_compose_iv() - make an initialisation vector that is not the caller's
 * @req: request, with zeros for its vector
 * @form: what it is made of
 * @salt: bytes of the key
 * @iv: the caller's vector
 * @size: bytes of it
 */
void pce_request_compose_iv(struct pce_request *req,
			    const struct pce_iv_form *form, const u8 *salt,
			    const u8 *iv, unsigned int size)
{
	u8 *out = req->iv;

	if (form->lead)
		*out++ = form->lead;
	memcpy(out, salt, form->salt);
	memcpy(out + form->salt, iv, size);
	if (form->counter)
		req->iv[PCE_SQE_IV_SIZE - 1] = form->counter;
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_compose_iv);

/**
 * pce_request_run() - do a request, by a device or by software
 * @req: request, all set but for what the layers below set
 *
 * Context: any but hard interrupts.
 * Return: what the crypto API wants of an asynchronous request.
 */
int pce_request_run(struct pce_request *req)
{
	enum pce_counter reason = PCE_FALLBACK_SMALL;
	int ret = -EAGAIN;

	if (unlikely(pce_request_count(&req->src) ||
		     pce_request_count(&req->dst)))
		return -EINVAL;

	pce_request_unify(req);
	req->check = NULL;
	if (!req->key || pce_request_bytes(req) >= READ_ONCE(pce_min_len)) {
		pce_check_begin(req);
		/* The device and the queue pair stay until they are on again */
		local_bh_disable();
		ret = pce_request_submit(req, &reason);
		local_bh_enable();
	}
	if (likely(ret == -EINPROGRESS || ret == -EBUSY)) {
		if (ret == -EBUSY)
			pce_count(PCE_COUNT_BUSY);
		return ret;
	}
	pce_check_abandon(req);
	if (ret == -EAGAIN)
		return pce_request_fallback(req, reason, req->base->flags);
	pce_count(PCE_COUNT_ENOSPC);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_run);
