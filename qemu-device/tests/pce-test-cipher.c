/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest of what only some ciphers have: text that is no
 * multiple of a block, an initialisation vector in memory, data units.
 */
#include "qemu/osdep.h"
#include "hw/crypto/pce/tests/pce-test.h"

#define MAX_TEXT 128
#define INDIRECT_IV_SIZE PCE_INDIRECT_IV_SIZE

/* --- Known answers ---------------------------------------------------- */

typedef struct Answer {
    const char *name;
    uint8_t alg;
    uint8_t unit_order;
    const char *key, *iv, *plain, *cipher, *result;
} Answer;

#define ZERO "00000000000000000000000000000000"
#define XTS_KEY \
    "1111111111111111111111111111111122222222222222222222222222222222"

static const Answer answers[] = {
    { "RFC 3962, AES-CBC-CTS, 17 bytes", PCE_ALG_AES_CBC_CTS, 0,
      "636869636b656e207465726979616b69", ZERO,
      "4920776f756c64206c696b652074686520",
      "c6353568f2bf8cb4d8a580362da7ff7f97", ZERO },
    { "P1619 draft, LRW-32-AES 1", PCE_ALG_AES_LRW, 0,
      "4562ac25f828176d4c268414b5680185258e2a05e73e9d03ee5a830ccc094c87",
      "00000000000000000000000000000001",
      "30313233343536373839414243444546",
      "f1b273cd65a3df5fe95d489254634eb8",
      "00000000000000000000000000000002" },
    { "Linux, essiv(cbc(aes),sha256) 1", PCE_ALG_AES_ESSIV, 0,
      "06a9214036b8a15b512e03d534120006",
      "3dafba429d9eb4300000000000000000",
      "53696e676c6520626c6f636b206d7367",
      "fa59e75f415665c336ca6b72109f8cd4", ZERO },
    { "GB/T 32907, example 1", PCE_ALG_SM4_ECB, 0,
      "0123456789abcdeffedcba9876543210", ZERO,
      "0123456789abcdeffedcba9876543210",
      "681edf34d206965e86b3e94f536e4246", ZERO },
    { "OpenSSL, DES-EDE3 1", PCE_ALG_DES3_ECB, 0,
      "0123456789abcdef5555555555555555fedcba9876543210", ZERO,
      "736f6d6564617461", "18d748e563620572", ZERO },
    { "RFC 8439, A.2, vector 1", PCE_ALG_CHACHA20, 0,
      ZERO ZERO, ZERO, ZERO ZERO,
      "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7",
      ZERO },
    { "draft-irtf-cfrg-xchacha-03, A.3.1, its first 48 bytes",
      PCE_ALG_XCHACHA20, 0,
      "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
      "404142434445464748494a4b4c4d4e4f50515253545556570100000000000000",
      "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
      "73206f66202739393a20496620492063",
      "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
      "731c7f1b0b4aa6440bf3a82f4eda7e39", ZERO },
    { "AES-XTS, two data units of 32 bytes, 255 and 256, by OpenSSL",
      PCE_ALG_AES_XTS, 5, XTS_KEY, "ff000000000000000000000000000000",
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
      "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
      "6ff71eef194499ac0f8b4d163973b6a62b1df317ca439a9871a16c00142eab59"
      "1fb71747decb2d473e0924c66c5c077e6ee071c88d905edc671693dd9e614592",
      "01010000000000000000000000000000" },
};

static const Answer *find_answer(uint8_t alg)
{
    const Answer *a = answers;

    while (a->alg != alg) {
        a++;
    }
    return a;
}

/* In place at data; an IV of 32 bytes is put into memory */
static struct pce_sqe make_entry(PceTest *t, const Answer *a, uint64_t data)
{
    uint8_t key[PCE_CONTEXT_KEY_SIZE], iv[INDIRECT_IV_SIZE];
    uint64_t ctx = write_context(t, 0, 1, a->alg, key, unhex(a->key, key));
    struct pce_sqe sqe = cipher_sqe(0x99, ctx, 1, data, strlen(a->plain) / 2);

