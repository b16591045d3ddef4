/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: from submission entry to completion entry.
 *
 * The checks are in the order that the specification gives them: the entry by
 * rising offset, the context, the length against the algorithm, the tables.
 * Only then is data touched.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "executor.h"
#include "keycache.h"

#define BLOCK 16

#define SQE_OFFSET(field) offsetof(struct pce_sqe, field)
#define CONTEXT_OFFSET(field) offsetof(struct pce_context, field)

#define MIN(a, b) ((a) < (b) ? (a) : (b))

struct pce_executor {
    struct pce_executor_config config;
    struct pce_keycache *keys;
    struct pce_segment *src_table;  /* private copies, max_segments each */
    struct pce_segment *dst_table;
    uint8_t *scratch;               /* one data unit, grows when needed */
    size_t scratch_size;
    struct pce_executor_stats stats;
};

/* A CIPHER request, in CPU byte order */
struct request {
    struct pce_executor *ex;
    struct pce_key key;
    bool decrypt;
    uint32_t length;
    uint8_t iv[PCE_SQE_IV_SIZE];    /* the next chunk's, at last the result */
    struct pce_segment direct_src;  /* segments of a request without tables */
    struct pce_segment direct_dst;
    struct pce_cursor src;
    struct pce_cursor dst;
    uint32_t detail;
};

/* --- Statistics ---------------------------------------------------------- */

const struct pce_executor_stats *
pce_executor_stats(const struct pce_executor *ex)
{
    return &ex->stats;
}

/* --- Data ---------------------------------------------------------------- */

static enum pce_status src_failed(struct request *req)
{
    req->detail = req->src.index;
    return PCE_STATUS_SRC_DMA;
}

static enum pce_status dst_failed(struct request *req)
{
    req->detail = req->dst.index;
    return PCE_STATUS_DST_DMA;
}

/* Add n to a big-endian number of 128 bits */
static void counter_add(uint8_t *counter, uint64_t n)
{
    uint64_t high, low, sum;

    memcpy(&high, counter, sizeof(high));
    memcpy(&low, counter + sizeof(high), sizeof(low));
    sum = be64toh(low) + n;
    high = htobe64(be64toh(high) + (sum < n));
    low = htobe64(sum);
    memcpy(counter, &high, sizeof(high));
    memcpy(counter + sizeof(high), &low, sizeof(low));
}

/* Transform n bytes and make req->iv that of what follows them */
static enum pce_status transform(struct request *req, const uint8_t *src,
                                 uint8_t *dst, uint64_t n)
{
    const struct pce_backend *backend = req->ex->config.backend;
    uint8_t next_iv[PCE_SQE_IV_SIZE];

    if (req->key.alg == PCE_ALG_AES_CBC && req->decrypt) {
        /* Before it is overwritten, if this is in place */
        memcpy(next_iv, src + n - BLOCK, BLOCK);
    }
    if (backend->cipher(req->key.expanded, req->decrypt, req->iv, src, dst,
                        n)) {
        return PCE_STATUS_INTERNAL;
    }
    switch (req->key.alg) {
    case PCE_ALG_AES_CBC:
        memcpy(req->iv, req->decrypt ? next_iv : dst + n - BLOCK, BLOCK);
        break;
    case PCE_ALG_AES_CTR:
        counter_add(req->iv, n / BLOCK + (n % BLOCK != 0));
        break;
    }
    return PCE_STATUS_OK;
}

/* One block, of which source or destination are not in one piece */
static enum pce_status run_block(struct request *req, uint64_t n)
{
    enum pce_status status;
    uint8_t block[BLOCK];

    if (!pce_cursor_copy(&req->src, block, n)) {
        status = src_failed(req);
    } else {
        status = transform(req, block, block, n);
    }
    if (!status && !pce_cursor_copy(&req->dst, block, n)) {
        status = dst_failed(req);
    }
    explicit_bzero(block, sizeof(block));
    return status;
}

/* Modes that can go on where they stopped: as it comes, without copying */
static enum pce_status run_stream(struct request *req)
{
    uint64_t left = req->length;
    enum pce_status status;

    while (left) {
        uint64_t n;

        if (!pce_cursor_fill(&req->src)) {
            return src_failed(req);
        }
        if (!pce_cursor_fill(&req->dst)) {
            return dst_failed(req);
        }
        n = MIN(pce_cursor_available(&req->src),
                pce_cursor_available(&req->dst));
        if (n < left) {
            n -= n % BLOCK;
        }
        if (n) {
            status = transform(req, pce_cursor_data(&req->src),
                               pce_cursor_data(&req->dst), n);
            pce_cursor_advance(&req->src, n);
            pce_cursor_advance(&req->dst, n);
        } else {
            n = MIN(left, BLOCK);
            status = run_block(req, n);
        }
        if (status) {
            return status;
        }
        left -= n;
    }
    return PCE_STATUS_OK;
}

