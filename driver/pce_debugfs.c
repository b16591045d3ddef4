// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: counters and state, as lines of name and value.
 */
#include <linux/bitfield.h>
#include <linux/debugfs.h>
#include <linux/ktime.h>
#include <linux/seq_file.h>

#include "pce.h"
#include "pce_alg.h"
#include "pce_debugfs.h"
#include "pce_device.h"
#include "pce_fault.h"
#include "pce_regs.h"

static struct dentry *pce_debugfs;

static const struct {
	const char *name;
	size_t offset;
} pce_queue_stat[] = {
#define PCE_STAT(member)	{ #member, offsetof(struct pce_queue_stats, member) }
	PCE_STAT(requests),
	PCE_STAT(bytes),
	PCE_STAT(completions),
	PCE_STAT(doorbells),
	PCE_STAT(interrupts),
	PCE_STAT(backlogged),
	PCE_STAT(overflowed),
	PCE_STAT(full),
	PCE_STAT(errors),
	PCE_STAT(auth_failures),
	PCE_STAT(bad_completions),
	PCE_STAT(resets),
	PCE_STAT(lost_interrupts),
};

static u64 pce_queue_stat_value(struct pce_queue *q, unsigned int i)
{
	return READ_ONCE(*(u64 *)((void *)&q->stats + pce_queue_stat[i].offset));
}

static int pce_counters_show(struct seq_file *s, void *unused)
{
	unsigned int i;

	for (i = 0; i < PCE_COUNTERS; i++)
		seq_printf(s, "%s %llu\n", pce_counter_names[i],
			   pce_counter_sum(i));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pce_counters);

static int pce_algorithms_show(struct seq_file *s, void *unused)
{
	pce_alg_show(s);
	return 0;
}

/* Whatever is written: what is not registered is tried again */
static ssize_t pce_algorithms_write(struct file *file, const char __user *text,
				    size_t length, loff_t *offset)
{
	return pce_alg_retry() ?: length;
}
DEFINE_SHOW_STORE_ATTRIBUTE(pce_algorithms);

static int pce_device_counters_show(struct seq_file *s, void *unused)
{
	struct pce_device *pce = s->private;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(pce_queue_stat); i++) {
		u64 sum = 0;

		for (n = 0; n < pce->nr_queues; n++)
			sum += pce_queue_stat_value(&pce->queues[n], i);
		seq_printf(s, "%s %llu\n", pce_queue_stat[i].name, sum);
	}
	seq_printf(s, "queues %u\n", pce->nr_queues);
	seq_printf(s, "device_resets %llu\n", READ_ONCE(pce->recovery.resets));
	seq_printf(s, "bus_errors %llu\n", READ_ONCE(pce->recovery.bus_errors));
	seq_printf(s, "sleeps %llu\n", READ_ONCE(pce->power.sleeps));
	seq_printf(s, "random_bytes %llu\n", READ_ONCE(pce->random.bytes));
	seq_printf(s, "random_errors %llu\n", READ_ONCE(pce->random.errors));
	seq_printf(s, "random_repeats %llu\n", READ_ONCE(pce->random.repeats));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pce_device_counters);

static int pce_status_show(struct seq_file *s, void *unused)
{
	struct pce_device *pce = s->private;

	guard(mutex)(&pce->mutex);
	seq_puts(s, pce_state_name(pce->state));
	if (pce->state == PCE_RETIRED)
		seq_printf(s, ": %s", pce->failure);
	seq_putc(s, '\n');
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pce_status);

static void pce_queue_errors(struct seq_file *s, struct pce_queue *q)
{
	u32 n;

	spin_lock_bh(&q->lock);
	for (n = q->nr_errors - min(q->nr_errors, PCE_ERRORS);
	     n != q->nr_errors; n++) {
		const struct pce_error *error = &q->errors[n % PCE_ERRORS];
		struct timespec64 when = ktime_to_timespec64(error->when);

		seq_printf(s, "%lld.%06lu queue %u error %u: %s, index %u",
			   (long long)when.tv_sec, when.tv_nsec / NSEC_PER_USEC,
			   q->id, n + 1, error->what, error->index);
		if (error->ctrl)
			seq_printf(s, " tag %u status %#x",
				   FIELD_GET(PCE_CQE_TAG, error->ctrl),
				   FIELD_GET(PCE_CQE_STATUS, error->ctrl));
		seq_putc(s, '\n');
	}
	spin_unlock_bh(&q->lock);
}

static int pce_errors_show(struct seq_file *s, void *unused)
{
	struct pce_device *pce = s->private;
	unsigned int i;

	for (i = 0; i < pce->nr_queues; i++)
		pce_queue_errors(s, &pce->queues[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pce_errors);

static int pce_queue_show(struct seq_file *s, void *unused)
{
	struct pce_queue *q = s->private;
	const struct pce_job *job;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pce_queue_stat); i++)
		seq_printf(s, "%s %llu\n", pce_queue_stat[i].name,
			   pce_queue_stat_value(q, i));

	scoped_guard(mutex, &q->device->mutex)
		seq_printf(s, "state %u\n", q->device->state == PCE_RUNNING ?
			   pce_queue_read(q, PCE_QREG_STATE) :
			   PCE_QSTATE_DISABLED);

	spin_lock_bh(&q->lock);
	seq_printf(s, "live %u\n", q->live);
	seq_printf(s, "size %u\n", pce_queue_size(q));
	seq_printf(s, "sq_tail %u\n", q->sq_tail);
	seq_printf(s, "sq_head %u\n",
		   le32_to_cpu(READ_ONCE(q->shadow->sq_head)));
	seq_printf(s, "cq_head %u\n", q->cq_head);
	seq_printf(s, "in_flight %u\n", pce_queue_in_flight(q));

	i = 0;
	for (job = q->waiting.first; job; job = job->next)
		i++;
	seq_printf(s, "backlog %u\n", i);
	spin_unlock_bh(&q->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pce_queue);

/**
 * pce_debugfs_add() - show a device
 * @pce: device with its queue pairs
 */
void pce_debugfs_add(struct pce_device *pce)
{
	char name[sizeof("queue") + 10];
	unsigned int i;

	pce->debugfs = debugfs_create_dir(pci_name(pce->pdev), pce_debugfs);
	debugfs_create_file("counters", 0444, pce->debugfs, pce,
			    &pce_device_counters_fops);
	debugfs_create_file("status", 0444, pce->debugfs, pce, &pce_status_fops);
	debugfs_create_file("errors", 0444, pce->debugfs, pce, &pce_errors_fops);
	for (i = 0; i < pce->nr_queues; i++) {
		snprintf(name, sizeof(name), "queue%u", i);
		debugfs_create_file(name, 0444, pce->debugfs, &pce->queues[i],
				    &pce_queue_fops);
	}
	pce_fault_add(pce);
}

/**
 * pce_debugfs_remove() - show a device no longer
 * @pce: device
 */
void pce_debugfs_remove(struct pce_device *pce)
{
	debugfs_remove_recursive(pce->debugfs);
}

/**
 * pce_debugfs_init() - show the module
 */
void pce_debugfs_init(void)
{
	pce_debugfs = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("counters", 0444, pce_debugfs, NULL,
			    &pce_counters_fops);
	debugfs_create_file("algorithms", 0644, pce_debugfs, NULL,
			    &pce_algorithms_fops);
}

/**
 * pce_debugfs_exit() - show the module no longer
 */
void pce_debugfs_exit(void)
{
	debugfs_remove_recursive(pce_debugfs);
}
