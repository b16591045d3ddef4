/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: a hostile guest before the executor.
 *
 * The input is a program: it fills a small memory, writes key contexts, and has
 * submission entries executed, one by one or in batches.  Every backend gets a
 * memory and an executor of its own and executes the same program.  Beside what
 * the sanitizers look for,
 *
 * - each entry has one completion, with its tag and a status that exists,
 * - whatever was mapped is unmapped,
 * - nothing is written but what was mapped for writing, and nothing at all if
 *   the status says so,
 * - all backends come to the same: status, detail, result and memory, where
 *   they offer the same and the entry is not about memory that overlaps in part.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "executor.h"
#include "tests/pce-fuzz-guest.h"

#define PAGE_SIZE       1024
#define BATCH           4
#define MAX_STEPS       24

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define CHECK(condition)                                                \
    do {                                                                \
        if (!(condition)) {                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,          \
                    #condition);                                        \
            abort();                                                    \
        }                                                               \
    } while (0)

/* A backend with its machine */
struct side {
    struct pce_backend_set backends;
    uint32_t alg_info[PCE_LIMIT_ALGS];
    struct pce_executor *ex;
    uint8_t *ram;
    bool written[FUZZ_RAM_SIZE];         /* was mapped for writing */
    uint32_t bad_pages;             /* not to be mapped, bit by bit */
    bool split;                     /* a mapping ends with the page */
    unsigned int maps;
    uint32_t random;
};

static struct side sides[4];
static unsigned int nr_sides;

/* --- The guest's memory ----------------------------------------------- */

static bool is_bad(const struct side *side, uint64_t addr)
{
    return side->bad_pages & (1u << addr / PAGE_SIZE);
}

/* How much of the range is there in one piece */
static uint64_t reachable(const struct side *side, uint64_t addr,
                          uint64_t length)
{
    uint64_t end;

    if (addr >= FUZZ_RAM_SIZE || is_bad(side, addr)) {
        return 0;
    }
    end = (addr / PAGE_SIZE + 1) * PAGE_SIZE;
    while (!side->split && end < FUZZ_RAM_SIZE && !is_bad(side, end)) {
        end += PAGE_SIZE;
    }
    return length < end - addr ? length : end - addr;
}

static void *map(void *opaque, uint64_t addr, uint64_t *length, bool write)
{
    struct side *side = opaque;
    uint64_t n = reachable(side, addr, *length);

    CHECK(*length);
    if (!n) {
        return NULL;
    }
    if (write) {
        memset(side->written + addr, true, n);
    }
    side->maps++;
    *length = n;
    return side->ram + addr;
}

static void unmap(void *opaque, void *host, uint64_t length, bool write,
                  uint64_t accessed)
{
    struct side *side = opaque;

    (void)write;
    CHECK(side->maps--);
    CHECK(accessed <= length);
    CHECK((uint8_t *)host >= side->ram &&
          (uint8_t *)host + length <= side->ram + FUZZ_RAM_SIZE);
}

static int read_memory(void *opaque, uint64_t addr, void *buf, uint64_t length)
{
    struct side *side = opaque;

    for (uint64_t done = 0; done < length; ) {
        uint64_t n = addr + done < addr ? 0 :
                     reachable(side, addr + done, length - done);

        if (!n) {
            return -1;
        }
        memcpy((uint8_t *)buf + done, side->ram + addr + done, n);
        done += n;
    }
    return 0;
}

static const struct pce_memory memory = {
    .map = map, .unmap = unmap, .read = read_memory,
};

/* The same numbers for all sides */
static int get_random(void *opaque, void *buf, size_t length)
{
    struct side *side = opaque;

    for (size_t i = 0; i < length; i++) {
        ((uint8_t *)buf)[i] = side->random++;
    }
    return 0;
}

/* --- What has to hold ------------------------------------------------- */

static bool is_status(uint32_t status)
{
    switch (status) {
    case PCE_STATUS_OK:
    case PCE_STATUS_BAD_OPCODE ... PCE_STATUS_BAD_ADDRESS:
    case PCE_STATUS_BAD_SRC_SEGMENT ... PCE_STATUS_BAD_DST_SEGMENT:
    case PCE_STATUS_BAD_CONTEXT ... PCE_STATUS_BAD_STATE:
    case PCE_STATUS_NO_RESOURCES:
    case PCE_STATUS_CTX_DMA ... PCE_STATUS_STATE_DMA:
    case PCE_STATUS_AUTH_FAILED:
    case PCE_STATUS_INTERNAL:
        return true;
    default:
        return false;
    }
}

