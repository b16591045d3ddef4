// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: results of the device, checked by software.
 *
 * A sample of the requests is done twice: by the device, and then once more by the
 * fallback, whose result the caller gets.  If the device came to another result it is
 * taken out of service.
 *
 * Others may write to source and destination in the meantime: a page that is being written
 * to a disk may change, and the memory of AF_ALG belongs to user space.  So device and
 * software work on copies that nobody else can reach.  The copies are the only memory that
 * a request needs beside its own; if there is none, the request is not checked.
 */
#include <linux/dma-mapping.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "pce.h"
#include "pce_check.h"
#include "pce_device.h"
#include "pce_request.h"
#include "pce_state.h"

#include <kunit/visibility.h>

/* Longer requests are not checked: so much contiguous memory is rare */
#define PCE_CHECK_LENGTH	SZ_64K

/**
 * struct pce_check - what a request in flight needs to be checked
 * @record: what the device left in the state record; HASH and MAC
 * @src: the caller's source
 * @dst: the caller's destination
 * @overlap: what the request says of these two
 * @entries: the only entries of the lists that the request has in their place
 * @size: bytes of each copy: the longer one of source and destination
 * @source: copy of the source; later the software's result
 * @result: destination of the device; in place, what it begins with is the source
 */
struct pce_check {
	struct pce_hash_state record;
	struct pce_side src;
	struct pce_side dst;
	bool overlap;
	struct scatterlist entries[2];
	u32 size;
	u8 *source;
	u8 *result;
};

static DEFINE_PER_CPU(u32, pce_check_turn);

/* Return: true if it is the turn of this request */
static bool pce_check_wanted(void)
{
	u32 every = READ_ONCE(pce_self_check);

	return every && this_cpu_inc_return(pce_check_turn) % every == 0;
}

/* The device writes to one of the copies, so it must not share a cache line */
static struct pce_check *pce_check_alloc(u32 size)
{
	size_t align = dma_get_cache_alignment();
	size_t copy = ALIGN(size, align);
	struct pce_check *check = NULL;

	if (size <= PCE_CHECK_LENGTH)
		check = kzalloc(sizeof(*check) + 2 * copy + align,
				GFP_ATOMIC | __GFP_NOWARN);
	if (!check)
		return NULL;
	check->size = size;
	check->result = PTR_ALIGN((u8 *)(check + 1), align);
	check->source = check->result + copy;
	return check;
}

static void pce_check_replace(struct pce_side *side, struct scatterlist *entry)
{
	side->sg = entry;
	side->nents = side->length ? 1 : 0;
}

/* Source and destination of the request are @copy: both, in place */
static void pce_check_replace_both(struct pce_request *req, u8 *copy)
{
	struct pce_check *check = req->check;

	sg_init_one(&check->entries[0], copy, check->size);
	pce_check_replace(&req->src, &check->entries[0]);
	pce_check_replace(&req->dst, &check->entries[0]);
	req->overlap = false;
}

/* A request that is in place stays in place, and one that is not does not become so */
static void pce_check_replace_for_device(struct pce_request *req)
{
	struct pce_check *check = req->check;

	if (!pce_request_keeps_source(req)) {
		memcpy(check->result, check->source, req->src.length);
		pce_check_replace_both(req, check->result);
		return;
	}
	sg_init_one(&check->entries[0], check->source, check->size);
	sg_init_one(&check->entries[1], check->result, check->size);
	pce_check_replace(&req->src, &check->entries[0]);
	pce_check_replace(&req->dst, &check->entries[1]);
}

/**
 * pce_check_begin() - prepare to check a request, if it is one of the sample
 * @req: request that is about to be submitted; its check is NULL
 *
 * If it is checked, its source and destination are copies from here on.
 *
 * Context: any but hard interrupts.
 */
void pce_check_begin(struct pce_request *req)
{
	struct pce_check *check;

	/* Without software there is nothing to compare with */
	if (likely(!pce_check_wanted()) || !req->ops->fallback)
		return;
	check = pce_check_alloc(max(req->src.length, req->dst.length));
	if (!check) {
		pce_count(PCE_COUNT_UNCHECKED);
		return;
	}
	check->src = req->src;
	check->dst = req->dst;
	check->overlap = req->overlap;
	if (req->src.length)
		sg_copy_to_buffer(req->src.sg, req->src.nents, check->source,
				  req->src.length);
	req->check = check;
	pce_check_replace_for_device(req);
}
EXPORT_SYMBOL_IF_KUNIT(pce_check_begin);

