/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest, what the tests have in common.
 */
#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "hw/crypto/pce/tests/pce-test.h"

/* --- The machine ------------------------------------------------------ */

static PceTest *start(const char *exec, QTestState *qts, int devfn)
{
    PceTest *t = g_new0(PceTest, 1);

    t->exec = exec;
    t->qts = qts;
    t->bus = qpci_new_pc(qts, NULL);
    t->heap = HEAP_BASE;
    if (devfn > 0xff) {
        /* The port: bus 1 behind it, a window, bus mastering */
        QPCIDevice *port = qpci_device_find(t->bus, QPCI_DEVFN(4, 0));

        g_assert_nonnull(port);
        qpci_config_writel(port, PCI_PRIMARY_BUS, 0x00010100);
        qpci_config_writel(port, PCI_MEMORY_BASE,
                           (REGS_BASE >> 16) | 0xe0f00000u);
        qpci_config_writew(port, PCI_COMMAND,
                           PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
        g_free(port);
    }
    t->dev = qpci_device_find(t->bus, devfn);
    g_assert_nonnull(t->dev);
    pce_test_enable(t);
    t->queues = reg_read(t, PCE_REG_QUEUES);
    t->msi = pce_test_alloc(t, 4096);
    return t;
}

PceTest *pce_test_start(const char *exec, const char *options)
{
    return start(exec,
                 qtest_initf("-M q35 -m 256M -nodefaults "
                             "-device pce,id=pce0,addr=4.0,exec=%s%s%s", exec,
                             options ? "," : "", options ?: ""),
                 QPCI_DEVFN(4, 0));
}

PceTest *pce_test_start_port(const char *exec, const char *options)
{
    return start(exec,
                 qtest_initf("-M q35 -m 256M -nodefaults "
                             "-device pcie-root-port,id=rp0,addr=4.0 "
                             "-device pce,id=pce0,bus=rp0,exec=%s%s%s", exec,
                             options ? "," : "", options ?: ""),
                 (1 << 8) | QPCI_DEVFN(0, 0));
}

void pce_test_stop(PceTest *t)
{
    g_free(t->dev);
    qpci_free_pc(t->bus);
    qtest_quit(t->qts);
    g_free(t);
}

void pce_test_enable(PceTest *t)
{
    qpci_config_writel(t->dev, PCI_BASE_ADDRESS_0, REGS_BASE);
    qpci_config_writel(t->dev, PCI_BASE_ADDRESS_2, MSIX_BASE);
    qpci_config_writew(t->dev, PCI_COMMAND,
                       PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

uint8_t pce_test_capability(PceTest *t, uint8_t id)
{
    uint8_t pos = qpci_find_capability(t->dev, id, 0);

    g_assert_cmphex(pos, !=, 0);
    return pos;
}

/* Each vector writes its number to a word of its own in memory */
void pce_test_enable_msix(PceTest *t)
{
    uint8_t cap = pce_test_capability(t, PCI_CAP_ID_MSIX);
    uint16_t flags = qpci_config_readw(t->dev, cap + PCI_MSIX_FLAGS);
    unsigned int vectors = (flags & PCI_MSIX_FLAGS_QSIZE) + 1;

    for (unsigned int i = 0; i < vectors; i++) {
        uint64_t entry = MSIX_BASE + i * PCI_MSIX_ENTRY_SIZE;

        qtest_writel(t->qts, entry + PCI_MSIX_ENTRY_LOWER_ADDR,
                     t->msi + 4 * i);
        qtest_writel(t->qts, entry + PCI_MSIX_ENTRY_UPPER_ADDR, 0);
        qtest_writel(t->qts, entry + PCI_MSIX_ENTRY_DATA, MSI_DATA(i));
        qtest_writel(t->qts, entry + PCI_MSIX_ENTRY_VECTOR_CTRL, 0);
    }
    qtest_memset(t->qts, t->msi, 0, 4096);
    qpci_config_writew(t->dev, cap + PCI_MSIX_FLAGS,
                       flags | PCI_MSIX_FLAGS_ENABLE);
}

/* Pending bits of the vectors 0 to 31 */
uint32_t pce_test_pending(PceTest *t)
{
    uint8_t cap = pce_test_capability(t, PCI_CAP_ID_MSIX);
    uint32_t pba = qpci_config_readl(t->dev, cap + PCI_MSIX_PBA) &
                   ~PCI_MSIX_FLAGS_BIRMASK;

    return qtest_readl(t->qts, MSIX_BASE + pba);
}

/* The text of a property, to be freed */
char *pce_test_text(PceTest *t, const char *property)
{
    QDict *response = qtest_qmp(t->qts, "{ 'execute': 'qom-get', 'arguments': {"
                                "  'path': '/machine/peripheral/pce0',"
                                "  'property': %s } }", property);
    char *text = g_strdup(qdict_get_str(response, "return"));

    qobject_unref(response);
    return text;
}

/* Page-aligned, and never the same twice */
uint64_t pce_test_alloc(PceTest *t, uint64_t size)
{
    uint64_t addr = t->heap;

    t->heap = QEMU_ALIGN_UP(addr + size, 4096);
    g_assert_cmphex(t->heap, <=, RAM_SIZE);
    return addr;
}

uint64_t pce_test_counter(PceTest *t, const char *name)
{
    QDict *response = qtest_qmp(t->qts,
                                "{ 'execute': 'qom-get', 'arguments': {"
                                "  'path': '/machine/peripheral/pce0',"
                                "  'property': 'counters' } }");
    uint64_t value;

    g_assert(qdict_haskey(response, "return"));
    g_assert(qdict_haskey(qdict_get_qdict(response, "return"), name));
    value = qdict_get_int(qdict_get_qdict(response, "return"), name);
    qobject_unref(response);
    return value;
}

void pce_test_flr(PceTest *t)
{
    uint8_t devctl = pce_test_capability(t, PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL;

    qpci_config_writew(t->dev, devctl, PCI_EXP_DEVCTL_BCR_FLR);
}

#define PCIHP_EJECT     0x0cc8
#define PCIHP_SELECT    0x0cd0

void pce_test_unplug(PceTest *t)
{
    qtest_qmp_device_del_send(t->qts, "pce0");
    qtest_outl(t->qts, PCIHP_SELECT, 0);
    qtest_outl(t->qts, PCIHP_EJECT, 1);
    qtest_qmp_eventwait(t->qts, "DEVICE_DELETED");
}

char *try_plan(PceTest *t, const char *plan)
{
    QDict *response = qtest_qmp(t->qts, "{ 'execute': 'qom-set', 'arguments': {"
                                "  'path': '/machine/peripheral/pce0',"
                                "  'property': 'fault-plan',"
                                "  'value': %s } }", plan);
    char *text = NULL;

    if (qdict_haskey(response, "error")) {
        text = g_strdup(qdict_get_str(qdict_get_qdict(response, "error"),
                                      "desc"));
    }
    qobject_unref(response);
    return text;
}

void set_plan(PceTest *t, const char *plan)
{
    g_autofree char *error = try_plan(t, plan);

    g_assert_cmpstr(error, ==, NULL);
}

uint32_t reg_read(PceTest *t, uint64_t reg)
{
    return qtest_readl(t->qts, REGS_BASE + reg);
}

void reg_write(PceTest *t, uint64_t reg, uint32_t value)
{
    qtest_writel(t->qts, REGS_BASE + reg, value);
}

bool msi_take(PceTest *t, unsigned int vector)
{
    uint64_t word = t->msi + 4 * vector;
    uint32_t value = qtest_readl(t->qts, word);

    if (value == 0) {
        return false;
    }
    g_assert_cmphex(value, ==, MSI_DATA(vector));
    qtest_writel(t->qts, word, 0);
    return true;
}

bool intx_asserted(PceTest *t)
{
    return qpci_config_readw(t->dev, PCI_STATUS) & PCI_STATUS_INTERRUPT;
}

/* --- A queue pair ----------------------------------------------------- */

uint32_t qreg_read(PceTestQueue *q, uint64_t reg)
{
    return reg_read(q->t, PCE_QUEUE_PAGE(q->index) + reg);
}

void qreg_write(PceTestQueue *q, uint64_t reg, uint32_t value)
{
    reg_write(q->t, PCE_QUEUE_PAGE(q->index) + reg, value);
}

uint32_t queue_state(PceTestQueue *q)
{
    return qreg_read(q, PCE_QREG_STATE);
}

uint32_t queue_fault(PceTestQueue *q)
{
    return qreg_read(q, PCE_QREG_FAULT) & PCE_QFAULT_CODE;
}

void queue_command(PceTestQueue *q, uint32_t cmd)
{
    qreg_write(q, PCE_QREG_CMD, cmd);
}

void queue_alloc(PceTest *t, PceTestQueue *q, unsigned int index,
                 unsigned int sq_order, unsigned int cq_order)
{
    *q = (PceTestQueue) {
        .t = t,
        .index = index,
        .sq_order = sq_order,
        .cq_order = cq_order,
        .sq = pce_test_alloc(t, sizeof(struct pce_sqe) << sq_order),
        .cq = pce_test_alloc(t, sizeof(struct pce_cqe) << cq_order),
        .shadow = pce_test_alloc(t, sizeof(struct pce_shadow)),
    };
}

void queue_configure(PceTestQueue *q)
{
    qreg_write(q, PCE_QREG_SIZE, q->sq_order | q->cq_order << 8);
    qreg_write(q, PCE_QREG_SQ_LO, q->sq);
    qreg_write(q, PCE_QREG_SQ_HI, q->sq >> 32);
    qreg_write(q, PCE_QREG_CQ_LO, q->cq);
    qreg_write(q, PCE_QREG_CQ_HI, q->cq >> 32);
    qreg_write(q, PCE_QREG_SHADOW_LO, q->shadow);
    qreg_write(q, PCE_QREG_SHADOW_HI, q->shadow >> 32);
    qreg_write(q, PCE_QREG_VECTOR, q->index);
}

void queue_clear(PceTestQueue *q)
{
    qtest_memset(q->t->qts, q->cq, 0, sizeof(struct pce_cqe) << q->cq_order);
    qtest_memset(q->t->qts, q->shadow, 0, sizeof(struct pce_shadow));
    q->sq_tail = 0;
    q->published = 0;
    q->cq_head = 0;
}

void queue_start(PceTest *t, PceTestQueue *q, unsigned int index,
                 unsigned int sq_order, unsigned int cq_order)
{
    queue_alloc(t, q, index, sq_order, cq_order);
    queue_clear(q);
    queue_configure(q);
    queue_command(q, PCE_QCMD_CREATE);
    g_assert_cmphex(queue_fault(q), ==, PCE_QFAULT_NONE);
    g_assert_cmpuint(queue_state(q), ==, PCE_QSTATE_STOPPED);
    queue_command(q, PCE_QCMD_RUN);
    g_assert_cmphex(queue_fault(q), ==, PCE_QFAULT_NONE);
}

void queue_restart(PceTestQueue *q)
{
    queue_command(q, PCE_QCMD_RESET);
    wait_for(queue_state(q) == PCE_QSTATE_STOPPED);
    queue_clear(q);
    queue_command(q, PCE_QCMD_RUN);
    g_assert_cmphex(queue_fault(q), ==, PCE_QFAULT_NONE);
}

uint32_t shadow_read(PceTestQueue *q, size_t field)
{
    return qtest_readl(q->t->qts, q->shadow + field);
}

void shadow_write(PceTestQueue *q, size_t field, uint32_t value)
{
    qtest_writel(q->t->qts, q->shadow + field, value);
}

void queue_put(PceTestQueue *q, const struct pce_sqe *sqe)
{
    struct pce_sqe entry = *sqe;
    uint32_t slot = q->sq_tail & ((1u << q->sq_order) - 1);

    entry.flags |= pce_phase(q->sq_tail, q->sq_order) ? PCE_SQE_PHASE : 0;
    qtest_memwrite(q->t->qts, q->sq + slot * sizeof(entry), &entry,
                   sizeof(entry));
    q->sq_tail++;
}

void queue_publish(PceTestQueue *q)
{
    uint32_t old = q->published;

    shadow_write(q, SHADOW(sq_tail), q->sq_tail);
    q->published = q->sq_tail;
    if (pce_need_event(shadow_read(q, SHADOW(sq_event)), q->sq_tail, old)) {
        qreg_write(q, PCE_QREG_DOORBELL, q->sq_tail);
        q->rung++;
    }
}

bool queue_peek(PceTestQueue *q, struct pce_cqe *cqe)
{
    uint32_t slot = q->cq_head & ((1u << q->cq_order) - 1);

    qtest_memread(q->t->qts, q->cq + slot * sizeof(*cqe), cqe, sizeof(*cqe));
    return !!(le32_to_cpu(cqe->ctrl) & PCE_CQE_PHASE) ==
           pce_phase(q->cq_head, q->cq_order);
}

struct pce_cqe queue_take(PceTestQueue *q)
{
    struct pce_cqe cqe;

    wait_for(queue_peek(q, &cqe));
    /* The word that was waited for comes last, and was maybe read first */
    g_assert_true(queue_peek(q, &cqe));
    g_assert_cmphex(le32_to_cpu(cqe.ctrl) &
                    ~(PCE_CQE_TAG | PCE_CQE_STATUS | PCE_CQE_PHASE), ==, 0);
    g_assert_cmphex(le32_to_cpu(cqe.index), ==, q->cq_head);
    q->cq_head++;
    shadow_write(q, SHADOW(cq_head), q->cq_head);
    return cqe;
}

struct pce_cqe queue_do(PceTestQueue *q, const struct pce_sqe *sqe)
{
    struct pce_cqe cqe;

    queue_put(q, sqe);
    queue_publish(q);
    cqe = queue_take(q);
    g_assert_cmphex(cqe_tag(&cqe), ==, le16_to_cpu(sqe->tag));
    return cqe;
}

void queue_check(PceTestQueue *q)
{
    struct pce_sqe sqe = nop_sqe(0xbeef);
    struct pce_cqe cqe = queue_do(q, &sqe);

    g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
}

uint32_t do_status(PceTestQueue *q, const struct pce_sqe *sqe)
{
    struct pce_cqe cqe = queue_do(q, sqe);

    return cqe_status(&cqe) | le32_to_cpu(cqe.detail) << 8;
}

/* --- Requests --------------------------------------------------------- */

size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        g_assert_cmpint(sscanf(hex + 2 * i, "%2hhx", &out[i]), ==, 1);
    }
    return n;
}

struct pce_sqe nop_sqe(uint16_t tag)
{
    return (struct pce_sqe) {
        .opcode = PCE_OP_NOP,
        .tag = cpu_to_le16(tag),
    };
}

struct pce_sqe cipher_sqe(uint16_t tag, uint64_t ctx, uint32_t generation,
                          uint64_t data, uint32_t length)
{
    return (struct pce_sqe) {
        .opcode = PCE_OP_CIPHER,
        .tag = cpu_to_le16(tag),
        .ctx_generation = cpu_to_le32(generation),
        .ctx = cpu_to_le64(ctx),
        .src = cpu_to_le64(data),
        .dst = cpu_to_le64(data),
        .length = cpu_to_le32(length),
    };
}

/* At addr, or somewhere if that is 0 */
uint64_t write_context(PceTest *t, uint64_t addr, uint32_t generation,
                       uint8_t alg, const uint8_t *key, size_t key_length)
{
    struct pce_context ctx = {
        .generation = cpu_to_le32(generation),
        .alg = alg,
        .key_length = key_length,
    };

    memcpy(ctx.key, key, key_length);
    addr = addr ?: pce_test_alloc(t, sizeof(ctx));
    qtest_memwrite(t->qts, addr, &ctx, sizeof(ctx));
    return addr;
}

void write_segment(PceTest *t, uint64_t table, unsigned int index,
                   uint64_t addr, uint32_t length)
{
    struct pce_segment segment = {
        .addr = cpu_to_le64(addr),
        .length = cpu_to_le32(length),
    };

    qtest_memwrite(t->qts, table + index * sizeof(segment), &segment,
                   sizeof(segment));
}

/* --- A load to interrupt ---------------------------------------------- */

#define LOAD_ORDER  12

void load_begin(PceTest *t, PceTestLoad *load, unsigned int index,
                uint32_t length)
{
    static const uint8_t key[16] = "load load load l";

    queue_start(t, &load->q, index, LOAD_ORDER, LOAD_ORDER);
    load->length = length;
    load->count = 1u << LOAD_ORDER;
    load->data = pce_test_alloc(t, load->length);
    load->ctx = write_context(t, 0, 1, PCE_ALG_AES_CBC, key, sizeof(key));
    for (uint32_t i = 0; i < load->count; i++) {
        struct pce_sqe sqe = cipher_sqe(i, load->ctx, 1, load->data,
                                        load->length);

        queue_put(&load->q, &sqe);
    }
    queue_publish(&load->q);
    /* It is under way */
    wait_for(qreg_read(&load->q, PCE_QREG_CQ_TAIL) > 0);
}

static uint32_t count_completions(PceTestLoad *load)
{
    PceTestQueue q = load->q;
    struct pce_cqe cqe;

    for (q.cq_head = 0; q.cq_head < load->count && queue_peek(&q, &cqe);
         q.cq_head++) {
        g_assert_cmphex(cqe_tag(&cqe), ==, q.cq_head);
        g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
    }
    return q.cq_head;
}

void load_check_interrupted(PceTestLoad *load)
{
    uint32_t done = count_completions(load);

    g_assert_cmpuint(done, >, 0);
    g_assert_cmpuint(done, <, load->count);
    /* Begun and completed are the same: no entry is left half-way */
    g_assert_cmpuint(shadow_read(&load->q, SHADOW(sq_head)), ==, done);
}

void load_shorten(PceTestLoad *load)
{
    uint32_t begun = shadow_read(&load->q, SHADOW(sq_head));

    load->q.sq_tail = begun;
    while (load->q.sq_tail != load->count) {
        struct pce_sqe sqe = cipher_sqe(load->q.sq_tail, load->ctx, 1,
                                        load->data, 16);

        queue_put(&load->q, &sqe);
    }
}

void load_finish(PceTestLoad *load)
{
    for (uint32_t i = 0; i < load->count; i++) {
        struct pce_cqe cqe = queue_take(&load->q);

        g_assert_cmphex(cqe_tag(&cqe), ==, i);
        g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
    }
    g_assert_cmpuint(qreg_read(&load->q, PCE_QREG_SQ_HEAD), ==, load->count);
}

/* The rings, the shadow record and the data lie side by side */
static size_t load_bytes(PceTestLoad *load)
{
    return load->data + load->length - load->q.sq;
}

void load_snapshot(PceTestLoad *load)
{
    load->before = g_malloc(load_bytes(load));
    qtest_bufread(load->q.t->qts, load->q.sq, load->before, load_bytes(load));
}

void load_check_silent(PceTestLoad *load)
{
    g_autofree uint8_t *after = g_malloc(load_bytes(load));
    PceTest *t = load->q.t;
    PceTestQueue other;

    /* What the worker does now comes after all that it did before */
    queue_start(t, &other, load->q.index, 4, 4);
    for (int i = 0; i < 100; i++) {
        queue_check(&other);
    }
    qtest_bufread(t->qts, load->q.sq, after, load_bytes(load));
    g_assert_cmpmem(load->before, load_bytes(load), after, load_bytes(load));
    g_clear_pointer(&load->before, g_free);
}

void pce_test_add(const char *name, void (*test)(const void *exec))
{
    static const char *const execs[] = { "inline", "auto" };

    for (size_t i = 0; i < ARRAY_SIZE(execs); i++) {
        g_autofree char *path = g_strdup_printf("pce/%s/%s", execs[i], name);

        qtest_add_data_func(path, execs[i], test);
    }
}
