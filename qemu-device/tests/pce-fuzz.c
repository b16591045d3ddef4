/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: fuzz targets for QEMU's fuzzer (tests/qtest/fuzz).
 *
 * The input is the program of a guest that knows the device: it makes queue
 * pairs, submits entries, and meanwhile writes anything to registers, rings and
 * configuration space, sets plans of faults and lets time pass.  Beside what
 * the sanitizers look for,
 *
 * - what the device shows of itself stays within the specification,
 * - after a reset nothing is written to memory any more,
 * - after all that, a reset and a new queue pair are enough to be served, and
 *   told of it by an interrupt.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qapi/error.h"
#include "exec/memory.h"
#include "hw/boards.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_host.h"
#include "tests/qtest/libqtest.h"
#include "tests/qtest/fuzz/fuzz.h"
#include "hw/crypto/pce/pce.h"
#include "hw/crypto/pce/tests/pce-fuzz-guest.h"

/* Where the guest has what; the data come first, so that they are at ARENA */
#define ARENA           0x100000ull
#define SHADOWS         0x4000
#define MESSAGES        0x5000          /* of MSI-X, a word for each vector */
#define SQS             0x8000
#define CQS             0xc000
#define ARENA_SIZE      0x10000
#define REGS_BASE       0xe0000000ull
#define MSIX_BASE       0xe0100000ull

#define QUEUES          4
#define MAX_SQ_ORDER    6               /* a page each */
#define MAX_STEPS       64

/* A device that hangs: on a machine that is busy, under sanitizers */
#define PATIENCE        (10 * G_USEC_PER_SEC)

