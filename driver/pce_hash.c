// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: hashes and message authentication codes.
 *
 * Between the parts of a message everything is in the request's context, in the
 * format that the software hash of the same name exports: neither the device nor
 * the software holds anything, and each part goes to the one or the other.
 */
#include <crypto/internal/hash.h>
#include <linux/bitfield.h>
#include <linux/module.h>

#include "pce.h"
#include "pce_hash.h"
#include "pce_hash_state.h"
#include "pce_key.h"
#include "pce_request.h"

#include <kunit/visibility.h>

/**
 * struct pce_hash - transform
 * @key: its key; of a hash, the device that was found for it
 * @fallback: the same hash in software
 * @portable: what @fallback exports is what the device can go on from
 */
struct pce_hash {
	struct pce_key key;
	struct crypto_shash *fallback;
	bool portable;
};

/**
 * struct pce_hash_reqctx - request context
 * @req: our request
 * @begun: @state is what is left of the message so far; else nothing was hashed
 * @last: the message ends with this part
 * @state: in the kernel's format
 * @fallback: of the software; its own context follows
 */
struct pce_hash_reqctx {
	struct pce_request req;
	bool begun;
	bool last;
	u8 state[PCE_HASH_EXPORT_SIZE] __aligned(sizeof(u64));
	struct shash_desc fallback;
};

/**
 * struct pce_hash_alg - an algorithm
 * @id: its number in the interface
 * @registered: with the crypto API
 * @base: what the crypto API sees
 */
struct pce_hash_alg {
	enum pce_alg id;
	bool registered;
	struct ahash_alg base;
};

static struct pce_hash *pce_hash_ctx(struct crypto_ahash *tfm)
{
	return crypto_tfm_ctx_align(crypto_ahash_tfm(tfm), PCE_KEY_ALIGN);
}

static const struct pce_hash_alg *pce_hash_alg(struct crypto_ahash *tfm)
{
	return container_of(crypto_ahash_alg(tfm), struct pce_hash_alg, base);
}

static const struct pce_hash_info *
pce_hash_req_info(struct ahash_request *req)
{
	return pce_hash_info(pce_hash_alg(crypto_ahash_reqtfm(req))->id);
}

/**
 * pce_hmac_key() - the key of an HMAC as the device wants it
 * @hmac: PCE_ALG_HMAC_*
 * @key: key
 * @length: bytes of it
 * @out: room for PCE_CONTEXT_AUTH_KEY_SIZE bytes
 *
 * A key that is longer than the block of the hash is hashed.
 *
 * Context: may sleep.
 * Return: bytes in @out, or a negative error number.
 */
int pce_hmac_key(enum pce_alg hmac, const u8 *key, unsigned int length,
		 u8 *out)
{
	const struct pce_hash_info *info = pce_hash_info(hmac);
	struct crypto_shash *hash;
	int err;

	if (length <= info->block) {
		memcpy(out, key, length);
		return length;
	}
	hash = crypto_alloc_shash(info->hash, 0, CRYPTO_ALG_NEED_FALLBACK);
	if (IS_ERR(hash))
		return PTR_ERR(hash);
	err = crypto_shash_tfm_digest(hash, key, length, out);
	crypto_free_shash(hash);
	return err ?: info->digest;
}

/* Also tells whether the software takes the key */
static int pce_hash_setkey_fallback(struct crypto_ahash *tfm, const u8 *key,
				    unsigned int length)
{
	struct crypto_shash *fallback = pce_hash_ctx(tfm)->fallback;

	crypto_shash_clear_flags(fallback, CRYPTO_TFM_REQ_MASK);
	crypto_shash_set_flags(fallback, crypto_ahash_get_flags(tfm) &
			       CRYPTO_TFM_REQ_MASK);
	return crypto_shash_setkey(fallback, key, length);
}

static int pce_hmac_setkey(struct crypto_ahash *tfm, const u8 *key,
			   unsigned int length)
{
	u8 bytes[PCE_CONTEXT_AUTH_KEY_SIZE];
	int ret;

	ret = pce_hash_setkey_fallback(tfm, key, length);
	if (ret)
		return ret;
	ret = pce_hmac_key(pce_hash_alg(tfm)->id, key, length, bytes);
	if (ret >= 0)
		pce_key_set(&pce_hash_ctx(tfm)->key, NULL, 0, bytes, ret);
	memzero_explicit(bytes, sizeof(bytes));
	return min(ret, 0);
}

