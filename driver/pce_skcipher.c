// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: symmetric key ciphers.
 *
 * The algorithms belong to the module, not to a device: they are registered
 * when the first device that has them comes, and stay until the module goes.
 */
#include <crypto/aes.h>
#include <crypto/internal/skcipher.h>
#include <crypto/xts.h>
#include <linux/module.h>

#include "pce.h"
#include "pce_key.h"
#include "pce_request.h"
#include "pce_skcipher.h"

#include <kunit/visibility.h>

static int pce_priority = 50;
module_param_named(priority, pce_priority, int, 0444);
MODULE_PARM_DESC(priority, "of the algorithms (generic code: 100, CPU instructions: some hundred)");

/**
 * struct pce_skcipher - transform
 * @key: its key
 * @fallback: the same cipher in software, synchronous
 */
struct pce_skcipher {
	struct pce_key key;
	struct crypto_skcipher *fallback;
};

/**
 * struct pce_skcipher_reqctx - request context
 * @req: our request
 * @fallback: request to the fallback; its own context follows
 */
struct pce_skcipher_reqctx {
	struct pce_request req;
	struct skcipher_request fallback;
};

/**
 * struct pce_skcipher_alg - an algorithm
 * @id: its number in the interface
 * @min_length: shorter texts are refused; 0: an empty text is fine
 * @multiple: texts of other lengths are refused; a power of two
 * @registered: with the crypto API
 * @base: what the crypto API sees
 */
struct pce_skcipher_alg {
	enum pce_alg id;
	unsigned int min_length;
	unsigned int multiple;
	bool registered;
	struct skcipher_alg base;
};

static struct pce_skcipher *pce_skcipher_ctx(struct crypto_skcipher *tfm)
{
	return crypto_tfm_ctx_align(crypto_skcipher_tfm(tfm), PCE_KEY_ALIGN);
}

static const struct pce_skcipher_alg *
pce_skcipher_alg(struct crypto_skcipher *tfm)
{
	return container_of(crypto_skcipher_alg(tfm), struct pce_skcipher_alg,
			    base);
}

static int pce_skcipher_setkey(struct crypto_skcipher *tfm, const u8 *key,
			       unsigned int length)
{
	struct pce_skcipher *ctx = pce_skcipher_ctx(tfm);
	bool xts = pce_skcipher_alg(tfm)->id == PCE_ALG_AES_XTS;
	int err;

	err = xts ? xts_verify_key(tfm, key, length) : 0;
	if (!err)
		err = aes_check_keylen(xts ? length / 2 : length);
	if (err)
		return err;

	crypto_skcipher_clear_flags(ctx->fallback, CRYPTO_TFM_REQ_MASK);
	crypto_skcipher_set_flags(ctx->fallback, crypto_skcipher_get_flags(tfm) &
				  CRYPTO_TFM_REQ_MASK);
	err = crypto_skcipher_setkey(ctx->fallback, key, length);
	if (err)
		return err;	/* no request comes before a key is set again */

	pce_key_set(&ctx->key, key, length, NULL, 0);
	return 0;
}

static int pce_skcipher_fallback(struct pce_request *preq, u32 flags)
{
	struct skcipher_request *req = skcipher_request_cast(preq->base);
	struct pce_skcipher_reqctx *rctx = skcipher_request_ctx(req);
	struct pce_skcipher *ctx = pce_skcipher_ctx(crypto_skcipher_reqtfm(req));
	struct skcipher_request *sub = &rctx->fallback;

	skcipher_request_set_tfm(sub, ctx->fallback);
	skcipher_request_set_callback(sub, flags, NULL, NULL);
	skcipher_request_set_crypt(sub, req->src, req->dst, req->cryptlen,
				   req->iv);
	return preq->flags & PCE_SQE_DECRYPT ? crypto_skcipher_decrypt(sub) :
					       crypto_skcipher_encrypt(sub);
}

VISIBLE_IF_KUNIT void pce_skcipher_success(struct pce_request *preq)
{
	struct skcipher_request *req = skcipher_request_cast(preq->base);

	memcpy(req->iv, preq->job.result, preq->next_iv);
}
EXPORT_SYMBOL_IF_KUNIT(pce_skcipher_success);

static const struct pce_request_ops pce_skcipher_ops = {
	.fallback = pce_skcipher_fallback,
	.success = pce_skcipher_success,
};

static int pce_skcipher_crypt(struct skcipher_request *req, u8 flags)
{
	struct crypto_skcipher *tfm = crypto_skcipher_reqtfm(req);
	const struct pce_skcipher_alg *alg = pce_skcipher_alg(tfm);
	struct pce_skcipher_reqctx *rctx = skcipher_request_ctx(req);
	struct pce_skcipher *ctx = pce_skcipher_ctx(tfm);
	struct pce_request *preq = &rctx->req;

	if (req->cryptlen < alg->min_length ||
	    !IS_ALIGNED(req->cryptlen, alg->multiple))
		return -EINVAL;
	if (!req->cryptlen)
		return 0;

	*preq = (struct pce_request) {
		.base = &req->base,
		.ops = &pce_skcipher_ops,
		.key = &ctx->key,
		.src = { .sg = req->src, .length = req->cryptlen },
		.dst = { .sg = req->dst, .length = req->cryptlen },
		.opcode = PCE_OP_CIPHER,
		.flags = flags,
		.next_iv = alg->base.ivsize,
		.job = { .length = req->cryptlen, .expected = req->cryptlen },
	};
	memcpy(preq->iv, req->iv, alg->base.ivsize);
	return pce_request_run(preq);
}

