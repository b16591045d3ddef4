/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the source and the destination of a request.
 */
#include <stdlib.h>

#include "executor-internal.h"

#define SCRATCH_STEP 4096

static bool range_wraps(uint64_t addr, uint64_t length)
{
    return length && length - 1 > UINT64_MAX - addr;
}

int pce_read_memory(struct pce_executor *ex, uint64_t addr, void *buf,
                    uint64_t length)
{
    return range_wraps(addr, length) ||
           ex->config.memory->read(ex->config.opaque, addr, buf, length);
}

bool pce_reserve_scratch(struct pce_executor *ex, size_t size)
{
    if (!ex->scratch || size > ex->scratch_size) {
        /* In steps, so that it does not grow with every request */
        ex->scratch_size = (size / SCRATCH_STEP + 1) * SCRATCH_STEP;
        free(ex->scratch);
        ex->scratch = malloc(ex->scratch_size);
    }
    return ex->scratch;
}

enum pce_status pce_src_failed(struct pce_request *req)
{
    return pce_fault(&req->detail, req->src.index, PCE_STATUS_SRC_DMA);
}

enum pce_status pce_dst_failed(struct pce_request *req)
{
    return pce_fault(&req->detail, req->dst.index, PCE_STATUS_DST_DMA);
}

static uint64_t table_length(const struct pce_segment *table, uint32_t n)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < n; i++) {
        total += le32toh(table[i].length);
    }
    return total;
}

/* Copy a segment table and check it; bad is the status of a bad segment */
static enum pce_status read_table(struct pce_request *req, uint64_t addr,
                                  struct pce_segment *table, uint32_t n,
                                  uint64_t length, enum pce_status bad)
{
    if (pce_read_memory(req->ex, addr, table, n * sizeof(*table))) {
        return pce_fault(&req->detail, bad == PCE_STATUS_BAD_DST_SEGMENT,
                         PCE_STATUS_TABLE_DMA);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!table[i].length || table[i].reserved) {
            return pce_fault(&req->detail, i, bad);
        }
    }
    return table_length(table, n) < length ? pce_fault(&req->detail, n, bad)
                                           : PCE_STATUS_OK;
}

static void make_cursor(struct pce_request *req, struct pce_cursor *cursor,
                        const struct pce_segment *segments, uint32_t count,
                        uint64_t length, bool write)
{
    *cursor = (struct pce_cursor) {
        .config = &req->ex->config,
        .stats = &req->ex->stats,
        .segments = segments,
        .count = count,
        .unmapped = length,
        .write = write,
    };
}

void pce_data_direct(struct pce_request *req, struct pce_cursor *cursor,
                     struct pce_segment *segment, uint64_t addr,
                     uint64_t length, bool write)
{
    *segment = (struct pce_segment) {
        .addr = htole64(addr),
        .length = htole32(length),
    };
    make_cursor(req, cursor, segment, 1, length, write);
}

static enum pce_status find_src(struct pce_request *req, uint64_t length)
{
    struct pce_segment *table = req->ex->src_table;
    uint32_t n = le16toh(req->sqe->src_segments);
    uint64_t addr = le64toh(req->sqe->src);
    enum pce_status status;

    if (!n) {
        pce_data_direct(req, &req->src, &req->direct_src, addr, length, false);
        return PCE_STATUS_OK;
    }
    status = read_table(req, addr, table, n, length,
                        PCE_STATUS_BAD_SRC_SEGMENT);
    make_cursor(req, &req->src, table, n, length, false);
    return status;
}

static enum pce_status find_dst(struct pce_request *req, uint64_t length)
{
    struct pce_segment *table = req->ex->dst_table;
    uint32_t n = le16toh(req->sqe->dst_segments);
    uint64_t addr = le64toh(req->sqe->dst);
    enum pce_status status;

    if (!n) {
        pce_data_direct(req, &req->dst, &req->direct_dst, addr, length, true);
        return PCE_STATUS_OK;
    }
    if (req->in_place) {
        table = req->ex->src_table;
        status = table_length(table, n) >= length ? PCE_STATUS_OK
               : pce_fault(&req->detail, n, PCE_STATUS_BAD_DST_SEGMENT);
    } else {
        status = read_table(req, addr, table, n, length,
                            PCE_STATUS_BAD_DST_SEGMENT);
    }
    make_cursor(req, &req->dst, table, n, length, true);
    return status;
}

