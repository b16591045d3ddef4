// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: what to do when the device does not do its work.
 *
 * A watchdog for each queue pair looks for jobs that do not come back and for
 * interrupts that were lost.  What it finds sick, and what the device reports
 * by an event, is reset by the service work: the queue pair alone, and if that
 * does not help, the device.  A device that does no work after several resets,
 * or whose results are wrong, is taken out of service: a reset through sysfs puts
 * it back.
 */
#include "pce.h"
#include "pce_device.h"
#include "pce_rng.h"
#include "pce_trace.h"

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

/* Device resets after which a request should have been completed */
#define PCE_VAIN_RESETS		3

/*
 * An interrupt got lost if a completion lies there since the last look.
 * Return: is it so?  Then the completion is being taken now.
 */
static bool pce_watchdog_poll(struct pce_queue *q)
{
	if (!pce_ring_pending(q) || q->cq_head != q->seen_head) {
		q->seen_head = q->cq_head;
		return false;
	}
	q->stats.lost_interrupts++;
	scoped_guard(spinlock_bh, &q->lock)
		pce_ring_note(q, "interrupt lost", q->cq_head, 0);
	queue_work(system_bh_wq, &q->reap_work);
	return true;
}

static void pce_watchdog(struct work_struct *work)
{
	struct pce_queue *q = container_of(to_delayed_work(work),
					   struct pce_queue, watchdog);
	unsigned long timeout = msecs_to_jiffies(pce_timeout());
	bool late = !pce_watchdog_poll(q) && pce_ring_overdue(q, timeout);

	if (q->broken || late) {
		set_bit(q->id, q->device->sick);
		queue_work(pce_workqueue, &q->device->service);
	}

	spin_lock_bh(&q->lock);
	q->watched = pce_queue_in_flight(q);
	if (q->watched)
		queue_delayed_work(pce_workqueue, &q->watchdog, timeout / 2);
	spin_unlock_bh(&q->lock);
}

/* Did any queue pair do anything since the device was started? */
static bool pce_recover_worked(struct pce_device *pce)
{
	unsigned int i;

	for (i = 0; i < pce->nr_queues; i++)
		if (pce->queues[i].cq_head)
			return true;
	return false;
}

/* The device has been stopped, and stays so until somebody resets it */
static void pce_recover_retire(struct pce_device *pce, const char *why)
{
	pce->out_of_service = why;
	dev_err(&pce->pdev->dev,
		"out of service: %s; requests are served by software\n", why);
	pce_rng_stop(pce);
}

static void pce_recover_device(struct pce_device *pce)
{
	trace_pce_reset(pci_name(pce->pdev), -1, "recovery");
	dev_warn_ratelimited(&pce->pdev->dev, "device reset\n");
	pce->resets++;
	if (pce_recover_worked(pce))
		pce->vain_resets = 0;

	pce_device_stop(pce);
	if (pce->vain_resets++ >= PCE_VAIN_RESETS)
		pce_recover_retire(pce, "resets do not help");
	else if (pce_device_start(pce))
		pce_recover_retire(pce, "does not start again");
}

/* Which queue pairs does the device say are in FAULT? */
static void pce_recover_faulted(struct pce_device *pce)
{
	u64 faulted = pce_read(pce, PCE_REG_FAULTED_LO) |
		      (u64)pce_read(pce, PCE_REG_FAULTED_HI) << 32;
	unsigned int i;

	for (i = 0; i < pce->nr_queues; i++)
		if (faulted & BIT_ULL(i))
			set_bit(i, pce->sick);
}

/* All that is known of a queue pair that is sick: by memory, by the device */
static void pce_recover_dump(struct pce_queue *q, const char *why)
{
	struct pce_shadow *shadow = q->shadow;

	dev_warn_ratelimited(&q->device->pdev->dev,
			     "queue %u: %s: reset (state %u, fault %#x); %u in flight, submitted %u, fetched %u (%u by register), completed %u by register, taken %u; asks to hear of %u, is told of %u\n",
			     q->id, why, pce_queue_read(q, PCE_QREG_STATE),
			     pce_queue_read(q, PCE_QREG_FAULT),
			     pce_queue_in_flight(q), q->sq_tail,
			     le32_to_cpu(READ_ONCE(shadow->sq_head)),
			     pce_queue_read(q, PCE_QREG_SQ_HEAD),
			     pce_queue_read(q, PCE_QREG_CQ_TAIL), q->cq_head,
			     le32_to_cpu(READ_ONCE(shadow->sq_event)),
			     q->cq_event);
}

