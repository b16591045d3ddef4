// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: the device's fault plan, as a file.
 *
 * Only devices that are there to be tried offer it.  What is written is the new
 * plan, in the language of the specification; what is read is what the rules of
 * the plan in force have done.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/pm_runtime.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "pce.h"
#include "pce_device.h"
#include "pce_fault.h"
#include "pce_regs.h"

/* A command and its text are one thing; the text may have no 0 at its end */
static DEFINE_MUTEX(pce_fault_mutex);
static char pce_fault_text[PCE_FAULT_TEXT_SIZE + 1];

static void pce_fault_write_text(struct pce_device *pce)
{
	unsigned int i;

	for (i = 0; i < PCE_FAULT_TEXT_SIZE; i += sizeof(__le32)) {
		__le32 word;

		memcpy(&word, pce_fault_text + i, sizeof(word));
		pce_write(pce, PCE_REG_FAULT_TEXT + i, le32_to_cpu(word));
	}
}

static void pce_fault_read_text(struct pce_device *pce)
{
	unsigned int i;

	for (i = 0; i < PCE_FAULT_TEXT_SIZE; i += sizeof(__le32)) {
		__le32 word = cpu_to_le32(pce_read(pce, PCE_REG_FAULT_TEXT + i));

		memcpy(pce_fault_text + i, &word, sizeof(word));
	}
}

/* Its registers are there only while the device is awake */
static int pce_fault_get(struct pce_device *pce)
{
	return pm_runtime_resume_and_get(&pce->pdev->dev);
}

static void pce_fault_put(struct pce_device *pce)
{
	pm_runtime_mark_last_busy(&pce->pdev->dev);
	pm_runtime_put_autosuspend(&pce->pdev->dev);
}

/*
 * Return: 0; -EINVAL: the text says what is wrong with the plan; -EIO: the device does
 * not answer, or has vanished in the middle of the answer.
 */
static int pce_fault_command(struct pce_device *pce, enum pce_fault_cmd cmd)
{
	u32 result;

	pce_write(pce, PCE_REG_FAULT_CMD, cmd);
	result = pce_read(pce, PCE_REG_FAULT_RESULT);
	if (result != PCE_FAULT_OK && result != PCE_FAULT_BAD_PLAN)
		return -EIO;
	pce_fault_read_text(pce);
	if (pce_read(pce, PCE_REG_FAULT_RESULT) != result)
		return -EIO;
	return result == PCE_FAULT_OK ? 0 : -EINVAL;
}

static ssize_t pce_fault_file_write(struct file *file, const char __user *data,
				    size_t size, loff_t *pos)
{
	struct pce_device *pce = file->private_data;
	int err;

	if (size > PCE_FAULT_TEXT_SIZE)
		return -E2BIG;

	guard(mutex)(&pce_fault_mutex);
	memset(pce_fault_text, 0, sizeof(pce_fault_text));
	if (copy_from_user(pce_fault_text, data, size))
		return -EFAULT;

	err = pce_fault_get(pce);
	if (err)
		return err;
	pce_fault_write_text(pce);
	err = pce_fault_command(pce, PCE_FAULT_CMD_SET);
	pce_fault_put(pce);
	if (err == -EINVAL)
		dev_err(&pce->pdev->dev, "%s\n", pce_fault_text);
	return err ?: size;
}

static ssize_t pce_fault_file_read(struct file *file, char __user *data,
				   size_t size, loff_t *pos)
{
	struct pce_device *pce = file->private_data;
	int err;

	guard(mutex)(&pce_fault_mutex);
	err = pce_fault_get(pce);
	if (err)
		return err;
	err = pce_fault_command(pce, PCE_FAULT_CMD_REPORT);
	pce_fault_put(pce);
	if (err)
		return err;
	return simple_read_from_buffer(data, size, pos, pce_fault_text,
				       strlen(pce_fault_text));
}

static const struct file_operations pce_fault_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = pce_fault_file_read,
	.write = pce_fault_file_write,
	.llseek = default_llseek,
};

/**
 * pce_fault_add() - let the user plan faults, if the device has them
 * @pce: device, whose debugfs directory exists
 */
void pce_fault_add(struct pce_device *pce)
{
	if (pce->caps.features & PCE_FEATURE_FAULTS)
		debugfs_create_file("fault_plan", 0600, pce->debugfs, pce,
				    &pce_fault_fops);
}
