// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: starting and stopping a device.
 *
 * Probe, resume, and the end of a reset start it; remove, suspend, and the beginning
 * of a reset stop it.  Between the two it serves requests.  All of it happens under
 * the device's mutex.
 */
#include <linux/iopoll.h>

#include "pce.h"
#include "pce_device.h"
#include "pce_regs.h"

#include <kunit/visibility.h>

/* The specification wants one second at least */
#define PCE_RESET_TIMEOUT_US	(3 * USEC_PER_SEC)
#define PCE_RESET_POLL_US	100

/* Afterwards all queues are DISABLED, keys are wiped, and memory is not accessed */
static int pce_device_reset(struct pce_device *pce)
{
	u32 status;
	int err;

	/* Removed: what its registers read as depends on what is there now */
	if (pci_channel_offline(pce->pdev))
		return -ENODEV;

	pce_write(pce, PCE_REG_EVENT_ENABLE, 0);
	pce_write(pce, PCE_REG_CTRL, PCE_CTRL_RESET);
	err = read_poll_timeout(pce_read, status,
				status == U32_MAX || status & PCE_DEV_READY,
				PCE_RESET_POLL_US, PCE_RESET_TIMEOUT_US, false,
				pce, PCE_REG_STATUS);
	if (status == U32_MAX) {
		dev_err(&pce->pdev->dev, "does not answer\n");
		return -ENODEV;
	}
	if (err)
		dev_err(&pce->pdev->dev, "does not come out of reset\n");
	return err;
}

static int pce_device_start_queues(struct pce_device *pce)
{
	unsigned int i;
	int err;

	for (i = 0; i < pce->nr_queues; i++) {
		err = pce_queue_start(&pce->queues[i]);
		if (err)
			return err;
	}
	return 0;
}

/* Close all queue pairs and end their jobs.  The device is reset, or out of reach. */
static void pce_device_finish_queues(struct pce_device *pce)
{
	unsigned int i;

	for (i = 0; i < pce->nr_queues; i++)
		pce_queue_close(&pce->queues[i]);
	for (i = 0; i < pce->nr_queues; i++)
		pce_queue_finish(&pce->queues[i]);
}

static int pce_device_set_up(struct pce_device *pce)
{
	int err;

	/*
	 * It may still work for a kernel that was here before, as after a crash: it
	 * must not access memory before the reset has put an end to that.
	 */
	err = pce_device_reset(pce);
	if (err)
		return err;
	pci_set_master(pce->pdev);
	err = pce_device_start_queues(pce);
	if (err) {
		pce_device_reset(pce);
		pci_clear_master(pce->pdev);
		pce_device_finish_queues(pce);
		return err;
	}

	bitmap_zero(pce->recovery.pending, PCE_LIMIT_QUEUES);
	pce_write(pce, PCE_REG_EVENT_VECTOR, pce->irq.event_vector);
	pce_write(pce, PCE_REG_EVENT, PCE_EVENT_ALL);
	pce_write(pce, PCE_REG_EVENT_ENABLE,
		  PCE_EVENT_QUEUE_FAULT | PCE_EVENT_FATAL);
	pce_bindings_open(pce);
	/*
	 * A reset of the link takes the configuration away.  Before 6.12.58 a restore
	 * marks the saved state as used up, so that it is saved at each start.
	 */
	pci_save_state(pce->pdev);
	return 0;
}

/* Start a device that is PCE_STARTING */
static int pce_device_begin(struct pce_device *pce)
{
	int err;

	err = pce_device_set_up(pce);
	if (err) {
		WRITE_ONCE(pce->failure, "does not start");
		pce_state_change(pce, PCE_RETIRED);
		return err;
	}
	pce_state_change(pce, PCE_RUNNING);
	pce_registry_add(pce);
	return 0;
}

/**
 * pce_device_start() - set up all queue pairs and let requests come
 * @pce: device that is PCE_STOPPED or PCE_ASLEEP; its mutex is held
 *
 * A device with a failure that nobody has forgiven is retired instead.
 *
 * Context: process context; sleeps.
 * Return: 0 or a negative error number; then the device is PCE_RETIRED.
 */
int pce_device_start(struct pce_device *pce)
{
	lockdep_assert_held(&pce->mutex);

	if (pce->state == PCE_ASLEEP)
		pce_registry_remove(pce);
	pce->recovery.fruitless = 0;
	if (pce->failure) {
		if (pce->state == PCE_ASLEEP)
			pce_state_change(pce, PCE_STOPPED);
		pce_state_change(pce, PCE_RETIRED);
		return -EIO;
	}
	pce_state_change(pce, PCE_STARTING);
	return pce_device_begin(pce);
}
EXPORT_SYMBOL_IF_KUNIT(pce_device_start);

