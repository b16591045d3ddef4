/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plugin of QEMU's TCG: counts, exactly, what a guest executes between two
 * markers.
 *
 *   -plugin count.so,out=FILE[,contexts=FILE]
 *
 * Markers are no-operations of the guest's kernel, nopl imm32(%rax,%rax,1)
 * with MARK_BEGIN or MARK_END for imm32.  The first begin switches the counting
 * on: until then the guest runs at nearly its usual speed.  Each end after a
 * later begin appends a section to `out`:
 *
 *   section N
 *   user COUNT                   instructions outside the kernel
 *   copied BYTES                 by string instructions of the kernel, which is
 *                                what its memcpy() is made of
 *   context NAME COUNT           kernel instructions in interrupts
 *   insn ADDRESS COUNT           how often the instruction there was executed
 *   io DEVICE ADDRESS r|w COUNT  accesses to registers, by physical address
 *   allocations TID COUNT NAME   of a thread of QEMU, with allocations.c
 *   end N
 *
 * `contexts` is read when the counting is switched on; the guest may write it
 * until then.  Its lines, ADDRESS KIND, tell by what instruction a CPU enters
 * or leaves an interrupt: see enum context_kind.
 *
 * The counter of an instruction is advanced by code that is part of its
 * translation.  Counting by translation block would count what a block did not
 * get to: accesses to devices and exceptions end it early.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qemu-plugin.h>

#include "allocations.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

#define MARK_BEGIN      0x50434501
#define MARK_END        0x50434502

/* Different instructions of one run, and with them 8 bytes for each CPU */
#define MAX_SLOTS       (1u << 20)
#define MAX_DEPTH       16

enum context_kind {
    CONTEXT_TASK,               /* no interrupt */
    CONTEXT_DEVICE,             /* 'd': entry of a device's interrupt */
    CONTEXT_TIMER,              /* 't': entry of a timer's interrupt */
    CONTEXT_SOFTIRQ,            /* 's': entry of softirqs, within these */
    CONTEXT_LEAVE,              /* 'x': exit of the first or second kind */
};

static const char *const context_names[] = {
    "task", "device", "timer", "softirq"
};
#define NR_CONTEXTS     G_N_ELEMENTS(context_names)

/* What each CPU counts */
typedef struct {
    uint64_t user;
    uint64_t kernel;
    uint64_t copied;
    uint64_t slots[MAX_SLOTS];
} Counts;

/* Where a CPU is */
typedef struct {
    uint64_t since;             /* Counts.kernel when the context began */
    uint64_t sums[NR_CONTEXTS];
    unsigned int depth;         /* of stack[]; stack[0] is CONTEXT_TASK */
    uint8_t stack[MAX_DEPTH];
} Context;

typedef struct {
    const char *device;         /* interned */
    uint64_t address;
    bool store;
    uint64_t count;
} Access;

static qemu_plugin_id_t self;
static struct qemu_plugin_scoreboard *counts, *contexts;
static const char *out_path, *contexts_path;

static GMutex lock;             /* of all that follows */
static bool armed, counting;
static unsigned int sections;
static GHashTable *slot_of;     /* address -> number of its slot + 1 */
static uint64_t address_of[MAX_SLOTS];
static unsigned int nr_slots;
static uint64_t *before;        /* the slots when the section began */
static uint64_t user_before, copied_before, sums_before[NR_CONTEXTS];
static GHashTable *accesses;    /* Access -> itself */
static GHashTable *kinds;       /* address -> enum context_kind */

static allocations_read_fn *allocations_read;
static uint64_t allocations_before[ALLOCATIONS_MAX_THREADS];

static void fatal(const char *what)
{
    fprintf(stderr, "count: %s\n", what);
    exit(1);
}

static qemu_plugin_u64 counter(size_t offset)
{
    return (qemu_plugin_u64) { counts, offset };
}

static qemu_plugin_u64 slot_counter(unsigned int slot)
{
    return counter(offsetof(Counts, slots) + slot * sizeof(uint64_t));
}

/* --- Contexts ----------------------------------------------------------- */

static uint64_t kernel_insns(unsigned int cpu)
{
    return qemu_plugin_u64_get(counter(offsetof(Counts, kernel)), cpu);
}