static bool reserve_scratch(struct pce_executor *ex, size_t size)
{
    if (size > ex->scratch_size) {
        free(ex->scratch);
        ex->scratch = malloc(size);
        ex->scratch_size = ex->scratch ? size : 0;
    }
    return ex->scratch;
}

/* XTS: a data unit is done in one piece; gather and scatter if it is not */
static enum pce_status run_unit(struct request *req)
{
    struct pce_executor *ex = req->ex;
    enum pce_status status;
    bool gather, scatter;
    uint8_t *src, *dst;

    if (!pce_cursor_fill(&req->src)) {
        return src_failed(req);
    }
    if (!pce_cursor_fill(&req->dst)) {
        return dst_failed(req);
    }
    gather = pce_cursor_available(&req->src) < req->length;
    scatter = pce_cursor_available(&req->dst) < req->length;

    if ((gather || scatter) && !reserve_scratch(ex, req->length)) {
        return PCE_STATUS_NO_RESOURCES;
    }
    src = gather ? ex->scratch : pce_cursor_data(&req->src);
    dst = scatter ? ex->scratch : pce_cursor_data(&req->dst);

    if (gather && !pce_cursor_copy(&req->src, ex->scratch, req->length)) {
        status = src_failed(req);
    } else {
        status = transform(req, src, dst, req->length);
        if (!scatter) {
            pce_cursor_advance(&req->dst, req->length);
        } else if (!status &&
                   !pce_cursor_copy(&req->dst, dst, req->length)) {
            status = dst_failed(req);
        }
    }
    if (gather || scatter) {
        explicit_bzero(ex->scratch, req->length);
    }
    return status;
}

/*
 * One mapping does for both sides of a request in place, if it is in one
 * piece.  If not, each side has its own: the two are at different places while
 * a block goes through run_block().
 */
static void share_mapping(struct request *req)
{
    if (pce_cursor_fill(&req->dst) &&
        pce_cursor_available(&req->dst) >= req->length) {
        req->src.host = req->dst.host;
        req->src.mapped = req->dst.mapped;
        req->src.borrowed = true;
    }
}

static enum pce_status run(struct request *req, bool in_place)
{
    enum pce_status status;

    if (!req->length) {
        return PCE_STATUS_OK;
    }
    if (in_place) {
        share_mapping(req);
    }
    status = req->key.alg == PCE_ALG_AES_XTS ? run_unit(req)
                                             : run_stream(req);
    pce_cursor_unmap(&req->src);
    pce_cursor_unmap(&req->dst);
    return status;
}

/* --- Checks -------------------------------------------------------------- */

static bool is_zero(const void *data, size_t length)
{
    const uint8_t *byte = data;

    while (length && !*byte) {
        byte++;
        length--;
    }
    return !length;
}

static enum pce_status fault(uint32_t *detail, uint32_t value,
                             enum pce_status status)
{
    *detail = value;
    return status;
}

static enum pce_status check_nop(const struct pce_sqe *sqe, uint32_t *detail)
{
    static const uint8_t fields[] = {
        SQE_OFFSET(ctx_generation), SQE_OFFSET(ctx), SQE_OFFSET(src),
        SQE_OFFSET(dst), SQE_OFFSET(length), SQE_OFFSET(aad_length),
        SQE_OFFSET(src_segments), SQE_OFFSET(dst_segments),
        SQE_OFFSET(auth_length), SQE_OFFSET(unit_order), SQE_OFFSET(op_flags),
        SQE_OFFSET(iv), sizeof(*sqe),
    };

    if (sqe->flags & ~PCE_SQE_PHASE) {
        return fault(detail, SQE_OFFSET(flags), PCE_STATUS_BAD_FLAGS);
    }
    for (size_t i = 0; fields[i] < sizeof(*sqe); i++) {
        if (!is_zero((const uint8_t *)sqe + fields[i],
                     fields[i + 1] - fields[i])) {
            return fault(detail, fields[i], PCE_STATUS_BAD_FIELD);
        }
    }
    return PCE_STATUS_OK;
}

static bool segments_valid(const struct pce_executor *ex, bool table,
                           uint32_t segments)
{
    return table ? segments && segments <= ex->config.max_segments : !segments;
}

