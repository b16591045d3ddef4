// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: the state of a hash between two parts of a message, in the
 * kernel's format and in the device's.
 *
 * The kernel's format is what the software hash of the same name exports: a state
 * is passed from software to the device and back.  In Linux 6.12 it is the structure
 * that each implementation of the hash works on.  From 6.16 on the crypto API defines
 * a format of its own, whose size is another one; pce_hash_state_prove() sees that.
 */
#include <crypto/aes.h>
#include <crypto/hmac.h>
#include <crypto/sha1.h>
#include <crypto/sha2.h>
#include <crypto/sha3.h>
#include <crypto/sm3.h>
#include <linux/math64.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "pce_hash_state.h"

#include <kunit/visibility.h>

#define PCE_MAC_BLOCK	AES_BLOCK_SIZE

/* The state of cmac and xcbc, which no header of the kernel declares */
struct pce_mac_state {
	unsigned int len;
	u8 odds[PCE_MAC_BLOCK];
	u8 prev[PCE_MAC_BLOCK];
};

static const struct pce_hash_format pce_sha1_format = {
	.size = sizeof(struct sha1_state),
	.chain = offsetof(struct sha1_state, state),
	.nr_words = SHA1_DIGEST_SIZE / sizeof(u32),
	.words = PCE_HASH_BE32,
	.count = offsetof(struct sha1_state, count),
	.buffer = offsetof(struct sha1_state, buffer),
};

static const struct pce_hash_format pce_sha256_format = {
	.size = sizeof(struct sha256_state),
	.chain = offsetof(struct sha256_state, state),
	.nr_words = SHA256_DIGEST_SIZE / sizeof(u32),
	.words = PCE_HASH_BE32,
	.count = offsetof(struct sha256_state, count),
	.buffer = offsetof(struct sha256_state, buf),
};

static const struct pce_hash_format pce_sha512_format = {
	.size = sizeof(struct sha512_state),
	.chain = offsetof(struct sha512_state, state),
	.nr_words = SHA512_DIGEST_SIZE / sizeof(u64),
	.words = PCE_HASH_BE64,
	.count = offsetof(struct sha512_state, count[0]),
	.high = offsetof(struct sha512_state, count[1]),
	.buffer = offsetof(struct sha512_state, buf),
};

static const struct pce_hash_format pce_sha3_format = {
	.size = sizeof(struct sha3_state),
	.chain = offsetof(struct sha3_state, st),
	.nr_words = PCE_HASH_STATE_SIZE / sizeof(u64),
	.words = PCE_HASH_LE64,
	.count = offsetof(struct sha3_state, partial),
	.rate = offsetof(struct sha3_state, rsiz),
	.buffer = offsetof(struct sha3_state, buf),
	.counts_buffer = true,
};

static const struct pce_hash_format pce_sm3_format = {
	.size = sizeof(struct sm3_state),
	.chain = offsetof(struct sm3_state, state),
	.nr_words = SM3_DIGEST_SIZE / sizeof(u32),
	.words = PCE_HASH_BE32,
	.count = offsetof(struct sm3_state, count),
	.buffer = offsetof(struct sm3_state, buffer),
};

static const struct pce_hash_format pce_mac_format = {
	.size = sizeof(struct pce_mac_state),
	.chain = offsetof(struct pce_mac_state, prev),
	.nr_words = PCE_MAC_BLOCK,
	.words = PCE_HASH_BYTES,
	.count = offsetof(struct pce_mac_state, len),
	.buffer = offsetof(struct pce_mac_state, odds),
	.counts_buffer = true,
	.holds_back = true,
};

