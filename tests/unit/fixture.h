/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An executor on memory of a test, and what tests of it have in common.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "executor.h"
#include "memory.h"

#define BLOCK 16
#define TAG 0x1234                  /* of every request */

/* Where things are in the memory of a fixture; data begins at DATA */
#define CONTEXTS     MEMORY_BASE
#define SRC_TABLE    (MEMORY_BASE + 0x8000)
#define DST_TABLE    (MEMORY_BASE + 0xc000)
#define STATE        (MEMORY_BASE + 0x7d00)
#define INDIRECT_IV  (MEMORY_BASE + 0x7f00)
#define DATA         (MEMORY_BASE + 0x10000)
#define DATA_OFFSET  0x10000

#define CONTEXT(n)   (CONTEXTS + (n) * sizeof(struct pce_context))

struct fixture {
    struct memory mem;
    struct pce_executor_config config;
    struct pce_backend_set backends;
    uint32_t alg_info[PCE_LIMIT_ALGS];
    struct pce_executor *ex;
};

/*
 * data_size bytes of memory at DATA.  Change config and alg_info as the test
 * needs it, then call fixture_start().
 */
void fixture_init(struct fixture *f, const struct pce_backend *backend,
                  uint64_t data_size);
/* Other backends, by the name that the device's property would have */
void fixture_backends(struct fixture *f, const char *name);
void fixture_start(struct fixture *f);
void fixture_destroy(struct fixture *f);

/* Write context number n */
void fixture_context(struct fixture *f, unsigned int n, uint32_t generation,
                     unsigned int alg, const uint8_t *key, size_t length);

/* A request with context n and no tables */
struct pce_sqe cipher_sqe(unsigned int n, uint32_t generation, uint64_t src,
                          uint64_t dst, uint32_t length);

void set_segment(struct fixture *f, uint64_t table, unsigned int i,
                 uint64_t addr, uint32_t length);

/* The initialisation vector, in the entry or, where it is long, by address */
void set_iv(struct fixture *f, struct pce_sqe *sqe, unsigned int alg,
            const uint8_t *iv);

/*
 * Bytes of a key of 128 bits (0), 192 (1) or 256 (2); if the algorithm has one
 * size only, of that one
 */
size_t alg_key_length(unsigned int alg, unsigned int size);
bool alg_has_key(unsigned int alg, unsigned int size);

/* Is it a length of text that the specification allows with a cipher? */
bool length_fits(unsigned int alg, uint32_t length);

/*
 * The same as one request: the oracle of tests.  By one call of the backend, or
 * if it does not have the algorithm by a request with nothing split.  iv, of
 * PCE_INDIRECT_IV_SIZE bytes, becomes the result that the specification asks
 * for.
 */
void reference(const struct pce_backend *backend, unsigned int alg,
               const uint8_t *key, size_t key_length, bool decrypt,
               uint8_t *iv, const uint8_t *src, uint8_t *dst, size_t length);

/* Reproducible random numbers; the seed is PCE_TEST_SEED or the time */
void random_seed(void);
uint32_t random_below(uint32_t limit);
void random_bytes(void *buf, size_t length);

#endif /* FIXTURE_H */
