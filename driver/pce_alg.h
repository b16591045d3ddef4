/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: the algorithms, as they are registered with the crypto API.
 */
#ifndef PCE_ALG_H
#define PCE_ALG_H

#include <crypto/internal/aead.h>
#include <crypto/internal/hash.h>
#include <crypto/internal/skcipher.h>
#include <linux/crypto.h>
#include <linux/types.h>

#include "pce_abi.h"

struct seq_file;

/**
 * enum pce_alg_kind - kind of an algorithm: which functions register it
 * @PCE_KIND_SKCIPHER: symmetric key cipher
 * @PCE_KIND_AEAD: authenticated cipher
 * @PCE_KIND_AHASH: hash or message authentication code
 */
enum pce_alg_kind {
	PCE_KIND_SKCIPHER,
	PCE_KIND_AEAD,
	PCE_KIND_AHASH,
};

/**
 * enum pce_alg_state - why an algorithm is registered, or is not
 * @PCE_STATE_NO_DEVICE: no device so far has offered it
 * @PCE_STATE_NOT_WANTED: it is a legacy one, and the user has not asked for them
 * @PCE_STATE_NO_SOFTWARE: the kernel has no software for it, which every
 *	transform needs
 * @PCE_STATE_FAILED: the crypto API has refused it
 * @PCE_STATE_REGISTERED: it is registered
 */
enum pce_alg_state {
	PCE_STATE_NO_DEVICE,
	PCE_STATE_NOT_WANTED,
	PCE_STATE_NO_SOFTWARE,
	PCE_STATE_FAILED,
	PCE_STATE_REGISTERED,
};

/**
 * struct pce_algorithm - what the algorithms of all kinds have in common
 * @kind: which member of the union it is
 * @state: is it registered; written under the mutex of pce_alg.c
 * @reported: the log has said that there is no software for it
 * @legacy: too weak for new uses; registered if the user asks for it
 * @id: its number in the interface
 * @auth_id: HMAC of the algorithms AUTHENC, or PCE_ALG_NONE
 * @skcipher: what the crypto API sees
 * @aead: what the crypto API sees
 * @ahash: what the crypto API sees
 */
struct pce_algorithm {
	enum pce_alg_kind kind;
	enum pce_alg_state state;
	bool reported;
	bool legacy;
	enum pce_alg id;
	enum pce_alg auth_id;
	union {
		struct skcipher_alg skcipher;
		struct aead_alg aead;
		struct ahash_alg ahash;
	};
};

/**
 * struct pce_alg_table - the algorithms of one kind
 * @first: the first one, at the beginning of its kind's own structure
 * @count: number of them
 * @size: bytes from one to the next
 */
struct pce_alg_table {
	struct pce_algorithm *first;
	unsigned int count;
	size_t size;
};

int pce_alg_offer(const u32 *alg_info);
int pce_alg_retry(void);
void pce_alg_unregister(void);
void pce_alg_show(struct seq_file *s);
int pce_alg_init(void);
void pce_alg_exit(void);

#if IS_ENABLED(CONFIG_KUNIT)
void pce_alg_prepare(struct crypto_alg *alg);
#endif

#endif /* PCE_ALG_H */
