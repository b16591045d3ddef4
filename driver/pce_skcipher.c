// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: symmetric key ciphers.
 */
#include <crypto/aes.h>
#include <crypto/chacha.h>
#include <crypto/ctr.h>
#include <crypto/des.h>
#include <crypto/internal/skcipher.h>
#include <crypto/scatterwalk.h>
#include <crypto/sm4.h>
#include <linux/module.h>

#include "pce.h"
#include "pce_alg.h"
#include "pce_session.h"
#include "pce_request.h"
#include "pce_skcipher.h"

/**
 * struct pce_skcipher - transform
 * @session: its key, and the device that has it
 * @salt: the bytes of the key that go into the initialisation vector
 * @fallback: the same cipher in software, synchronous
 * @fast: the fastest one in software, which may be asynchronous; NULL: it is @fallback
 * @has_fast: @fast is there and has the key
 */
struct pce_skcipher {
	struct pce_session session;
	u8 salt[PCE_MAX_SALT];
	struct crypto_skcipher *fallback;
	struct crypto_skcipher *fast;
	bool has_fast;
};

/**
 * struct pce_skcipher_reqctx - request context
 * @req: our request
 * @next_iv: decryption, what the caller's vector becomes, where the device does
 *	not return that
 * @kept_iv: for software that leaves something in the vector where others do not
 * @fallback: request to software; its own context follows
 */
struct pce_skcipher_reqctx {
	struct pce_request req;
	u8 next_iv[AES_BLOCK_SIZE];
	u8 kept_iv[PCE_INDIRECT_IV_SIZE];
	struct skcipher_request fallback;
};

/**
 * struct pce_skcipher_alg - an algorithm
 * @base: what all algorithms have
 * @iv: how the device's initialisation vector is made
 * @min_length: texts of any length from this one on; 0: multiples of the block
 * @next_iv: bytes of the device's result that the caller's vector becomes
 * @chained: the device does not return that; it is a block of the ciphertext
 */
struct pce_skcipher_alg {
	struct pce_algorithm base;
	struct pce_iv_form iv;
	u8 min_length;
	u8 next_iv;
	bool chained;
};

static struct pce_skcipher *pce_skcipher_ctx(struct crypto_skcipher *tfm)
{
	return crypto_tfm_ctx_align(crypto_skcipher_tfm(tfm), PCE_SESSION_ALIGN);
}

static const struct pce_skcipher_alg *
pce_skcipher_alg(struct crypto_skcipher *tfm)
{
	return container_of(crypto_skcipher_alg(tfm), struct pce_skcipher_alg,
			    base.skcipher);
}

/*
 * The fallback is the same algorithm and has the same flags: what it thinks of a
 * key (length, weak keys, FIPS) holds for us.
 */
static int pce_skcipher_setkey_software(struct crypto_skcipher *tfm,
					struct crypto_skcipher *software,
					const u8 *key, unsigned int length)
{
	crypto_skcipher_clear_flags(software, CRYPTO_TFM_REQ_MASK);
	crypto_skcipher_set_flags(software, crypto_skcipher_get_flags(tfm) &
				  CRYPTO_TFM_REQ_MASK);
	return crypto_skcipher_setkey(software, key, length);
}

static int pce_skcipher_setkey(struct crypto_skcipher *tfm, const u8 *key,
			       unsigned int length)
{
	struct pce_skcipher *ctx = pce_skcipher_ctx(tfm);
	unsigned int salt = pce_skcipher_alg(tfm)->iv.salt;
	int err;

	err = pce_skcipher_setkey_software(tfm, ctx->fallback, key, length);
	if (err)
		return err;	/* the crypto API refuses requests until a key is set */
	ctx->has_fast = ctx->fast &&
			!pce_skcipher_setkey_software(tfm, ctx->fast, key,
						      length);

	memcpy(ctx->salt, key + length - salt, salt);
	pce_session_set_key(&ctx->session, key, length - salt, NULL, 0);
	return 0;
}

