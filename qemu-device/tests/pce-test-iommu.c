/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest behind an IOMMU that translates.
 *
 * Tables for QEMU's intel-iommu are made by hand: one root entry, one context
 * entry, and three levels of page tables that map the heap's first 2 MiB, each
 * page to itself until a test says something else.
 */
#include "qemu/osdep.h"
#include "hw/crypto/pce/tests/pce-test.h"
#include "hw/i386/intel_iommu_internal.h"

#define READ        1u
#define WRITE       2u
#define READ_WRITE  (READ | WRITE)

#define PAGE        4096u
#define PAGES       512u
#define DEVFN       0x20u               /* 4.0, on bus 0 */
#define TEXT        64u
#define CAUSE_READ  VTD_FR_READ
#define CAUSE_WRITE VTD_FR_WRITE
/* QEMU also records none where its IOTLB knows the page from another access */
#define NO_FAULT    0u

typedef struct Iommu {
    PceTest *t;
    uint64_t root, context, leaves;
    PceTestQueue q;
    uint64_t ctx, table, src, dst;      /* each at the start of a page */
} Iommu;

/* --- The IOMMU -------------------------------------------------------- */

static uint64_t vtd_reg(uint64_t reg)
{
    return Q35_HOST_BRIDGE_IOMMU_ADDR + reg;
}

static void vtd_command(Iommu *m, uint32_t command, uint32_t status, bool on)
{
    QTestState *qts = m->t->qts;
    uint32_t now = qtest_readl(qts, vtd_reg(DMAR_GSTS_REG)) & VTD_GSTS_TES;

    qtest_writel(qts, vtd_reg(DMAR_GCMD_REG), on ? now | command
                                                 : now & ~command);
    wait_for(!!(qtest_readl(qts, vtd_reg(DMAR_GSTS_REG)) & status) == on);
}

static void vtd_translate(Iommu *m, bool on)
{
    vtd_command(m, VTD_GCMD_TE, VTD_GSTS_TES, on);
}

/* When it returns the device must have forgotten all old mappings */
static void vtd_invalidate(Iommu *m)
{
    qtest_writeq(m->t->qts, vtd_reg(DMAR_IOTLB_REG),
                 VTD_TLB_IVT | VTD_TLB_GLOBAL_FLUSH);
    wait_for(!(qtest_readq(m->t->qts, vtd_reg(DMAR_IOTLB_REG)) & VTD_TLB_IVT));
}

static void vtd_invalidate_context(Iommu *m)
{
    qtest_writeq(m->t->qts, vtd_reg(DMAR_CCMD_REG),
                 VTD_CCMD_ICC | VTD_CCMD_GLOBAL_INVL);
    wait_for(!(qtest_readq(m->t->qts, vtd_reg(DMAR_CCMD_REG)) & VTD_CCMD_ICC));
}

static void set_context(Iommu *m, uint64_t low)
{
    uint64_t entry = m->context + 16 * DEVFN;

    /* Domain 1, three levels */
    qtest_writeq(m->t->qts, entry + 8, 1 << 8 | 1);
    qtest_writeq(m->t->qts, entry, low);
}

/* What a page of the device's is, without telling the IOMMU */
static void set_page(Iommu *m, uint64_t iova, uint64_t addr, unsigned int perm)
{
    uint64_t index = (iova - HEAP_BASE) / PAGE;

    g_assert_cmpuint(index, <, PAGES);
    qtest_writeq(m->t->qts, m->leaves + 8 * index,
                 perm ? (addr & ~(PAGE - 1ull)) | perm : 0);
}

static void map(Iommu *m, uint64_t iova, uint64_t addr, unsigned int perm)
{
    set_page(m, iova, addr, perm);
    vtd_invalidate(m);
}

static void restore(Iommu *m, uint64_t iova)
{
    map(m, iova, iova, READ_WRITE);
}

/* The first fault since the last call is this one, of this page */
static void check_fault(Iommu *m, unsigned int cause, uint64_t page)
{
    QTestState *qts = m->t->qts;
    uint64_t low = qtest_readq(qts, vtd_reg(DMAR_FRCD_REG_0_0));
    uint64_t high = qtest_readq(qts, vtd_reg(DMAR_FRCD_REG_0_2));

    if (cause == NO_FAULT) {
        g_assert_cmphex(high & VTD_FRCD_F, ==, 0);
        return;
    }
    g_assert_cmphex(high & VTD_FRCD_F, !=, 0);
    g_assert_cmphex(high >> 32 & 0xff, ==, cause);
    g_assert_cmphex(high & VTD_FRCD_SID_MASK, ==, DEVFN);
    g_assert_cmphex(low, ==, page);
    qtest_writel(qts, vtd_reg(DMAR_FRCD_REG_0_3), VTD_FRCD_F >> 32);
    qtest_writel(qts, vtd_reg(DMAR_FSTS_REG), VTD_FSTS_PFO);
}

