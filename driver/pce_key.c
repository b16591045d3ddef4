// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: key context records, and which device has them mapped.
 *
 * A key is bound to a device by its first request: the record in the transform
 * is mapped for the device and stays mapped until the key changes, goes, or the
 * device does.  Then the next request binds it to another device, if there is
 * one.  Binding may happen in a bottom half, so that one spinlock protects all
 * of it; a bound key is used without any lock, under RCU.
 */
#include <crypto/aes.h>
#include <linux/atomic.h>
#include <linux/dma-mapping.h>
#include <linux/string.h>

#include "pce_device.h"
#include "pce_key.h"

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

static DEFINE_SPINLOCK(pce_bind_lock);
static LIST_HEAD(pce_live);
static LIST_HEAD(pce_dozing);

/* Changes when a search for a device may have another result */
static u32 pce_epoch = 1;

/* Unique over all keys, so that an address is not seen twice with the same */
static atomic_t pce_generation = ATOMIC_INIT(0);

/* The generation is 0 as long as no key was set */
static bool pce_key_has_record(const struct pce_key *key)
{
	return key->context.generation != 0;
}

/* Make the device forget what it keeps of the record */
static void pce_key_invalidate(const struct pce_key *key)
{
	struct pce_device *pce = key->owner;

	if (!pce->answers)
		return;
	pce_write(pce, PCE_REG_INVAL_LO, lower_32_bits(key->dma));
	pce_write(pce, PCE_REG_INVAL_HI, upper_32_bits(key->dma));
	pce_write(pce, PCE_REG_INVAL_CMD, PCE_INVAL_CONTEXT);
	/* The writes are posted; the record's memory may be reused next */
	pce_read(pce, PCE_REG_STATUS);
}

static void pce_key_unbind(struct pce_key *key)
{
	struct pce_device *pce = key->owner;

	lockdep_assert_held(&pce_bind_lock);

	if (!pce)
		return;
	RCU_INIT_POINTER(key->device, NULL);
	if (pce_key_has_record(key)) {
		pce_key_invalidate(key);
		dma_unmap_single(&pce->pdev->dev, key->dma,
				 sizeof(key->context), DMA_TO_DEVICE);
		key->dma = 0;
	}
	list_del(&key->node);
	pce->nr_keys--;
	key->owner = NULL;
}

/* What ALG_INFO must have for this key */
static u32 pce_key_needs(const struct pce_context *ctx)
{
	unsigned int length = ctx->key_length;

	switch (ctx->alg) {
	case PCE_ALG_AES_XTS:
	case PCE_ALG_SM4_XTS:
		length /= 2;
		break;
	case PCE_ALG_AES_LRW:
		length -= AES_BLOCK_SIZE;
		break;
	}
	if (!length)	/* no key, or that of an HMAC */
		return PCE_ALG_INFO_PRESENT;
	return PCE_ALG_INFO_PRESENT | PCE_ALG_INFO_KEY_128 << (length - 16) / 8;
}

static bool pce_key_offered(const struct pce_context *ctx, const u32 *alg_info)
{
	u32 needs = pce_key_needs(ctx);

	return pce_algs_offered(alg_info, ctx->alg, ctx->auth_alg) &&
	       (alg_info[ctx->alg] & needs) == needs;
}

/* The device with the fewest keys of those in a list that can serve this one */
static struct pce_device *pce_key_choose(const struct pce_key *key,
					 const struct list_head *devices)
{
	struct pce_device *pce, *best = NULL;

	list_for_each_entry(pce, devices, node) {
		if (!pce_key_offered(&key->context, pce->alg_info))
			continue;
		if (!best || pce->nr_keys < best->nr_keys)
			best = pce;
	}
	return best;
}

static int pce_key_map(struct pce_key *key, struct pce_device *pce)
{
	struct device *dev = &pce->pdev->dev;

	key->dma = dma_map_single(dev, &key->context, sizeof(key->context),
				  DMA_TO_DEVICE);
	return dma_mapping_error(dev, key->dma) ? -ENOMEM : 0;
}

/* Find a device for a key that had none a moment ago */
static struct pce_device *pce_key_search(struct pce_key *key)
{
	struct pce_device *pce;

	pce = rcu_dereference_protected(key->device,
					lockdep_is_held(&pce_bind_lock));
	if (pce)
		return pce;

	/* Its device is going, and still has the record mapped */
	if (key->owner) {
		key->reason = PCE_FALLBACK_NO_DEVICE;
		return NULL;
	}

	pce = pce_key_choose(key, &pce_live);
	if (!pce) {
		/* One that sleeps is for the requests after this one */
		pce = pce_key_choose(key, &pce_dozing);
		if (pce)
			pce_power_wake(pce);
		key->reason = list_empty(&pce_live) ? PCE_FALLBACK_NO_DEVICE :
						      PCE_FALLBACK_UNSUPPORTED;
		WRITE_ONCE(key->epoch, pce_epoch);
		return NULL;
	}

	if (pce_key_has_record(key) && pce_key_map(key, pce)) {
		key->reason = PCE_FALLBACK_MEMORY;
		return NULL;
	}
	key->owner = pce;
	list_add_tail(&key->node, &pce->keys);
	pce->nr_keys++;
	rcu_assign_pointer(key->device, pce);
	return pce;
}

/**
 * pce_key_bind() - find a device for a key
 * @key: as pce_key_device(), and has no device
 *
 * Context: bottom halves off.
 * Return: device, or NULL: @key->reason says why there is none.
 */
struct pce_device *pce_key_bind(struct pce_key *key)
{
	struct pce_device *pce;

