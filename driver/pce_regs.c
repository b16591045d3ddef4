// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: access to registers.
 */
#include <linux/io.h>

#include "pce_device.h"
#include "pce_regs.h"

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

/**
 * pce_read() - read a global register
 * @pce: device
 * @reg: PCE_REG_*
 *
 * Context: any.
 * Return: its value; all ones if the device is gone.
 */
u32 pce_read(struct pce_device *pce, unsigned int reg)
{
	KUNIT_STATIC_STUB_REDIRECT(pce_read, pce, reg);

	return readl(pce->regs + reg);
}
EXPORT_SYMBOL_IF_KUNIT(pce_read);

/**
 * pce_write() - write a global register
 * @pce: device
 * @reg: PCE_REG_*
 * @value: value
 *
 * Context: any.
 */
void pce_write(struct pce_device *pce, unsigned int reg, u32 value)
{
	KUNIT_STATIC_STUB_REDIRECT(pce_write, pce, reg, value);

	writel(value, pce->regs + reg);
}
EXPORT_SYMBOL_IF_KUNIT(pce_write);

/**
 * pce_queue_read() - read a register of a queue pair
 * @q: queue pair
 * @reg: PCE_QREG_*
 *
 * Context: any.
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
 *
 * Context: any.
 */
void pce_queue_write(struct pce_queue *q, unsigned int reg, u32 value)
{
	KUNIT_STATIC_STUB_REDIRECT(pce_queue_write, q, reg, value);

	writel(value, q->regs + reg);
}
EXPORT_SYMBOL_IF_KUNIT(pce_queue_write);