/* Let the device complete what it has; it is reset afterwards anyway */
static void pce_device_drain(struct pce_device *pce)
{
	unsigned int i;

	for (i = 0; i < pce->nr_queues; i++)
		pce_queue_close(&pce->queues[i]);
	if (pci_channel_offline(pce->pdev))
		return;
	for (i = 0; i < pce->nr_queues; i++)
		pce_queue_command(&pce->queues[i], PCE_QCMD_DRAIN);
	for (i = 0; i < pce->nr_queues; i++)
		if (pce_queue_rest(&pce->queues[i], pce_timeout()))
			return;
}

/*
 * From PCE_RUNNING to PCE_STOPPING: at rest and without keys.  Requests in flight are
 * completed by the device if it can, and else by software.
 */
static void pce_device_quiesce(struct pce_device *pce)
{
	pce_state_change(pce, PCE_STOPPING);
	pce_registry_remove(pce);
	pce_device_drain(pce);
	pce_device_reset(pce);
	/* Without it the function cannot access memory, whatever it does */
	pci_clear_master(pce->pdev);
	pce_device_finish_queues(pce);
	pce_bindings_release(pce);
}

/**
 * pce_device_stop() - let no more requests come, and end those that are there
 * @pce: device; its mutex is held
 *
 * A device that is asleep is stopped too; one that is retired stays so, and one that
 * failed while it was being stopped becomes so.
 *
 * Context: process context; sleeps.
 */
void pce_device_stop(struct pce_device *pce)
{
	lockdep_assert_held(&pce->mutex);

	if (pce->state == PCE_ASLEEP) {
		pce_registry_remove(pce);
		pce_state_change(pce, PCE_STOPPED);
	}
	if (pce->state != PCE_RUNNING)
		return;
	pce_device_quiesce(pce);
	pce_state_change(pce, READ_ONCE(pce->failure) ? PCE_RETIRED :
							PCE_STOPPED);
}
EXPORT_SYMBOL_IF_KUNIT(pce_device_stop);

/**
 * pce_device_sleep() - let a device rest until a request comes
 * @pce: device that is PCE_RUNNING; its mutex is held
 *
 * It stays a source of random numbers: who wants some wakes it.
 *
 * Context: process context; sleeps.
 */
void pce_device_sleep(struct pce_device *pce)
{
	lockdep_assert_held(&pce->mutex);

	pce_device_quiesce(pce);
	pce_state_change(pce, PCE_ASLEEP);
	pce_registry_add_sleeping(pce);
}
EXPORT_SYMBOL_IF_KUNIT(pce_device_sleep);

/**
 * pce_device_retire() - take a device out of service until it is reset by the user
 * @pce: device with a failure; its mutex is held
 *
 * Context: process context; sleeps.
 */
void pce_device_retire(struct pce_device *pce)
{
	pce_device_stop(pce);
	if (pce->state == PCE_STOPPED)
		pce_state_change(pce, PCE_RETIRED);
}
EXPORT_SYMBOL_IF_KUNIT(pce_device_retire);

/**
 * pce_device_restart() - reset a device that is in trouble
 * @pce: device that is PCE_RUNNING; its mutex is held
 *
 * Context: process context; sleeps.
 * Return: 0 or a negative error number; then the device is PCE_RETIRED.
 */
int pce_device_restart(struct pce_device *pce)
{
	lockdep_assert_held(&pce->mutex);

	pce_device_quiesce(pce);
	if (READ_ONCE(pce->failure)) {
		pce_state_change(pce, PCE_RETIRED);
		return -EIO;
	}
	pce_state_change(pce, PCE_STARTING);
	return pce_device_begin(pce);
}
EXPORT_SYMBOL_IF_KUNIT(pce_device_restart);

/**
 * pce_device_forgive() - give a retired device another chance
 * @pce: device that was reset by the user or the PCI core; its mutex is held
 */
void pce_device_forgive(struct pce_device *pce)
{
	lockdep_assert_held(&pce->mutex);

	WRITE_ONCE(pce->failure, NULL);
	if (pce->state == PCE_RETIRED)
		pce_state_change(pce, PCE_STOPPED);
}
EXPORT_SYMBOL_IF_KUNIT(pce_device_forgive);
