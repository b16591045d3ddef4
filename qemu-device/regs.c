/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: registers.  All of this runs under the BQL.
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "pce.h"
#include "trace.h"

uint64_t pce_regs_size(PceState *s)
{
    return pow2ceil(PCE_QUEUE_PAGE(s->nr_queues));
}

static void bad_write(hwaddr addr, uint32_t value, const char *why)
{
    qemu_log_mask(LOG_GUEST_ERROR, "pce: write of 0x%x to register 0x%"
                  HWADDR_PRIx " ignored: %s\n", value, addr, why);
}

/* --- Global page ------------------------------------------------------ */

static uint64_t faulted_queues(PceState *s)
{
    uint64_t mask = 0;

    for (unsigned int i = 0; i < s->nr_queues; i++) {
        if (qatomic_read(&s->queues[i].state) == PCE_QSTATE_FAULT) {
            mask |= 1ull << i;
        }
    }
    return mask;
}

static uint32_t read_status(PceState *s)
{
    if (s->resetting) {
        return PCE_DEV_RESETTING;
    }
    return s->fatal_code ? PCE_DEV_FATAL : PCE_DEV_READY;
}

static uint32_t read_features(PceState *s)
{
    return PCE_FEATURE_INTX |
           (s->fault_injection ? PCE_FEATURE_FAULTS : 0) |
           (s->moderation ? PCE_FEATURE_MODERATION : 0) |
           (s->random ? PCE_FEATURE_RANDOM : 0);
}

static bool in_fault_door(PceState *s, hwaddr addr)
{
    return s->fault_injection && addr >= PCE_REG_FAULT_CMD &&
           addr < PCE_REG_FAULT_TEXT + PCE_FAULT_TEXT_SIZE;
}

static uint32_t global_read(PceState *s, hwaddr addr)
{
    if (addr >= PCE_REG_ALG_INFO(0) &&
        addr < PCE_REG_ALG_INFO(PCE_LIMIT_ALGS)) {
        return s->alg_info[(addr - PCE_REG_ALG_INFO(0)) / 4];
    }
    switch (addr) {
    case PCE_REG_MAGIC:
        return PCE_MAGIC;
    case PCE_REG_VERSION:
        return s->version;
    case PCE_REG_FEATURES:
        return read_features(s);
    case PCE_REG_QUEUES:
        return s->nr_queues;
    case PCE_REG_RING_LIMITS:
        return s->min_order | s->max_order << 8;
    case PCE_REG_MAX_SEGMENTS:
        return s->max_segments;
    case PCE_REG_MAX_LENGTH:
        return s->max_length;
    case PCE_REG_STATUS:
        return read_status(s);
    case PCE_REG_FATAL_CODE:
        return s->fatal_code;
    case PCE_REG_EVENT:
        return s->event;
    case PCE_REG_EVENT_ENABLE:
        return s->event_enable;
    case PCE_REG_EVENT_VECTOR:
        return s->event_vector;
    case PCE_REG_INTX_STATUS:
        return pce_irq_read_intx(s);
    case PCE_REG_FAULTED_LO:
        return faulted_queues(s);
    case PCE_REG_FAULTED_HI:
        return faulted_queues(s) >> 32;
    case PCE_REG_INVAL_LO:
        return s->inval_addr;
    case PCE_REG_INVAL_HI:
        return s->inval_addr >> 32;
    default:
        return 0;
    }
}

static void invalidate(PceState *s, uint32_t cmd)
{
    if (cmd != PCE_INVAL_CONTEXT && cmd != PCE_INVAL_ALL) {
        bad_write(PCE_REG_INVAL_CMD, cmd, "unknown command");
        return;
    }
    trace_pce_invalidate(cmd, s->inval_addr);
    for (unsigned int i = 0; i < s->nr_workers; i++) {
        if (cmd == PCE_INVAL_ALL) {
            pce_executor_invalidate_all(s->workers[i].executor);
        } else {
            pce_executor_invalidate(s->workers[i].executor, s->inval_addr);
        }
    }
}

