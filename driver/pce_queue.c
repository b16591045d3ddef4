// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: the life of a queue pair.
 */
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/pci.h>

#include "pce.h"
#include "pce_device.h"
#include "pce_queue.h"

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#define PCE_POLL_US		20

/**
 * pce_queue_read() - read a register of a queue pair
 * @q: queue pair
 * @reg: PCE_QREG_*
 *
 * Return: its value; all ones if the device is gone.
 */
u32 pce_queue_read(struct pce_queue *q, unsigned int reg)
{
	KUNIT_STATIC_STUB_REDIRECT(pce_queue_read, q, reg);

	return readl(q->regs + reg);
}
EXPORT_SYMBOL_IF_KUNIT(pce_queue_read);

/**
 * pce_queue_write() - write a register of a queue pair
 * @q: queue pair
 * @reg: PCE_QREG_*
 * @value: value
 */
void pce_queue_write(struct pce_queue *q, unsigned int reg, u32 value)
{
	KUNIT_STATIC_STUB_REDIRECT(pce_queue_write, q, reg, value);

	writel(value, q->regs + reg);
}
EXPORT_SYMBOL_IF_KUNIT(pce_queue_write);

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
		if (slot->extra)
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

/**
 * pce_queue_start() - configure a queue pair that is DISABLED, and run it
 * @q: queue pair, not live
 *
 * Return: 0 or a negative error number.
 */
int pce_queue_start(struct pce_queue *q)
{
	struct pce_device *pce = q->device;
	int err;

	pce_ring_reset(q);

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
		err = pce_queue_command(q, PCE_QCMD_RUN);
	if (err) {
		dev_err(&pce->pdev->dev, "queue %u does not start: fault %#x\n",
			q->id, pce_queue_read(q, PCE_QREG_FAULT));
		return err;
	}

	scoped_guard(spinlock_bh, &q->lock)
		q->live = true;
	return 0;
}

/**
 * pce_queue_close() - take no more submissions
 * @q: queue pair
 */
void pce_queue_close(struct pce_queue *q)
{
	scoped_guard(spinlock_bh, &q->lock)
		q->live = false;
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
 * Return: 0: the device writes to none of its memory any more; -ETIMEDOUT;
 * -ENODEV: the device does not answer.
 */
int pce_queue_rest(struct pce_queue *q, unsigned int timeout_ms)
{
	u32 state;
	int err;

	err = read_poll_timeout(pce_queue_read, state,
				pce_queue_at_rest(state) || state == U32_MAX,
				PCE_POLL_US, timeout_ms * USEC_PER_MSEC, false,
				q, PCE_QREG_STATE);
	return state == U32_MAX ? -ENODEV : err;
}
EXPORT_SYMBOL_IF_KUNIT(pce_queue_rest);

/**
 * pce_queue_finish() - end every job of a queue pair that is closed
 * @q: queue pair
 *
 * First what the device has completed, then the others.
 */
void pce_queue_finish(struct pce_queue *q)
{
	disable_work_sync(&q->reap_work);

	local_bh_disable();
	while (pce_ring_reap(q, pce_queue_size(q)))
		;
	pce_ring_flush(q);
	local_bh_enable();

	enable_work(&q->reap_work);
}
EXPORT_SYMBOL_IF_KUNIT(pce_queue_finish);

/**
 * pce_queue_recover() - reset a queue pair and start it again
 * @q: queue pair
 *
 * Every job in flight or in the backlog ends.  May sleep.
 *
 * Return: 0, or a negative error number if the queue pair does not obey; then
 * it is closed, and its jobs are still there.
 */
int pce_queue_recover(struct pce_queue *q)
{
	int err;

	pce_queue_close(q);
	q->stats.resets++;

	err = pce_queue_command(q, PCE_QCMD_RESET);
	if (!err)
		err = pce_queue_rest(q, pce_timeout());
	if (err)
		return err;

	pce_queue_finish(q);
	pce_ring_reset(q);

	err = pce_queue_command(q, PCE_QCMD_RUN);
	if (err)
		return err;

	scoped_guard(spinlock_bh, &q->lock)
		q->live = true;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(pce_queue_recover);