	KUNIT_STATIC_STUB_REDIRECT(pce_key_bind, key);

	/* Nothing has changed since the last search */
	if (READ_ONCE(key->epoch) == READ_ONCE(pce_epoch))
		return NULL;

	spin_lock(&pce_bind_lock);
	pce = pce_key_search(key);
	spin_unlock(&pce_bind_lock);
	return pce;
}
EXPORT_SYMBOL_IF_KUNIT(pce_key_bind);

/**
 * pce_key_init() - make a key of a new transform
 * @key: zeroed
 * @alg: its algorithm
 * @auth_alg: HMAC of the algorithms AUTHENC, or PCE_ALG_NONE
 */
void pce_key_init(struct pce_key *key, enum pce_alg alg, enum pce_alg auth_alg)
{
	key->context.alg = alg;
	key->context.auth_alg = auth_alg;
}
EXPORT_SYMBOL_IF_KUNIT(pce_key_init);

/**
 * pce_key_set() - change the key
 * @key: key
 * @bytes: of a length that the algorithm has
 * @length: number of bytes
 * @auth_bytes: key of the HMAC, not longer than the block of its hash
 * @auth_length: number of bytes; 0 without an HMAC
 *
 * No device is asked: the next request binds the new record.
 */
void pce_key_set(struct pce_key *key, const u8 *bytes, unsigned int length,
		 const u8 *auth_bytes, unsigned int auth_length)
{
	struct pce_context *ctx = &key->context;
	u32 generation;

	spin_lock_bh(&pce_bind_lock);
	pce_key_unbind(key);
	key->epoch = 0;
	do {	/* 0 is not a generation when the counter comes round */
		generation = atomic_inc_return(&pce_generation);
	} while (!generation);
	ctx->generation = cpu_to_le32(generation);
	ctx->key_length = length;
	memzero_explicit(ctx->key, sizeof(ctx->key));
	memcpy(ctx->key, bytes, length);
	ctx->auth_key_length = auth_length;
	memzero_explicit(ctx->auth_key, sizeof(ctx->auth_key));
	memcpy(ctx->auth_key, auth_bytes, auth_length);
	spin_unlock_bh(&pce_bind_lock);
}
EXPORT_SYMBOL_IF_KUNIT(pce_key_set);

/**
 * pce_key_exit() - wipe a key, here and in the device
 * @key: key that no request uses any more
 */
void pce_key_exit(struct pce_key *key)
{
	scoped_guard(spinlock_bh, &pce_bind_lock)
		pce_key_unbind(key);
	memzero_explicit(&key->context, sizeof(key->context));
}
EXPORT_SYMBOL_IF_KUNIT(pce_key_exit);

/**
 * pce_device_publish() - let requests come
 * @pce: device with running queues
 */
void pce_device_publish(struct pce_device *pce)
{
	spin_lock_bh(&pce_bind_lock);
	pce->answers = true;
	list_add_tail(&pce->node, &pce_live);
	WRITE_ONCE(pce_epoch, pce_epoch + 1);
	spin_unlock_bh(&pce_bind_lock);
}
EXPORT_SYMBOL_IF_KUNIT(pce_device_publish);

/**
 * pce_device_retract() - let no more requests come
 * @pce: device that was published
 *
 * When it returns, nobody is submitting to the device any more.  Its keys are
 * still mapped, for what is in flight.  May sleep.
 */
void pce_device_retract(struct pce_device *pce)
{
	struct pce_key *key;

	scoped_guard(spinlock_bh, &pce_bind_lock) {
		list_del(&pce->node);
		list_for_each_entry(key, &pce->keys, node)
			RCU_INIT_POINTER(key->device, NULL);
	}
	synchronize_rcu();
}
EXPORT_SYMBOL_IF_KUNIT(pce_device_retract);

/**
 * pce_device_unbind_keys() - unmap all keys of a device
 * @pce: device that was retracted and that works on nothing any more
 */
void pce_device_unbind_keys(struct pce_device *pce)
{
	struct pce_key *key, *next;

	spin_lock_bh(&pce_bind_lock);
	/* All of its keys are wiped by what comes next, or are out of reach */
	pce->answers = false;
	list_for_each_entry_safe(key, next, &pce->keys, node)
		pce_key_unbind(key);
	WRITE_ONCE(pce_epoch, pce_epoch + 1);
	spin_unlock_bh(&pce_bind_lock);
}
EXPORT_SYMBOL_IF_KUNIT(pce_device_unbind_keys);

/**
 * pce_device_doze() - let requests find a device that they may wake
 * @pce: device that was retracted, and has no keys
 */
void pce_device_doze(struct pce_device *pce)
{
	spin_lock_bh(&pce_bind_lock);
	list_add_tail(&pce->node, &pce_dozing);
	WRITE_ONCE(pce_epoch, pce_epoch + 1);
	spin_unlock_bh(&pce_bind_lock);
}
EXPORT_SYMBOL_IF_KUNIT(pce_device_doze);

/**
 * pce_device_rouse() - it is being woken, or goes
 * @pce: device that dozes
 */
void pce_device_rouse(struct pce_device *pce)
{
	scoped_guard(spinlock_bh, &pce_bind_lock)
		list_del(&pce->node);
}
EXPORT_SYMBOL_IF_KUNIT(pce_device_rouse);

/**
 * pce_device_any() - is there a live device?
 *
 * Return: the answer.
 */
bool pce_device_any(void)
{
	return !list_empty_careful(&pce_live);
}
EXPORT_SYMBOL_IF_KUNIT(pce_device_any);
