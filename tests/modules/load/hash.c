// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hashes and message authentication codes, whole messages.
 */
#include <linux/random.h>
#include <linux/string.h>

#include "load.h"

static int hash_open(struct load_stream *stream)
{
	const struct load_config *config = stream->run->config;
	struct load_result *result = stream->run->result;
	struct crypto_ahash *tfm;
	u8 key[LOAD_MAX_KEY];
	int err;

	tfm = crypto_alloc_ahash(config->driver, 0, 0);
	if (IS_ERR(tfm))
		return load_open_failed(stream->run, PTR_ERR(tfm));
	stream->transform.ahash = tfm;
	load_name(result, crypto_ahash_tfm(tfm));

	if (!config->key_length)
		return 0;
	get_random_bytes(key, sizeof(key));
	err = crypto_ahash_setkey(tfm, key, config->key_length);
	memzero_explicit(key, sizeof(key));
	return err ? load_key_failed(stream->run, err) : 0;
}

static void hash_close(struct load_stream *stream)
{
	crypto_free_ahash(stream->transform.ahash);
}

static unsigned int hash_extra(const struct load_stream *stream)
{
	return 0;
}

static int alloc_request(struct load_slot *slot)
{
	slot->request.ahash = ahash_request_alloc(slot->stream->transform.ahash,
						  GFP_KERNEL);
	return slot->request.ahash ? 0 : -ENOMEM;
}

static void free_request(struct load_slot *slot)
{
	ahash_request_free(slot->request.ahash);
}

static int hash_submit(struct load_slot *slot, struct load_job *job)
{
	struct ahash_request *req = slot->request.ahash;

	ahash_request_set_callback(req, load_flags(slot->stream->run->config),
				   load_callback, slot);
	ahash_request_set_crypt(req, job->source.sg, slot->digest, job->size);
	return crypto_ahash_digest(req);
}

const struct load_kind load_hash = {
	.has = crypto_has_ahash,
	.open = hash_open,
	.close = hash_close,
	.extra = hash_extra,
	.request_alloc = alloc_request,
	.request_free = free_request,
	.submit = hash_submit,
};
