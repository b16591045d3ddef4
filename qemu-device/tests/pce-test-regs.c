/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of PCI identity, registers and properties.
 */
#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "hw/crypto/pce/tests/pce-test.h"

#define QUEUES 3

typedef struct Register {
    const char *name;
    uint32_t offset;
    uint32_t reset;
    uint32_t writable;          /* in state DISABLED, for queues */
    bool configuration;         /* writable in that state only */
} Register;

/* ALG_INFO is in test_capabilities() */
static const Register global_registers[] = {
    { "MAGIC", PCE_REG_MAGIC, PCE_MAGIC },
    { "VERSION", PCE_REG_VERSION, PCE_VERSION },
    { "FEATURES", PCE_REG_FEATURES,
      PCE_FEATURE_MODERATION | PCE_FEATURE_INTX | PCE_FEATURE_RANDOM },
    { "QUEUES", PCE_REG_QUEUES, QUEUES },
    { "RING_LIMITS", PCE_REG_RING_LIMITS,
      PCE_LIMIT_MIN_ORDER | PCE_LIMIT_MAX_ORDER << 8 },
    { "MAX_SEGMENTS", PCE_REG_MAX_SEGMENTS, PCE_LIMIT_SEGMENTS },
    { "MAX_LENGTH", PCE_REG_MAX_LENGTH, PCE_LIMIT_LENGTH },
    { "STATUS", PCE_REG_STATUS, PCE_DEV_READY },
    { "FATAL_CODE", PCE_REG_FATAL_CODE, 0 },
    { "EVENT", PCE_REG_EVENT, 0 },
    { "EVENT_ENABLE", PCE_REG_EVENT_ENABLE, 0, PCE_EVENT_ALL },
    { "EVENT_VECTOR", PCE_REG_EVENT_VECTOR, PCE_VECTOR_NONE, 0xffff },
    { "INTX_STATUS", PCE_REG_INTX_STATUS, 0 },
    { "FAULTED_LO", PCE_REG_FAULTED_LO, 0 },
    { "FAULTED_HI", PCE_REG_FAULTED_HI, 0 },
    { "INVAL_LO", PCE_REG_INVAL_LO, 0, ~0u },
    { "INVAL_HI", PCE_REG_INVAL_HI, 0, ~0u },
    { "INVAL_CMD", PCE_REG_INVAL_CMD, 0 },
};

static const Register queue_registers[] = {
    { "STATE", PCE_QREG_STATE, PCE_QSTATE_DISABLED },
    { "FAULT", PCE_QREG_FAULT, 0 },
    { "SIZE", PCE_QREG_SIZE, 0, PCE_QSIZE_SQ_ORDER | PCE_QSIZE_CQ_ORDER, true },
    { "SQ_LO", PCE_QREG_SQ_LO, 0, ~0u, true },
    { "SQ_HI", PCE_QREG_SQ_HI, 0, ~0u, true },
    { "CQ_LO", PCE_QREG_CQ_LO, 0, ~0u, true },
    { "CQ_HI", PCE_QREG_CQ_HI, 0, ~0u, true },
    { "SHADOW_LO", PCE_QREG_SHADOW_LO, 0, ~0u, true },
    { "SHADOW_HI", PCE_QREG_SHADOW_HI, 0, ~0u, true },
    { "VECTOR", PCE_QREG_VECTOR, PCE_VECTOR_NONE, 0xffff, true },
    { "MODERATION", PCE_QREG_MODERATION, 0, ~0u },
    { "SQ_HEAD", PCE_QREG_SQ_HEAD, 0 },
    { "CQ_TAIL", PCE_QREG_CQ_TAIL, 0 },
    { "DOORBELL", PCE_QREG_DOORBELL, 0 },
    { "CMD", PCE_QREG_CMD, 0 },
};

#define EACH_QUEUE "queues=" G_STRINGIFY(QUEUES)

static uint32_t expected(const Register *table, size_t n, uint32_t offset)
{
    for (size_t i = 0; i < n; i++) {
        if (table[i].offset == offset) {
            return table[i].reset;
        }
    }
    return 0;
}

static bool is_alg_info(uint32_t offset)
{
    return offset >= PCE_REG_ALG_INFO(0) &&
           offset < PCE_REG_ALG_INFO(PCE_LIMIT_ALGS);
}

