/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The opcodes HASH, MAC and RANDOM: messages in every split of parts and
 * segments, what a state record holds, states that move from one executor to
 * another, and records and entries that are wrong.
 */
#include <endian.h>
#include <gcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg.h"
#include "ktap.h"
#include "layout.h"
#include "request.h"

#define MAX_MESSAGE 1000
#define MAX_BLOCK PCE_HASH_BUFFER_SIZE

static const char *const sets[] = { "auto", "gcrypt", "nettle" };

/* One executor, one algorithm, one key */
struct hasher {
    struct fixture f;
    unsigned int number;
    const struct pce_alg_desc *alg;
};

static uint8_t key[MAX_BLOCK];
static size_t key_length;

static bool is_mac(unsigned int number)
{
    return number >= PCE_ALG_HMAC_SHA1;
}

static bool is_hmac(unsigned int number)
{
    return is_mac(number) && number < PCE_ALG_AES_CMAC;
}

static bool is_sha3(unsigned int number)
{
    unsigned int hash = is_hmac(number) ? number - PCE_ALG_HMAC_SHA1 +
                                          PCE_ALG_SHA1 : number;

    return hash >= PCE_ALG_SHA3_224 && hash <= PCE_ALG_SHA3_512;
}

static void new_key(unsigned int number)
{
    unsigned int block = pce_alg_find(number)->block;

    random_bytes(key, sizeof(key));
    key_length = !is_mac(number) ? 0 :
                 is_hmac(number) ? random_below(block + 1) :
                 number == PCE_ALG_AES_XCBC ? 16 : 16 + 8 * random_below(3);
}

/* With the present key */
static void hasher_init(struct hasher *h, const char *set, unsigned int number)
{
    struct fixture *f = &h->f;
    struct pce_context *ctx;

    h->number = number;
    h->alg = pce_alg_find(number);
    fixture_init(f, pce_backends[0], DATA_SIZE);
    fixture_backends(f, set);
    fixture_start(f);
    fixture_context(f, 0, 1, number, key, is_hmac(number) ? 0 : key_length);
    ctx = memory_at(&f->mem, CONTEXT(0));
    if (is_hmac(number)) {
        ctx->auth_key_length = key_length;
        memcpy(ctx->auth_key, key, key_length);
    }
}

static bool is_multipart(const struct hasher *h)
{
    return h->f.alg_info[h->number] & PCE_ALG_INFO_MULTIPART;
}

static struct pce_sqe part_sqe(const struct hasher *h, uint16_t flags,
                               uint32_t length)
{
    struct pce_sqe sqe = {
        .opcode = is_mac(h->number) ? PCE_OP_MAC : PCE_OP_HASH,
        .tag = htole16(TAG),
        .src = htole64(SRC),
        .dst = htole64(STATE),
        .length = htole32(length),
        .auth_length = flags & PCE_HASH_LAST ? h->alg->digest : 0,
    };

    if (is_mac(h->number)) {
        sqe.ctx = htole64(CONTEXT(0));
        sqe.ctx_generation = htole32(1);
    } else {
        flags |= h->number << 8;
    }
    sqe.op_flags = htole16(flags);
    return sqe;
}

static struct pce_hash_state *state_of(struct hasher *h)
{
    return memory_at(&h->f.mem, STATE);
}

/* Put a part through, from one place; what comes out is in the record */
static void do_part(struct hasher *h, uint16_t flags, const uint8_t *data,
                    size_t length)
{
    struct pce_sqe sqe = part_sqe(h, flags, length);
    struct pce_cqe cqe;

    memcpy(memory_at(&h->f.mem, SRC), data, length);
    execute(&h->f, &sqe, PCE_STATUS_OK, 0, &cqe);
    EXPECT_EQ(le32toh(cqe.length), flags & PCE_HASH_LAST
              ? h->alg->digest : sizeof(struct pce_hash_state));
}

/* --- Oracles ------------------------------------------------------------- */

