/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the measured part of a run begins and ends, for who counts the guest's
 * instructions from outside: no-ops that no compiler makes. An emulator's plugin
 * finds these bytes when it translates them:
 *
 *	0f 1f 84 00 01 45 43 50		nopl 0x50434501(%rax,%rax,1)
 *
 * where the last four are one of the values below in little-endian order. On other
 * processors than x86 there is nothing.
 */
#ifndef LOAD_MARKER_H
#define LOAD_MARKER_H

#include <linux/compiler.h>
#include <linux/types.h>

#define LOAD_MARKER_BEGIN	0x50434501
#define LOAD_MARKER_END		0x50434502

static __always_inline void load_marker(u32 value)
{
#ifdef CONFIG_X86
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00\n\t.long %c0"
		     : : "i" (value) : "memory");
#endif
}

#endif
