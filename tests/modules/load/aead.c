// SPDX-License-Identifier: GPL-2.0-only
/*
 * Authenticated ciphers. What is decrypted was encrypted beforehand, by the same
 * transform, and lies apart from the output, so that it can be decrypted again
 * and again.
 */
#include <crypto/authenc.h>
#include <linux/crypto.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>

#include "load.h"

/* CCM's first byte: the size of the length field, less one. */
#define LOAD_CCM_LENGTH		3

/* Keys of cipher and MAC behind a header that says how long the former is. */
static unsigned int authenc_key(const struct load_config *config, u8 *key)
{
	struct crypto_authenc_key_param *param;
	struct rtattr *header = (struct rtattr *)key;

	header->rta_type = CRYPTO_AUTHENC_KEYA_PARAM;
	header->rta_len = RTA_LENGTH(sizeof(*param));
	param = RTA_DATA(header);
	param->enckeylen = cpu_to_be32(config->key_length);
	return RTA_SPACE(sizeof(*param)) + config->auth_key_length +
	       config->key_length;
}

static int set_key(struct crypto_aead *tfm, const struct load_config *config)
{
	u8 key[2 * LOAD_MAX_KEY + 32] __aligned(RTA_ALIGNTO);
	unsigned int length = config->key_length;
	int err;

	get_random_bytes(key, sizeof(key));
	if (strstr(crypto_tfm_alg_name(crypto_aead_tfm(tfm)), "authenc"))
		length = authenc_key(config, key);
	err = crypto_aead_setkey(tfm, key, length);
	memzero_explicit(key, sizeof(key));
	return err;
}

static int aead_open(struct load_stream *stream)
{
	const struct load_config *config = stream->run->config;
	struct load_result *result = stream->run->result;
	struct crypto_aead *tfm;
	int err;

	tfm = crypto_alloc_aead(config->driver, 0, 0);
	if (IS_ERR(tfm))
		return load_open_failed(stream->run, PTR_ERR(tfm));
	stream->transform.aead = tfm;
	load_name(result, crypto_aead_tfm(tfm));

	if (config->decrypt && config->in_place) {
		scnprintf(result->error, sizeof(result->error),
			  "in_place=1: the input of an aead's decryption has to last");
		return -EINVAL;
	}
	if (crypto_aead_ivsize(tfm) > LOAD_MAX_IV)
		return -EINVAL;
	err = set_key(tfm, config);
	if (err)
		return load_key_failed(stream->run, err);
	err = crypto_aead_setauthsize(tfm, config->tag_length ?:
					   crypto_aead_maxauthsize(tfm));
	if (err)
		scnprintf(result->error, sizeof(result->error),
			  "tag_length=%u: %pe", config->tag_length, ERR_PTR(err));
	return err;
}

static void aead_close(struct load_stream *stream)
{
	crypto_free_aead(stream->transform.aead);
}

static unsigned int aead_extra(const struct load_stream *stream)
{
	return stream->run->config->aad_length +
	       crypto_aead_authsize(stream->transform.aead);
}

static int alloc_request(struct load_slot *slot)
{
	slot->request.aead = aead_request_alloc(slot->stream->transform.aead,
						GFP_KERNEL);
	return slot->request.aead ? 0 : -ENOMEM;
}

static void free_request(struct load_slot *slot)
{
	aead_request_free(slot->request.aead);
}

static void set_crypt(struct load_slot *slot, struct load_job *job,
		      struct scatterlist *destination, unsigned int length)
{
	struct aead_request *req = slot->request.aead;

	memcpy(slot->iv, job->iv, sizeof(slot->iv));
	aead_request_set_ad(req, slot->stream->run->config->aad_length);
	aead_request_set_crypt(req, job->source.sg, destination, length,
			       slot->iv);
}

static int aead_prepare(struct load_slot *slot, struct load_job *job)
{
	struct crypto_aead *tfm = slot->stream->transform.aead;
	DECLARE_CRYPTO_WAIT(wait);

	if (strstarts(crypto_tfm_alg_name(crypto_aead_tfm(tfm)), "ccm("))
		job->iv[0] = LOAD_CCM_LENGTH;
	if (!slot->stream->run->config->decrypt)
		return 0;
	aead_request_set_callback(slot->request.aead,
				  CRYPTO_TFM_REQ_MAY_BACKLOG |
				  CRYPTO_TFM_REQ_MAY_SLEEP,
				  crypto_req_done, &wait);
	set_crypt(slot, job, job->source.sg, job->size);
	return crypto_wait_req(crypto_aead_encrypt(slot->request.aead), &wait);
}

static int aead_submit(struct load_slot *slot, struct load_job *job)
{
	const struct load_config *config = slot->stream->run->config;
	struct aead_request *req = slot->request.aead;

	aead_request_set_callback(req, load_flags(config), load_callback, slot);
	if (!config->decrypt) {
		set_crypt(slot, job, load_destination(job), job->size);
		return crypto_aead_encrypt(req);
	}
	set_crypt(slot, job, load_destination(job), job->size +
		  crypto_aead_authsize(slot->stream->transform.aead));
	return crypto_aead_decrypt(req);
}

const struct load_kind load_aead = {
	.has = crypto_has_aead,
	.open = aead_open,
	.close = aead_close,
	.extra = aead_extra,
	.request_alloc = alloc_request,
	.request_free = free_request,
	.prepare = aead_prepare,
	.submit = aead_submit,
};