static void aes(const uint8_t *aes_key, const uint8_t *in, uint8_t *out)
{
    const struct pce_backend *library = pce_backend_find("gcrypt");
    void *expanded = library->key_new(PCE_ALG_AES_ECB, aes_key, 16);

    EXPECT_EQ(library->cipher(expanded, false, NULL, in, out, 16), 0);
    library->key_free(expanded);
}

/* RFC 3566, 4, word for word */
static void xcbc(const uint8_t *message, size_t length, uint8_t *out)
{
    uint8_t keys[3][16], e[16] = { 0 };
    size_t done = 0;

    for (int i = 0; i < 3; i++) {
        memset(e, i + 1, sizeof(e));
        aes(key, e, keys[i]);
    }
    memset(e, 0, sizeof(e));
    for (; length - done > 16; done += 16) {
        for (int i = 0; i < 16; i++) {
            e[i] ^= message[done + i];
        }
        aes(keys[0], e, e);
    }
    for (size_t i = 0; i < 16; i++) {
        e[i] ^= done + i < length ? message[done + i] :
                done + i == length ? 0x80 : 0;
        e[i] ^= keys[length - done == 16 ? 1 : 2][i];
    }
    aes(keys[0], e, out);
}

/* The digest by libgcrypt's own interface, or as the RFC has it */
static void oracle(unsigned int number, const uint8_t *message, size_t length,
                   uint8_t *out)
{
    static const int hashes[] = {
        GCRY_MD_SHA1, GCRY_MD_SHA224, GCRY_MD_SHA256, GCRY_MD_SHA384,
        GCRY_MD_SHA512, GCRY_MD_SHA3_224, GCRY_MD_SHA3_256, GCRY_MD_SHA3_384,
        GCRY_MD_SHA3_512, GCRY_MD_SM3,
    };
    static const int hmacs[] = {
        GCRY_MAC_HMAC_SHA1, GCRY_MAC_HMAC_SHA224, GCRY_MAC_HMAC_SHA256,
        GCRY_MAC_HMAC_SHA384, GCRY_MAC_HMAC_SHA512, GCRY_MAC_HMAC_SHA3_224,
        GCRY_MAC_HMAC_SHA3_256, GCRY_MAC_HMAC_SHA3_384,
        GCRY_MAC_HMAC_SHA3_512, GCRY_MAC_HMAC_SM3,
    };
    size_t size = pce_alg_find(number)->digest;
    gcry_mac_hd_t mac;

    if (number == PCE_ALG_AES_XCBC) {
        xcbc(message, length, out);
        return;
    }
    if (!is_mac(number)) {
        gcry_md_hash_buffer(hashes[number - PCE_ALG_SHA1], out, message,
                            length);
        return;
    }
    EXPECT_EQ(gcry_mac_open(&mac, is_hmac(number)
                            ? hmacs[number - PCE_ALG_HMAC_SHA1]
                            : GCRY_MAC_CMAC_AES, 0, NULL), 0);
    EXPECT_EQ(gcry_mac_setkey(mac, key, key_length), 0);
    EXPECT_EQ(gcry_mac_write(mac, message, length), 0);
    EXPECT_EQ(gcry_mac_read(mac, out, &size), 0);
    gcry_mac_close(mac);
}

static void expect_digest(struct hasher *h, const uint8_t *message,
                          size_t length)
{
    uint8_t digest[PCE_HASH_DIGEST_SIZE];

    oracle(h->number, message, length, digest);
    if (memcmp(state_of(h)->state, digest, h->alg->digest)) {
        ktap_fail("%s: wrong digest of %zu bytes", h->alg->name, length);
    }
}

/* --- Splits -------------------------------------------------------------- */

struct test {
    const char *set;
    unsigned int number;
};

