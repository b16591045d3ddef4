// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: module and PCI function.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "pce.h"
#include "pce_alg.h"
#include "pce_debugfs.h"
#include "pce_device.h"
#include "pce_flow.h"
#include "pce_request.h"
#include "pce_rng.h"

#include <kunit/visibility.h>

int pce_priority = 50;
EXPORT_SYMBOL_IF_KUNIT(pce_priority);
module_param_named(priority, pce_priority, int, 0444);
MODULE_PARM_DESC(priority, "Priority of the algorithms (generic code has 100, code for CPU instructions some hundred)");

int pce_min_len = -1;
EXPORT_SYMBOL_IF_KUNIT(pce_min_len);
module_param_named(min_len, pce_min_len, int, 0644);
MODULE_PARM_DESC(min_len, "Requests with fewer bytes than this are served by software (0: none, negative: depends on the software)");

unsigned int pce_timeout_ms = 5000;
EXPORT_SYMBOL_IF_KUNIT(pce_timeout_ms);
module_param_named(timeout_ms, pce_timeout_ms, uint, 0644);
MODULE_PARM_DESC(timeout_ms, "A queue pair without progress for so many milliseconds is reset");

bool pce_enospc;
EXPORT_SYMBOL_IF_KUNIT(pce_enospc);
module_param_named(enospc, pce_enospc, bool, 0644);
MODULE_PARM_DESC(enospc, "Return -ENOSPC at once if the ring is full and the caller allows no backlog");

unsigned int pce_self_check;
EXPORT_SYMBOL_IF_KUNIT(pce_self_check);
module_param_named(self_check, pce_self_check, uint, 0644);
MODULE_PARM_DESC(self_check, "Do one of so many requests by software too, and compare the results (0: none)");

static unsigned int pce_queues;
module_param_named(queues, pce_queues, uint, 0444);
MODULE_PARM_DESC(queues, "Most queue pairs of a device (0: one for each CPU)");

static unsigned int pce_ring_order = 8;
module_param_named(ring_order, pce_ring_order, uint, 0444);
MODULE_PARM_DESC(ring_order, "log2 of the entries in a ring");

static unsigned int pce_max_segments = 64;
module_param_named(max_segments, pce_max_segments, uint, 0444);
MODULE_PARM_DESC(max_segments, "Requests with longer scatterlists are served by software");

static unsigned int pce_moderation_usec;
module_param_named(moderation_usec, pce_moderation_usec, uint, 0444);
MODULE_PARM_DESC(moderation_usec, "Longest time in microseconds that an interrupt is held back (0: not at all)");

static unsigned int pce_moderation_count;
module_param_named(moderation_count, pce_moderation_count, uint, 0444);
MODULE_PARM_DESC(moderation_count, "Most completions for which an interrupt is held back (0: any number)");

static unsigned int pce_autosuspend_ms;
module_param_named(autosuspend_ms, pce_autosuspend_ms, uint, 0444);
MODULE_PARM_DESC(autosuspend_ms, "A device that is idle for so many milliseconds sleeps (0: user space decides)");

struct workqueue_struct *pce_workqueue;

/* The driver uses less than what the device offers if it is told so */
static void pce_limit_capabilities(struct pce_device *pce)
{
	struct pce_caps *caps = &pce->caps;

	pce->order = clamp(pce_ring_order, caps->min_order, caps->max_order);
	caps->max_segments = clamp(pce_max_segments, 1, caps->max_segments);
	caps->max_length = min_t(size_t, caps->max_length,
				 dma_max_mapping_size(&pce->pdev->dev));
	if (caps->features & PCE_FEATURE_MODERATION)
		pce->moderation =
			FIELD_PREP(PCE_MODERATION_USEC,
				   min(pce_moderation_usec, 0xffff)) |
			FIELD_PREP(PCE_MODERATION_COUNT,
				   min(pce_moderation_count, 0xffff));

	pce->nr_queues = min(pce->nr_queues, num_possible_cpus());
	if (pce_queues)
		pce->nr_queues = min(pce->nr_queues, pce_queues);
}

