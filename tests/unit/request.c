/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "request.h"

const uint8_t test_key[PCE_CONTEXT_KEY_SIZE] = {
    0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
    0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c, 1, 2, 3, 4,
};

const struct pce_backend *backend;

void request_init(void)
{
    random_seed();
    backend = pce_backend_find(NULL);
    if (!backend) {
        fputs("no backend\n", stderr);
        exit(2);
    }
}

void setup(struct fixture *f, unsigned int alg)
{
    fixture_init(f, backend, DATA_SIZE);
    random_bytes(f->mem.ram + DATA_OFFSET, DATA_SIZE);
    fixture_context(f, 0, 1, alg, test_key, alg_key_length(alg, 0));
    fixture_start(f);
}

struct pce_sqe good_sqe(void)
{
    return cipher_sqe(0, 1, SRC, DST, LENGTH);
}

void execute(struct fixture *f, const struct pce_sqe *sqe,
             enum pce_status status, uint32_t detail, struct pce_cqe *cqe)
{
    static const uint8_t zeros[PCE_CQE_RESULT_SIZE];

    memset(cqe, 0xee, sizeof(*cqe));
    EXPECT_EQ(pce_execute(f->ex, sqe, cqe), status);
    EXPECT_EQ(le32toh(cqe->ctrl), le16toh(sqe->tag) | status << 16);
    EXPECT_EQ(le32toh(cqe->detail), detail);
    EXPECT_EQ(cqe->index, 0);
    EXPECT(status == PCE_STATUS_OK ||
           !memcmp(cqe->result, zeros, sizeof(zeros)));
    EXPECT_EQ(f->mem.mapped, 0);
}

void expect_ok(struct fixture *f, const struct pce_sqe *sqe)
{
    struct pce_cqe cqe;

    execute(f, sqe, PCE_STATUS_OK, 0, &cqe);
    EXPECT_EQ(le32toh(cqe.length), le32toh(sqe->length));
}

void expect_refused(struct fixture *f, const struct pce_sqe *sqe,
                    enum pce_status status, uint32_t detail)
{
    uint8_t *before = malloc(f->mem.size);
    struct pce_cqe cqe;

    memcpy(before, f->mem.ram, f->mem.size);
    execute(f, sqe, status, detail, &cqe);
    EXPECT_EQ(le32toh(cqe.length), 0);
    EXPECT(!memcmp(before, f->mem.ram, f->mem.size));
    free(before);
}

struct pce_sqe table_sqe(struct fixture *f, bool dst_table)
{
    struct pce_sqe sqe = good_sqe();

    for (unsigned int i = 0; i < SEGMENTS; i++) {
        set_segment(f, SRC_TABLE, i, SRC + 100 * i, 16);
        set_segment(f, DST_TABLE, i, DST + 100 * i, 16);
    }
    set_segment(f, SRC_TABLE, SEGMENTS - 1, SRC + 0x1000, 1);
    set_segment(f, DST_TABLE, SEGMENTS - 1, DST + 0x1000, 1);
    sqe.src = htole64(SRC_TABLE);
    sqe.src_segments = htole16(SEGMENTS);
    sqe.flags = PCE_SQE_SRC_TABLE;
    if (dst_table) {
        sqe.dst = htole64(DST_TABLE);
        sqe.dst_segments = htole16(SEGMENTS);
        sqe.flags |= PCE_SQE_DST_TABLE;
    }
    return sqe;
}
