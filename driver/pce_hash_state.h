/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: what is left of the parts of a message so far, in the
 * kernel's format and in the device's.
 */
#ifndef PCE_HASH_STATE_H
#define PCE_HASH_STATE_H

#include <crypto/hash.h>

#include "pce_abi.h"

/* Room for the kernel's state of any hash */
#define PCE_HASH_EXPORT_SIZE	HASH_MAX_DESCSIZE

/**
 * enum pce_hash_words - what the chaining value is made of
 * @PCE_HASH_BE32: words of 32 bits, big-endian in the device's format
 * @PCE_HASH_BE64: words of 64 bits, big-endian in the device's format
 * @PCE_HASH_LE64: words of 64 bits, little-endian in the device's format
 * @PCE_HASH_BYTES: bytes
 */
enum pce_hash_words {
	PCE_HASH_BE32,
	PCE_HASH_BE64,
	PCE_HASH_LE64,
	PCE_HASH_BYTES,
};

/**
 * struct pce_hash_format - the kernel's state of a hash
 * @size: bytes of it
 * @chain: offset of the chaining value, in words of the CPU's order
 * @nr_words: number of those
 * @words: what they are
 * @count: offset of the counter
 * @high: offset of the counter's high half; 0: it has none
 * @rate: offset of the block size in bytes, and after that in words, which are
 *	part of the state; 0: they are not
 * @buffer: offset of the bytes that the chaining value does not contain
 * @counts_buffer: the counter is an unsigned int and counts the bytes there;
 *	it is 64 bits and counts those of the message else
 * @holds_back: the last block so far stays in the buffer even if it is whole
 */
struct pce_hash_format {
	u16 size;
	u16 chain;
	u8 nr_words;
	u8 words;
	u16 count;
	u16 high;
	u16 rate;
	u16 buffer;
	bool counts_buffer;
	bool holds_back;
};

/**
 * struct pce_hash_info - a hash or authentication code
 * @hash: name of the hash, or of that which an HMAC is made of; or NULL
 * @block: bytes that are hashed at once
 * @digest: bytes of the digest
 * @format: of the kernel's state
 */
struct pce_hash_info {
	const char *hash;
	u8 block;
	u8 digest;
	const struct pce_hash_format *format;
};

const struct pce_hash_info *pce_hash_info(enum pce_alg alg);
bool pce_hash_state_fits(const struct pce_hash_info *info,
			 const void *state, u32 more);
void pce_hash_state_give(const struct pce_hash_info *info,
			 const void *state, struct pce_hash_state *record);
void pce_hash_state_take(const struct pce_hash_info *info, void *state,
			 const struct pce_hash_state *record);
bool pce_hash_state_equal(const struct pce_hash_info *info, const void *state,
			  const struct pce_hash_state *record);
int pce_hash_state_prove(enum pce_alg alg, struct crypto_shash *software,
			 struct crypto_shash *plain);

#endif /* PCE_HASH_STATE_H */