static int pce_mac_setkey(struct crypto_ahash *tfm, const u8 *key,
			  unsigned int length)
{
	int err = pce_hash_setkey_fallback(tfm, key, length);

	if (!err)
		pce_key_set(&pce_hash_ctx(tfm)->key, key, length, NULL, 0);
	return err;
}

/* Let the software stand where the message stands */
static int pce_hash_resume(struct ahash_request *req)
{
	struct pce_hash_reqctx *rctx = ahash_request_ctx(req);
	struct shash_desc *desc = &rctx->fallback;

	desc->tfm = pce_hash_ctx(crypto_ahash_reqtfm(req))->fallback;
	return rctx->begun ? crypto_shash_import(desc, rctx->state) :
			     crypto_shash_init(desc);
}

static int pce_hash_fallback(struct pce_request *preq, u32 flags)
{
	struct ahash_request *req = ahash_request_cast(preq->base);
	struct pce_hash_reqctx *rctx = ahash_request_ctx(req);
	struct shash_desc *desc = &rctx->fallback;
	struct ahash_request part;	/* with these flags and this length */
	int err;

	ahash_request_set_tfm(&part, crypto_ahash_reqtfm(req));
	ahash_request_set_callback(&part, flags, NULL, NULL);
	ahash_request_set_crypt(&part, preq->src.sg, req->result,
				preq->job.length);

	err = pce_hash_resume(req);
	if (err)
		return err;
	if (rctx->last)
		return shash_ahash_finup(&part, desc);

	err = shash_ahash_update(&part, desc) ?:
	      crypto_shash_export(desc, rctx->state);
	if (!err)
		rctx->begun = true;
	return err;
}

static void pce_hash_load(struct pce_request *preq,
			  struct pce_hash_state *record)
{
	struct ahash_request *req = ahash_request_cast(preq->base);
	struct pce_hash_reqctx *rctx = ahash_request_ctx(req);

	if (rctx->begun)
		pce_hash_state_give(pce_hash_req_info(req), rctx->state,
				    record);
}

static void pce_hash_store(struct pce_request *preq,
			   const struct pce_hash_state *record)
{
	struct ahash_request *req = ahash_request_cast(preq->base);
	struct pce_hash_reqctx *rctx = ahash_request_ctx(req);
	const struct pce_hash_info *info = pce_hash_req_info(req);

	if (rctx->last) {
		memcpy(req->result, record, info->digest);
		return;
	}
	pce_hash_state_take(info, rctx->state, record);
	rctx->begun = true;
}

static bool pce_hash_agrees(const struct pce_request *preq,
			    const struct pce_hash_state *record)
{
	struct ahash_request *req = ahash_request_cast(preq->base);
	struct pce_hash_reqctx *rctx = ahash_request_ctx(req);
	const struct pce_hash_info *info = pce_hash_req_info(req);

	if (rctx->last)
		return !memcmp(req->result, record, info->digest);
	return pce_hash_state_equal(info, rctx->state, record);
}

static const struct pce_request_ops pce_hash_ops = {
	.fallback = pce_hash_fallback,
	.load = pce_hash_load,
	.store = pce_hash_store,
	.agrees = pce_hash_agrees,
};

/* Can the device go on from where the message stands? */
static bool pce_hash_portable(struct ahash_request *req, u32 length)
{
	struct pce_hash_reqctx *rctx = ahash_request_ctx(req);

	if (!pce_hash_ctx(crypto_ahash_reqtfm(req))->portable)
		return !rctx->begun && rctx->last;
	return !rctx->begun || pce_hash_state_fits(pce_hash_req_info(req),
						   rctx->state, length);
}

/* Hash a part of a message: @length bytes; with @last, all that is left */
static int pce_hash_part(struct ahash_request *req, u32 length, bool last)
{
	struct crypto_ahash *tfm = crypto_ahash_reqtfm(req);
	const struct pce_hash_alg *alg = pce_hash_alg(tfm);
	struct pce_hash_reqctx *rctx = ahash_request_ctx(req);
	struct pce_request *preq = &rctx->req;
	u8 digest = crypto_ahash_digestsize(tfm);
	bool mac = alg->id >= PCE_ALG_HMAC_SHA1;

	rctx->last = last;
	if (!length && !last)
		return 0;

	*preq = (struct pce_request) {
		.base = &req->base,
		.ops = &pce_hash_ops,
		.key = &pce_hash_ctx(tfm)->key,
		.src = { .sg = req->src, .length = length },
		.opcode = mac ? PCE_OP_MAC : PCE_OP_HASH,
		.op_flags = (rctx->begun ? 0 : PCE_HASH_FIRST) |
			    (last ? PCE_HASH_LAST : 0) |
			    (mac ? 0 : FIELD_PREP(PCE_HASH_ALG, alg->id)),
		.auth_length = last ? digest : 0,
		.needs = rctx->begun || !last ? PCE_ALG_INFO_MULTIPART : 0,
		.job = {
			.length = length,
			.expected = last ? digest :
					   sizeof(struct pce_hash_state),
		},
	};
	if (unlikely(!pce_hash_portable(req, length)))
		return pce_request_fallback(preq, PCE_FALLBACK_UNSUPPORTED,
					    req->base.flags);
	return pce_request_run(preq);
}

