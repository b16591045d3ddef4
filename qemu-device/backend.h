/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: cipher backends.
 *
 * A backend is a table of functions around a library that knows ciphers over
 * flat byte ranges.  It knows nothing of guests, descriptors or DMA.
 */
#ifndef PCE_BACKEND_H
#define PCE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pce_abi.h"

/* A message that is encrypted beside others */
struct pce_cipher_job {
    void *key;
    const uint8_t *iv;
    const uint8_t *src;
    uint8_t *dst;
    size_t length;
};

/* As many as these at once */
#define PCE_BATCH_MAX 32

struct pce_backend {
    const char *name;

    /* Called before anything else, any number of times; false: not usable */
    bool (*init)(void);

    /* PCE_ALG_INFO_* bits of enum pce_alg alg, 0 if it is not served */
    uint32_t (*alg_info)(unsigned int alg);

    /* --- Ciphers, with or without authentication --- */

    /*
     * Expand a key of a size that alg_info offers.  The result is used by one
     * thread at a time.  NULL: out of memory.
     */
    void *(*key_new)(unsigned int alg, const uint8_t *key, size_t length);

    /* Wipe and free it */
    void (*key_free)(void *key);

    /*
     * Transform length bytes; src and dst are the same or do not overlap (if
     * they do, the result is undefined, but no other byte is touched).  length
     * is what the mode allows: not 0, whole blocks in ECB and CBC, at least a
     * block in XTS.  One call is one XTS data unit; the other modes may go
     * through their text in several calls, where the caller gives each the IV
     * it starts from.  0: done.
     */
    int (*cipher)(void *key, bool decrypt, const uint8_t *iv,
                  const uint8_t *src, uint8_t *dst, size_t length);

    /*
     * Is it faster to encrypt several messages of alg at once than one after
     * the other?  NULL: no.
     */
    bool (*multibuffer)(unsigned int alg);

    /*
     * Where it is: encrypt n messages, 1 to PCE_BATCH_MAX, with keys of one
     * algorithm and one size, as cipher does each.  Messages do not overlap (if
     * they do, all results are undefined, but no other byte is touched).
     */
    int (*cipher_jobs)(const struct pce_cipher_job *jobs, unsigned int n);

    /*
     * A message with authentication (GCM, CCM, ChaCha20-Poly1305): begin with
     * the nonce as it is in the entry, all of the associated data, and the
     * length of text and tag; then the text in any number of calls, of
     * which all but the last have a multiple of 64 bytes; then the tag.
     * src and dst as with cipher.  0: done.
     */
    int (*aead_begin)(void *key, bool decrypt, const uint8_t *iv,
                      const uint8_t *aad, size_t aad_length,
                      size_t length, size_t tag_length);
    int (*aead_crypt)(void *key, bool decrypt, const uint8_t *src,
                      uint8_t *dst, size_t length);
    int (*aead_tag)(void *key, uint8_t *tag, size_t tag_length);

    /* --- Hashes, and HMACs of them --- */

    /*
     * Make a hash, or an HMAC with a key of at most a block; it is used for
     * one message after the other, by one thread at a time.  NULL: out of
     * memory.
     */
    void *(*hash_new)(unsigned int alg, const uint8_t *key, size_t length);

    /* Wipe and free it */
    void (*hash_free)(void *hash);

    /* A message begins; the one before may not have ended */
    void (*hash_begin)(void *hash);
    void (*hash_update)(void *hash, const uint8_t *data, size_t length);

    /* Ends the message, and leaves nothing of it behind */
    void (*hash_final)(void *hash, uint8_t *digest);

    /*
     * Instead of begin and final, where alg_info has MULTIPART: go on where
     * another part of the message has ended.  save leaves nothing behind.
     * state may have come from anywhere; its reserved bytes were checked.
     */
    void (*hash_load)(void *hash, const struct pce_hash_state *state);
    void (*hash_save)(void *hash, struct pce_hash_state *state);
};

/* All of them, the default one first; ends with NULL */
extern const struct pce_backend *const pce_backends[];

/* By name, NULL: the default one.  The result is initialised, or NULL. */
const struct pce_backend *pce_backend_find(const char *name);

/* Which backend serves each primitive algorithm, NULL: none does */
struct pce_backend_set {
    const struct pce_backend *algs[PCE_LIMIT_ALGS];
    /* Where a message is hashed in several parts */
    const struct pce_backend *multipart[PCE_LIMIT_ALGS];
    /* Where several messages are encrypted at once */
    const struct pce_backend *multibuffer[PCE_LIMIT_ALGS];
};

/* All that backend has, by it and by nothing else */
void pce_backend_use(struct pce_backend_set *set,
                     const struct pce_backend *backend);

/*
 * The same by the name of a backend; or "auto": each algorithm by the one that
 * does it fastest.  false: there is none.
 */
bool pce_backend_select(struct pce_backend_set *set, const char *name);

#endif /* PCE_BACKEND_H */
