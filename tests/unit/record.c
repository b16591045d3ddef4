/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "record.h"

#define LINE_CHARACTERS (2 * FIELD_BYTES + 100)

/* --- Values -------------------------------------------------------------- */

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0'
         : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
         : -1;
}

void parse_hex(const char *text, struct field *out)
{
    out->length = 0;
    while (hex_digit(text[0]) >= 0 && hex_digit(text[1]) >= 0 &&
           out->length < FIELD_BYTES) {
        out->data[out->length++] = hex_digit(text[0]) << 4 |
                                   hex_digit(text[1]);
        text += 2;
    }
    if (*text) {
        ktap_fail("not hexadecimal: %.40s", text);
    }
}

/* Hexadecimal, or text in quotation marks */
static void parse_bytes(const char *text, struct field *out)
{
    if (*text == '"') {
        out->length = strcspn(text + 1, "\"");
        memcpy(out->data, text + 1, out->length);
    } else {
        parse_hex(text, out);
    }
}

static void put_number(struct field *out, size_t offset, size_t size,
                       unsigned long long number)
{
    for (size_t i = 0; i < size; i++) {
        out->data[offset + i] = i < sizeof(number) ? number >> 8 * i : 0;
    }
}

/* --- Fields -------------------------------------------------------------- */

/* One of the three keys of DES; KEYs: all of them */
static void parse_des_key(const char *name, const char *value,
                          struct field *key)
{
    struct field *one = malloc(sizeof(*one));

    parse_hex(value, one);
    for (unsigned int i = 0; i < 3; i++) {
        if (name[3] == 's' || name[3] == '1' + (int)i) {
            memcpy(key->data + 8 * i, one->data, 8);
        }
    }
    key->length = 24;
    free(one);
}

static void parse_number(const char *name, const char *value,
                         struct record *r)
{
    if (!strcmp(name, "Alen")) {
        r->aad_length = atoi(value);
    } else if (!strcmp(name, "Plen")) {
        r->text_length = atoi(value);
    } else if (!strcmp(name, "Tlen")) {
        r->tag_length = atoi(value);
    } else if (!strcmp(name, "Len") || !strcmp(name, "DataUnitLen")) {
        r->bits = atoi(value);
        if (*name == 'L') {
            r->text_length = r->bits / 8;
        }
    } else if (!strcmp(name, "DataUnitSeqNumber")) {
        /* XTS: a little-endian tweak */
        put_number(&r->iv, 0, 16, strtoull(value, NULL, 10));
        r->iv.length = 16;
    } else if (!strcmp(name, "INITIAL_BLOCK_COUNTER")) {
        /*
         * ChaCha20: it comes before the nonce, and is as long as that leaves
         * it, 32 bits (RFC 8439) or 64
         */
        unsigned int size = r->iv.length < 12 ? 8 : 4;

        memmove(r->iv.data + size, r->iv.data, r->iv.length);
        put_number(&r->iv, 0, size, strtoull(value, NULL, 10));
        r->iv.length += size;
    } else if (strcasecmp(name, "Count") && strcmp(name, "Nlen")) {
        ktap_fail("unknown field %s", name);
    }
}

static void parse_result(const char *value, struct record *r)
{
    /* CCM: (P); (F) is followed by the reason */
    r->fails = strncasecmp(value, "Pass", 4) && strcmp(value, "valid");
}

/* By name, which the sources write in different ways */
static struct field *find_field(struct record *r, const char *name)
{
    static const struct {
        const char *name;
        size_t field;
    } names[] = {
#define FIELD(name, field) { name, offsetof(struct record, field) }
        FIELD("key", key),
        FIELD("iv", iv), FIELD("i", iv), FIELD("nonce", iv),
        FIELD("aad", aad), FIELD("ad", aad), FIELD("adata", aad),
        FIELD("plaintext", plain), FIELD("pt", plain), FIELD("in", plain),
        FIELD("payload", plain), FIELD("msg", plain),
        FIELD("message", plain),
        FIELD("ciphertext", cipher), FIELD("ct", cipher),
        FIELD("tag", tag), FIELD("md", tag), FIELD("output", tag),
        FIELD("seed", seed),
#undef FIELD
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (!strcasecmp(name, names[i].name)) {
            return (struct field *)((char *)r + names[i].field);
        }
    }
    return NULL;
}

static void parse_field(const char *name, const char *value,
                        struct record *r)
{
    struct field *field = find_field(r, name);

    /* What every record has, and what comes before one does not */
    r->complete |= !strcasecmp(name, "COUNT") || !strcmp(name, "Len") ||
                   !strcmp(name, "MD");
    if (!strncmp(name, "KEY", 3) && strlen(name) == 4) {
        parse_des_key(name, value, &r->key);
    } else if (field) {
        parse_bytes(value, field);
    } else if (!strcasecmp(name, "result")) {
        parse_result(value, r);
    } else {
        parse_number(name, value, r);
    }
}

/* --- Lines --------------------------------------------------------------- */

/* Without what is before and behind */
static char *trim(char *text)
{
    char *end;

    while (isspace((unsigned char)*text)) {
        text++;
    }
    end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1])) {
        end--;
    }
    *end = '\0';
    return text;
}

/* NAME = VALUE, as it stands; VALUE may be missing */
static void parse_assignment(char *text, struct record *r)
{
    char *value = strchr(text, '=');

    if (value) {
        *value++ = '\0';
        parse_field(trim(text), trim(value), r);
    }
}

/* [ENCRYPT], or [Alen = NUMBER, Plen = NUMBER...] */
static void parse_section(char *text, struct record *r)
{
    text[strcspn(text, "]")] = '\0';
    r->decrypt = !strcmp(text, "DECRYPT");
    for (char *part = strtok(text, ","); part; part = strtok(NULL, ",")) {
        part = trim(part);
        /* Of the lengths those in bits are not needed: the values say it */
        if (!strncmp(part + 1, "len = ", 6)) {
            parse_assignment(part, r);
        }
    }
}

/* "name" : "value", */
static void parse_json(char *text, struct record *r)
{
    char *name = strtok(text, "\""), *value;

    strtok(NULL, "\"");
    value = strtok(NULL, "\"");
    if (!strcmp(name, "result")) {
        parse_result(value, r);
        r->complete = true;
    } else if (find_field(r, name)) {
        /* No third mark: the value is "" */
        parse_hex(value && *value != ',' && *value != '\n' ? value : "",
                  find_field(r, name));
    }
}

/* True: the record ends here */
static bool parse_line(char *line, struct record *r)
{
    char *text = trim(line);

    if (*text == '[') {
        parse_section(text + 1, r);
    } else if (*text == '"') {
        parse_json(text, r);
    } else if (*text == '\0' || *text == '}') {
        return r->complete;
    } else if (!strcmp(text, "FAIL")) {
        r->fails = true;
    } else if (*text != '#') {
        parse_assignment(text, r);
    }
    return false;
}

static void cut(struct field *field, int length)
{
    if (length >= 0 && (size_t)length < field->length) {
        field->length = length;
    }
}

void record_init(struct record *record)
{
    memset(record, 0, sizeof(*record));
    record->aad_length = -1;
    record->text_length = -1;
    record->tag_length = -1;
}

bool record_read(FILE *file, struct record *record)
{
    static char line[LINE_CHARACTERS];

    record->complete = false;
    record->fails = false;
    while (fgets(line, sizeof(line), file)) {
        if (parse_line(line, record)) {
            break;
        }
    }
    /* Nothing is written as 00 */
    cut(&record->aad, record->aad_length);
    cut(&record->plain, record->text_length);
    return record->complete;
}