/* --- The machine ------------------------------------------------------ */

static void iommu_tables(Iommu *m)
{
    QTestState *qts = m->t->qts;
    uint64_t top = pce_test_alloc(m->t, PAGE);
    uint64_t middle = pce_test_alloc(m->t, PAGE);

    m->leaves = pce_test_alloc(m->t, PAGE);
    m->root = pce_test_alloc(m->t, PAGE);
    m->context = pce_test_alloc(m->t, PAGE);
    qtest_writeq(qts, m->root, m->context | 1);
    set_context(m, top | VTD_CONTEXT_ENTRY_P);
    qtest_writeq(qts, top, middle | READ_WRITE);
    qtest_writeq(qts, middle + 8 * (HEAP_BASE / (PAGES * PAGE)),
                 m->leaves | READ_WRITE);
    for (unsigned int i = 0; i < PAGES; i++) {
        set_page(m, HEAP_BASE + i * PAGE, HEAP_BASE + i * PAGE, READ_WRITE);
    }
    qtest_writeq(qts, vtd_reg(DMAR_RTADDR_REG), m->root);
    vtd_command(m, VTD_GCMD_SRTP, VTD_GSTS_RTPS, true);
    vtd_invalidate_context(m);
    vtd_invalidate(m);
}

/* A queue pair that runs; translation is still off */
static void iommu_start(Iommu *m, const char *exec)
{
    static const uint8_t key[16] = "iommu iommu iomm";

    *m = (Iommu) { .t = pce_test_start(exec, WITH_IOMMU) };
    iommu_tables(m);
    m->src = pce_test_alloc(m->t, 4 * PAGE);
    m->dst = pce_test_alloc(m->t, 4 * PAGE);
    m->table = pce_test_alloc(m->t, 2 * PAGE);
    m->ctx = write_context(m->t, 0, 1, PCE_ALG_AES_ECB, key, sizeof(key));
    queue_start(m->t, &m->q, 0, 4, 4);
}

static void iommu_start_translating(Iommu *m, const char *exec)
{
    iommu_start(m, exec);
    vtd_translate(m, true);
    queue_check(&m->q);
}

static struct pce_sqe text_sqe(Iommu *m, uint64_t src, uint64_t dst,
                               uint32_t length)
{
    struct pce_sqe sqe = cipher_sqe(1, m->ctx, 1, src, length);

    sqe.dst = cpu_to_le64(dst);
    return sqe;
}

/* Two segments of half of the text, on either side */
static struct pce_sqe table_sqe(Iommu *m)
{
    struct pce_sqe sqe = text_sqe(m, m->table, m->table + PAGE, TEXT);

    sqe.flags = PCE_SQE_SRC_TABLE | PCE_SQE_DST_TABLE;
    sqe.src_segments = cpu_to_le16(2);
    sqe.dst_segments = cpu_to_le16(2);
    for (unsigned int i = 0; i < 2; i++) {
        write_segment(m->t, m->table, i, m->src + i * PAGE, TEXT / 2);
        write_segment(m->t, m->table + PAGE, i, m->dst + i * PAGE, TEXT / 2);
    }
    return sqe;
}

static void check_ok(Iommu *m, const struct pce_sqe *sqe)
{
    g_assert_cmphex(do_status(&m->q, sqe), ==, PCE_STATUS_OK);
    check_fault(m, NO_FAULT, 0);
}

/* --- Data ------------------------------------------------------------- */

/* Does the request come to the same as without the IOMMU? */
static void check_result(Iommu *m, const struct pce_sqe *sqe,
                         const uint8_t *expected, const uint64_t *pages,
                         unsigned int n)
{
    g_autofree uint8_t *got = g_malloc(n * PAGE);

    check_ok(m, sqe);
    for (unsigned int i = 0; i < n; i++) {
        qtest_memread(m->t->qts, pages[i], got + i * PAGE, PAGE);
    }
    g_assert_cmpmem(got, n * PAGE, expected, n * PAGE);
}

