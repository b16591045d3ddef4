/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the opcode CIPHER, and modes that backends have.
 */
#include "cipher.h"

/* --- Modes --------------------------------------------------------------- */

static int crypt_plain(struct pce_request *req, const uint8_t *src,
                       uint8_t *dst, uint64_t n)
{
    const struct pce_key_part *cipher = &req->key->cipher;

    return cipher->backend->cipher(cipher->handle, req->decrypt, req->iv, src,
                                   dst, n);
}

const struct pce_mode pce_mode_ecb = {
    .granule = 16,
    .crypt = crypt_plain,
};

/* The last block of ciphertext is the next IV */
static int crypt_cbc_blocks(struct pce_request *req, const uint8_t *src,
                            uint8_t *dst, uint64_t n, size_t block)
{
    uint8_t next_iv[PCE_SQE_IV_SIZE];

    if (req->decrypt) {
        /* Before it is overwritten, if this is in place */
        memcpy(next_iv, src + n - block, block);
    }
    if (crypt_plain(req, src, dst, n)) {
        return -1;
    }
    memcpy(req->iv, req->decrypt ? next_iv : dst + n - block, block);
    return 0;
}

static int crypt_cbc(struct pce_request *req, const uint8_t *src,
                     uint8_t *dst, uint64_t n)
{
    return crypt_cbc_blocks(req, src, dst, n, 16);
}

const struct pce_mode pce_mode_cbc = {
    .granule = 16,
    .result = 16,
    .crypt = crypt_cbc,
};

static int crypt_cbc64(struct pce_request *req, const uint8_t *src,
                       uint8_t *dst, uint64_t n)
{
    return crypt_cbc_blocks(req, src, dst, n, 8);
}

const struct pce_mode pce_mode_cbc64 = {
    .granule = 8,
    .result = 8,
    .crypt = crypt_cbc64,
};

/* Add n to a big-endian number of 128 bits */
static void counter_add(uint8_t *counter, uint64_t n)
{
    uint64_t high, low, sum;

    memcpy(&high, counter, sizeof(high));
    memcpy(&low, counter + sizeof(high), sizeof(low));
    sum = be64toh(low) + n;
    high = htobe64(be64toh(high) + (sum < n));
    low = htobe64(sum);
    memcpy(counter, &high, sizeof(high));
    memcpy(counter + sizeof(high), &low, sizeof(low));
}

static int crypt_ctr(struct pce_request *req, const uint8_t *src,
                     uint8_t *dst, uint64_t n)
{
    if (crypt_plain(req, src, dst, n)) {
        return -1;
    }
    counter_add(req->iv, n / 16 + (n % 16 != 0));
    return 0;
}

const struct pce_mode pce_mode_ctr = {
    .granule = 16,
    .result = 16,
    .crypt = crypt_ctr,
};

const struct pce_mode pce_mode_xts = {
    .result = 16,
    .crypt = crypt_plain,
};

/* --- Opcode -------------------------------------------------------------- */

/* The entry against the algorithm */
static enum pce_status check_alg(struct pce_request *req)
{
    const struct pce_alg_desc *alg = req->key->alg;
    const struct pce_sqe *sqe = req->sqe;
    bool indirect = sqe->flags & PCE_SQE_IV_INDIRECT;

    if (indirect != (alg->iv_size != 0)) {
        return pce_fault(&req->detail, SQE_OFFSET(flags),
                         PCE_STATUS_BAD_FLAGS);
    }
    if (req->length < alg->minimum ||
        (alg->multiple && req->length % alg->multiple)) {
        return pce_fault(&req->detail, SQE_OFFSET(length),
                         PCE_STATUS_BAD_LENGTH);
    }
    return sqe->unit_order ? pce_fault(&req->detail, SQE_OFFSET(unit_order),
                                       PCE_STATUS_BAD_FIELD) : PCE_STATUS_OK;
}

static enum pce_status run(struct pce_request *req)
{
    const struct pce_mode *mode = req->key->alg->mode;

    if (mode->begin && mode->begin(req)) {
        return PCE_STATUS_INTERNAL;
    }
    if (!req->length) {
        return PCE_STATUS_OK;
    }
    return mode->granule
           ? pce_data_stream(req, req->length, mode->granule, mode->crypt)
           : pce_data_whole(req, req->length, mode->crypt);
}

enum pce_status pce_run_cipher(struct pce_request *req, struct pce_cqe *cqe)
{
    enum pce_status status = check_alg(req);

    if (status) {
        return status;
    }
    status = pce_data_find(req, req->length, req->length);
    if (status) {
        return status;
    }
    status = run(req);
    pce_data_done(req);
    cqe->length = htole32(req->dst.done);
    if (!status) {
        memcpy(cqe->result, req->iv, req->key->alg->mode->result);
    }
    return status;
}
