/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One context, one request, and what is expected of it: for the tests of
 * statuses and of data.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "fixture.h"

#define SRC DATA
#define DST (DATA + 0x8000)
#define LENGTH 64
#define DATA_SIZE 0x10000

/* A key is as many bytes of it as are wanted */
extern const uint8_t test_key[PCE_CONTEXT_KEY_SIZE];

/* The default backend; set by request_init() */
extern const struct pce_backend *backend;

void request_init(void);

/* A fixture whose context 0 is AES-128 of algorithm alg, in generation 1 */
void setup(struct fixture *f, unsigned int alg);

/* LENGTH bytes from SRC to DST with context 0 */
struct pce_sqe good_sqe(void);

/* The same by tables of SEGMENTS segments, one of them beyond the text */
#define SEGMENTS 5
struct pce_sqe table_sqe(struct fixture *f, bool dst_table);

/* Execute and check what every completion must be */
void execute(struct fixture *f, const struct pce_sqe *sqe,
             enum pce_status status, uint32_t detail, struct pce_cqe *cqe);

/* The request is done, and the executor goes on after what came before */
void expect_ok(struct fixture *f, const struct pce_sqe *sqe);

/* The request is refused, with not a byte of memory changed */
void expect_refused(struct fixture *f, const struct pce_sqe *sqe,
                    enum pce_status status, uint32_t detail);

#endif /* REQUEST_H */