/* In one part, and in two, split everywhere */
static void test_two_parts(const void *arg)
{
    const struct test *test = arg;
    uint8_t message[MAX_MESSAGE];
    unsigned int block;
    struct hasher h;

    new_key(test->number);
    hasher_init(&h, test->set, test->number);
    block = h.alg->block;
    random_bytes(message, sizeof(message));
    for (size_t length = 0; length <= 2 * block + 2; length++) {
        do_part(&h, PCE_HASH_FIRST | PCE_HASH_LAST, message, length);
        expect_digest(&h, message, length);
        for (size_t i = 0; is_multipart(&h) && i <= length; i++) {
            do_part(&h, PCE_HASH_FIRST, message, i);
            do_part(&h, PCE_HASH_LAST, message + i, length - i);
            expect_digest(&h, message, length);
        }
    }
    fixture_destroy(&h.f);
}

/* Many parts, some of them empty, each in segments that lie anywhere */
static void test_random_parts(const void *arg)
{
    const struct test *test = arg;
    static struct layout src, dst;
    uint8_t message[MAX_MESSAGE];
    struct hasher h;

    new_key(test->number);
    hasher_init(&h, test->set, test->number);
    for (int round = 0; round < 200 && !ktap_failed(); round++) {
        size_t length = random_below(MAX_MESSAGE), done = 0;
        uint16_t flags = PCE_HASH_FIRST;

        random_bytes(message, sizeof(message));
        do {
            size_t n = random_below(4) ? random_below(length - done + 1) : 0;
            struct pce_sqe sqe;
            struct pce_cqe cqe;

            if (!is_multipart(&h) || !random_below(6)) {
                n = length - done;
                flags |= PCE_HASH_LAST;
            }
            sqe = part_sqe(&h, flags, n);
            layout_pair(&src, &dst, SEPARATE, n, 1);
            sqe.src = layout_describe(&h.f, &src, SRC_TABLE, n,
                                      &sqe.src_segments);
            sqe.flags = sqe.src_segments ? PCE_SQE_SRC_TABLE : 0;
            layout_copy_in(h.f.mem.ram, &src, message + done, n);
            execute(&h.f, &sqe, PCE_STATUS_OK, 0, &cqe);
            done += n;
            flags &= ~PCE_HASH_FIRST;
        } while (!(flags & PCE_HASH_LAST));
        expect_digest(&h, message, length);
    }
    fixture_destroy(&h.f);
}

/* From one executor to another, whose backends are others */
static void test_move(const void *arg)
{
    const struct test *test = arg;
    uint8_t message[MAX_MESSAGE];
    struct hasher h[3];

    new_key(test->number);
    for (int i = 0; i < 3; i++) {
        hasher_init(&h[i], sets[i], test->number);
    }
    random_bytes(message, sizeof(message));
    for (int round = 0; round < 200; round++) {
        size_t length = random_below(MAX_MESSAGE), done = 0;
        struct pce_hash_state state;
        int last = 0;

        for (int part = 0; part < 4; part++) {
            struct hasher *to = &h[random_below(3)];
            size_t n = part == 3 ? length - done
                                 : random_below(length - done + 1);

            if (!is_multipart(to)) {
                to = &h[2];
            }
            if (part) {
                memcpy(state_of(to), &state, sizeof(state));
            }
            do_part(to, part == 0 ? PCE_HASH_FIRST :
                    part == 3 ? PCE_HASH_LAST : 0, message + done, n);
            memcpy(&state, state_of(to), sizeof(state));
            done += n;
            last = to - h;
        }
        expect_digest(&h[last], message, length);
    }
    for (int i = 0; i < 3; i++) {
        fixture_destroy(&h[i].f);
    }
}

/* --- State records ------------------------------------------------------- */

/*
 * The padding of FIPS 180-4, 5.1, or of FIPS 202, B.2, and what is after it the
 * chaining value: of a hash it is the digest, which the oracle knows.
 */