/* By number, from PCE_ALG_SHA1 on */
static const struct pce_hash_info pce_hash_infos[] = {
	{ "sha1", SHA1_BLOCK_SIZE, SHA1_DIGEST_SIZE, &pce_sha1_format },
	{ "sha224", SHA224_BLOCK_SIZE, SHA224_DIGEST_SIZE, &pce_sha256_format },
	{ "sha256", SHA256_BLOCK_SIZE, SHA256_DIGEST_SIZE, &pce_sha256_format },
	{ "sha384", SHA384_BLOCK_SIZE, SHA384_DIGEST_SIZE, &pce_sha512_format },
	{ "sha512", SHA512_BLOCK_SIZE, SHA512_DIGEST_SIZE, &pce_sha512_format },
	{ "sha3-224", SHA3_224_BLOCK_SIZE, SHA3_224_DIGEST_SIZE,
	  &pce_sha3_format },
	{ "sha3-256", SHA3_256_BLOCK_SIZE, SHA3_256_DIGEST_SIZE,
	  &pce_sha3_format },
	{ "sha3-384", SHA3_384_BLOCK_SIZE, SHA3_384_DIGEST_SIZE,
	  &pce_sha3_format },
	{ "sha3-512", SHA3_512_BLOCK_SIZE, SHA3_512_DIGEST_SIZE,
	  &pce_sha3_format },
	{ "sm3", SM3_BLOCK_SIZE, SM3_DIGEST_SIZE, &pce_sm3_format },
};

static const struct pce_hash_info pce_mac_info = {
	NULL, PCE_MAC_BLOCK, PCE_MAC_BLOCK, &pce_mac_format
};

/**
 * pce_hash_info() - describe an algorithm
 * @alg: hash or authentication code; an HMAC has the state of its inner hash
 *
 * Return: its description.
 */
const struct pce_hash_info *pce_hash_info(enum pce_alg alg)
{
	if (alg == PCE_ALG_AES_CMAC || alg == PCE_ALG_AES_XCBC)
		return &pce_mac_info;
	if (alg >= PCE_ALG_HMAC_SHA1)
		alg = alg - PCE_ALG_HMAC_SHA1 + PCE_ALG_SHA1;
	return &pce_hash_infos[alg - PCE_ALG_SHA1];
}
EXPORT_SYMBOL_IF_KUNIT(pce_hash_info);

static u64 pce_hash_count(const struct pce_hash_format *f, const void *state)
{
	const void *count = state + f->count;

	return f->counts_buffer ? *(const unsigned int *)count :
				  *(const u64 *)count;
}

/* Return: how many bytes of a message of @bytes are not in the chaining value yet */
static unsigned int pce_hash_buffered(const struct pce_hash_info *info,
				      u64 bytes)
{
	u32 rest;

	if (info->format->holds_back && bytes)
		return (bytes - 1) % PCE_MAC_BLOCK + 1;
	div_u64_rem(bytes, info->block, &rest);
	return rest;
}

/**
 * pce_hash_state_fits() - check whether the device can continue from a state
 * @info: the hash
 * @state: state in the kernel's format; users can import any bytes
 * @more: bytes of the message that follow
 *
 * Return: true if the software can be in this state, and the device can count the
 * bytes of the message.
 */
bool pce_hash_state_fits(const struct pce_hash_info *info, const void *state,
			 u32 more)
{
	const struct pce_hash_format *f = info->format;
	const unsigned int *rate = state + f->rate;
	u64 count = pce_hash_count(f, state), sum;

	if (f->rate && (rate[0] != info->block ||
			rate[1] != info->block / sizeof(u64)))
		return false;
	if (f->counts_buffer)
		return count < info->block + f->holds_back;
	if (f->high && *(const u64 *)(state + f->high))
		return false;
	return !check_add_overflow(count, (u64)more, &sum);
}
EXPORT_SYMBOL_IF_KUNIT(pce_hash_state_fits);

static void pce_hash_give_chain(const struct pce_hash_format *f,
				const void *state, u8 *out)
{
	const u32 *word = state + f->chain;
	const u64 *lane = state + f->chain;
	unsigned int i;

	for (i = 0; i < f->nr_words; i++)
		switch (f->words) {
		case PCE_HASH_BE32:
			put_unaligned_be32(word[i], out + i * sizeof(*word));
			break;
		case PCE_HASH_BE64:
			put_unaligned_be64(lane[i], out + i * sizeof(*lane));
			break;
		case PCE_HASH_LE64:
			put_unaligned_le64(lane[i], out + i * sizeof(*lane));
			break;
		case PCE_HASH_BYTES:
			out[i] = ((const u8 *)state + f->chain)[i];
			break;
		}
}

