/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: plans of faults, their language, and who picks what.
 *
 *   plan   = rule { ";" rule }
 *   rule   = action { word }
 *   word   = name "=" number
 *
 * Selectors are the same for all actions, parameters are the action's own; the
 * tables below have them all.  fault.h says what a site is.
 *
 * Registers and the monitor change a plan under the BQL, workers and register
 * accesses ask it: its own lock is taken last.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/log.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "migration/vmstate.h"
#include "pce.h"
#include "trace.h"

typedef struct ParamDesc {
    const char *name;
    uint64_t min, max, value;       /* value: where none is given */
} ParamDesc;

#define PARAM_US(value) { "us", 1, PCE_FAULT_US_MAX, value }

static const struct {
    const char *name;
    PceFaultSite site;
    ParamDesc params[PCE_FAULT_PARAMS];
} actions[PCE_FAULT_ACTIONS] = {
    [PCE_FAULT_STATUS] = {
        "status", PCE_SITE_REQUEST,
        { { "code", 0, 0xff, PCE_STATUS_INTERNAL } }
    },
    [PCE_FAULT_SLOW] = {
        "slow", PCE_SITE_REQUEST,
        { PARAM_US(1000),
          { "bandwidth", PCE_BANDWIDTH_MIN, UINT64_MAX, UINT64_MAX } }
    },
    [PCE_FAULT_FLIP_PAYLOAD] = {
        "flip-payload", PCE_SITE_REQUEST, { { "bit", 0, 127, 0 } }
    },
    [PCE_FAULT_FLIP_TAG] = {
        "flip-tag", PCE_SITE_REQUEST, { { "bit", 0, 7, 0 } }
    },
    [PCE_FAULT_WRITE_PART] = {
        "write-part", PCE_SITE_REQUEST,
        { { "bytes", 0, PCE_LIMIT_LENGTH, 8 } }
    },
    [PCE_FAULT_READ_ABORT] = {
        "read-abort", PCE_SITE_REQUEST, { { "after", 0, 10000, 0 } }
    },
    [PCE_FAULT_WRITE_ABORT] = {
        "write-abort", PCE_SITE_REQUEST, { { "after", 0, 10000, 0 } }
    },
    [PCE_FAULT_QUEUE_HANG] = {
        "queue-hang", PCE_SITE_REQUEST, { { "stubborn", 0, 1, 0 } }
    },
    [PCE_FAULT_QUEUE_ERROR] = {
        "queue-error", PCE_SITE_REQUEST,
        { { "code", PCE_QFAULT_SQ_DMA, PCE_QFAULT_CQ_OVERFLOW,
            PCE_QFAULT_SQ_DMA } }
    },
    [PCE_FAULT_FATAL] = { "fatal", PCE_SITE_REQUEST },
    [PCE_FAULT_VANISH] = {
        "vanish", PCE_SITE_REQUEST, { { "ms", 0, 1000000, 0 } }
    },
    [PCE_FAULT_UNPLUG] = {
        "unplug", PCE_SITE_REQUEST, { { "ms", 0, 1000000, 0 } }
    },
    [PCE_FAULT_PCIE_ERROR] = {
        "pcie-error", PCE_SITE_REQUEST, { { "fatal", 0, 1, 1 } }
    },
    [PCE_FAULT_DROP] = { "drop", PCE_SITE_COMPLETION },
    [PCE_FAULT_DELAY] = {
        "delay", PCE_SITE_COMPLETION, { PARAM_US(1000) }
    },
    [PCE_FAULT_REORDER] = {
        "reorder", PCE_SITE_COMPLETION, { PARAM_US(10000) }
    },
    [PCE_FAULT_DUPLICATE] = { "duplicate", PCE_SITE_COMPLETION },
    [PCE_FAULT_FOREIGN_TAG] = { "foreign-tag", PCE_SITE_COMPLETION },
    [PCE_FAULT_STALE_TAG] = { "stale-tag", PCE_SITE_COMPLETION },
    [PCE_FAULT_BAD_TAG] = { "bad-tag", PCE_SITE_COMPLETION },
    [PCE_FAULT_WRONG_PHASE] = { "wrong-phase", PCE_SITE_COMPLETION },
    [PCE_FAULT_WRONG_LENGTH] = {
        "wrong-length", PCE_SITE_COMPLETION,
        { { "xor", 1, UINT32_MAX, 1 } }
    },
    [PCE_FAULT_FLIP_IV] = {
        "flip-iv", PCE_SITE_COMPLETION,
        { { "bit", 0, PCE_CQE_RESULT_SIZE * 8 - 1, 0 } }
    },
    [PCE_FAULT_GARBAGE] = { "garbage", PCE_SITE_COMPLETION },
    [PCE_FAULT_EARLY_INTERRUPT] = {
        "early-interrupt", PCE_SITE_COMPLETION, { PARAM_US(1000) }
    },
    [PCE_FAULT_LOSE_INTERRUPT] = { "lose-interrupt", PCE_SITE_INTERRUPT },
    [PCE_FAULT_WRONG_VECTOR] = {
        "wrong-vector", PCE_SITE_INTERRUPT, { { "by", 1, 2047, 1 } }
    },
    [PCE_FAULT_SPURIOUS_INTERRUPT] = {
        "spurious-interrupt", PCE_SITE_INTERRUPT, { PARAM_US(100) }
    },
    [PCE_FAULT_INTERRUPT_STORM] = {
        "interrupt-storm", PCE_SITE_INTERRUPT,
        { PARAM_US(100), { "count", 1, PCE_FAULT_STORM_MAX, 1000 } }
    },
    [PCE_FAULT_READ_ONES] = { "read-ones", PCE_SITE_READ },
    [PCE_FAULT_READ_GARBAGE] = { "read-garbage", PCE_SITE_READ },
    [PCE_FAULT_IGNORE_DOORBELL] = { "ignore-doorbell", PCE_SITE_DOORBELL },
};

