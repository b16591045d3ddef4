/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: faults on demand.
 *
 *   fault-plan.c    the language of plans, and which event a rule picks
 *   fault.c         what the device does then
 *   fault-unplug.c  what its slot does
 *
 * A plan is a list of rules.  Each names an action; the action belongs to a
 * site, which is a place in the device that counts its events: requests that
 * are fetched, completions, interrupts, register reads, doorbells.
 */
#ifndef HW_CRYPTO_PCE_FAULT_H
#define HW_CRYPTO_PCE_FAULT_H

#include "qemu/queue.h"
#include "qemu/thread.h"
#include "pce_abi.h"

#define PCE_FAULT_PARAMS        2
#define PCE_FAULT_MAX_RULES     32
#define PCE_FAULT_LOG           256
/* Bytes of a plan, with the one that ends it */
#define PCE_FAULT_PLAN_SIZE     4096
/* Completions that a queue pair keeps back; one more is written at once */
#define PCE_FAULT_MAX_HELD      4096
/* Interrupts that nobody asked for */
#define PCE_FAULT_STORM_MAX     1000000
/* Bytes that are lost at once */
#define PCE_FAULT_SCRATCH       65536
/* How often it is looked whether the slot is off, and how long it has to be */
#define PCE_FAULT_SLOT_MS       10
#define PCE_FAULT_SLOT_OFF_MS   500
/* Longest time of a delay, in microseconds */
#define PCE_FAULT_US_MAX        10000000

typedef enum PceFaultSite {
    PCE_SITE_REQUEST    = 1 << 0,
    PCE_SITE_COMPLETION = 1 << 1,
    PCE_SITE_INTERRUPT  = 1 << 2,
    PCE_SITE_READ       = 1 << 3,
    PCE_SITE_DOORBELL   = 1 << 4,
} PceFaultSite;

/* Those that look at each entry */
#define PCE_SITES_ENTRY (PCE_SITE_REQUEST | PCE_SITE_COMPLETION)

typedef enum PceFaultAction {
    PCE_FAULT_NONE,
    /* Requests */
    PCE_FAULT_STATUS,
    PCE_FAULT_SLOW,
    PCE_FAULT_FLIP_PAYLOAD,
    PCE_FAULT_FLIP_TAG,
    PCE_FAULT_WRITE_PART,
    PCE_FAULT_READ_ABORT,
    PCE_FAULT_WRITE_ABORT,
    PCE_FAULT_QUEUE_HANG,
    PCE_FAULT_QUEUE_ERROR,
    PCE_FAULT_FATAL,
    PCE_FAULT_VANISH,
    PCE_FAULT_UNPLUG,
    PCE_FAULT_PCIE_ERROR,
    /* Completions */
    PCE_FAULT_DROP,
    PCE_FAULT_DELAY,
    PCE_FAULT_REORDER,
    PCE_FAULT_DUPLICATE,
    PCE_FAULT_FOREIGN_TAG,
    PCE_FAULT_STALE_TAG,
    PCE_FAULT_BAD_TAG,
    PCE_FAULT_WRONG_PHASE,
    PCE_FAULT_WRONG_LENGTH,
    PCE_FAULT_FLIP_IV,
    PCE_FAULT_GARBAGE,
    PCE_FAULT_EARLY_INTERRUPT,
    /* Interrupts */
    PCE_FAULT_LOSE_INTERRUPT,
    PCE_FAULT_WRONG_VECTOR,
    PCE_FAULT_SPURIOUS_INTERRUPT,
    PCE_FAULT_INTERRUPT_STORM,
    /* Register reads */
    PCE_FAULT_READ_ONES,
    PCE_FAULT_READ_GARBAGE,
    /* Doorbells */
    PCE_FAULT_IGNORE_DOORBELL,
    PCE_FAULT_ACTIONS
} PceFaultAction;

/* What only the holder of the BQL can do; bits of PceState.trouble */
typedef enum PceTrouble {
    PCE_TROUBLE_FATAL   = 1 << 0,
    PCE_TROUBLE_VANISH  = 1 << 1,
    PCE_TROUBLE_PCIE    = 1 << 2,
    PCE_TROUBLE_UNPLUG  = 1 << 3,
} PceTrouble;

/* What a rule may pick from */
typedef struct PceFaultEvent {
    PceFaultSite site;
    int queue;                      /* -1: of no queue pair */
    uint8_t opcode;                 /* of requests and completions */
    uint32_t reg;                   /* of reads: offset in the page */
    uint32_t index;                 /* in the submission ring, for the log */
    uint16_t tag;
} PceFaultEvent;

typedef struct PceFault {
    PceFaultAction action;
    uint64_t param[PCE_FAULT_PARAMS];
    uint32_t random;
} PceFault;

typedef struct PceFaultPlan PceFaultPlan;

/* A completion that is kept back */
typedef struct PceHeldCompletion {
    QTAILQ_ENTRY(PceHeldCompletion) node;
    struct pce_cqe cqe;
    int64_t due;
    bool after_next;                /* due when another one is written, too */
    bool quiet;                     /* its interrupt has come before it */
} PceHeldCompletion;

/* Of a queue pair */
typedef struct PceQueueFaults {
    bool hung;                      /* no entry is begun until it is reset */
    bool stubborn;                  /* ... and no command is obeyed */
    QTAILQ_HEAD(, PceHeldCompletion) held;
    unsigned int nr_held;
    QEMUTimer *held_timer;
    struct pce_cqe last;            /* completion, for stale tags */
    uint32_t storm;                 /* interrupts to come */
    int64_t storm_ns;               /* between them */
    QEMUTimer *storm_timer;
} PceQueueFaults;

/* Of the request that a worker executes: what its accesses to memory suffer */
typedef struct PceDmaFaults {
    PceFaultAction action;
    uint64_t left;                  /* bytes until WRITE_PART begins */
    GPtrArray *scratch;             /* where the others go */
    uint64_t first;                 /* address of the first byte written */
    uint64_t last;                  /* ... and of the last one */
    bool written;
} PceDmaFaults;

/* Registers through which the guest sees and changes the plan */
typedef struct PceFaultDoor {
    uint32_t result;
    uint8_t text[PCE_FAULT_TEXT_SIZE];
} PceFaultDoor;

#endif /* HW_CRYPTO_PCE_FAULT_H */