static void context_change(unsigned int cpu, void *kind_pointer)
{
    Context *c = qemu_plugin_scoreboard_find(contexts, cpu);
    enum context_kind kind = GPOINTER_TO_UINT(kind_pointer);
    uint64_t now = kernel_insns(cpu);

    c->sums[c->stack[c->depth]] += now - c->since;
    c->since = now;
    if (kind != CONTEXT_LEAVE) {
        if (c->depth + 1 < MAX_DEPTH &&
            (c->depth || kind != CONTEXT_SOFTIRQ)) {
            c->stack[++c->depth] = kind;
        }
        return;
    }
    while (c->depth && c->stack[c->depth] == CONTEXT_SOFTIRQ) {
        c->depth--;
    }
    if (c->depth) {
        c->depth--;
    }
}

static void read_contexts(void)
{
    static const char letters[] = "?dtsx";
    FILE *file = fopen(contexts_path, "r");
    uint64_t address;
    char kind;

    if (!file) {
        fatal("cannot read contexts");
    }
    while (fscanf(file, "%" SCNx64 " %c", &address, &kind) == 2) {
        const char *letter = strchr(letters, kind);

        if (!letter) {
            fatal("contexts: no such kind");
        }
        g_hash_table_insert(kinds, (gpointer)address,
                            GUINT_TO_POINTER(letter - letters));
    }
    fclose(file);
}

/* --- Allocations of QEMU ------------------------------------------------- */

static void allocations_begin(void)
{
    int tids[ALLOCATIONS_MAX_THREADS];

    memset(allocations_before, 0, sizeof(allocations_before));
    if (allocations_read) {
        allocations_read(allocations_before, tids);
    }
}

static void thread_name(int tid, char *name, size_t size)
{
    g_autofree char *path = g_strdup_printf("/proc/self/task/%d/comm", tid);
    FILE *file = fopen(path, "r");

    if (!file || !fgets(name, size, file)) {
        g_strlcpy(name, "gone", size);
    }
    if (file) {
        fclose(file);
    }
    name[strcspn(name, "\n")] = '\0';
}

static void allocations_write(FILE *file, const uint64_t *now, const int *tids,
                              unsigned int n)
{
    char name[32];

    for (unsigned int i = 0; i < n; i++) {
        if (now[i] != allocations_before[i]) {
            thread_name(tids[i], name, sizeof(name));
            fprintf(file, "allocations %d %" PRIu64 " %s\n", tids[i],
                    now[i] - allocations_before[i], name);
        }
    }
}

/* --- Sections ----------------------------------------------------------- */

static void sum_contexts(uint64_t *sums)
{
    memset(sums, 0, NR_CONTEXTS * sizeof(*sums));
    for (int cpu = 0; cpu < qemu_plugin_num_vcpus(); cpu++) {
        Context *c = qemu_plugin_scoreboard_find(contexts, cpu);

        for (unsigned int i = 0; i < NR_CONTEXTS; i++) {
            sums[i] += c->sums[i];
        }
        sums[c->stack[c->depth]] += kernel_insns(cpu) - c->since;
    }
}

static void section_begin(void)
{
    for (unsigned int i = 0; i < nr_slots; i++) {
        before[i] = qemu_plugin_u64_sum(slot_counter(i));
    }
    /* Instructions that are translated later have not been executed yet */
    memset(before + nr_slots, 0, (MAX_SLOTS - nr_slots) * sizeof(*before));
    user_before = qemu_plugin_u64_sum(counter(offsetof(Counts, user)));
    copied_before = qemu_plugin_u64_sum(counter(offsetof(Counts, copied)));
    sum_contexts(sums_before);
    g_hash_table_remove_all(accesses);
    counting = true;
    allocations_begin();
}

static void section_write(FILE *file)
{
    uint64_t sums[NR_CONTEXTS];
    GHashTableIter iter;
    Access *access;

    fprintf(file, "section %u\n", sections);
    fprintf(file, "user %" PRIu64 "\n",
            qemu_plugin_u64_sum(counter(offsetof(Counts, user))) -
            user_before);
    fprintf(file, "copied %" PRIu64 "\n",
            qemu_plugin_u64_sum(counter(offsetof(Counts, copied))) -
            copied_before);
    sum_contexts(sums);
    for (unsigned int i = CONTEXT_DEVICE; i < NR_CONTEXTS; i++) {
        fprintf(file, "context %s %" PRIu64 "\n", context_names[i],
                sums[i] - sums_before[i]);
    }
    for (unsigned int i = 0; i < nr_slots; i++) {
        uint64_t count = qemu_plugin_u64_sum(slot_counter(i)) - before[i];

        if (count) {
            fprintf(file, "insn %" PRIx64 " %" PRIu64 "\n", address_of[i],
                    count);
        }
    }
    g_hash_table_iter_init(&iter, accesses);
    while (g_hash_table_iter_next(&iter, (gpointer *)&access, NULL)) {
        fprintf(file, "io %s %" PRIx64 " %c %" PRIu64 "\n", access->device,
                access->address, access->store ? 'w' : 'r', access->count);
    }
}