    sqe.unit_order = a->unit_order;
    if (unhex(a->iv, iv) > sizeof(sqe.iv)) {
        uint64_t addr = pce_test_alloc(t, 4096) + 5;

        qtest_memwrite(t->qts, addr, iv, sizeof(iv));
        stq_le_p(sqe.iv, addr);
        sqe.flags |= PCE_SQE_IV_INDIRECT;
    } else {
        memcpy(sqe.iv, iv, sizeof(sqe.iv));
    }
    return sqe;
}

static void check_answer(PceTestQueue *q, const Answer *a, bool decrypt)
{
    PceTest *t = q->t;
    uint64_t data = pce_test_alloc(t, 4096) + 9;
    struct pce_sqe sqe = make_entry(t, a, data);
    uint8_t in[MAX_TEXT], want[MAX_TEXT], got[MAX_TEXT + 1], result[16];
    size_t length = unhex(decrypt ? a->cipher : a->plain, in);
    struct pce_cqe cqe;

    g_test_message("%s, %scrypt", a->name, decrypt ? "de" : "en");
    unhex(decrypt ? a->plain : a->cipher, want);
    unhex(a->result, result);
    qtest_memwrite(t->qts, data, in, length);
    qtest_writeb(t->qts, data + length, 0x5a);
    sqe.flags |= decrypt ? PCE_SQE_DECRYPT : 0;

    cqe = queue_do(q, &sqe);
    g_assert_cmphex(cqe_status(&cqe), ==, PCE_STATUS_OK);
    g_assert_cmpuint(le32_to_cpu(cqe.length), ==, length);
    g_assert_cmpmem(cqe.result, 16, result, 16);
    qtest_memread(t->qts, data, got, length + 1);
    g_assert_cmpmem(got, length, want, length);
    g_assert_cmphex(got[length], ==, 0x5a);
}

static void check_answers(const char *exec, const char *options)
{
    PceTest *t = pce_test_start(exec, options);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        check_answer(&q, &answers[i], false);
        check_answer(&q, &answers[i], true);
    }
    pce_test_stop(t);
}

static void test_known_answers(const void *exec)
{
    check_answers(exec, NULL);
}

static void test_known_answers_iommu(const void *exec)
{
    check_answers(exec, WITH_IOMMU);
}

/* --- Bad requests ----------------------------------------------------- */

#define FIELD(f) offsetof(struct pce_sqe, f)

/* Refused, with nothing written; the good one is served afterwards */
static void check_bad(PceTestQueue *q, const struct pce_sqe *sqe,
                      uint32_t status, uint32_t detail,
                      const struct pce_sqe *good)
{
    uint64_t data = le64_to_cpu(good->dst);
    uint8_t before[MAX_TEXT], after[MAX_TEXT];

    qtest_memread(q->t->qts, data, before, MAX_TEXT);
    g_assert_cmphex(do_status(q, sqe), ==, status | detail << 8);
    qtest_memread(q->t->qts, data, after, MAX_TEXT);
    g_assert_cmpmem(before, MAX_TEXT, after, MAX_TEXT);
    g_assert_cmphex(do_status(q, good), ==, PCE_STATUS_OK);
}

static void test_bad_indirect(const void *exec)
{
    PceTest *t = pce_test_start(exec, NULL);
    uint64_t data = pce_test_alloc(t, 4096);
    struct pce_sqe good, sqe;
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    good = make_entry(t, find_answer(PCE_ALG_XCHACHA20), data);
    sqe = good;
    sqe.flags &= ~PCE_SQE_IV_INDIRECT;
    check_bad(&q, &sqe, PCE_STATUS_BAD_FLAGS, FIELD(flags), &good);
    sqe = good;
    sqe.iv[8] = 1;
    check_bad(&q, &sqe, PCE_STATUS_BAD_FIELD, FIELD(iv), &good);
    sqe = good;
    stq_le_p(sqe.iv, NOWHERE);
    check_bad(&q, &sqe, PCE_STATUS_IV_DMA, 0, &good);

    /* With other ciphers the vector is in the entry */
    good = make_entry(t, find_answer(PCE_ALG_CHACHA20), data);
    sqe = good;
    sqe.flags |= PCE_SQE_IV_INDIRECT;
    check_bad(&q, &sqe, PCE_STATUS_BAD_FLAGS, FIELD(flags), &good);
    pce_test_stop(t);
}