/*
 * One mapping does for both sides of a request in place, if it is in one
 * piece.  If not, each side has its own: the two are at different places while
 * a block is on its way from one to the other.
 */
static void share_mapping(struct pce_request *req, uint64_t length)
{
    const struct pce_executor_config *config = &req->ex->config;
    uint64_t addr = le64toh(req->dst.segments[0].addr);

    if (pce_cursor_fill(&req->dst) &&
        pce_cursor_available(&req->dst) >= length &&
        (!config->memory->readable ||
         config->memory->readable(config->opaque, addr, length))) {
        req->src.host = req->dst.host;
        req->src.mapped = req->dst.mapped;
        req->src.borrowed = true;
    }
}

enum pce_status pce_data_find(struct pce_request *req, uint64_t src_length,
                              uint64_t dst_length)
{
    enum pce_status status = find_src(req, src_length);

    if (!status) {
        status = find_dst(req, dst_length);
    }
    /* What comes back shorter is not written before all of it was read */
    if (!status && req->in_place && src_length && dst_length >= src_length) {
        share_mapping(req, src_length);
    }
    return status;
}

void pce_data_done(struct pce_request *req)
{
    pce_cursor_unmap(&req->src);
    pce_cursor_unmap(&req->dst);
}

/* A few bytes, of which source or destination are not in one piece */
static enum pce_status run_block(struct pce_request *req, uint64_t n,
                                 pce_crypt *crypt)
{
    enum pce_status status;
    uint8_t block[PCE_GRANULE_MAX];

    if (!pce_cursor_copy(&req->src, block, n)) {
        status = pce_src_failed(req);
    } else {
        status = crypt(req, block, block, n) ? PCE_STATUS_INTERNAL
                                             : PCE_STATUS_OK;
    }
    if (!status && !pce_cursor_copy(&req->dst, block, n)) {
        status = pce_dst_failed(req);
    }
    explicit_bzero(block, sizeof(block));
    return status;
}

/* Have at least one byte of both at hand */
static enum pce_status fill(struct pce_request *req)
{
    if (!pce_cursor_fill(&req->src)) {
        return pce_src_failed(req);
    }
    return pce_cursor_fill(&req->dst) ? PCE_STATUS_OK : pce_dst_failed(req);
}

enum pce_status pce_data_stream(struct pce_request *req, uint64_t length,
                                unsigned int granule, pce_crypt *crypt)
{
    while (length) {
        enum pce_status status = fill(req);
        uint64_t n;

        if (status) {
            return status;
        }
        n = MIN(pce_cursor_available(&req->src),
                pce_cursor_available(&req->dst));
        n = n < length ? n - n % granule : length;
        if (n) {
            if (crypt(req, pce_cursor_data(&req->src),
                      pce_cursor_data(&req->dst), n)) {
                status = PCE_STATUS_INTERNAL;
            }
            pce_cursor_advance(&req->src, n);
            pce_cursor_advance(&req->dst, n);
        } else {
            n = MIN(length, granule);
            status = run_block(req, n, crypt);
        }
        if (status) {
            return status;
        }
        length -= n;
    }
    return PCE_STATUS_OK;
}

enum pce_status pce_data_whole(struct pce_request *req, uint64_t length,
                               pce_crypt *crypt)
{
    struct pce_executor *ex = req->ex;
    enum pce_status status = fill(req);
    bool gather, scatter;
    uint8_t *src, *dst;

    if (status) {
        return status;
    }
    gather = pce_cursor_available(&req->src) < length;
    scatter = pce_cursor_available(&req->dst) < length;

    if ((gather || scatter) && !pce_reserve_scratch(ex, length)) {
        return PCE_STATUS_NO_RESOURCES;
    }
    src = gather ? ex->scratch : pce_cursor_data(&req->src);
    dst = scatter ? ex->scratch : pce_cursor_data(&req->dst);

    if (gather && !pce_cursor_copy(&req->src, src, length)) {
        status = pce_src_failed(req);
    } else {
        status = crypt(req, src, dst, length) ? PCE_STATUS_INTERNAL
                                              : PCE_STATUS_OK;
        if (!gather) {
            pce_cursor_advance(&req->src, length);
        }
        if (!scatter) {
            pce_cursor_advance(&req->dst, length);
        } else if (!status && !pce_cursor_copy(&req->dst, dst, length)) {
            status = pce_dst_failed(req);
        }
    }
    if (gather || scatter) {
        explicit_bzero(ex->scratch, length);
    }
    return status;
}