static unsigned int pce_hash_chain_size(const struct pce_hash_format *f)
{
	switch (f->words) {
	case PCE_HASH_BE32:
		return f->nr_words * sizeof(u32);
	case PCE_HASH_BYTES:
		return f->nr_words;
	default:
		return f->nr_words * sizeof(u64);
	}
}

static void pce_hash_take_chain(const struct pce_hash_format *f, void *state,
				const u8 *in)
{
	u32 *word = state + f->chain;
	u64 *lane = state + f->chain;
	unsigned int i;

	for (i = 0; i < f->nr_words; i++)
		switch (f->words) {
		case PCE_HASH_BE32:
			word[i] = get_unaligned_be32(in + i * sizeof(*word));
			break;
		case PCE_HASH_BE64:
			lane[i] = get_unaligned_be64(in + i * sizeof(*lane));
			break;
		case PCE_HASH_LE64:
			lane[i] = get_unaligned_le64(in + i * sizeof(*lane));
			break;
		case PCE_HASH_BYTES:
			((u8 *)state + f->chain)[i] = in[i];
			break;
		}
}

/**
 * pce_hash_state_give() - convert a state from the kernel's format to the device's
 * @info: the hash
 * @state: state in the kernel's format, for which pce_hash_state_fits() is true
 * @record: the state in the device's format
 */
void pce_hash_state_give(const struct pce_hash_info *info, const void *state,
			 struct pce_hash_state *record)
{
	const struct pce_hash_format *f = info->format;
	u64 count = pce_hash_count(f, state);

	memset(record, 0, sizeof(*record));
	pce_hash_give_chain(f, state, record->state);
	record->bytes = cpu_to_le64(count);
	memcpy(record->buffer, state + f->buffer,
	       pce_hash_buffered(info, count));
}
EXPORT_SYMBOL_IF_KUNIT(pce_hash_state_give);

/**
 * pce_hash_state_take() - convert a state from the device's format to the kernel's
 * @info: the hash
 * @state: the state in the kernel's format
 * @record: what the device wrote, which is not trusted
 */
void pce_hash_state_take(const struct pce_hash_info *info, void *state,
			 const struct pce_hash_state *record)
{
	const struct pce_hash_format *f = info->format;
	u64 bytes = le64_to_cpu(READ_ONCE(record->bytes));
	unsigned int buffered = pce_hash_buffered(info, bytes);
	unsigned int *rate = state + f->rate;

	memset(state, 0, f->size);
	pce_hash_take_chain(f, state, record->state);
	if (f->counts_buffer)
		*(unsigned int *)(state + f->count) = buffered;
	else
		*(u64 *)(state + f->count) = bytes;
	if (f->rate) {
		rate[0] = info->block;
		rate[1] = info->block / sizeof(u64);
	}
	memcpy(state + f->buffer, record->buffer, buffered);
}
EXPORT_SYMBOL_IF_KUNIT(pce_hash_state_take);

/**
 * pce_hash_state_equal() - compare the state of the software and that of the device
 * @info: the hash
 * @state: state in the kernel's format
 * @record: state in the device's format, which is not trusted
 *
 * Return: true if both belong to the same message.
 */
bool pce_hash_state_equal(const struct pce_hash_info *info, const void *state,
			  const struct pce_hash_state *record)
{
	const struct pce_hash_format *f = info->format;
	u64 bytes = le64_to_cpu(READ_ONCE(record->bytes));
	u64 count = pce_hash_count(f, state);
	unsigned int buffered = pce_hash_buffered(info, count);
	u8 chain[PCE_HASH_STATE_SIZE];
	bool equal;

	pce_hash_give_chain(f, state, chain);
	if (f->counts_buffer)
		bytes = pce_hash_buffered(info, bytes);
	equal = count == bytes &&
		!memcmp(chain, record->state, pce_hash_chain_size(f)) &&
		!memcmp(state + f->buffer, record->buffer, buffered);
	/* Who knows the state of an HMAC can continue it without the key */
	memzero_explicit(chain, sizeof(chain));
	return equal;
}
EXPORT_SYMBOL_IF_KUNIT(pce_hash_state_equal);

