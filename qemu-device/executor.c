/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: from submission entry to completion entry.
 *
 * The checks are in the order that the specification gives them: the entry by
 * rising offset, the context, the entry against the algorithm, the tables.
 * Only then is data touched.
 */
#include <stdlib.h>

#include "executor-internal.h"

const struct pce_executor_stats *
pce_executor_stats(const struct pce_executor *ex)
{
    return &ex->stats;
}

/* --- Keys ---------------------------------------------------------------- */

/* Expand the key of the record that the entry names */
static enum pce_status load_key(struct pce_request *req, struct pce_key **key)
{
    struct pce_executor *ex = req->ex;
    struct pce_context ctx;
    enum pce_status status;

    if (pce_read_memory(ex, le64toh(req->sqe->ctx), &ctx, sizeof(ctx))) {
        status = PCE_STATUS_CTX_DMA;
    } else {
        status = pce_check_context(ex, &ctx, req->sqe, &req->detail);
    }
    if (!status) {
        *key = pce_key_new(ex->config.backends, &ctx);
        status = *key ? PCE_STATUS_OK : PCE_STATUS_NO_RESOURCES;
    }
    explicit_bzero(&ctx, sizeof(ctx));
    return status;
}

/* On success req->key is held and must be put */
static enum pce_status get_key(struct pce_request *req)
{
    struct pce_executor *ex = req->ex;
    uint64_t addr = le64toh(req->sqe->ctx);
    uint32_t generation = le32toh(req->sqe->ctx_generation);
    enum pce_status status;
    struct pce_key *key;
    uint64_t epoch;

    key = pce_keycache_get(ex->keys, addr, generation, &epoch);
    if (key) {
        pce_count(&ex->stats.key_hits, 1);
    } else {
        pce_count(&ex->stats.key_misses, 1);
        status = load_key(req, &key);
        if (status) {
            return status;
        }
        if (pce_keycache_add(ex->keys, addr, generation, key, epoch)) {
            pce_count(&ex->stats.key_evictions, 1);
        }
    }
    if (key->alg->opcode != req->sqe->opcode) {
        pce_keycache_put(ex->keys, key);
        return pce_fault(&req->detail, CONTEXT_OFFSET(alg),
                         PCE_STATUS_BAD_CONTEXT);
    }
    req->key = key;
    return PCE_STATUS_OK;
}

/* --- Requests ------------------------------------------------------------ */

static enum pce_status run_nop(struct pce_request *req, struct pce_cqe *cqe)
{
    (void)req, (void)cqe;
    return PCE_STATUS_OK;
}

typedef enum pce_status run_opcode(struct pce_request *req,
                                   struct pce_cqe *cqe);

/* NULL: not offered */
static run_opcode *find_opcode(const struct pce_executor *ex,
                               unsigned int opcode)
{
    switch (opcode) {
    case PCE_OP_NOP:
        return run_nop;
    case PCE_OP_CIPHER:
        return pce_run_cipher;
    case PCE_OP_AEAD:
        return pce_run_aead;
    case PCE_OP_HASH:
        return pce_run_hash;
    case PCE_OP_MAC:
        return pce_run_mac;
    case PCE_OP_RANDOM:
        return ex->config.random ? pce_run_random : NULL;
    default:
        return NULL;
    }
}

/* Other opcodes have no destination, or no source */
static bool is_in_place(const struct pce_sqe *sqe)
{
    return (sqe->opcode == PCE_OP_CIPHER || sqe->opcode == PCE_OP_AEAD) &&
           sqe->src == sqe->dst &&
           !(sqe->flags & PCE_SQE_SRC_TABLE) ==
           !(sqe->flags & PCE_SQE_DST_TABLE) &&
           sqe->src_segments == sqe->dst_segments;
}

/* Not inlined: what it and its callees have on the stack is wiped afterwards */
static __attribute__((noinline)) enum pce_status
execute(struct pce_request *req)
{
    const struct pce_sqe *sqe = req->sqe;
    run_opcode *run = find_opcode(req->ex, sqe->opcode);
    enum pce_status status;

    if (!run) {
        return PCE_STATUS_BAD_OPCODE;
    }
    status = pce_check_entry(req->ex, sqe, &req->detail);
    if (status) {
        return status;
    }
    req->decrypt = sqe->flags & PCE_SQE_DECRYPT;
    req->in_place = is_in_place(sqe);
    req->length = le32toh(sqe->length);
    req->aad_length = le32toh(sqe->aad_length);
    memcpy(req->iv, sqe->iv, sizeof(sqe->iv));

    if (!pce_opcode_has_key(sqe->opcode)) {
        return run(req, req->cqe);
    }
    status = get_key(req);
    return status ?: run(req, req->cqe);
}