/* The specification's classes: was the destination left alone? */
static bool leaves_destination(enum pce_status status)
{
    return status >> 4 == 1 || status >> 4 == 2 || status >> 4 == 4 ||
           (status >> 4 == 3 && status != PCE_STATUS_SRC_DMA &&
            status != PCE_STATUS_DST_DMA);
}

static void check_completion(const struct pce_sqe *sqe,
                             const struct pce_cqe *cqe)
{
    uint32_t ctrl = le32toh(cqe->ctrl);

    CHECK((ctrl & PCE_CQE_TAG) == le16toh(sqe->tag));
    CHECK(!(ctrl & ~(PCE_CQE_TAG | PCE_CQE_STATUS)));
    CHECK(is_status(pce_cqe_status(cqe)));
}

static void check_memory(const struct side *side, const uint8_t *before,
                         bool untouched)
{
    CHECK(!side->maps);
    for (unsigned int i = 0; i < FUZZ_RAM_SIZE; i++) {
        CHECK(side->ram[i] == before[i] || (side->written[i] && !untouched));
    }
}

/* Do side and the first one offer the same of what the entry is about? */
static bool offers_the_same(const struct side *side, const struct pce_sqe *sqe,
                            const uint8_t *ram)
{
    const uint32_t *a = side->alg_info, *b = sides[0].alg_info;
    unsigned int hash = (le16toh(sqe->op_flags) >> 8) % PCE_LIMIT_ALGS;
    uint64_t at = le64toh(sqe->ctx);
    struct pce_context ctx;

    if (sqe->opcode == PCE_OP_HASH) {
        return a[hash] == b[hash];
    }
    if (at > FUZZ_RAM_SIZE - sizeof(ctx)) {
        return true;
    }
    memcpy(&ctx, ram + at, sizeof(ctx));
    ctx.alg %= PCE_LIMIT_ALGS;
    ctx.auth_alg %= PCE_LIMIT_ALGS;
    return a[ctx.alg] == b[ctx.alg] && a[ctx.auth_alg] == b[ctx.auth_alg];
}

/* --- Memory that an entry names --------------------------------------- */

struct range {
    uint64_t addr, length;
    unsigned int entry;
    bool write;
};

/*
 * The most that a batch may have: two tables and their segments each, a vector,
 * a context
 */
#define MAX_RANGES      (BATCH * (2 * (1 + FUZZ_SEGMENTS) + 2))

static unsigned int add_side(struct range *ranges, unsigned int n,
                             const struct pce_sqe *sqe, bool write,
                             const uint8_t *ram)
{
    uint64_t addr = le64toh(write ? sqe->dst : sqe->src);
    unsigned int segments = le16toh(write ? sqe->dst_segments
                                          : sqe->src_segments);
    struct pce_segment segment;

    if (!(sqe->flags & (write ? PCE_SQE_DST_TABLE : PCE_SQE_SRC_TABLE))) {
        ranges[n++] = (struct range) {
            .addr = addr, .write = write,
            .length = sqe->opcode == PCE_OP_HASH || sqe->opcode == PCE_OP_MAC
                      ? (write ? sizeof(struct pce_hash_state)
                               : le32toh(sqe->length))
                      : (uint64_t)le32toh(sqe->length) +
                        le32toh(sqe->aad_length) + sqe->auth_length,
        };
        return n;
    }
    ranges[n++] = (struct range) {
        .addr = addr, .length = (uint64_t)segments * sizeof(segment),
    };
    for (unsigned int i = 0; i < segments && i < FUZZ_SEGMENTS &&
         addr < FUZZ_RAM_SIZE &&
         addr + (i + 1) * sizeof(segment) <= FUZZ_RAM_SIZE; i++) {
        memcpy(&segment, ram + addr + i * sizeof(segment), sizeof(segment));
        ranges[n++] = (struct range) {
            .addr = le64toh(segment.addr), .write = write,
            .length = le32toh(segment.length),
        };
    }
    return n;
}

