// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stand-in for the device.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/bottom_half.h>
#include <linux/cpumask.h>
#include <linux/dma-mapping.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "../pce_regs.h"
#include "pce_fake.h"

static void pce_fake_command(struct pce_fake *fake, u32 cmd)
{
	if (fake->deaf)
		return;
	switch (cmd) {
	case PCE_QCMD_RUN:
		fake->state = PCE_QSTATE_RUNNING;
		break;
	case PCE_QCMD_RESET:
		fake->fetched = 0;
		fake->written = 0;
		fallthrough;
	case PCE_QCMD_STOP:
	case PCE_QCMD_DRAIN:
		fake->state = PCE_QSTATE_STOPPED;
		break;
	}
}

static void pce_fake_queue_write(struct pce_queue *q, unsigned int reg,
				 u32 value)
{
	struct pce_fake *fake = container_of(q, struct pce_fake, q);

	if (reg == PCE_QREG_DOORBELL)
		fake->doorbells++;
	else if (reg == PCE_QREG_CMD)
		pce_fake_command(fake, value);
}

static u32 pce_fake_queue_read(struct pce_queue *q, unsigned int reg)
{
	struct pce_fake *fake = container_of(q, struct pce_fake, q);

	return reg == PCE_QREG_STATE ? fake->state : 0;
}

static void pce_fake_write(struct pce_device *pce, unsigned int reg, u32 value)
{
	struct pce_fake *fake = container_of(pce, struct pce_fake, pce);

	if (reg == PCE_REG_INVAL_CMD)
		fake->invalidated++;
}

static u32 pce_fake_read(struct pce_device *pce, unsigned int reg)
{
	return reg == PCE_REG_STATUS ? PCE_DEV_READY : 0;
}

/* A test sees for itself what the watchdog would find */
static void pce_fake_watchdog(struct work_struct *work)
{
	struct pce_fake *fake = container_of(to_delayed_work(work),
					     struct pce_fake, q.watch.work);

	atomic_inc(&fake->watched);
}

/* The same for what the service work would do */
static void pce_fake_service(struct work_struct *work)
{
	struct pce_fake *fake = container_of(work, struct pce_fake,
					     pce.recovery.service);

	atomic_inc(&fake->serviced);
}

static void pce_fake_init_device(struct pce_fake *fake)
{
	struct device *dev = &fake->pdev.dev;

	device_initialize(dev);
	dev->init_name = "pce-fake";
	fake->pdev.dma_mask = DMA_BIT_MASK(64);
	dev->dma_mask = &fake->pdev.dma_mask;
	dev->coherent_dma_mask = DMA_BIT_MASK(64);

	fake->pce.pdev = &fake->pdev;
	mutex_init(&fake->pce.mutex);
	pce_state_init(&fake->pce);
	fake->pce.state = PCE_RUNNING;
	fake->pce.queues = &fake->q;
	fake->pce.nr_queues = 1;
	fake->pce.caps.max_segments = 8;
	fake->pce.caps.max_length = 1 << 20;
	INIT_WORK(&fake->pce.recovery.service, pce_fake_service);
	pce_bindings_init(&fake->pce);
	pce_bindings_open(&fake->pce);
}

static void pce_fake_init_queue(struct kunit *test, struct pce_fake *fake,
				u8 order, const struct pce_job_ops *ops)
{
	struct pce_queue *q = &fake->q;
	struct pce_segment *tables;
	union pce_extra *extras;
	u32 size = 1 << order;
	u32 tag;

	/* Its bottom half stays disabled: a test calls it */
	pce_ring_init(q, pce_fake_watchdog);
	q->device = &fake->pce;
	q->name = "pce-fake";
	q->order = order;
	q->ops = ops;
	q->has_index = true;
	q->sq = kunit_kcalloc(test, size, sizeof(*q->sq), GFP_KERNEL);
	q->cq = kunit_kcalloc(test, size, sizeof(*q->cq), GFP_KERNEL);
	q->shadow = kunit_kzalloc(test, sizeof(*q->shadow), GFP_KERNEL);
	q->slots = kunit_kcalloc(test, size, sizeof(*q->slots), GFP_KERNEL);
	q->free_tags = kunit_kcalloc(test, size, sizeof(*q->free_tags),
				     GFP_KERNEL);
	tables = kunit_kcalloc(test, size, 2 * fake->pce.caps.max_segments *
			       sizeof(*tables), GFP_KERNEL);
	extras = kunit_kcalloc(test, size, sizeof(*extras), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, q->sq);
	KUNIT_ASSERT_NOT_NULL(test, q->cq);
	KUNIT_ASSERT_NOT_NULL(test, q->shadow);
	KUNIT_ASSERT_NOT_NULL(test, q->slots);
	KUNIT_ASSERT_NOT_NULL(test, q->free_tags);
	KUNIT_ASSERT_NOT_NULL(test, tables);
	KUNIT_ASSERT_NOT_NULL(test, extras);

	for (tag = 0; tag < size; tag++) {
		q->slots[tag].table = tables + tag * 2 * fake->pce.caps.max_segments;
		q->slots[tag].table_dma = 0x100000 + tag * 0x1000;
		q->slots[tag].extra = &extras[tag];
		q->slots[tag].extra_dma = 0x200000 + tag * 0x1000;
	}
	pce_ring_reset(q);
	q->live = true;
}

