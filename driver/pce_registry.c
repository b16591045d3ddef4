// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: the devices that can serve requests.
 *
 * A device is in the list of those that run, in the list of those that sleep because
 * they are idle, or in none.  The epoch changes whenever a search could have another
 * result, so that a search without one is not repeated for each request.
 */
#include <linux/pm_runtime.h>
#include <linux/spinlock.h>

#include "pce_device.h"
#include "pce_registry.h"

#include <kunit/visibility.h>

DEFINE_SPINLOCK(pce_registry_lock);

static LIST_HEAD(pce_running);
static LIST_HEAD(pce_sleeping);
static u32 pce_epoch = 1;

/**
 * pce_registry_changed() - let those search again who found no device
 *
 * Context: under pce_registry_lock.
 */
void pce_registry_changed(void)
{
	lockdep_assert_held(&pce_registry_lock);
	WRITE_ONCE(pce_epoch, pce_epoch + 1);
}

/**
 * pce_registry_epoch() - tell one state of the registry from another
 *
 * Context: any.
 * Return: a number that changes with the lists.
 */
u32 pce_registry_epoch(void)
{
	return READ_ONCE(pce_epoch);
}

static void pce_registry_add_to(struct pce_device *pce, struct list_head *list)
{
	spin_lock_bh(&pce_registry_lock);
	list_add_tail(&pce->entry.node, list);
	pce_registry_changed();
	spin_unlock_bh(&pce_registry_lock);
}

/**
 * pce_registry_add() - let requests go to a device
 * @pce: device with running queue pairs, which is in no list
 *
 * Context: process context.
 */
void pce_registry_add(struct pce_device *pce)
{
	pce_registry_add_to(pce, &pce_running);
}
EXPORT_SYMBOL_IF_KUNIT(pce_registry_add);

/**
 * pce_registry_add_sleeping() - let requests wake a device
 * @pce: device that sleeps because it is idle, which is in no list
 *
 * Context: process context.
 */
void pce_registry_add_sleeping(struct pce_device *pce)
{
	pce_registry_add_to(pce, &pce_sleeping);
}
EXPORT_SYMBOL_IF_KUNIT(pce_registry_add_sleeping);

/**
 * pce_registry_remove() - let nobody be bound to a device any more, or wake it
 * @pce: device; nothing happens if it is in no list
 *
 * Context: process context.
 */
void pce_registry_remove(struct pce_device *pce)
{
	spin_lock_bh(&pce_registry_lock);
	list_del_init(&pce->entry.node);
	pce_registry_changed();
	spin_unlock_bh(&pce_registry_lock);
}
EXPORT_SYMBOL_IF_KUNIT(pce_registry_remove);

/**
 * pce_algs_offered() - check for algorithms
 * @alg_info: what a device offers of each algorithm
 * @alg: algorithm
 * @auth_alg: second algorithm, or PCE_ALG_NONE
 *
 * Return: true if the device has both.
 */
bool pce_algs_offered(const u32 *alg_info, enum pce_alg alg,
		      enum pce_alg auth_alg)
{
	return alg_info[alg] & PCE_ALG_INFO_PRESENT &&
	       (!auth_alg || alg_info[auth_alg] & PCE_ALG_INFO_PRESENT);
}
EXPORT_SYMBOL_IF_KUNIT(pce_algs_offered);

static bool pce_registry_offers(const struct pce_device *pce,
				const struct pce_want *want)
{
	const u32 *alg_info = pce->caps.alg_info;

	return pce_algs_offered(alg_info, want->alg, want->auth_alg) &&
	       (alg_info[want->alg] & want->info) == want->info;
}

/**
 * pce_registry_find() - choose a device
 * @want: what it must offer
 *
 * Context: under pce_registry_lock.
 * Return: the device with the fewest users among those that run and offer it; NULL if
 * there is none.
 */
struct pce_device *pce_registry_find(const struct pce_want *want)
{
	struct pce_device *pce, *best = NULL;

	lockdep_assert_held(&pce_registry_lock);
	list_for_each_entry(pce, &pce_running, entry.node) {
		if (!pce_registry_offers(pce, want))
			continue;
		if (!best || pce->entry.users < best->entry.users)
			best = pce;
	}
	return best;
}

/**
 * pce_registry_wake() - have a sleeping device woken for later requests
 * @want: what it must offer
 *
 * Context: under pce_registry_lock; does not wait.
 * Return: false if there are such devices and none of them wakes up now: ask again.
 */
bool pce_registry_wake(const struct pce_want *want)
{
	struct pce_device *pce;
	bool refused = false;

	lockdep_assert_held(&pce_registry_lock);
	list_for_each_entry(pce, &pce_sleeping, entry.node) {
		if (!pce_registry_offers(pce, want))
			continue;
		if (pce_state_wake(pce) >= 0)
			return true;
		refused = true;
	}
	return !refused;
}

/**
 * pce_registry_has_running() - check whether any device runs
 *
 * Context: any.
 * Return: true if there is one; it may stop at any time.
 */
bool pce_registry_has_running(void)
{
	return !list_empty_careful(&pce_running);
}
EXPORT_SYMBOL_IF_KUNIT(pce_registry_has_running);
