// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: what to do when the device does not do its work.
 *
 * A watchdog for each queue pair looks for jobs that do not come back and for
 * interrupts that were lost.  The service work handles what it finds, and what the
 * device reports by an event: it resets the queue pair alone, and if that does not
 * help, the device.  A device that does no work after several resets, or whose
 * results are wrong, is taken out of service; a reset through sysfs puts it back.
 */
#include "pce.h"
#include "pce_device.h"
#include "pce_regs.h"
#include "pce_trace.h"

#include <kunit/visibility.h>

/* Device resets after which a request should have been completed */
#define PCE_FRUITLESS_RESETS	3

/*
 * Have jobs ended since the last run?  To fetch entries is progress only for a device that
 * had nothing to work on: otherwise one that completes nothing would be left alone as long
 * as new jobs come.
 */
static bool pce_watchdog_progress(struct pce_queue *q)
{
	u32 sq_head = le32_to_cpu(READ_ONCE(q->shadow->sq_head));
	bool had_work = q->watch.sq_head != q->watch.cq_head;
	bool progress = q->cq_head != q->watch.cq_head ||
			(!had_work && sq_head != q->watch.sq_head);

	q->watch.cq_head = q->cq_head;
	q->watch.sq_head = sq_head;
	return progress;
}

/*
 * Has nobody taken a completion since the last run?  If the device should have raised
 * an interrupt for it, that got lost.  Otherwise the driver had deferred the interrupt,
 * and a job that is late keeps it from coming.
 */
static void pce_watchdog_poll(struct pce_queue *q)
{
	if (!pce_ring_pending(q))
		return;
	if (pce_ring_interrupt_due(q)) {
		q->stats.lost_interrupts++;
		pce_ring_note(q, "interrupt lost", q->cq_head, 0);
	}
	queue_work(system_bh_wq, &q->reap_work);
}

/*
 * Return: true if the queue pair has to be reset.  A run that comes much too late says
 * that this machine was stopped, and with it probably the device: it does not count.
 */
static bool pce_watchdog_look(struct pce_queue *q, unsigned long timeout)
{
	bool stalled = time_after(jiffies, q->watch.last_run + timeout);

	q->watch.last_run = jiffies;
	if (pce_watchdog_progress(q)) {
		q->watch.idle_runs = 0;
	} else {
		q->watch.idle_runs += !stalled;
		pce_watchdog_poll(q);
	}
	return q->broken || pce_ring_overdue(q, timeout);
}

/**
 * pce_recover_watchdog() - look after a queue pair with jobs in flight
 * @work: the queue pair's watch.work
 */
void pce_recover_watchdog(struct work_struct *work)
{
	struct pce_queue *q = container_of(to_delayed_work(work),
					   struct pce_queue, watch.work);
	unsigned long timeout = msecs_to_jiffies(pce_timeout());
	struct pce_device *pce = q->device;
	bool reset;

	spin_lock_bh(&q->lock);
	reset = pce_watchdog_look(q, timeout);
	q->watch.running = pce_queue_in_flight(q);
	if (q->watch.running)
		queue_delayed_work(pce_workqueue, &q->watch.work,
				   pce_watch_period());
	spin_unlock_bh(&q->lock);

	if (reset)
		set_bit(q->id, pce->recovery.pending);
	/* With one vector for everything an event may have gone unnoticed */
	if (reset || pce->irq.shared)
		pce_recover_service(pce);
}
EXPORT_SYMBOL_IF_KUNIT(pce_recover_watchdog);

/* Return: true if any queue pair completed a job since the device was started */
static bool pce_recover_worked(struct pce_device *pce)
{
	unsigned int i;

	for (i = 0; i < pce->nr_queues; i++)
		if (READ_ONCE(pce->queues[i].cq_head))
			return true;
	return false;
}

/* The device cannot be used any more: it is, or becomes, PCE_RETIRED */
static void pce_recover_retire(struct pce_device *pce)
{
	pce_device_retire(pce);
	pce_rng_stop(pce);
}

static void pce_recover_device(struct pce_device *pce)
{
	struct pce_recovery *recovery = &pce->recovery;

	trace_pce_reset(pci_name(pce->pdev), -1, "recovery");
	dev_warn_ratelimited(&pce->pdev->dev, "device reset\n");
	recovery->resets++;
	if (pce_recover_worked(pce))
		recovery->fruitless = 0;
	if (recovery->fruitless++ >= PCE_FRUITLESS_RESETS)
		WRITE_ONCE(pce->failure, "resets do not help");
	if (pce_device_restart(pce))
		pce_recover_retire(pce);
}