/* Every CPU has the queue pair */
static void pce_fake_map_cpus(struct kunit *test, struct pce_fake *fake)
{
	struct pce_queue **map;
	unsigned int cpu;

	map = kunit_kcalloc(test, nr_cpu_ids, sizeof(*map), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, map);
	for_each_possible_cpu(cpu)
		map[cpu] = &fake->q;
	fake->pce.cpu_queue = map;
}

/**
 * pce_fake_create() - a device for a test, with a running queue pair
 * @test: test; the accessors are redirected until its end
 * @order: log2 of the entries in a ring
 * @ops: the layer above
 *
 * The test's thread stays on the CPU that it is on.
 *
 * Return: the device; the test is over if there is no memory for it.
 */
struct pce_fake *pce_fake_create(struct kunit *test, u8 order,
				 const struct pce_job_ops *ops)
{
	struct pce_fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fake);
	/* A flow is of one CPU.  KUnit has a thread for each test. */
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	pce_fake_init_device(fake);
	pce_fake_init_queue(test, fake, order, ops);
	pce_fake_map_cpus(test, fake);
	fake->state = PCE_QSTATE_RUNNING;

	kunit_activate_static_stub(test, pce_queue_read, pce_fake_queue_read);
	kunit_activate_static_stub(test, pce_queue_write, pce_fake_queue_write);
	kunit_activate_static_stub(test, pce_read, pce_fake_read);
	kunit_activate_static_stub(test, pce_write, pce_fake_write);
	return fake;
}

/**
 * pce_fake_destroy() - stop all work items of the device
 * @fake: device; KUnit frees its memory when the test ends
 */
void pce_fake_destroy(struct pce_fake *fake)
{
	disable_delayed_work_sync(&fake->q.watch.work);
	disable_work_sync(&fake->q.reap_work);
	disable_work_sync(&fake->pce.recovery.service);
}

/**
 * pce_fake_fetch() - take the entries that were submitted, then go to sleep
 * @fake: device
 *
 * Return: how many.
 */
u32 pce_fake_fetch(struct pce_fake *fake)
{
	u32 old = fake->fetched;

	fake->fetched = le32_to_cpu(fake->q.shadow->sq_tail);
	fake->q.shadow->sq_head = cpu_to_le32(fake->fetched);
	fake->q.shadow->sq_event = cpu_to_le32(fake->fetched);
	return fake->fetched - old;
}

/**
 * pce_fake_sqe() - a submission entry
 * @fake: device
 * @index: running index
 *
 * Return: the entry.
 */
struct pce_sqe *pce_fake_sqe(struct pce_fake *fake, u32 index)
{
	return &fake->q.sq[index & (pce_queue_size(&fake->q) - 1)];
}

/**
 * pce_fake_complete_tag() - write a completion, whatever it says
 * @fake: device
 * @tag: tag
 * @status: PCE_STATUS_*
 * @length: bytes written
 * @result: next IV, or NULL
 */
void pce_fake_complete_tag(struct pce_fake *fake, u32 tag, u32 status,
			   u32 length, const u8 *result)
{
	struct pce_queue *q = &fake->q;
	struct pce_cqe *cqe = &q->cq[fake->written & (pce_queue_size(q) - 1)];
	u32 ctrl = FIELD_PREP(PCE_CQE_TAG, tag) |
		   FIELD_PREP(PCE_CQE_STATUS, status);

	if (pce_phase(fake->written, q->order))
		ctrl |= PCE_CQE_PHASE;
	memset(cqe->result, 0, sizeof(cqe->result));
	if (result)
		memcpy(cqe->result, result, sizeof(cqe->result));
	cqe->length = cpu_to_le32(length);
	cqe->index = cpu_to_le32(tag < pce_queue_size(q) ?
				 q->slots[tag].index : 0);
	cqe->ctrl = cpu_to_le32(ctrl);
	fake->written++;
}

/**
 * pce_fake_complete() - complete a submission entry
 * @fake: device
 * @index: its running index
 * @status: PCE_STATUS_*
 */
void pce_fake_complete(struct pce_fake *fake, u32 index, u32 status)
{
	struct pce_sqe *sqe = pce_fake_sqe(fake, index);

	pce_fake_complete_tag(fake, le16_to_cpu(sqe->tag), status,
			      status ? 0 : le32_to_cpu(sqe->length), NULL);
}

/**
 * pce_fake_reap() - pce_ring_reap() in the context that it wants
 * @fake: device
 * @max: most completions to take
 *
 * Return: as pce_ring_reap().
 */
unsigned int pce_fake_reap(struct pce_fake *fake, unsigned int max)
{
	struct pce_budget budget = { };
	unsigned int n;

	local_bh_disable();
	n = pce_ring_reap(&fake->q, max, &budget);
	local_bh_enable();
	return n;
}

/**
 * pce_fake_interrupt() - the bottom half, here and now
 * @fake: device
 */
void pce_fake_interrupt(struct pce_fake *fake)
{
	local_bh_disable();
	pce_ring_bottom_half(&fake->q.reap_work);
	local_bh_enable();
}
