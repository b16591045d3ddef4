/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the executor turns a submission queue entry into a
 * completion queue entry.
 *
 * Everything that an entry names is hostile: the executor checks it, works on
 * private copies of what it checked, and reaches memory through callbacks only.
 * It is plain C without a QEMU type, so that tests and fuzzers run it as it is.
 */
#ifndef PCE_EXECUTOR_H
#define PCE_EXECUTOR_H

#include <endian.h>

#include "alg.h"

/* DMA, as the executor needs it.  Called by the thread in pce_execute(). */
struct pce_memory {
    /*
     * Map the range from addr, for writing (which allows reading) or reading
     * only.  *length is what is wanted and becomes what was got, which may be
     * less: the executor asks again for the rest.  NULL: this is no memory
     * that can be mapped.
     */
    void *(*map)(void *opaque, uint64_t addr, uint64_t *length, bool write);

    /* Undo map; length is what was got, accessed the leading bytes used */
    void (*unmap)(void *opaque, void *host, uint64_t length, bool write,
                  uint64_t accessed);

    /*
     * Of a range that can be mapped for writing: may it be read, too?  NULL:
     * any may.  If not, a request in place is told when it maps its source.
     */
    bool (*readable)(void *opaque, uint64_t addr, uint64_t length);

    /* Copy out of memory; 0: done */
    int (*read)(void *opaque, uint64_t addr, void *buf, uint64_t length);
};

struct pce_executor_config {
    const struct pce_memory *memory;
    void *opaque;                   /* for the callbacks */
    /*
     * These two stay the caller's and must outlive the executor.  alg_info has
     * PCE_LIMIT_ALGS words, what PCE_REG_ALG_INFO() shows: as pce_alg_info()
     * has it, or less.
     */
    const struct pce_backend_set *backends;
    const uint32_t *alg_info;
    /*
     * Fill in length bytes from a source that is fit for keys; 0: done.  Called
     * by the thread in pce_execute().  NULL: the opcode RANDOM is not offered.
     */
    int (*random)(void *opaque, void *buf, size_t length);
    uint32_t max_segments;          /* 1 to PCE_LIMIT_SEGMENTS */
    uint32_t max_length;            /* 1 to PCE_LIMIT_LENGTH */
    uint32_t key_slots;             /* expanded keys kept, 0: the default */
};

#define PCE_KEY_SLOTS_DEFAULT 256

/*
 * Written by the thread in pce_execute() alone, each with an atomic store:
 * any thread may read them with atomic loads.
 */
struct pce_executor_stats {
    uint64_t requests;
    uint64_t batched;               /* executed at once with others */
    uint64_t errors;                /* requests whose status is not OK */
    uint64_t bytes;                 /* text of the others */
    uint64_t maps;                  /* calls of map */
    uint64_t copied;                /* bytes through bounce and scratch */
    uint64_t key_hits;
    uint64_t key_misses;
    uint64_t key_evictions;
};

struct pce_executor;

/* One for every thread that executes requests.  NULL: out of memory. */
struct pce_executor *pce_executor_new(const struct pce_executor_config *config);

/* Wipes every key */
void pce_executor_free(struct pce_executor *ex);

/*
 * Execute *sqe, which must be a private copy, and fill *cqe in, save for the
 * phase bit.  Only one thread at a time; memory is accessed until it returns
 * and not a moment longer.
 */
enum pce_status pce_execute(struct pce_executor *ex, const struct pce_sqe *sqe,
                            struct pce_cqe *cqe);

/*
 * The same as a part of several requests, after which pce_execute_end() comes;
 * more: others follow.  False: *sqe was checked, and waits to be executed at
 * once with others, until pce_execute_end() (or earlier: PCE_BATCH_MAX is how
 * many wait).  Both entries have to stay where they are, and memory is
 * accessed, until then.
 */
bool pce_execute_begin(struct pce_executor *ex, const struct pce_sqe *sqe,
                       struct pce_cqe *cqe, bool more);

/* Execute what waits, and wipe what requests have left on the stack */
void pce_execute_end(struct pce_executor *ex);

static inline enum pce_status pce_cqe_status(const struct pce_cqe *cqe)
{
    return (le32toh(cqe->ctrl) & PCE_CQE_STATUS) >> 16;
}

/*
 * Forget the key of the context at addr, or all keys.  Any thread may call it
 * at any time.  It does not wait for a request that has begun: that one goes
 * on with the key it began with, which is wiped when it ends; no request begun
 * later finds the old key.
 */
void pce_executor_invalidate(struct pce_executor *ex, uint64_t addr);
void pce_executor_invalidate_all(struct pce_executor *ex);

const struct pce_executor_stats *
pce_executor_stats(const struct pce_executor *ex);

#endif /* PCE_EXECUTOR_H */