static void test_chaining_value(const void *arg)
{
    const struct test *test = arg;
    uint8_t message[MAX_BLOCK] = "abc", digest[PCE_HASH_DIGEST_SIZE];
    struct hasher h;

    hasher_init(&h, test->set, test->number);
    oracle(test->number, message, 3, digest);
    if (is_sha3(test->number)) {
        message[3] = 0x06;
        message[h.alg->block - 1] |= 0x80;
    } else {
        message[3] = 0x80;
        message[h.alg->block - 1] = 24;
    }
    do_part(&h, PCE_HASH_FIRST, message, h.alg->block);
    EXPECT(!memcmp(state_of(&h)->state, digest, h.alg->digest));
    fixture_destroy(&h.f);
}

static bool all_zeros(const uint8_t *bytes, size_t length)
{
    return !length || (!bytes[0] && !memcmp(bytes, bytes + 1, length - 1));
}

/* Count and buffer, and zeros for the rest */
static void test_record(const void *arg)
{
    const struct test *test = arg;
    uint8_t message[3 * MAX_BLOCK];
    struct hasher h;

    new_key(test->number);
    hasher_init(&h, test->set, test->number);
    random_bytes(message, sizeof(message));
    for (size_t length = 0; length <= 2u * h.alg->block + 1; length++) {
        bool holds_back = is_mac(test->number) && !is_hmac(test->number);
        size_t held = length % h.alg->block;
        struct pce_hash_state *state = state_of(&h);

        if (holds_back && length && !held) {
            held = h.alg->block;
        }
        memset(state, 0xee, sizeof(*state));
        do_part(&h, PCE_HASH_FIRST, message, length);
        EXPECT_EQ(le64toh(state->bytes),
                  length + (is_hmac(test->number) ? h.alg->block : 0));
        EXPECT(!memcmp(state->buffer, message + length - held, held));
        EXPECT(all_zeros(state->buffer + held, sizeof(state->buffer) - held));
        EXPECT(all_zeros(state->reserved, sizeof(state->reserved)));
    }
    fixture_destroy(&h.f);
}

/* SHA-3 and the MACs need no more of the count than what is in the buffer */
static void test_short_count(const void *arg)
{
    const struct test *test = arg;
    uint8_t message[3 * MAX_BLOCK];
    struct hasher h;

    new_key(test->number);
    hasher_init(&h, test->set, test->number);
    random_bytes(message, sizeof(message));
    for (size_t i = 0; i < sizeof(message); i++) {
        struct pce_hash_state *state = state_of(&h);
        unsigned int block = h.alg->block;

        do_part(&h, PCE_HASH_FIRST, message, i);
        if (is_sha3(test->number)) {
            state->bytes = htole64(i % block);
        } else {
            state->bytes = htole64(i ? (i - 1) % block + 1 : 0);
        }
        do_part(&h, PCE_HASH_LAST, message + i, sizeof(message) - i);
        expect_digest(&h, message, sizeof(message));
    }
    fixture_destroy(&h.f);
}

/* Nonsense is believed, and does no harm: the sanitizers watch */
static void test_hostile_record(const void *arg)
{
    static const uint64_t counts[] = {
        0, 1, 15, 16, 17, 63, 64, 71, 72, 127, 128, 143, 144, 145, INT64_MAX,
        UINT64_MAX - 15, UINT64_MAX - 1, UINT64_MAX,
    };
    const struct test *test = arg;
    struct pce_hash_state state, first;
    uint8_t message[MAX_MESSAGE];
    struct hasher h;

    new_key(test->number);
    hasher_init(&h, test->set, test->number);
    random_bytes(message, sizeof(message));
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        random_bytes(&state, sizeof(state));
        memset(state.reserved, 0, sizeof(state.reserved));
        state.bytes = htole64(counts[i]);
        for (int last = 0; last < 2; last++) {
            size_t length = random_below(MAX_MESSAGE);

            for (int again = 0; again < 2; again++) {
                memcpy(state_of(&h), &state, sizeof(state));
                do_part(&h, last ? PCE_HASH_LAST : 0, message, length);
                if (!again) {
                    memcpy(&first, state_of(&h), sizeof(first));
                }
            }
            EXPECT(!memcmp(state_of(&h), &first, sizeof(first)));
        }
    }
    /* The one after it is none the worse */
    do_part(&h, PCE_HASH_FIRST | PCE_HASH_LAST, message, sizeof(message));
    expect_digest(&h, message, sizeof(message));
    fixture_destroy(&h.f);
}

