/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the device model, shared by its parts.
 *
 *   pce.c     PCI shell: realize, configuration space, reset, power
 *   config.c  properties, and what they make of the capabilities
 *   regs.c    registers
 *   command.c commands to a queue pair
 *   queue.c   a queue pair: fetch, completion, faults
 *   worker.c  who runs the queue pairs, and how they are held back
 *   irq.c     interrupts, moderation, events
 *   dma.c     access to guest memory
 *   vmstate.c migration and snapshots
 *   fault.c   faults on demand; see fault.h
 *
 * Threads and locks
 * -----------------
 * Register and configuration accesses, resets and timers hold the big QEMU lock
 * (BQL).  A worker holds its own lock while it touches guest memory, and does
 * not wait for the BQL then: whoever holds the BQL may therefore wait for a
 * worker, which is what pce_workers_hold() does.  The order is: BQL, worker.
 *
 * A queue pair belongs to its worker in the states RUNNING, STOPPING and
 * RESETTING, and to the holder of the BQL in the others and while its worker is
 * held.  The state itself is atomic: commands move a queue to the worker with
 * pce_queue_move(), the worker gives it back with the same.
 */
#ifndef HW_CRYPTO_PCE_H
#define HW_CRYPTO_PCE_H

#include "qemu/thread.h"
#include "qemu/timer.h"
#include "qom/object.h"
#include "hw/pci/pci_device.h"
#include "exec/memory.h"
#include "pce_abi.h"
#include "executor.h"
#include "fault.h"

#define TYPE_PCE "pce"
OBJECT_DECLARE_SIMPLE_TYPE(PceState, PCE)

/* Entries of one queue that are worked on before the next queue has its turn */
#define PCE_PASS_ENTRIES 32
/* ... unless they are long: an interrupt waits for the end of the pass */
#define PCE_PASS_BYTES (128 * 1024)
/* ... where bytes that wait for others count for less, being faster later */
#define PCE_BATCH_GAIN 8

/*
 * How long a worker waits for the next entry of a driver that goes on
 * submitting, before it raises an interrupt; and how long in all
 */
#define PCE_LINGER_NS 10000
#define PCE_LINGER_MAX_NS 100000
/* So many bursts as long as the longest, and a longer one is waited for */
#define PCE_BURSTS_FULL 4

/*
 * A driver that waits for each request gains nothing from another thread: after
 * so many requests that came alone, and were brief, the doorbell executes them.
 * Once in a while the worker gets one, to see whether the driver would go on.
 */
#define PCE_ALONE 8
#define PCE_ALONE_PROBE 256
/* A cipher of a page, and what belongs to it, takes less time than a wake-up */
#define PCE_BRIEF_BYTES (4096 + 512)
/* ... and so do longer requests that took no longer than this */
#define PCE_BRIEF_NS 50000
#define PCE_BRIEF_BYTES_MAX (65536 + 512)

/* Limits of the properties that make the engine slow */
#define PCE_REQUEST_US_MAX 10000000
#define PCE_BANDWIDTH_MIN 1000
/* What a worker sleeps at once before it looks whether it is to let go */
#define PCE_PACE_SLICE_US 1000

/* Why workers are held back; bits of PceState.hold */
typedef enum PceHold {
    PCE_HOLD_VM      = 1 << 0,      /* the machine is stopped */
    PCE_HOLD_CONFIG  = 1 << 1,      /* configuration space is changing */
    PCE_HOLD_MEMORY  = 1 << 2,      /* the memory map is changing */
    PCE_HOLD_RESET   = 1 << 3,
    PCE_HOLD_EXIT    = 1 << 4,
    PCE_HOLD_FAULT   = 1 << 5,      /* a fatal error, or vanished */
} PceHold;

/* Guest memory that is used again and again: a ring or a shadow record */
typedef struct PceWindow {
    MemoryRegionCache cache;
    hwaddr addr;
    bool open;
    bool direct;        /* cache.ptr is good; if not, each access is mapped */
} PceWindow;

