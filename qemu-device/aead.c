/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the opcode AEAD, and the authenticated ciphers that
 * backends have.
 */
#include "aead.h"

/* --- Algorithms of backends ---------------------------------------------- */

static enum pce_status check_tag(struct pce_request *req)
{
    unsigned int length = req->sqe->auth_length;

    if (length > 16 || !(req->key->alg->tags & 1u << length)) {
        return pce_fault(&req->detail, SQE_OFFSET(auth_length),
                         PCE_STATUS_BAD_LENGTH);
    }
    if (le16toh(req->sqe->op_flags) & PCE_AEAD_ESN) {
        return pce_fault(&req->detail, SQE_OFFSET(op_flags),
                         PCE_STATUS_BAD_FIELD);
    }
    return PCE_STATUS_OK;
}

/* The nonce ends there, and then there are zeros */
static enum pce_status check_nonce(struct pce_request *req, size_t end)
{
    return pce_is_zero(req->iv + end, PCE_SQE_IV_SIZE - end)
           ? PCE_STATUS_OK
           : pce_fault(&req->detail, SQE_OFFSET(iv), PCE_STATUS_BAD_FIELD);
}

static enum pce_status check_gcm(struct pce_request *req)
{
    enum pce_status status = check_tag(req);

    return status ? status : check_nonce(req, 12);
}

/* iv begins with the size of the length field, less one */
static enum pce_status check_ccm(struct pce_request *req)
{
    unsigned int size = req->iv[0] + 1;
    bool valid = size >= 2 && size <= 8;
    enum pce_status status;

    if (valid && size < 4 && req->length >> 8 * size) {
        return pce_fault(&req->detail, SQE_OFFSET(length),
                         PCE_STATUS_BAD_LENGTH);
    }
    status = check_tag(req);
    if (status) {
        return status;
    }
    return valid ? check_nonce(req, PCE_SQE_IV_SIZE - size)
                 : pce_fault(&req->detail, SQE_OFFSET(iv),
                             PCE_STATUS_BAD_FIELD);
}

static int backend_begin(struct pce_request *req, uint8_t *aad)
{
    const struct pce_key_part *cipher = &req->key->cipher;
    uint32_t skip = le16toh(req->sqe->op_flags) >> 8;

    return cipher->backend->aead_begin(cipher->handle, req->decrypt, req->iv,
                                       aad, req->aad_length - skip,
                                       req->length, req->sqe->auth_length);
}

static int backend_crypt(struct pce_request *req, const uint8_t *src,
                         uint8_t *dst, uint64_t n)
{
    const struct pce_key_part *cipher = &req->key->cipher;

    return cipher->backend->aead_crypt(cipher->handle, req->decrypt, src, dst,
                                       n);
}

static int backend_tag(struct pce_request *req, const uint8_t *aad,
                       uint8_t *tag)
{
    const struct pce_key_part *cipher = &req->key->cipher;

    (void)aad;
    return cipher->backend->aead_tag(cipher->handle, tag,
                                     req->sqe->auth_length);
}

const struct pce_aead pce_aead_gcm = {
    .check = check_gcm,
    .begin = backend_begin,
    .crypt = backend_crypt,
    .tag = backend_tag,
};

const struct pce_aead pce_aead_ccm = {
    .check = check_ccm,
    .begin = backend_begin,
    .crypt = backend_crypt,
    .tag = backend_tag,
};

/* --- Opcode -------------------------------------------------------------- */

/* Bytes of associated data that the destination has already */
static uint32_t aad_in_place(const struct pce_request *req)
{
    return req->in_place ? req->aad_length - pce_aad_replaced(req) : 0;
}

/* With the associated data in aad */
static enum pce_status seal_text(struct pce_request *req, uint8_t *aad)
{
    const struct pce_aead *aead = req->key->alg->aead;
    uint32_t skip = aad_in_place(req);
    uint8_t tag[PCE_HASH_DIGEST_SIZE];
    enum pce_status status;
    bool failed;

