/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest.  Nothing secret is left in QEMU's memory: no IV,
 * text or state after a request, no key once it is invalidated or the device is
 * reset or gone.
 *
 * Guest memory is a file that is mapped here too, and every secret gets in and
 * out by it: qtest's own commands would leave copies in QEMU.
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <sys/mman.h>
#include "qemu/atomic.h"
#include "qemu/units.h"
#include "hw/crypto/pce/tests/pce-test.h"

static const uint8_t key[PCE_CONTEXT_KEY_SIZE] = {
    0x8b, 0x30, 0x53, 0x6b, 0x0f, 0xf5, 0x36, 0x03,
    0x52, 0xd6, 0xf6, 0xdd, 0x5f, 0xdb, 0x51, 0x54,
    0xd4, 0x05, 0xc2, 0xfe, 0xf7, 0xab, 0x5a, 0x86,
    0x03, 0x26, 0x79, 0x8e, 0xb1, 0x55, 0xd0, 0xac,
};

/* Of the first 16 bytes of it as a key of AES: FIPS 197, 5.2 */
static const uint8_t round_key[] = {
    0x33, 0xe1, 0x73, 0xa4, 0x3c, 0x14, 0x45, 0xa7,
};

/* The first byte is that of CCM, where a nonce of 12 bytes follows */
static const uint8_t iv[PCE_INDIRECT_IV_SIZE] = {
    0x02, 0x27, 0x25, 0x12, 0x66, 0x84, 0xc9, 0x5b,
    0xd0, 0x6d, 0x7f, 0xf7, 0xd5,
};

/* Again and again in all text */
static const uint8_t marker[] = {
    0x94, 0x26, 0x5d, 0xab, 0x36, 0x45, 0xd4, 0x08,
};

#define AAD_LENGTH   20
#define TEXT_LENGTH  4112
#define TAG_LENGTH   16

/* Data areas lie in two pieces, of which the first is this long */
#define AREA_SIZE    0x4000
#define AREA_SPLIT   37
#define AREA_SECOND  0x1000

typedef struct Kind {
    uint8_t opcode;
    uint8_t alg;
    uint8_t key_length;
    uint8_t auth_alg;
    uint8_t auth_length;                /* of tag or digest */
    uint8_t iv_length;
} Kind;

static const Kind kinds[] = {
    { PCE_OP_CIPHER, PCE_ALG_AES_ECB, 16 },
    { PCE_OP_CIPHER, PCE_ALG_AES_CBC, 16, .iv_length = 16 },
    { PCE_OP_CIPHER, PCE_ALG_AES_CTR, 32, .iv_length = 16 },
    { PCE_OP_CIPHER, PCE_ALG_AES_XTS, 32, .iv_length = 16 },
    { PCE_OP_CIPHER, PCE_ALG_AES_CBC_CTS, 16, .iv_length = 16 },
    { PCE_OP_CIPHER, PCE_ALG_AES_LRW, 32, .iv_length = 16 },
    { PCE_OP_CIPHER, PCE_ALG_AES_ESSIV, 16, .iv_length = 16 },
    { PCE_OP_CIPHER, PCE_ALG_DES3_CBC, 24, .iv_length = 16 },
    { PCE_OP_CIPHER, PCE_ALG_CHACHA20, 32, .iv_length = 16 },
    { PCE_OP_CIPHER, PCE_ALG_XCHACHA20, 32, .iv_length = 32 },
    { PCE_OP_CIPHER, PCE_ALG_XCHACHA12, 32, .iv_length = 32 },
    { PCE_OP_AEAD, PCE_ALG_AES_GCM, 16, 0, TAG_LENGTH, 12 },
    { PCE_OP_AEAD, PCE_ALG_AES_CCM, 16, 0, TAG_LENGTH, 13 },
    { PCE_OP_AEAD, PCE_ALG_CHACHA20_POLY1305, 32, 0, TAG_LENGTH, 12 },
    { PCE_OP_AEAD, PCE_ALG_AUTHENC_AES_CBC, 16, PCE_ALG_HMAC_SHA256,
      TAG_LENGTH, 16 },
    { PCE_OP_AEAD, PCE_ALG_AUTHENC_AES_CTR, 32, PCE_ALG_HMAC_SHA512,
      TAG_LENGTH, 16 },
    { PCE_OP_HASH, PCE_ALG_SHA1, .auth_length = 20 },
    { PCE_OP_HASH, PCE_ALG_SHA256, .auth_length = 32 },
    { PCE_OP_HASH, PCE_ALG_SHA512, .auth_length = 64 },
    { PCE_OP_HASH, PCE_ALG_SHA3_256, .auth_length = 32 },
    { PCE_OP_HASH, PCE_ALG_SM3, .auth_length = 32 },
    { PCE_OP_MAC, PCE_ALG_HMAC_SHA1, .auth_length = 20 },
    { PCE_OP_MAC, PCE_ALG_HMAC_SHA256, .auth_length = 32 },
    { PCE_OP_MAC, PCE_ALG_HMAC_SHA512, .auth_length = 64 },
    { PCE_OP_MAC, PCE_ALG_HMAC_SHA3_256, .auth_length = 32 },
    { PCE_OP_MAC, PCE_ALG_AES_CMAC, 16, .auth_length = 16 },
    { PCE_OP_MAC, PCE_ALG_AES_XCBC, 16, .auth_length = 16 },
    { PCE_OP_RANDOM },
};

