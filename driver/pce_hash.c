// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: hashes and message authentication codes.
 *
 * Between the parts of a message its state is in the request's context, in the
 * format that the software hash of the same name exports.  Neither the device nor
 * the software keeps anything, so either of them can serve the next part.
 */
#include <crypto/internal/hash.h>
#include <linux/bitfield.h>
#include <linux/module.h>

#include "pce.h"
#include "pce_alg.h"
#include "pce_hash.h"
#include "pce_hash_state.h"
#include "pce_session.h"
#include "pce_request.h"

#include <kunit/visibility.h>

/**
 * struct pce_hash - transform
 * @session: its key, if it has one, and the device that serves it
 * @fallback: the same hash in software
 * @plain: the hash that an HMAC uses, or NULL
 * @portable: the device can continue from a state that @fallback exports
 */
struct pce_hash {
	struct pce_session session;
	struct crypto_shash *fallback;
	struct crypto_shash *plain;
	bool portable;
};

/**
 * struct pce_hash_reqctx - request context
 * @req: our request
 * @begun: @state is valid; otherwise nothing of the message was hashed yet
 * @last: the message ends with this part
 * @state: state after the parts so far, in the kernel's format
 * @fallback: operational state of the software; its own context follows
 */
struct pce_hash_reqctx {
	struct pce_request req;
	bool begun;
	bool last;
	u8 state[PCE_HASH_EXPORT_SIZE] __aligned(sizeof(u64));
	struct shash_desc fallback;
};

static struct pce_hash *pce_hash_ctx(struct crypto_ahash *tfm)
{
	return crypto_tfm_ctx_align(crypto_ahash_tfm(tfm), PCE_SESSION_ALIGN);
}

static const struct pce_algorithm *pce_hash_alg(struct crypto_ahash *tfm)
{
	return container_of(crypto_ahash_alg(tfm), struct pce_algorithm, ahash);
}

static const struct pce_hash_info *
pce_hash_req_info(struct ahash_request *req)
{
	return pce_hash_info(pce_hash_alg(crypto_ahash_reqtfm(req))->id);
}

static bool pce_hash_is_hmac(enum pce_alg id)
{
	return id >= PCE_ALG_HMAC_SHA1 && pce_hash_info(id)->hash;
}

/**
 * pce_hmac_alloc() - allocate the hash that an HMAC uses, for its long keys
 * @hmac: PCE_ALG_HMAC_*
 *
 * Context: process context; sleeps.
 * Return: its transform, or an error pointer.
 */
struct crypto_shash *pce_hmac_alloc(enum pce_alg hmac)
{
	return crypto_alloc_shash(pce_hash_info(hmac)->hash, 0,
				  CRYPTO_ALG_NEED_FALLBACK);
}
EXPORT_SYMBOL_IF_KUNIT(pce_hmac_alloc);

/**
 * pce_hmac_key() - convert the key of an HMAC to what the device takes
 * @hmac: PCE_ALG_HMAC_*
 * @plain: what pce_hmac_alloc() has returned for it
 * @key: key
 * @length: bytes of the key
 * @out: room for PCE_CONTEXT_AUTH_KEY_SIZE bytes
 *
 * A key that is longer than the block of the hash is hashed.
 *
 * Return: bytes in @out, or a negative error number.
 */
int pce_hmac_key(enum pce_alg hmac, struct crypto_shash *plain, const u8 *key,
		 unsigned int length, u8 *out)
{
	const struct pce_hash_info *info = pce_hash_info(hmac);

	if (length <= info->block) {
		memcpy(out, key, length);
		return length;
	}
	return crypto_shash_tfm_digest(plain, key, length, out) ?: info->digest;
}

/* Return: 0, or the error with which the software refuses the key */
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
	ret = pce_hmac_key(pce_hash_alg(tfm)->id, pce_hash_ctx(tfm)->plain, key,
			   length, bytes);
	if (ret >= 0)
		pce_session_set_key(&pce_hash_ctx(tfm)->session, NULL, 0, bytes, ret);
	memzero_explicit(bytes, sizeof(bytes));
	return min(ret, 0);
}

static int pce_mac_setkey(struct crypto_ahash *tfm, const u8 *key,
			  unsigned int length)
{
	int err = pce_hash_setkey_fallback(tfm, key, length);

	if (!err)
		pce_session_set_key(&pce_hash_ctx(tfm)->session, key, length, NULL, 0);
	return err;
}

/* Make the software ready for the next part of the message */
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
	struct ahash_request part;	/* the caller's has other flags, or another length */
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