static enum pce_status check_cipher(const struct pce_executor *ex,
                                    const struct pce_sqe *sqe,
                                    uint32_t *detail)
{
    bool src_table = sqe->flags & PCE_SQE_SRC_TABLE;
    bool dst_table = sqe->flags & PCE_SQE_DST_TABLE;

    /* No algorithm of a backend has an IV that is so long */
    if (sqe->flags & (~PCE_SQE_FLAGS | PCE_SQE_IV_INDIRECT)) {
        return fault(detail, SQE_OFFSET(flags), PCE_STATUS_BAD_FLAGS);
    }
    if (le64toh(sqe->ctx) % PCE_CONTEXT_ALIGN) {
        return fault(detail, SQE_OFFSET(ctx), PCE_STATUS_BAD_ADDRESS);
    }
    if (src_table && le64toh(sqe->src) % PCE_SEGMENT_TABLE_ALIGN) {
        return fault(detail, SQE_OFFSET(src), PCE_STATUS_BAD_ADDRESS);
    }
    if (dst_table && le64toh(sqe->dst) % PCE_SEGMENT_TABLE_ALIGN) {
        return fault(detail, SQE_OFFSET(dst), PCE_STATUS_BAD_ADDRESS);
    }
    if (le32toh(sqe->length) > ex->config.max_length) {
        return fault(detail, SQE_OFFSET(length), PCE_STATUS_BAD_LENGTH);
    }
    if (sqe->aad_length) {
        return fault(detail, SQE_OFFSET(aad_length), PCE_STATUS_BAD_FIELD);
    }
    if (!segments_valid(ex, src_table, le16toh(sqe->src_segments))) {
        return fault(detail, SQE_OFFSET(src_segments), PCE_STATUS_BAD_FIELD);
    }
    if (!segments_valid(ex, dst_table, le16toh(sqe->dst_segments))) {
        return fault(detail, SQE_OFFSET(dst_segments), PCE_STATUS_BAD_FIELD);
    }
    if (sqe->auth_length) {
        return fault(detail, SQE_OFFSET(auth_length), PCE_STATUS_BAD_FIELD);
    }
    /* No algorithm of a backend offers DATA_UNITS so far */
    if (sqe->unit_order) {
        return fault(detail, SQE_OFFSET(unit_order), PCE_STATUS_BAD_FIELD);
    }
    if (sqe->op_flags) {
        return fault(detail, SQE_OFFSET(op_flags), PCE_STATUS_BAD_FIELD);
    }
    return PCE_STATUS_OK;
}

static bool is_cipher(unsigned int alg)
{
    return alg >= PCE_ALG_AES_ECB && alg <= PCE_ALG_AES_XTS;
}

/* The bit in PCE_REG_ALG_INFO() for a key, 0: no key of alg is that long */
static uint32_t key_size_bit(unsigned int alg, unsigned int length)
{
    unsigned int unit = alg == PCE_ALG_AES_XTS ? 2 : 1;

    if (length == 16 * unit) {
        return PCE_ALG_INFO_KEY_128;
    }
    if (length == 24 * unit) {
        return PCE_ALG_INFO_KEY_192;
    }
    if (length == 32 * unit) {
        return PCE_ALG_INFO_KEY_256;
    }
    return 0;
}

static enum pce_status check_context(const struct pce_executor *ex,
                                     const struct pce_context *ctx,
                                     uint32_t generation, uint32_t *detail)
{
    static const struct {
        uint8_t offset, length;
    } reserved[] = {
        { CONTEXT_OFFSET(auth_alg), sizeof(ctx->auth_alg) },
        { CONTEXT_OFFSET(auth_key_length), sizeof(ctx->auth_key_length) },
        { CONTEXT_OFFSET(reserved0), sizeof(ctx->reserved0) },
        { CONTEXT_OFFSET(reserved1), sizeof(ctx->reserved1) },
    };
    uint32_t offered, key_size;

    if (le32toh(ctx->generation) != generation) {
        return PCE_STATUS_STALE_CONTEXT;
    }
    if (!is_cipher(ctx->alg)) {
        return fault(detail, CONTEXT_OFFSET(alg), PCE_STATUS_BAD_CONTEXT);
    }
    offered = ex->config.alg_info[ctx->alg];
    if (!(offered & PCE_ALG_INFO_PRESENT)) {
        return fault(detail, CONTEXT_OFFSET(alg), PCE_STATUS_UNSUPPORTED);
    }
    key_size = key_size_bit(ctx->alg, ctx->key_length);
    if (!key_size) {
        return fault(detail, CONTEXT_OFFSET(key_length),
                     PCE_STATUS_BAD_CONTEXT);
    }
    if (!(offered & key_size)) {
        return fault(detail, CONTEXT_OFFSET(key_length),
                     PCE_STATUS_UNSUPPORTED);
    }
    for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++) {
        if (!is_zero((const uint8_t *)ctx + reserved[i].offset,
                     reserved[i].length)) {
            return fault(detail, reserved[i].offset, PCE_STATUS_BAD_CONTEXT);
        }
    }
    return PCE_STATUS_OK;
}

