/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The examples of the specification, carried out: the bytes that the text shows
 * (spec_examples.h, made from it) are put where it says that they are, and the
 * device's executor has to answer with the bytes that the text shows.
 */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "executor.h"
#include "spec_examples.h"

#define CONTEXT_ADDR 0x00abc040u
#define TABLE_ADDR   0x00700000u
#define DATA_ADDR    0x12345000u
#define SECOND_ADDR  0x12346000u

/* SP 800-38A, F.2.1, first block */
static const uint8_t plaintext[16] = {
    0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,
    0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a,
};

static uint8_t data[sizeof(plaintext)];
static uint8_t second[sizeof(plaintext)];
static uint8_t context[sizeof(struct pce_context)];
static uint8_t table[sizeof(example_table)];

static const struct range {
    uint64_t addr;
    uint8_t *host;
    uint64_t length;
} ranges[] = {
    { CONTEXT_ADDR, context, sizeof(context) },
    { TABLE_ADDR, table, sizeof(table) },
    { DATA_ADDR, data, sizeof(data) },
    { SECOND_ADDR, second, sizeof(second) },
};

static void *map(void *opaque, uint64_t addr, uint64_t *length, bool write)
{
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
        const struct range *r = &ranges[i];

        if (addr >= r->addr && *length <= r->length &&
            addr - r->addr <= r->length - *length) {
            return r->host + (addr - r->addr);
        }
    }
    return NULL;
}

static void unmap(void *opaque, void *host, uint64_t length, bool write,
                  uint64_t accessed)
{
}

static int read_memory(void *opaque, uint64_t addr, void *buf, uint64_t length)
{
    void *host = map(opaque, addr, &length, false);

    if (host) {
        memcpy(buf, host, length);
    }
    return host ? 0 : -1;
}

static bool run(struct pce_executor *ex, const struct pce_sqe *sqe)
{
    struct pce_cqe cqe;

    pce_execute(ex, sqe, &cqe);
    cqe.ctrl |= htole32(PCE_CQE_PHASE);     /* it is the first round */
    if (memcmp(&cqe, example_cqe, sizeof(cqe))) {
        printf("the completion is not that of the text: ctrl 0x%08x\n",
               le32toh(cqe.ctrl));
        return false;
    }
    return true;
}

int main(void)
{
    static const struct pce_memory memory = {
        .map = map,
        .unmap = unmap,
        .read = read_memory,
    };
    struct pce_backend_set backends;
    struct pce_executor_config config = {
        .backends = &backends,
        .memory = &memory,
        .max_segments = 2,
        .max_length = 4096,
    };
    uint32_t alg_info[PCE_LIMIT_ALGS];
    struct pce_executor *ex;
    struct pce_sqe sqe;
    uint8_t split[16];
    bool ok;

    if (!pce_backend_select(&backends, "auto")) {
        return 1;
    }
    for (unsigned int alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
        alg_info[alg] = pce_alg_info(&backends, alg);
    }
    config.alg_info = alg_info;
    ex = pce_executor_new(&config);
    if (!ex) {
        return 1;
    }
    memcpy(context, example_context, sizeof(example_context));
    memcpy(table, example_table, sizeof(table));
    memcpy(&sqe, example_sqe, sizeof(sqe));

    memcpy(data, plaintext, sizeof(data));
    ok = run(ex, &sqe) && !memcmp(data, example_cqe, sizeof(data));

    /* The same text in the two segments of the table, also in place */
    sqe.flags |= PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE;
    sqe.src = sqe.dst = htole64(TABLE_ADDR);
    sqe.src_segments = sqe.dst_segments = htole16(2);
    memcpy(data, plaintext, 5);
    memcpy(second, plaintext + 5, 11);
    ok = run(ex, &sqe) && ok;
    memcpy(split, data, 5);
    memcpy(split + 5, second, 11);
    ok = !memcmp(split, example_cqe, sizeof(split)) && ok;

    pce_executor_free(ex);
    return !ok;
}