/* Every word of the BAR, those between the registers and behind too */
static void check_reset_values(PceTest *t)
{
    uint32_t got, want;

    for (uint32_t off = 0; off < PCE_PAGE_SIZE; off += 4) {
        if (is_alg_info(off)) {
            continue;
        }
        got = reg_read(t, off);
        want = expected(global_registers, ARRAY_SIZE(global_registers), off);
        if (got != want) {
            g_error("register 0x%x: 0x%x, should be 0x%x", off, got, want);
        }
    }
    for (unsigned int page = 0; page < QUEUES; page++) {
        for (uint32_t off = 0; off < PCE_PAGE_SIZE; off += 4) {
            got = reg_read(t, PCE_QUEUE_PAGE(page) + off);
            want = expected(queue_registers, ARRAY_SIZE(queue_registers), off);
            if (got != want) {
                g_error("queue %u register 0x%x: 0x%x, should be 0x%x", page,
                        off, got, want);
            }
        }
    }
}

static void test_reset_values(const void *exec)
{
    PceTest *t = pce_test_start(exec, EACH_QUEUE);

    check_reset_values(t);
    pce_test_stop(t);
}

static void test_absent_queue(const void *exec)
{
    /* Three pages used, four in the BAR */
    PceTest *t = pce_test_start(exec, "queues=2");
    uint64_t page = PCE_QUEUE_PAGE(2);

    for (uint32_t off = 0; off < PCE_PAGE_SIZE; off += 4) {
        reg_write(t, page + off, ~0u);
        g_assert_cmphex(reg_read(t, page + off), ==, 0);
    }
    pce_test_stop(t);
}

static void check_access(PceTest *t, uint64_t page, const Register *reg,
                         bool configured)
{
    uint64_t addr = page + reg->offset;
    uint32_t before = reg_read(t, addr);
    uint32_t mask = configured && reg->configuration ? 0 : reg->writable;
    static const uint32_t patterns[] = { ~0u, 0, 0x5a5aa5a5, 0xa5a55a5a };

    for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
        /* A writable register lacks no bit that was set before */
        uint32_t want = mask ? patterns[i] & mask : before;
        uint32_t got;

        reg_write(t, addr, patterns[i]);
        got = reg_read(t, addr);
        if (got != want) {
            g_error("%s: 0x%x after writing 0x%x, should be 0x%x", reg->name,
                    got, patterns[i], want);
        }
    }
    reg_write(t, addr, before);
    g_assert_cmphex(reg_read(t, addr), ==, before);
}

static void check_queue_access(PceTest *t, unsigned int queue, bool configured)
{
    for (size_t i = 0; i < ARRAY_SIZE(queue_registers); i++) {
        /* What CMD does, to FAULT among others, is another test's subject */
        if (queue_registers[i].offset != PCE_QREG_CMD) {
            check_access(t, PCE_QUEUE_PAGE(queue), &queue_registers[i],
                         configured);
        }
    }
}

static void test_access(const void *exec)
{
    PceTest *t = pce_test_start(exec, EACH_QUEUE);
    PceTestQueue q;

    for (size_t i = 0; i < ARRAY_SIZE(global_registers); i++) {
        check_access(t, 0, &global_registers[i], false);
    }
    for (uint32_t alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
        const Register reg = { "ALG_INFO", PCE_REG_ALG_INFO(alg) };

        check_access(t, 0, &reg, false);
    }
    check_queue_access(t, 1, false);

    /* The configuration is locked in every other state */
    queue_start(t, &q, 2, 4, 4);
    g_assert_cmpuint(queue_state(&q), ==, PCE_QSTATE_RUNNING);
    check_queue_access(t, 2, true);
    queue_command(&q, PCE_QCMD_STOP);
    wait_for(queue_state(&q) == PCE_QSTATE_STOPPED);
    check_queue_access(t, 2, true);
    shadow_write(&q, SHADOW(sq_tail), 1000);
    queue_command(&q, PCE_QCMD_RUN);
    wait_for(queue_state(&q) == PCE_QSTATE_FAULT);
    check_queue_access(t, 2, true);
    queue_command(&q, PCE_QCMD_DELETE);
    g_assert_cmpuint(queue_state(&q), ==, PCE_QSTATE_DISABLED);
    g_assert_cmphex(qreg_read(&q, PCE_QREG_SQ_LO), ==, q.sq);
    check_queue_access(t, 2, false);
    pce_test_stop(t);
}

