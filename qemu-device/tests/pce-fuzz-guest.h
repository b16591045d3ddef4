/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: a hostile guest whose program is a fuzzer's input.
 *
 * What it puts into memory: key contexts, segment tables, submission entries.
 * Most of them are nearly right, for random bytes do not get far.  Both fuzz
 * targets speak like this: tests/fuzz/executor.c with the executor alone, and
 * pce-fuzz.c with the device.  Plain C, as the executor is.
 */
#ifndef PCE_FUZZ_GUEST_H
#define PCE_FUZZ_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include "pce_abi.h"

/* Memory for data: contexts at its beginning, then tables and everything */
#define FUZZ_RAM_SIZE       16384
#define FUZZ_CONTEXTS_SIZE  4096

/* What the device is to be configured for */
#define FUZZ_SEGMENTS       32
#define FUZZ_MAX_LENGTH     8192

/* The rest of the input; it never ends, but with zeros */
struct fuzz_input {
    const uint8_t *data;
    size_t left;
};

void fuzz_take(struct fuzz_input *in, void *out, size_t n);
uint32_t fuzz_number(struct fuzz_input *in, unsigned int bytes);

/* An offset in memory */
uint64_t fuzz_context(struct fuzz_input *in);

/*
 * A context whose algorithm takes it, mostly: the input chooses the algorithm
 * and the lengths of keys; or all of it.
 */
void fuzz_make_context(struct fuzz_input *in, struct pce_context *ctx);

/* The guest's memory is at address base */

/* A table of segments that are there, mostly */
void fuzz_make_table(struct fuzz_input *in, uint8_t *ram, uint64_t base);

/* Nearly always one that gets beyond the checks; its phase bit is anything */
void fuzz_make_entry(struct fuzz_input *in, const uint8_t *ram, uint64_t base,
                     struct pce_sqe *sqe);

/* Contexts of all algorithms in turn: there is something to begin with */
void fuzz_fill_memory(uint8_t *ram, uint8_t seed);

#endif /* PCE_FUZZ_GUEST_H */