static void pce_map_cpus(struct pce_device *pce)
{
	unsigned int cpu, n = 0;

	for_each_possible_cpu(cpu)
		pce->cpu_queue[cpu] = &pce->queues[n++ % pce->nr_queues];
}

static int pce_alloc_queues(struct pce_device *pce)
{
	struct device *dev = &pce->pdev->dev;
	struct dma_pool *tables, *extras;
	unsigned int i;
	int err;

	pce->queues = devm_kcalloc(dev, pce->nr_queues, sizeof(*pce->queues),
				   GFP_KERNEL);
	pce->cpu_queue = devm_kcalloc(dev, nr_cpu_ids, sizeof(*pce->cpu_queue),
				      GFP_KERNEL);
	tables = dmam_pool_create("pce segments", dev,
				  2 * pce->caps.max_segments *
				  sizeof(struct pce_segment),
				  PCE_SEGMENT_TABLE_ALIGN, 0);
	extras = dmam_pool_create("pce extras", dev, sizeof(union pce_extra),
				  PCE_HASH_STATE_ALIGN, 0);
	if (!pce->queues || !pce->cpu_queue || !tables || !extras)
		return -ENOMEM;
	pce_map_cpus(pce);

	for (i = 0; i < pce->nr_queues; i++) {
		struct pce_queue *q = &pce->queues[i];

		q->device = pce;
		q->name = pci_name(pce->pdev);
		q->id = i;
		q->ops = &pce_request_ops;
		q->has_index = pce->caps.version >= PCE_VERSION_WITH_INDEX;
		q->tables = tables;
		q->extras = extras;
		q->regs = pce->regs + PCE_QUEUE_PAGE(i);
		q->order = pce->order;
		pce_ring_init(q, pce_recover_watchdog);
		err = pce_queue_alloc(q);
		if (err)
			return err;
	}
	return 0;
}

static int pce_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct pce_device *pce;
	int err;

	pce = devm_kzalloc(dev, sizeof(*pce), GFP_KERNEL);
	if (!pce)
		return -ENOMEM;
	pce->pdev = pdev;
	pce_bindings_init(pce);
	pce_state_init(pce);
	pci_set_drvdata(pdev, pce);
	err = devm_mutex_init(dev, &pce->mutex);
	if (err)
		return err;

	err = pcim_enable_device(pdev);
	if (err)
		return dev_err_probe(dev, err, "cannot be enabled\n");

	pce->regs = pcim_iomap_region(pdev, PCE_BAR_REGS, KBUILD_MODNAME);
	if (IS_ERR(pce->regs))
		return dev_err_probe(dev, PTR_ERR(pce->regs), "no registers\n");

	err = pce_caps_read(pce);
	if (err)
		return err;

	err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (err)
		return dev_err_probe(dev, err, "no DMA\n");
	/* A segment's length has 32 bits; the PCI core's default is 64 KiB */
	dma_set_max_seg_size(dev, UINT_MAX);

	pce_limit_capabilities(pce);
	err = pce_alloc_queues(pce);
	if (err)
		return dev_err_probe(dev, err, "no memory for queues\n");

	err = pce_rng_init(pce);
	if (err)
		return err;

	err = pce_recover_init(pce);
	if (err)
		return err;

	err = pce_irq_setup(pce);
	if (err)
		return dev_err_probe(dev, err, "no interrupts\n");

	err = pce_start(pce);
	if (err)
		return dev_err_probe(dev, err, "does not start\n");

	pce_debugfs_add(pce);
	dev_info(dev, "%u queues of %u entries, %s\n", pce->nr_queues,
		 pce_queue_size(pce->queues),
		 pdev->msix_enabled ? "MSI-X" : "INTx");

	/* Last, for the self-tests need the device */
	err = pce_alg_offer(pce->caps.alg_info);
	if (err)
		dev_err(dev, "algorithms were not registered: %d\n", err);
	pce_power_start(pce, pce_autosuspend_ms);
	return 0;
}

static void pce_remove(struct pci_dev *pdev)
{
	struct pce_device *pce = pci_get_drvdata(pdev);

	pce_debugfs_remove(pce);
	pce_power_stop(pce);
	pce_stop(pce);
}