/* Pages that are neighbours for the device and not in memory */
static void test_translated(const void *exec)
{
    static const unsigned int order[] = { 2, 0, 3, 1 };
    g_autofree uint8_t *plain = g_malloc(4 * PAGE);
    g_autofree uint8_t *cipher = g_malloc(4 * PAGE);
    uint64_t src[4], dst[4];
    struct pce_sqe sqe;
    Iommu m;

    iommu_start(&m, exec);
    for (unsigned int i = 0; i < 4 * PAGE; i++) {
        plain[i] = i * 7 + i / PAGE;
    }
    qtest_memwrite(m.t->qts, m.src, plain, 4 * PAGE);
    sqe = text_sqe(&m, m.src, m.dst, 4 * PAGE);
    check_ok(&m, &sqe);
    qtest_memread(m.t->qts, m.dst, cipher, 4 * PAGE);

    vtd_translate(&m, true);
    for (unsigned int i = 0; i < 4; i++) {
        src[i] = m.src + order[i] * PAGE;
        dst[i] = m.dst + order[3 - i] * PAGE;
        qtest_memwrite(m.t->qts, src[i], plain + i * PAGE, PAGE);
        set_page(&m, m.src + i * PAGE, src[i], READ);
        set_page(&m, m.dst + i * PAGE, dst[i], WRITE);
    }
    qtest_memset(m.t->qts, m.dst, 0, 4 * PAGE);
    vtd_invalidate(&m);
    check_result(&m, &sqe, cipher, dst, 4);

    /* In place, from where it is to where it is */
    for (unsigned int i = 0; i < 4; i++) {
        set_page(&m, m.src + i * PAGE, src[i], READ_WRITE);
    }
    vtd_invalidate(&m);
    sqe = text_sqe(&m, m.src, m.src, 4 * PAGE);
    check_result(&m, &sqe, cipher, src, 4);
    pce_test_stop(m.t);
}

/*
 * What the request needs of this page is gone, or forbidden: status, the
 * IOMMU's record, and afterwards all is well again.
 */
static void check_page(Iommu *m, const struct pce_sqe *sqe, uint64_t page,
                       unsigned int perm, uint32_t status, unsigned int cause)
{
    map(m, page, page, perm);
    reg_write(m->t, PCE_REG_INVAL_CMD, PCE_INVAL_ALL);
    g_assert_cmphex(do_status(&m->q, sqe), ==, status);
    check_fault(m, cause, page);
    restore(m, page);
    check_ok(m, sqe);
}

#define DETAIL(n) ((n) << 8)

static void test_not_present(const void *exec)
{
    struct pce_sqe sqe, tables;
    Iommu m;

    iommu_start_translating(&m, exec);
    sqe = text_sqe(&m, m.src, m.dst, TEXT);
    check_page(&m, &sqe, m.src, 0, PCE_STATUS_SRC_DMA, CAUSE_READ);
    check_page(&m, &sqe, m.dst, 0, PCE_STATUS_DST_DMA, CAUSE_WRITE);
    check_page(&m, &sqe, m.ctx, 0, PCE_STATUS_CTX_DMA, CAUSE_READ);

    /* A later page of several */
    sqe = text_sqe(&m, m.src, m.dst, 3 * PAGE);
    check_page(&m, &sqe, m.src + 2 * PAGE, 0, PCE_STATUS_SRC_DMA, CAUSE_READ);
    check_page(&m, &sqe, m.dst + PAGE, 0, PCE_STATUS_DST_DMA, CAUSE_WRITE);

    tables = table_sqe(&m);
    check_page(&m, &tables, m.table, 0, PCE_STATUS_TABLE_DMA, CAUSE_READ);
    check_page(&m, &tables, m.table + PAGE, 0,
               PCE_STATUS_TABLE_DMA | DETAIL(1), CAUSE_READ);
    check_page(&m, &tables, m.src + PAGE, 0, PCE_STATUS_SRC_DMA | DETAIL(1),
               CAUSE_READ);
    check_page(&m, &tables, m.dst + PAGE, 0, PCE_STATUS_DST_DMA | DETAIL(1),
               CAUSE_WRITE);
    pce_test_stop(m.t);
}

