// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: what a transform has on the device.
 *
 * A session is bound to a device by its first request: the key record in the transform
 * is mapped for the device and stays mapped until the key changes, the transform is
 * freed, or the device stops.  Then the next request binds it to another device, if
 * there is one.  Binding may happen in a bottom half, so it is protected by the
 * registry's spinlock; a bound session is used without any lock, under RCU.
 */
#include <crypto/aes.h>
#include <linux/dma-mapping.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait_bit.h>

#include "pce_device.h"
#include "pce_registry.h"
#include "pce_regs.h"
#include "pce_session.h"

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

/* From how many bytes on a device pays against C code: see performance.rst */
#define PCE_MIN_LEN_GENERIC	64u

/* Unique over all keys, so that an address is not seen twice with the same */
static atomic_t pce_generation = ATOMIC_INIT(0);

/**
 * struct pce_leave - what is left to do for a session that left its device
 * @pce: the device, which is kept until it is done; NULL: nothing is left
 * @dma: where the record was mapped; 0: it was not
 * @invalidate: the device may have a copy of the key
 */
struct pce_leave {
	struct pce_device *pce;
	dma_addr_t dma;
	bool invalidate;
};

/* The generation is 0 as long as no key was set */
static bool pce_session_has_record(const struct pce_session *session)
{
	return session->context.generation != 0;
}

/* Take a session from its device.  What takes long is left for pce_session_leave(). */
static struct pce_leave pce_session_unbind(struct pce_session *session)
{
	struct pce_device *pce = session->owner;
	struct pce_leave leave = { .pce = pce };

	lockdep_assert_held(&pce_registry_lock);

	if (!pce)
		return leave;
	RCU_INIT_POINTER(session->device, NULL);
	if (pce_session_has_record(session)) {
		leave.dma = session->dma;
		leave.invalidate = pce->bindings.answers;
		session->dma = 0;
	}
	list_del(&session->node);
	session->owner = NULL;
	pce->entry.users--;
	atomic_inc(&pce->bindings.leaving);
	return leave;
}

/*
 * Have the device forget the context at @dma.  Somebody else's address must not get
 * between the registers.
 */
static void pce_session_invalidate(struct pce_device *pce, dma_addr_t dma)
{
	scoped_guard(spinlock_bh, &pce->bindings.lock) {
		pce_write(pce, PCE_REG_INVAL_LO, lower_32_bits(dma));
		pce_write(pce, PCE_REG_INVAL_HI, upper_32_bits(dma));
		pce_write(pce, PCE_REG_INVAL_CMD, PCE_INVAL_CONTEXT);
	}
	/* The writes are posted; the record's memory may be reused next */
	pce_read(pce, PCE_REG_STATUS);
}

/*
 * Have the device forget the key, and unmap the record.  Register accesses may take
 * long, so the registry is not locked.
 */
static void pce_session_leave(const struct pce_leave *leave)
{
	struct pce_device *pce = leave->pce;

	if (!pce)
		return;
	if (leave->invalidate)
		pce_session_invalidate(pce, leave->dma);
	if (leave->dma)
		dma_unmap_single(&pce->pdev->dev, leave->dma,
				 sizeof(struct pce_context), DMA_TO_DEVICE);
	if (atomic_dec_and_test(&pce->bindings.leaving))
		wake_up_var(&pce->bindings.leaving);	/* only uses the address */
}

/* What a device must offer for this key */
static struct pce_want pce_session_want(const struct pce_session *session)
{
	const struct pce_context *ctx = &session->context;
	struct pce_want want = {
		.alg = ctx->alg,
		.auth_alg = ctx->auth_alg,
		.info = PCE_ALG_INFO_PRESENT,
	};
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
	if (length)	/* there is a key, and not only that of an HMAC */
		want.info |= PCE_ALG_INFO_KEY_128 << (length - 16) / 8;
	return want;
}

static int pce_session_map(struct pce_session *session, struct pce_device *pce)
{
	struct device *dev = &pce->pdev->dev;

	session->dma = dma_map_single(dev, &session->context,
				      sizeof(session->context), DMA_TO_DEVICE);
	return dma_mapping_error(dev, session->dma) ? -ENOMEM : 0;
}

/* Find a device for a session that had none a moment ago */
static struct pce_device *pce_session_search(struct pce_session *session)
{
	struct pce_want want = pce_session_want(session);
	struct pce_device *pce;