/* What comes after the opcode's own work */
static void finish(struct pce_request *req, enum pce_status status)
{
    struct pce_executor_stats *stats = &req->ex->stats;

    if (req->key) {
        pce_keycache_put(req->ex->keys, req->key);
    }
    req->cqe->detail = htole32(req->detail);
    req->cqe->ctrl = htole32(le16toh(req->sqe->tag) | (uint32_t)status << 16);

    pce_count(&stats->requests, 1);
    if (status) {
        pce_count(&stats->errors, 1);
    } else {
        pce_count(&stats->bytes, le32toh(req->sqe->length));
    }
    explicit_bzero(req->iv, sizeof(req->iv));
    explicit_bzero(req->chacha, sizeof(req->chacha));
}
/*
 * Wipe the stack from here down.  Ciphers leave keys, chaining values and text
 * there; no library goes deeper than 2 KiB.
 */
static __attribute__((noinline)) void wipe_stack(void)
{
    uint8_t below[4096];

    explicit_bzero(below, sizeof(below));
}

/* False: it waits */
static bool begin(struct pce_executor *ex, const struct pce_sqe *sqe,
                  struct pce_cqe *cqe, bool may_wait)
{
    struct pce_request *req;
    enum pce_status status;

    if (ex->waiting == PCE_BATCH_MAX) {
        pce_execute_end(ex);
    }
    req = &ex->requests[ex->waiting];
    req->ex = ex;
    req->sqe = sqe;
    req->cqe = cqe;
    req->key = NULL;
    req->may_wait = may_wait;
    req->waits = false;
    req->detail = 0;
    memset(cqe, 0, sizeof(*cqe));

    status = execute(req);
    if (req->waits) {
        ex->waiting++;
        return false;
    }
    finish(req, status);
    return true;
}

enum pce_status pce_execute(struct pce_executor *ex, const struct pce_sqe *sqe,
                            struct pce_cqe *cqe)
{
    begin(ex, sqe, cqe, false);
    wipe_stack();
    return pce_cqe_status(cqe);
}

bool pce_execute_begin(struct pce_executor *ex, const struct pce_sqe *sqe,
                       struct pce_cqe *cqe, bool more)
{
    return begin(ex, sqe, cqe, more || ex->waiting);
}

void pce_execute_end(struct pce_executor *ex)
{
    if (ex->waiting) {
        pce_batch_run(ex);
    }
    for (unsigned int i = 0; i < ex->waiting; i++) {
        struct pce_request *req = &ex->requests[i];

        pce_cipher_done(req, req->status);
        finish(req, req->status);
    }
    ex->waiting = 0;
    wipe_stack();
}

/* --- Life ---------------------------------------------------------------- */

struct pce_executor *pce_executor_new(const struct pce_executor_config *config)
{
    struct pce_executor *ex = calloc(1, sizeof(*ex));

    if (!ex) {
        return NULL;
    }
    ex->config = *config;
    ex->keys = pce_keycache_new(config->key_slots ?: PCE_KEY_SLOTS_DEFAULT);
    ex->requests = calloc(PCE_BATCH_MAX, sizeof(*ex->requests));
    ex->src_table = calloc(config->max_segments, sizeof(*ex->src_table));
    ex->dst_table = calloc(config->max_segments, sizeof(*ex->dst_table));
    if (!ex->keys || !ex->requests || !ex->src_table || !ex->dst_table) {
        pce_executor_free(ex);
        return NULL;
    }
    return ex;
}

void pce_executor_free(struct pce_executor *ex)
{
    if (ex) {
        pce_keycache_free(ex->keys);
        pce_hash_free_all(ex);
        free(ex->requests);
        free(ex->src_table);
        free(ex->dst_table);
        free(ex->scratch);
        free(ex);
    }
}

void pce_executor_invalidate(struct pce_executor *ex, uint64_t addr)
{
    pce_keycache_invalidate(ex->keys, addr);
}

void pce_executor_invalidate_all(struct pce_executor *ex)
{
    pce_keycache_invalidate_all(ex->keys);
}