static const char *const backends[] = { "gcrypt", "nettle" };

typedef struct Secret {
    const char *what;
    uint8_t bytes[8];
} Secret;

typedef struct Wipe {
    PceTest *t;
    PceTestQueue q;
    struct stat file;                   /* guest memory ... */
    uint8_t *ram;                       /* ... as we see it */
    uint64_t ctx[ARRAY_SIZE(kinds)];
    uint64_t data[3];                   /* areas */
    uint64_t tables;                    /* one for each area */
    uint64_t state;
    uint64_t iv;
    GArray *secrets;                    /* that no request may leave */
    GArray *keys;                       /* that no cache may leave */
} Wipe;

/* --- Searching -------------------------------------------------------- */

/* As it is, and as a library on a little-endian machine might hold it */
static void add_secret(GArray *secrets, const char *what, const uint8_t *bytes)
{
    Secret secret = { .what = what };

    memcpy(secret.bytes, bytes, sizeof(secret.bytes));
    g_array_append_val(secrets, secret);
    for (int i = 0; i < 8; i++) {
        secret.bytes[i] = bytes[i ^ 3];
    }
    g_array_append_val(secrets, secret);
    for (int i = 0; i < 8; i++) {
        secret.bytes[i] = bytes[i ^ 7];
    }
    g_array_append_val(secrets, secret);
}

/* Says where each of them is, and returns how many there are */
static unsigned int find(const uint8_t *bytes, size_t length, GArray *secrets,
                         uint64_t address, const char *where)
{
    unsigned int found = 0;

    for (guint i = 0; i < secrets->len; i++) {
        Secret *secret = &g_array_index(secrets, Secret, i);
        const uint8_t *hit = memmem(bytes, length, secret->bytes,
                                    sizeof(secret->bytes));

        if (hit) {
            g_test_message("%s at 0x%" PRIx64 " of %s", secret->what,
                           address + (hit - bytes), where);
            found++;
        }
    }
    return found;
}

/* In a part of QEMU's memory; what cannot be read is not memory */
static unsigned int find_in_range(int mem, uint64_t start, uint64_t end,
                                  GArray *secrets, const char *where)
{
    const size_t overlap = sizeof(((Secret *)0)->bytes) - 1;
    g_autofree uint8_t *buf = g_malloc(1 * MiB);
    unsigned int found = 0;
    ssize_t n;

    while (start + overlap < end) {
        n = pread(mem, buf, MIN(end - start, 1 * MiB), start);
        if (n <= (ssize_t)overlap) {
            break;
        }
        found += find(buf, n, secrets, start, where);
        start += n - overlap;
    }
    return found;
}