/* By PCE_OP_* */
static const char *const opcodes[] = {
    [PCE_OP_NOP] = "nop", [PCE_OP_CIPHER] = "cipher", [PCE_OP_AEAD] = "aead",
    [PCE_OP_HASH] = "hash", [PCE_OP_MAC] = "mac", [PCE_OP_RANDOM] = "random",
};

#define ANY UINT64_MAX

typedef struct Rule {
    PceFault fault;
    /* Selectors */
    uint64_t queue;                 /* ANY, or which */
    uint64_t reg;
    int opcode;                     /* -1: any */
    uint64_t nth;                   /* 0: no matter */
    uint64_t every;
    double probability;             /* negative: no matter */
    uint64_t times;                 /* 0: without end */
    uint64_t for_ms;                /* 0: without end */

    uint64_t state;                 /* of next_random() */
    uint32_t random;                /* of the last event */
    int64_t begun;                  /* ms of the virtual clock */
    uint64_t events;                /* that fit queue, opcode, reg */
    uint64_t injected;
} Rule;

static const struct {
    const char *name;
    size_t offset;
    uint64_t min, max;
} selectors[] = {
    { "queue", offsetof(Rule, queue), 0, PCE_LIMIT_QUEUES - 1 },
    { "reg", offsetof(Rule, reg), 0, PCE_PAGE_SIZE - 4 },
    { "nth", offsetof(Rule, nth), 1, UINT64_MAX },
    { "every", offsetof(Rule, every), 1, UINT64_MAX },
    { "times", offsetof(Rule, times), 1, UINT64_MAX },
    { "for-ms", offsetof(Rule, for_ms), 1, UINT32_MAX },
};

typedef struct Injection {
    uint32_t number;
    uint32_t rule;                  /* from 1, as is what it counts */
    uint64_t nth;
    uint32_t action;                /* PceFaultAction */
    PceFaultEvent event;
} Injection;

struct PceFaultPlan {
    QemuMutex lock;
    uint8_t text[PCE_FAULT_PLAN_SIZE];
    Rule rules[PCE_FAULT_MAX_RULES];
    unsigned int nr_rules;
    uint32_t injections;            /* since the device was made */
    Injection log[PCE_FAULT_LOG];   /* by number */
};

PceFaultPlan *pce_fault_plan_new(void)
{
    PceFaultPlan *plan = g_new0(PceFaultPlan, 1);

    qemu_mutex_init(&plan->lock);
    return plan;
}

void pce_fault_plan_free(PceFaultPlan *plan)
{
    qemu_mutex_destroy(&plan->lock);
    g_free(plan);
}