static bool touch(const struct range *a, const struct range *b)
{
    return a->length && b->length && a->addr < b->addr + b->length &&
           b->addr < a->addr + a->length;
}

/*
 * Does what one writes overlap with what another has, or with itself?  The same
 * place on both sides of one entry is in place, and well defined.
 */
static bool overlap(const struct pce_sqe *sqes, unsigned int entries,
                    const uint8_t *ram)
{
    struct range ranges[MAX_RANGES];
    unsigned int n = 0;

    for (unsigned int i = 0; i < entries; i++) {
        unsigned int first = n;

        n = add_side(ranges, n, &sqes[i], false, ram);
        n = add_side(ranges, n, &sqes[i], true, ram);
        if (sqes[i].flags & PCE_SQE_IV_INDIRECT) {
            uint64_t iv;

            memcpy(&iv, sqes[i].iv, sizeof(iv));
            ranges[n++] = (struct range) { .addr = le64toh(iv),
                                           .length = PCE_INDIRECT_IV_SIZE };
        }
        ranges[n++] = (struct range) { .addr = le64toh(sqes[i].ctx),
                                       .length = sizeof(struct pce_context) };
        for (unsigned int k = first; k < n; k++) {
            ranges[k].entry = i;
        }
    }
    for (unsigned int i = 0; i < n; i++) {
        const struct range *a = &ranges[i];

        for (unsigned int j = 0; j < n && a->write; j++) {
            const struct range *b = &ranges[j];
            bool in_place = a->entry == b->entry && !b->write &&
                            a->addr == b->addr && a->length == b->length;

            if (i != j && !in_place && touch(a, b)) {
                return true;
            }
        }
    }
    return false;
}

/* --- One backend and another ------------------------------------------ */

/* Not a property of the request, and so of one backend alone */
static bool is_own(const struct pce_cqe *cqe)
{
    enum pce_status status = pce_cqe_status(cqe);

    return status == PCE_STATUS_UNSUPPORTED ||
           status == PCE_STATUS_NO_RESOURCES || status == PCE_STATUS_INTERNAL;
}

/* After a failure in the middle what was written is nobody's promise */
static bool is_partial(const struct pce_cqe *cqe)
{
    enum pce_status status = pce_cqe_status(cqe);

    return status != PCE_STATUS_OK && !leaves_destination(status);
}

/* Go on from the same memory, whatever the backends differed in */
static void compare(struct side *side, const struct pce_cqe *cqes,
                    const struct pce_cqe *first, unsigned int n,
                    bool comparable)
{
    for (unsigned int i = 0; i < n; i++) {
        comparable &= !is_own(&cqes[i]) && !is_own(&first[i]) &&
                      !is_partial(&cqes[i]) && !is_partial(&first[i]);
    }
    if (comparable) {
        CHECK(!memcmp(cqes, first, n * sizeof(*cqes)));
        CHECK(!memcmp(side->ram, sides[0].ram, FUZZ_RAM_SIZE));
    }
    memcpy(side->ram, sides[0].ram, FUZZ_RAM_SIZE);
    side->random = sides[0].random;
}

/* --- Steps ------------------------------------------------------------ */

static void forget_keys(void)
{
    for (unsigned int s = 0; s < nr_sides; s++) {
        pce_executor_invalidate_all(sides[s].ex);
    }
}

static void execute_by(struct side *side, const struct pce_sqe *sqes,
                       struct pce_cqe *cqes, unsigned int n,
                       const uint8_t *before)
{
    bool untouched = true;

    memset(side->written, 0, sizeof(side->written));
    memset(cqes, 0xee, n * sizeof(*cqes));
    for (unsigned int i = 0; i < n; i++) {
        pce_execute_begin(side->ex, &sqes[i], &cqes[i], i + 1 < n);
    }
    pce_execute_end(side->ex);
    for (unsigned int i = 0; i < n; i++) {
        check_completion(&sqes[i], &cqes[i]);
        untouched &= leaves_destination(pce_cqe_status(&cqes[i]));
    }
    check_memory(side, before, untouched);
}