/* In all memory that QEMU can write to, but the guest's */
static unsigned int find_in_qemu(Wipe *w, GArray *secrets)
{
    pid_t pid = qtest_pid(w->t->qts);
    g_autofree char *maps_name = g_strdup_printf("/proc/%d/maps", pid);
    g_autofree char *mem_name = g_strdup_printf("/proc/%d/mem", pid);
    int mem = open(mem_name, O_RDONLY);
    g_autofree char *maps = NULL;
    g_auto(GStrv) lines = NULL;
    unsigned int found = 0;

    g_assert_cmpint(mem, >=, 0);
    g_assert_true(g_file_get_contents(maps_name, &maps, NULL, NULL));
    lines = g_strsplit(maps, "\n", -1);
    for (char **line = lines; **line; line++) {
        uint64_t start, end, inode;
        char access[5];

        g_assert_cmpint(sscanf(*line, "%" SCNx64 "-%" SCNx64
                               " %4s %*s %*s %" SCNu64, &start, &end, access,
                               &inode), ==, 4);
        if (access[1] == 'w' && inode != w->file.st_ino) {
            found += find_in_range(mem, start, end, secrets, *line);
        }
    }
    close(mem);
    return found;
}

static void expect_none(Wipe *w, GArray *secrets)
{
    g_assert_cmpuint(find_in_qemu(w, secrets), ==, 0);
}

/* --- The machine ------------------------------------------------------ */

static Wipe *wipe_start(const char *exec, const char *backend)
{
    Wipe *w = g_new0(Wipe, 1);
    g_autofree char *options = NULL, *name = NULL;
    int fd = g_file_open_tmp("pce-test-XXXXXX", &name, NULL);

    g_assert_cmpint(fd, >=, 0);
    options = g_strdup_printf("backend=%s -machine memory-backend=ram "
                              "-object memory-backend-file,id=ram,size=256M,"
                              "share=on,mem-path=%s", backend, name);
    w->t = pce_test_start_port(exec, options);
    g_assert_cmpint(fstat(fd, &w->file), ==, 0);
    w->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    g_assert_true(w->ram != MAP_FAILED);
    close(fd);
    g_unlink(name);

    queue_start(w->t, &w->q, 0, 4, 4);
    for (size_t i = 0; i < ARRAY_SIZE(w->ctx); i++) {
        w->ctx[i] = pce_test_alloc(w->t, sizeof(struct pce_context));
    }
    for (size_t i = 0; i < ARRAY_SIZE(w->data); i++) {
        w->data[i] = pce_test_alloc(w->t, AREA_SIZE);
    }
    w->tables = pce_test_alloc(w->t, 4096);
    w->state = pce_test_alloc(w->t, sizeof(struct pce_hash_state));
    w->iv = pce_test_alloc(w->t, sizeof(iv));
    memcpy(w->ram + w->iv, iv, sizeof(iv));

    w->secrets = g_array_new(false, false, sizeof(Secret));
    w->keys = g_array_new(false, false, sizeof(Secret));
    add_secret(w->secrets, "IV", iv + 2);
    add_secret(w->secrets, "text", marker);
    add_secret(w->keys, "key", key);
    add_secret(w->keys, "second key of XTS", key + 16);
    add_secret(w->keys, "round key", round_key);
    return w;
}

static void wipe_stop(Wipe *w)
{
    munmap(w->ram, RAM_SIZE);
    pce_test_stop(w->t);
    g_array_unref(w->secrets);
    g_array_unref(w->keys);
    g_free(w);
}

/* As queue_do(), but by our own mapping */
static void execute(Wipe *w, const struct pce_sqe *sqe)
{
    PceTestQueue *q = &w->q;
    uint32_t slot = q->sq_tail & ((1u << q->sq_order) - 1);
    struct pce_sqe *entry = (void *)(w->ram + q->sq + slot * sizeof(*sqe));
    struct pce_cqe *cqe = (void *)(w->ram + q->cq + slot * sizeof(*cqe));
    uint32_t phase = pce_phase(q->sq_tail, q->sq_order) ? PCE_CQE_PHASE : 0;

    *entry = *sqe;
    entry->flags |= phase ? PCE_SQE_PHASE : 0;
    q->sq_tail++;
    queue_publish(q);
    wait_for((le32_to_cpu(qatomic_load_acquire(&cqe->ctrl)) &
              PCE_CQE_PHASE) == phase);
    g_test_message("opcode %u, context 0x%" PRIx64 ", op_flags 0x%x: status "
                   "0x%x, detail 0x%x", sqe->opcode, le64_to_cpu(sqe->ctx),
                   le16_to_cpu(sqe->op_flags), cqe_status(cqe),
                   le32_to_cpu(cqe->detail));
    g_assert_cmphex(cqe_status(cqe), ==, PCE_STATUS_OK);
    q->cq_head++;
    shadow_write(q, SHADOW(cq_head), q->cq_head);
}