static void test_permissions(const void *exec)
{
    struct pce_sqe sqe, in_place;
    uint8_t before[TEXT], after[TEXT];
    Iommu m;

    iommu_start_translating(&m, exec);
    sqe = text_sqe(&m, m.src, m.dst, TEXT);
    in_place = text_sqe(&m, m.src, m.src, TEXT);

    qtest_memset(m.t->qts, m.dst, 0x5a, TEXT);
    qtest_memread(m.t->qts, m.dst, before, TEXT);
    map(&m, m.dst, m.dst, READ);
    g_assert_cmphex(do_status(&m.q, &sqe), ==, PCE_STATUS_DST_DMA);
    check_fault(&m, CAUSE_WRITE, m.dst);
    qtest_memread(m.t->qts, m.dst, after, TEXT);
    g_assert_cmpmem(before, TEXT, after, TEXT);
    restore(&m, m.dst);

    check_page(&m, &sqe, m.src, WRITE, PCE_STATUS_SRC_DMA, CAUSE_READ);
    check_page(&m, &in_place, m.src, READ, PCE_STATUS_DST_DMA, CAUSE_WRITE);
    check_page(&m, &in_place, m.src, WRITE, PCE_STATUS_SRC_DMA, NO_FAULT);
    check_page(&m, &sqe, m.ctx, WRITE, PCE_STATUS_CTX_DMA, CAUSE_READ);

    /* No more than is needed */
    map(&m, m.src, m.src, READ);
    map(&m, m.dst, m.dst, WRITE);
    map(&m, m.ctx, m.ctx, READ);
    map(&m, m.q.sq, m.q.sq, READ);
    map(&m, m.q.cq, m.q.cq, WRITE);
    reg_write(m.t, PCE_REG_INVAL_CMD, PCE_INVAL_ALL);
    check_ok(&m, &sqe);
    pce_test_stop(m.t);
}

/* --- Rings ------------------------------------------------------------ */

static void check_ring(Iommu *m, uint64_t page, unsigned int perm,
                       uint32_t code, unsigned int cause)
{
    struct pce_sqe nop = nop_sqe(7);

    map(m, page, page, perm);
    queue_put(&m->q, &nop);
    shadow_write(&m->q, SHADOW(sq_tail), m->q.sq_tail);
    qreg_write(&m->q, PCE_QREG_DOORBELL, m->q.sq_tail);
    wait_for(queue_state(&m->q) == PCE_QSTATE_FAULT);
    g_assert_cmphex(queue_fault(&m->q), ==, code);
    check_fault(m, cause, page);
    restore(m, page);
    queue_restart(&m->q);
    queue_check(&m->q);
    check_fault(m, NO_FAULT, 0);
}

static void test_rings(const void *exec)
{
    Iommu m;

    iommu_start_translating(&m, exec);
    check_ring(&m, m.q.sq, 0, PCE_QFAULT_SQ_DMA, CAUSE_READ);
    check_ring(&m, m.q.sq, WRITE, PCE_QFAULT_SQ_DMA, CAUSE_READ);
    check_ring(&m, m.q.cq, 0, PCE_QFAULT_CQ_DMA, CAUSE_WRITE);
    check_ring(&m, m.q.cq, READ, PCE_QFAULT_CQ_DMA, CAUSE_WRITE);
    check_ring(&m, m.q.shadow, 0, PCE_QFAULT_SHADOW_DMA, CAUSE_READ);
    check_ring(&m, m.q.shadow, READ, PCE_QFAULT_SHADOW_DMA, NO_FAULT);
    pce_test_stop(m.t);
}

/* --- Mappings that change --------------------------------------------- */

/* The completion ring is at another place: the test looks there, too */
static void move_cq(Iommu *m, uint64_t to)
{
    uint8_t ring[PAGE];

    qtest_memread(m->t->qts, m->q.cq, ring, PAGE);
    qtest_memwrite(m->t->qts, to, ring, PAGE);
    qtest_memset(m->t->qts, m->q.cq, 0, PAGE);
    m->q.cq = to;
}

static bool is_zero(Iommu *m, uint64_t page)
{
    static const uint8_t zeros[PAGE];
    uint8_t bytes[PAGE];

    qtest_memread(m->t->qts, page, bytes, PAGE);
    return !memcmp(bytes, zeros, PAGE);
}

static void test_remapped(const void *exec)
{
    uint64_t cq, other;
    struct pce_sqe sqe;
    Iommu m;

    iommu_start_translating(&m, exec);
    sqe = text_sqe(&m, m.src, m.dst, TEXT);
    check_ok(&m, &sqe);
    g_assert_false(is_zero(&m, m.dst));

    /* Data */
    other = pce_test_alloc(m.t, PAGE);
    qtest_memset(m.t->qts, m.dst, 0, PAGE);
    map(&m, m.dst, other, WRITE);
    check_ok(&m, &sqe);
    g_assert_true(is_zero(&m, m.dst));
    g_assert_false(is_zero(&m, other));

    /* A ring that is in use */
    cq = m.q.cq;
    other = pce_test_alloc(m.t, PAGE);
    move_cq(&m, other);
    map(&m, cq, other, WRITE);
    for (int i = 0; i < 40; i++) {
        check_ok(&m, &sqe);
    }
    g_assert_true(is_zero(&m, cq));
    pce_test_stop(m.t);
}