/* --- The language ----------------------------------------------------- */

static PceFaultAction find_action(const char *name)
{
    for (PceFaultAction i = PCE_FAULT_NONE + 1; i < PCE_FAULT_ACTIONS; i++) {
        if (!strcmp(name, actions[i].name)) {
            return i;
        }
    }
    return PCE_FAULT_NONE;
}

static bool parse_number(const char *name, const char *text, uint64_t min,
                         uint64_t max, uint64_t *value, Error **errp)
{
    if (qemu_strtou64(text, NULL, 0, value) || *value < min || *value > max) {
        error_setg(errp, "'%s=%s': not a number from %" PRIu64 " to %" PRIu64,
                   name, text, min, max);
        return false;
    }
    return true;
}

static bool parse_opcode(Rule *rule, const char *text, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
        if (opcodes[i] && !strcmp(text, opcodes[i])) {
            rule->opcode = i;
            return true;
        }
    }
    error_setg(errp, "'op=%s': not one of nop, cipher, aead, hash, mac, random",
               text);
    return false;
}

static bool parse_probability(Rule *rule, const char *text, Error **errp)
{
    if (!qemu_strtod_finite(text, NULL, &rule->probability) &&
        rule->probability >= 0 && rule->probability <= 1) {
        return true;
    }
    error_setg(errp, "'probability=%s': not a number from 0 to 1", text);
    return false;
}

static bool parse_param(Rule *rule, const char *name, const char *text,
                        Error **errp)
{
    const ParamDesc *params = actions[rule->fault.action].params;

    for (unsigned int i = 0; i < PCE_FAULT_PARAMS && params[i].name; i++) {
        if (!strcmp(name, params[i].name)) {
            return parse_number(name, text, params[i].min, params[i].max,
                                &rule->fault.param[i], errp);
        }
    }
    error_setg(errp, "'%s': not a word of '%s'", name,
               actions[rule->fault.action].name);
    error_append_hint(errp, "Words: queue reg op nth every probability times "
                      "for-ms");
    for (unsigned int i = 0; i < PCE_FAULT_PARAMS && params[i].name; i++) {
        error_append_hint(errp, " %s", params[i].name);
    }
    error_append_hint(errp, "\n");
    return false;
}

static bool parse_word(Rule *rule, char *word, Error **errp)
{
    char *text = strchr(word, '=');

    if (!text) {
        error_setg(errp, "'%s': not name=value", word);
        return false;
    }
    *text++ = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(selectors); i++) {
        if (!strcmp(word, selectors[i].name)) {
            return parse_number(word, text, selectors[i].min, selectors[i].max,
                                (void *)((char *)rule + selectors[i].offset),
                                errp);
        }
    }
    if (!strcmp(word, "op")) {
        return parse_opcode(rule, text, errp);
    }
    if (!strcmp(word, "probability")) {
        return parse_probability(rule, text, errp);
    }
    return parse_param(rule, word, text, errp);
}

/* What depends on other properties is looked at when those are known */
static bool check_config(PceState *s, const Rule *rule, Error **errp)
{
    if (rule->queue != ANY && rule->queue >= s->nr_queues) {
        error_setg(errp, "'queue=%" PRIu64 "': there are %" PRIu32 " queues",
                   rule->queue, s->nr_queues);
        return false;
    }
    if (rule->fault.action == PCE_FAULT_SLOW && s->exec_inline) {
        error_setg(errp, "'slow' needs a thread, and 'exec' is 'inline'");
        return false;
    }
    if (rule->fault.action == PCE_FAULT_UNPLUG && !pce_slot_exists(s)) {
        error_setg(errp, "'unplug' needs a slot with hot-plug, such as that of "
                   "a pcie-root-port");
        return false;
    }
    return true;
}

static bool check_rule(PceState *s, const Rule *rule, Error **errp)
{
    const char *name = actions[rule->fault.action].name;
    PceFaultSite site = actions[rule->fault.action].site;

    if (!!rule->nth + !!rule->every + (rule->probability >= 0) > 1) {
        error_setg(errp, "more than one of nth, every, probability");
        return false;
    }
    if (rule->reg != ANY && site != PCE_SITE_READ) {
        error_setg(errp, "'reg': '%s' is not about reading registers", name);
        return false;
    }
    if (rule->opcode >= 0 && site != PCE_SITE_REQUEST &&
        site != PCE_SITE_COMPLETION) {
        error_setg(errp, "'op': '%s' is not about requests", name);
        return false;
    }
    return !s->config_known || check_config(s, rule, errp);
}

