/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the program vectors have in common.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include "answer.h"
#include "record.h"

/* A file of test vectors, and a backend to try them on */
struct file_case {
    const struct pce_backend *backend;
    const char *directory;
    const char *name;
    unsigned int alg;
    unsigned int records;           /* what the file must hold */
    void (*test)(const void *file_case);
};

FILE *open_vectors(const struct file_case *c);

/*
 * Start the executor of a backend.  False: it does not have the algorithm, and
 * the case is skipped; the default one has them all.
 */
bool start_backend(struct fixture *f, const struct pce_backend *backend,
                   unsigned int alg);

/*
 * The key of an HMAC goes where it belongs; one that is longer than a block is
 * hashed, for which there is space.  Other algorithms' keys stay where they are.
 */
void fit_hmac(struct answer *a, uint8_t *space);

static inline struct bytes field_bytes(const struct field *field)
{
    return (struct bytes) { field->data, field->length };
}

/* monte.c: the loops of AESAVS and SHAVS */
void test_monte_carlo_cbc(const void *file_case);
void test_monte_carlo_hash(const void *file_case);
void add_monte_carlo_ecb(const struct pce_backend *backend);

/* kernel-vectors.c: Linux's crypto/testmgr.h */
void add_kernel_vectors(const struct pce_backend *backend);

/* composed.c: what no file has, made of what the files have */
void add_composed(const struct pce_backend *backend);

#endif /* VECTORS_H */