static int pce_hash_init(struct ahash_request *req)
{
	struct pce_hash_reqctx *rctx = ahash_request_ctx(req);

	rctx->begun = false;
	return 0;
}

static int pce_hash_update(struct ahash_request *req)
{
	return pce_hash_part(req, req->nbytes, false);
}

static int pce_hash_final(struct ahash_request *req)
{
	return pce_hash_part(req, 0, true);
}

static int pce_hash_finup(struct ahash_request *req)
{
	return pce_hash_part(req, req->nbytes, true);
}

static int pce_hash_digest(struct ahash_request *req)
{
	return pce_hash_init(req) ?: pce_hash_finup(req);
}

static int pce_hash_export(struct ahash_request *req, void *out)
{
	struct pce_hash_reqctx *rctx = ahash_request_ctx(req);

	if (!rctx->begun)
		return pce_hash_resume(req) ?:
		       crypto_shash_export(&rctx->fallback, out);
	memcpy(out, rctx->state,
	       crypto_ahash_statesize(crypto_ahash_reqtfm(req)));
	return 0;
}

static int pce_hash_import(struct ahash_request *req, const void *in)
{
	struct pce_hash_reqctx *rctx = ahash_request_ctx(req);

	memcpy(rctx->state, in,
	       crypto_ahash_statesize(crypto_ahash_reqtfm(req)));
	rctx->begun = true;
	return 0;
}

static int pce_hash_init_tfm(struct crypto_ahash *tfm)
{
	enum pce_alg id = pce_hash_alg(tfm)->id;
	struct pce_hash *ctx = pce_hash_ctx(tfm);
	struct crypto_shash *fallback;
	unsigned int size;

	fallback = crypto_alloc_shash(crypto_tfm_alg_name(&tfm->base), 0,
				      PCE_FALLBACK_MASK);
	if (IS_ERR(fallback))
		return PTR_ERR(fallback);

	size = crypto_shash_statesize(fallback);
	if (size > PCE_HASH_EXPORT_SIZE) {
		crypto_free_shash(fallback);
		return -EINVAL;
	}
	ctx->fallback = fallback;
	ctx->portable = size == pce_hash_info(id)->format->size;
	crypto_ahash_set_statesize(tfm, size);
	crypto_ahash_set_reqsize(tfm, sizeof(struct pce_hash_reqctx) +
				 crypto_shash_descsize(fallback));
	pce_key_init(&ctx->key, id, PCE_ALG_NONE);
	return 0;
}

static void pce_hash_exit_tfm(struct crypto_ahash *tfm)
{
	struct pce_hash *ctx = pce_hash_ctx(tfm);

	pce_key_exit(&ctx->key);
	crypto_free_shash(ctx->fallback);
}

/* Sizes and the driver's name are set when it is registered */
#define PCE_HASH(_id, _name, _setkey) {			\
	.id = _id,							\
	.base.init = pce_hash_init,					\
	.base.update = pce_hash_update,					\
	.base.final = pce_hash_final,					\
	.base.finup = pce_hash_finup,					\
	.base.digest = pce_hash_digest,					\
	.base.export = pce_hash_export,					\
	.base.import = pce_hash_import,					\
	.base.setkey = _setkey,						\
	.base.init_tfm = pce_hash_init_tfm,				\
	.base.exit_tfm = pce_hash_exit_tfm,				\
	.base.halg.base.cra_name = _name,				\
	.base.halg.base.cra_flags = CRYPTO_ALG_ASYNC |			\
				    CRYPTO_ALG_KERN_DRIVER_ONLY |	\
				    CRYPTO_ALG_NEED_FALLBACK,		\
	.base.halg.base.cra_ctxsize = sizeof(struct pce_hash) +		\
				      PCE_KEY_ALIGN,			\
	.base.halg.base.cra_module = THIS_MODULE,			\
}

