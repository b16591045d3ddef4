/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ktap.h"

#define MAX_CASES 1024

/* A case that goes wrong in a loop says so a few times only */
#define MAX_FAILURES 10

struct test_case {
    void (*run)(const void *arg);
    const void *arg;
    char name[120];
};

static struct test_case cases[MAX_CASES];
static int cases_count;
static int failures;
static char skipped[200];

void ktap_add(void (*run)(const void *arg), const void *arg,
              const char *name, ...)
{
    struct test_case *new_case = &cases[cases_count];
    va_list ap;

    if (cases_count++ == MAX_CASES) {
        fputs("too many cases\n", stderr);
        exit(2);
    }
    new_case->run = run;
    new_case->arg = arg;
    va_start(ap, name);
    vsnprintf(new_case->name, sizeof(new_case->name), name, ap);
    va_end(ap);
}

void ktap_fail(const char *what, ...)
{
    va_list ap;

    if (++failures > MAX_FAILURES) {
        return;
    }
    printf("# ");
    va_start(ap, what);
    vprintf(what, ap);
    va_end(ap);
    puts(failures == MAX_FAILURES ? "; no more of this case is shown" : "");
}

void ktap_skip(const char *why, ...)
{
    va_list ap;

    va_start(ap, why);
    vsnprintf(skipped, sizeof(skipped), why, ap);
    va_end(ap);
}

void ktap_note(const char *what, ...)
{
    va_list ap;

    printf("# ");
    va_start(ap, what);
    vprintf(what, ap);
    va_end(ap);
    puts("");
}

bool ktap_failed(void)
{
    return failures;
}

int ktap_run(void)
{
    int status = 0;

    /* What was printed before a crash is to be seen */
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("KTAP version 1\n1..%d\n", cases_count);
    for (int i = 0; i < cases_count; i++) {
        failures = 0;
        skipped[0] = '\0';
        cases[i].run(cases[i].arg);
        printf("%s %d %s%s%s\n", failures ? "not ok" : "ok", i + 1,
               cases[i].name, *skipped ? " # SKIP " : "", skipped);
        status |= failures != 0;
    }
    return status;
}