/* Translation begins and ends while a queue pair runs */
static void test_switched(const void *exec)
{
    uint64_t cq, other;
    struct pce_sqe sqe;
    Iommu m;

    iommu_start(&m, exec);
    sqe = text_sqe(&m, m.src, m.dst, TEXT);
    check_ok(&m, &sqe);

    cq = m.q.cq;
    other = pce_test_alloc(m.t, PAGE);
    set_page(&m, cq, other, WRITE);
    vtd_invalidate(&m);
    move_cq(&m, other);
    vtd_translate(&m, true);
    check_ok(&m, &sqe);
    g_assert_true(is_zero(&m, cq));

    move_cq(&m, cq);
    vtd_translate(&m, false);
    check_ok(&m, &sqe);
    g_assert_true(is_zero(&m, other));
    pce_test_stop(m.t);
}

/*
 * A context entry that was not there lets all addresses through.  The IOMMU is
 * told nothing, and finds out while it translates for the device: then the
 * memory map changes, in the middle of an access.
 */
static void test_pass_through(const void *exec)
{
    struct pce_sqe sqe;
    Iommu m;

    iommu_start(&m, exec);
    sqe = text_sqe(&m, m.src, m.dst, TEXT);
    queue_command(&m.q, PCE_QCMD_STOP);
    wait_for(queue_state(&m.q) == PCE_QSTATE_STOPPED);
    set_context(&m, 0);
    vtd_translate(&m, true);
    set_context(&m, VTD_CONTEXT_TT_PASS_THROUGH | VTD_CONTEXT_ENTRY_P);
    queue_command(&m.q, PCE_QCMD_RUN);
    for (int i = 0; i < 40; i++) {
        check_ok(&m, &sqe);
    }
    pce_test_stop(m.t);
}

/*
 * The page tables change under requests that are being executed.  When the
 * invalidation is done, so is the device with what was mapped before.
 */
static void test_unmapped_under_load(const void *exec)
{
    uint32_t length = 512 * 1024, most;
    g_autofree uint8_t *before = g_malloc(length);
    g_autofree uint8_t *after = g_malloc(length);
    PceTestLoad load = {};
    unsigned int round = 0;
    uint64_t other;
    Iommu m;

    iommu_start_translating(&m, exec);
    load_begin(m.t, &load, 1, length);
    other = pce_test_alloc(m.t, length);
    most = load.count - 100;
    for (; round < 20 && qreg_read(&load.q, PCE_QREG_CQ_TAIL) < most; round++) {
        uint64_t from = round % 2 ? other : load.data;
        uint64_t to = round % 2 ? load.data : other;
        uint32_t done = qreg_read(&load.q, PCE_QREG_CQ_TAIL);

        for (uint32_t offset = 0; offset < length; offset += PAGE) {
            set_page(&m, load.data + offset, to + offset, READ_WRITE);
        }
        vtd_invalidate(&m);
        qtest_bufread(m.t->qts, from, before, length);
        /* The device goes on, with the other pages */
        wait_for(qreg_read(&load.q, PCE_QREG_CQ_TAIL) > done + 1);
        qtest_bufread(m.t->qts, from, after, length);
        g_assert_cmpmem(before, length, after, length);
    }
    g_assert_cmpuint(round, >, 1);
    check_fault(&m, NO_FAULT, 0);
    queue_command(&load.q, PCE_QCMD_RESET);
    wait_for(queue_state(&load.q) == PCE_QSTATE_STOPPED);
    pce_test_stop(m.t);
}

void pce_test_add_iommu(void)
{
    pce_test_add("iommu/translated", test_translated);
    pce_test_add("iommu/not-present", test_not_present);
    pce_test_add("iommu/permissions", test_permissions);
    pce_test_add("iommu/rings", test_rings);
    pce_test_add("iommu/remapped", test_remapped);
    pce_test_add("iommu/switched", test_switched);
    pce_test_add("iommu/pass-through", test_pass_through);
    pce_test_add("iommu/unmapped-under-load", test_unmapped_under_load);
}