static void test_bad_record(const void *arg)
{
    struct pce_sqe sqe;
    struct hasher h;

    (void)arg;
    hasher_init(&h, "auto", PCE_ALG_SHA256);
    for (size_t i = 0; i < sizeof(state_of(&h)->reserved); i++) {
        do_part(&h, PCE_HASH_FIRST, key, 10);
        state_of(&h)->reserved[i] = 1;
        sqe = part_sqe(&h, 0, 10);
        expect_refused(&h.f, &sqe, PCE_STATUS_BAD_STATE,
                       offsetof(struct pce_hash_state, reserved));
        sqe = part_sqe(&h, PCE_HASH_LAST, 10);
        expect_refused(&h.f, &sqe, PCE_STATUS_BAD_STATE,
                       offsetof(struct pce_hash_state, reserved));
        /* Where it is not read it may hold anything */
        sqe = part_sqe(&h, PCE_HASH_FIRST, 10);
        do_part(&h, PCE_HASH_FIRST, key, 10);
    }
    sqe = part_sqe(&h, 0, 10);
    sqe.dst = htole64(MEMORY_BASE - 0x1000);
    expect_refused(&h.f, &sqe, PCE_STATUS_STATE_DMA, 0);
    sqe = part_sqe(&h, PCE_HASH_FIRST, 10);
    sqe.dst = htole64(MEMORY_BASE - 0x1000);
    expect_refused(&h.f, &sqe, PCE_STATUS_DST_DMA, 0);
    sqe = part_sqe(&h, PCE_HASH_LAST, 10);
    sqe.dst = htole64(-(uint64_t)PCE_HASH_STATE_ALIGN);
    expect_refused(&h.f, &sqe, PCE_STATUS_STATE_DMA, 0);
    /* The end of the record is beyond the end of memory */
    h.f.mem.fault = STATE + sizeof(struct pce_hash_state) - 1;
    h.f.mem.fault_length = 1;
    sqe = part_sqe(&h, 0, 10);
    expect_refused(&h.f, &sqe, PCE_STATUS_STATE_DMA, 0);
    h.f.mem.fault_length = 0;
    do_part(&h, PCE_HASH_FIRST | PCE_HASH_LAST, key, 10);
    expect_digest(&h, key, 10);
    fixture_destroy(&h.f);
}

/* --- Entries ------------------------------------------------------------- */

#define OFFSET(field) offsetof(struct pce_sqe, field)

