/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A request together with its answer, as a standard or another backend gives
 * it, put to an executor in every way that a driver may put it.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include "layout.h"

struct bytes {
    const uint8_t *data;
    size_t length;
};

struct answer {
    unsigned int alg, auth_alg;     /* enum pce_alg */
    struct bytes key, auth_key;
    struct bytes iv;                /* more than 16 bytes: by IV_INDIRECT */
    struct bytes aad;
    struct bytes plain;             /* or the message */
    struct bytes cipher;
    struct bytes tag;               /* or the digest */
    uint16_t op_flags;              /* of AEAD */
    uint8_t unit_order;
    bool forged;                    /* the tag is wrong: the plaintext is not */
};

unsigned int answer_opcode(unsigned int alg);

/* Does the fixture's chip have algorithms, key and flags? */
bool answer_fits(const struct fixture *f, const struct answer *a);

/*
 * Encrypt and decrypt with context 0, as often as rounds says, each time with
 * other lists of segments; hash in one part and in several.  Result, length
 * and every byte of memory must be right.
 */
void answer_check(struct fixture *f, const struct answer *a,
                  unsigned int rounds);

/*
 * One of it, whose status is handed back.  out gets what is written: text, or
 * associated data, text, and the tag if it encrypts.  Memory beside it must be
 * as it was.
 */
unsigned int answer_run(struct fixture *f, const struct answer *a,
                        bool decrypt, enum placement placement, uint8_t *out);

/* Write context 0 in a new generation; answer_check() does so itself */
void answer_context(struct fixture *f, const struct answer *a);

/*
 * The digest of a->plain in so many parts, each by one of the n executors at
 * random; the state record goes from one to the other.
 */
void answer_digest(struct fixture *const *f, unsigned int n,
                   const struct answer *a, unsigned int parts,
                   uint8_t *digest);

/* Bytes of the digest, and of the block, of a hash or an authentication code */
size_t digest_length(unsigned int alg);
size_t block_length(unsigned int alg);

/* Digest by the library, without an executor: of keys for other answers */
void library_digest(unsigned int alg, const uint8_t *data, size_t length,
                    uint8_t *digest);

#endif /* ANSWER_H */
