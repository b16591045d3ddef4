// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: trace events.
 */
#define CREATE_TRACE_POINTS
#include "pce_trace.h"
