/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest.  A driver of a few lines, for tests that play
 * driver, and nothing in between.
 */
#ifndef PCE_TEST_H
#define PCE_TEST_H

#include "qemu/bswap.h"
#include "libqtest.h"
#include "libqos/pci-pc.h"
#include "hw/pci/pci_regs.h"
#include "hw/crypto/pce/pce_abi.h"

/* Where the test puts things in guest-physical memory */
#define REGS_BASE   0xe0000000ull
#define MSIX_BASE   0xe0100000ull
#define HEAP_BASE   0x01000000ull       /* 16 MiB */
#define RAM_SIZE    0x10000000ull       /* 256 MiB */
#define NOWHERE     0x8000000000ull     /* no memory, no device */

#define EVENT_VECTOR(t) ((t)->queues)
#define MSI_DATA(vector) (0x5000 + (vector))

typedef struct PceTest {
    QTestState *qts;
    QPCIBus *bus;
    QPCIDevice *dev;
    const char *exec;
    uint32_t queues;
    uint64_t heap;
    uint64_t msi;                       /* one word for each vector */
} PceTest;

typedef struct PceTestQueue {
    PceTest *t;
    unsigned int index;
    unsigned int sq_order, cq_order;
    uint64_t sq, cq, shadow;
    uint32_t sq_tail;                   /* entries written */
    uint32_t published;                 /* ... of which the device knows */
    uint32_t cq_head;
    uint32_t rung;                      /* doorbells */
} PceTestQueue;

/* --- The machine --- */

/* options: what follows "pce,exec=..."; the device is enabled, MSI-X is off */
#define WITH_IOMMU "poll-us=50 -device intel-iommu"
PceTest *pce_test_start(const char *exec, const char *options);
PceTest *pce_test_start_port(const char *exec, const char *options);
void pce_test_stop(PceTest *t);
void pce_test_enable(PceTest *t);
void pce_test_enable_msix(PceTest *t);
uint32_t pce_test_pending(PceTest *t);
uint64_t pce_test_alloc(PceTest *t, uint64_t size);
uint64_t pce_test_counter(PceTest *t, const char *name);
char *pce_test_text(PceTest *t, const char *property);
uint8_t pce_test_capability(PceTest *t, uint8_t id);
void pce_test_flr(PceTest *t);
/* From the port, as a guest does that pulls the lever */
void pce_test_unplug(PceTest *t);

/* A fault plan.  NULL: it was accepted; else what is wrong, to be freed. */
char *try_plan(PceTest *t, const char *plan);
void set_plan(PceTest *t, const char *plan);

uint32_t reg_read(PceTest *t, uint64_t reg);
void reg_write(PceTest *t, uint64_t reg, uint32_t value);

/*
 * Wait for a condition that the device brings about.  Never for a time: the
 * limit only ends a test that has failed.
 */
#define wait_for(condition)                                             \
    do {                                                                \
        int64_t limit_ = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;  \
        while (!(condition)) {                                          \
            g_assert_cmpint(g_get_monotonic_time(), <, limit_);         \
        }                                                               \
    } while (0)

/* Has the vector's message come?  Takes it away. */
bool msi_take(PceTest *t, unsigned int vector);
bool intx_asserted(PceTest *t);

/* --- Migration --- */

/* Options that change nothing, and that let faults in */
#define DEFAULTS "queues=8"
#define FAULTED "fault-injection=on"

char *pce_test_temporary_file(void);
/* True: it has arrived.  False: it was refused. */
bool pce_test_migration_ends(QTestState *qts);
void pce_test_save(PceTest *t, const char *path);
/*
 * Another machine, which has been told to start from what path holds.  What it
 * thinks of it goes to the file messages.
 */
PceTest *pce_test_start_from(const char *exec, const char *options,
                             const char *path, const char *messages);

/* --- A queue pair --- */

uint32_t qreg_read(PceTestQueue *q, uint64_t reg);
void qreg_write(PceTestQueue *q, uint64_t reg, uint32_t value);
uint32_t queue_state(PceTestQueue *q);
uint32_t queue_fault(PceTestQueue *q);
void queue_command(PceTestQueue *q, uint32_t cmd);
void queue_alloc(PceTest *t, PceTestQueue *q, unsigned int index,
                 unsigned int sq_order, unsigned int cq_order);