static bool range_wraps(uint64_t addr, uint64_t length)
{
    return length && length - 1 > UINT64_MAX - addr;
}

static int read_memory(struct pce_executor *ex, uint64_t addr, void *buf,
                       uint64_t length)
{
    return range_wraps(addr, length) ||
           ex->config.memory->read(ex->config.opaque, addr, buf, length);
}

/* Expand the key of the record at addr */
static enum pce_status load_key(struct pce_executor *ex, uint64_t addr,
                                uint32_t generation, struct pce_key *key,
                                uint32_t *detail)
{
    struct pce_context ctx;
    enum pce_status status;

    if (read_memory(ex, addr, &ctx, sizeof(ctx))) {
        status = PCE_STATUS_CTX_DMA;
    } else {
        status = check_context(ex, &ctx, generation, detail);
    }
    if (!status) {
        key->alg = ctx.alg;
        key->expanded = ex->config.backend->key_new(ctx.alg, ctx.key,
                                                    ctx.key_length);
        if (!key->expanded) {
            status = PCE_STATUS_NO_RESOURCES;
        }
    }
    explicit_bzero(&ctx, sizeof(ctx));
    return status;
}

/* On success the key is held and must be put */
static enum pce_status get_key(struct pce_executor *ex,
                               const struct pce_sqe *sqe, struct pce_key *key,
                               uint32_t *detail)
{
    uint64_t addr = le64toh(sqe->ctx);
    uint32_t generation = le32toh(sqe->ctx_generation);
    enum pce_status status;
    uint64_t epoch;

    if (pce_keycache_get(ex->keys, addr, generation, key, &epoch)) {
        pce_count(&ex->stats.key_hits, 1);
        return PCE_STATUS_OK;
    }
    pce_count(&ex->stats.key_misses, 1);
    status = load_key(ex, addr, generation, key, detail);
    if (!status &&
        pce_keycache_add(ex->keys, addr, generation, key, epoch)) {
        pce_count(&ex->stats.key_evictions, 1);
    }
    return status;
}

static bool length_valid(unsigned int alg, uint32_t length)
{
    switch (alg) {
    case PCE_ALG_AES_ECB:
    case PCE_ALG_AES_CBC:
        return length % BLOCK == 0;
    case PCE_ALG_AES_XTS:
        return length >= BLOCK;
    default:
        return true;
    }
}

/* Copy a segment table and check it; bad is the status of a bad segment */
static enum pce_status read_table(struct pce_executor *ex, uint64_t addr,
                                  struct pce_segment *table, uint32_t n,
                                  uint32_t length, enum pce_status bad,
                                  uint32_t *detail)
{
    uint64_t total = 0;

    if (read_memory(ex, addr, table, n * sizeof(*table))) {
        return fault(detail, bad == PCE_STATUS_BAD_DST_SEGMENT,
                     PCE_STATUS_TABLE_DMA);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!table[i].length || table[i].reserved) {
            return fault(detail, i, bad);
        }
        total += le32toh(table[i].length);
    }
    return total < length ? fault(detail, n, bad) : PCE_STATUS_OK;
}

static bool is_in_place(const struct pce_sqe *sqe)
{
    bool src_table = sqe->flags & PCE_SQE_SRC_TABLE;
    bool dst_table = sqe->flags & PCE_SQE_DST_TABLE;

    return sqe->src == sqe->dst && src_table == dst_table &&
           sqe->src_segments == sqe->dst_segments;
}