static void test_entry(const void *arg)
{
    const struct test *test = arg;
    const uint16_t whole = PCE_HASH_FIRST | PCE_HASH_LAST;
    struct pce_sqe good, sqe;
    struct hasher h;

    new_key(test->number);
    hasher_init(&h, test->set, test->number);
    good = part_sqe(&h, whole, 100);

#define REFUSED(change, status, detail) do {                                \
        sqe = good;                                                         \
        change;                                                             \
        expect_refused(&h.f, &sqe, status, detail);                         \
    } while (0)

    REFUSED(sqe.flags = PCE_SQE_DECRYPT, PCE_STATUS_BAD_FLAGS, 1);
    REFUSED(sqe.flags = PCE_SQE_DST_TABLE, PCE_STATUS_BAD_FLAGS, 1);
    REFUSED(sqe.flags = PCE_SQE_IV_INDIRECT, PCE_STATUS_BAD_FLAGS, 1);
    REFUSED(sqe.dst = htole64(STATE + 32), PCE_STATUS_BAD_ADDRESS,
            OFFSET(dst));
    REFUSED(sqe.length = htole32(PCE_LIMIT_LENGTH + 1), PCE_STATUS_BAD_LENGTH,
            OFFSET(length));
    REFUSED(sqe.aad_length = 1, PCE_STATUS_BAD_FIELD, OFFSET(aad_length));
    REFUSED(sqe.src_segments = 1, PCE_STATUS_BAD_FIELD, OFFSET(src_segments));
    REFUSED(sqe.dst_segments = 1, PCE_STATUS_BAD_FIELD, OFFSET(dst_segments));
    REFUSED(sqe.unit_order = 4, PCE_STATUS_BAD_FIELD, OFFSET(unit_order));
    REFUSED(sqe.iv[15] = 1, PCE_STATUS_BAD_FIELD, OFFSET(iv));
    REFUSED(sqe.op_flags |= htole16(4), PCE_STATUS_BAD_FIELD,
            OFFSET(op_flags));
    REFUSED(sqe.auth_length = 0, PCE_STATUS_BAD_LENGTH, OFFSET(auth_length));
    REFUSED(sqe.auth_length++, PCE_STATUS_BAD_LENGTH, OFFSET(auth_length));
    REFUSED(sqe.auth_length--, PCE_STATUS_BAD_LENGTH, OFFSET(auth_length));
    REFUSED(sqe.op_flags &= ~htole16(PCE_HASH_LAST), PCE_STATUS_BAD_LENGTH,
            OFFSET(auth_length));
    REFUSED(sqe.src = htole64(MEMORY_BASE - 50), PCE_STATUS_SRC_DMA, 0);
    if (is_mac(test->number)) {
        REFUSED(sqe.op_flags |= htole16(PCE_ALG_SHA256 << 8),
                PCE_STATUS_BAD_FIELD, OFFSET(op_flags));
        REFUSED(sqe.ctx_generation = htole32(2), PCE_STATUS_STALE_CONTEXT, 0);
    } else {
        REFUSED(sqe.ctx = htole64(CONTEXT(0)), PCE_STATUS_BAD_FIELD,
                OFFSET(ctx));
        REFUSED(sqe.ctx_generation = 1, PCE_STATUS_BAD_FIELD,
                OFFSET(ctx_generation));
    }
    /* Parts, with a backend that has none */
    if (!is_multipart(&h)) {
        sqe = part_sqe(&h, PCE_HASH_FIRST, 100);
        expect_refused(&h.f, &sqe, PCE_STATUS_BAD_FIELD, OFFSET(op_flags));
        sqe = part_sqe(&h, PCE_HASH_LAST, 100);
        expect_refused(&h.f, &sqe, PCE_STATUS_BAD_FIELD, OFFSET(op_flags));
        sqe = part_sqe(&h, 0, 100);
        expect_refused(&h.f, &sqe, PCE_STATUS_BAD_FIELD, OFFSET(op_flags));
    }
    do_part(&h, whole, key, sizeof(key));
    expect_digest(&h, key, sizeof(key));
    fixture_destroy(&h.f);
}

/* Every number that is no hash, and those that are not offered */
static void test_hash_number(const void *arg)
{
    struct pce_sqe sqe;
    struct hasher h;

    (void)arg;
    hasher_init(&h, "auto", PCE_ALG_SHA256);
    h.f.alg_info[PCE_ALG_SM3] = 0;
    for (unsigned int number = 0; number < 256; number++) {
        if (number >= PCE_ALG_SHA1 && number < PCE_ALG_SM3) {
            continue;
        }
        sqe = part_sqe(&h, PCE_HASH_FIRST | PCE_HASH_LAST, 100);
        sqe.op_flags = htole16(number << 8 | PCE_HASH_FIRST | PCE_HASH_LAST);
        expect_refused(&h.f, &sqe, PCE_STATUS_BAD_FIELD, OFFSET(op_flags));
    }
    fixture_destroy(&h.f);
}

