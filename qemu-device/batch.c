/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: requests whose ciphers run at once.
 *
 * What is serial within a message, as CBC's encryption, is faster with several
 * messages side by side.  A request of that kind waits for others; it was
 * checked, its key is held and its data mapped.
 */
#include "cipher.h"

static bool in_one_piece(struct pce_cursor *cursor, uint32_t length)
{
    return pce_cursor_fill(cursor) && pce_cursor_available(cursor) >= length;
}

bool pce_batch_takes(struct pce_request *req)
{
    return req->key->multibuffer.handle && !req->decrypt && req->length &&
           in_one_piece(&req->src, req->length) &&
           in_one_piece(&req->dst, req->length);
}

/* Can they be encrypted by one call? */
static bool alike(const struct pce_request *a, const struct pce_request *b)
{
    const struct pce_key_part *x = &a->key->multibuffer;
    const struct pce_key_part *y = &b->key->multibuffer;

    return x->backend == y->backend && x->alg == y->alg &&
           x->length == y->length;
}

/*
 * Is it faster than one after the other?  The lanes are all as slow as the one
 * with the longest message, which takes half as long again as it would alone,
 * and to fill and wipe them costs as much as 256 bytes.  Measured: see
 * Documentation/backends.rst.
 */
static bool pays(struct pce_request *const *group, unsigned int n)
{
    uint64_t longest = 0, sum = 0;

    for (unsigned int i = 0; i < n; i++) {
        longest = MAX(longest, group[i]->length);
        sum += group[i]->length;
    }
    return sum >= longest + longest / 2 + 256;
}

/* The last block of ciphertext is the result, where the mode has one */
static void put_down(struct pce_request *req)
{
    const uint8_t *end = pce_cursor_data(&req->dst) + req->length;
    size_t size = req->key->alg->mode->result;

    memcpy(req->iv, end - size, size);
    pce_cursor_advance(&req->src, req->length);
    pce_cursor_advance(&req->dst, req->length);
}

static void run_together(struct pce_request *const *group, unsigned int n)
{
    const struct pce_backend *backend = group[0]->key->multibuffer.backend;
    struct pce_cipher_job jobs[PCE_BATCH_MAX];
    enum pce_status status;

    for (unsigned int i = 0; i < n; i++) {
        jobs[i] = (struct pce_cipher_job) {
            .key = group[i]->key->multibuffer.handle,
            .iv = group[i]->iv,
            .src = pce_cursor_data(&group[i]->src),
            .dst = pce_cursor_data(&group[i]->dst),
            .length = group[i]->length,
        };
    }
    status = backend->cipher_jobs(jobs, n) ? PCE_STATUS_INTERNAL
                                           : PCE_STATUS_OK;
    for (unsigned int i = 0; i < n; i++) {
        put_down(group[i]);
        group[i]->status = status;
    }
    pce_count(&group[0]->ex->stats.batched, n);
}

static void run_group(struct pce_request *const *group, unsigned int n)
{
    if (pays(group, n)) {
        run_together(group, n);
        return;
    }
    for (unsigned int i = 0; i < n; i++) {
        group[i]->status = pce_cipher_text(group[i]);
    }
}

void pce_batch_run(struct pce_executor *ex)
{
    struct pce_request *group[PCE_BATCH_MAX];
    bool done[PCE_BATCH_MAX] = { false };

    for (unsigned int first = 0; first < ex->waiting; first++) {
        unsigned int n = 0;

        for (unsigned int i = first; i < ex->waiting; i++) {
            if (!done[i] && alike(&ex->requests[first], &ex->requests[i])) {
                group[n++] = &ex->requests[i];
                done[i] = true;
            }
        }
        if (n) {
            run_group(group, n);
        }
    }
}