static void test_event_w1c(const void *exec)
{
    PceTest *t = pce_test_start(exec, EACH_QUEUE);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    queue_command(&q, PCE_QCMD_STOP);
    wait_for(reg_read(t, PCE_REG_EVENT) == PCE_EVENT_QUEUE_STOPPED);
    shadow_write(&q, SHADOW(sq_tail), 1000);
    queue_command(&q, PCE_QCMD_RUN);
    wait_for(reg_read(t, PCE_REG_EVENT) ==
             (PCE_EVENT_QUEUE_STOPPED | PCE_EVENT_QUEUE_FAULT));
    reg_write(t, PCE_REG_EVENT, PCE_EVENT_QUEUE_STOPPED);
    g_assert_cmphex(reg_read(t, PCE_REG_EVENT), ==, PCE_EVENT_QUEUE_FAULT);
    reg_write(t, PCE_REG_EVENT, 0);
    g_assert_cmphex(reg_read(t, PCE_REG_EVENT), ==, PCE_EVENT_QUEUE_FAULT);
    reg_write(t, PCE_REG_EVENT, ~0u);
    g_assert_cmphex(reg_read(t, PCE_REG_EVENT), ==, 0);
    pce_test_stop(t);
}

/* Bytes, words and crooked addresses read as 0 and write nothing */
static void test_sizes(const void *exec)
{
    PceTest *t = pce_test_start(exec, EACH_QUEUE);
    const uint64_t reg = REGS_BASE + PCE_REG_INVAL_LO;

    for (int i = 0; i < 4; i++) {
        g_assert_cmphex(qtest_readb(t->qts, REGS_BASE + i), ==, 0);
        qtest_writeb(t->qts, reg + i, 0xff);
        qtest_writew(t->qts, reg + i, 0xffff);
    }
    g_assert_cmphex(qtest_readw(t->qts, REGS_BASE), ==, 0);
    g_assert_cmphex(qtest_readw(t->qts, REGS_BASE + 2), ==, 0);
    for (int i = 1; i < 4; i++) {
        g_assert_cmphex(qtest_readl(t->qts, REGS_BASE + i), ==, 0);
        qtest_writel(t->qts, reg + i, ~0u);
        g_assert_cmphex(qtest_readq(t->qts, REGS_BASE + i), ==, 0);
        qtest_writeq(t->qts, reg + i, ~0ull);
    }
    g_assert_cmphex(qtest_readq(t->qts, REGS_BASE + 4), ==, 0);
    qtest_writeq(t->qts, reg + 4, ~0ull);
    g_assert_cmphex(reg_read(t, PCE_REG_INVAL_LO), ==, 0);
    g_assert_cmphex(reg_read(t, PCE_REG_INVAL_HI), ==, 0);

    /* 64 bits, aligned, are two registers */
    g_assert_cmphex(qtest_readq(t->qts, REGS_BASE), ==,
                    PCE_MAGIC | (uint64_t)PCE_VERSION << 32);
    qtest_writeq(t->qts, reg, 0x0123456789abcdefull);
    g_assert_cmphex(reg_read(t, PCE_REG_INVAL_LO), ==, 0x89abcdef);
    g_assert_cmphex(reg_read(t, PCE_REG_INVAL_HI), ==, 0x01234567);
    g_assert_cmphex(qtest_readq(t->qts, reg), ==, 0x0123456789abcdefull);
    pce_test_stop(t);
}