typedef struct PceQueueCounters {
    uint64_t requests;
    uint64_t bytes;
    uint64_t errors;
    uint64_t auth_failures;
    uint64_t doorbells;
    uint64_t interrupts;
    uint64_t interrupts_held;
    uint64_t in_doorbell;           /* requests */
    uint64_t passes;
    uint64_t parks;
    uint64_t faults;
} PceQueueCounters;

typedef struct PceWorker PceWorker;

/* A counter has one writer at a time and readers at any time */
static inline void pce_count(uint64_t *counter, uint64_t n)
{
    qatomic_set(counter, *counter + n);
}

typedef struct PceQueue {
    PceState *s;
    PceWorker *worker;
    unsigned int index;

    /* Registers: written by the owner, read by anyone */
    uint32_t state;
    uint32_t saved_state;           /* while the rest is saved or loaded */
    uint32_t fault;
    uint32_t size;
    uint64_t sq_addr;
    uint64_t cq_addr;
    uint64_t shadow_addr;
    uint32_t vector;
    uint32_t moderation;
    uint32_t sq_head;
    uint32_t cq_tail;

    /* Of the command that led to STOPPING */
    bool drain;
    bool drain_target_valid;
    uint32_t drain_target;

    uint32_t cq_head;               /* last seen in the shadow record */
    uint32_t sq_event;              /* last written to it ... */
    bool sq_event_valid;            /* ... if at all */
    PceWindow sq;
    PceWindow cq;
    PceWindow shadow;

    QEMUTimer *moderation_timer;
    bool interrupt_held;
    uint32_t since_interrupt;       /* completions */
    unsigned int burst;             /* completions that the driver lets lie */
    unsigned int bursts_full;
    unsigned int alone;             /* requests in a row, up to PCE_ALONE */
    uint64_t brief_bytes;           /* longer requests are not brief */
    unsigned int since_probe;       /* executed in a doorbell */

    PceQueueFaults faults;
    PceQueueCounters counters;
} PceQueue;

/* An entry from fetch to completion */
typedef struct PceRequest {
    struct pce_sqe sqe;             /* private copies */
    struct pce_cqe cqe;
    struct pce_cqe *slot;           /* in the completion ring */
    uint32_t index;                 /* in the submission ring */
    PceFault fault;                 /* what the plan has for it */
} PceRequest;

/*
 * What a worker found out and can only tell once it may wait for the BQL.
 * Until then it lies in the worker, under its lock: a reset forgets it, and it
 * is told before a machine that stops is saved.
 */
typedef struct PceSignals {
    uint64_t queues;                /* raise these queues' interrupts */
    uint32_t events;
} PceSignals;

struct PceWorker {
    PceState *s;
    QemuMutex lock;                 /* held while guest memory is touched */
    QemuEvent wake;
    QemuEvent turn;                 /* of the main loop, to have the BQL */
    bool quit;
    uint64_t inbox;                 /* queues to be looked at, by index */
    uint64_t awake;                 /* queues that are not parked */
    uint64_t lingering;             /* queues whose interrupt is due, atomic */
    int64_t linger_end;             /* of all of them, if nothing comes */
    int64_t linger_limit;           /* whatever comes */
    PceSignals signals;
    struct pce_executor *executor;
    PceRequest requests[PCE_PASS_ENTRIES];
    PceDmaFaults dma;
    uint64_t random_seed;           /* with QEMU's option -seed */
    int64_t poll_ns;                /* adapts itself, up to PceState.poll_us */
    bool polled;                    /* before it went to sleep */

    /* exec=inline */
    QEMUBH *bh;
    bool running;

    uint64_t wakes;
    uint64_t polls;                 /* polls that found work */
};

struct PceState {
    PCIDevice parent_obj;

    MemoryRegion regs;
    MemoryListener listener;
    bool memory_changed;
    VMChangeStateEntry *vm_state;
    QEMUBH *reset_bh;

    /* Registers, under the BQL */
    bool resetting;
    uint32_t fatal_code;
    uint32_t event;
    uint32_t event_enable;
    uint32_t event_vector;
    uint32_t intx_status;
    uint64_t inval_addr;
    uint32_t alg_info[PCE_LIMIT_ALGS];

