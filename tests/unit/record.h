/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of test vectors: the response files of NIST's Cryptographic Algorithm
 * Validation Program, what was reformatted to look like them, and the JSON
 * files of Wycheproof.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define FIELD_BYTES 32768

struct field {
    uint8_t data[FIELD_BYTES];
    size_t length;
};

struct record {
    bool decrypt;                   /* the section says so */
    bool fails;                     /* the tag is wrong */
    bool complete;
    unsigned int bits;              /* of the text, 0: the file does not say */

    /* What comes before a record, or with another, holds until it changes */
    struct field key, iv, aad, plain, cipher, tag, seed;
    int aad_length, text_length, tag_length;    /* -1: not said */
};

void parse_hex(const char *text, struct field *out);

/* Begin a file: nothing was said */
void record_init(struct record *record);

/* False at the end of the file */
bool record_read(FILE *file, struct record *record);

#endif /* RECORD_H */