static struct pce_hash_alg pce_hash_algs[] = {
	PCE_HASH(PCE_ALG_SHA1, "sha1", NULL),
	PCE_HASH(PCE_ALG_SHA224, "sha224", NULL),
	PCE_HASH(PCE_ALG_SHA256, "sha256", NULL),
	PCE_HASH(PCE_ALG_SHA384, "sha384", NULL),
	PCE_HASH(PCE_ALG_SHA512, "sha512", NULL),
	PCE_HASH(PCE_ALG_SHA3_224, "sha3-224", NULL),
	PCE_HASH(PCE_ALG_SHA3_256, "sha3-256", NULL),
	PCE_HASH(PCE_ALG_SHA3_384, "sha3-384", NULL),
	PCE_HASH(PCE_ALG_SHA3_512, "sha3-512", NULL),
	PCE_HASH(PCE_ALG_SM3, "sm3", NULL),
	PCE_HASH(PCE_ALG_HMAC_SHA1, "hmac(sha1)", pce_hmac_setkey),
	PCE_HASH(PCE_ALG_HMAC_SHA224, "hmac(sha224)", pce_hmac_setkey),
	PCE_HASH(PCE_ALG_HMAC_SHA256, "hmac(sha256)", pce_hmac_setkey),
	PCE_HASH(PCE_ALG_HMAC_SHA384, "hmac(sha384)", pce_hmac_setkey),
	PCE_HASH(PCE_ALG_HMAC_SHA512, "hmac(sha512)", pce_hmac_setkey),
	PCE_HASH(PCE_ALG_HMAC_SHA3_224, "hmac(sha3-224)", pce_hmac_setkey),
	PCE_HASH(PCE_ALG_HMAC_SHA3_256, "hmac(sha3-256)", pce_hmac_setkey),
	PCE_HASH(PCE_ALG_HMAC_SHA3_384, "hmac(sha3-384)", pce_hmac_setkey),
	PCE_HASH(PCE_ALG_HMAC_SHA3_512, "hmac(sha3-512)", pce_hmac_setkey),
	PCE_HASH(PCE_ALG_HMAC_SM3, "hmac(sm3)", pce_hmac_setkey),
	PCE_HASH(PCE_ALG_AES_CMAC, "cmac(aes)", pce_mac_setkey),
	PCE_HASH(PCE_ALG_AES_XCBC, "xcbc(aes)", pce_mac_setkey),
};

static DEFINE_MUTEX(pce_hash_mutex);

/*
 * An algorithm that a template makes exists when somebody has asked for it.  It is
 * asked for before ours is there, or else ours would be all that those find who
 * want the best.  Without software there is no fallback, and ours is not offered.
 */
static bool pce_hash_wanted(const struct pce_hash_alg *alg, const u32 *alg_info)
{
	return !alg->registered && (alg_info[alg->id] & PCE_ALG_INFO_PRESENT) &&
	       crypto_has_shash(alg->base.halg.base.cra_name, 0,
				PCE_FALLBACK_MASK);
}

static int pce_hash_register_one(struct pce_hash_alg *alg)
{
	const struct pce_hash_info *info = pce_hash_info(alg->id);
	struct hash_alg_common *halg = &alg->base.halg;
	int err;

	halg->digestsize = info->digest;
	halg->statesize = info->format->size;
	halg->base.cra_blocksize = info->block;
	pce_request_prepare_alg(&halg->base);
	err = crypto_register_ahash(&alg->base);
	alg->registered = !err;
	return err;
}

/**
 * pce_hash_register() - register what a device has and is not registered yet
 * @alg_info: what it offers of each algorithm: PCE_ALG_INFO_*
 *
 * Return: 0 or the first negative error number; what can be is registered.
 */
int pce_hash_register(const u32 *alg_info)
{
	unsigned int i;
	int err, ret = 0;

	guard(mutex)(&pce_hash_mutex);

	for (i = 0; i < ARRAY_SIZE(pce_hash_algs); i++) {
		struct pce_hash_alg *alg = &pce_hash_algs[i];

		if (!pce_hash_wanted(alg, alg_info))
			continue;
		err = pce_hash_register_one(alg);
		ret = ret ?: err;
	}
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(pce_hash_register);

/**
 * pce_hash_unregister() - the module goes
 */
void pce_hash_unregister(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pce_hash_algs); i++) {
		struct pce_hash_alg *alg = &pce_hash_algs[i];

		if (alg->registered)
			crypto_unregister_ahash(&alg->base);
		alg->registered = false;
	}
}
EXPORT_SYMBOL_IF_KUNIT(pce_hash_unregister);