/* No worker begins anything from here on; reset_bh does the rest */
static void begin_reset(PceState *s)
{
    s->resetting = true;
    pce_workers_hold_begin(s, PCE_HOLD_RESET);
    qemu_bh_schedule(s->reset_bh);
}

static void global_write(PceState *s, hwaddr addr, uint32_t value)
{
    switch (addr) {
    case PCE_REG_EVENT:
        s->event &= ~value;
        return;
    case PCE_REG_EVENT_ENABLE:
        pce_event_enable(s, value & PCE_EVENT_ALL);
        return;
    case PCE_REG_EVENT_VECTOR:
        s->event_vector = value & 0xffff;
        return;
    }
    if (s->resetting) {
        bad_write(addr, value, "the device is resetting");
        return;
    }
    switch (addr) {
    case PCE_REG_CTRL:
        if (value & PCE_CTRL_RESET) {
            begin_reset(s);
        }
        break;
    case PCE_REG_INVAL_LO:
        s->inval_addr = deposit64(s->inval_addr, 0, 32, value);
        break;
    case PCE_REG_INVAL_HI:
        s->inval_addr = deposit64(s->inval_addr, 32, 32, value);
        break;
    case PCE_REG_INVAL_CMD:
        invalidate(s, value);
        break;
    default:
        bad_write(addr, value, "not writable");
    }
}

/* --- Queue pages ------------------------------------------------------ */

static uint32_t queue_read(PceQueue *q, hwaddr reg)
{
    switch (reg) {
    case PCE_QREG_STATE:
        return qatomic_load_acquire(&q->state);
    case PCE_QREG_FAULT:
        return qatomic_read(&q->fault);
    case PCE_QREG_SIZE:
        return q->size;
    case PCE_QREG_SQ_LO:
        return q->sq_addr;
    case PCE_QREG_SQ_HI:
        return q->sq_addr >> 32;
    case PCE_QREG_CQ_LO:
        return q->cq_addr;
    case PCE_QREG_CQ_HI:
        return q->cq_addr >> 32;
    case PCE_QREG_SHADOW_LO:
        return q->shadow_addr;
    case PCE_QREG_SHADOW_HI:
        return q->shadow_addr >> 32;
    case PCE_QREG_VECTOR:
        return q->vector;
    case PCE_QREG_MODERATION:
        return qatomic_read(&q->moderation);
    case PCE_QREG_SQ_HEAD:
        return qatomic_read(&q->sq_head);
    case PCE_QREG_CQ_TAIL:
        return qatomic_read(&q->cq_tail);
    default:
        return 0;
    }
}

static void doorbell(PceQueue *q, uint32_t value)
{
    trace_pce_doorbell(q->index, value);
    pce_count(&q->counters.doorbells, 1);
    if (pce_fault_armed(q->s, PCE_SITE_DOORBELL) && pce_fault_doorbell(q)) {
        return;
    }
    pce_worker_ring(q);
}

/* Registers that say where the rings are; false: not one of them */
static bool queue_configure(PceQueue *q, hwaddr reg, uint32_t value)
{
    switch (reg) {
    case PCE_QREG_SIZE:
        q->size = value & (PCE_QSIZE_SQ_ORDER | PCE_QSIZE_CQ_ORDER);
        return true;
    case PCE_QREG_SQ_LO:
        q->sq_addr = deposit64(q->sq_addr, 0, 32, value);
        return true;
    case PCE_QREG_SQ_HI:
        q->sq_addr = deposit64(q->sq_addr, 32, 32, value);
        return true;
    case PCE_QREG_CQ_LO:
        q->cq_addr = deposit64(q->cq_addr, 0, 32, value);
        return true;
    case PCE_QREG_CQ_HI:
        q->cq_addr = deposit64(q->cq_addr, 32, 32, value);
        return true;
    case PCE_QREG_SHADOW_LO:
        q->shadow_addr = deposit64(q->shadow_addr, 0, 32, value);
        return true;
    case PCE_QREG_SHADOW_HI:
        q->shadow_addr = deposit64(q->shadow_addr, 32, 32, value);
        return true;
    case PCE_QREG_VECTOR:
        q->vector = value & 0xffff;
        return true;
    default:
        return false;
    }
}

