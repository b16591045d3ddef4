// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: interrupts.
 *
 * One vector for each queue pair and one for events, fewer if there are not so
 * many, or the interrupt pin.  Only the handler of the pin reads a register.
 */
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/interrupt.h>

#include "pce.h"
#include "pce_device.h"
#include "pce_regs.h"
#include "pce_trace.h"

/* Of the callback when a CPU comes online; negative: there is none */
static int pce_irq_hotplug = -1;

static irqreturn_t pce_queue_irq(int irq, void *data)
{
	struct pce_queue *q = data;

	trace_pce_irq(q);
	q->stats.interrupts++;
	queue_work(system_bh_wq, &q->reap_work);
	return IRQ_HANDLED;
}

static irqreturn_t pce_event_irq(int irq, void *data)
{
	pce_recover_service(data);
	return IRQ_HANDLED;
}

static bool pce_irq_any_pending(struct pce_device *pce)
{
	unsigned int i;

	for (i = 0; i < pce->nr_queues; i++)
		if (pce_ring_pending(&pce->queues[i]))
			return true;
	return false;
}

/*
 * One vector for everything: without a completion it was an event.  To look for events
 * at every completion would cost two register accesses each; an event that comes
 * together with a completion is found by the watchdog.
 */
static irqreturn_t pce_shared_irq(int irq, void *data)
{
	struct pce_device *pce = data;
	unsigned int i;

	if (!pce_irq_any_pending(pce))
		pce_recover_service(pce);
	for (i = 0; i < pce->nr_queues; i++)
		pce_queue_irq(irq, &pce->queues[i]);
	return IRQ_HANDLED;
}

static irqreturn_t pce_intx_irq(int irq, void *data)
{
	struct pce_device *pce = data;
	unsigned int i;
	u32 status;

	/* In D3hot the registers are out of reach; the interrupt is another device's */
	if (!READ_ONCE(pce->bindings.answers))
		return IRQ_NONE;
	status = pce_read(pce, PCE_REG_INTX_STATUS);
	if (!status || status == U32_MAX)
		return IRQ_NONE;
	if (status & PCE_INTX_EVENT)
		pce_event_irq(irq, pce);
	if (status & PCE_INTX_QUEUE)
		for (i = 0; i < pce->nr_queues; i++)
			pce_queue_irq(irq, &pce->queues[i]);
	return IRQ_HANDLED;
}

static int pce_irq_setup_intx(struct pce_device *pce)
{
	struct pci_dev *pdev = pce->pdev;
	unsigned int i;

	if (!(pce->caps.features & PCE_FEATURE_INTX))
		return -EOPNOTSUPP;

	for (i = 0; i < pce->nr_queues; i++)
		pce->queues[i].vector = 0;
	pce->irq.event_vector = 0;
	return devm_request_irq(&pdev->dev, pci_irq_vector(pdev, 0),
				pce_intx_irq, IRQF_SHARED, pci_name(pdev), pce);
}

/* Have a queue pair's interrupts delivered to one of the CPUs that submit to it */
static void pce_irq_spread_queue(struct pce_device *pce, struct pce_queue *q)
{
	cpumask_var_t mask;
	int cpu;

	if (!zalloc_cpumask_var(&mask, GFP_KERNEL))
		return;	/* only slower */
	for_each_online_cpu(cpu)
		if (pce->cpu_queue[cpu] == q)
			cpumask_set_cpu(cpu, mask);
	if (!cpumask_empty(mask))
		irq_set_affinity(pci_irq_vector(pce->pdev, q->vector), mask);
	free_cpumask_var(mask);
}

static void pce_irq_spread(struct pce_device *pce)
{
	unsigned int i;

	if (pce->irq.shared)
		return;
	for (i = 0; i < pce->nr_queues; i++)
		pce_irq_spread_queue(pce, &pce->queues[i]);
}

/* When a CPU goes offline the kernel moves its interrupts away, and not back */
static int pce_irq_cpu_online(unsigned int cpu, struct hlist_node *node)
{
	struct pce_device *pce = hlist_entry_safe(node, struct pce_device,
						  irq.hotplug);

	pce_irq_spread(pce);
	return 0;
}

static void pce_irq_remove_hotplug(void *data)
{
	struct pce_device *pce = data;

	cpuhp_state_remove_instance_nocalls(pce_irq_hotplug, &pce->irq.hotplug);
}

static int pce_irq_add_hotplug(struct pce_device *pce)
{
	int err;

	pce_irq_spread(pce);
	if (pce_irq_hotplug < 0)
		return 0;
	err = cpuhp_state_add_instance_nocalls(pce_irq_hotplug,
					       &pce->irq.hotplug);
	if (err)
		return err;
	return devm_add_action_or_reset(&pce->pdev->dev,
					pce_irq_remove_hotplug, pce);
}

static int pce_irq_request(struct pce_device *pce, unsigned int vector,
			   irq_handler_t handler, void *data, char *name)
{
	if (!name)
		return -ENOMEM;
	return devm_request_irq(&pce->pdev->dev,
				pci_irq_vector(pce->pdev, vector), handler,
				IRQF_SHARED, name, data);
}

static int pce_irq_setup_msix(struct pce_device *pce, unsigned int vectors)
{
	struct device *dev = &pce->pdev->dev;
	unsigned int i;
	int err;

	/* Events have the first vector, queue pairs share the others evenly */
	pce->irq.event_vector = 0;
	pce->irq.shared = vectors == 1;
	err = pce_irq_request(pce, 0, pce->irq.shared ? pce_shared_irq :
							pce_event_irq, pce,
			      devm_kasprintf(dev, GFP_KERNEL, "pce-%s-events",
					     pci_name(pce->pdev)));
	if (err || pce->irq.shared)
		return err;

	for (i = 0; i < pce->nr_queues; i++) {
		struct pce_queue *q = &pce->queues[i];

		q->vector = 1 + i % (vectors - 1);
		err = pce_irq_request(pce, q->vector, pce_queue_irq, q,
				      devm_kasprintf(dev, GFP_KERNEL,
						     "pce-%s-queue%u",
						     pci_name(pce->pdev), i));
		if (err)
			return err;
	}
	return pce_irq_add_hotplug(pce);
}

/**
 * pce_irq_setup() - get vectors and install the handlers
 * @pce: device with its queue pairs
 *
 * Context: process context.
 * Return: 0 or a negative error number.
 */
int pce_irq_setup(struct pce_device *pce)
{
	int vectors;

	vectors = pci_alloc_irq_vectors(pce->pdev, 1, pce->nr_queues + 1,
					PCI_IRQ_MSIX | PCI_IRQ_INTX);
	if (vectors < 0)
		return vectors;
	if (pce->pdev->msix_enabled)
		return pce_irq_setup_msix(pce, vectors);
	return pce_irq_setup_intx(pce);
}

/**
 * pce_irq_init() - prepare the module for CPUs that come and go
 *
 * Context: process context.
 * Return: 0 or a negative error number.
 */
int pce_irq_init(void)
{
	int ret = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN,
					  "crypto/pce:online",
					  pce_irq_cpu_online, NULL);

	if (ret < 0)
		return ret;
	pce_irq_hotplug = ret;
	return 0;
}

/**
 * pce_irq_exit() - undo pce_irq_init()
 */
void pce_irq_exit(void)
{
	cpuhp_remove_multi_state(pce_irq_hotplug);
}