static void test_bad_units(const void *exec)
{
    static const uint8_t orders[] = { 1, 3, 25, 255 };
    PceTest *t = pce_test_start(exec, NULL);
    uint64_t data = pce_test_alloc(t, 4096);
    struct pce_sqe good, sqe;
    PceTestQueue q;

    g_assert_cmphex(reg_read(t, PCE_REG_ALG_INFO(PCE_ALG_AES_XTS)) &
                    PCE_ALG_INFO_DATA_UNITS, !=, 0);
    queue_start(t, &q, 0, 4, 4);
    good = make_entry(t, find_answer(PCE_ALG_AES_XTS), data);
    for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
        sqe = good;
        sqe.unit_order = orders[i];
        check_bad(&q, &sqe, PCE_STATUS_BAD_FIELD, FIELD(unit_order), &good);
    }
    /* Whole units, and at least one */
    sqe = good;
    sqe.length = cpu_to_le32(48);
    check_bad(&q, &sqe, PCE_STATUS_BAD_LENGTH, FIELD(length), &good);
    sqe.length = 0;
    check_bad(&q, &sqe, PCE_STATUS_BAD_LENGTH, FIELD(length), &good);
    sqe = good;
    sqe.unit_order = 7;
    check_bad(&q, &sqe, PCE_STATUS_BAD_LENGTH, FIELD(length), &good);

    /* Other ciphers have none */
    good = make_entry(t, find_answer(PCE_ALG_AES_LRW), data);
    sqe = good;
    sqe.unit_order = 4;
    check_bad(&q, &sqe, PCE_STATUS_BAD_FIELD, FIELD(unit_order), &good);
    pce_test_stop(t);

    t = pce_test_start(exec, "data-units=off");
    queue_start(t, &q, 0, 4, 4);
    g_assert_cmphex(reg_read(t, PCE_REG_ALG_INFO(PCE_ALG_AES_XTS)) &
                    PCE_ALG_INFO_DATA_UNITS, ==, 0);
    sqe = make_entry(t, find_answer(PCE_ALG_AES_XTS), data);
    g_assert_cmphex(do_status(&q, &sqe), ==,
                    PCE_STATUS_BAD_FIELD | FIELD(unit_order) << 8);
    sqe.unit_order = 0;
    g_assert_cmphex(do_status(&q, &sqe), ==, PCE_STATUS_OK);
    pce_test_stop(t);
}

static void test_bad_lengths(const void *exec)
{
    static const struct {
        uint8_t alg;
        uint8_t lengths[4];             /* up to 0, but the first */
    } bad[] = {
        { PCE_ALG_AES_CBC_CTS, { 0, 1, 15 } },
        { PCE_ALG_AES_LRW, { 17, 15, 1 } },
        { PCE_ALG_AES_ESSIV, { 17, 15, 1 } },
        { PCE_ALG_SM4_ECB, { 17, 8, 1 } },
        { PCE_ALG_DES3_ECB, { 17, 9, 1 } },
    };
    PceTest *t = pce_test_start(exec, NULL);
    uint64_t data = pce_test_alloc(t, 4096);
    PceTestQueue q;

    queue_start(t, &q, 0, 4, 4);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct pce_sqe good = make_entry(t, find_answer(bad[i].alg), data);

        for (size_t j = 0; j == 0 || bad[i].lengths[j]; j++) {
            struct pce_sqe sqe = good;

            sqe.length = cpu_to_le32(bad[i].lengths[j]);
            check_bad(&q, &sqe, PCE_STATUS_BAD_LENGTH, FIELD(length), &good);
        }
    }
    pce_test_stop(t);
}

void pce_test_add_cipher(void)
{
    pce_test_add("cipher/known-answers", test_known_answers);
    pce_test_add("cipher/known-answers-iommu", test_known_answers_iommu);
    pce_test_add("cipher/bad-indirect", test_bad_indirect);
    pce_test_add("cipher/bad-units", test_bad_units);
    pce_test_add("cipher/bad-lengths", test_bad_lengths);
}