static bool parse_rule(PceState *s, Rule *rule, char **words, Error **errp)
{
    const ParamDesc *params;

    *rule = (Rule) {
        .fault.action = find_action(words[0]),
        .queue = ANY, .reg = ANY, .opcode = -1, .probability = -1,
    };
    if (rule->fault.action == PCE_FAULT_NONE) {
        error_setg(errp, "'%s': no such action", words[0]);
        error_append_hint(errp, "Actions:");
        for (int i = PCE_FAULT_NONE + 1; i < PCE_FAULT_ACTIONS; i++) {
            error_append_hint(errp, " %s", actions[i].name);
        }
        error_append_hint(errp, "\n");
        return false;
    }
    params = actions[rule->fault.action].params;
    for (unsigned int i = 0; i < PCE_FAULT_PARAMS; i++) {
        rule->fault.param[i] = params[i].value;
    }
    for (char **word = words + 1; *word; word++) {
        if (!parse_word(rule, *word, errp)) {
            return false;
        }
    }
    return check_rule(s, rule, errp);
}

/* Words with white space between them, of which there may be none */
static char **split_words(const char *text)
{
    char **words = g_strsplit_set(text, " \t\n", -1);
    unsigned int n = 0;

    for (char **word = words; *word; word++) {
        if (**word) {
            words[n++] = *word;
        } else {
            g_free(*word);
        }
    }
    words[n] = NULL;
    return words;
}

/* "seed=N" stands where a rule may stand, and is about all of them */
static bool parse_plan(PceState *s, const char *text, Rule *rules,
                       unsigned int *n, uint64_t *seed, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(text, ";", -1);

    if (strlen(text) >= PCE_FAULT_PLAN_SIZE) {
        error_setg(errp, "more than %u characters", PCE_FAULT_PLAN_SIZE - 1);
        return false;
    }
    for (char **part = parts; *part; part++) {
        g_auto(GStrv) words = split_words(*part);

        if (!words[0]) {
            continue;
        }
        if (g_str_has_prefix(words[0], "seed=") && !words[1]) {
            if (!parse_number("seed", words[0] + 5, 0, UINT32_MAX, seed,
                              errp)) {
                return false;
            }
            continue;
        }
        if (*n == PCE_FAULT_MAX_RULES) {
            error_setg(errp, "more than %u rules", PCE_FAULT_MAX_RULES);
            return false;
        }
        if (!parse_rule(s, &rules[*n], words, errp)) {
            error_prepend(errp, "rule %u: ", *n + 1);
            return false;
        }
        ++*n;
    }
    return true;
}

/* With the lock; fault_sites is seen by workers and register accesses */
static void use_rules(PceState *s, const Rule *rules, unsigned int n)
{
    PceFaultPlan *plan = s->faults;
    uint32_t sites = 0;

    memcpy(plan->rules, rules, n * sizeof(*rules));
    plan->nr_rules = n;
    for (unsigned int i = 0; i < n; i++) {
        sites |= actions[rules[i].fault.action].site;
    }
    qatomic_set(&s->fault_sites, sites);
}

/* Replace the plan: all of it, or nothing.  An empty text is no fault. */
bool pce_fault_plan_set(PceState *s, const char *text, Error **errp)
{
    PceFaultPlan *plan = s->faults;
    g_autofree Rule *rules = g_new0(Rule, PCE_FAULT_MAX_RULES);
    unsigned int n = 0;
    uint64_t seed = 0;

    if (!parse_plan(s, text, rules, &n, &seed, errp)) {
        error_prepend(errp, "pce: fault plan: ");
        return false;
    }
    for (unsigned int i = 0; i < n; i++) {
        rules[i].state = seed << 32 | i;
        rules[i].begun = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL);
    }
    WITH_QEMU_LOCK_GUARD(&plan->lock) {
        pstrcpy((char *)plan->text, sizeof(plan->text), text);
        use_rules(s, rules, n);
    }
    trace_pce_fault_plan(text);
    return true;
}