/* The vector of XTS, and of ciphers that count in another place, stays what it was */
static u8 *pce_skcipher_software_iv(struct skcipher_request *req)
{
	struct pce_skcipher_reqctx *rctx = skcipher_request_ctx(req);
	struct crypto_skcipher *tfm = crypto_skcipher_reqtfm(req);
	const struct pce_skcipher_alg *alg = pce_skcipher_alg(tfm);

	if (alg->next_iv || alg->chained)
		return req->iv;
	return memcpy(rctx->kept_iv, req->iv, crypto_skcipher_ivsize(tfm));
}

static int pce_skcipher_software(struct pce_request *preq,
				 struct crypto_skcipher *software, u32 flags,
				 crypto_completion_t done, void *data)
{
	struct skcipher_request *req = skcipher_request_cast(preq->base);
	struct pce_skcipher_reqctx *rctx = skcipher_request_ctx(req);
	struct skcipher_request *sub = &rctx->fallback;

	skcipher_request_set_tfm(sub, software);
	skcipher_request_set_callback(sub, flags, done, data);
	skcipher_request_set_crypt(sub, preq->src.sg, preq->dst.sg,
				   req->cryptlen, pce_skcipher_software_iv(req));
	return preq->flags & PCE_SQE_DECRYPT ? crypto_skcipher_decrypt(sub) :
					       crypto_skcipher_encrypt(sub);
}

static struct pce_skcipher *pce_skcipher_of(struct pce_request *preq)
{
	struct skcipher_request *req = skcipher_request_cast(preq->base);

	return pce_skcipher_ctx(crypto_skcipher_reqtfm(req));
}

static int pce_skcipher_fallback(struct pce_request *preq, u32 flags)
{
	return pce_skcipher_software(preq, pce_skcipher_of(preq)->fallback,
				     flags, NULL, NULL);
}

static int pce_skcipher_fast(struct pce_request *preq, u32 flags,
			     crypto_completion_t done, void *data)
{
	return pce_skcipher_software(preq, pce_skcipher_of(preq)->fast, flags,
				     done, data);
}

/*
 * Which block of the ciphertext the software leaves in the place of the caller's
 * vector: the last whole one.  With ciphertext stealing, whose last two blocks
 * are swapped, the last but one, unless there is only one.
 */
static unsigned int pce_skcipher_chained_at(const struct skcipher_request *req,
					    const struct pce_skcipher_alg *alg)
{
	unsigned int length = req->cryptlen;

	if (alg->base.id == PCE_ALG_AES_CBC_CTS && length > AES_BLOCK_SIZE)
		length = rounddown(length - 1, AES_BLOCK_SIZE);
	return length - AES_BLOCK_SIZE;
}

/* In place, the device is going to overwrite it */
static void pce_skcipher_keep_iv(struct skcipher_request *req,
				 const struct pce_skcipher_alg *alg)
{
	struct pce_skcipher_reqctx *rctx = skcipher_request_ctx(req);

	scatterwalk_map_and_copy(rctx->next_iv, req->src,
				 pce_skcipher_chained_at(req, alg),
				 AES_BLOCK_SIZE, 0);
}

/* The lists of the caller, since those of a request that is checked are copies */
static void pce_skcipher_return_iv(struct pce_request *preq)
{
	struct skcipher_request *req = skcipher_request_cast(preq->base);
	struct pce_skcipher_reqctx *rctx = skcipher_request_ctx(req);
	const struct pce_skcipher_alg *alg =
		pce_skcipher_alg(crypto_skcipher_reqtfm(req));

	if (preq->flags & PCE_SQE_DECRYPT)
		memcpy(req->iv, rctx->next_iv, AES_BLOCK_SIZE);
	else
		scatterwalk_map_and_copy(req->iv, req->dst,
					 pce_skcipher_chained_at(req, alg),
					 AES_BLOCK_SIZE, 0);
}

static const struct pce_request_ops pce_skcipher_ops = {
	.fallback = pce_skcipher_fallback,
	.fast = pce_skcipher_fast,
};

static const struct pce_request_ops pce_skcipher_chained_ops = {
	.fallback = pce_skcipher_fallback,
	.fast = pce_skcipher_fast,
	.return_iv = pce_skcipher_return_iv,
};