	pce = rcu_dereference_protected(session->device,
					lockdep_is_held(&pce_registry_lock));
	if (pce)
		return pce;

	pce = pce_registry_find(&want);
	if (!pce) {
		session->reason = pce_registry_has_running() ?
				  PCE_FALLBACK_UNSUPPORTED :
				  PCE_FALLBACK_NO_DEVICE;
		/* One that sleeps is for the requests after this one */
		if (pce_registry_wake(&want))
			WRITE_ONCE(session->epoch, pce_registry_epoch());
		return NULL;
	}

	if (pce_session_has_record(session) && pce_session_map(session, pce)) {
		session->reason = PCE_FALLBACK_MEMORY;
		return NULL;
	}
	session->owner = pce;
	list_add_tail(&session->node, &pce->bindings.list);
	pce->entry.users++;
	rcu_assign_pointer(session->device, pce);
	return pce;
}

/**
 * pce_session_bind() - find a device for a session
 * @session: as pce_session_device(), and has no device
 *
 * Context: bottom halves off.
 * Return: device, or NULL: @session->reason says why there is none.
 */
struct pce_device *pce_session_bind(struct pce_session *session)
{
	struct pce_device *pce;

	KUNIT_STATIC_STUB_REDIRECT(pce_session_bind, session);

	/* Nothing has changed since the last search */
	if (READ_ONCE(session->epoch) == pce_registry_epoch())
		return NULL;

	spin_lock(&pce_registry_lock);
	pce = pce_session_search(session);
	spin_unlock(&pce_registry_lock);
	return pce;
}
EXPORT_SYMBOL_IF_KUNIT(pce_session_bind);

/**
 * pce_session_init() - make the session of a new transform
 * @session: zeroed
 * @alg: its algorithm
 * @auth_alg: HMAC of the algorithms AUTHENC, or PCE_ALG_NONE
 *
 * Context: process context; sleeps.
 * Return: 0 or -ENOMEM.
 */
int pce_session_init(struct pce_session *session, enum pce_alg alg,
		     enum pce_alg auth_alg)
{
	unsigned int cpu;

