/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: properties, and the capabilities that follow from them.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/qdev-properties.h"
#include "pce.h"

#define ALL_KEY_SIZES 7

static const Property pce_properties[] = {
    DEFINE_PROP_UINT32("queues", PceState, nr_queues, 8),
    DEFINE_PROP_UINT32("workers", PceState, nr_workers, 1),
    DEFINE_PROP_STRING("exec", PceState, exec),
    DEFINE_PROP_UINT32("poll-us", PceState, poll_us, 500),
    DEFINE_PROP_BOOL("msix", PceState, msix, true),
    DEFINE_PROP_UINT32("vectors", PceState, nr_vectors, 0),
    DEFINE_PROP_BOOL("moderation", PceState, moderation, true),
    DEFINE_PROP_UINT8("min-queue-order", PceState, min_order,
                      PCE_LIMIT_MIN_ORDER),
    DEFINE_PROP_UINT8("max-queue-order", PceState, max_order,
                      PCE_LIMIT_MAX_ORDER),
    DEFINE_PROP_UINT32("max-segments", PceState, max_segments,
                       PCE_LIMIT_SEGMENTS),
    DEFINE_PROP_UINT32("max-length", PceState, max_length, PCE_LIMIT_LENGTH),
    DEFINE_PROP_STRING("algs", PceState, algs),
    DEFINE_PROP_UINT32("key-sizes", PceState, key_sizes, ALL_KEY_SIZES),
    DEFINE_PROP_BOOL("data-units", PceState, data_units, true),
    DEFINE_PROP_BOOL("random", PceState, random, true),
    DEFINE_PROP_UINT32("key-cache", PceState, key_slots, 0),
    DEFINE_PROP_STRING("backend", PceState, backend_name),
    DEFINE_PROP_UINT32("request-us", PceState, request_us, 0),
    DEFINE_PROP_SIZE("bandwidth", PceState, bandwidth, 0),
    DEFINE_PROP_BOOL("fault-injection", PceState, fault_injection, false),
    DEFINE_PROP_UINT32("x-version", PceState, version, PCE_VERSION),
};

static const struct {
    const char *name;
    const char *text;
} descriptions[] = {
    { "queues", "Number of queue pairs, 1 to 64" },
    { "workers", "Threads that execute requests, 1 to the number of queues; "
                 "queue q belongs to worker q % workers" },
    { "exec", "'threads': workers are threads; 'inline': requests are "
              "executed within the doorbell write, deterministically; 'auto' "
              "(default): by threads, save brief ones that come alone" },
    { "poll-us", "Microseconds that a worker without work looks on before it "
                 "sleeps, at most; 0: not at all (up to 10000)" },
    { "msix", "Offer MSI-X; INTx serves without it" },
    { "vectors", "MSI-X vectors, 1 to 2048; 0: one for each queue pair and one "
                 "for events" },
    { "moderation", "Offer interrupt moderation" },
    { "min-queue-order", "log2 of the smallest ring, 2 to 12" },
    { "max-queue-order", "log2 of the largest ring, min-queue-order to 12" },
    { "max-segments", "Entries of a segment table, 1 to 1024" },
    { "max-length", "Bytes of a request, 4096 to 16 MiB" },
    { "algs", "Algorithms offered, names or patterns with a colon between "
              "them, as in aes-cbc:hmac-sha*; '*' (default): all" },
    { "key-sizes", "Key sizes offered: 1 (128 bits) + 2 (192) + 4 (256)" },
    { "data-units", "Offer requests of several data units, where the backend "
                    "has them" },
    { "random", "Offer random numbers from the host" },
    { "key-cache", "Expanded keys kept by each worker, up to 65536; 0: the "
                   "default number" },
    { "backend", "Cipher library: 'gcrypt', 'nettle', 'ipsec-mb' (amd64), or "
                 "'auto' (default): for each algorithm the fastest one" },
    { "request-us", "Microseconds that a request keeps its worker busy at "
                    "least, up to 10000000: an engine that is slow" },
    { "bandwidth", "Bytes a second that a worker does at most, 1000 or more; "
                   "0: no limit" },
    { "fault-injection", "Let the guest see and set fault-plan by registers" },
    { "x-version", "What the register VERSION shows, to test drivers" },
};

void pce_config_class_init(ObjectClass *oc)
{
    device_class_set_props(DEVICE_CLASS(oc), pce_properties);
    QEMU_BUILD_BUG_ON(ARRAY_SIZE(descriptions) != ARRAY_SIZE(pce_properties));
    for (size_t i = 0; i < ARRAY_SIZE(descriptions); i++) {
        object_class_property_set_description(oc, descriptions[i].name,
                                              descriptions[i].text);
    }
}

static bool check_range(const char *name, uint32_t value, uint32_t low,
                        uint32_t high, Error **errp)
{
    if (value >= low && value <= high) {
        return true;
    }
    error_setg(errp, "pce: property '%s' is %" PRIu32 ", must be %" PRIu32
               " to %" PRIu32, name, value, low, high);
    return false;
}

static bool check_exec(PceState *s, Error **errp)
{
    s->exec_inline = s->exec && !strcmp(s->exec, "inline");
    s->exec_auto = !s->exec || !strcmp(s->exec, "auto");
    if (s->exec_auto || s->exec_inline || !strcmp(s->exec, "threads")) {
        return true;
    }
    error_setg(errp, "pce: property 'exec' is '%s', must be 'auto', 'threads' "
               "or 'inline'", s->exec);
    return false;
}