static void queue_write(PceQueue *q, hwaddr addr, hwaddr reg, uint32_t value)
{
    if (q->s->resetting) {
        bad_write(addr, value, "the device is resetting");
        return;
    }
    switch (reg) {
    case PCE_QREG_CMD:
        pce_queue_command(q, value);
        return;
    case PCE_QREG_DOORBELL:
        doorbell(q, value);
        return;
    case PCE_QREG_MODERATION:
        if (q->s->moderation) {
            qatomic_set(&q->moderation, value);
        }
        return;
    }
    if (qatomic_read(&q->state) != PCE_QSTATE_DISABLED) {
        bad_write(addr, value, "the queue is not disabled, or not writable");
    } else if (!queue_configure(q, reg, value)) {
        bad_write(addr, value, "not writable");
    }
}

/* --- BAR 0 ------------------------------------------------------------ */

static PceQueue *queue_of(PceState *s, hwaddr addr)
{
    hwaddr page = addr / PCE_PAGE_SIZE;

    return page && page <= s->nr_queues ? &s->queues[page - 1] : NULL;
}

static uint32_t read_one(PceState *s, hwaddr addr)
{
    PceQueue *q = queue_of(s, addr);
    uint32_t value = 0;

    if (in_fault_door(s, addr)) {
        return pce_fault_door_read(s, addr);
    }
    if (q) {
        value = queue_read(q, addr % PCE_PAGE_SIZE);
    } else if (addr < PCE_PAGE_SIZE) {
        value = global_read(s, addr);
    }
    if (pce_fault_armed(s, PCE_SITE_READ)) {
        value = pce_fault_read(s, q ? (int)q->index : -1,
                               addr % PCE_PAGE_SIZE, value);
    }
    trace_pce_reg_read(addr, value);
    return value;
}

static void write_one(PceState *s, hwaddr addr, uint32_t value)
{
    PceQueue *q = queue_of(s, addr);

    if (in_fault_door(s, addr)) {
        pce_fault_door_write(s, addr, value);
        return;
    }
    trace_pce_reg_write(addr, value);
    if (q) {
        queue_write(q, addr, addr % PCE_PAGE_SIZE, value);
    } else if (addr < PCE_PAGE_SIZE) {
        global_write(s, addr, value);
    } else {
        bad_write(addr, value, "no such queue");
    }
}

static bool access_ok(hwaddr addr, unsigned int size)
{
    if ((size == 4 || size == 8) && QEMU_IS_ALIGNED(addr, size)) {
        return true;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "pce: access of %u bytes at 0x%"
                  HWADDR_PRIx " ignored\n", size, addr);
    return false;
}

static uint64_t pce_regs_read(void *opaque, hwaddr addr, unsigned int size)
{
    PceState *s = opaque;
    uint64_t value;

    if (s->vanished) {
        return UINT64_MAX;
    }
    if (!access_ok(addr, size)) {
        return 0;
    }
    value = read_one(s, addr);
    if (size == 8) {
        value |= (uint64_t)read_one(s, addr + 4) << 32;
    }
    return value;
}

static void pce_regs_write(void *opaque, hwaddr addr, uint64_t value,
                           unsigned int size)
{
    PceState *s = opaque;

    if (s->vanished || !access_ok(addr, size)) {
        return;
    }
    write_one(s, addr, value);
    if (size == 8) {
        write_one(s, addr + 4, value >> 32);
    }
}

/* Accesses come here as they are: a narrow one must not become a wide one */
const MemoryRegionOps pce_regs_ops = {
    .read = pce_regs_read,
    .write = pce_regs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 1,
        .max_access_size = 8,
        .unaligned = true,
    },
    .impl = {
        .min_access_size = 1,
        .max_access_size = 8,
        .unaligned = true,
    },
};