void queue_configure(PceTestQueue *q);
/* Zero the completion ring and the shadow record, and all indices */
void queue_clear(PceTestQueue *q);
/* All of the above, CREATE and RUN */
void queue_start(PceTest *t, PceTestQueue *q, unsigned int index,
                 unsigned int sq_order, unsigned int cq_order);
/* After a fault, or just so: RESET and RUN */
void queue_restart(PceTestQueue *q);

uint32_t shadow_read(PceTestQueue *q, size_t field);
void shadow_write(PceTestQueue *q, size_t field, uint32_t value);
#define SHADOW(field) offsetof(struct pce_shadow, field)

/* Write an entry with its phase bit; publish what was written */
void queue_put(PceTestQueue *q, const struct pce_sqe *sqe);
void queue_publish(PceTestQueue *q);
bool queue_peek(PceTestQueue *q, struct pce_cqe *cqe);
struct pce_cqe queue_take(PceTestQueue *q);
struct pce_cqe queue_do(PceTestQueue *q, const struct pce_sqe *sqe);
/* Its status, and its detail from bit 8 up */
uint32_t do_status(PceTestQueue *q, const struct pce_sqe *sqe);
/* A NOP goes through */
void queue_check(PceTestQueue *q);

static inline uint32_t cqe_tag(const struct pce_cqe *cqe)
{
    return le32_to_cpu(cqe->ctrl) & PCE_CQE_TAG;
}

static inline uint32_t cqe_status(const struct pce_cqe *cqe)
{
    return (le32_to_cpu(cqe->ctrl) & PCE_CQE_STATUS) >> 16;
}

/* --- Requests --- */

/* Bytes that are written in hexadecimal; how many there are */
size_t unhex(const char *hex, uint8_t *out);
struct pce_sqe nop_sqe(uint16_t tag);
/* In place at data */
struct pce_sqe cipher_sqe(uint16_t tag, uint64_t ctx, uint32_t generation,
                          uint64_t data, uint32_t length);
uint64_t write_context(PceTest *t, uint64_t addr, uint32_t generation,
                       uint8_t alg, const uint8_t *key, size_t key_length);
void write_segment(PceTest *t, uint64_t table, unsigned int index,
                   uint64_t addr, uint32_t length);

/* Many requests of one length */
typedef struct PceTestLoad {
    PceTestQueue q;
    uint64_t ctx;
    uint64_t data;
    uint32_t length;
    uint32_t count;
    uint8_t *before;                    /* contents of data at the beginning */
} PceTestLoad;

/* More work than any device can do while we send a few commands */
#define LOAD_LONG  (2 * 1024 * 1024)
/* Some tenths of a second */
#define LOAD_SHORT (128 * 1024)

/* Returns when it is under way */
void load_begin(PceTest *t, PceTestLoad *load, unsigned int index,
                uint32_t length);
/* Some of it is done, some is not */
void load_check_interrupted(PceTestLoad *load);
/* While the queue rests: what was not begun will not take long */
void load_shorten(PceTestLoad *load);
/* Every request comes back once, whatever happened in between */
void load_finish(PceTestLoad *load);
/*
 * Nothing was written since the first call: the rings, the shadow record, the
 * data.  The second call puts other requests through the same worker before it
 * compares.
 */
void load_snapshot(PceTestLoad *load);
void load_check_silent(PceTestLoad *load);

/* --- The tests of each file --- */

void pce_test_add(const char *name, void (*test)(const void *exec));
void pce_test_add_regs(void);
void pce_test_add_queue(void);
void pce_test_add_request(void);
void pce_test_add_cipher(void);
void pce_test_add_aead(void);
void pce_test_add_hash(void);
void pce_test_add_reset(void);
void pce_test_add_irq(void);
void pce_test_add_iommu(void);
void pce_test_add_exec(void);
void pce_test_add_pace(void);
void pce_test_add_fault(void);
void pce_test_add_unplug(void);
void pce_test_add_wipe(void);
void pce_test_add_migrate(void);
void pce_test_add_stream(void);

#endif /* PCE_TEST_H */
