/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: encrypt, then HMAC, out of a cipher and an HMAC.
 */
#include "aead.h"

/* Text is hashed while it is in the processor's cache */
#define BATCH 8192

bool pce_expand_authenc(struct pce_key *key,
                        const struct pce_backend_set *backends,
                        const struct pce_context *ctx)
{
    key->auth_size = pce_alg_find(ctx->auth_alg)->digest;
    if (!pce_key_hash(&key->auth, backends->algs[ctx->auth_alg],
                      ctx->auth_alg, ctx->auth_key, ctx->auth_key_length)) {
        return false;
    }
    return key->alg->mode == &pce_mode_essiv
           ? pce_expand_essiv(key, backends, ctx)
           : pce_key_cipher(&key->cipher, backends, key->alg->parts[0],
                            ctx->key, ctx->key_length);
}

static enum pce_status check(struct pce_request *req)
{
    const struct pce_alg_desc *alg = req->key->alg;
    unsigned int tag = req->sqe->auth_length;

    if (alg->multiple && req->length % alg->multiple) {
        return pce_fault(&req->detail, SQE_OFFSET(length),
                         PCE_STATUS_BAD_LENGTH);
    }
    if (req->aad_length < pce_aad_replaced(req)) {
        return pce_fault(&req->detail, SQE_OFFSET(aad_length),
                         PCE_STATUS_BAD_LENGTH);
    }
    if (!tag || tag > req->key->auth_size) {
        return pce_fault(&req->detail, SQE_OFFSET(auth_length),
                         PCE_STATUS_BAD_LENGTH);
    }
    return le16toh(req->sqe->op_flags) & PCE_AEAD_AAD_SKIP
           ? pce_fault(&req->detail, SQE_OFFSET(op_flags),
                       PCE_STATUS_BAD_FIELD)
           : PCE_STATUS_OK;
}

static void hash(struct pce_request *req, const uint8_t *data, uint64_t n)
{
    const struct pce_key_part *auth = &req->key->auth;

    auth->backend->hash_update(auth->handle, data, n);
}

static bool has_esn(const struct pce_request *req)
{
    return le16toh(req->sqe->op_flags) & PCE_AEAD_ESN;
}

static int begin(struct pce_request *req, uint8_t *aad)
{
    const struct pce_key_part *auth = &req->key->auth;
    const struct pce_mode *mode = req->key->alg->mode;
    uint32_t replaced = pce_aad_replaced(req);

    if (mode->begin && mode->begin(req)) {
        return -1;
    }
    memcpy(aad + req->aad_length - replaced, req->iv, replaced);

    auth->backend->hash_begin(auth->handle);
    if (has_esn(req)) {
        hash(req, aad, 4);
        hash(req, aad + 8, req->aad_length - 8);
    } else {
        hash(req, aad, req->aad_length);
    }
    return 0;
}

static int crypt_and_hash(struct pce_request *req, const uint8_t *src,
                          uint8_t *dst, uint64_t n)
{
    pce_crypt *crypt = req->key->alg->mode->crypt;
    int error = 0;

    for (uint64_t done = 0; done < n && !error; done += BATCH) {
        uint64_t part = MIN(n - done, BATCH);

        if (req->decrypt) {
            hash(req, src + done, part);
        }
        error = crypt(req, src + done, dst + done, part);
        if (!req->decrypt && !error) {
            hash(req, dst + done, part);
        }
    }
    return error;
}

static int finish(struct pce_request *req, const uint8_t *aad, uint8_t *tag)
{
    const struct pce_key_part *auth = &req->key->auth;

    if (has_esn(req)) {
        hash(req, aad + 4, 4);
    }
    auth->backend->hash_final(auth->handle, tag);
    return 0;
}

const struct pce_aead pce_aead_authenc = {
    .check = check,
    .begin = begin,
    .crypt = crypt_and_hash,
    .tag = finish,
};
