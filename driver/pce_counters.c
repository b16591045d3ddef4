// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: what the module counts over all devices.
 */
#include <linux/cpumask.h>

#include "pce.h"

#include <kunit/visibility.h>

DEFINE_PER_CPU(struct pce_counters, pce_counters);

const char * const pce_counter_names[PCE_COUNTERS] = {
	[PCE_COUNT_REQUESTS]		= "requests",
	[PCE_COUNT_BYTES]		= "bytes",
	[PCE_COUNT_BUSY]		= "busy",
	[PCE_COUNT_ENOSPC]		= "enospc",
	[PCE_COUNT_DEFERRED]		= "deferred",
	[PCE_COUNT_EIO]			= "eio",
	[PCE_COUNT_CHECKED]		= "checked",
	[PCE_COUNT_UNCHECKED]		= "unchecked",
	[PCE_COUNT_WRONG]		= "wrong",
	[PCE_FALLBACK_SMALL]		= "fallback_small",
	[PCE_FALLBACK_NO_DEVICE]	= "fallback_no_device",
	[PCE_FALLBACK_UNSUPPORTED]	= "fallback_unsupported",
	[PCE_FALLBACK_SEGMENTS]		= "fallback_segments",
	[PCE_FALLBACK_LARGE]		= "fallback_large",
	[PCE_FALLBACK_MEMORY]		= "fallback_memory",
	[PCE_FALLBACK_RESET]		= "fallback_reset",
	[PCE_FALLBACK_ERROR]		= "fallback_error",
};

/**
 * pce_counter_sum() - read a counter
 * @counter: which
 *
 * Context: any.
 * Return: the sum over all CPUs.
 */
u64 pce_counter_sum(enum pce_counter counter)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(pce_counters, cpu).value[counter]);
	return sum;
}
EXPORT_SYMBOL_IF_KUNIT(pce_counter_sum);
