// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: results of the device, checked by software.
 *
 * A sample of the requests is done twice: by the device, and then once more by
 * the fallback, whose result the caller gets.  If the device came to another
 * one it is taken out of service.
 *
 * Others may write to source and destination meanwhile: a page that is written to
 * a disk may change, and those of AF_ALG are user space's.  So both work on copies
 * that nobody else has.  This is the only memory that a request needs beside its
 * own; where there is none, the request is not checked.
 */
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "pce.h"
#include "pce_check.h"
#include "pce_device.h"
#include "pce_request.h"

#include <kunit/visibility.h>

/* Longer requests are not checked: so much memory in one piece is rare */
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

/* Is it this one's turn? */
static bool pce_check_wanted(void)
{
	u32 every = READ_ONCE(pce_self_check);

	return every && this_cpu_inc_return(pce_check_turn) % every == 0;
}

/* The device writes to one of the copies: it shares no cache line with anything */
static struct pce_check *pce_check_alloc(u32 size)
{
	size_t copy = ALIGN(size, SMP_CACHE_BYTES);
	struct pce_check *check = NULL;

	if (size <= PCE_CHECK_LENGTH)
		check = kzalloc(sizeof(*check) + 2 * copy + SMP_CACHE_BYTES,
				GFP_ATOMIC | __GFP_NOWARN);
	if (!check)
		return NULL;
	check->size = size;
	check->result = PTR_ALIGN((u8 *)(check + 1), SMP_CACHE_BYTES);
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

/* What was in place stays so, and what was not, too */
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
 * Source and destination of one that is checked are copies from here on.
 *
 * Context: any but hard interrupts.
 */
void pce_check_begin(struct pce_request *req)
{
	struct pce_check *check;

	if (likely(!pce_check_wanted()))
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
 * Is what the software wrote what the device did?  Associated data come out as they
 * were, but for the vector of ESSIV, which is the last of them: each encrypts it in
 * its own way.
 */
static bool pce_check_same_data(const struct pce_request *req)
{
	const struct pce_check *check = req->check;
	u32 aad = min(req->aad_length, req->dst.length), same_aad = aad;

	if (req->key && req->key->context.alg == PCE_ALG_AUTHENC_AES_ESSIV)
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
	pce_recover_give_up(req->pce, "wrong result");
}

static void pce_check_give(struct pce_request *req, const u8 *result)
{
	struct pce_side *dst = &req->check->dst;

	if (dst->length)
		sg_copy_from_buffer(dst->sg, dst->nents, result, dst->length);
}

/* Software had no memory to do it: the device's result it is, if it has one */
static int pce_check_put_back(struct pce_request *req, int err)
{
	pce_count(PCE_COUNT_UNCHECKED);
	if (err)
		return err;
	pce_check_give(req, req->check->result);
	if (req->next_iv_size)
		memcpy(req->next_iv, req->job.result, req->next_iv_size);
	if (req->ops->store)
		req->ops->store(req, &req->check->record);
	return 0;
}

/**
 * pce_check_end() - do a request once more, by software, and compare
 * @req: request that is over, and that is being checked
 * @err: what it came to on the device: 0, -EBADMSG, or -EAGAIN and -EIO where it
 *	did not come to an end, and there is nothing to compare
 * @flags: CRYPTO_TFM_REQ_* for the software
 *
 * Context: bottom halves off.
 * Return: what the software does; if that is -ENOMEM, what the device did.
 */
int pce_check_end(struct pce_request *req, int err, u32 flags)
{
	bool compare = err == 0 || err == -EBADMSG;
	int software;

	pce_check_replace_both(req, req->check->source);
	software = req->ops->fallback(req, flags);
	if (compare && software == -ENOMEM) {
		software = pce_check_put_back(req, err);
	} else {
		if (!software)
			pce_check_give(req, req->check->source);
		if (compare) {
			pce_count(PCE_COUNT_CHECKED);
			if (software != err || (!err && !pce_check_same(req)))
				pce_check_report(req, err, software);
		}
	}
	pce_check_abandon(req);
	return software;
}
EXPORT_SYMBOL_IF_KUNIT(pce_check_end);