    uint32_t hold;                  /* PceHold, atomic */
    bool iommu;                     /* addresses are translated */

    PceFaultPlan *faults;
    bool config_known;              /* the other properties have been checked */
    uint32_t fault_sites;           /* that have rules, atomic */
    uint32_t trouble;               /* PceTrouble, atomic */
    uint64_t vanish_ms;
    bool pcie_fatal;                /* the error that is to be sent */
    QEMUBH *trouble_bh;
    bool vanished;
    bool unplugged;
    int64_t slot_ready_ms;          /* when it will be; 0: it is not off */
    uint8_t *power_on_config;       /* what configuration space begins with */
    QEMUTimer *return_timer;
    PceFaultDoor door;

    PceQueue *queues;
    PceWorker *workers;

    struct pce_backend_set backends;
    uint64_t resets;

    /* Properties */
    uint32_t nr_queues;
    uint32_t nr_workers;
    uint32_t nr_vectors;
    uint8_t min_order;
    uint8_t max_order;
    uint32_t max_segments;
    uint32_t max_length;
    uint32_t key_slots;
    uint32_t poll_us;
    bool random;
    char *algs;
    uint32_t key_sizes;
    bool data_units;
    bool moderation;
    bool msix;
    char *exec;
    bool exec_inline;
    bool exec_auto;
    uint32_t request_us;
    uint64_t bandwidth;
    bool paced;                     /* by one of these */
    char *backend_name;
    bool fault_injection;
    uint32_t version;
};

/* config.c */
void pce_config_class_init(ObjectClass *oc);
bool pce_config_check(PceState *s, Error **errp);

/* counters.c */
void pce_counters_class_init(ObjectClass *oc);

/* regs.c */
extern const MemoryRegionOps pce_regs_ops;
uint64_t pce_regs_size(PceState *s);

/* vmstate.c */
extern const VMStateDescription pce_vmstate;

/* command.c */
uint32_t pce_queue_check_config(const PceQueue *q);
void pce_queue_command(PceQueue *q, uint32_t cmd);

/* queue.c */
static inline unsigned int pce_sq_order(const PceQueue *q)
{
    return q->size & PCE_QSIZE_SQ_ORDER;
}

static inline unsigned int pce_cq_order(const PceQueue *q)
{
    return (q->size & PCE_QSIZE_CQ_ORDER) >> 8;
}

typedef enum PcePass {
    PCE_PASS_GONE,                  /* the queue is not the worker's any more */
    PCE_PASS_IDLE,                  /* nothing to do just now */
    PCE_PASS_MORE,                  /* there may be more to do */
} PcePass;

void pce_queue_init(PceState *s, unsigned int index);
void pce_queue_reset(PceQueue *q);
void pce_queue_clear_indices(PceQueue *q);
bool pce_queue_move(PceQueue *q, uint32_t from, uint32_t to);
PcePass pce_queue_pass(PceQueue *q, PceSignals *signals);
bool pce_queue_has_work(PceQueue *q);
bool pce_queue_is_alone(PceQueue *q);
void pce_queue_park(PceQueue *q, PceSignals *signals);
void pce_queue_close(PceQueue *q);
bool pce_queue_next_tag(PceQueue *q, uint16_t *tag);
void pce_queue_take_time(PceQueue *q, const struct pce_sqe *sqe, int64_t begun,
                         uint64_t us, uint64_t bandwidth);

/* worker.c */
bool pce_workers_init(PceState *s, Error **errp);
void pce_workers_exit(PceState *s);
void pce_workers_free(PceState *s);
void pce_worker_kick(PceWorker *w, uint64_t queues);
void pce_worker_ring(PceQueue *q);
void pce_workers_hold(PceState *s, PceHold why);
void pce_workers_hold_begin(PceState *s, PceHold why);
void pce_workers_release(PceState *s, PceHold why);

static inline bool pce_held(PceState *s)
{
    return qatomic_read(&s->hold) != 0;
}

