// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: authenticated ciphers.
 *
 * The algorithms of IPsec are forms of the general ones: they have a salt at the
 * end of the key, and the initialisation vector at the end of the associated
 * data.  Whether keys, tags and lengths are valid is not decided here: the software,
 * which is the same algorithm, refuses those that are not.
 */
#include <crypto/aes.h>
#include <crypto/authenc.h>
#include <crypto/chacha.h>
#include <crypto/ctr.h>
#include <crypto/gcm.h>
#include <crypto/poly1305.h>
#include <crypto/sha1.h>
#include <crypto/sha2.h>
#include <linux/bitfield.h>
#include <linux/module.h>

#include "pce.h"
#include "pce_aead.h"
#include "pce_alg.h"
#include "pce_hash.h"
#include "pce_session.h"
#include "pce_request.h"

#include <kunit/visibility.h>

/* In IPsec the initialisation vector follows a salt, which is a part of the key */
#define PCE_ESP_IV_SIZE		8
#define PCE_GCM_SALT		4	/* RFC 4106, RFC 4543 */
#define PCE_CCM_SALT		3	/* RFC 4309 */
#define PCE_CHACHA_SALT		4	/* RFC 7634 */

/**
 * struct pce_aead_reqctx - request context
 * @req: our request
 * @iv: copy of the caller's initialisation vector, for software that changes it
 * @fallback: request to software; its own context follows
 */
struct pce_aead_reqctx {
	struct pce_request req;
	u8 iv[AES_BLOCK_SIZE];
	struct aead_request fallback;
};

static struct pce_aead *pce_aead_ctx(struct crypto_aead *tfm)
{
	return crypto_tfm_ctx_align(crypto_aead_tfm(tfm), PCE_SESSION_ALIGN);
}

static const struct pce_aead_alg *pce_aead_alg(struct crypto_aead *tfm)
{
	return container_of(crypto_aead_alg(tfm), struct pce_aead_alg,
			    base.aead);
}

/*
 * The key that encrypts the vector of ESSIV is a digest of both keys as the user set
 * them.  The device cannot compute it from a key of the HMAC that was hashed because it
 * is longer than a block.
 */
static bool pce_aead_key_is_lost(const struct pce_aead_alg *alg,
				 const struct crypto_authenc_keys *keys,
				 int auth_length)
{
	return alg->base.id == PCE_ALG_AUTHENC_AES_ESSIV &&
	       keys->authkeylen != auth_length;
}

