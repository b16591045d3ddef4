// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: symmetric key ciphers.
 *
 * The algorithms belong to the module, not to a device: they are registered
 * when the first device that has them comes, and stay until the module goes.
 */
#include <crypto/aes.h>
#include <crypto/chacha.h>
#include <crypto/ctr.h>
#include <crypto/des.h>
#include <crypto/internal/skcipher.h>
#include <crypto/sm4.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "pce.h"
#include "pce_key.h"
#include "pce_request.h"
#include "pce_skcipher.h"

static bool pce_legacy;
module_param_named(legacy, pce_legacy, bool, 0444);
MODULE_PARM_DESC(legacy, "register triple DES too, for old peers");

/**
 * struct pce_skcipher - transform
 * @key: its key
 * @salt: the bytes of the key that go into the initialisation vector
 * @fallback: the same cipher in software, synchronous
 */
struct pce_skcipher {
	struct pce_key key;
	u8 salt[PCE_MAX_SALT];
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
 * @iv: how the device's initialisation vector is made
 * @min_length: texts of any length from this one on; 0: multiples of the block
 * @next_iv: bytes of the device's result that the caller's vector becomes
 * @legacy: too weak for new uses; registered if the user asks for it
 * @registered: with the crypto API
 * @base: what the crypto API sees
 */
struct pce_skcipher_alg {
	enum pce_alg id;
	struct pce_iv_form iv;
	u8 min_length;
	u8 next_iv;
	bool legacy;
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

/*
 * The fallback is the same algorithm and has the same flags: what it thinks of a
 * key (length, weak keys, FIPS) holds for us.
 */
static int pce_skcipher_setkey(struct crypto_skcipher *tfm, const u8 *key,
			       unsigned int length)
{
	struct pce_skcipher *ctx = pce_skcipher_ctx(tfm);
	unsigned int salt = pce_skcipher_alg(tfm)->iv.salt;
	int err;

	crypto_skcipher_clear_flags(ctx->fallback, CRYPTO_TFM_REQ_MASK);
	crypto_skcipher_set_flags(ctx->fallback, crypto_skcipher_get_flags(tfm) &
				  CRYPTO_TFM_REQ_MASK);
	err = crypto_skcipher_setkey(ctx->fallback, key, length);
	if (err)
		return err;	/* no request comes before a key is set again */

	memcpy(ctx->salt, key + length - salt, salt);
	pce_key_set(&ctx->key, key, length - salt, NULL, 0);
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
	skcipher_request_set_crypt(sub, preq->src.sg, preq->dst.sg,
				   req->cryptlen, req->iv);
	return preq->flags & PCE_SQE_DECRYPT ? crypto_skcipher_decrypt(sub) :
					       crypto_skcipher_encrypt(sub);
}

static const struct pce_request_ops pce_skcipher_ops = {
	.fallback = pce_skcipher_fallback,
};

static bool pce_skcipher_length_ok(const struct pce_skcipher_alg *alg,
				   unsigned int length)
{
	if (alg->min_length)
		return length >= alg->min_length;
	return IS_ALIGNED(length, alg->base.base.cra_blocksize);
}

static int pce_skcipher_crypt(struct skcipher_request *req, u8 flags)
{
	struct crypto_skcipher *tfm = crypto_skcipher_reqtfm(req);
	const struct pce_skcipher_alg *alg = pce_skcipher_alg(tfm);
	struct pce_skcipher_reqctx *rctx = skcipher_request_ctx(req);
	struct pce_skcipher *ctx = pce_skcipher_ctx(tfm);
	struct pce_request *preq = &rctx->req;

	if (!pce_skcipher_length_ok(alg, req->cryptlen))
		return -EINVAL;
	if (!req->cryptlen)
		return 0;
	if (alg->base.ivsize > PCE_SQE_IV_SIZE)
		flags |= PCE_SQE_IV_INDIRECT;

	*preq = (struct pce_request) {
		.base = &req->base,
		.ops = &pce_skcipher_ops,
		.key = &ctx->key,
		.src = { .sg = req->src, .length = req->cryptlen },
		.dst = { .sg = req->dst, .length = req->cryptlen },
		.opcode = PCE_OP_CIPHER,
		.flags = flags,
		.next_iv_size = alg->next_iv,
		.next_iv = req->iv,
		.job = { .length = req->cryptlen, .expected = req->cryptlen },
	};
	pce_request_set_iv(preq, &alg->iv, ctx->salt, req->iv,
			   alg->base.ivsize);
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

	ctx->fallback = crypto_alloc_skcipher(crypto_tfm_alg_name(&tfm->base),
					      0, PCE_FALLBACK_MASK);
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

#define PCE_SKCIPHER(_name, _id, _blocksize)				\
	.id = _id,							\
	.base.base.cra_name = _name,					\
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

#define PCE_KEYS(_min, _max)						\
	.base.min_keysize = _min,					\
	.base.max_keysize = _max

static struct pce_skcipher_alg pce_skcipher_algs[] = {
	{
		PCE_SKCIPHER("ecb(aes)", PCE_ALG_AES_ECB, AES_BLOCK_SIZE),
		PCE_KEYS(AES_MIN_KEY_SIZE, AES_MAX_KEY_SIZE),
	}, {
		PCE_SKCIPHER("cbc(aes)", PCE_ALG_AES_CBC, AES_BLOCK_SIZE),
		PCE_KEYS(AES_MIN_KEY_SIZE, AES_MAX_KEY_SIZE),
		.base.ivsize = AES_BLOCK_SIZE,
		.next_iv = AES_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("ctr(aes)", PCE_ALG_AES_CTR, 1),
		PCE_KEYS(AES_MIN_KEY_SIZE, AES_MAX_KEY_SIZE),
		.base.ivsize = AES_BLOCK_SIZE,
		.base.chunksize = AES_BLOCK_SIZE,
		.next_iv = AES_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("rfc3686(ctr(aes))", PCE_ALG_AES_CTR, 1),
		PCE_KEYS(AES_MIN_KEY_SIZE + CTR_RFC3686_NONCE_SIZE,
			 AES_MAX_KEY_SIZE + CTR_RFC3686_NONCE_SIZE),
		.base.ivsize = CTR_RFC3686_IV_SIZE,
		.base.chunksize = AES_BLOCK_SIZE,
		.iv.salt = CTR_RFC3686_NONCE_SIZE,
		.iv.counter = 1,
	}, {
		PCE_SKCIPHER("xts(aes)", PCE_ALG_AES_XTS, AES_BLOCK_SIZE),
		PCE_KEYS(2 * AES_MIN_KEY_SIZE, 2 * AES_MAX_KEY_SIZE),
		.base.ivsize = AES_BLOCK_SIZE,
		.min_length = AES_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("cts(cbc(aes))", PCE_ALG_AES_CBC_CTS, AES_BLOCK_SIZE),
		PCE_KEYS(AES_MIN_KEY_SIZE, AES_MAX_KEY_SIZE),
		.base.ivsize = AES_BLOCK_SIZE,
		.min_length = AES_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("essiv(cbc(aes),sha256)", PCE_ALG_AES_ESSIV, AES_BLOCK_SIZE),
		PCE_KEYS(AES_MIN_KEY_SIZE, AES_MAX_KEY_SIZE),
		.base.ivsize = AES_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("lrw(aes)", PCE_ALG_AES_LRW, AES_BLOCK_SIZE),
		PCE_KEYS(AES_MIN_KEY_SIZE + AES_BLOCK_SIZE,
			 AES_MAX_KEY_SIZE + AES_BLOCK_SIZE),
		.base.ivsize = AES_BLOCK_SIZE,
		.next_iv = AES_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("chacha20", PCE_ALG_CHACHA20, 1),
		PCE_KEYS(CHACHA_KEY_SIZE, CHACHA_KEY_SIZE),
		.base.ivsize = CHACHA_IV_SIZE,
		.base.chunksize = CHACHA_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("xchacha20", PCE_ALG_XCHACHA20, 1),
		PCE_KEYS(CHACHA_KEY_SIZE, CHACHA_KEY_SIZE),
		.base.ivsize = XCHACHA_IV_SIZE,
		.base.chunksize = CHACHA_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("xchacha12", PCE_ALG_XCHACHA12, 1),
		PCE_KEYS(CHACHA_KEY_SIZE, CHACHA_KEY_SIZE),
		.base.ivsize = XCHACHA_IV_SIZE,
		.base.chunksize = CHACHA_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("ecb(sm4)", PCE_ALG_SM4_ECB, SM4_BLOCK_SIZE),
		PCE_KEYS(SM4_KEY_SIZE, SM4_KEY_SIZE),
	}, {
		PCE_SKCIPHER("cbc(sm4)", PCE_ALG_SM4_CBC, SM4_BLOCK_SIZE),
		PCE_KEYS(SM4_KEY_SIZE, SM4_KEY_SIZE),
		.base.ivsize = SM4_BLOCK_SIZE,
		.next_iv = SM4_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("ctr(sm4)", PCE_ALG_SM4_CTR, 1),
		PCE_KEYS(SM4_KEY_SIZE, SM4_KEY_SIZE),
		.base.ivsize = SM4_BLOCK_SIZE,
		.base.chunksize = SM4_BLOCK_SIZE,
		.next_iv = SM4_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("xts(sm4)", PCE_ALG_SM4_XTS, SM4_BLOCK_SIZE),
		PCE_KEYS(2 * SM4_KEY_SIZE, 2 * SM4_KEY_SIZE),
		.base.ivsize = SM4_BLOCK_SIZE,
		.min_length = SM4_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("ecb(des3_ede)", PCE_ALG_DES3_ECB, DES3_EDE_BLOCK_SIZE),
		PCE_KEYS(DES3_EDE_KEY_SIZE, DES3_EDE_KEY_SIZE),
		.legacy = true,
	}, {
		PCE_SKCIPHER("cbc(des3_ede)", PCE_ALG_DES3_CBC, DES3_EDE_BLOCK_SIZE),
		PCE_KEYS(DES3_EDE_KEY_SIZE, DES3_EDE_KEY_SIZE),
		.base.ivsize = DES3_EDE_BLOCK_SIZE,
		.next_iv = DES3_EDE_BLOCK_SIZE,
		.legacy = true,
	},
};

static DEFINE_MUTEX(pce_skcipher_mutex);

static bool pce_skcipher_wanted(const struct pce_skcipher_alg *alg,
				const u32 *alg_info)
{
	return !alg->registered && (!alg->legacy || pce_legacy) &&
	       pce_algs_offered(alg_info, alg->id, PCE_ALG_NONE) &&
	       crypto_has_skcipher(alg->base.base.cra_name, 0,
				   PCE_FALLBACK_MASK);
}

/**
 * pce_skcipher_register() - register what a device has and is not registered yet
 * @alg_info: what it offers of each algorithm: PCE_ALG_INFO_*
 *
 * Return: 0 or the first negative error number; what can be is registered.
 */
int pce_skcipher_register(const u32 *alg_info)
{
	unsigned int i;
	int err, ret = 0;

	guard(mutex)(&pce_skcipher_mutex);

	for (i = 0; i < ARRAY_SIZE(pce_skcipher_algs); i++) {
		struct pce_skcipher_alg *alg = &pce_skcipher_algs[i];

		if (!pce_skcipher_wanted(alg, alg_info))
			continue;
		pce_request_prepare_alg(&alg->base.base);
		err = crypto_register_skcipher(&alg->base);
		alg->registered = !err;
		ret = ret ?: err;
	}
	return ret;
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
