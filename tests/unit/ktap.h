/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A test program in C that prints KTAP: add the cases, then run them.
 */
#ifndef KTAP_H
#define KTAP_H

#include <stdbool.h>

/* Add a case; arg is handed to run and must stay */
void ktap_add(void (*run)(const void *arg), const void *arg,
              const char *name, ...) __attribute__((format(printf, 3, 4)));

/* Run all cases and return the exit status of the program */
int ktap_run(void);

/* For a running case: fail or skip it, or say something */
void ktap_fail(const char *what, ...) __attribute__((format(printf, 1, 2)));
void ktap_skip(const char *why, ...) __attribute__((format(printf, 1, 2)));
void ktap_note(const char *what, ...) __attribute__((format(printf, 1, 2)));

/* Has the running case failed? */
bool ktap_failed(void);

#define KTAP_STRING_(x) #x
#define KTAP_STRING(x) KTAP_STRING_(x)

/* Fail the running case, and say where, if condition does not hold */
#define EXPECT(condition) do {                                              \
        if (!(condition)) {                                                 \
            ktap_fail("%s", __FILE__ ":" KTAP_STRING(__LINE__) ": "         \
                      #condition);                                          \
        }                                                                   \
    } while (0)

#define EXPECT_EQ(seen, expected) do {                                      \
        unsigned long long seen_ = (seen), expected_ = (expected);          \
        if (seen_ != expected_) {                                           \
            ktap_fail("%s is 0x%llx instead of 0x%llx",                     \
                      __FILE__ ":" KTAP_STRING(__LINE__) ": " #seen,        \
                      seen_, expected_);                                    \
        }                                                                   \
    } while (0)

#endif /* KTAP_H */