/* The known message is longer than a block, and has room for its padding */
#define PCE_PROOF_TAIL		5
#define PCE_PROOF_MESSAGE	(3 * PCE_HASH_BUFFER_SIZE)
#define PCE_PROOF_KEY		AES_KEYSIZE_128

/**
 * struct pce_hash_proof - the state of the software after a known message
 * @info: the hash
 * @record: the state in the device's format
 * @state: the state in the kernel's format
 * @message: known message
 * @key: known key
 * @digest: digest of the message by the software
 * @other: digest of the message after its state was converted to the device's format
 *	and back
 * @desc: operational state of the software
 */
struct pce_hash_proof {
	const struct pce_hash_info *info;
	struct pce_hash_state record;
	u8 state[PCE_HASH_EXPORT_SIZE] __aligned(sizeof(u64));
	u8 message[PCE_PROOF_MESSAGE];
	u8 key[PCE_PROOF_KEY];
	u8 digest[HASH_MAX_DIGESTSIZE];
	u8 other[HASH_MAX_DIGESTSIZE];
	struct shash_desc desc;
};

/*
 * Make the record after @length bytes of the message.
 * Return: 1; 0 if the software exports something else; or a negative error number.
 */
static int pce_hash_proof_record(struct pce_hash_proof *p, unsigned int length)
{
	int err = crypto_shash_init(&p->desc) ?:
		  crypto_shash_update(&p->desc, p->message, length) ?:
		  crypto_shash_export(&p->desc, p->state);

	if (err)
		return err;
	if (!pce_hash_state_fits(p->info, p->state, 0))
		return 0;
	pce_hash_state_give(p->info, p->state, &p->record);
	return 1;
}

/*
 * Check that counter and buffer are those of the message, and that a state that was
 * converted to the device's format and back leads to the same digest.
 * Return: 1 if so; 0 if not; or a negative error number.
 */
static int pce_hash_prove_tail(struct pce_hash_proof *p, unsigned int before)
{
	unsigned int length = p->info->block + PCE_PROOF_TAIL;
	u64 bytes = p->info->format->counts_buffer ? PCE_PROOF_TAIL :
						     before + length;
	int ret = pce_hash_proof_record(p, length);

	if (ret != 1)
		return ret;
	if (le64_to_cpu(p->record.bytes) != bytes ||
	    memcmp(p->record.buffer, p->message + p->info->block,
		   PCE_PROOF_TAIL))
		return 0;
	pce_hash_state_take(p->info, p->state, &p->record);
	ret = crypto_shash_import(&p->desc, p->state) ?:
	      crypto_shash_final(&p->desc, p->other) ?:
	      crypto_shash_digest(&p->desc, p->message, length, p->digest);
	return ret ?: !memcmp(p->digest, p->other, p->info->digest);
}

/* The chaining value of a MAC is an encrypted block */
static int pce_hash_prove_mac(struct pce_hash_proof *p, enum pce_alg alg)
{
	/* AES of 00 01 ... 0f, the key being the same; and by the first key of XCBC */
	static const u8 cmac[] = {
		0x0a, 0x94, 0x0b, 0xb5, 0x41, 0x6e, 0xf0, 0x45,
		0xf1, 0xc3, 0x94, 0x58, 0xc6, 0x53, 0xea, 0x5a,
	};
	static const u8 xcbc[] = {
		0x1d, 0x04, 0x48, 0xfa, 0xcf, 0x4d, 0x9c, 0x6f,
		0x55, 0xb9, 0x93, 0xda, 0x09, 0x80, 0x3d, 0xb3,
	};
	int ret = pce_hash_prove_tail(p, 0);

	if (ret != 1)
		return ret;
	return !memcmp(p->record.state,
		       alg == PCE_ALG_AES_CMAC ? cmac : xcbc, sizeof(cmac));
}