static void section_end(void)
{
    uint64_t allocations[ALLOCATIONS_MAX_THREADS];
    int tids[ALLOCATIONS_MAX_THREADS];
    unsigned int nr_threads = 0;
    FILE *file;

    if (!counting) {
        return;
    }
    counting = false;
    if (allocations_read) {
        nr_threads = allocations_read(allocations, tids);   /* before ours */
    }
    file = fopen(out_path, "a");
    if (!file) {
        fatal("cannot write out");
    }
    section_write(file);
    allocations_write(file, allocations, tids, nr_threads);
    fprintf(file, "end %u\n", sections);
    if (fclose(file)) {
        fatal("cannot write out");
    }
    sections++;
}

static void count_from_now_on(qemu_plugin_id_t id);

static void marked(unsigned int cpu, void *marker)
{
    g_mutex_lock(&lock);
    if (GPOINTER_TO_UINT(marker) == MARK_END) {
        section_end();
    } else if (armed) {
        section_begin();
    } else {
        armed = true;
        if (contexts_path) {
            read_contexts();
        }
        /* Have everything translated anew */
        qemu_plugin_reset(self, count_from_now_on);
    }
    g_mutex_unlock(&lock);
}

/* --- Registers ---------------------------------------------------------- */

static guint access_hash(gconstpointer key)
{
    const Access *access = key;

    return g_str_hash(access->device) ^ g_int64_hash(&access->address) ^
           access->store;
}

static gboolean access_equal(gconstpointer left, gconstpointer right)
{
    const Access *a = left, *b = right;

    return a->device == b->device && a->address == b->address &&
           a->store == b->store;
}

static void accessed(unsigned int cpu, qemu_plugin_meminfo_t info,
                     uint64_t vaddr, void *data)
{
    struct qemu_plugin_hwaddr *where = qemu_plugin_get_hwaddr(info, vaddr);
    Access key, *access;

    if (!where || !qemu_plugin_hwaddr_is_io(where)) {
        return;
    }
    key = (Access) {
        .device = qemu_plugin_hwaddr_device_name(where),
        .address = qemu_plugin_hwaddr_phys_addr(where),
        .store = qemu_plugin_mem_is_store(info),
    };
    g_mutex_lock(&lock);
    access = g_hash_table_lookup(accesses, &key);
    if (!access) {
        access = g_memdup2(&key, sizeof(key));
        g_hash_table_add(accesses, access);
    }
    access->count++;
    g_mutex_unlock(&lock);
}

/*
 * QEMU lets an instruction reach a device only if it is the last one of its
 * block; if it is not, it is executed again in a block of its own, for which
 * callbacks of memory are made but nothing is counted.  So only last
 * instructions need be looked at, and the stack is no device.
 */
static void watch_accesses(struct qemu_plugin_insn *insn)
{
    uint8_t opcode = 0;

    qemu_plugin_insn_data(insn, &opcode, sizeof(opcode));
    if (opcode != 0xc3 && opcode != 0xe8) {
        qemu_plugin_register_vcpu_mem_cb(insn, accessed,
                                         QEMU_PLUGIN_CB_NO_REGS,
                                         QEMU_PLUGIN_MEM_RW, NULL);
    }
}

/* --- Translation -------------------------------------------------------- */

/* The marker that an instruction is, or 0 */
static uint32_t marker_of(const struct qemu_plugin_insn *insn)
{
    static const uint8_t nopl[] = { 0x0f, 0x1f, 0x84, 0x00 };
    uint8_t bytes[8];
    uint32_t marker;

    if (qemu_plugin_insn_size(insn) != sizeof(bytes) ||
        qemu_plugin_insn_data(insn, bytes, sizeof(bytes)) != sizeof(bytes) ||
        memcmp(bytes, nopl, sizeof(nopl))) {
        return 0;
    }
    marker = bytes[4] | bytes[5] << 8 | bytes[6] << 16 |
             (uint32_t)bytes[7] << 24;
    return marker == MARK_BEGIN || marker == MARK_END ? marker : 0;
}

static bool is_kernel(uint64_t address)
{
    return address >> 63;
}