/* Split a key that the fallback has accepted */
VISIBLE_IF_KUNIT
int pce_aead_set_keys(const struct pce_aead_alg *alg, struct pce_aead *ctx,
		      const u8 *key, unsigned int length)
{
	struct crypto_authenc_keys keys = { .enckey = key, .enckeylen = length };
	u8 auth[PCE_CONTEXT_AUTH_KEY_SIZE];
	int auth_length = 0, err = 0;

	if (alg->base.auth_id) {
		err = crypto_authenc_extractkeys(&keys, key, length);
		if (err)
			return err;
		auth_length = pce_hmac_key(alg->base.auth_id, ctx->plain,
					   keys.authkey, keys.authkeylen, auth);
		if (auth_length < 0) {
			err = auth_length;
			goto out;
		}
	}
	keys.enckeylen -= alg->iv.salt;
	memcpy(ctx->salt, keys.enckey + keys.enckeylen, alg->iv.salt);
	pce_session_set_key(&ctx->session, keys.enckey, keys.enckeylen, auth, auth_length);
	ctx->by_software = pce_aead_key_is_lost(alg, &keys, auth_length);
out:
	memzero_explicit(&keys, sizeof(keys));
	memzero_explicit(auth, sizeof(auth));
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(pce_aead_set_keys);

static int pce_aead_setkey_software(struct crypto_aead *tfm,
				    struct crypto_aead *software, const u8 *key,
				    unsigned int length)
{
	crypto_aead_clear_flags(software, CRYPTO_TFM_REQ_MASK);
	crypto_aead_set_flags(software,
			      crypto_aead_get_flags(tfm) & CRYPTO_TFM_REQ_MASK);
	return crypto_aead_setkey(software, key, length);
}

static int pce_aead_setkey(struct crypto_aead *tfm, const u8 *key,
			   unsigned int length)
{
	struct pce_aead *ctx = pce_aead_ctx(tfm);
	int err;

	err = pce_aead_setkey_software(tfm, ctx->fallback, key, length);
	if (err)
		return err;	/* the crypto API refuses requests until a key is set */
	ctx->has_fast = ctx->fast &&
			!pce_aead_setkey_software(tfm, ctx->fast, key, length);

	return pce_aead_set_keys(pce_aead_alg(tfm), ctx, key, length);
}

static int pce_aead_setauthsize(struct crypto_aead *tfm, unsigned int size)
{
	struct pce_aead *ctx = pce_aead_ctx(tfm);
	int err = crypto_aead_setauthsize(ctx->fallback, size);

	if (err || !ctx->fast)
		return err;
	return crypto_aead_setauthsize(ctx->fast, size);
}

/*
 * The caller's vector stays as it was, as it does when the device serves the request.
 * Some software changes it: the templates authenc() and ccm() leave in it what their
 * cipher does.
 */
static int pce_aead_software(struct pce_request *preq,
			     struct crypto_aead *software, u32 flags,
			     crypto_completion_t done, void *data)
{
	struct aead_request *req = aead_request_cast(preq->base);
	struct pce_aead_reqctx *rctx = aead_request_ctx(req);
	struct aead_request *sub = &rctx->fallback;

	aead_request_set_tfm(sub, software);
	aead_request_set_callback(sub, flags, done, data);
	memcpy(rctx->iv, req->iv, crypto_aead_ivsize(software));
	/* One list where both describe the same memory: authencesn() cannot handle two */
	aead_request_set_crypt(sub, preq->src.sg, preq->dst.sg, req->cryptlen,
			       rctx->iv);
	aead_request_set_ad(sub, req->assoclen);
	return preq->flags & PCE_SQE_DECRYPT ? crypto_aead_decrypt(sub) :
					       crypto_aead_encrypt(sub);
}

static struct pce_aead *pce_aead_of(struct pce_request *preq)
{
	return pce_aead_ctx(crypto_aead_reqtfm(aead_request_cast(preq->base)));
}

static int pce_aead_fallback(struct pce_request *preq, u32 flags)
{
	return pce_aead_software(preq, pce_aead_of(preq)->fallback, flags, NULL,
				 NULL);
}

static int pce_aead_fast(struct pce_request *preq, u32 flags,
			 crypto_completion_t done, void *data)
{
	return pce_aead_software(preq, pce_aead_of(preq)->fast, flags, done,
				 data);
}

static const struct pce_request_ops pce_aead_ops = {
	.fallback = pce_aead_fallback,
	.fast = pce_aead_fast,
};

/* Return: true if the length field of CCM has room for the length of the text */
static bool pce_aead_ccm_fits(const u8 *iv, unsigned int text)
{
	return iv[0] >= 1 && iv[0] <= 7 &&
	       (u64)text >> min(8 * (iv[0] + 1), 32) == 0;
}

/*
 * Decryption with ESSIV: the software expects that the vector in the source's
 * associated data is encrypted already, but the device encrypts it.  Both do the same
 * only if the destination's associated data are the same memory, as in dm-crypt: then
 * the software encrypts the vector there.
 */
static bool pce_aead_essiv_fits(const struct aead_request *req)
{
	unsigned int iv = req->assoclen - AES_BLOCK_SIZE;

	return req->src == req->dst ||
	       (sg_nents_for_len(req->src, req->assoclen) > 0 &&
		sg_nents_for_len(req->dst, req->assoclen) > 0 &&
		pce_request_phys(req->src, iv) ==
		pce_request_phys(req->dst, iv));
}

/* Return: false if only the software can do the request, or say what is wrong with it */
VISIBLE_IF_KUNIT
bool pce_aead_fits(const struct pce_aead_alg *alg, const struct aead_request *req,
		   unsigned int text, bool decrypt)
{
	if (max(req->assoclen, req->cryptlen) > PCE_LIMIT_LENGTH ||
	    req->assoclen < alg->min_aad)
		return false;
	if (alg->ipsec && crypto_ipsec_check_assoclen(req->assoclen))
		return false;
	/* In the forms of IPsec the length field has four bytes */
	if (alg->base.id == PCE_ALG_AES_CCM && !alg->ipsec &&
	    !pce_aead_ccm_fits(req->iv, text))
		return false;
	if (alg->base.id == PCE_ALG_AUTHENC_AES_ESSIV && decrypt &&
	    !pce_aead_essiv_fits(req))
		return false;
	return IS_ALIGNED(text, alg->base.aead.base.cra_blocksize);
}
EXPORT_SYMBOL_IF_KUNIT(pce_aead_fits);

/* Set all lengths of a request, given those of the text and of the tag */
VISIBLE_IF_KUNIT
void pce_aead_lengths(const struct pce_aead_alg *alg, struct pce_request *preq,
		      const struct aead_request *req, unsigned int text,
		      unsigned int tag)
{
	preq->src.length = req->assoclen + req->cryptlen;
	preq->dst.length = req->assoclen + text;
	if (!(preq->flags & PCE_SQE_DECRYPT))
		preq->dst.length += tag;
	preq->aad_length = req->assoclen + (alg->all_aad ? text : 0);
	preq->auth_length = tag;
	preq->job.length = alg->all_aad ? 0 : text;
	preq->job.expected = preq->dst.length - preq->aad_length;
}
EXPORT_SYMBOL_IF_KUNIT(pce_aead_lengths);

VISIBLE_IF_KUNIT
void pce_aead_set_iv(const struct pce_aead_alg *alg, struct pce_request *preq,
		     const u8 *salt, const u8 *iv)
{
	pce_request_set_iv(preq, &alg->iv, salt, iv, alg->base.aead.ivsize);
	/* The counter is the last bytes of the block, the first byte says how many: it is 0 */
	if (alg->base.id == PCE_ALG_AES_CCM)
		memset(preq->iv + 15 - preq->iv[0], 0, preq->iv[0] + 1);
}
EXPORT_SYMBOL_IF_KUNIT(pce_aead_set_iv);

static int pce_aead_crypt(struct aead_request *req, u8 flags)
{
	struct crypto_aead *tfm = crypto_aead_reqtfm(req);
	const struct pce_aead_alg *alg = pce_aead_alg(tfm);
	struct pce_aead_reqctx *rctx = aead_request_ctx(req);
	unsigned int tag = crypto_aead_authsize(tfm);
	struct pce_aead *ctx = pce_aead_ctx(tfm);
	struct pce_request *preq = &rctx->req;
	bool decrypt = flags & PCE_SQE_DECRYPT;
	unsigned int text = req->cryptlen - (decrypt ? tag : 0);

	*preq = (struct pce_request) {
		.base = &req->base,
		.ops = &pce_aead_ops,
		.session = &ctx->session,
		.has_fast = ctx->has_fast,
		.src = { .sg = req->src },
		.dst = { .sg = req->dst },
		.opcode = PCE_OP_AEAD,
		.flags = flags,
		.op_flags = alg->op_flags |
			    FIELD_PREP(PCE_AEAD_AAD_SKIP, alg->aad_iv),
	};
	pce_aead_lengths(alg, preq, req, text, tag);
	if (unlikely(ctx->by_software ||
		     !pce_aead_fits(alg, req, text, decrypt)))
		return pce_request_by_software(preq,
					       PCE_FALLBACK_UNSUPPORTED);
	pce_aead_set_iv(alg, preq, ctx->salt, req->iv);
	return pce_request_run(preq);
}

static int pce_aead_encrypt(struct aead_request *req)
{
	return pce_aead_crypt(req, 0);
}

static int pce_aead_decrypt(struct aead_request *req)
{
	return pce_aead_crypt(req, PCE_SQE_DECRYPT);
}

/* Return: the fastest software if it is not the fallback; NULL: there is none */
static struct crypto_aead *pce_aead_alloc_fast(struct crypto_aead *fallback)
{
	struct crypto_tfm *tfm = crypto_aead_tfm(fallback);
	struct crypto_aead *fast;

	fast = crypto_alloc_aead(crypto_tfm_alg_name(tfm), 0, PCE_FAST_MASK);
	if (IS_ERR(fast))
		return NULL;
	if (strcmp(crypto_aead_driver_name(fast),
		   crypto_aead_driver_name(fallback)))
		return fast;
	crypto_free_aead(fast);
	return NULL;
}

static int pce_aead_init(struct crypto_aead *tfm)
{
	const struct pce_aead_alg *alg = pce_aead_alg(tfm);
	struct pce_aead *ctx = pce_aead_ctx(tfm);
	unsigned int size;
	int err;

	ctx->fallback = crypto_alloc_aead(crypto_tfm_alg_name(&tfm->base), 0,
					  PCE_FALLBACK_MASK);
	if (IS_ERR(ctx->fallback))
		return PTR_ERR(ctx->fallback);

	ctx->plain = NULL;
	if (alg->base.auth_id) {
		ctx->plain = pce_hmac_alloc(alg->base.auth_id);
		if (IS_ERR(ctx->plain)) {
			err = PTR_ERR(ctx->plain);
			goto err_fallback;
		}
	}
	err = pce_session_init(&ctx->session, alg->base.id, alg->base.auth_id);
	if (err)
		goto err_plain;

	size = crypto_aead_reqsize(ctx->fallback);
	ctx->has_fast = false;
	ctx->fast = pce_aead_alloc_fast(ctx->fallback);
	if (ctx->fast)
		size = max(size, crypto_aead_reqsize(ctx->fast));
	pce_session_set_software(&ctx->session,
				 crypto_aead_driver_name(ctx->fast ?: ctx->fallback));
	crypto_aead_set_reqsize(tfm, sizeof(struct pce_aead_reqctx) + size);
	return 0;

err_plain:
	crypto_free_shash(ctx->plain);
err_fallback:
	crypto_free_aead(ctx->fallback);
	return err;
}

static void pce_aead_exit(struct crypto_aead *tfm)
{
	struct pce_aead *ctx = pce_aead_ctx(tfm);

	pce_session_exit(&ctx->session);
	crypto_free_shash(ctx->plain);
	crypto_free_aead(ctx->fast);
	crypto_free_aead(ctx->fallback);
}

#define PCE_AEAD(_name, _id, _blocksize, _ivsize, _tagsize)		\
	.base.kind = PCE_KIND_AEAD,					\
	.base.id = _id,							\
	.base.aead.ivsize = _ivsize,						\
	.base.aead.maxauthsize = _tagsize,					\
	.base.aead.base.cra_name = _name,					\
	.base.aead.base.cra_blocksize = _blocksize,				\
	.base.aead.base.cra_flags = CRYPTO_ALG_ASYNC |			\
			       CRYPTO_ALG_KERN_DRIVER_ONLY |		\
			       CRYPTO_ALG_NEED_FALLBACK,		\
	.base.aead.base.cra_ctxsize = sizeof(struct pce_aead) +		\
				 PCE_SESSION_ALIGN,				\
	.base.aead.base.cra_module = THIS_MODULE,				\
	.base.aead.init = pce_aead_init,					\
	.base.aead.exit = pce_aead_exit,					\
	.base.aead.setkey = pce_aead_setkey,					\
	.base.aead.setauthsize = pce_aead_setauthsize,			\
	.base.aead.encrypt = pce_aead_encrypt,				\
	.base.aead.decrypt = pce_aead_decrypt

#define PCE_AES_GCM(_name, _ivsize)					\
	PCE_AEAD(_name, PCE_ALG_AES_GCM, 1, _ivsize, AES_BLOCK_SIZE),	\
	.base.aead.chunksize = AES_BLOCK_SIZE

#define PCE_AES_CCM(_name, _ivsize)					\
	PCE_AEAD(_name, PCE_ALG_AES_CCM, 1, _ivsize, AES_BLOCK_SIZE),	\
	.base.aead.chunksize = AES_BLOCK_SIZE

#define PCE_CHACHA20_POLY1305(_name, _ivsize)				\
	PCE_AEAD(_name, PCE_ALG_CHACHA20_POLY1305, 1, _ivsize,		\
		 POLY1305_DIGEST_SIZE),					\
	.base.aead.chunksize = CHACHA_BLOCK_SIZE

#define PCE_AUTHENC_CBC(_name, _hmac, _tagsize)				\
	PCE_AEAD(_name, PCE_ALG_AUTHENC_AES_CBC, AES_BLOCK_SIZE,	\
		 AES_BLOCK_SIZE, _tagsize),				\
	.base.auth_id = _hmac

#define PCE_AUTHENC_CTR(_name, _hmac, _tagsize)				\
	PCE_AEAD(_name, PCE_ALG_AUTHENC_AES_CTR, 1,			\
		 CTR_RFC3686_IV_SIZE, _tagsize),			\
	.base.auth_id = _hmac,						\
	.base.aead.chunksize = AES_BLOCK_SIZE,				\
	.iv.salt = CTR_RFC3686_NONCE_SIZE,				\
	.iv.counter = 1

#define PCE_ESN								\
	.op_flags = PCE_AEAD_ESN,					\
	.min_aad = 8

static struct pce_aead_alg pce_aead_algs[] = {
	{
		PCE_AES_GCM("gcm(aes)", GCM_AES_IV_SIZE),
	}, {
		PCE_AES_GCM("rfc4106(gcm(aes))", PCE_ESP_IV_SIZE),
		.iv.salt = PCE_GCM_SALT,
		.aad_iv = PCE_ESP_IV_SIZE,
		.ipsec = true,
	}, {
		PCE_AES_GCM("rfc4543(gcm(aes))", PCE_ESP_IV_SIZE),
		.iv.salt = PCE_GCM_SALT,
		.all_aad = true,
		.ipsec = true,
	}, {
		PCE_AES_CCM("ccm(aes)", AES_BLOCK_SIZE),
	}, {
		PCE_AES_CCM("rfc4309(ccm(aes))", PCE_ESP_IV_SIZE),
		.iv.lead = 3,
		.iv.salt = PCE_CCM_SALT,
		.aad_iv = PCE_ESP_IV_SIZE,
		.ipsec = true,
	}, {
		PCE_CHACHA20_POLY1305("rfc7539(chacha20,poly1305)",
				      CHACHAPOLY_IV_SIZE),
	}, {
		PCE_CHACHA20_POLY1305("rfc7539esp(chacha20,poly1305)",
				      PCE_ESP_IV_SIZE),
		.iv.salt = PCE_CHACHA_SALT,
		.aad_iv = PCE_ESP_IV_SIZE,
		.min_aad = PCE_ESP_IV_SIZE,
	}, {
		PCE_AUTHENC_CBC("authenc(hmac(sha1),cbc(aes))",
				PCE_ALG_HMAC_SHA1, SHA1_DIGEST_SIZE),
	}, {
		PCE_AUTHENC_CTR("authenc(hmac(sha1),rfc3686(ctr(aes)))",
				PCE_ALG_HMAC_SHA1, SHA1_DIGEST_SIZE),
	}, {
		PCE_AUTHENC_CBC("authenc(hmac(sha224),cbc(aes))",
				PCE_ALG_HMAC_SHA224, SHA224_DIGEST_SIZE),
	}, {
		PCE_AUTHENC_CTR("authenc(hmac(sha224),rfc3686(ctr(aes)))",
				PCE_ALG_HMAC_SHA224, SHA224_DIGEST_SIZE),
	}, {
		PCE_AUTHENC_CBC("authenc(hmac(sha256),cbc(aes))",
				PCE_ALG_HMAC_SHA256, SHA256_DIGEST_SIZE),
	}, {
		PCE_AUTHENC_CTR("authenc(hmac(sha256),rfc3686(ctr(aes)))",
				PCE_ALG_HMAC_SHA256, SHA256_DIGEST_SIZE),
	}, {
		PCE_AUTHENC_CBC("authenc(hmac(sha384),cbc(aes))",
				PCE_ALG_HMAC_SHA384, SHA384_DIGEST_SIZE),
	}, {
		PCE_AUTHENC_CTR("authenc(hmac(sha384),rfc3686(ctr(aes)))",
				PCE_ALG_HMAC_SHA384, SHA384_DIGEST_SIZE),
	}, {
		PCE_AUTHENC_CBC("authenc(hmac(sha512),cbc(aes))",
				PCE_ALG_HMAC_SHA512, SHA512_DIGEST_SIZE),
	}, {
		PCE_AUTHENC_CTR("authenc(hmac(sha512),rfc3686(ctr(aes)))",
				PCE_ALG_HMAC_SHA512, SHA512_DIGEST_SIZE),
	}, {
		PCE_AUTHENC_CBC("authencesn(hmac(sha1),cbc(aes))",
				PCE_ALG_HMAC_SHA1, SHA1_DIGEST_SIZE),
		PCE_ESN,
	}, {
		PCE_AUTHENC_CTR("authencesn(hmac(sha1),rfc3686(ctr(aes)))",
				PCE_ALG_HMAC_SHA1, SHA1_DIGEST_SIZE),
		PCE_ESN,
	}, {
		PCE_AUTHENC_CBC("authencesn(hmac(sha224),cbc(aes))",
				PCE_ALG_HMAC_SHA224, SHA224_DIGEST_SIZE),
		PCE_ESN,
	}, {
		PCE_AUTHENC_CTR("authencesn(hmac(sha224),rfc3686(ctr(aes)))",
				PCE_ALG_HMAC_SHA224, SHA224_DIGEST_SIZE),
		PCE_ESN,
	}, {
		PCE_AUTHENC_CBC("authencesn(hmac(sha256),cbc(aes))",
				PCE_ALG_HMAC_SHA256, SHA256_DIGEST_SIZE),
		PCE_ESN,
	}, {
		PCE_AUTHENC_CTR("authencesn(hmac(sha256),rfc3686(ctr(aes)))",
				PCE_ALG_HMAC_SHA256, SHA256_DIGEST_SIZE),
		PCE_ESN,
	}, {
		PCE_AUTHENC_CBC("authencesn(hmac(sha384),cbc(aes))",
				PCE_ALG_HMAC_SHA384, SHA384_DIGEST_SIZE),
		PCE_ESN,
	}, {
		PCE_AUTHENC_CTR("authencesn(hmac(sha384),rfc3686(ctr(aes)))",
				PCE_ALG_HMAC_SHA384, SHA384_DIGEST_SIZE),
		PCE_ESN,
	}, {
		PCE_AUTHENC_CBC("authencesn(hmac(sha512),cbc(aes))",
				PCE_ALG_HMAC_SHA512, SHA512_DIGEST_SIZE),
		PCE_ESN,
	}, {
		PCE_AUTHENC_CTR("authencesn(hmac(sha512),rfc3686(ctr(aes)))",
				PCE_ALG_HMAC_SHA512, SHA512_DIGEST_SIZE),
		PCE_ESN,
	}, {
		PCE_AEAD("essiv(authenc(hmac(sha256),cbc(aes)),sha256)",
			 PCE_ALG_AUTHENC_AES_ESSIV, AES_BLOCK_SIZE,
			 AES_BLOCK_SIZE, SHA256_DIGEST_SIZE),
		.base.auth_id = PCE_ALG_HMAC_SHA256,
		.min_aad = AES_BLOCK_SIZE,
	},
};

const struct pce_alg_table pce_aead_table = {
	.first = &pce_aead_algs[0].base,
	.count = ARRAY_SIZE(pce_aead_algs),
	.size = sizeof(pce_aead_algs[0]),
};