static void test_identity(const void *exec)
{
    PceTest *t = pce_test_start_port(exec, EACH_QUEUE);
    uint8_t pm = pce_test_capability(t, PCI_CAP_ID_PM);
    uint8_t exp = pce_test_capability(t, PCI_CAP_ID_EXP);
    uint8_t msix = pce_test_capability(t, PCI_CAP_ID_MSIX);

    g_assert_cmphex(qpci_config_readw(t->dev, PCI_VENDOR_ID), ==,
                    PCE_PCI_VENDOR_ID);
    g_assert_cmphex(qpci_config_readw(t->dev, PCI_DEVICE_ID), ==,
                    PCE_PCI_DEVICE_ID);
    g_assert_cmphex(qpci_config_readl(t->dev, PCI_CLASS_REVISION), ==,
                    PCE_PCI_CLASS << 16 | PCE_PCI_REVISION);
    g_assert_cmphex(qpci_config_readb(t->dev, PCI_INTERRUPT_PIN), ==, 1);
    g_assert_cmphex(qpci_config_readw(t->dev, pm + PCI_PM_CTRL) &
                    PCI_PM_CTRL_NO_SOFT_RESET, ==, 0);
    g_assert_cmphex((qpci_config_readw(t->dev, exp + PCI_EXP_FLAGS) &
                     PCI_EXP_FLAGS_TYPE) >> 4, ==, PCI_EXP_TYPE_ENDPOINT);
    g_assert_cmphex(qpci_config_readl(t->dev, exp + PCI_EXP_DEVCAP) &
                    PCI_EXP_DEVCAP_FLR, !=, 0);
    g_assert_cmphex(qpci_config_readw(t->dev, msix + PCI_MSIX_FLAGS), ==,
                    QUEUES);
    g_assert_cmphex(qpci_config_readl(t->dev, msix + PCI_MSIX_TABLE) &
                    PCI_MSIX_FLAGS_BIRMASK, ==, PCE_BAR_MSIX);
    pce_test_stop(t);
}

/* --- What the properties make of the registers ------------------------ */

static void check_register(const char *exec, const char *options, uint32_t reg,
                           uint32_t want)
{
    PceTest *t = pce_test_start(exec, options);

    g_assert_cmphex(reg_read(t, reg), ==, want);
    pce_test_stop(t);
}

#define KEY_128 (PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_128)
#define KEY_192 (PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_192)
#define KEY_256 (PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_256)
#define KEY_ANY (KEY_128 | KEY_192 | KEY_256)
#define PARTS (PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_MULTIPART)

/* What the device has of each algorithm of the specification */
static uint32_t whole_alg_info(uint32_t alg)
{
    switch (alg) {
    case PCE_ALG_AES_XTS:
        return KEY_ANY | PCE_ALG_INFO_DATA_UNITS;
    case PCE_ALG_SM4_XTS:
        return KEY_128 | PCE_ALG_INFO_DATA_UNITS;
    case PCE_ALG_AES_ECB ... PCE_ALG_AES_CTR:
    case PCE_ALG_AES_CBC_CTS ... PCE_ALG_AES_ESSIV:
    case PCE_ALG_AES_GCM ... PCE_ALG_AES_CCM:
    case PCE_ALG_AUTHENC_AES_CBC ... PCE_ALG_AUTHENC_AES_ESSIV:
        return KEY_ANY;
    case PCE_ALG_SM4_ECB ... PCE_ALG_SM4_CTR:
        return KEY_128;
    case PCE_ALG_DES3_ECB ... PCE_ALG_DES3_CBC:
        return KEY_192;
    case PCE_ALG_CHACHA20 ... PCE_ALG_XCHACHA12:
    case PCE_ALG_CHACHA20_POLY1305:
        return KEY_256;
    case PCE_ALG_SHA1 ... PCE_ALG_SM3:
    case PCE_ALG_HMAC_SHA1 ... PCE_ALG_HMAC_SM3:
        return PARTS;
    case PCE_ALG_AES_CMAC:
        return PARTS | KEY_ANY;
    case PCE_ALG_AES_XCBC:
        return PARTS | KEY_128;
    default:
        return 0;
    }
}

