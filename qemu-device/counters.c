/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: counters, the read-only property "counters".
 *
 *   (qemu) qom-get /machine/peripheral/pce0 counters
 *
 * They count from the start of the device; a reset does not clear them.
 */
#include "qemu/osdep.h"
#include "qapi/visitor.h"
#include "pce.h"

static bool visit_counter(Visitor *v, const char *name, const uint64_t *counter,
                          Error **errp)
{
    uint64_t value = qatomic_read(counter);

    return visit_type_uint64(v, name, &value, errp);
}

static bool visit_queue(Visitor *v, PceQueue *q, Error **errp)
{
    PceQueueCounters *c = &q->counters;
    g_autofree char *name = g_strdup_printf("queue%u", q->index);
    bool ok;

    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return false;
    }
    ok = visit_counter(v, "requests", &c->requests, errp) &&
         visit_counter(v, "bytes", &c->bytes, errp) &&
         visit_counter(v, "errors", &c->errors, errp) &&
         visit_counter(v, "auth-failures", &c->auth_failures, errp) &&
         visit_counter(v, "faults", &c->faults, errp) &&
         visit_counter(v, "in-doorbell", &c->in_doorbell, errp) &&
         visit_counter(v, "passes", &c->passes, errp) &&
         visit_counter(v, "doorbells", &c->doorbells, errp) &&
         visit_counter(v, "parks", &c->parks, errp) &&
         visit_counter(v, "interrupts", &c->interrupts, errp) &&
         visit_counter(v, "interrupts-held", &c->interrupts_held, errp) &&
         visit_check_struct(v, errp);
    visit_end_struct(v, NULL);
    return ok;
}

static void add_worker(PceWorker *w, struct pce_executor_stats *sum)
{
    const struct pce_executor_stats *stats;

    if (!w->executor) {
        return;
    }
    stats = pce_executor_stats(w->executor);
    sum->batched += qatomic_read(&stats->batched);
    sum->maps += qatomic_read(&stats->maps);
    sum->copied += qatomic_read(&stats->copied);
    sum->key_hits += qatomic_read(&stats->key_hits);
    sum->key_misses += qatomic_read(&stats->key_misses);
    sum->key_evictions += qatomic_read(&stats->key_evictions);
}

static bool visit_device(Visitor *v, PceState *s, Error **errp)
{
    struct pce_executor_stats sum = { 0 };
    PceQueueCounters all = { 0 };
    uint64_t injected = pce_fault_injections(s);
    uint64_t wakes = 0, polls = 0;

    for (unsigned int i = 0; i < s->nr_workers; i++) {
        add_worker(&s->workers[i], &sum);
        wakes += qatomic_read(&s->workers[i].wakes);
        polls += qatomic_read(&s->workers[i].polls);
    }
    for (unsigned int i = 0; i < s->nr_queues; i++) {
        PceQueueCounters *c = &s->queues[i].counters;

        all.requests += qatomic_read(&c->requests);
        all.bytes += qatomic_read(&c->bytes);
        all.errors += qatomic_read(&c->errors);
        all.auth_failures += qatomic_read(&c->auth_failures);
        all.doorbells += qatomic_read(&c->doorbells);
        all.in_doorbell += qatomic_read(&c->in_doorbell);
        all.interrupts += qatomic_read(&c->interrupts);
        all.interrupts_held += qatomic_read(&c->interrupts_held);
    }
    return visit_counter(v, "requests", &all.requests, errp) &&
           visit_counter(v, "bytes", &all.bytes, errp) &&
           visit_counter(v, "errors", &all.errors, errp) &&
           visit_counter(v, "auth-failures", &all.auth_failures, errp) &&
           visit_counter(v, "batched", &sum.batched, errp) &&
           visit_counter(v, "doorbells", &all.doorbells, errp) &&
           visit_counter(v, "in-doorbell", &all.in_doorbell, errp) &&
           visit_counter(v, "interrupts", &all.interrupts, errp) &&
           visit_counter(v, "interrupts-held", &all.interrupts_held, errp) &&
           visit_counter(v, "worker-wakes", &wakes, errp) &&
           visit_counter(v, "worker-polls", &polls, errp) &&
           visit_counter(v, "dma-maps", &sum.maps, errp) &&
           visit_counter(v, "copied-bytes", &sum.copied, errp) &&
           visit_counter(v, "key-hits", &sum.key_hits, errp) &&
           visit_counter(v, "key-misses", &sum.key_misses, errp) &&
           visit_counter(v, "key-evictions", &sum.key_evictions, errp) &&
           visit_counter(v, "resets", &s->resets, errp) &&
           visit_counter(v, "faults-injected", &injected, errp);
}

static void get_counters(Object *obj, Visitor *v, const char *name,
                         void *opaque, Error **errp)
{
    PceState *s = PCE(obj);
    bool ok = true;

    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    if (s->workers && s->queues) {
        ok = visit_device(v, s, errp);
        for (unsigned int i = 0; ok && i < s->nr_queues; i++) {
            ok = visit_queue(v, &s->queues[i], errp);
        }
    }
    if (ok) {
        visit_check_struct(v, errp);
    }
    visit_end_struct(v, NULL);
}

void pce_counters_class_init(ObjectClass *oc)
{
    object_class_property_add(oc, "counters", "PceCounters", get_counters,
                              NULL, NULL, NULL);
    object_class_property_set_description(oc, "counters",
        "What the device has done since it was made, in all and by queue pair");
}