    if (aead->begin(req, aad)) {
        return PCE_STATUS_INTERNAL;
    }
    pce_cursor_skip(&req->dst, skip);
    status = pce_cursor_copy(&req->dst, aad + skip, req->aad_length - skip)
             ? pce_data_stream(req, req->length, PCE_GRANULE_MAX, aead->crypt)
             : pce_dst_failed(req);
    /* With the tag the library forgets the message, whatever became of it */
    failed = aead->tag(req, aad, tag);
    if (status) {
        return status;
    }
    if (failed) {
        return PCE_STATUS_INTERNAL;
    }
    return pce_cursor_copy(&req->dst, tag, req->sqe->auth_length)
           ? PCE_STATUS_OK : pce_dst_failed(req);
}

static enum pce_status seal(struct pce_request *req)
{
    struct pce_executor *ex = req->ex;
    enum pce_status status;

    if (!pce_reserve_scratch(ex, req->aad_length)) {
        return PCE_STATUS_NO_RESOURCES;
    }
    status = pce_cursor_copy(&req->src, ex->scratch, req->aad_length)
             ? seal_text(req, ex->scratch) : pce_src_failed(req);
    explicit_bzero(ex->scratch, req->aad_length);
    return status;
}

static bool equal(const uint8_t *a, const uint8_t *b, size_t length)
{
    uint8_t difference = 0;

    /* In constant time */
    for (size_t i = 0; i < length; i++) {
        difference |= a[i] ^ b[i];
    }
    return !difference;
}

/* Decrypt a private copy of the source */
static enum pce_status unseal_copy(struct pce_request *req, uint8_t *aad)
{
    const struct pce_aead *aead = req->key->alg->aead;
    uint8_t *text = aad + req->aad_length;
    uint8_t tag[PCE_HASH_DIGEST_SIZE];
    enum pce_status status;

    if (aead->begin(req, aad) ||
        (req->length && aead->crypt(req, text, text, req->length)) ||
        aead->tag(req, aad, tag)) {
        return PCE_STATUS_INTERNAL;
    }
    status = equal(tag, text + req->length, req->sqe->auth_length)
             ? PCE_STATUS_OK : PCE_STATUS_AUTH_FAILED;
    /* Of a message that is not authentic nobody learns the right tag */
    explicit_bzero(tag, sizeof(tag));
    return status;
}

/* Nothing is written before the tag is found right */
static enum pce_status unseal(struct pce_request *req)
{
    struct pce_executor *ex = req->ex;
    uint64_t length = req->aad_length + req->length;
    uint64_t all = length + req->sqe->auth_length;
    uint32_t skip = aad_in_place(req);
    enum pce_status status;

    if (!pce_reserve_scratch(ex, all)) {
        return PCE_STATUS_NO_RESOURCES;
    }
    status = pce_cursor_copy(&req->src, ex->scratch, all)
             ? unseal_copy(req, ex->scratch) : pce_src_failed(req);
    if (!status) {
        pce_cursor_skip(&req->dst, skip);
        if (!pce_cursor_copy(&req->dst, ex->scratch + skip, length - skip)) {
            status = pce_dst_failed(req);
        }
    }
    explicit_bzero(ex->scratch, all);
    return status;
}

enum pce_status pce_run_aead(struct pce_request *req, struct pce_cqe *cqe)
{
    uint64_t length = (uint64_t)req->aad_length + req->length;
    uint64_t src_tag = req->decrypt ? req->sqe->auth_length : 0;
    uint64_t dst_tag = req->sqe->auth_length - src_tag;
    enum pce_status status = req->key->alg->aead->check(req);

    if (!status) {
        status = pce_data_find(req, length + src_tag, length + dst_tag);
    }
    if (status) {
        return status;
    }
    status = req->decrypt ? unseal(req) : seal(req);
    pce_data_done(req);
    cqe->length = htole32(req->dst.done - MIN(req->dst.done, req->aad_length));
    return status;
}