#define CHECK(condition)                                                \
    do {                                                                \
        if (!(condition)) {                                             \
            error_report("%s:%d: %s", __FILE__, __LINE__, #condition);  \
            abort();                                                    \
        }                                                               \
    } while (0)

typedef struct Variant {
    const char *name;
    const char *description;
    const char *options;
} Variant;

static const Variant variants[] = {
    { "pce-inline", "Programs of a hostile guest, executed within doorbells",
      "exec=inline,fault-injection=on" },
    { "pce-threads", "... by two threads",
      "exec=threads,workers=2,poll-us=20,fault-injection=on" },
    { "pce-auto", "... by both, without MSI-X and without faults",
      "exec=auto,poll-us=20,msix=off" },
};

typedef struct FuzzQueue {
    unsigned int sq_order;
    uint32_t tail;
} FuzzQueue;

typedef struct FuzzGuest {
    QTestState *qts;
    PceState *s;
    uint8_t *ram;                       /* at ARENA */
    FuzzQueue queues[QUEUES];
    bool faults;                        /* there was a plan */
} FuzzGuest;

static FuzzGuest guest;
/* Configuration space, before anyone has touched it */
static uint8_t pristine[PCIE_CONFIG_SPACE_SIZE];

/* --- The machine ------------------------------------------------------ */

static void config_write(FuzzGuest *g, uint32_t addr, uint32_t value,
                         unsigned int size)
{
    pci_host_config_write_common(PCI_DEVICE(g->s), addr,
                                 PCIE_CONFIG_SPACE_SIZE, value, size);
}

static uint32_t reg_read(FuzzGuest *g, uint64_t reg)
{
    return qtest_readl(g->qts, REGS_BASE + reg);
}

static void reg_write(FuzzGuest *g, uint64_t reg, uint32_t value)
{
    qtest_writel(g->qts, REGS_BASE + reg, value);
}

static void qreg_write(FuzzGuest *g, unsigned int q, uint64_t reg,
                       uint32_t value)
{
    reg_write(g, PCE_QUEUE_PAGE(q) + reg, value);
}

static uint32_t qreg_read(FuzzGuest *g, unsigned int q, uint64_t reg)
{
    return reg_read(g, PCE_QUEUE_PAGE(q) + reg);
}

static struct pce_shadow *shadow(FuzzGuest *g, unsigned int q)
{
    return (void *)(g->ram + SHADOWS + q * sizeof(struct pce_shadow));
}

static struct pce_sqe *sq_slot(FuzzGuest *g, unsigned int q, uint32_t index)
{
    uint32_t mask = (1u << g->queues[q].sq_order) - 1;

    return (struct pce_sqe *)(g->ram + SQS + q * 4096) + (index & mask);
}

static void pass_time(int64_t ns)
{
    qemu_clock_advance_virtual_time(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ns);
}

static void wait_a_bit(void)
{
    main_loop_wait(true);
    /* Workers have as many processors as we leave them */
    g_usleep(10);
}

/* As long as anything is under way, but not for ever: a queue may hang */
static void settle(FuzzGuest *g)
{
    int64_t end = g_get_monotonic_time() + 20000;
    bool busy = true;

    main_loop_wait(true);
    while (busy && g_get_monotonic_time() < end) {
        busy = false;
        for (unsigned int i = 0; i < g->s->nr_workers; i++) {
            PceWorker *w = &g->s->workers[i];

            busy |= qatomic_read(&w->inbox) || qatomic_read(&w->awake);
        }
        if (busy) {
            wait_a_bit();
        }
    }
}

/* Where the device can be reached, and may reach memory */
static void enable(FuzzGuest *g)
{
    PCIDevice *pci = PCI_DEVICE(g->s);

    /* Moving them takes longer than many an input */
    if (pci->io_regions[PCE_BAR_REGS].addr != REGS_BASE ||
        pci->io_regions[PCE_BAR_MSIX].addr != MSIX_BASE) {
        config_write(g, PCI_BASE_ADDRESS_0, REGS_BASE, 4);
        config_write(g, PCI_BASE_ADDRESS_2, MSIX_BASE, 4);
    }
    config_write(g, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
}

/* --- What the program does -------------------------------------------- */

/* CREATE and RUN, if the queue is not there; its rings are */
static void step_create(FuzzGuest *g, struct fuzz_input *in)
{
    unsigned int q = fuzz_number(in, 1) % QUEUES;
    unsigned int order = PCE_LIMIT_MIN_ORDER + fuzz_number(in, 1) %
                         (MAX_SQ_ORDER - PCE_LIMIT_MIN_ORDER + 1);
    uint8_t vector = fuzz_number(in, 1);
    uint64_t rings = ARENA + q * 4096;

    memset(shadow(g, q), 0, sizeof(struct pce_shadow));
    g->queues[q] = (FuzzQueue) { .sq_order = order };
    qreg_write(g, q, PCE_QREG_SIZE, order | (order + vector % 2) << 8);
    qreg_write(g, q, PCE_QREG_SQ_LO, rings + SQS);
    qreg_write(g, q, PCE_QREG_CQ_LO, rings + CQS);
    qreg_write(g, q, PCE_QREG_SHADOW_LO,
               ARENA + SHADOWS + q * sizeof(struct pce_shadow));
    qreg_write(g, q, PCE_QREG_VECTOR,
               vector < 0xf0 ? vector / 2 % (QUEUES + 1) : PCE_VECTOR_NONE);
    qreg_write(g, q, PCE_QREG_MODERATION, fuzz_number(in, 2));
    qreg_write(g, q, PCE_QREG_CMD, PCE_QCMD_CREATE);
    qreg_write(g, q, PCE_QREG_CMD, PCE_QCMD_RUN);
}

static void step_command(FuzzGuest *g, struct fuzz_input *in)
{
    unsigned int q = fuzz_number(in, 1) % QUEUES;
    uint8_t command = fuzz_number(in, 1);

    qreg_write(g, q, PCE_QREG_CMD, command % 8);
    if (command % 8 == PCE_QCMD_RESET && command & 0x80) {
        settle(g);
        memset(shadow(g, q), 0, sizeof(struct pce_shadow));
        g->queues[q].tail = 0;
        qreg_write(g, q, PCE_QREG_CMD, PCE_QCMD_RUN);
    }
}

/* Bits of the byte that says how entries are submitted */
#define SUBMIT_SILENTLY     0x01        /* no doorbell */
#define SUBMIT_UNPUBLISHED  0x02
#define SUBMIT_PHASE        0x0c        /* both: as they come */
#define SUBMIT_UNCONSUMED   0x30        /* both: completions are left there */
#define SUBMIT_INTERRUPT    0x40        /* wanted */
#define SUBMIT_SAME         0x80        /* one entry again and again */

static void step_submit(FuzzGuest *g, struct fuzz_input *in)
{
    unsigned int q = fuzz_number(in, 1) % QUEUES;
    uint8_t how = fuzz_number(in, 1);
    unsigned int n = 1 + fuzz_number(in, 1) % (how & SUBMIT_SAME ? 64 : 16);
    FuzzQueue *queue = &g->queues[q];
    struct pce_shadow *indices = shadow(g, q);
    struct pce_sqe sqe;

    for (unsigned int i = 0; i < n; i++) {
        if (i == 0 || !(how & SUBMIT_SAME)) {
            fuzz_make_entry(in, g->ram, ARENA, &sqe);
        }
        if ((how & SUBMIT_PHASE) != SUBMIT_PHASE) {
            sqe.flags &= ~PCE_SQE_PHASE;
            sqe.flags |= pce_phase(queue->tail, queue->sq_order);
        }
        *sq_slot(g, q, queue->tail++) = sqe;
    }
    if ((how & SUBMIT_UNCONSUMED) != SUBMIT_UNCONSUMED) {
        indices->cq_head = cpu_to_le32(qreg_read(g, q, PCE_QREG_CQ_TAIL));
    }
    if (how & SUBMIT_INTERRUPT) {
        indices->cq_event = indices->cq_head;
    }
    if (!(how & SUBMIT_UNPUBLISHED)) {
        qatomic_store_release(&indices->sq_tail, cpu_to_le32(queue->tail));
    }
    if (!(how & SUBMIT_SILENTLY)) {
        qreg_write(g, q, PCE_QREG_DOORBELL, queue->tail);
    }
}

static void step_context(FuzzGuest *g, struct fuzz_input *in)
{
    uint64_t offset = fuzz_context(in);
    uint8_t invalidate = fuzz_number(in, 1);

    fuzz_make_context(in, (struct pce_context *)(g->ram + offset));
    reg_write(g, PCE_REG_INVAL_LO, ARENA + offset);
    reg_write(g, PCE_REG_INVAL_CMD, invalidate % 4);
}

static void step_table(FuzzGuest *g, struct fuzz_input *in)
{
    fuzz_make_table(in, g->ram, ARENA);
}

/* Anything, anywhere: into rings and indices, too */
static void step_poke(FuzzGuest *g, struct fuzz_input *in)
{
    uint32_t offset = fuzz_number(in, 2) % (ARENA_SIZE - 64);

    fuzz_take(in, g->ram + offset, 1 + fuzz_number(in, 1) % 64);
}

/* A register, mostly; sometimes what is none */
static uint64_t take_register(struct fuzz_input *in)
{
    unsigned int page = fuzz_number(in, 1) % (QUEUES + 2);
    uint32_t reg = fuzz_number(in, 2);

    return page * PCE_PAGE_SIZE +
           (reg < 0xc000 ? reg % 64 * 4 : reg % PCE_PAGE_SIZE);
}

static void step_reg_write(FuzzGuest *g, struct fuzz_input *in)
{
    uint64_t addr = REGS_BASE + take_register(in);

    switch (fuzz_number(in, 1) % 8) {
    case 0:
        qtest_writeb(g->qts, addr, fuzz_number(in, 1));
        break;
    case 1:
        qtest_writew(g->qts, addr, fuzz_number(in, 2));
        break;
    case 2:
        qtest_writeq(g->qts, addr, fuzz_number(in, 4) |
                     (uint64_t)fuzz_number(in, 4) << 32);
        break;
    case 3:
        qtest_writel(g->qts, addr, fuzz_number(in, 4));
        break;
    default:
        qtest_writel(g->qts, addr, fuzz_number(in, 1));
    }
}

static void step_reg_read(FuzzGuest *g, struct fuzz_input *in)
{
    uint64_t addr = REGS_BASE + take_register(in);

    switch (fuzz_number(in, 1) % 4) {
    case 0:
        qtest_readb(g->qts, addr);
        break;
    case 1:
        qtest_readw(g->qts, addr);
        break;
    case 2:
        qtest_readq(g->qts, addr);
        break;
    default:
        qtest_readl(g->qts, addr);
    }
}

static void step_config(FuzzGuest *g, struct fuzz_input *in)
{
    PCIDevice *pci = PCI_DEVICE(g->s);
    const uint16_t places[] = {
        PCI_COMMAND, PCI_STATUS, PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_2,
        pci->pm_cap + PCI_PM_CTRL, pci->msix_cap + PCI_MSIX_FLAGS + 1,
        pci->exp.exp_cap + PCI_EXP_DEVCTL,
        pci->exp.aer_cap + PCI_ERR_UNCOR_STATUS,
    };
    uint8_t place = fuzz_number(in, 1);
    uint16_t addr = place < 0xf0 ? places[place % ARRAY_SIZE(places)]
                                 : fuzz_number(in, 2);
    unsigned int size = 1 << fuzz_number(in, 1) % 3;

    addr %= PCIE_CONFIG_SPACE_SIZE - 4;
    config_write(g, addr - addr % size, fuzz_number(in, size), size);
    pci_host_config_read_common(pci, addr - addr % size,
                                PCIE_CONFIG_SPACE_SIZE, size);
}

/* After other mischief the device may be out of reach */
static void step_enable(FuzzGuest *g, struct fuzz_input *in)
{
    PCIDevice *pci = PCI_DEVICE(g->s);

    config_write(g, pci->pm_cap + PCI_PM_CTRL, 0, 2);
    enable(g);
}

/* flags: the upper byte of PCI_MSIX_FLAGS */
static void set_msix(FuzzGuest *g, unsigned int vector, uint64_t addr,
                     uint32_t data, bool masked, uint8_t flags)
{
    uint64_t entry = MSIX_BASE + vector * PCI_MSIX_ENTRY_SIZE;
    PCIDevice *pci = PCI_DEVICE(g->s);

    if (!msix_present(pci)) {
        return;
    }
    qtest_writel(g->qts, entry + PCI_MSIX_ENTRY_LOWER_ADDR, addr);
    qtest_writel(g->qts, entry + PCI_MSIX_ENTRY_UPPER_ADDR, 0);
    qtest_writel(g->qts, entry + PCI_MSIX_ENTRY_DATA, data);
    qtest_writel(g->qts, entry + PCI_MSIX_ENTRY_VECTOR_CTRL, masked);
    config_write(g, pci->msix_cap + PCI_MSIX_FLAGS + 1, flags, 1);
}

#define MSIX_ON (PCI_MSIX_FLAGS_ENABLE >> 8)

/* Into memory, mostly; or to a register of the device itself */
static void step_msix(FuzzGuest *g, struct fuzz_input *in)
{
    unsigned int vector = fuzz_number(in, 1) % (QUEUES + 1);
    uint8_t how = fuzz_number(in, 1);
    uint8_t flags = how % 4 == 3 ? fuzz_number(in, 1) : MSIX_ON;
    uint64_t addr = how & 0x40 ? REGS_BASE + take_register(in)
                               : ARENA + MESSAGES + 4 * vector;

    set_msix(g, vector, addr, fuzz_number(in, 1), how & 0x80, flags);
}

static void step_time(FuzzGuest *g, struct fuzz_input *in)
{
    pass_time((int64_t)fuzz_number(in, 2) * SCALE_US);
}

static void step_settle(FuzzGuest *g, struct fuzz_input *in)
{
    settle(g);
}

/* The words of a plan of faults: see fault-plan.c */
static const char *const actions[] = {
    "status", "slow", "flip-payload", "flip-tag", "write-part", "read-abort",
    "write-abort", "queue-hang", "queue-error", "fatal", "vanish",
    "pcie-error", "drop", "delay", "reorder", "duplicate", "foreign-tag",
    "stale-tag", "bad-tag", "wrong-phase", "wrong-length", "flip-iv",
    "garbage", "early-interrupt", "lose-interrupt", "wrong-vector",
    "spurious-interrupt", "interrupt-storm", "read-ones", "read-garbage",
    "ignore-doorbell",
};

static const char *const names[] = {
    "nth", "every", "times", "queue", "reg", "for-ms", "probability", "us",
    "bit", "bytes", "code", "after", "stubborn", "ms", "fatal", "xor", "by",
    "count",
};

static char *make_plan(struct fuzz_input *in)
{
    GString *plan = g_string_new(NULL);
    unsigned int n = 1 + fuzz_number(in, 1) % 3;

    for (unsigned int i = 0; i < n; i++) {
        uint8_t words = fuzz_number(in, 1);

        g_string_append_printf(plan, "%s%s", i ? "; " : "",
                               actions[fuzz_number(in, 1) %
                                       ARRAY_SIZE(actions)]);
        if (words & 0x10) {
            g_string_append(plan, " op=cipher");
        }
        for (unsigned int word = 0; word < words % 4; word++) {
            unsigned int name = fuzz_number(in, 1) % ARRAY_SIZE(names);

            g_string_append_printf(plan, " %s=%u", names[name],
                                   fuzz_number(in, 1));
        }
    }
    return g_string_free(plan, FALSE);
}

/* A plan, or what may be one: libFuzzer has a dictionary */
static void step_plan(FuzzGuest *g, struct fuzz_input *in)
{
    uint8_t command = fuzz_number(in, 1);
    g_autofree char *text = NULL;
    size_t size;

    if (command & 0x20) {
        size = fuzz_number(in, 1) % 128;
        text = g_malloc0(size + 1);
        fuzz_take(in, text, size);
    } else {
        text = make_plan(in);
    }
    /* With the byte that ends it */
    size = strlen(text) + 1;
    for (size_t i = 0; i < size; i += 4) {
        uint32_t word = 0;

        memcpy(&word, text + i, MIN(size - i, sizeof(word)));
        reg_write(g, PCE_REG_FAULT_TEXT + i, le32_to_cpu(word));
    }
    reg_write(g, PCE_REG_FAULT_CMD, command < 0xc0 ? PCE_FAULT_CMD_SET
                                                   : command % 4);
}

static void (*const steps[])(FuzzGuest *g, struct fuzz_input *in) = {
    step_submit, step_create, step_submit, step_command, step_context,
    step_table, step_poke, step_reg_write, step_reg_read, step_config,
    step_enable, step_msix, step_time, step_settle, step_plan, step_submit,
};

/* --- What has to hold ------------------------------------------------- */

static bool reachable(const FuzzGuest *g)
{
    const PCIDevice *pci = PCI_DEVICE(g->s);

    return !g->s->vanished &&
           pci->io_regions[PCE_BAR_REGS].addr == REGS_BASE;
}

static void check_queue(const FuzzGuest *g, const PceQueue *q)
{
    uint32_t state = qatomic_read(&q->state);
    uint32_t code = qatomic_read(&q->fault) & PCE_QFAULT_CODE;

    CHECK(state <= PCE_QSTATE_FAULT);
    CHECK(code <= PCE_QFAULT_BAD_VECTOR ||
          (code >= PCE_QFAULT_SQ_DMA && code <= PCE_QFAULT_CQ_OVERFLOW));
    if (state == PCE_QSTATE_FAULT) {
        CHECK(code != PCE_QFAULT_NONE);
    }
    /* Whatever was begun is completed, within the doorbell */
    if (g->s->exec_inline && !g->faults) {
        CHECK(q->sq_head == q->cq_tail);
    }
    /* ... and not where the driver has not been yet */
    if (g->s->exec_inline && state != PCE_QSTATE_FAULT) {
        CHECK(q->cq_tail - q->cq_head <= 1u << pce_cq_order(q));
    }
}

static void check(FuzzGuest *g)
{
    PceState *s = g->s;
    PCIDevice *pci = PCI_DEVICE(s);
    bool intx = s->intx_status && !msix_enabled(pci);

    g->faults |= qatomic_read(&s->fault_sites) != 0;
    for (unsigned int i = 0; i < s->nr_queues; i++) {
        check_queue(g, &s->queues[i]);
    }
    CHECK(!(s->event & ~PCE_EVENT_ALL));
    CHECK(intx == !!(pci_get_word(pci->config + PCI_STATUS) &
                     PCI_STATUS_INTERRUPT));
    if (reachable(g) && !g->faults) {
        CHECK(reg_read(g, PCE_REG_MAGIC) == PCE_MAGIC);
    }
}

#define WAIT_FOR(condition)                                             \
    do {                                                                \
        int64_t limit_ = g_get_monotonic_time() + PATIENCE;             \
        while (!(condition)) {                                          \
            CHECK(g_get_monotonic_time() < limit_);                     \
            wait_a_bit();                                               \
        }                                                               \
    } while (0)

/* As a driver does that has lost its trust */
static void reset_device(FuzzGuest *g)
{
    step_enable(g, NULL);
    reg_write(g, PCE_REG_CTRL, PCE_CTRL_RESET);
    WAIT_FOR(reg_read(g, PCE_REG_STATUS) == PCE_DEV_READY);
}

/* As PCI's core does: what is under way now is heard of never again */
static void reset_function(FuzzGuest *g)
{
    PCIDevice *pci = PCI_DEVICE(g->s);

    if (!pci_is_express(pci)) {
        return;
    }
    config_write(g, pci->exp.exp_cap + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR,
                 2);
    settle(g);
    CHECK(g->s->event == 0 && g->s->intx_status == 0);
}

/* Timers that were running, threads that were at it: no one writes any more */
static void check_silence(FuzzGuest *g)
{
    g_autofree uint8_t *before = g_memdup2(g->ram, ARENA_SIZE);

    for (unsigned int i = 0; i < 3; i++) {
        pass_time(30 * SCALE_MS);
        wait_a_bit();
    }
    CHECK(!memcmp(g->ram, before, ARENA_SIZE));
}

static bool interrupted(FuzzGuest *g)
{
    uint32_t *message = (uint32_t *)(g->ram + MESSAGES);

    pass_time(SCALE_MS);
    return msix_present(PCI_DEVICE(g->s))
           ? qatomic_read(message) == cpu_to_le32(0x600d)
           : reg_read(g, PCE_REG_INTX_STATUS) & PCE_INTX_QUEUE;
}

/* An entry goes through, and its interrupt comes */
static void check_service(FuzzGuest *g)
{
    /* Queue 0, a ring of 4, vector 0, at most 5 us later */
    const uint8_t choice[] = { 0, 0, 0, 5 };
    struct fuzz_input in = { choice, sizeof(choice) };
    struct pce_cqe *cqe = (struct pce_cqe *)(g->ram + CQS);

    memset(cqe, 0, sizeof(*cqe));
    memset(g->ram + MESSAGES, 0, sizeof(uint32_t));
    set_msix(g, 0, ARENA + MESSAGES, 0x600d, false, MSIX_ON);
    step_create(g, &in);
    *sq_slot(g, 0, 0) = (struct pce_sqe) {
        .opcode = PCE_OP_NOP, .flags = PCE_SQE_PHASE,
        .tag = cpu_to_le16(0x4711),
    };
    qatomic_store_release(&shadow(g, 0)->sq_tail, cpu_to_le32(1));
    qreg_write(g, 0, PCE_QREG_DOORBELL, 1);
    WAIT_FOR(qatomic_load_acquire(&cqe->ctrl) ==
             cpu_to_le32(PCE_CQE_PHASE | 0x4711));
    WAIT_FOR(interrupted(g));
    CHECK(qreg_read(g, 0, PCE_QREG_STATE) == PCE_QSTATE_RUNNING);
}

/* --- QEMU's fuzzer ---------------------------------------------------- */

/* As the machine is when it is switched on, whatever the last input did */
static void begin(FuzzGuest *g, uint8_t seed)
{
    PCIDevice *pci = PCI_DEVICE(g->s);

    pci_device_reset(pci);
    memcpy(pci->config, pristine, pci_config_size(pci));
    main_loop_wait(true);
    memset(g->ram, 0, ARENA_SIZE);
    fuzz_fill_memory(g->ram, seed);
    memset(g->queues, 0, sizeof(g->queues));
    g->faults = false;
    enable(g);
}

/* The plan goes as the host takes it away: the guest may not be able to */
static void finish(FuzzGuest *g)
{
    object_property_set_str(OBJECT(g->s), "fault-plan", "", &error_abort);
    check(g);
    reset_function(g);
    check_silence(g);
    reset_device(g);
    check_silence(g);
    check_service(g);
}

static void fuzz(QTestState *qts, const unsigned char *data, size_t size)
{
    struct fuzz_input in = { data, size };

    begin(&guest, fuzz_number(&in, 1));
    for (unsigned int i = 0; in.left && i < MAX_STEPS; i++) {
        steps[fuzz_number(&in, 1) % ARRAY_SIZE(steps)](&guest, &in);
        main_loop_wait(true);
        check(&guest);
    }
    finish(&guest);
}

static void pre_fuzz(QTestState *qts)
{
    MemoryRegion *ram = current_machine->ram;

    guest.qts = qts;
    guest.s = PCE(object_resolve_path("/machine/peripheral/pce0", NULL));
    guest.ram = (uint8_t *)memory_region_get_ram_ptr(ram) + ARENA;
    memcpy(pristine, PCI_DEVICE(guest.s)->config,
           pci_config_size(PCI_DEVICE(guest.s)));
}

static GString *command_line(FuzzTarget *target)
{
    const Variant *variant = target->opaque;
    GString *line = g_string_new(TARGET_NAME);

    g_string_append_printf(line, " -display none -machine q35,accel=qtest "
                           "-m 32M -nodefaults -device pce,id=pce0,queues=%u,"
                           "max-segments=%u,max-length=%u,key-cache=4,%s",
                           QUEUES, FUZZ_SEGMENTS, FUZZ_MAX_LENGTH,
                           variant->options);
    return line;
}

static void add_targets(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
        fuzz_add_target(&(FuzzTarget) {
            .name = variants[i].name,
            .description = variants[i].description,
            .get_init_cmdline = command_line,
            .pre_fuzz = pre_fuzz,
            .fuzz = fuzz,
            .opaque = (void *)&variants[i],
        });
    }
}

fuzz_target_init(add_targets);
