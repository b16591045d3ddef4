// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: interrupts.
 *
 * One vector for each queue pair and one for events, fewer if there are not so
 * many, or the interrupt pin.  No handler but that of the pin reads a register.
 */
#include <linux/cpumask.h>
#include <linux/interrupt.h>

#include "pce.h"
#include "pce_device.h"
#include "pce_trace.h"

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
	struct pce_device *pce = data;

	queue_work(pce_workqueue, &pce->service);
	return IRQ_HANDLED;
}

static irqreturn_t pce_intx_irq(int irq, void *data)
{
	struct pce_device *pce = data;
	u32 status = pce_read(pce, PCE_REG_INTX_STATUS);
	unsigned int i;

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

	if (!(pce->features & PCE_FEATURE_INTX))
		return -EOPNOTSUPP;

	for (i = 0; i < pce->nr_queues; i++)
		pce->queues[i].vector = 0;
	pce->event_vector = 0;
	return devm_request_irq(&pdev->dev, pci_irq_vector(pdev, 0),
				pce_intx_irq, IRQF_SHARED, pci_name(pdev), pce);
}

/* To one of the CPUs that submit to the queue pair */
static void pce_irq_spread(struct pce_device *pce, struct pce_queue *q, int irq)
{
	cpumask_var_t mask;
	int cpu;

	if (!zalloc_cpumask_var(&mask, GFP_KERNEL))
		return;	/* only slower */
	for_each_possible_cpu(cpu)
		if (pce->cpu_queue[cpu] == q)
			cpumask_set_cpu(cpu, mask);
	irq_set_affinity(irq, mask);
	free_cpumask_var(mask);
}

static int pce_irq_setup_msix(struct pce_device *pce, unsigned int vectors)
{
	struct pci_dev *pdev = pce->pdev;
	struct device *dev = &pdev->dev;
	unsigned int i;
	int err;

	/* Events have the first vector, queue pairs share the others evenly */
	pce->event_vector = 0;
	err = devm_request_irq(dev, pci_irq_vector(pdev, 0), pce_event_irq,
			       IRQF_SHARED,
			       devm_kasprintf(dev, GFP_KERNEL, "pce-%s-events",
					      pci_name(pdev)), pce);
	if (err)
		return err;

	for (i = 0; i < pce->nr_queues; i++) {
		struct pce_queue *q = &pce->queues[i];
		int irq;

		q->vector = vectors > 1 ? 1 + i % (vectors - 1) : 0;
		irq = pci_irq_vector(pdev, q->vector);
		err = devm_request_irq(dev, irq, pce_queue_irq, IRQF_SHARED,
				       devm_kasprintf(dev, GFP_KERNEL,
						      "pce-%s-queue%u",
						      pci_name(pdev), i), q);
		if (err)
			return err;
		pce_irq_spread(pce, q, irq);
	}
	return 0;
}

/**
 * pce_irq_setup() - get vectors and install the handlers
 * @pce: device with its queue pairs
 *
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
