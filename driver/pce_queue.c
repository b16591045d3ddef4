// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: the life of a queue pair.
 */
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/iopoll.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/wait_bit.h>

#include "pce.h"
#include "pce_device.h"
#include "pce_queue.h"
#include "pce_regs.h"

#include <kunit/visibility.h>

#define PCE_POLL_US		20

static void pce_queue_write_addr(struct pce_queue *q, unsigned int reg,
				 dma_addr_t addr)
{
	pce_queue_write(q, reg, lower_32_bits(addr));
	pce_queue_write(q, reg + 4, upper_32_bits(addr));
}

/* Offsets in the one block of memory that holds rings and shadow record */
static size_t pce_queue_cq_offset(const struct pce_queue *q)
{
	return ALIGN(pce_queue_size(q) * sizeof(*q->sq), PCE_RING_ALIGN);
}

static size_t pce_queue_shadow_offset(const struct pce_queue *q)
{
	return pce_queue_cq_offset(q) +
	       ALIGN(pce_queue_size(q) * sizeof(*q->cq), PCE_RING_ALIGN);
}

static void pce_queue_free_slots(void *data)
{
	struct pce_queue *q = data;
	u32 tag;

	for (tag = 0; tag < pce_queue_size(q); tag++) {
		struct pce_slot *slot = &q->slots[tag];

		if (slot->table)
			dma_pool_free(q->tables, slot->table, slot->table_dma);
		if (!slot->extra)
			continue;
		/* The pool's memory goes back to the page allocator */
		memzero_explicit(slot->extra, sizeof(*slot->extra));
		dma_pool_free(q->extras, slot->extra, slot->extra_dma);
	}
}

static int pce_queue_alloc_slots(struct pce_queue *q, struct device *dev)
{
	u32 tag;

	for (tag = 0; tag < pce_queue_size(q); tag++) {
		struct pce_slot *slot = &q->slots[tag];

		slot->table = dma_pool_alloc(q->tables, GFP_KERNEL,
					     &slot->table_dma);
		slot->extra = dma_pool_zalloc(q->extras, GFP_KERNEL,
					      &slot->extra_dma);
		if (!slot->table || !slot->extra) {
			pce_queue_free_slots(q);
			return -ENOMEM;
		}
	}
	return devm_add_action_or_reset(dev, pce_queue_free_slots, q);
}

/**
 * pce_queue_alloc() - memory of a queue pair, for as long as the driver is bound
 * @q: queue pair with order, device, tables, extras and regs set
 *
 * Return: 0 or a negative error number.
 */
int pce_queue_alloc(struct pce_queue *q)
{
	struct device *dev = &q->device->pdev->dev;
	u32 size = pce_queue_size(q);
	void *block;

	q->slots = devm_kcalloc(dev, size, sizeof(*q->slots), GFP_KERNEL);
	q->free_tags = devm_kcalloc(dev, size, sizeof(*q->free_tags),
				    GFP_KERNEL);
	if (!q->slots || !q->free_tags)
		return -ENOMEM;

	block = dmam_alloc_coherent(dev, pce_queue_shadow_offset(q) +
				    sizeof(*q->shadow), &q->dma, GFP_KERNEL);
	if (!block)
		return -ENOMEM;

	q->sq = block;
	q->cq = block + pce_queue_cq_offset(q);
	q->shadow = block + pce_queue_shadow_offset(q);
	return pce_queue_alloc_slots(q, dev);
}

/**
 * pce_queue_command() - give a command
 * @q: queue pair
 * @cmd: command
 *
 * Context: any.
 * Return: 0, or -EIO if the device refused it or does not answer.
 */
int pce_queue_command(struct pce_queue *q, enum pce_queue_cmd cmd)
{
	u32 fault;

	pce_queue_write(q, PCE_QREG_CMD, cmd);
	fault = FIELD_GET(PCE_QFAULT_CODE, pce_queue_read(q, PCE_QREG_FAULT));
	if (fault >= PCE_QFAULT_BAD_COMMAND && fault <= PCE_QFAULT_BAD_VECTOR)
		return -EIO;
	return fault == PCE_QFAULT_CODE ? -EIO : 0;
}
EXPORT_SYMBOL_IF_KUNIT(pce_queue_command);

static void pce_queue_disable_reaping(struct pce_queue *q)
{
	if (q->reaping)
		disable_work_sync(&q->reap_work);
	q->reaping = false;
}

/* Nothing starts the watchdog of a queue pair that is closed */
static void pce_queue_disable_watch(struct pce_queue *q)
{
	cancel_delayed_work_sync(&q->watch.work);
	scoped_guard(spinlock_bh, &q->lock)
		q->watch.running = false;
}

/**
 * pce_queue_run() - have the device run a queue pair, and take submissions
 * @q: queue pair that is configured, closed, and holds no job
 *
 * Context: process context, under the device's mutex.
 * Return: 0 or a negative error number.
 */