char *pce_fault_plan_text(PceState *s)
{
    QEMU_LOCK_GUARD(&s->faults->lock);

    /* While a plan is loaded it may lack an end */
    return g_strndup((char *)s->faults->text, sizeof(s->faults->text));
}

/* --- Picking ---------------------------------------------------------- */

/* SplitMix64: its state is one number, which can be saved */
static uint64_t next_random(Rule *rule)
{
    uint64_t z = rule->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static bool rule_applies(const Rule *rule, const PceFaultEvent *event)
{
    return actions[rule->fault.action].site == event->site &&
           (rule->queue == ANY || (int)rule->queue == event->queue) &&
           (rule->reg == ANY || rule->reg == event->reg) &&
           (rule->opcode < 0 || rule->opcode == event->opcode);
}

/*
 * Counts the event.  Each has its random numbers, whether they are needed or
 * not: so they are the same however the events of other rules lie between.
 */
static bool rule_picks(Rule *rule)
{
    double chance = (next_random(rule) >> 11) / (double)(1ULL << 53);

    rule->random = next_random(rule);
    rule->events++;
    if (rule->times && rule->injected >= rule->times) {
        return false;
    }
    if (rule->for_ms && qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) - rule->begun >=
        (int64_t)rule->for_ms) {
        return false;
    }
    if (rule->nth) {
        return rule->events == rule->nth;
    }
    if (rule->every) {
        return rule->events % rule->every == 0;
    }
    return rule->probability < 0 || chance < rule->probability;
}

static void record(PceFaultPlan *plan, Rule *rule, const PceFaultEvent *event)
{
    uint32_t number = ++plan->injections;
    unsigned int which = rule - plan->rules + 1;

    rule->injected++;
    plan->log[number % PCE_FAULT_LOG] = (Injection) {
        .number = number, .rule = which, .nth = rule->events,
        .action = rule->fault.action, .event = *event,
    };
    trace_pce_fault(number, which, rule->events,
                    actions[rule->fault.action].name, event->queue,
                    event->site == PCE_SITE_READ ? event->reg : event->index,
                    event->tag);
}

/* The first rule that picks the event has it; all of them count it */
bool pce_fault_pick(PceState *s, const PceFaultEvent *event, PceFault *fault)
{
    PceFaultPlan *plan = s->faults;
    Rule *picked = NULL;

    QEMU_LOCK_GUARD(&plan->lock);
    for (unsigned int i = 0; i < plan->nr_rules; i++) {
        Rule *rule = &plan->rules[i];

        if (rule_applies(rule, event) && rule_picks(rule) && !picked) {
            picked = rule;
        }
    }
    if (!picked) {
        return false;
    }
    record(plan, picked, event);
    *fault = picked->fault;
    fault->random = picked->random;
    return true;
}

uint32_t pce_fault_injections(PceState *s)
{
    QEMU_LOCK_GUARD(&s->faults->lock);

    return s->faults->injections;
}

/* --- Report ----------------------------------------------------------- */

static void report_injection(GString *report, const Injection *injection)
{
    const PceFaultEvent *event = &injection->event;

    /* Loaded ones are what somebody sent */
    if (injection->action == PCE_FAULT_NONE ||
        injection->action >= PCE_FAULT_ACTIONS) {
        return;
    }
    g_string_append_printf(report, "%" PRIu32 ": rule %u event %" PRIu64
                           ": %s", injection->number, injection->rule,
                           injection->nth, actions[injection->action].name);
    if (event->queue >= 0) {
        g_string_append_printf(report, " queue %d", event->queue);
    }
    switch (actions[injection->action].site) {
    case PCE_SITE_REQUEST:
    case PCE_SITE_COMPLETION:
        g_string_append_printf(report, " %s index %" PRIu32 " tag %u",
                               event->opcode < ARRAY_SIZE(opcodes) &&
                               opcodes[event->opcode] ?
                               opcodes[event->opcode] : "invalid",
                               event->index, event->tag);
        break;
    case PCE_SITE_READ:
        g_string_append_printf(report, " register 0x%x", event->reg);
        break;
    default:
        break;
    }
    g_string_append_c(report, '\n');
}