static void watch_marker(struct qemu_plugin_insn *insn)
{
    uint32_t marker = marker_of(insn);

    if (marker && is_kernel(qemu_plugin_insn_vaddr(insn))) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, marked,
                                               QEMU_PLUGIN_CB_NO_REGS,
                                               GUINT_TO_POINTER(marker));
    }
}

static unsigned int slot_for(uint64_t address)
{
    unsigned int slot;

    g_mutex_lock(&lock);
    slot = GPOINTER_TO_UINT(g_hash_table_lookup(slot_of, (gpointer)address));
    if (!slot) {
        if (nr_slots == MAX_SLOTS) {
            fatal("too many different instructions");
        }
        address_of[nr_slots] = address;
        slot = ++nr_slots;
        g_hash_table_insert(slot_of, (gpointer)address, GUINT_TO_POINTER(slot));
    }
    g_mutex_unlock(&lock);
    return slot - 1;
}

static void add_one(struct qemu_plugin_insn *insn, qemu_plugin_u64 where)
{
    qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
        insn, QEMU_PLUGIN_INLINE_ADD_U64, where, 1);
}

/* What each turn of a string instruction moves, or 0 if it is another one */
static unsigned int bytes_moved(const struct qemu_plugin_insn *insn)
{
    uint8_t bytes[15];
    size_t n = qemu_plugin_insn_data(insn, bytes, sizeof(bytes));
    unsigned int word = 4;

    for (size_t i = 0; i < n; i++) {
        switch (bytes[i]) {
        case 0xf2:
        case 0xf3:
            break;
        case 0x66:
            word = 2;
            break;
        case 0x48:
            word = 8;
            break;
        case 0xa4:
            return 1;
        case 0xa5:
            return word;
        default:
            return 0;
        }
    }
    return 0;
}

static void count_copied(struct qemu_plugin_insn *insn)
{
    unsigned int bytes = bytes_moved(insn);

    if (bytes) {
        qemu_plugin_register_vcpu_mem_inline_per_vcpu(
            insn, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_INLINE_ADD_U64,
            counter(offsetof(Counts, copied)), bytes);
    }
}

static void count_insn(struct qemu_plugin_insn *insn)
{
    uint64_t address = qemu_plugin_insn_vaddr(insn);
    gpointer kind;

    if (!is_kernel(address)) {
        add_one(insn, counter(offsetof(Counts, user)));
        return;
    }
    kind = g_hash_table_lookup(kinds, (gpointer)address);
    if (kind) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, context_change,
                                               QEMU_PLUGIN_CB_NO_REGS, kind);
    }
    add_one(insn, slot_counter(slot_for(address)));
    add_one(insn, counter(offsetof(Counts, kernel)));
    count_copied(insn);
}

static void translate_counting(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    size_t n = qemu_plugin_tb_n_insns(tb);

    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

        count_insn(insn);
        watch_marker(insn);
    }
    watch_accesses(qemu_plugin_tb_get_insn(tb, n - 1));
}

static void translate_waiting(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    size_t n = qemu_plugin_tb_n_insns(tb);

    for (size_t i = 0; i < n; i++) {
        watch_marker(qemu_plugin_tb_get_insn(tb, i));
    }
}

static void count_from_now_on(qemu_plugin_id_t id)
{
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate_counting);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
                                           const qemu_info_t *info,
                                           int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (g_str_has_prefix(argv[i], "out=")) {
            out_path = g_strdup(argv[i] + strlen("out="));
        } else if (g_str_has_prefix(argv[i], "contexts=")) {
            contexts_path = g_strdup(argv[i] + strlen("contexts="));
        } else {
            fprintf(stderr, "count: no such option: %s\n", argv[i]);
            return -1;
        }
    }
    if (!out_path || !info->system_emulation ||
        strcmp(info->target_name, "x86_64")) {
        fprintf(stderr, "count: it takes out=FILE and an x86-64 machine\n");
        return -1;
    }
    self = id;
    allocations_read = dlsym(RTLD_DEFAULT, ALLOCATIONS_READ);
    counts = qemu_plugin_scoreboard_new(sizeof(Counts));
    contexts = qemu_plugin_scoreboard_new(sizeof(Context));
    before = g_new0(uint64_t, MAX_SLOTS);
    slot_of = g_hash_table_new(NULL, NULL);
    kinds = g_hash_table_new(NULL, NULL);
    accesses = g_hash_table_new_full(access_hash, access_equal, g_free, NULL);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate_waiting);
    return 0;
}
