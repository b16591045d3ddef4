/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: what a transform has on the device.
 */
#ifndef PCE_SESSION_H
#define PCE_SESSION_H

#include <crypto/algapi.h>
#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "pce.h"
#include "pce_flow.h"

struct pce_device;

/* Nothing that the CPU writes may share a cacheline with the record */
#define PCE_SESSION_ALIGN	MAX(CRYPTO_DMA_ALIGN, PCE_CONTEXT_ALIGN)

/**
 * struct pce_bindings - the sessions that are bound to a device
 * @list: these sessions
 * @answers: registers may be accessed
 * @leaving: sessions that are off @list, but still use the device
 * @lock: held while the device is told to forget a context, which takes several registers
 */
struct pce_bindings {
	struct list_head list;
	bool answers;
	atomic_t leaving;
	spinlock_t lock;	/* with bottom halves off */
};

/**
 * struct pce_session - the key record of a transform, and its binding to a device
 * @context: the record that the device reads; of a transform without a key only the
 *	algorithm, by which a device is found
 * @device: send requests to this one; NULL: pce_session_bind() first
 * @dma: the device's address of @context
 * @owner: device that @context is mapped for
 * @node: in the owner's list of sessions
 * @epoch: of the last search that found no device
 * @reason: why it found none
 * @min_len: requests with fewer bytes are for software, if the user does not say otherwise
 * @flows: outstanding requests, by CPU
 */
struct pce_session {
	struct pce_context context __aligned(PCE_SESSION_ALIGN);
	struct pce_device __rcu *device __aligned(PCE_SESSION_ALIGN);
	dma_addr_t dma;
	struct pce_flow *flows;

	struct pce_device *owner;
	struct list_head node;
	u32 epoch;
	enum pce_counter reason;
	u32 min_len;
};

int pce_session_init(struct pce_session *session, enum pce_alg alg,
		     enum pce_alg auth_alg);
void pce_session_set_software(struct pce_session *session, const char *driver);
void pce_session_set_key(struct pce_session *session, const u8 *bytes,
			 unsigned int length, const u8 *auth_bytes,
			 unsigned int auth_length);
void pce_session_exit(struct pce_session *session);
struct pce_device *pce_session_bind(struct pce_session *session);

void pce_bindings_init(struct pce_device *pce);
void pce_bindings_open(struct pce_device *pce);
void pce_bindings_release(struct pce_device *pce);

/**
 * pce_session_device() - the device that serves requests of a session
 * @session: session whose key was set, if its algorithm has one
 *
 * Context: bottom halves off; the device stays until they are on again.
 * Return: device, or NULL: @session->reason says why there is none.
 */
static inline struct pce_device *pce_session_device(struct pce_session *session)
{
	struct pce_device *pce = rcu_dereference_bh(session->device);

	return likely(pce) ? pce : pce_session_bind(session);
}

/**
 * pce_session_min_len() - which requests are too short for a device
 * @session: session of the requests
 *
 * Return: bytes; shorter ones are for software.
 */
static inline u32 pce_session_min_len(const struct pce_session *session)
{
	int min_len = READ_ONCE(pce_min_len);

	return min_len < 0 ? session->min_len : min_len;
}

#endif /* PCE_SESSION_H */