/**
 * pce_check_abandon() - a request is not going to be checked after all
 * @req: request that the device did not take; it has the caller's source and
 *	destination again
 */
void pce_check_abandon(struct pce_request *req)
{
	struct pce_check *check = req->check;

	if (!check)
		return;
	req->src = check->src;
	req->dst = check->dst;
	req->overlap = check->overlap;
	req->check = NULL;
	kfree_sensitive(check);
}
EXPORT_SYMBOL_IF_KUNIT(pce_check_abandon);

/**
 * pce_check_record() - keep the state record of a request
 * @req: request that is being checked
 * @record: what the device left in it
 *
 * Context: under the queue's lock.
 */
void pce_check_record(struct pce_request *req,
		      const struct pce_hash_state *record)
{
	req->check->record = *record;
}
EXPORT_SYMBOL_IF_KUNIT(pce_check_record);

/*
 * Return: true if software and device wrote the same.  Associated data come out unchanged
 * except for the vector of ESSIV, which is the last of them: device and software encrypt
 * it in different ways.
 */
static bool pce_check_same_data(const struct pce_request *req)
{
	const struct pce_check *check = req->check;
	u32 aad = min(req->aad_length, req->dst.length), same_aad = aad;

	if (req->session && req->session->context.alg == PCE_ALG_AUTHENC_AES_ESSIV)
		same_aad -= min(same_aad, PCE_SQE_IV_SIZE);
	return !memcmp(check->source, check->result, same_aad) &&
	       !memcmp(check->source + aad, check->result + aad,
		       req->dst.length - aad);
}

static bool pce_check_same(const struct pce_request *req)
{
	if (req->ops->agrees)
		return req->ops->agrees(req, &req->check->record);
	return pce_check_same_data(req) &&
	       !memcmp(req->next_iv, req->job.result, req->next_iv_size);
}

static void pce_check_report(const struct pce_request *req, int device,
			     int software)
{
	pce_count(PCE_COUNT_WRONG);
	dev_err_ratelimited(&req->pce->pdev->dev,
			    "self-check: %s, %u bytes: the device came to another result (%d) than software (%d)\n",
			    crypto_tfm_alg_driver_name(req->base->tfm),
			    req->job.length, device, software);
	pce_state_fail(req->pce, "wrong result");
}

static void pce_check_give(struct pce_request *req, const u8 *result)
{
	struct pce_side *dst = &req->check->dst;

	if (dst->length)
		sg_copy_from_buffer(dst->sg, dst->nents, result, dst->length);
}

/* Software had no memory to do it: the caller gets the result of the device */
static int pce_check_use_device(struct pce_request *req, int err)
{
	pce_count(PCE_COUNT_UNCHECKED);
	if (err)
		return err;
	pce_check_give(req, req->check->result);
	if (req->next_iv_size)
		memcpy(req->next_iv, req->job.result, req->next_iv_size);
	if (req->ops->return_iv)
		req->ops->return_iv(req);
	if (req->ops->store)
		req->ops->store(req, &req->check->record);
	return 0;
}

/**
 * pce_check_end() - do a request once more, by software, and compare
 * @req: request that is over, and that is being checked
 * @verdict: what it came to on the device; there is something to compare if the device
 *	has done it, or found a wrong tag
 * @flags: CRYPTO_TFM_REQ_* for the software
 *
 * Context: bottom halves off.
 * Return: what the software does; if that is -ENOMEM, what the device did.
 */
int pce_check_end(struct pce_request *req, enum pce_verdict verdict, u32 flags)
{
	bool compare = verdict == PCE_VERDICT_DONE ||
		       verdict == PCE_VERDICT_BAD_TAG;
	int device = verdict == PCE_VERDICT_BAD_TAG ? -EBADMSG : 0;
	int software;

	pce_check_replace_both(req, req->check->source);
	software = req->ops->fallback(req, flags);
	if (compare && software == -ENOMEM) {
		software = pce_check_use_device(req, device);
	} else {
		if (!software)
			pce_check_give(req, req->check->source);
		if (compare) {
			pce_count(PCE_COUNT_CHECKED);
			if (software != device ||
			    (!software && !pce_check_same(req)))
				pce_check_report(req, device, software);
		}
	}
	pce_check_abandon(req);
	return software;
}
EXPORT_SYMBOL_IF_KUNIT(pce_check_end);