/* Pad the message as the hash does.  Return: bytes of message and padding. */
static unsigned int pce_hash_proof_pad(struct pce_hash_proof *p,
				       unsigned int length, unsigned int before)
{
	bool sha3 = p->info->format->words == PCE_HASH_LE64;
	unsigned int end = roundup(length + 1 + (sha3 ? 0 : p->info->block / 8),
				   p->info->block);

	memset(p->message + length, 0, end - length);
	if (sha3) {
		p->message[length] = 0x06;
		p->message[end - 1] |= 0x80;
	} else {
		p->message[length] = 0x80;
		put_unaligned_be64(8 * (u64)(before + length),
				   p->message + end - sizeof(u64));
	}
	return end;
}

/* Compute the inner digest of an HMAC by the hash that it uses */
static int pce_hash_proof_inner(struct pce_hash_proof *p, unsigned int length,
				struct crypto_shash *plain)
{
	u8 *bytes = kzalloc(p->info->block + length, GFP_KERNEL);
	unsigned int i;
	int err;

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, p->key, sizeof(p->key));
	for (i = 0; i < p->info->block; i++)
		bytes[i] ^= HMAC_IPAD_VALUE;
	memcpy(bytes + p->info->block, p->message, length);
	err = crypto_shash_tfm_digest(plain, bytes, p->info->block + length,
				      p->digest);
	kfree(bytes);
	return err;
}

/* The chaining value after a message that has its padding is the digest */
static int pce_hash_prove_hash(struct pce_hash_proof *p,
			       struct crypto_shash *plain)
{
	unsigned int before = plain ? p->info->block : 0;
	unsigned int length = p->info->block + PCE_PROOF_TAIL;
	int ret = pce_hash_prove_tail(p, before);

	if (ret == 1 && plain)
		ret = pce_hash_proof_inner(p, length, plain) ?: 1;
	if (ret != 1)
		return ret;
	ret = pce_hash_proof_record(p, pce_hash_proof_pad(p, length, before));
	if (ret != 1)
		return ret;
	return !memcmp(p->record.state, p->digest, p->info->digest);
}

/**
 * pce_hash_state_prove() - check that the software exports what this file expects
 * @alg: hash or authentication code
 * @software: the same in software; an algorithm with a key gets another key
 * @plain: the hash that an HMAC uses, otherwise NULL
 *
 * The size of the state does not prove its layout: another implementation may have
 * another layout of the same size.  So the software hashes a known message, and the
 * state that it exports is compared with the one that this message must have.
 *
 * Context: process context; sleeps.
 * Return: 1 if it does; 0 if it does not; or a negative error number.
 */
int pce_hash_state_prove(enum pce_alg alg, struct crypto_shash *software,
			 struct crypto_shash *plain)
{
	const struct pce_hash_info *info = pce_hash_info(alg);
	struct pce_hash_proof *p;
	unsigned int i;
	int ret = 0;

	if (crypto_shash_statesize(software) != info->format->size)
		return 0;
	p = kzalloc(struct_size_t(struct pce_hash_proof, desc.__ctx,
				  crypto_shash_descsize(software)), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->info = info;
	p->desc.tfm = software;
	for (i = 0; i < sizeof(p->message); i++)
		p->message[i] = i;
	memcpy(p->key, p->message, sizeof(p->key));
	if (alg >= PCE_ALG_HMAC_SHA1)
		ret = crypto_shash_setkey(software, p->key, sizeof(p->key));
	if (!ret)
		ret = info == &pce_mac_info ? pce_hash_prove_mac(p, alg) :
					      pce_hash_prove_hash(p, plain);
	kfree(p);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(pce_hash_state_prove);
