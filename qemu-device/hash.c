/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the opcodes HASH and MAC.
 *
 * The message is hashed where it lies.  Nothing of it is kept here between its
 * parts: that is the state record's business.
 */
#include "executor-internal.h"

/* --- Parts of a message -------------------------------------------------- */

static bool is_first(const struct pce_request *req)
{
    return le16toh(req->sqe->op_flags) & PCE_HASH_FIRST;
}

static bool is_last(const struct pce_request *req)
{
    return le16toh(req->sqe->op_flags) & PCE_HASH_LAST;
}

static bool is_whole(const struct pce_request *req)
{
    return is_first(req) && is_last(req);
}

static enum pce_status check_part(struct pce_request *req, unsigned int number)
{
    unsigned int digest = is_last(req) ? pce_alg_find(number)->digest : 0;

    if (req->sqe->auth_length != digest) {
        return pce_fault(&req->detail, SQE_OFFSET(auth_length),
                         PCE_STATUS_BAD_LENGTH);
    }
    if (!is_whole(req) &&
        !(req->ex->config.alg_info[number] & PCE_ALG_INFO_MULTIPART)) {
        return pce_fault(&req->detail, SQE_OFFSET(op_flags),
                         PCE_STATUS_BAD_FIELD);
    }
    return PCE_STATUS_OK;
}

static enum pce_status load(struct pce_request *req,
                            const struct pce_key_part *part)
{
    enum pce_status status = PCE_STATUS_OK;
    struct pce_hash_state state;

    if (is_first(req)) {
        part->backend->hash_begin(part->handle);
        return PCE_STATUS_OK;
    }
    if (pce_read_memory(req->ex, le64toh(req->sqe->dst), &state,
                        sizeof(state))) {
        return PCE_STATUS_STATE_DMA;
    }
    if (!pce_is_zero(state.reserved, sizeof(state.reserved))) {
        status = pce_fault(&req->detail,
                           offsetof(struct pce_hash_state, reserved),
                           PCE_STATUS_BAD_STATE);
    } else {
        part->backend->hash_load(part->handle, &state);
    }
    explicit_bzero(&state, sizeof(state));
    return status;
}

static enum pce_status update(struct pce_request *req,
                              const struct pce_key_part *part)
{
    while (req->src.done < req->length) {
        uint64_t n;

        if (!pce_cursor_fill(&req->src)) {
            return pce_src_failed(req);
        }
        n = pce_cursor_available(&req->src);
        part->backend->hash_update(part->handle, pce_cursor_data(&req->src),
                                   n);
        pce_cursor_advance(&req->src, n);
    }
    return PCE_STATUS_OK;
}

/* The digest, or the state record, unless status says that there is none */
static enum pce_status finish(struct pce_request *req,
                              const struct pce_key_part *part,
                              enum pce_status status)
{
    size_t length = is_last(req) ? req->sqe->auth_length
                                 : sizeof(struct pce_hash_state);
    struct pce_hash_state record;

    if (is_last(req) || status) {
        part->backend->hash_final(part->handle, record.state);
    } else {
        part->backend->hash_save(part->handle, &record);
    }
    if (!status) {
        pce_data_direct(req, &req->dst, &req->direct_dst,
                        le64toh(req->sqe->dst), length, true);
        if (!pce_cursor_copy(&req->dst, (uint8_t *)&record, length)) {
            status = pce_dst_failed(req);
        }
        pce_cursor_unmap(&req->dst);
    }
    explicit_bzero(&record, sizeof(record));
    return status;
}

static enum pce_status run(struct pce_request *req,
                           const struct pce_key_part *part,
                           struct pce_cqe *cqe)
{
    enum pce_status status = pce_data_find(req, req->length, 0);

    if (status) {
        return status;
    }
    status = load(req, part);
    if (!status) {
        status = update(req, part);
        pce_cursor_unmap(&req->src);
        status = finish(req, part, status);
    }
    cqe->length = htole32(req->dst.done);
    return status;
}

/* --- HASH ---------------------------------------------------------------- */

/* That of whole messages, or that of messages in parts */
static struct pce_key_part get_hash(struct pce_executor *ex,
                                    unsigned int number, bool whole)
{
    const struct pce_backend_set *backends = ex->config.backends;
    void **handle = &ex->hashes[whole][number];
    struct pce_key_part part = {
        .backend = whole ? backends->algs[number]
                         : backends->multipart[number],
        .is_hash = true,
    };

    if (!*handle) {
        *handle = part.backend->hash_new(number, NULL, 0);
    }
    part.handle = *handle;
    return part;
}

enum pce_status pce_run_hash(struct pce_request *req, struct pce_cqe *cqe)
{
    unsigned int number = le16toh(req->sqe->op_flags) >> 8;
    const struct pce_alg_desc *alg = pce_alg_find(number);
    struct pce_key_part part;
    enum pce_status status;

    if (!alg || alg->opcode != PCE_OP_HASH ||
        !(req->ex->config.alg_info[number] & PCE_ALG_INFO_PRESENT)) {
        return pce_fault(&req->detail, SQE_OFFSET(op_flags),
                         PCE_STATUS_BAD_FIELD);
    }
    status = check_part(req, number);
    if (status) {
        return status;
    }
    part = get_hash(req->ex, number, is_whole(req));
    return part.handle ? run(req, &part, cqe) : PCE_STATUS_NO_RESOURCES;
}

void pce_hash_free_all(struct pce_executor *ex)
{
    const struct pce_backend_set *backends = ex->config.backends;

    for (unsigned int number = 0; number < PCE_LIMIT_ALGS; number++) {
        if (ex->hashes[true][number]) {
            backends->algs[number]->hash_free(ex->hashes[true][number]);
        }
        if (ex->hashes[false][number]) {
            backends->multipart[number]->hash_free(ex->hashes[false][number]);
        }
    }
}

/* --- MAC ----------------------------------------------------------------- */

enum pce_status pce_run_mac(struct pce_request *req, struct pce_cqe *cqe)
{
    const struct pce_key *key = req->key;
    enum pce_status status = check_part(req, key->number);

    if (status) {
        return status;
    }
    return run(req, is_whole(req) || !key->multipart.handle
                    ? &key->auth : &key->multipart, cqe);
}