/* Make the cursors of source and destination */
static enum pce_status find_data(struct request *req,
                                 const struct pce_sqe *sqe)
{
    struct pce_executor *ex = req->ex;
    const struct pce_segment *src = &req->direct_src;
    const struct pce_segment *dst = &req->direct_dst;
    uint32_t src_n = 1, dst_n = 1;
    enum pce_status status;

    req->direct_src.addr = sqe->src;
    req->direct_src.length = sqe->length;
    req->direct_dst.addr = sqe->dst;
    req->direct_dst.length = sqe->length;

    if (sqe->flags & PCE_SQE_SRC_TABLE) {
        src = ex->src_table;
        src_n = le16toh(sqe->src_segments);
        status = read_table(ex, le64toh(sqe->src), ex->src_table, src_n,
                            req->length, PCE_STATUS_BAD_SRC_SEGMENT,
                            &req->detail);
        if (status) {
            return status;
        }
    }
    if (is_in_place(sqe)) {
        dst = src;
        dst_n = src_n;
    } else if (sqe->flags & PCE_SQE_DST_TABLE) {
        dst = ex->dst_table;
        dst_n = le16toh(sqe->dst_segments);
        status = read_table(ex, le64toh(sqe->dst), ex->dst_table, dst_n,
                            req->length, PCE_STATUS_BAD_DST_SEGMENT,
                            &req->detail);
        if (status) {
            return status;
        }
    }
    req->src = (struct pce_cursor) {
        .config = &ex->config,
        .stats = &ex->stats,
        .segments = src,
        .count = src_n,
        .unmapped = req->length,
    };
    req->dst = req->src;
    req->dst.segments = dst;
    req->dst.count = dst_n;
    req->dst.write = true;
    return PCE_STATUS_OK;
}

/* --- Requests ------------------------------------------------------------ */

/* With the key held */
static enum pce_status run_cipher(struct request *req,
                                  const struct pce_sqe *sqe,
                                  struct pce_cqe *cqe)
{
    enum pce_status status;

    if (!length_valid(req->key.alg, req->length)) {
        return fault(&req->detail, SQE_OFFSET(length), PCE_STATUS_BAD_LENGTH);
    }
    status = find_data(req, sqe);
    if (status) {
        return status;
    }
    status = run(req, is_in_place(sqe));
    cqe->length = htole32(req->dst.done);
    if (!status && req->key.alg != PCE_ALG_AES_ECB) {
        memcpy(cqe->result, req->iv, sizeof(cqe->result));
    }
    return status;
}

static enum pce_status execute_cipher(struct pce_executor *ex,
                                      const struct pce_sqe *sqe,
                                      struct pce_cqe *cqe)
{
    struct request req;
    enum pce_status status;

    req.ex = ex;
    req.detail = 0;
    req.decrypt = sqe->flags & PCE_SQE_DECRYPT;
    req.length = le32toh(sqe->length);
    memcpy(req.iv, sqe->iv, sizeof(req.iv));

    status = check_cipher(ex, sqe, &req.detail);
    if (!status) {
        status = get_key(ex, sqe, &req.key, &req.detail);
    }
    if (!status) {
        status = run_cipher(&req, sqe, cqe);
        pce_keycache_put(ex->keys);
    }
    cqe->detail = htole32(req.detail);
    return status;
}

static enum pce_status execute_nop(const struct pce_sqe *sqe,
                                   struct pce_cqe *cqe)
{
    uint32_t detail = 0;
    enum pce_status status = check_nop(sqe, &detail);

    cqe->detail = htole32(detail);
    return status;
}

enum pce_status pce_execute(struct pce_executor *ex, const struct pce_sqe *sqe,
                            struct pce_cqe *cqe)
{
    enum pce_status status;

    memset(cqe, 0, sizeof(*cqe));
    switch (sqe->opcode) {
    case PCE_OP_NOP:
        status = execute_nop(sqe, cqe);
        break;
    case PCE_OP_CIPHER:
        status = execute_cipher(ex, sqe, cqe);
        break;
    default:
        status = PCE_STATUS_BAD_OPCODE;
        break;
    }
    cqe->ctrl = htole32(le16toh(sqe->tag) | (uint32_t)status << 16);

    pce_count(&ex->stats.requests, 1);
    if (status) {
        pce_count(&ex->stats.errors, 1);
    } else {
        pce_count(&ex->stats.bytes, le32toh(sqe->length));
    }
    return status;
}

/* --- Life ---------------------------------------------------------------- */

struct pce_executor *pce_executor_new(const struct pce_executor_config *config)
{
    struct pce_executor *ex = calloc(1, sizeof(*ex));

    if (!ex) {
        return NULL;
    }
    ex->config = *config;
    ex->keys = pce_keycache_new(config->backend, config->key_slots ?:
                                PCE_KEY_SLOTS_DEFAULT);
    ex->src_table = calloc(config->max_segments, sizeof(*ex->src_table));
    ex->dst_table = calloc(config->max_segments, sizeof(*ex->dst_table));
    if (!ex->keys || !ex->src_table || !ex->dst_table) {
        pce_executor_free(ex);
        return NULL;
    }
    return ex;
}

void pce_executor_free(struct pce_executor *ex)
{
    if (ex) {
        pce_keycache_free(ex->keys);
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