/* The worker is out of what it has executed */
static void rest(Wipe *w)
{
    queue_command(&w->q, PCE_QCMD_STOP);
    wait_for(queue_state(&w->q) == PCE_QSTATE_STOPPED);
}

/* --- Requests --------------------------------------------------------- */

static void fill_area(Wipe *w, unsigned int area)
{
    for (unsigned int i = 0; i < AREA_SIZE; i += sizeof(marker)) {
        memcpy(w->ram + w->data[area] + i, marker, sizeof(marker));
    }
}

static uint64_t make_table(Wipe *w, unsigned int area)
{
    uint64_t addr = w->tables + area * 2 * sizeof(struct pce_segment);
    struct pce_segment *table = (void *)(w->ram + addr);

    table[0] = (struct pce_segment) {
        .addr = cpu_to_le64(w->data[area]),
        .length = cpu_to_le32(AREA_SPLIT),
    };
    table[1] = (struct pce_segment) {
        .addr = cpu_to_le64(w->data[area] + AREA_SECOND),
        .length = cpu_to_le32(AREA_SIZE - AREA_SECOND),
    };
    return addr;
}

static void set_src(Wipe *w, struct pce_sqe *sqe, unsigned int area)
{
    sqe->flags |= PCE_SQE_SRC_TABLE;
    sqe->src = cpu_to_le64(make_table(w, area));
    sqe->src_segments = cpu_to_le16(2);
}

static void set_dst(Wipe *w, struct pce_sqe *sqe, unsigned int area)
{
    sqe->flags |= PCE_SQE_DST_TABLE;
    sqe->dst = cpu_to_le64(make_table(w, area));
    sqe->dst_segments = cpu_to_le16(2);
}

static void set_context(Wipe *w, struct pce_sqe *sqe, size_t i)
{
    struct pce_context *ctx = (void *)(w->ram + w->ctx[i]);
    bool hmac = kinds[i].alg >= PCE_ALG_HMAC_SHA1 &&
                kinds[i].alg <= PCE_ALG_HMAC_SM3;

    *ctx = (struct pce_context) {
        .generation = cpu_to_le32(1),
        .alg = kinds[i].alg,
        .key_length = kinds[i].key_length,
        .auth_alg = kinds[i].auth_alg,
        .auth_key_length = hmac || kinds[i].auth_alg ? 32 : 0,
    };
    memcpy(ctx->key, key, ctx->key_length);
    memcpy(ctx->auth_key, key, ctx->auth_key_length);
    sqe->ctx = cpu_to_le64(w->ctx[i]);
    sqe->ctx_generation = cpu_to_le32(1);
}

static void set_iv(Wipe *w, struct pce_sqe *sqe, const Kind *kind)
{
    if (kind->iv_length <= sizeof(sqe->iv)) {
        memcpy(sqe->iv, iv, kind->iv_length);
    } else {
        sqe->flags |= PCE_SQE_IV_INDIRECT;
        stq_le_p(sqe->iv, w->iv);
    }
}