/* Note which queue pairs the device reports to be in FAULT */
static void pce_recover_faulted(struct pce_device *pce)
{
	u64 faulted = pce_read(pce, PCE_REG_FAULTED_LO) |
		      (u64)pce_read(pce, PCE_REG_FAULTED_HI) << 32;
	unsigned int i;

	for (i = 0; i < pce->nr_queues; i++)
		if (faulted & BIT_ULL(i))
			set_bit(i, pce->recovery.pending);
}

/* Log what memory and registers say of a queue pair that is about to be reset */
static void pce_recover_dump(struct pce_queue *q, const char *why)
{
	struct pce_shadow *shadow = q->shadow;
	u32 in_flight, sq_tail, cq_head, cq_event;

	scoped_guard(spinlock_bh, &q->lock) {
		in_flight = pce_queue_in_flight(q);
		sq_tail = q->sq_tail;
		cq_head = q->cq_head;
		cq_event = q->cq_event;
		pce_ring_note(q, why, cq_head, 0);
	}
	dev_warn_ratelimited(&q->device->pdev->dev,
			     "queue %u: %s: reset (state %u, fault %#x); %u in flight, submitted %u, fetched %u (%u by register), completed %u by register, taken %u; event index of submissions %u, of completions %u\n",
			     q->id, why, pce_queue_read(q, PCE_QREG_STATE),
			     pce_queue_read(q, PCE_QREG_FAULT), in_flight, sq_tail,
			     le32_to_cpu(READ_ONCE(shadow->sq_head)),
			     pce_queue_read(q, PCE_QREG_SQ_HEAD),
			     pce_queue_read(q, PCE_QREG_CQ_TAIL), cq_head,
			     le32_to_cpu(READ_ONCE(shadow->sq_event)), cq_event);
}

/* Return: -EIO if the whole device has to be reset */
VISIBLE_IF_KUNIT int pce_recover_queue(struct pce_queue *q)
{
	const char *why = READ_ONCE(q->broken) ? "false completion" :
						 "stopped or too late";

	trace_pce_reset(q->name, q->id, why);
	pce_recover_dump(q, why);
	/* A queue reset already failed to revive this queue pair: reset the device */
	if (q->was_reset && !READ_ONCE(q->cq_head))
		return -EIO;
	if (pce_queue_reset(q))
		return -EIO;
	/* What the watchdog saw while the queue pair was being reset is over */
	clear_bit(q->id, q->device->recovery.pending);
	return pce_queue_run(q) ? -EIO : 0;
}
EXPORT_SYMBOL_IF_KUNIT(pce_recover_queue);

static int pce_recover_queues(struct pce_device *pce)
{
	unsigned int i;

	for_each_set_bit(i, pce->recovery.pending, pce->nr_queues)
		if (pce_recover_queue(&pce->queues[i]))
			return -EIO;
	return 0;
}

static void pce_service(struct work_struct *work)
{
	struct pce_device *pce = container_of(work, struct pce_device,
					      recovery.service);
	u32 events;

	guard(mutex)(&pce->mutex);

	if (READ_ONCE(pce->failure)) {
		if (pce->state == PCE_RUNNING || pce->state == PCE_STOPPED)
			pce_recover_retire(pce);
		return;
	}
	/* A device that was removed is not recovered: its driver is about to go */
	if (pce->state != PCE_RUNNING || pci_channel_offline(pce->pdev))
		return;

	events = pce_read(pce, PCE_REG_EVENT);
	if (events)
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
 * pce_recover_service() - have events served and pending resets done
 * @pce: device
 *
 * Context: any.
 */
void pce_recover_service(struct pce_device *pce)
{
	queue_work(pce_workqueue, &pce->recovery.service);
}

static void pce_recover_exit(void *data)
{
	struct pce_device *pce = data;
	unsigned int i;

	disable_work_sync(&pce->recovery.service);
	for (i = 0; i < pce->nr_queues; i++) {
		disable_delayed_work_sync(&pce->queues[i].watch.work);
		disable_work_sync(&pce->queues[i].reap_work);
	}
}

/**
 * pce_recover_init() - prepare the service work
 * @pce: device with its queue pairs
 *
 * Call it before pce_irq_setup(): the handlers may ask for work until they are freed,
 * and what they ask for is cancelled after that.
 *
 * Context: process context.
 * Return: 0 or a negative error number.
 */
int pce_recover_init(struct pce_device *pce)
{
	INIT_WORK(&pce->recovery.service, pce_service);
	return devm_add_action_or_reset(&pce->pdev->dev, pce_recover_exit, pce);
}
