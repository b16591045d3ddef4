/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: key context records, and which device has them mapped.
 */
#ifndef PCE_KEY_H
#define PCE_KEY_H

#include <crypto/algapi.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>

#include "pce.h"

struct pce_device;

/* Nothing that the CPU writes may share a cacheline with the record */
#define PCE_KEY_ALIGN	MAX(CRYPTO_DMA_ALIGN, PCE_CONTEXT_ALIGN)

/**
 * struct pce_key - the key of a transform
 * @context: the record that the device reads; of a transform without a key: only
 *	the algorithm, to find a device for it
 * @device: send requests to this one; NULL: bind first
 * @dma: the device's address of @context
 * @owner: device that @context is mapped for; may outlast @device
 * @node: in the owner's list of keys
 * @epoch: of the last search that found no device
 * @reason: why it found none
 */
struct pce_key {
	struct pce_context context __aligned(PCE_KEY_ALIGN);
	struct pce_device __rcu *device __aligned(PCE_KEY_ALIGN);
	dma_addr_t dma;

	struct pce_device *owner;
	struct list_head node;
	u32 epoch;
	enum pce_counter reason;
};

void pce_key_init(struct pce_key *key, enum pce_alg alg, enum pce_alg auth_alg);
void pce_key_set(struct pce_key *key, const u8 *bytes, unsigned int length,
		 const u8 *auth_bytes, unsigned int auth_length);
void pce_key_exit(struct pce_key *key);
struct pce_device *pce_key_bind(struct pce_key *key);

void pce_device_publish(struct pce_device *pce);
void pce_device_retract(struct pce_device *pce);
void pce_device_unbind_keys(struct pce_device *pce);
void pce_device_doze(struct pce_device *pce);
void pce_device_rouse(struct pce_device *pce);
bool pce_device_any(void);

/* Are both offered?  The second may be PCE_ALG_NONE. */
static inline bool pce_algs_offered(const u32 *alg_info, enum pce_alg alg,
				    enum pce_alg auth_alg)
{
	return alg_info[alg] & PCE_ALG_INFO_PRESENT &&
	       (!auth_alg || alg_info[auth_alg] & PCE_ALG_INFO_PRESENT);
}

/**
 * pce_key_device() - the device that serves requests with this key
 * @key: key that was set, if its algorithm has one
 *
 * Context: bottom halves off; the device stays until they are on again.
 * Return: device, or NULL: @key->reason says why there is none.
 */
static inline struct pce_device *pce_key_device(struct pce_key *key)
{
	struct pce_device *pce = rcu_dereference_bh(key->device);

	return likely(pce) ? pce : pce_key_bind(key);
}

#endif /* PCE_KEY_H */