static void execute(struct fuzz_input *in, unsigned int n)
{
    struct pce_cqe first[BATCH], cqes[BATCH];
    struct pce_sqe sqes[BATCH];
    uint8_t before[FUZZ_RAM_SIZE];
    bool defined;

    for (unsigned int i = 0; i < n; i++) {
        fuzz_make_entry(in, sides[0].ram, 0, &sqes[i]);
    }
    defined = !overlap(sqes, n, sides[0].ram);
    memcpy(before, sides[0].ram, FUZZ_RAM_SIZE);
    execute_by(&sides[0], sqes, first, n, before);
    for (unsigned int s = 1; s < nr_sides; s++) {
        bool comparable = defined;

        execute_by(&sides[s], sqes, cqes, n, before);
        for (unsigned int i = 0; i < n; i++) {
            comparable &= offers_the_same(&sides[s], &sqes[i], before);
        }
        compare(&sides[s], cqes, first, n, comparable);
    }
    /* A guest that changes a context has to say so; who has it cached? */
    if (memcmp(before, sides[0].ram, FUZZ_CONTEXTS_SIZE)) {
        forget_keys();
    }
}

static void step(struct fuzz_input *in)
{
    uint8_t what = fuzz_number(in, 1);
    uint32_t addr;

    switch (what % 8) {
    case 0: {
        struct pce_context ctx;

        addr = fuzz_context(in);
        fuzz_make_context(in, &ctx);
        for (unsigned int s = 0; s < nr_sides; s++) {
            memcpy(sides[s].ram + addr, &ctx, sizeof(ctx));
            pce_executor_invalidate(sides[s].ex, addr);
        }
        break;
    }
    case 1: {
        struct fuzz_input same = *in;

        for (unsigned int s = 0; s < nr_sides; s++) {
            same = *in;
            fuzz_make_table(&same, sides[s].ram, 0);
        }
        *in = same;
        break;
    }
    case 2:
        addr = fuzz_number(in, 2) % (FUZZ_RAM_SIZE - 64);
        fuzz_take(in, sides[0].ram + addr, 64);
        for (unsigned int s = 1; s < nr_sides; s++) {
            memcpy(sides[s].ram + addr, sides[0].ram + addr, 64);
        }
        forget_keys();
        break;
    case 3: {
        uint32_t bad = fuzz_number(in, 2) & fuzz_number(in, 2);

        for (unsigned int s = 0; s < nr_sides; s++) {
            sides[s].bad_pages = bad;
            sides[s].split = what & 8;
        }
        /* Who has a context cached that is there no more? */
        forget_keys();
        break;
    }
    case 4:
        forget_keys();
        break;
    case 5:
        execute(in, 1 + (what >> 3) % BATCH);
        break;
    default:
        execute(in, 1);
    }
}

/* --- libFuzzer -------------------------------------------------------- */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const names[] = { "auto", "gcrypt", "nettle",
                                         "ipsec-mb" };

    (void)argc;
    (void)argv;
    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
        struct side *side = &sides[nr_sides];
        const struct pce_executor_config config = {
            .memory = &memory,
            .opaque = side,
            .backends = &side->backends,
            .alg_info = side->alg_info,
            .random = get_random,
            .max_segments = FUZZ_SEGMENTS,
            .max_length = FUZZ_MAX_LENGTH,
            .key_slots = 4,
        };

        if (!pce_backend_select(&side->backends, names[i])) {
            continue;
        }
        for (unsigned int alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
            side->alg_info[alg] = pce_alg_info(&side->backends, alg);
        }
        side->ram = malloc(FUZZ_RAM_SIZE);
        side->ex = pce_executor_new(&config);
        CHECK(side->ram && side->ex);
        nr_sides++;
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = { data, size };
    uint8_t seed = fuzz_number(&in, 1);

    for (unsigned int s = 0; s < nr_sides; s++) {
        struct side *side = &sides[s];

        fuzz_fill_memory(side->ram, seed);
        side->bad_pages = 0;
        side->split = false;
        side->random = 0;
        pce_executor_invalidate_all(side->ex);
    }
    for (unsigned int i = 0; in.left && i < MAX_STEPS; i++) {
        step(&in);
    }
    return 0;
}