static bool pce_skcipher_length_ok(const struct pce_skcipher_alg *alg,
				   unsigned int length)
{
	if (alg->min_length)
		return length >= alg->min_length;
	return IS_ALIGNED(length, alg->base.skcipher.base.cra_blocksize);
}

static int pce_skcipher_crypt(struct skcipher_request *req, u8 flags)
{
	struct crypto_skcipher *tfm = crypto_skcipher_reqtfm(req);
	const struct pce_skcipher_alg *alg = pce_skcipher_alg(tfm);
	struct pce_skcipher_reqctx *rctx = skcipher_request_ctx(req);
	struct pce_skcipher *ctx = pce_skcipher_ctx(tfm);
	struct pce_request *preq = &rctx->req;

	if (alg->base.skcipher.ivsize > PCE_SQE_IV_SIZE)
		flags |= PCE_SQE_IV_INDIRECT;

	*preq = (struct pce_request) {
		.base = &req->base,
		.ops = alg->chained ? &pce_skcipher_chained_ops :
				      &pce_skcipher_ops,
		.session = &ctx->session,
		.has_fast = ctx->has_fast,
		.src = { .sg = req->src, .length = req->cryptlen },
		.dst = { .sg = req->dst, .length = req->cryptlen },
		.opcode = PCE_OP_CIPHER,
		.flags = flags,
		.next_iv_size = alg->next_iv,
		.next_iv = req->iv,
		.job = { .length = req->cryptlen, .expected = req->cryptlen },
	};
	/* What becomes of the vector, and of the whole blocks, is up to the software */
	if (unlikely(!req->cryptlen ||
		     !pce_skcipher_length_ok(alg, req->cryptlen)))
		return pce_request_by_software(preq,
					       PCE_FALLBACK_UNSUPPORTED);
	if (alg->chained && flags & PCE_SQE_DECRYPT)
		pce_skcipher_keep_iv(req, alg);
	pce_request_set_iv(preq, &alg->iv, ctx->salt, req->iv,
			   alg->base.skcipher.ivsize);
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

/*
 * With ciphertext stealing, code for CPU instructions leaves another vector in the request
 * than the template does, and a chain of requests would depend on who serves them.
 * Return: the fastest software if it is not the fallback; NULL: there is none
 */
static struct crypto_skcipher *
pce_skcipher_alloc_fast(const struct pce_skcipher_alg *alg,
			struct crypto_skcipher *fallback)
{
	struct crypto_tfm *tfm = crypto_skcipher_tfm(fallback);
	struct crypto_skcipher *fast;

	if (alg->base.id == PCE_ALG_AES_CBC_CTS)
		return NULL;
	fast = crypto_alloc_skcipher(crypto_tfm_alg_name(tfm), 0, PCE_FAST_MASK);
	if (IS_ERR(fast))
		return NULL;
	if (strcmp(crypto_skcipher_driver_name(fast),
		   crypto_skcipher_driver_name(fallback)))
		return fast;
	crypto_free_skcipher(fast);
	return NULL;
}

static int pce_skcipher_init(struct crypto_skcipher *tfm)
{
	struct pce_skcipher *ctx = pce_skcipher_ctx(tfm);
	unsigned int size;
	int err;

	ctx->fallback = crypto_alloc_skcipher(crypto_tfm_alg_name(&tfm->base),
					      0, PCE_FALLBACK_MASK);
	if (IS_ERR(ctx->fallback))
		return PTR_ERR(ctx->fallback);
	err = pce_session_init(&ctx->session, pce_skcipher_alg(tfm)->base.id,
			       PCE_ALG_NONE);
	if (err) {
		crypto_free_skcipher(ctx->fallback);
		return err;
	}

	size = crypto_skcipher_reqsize(ctx->fallback);
	ctx->has_fast = false;
	ctx->fast = pce_skcipher_alloc_fast(pce_skcipher_alg(tfm),
					    ctx->fallback);
	if (ctx->fast)
		size = max(size, crypto_skcipher_reqsize(ctx->fast));
	pce_session_set_software(&ctx->session,
				 crypto_skcipher_driver_name(ctx->fast ?: ctx->fallback));
	crypto_skcipher_set_reqsize(tfm, sizeof(struct pce_skcipher_reqctx) +
				    size);
	return 0;
}

static void pce_skcipher_exit(struct crypto_skcipher *tfm)
{
	struct pce_skcipher *ctx = pce_skcipher_ctx(tfm);

	pce_session_exit(&ctx->session);
	crypto_free_skcipher(ctx->fast);
	crypto_free_skcipher(ctx->fallback);
}

#define PCE_SKCIPHER(_name, _id, _blocksize)				\
	.base.kind = PCE_KIND_SKCIPHER,					\
	.base.id = _id,							\
	.base.skcipher.base.cra_name = _name,					\
	.base.skcipher.base.cra_blocksize = _blocksize,				\
	.base.skcipher.base.cra_flags = CRYPTO_ALG_ASYNC |			\
			       CRYPTO_ALG_KERN_DRIVER_ONLY |		\
			       CRYPTO_ALG_NEED_FALLBACK,		\
	.base.skcipher.base.cra_ctxsize = sizeof(struct pce_skcipher) +		\
				 PCE_SESSION_ALIGN,				\
	.base.skcipher.base.cra_module = THIS_MODULE,				\
	.base.skcipher.init = pce_skcipher_init,					\
	.base.skcipher.exit = pce_skcipher_exit,					\
	.base.skcipher.setkey = pce_skcipher_setkey,				\
	.base.skcipher.encrypt = pce_skcipher_encrypt,				\
	.base.skcipher.decrypt = pce_skcipher_decrypt

#define PCE_KEYS(_min, _max)						\
	.base.skcipher.min_keysize = _min,					\
	.base.skcipher.max_keysize = _max

static struct pce_skcipher_alg pce_skcipher_algs[] = {
	{
		PCE_SKCIPHER("ecb(aes)", PCE_ALG_AES_ECB, AES_BLOCK_SIZE),
		PCE_KEYS(AES_MIN_KEY_SIZE, AES_MAX_KEY_SIZE),
	}, {
		PCE_SKCIPHER("cbc(aes)", PCE_ALG_AES_CBC, AES_BLOCK_SIZE),
		PCE_KEYS(AES_MIN_KEY_SIZE, AES_MAX_KEY_SIZE),
		.base.skcipher.ivsize = AES_BLOCK_SIZE,
		.next_iv = AES_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("ctr(aes)", PCE_ALG_AES_CTR, 1),
		PCE_KEYS(AES_MIN_KEY_SIZE, AES_MAX_KEY_SIZE),
		.base.skcipher.ivsize = AES_BLOCK_SIZE,
		.base.skcipher.chunksize = AES_BLOCK_SIZE,
		.next_iv = AES_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("rfc3686(ctr(aes))", PCE_ALG_AES_CTR, 1),
		PCE_KEYS(AES_MIN_KEY_SIZE + CTR_RFC3686_NONCE_SIZE,
			 AES_MAX_KEY_SIZE + CTR_RFC3686_NONCE_SIZE),
		.base.skcipher.ivsize = CTR_RFC3686_IV_SIZE,
		.base.skcipher.chunksize = AES_BLOCK_SIZE,
		.iv.salt = CTR_RFC3686_NONCE_SIZE,
		.iv.counter = 1,
	}, {
		PCE_SKCIPHER("xts(aes)", PCE_ALG_AES_XTS, AES_BLOCK_SIZE),
		PCE_KEYS(2 * AES_MIN_KEY_SIZE, 2 * AES_MAX_KEY_SIZE),
		.base.skcipher.ivsize = AES_BLOCK_SIZE,
		.min_length = AES_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("cts(cbc(aes))", PCE_ALG_AES_CBC_CTS, AES_BLOCK_SIZE),
		PCE_KEYS(AES_MIN_KEY_SIZE, AES_MAX_KEY_SIZE),
		.base.skcipher.ivsize = AES_BLOCK_SIZE,
		.min_length = AES_BLOCK_SIZE,
		.chained = true,
	}, {
		PCE_SKCIPHER("essiv(cbc(aes),sha256)", PCE_ALG_AES_ESSIV, AES_BLOCK_SIZE),
		PCE_KEYS(AES_MIN_KEY_SIZE, AES_MAX_KEY_SIZE),
		.base.skcipher.ivsize = AES_BLOCK_SIZE,
		.chained = true,
	}, {
		PCE_SKCIPHER("lrw(aes)", PCE_ALG_AES_LRW, AES_BLOCK_SIZE),
		PCE_KEYS(AES_MIN_KEY_SIZE + AES_BLOCK_SIZE,
			 AES_MAX_KEY_SIZE + AES_BLOCK_SIZE),
		.base.skcipher.ivsize = AES_BLOCK_SIZE,
		.next_iv = AES_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("chacha20", PCE_ALG_CHACHA20, 1),
		PCE_KEYS(CHACHA_KEY_SIZE, CHACHA_KEY_SIZE),
		.base.skcipher.ivsize = CHACHA_IV_SIZE,
		.base.skcipher.chunksize = CHACHA_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("xchacha20", PCE_ALG_XCHACHA20, 1),
		PCE_KEYS(CHACHA_KEY_SIZE, CHACHA_KEY_SIZE),
		.base.skcipher.ivsize = XCHACHA_IV_SIZE,
		.base.skcipher.chunksize = CHACHA_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("xchacha12", PCE_ALG_XCHACHA12, 1),
		PCE_KEYS(CHACHA_KEY_SIZE, CHACHA_KEY_SIZE),
		.base.skcipher.ivsize = XCHACHA_IV_SIZE,
		.base.skcipher.chunksize = CHACHA_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("ecb(sm4)", PCE_ALG_SM4_ECB, SM4_BLOCK_SIZE),
		PCE_KEYS(SM4_KEY_SIZE, SM4_KEY_SIZE),
	}, {
		PCE_SKCIPHER("cbc(sm4)", PCE_ALG_SM4_CBC, SM4_BLOCK_SIZE),
		PCE_KEYS(SM4_KEY_SIZE, SM4_KEY_SIZE),
		.base.skcipher.ivsize = SM4_BLOCK_SIZE,
		.next_iv = SM4_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("ctr(sm4)", PCE_ALG_SM4_CTR, 1),
		PCE_KEYS(SM4_KEY_SIZE, SM4_KEY_SIZE),
		.base.skcipher.ivsize = SM4_BLOCK_SIZE,
		.base.skcipher.chunksize = SM4_BLOCK_SIZE,
		.next_iv = SM4_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("xts(sm4)", PCE_ALG_SM4_XTS, SM4_BLOCK_SIZE),
		PCE_KEYS(2 * SM4_KEY_SIZE, 2 * SM4_KEY_SIZE),
		.base.skcipher.ivsize = SM4_BLOCK_SIZE,
		.min_length = SM4_BLOCK_SIZE,
	}, {
		PCE_SKCIPHER("ecb(des3_ede)", PCE_ALG_DES3_ECB, DES3_EDE_BLOCK_SIZE),
		PCE_KEYS(DES3_EDE_KEY_SIZE, DES3_EDE_KEY_SIZE),
		.base.legacy = true,
	}, {
		PCE_SKCIPHER("cbc(des3_ede)", PCE_ALG_DES3_CBC, DES3_EDE_BLOCK_SIZE),
		PCE_KEYS(DES3_EDE_KEY_SIZE, DES3_EDE_KEY_SIZE),
		.base.skcipher.ivsize = DES3_EDE_BLOCK_SIZE,
		.next_iv = DES3_EDE_BLOCK_SIZE,
		.base.legacy = true,
	},
};

const struct pce_alg_table pce_skcipher_table = {
	.first = &pce_skcipher_algs[0].base,
	.count = ARRAY_SIZE(pce_skcipher_algs),
	.size = sizeof(pce_skcipher_algs[0]),
};
