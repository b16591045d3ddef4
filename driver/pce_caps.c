// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: what a device says that it is and can do.
 *
 * Each register is read once.  Memory is allocated and registers are accessed by
 * what they say, so nothing is believed that the specification does not allow: a
 * device that says such a thing is not driven at all.
 */
#include <linux/bitfield.h>

#include "pce_device.h"

#include <kunit/visibility.h>

/* Is this a device that we know how to talk to? */
static int pce_caps_version(struct pce_device *pce)
{
	struct device *dev = &pce->pdev->dev;
	u32 magic = pce_read(pce, PCE_REG_MAGIC);

	if (magic != PCE_MAGIC)
		return dev_err_probe(dev, -ENODEV,
				     "not a PCI Crypto Engine (magic %#x)\n",
				     magic);
	pce->version = pce_read(pce, PCE_REG_VERSION);
	if (FIELD_GET(PCE_VERSION_MAJOR, pce->version) !=
	    FIELD_GET(PCE_VERSION_MAJOR, PCE_VERSION))
		return dev_err_probe(dev, -ENODEV,
				     "unsupported interface version %u.%u: this driver knows major version %u\n",
				     FIELD_GET(PCE_VERSION_MAJOR, pce->version),
				     FIELD_GET(PCE_VERSION_MINOR, pce->version),
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
	pce->min_order = FIELD_GET(PCE_RING_LIMITS_MIN_ORDER, orders);
	pce->max_order = FIELD_GET(PCE_RING_LIMITS_MAX_ORDER, orders);
	err = pce_caps_check(pce, "smallest ring order", pce->min_order,
			     PCE_LIMIT_MIN_ORDER, PCE_LIMIT_MAX_ORDER);
	if (err)
		return err;
	err = pce_caps_check(pce, "largest ring order", pce->max_order,
			     pce->min_order, PCE_LIMIT_MAX_ORDER);
	if (err)
		return err;

	pce->max_segments = pce_read(pce, PCE_REG_MAX_SEGMENTS);
	err = pce_caps_check(pce, "MAX_SEGMENTS", pce->max_segments, 1,
			     PCE_LIMIT_SEGMENTS);
	if (err)
		return err;

	pce->max_length = pce_read(pce, PCE_REG_MAX_LENGTH);
	return pce_caps_check(pce, "MAX_LENGTH", pce->max_length,
			      PCE_LIMIT_MIN_LENGTH, PCE_LIMIT_LENGTH);
}

/**
 * pce_caps_read() - what the device offers
 * @pce: device with its registers; its capabilities are set
 *
 * Features and algorithms are what the device says: if it has not got them, the
 * requests for them fail one by one, and software serves them.
 *
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

	pce->features = pce_read(pce, PCE_REG_FEATURES);
	for (alg = 0; alg < PCE_LIMIT_ALGS; alg++)
		pce->alg_info[alg] = pce_read(pce, PCE_REG_ALG_INFO(alg));
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(pce_caps_read);