/* From area 0 to area 1, and back to area 2 */
static void do_cipher(Wipe *w, size_t i)
{
    struct pce_sqe sqe = {
        .opcode = kinds[i].opcode,
        .length = cpu_to_le32(TEXT_LENGTH),
        .auth_length = kinds[i].auth_length,
    };

    if (kinds[i].opcode == PCE_OP_AEAD) {
        sqe.aad_length = cpu_to_le32(AAD_LENGTH);
    }
    set_context(w, &sqe, i);
    set_iv(w, &sqe, &kinds[i]);
    fill_area(w, 0);
    set_src(w, &sqe, 0);
    set_dst(w, &sqe, 1);
    execute(w, &sqe);

    sqe.flags |= PCE_SQE_DECRYPT;
    memset(w->ram + w->data[2], 0, AREA_SIZE);
    set_src(w, &sqe, 1);
    set_dst(w, &sqe, 2);
    execute(w, &sqe);
    g_assert_cmpmem(w->ram + w->data[0], AREA_SPLIT,
                    w->ram + w->data[2], AREA_SPLIT);
    g_assert_cmpmem(w->ram + w->data[0] + AREA_SECOND,
                    TEXT_LENGTH - AREA_SPLIT,
                    w->ram + w->data[2] + AREA_SECOND,
                    TEXT_LENGTH - AREA_SPLIT);
}

/* In one part, then in two, if the device does that */
static void do_hash(Wipe *w, size_t i)
{
    uint32_t info = reg_read(w->t, PCE_REG_ALG_INFO(kinds[i].alg));
    uint16_t alg = kinds[i].opcode == PCE_OP_HASH ? kinds[i].alg << 8 : 0;
    struct pce_sqe sqe = {
        .opcode = kinds[i].opcode,
        .dst = cpu_to_le64(w->state),
        .length = cpu_to_le32(TEXT_LENGTH + 5),
    };

    if (kinds[i].opcode == PCE_OP_MAC) {
        set_context(w, &sqe, i);
    }
    fill_area(w, 0);
    set_src(w, &sqe, 0);
    if (info & PCE_ALG_INFO_MULTIPART) {
        sqe.op_flags = cpu_to_le16(alg | PCE_HASH_FIRST);
        execute(w, &sqe);
        add_secret(w->secrets, "chaining value", w->ram + w->state);
        sqe.op_flags = cpu_to_le16(alg | PCE_HASH_LAST);
        sqe.auth_length = kinds[i].auth_length;
        execute(w, &sqe);
    }
    sqe.op_flags = cpu_to_le16(alg | PCE_HASH_FIRST | PCE_HASH_LAST);
    sqe.auth_length = kinds[i].auth_length;
    execute(w, &sqe);
}

/* What the guest was given is nobody else's */
static void do_random(Wipe *w)
{
    struct pce_sqe sqe = {
        .opcode = PCE_OP_RANDOM,
        .length = cpu_to_le32(TEXT_LENGTH),
    };

    set_dst(w, &sqe, 1);
    execute(w, &sqe);
    add_secret(w->secrets, "random bytes", w->ram + w->data[1]);
    add_secret(w->secrets, "random bytes",
               w->ram + w->data[1] + AREA_SECOND + TEXT_LENGTH - 64);
}

static bool is_offered(Wipe *w, const Kind *kind)
{
    if (kind->opcode == PCE_OP_RANDOM) {
        return reg_read(w->t, PCE_REG_FEATURES) & PCE_FEATURE_RANDOM;
    }
    return reg_read(w->t, PCE_REG_ALG_INFO(kind->alg)) & PCE_ALG_INFO_PRESENT;
}

static void do_kind(Wipe *w, size_t i)
{
    switch (kinds[i].opcode) {
    case PCE_OP_CIPHER:
    case PCE_OP_AEAD:
        do_cipher(w, i);
        break;
    case PCE_OP_RANDOM:
        do_random(w);
        break;
    default:
        do_hash(w, i);
        break;
    }
}

/* --- The tests -------------------------------------------------------- */

static void expect_key(Wipe *w, const char *what)
{
    g_autoptr(GArray) one = g_array_new(false, false, sizeof(Secret));
    guint i = 0;

    while (strcmp(g_array_index(w->keys, Secret, i).what, what)) {
        i++;
    }
    g_array_append_val(one, g_array_index(w->keys, Secret, i));
    g_assert_cmpuint(find_in_qemu(w, one), >, 0);
}

/* What is searched for is found where it must be, so the search is good */
static void expect_found(Wipe *w)
{
    g_assert_cmpuint(find(w->ram + w->data[0], AREA_SIZE, w->secrets,
                          w->data[0], "guest memory"), >, 0);
    g_assert_cmpuint(find(w->ram + w->iv, sizeof(iv), w->secrets, w->iv,
                          "guest memory"), >, 0);
    expect_key(w, "key");
    expect_key(w, "second key of XTS");
    expect_key(w, "round key");
}