/* Return: -EIO if the whole device has to be reset */
static int pce_recover_queues(struct pce_device *pce)
{
	unsigned int i;

	for_each_set_bit(i, pce->sick, pce->nr_queues) {
		struct pce_queue *q = &pce->queues[i];
		const char *why = q->broken ? "false completion" :
					      "stopped or too late";

		clear_bit(i, pce->sick);
		trace_pce_reset(q->name, i, why);
		scoped_guard(spinlock_bh, &q->lock)
			pce_ring_note(q, why, q->cq_head, 0);
		pce_recover_dump(q, why);
		/* What did not help last time is not tried again */
		if ((q->stats.resets && !q->cq_head) || pce_queue_recover(q))
			return -EIO;
	}
	return 0;
}

static void pce_service(struct work_struct *work)
{
	struct pce_device *pce = container_of(work, struct pce_device, service);
	u32 events;

	guard(mutex)(&pce->mutex);

	/* A device that was removed is not recovered: its driver is about to go */
	if (!pce->started || pci_channel_offline(pce->pdev))
		return;
	if (pce->give_up) {
		pce_device_stop(pce);
		pce_recover_retire(pce, pce->give_up);
		return;
	}

	events = pce_read(pce, PCE_REG_EVENT);
	pce_write(pce, PCE_REG_EVENT, events);

	/* All ones: the device does not answer any more; FATAL is among them */
	if (events & PCE_EVENT_FATAL) {
		dev_err_ratelimited(&pce->pdev->dev, "fatal error %#x\n",
				    pce_read(pce, PCE_REG_FATAL_CODE));
		pce_recover_device(pce);
		return;
	}
	if (events & PCE_EVENT_QUEUE_FAULT)
		pce_recover_faulted(pce);
	if (pce_recover_queues(pce))
		pce_recover_device(pce);
}

/**
 * pce_recover_give_up() - take a device out of service
 * @pce: device
 * @why: in words, a constant
 *
 * Context: any; it happens soon.
 */
void pce_recover_give_up(struct pce_device *pce, const char *why)
{
	KUNIT_STATIC_STUB_REDIRECT(pce_recover_give_up, pce, why);

	WRITE_ONCE(pce->give_up, why);
	queue_work(pce_workqueue, &pce->service);
}
EXPORT_SYMBOL_IF_KUNIT(pce_recover_give_up);

/**
 * pce_recover_start() - start a device of which nothing bad is known any more
 * @pce: device that is not started; its mutex is held
 *
 * It is new, or was reset, or comes out of suspension.
 *
 * Return: 0 or a negative error number.
 */
int pce_recover_start(struct pce_device *pce)
{
	int err;

	pce->vain_resets = 0;
	WRITE_ONCE(pce->give_up, NULL);
	err = pce_device_start(pce);
	pce->out_of_service = err ? "does not start" : NULL;
	return err;
}

static void pce_recover_exit(void *data)
{
	struct pce_device *pce = data;
	unsigned int i;

	disable_work_sync(&pce->service);
	for (i = 0; i < pce->nr_queues; i++) {
		disable_delayed_work_sync(&pce->queues[i].watchdog);
		disable_work_sync(&pce->queues[i].reap_work);
	}
}

/**
 * pce_recover_init() - prepare watchdogs and service work
 * @pce: device with its queue pairs
 *
 * Call it before pce_irq_setup(): the handlers may ask for work until they are
 * gone, and what they ask for is cancelled after that.
 *
 * Return: 0 or a negative error number.
 */
int pce_recover_init(struct pce_device *pce)
{
	unsigned int i;

	INIT_WORK(&pce->service, pce_service);
	for (i = 0; i < pce->nr_queues; i++)
		INIT_DELAYED_WORK(&pce->queues[i].watchdog, pce_watchdog);
	return devm_add_action_or_reset(&pce->pdev->dev, pce_recover_exit, pce);
}