int pce_queue_run(struct pce_queue *q)
{
	int err = pce_queue_command(q, PCE_QCMD_RUN);

	if (err)
		return err;
	enable_work(&q->reap_work);
	q->reaping = true;
	scoped_guard(spinlock_bh, &q->lock)
		WRITE_ONCE(q->live, true);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(pce_queue_run);

/**
 * pce_queue_start() - configure a queue pair that is DISABLED, and run it
 * @q: queue pair that is closed and holds no job
 *
 * Context: process context, under the device's mutex.
 * Return: 0 or a negative error number.
 */
int pce_queue_start(struct pce_queue *q)
{
	struct pce_device *pce = q->device;
	int err;

	pce_ring_reset(q);
	q->was_reset = false;

	pce_queue_write(q, PCE_QREG_SIZE,
			FIELD_PREP(PCE_QSIZE_SQ_ORDER, q->order) |
			FIELD_PREP(PCE_QSIZE_CQ_ORDER, q->order));
	pce_queue_write_addr(q, PCE_QREG_SQ_LO, q->dma);
	pce_queue_write_addr(q, PCE_QREG_CQ_LO,
			     q->dma + pce_queue_cq_offset(q));
	pce_queue_write_addr(q, PCE_QREG_SHADOW_LO,
			     q->dma + pce_queue_shadow_offset(q));
	pce_queue_write(q, PCE_QREG_VECTOR, q->vector);
	pce_queue_write(q, PCE_QREG_MODERATION, pce->moderation);

	err = pce_queue_command(q, PCE_QCMD_CREATE);
	if (!err)
		err = pce_queue_run(q);
	if (err)
		dev_err(&pce->pdev->dev, "queue %u does not start: fault %#x\n",
			q->id, pce_queue_read(q, PCE_QREG_FAULT));
	return err;
}

/**
 * pce_queue_close() - take no more submissions
 * @q: queue pair
 *
 * Context: any.
 */
void pce_queue_close(struct pce_queue *q)
{
	scoped_guard(spinlock_bh, &q->lock)
		WRITE_ONCE(q->live, false);
}
EXPORT_SYMBOL_IF_KUNIT(pce_queue_close);

static bool pce_queue_at_rest(u32 state)
{
	return state == PCE_QSTATE_STOPPED || state == PCE_QSTATE_DISABLED ||
	       state == PCE_QSTATE_FAULT;
}

/**
 * pce_queue_rest() - wait until the device has let go of a queue pair
 * @q: queue pair that was told to stop, to drain or to reset
 * @timeout_ms: how long
 *
 * Context: process context; sleeps.
 * Return: 0: the device writes to none of its memory any more; -ETIMEDOUT;
 * -ENODEV: the device does not answer.
 */
int pce_queue_rest(struct pce_queue *q, unsigned int timeout_ms)
{
	u32 state;
	int err;

	err = read_poll_timeout(pce_queue_read, state,
				pce_queue_at_rest(state) || state == U32_MAX,
				PCE_POLL_US, (u64)timeout_ms * USEC_PER_MSEC,
				false, q, PCE_QREG_STATE);
	return state == U32_MAX ? -ENODEV : err;
}
EXPORT_SYMBOL_IF_KUNIT(pce_queue_rest);

/**
 * pce_queue_finish() - end every job of a queue pair
 * @q: queue pair that is closed and that the device has let go
 *
 * First what the device has completed, then the others.  Afterwards the rings are
 * empty, bottom half and watchdog do not run, and no callback of a job uses the queue
 * pair.
 *
 * Context: process context, under the device's mutex; sleeps.
 */
void pce_queue_finish(struct pce_queue *q)
{
	unsigned int n;

	pce_queue_disable_watch(q);
	pce_queue_disable_reaping(q);
	do {
		struct pce_budget budget = { };

		local_bh_disable();
		n = pce_ring_reap(q, PCE_REAP_BATCH, &budget);
		local_bh_enable();
		cond_resched();
	} while (n);

	local_bh_disable();
	pce_ring_flush(q);
	local_bh_enable();
	/*
	 * Software may have to do all of it.  The lanes do that in pieces: with bottom
	 * halves off here, a large ring would stop this CPU for seconds.
	 */
	wait_var_event(&q->unended, !atomic_read(&q->unended));
	pce_ring_reset(q);
}
EXPORT_SYMBOL_IF_KUNIT(pce_queue_finish);

/**
 * pce_queue_reset() - reset a queue pair
 * @q: queue pair
 *
 * Every job that it has taken ends.  pce_queue_run() starts it again.
 *
 * Context: process context, under the device's mutex; sleeps.
 * Return: 0, or a negative error number if the queue pair does not obey; then it is
 * closed, and jobs may still be there.
 */
int pce_queue_reset(struct pce_queue *q)
{
	int err;

	pce_queue_close(q);
	q->was_reset = true;
	scoped_guard(spinlock_bh, &q->lock)
		q->stats.resets++;

	err = pce_queue_command(q, PCE_QCMD_RESET);
	if (!err)
		err = pce_queue_rest(q, pce_timeout());
	if (err)
		return err;

	pce_queue_finish(q);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(pce_queue_reset);