/*
 * An engine that takes its time takes one request after the other, and cannot
 * do so while the guest's processor waits for the write of a register.
 */
static bool check_pace(PceState *s, Error **errp)
{
    if (!check_range("request-us", s->request_us, 0, PCE_REQUEST_US_MAX,
                     errp)) {
        return false;
    }
    if (s->bandwidth && s->bandwidth < PCE_BANDWIDTH_MIN) {
        error_setg(errp, "pce: property 'bandwidth' is %" PRIu64 ", must be 0 "
                   "or at least %u", s->bandwidth, PCE_BANDWIDTH_MIN);
        return false;
    }
    s->paced = s->request_us || s->bandwidth;
    if (s->paced && s->exec_inline) {
        error_setg(errp, "pce: property '%s' needs a thread, and 'exec' is "
                   "'inline'", s->request_us ? "request-us" : "bandwidth");
        return false;
    }
    if (s->paced) {
        s->exec_auto = false;
    }
    return true;
}

static char **alg_patterns(const PceState *s)
{
    return g_strsplit(s->algs ?: "*", ":", -1);
}

static bool is_listed(const PceState *s, const struct pce_alg_desc *alg)
{
    g_auto(GStrv) patterns = alg_patterns(s);

    for (char **pattern = patterns; *pattern; pattern++) {
        if (g_pattern_match_simple(*pattern, alg->name)) {
            return true;
        }
    }
    return false;
}

static bool matches_any_alg(const char *pattern)
{
    for (unsigned int i = 0; i < PCE_LIMIT_ALGS; i++) {
        const struct pce_alg_desc *alg = pce_alg_find(i);

        if (alg && g_pattern_match_simple(pattern, alg->name)) {
            return true;
        }
    }
    return false;
}

static bool check_algs(PceState *s, Error **errp)
{
    g_auto(GStrv) patterns = alg_patterns(s);

    for (char **pattern = patterns; *pattern; pattern++) {
        if (matches_any_alg(*pattern)) {
            continue;
        }
        error_setg(errp, "pce: property 'algs' has '%s', which is no algorithm",
                   *pattern);
        error_append_hint(errp, "Algorithms:");
        for (unsigned int i = 0; i < PCE_LIMIT_ALGS; i++) {
            const struct pce_alg_desc *alg = pce_alg_find(i);

            if (alg) {
                error_append_hint(errp, " %s", alg->name);
            }
        }
        error_append_hint(errp, "\n");
        return false;
    }
    return true;
}

static bool check_backend(PceState *s, Error **errp)
{
    const char *name = s->backend_name ?: "auto";

    if (pce_backend_select(&s->backends, name)) {
        return true;
    }
    error_setg(errp, "pce: cipher backend '%s' does not exist or cannot be "
               "used", name);
    error_append_hint(errp, "Backends: auto");
    for (size_t i = 0; pce_backends[i]; i++) {
        error_append_hint(errp, " %s", pce_backends[i]->name);
    }
    error_append_hint(errp, "\n");
    return false;
}

/* What the backends have of an algorithm, and the properties leave of it */
static uint32_t offered(const PceState *s, unsigned int number)
{
    const struct pce_alg_desc *alg = pce_alg_find(number);
    uint32_t keys, info;

    if (!alg || !is_listed(s, alg)) {
        return 0;
    }
    keys = s->key_sizes * PCE_ALG_INFO_KEY_128;
    info = pce_alg_info(&s->backends, number) & ~(alg->key_bits & ~keys);
    if (!s->data_units) {
        info &= ~PCE_ALG_INFO_DATA_UNITS;
    }
    return alg->key_bits && !(info & alg->key_bits) ? 0 : info;
}

/* Check the properties and work out the capabilities */
bool pce_config_check(PceState *s, Error **errp)
{
    g_autofree char *faults = pce_fault_plan_text(s);

    if (!check_range("queues", s->nr_queues, 1, PCE_LIMIT_QUEUES, errp) ||
        !check_range("workers", s->nr_workers, 1, s->nr_queues, errp) ||
        !check_range("vectors", s->nr_vectors, 0, 2048, errp) ||
        !check_range("poll-us", s->poll_us, 0, 10000, errp) ||
        !check_range("min-queue-order", s->min_order, PCE_LIMIT_MIN_ORDER,
                     PCE_LIMIT_MAX_ORDER, errp) ||
        !check_range("max-queue-order", s->max_order, s->min_order,
                     PCE_LIMIT_MAX_ORDER, errp) ||
        !check_range("max-segments", s->max_segments, 1, PCE_LIMIT_SEGMENTS,
                     errp) ||
        !check_range("max-length", s->max_length, PCE_LIMIT_MIN_LENGTH,
                     PCE_LIMIT_LENGTH, errp) ||
        !check_range("key-sizes", s->key_sizes, 0, ALL_KEY_SIZES, errp) ||
        !check_range("key-cache", s->key_slots, 0, 65536, errp) ||
        !check_exec(s, errp) || !check_pace(s, errp) || !check_algs(s, errp) ||
        !check_backend(s, errp)) {
        return false;
    }
    s->config_known = true;
    if (!pce_fault_plan_set(s, faults, errp)) {
        return false;
    }
    if (s->exec_inline) {
        s->nr_workers = 1;
    }
    if (!s->nr_vectors) {
        s->nr_vectors = s->nr_queues + 1;
    }
    for (unsigned int alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
        s->alg_info[alg] = offered(s, alg);
    }
    return true;
}