/* The source ends in a segment that is not there */
static void test_source_fault(const void *arg)
{
    uint8_t message[200] = { 1, 2, 3 };
    struct pce_sqe sqe;
    struct hasher h;

    (void)arg;
    hasher_init(&h, "auto", PCE_ALG_SHA256);
    set_segment(&h.f, SRC_TABLE, 0, SRC, 100);
    set_segment(&h.f, SRC_TABLE, 1, MEMORY_BASE - 0x1000, 100);
    for (int first = 0; first < 2; first++) {
        do_part(&h, PCE_HASH_FIRST, message, 100);
        sqe = part_sqe(&h, (first ? PCE_HASH_FIRST : 0) | PCE_HASH_LAST, 200);
        sqe.src = htole64(SRC_TABLE);
        sqe.src_segments = htole16(2);
        sqe.flags = PCE_SQE_SRC_TABLE;
        expect_refused(&h.f, &sqe, PCE_STATUS_SRC_DMA, 1);
        /* The record is as it was: the message can go on from there */
        do_part(&h, PCE_HASH_LAST, message + 100, 100);
        expect_digest(&h, message, 200);
    }
    sqe.length = htole32(201);
    expect_refused(&h.f, &sqe, PCE_STATUS_BAD_SRC_SEGMENT, 2);
    fixture_destroy(&h.f);
}

/* --- Random numbers ------------------------------------------------------ */

static struct {
    unsigned int calls;
    unsigned int fails_at;
    uint8_t next;
} source;

static int count_up(void *opaque, void *buf, size_t length)
{
    uint8_t *byte = buf;

    (void)opaque;
    if (++source.calls == source.fails_at) {
        return -1;
    }
    for (size_t i = 0; i < length; i++) {
        byte[i] = source.next++;
    }
    return 0;
}

static void random_setup(struct fixture *f)
{
    memset(&source, 0, sizeof(source));
    fixture_init(f, pce_backends[0], DATA_SIZE);
    f->config.random = count_up;
    fixture_start(f);
}

static struct pce_sqe random_sqe(uint32_t length)
{
    return (struct pce_sqe) {
        .opcode = PCE_OP_RANDOM,
        .tag = htole16(TAG),
        .dst = htole64(DST),
        .length = htole32(length),
    };
}

/* Every byte is the source's, each in its place, none given twice */
static void test_random(const void *arg)
{
    static struct layout layout, other;
    uint8_t seen[3000];
    struct fixture f;

    (void)arg;
    random_setup(&f);
    for (int round = 0; round < 100; round++) {
        uint32_t length = 1 + random_below(sizeof(seen));
        struct pce_sqe sqe = random_sqe(length);
        uint8_t next = source.next;

        layout_pair(&other, &layout, SEPARATE, 1, length);
        sqe.dst = layout_describe(&f, &layout, DST_TABLE, length,
                                  &sqe.dst_segments);
        sqe.flags = sqe.dst_segments ? PCE_SQE_DST_TABLE : 0;
        expect_ok(&f, &sqe);
        layout_copy_out(f.mem.ram, &layout, seen, length);
        for (uint32_t i = 0; i < length; i++) {
            EXPECT_EQ(seen[i], next++);
        }
        EXPECT_EQ(source.next, next);
    }
    fixture_destroy(&f);
}