/* After each request: nothing but the key is left of it */
static void test_requests(const void *exec)
{
    for (size_t b = 0; b < ARRAY_SIZE(backends); b++) {
        Wipe *w = wipe_start(exec, backends[b]);
        guint common = w->secrets->len;

        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
            if (!is_offered(w, &kinds[i])) {
                continue;
            }
            do_kind(w, i);
            rest(w);
            expect_none(w, w->secrets);
            g_array_set_size(w->secrets, common);
            queue_command(&w->q, PCE_QCMD_RUN);
        }
        wipe_stop(w);
    }
}

/* Keys of all kinds are there, and then they are not */
static void test_keys(const void *exec, void (*forget)(Wipe *w))
{
    for (size_t b = 0; b < ARRAY_SIZE(backends); b++) {
        Wipe *w = wipe_start(exec, backends[b]);

        expect_none(w, w->keys);
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
            if (is_offered(w, &kinds[i])) {
                do_kind(w, i);
            }
        }
        rest(w);
        expect_found(w);
        forget(w);
        expect_none(w, w->keys);
        expect_none(w, w->secrets);
        wipe_stop(w);
    }
}

static void invalidate_contexts(Wipe *w)
{
    for (size_t i = 0; i < ARRAY_SIZE(w->ctx); i++) {
        reg_write(w->t, PCE_REG_INVAL_LO, w->ctx[i]);
        reg_write(w->t, PCE_REG_INVAL_HI, w->ctx[i] >> 32);
        reg_write(w->t, PCE_REG_INVAL_CMD, PCE_INVAL_CONTEXT);
    }
}

static void invalidate_all(Wipe *w)
{
    reg_write(w->t, PCE_REG_INVAL_CMD, PCE_INVAL_ALL);
}

static void reset(Wipe *w)
{
    reg_write(w->t, PCE_REG_CTRL, PCE_CTRL_RESET);
    wait_for(reg_read(w->t, PCE_REG_STATUS) == PCE_DEV_READY);
}

static void flr(Wipe *w)
{
    pce_test_flr(w->t);
}

static void machine_stop(Wipe *w)
{
    qtest_qmp_assert_success(w->t->qts, "{ 'execute': 'stop' }");
}

static void unplug(Wipe *w)
{
    pce_test_unplug(w->t);
}

/* By the fault plan: nobody was asked */
static void pull(Wipe *w)
{
    const struct pce_sqe sqe = nop_sqe(1);

    set_plan(w->t, "unplug nth=1");
    queue_command(&w->q, PCE_QCMD_RUN);
    queue_put(&w->q, &sqe);
    queue_publish(&w->q);
    wait_for(reg_read(w->t, PCE_REG_MAGIC) == UINT32_MAX);
}

static void test_invalidate_contexts(const void *exec)
{
    test_keys(exec, invalidate_contexts);
}

static void test_invalidate_all(const void *exec)
{
    test_keys(exec, invalidate_all);
}

static void test_reset(const void *exec)
{
    test_keys(exec, reset);
}

static void test_flr(const void *exec)
{
    test_keys(exec, flr);
}

static void test_machine_stopped(const void *exec)
{
    test_keys(exec, machine_stop);
}

static void test_unplug(const void *exec)
{
    test_keys(exec, unplug);
}

static void test_pulled(const void *exec)
{
    test_keys(exec, pull);
}

void pce_test_add_wipe(void)
{
    pce_test_add("wipe/requests", test_requests);
    pce_test_add("wipe/invalidate-contexts", test_invalidate_contexts);
    pce_test_add("wipe/invalidate-all", test_invalidate_all);
    pce_test_add("wipe/reset", test_reset);
    pce_test_add("wipe/flr", test_flr);
    pce_test_add("wipe/machine-stopped", test_machine_stopped);
    pce_test_add("wipe/unplug", test_unplug);
    pce_test_add("wipe/pulled", test_pulled);
}
