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

const struct pce_mode pce_mode_ecb64 = {
    .granule = 8,
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

static int crypt_chacha20(struct pce_request *req, const uint8_t *src,
                          uint8_t *dst, uint64_t n)
{
    uint32_t counter;

    if (crypt_plain(req, src, dst, n)) {
        return -1;
    }
    memcpy(&counter, req->iv, sizeof(counter));
    counter = htole32(le32toh(counter) + n / 64);
    memcpy(req->iv, &counter, sizeof(counter));
    return 0;
}

const struct pce_mode pce_mode_chacha20 = {
    .granule = 64,
    .crypt = crypt_chacha20,
};

/* --- ESSIV --------------------------------------------------------------- */

/*
 * The key of the initialisation vectors is a digest: of the key, and of that of
 * the HMAC where there is one.
 */
static bool expand_salt(struct pce_key *key,
                        const struct pce_backend_set *backends,
                        const struct pce_context *ctx)
{
    const struct pce_backend *backend = backends->algs[PCE_ALG_SHA256];
    void *hash = backend->hash_new(PCE_ALG_SHA256, NULL, 0);
    uint8_t salt[32];
    bool done;

    if (!hash) {
        return false;
    }
    backend->hash_begin(hash);
    backend->hash_update(hash, ctx->key, ctx->key_length);
    backend->hash_update(hash, ctx->auth_key, ctx->auth_key_length);
    backend->hash_final(hash, salt);
    backend->hash_free(hash);
    done = pce_key_cipher(&key->iv_cipher, backends, PCE_ALG_AES_ECB, salt,
                          sizeof(salt));
    explicit_bzero(salt, sizeof(salt));
    return done;
}

bool pce_expand_essiv(struct pce_key *key,
                      const struct pce_backend_set *backends,
                      const struct pce_context *ctx)
{
    return pce_key_multibuffer(key, backends, PCE_ALG_AES_CBC, ctx->key,
                               ctx->key_length) &&
           expand_salt(key, backends, ctx);
}

static int encrypt_iv(struct pce_request *req)
{
    const struct pce_key_part *cipher = &req->key->iv_cipher;

    return cipher->backend->cipher(cipher->handle, false, NULL, req->iv,
                                   req->iv, PCE_SQE_IV_SIZE);
}

const struct pce_mode pce_mode_essiv = {
    .granule = 16,
    .begin = encrypt_iv,
    .crypt = crypt_cbc,
};

/* --- Opcode -------------------------------------------------------------- */

static bool length_fits(const struct pce_request *req, bool units)
{
    const struct pce_alg_desc *alg = req->key->alg;

    return req->length >= alg->minimum &&
           (!alg->multiple || req->length % alg->multiple == 0) &&
           (!units || req->length % (1u << req->sqe->unit_order) == 0);
}

/* The entry against the algorithm */
static enum pce_status check_alg(struct pce_request *req)
{
    uint32_t info = req->ex->config.alg_info[req->key->number];
    bool indirect = req->sqe->flags & PCE_SQE_IV_INDIRECT;
    bool units = info & PCE_ALG_INFO_DATA_UNITS;

    if (indirect != (req->key->alg->iv_size != 0)) {
        return pce_fault(&req->detail, SQE_OFFSET(flags),
                         PCE_STATUS_BAD_FLAGS);
    }
    if (!length_fits(req, units)) {
        return pce_fault(&req->detail, SQE_OFFSET(length),
                         PCE_STATUS_BAD_LENGTH);
    }
    if (req->sqe->unit_order && !units) {
        return pce_fault(&req->detail, SQE_OFFSET(unit_order),
                         PCE_STATUS_BAD_FIELD);
    }
    return PCE_STATUS_OK;
}

static enum pce_status make_iv(struct pce_request *req)
{
    const struct pce_mode *mode = req->key->alg->mode;
    uint32_t size = req->key->alg->iv_size;
    uint64_t addr;

    memcpy(&addr, req->sqe->iv, sizeof(addr));
    if (size && pce_read_memory(req->ex, le64toh(addr), req->iv, size)) {
        return PCE_STATUS_IV_DMA;
    }
    return mode->begin && mode->begin(req) ? PCE_STATUS_INTERNAL
                                           : PCE_STATUS_OK;
}

/* Add one to a little-endian number of 128 bits */
static void increment_tweak(uint8_t *tweak)
{
    unsigned int i = 0;

    while (i < PCE_SQE_IV_SIZE && !++tweak[i]) {
        i++;
    }
}

/* Data units, each with a tweak of its own */
static enum pce_status run_units(struct pce_request *req, pce_crypt *crypt)
{
    uint64_t unit = 1ull << req->sqe->unit_order;

    for (uint64_t done = 0; done < req->length; done += unit) {
        enum pce_status status = pce_data_whole(req, unit, crypt);

        if (status) {
            return status;
        }
        increment_tweak(req->iv);
    }
    return PCE_STATUS_OK;
}

enum pce_status pce_cipher_text(struct pce_request *req)
{
    const struct pce_mode *mode = req->key->alg->mode;

    if (!req->length) {
        return PCE_STATUS_OK;
    }
    if (req->sqe->unit_order) {
        return run_units(req, mode->crypt);
    }
    return mode->granule
           ? pce_data_stream(req, req->length, mode->granule, mode->crypt)
           : pce_data_whole(req, req->length, mode->crypt);
}

void pce_cipher_done(struct pce_request *req, enum pce_status status)
{
    pce_data_done(req);
    req->cqe->length = htole32(req->dst.done);
    if (!status) {
        memcpy(req->cqe->result, req->iv, req->key->alg->mode->result);
    }
}

enum pce_status pce_run_cipher(struct pce_request *req, struct pce_cqe *cqe)
{
    enum pce_status status = check_alg(req);

    (void)cqe;
    if (!status) {
        status = pce_data_find(req, req->length, req->length);
    }
    if (status) {
        return status;
    }
    status = make_iv(req);
    if (!status) {
        req->waits = req->may_wait && pce_batch_takes(req);
        if (req->waits) {
            return PCE_STATUS_OK;
        }
        status = pce_cipher_text(req);
    }
    pce_cipher_done(req, status);
    return status;
}
