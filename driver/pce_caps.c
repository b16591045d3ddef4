// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: what a device says that it is and can do.
 *
 * Each register is read once.  Memory is allocated and registers are accessed according
 * to their values, so a value that the specification does not allow makes the probe fail.
 */
#include <linux/bitfield.h>

#include "pce_device.h"
#include "pce_regs.h"

#include <kunit/visibility.h>

/* Check that the device follows a version of the specification that the driver knows */
static int pce_caps_version(struct pce_device *pce)
{
	struct device *dev = &pce->pdev->dev;
	u32 magic = pce_read(pce, PCE_REG_MAGIC);

	if (magic != PCE_MAGIC)
		return dev_err_probe(dev, -ENODEV,
				     "not a PCI Crypto Engine (magic %#x)\n",
				     magic);
	pce->caps.version = pce_read(pce, PCE_REG_VERSION);
	if (FIELD_GET(PCE_VERSION_MAJOR, pce->caps.version) !=
	    FIELD_GET(PCE_VERSION_MAJOR, PCE_VERSION))
		return dev_err_probe(dev, -ENODEV,
				     "unsupported interface version %u.%u: this driver knows major version %u\n",
				     FIELD_GET(PCE_VERSION_MAJOR, pce->caps.version),
				     FIELD_GET(PCE_VERSION_MINOR, pce->caps.version),
				     FIELD_GET(PCE_VERSION_MAJOR, PCE_VERSION));
	return 0;
}

/* Return: 0, or -ENODEV: what the register says is out of its limits */
static int pce_caps_check(struct pce_device *pce, const char *name, u32 value,
			  u32 min, u32 max)
{
	if (value >= min && value <= max)
		return 0;
	return dev_err_probe(&pce->pdev->dev, -ENODEV,
			     "impossible capability: %s is %u, not %u to %u\n",
			     name, value, min, max);
}

static int pce_caps_limits(struct pce_device *pce)
{
	struct pci_dev *pdev = pce->pdev;
	u32 orders;
	int err;

	pce->nr_queues = pce_read(pce, PCE_REG_QUEUES);
	err = pce_caps_check(pce, "QUEUES", pce->nr_queues, 1,
			     PCE_LIMIT_QUEUES);
	if (err)
		return err;
	if (pci_resource_len(pdev, PCE_BAR_REGS) <
	    PCE_QUEUE_PAGE(pce->nr_queues))
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "impossible capability: QUEUES is %u, and BAR 0 has %llu bytes\n",
				     pce->nr_queues,
				     (u64)pci_resource_len(pdev, PCE_BAR_REGS));

	orders = pce_read(pce, PCE_REG_RING_LIMITS);
	pce->caps.min_order = FIELD_GET(PCE_RING_LIMITS_MIN_ORDER, orders);
	pce->caps.max_order = FIELD_GET(PCE_RING_LIMITS_MAX_ORDER, orders);
	err = pce_caps_check(pce, "smallest ring order", pce->caps.min_order,
			     PCE_LIMIT_MIN_ORDER, PCE_LIMIT_MAX_ORDER);
	if (err)
		return err;
	err = pce_caps_check(pce, "largest ring order", pce->caps.max_order,
			     pce->caps.min_order, PCE_LIMIT_MAX_ORDER);
	if (err)
		return err;

	pce->caps.max_segments = pce_read(pce, PCE_REG_MAX_SEGMENTS);
	err = pce_caps_check(pce, "MAX_SEGMENTS", pce->caps.max_segments, 1,
			     PCE_LIMIT_SEGMENTS);
	if (err)
		return err;

	pce->caps.max_length = pce_read(pce, PCE_REG_MAX_LENGTH);
	return pce_caps_check(pce, "MAX_LENGTH", pce->caps.max_length,
			      PCE_LIMIT_MIN_LENGTH, PCE_LIMIT_LENGTH);
}

/**
 * pce_caps_read() - read what the device offers
 * @pce: device with its registers; its capabilities are set
 *
 * Features and algorithms are not checked: if the device claims one that it does not
 * have, each request for it fails, and software serves it.
 *
 * Context: process context.
 * Return: 0, or -ENODEV, and the log says why.
 */
int pce_caps_read(struct pce_device *pce)
{
	unsigned int alg;
	int err;

	err = pce_caps_version(pce);
	if (!err)
		err = pce_caps_limits(pce);
	if (err)
		return err;

	pce->caps.features = pce_read(pce, PCE_REG_FEATURES);
	for (alg = 0; alg < PCE_LIMIT_ALGS; alg++)
		pce->caps.alg_info[alg] = pce_read(pce, PCE_REG_ALG_INFO(alg));
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(pce_caps_read);