/* Return: true if the device can continue the message */
static bool pce_hash_portable(struct ahash_request *req, u32 length)
{
	struct pce_hash_reqctx *rctx = ahash_request_ctx(req);

	if (!pce_hash_ctx(crypto_ahash_reqtfm(req))->portable)
		return !rctx->begun && rctx->last;
	return !rctx->begun || pce_hash_state_fits(pce_hash_req_info(req),
						   rctx->state, length);
}

/* Hash a part of a message of @length bytes; with @last, it is the last part */
static int pce_hash_part(struct ahash_request *req, u32 length, bool last)
{
	struct crypto_ahash *tfm = crypto_ahash_reqtfm(req);
	const struct pce_algorithm *alg = pce_hash_alg(tfm);
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
		.session = &pce_hash_ctx(tfm)->session,
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
		return pce_request_by_software(preq,
					       PCE_FALLBACK_UNSUPPORTED);
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
	int err = -EINVAL;

	fallback = crypto_alloc_shash(crypto_tfm_alg_name(&tfm->base), 0,
				      PCE_FALLBACK_MASK);
	if (IS_ERR(fallback))
		return PTR_ERR(fallback);
	if (crypto_shash_statesize(fallback) > PCE_HASH_EXPORT_SIZE)
		goto err_fallback;

	ctx->plain = NULL;
	if (pce_hash_is_hmac(id)) {
		ctx->plain = pce_hmac_alloc(id);
		if (IS_ERR(ctx->plain)) {
			err = PTR_ERR(ctx->plain);
			goto err_fallback;
		}
	}
	ctx->fallback = fallback;
	err = pce_hash_state_prove(id, fallback, ctx->plain);
	if (err < 0)
		goto err_plain;
	ctx->portable = err;
	crypto_ahash_set_statesize(tfm, crypto_shash_statesize(fallback));
	crypto_ahash_set_reqsize(tfm, sizeof(struct pce_hash_reqctx) +
				 crypto_shash_descsize(fallback));
	err = pce_session_init(&ctx->session, id, PCE_ALG_NONE);
	if (err)
		goto err_plain;
	pce_session_set_software(&ctx->session, crypto_shash_driver_name(fallback));
	return 0;

err_plain:
	crypto_free_shash(ctx->plain);
err_fallback:
	crypto_free_shash(fallback);
	return err;
}

static void pce_hash_exit_tfm(struct crypto_ahash *tfm)
{
	struct pce_hash *ctx = pce_hash_ctx(tfm);

	pce_session_exit(&ctx->session);
	crypto_free_shash(ctx->plain);
	crypto_free_shash(ctx->fallback);
}

/* Sizes and the driver's name are set when it is registered */
#define PCE_HASH(_id, _name, _setkey) {					\
	.kind = PCE_KIND_AHASH,						\
	.id = _id,							\
	.ahash.init = pce_hash_init,					\
	.ahash.update = pce_hash_update,					\
	.ahash.final = pce_hash_final,					\
	.ahash.finup = pce_hash_finup,					\
	.ahash.digest = pce_hash_digest,					\
	.ahash.export = pce_hash_export,					\
	.ahash.import = pce_hash_import,					\
	.ahash.setkey = _setkey,						\
	.ahash.init_tfm = pce_hash_init_tfm,				\
	.ahash.exit_tfm = pce_hash_exit_tfm,				\
	.ahash.halg.base.cra_name = _name,				\
	.ahash.halg.base.cra_flags = CRYPTO_ALG_ASYNC |			\
				    CRYPTO_ALG_KERN_DRIVER_ONLY |	\
				    CRYPTO_ALG_NEED_FALLBACK,		\
	.ahash.halg.base.cra_ctxsize = sizeof(struct pce_hash) +		\
				      PCE_SESSION_ALIGN,			\
	.ahash.halg.base.cra_module = THIS_MODULE,			\
}

static struct pce_algorithm pce_hash_algs[] = {
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

/**
 * pce_hash_prepare() - set the sizes of a hash before it is registered
 * @alg: hash or message authentication code
 */
void pce_hash_prepare(struct pce_algorithm *alg)
{
	const struct pce_hash_info *info = pce_hash_info(alg->id);
	struct hash_alg_common *halg = &alg->ahash.halg;

	halg->digestsize = info->digest;
	halg->statesize = info->format->size;
	halg->base.cra_blocksize = info->block;
}

const struct pce_alg_table pce_hash_table = {
	.first = pce_hash_algs,
	.count = ARRAY_SIZE(pce_hash_algs),
	.size = sizeof(pce_hash_algs[0]),
};