static void test_capabilities(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);

    for (uint32_t alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
        g_assert_cmphex(reg_read(t, PCE_REG_ALG_INFO(alg)), ==,
                        whole_alg_info(alg));
    }
    pce_test_stop(t);

    check_register(exec, "queues=64", PCE_REG_QUEUES, 64);
    check_register(exec, "min-queue-order=3,max-queue-order=5",
                   PCE_REG_RING_LIMITS, 3 | 5 << 8);
    check_register(exec, "max-segments=1", PCE_REG_MAX_SEGMENTS, 1);
    check_register(exec, "max-length=4096", PCE_REG_MAX_LENGTH, 4096);
    check_register(exec, "moderation=off,random=off", PCE_REG_FEATURES,
                   PCE_FEATURE_INTX);
    check_register(exec, "x-version=0x00020000", PCE_REG_VERSION, 0x00020000);
    check_register(exec, "algs=aes-ecb:sm4-*",
                   PCE_REG_ALG_INFO(PCE_ALG_AES_CBC), 0);
    check_register(exec, "algs=aes-ecb:sm4-*",
                   PCE_REG_ALG_INFO(PCE_ALG_SM4_CTR), KEY_128);
    check_register(exec, "key-sizes=0", PCE_REG_ALG_INFO(PCE_ALG_AES_CBC), 0);
    check_register(exec, "key-sizes=0", PCE_REG_ALG_INFO(PCE_ALG_SHA256),
                   PARTS);
    check_register(exec, "key-sizes=5,data-units=off",
                   PCE_REG_ALG_INFO(PCE_ALG_AES_CBC), PCE_ALG_INFO_PRESENT |
                   PCE_ALG_INFO_KEY_128 | PCE_ALG_INFO_KEY_256);
}

static void test_no_moderation(const void *exec)
{
    PceTest *t = pce_test_start(exec, "moderation=off");
    const Register reg = { "MODERATION", PCE_QREG_MODERATION };

    check_access(t, PCE_QUEUE_PAGE(0), &reg, false);
    pce_test_stop(t);
}

/* Each is refused with an error, and the machine lives on */
static void test_bad_properties(const void *exec)
{
    static const struct {
        const char *property;
        int value;
    } bad[] = {
        { "queues", 0 }, { "queues", 65 },
        { "workers", 0 }, { "workers", 9 },
        { "vectors", 2049 },
        { "poll-us", 10001 },
        { "min-queue-order", 1 }, { "min-queue-order", 13 },
        { "max-queue-order", 1 }, { "max-queue-order", 13 },
        { "max-segments", 0 }, { "max-segments", 1025 },
        { "max-length", 4095 }, { "max-length", (16 << 20) + 1 },
        { "key-sizes", 8 },
        { "key-cache", 65537 },
        { "request-us", 10000001 },
        { "bandwidth", 999 },
    };
    QTestState *qts = qtest_init("-M q35 -m 64M -nodefaults "
                                 "-device pcie-root-port,id=rp0,addr=4.0");
    QDict *args, *error;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        args = qdict_new();
        qdict_put_str(args, "driver", "pce");
        qdict_put_str(args, "bus", "rp0");
        qdict_put_str(args, "exec", exec);
        qdict_put_int(args, bad[i].property, bad[i].value);
        error = qtest_qmp_assert_failure_ref(qts, "{ 'execute': 'device_add',"
                                             "  'arguments': %p }", args);
        g_assert_nonnull(strstr(qdict_get_str(error, "desc"),
                                bad[i].property));
        qobject_unref(error);
    }
    error = qtest_qmp_assert_failure_ref(qts, "{ 'execute': 'device_add',"
                                         "  'arguments': { 'driver': 'pce',"
                                         "    'bus': 'rp0',"
                                         "    'exec': 'sideways' } }");
    g_assert_nonnull(strstr(qdict_get_str(error, "desc"), "sideways"));
    qobject_unref(error);
    error = qtest_qmp_assert_failure_ref(qts, "{ 'execute': 'device_add',"
                                         "  'arguments': { 'driver': 'pce',"
                                         "    'bus': 'rp0',"
                                         "    'backend': 'abacus' } }");
    g_assert_nonnull(strstr(qdict_get_str(error, "desc"), "abacus"));
    qobject_unref(error);
    qtest_quit(qts);
}

void pce_test_add_regs(void)
{
    pce_test_add("regs/identity", test_identity);
    pce_test_add("regs/reset-values", test_reset_values);
    pce_test_add("regs/absent-queue", test_absent_queue);
    pce_test_add("regs/access", test_access);
    pce_test_add("regs/event-w1c", test_event_w1c);
    pce_test_add("regs/sizes", test_sizes);
    pce_test_add("regs/capabilities", test_capabilities);
    pce_test_add("regs/no-moderation", test_no_moderation);
    pce_test_add("regs/bad-properties", test_bad_properties);
}