	session->flows = kvcalloc(nr_cpu_ids, sizeof(*session->flows),
				  GFP_KERNEL);
	if (!session->flows)
		return -ENOMEM;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		pce_flow_init(&session->flows[cpu]);
	session->context.alg = alg;
	session->context.auth_alg = auth_alg;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(pce_session_init);

/*
 * From how many bytes on a device pays against software that uses the CPU's
 * instructions: measured, with one request and with many in flight.
 */
static u32 pce_session_pays_from(enum pce_alg alg)
{
	switch (alg) {
	case PCE_ALG_AES_ECB:
	case PCE_ALG_AES_CBC:
	case PCE_ALG_AES_CTR:
	case PCE_ALG_AES_XTS:
	case PCE_ALG_AES_LRW:
	case PCE_ALG_AES_ESSIV:
	case PCE_ALG_AES_CBC_CTS:
		return 512;
	case PCE_ALG_CHACHA20:
	case PCE_ALG_XCHACHA20:
	case PCE_ALG_XCHACHA12:
		return 256;
	case PCE_ALG_CHACHA20_POLY1305:
	case PCE_ALG_AUTHENC_AES_CBC:
	case PCE_ALG_AUTHENC_AES_CTR:
	case PCE_ALG_AUTHENC_AES_ESSIV:
	case PCE_ALG_HMAC_SHA1 ... PCE_ALG_HMAC_SM3:
		return 0;	/* the software is a template of two algorithms */
	default:
		return PCE_MIN_LEN_GENERIC;
	}
}

/**
 * pce_session_set_software() - say which software serves short requests
 * @session: session of a transform that has no request yet
 * @driver: name of the software's driver
 *
 * Code in plain C, which has "-generic" in its name, is faster than a device only for
 * very short requests.
 */
void pce_session_set_software(struct pce_session *session, const char *driver)
{
	session->min_len = pce_session_pays_from(session->context.alg);
	if (strstr(driver, "-generic"))
		session->min_len = min(session->min_len, PCE_MIN_LEN_GENERIC);
}
EXPORT_SYMBOL_IF_KUNIT(pce_session_set_software);

/**
 * pce_session_set_key() - change the key
 * @session: session without outstanding requests
 * @bytes: of a length that the algorithm has
 * @length: number of bytes
 * @auth_bytes: key of the HMAC, not longer than the block of its hash
 * @auth_length: number of bytes; 0 without an HMAC
 *
 * No device is asked: the next request binds the new record.
 *
 * Context: any but hard interrupts.
 */
void pce_session_set_key(struct pce_session *session, const u8 *bytes,
			 unsigned int length, const u8 *auth_bytes,
			 unsigned int auth_length)
{
	struct pce_context *ctx = &session->context;
	struct pce_leave leave;
	u32 generation;

	scoped_guard(spinlock_bh, &pce_registry_lock)
		leave = pce_session_unbind(session);
	pce_session_leave(&leave);

	do {	/* 0 is no generation when the counter wraps around */
		generation = atomic_inc_return(&pce_generation);
	} while (!generation);

	spin_lock_bh(&pce_registry_lock);
	session->epoch = 0;
	ctx->generation = cpu_to_le32(generation);
	ctx->key_length = length;
	memzero_explicit(ctx->key, sizeof(ctx->key));
	memcpy(ctx->key, bytes, length);
	ctx->auth_key_length = auth_length;
	memzero_explicit(ctx->auth_key, sizeof(ctx->auth_key));
	memcpy(ctx->auth_key, auth_bytes, auth_length);
	spin_unlock_bh(&pce_registry_lock);
}
EXPORT_SYMBOL_IF_KUNIT(pce_session_set_key);

/**
 * pce_session_exit() - wipe the key, here and in the device
 * @session: session without outstanding requests
 *
 * Context: any but hard interrupts.
 */
void pce_session_exit(struct pce_session *session)
{
	struct pce_leave leave;

	scoped_guard(spinlock_bh, &pce_registry_lock)
		leave = pce_session_unbind(session);
	pce_session_leave(&leave);
	memzero_explicit(&session->context, sizeof(session->context));
	kvfree(session->flows);
}
EXPORT_SYMBOL_IF_KUNIT(pce_session_exit);

/**
 * pce_bindings_init() - no session is bound to a device
 * @pce: new device
 */
void pce_bindings_init(struct pce_device *pce)
{
	INIT_LIST_HEAD(&pce->entry.node);
	INIT_LIST_HEAD(&pce->bindings.list);
	atomic_set(&pce->bindings.leaving, 0);
	spin_lock_init(&pce->bindings.lock);
}
EXPORT_SYMBOL_IF_KUNIT(pce_bindings_init);

/**
 * pce_bindings_open() - registers may be accessed when a session leaves
 * @pce: device that was reset
 *
 * Context: process context.
 */
void pce_bindings_open(struct pce_device *pce)
{
	scoped_guard(spinlock_bh, &pce_registry_lock)
		pce->bindings.answers = true;
}
EXPORT_SYMBOL_IF_KUNIT(pce_bindings_open);

/* Return: the next session that is bound to the device has left it */
static bool pce_bindings_release_one(struct pce_device *pce)
{
	struct pce_leave leave = {};
	struct pce_session *session;

	spin_lock_bh(&pce_registry_lock);
	/* The reset of the device has wiped all keys, or it is out of reach */
	pce->bindings.answers = false;
	session = list_first_entry_or_null(&pce->bindings.list,
					   struct pce_session, node);
	if (session)
		leave = pce_session_unbind(session);
	spin_unlock_bh(&pce_registry_lock);

	pce_session_leave(&leave);
	return session;
}

/**
 * pce_bindings_release() - unbind all sessions from a device
 * @pce: device that is in no list of the registry and that works on nothing any more
 *
 * When it returns, nobody uses the device on behalf of a session.
 *
 * Context: process context; sleeps.
 */
void pce_bindings_release(struct pce_device *pce)
{
	while (pce_bindings_release_one(pce))
		cond_resched();
	wait_var_event(&pce->bindings.leaving,
		       !atomic_read(&pce->bindings.leaving));
	scoped_guard(spinlock_bh, &pce_registry_lock)
		pce_registry_changed();
	/* Somebody who was about to submit may still have the device in hand */
	synchronize_rcu();
}
EXPORT_SYMBOL_IF_KUNIT(pce_bindings_release);
