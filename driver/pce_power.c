// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: power management.
 *
 * In D3hot the device forgets everything, so that to suspend is to stop it and to
 * resume is to start it: for the system's sleep, for hibernation, and for its own
 * when it is idle.
 *
 * A device that sleeps because it is idle has no keys, as one that is stopped; a
 * request that finds no other one is served by software, and wakes it for the
 * next ones.  Nothing is counted on the way of a request: whether there were any
 * is looked up when the time of the autosuspend is over.
 */
#include <linux/pm_runtime.h>

#include "pce_device.h"
#include "pce_key.h"
#include "pce_rng.h"

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

/* Where the module parameter leaves it to user space */
#define PCE_AUTOSUSPEND_MS	2000

/**
 * pce_stop() - take a device out of service
 * @pce: device
 *
 * One that sleeps is at rest, and goes on sleeping.
 */
void pce_stop(struct pce_device *pce)
{
	bool asleep;

	scoped_guard(mutex, &pce->mutex) {
		asleep = pce->asleep;
		if (!asleep)
			pce_device_stop(pce);
	}
	if (!asleep)
		pce_rng_stop(pce);
}

/**
 * pce_start() - put a device into service
 * @pce: device
 *
 * Return: 0 or a negative error number.
 */
int pce_start(struct pce_device *pce)
{
	int err = 0;

	scoped_guard(mutex, &pce->mutex)
		if (!pce->asleep)
			err = pce_recover_start(pce);
	if (!err)
		pce_rng_start(pce);
	return err;
}

static int pce_suspend(struct device *dev)
{
	pce_stop(dev_get_drvdata(dev));
	return 0;
}

static int pce_resume(struct device *dev)
{
	return pce_start(dev_get_drvdata(dev));
}

/* Has nothing happened since the last look? */
static bool pce_power_idle(struct pce_device *pce)
{
	u64 requests = 0;
	bool idle = true;
	unsigned int i;

	for (i = 0; i < pce->nr_queues; i++) {
		struct pce_queue *q = &pce->queues[i];

		guard(spinlock_bh)(&q->lock);
		requests += q->stats.requests;
		if (pce_queue_in_flight(q))
			idle = false;
	}
	if (requests != pce->seen_requests)
		idle = false;
	pce->seen_requests = requests;
	return idle;
}

/* What comes while it goes to sleep is served; by software once that has begun */
static int pce_runtime_suspend(struct device *dev)
{
	struct pce_device *pce = dev_get_drvdata(dev);

	guard(mutex)(&pce->mutex);

	/* Out of service it has nothing to do, and nobody may wake it */
	if (!pce->started)
		return 0;
	if (!pce_power_idle(pce) || READ_ONCE(pce->give_up)) {
		pm_runtime_mark_last_busy(dev);
		return -EBUSY;
	}
	WRITE_ONCE(pce->asleep, true);
	pce_device_sleep(pce);
	pce->sleeps++;
	return 0;
}

static void pce_power_awake(struct pce_device *pce)
{
	WRITE_ONCE(pce->asleep, false);
	wake_up_all(&pce->awake);
}

/* If it fails it is out of service, which is none of the PM core's errors */
static int pce_runtime_resume(struct device *dev)
{
	struct pce_device *pce = dev_get_drvdata(dev);

	guard(mutex)(&pce->mutex);
	if (!pce->asleep)
		return 0;
	pce_device_rouse(pce);
	if (pce_recover_start(pce))
		dev_err(dev, "does not wake up\n");
	pce_power_awake(pce);
	return 0;
}

const struct dev_pm_ops pce_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(pce_suspend, pce_resume)
	RUNTIME_PM_OPS(pce_runtime_suspend, pce_runtime_resume, NULL)
};

/**
 * pce_power_wake() - have a device woken up, if it sleeps
 * @pce: device
 *
 * Context: any; does not wait.
 */
void pce_power_wake(struct pce_device *pce)
{
	KUNIT_STATIC_STUB_REDIRECT(pce_power_wake, pce);

	if (READ_ONCE(pce->asleep))
		pm_request_resume(&pce->pdev->dev);
}
EXPORT_SYMBOL_IF_KUNIT(pce_power_wake);

/**
 * pce_power_wait() - wait until a device that was asked to wake up is awake
 * @pce: device
 *
 * Return: 0, or -ERESTARTSYS if the caller is being killed.
 */
int pce_power_wait(struct pce_device *pce)
{
	return wait_event_killable(pce->awake, !READ_ONCE(pce->asleep));
}

/**
 * pce_power_start() - let an idle device sleep
 * @pce: device in service; the PCI core holds a reference for the probe
 * @autosuspend_ms: time without requests after which it does; 0: user space decides
 */
void pce_power_start(struct pce_device *pce, unsigned int autosuspend_ms)
{
	struct device *dev = &pce->pdev->dev;

	pm_runtime_set_autosuspend_delay(dev, min_t(unsigned int, INT_MAX,
						    autosuspend_ms ?:
						    PCE_AUTOSUSPEND_MS));
	pm_runtime_use_autosuspend(dev);
	pm_runtime_mark_last_busy(dev);
	if (autosuspend_ms)
		pm_runtime_allow(dev);
	pm_runtime_put_noidle(dev);
}

/**
 * pce_power_stop() - let a device sleep no more
 * @pce: device that is being removed
 *
 * The PCI core has woken it, if it could be.
 */
void pce_power_stop(struct pce_device *pce)
{
	struct device *dev = &pce->pdev->dev;

	pm_runtime_get_noresume(dev);
	pm_runtime_dont_use_autosuspend(dev);

	guard(mutex)(&pce->mutex);
	if (pce->asleep) {
		pce_device_rouse(pce);
		pce_power_awake(pce);
	}
}