static void test_random_refused(const void *arg)
{
    struct pce_sqe sqe;
    struct fixture f;
    struct pce_cqe cqe;

    (void)arg;
    random_setup(&f);
    sqe = random_sqe(0);
    expect_refused(&f, &sqe, PCE_STATUS_BAD_LENGTH, OFFSET(length));
    sqe = random_sqe(PCE_LIMIT_LENGTH + 1);
    expect_refused(&f, &sqe, PCE_STATUS_BAD_LENGTH, OFFSET(length));
    sqe = random_sqe(16);
    sqe.src = htole64(SRC);
    expect_refused(&f, &sqe, PCE_STATUS_BAD_FIELD, OFFSET(src));
    sqe = random_sqe(16);
    sqe.flags = PCE_SQE_SRC_TABLE;
    expect_refused(&f, &sqe, PCE_STATUS_BAD_FLAGS, OFFSET(flags));
    sqe = random_sqe(16);
    sqe.ctx = htole64(CONTEXT(0));
    expect_refused(&f, &sqe, PCE_STATUS_BAD_FIELD, OFFSET(ctx));
    sqe = random_sqe(16);
    sqe.op_flags = 1;
    expect_refused(&f, &sqe, PCE_STATUS_BAD_FIELD, OFFSET(op_flags));
    sqe = random_sqe(16);
    sqe.dst = htole64(MEMORY_BASE - 0x1000);
    expect_refused(&f, &sqe, PCE_STATUS_DST_DMA, 0);
    EXPECT_EQ(source.calls, 0);

    source.fails_at = 1;
    sqe = random_sqe(16);
    execute(&f, &sqe, PCE_STATUS_INTERNAL, 0, &cqe);
    expect_ok(&f, &sqe);
    fixture_destroy(&f);
}

static void test_random_not_offered(const void *arg)
{
    struct pce_sqe sqe = random_sqe(16);
    struct fixture f;

    (void)arg;
    fixture_init(&f, pce_backends[0], DATA_SIZE);
    fixture_start(&f);
    expect_refused(&f, &sqe, PCE_STATUS_BAD_OPCODE, 0);
    fixture_destroy(&f);
}

/* --- All of it ----------------------------------------------------------- */

static struct test tests[3][PCE_LIMIT_ALGS];

static void add(int set, unsigned int number)
{
    struct test *test = &tests[set][number];
    const char *name = pce_alg_find(number)->name;
    bool is_block_mac = is_mac(number) && !is_hmac(number);

    *test = (struct test) { .set = sets[set], .number = number };
    ktap_add(test_two_parts, test, "%s, %s: in two parts", name, test->set);
    ktap_add(test_random_parts, test, "%s, %s: in many parts", name,
             test->set);
    ktap_add(test_entry, test, "%s, %s: wrong entries", name, test->set);
    if (!strcmp(test->set, "gcrypt") && !is_block_mac) {
        return;
    }
    ktap_add(test_record, test, "%s, %s: what is in the record", name,
             test->set);
    ktap_add(test_hostile_record, test, "%s, %s: records of nonsense", name,
             test->set);
    if (!is_mac(number)) {
        ktap_add(test_chaining_value, test, "%s, %s: the chaining value",
                 name, test->set);
    }
    if (is_block_mac || (is_sha3(number) && !is_mac(number))) {
        ktap_add(test_short_count, test, "%s, %s: the count of the buffer",
                 name, test->set);
    }
}

int main(void)
{
    request_init();
    for (int set = 0; set < 3; set++) {
        for (unsigned int i = PCE_ALG_SHA1; i < PCE_LIMIT_ALGS; i++) {
            if (pce_alg_find(i)) {
                add(set, i);
            }
        }
    }
    for (unsigned int i = PCE_ALG_SHA1; i < PCE_LIMIT_ALGS; i++) {
        if (pce_alg_find(i)) {
            ktap_add(test_move, &tests[0][i], "%s: from backend to backend",
                     pce_alg_find(i)->name);
        }
    }
    ktap_add(test_bad_record, NULL, "records that are refused");
    ktap_add(test_hash_number, NULL, "numbers that are no hash");
    ktap_add(test_source_fault, NULL, "a source that ends too soon");
    ktap_add(test_random, NULL, "random numbers");
    ktap_add(test_random_refused, NULL, "random numbers: wrong entries");
    ktap_add(test_random_not_offered, NULL, "random numbers: not offered");
    return ktap_run();
}
