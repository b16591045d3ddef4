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
 * is looked up when the autosuspend delay is over.
 */
#include <linux/pm_runtime.h>

#include "pce_device.h"

/* Where the module parameter leaves it to user space */
#define PCE_AUTOSUSPEND_MS	2000

/**
 * pce_stop() - take a device out of service
 * @pce: device
 *
 * A device that is asleep is at rest, and stays asleep.
 *
 * Context: process context; sleeps.
 */
void pce_stop(struct pce_device *pce)
{
	bool asleep;

	scoped_guard(mutex, &pce->mutex) {
		asleep = pce->state == PCE_ASLEEP;
		if (!asleep)
			pce_device_stop(pce);
	}
	if (!asleep)
		pce_rng_stop(pce);
}

static int pce_start_locked(struct pce_device *pce)
{
	lockdep_assert_held(&pce->mutex);

	switch (pce->state) {
	case PCE_STOPPED:
		return pce_device_start(pce);
	case PCE_RETIRED:
		return -EIO;
	default:
		/*
		 * Somebody else has started it, as a reset through sysfs between two
		 * steps of the PCI core's error recovery; or it is asleep.
		 */
		return 0;
	}
}

/**
 * pce_start() - put a device into service
 * @pce: device; nothing happens if it runs or is asleep
 *
 * Context: process context; sleeps.
 * Return: 0 or a negative error number; then it is out of service.
 */
int pce_start(struct pce_device *pce)
{
	int err;

	scoped_guard(mutex, &pce->mutex)
		err = pce_start_locked(pce);
	if (!err)
		pce_rng_start(pce);
	return err;
}

/**
 * pce_start_after_reset() - put a device into service that somebody else has reset
 * @pce: device; if it was out of service, that is forgiven
 *
 * Context: process context; sleeps.
 * Return: as pce_start().
 */
int pce_start_after_reset(struct pce_device *pce)
{
	scoped_guard(mutex, &pce->mutex)
		if (pce->state == PCE_STOPPED || pce->state == PCE_RETIRED)
			pce_device_forgive(pce);
	return pce_start(pce);
}

/*
 * The PCI core takes a configuration that was saved during the callback for a sign that
 * the driver has put the device into D3hot itself, and leaves it awake.  The recovery may
 * have saved it, if it was starting the device just then.
 */
static void pce_power_left_to_core(struct device *dev)
{
	to_pci_dev(dev)->state_saved = false;
}

static int pce_suspend(struct device *dev)
{
	pce_stop(dev_get_drvdata(dev));
	pce_power_left_to_core(dev);
	return 0;
}

/*
 * Always 0: a device that does not start is out of service, and an error here would
 * make the PM core refuse to resume it ever again.
 */
static int pce_resume(struct device *dev)
{
	if (pce_start(dev_get_drvdata(dev)))
		dev_err(dev, "out of service after resume\n");
	return 0;
}

/* Return: true if nothing has happened since the last call */
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
	if (requests != pce->power.seen_requests)
		idle = false;
	pce->power.seen_requests = requests;
	return idle;
}

/* Requests that come while it goes to sleep are served by software */
static int pce_runtime_suspend(struct device *dev)
{
	struct pce_device *pce = dev_get_drvdata(dev);

	guard(mutex)(&pce->mutex);

	/* Stopped or out of service it has nothing to do, and nobody may wake it */
	if (pce->state != PCE_RUNNING) {
		pce_power_left_to_core(dev);
		return 0;
	}
	if (!pce_power_idle(pce) || READ_ONCE(pce->failure)) {
		pm_runtime_mark_last_busy(dev);
		return -EBUSY;
	}
	pce_device_sleep(pce);
	pce_power_left_to_core(dev);
	pce->power.sleeps++;
	return 0;
}

/* Always 0, for the same reason as in pce_resume() */
static int pce_runtime_resume(struct device *dev)
{
	struct pce_device *pce = dev_get_drvdata(dev);
	int err = 0;

	scoped_guard(mutex, &pce->mutex)
		if (pce->state == PCE_ASLEEP)
			err = pce_device_start(pce);
	if (err) {
		dev_err(dev, "out of service: it does not wake up\n");
		pce_rng_stop(pce);
	}
	return 0;
}

const struct dev_pm_ops pce_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(pce_suspend, pce_resume)
	RUNTIME_PM_OPS(pce_runtime_suspend, pce_runtime_resume, NULL)
};

/**
 * pce_power_start() - let an idle device sleep
 * @pce: device in service; the PCI core holds a reference for the probe
 * @autosuspend_ms: time without requests after which it does; 0: user space decides
 *
 * Context: process context.
 */
void pce_power_start(struct pce_device *pce, unsigned int autosuspend_ms)
{
	struct device *dev = &pce->pdev->dev;

	/*
	 * A device that is asleep is woken before the system suspends: during the
	 * suspend nobody could wake it, and requests would wait for that.
	 */
	dev_pm_set_driver_flags(dev, DPM_FLAG_NO_DIRECT_COMPLETE);
	pm_runtime_set_autosuspend_delay(dev, min_t(unsigned int, INT_MAX,
						    autosuspend_ms ?:
						    PCE_AUTOSUSPEND_MS));
	pm_runtime_use_autosuspend(dev);
	pm_runtime_mark_last_busy(dev);
	pce->power.autosuspend = autosuspend_ms;
	if (autosuspend_ms)
		pm_runtime_allow(dev);
	pm_runtime_put_noidle(dev);
}

/**
 * pce_power_stop() - do not let a device sleep any more
 * @pce: device that is being removed; the PCI core has woken it, if it could be
 *
 * Context: process context.
 */
void pce_power_stop(struct pce_device *pce)
{
	struct device *dev = &pce->pdev->dev;

	pm_runtime_get_noresume(dev);
	pm_runtime_dont_use_autosuspend(dev);
	if (pce->power.autosuspend)
		pm_runtime_forbid(dev);

	guard(mutex)(&pce->mutex);
	if (pce->state == PCE_ASLEEP)
		pce_device_stop(pce);
}