static void pce_shutdown(struct pci_dev *pdev)
{
	pce_stop(pci_get_drvdata(pdev));
}

static void pce_reset_prepare(struct pci_dev *pdev)
{
	pce_stop(pci_get_drvdata(pdev));
}

static void pce_reset_done(struct pci_dev *pdev)
{
	pce_start_after_reset(pci_get_drvdata(pdev));
}

/*
 * The device, or a bridge on the way to it, has reported an error.  The device is stopped;
 * the PCI core may reset the link, and then calls slot_reset() and resume().
 */
static pci_ers_result_t pce_error_detected(struct pci_dev *pdev,
					   pci_channel_state_t state)
{
	struct pce_device *pce = pci_get_drvdata(pdev);

	dev_warn(&pdev->dev, "stopped after an error of the bus\n");
	pce->recovery.bus_errors++;
	pce_stop(pce);
	return state == pci_channel_io_perm_failure ? PCI_ERS_RESULT_DISCONNECT :
						      PCI_ERS_RESULT_NEED_RESET;
}

/*
 * Whether the device works again is found out when resume() starts it: if not, it is out
 * of service, and the user can have it reset.  To tell the core that it is not recovered
 * would make that impossible.
 */
static pci_ers_result_t pce_slot_reset(struct pci_dev *pdev)
{
	struct pce_device *pce = pci_get_drvdata(pdev);

	guard(mutex)(&pce->mutex);

	/*
	 * Somebody has reset and started it since error_detected(), which is possible
	 * after an error that is not fatal: it works, and nothing is to be restored.
	 */
	if (pce->state == PCE_RUNNING)
		return PCI_ERS_RESULT_RECOVERED;
	pci_restore_state(pdev);
	/* The state was saved when it ran; it must not access memory before its reset */
	pci_clear_master(pdev);
	return PCI_ERS_RESULT_RECOVERED;
}

static const struct pci_error_handlers pce_error_handlers = {
	.error_detected = pce_error_detected,
	.slot_reset = pce_slot_reset,
	.resume = pce_reset_done,
	.reset_prepare = pce_reset_prepare,
	.reset_done = pce_reset_done,
};

static const struct pci_device_id pce_ids[] = {
	{ PCI_DEVICE(PCE_PCI_VENDOR_ID, PCE_PCI_DEVICE_ID) },
	{ }
};
MODULE_DEVICE_TABLE(pci, pce_ids);

static struct pci_driver pce_driver = {
	.name = KBUILD_MODNAME,
	.id_table = pce_ids,
	.probe = pce_probe,
	.remove = pce_remove,
	.shutdown = pce_shutdown,
	.driver.pm = pm_ptr(&pce_pm_ops),
	.err_handler = &pce_error_handlers,
};

static int __init pce_init(void)
{
	int err;

	pce_workqueue = alloc_workqueue("pce", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!pce_workqueue)
		return -ENOMEM;
	err = pce_flow_setup(pce_request_end);
	if (err)
		goto err_workqueue;
	err = pce_alg_init();
	if (err)
		goto err_flow;
	pce_debugfs_init();
	err = pce_irq_init();
	if (err)
		goto err_debugfs;
	err = pci_register_driver(&pce_driver);
	if (err)
		goto err_irq;
	if (!pce_registry_has_running())
		pr_info("no device in service; algorithms are registered when there is one\n");
	return 0;

err_irq:
	pce_irq_exit();
err_debugfs:
	pce_debugfs_exit();
	pce_alg_exit();
err_flow:
	pce_flow_cleanup();
err_workqueue:
	destroy_workqueue(pce_workqueue);
	return err;
}

static void __exit pce_exit(void)
{
	pci_unregister_driver(&pce_driver);
	/* Its file "algorithms" registers them */
	pce_debugfs_exit();
	pce_alg_exit();
	pce_flow_cleanup();
	pce_irq_exit();
	destroy_workqueue(pce_workqueue);
}

module_init(pce_init);
module_exit(pce_exit);

MODULE_DESCRIPTION("PCI Crypto Engine");
MODULE_LICENSE("GPL");
