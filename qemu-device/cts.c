/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: CBC with ciphertext stealing, CS3 of the addendum to
 * SP 800-38A, out of CBC.
 *
 * The last two blocks of ciphertext change places, and the one that is then
 * the last is cut to the length of the last block of text.
 */
#include "cipher.h"

#define BLOCK 16

static int cbc(struct pce_request *req, const uint8_t *iv, const uint8_t *src,
               uint8_t *dst, uint64_t n)
{
    const struct pce_key_part *cipher = &req->key->cipher;

    return n ? cipher->backend->cipher(cipher->handle, req->decrypt, iv, src,
                                       dst, n) : 0;
}

/* The last two blocks begin at head, and the last one has tail bytes */
static int cts_encrypt(struct pce_request *req, const uint8_t *src,
                       uint8_t *dst, uint64_t head, uint64_t tail)
{
    uint8_t previous[BLOCK], last[BLOCK] = { 0 };
    int error;

    memcpy(last, src + head + BLOCK, tail);
    error = cbc(req, req->iv, src, dst, head + BLOCK);
    if (!error) {
        memcpy(previous, dst + head, BLOCK);
        error = cbc(req, previous, last, last, BLOCK);
    }
    if (!error) {
        memcpy(dst + head, last, BLOCK);
        memcpy(dst + head + BLOCK, previous, tail);
    }
    explicit_bzero(last, sizeof(last));
    return error;
}

static int cts_decrypt(struct pce_request *req, const uint8_t *src,
                       uint8_t *dst, uint64_t head, uint64_t tail)
{
    static const uint8_t zeros[BLOCK];
    uint8_t iv[BLOCK], previous[BLOCK], last[BLOCK];
    int error;

    /* Of what is needed once more nothing is left, if this is in place */
    memcpy(iv, head ? src + head - BLOCK : req->iv, BLOCK);
    memcpy(previous, src + head + BLOCK, tail);
    error = cbc(req, zeros, src + head, last, BLOCK);
    if (!error) {
        memcpy(previous + tail, last + tail, BLOCK - tail);
        for (unsigned int i = 0; i < tail; i++) {
            last[i] ^= previous[i];
        }
        error = cbc(req, req->iv, src, dst, head) ||
                cbc(req, iv, previous, previous, BLOCK);
    }
    if (!error) {
        memcpy(dst + head, previous, BLOCK);
        memcpy(dst + head + BLOCK, last, tail);
    }
    explicit_bzero(previous, sizeof(previous));
    explicit_bzero(last, sizeof(last));
    return error;
}

static int crypt_cts(struct pce_request *req, const uint8_t *src, uint8_t *dst,
                     uint64_t n)
{
    uint64_t tail = (n - 1) % BLOCK + 1;
    uint64_t head = n - BLOCK - tail;

    if (n == BLOCK) {
        return cbc(req, req->iv, src, dst, n);
    }
    return (req->decrypt ? cts_decrypt : cts_encrypt)(req, src, dst, head,
                                                      tail);
}

const struct pce_mode pce_mode_cts = {
    .crypt = crypt_cts,
};
