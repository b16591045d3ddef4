// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: requests of the crypto API.
 *
 * A request goes to a queue pair, or software serves it: if no device can, if it is too
 * short to be worth the way, or if the device gave it back.  The reason is counted.
 * Requests of one transform and one CPU complete in the order of their submission: a
 * request that software could serve at once waits its turn while older ones are
 * outstanding, and a short one goes to the device then.
 */
#include <crypto/algapi.h>
#include <linux/dma-mapping.h>
#include <linux/string.h>

#include "pce.h"
#include "pce_check.h"
#include "pce_device.h"
#include "pce_flow.h"
#include "pce_request.h"
#include "pce_ring.h"
#include "pce_session.h"
#include "pce_trace.h"

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

/* What there is to work on */
static u64 pce_request_bytes(const struct pce_request *req)
{
	return (u64)req->aad_length + req->job.length;
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

/* Return: true if @whole begins with all of @part, split in the same way */
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
 * src and dst may describe the same memory with different scatterlists.  Use one list for
 * both if they are split alike.  Otherwise, or if only a part of the text is in place
 * (kTLS has the end of a record elsewhere), pass both to the device, and remember that the
 * source is overwritten.  The crypto API demands that a byte which both share has the same
 * position in both.
 * Texts that do not begin at the same address do not overlap.  Their associated data may
 * be the same memory, because they come out unchanged.
 */
static void pce_request_merge_lists(struct pce_request *req)
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

/* Of a single entry only the bytes of the request are mapped */
static __always_inline int pce_request_map_side(struct device *dev,
						struct pce_side *side,
						enum dma_data_direction dir)
{
	struct scatterlist *sg = side->sg;

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

static __always_inline
void pce_request_unmap_side(struct device *dev, const struct pce_side *side,
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

VISIBLE_IF_KUNIT int pce_request_map(struct pce_request *req)
{
	struct device *dev = &req->pce->pdev->dev;
	int err;

	KUNIT_STATIC_STUB_REDIRECT(pce_request_map, req);

	if (pce_request_in_place(req))
		return pce_request_map_side(dev, pce_request_longer(req),
					    DMA_BIDIRECTIONAL);

	err = pce_request_map_side(dev, &req->src, DMA_TO_DEVICE);
	if (err)
		return err;
	err = pce_request_map_side(dev, &req->dst, DMA_FROM_DEVICE);
	if (err)
		pce_request_unmap_side(dev, &req->src, DMA_TO_DEVICE);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_map);

static __always_inline void pce_request_unmap(struct pce_request *req)
{
	struct device *dev = &req->pce->pdev->dev;

	if (pce_request_in_place(req)) {
		pce_request_unmap_side(dev, pce_request_longer(req),
				       DMA_BIDIRECTIONAL);
		return;
	}
	pce_request_unmap_side(dev, &req->src, DMA_TO_DEVICE);
	pce_request_unmap_side(dev, &req->dst, DMA_FROM_DEVICE);
}

/* Write the segment table.  Return: number of segments. */
static u16 pce_request_write_table(const struct pce_side *side,
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
 * Describe where the data of one side are: directly, or by a table at @table.
 * Return: true if it is a table.
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
	*segments = cpu_to_le16(pce_request_write_table(side, table));
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_describe);

/* Return: PCE_SQE_SRC_TABLE, PCE_SQE_DST_TABLE */
static u8 pce_request_fill_data(struct pce_request *req, struct pce_sqe *sqe,
				const struct pce_slot *slot)
{
	u32 half = req->pce->caps.max_segments;
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

static void pce_request_fill(struct pce_job *job, struct pce_sqe *sqe,
			     const struct pce_slot *slot)
{
	struct pce_request *req = container_of(job, struct pce_request, job);
	struct pce_session *session = req->session;

	sqe->opcode = req->opcode;
	sqe->flags = req->flags | pce_request_fill_data(req, sqe, slot);
	sqe->ctx_generation = session ? session->context.generation : 0;
	sqe->ctx = cpu_to_le64(session ? session->dma : 0);
	sqe->length = cpu_to_le32(job->length);
	sqe->aad_length = cpu_to_le32(req->aad_length);
	sqe->auth_length = req->auth_length;
	sqe->unit_order = 0;
	sqe->op_flags = cpu_to_le16(req->op_flags);
	pce_request_fill_extra(req, sqe, slot);
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
	/* The state of an HMAC is as secret as its key */
	memzero_explicit(state, sizeof(*state));
}

/* Return: what the software returns; -EIO if there is none */
static int pce_request_fallback(struct pce_request *req, enum pce_counter reason,
				u32 flags)
{
	if (!req->ops->fallback)
		return -EIO;
	pce_count(reason);
	trace_pce_fallback(req, reason);
	return req->ops->fallback(req, flags);
}

/* Return: true if the side has any of the bytes at @addr, its first @skip bytes left out */
static bool pce_request_has_bytes(const struct pce_side *side, u32 skip,
				  phys_addr_t addr, u32 length)
{
	struct scatterlist *sg = side->sg;
	u32 at;

	for (at = 0; sg && at < side->length; at += sg->length, sg = sg_next(sg)) {
		u32 from = max(at, skip);
		u32 to = min(at + sg->length, side->length);
		phys_addr_t start = sg_phys(sg) + (from - at);

		if (from < to && start < addr + length &&
		    addr < start + (to - from))
			return true;
	}
	return false;
}

/*
 * Source and destination that begin at different addresses may still have later parts of
 * the text in common.  It is rare, and takes long to find out, so only who needs to know
 * asks for it.  Associated data in common come out unchanged.
 * Return: true if a part of the source's text is in the destination.
 */
static bool pce_request_shares_text(const struct pce_request *req)
{
	u32 skip = req->aad_length, at;
	struct scatterlist *sg = req->src.sg;

	if (!req->job.length)
		return false;
	for (at = 0; sg && at < req->src.length; at += sg->length, sg = sg_next(sg)) {
		u32 from = max(at, skip);
		u32 to = min(at + sg->length, req->src.length);

		if (from < to &&
		    pce_request_has_bytes(&req->dst, skip,
					  sg_phys(sg) + (from - at), to - from))
			return true;
	}
	return false;
}

/*
 * What the end of a job means for its request, after the specification's classes of
 * status.
 */
VISIBLE_IF_KUNIT
enum pce_verdict pce_request_verdict(const struct pce_request *req)
{
	const struct pce_job *job = &req->job;

	switch (job->outcome) {
	case PCE_JOB_DONE:
		break;
	case PCE_JOB_UNTOUCHED:
		return PCE_VERDICT_SOFTWARE;
	default:
		goto unknown;
	}

	if (job->status == PCE_STATUS_OK && job->written == job->expected)
		return PCE_VERDICT_DONE;

	switch (job->status >> 4) {
	case 1:
	case 2:
		return PCE_VERDICT_SOFTWARE;
	case 3:
		if (job->status != PCE_STATUS_SRC_DMA &&
		    job->status != PCE_STATUS_DST_DMA)
			return PCE_VERDICT_SOFTWARE;
		break;
	case 4:
		if (job->status == PCE_STATUS_AUTH_FAILED &&
		    req->opcode == PCE_OP_AEAD && req->flags & PCE_SQE_DECRYPT)
			return PCE_VERDICT_BAD_TAG;
		break;
	}
unknown:
	return pce_request_keeps_source(req) && !pce_request_shares_text(req) ?
	       PCE_VERDICT_SOFTWARE : PCE_VERDICT_DAMAGED;
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_verdict);

/* Why software has to do what the device was to do */
static enum pce_counter pce_request_reason(const struct pce_request *req)
{
	if (!req->job.queue)
		return req->reason;
	return req->job.outcome == PCE_JOB_DONE ? PCE_FALLBACK_ERROR :
						  PCE_FALLBACK_RESET;
}

static void pce_request_begun(struct pce_job *job)
{
	struct pce_request *req = container_of(job, struct pce_request, job);

	crypto_request_complete(req->base, -EINPROGRESS);
}

/* The caller goes on from the vector that it finds in the place of its own */
static void pce_request_return_iv(struct pce_request *req)
{
	/* A copy of fixed size is two moves */
	if (likely(req->next_iv_size == PCE_CQE_RESULT_SIZE))
		memcpy(req->next_iv, req->job.result, PCE_CQE_RESULT_SIZE);
	else if (req->next_iv_size)
		memcpy(req->next_iv, req->job.result, req->next_iv_size);
	else if (req->ops->return_iv)
		req->ops->return_iv(req);
}

/* The device does not access the request's memory any more */
static void pce_request_release(struct pce_request *req)
{
	pce_request_unmap(req);
	if (unlikely(!req->job.had_tag))
		return;
	pce_count(PCE_COUNT_REQUESTS);
	pce_count_add(PCE_COUNT_BYTES, pce_request_bytes(req));
}

/*
 * Bring a request to its end whose job has ended, by software if need be.
 * Return: the result for the caller; @software is how many bytes software did.
 */
static int pce_request_resolve(struct pce_request *req, u32 *software)
{
	u32 flags = req->base->flags & ~CRYPTO_TFM_REQ_MAY_SLEEP;
	enum pce_verdict verdict = pce_request_verdict(req);

	if (unlikely(!req->job.queue))
		pce_count(PCE_COUNT_DEFERRED);
	if (unlikely(req->check)) {
		if (verdict == PCE_VERDICT_SOFTWARE ||
		    verdict == PCE_VERDICT_DAMAGED)
			pce_count(pce_request_reason(req));
		*software = pce_request_bytes(req);
		return pce_check_end(req, verdict, flags);
	}
	switch (verdict) {
	case PCE_VERDICT_DONE:
		pce_request_return_iv(req);
		return 0;
	case PCE_VERDICT_BAD_TAG:
		return -EBADMSG;
	case PCE_VERDICT_SOFTWARE:
		*software = pce_request_bytes(req);
		return pce_request_fallback(req, pce_request_reason(req),
					    flags);
	default:
		pce_count(PCE_COUNT_EIO);
		return -EIO;
	}
}

/**
 * pce_request_end() - hand a request back to its caller
 * @job: its job, which has ended
 *
 * Context: bottom halves off, no lock held.
 * Return: how many bytes software had to process.
 */
u32 pce_request_end(struct pce_job *job)
{
	struct pce_request *req = container_of(job, struct pce_request, job);
	struct pce_queue *q = job->queue;
	u32 software = 0;
	int err;

	if (likely(q))
		pce_request_release(req);
	if (unlikely(job->backlogged))
		pce_request_begun(job);

	if (unlikely(job->outcome == PCE_JOB_SOFTWARE))
		err = job->error;
	else
		err = pce_request_resolve(req, &software);
	pce_flow_touch(job);
	/* The caller may free the request in here, or submit it again */
	crypto_request_complete(req->base, err);
	if (likely(q))
		pce_ring_ended(q);
	return software;
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_end);

const struct pce_job_ops pce_request_ops = {
	.fill = pce_request_fill,
	.collect = pce_request_collect,
	.begun = pce_request_begun,
};
EXPORT_SYMBOL_IF_KUNIT(pce_request_ops);

/* Return: true if the device can do it; if not, the request has the reason */
static bool pce_request_fits(struct pce_request *req, u64 bytes,
			     const struct pce_device *pce)
{
	const struct pce_caps *caps = &pce->caps;

	if (unlikely(req->needs &&
		     req->needs & ~caps->alg_info[req->session->context.alg])) {
		req->reason = PCE_FALLBACK_UNSUPPORTED;
		return false;
	}
	if (unlikely(bytes > caps->max_length)) {
		req->reason = PCE_FALLBACK_LARGE;
		return false;
	}
	if (unlikely(req->src.nents > caps->max_segments ||
		     req->dst.nents > caps->max_segments)) {
		req->reason = PCE_FALLBACK_SEGMENTS;
		return false;
	}
	return true;
}

/*
 * Submit a request to the queue pair of this CPU, mapped for DMA before any lock is
 * taken.
 * Return: as pce_ring_submit(); with -ENODEV the job is still in its flow.
 */
static int pce_request_submit(struct pce_request *req, bool may_backlog)
{
	struct pce_queue *q = req->pce->cpu_queue[smp_processor_id()];
	int ret;

	pce_flow_join(&req->job);
	ret = pce_ring_submit(q, &req->job, may_backlog);
	if (likely(ret == -EINPROGRESS || ret == -EBUSY))
		return ret;
	pce_request_unmap(req);
	if (ret == -ENOSPC)
		pce_flow_leave(&req->job);
	return ret;
}

/*
 * Find out who serves a request, and hand it to the device if that can.
 * Return: -EINPROGRESS, -EBUSY or -ENOSPC as the crypto API wants it; 0: have it served
 * by software now.
 */
static int pce_request_start(struct pce_request *req)
{
	bool may_backlog = req->base->flags & CRYPTO_TFM_REQ_MAY_BACKLOG;
	u64 bytes = pce_request_bytes(req);
	struct pce_job *job = &req->job;
	int ret;

	if (likely(req->session)) {
		job->flow = &req->session->flows[smp_processor_id()];
		if (bytes < pce_session_min_len(req->session) &&
		    pce_flow_idle(job->flow)) {
			req->reason = PCE_FALLBACK_SMALL;
			return 0;
		}
		req->pce = pce_session_device(req->session);
		if (unlikely(!req->pce)) {
			req->reason = req->session->reason;
			return pce_flow_defer(job, may_backlog);
		}
	}
	if (unlikely(READ_ONCE(pce_self_check)))
		pce_check_begin(req);
	if (unlikely(!pce_request_fits(req, bytes, req->pce))) {
		pce_check_abandon(req);
		return pce_flow_defer(job, may_backlog);
	}

	if (unlikely(pce_request_map(req))) {
		pce_check_abandon(req);
		req->reason = PCE_FALLBACK_MEMORY;
		return pce_flow_defer(job, may_backlog);
	}
	ret = pce_request_submit(req, may_backlog);
	if (likely(ret == -EINPROGRESS || ret == -EBUSY))
		return ret;
	pce_check_abandon(req);
	if (ret == -ENOSPC)
		return ret;
	req->reason = PCE_FALLBACK_RESET;
	return pce_flow_defer_joined(job, may_backlog);
}

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

static void pce_request_fast_done(void *data, int err)
{
	struct pce_request *req = data;
	struct pce_budget budget = { };
	struct pce_fifo ended = { };

	if (err == -EINPROGRESS) {	/* it has left the software's backlog */
		crypto_request_complete(req->base, err);
		return;
	}
	req->job.queue = NULL;
	req->job.outcome = PCE_JOB_SOFTWARE;
	req->job.error = err;
	pce_fifo_add(&ended, &req->job);
	local_bh_disable();
	pce_flow_end(&ended, &budget);
	local_bh_enable();
}

/* The software may be asynchronous: the job keeps its place in the flow until it ends */
static int pce_request_fast(struct pce_request *req)
{
	int ret;

	pce_count(req->reason);
	trace_pce_fallback(req, req->reason);
	ret = req->ops->fast(req, req->base->flags, pce_request_fast_done, req);
	if (ret == -EINPROGRESS || ret == -EBUSY)
		return ret;
	local_bh_disable();
	pce_flow_leave(&req->job);
	local_bh_enable();
	return ret;
}

/* What is left to do with bottom halves on when a request was started with result @ret */
static int pce_request_conclude(struct pce_request *req, int ret)
{
	switch (ret) {
	case 0:
		if (req->has_fast)
			return pce_request_fast(req);
		return pce_request_fallback(req, req->reason, req->base->flags);
	case -EBUSY:
		pce_count(PCE_COUNT_BUSY);
		break;
	case -ENOSPC:
		pce_count(PCE_COUNT_ENOSPC);
		break;
	}
	return ret;
}

/**
 * pce_request_run() - do a request, by a device or by software
 * @req: request, all set but for what the layers below set
 *
 * Context: any but hard interrupts.
 * Return: what the crypto API wants of an asynchronous request.
 */
int pce_request_run(struct pce_request *req)
{
	int ret;

	if (unlikely(pce_request_count(&req->src) ||
		     pce_request_count(&req->dst)))
		return -EINVAL;

	pce_request_merge_lists(req);
	req->check = NULL;
	/* The device and the queue pair stay until bottom halves are on again */
	local_bh_disable();
	ret = pce_request_start(req);
	if (unlikely(!ret && req->has_fast))
		pce_flow_join(&req->job);
	local_bh_enable();
	if (likely(ret == -EINPROGRESS))
		return ret;
	return pce_request_conclude(req, ret);
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_run);

/**
 * pce_request_by_software() - do a request by software that no device can do
 * @req: request, as for pce_request_run()
 * @reason: counter of the reason
 *
 * Context: any but hard interrupts.
 * Return: what the crypto API wants of an asynchronous request: it may have to wait
 * its turn.
 */
int pce_request_by_software(struct pce_request *req, enum pce_counter reason)
{
	int ret;

	req->check = NULL;
	req->reason = reason;
	req->has_fast = false;
	local_bh_disable();
	req->job.flow = &req->session->flows[smp_processor_id()];
	ret = pce_flow_defer(&req->job,
			     req->base->flags & CRYPTO_TFM_REQ_MAY_BACKLOG);
	local_bh_enable();
	return pce_request_conclude(req, ret);
}
EXPORT_SYMBOL_IF_KUNIT(pce_request_by_software);
