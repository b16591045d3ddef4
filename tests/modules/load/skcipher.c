// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ciphers.
 */
#include <linux/random.h>
#include <linux/string.h>

#include "load.h"

static int skcipher_open(struct load_stream *stream)
{
	const struct load_config *config = stream->run->config;
	struct load_result *result = stream->run->result;
	struct crypto_skcipher *tfm;
	u8 key[LOAD_MAX_KEY];
	int err;

	tfm = crypto_alloc_skcipher(config->driver, 0, 0);
	if (IS_ERR(tfm))
		return load_open_failed(stream->run, PTR_ERR(tfm));
	stream->transform.skcipher = tfm;
	load_name(result, crypto_skcipher_tfm(tfm));

	if (crypto_skcipher_ivsize(tfm) > LOAD_MAX_IV)
		return -EINVAL;
	get_random_bytes(key, sizeof(key));
	err = crypto_skcipher_setkey(tfm, key, config->key_length);
	memzero_explicit(key, sizeof(key));
	return err ? load_key_failed(stream->run, err) : 0;
}

static void skcipher_close(struct load_stream *stream)
{
	crypto_free_skcipher(stream->transform.skcipher);
}

static unsigned int skcipher_extra(const struct load_stream *stream)
{
	return 0;
}

static int alloc_request(struct load_slot *slot)
{
	slot->request.skcipher =
		skcipher_request_alloc(slot->stream->transform.skcipher,
				       GFP_KERNEL);
	return slot->request.skcipher ? 0 : -ENOMEM;
}

static void free_request(struct load_slot *slot)
{
	skcipher_request_free(slot->request.skcipher);
}

static int skcipher_submit(struct load_slot *slot, struct load_job *job)
{
	const struct load_config *config = slot->stream->run->config;
	struct skcipher_request *req = slot->request.skcipher;

	/* Ciphers leave the next IV there. */
	memcpy(slot->iv, job->iv, sizeof(slot->iv));
	skcipher_request_set_callback(req, load_flags(config), load_callback,
				      slot);
	skcipher_request_set_crypt(req, job->source.sg, load_destination(job),
				   job->size, slot->iv);
	return config->decrypt ? crypto_skcipher_decrypt(req) :
				 crypto_skcipher_encrypt(req);
}

const struct load_kind load_skcipher = {
	.has = crypto_has_skcipher,
	.open = skcipher_open,
	.close = skcipher_close,
	.extra = skcipher_extra,
	.request_alloc = alloc_request,
	.request_free = free_request,
	.submit = skcipher_submit,
};