static int pce_skcipher_encrypt(struct skcipher_request *req)
{
	return pce_skcipher_crypt(req, 0);
}

static int pce_skcipher_decrypt(struct skcipher_request *req)
{
	return pce_skcipher_crypt(req, PCE_SQE_DECRYPT);
}

static int pce_skcipher_init(struct crypto_skcipher *tfm)
{
	struct pce_skcipher *ctx = pce_skcipher_ctx(tfm);

	/* As dependable as we are: it sleeps and allocates no more than we do */
	ctx->fallback = crypto_alloc_skcipher(crypto_tfm_alg_name(&tfm->base), 0,
					      CRYPTO_ALG_ASYNC |
					      CRYPTO_ALG_NEED_FALLBACK |
					      CRYPTO_ALG_ALLOCATES_MEMORY);
	if (IS_ERR(ctx->fallback))
		return PTR_ERR(ctx->fallback);

	crypto_skcipher_set_reqsize(tfm, sizeof(struct pce_skcipher_reqctx) +
				    crypto_skcipher_reqsize(ctx->fallback));
	pce_key_init(&ctx->key, pce_skcipher_alg(tfm)->id, PCE_ALG_NONE);
	return 0;
}

static void pce_skcipher_exit(struct crypto_skcipher *tfm)
{
	struct pce_skcipher *ctx = pce_skcipher_ctx(tfm);

	pce_key_exit(&ctx->key);
	crypto_free_skcipher(ctx->fallback);
}

#define PCE_SKCIPHER(_name, _driver_name, _blocksize)			\
	.base.base.cra_name = _name,					\
	.base.base.cra_driver_name = _driver_name,			\
	.base.base.cra_blocksize = _blocksize,				\
	.base.base.cra_flags = CRYPTO_ALG_ASYNC |			\
			       CRYPTO_ALG_KERN_DRIVER_ONLY |		\
			       CRYPTO_ALG_NEED_FALLBACK,		\
	.base.base.cra_ctxsize = sizeof(struct pce_skcipher) +		\
				 PCE_KEY_ALIGN,				\
	.base.base.cra_module = THIS_MODULE,				\
	.base.init = pce_skcipher_init,					\
	.base.exit = pce_skcipher_exit,					\
	.base.setkey = pce_skcipher_setkey,				\
	.base.encrypt = pce_skcipher_encrypt,				\
	.base.decrypt = pce_skcipher_decrypt

static struct pce_skcipher_alg pce_skcipher_algs[] = {
	{
		PCE_SKCIPHER("ecb(aes)", "ecb-aes-pce", AES_BLOCK_SIZE),
		.id = PCE_ALG_AES_ECB,
		.multiple = AES_BLOCK_SIZE,
		.base.min_keysize = AES_MIN_KEY_SIZE,
		.base.max_keysize = AES_MAX_KEY_SIZE,
	}, {
		PCE_SKCIPHER("cbc(aes)", "cbc-aes-pce", AES_BLOCK_SIZE),
		.id = PCE_ALG_AES_CBC,
		.multiple = AES_BLOCK_SIZE,
		.base.min_keysize = AES_MIN_KEY_SIZE,
		.base.max_keysize = AES_MAX_KEY_SIZE,
		.base.ivsize = AES_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("ctr(aes)", "ctr-aes-pce", 1),
		.id = PCE_ALG_AES_CTR,
		.multiple = 1,
		.base.min_keysize = AES_MIN_KEY_SIZE,
		.base.max_keysize = AES_MAX_KEY_SIZE,
		.base.ivsize = AES_BLOCK_SIZE,
		.base.chunksize = AES_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("xts(aes)", "xts-aes-pce", AES_BLOCK_SIZE),
		.id = PCE_ALG_AES_XTS,
		.min_length = AES_BLOCK_SIZE,
		.multiple = 1,
		.base.min_keysize = 2 * AES_MIN_KEY_SIZE,
		.base.max_keysize = 2 * AES_MAX_KEY_SIZE,
		.base.ivsize = AES_BLOCK_SIZE,
	},
};

static DEFINE_MUTEX(pce_skcipher_mutex);

/**
 * pce_skcipher_register() - register what a device has and is not registered yet
 * @alg_info: what it offers of each algorithm: PCE_ALG_INFO_*
 *
 * Return: 0 or a negative error number; what was registered stays.
 */
int pce_skcipher_register(const u32 *alg_info)
{
	unsigned int i;
	int err;

	guard(mutex)(&pce_skcipher_mutex);

	for (i = 0; i < ARRAY_SIZE(pce_skcipher_algs); i++) {
		struct pce_skcipher_alg *alg = &pce_skcipher_algs[i];

		if (alg->registered || !(alg_info[alg->id] & PCE_ALG_INFO_PRESENT))
			continue;
		alg->base.base.cra_priority = pce_priority;
		err = crypto_register_skcipher(&alg->base);
		if (err)
			return err;
		alg->registered = true;
	}
	return 0;
}

/**
 * pce_skcipher_unregister() - the module goes
 */
void pce_skcipher_unregister(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pce_skcipher_algs); i++)
		if (pce_skcipher_algs[i].registered)
			crypto_unregister_skcipher(&pce_skcipher_algs[i].base);
}
