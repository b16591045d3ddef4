// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: starting and stopping a device.
 *
 * Probe, resume, and the end of a reset start it; remove, suspend, and the
 * beginning of a reset stop it.  Between the two it serves requests.
 */
#include <linux/io.h>
#include <linux/iopoll.h>

#include "pce.h"
#include "pce_device.h"
#include "pce_key.h"

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

/* The specification wants one second at least */
#define PCE_RESET_TIMEOUT_US	(3 * USEC_PER_SEC)
#define PCE_RESET_POLL_US	100

/**
 * pce_read() - read a global register
 * @pce: device
 * @reg: PCE_REG_*
 *
 * Return: its value; all ones if the device is gone.
 */
u32 pce_read(struct pce_device *pce, unsigned int reg)
{
	KUNIT_STATIC_STUB_REDIRECT(pce_read, pce, reg);

	return readl(pce->regs + reg);
}
EXPORT_SYMBOL_IF_KUNIT(pce_read);

/**
 * pce_write() - write a global register
 * @pce: device
 * @reg: PCE_REG_*
 * @value: value
 */
void pce_write(struct pce_device *pce, unsigned int reg, u32 value)
{
	KUNIT_STATIC_STUB_REDIRECT(pce_write, pce, reg, value);

	writel(value, pce->regs + reg);
}
EXPORT_SYMBOL_IF_KUNIT(pce_write);

/* Afterwards all queues are DISABLED, keys are wiped, and memory is let alone */
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

/**
 * pce_device_start() - set up all queue pairs and let requests come
 * @pce: device that is not started; its mutex is held
 *
 * Return: 0 or a negative error number.
 */
int pce_device_start(struct pce_device *pce)
{
	unsigned int i;
	int err;

	lockdep_assert_held(&pce->mutex);

	/* First: it may still be at work for a kernel that was here before */
	err = pce_device_reset(pce);
	pci_set_master(pce->pdev);
	for (i = 0; !err && i < pce->nr_queues; i++)
		err = pce_queue_start(&pce->queues[i]);
	if (err) {
		while (i--)
			pce_queue_close(&pce->queues[i]);
		pci_clear_master(pce->pdev);
		return err;
	}

	bitmap_zero(pce->sick, PCE_LIMIT_QUEUES);
	pce_write(pce, PCE_REG_EVENT_VECTOR, pce->event_vector);
	pce_write(pce, PCE_REG_EVENT, PCE_EVENT_ALL);
	pce_write(pce, PCE_REG_EVENT_ENABLE,
		  PCE_EVENT_QUEUE_FAULT | PCE_EVENT_FATAL);

	WRITE_ONCE(pce->started, true);
	pce_device_publish(pce);
	return 0;
}

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
 * At rest and without keys.  Requests that are in flight are completed by the
 * device if it can, and else by software.
 */
static void pce_device_quiesce(struct pce_device *pce)
{
	unsigned int i;

	pce_device_retract(pce);
	pce_device_drain(pce);
	pce_device_reset(pce);
	/* Without it the function cannot access memory, whatever it does */
	pci_clear_master(pce->pdev);

	for (i = 0; i < pce->nr_queues; i++) {
		cancel_delayed_work_sync(&pce->queues[i].watchdog);
		pce->queues[i].watched = false;
		pce_queue_finish(&pce->queues[i]);
	}
	pce_device_unbind_keys(pce);
	WRITE_ONCE(pce->started, false);
}

/**
 * pce_device_stop() - take a device out of service
 * @pce: device; its mutex is held
 */
void pce_device_stop(struct pce_device *pce)
{
	lockdep_assert_held(&pce->mutex);

	if (pce->started)
		pce_device_quiesce(pce);
}

/**
 * pce_device_sleep() - let a device rest until a request comes
 * @pce: device in service; its mutex is held
 *
 * It stays a source of random numbers: who wants some wakes it.
 */
void pce_device_sleep(struct pce_device *pce)
{
	lockdep_assert_held(&pce->mutex);

	pce_device_quiesce(pce);
	pce_device_doze(pce);
}
