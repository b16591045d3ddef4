/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: the state of a hash between two parts of a message, in the
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
 * @size: bytes of the state
 * @chain: offset of the chaining value, whose words have the CPU's byte order
 * @nr_words: words of the chaining value
 * @words: enum pce_hash_words
 * @count: offset of the counter
 * @high: offset of the counter's high half; 0: the counter has none
 * @rate: offset of the block size in bytes, which the block size in words follows;
 *	0: the state does not contain them
 * @buffer: offset of the bytes that are not in the chaining value yet
 * @counts_buffer: the counter is an unsigned int and counts the bytes in the buffer;
 *	otherwise it has 64 bits and counts the bytes of the message
 * @holds_back: the last block stays in the buffer even if it is complete
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
 * @hash: name of the hash, or of the hash that an HMAC uses; NULL: there is none
 * @block: bytes of a block
 * @digest: bytes of the digest
 * @format: the kernel's state
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
