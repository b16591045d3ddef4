// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: the state of a device.
 *
 * Probe, suspend, resume, resets, error recovery, the watchdog and removal all start
 * and stop a device, in any order.  Whoever does so holds the device's mutex and asks
 * for a transition here; Documentation/driver.rst has the table.
 */
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/jiffies.h>
#include <linux/pm_runtime.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "pce.h"
#include "pce_device.h"
#include "pce_state.h"
#include "pce_trace.h"

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

/* States that may follow on a state */
static const u8 pce_state_next[PCE_STATES] = {
	[PCE_STOPPED]	= BIT(PCE_STARTING) | BIT(PCE_RETIRED),
	[PCE_STARTING]	= BIT(PCE_RUNNING) | BIT(PCE_RETIRED),
	[PCE_RUNNING]	= BIT(PCE_STOPPING),
	[PCE_STOPPING]	= BIT(PCE_STOPPED) | BIT(PCE_STARTING) |
			  BIT(PCE_ASLEEP) | BIT(PCE_RETIRED),
	[PCE_ASLEEP]	= BIT(PCE_STARTING) | BIT(PCE_STOPPED),
	[PCE_RETIRED]	= BIT(PCE_STOPPED),
};

static const char * const pce_state_names[PCE_STATES] = {
	[PCE_STOPPED]	= "stopped",
	[PCE_STARTING]	= "starting",
	[PCE_RUNNING]	= "in service",
	[PCE_STOPPING]	= "stopping",
	[PCE_ASLEEP]	= "asleep",
	[PCE_RETIRED]	= "out of service",
};

/**
 * pce_state_name() - name a state
 * @state: state
 *
 * Return: its name in the file status and in the trace.
 */
const char *pce_state_name(enum pce_state state)
{
	return pce_state_names[state];
}

/**
 * pce_state_init() - a device is PCE_STOPPED
 * @pce: new device
 */
void pce_state_init(struct pce_device *pce)
{
	pce->state = PCE_STOPPED;
	init_waitqueue_head(&pce->state_changed);
}
EXPORT_SYMBOL_IF_KUNIT(pce_state_init);

/* A fault of the driver */
VISIBLE_IF_KUNIT
void pce_state_complain(enum pce_state from, enum pce_state to)
{
	KUNIT_STATIC_STUB_REDIRECT(pce_state_complain, from, to);

	WARN_ONCE(1, "pce: a device that is %s cannot be %s\n",
		  pce_state_name(from), pce_state_name(to));
}
EXPORT_SYMBOL_IF_KUNIT(pce_state_complain);

/**
 * pce_state_change() - change the state of a device
 * @pce: device; its mutex is held
 * @to: new state, one that may follow on the present one
 */
void pce_state_change(struct pce_device *pce, enum pce_state to)
{
	enum pce_state from = pce->state;

	lockdep_assert_held(&pce->mutex);
	if (unlikely(!(pce_state_next[from] & BIT(to))))
		pce_state_complain(from, to);
	trace_pce_state(pci_name(pce->pdev), pce_state_name(from),
			pce_state_name(to));
	WRITE_ONCE(pce->state, to);
	if (to == PCE_RETIRED)
		dev_err(&pce->pdev->dev,
			"out of service: %s; requests are served by software\n",
			pce->failure);
	wake_up_all(&pce->state_changed);
}
EXPORT_SYMBOL_IF_KUNIT(pce_state_change);

/**
 * pce_state_fail() - have a device taken out of service
 * @pce: device
 * @why: in words, a constant
 *
 * It is not started again before a reset by the user, even if it is being stopped for
 * another reason at the moment.
 *
 * Context: any; the service work does it soon.
 */
void pce_state_fail(struct pce_device *pce, const char *why)
{
	KUNIT_STATIC_STUB_REDIRECT(pce_state_fail, pce, why);

	WRITE_ONCE(pce->failure, why);
	queue_work(pce_workqueue, &pce->recovery.service);
}
EXPORT_SYMBOL_IF_KUNIT(pce_state_fail);

/**
 * pce_state_wake() - have a device woken up, if it is asleep
 * @pce: device
 *
 * Context: any; does not wait.
 * Return: a negative error number if it cannot be woken at the moment, as during a
 * suspend of the system: ask again later.
 */
int pce_state_wake(struct pce_device *pce)
{
	KUNIT_STATIC_STUB_REDIRECT(pce_state_wake, pce);

	if (READ_ONCE(pce->state) != PCE_ASLEEP)
		return 0;
	return pm_request_resume(&pce->pdev->dev);
}
EXPORT_SYMBOL_IF_KUNIT(pce_state_wake);

static bool pce_state_settled(struct pce_device *pce)
{
	switch (READ_ONCE(pce->state)) {
	case PCE_STARTING:
	case PCE_STOPPING:
	case PCE_ASLEEP:
		return false;
	default:
		return true;
	}
}

/**
 * pce_state_settle() - wait until a device runs, or is at rest for a while
 * @pce: device; if it is asleep, it was asked to wake up
 *
 * Context: process context; sleeps.
 * Return: 0; -EAGAIN if it took too long; -ERESTARTSYS if the caller is being killed.
 */
int pce_state_settle(struct pce_device *pce)
{
	long left;

	left = wait_event_killable_timeout(pce->state_changed,
					   pce_state_settled(pce),
					   msecs_to_jiffies(pce_timeout()) + HZ);
	if (left < 0)
		return left;
	return left ? 0 : -EAGAIN;
}
EXPORT_SYMBOL_IF_KUNIT(pce_state_settle);