/* irq.c */
bool pce_vector_valid(PceState *s, uint32_t vector);
void pce_irq_queue(PceQueue *q);
void pce_irq_raise_queue(PceQueue *q, uint32_t vector);
void pce_irq_update_intx(PceState *s);
uint32_t pce_irq_read_intx(PceState *s);
void pce_irq_completed(PceQueue *q, uint32_t count, bool due,
                       PceSignals *signals);
void pce_irq_driver_goes_on(PceQueue *q);
bool pce_irq_linger_end(PceWorker *w, bool in_vain, PceSignals *signals);
void pce_irq_forget(PceQueue *q);
void pce_event_raise(PceState *s, uint32_t events);
void pce_event_enable(PceState *s, uint32_t enable);
void pce_signals_deliver(PceWorker *w);
void pce_irq_settle(PceState *s);
void pce_moderation_expired(void *opaque);

/* fault-plan.c */
extern const VMStateDescription pce_fault_plan_vmstate;
PceFaultPlan *pce_fault_plan_new(void);
void pce_fault_plan_free(PceFaultPlan *plan);
bool pce_fault_plan_set(PceState *s, const char *text, Error **errp);
char *pce_fault_plan_text(PceState *s);
void pce_fault_plan_clear(PceState *s);
bool pce_fault_plan_loaded(PceState *s, Error **errp);
bool pce_fault_pick(PceState *s, const PceFaultEvent *event, PceFault *fault);
uint32_t pce_fault_injections(PceState *s);
char *pce_fault_report(PceState *s, size_t size);

/* Are there rules for one of these sites? */
static inline bool pce_fault_armed(PceState *s, uint32_t sites)
{
    return unlikely(qatomic_read(&s->fault_sites) & sites);
}

/* fault.c */
void pce_fault_init(PceState *s);
void pce_fault_exit(PceState *s);
void pce_fault_queue_init(PceQueue *q);
void pce_fault_queue_reset(PceQueue *q);
uint32_t pce_fault_fetched(PceQueue *q, PceRequest *r);
void pce_fault_execute(PceQueue *q, PceRequest *r);
bool pce_fault_dma_aborts(PceDmaFaults *dma, bool write);
void *pce_fault_dma_scratch(PceState *s, PceDmaFaults *dma, uint64_t addr,
                            uint64_t *length);
bool pce_fault_dma_is_scratch(PceDmaFaults *dma, void *host);
void pce_fault_dma_written(PceDmaFaults *dma, uint64_t addr, uint64_t length);
unsigned int pce_fault_completion(PceQueue *q, PceRequest *r,
                                  PceSignals *signals);
bool pce_fault_release(PceQueue *q, bool after_another, struct pce_cqe *cqe,
                       bool *quiet);
bool pce_fault_interrupt(PceQueue *q, uint32_t *vector);
uint32_t pce_fault_read(PceState *s, int queue, uint32_t reg, uint32_t value);
bool pce_fault_doorbell(PceQueue *q);
void pce_fault_come_back(PceState *s);
void pce_fault_settle(PceState *s);

/* fault-unplug.c */
bool pce_slot_exists(PceState *s);
bool pce_slot_is_ready(PceState *s);
void pce_slot_empty(PceState *s);
void pce_slot_fill(PceState *s);

/* fault-door.c */
void pce_fault_class_init(ObjectClass *oc);
uint32_t pce_fault_door_read(PceState *s, hwaddr addr);
void pce_fault_door_write(PceState *s, hwaddr addr, uint32_t value);

/* dma.c */
extern const struct pce_memory pce_dma_memory;
void pce_dma_flip(PceState *s, uint64_t addr, unsigned int bit);
bool pce_window_open(PceState *s, PceWindow *w, hwaddr addr, hwaddr len,
                     bool is_write);
void pce_window_close(PceWindow *w);
void *pce_window_get(PceState *s, PceWindow *w, hwaddr offset, hwaddr len,
                     bool is_write);
void pce_window_put(PceState *s, PceWindow *w, void *host, hwaddr len,
                    bool is_write);

#endif /* HW_CRYPTO_PCE_H */
