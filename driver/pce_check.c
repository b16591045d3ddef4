// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: results of the device, checked by software.
 *
 * A sample of the requests is done twice: by the device, and then once more by
 * the fallback, whose result the caller gets.  If the device came to another
 * one it is taken out of service.
 *
 * For that the source of a request in place is copied beforehand.  This is the
 * only memory that a request needs beside its own; where there is none, the
 * request is not checked.
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
#define PCE_CHECK_LENGTH	SZ_128K

/**
 * struct pce_check - what a request in flight needs to be checked
 * @record: what the device left in the state record; HASH and MAC
 * @result: what it wrote to the destination, after the associated data
 * @source: the source as it was, or NULL: it still is
 */
struct pce_check {
	struct pce_hash_state record;
	u8 *result;
	u8 *source;
};

static DEFINE_PER_CPU(u32, pce_check_turn);

/* Is it this one's turn? */
static bool pce_check_wanted(void)
{
	u32 every = READ_ONCE(pce_self_check);

	return every && this_cpu_inc_return(pce_check_turn) % every == 0;
}

static size_t pce_check_result_size(const struct pce_request *req)
{
	return req->dst.length - min(req->dst.length, req->aad_length);
}

/**
 * pce_check_begin() - prepare to check a request, if it is one of the sample
 * @req: request that is about to be submitted; its check is NULL
 *
 * Context: any but hard interrupts.
 */
void pce_check_begin(struct pce_request *req)
{
	size_t result = pce_check_result_size(req);
	size_t source = pce_request_keeps_source(req) ? 0 : req->src.length;
	struct pce_check *check = NULL;

	if (likely(!pce_check_wanted()))
		return;
	if (result + source <= PCE_CHECK_LENGTH)
		check = kmalloc(sizeof(*check) + result + source,
				GFP_ATOMIC | __GFP_NOWARN);
	if (!check) {
		pce_count(PCE_COUNT_UNCHECKED);
		return;
	}
	check->result = (u8 *)(check + 1);
	check->source = NULL;
	if (source) {
		check->source = check->result + result;
		sg_copy_to_buffer(req->src.sg, req->src.nents, check->source,
				  source);
	}
	req->check = check;
}
EXPORT_SYMBOL_IF_KUNIT(pce_check_begin);

/**
 * pce_check_abandon() - a request is not going to be checked after all
 * @req: request that the device did not take
 */
void pce_check_abandon(struct pce_request *req)
{
	kfree_sensitive(req->check);
	req->check = NULL;
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

static void pce_check_take_result(const struct pce_request *req)
{
	size_t size = pce_check_result_size(req);

	if (size)
		sg_pcopy_to_buffer(req->dst.sg, req->dst.nents,
				   req->check->result, size, req->aad_length);
}

/*
 * Associated data come out as they were; make it so where they did not.  Software
 * may leave those of the destination alone, so that it shows nothing.  The vector of
 * ESSIV, which is the last of them, is encrypted.
 */
static bool pce_check_same_aad(const struct pce_request *req)
{
	u32 left = req->aad_length, offset = 0;
	bool same = true;
	u8 was[64], is[64];

	if (req->key && req->key->context.alg == PCE_ALG_AUTHENC_AES_ESSIV)
		left -= min(left, PCE_SQE_IV_SIZE);
	while (left) {
		u32 n = min(left, sizeof(was));

		sg_pcopy_to_buffer(req->dst.sg, req->dst.nents, is, n, offset);
		if (req->check->source)
			memcpy(was, req->check->source + offset, n);
		else
			sg_pcopy_to_buffer(req->src.sg, req->src.nents, was, n,
					   offset);
		if (memcmp(was, is, n)) {
			sg_pcopy_from_buffer(req->dst.sg, req->dst.nents, was,
					     n, offset);
			same = false;
		}
		offset += n;
		left -= n;
	}
	return same;
}

/* Is what the software wrote what the device did? */
static bool pce_check_same_data(const struct pce_request *req)
{
	size_t left = pce_check_result_size(req);
	struct sg_mapping_iter miter;
	const u8 *expected = req->check->result;
	bool same = true;

	if (!left)
		return true;

	sg_miter_start(&miter, req->dst.sg, req->dst.nents,
		       SG_MITER_FROM_SG | SG_MITER_ATOMIC);
	sg_miter_skip(&miter, req->aad_length);
	while (same && left && sg_miter_next(&miter)) {
		size_t n = min(left, miter.length);

		same = !memcmp(miter.addr, expected, n);
		expected += n;
		left -= n;
	}
	sg_miter_stop(&miter);
	return same && !left;
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

/* Software had no memory to do it: the device's result it is, if it has one */
static int pce_check_put_back(struct pce_request *req, int err)
{
	size_t size = pce_check_result_size(req);

	pce_count(PCE_COUNT_UNCHECKED);
	if (err)
		return err;
	if (size)
		sg_pcopy_from_buffer(req->dst.sg, req->dst.nents,
				     req->check->result, size, req->aad_length);
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
	bool same = true;
	int software;

	if (err == 0) {
		pce_check_take_result(req);
		same = pce_check_same_aad(req);
	}
	if (req->check->source)
		sg_copy_from_buffer(req->src.sg, req->src.nents,
				    req->check->source, req->src.length);

	software = req->ops->fallback(req, flags);
	if (compare && software == -ENOMEM) {
		software = pce_check_put_back(req, err);
	} else if (compare) {
		pce_count(PCE_COUNT_CHECKED);
		if (software != err || !same ||
		    (err == 0 && !pce_check_same(req)))
			pce_check_report(req, err, software);
	}
	pce_check_abandon(req);
	return software;
}
EXPORT_SYMBOL_IF_KUNIT(pce_check_end);