/* Cut whole lines off from the start until there are less than limit bytes */
static void cut_report(GString *lines, size_t limit)
{
    const char *end;

    if (lines->len < limit) {
        return;
    }
    end = strchr(lines->str + lines->len - limit, '\n');
    g_string_erase(lines, 0, end ? end + 1 - lines->str : -1);
}

/*
 * Rules with what they have done, then the last injections by number: in less
 * than size bytes.
 */
char *pce_fault_report(PceState *s, size_t size)
{
    PceFaultPlan *plan = s->faults;
    GString *report = g_string_new(NULL);
    g_autoptr(GString) injections = g_string_new(NULL);

    QEMU_LOCK_GUARD(&plan->lock);
    for (unsigned int i = 0; i < plan->nr_rules; i++) {
        const Rule *rule = &plan->rules[i];

        g_string_append_printf(report, "rule %u: %s: %" PRIu64 " injected in %"
                               PRIu64 " events\n", i + 1,
                               actions[rule->fault.action].name,
                               rule->injected, rule->events);
    }
    for (uint32_t n = MIN(plan->injections, PCE_FAULT_LOG); n; n--) {
        uint32_t number = plan->injections - n + 1;

        report_injection(injections, &plan->log[number % PCE_FAULT_LOG]);
    }
    cut_report(injections, size - MIN(size, report->len));
    g_string_append_len(report, injections->str, injections->len);
    return g_string_free(report, FALSE);
}

/* --- Saved and loaded ------------------------------------------------- */

static const VMStateDescription vmstate_rule = {
    .name = "pce/fault-rule",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(state, Rule),
        VMSTATE_INT64(begun, Rule),
        VMSTATE_UINT64(events, Rule),
        VMSTATE_UINT64(injected, Rule),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_injection = {
    .name = "pce/fault-injection",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(number, Injection),
        VMSTATE_UINT32(rule, Injection),
        VMSTATE_UINT64(nth, Injection),
        VMSTATE_UINT32(action, Injection),
        VMSTATE_INT32(event.queue, Injection),
        VMSTATE_UINT8(event.opcode, Injection),
        VMSTATE_UINT32(event.reg, Injection),
        VMSTATE_UINT32(event.index, Injection),
        VMSTATE_UINT16(event.tag, Injection),
        VMSTATE_END_OF_LIST()
    }
};

/*
 * The rules are what the text says; of all that there could be, what they have
 * counted and drawn is beside it.
 */
const VMStateDescription pce_fault_plan_vmstate = {
    .name = "pce/fault-plan",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BUFFER(text, PceFaultPlan),
        VMSTATE_UINT32(injections, PceFaultPlan),
        VMSTATE_STRUCT_ARRAY(rules, PceFaultPlan, PCE_FAULT_MAX_RULES, 1,
                             vmstate_rule, Rule),
        VMSTATE_STRUCT_ARRAY(log, PceFaultPlan, PCE_FAULT_LOG, 1,
                             vmstate_injection, Injection),
        VMSTATE_END_OF_LIST()
    }
};

/* No plan, and nothing was ever injected */
void pce_fault_plan_clear(PceState *s)
{
    PceFaultPlan *plan = s->faults;

    QEMU_LOCK_GUARD(&plan->lock);
    plan->text[0] = '\0';
    plan->injections = 0;
    use_rules(s, plan->rules, 0);
}

/* What was loaded becomes a plan, or there is none */
bool pce_fault_plan_loaded(PceState *s, Error **errp)
{
    PceFaultPlan *plan = s->faults;
    g_autofree char *text = pce_fault_plan_text(s);
    g_autofree Rule *rules = g_new0(Rule, PCE_FAULT_MAX_RULES);
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL);
    unsigned int n = 0;
    uint64_t seed = 0;

    if (!parse_plan(s, text, rules, &n, &seed, errp)) {
        error_prepend(errp, "pce: fault plan: ");
        pce_fault_plan_clear(s);
        return false;
    }
    for (unsigned int i = 0; i < n; i++) {
        const Rule *loaded = &plan->rules[i];

        rules[i].state = loaded->state;
        rules[i].begun = MIN(MAX(loaded->begun, 0), now);
        rules[i].events = loaded->events;
        rules[i].injected = loaded->injected;
    }
    WITH_QEMU_LOCK_GUARD(&plan->lock) {
        use_rules(s, rules, n);
    }
    trace_pce_fault_plan(text);
    return true;
}
