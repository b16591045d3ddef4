/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the opcode RANDOM.
 */
#include "executor-internal.h"

static enum pce_status fill(struct pce_request *req)
{
    const struct pce_executor_config *config = &req->ex->config;

    while (req->dst.done < req->length) {
        uint64_t n;

        if (!pce_cursor_fill(&req->dst)) {
            return pce_dst_failed(req);
        }
        n = pce_cursor_available(&req->dst);
        if (config->random(config->opaque, pce_cursor_data(&req->dst), n)) {
            return PCE_STATUS_INTERNAL;
        }
        pce_cursor_advance(&req->dst, n);
    }
    return PCE_STATUS_OK;
}

enum pce_status pce_run_random(struct pce_request *req, struct pce_cqe *cqe)
{
    enum pce_status status = pce_data_find(req, 0, req->length);

    if (!status) {
        status = fill(req);
        pce_cursor_unmap(&req->dst);
        cqe->length = htole32(req->dst.done);
    }
    return status;
}
