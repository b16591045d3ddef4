/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: what the parts of the executor know of each other.
 *
 *   executor.c  dispatch by opcode, life
 *   check.c     entry and key context, before anything is done
 *   transfer.c  source and destination: tables, cursors, scratch
 *   cipher.c    opcode CIPHER; its modes are in cts.c, lrw.c, chacha.c as well
 *   batch.c     requests whose ciphers run at once
 *   aead.c      opcode AEAD; authenc.c
 *   hash.c      opcodes HASH and MAC
 */
#ifndef PCE_EXECUTOR_INTERNAL_H
#define PCE_EXECUTOR_INTERNAL_H

#include <endian.h>
#include <string.h>

#include "cursor.h"
#include "executor.h"
#include "key.h"
#include "keycache.h"

#define SQE_OFFSET(field) offsetof(struct pce_sqe, field)
#define CONTEXT_OFFSET(field) offsetof(struct pce_context, field)

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

struct pce_request;

struct pce_executor {
    struct pce_executor_config config;
    struct pce_keycache *keys;
    struct pce_request *requests;   /* PCE_BATCH_MAX */
    unsigned int waiting;           /* the first so many of them wait */
    struct pce_segment *src_table;  /* private copies, max_segments each */
    struct pce_segment *dst_table;
    uint8_t *scratch;               /* grows when needed; wiped after use */
    size_t scratch_size;
    /* Opcode HASH, made when first used: [true] for whole messages */
    void *hashes[2][PCE_LIMIT_ALGS];
    struct pce_executor_stats stats;
};

/* A request, in CPU byte order */
struct pce_request {
    struct pce_executor *ex;
    const struct pce_sqe *sqe;
    struct pce_cqe *cqe;
    struct pce_key *key;            /* held; NULL: the opcode has none */
    bool may_wait;                  /* for others to be executed with */
    bool waits;
    enum pce_status status;         /* of one that has waited */
    bool decrypt;
    bool in_place;
    uint32_t length;
    uint32_t aad_length;
    uint32_t detail;
    uint8_t iv[PCE_INDIRECT_IV_SIZE];   /* what comes next, then the result */
    uint32_t chacha[16];            /* XChaCha: state of the next block */

    struct pce_segment direct_src;  /* segments of a request without tables */
    struct pce_segment direct_dst;
    struct pce_cursor src;
    struct pce_cursor dst;
};

static inline enum pce_status pce_fault(uint32_t *detail, uint32_t value,
                                        enum pce_status status)
{
    *detail = value;
    return status;
}

/* --- check.c --- */

bool pce_is_zero(const void *data, size_t length);

/* All that can be said of an entry without its key context */
enum pce_status pce_check_entry(const struct pce_executor *ex,
                                const struct pce_sqe *sqe, uint32_t *detail);

/* Does an entry of this opcode name a key context? */
bool pce_opcode_has_key(unsigned int opcode);

/* The record, whose algorithm must be one of the opcode */
enum pce_status pce_check_context(const struct pce_executor *ex,
                                  const struct pce_context *ctx,
                                  const struct pce_sqe *sqe, uint32_t *detail);

/* --- transfer.c --- */

/* 0: done */
int pce_read_memory(struct pce_executor *ex, uint64_t addr, void *buf,
                    uint64_t length);

/*
 * Copy and check the tables, and make the cursors req->src and req->dst of so
 * many bytes.  Cursors must be unmapped with pce_data_done().
 */
enum pce_status pce_data_find(struct pce_request *req, uint64_t src_length,
                              uint64_t dst_length);
void pce_data_done(struct pce_request *req);

/*
 * Make one cursor, of length bytes from addr; *segment is where it has that
 * written.  It must be unmapped with pce_cursor_unmap().
 */
void pce_data_direct(struct pce_request *req, struct pce_cursor *cursor,
                     struct pce_segment *segment, uint64_t addr,
                     uint64_t length, bool write);

/* The cursor has met a segment that cannot be mapped */
enum pce_status pce_src_failed(struct pce_request *req);
enum pce_status pce_dst_failed(struct pce_request *req);

/* Transform the n bytes that come next, perhaps in place.  0: done */
typedef int pce_crypt(struct pce_request *req, const uint8_t *src,
                      uint8_t *dst, uint64_t n);

/*
 * length bytes from req->src to req->dst as they come, without copying them:
 * crypt gets multiples of granule, save at the end.
 */
enum pce_status pce_data_stream(struct pce_request *req, uint64_t length,
                                unsigned int granule, pce_crypt *crypt);
#define PCE_GRANULE_MAX 64

/* The same in one call of crypt; copied if they are in several pieces */
enum pce_status pce_data_whole(struct pce_request *req, uint64_t length,
                               pce_crypt *crypt);

/* ex->scratch has size bytes; false: out of memory */
bool pce_reserve_scratch(struct pce_executor *ex, size_t size);

/* --- Opcodes: the entry was checked, the key is held, *cqe is zeros --- */

enum pce_status pce_run_cipher(struct pce_request *req, struct pce_cqe *cqe);
enum pce_status pce_run_aead(struct pce_request *req, struct pce_cqe *cqe);
enum pce_status pce_run_hash(struct pce_request *req, struct pce_cqe *cqe);
enum pce_status pce_run_mac(struct pce_request *req, struct pce_cqe *cqe);
enum pce_status pce_run_random(struct pce_request *req, struct pce_cqe *cqe);

/*
 * The rest of pce_run_cipher(), if that has set req->waits: transform the text;
 * put down what became of it, and let go of the data.
 */
enum pce_status pce_cipher_text(struct pce_request *req);
void pce_cipher_done(struct pce_request *req, enum pce_status status);

/* --- batch.c --- */

/* May the request wait for others?  If so all of its data is mapped. */
bool pce_batch_takes(struct pce_request *req);

/* pce_cipher_text() of those that wait; each has its status then */
void pce_batch_run(struct pce_executor *ex);

/* Of the hashes of the opcode HASH */
void pce_hash_free_all(struct pce_executor *ex);

#endif /* PCE_EXECUTOR_INTERNAL_H */
