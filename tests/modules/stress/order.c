// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that one CPU submits for one transform complete in the order of their
 * submission.  IPsec and macsec, which drop what comes too late, rely on that.
 *
 * A request is older than another one if its submission had returned before that
 * of the other one began, on the same CPU.  So it does not matter that a bottom
 * half may submit a request while a thread is about to submit one: neither of the
 * two is older.  Nothing is promised between requests of different CPUs.
 *
 * A request that is over on return completes there; any other request completes
 * with its callback.  It must not complete before one that is older.
 */
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "stress.h"

/**
 * struct stress_order - the requests of one transform and one CPU
 * @lock: protects all of it, and what the slots have for it
 * @clock: is advanced when a submission begins, and when it returns
 * @count: number of the last request
 * @outstanding: slots that were submitted and have not completed, in the order in
 *	which their submissions began
 */
struct stress_order {
	spinlock_t lock;	/* callbacks should not, but may, interrupt */
	u64 clock;
	u64 count;
	struct list_head outstanding;
};

/**
 * stress_order_alloc() - prepare to check the order of a transform's requests
 * @transform: the transform
 *
 * Return: 0 or -ENOMEM.
 */
int stress_order_alloc(struct stress_transform *transform)
{
	unsigned int cpu;

	transform->orders = kcalloc(nr_cpu_ids, sizeof(*transform->orders),
				    GFP_KERNEL);
	if (!transform->orders)
		return -ENOMEM;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		spin_lock_init(&transform->orders[cpu].lock);
		INIT_LIST_HEAD(&transform->orders[cpu].outstanding);
	}
	return 0;
}

/**
 * stress_order_free() - undo stress_order_alloc()
 * @transform: the transform, without a request in flight
 */
void stress_order_free(struct stress_transform *transform)
{
	kfree(transform->orders);
	transform->orders = NULL;
}

/**
 * stress_order_begin() - the submission of a request begins
 * @slot: the slot of the request
 *
 * The caller stays on this CPU until stress_order_return().
 */
void stress_order_begin(struct stress_slot *slot)
{
	struct stress_order *order;
	unsigned long flags;

	migrate_disable();
	order = &slot->transform->orders[raw_smp_processor_id()];
	spin_lock_irqsave(&order->lock, flags);
	if (!list_empty(&order->outstanding))
		stress_count(STRESS_FOLLOWING);
	slot->order = order;
	slot->order_number = ++order->count;
	slot->order_begun = ++order->clock;
	slot->order_returned = 0;
	list_add_tail(&slot->order_node, &order->outstanding);
	spin_unlock_irqrestore(&order->lock, flags);
}

/*
 * The oldest request that @slot has overtaken, or NULL.  One whose submission has
 * not returned is not older, wherever it is in the list.
 */
static struct stress_slot *overtaken(struct stress_slot *slot)
{
	struct stress_slot *other;

	list_for_each_entry(other, &slot->order->outstanding, order_node) {
		if (other == slot)
			break;
		if (other->order_returned &&
		    other->order_returned < slot->order_begun)
			return other;
	}
	return NULL;
}

static void leave(struct stress_slot *slot, bool completes, int result,
		  const char *how)
{
	struct stress_order *order = slot->order;
	unsigned int aad_length = 0, length = 0;
	struct stress_slot *older = NULL;
	const char *what = NULL;
	unsigned long flags;
	u64 number = 0;

	spin_lock_irqsave(&order->lock, flags);
	if (completes)
		older = overtaken(slot);
	if (older) {
		number = older->order_number;
		what = older->what;
		aad_length = older->aad_length;
		length = older->length;
	}
	list_del(&slot->order_node);
	spin_unlock_irqrestore(&order->lock, flags);

	if (older)
		stress_fail(STRESS_OVERTAKEN,
			    "stream %u: %s, CPU %td: request %llu (%s, %u + %u bytes) completes %s (%d) before request %llu (%s, %u + %u bytes)",
			    slot->stream->number, slot->transform->driver,
			    order - slot->transform->orders,
			    slot->order_number, slot->what, slot->aad_length,
			    slot->length, how, result, number, what, aad_length,
			    length);
}

/*
 * What is refused as invalid has no result that could come too early.  Nor has a
 * cipher without text, or the part of a hash's message that has no bytes.
 */
static bool has_result(const struct stress_slot *slot, int result)
{
	if (result && result != -EBADMSG)
		return result != slot->expected;
	return slot->length || (slot->transform->kind != &stress_skcipher &&
				strcmp(slot->what, "part"));
}

/**
 * stress_order_return() - the submission of a request returns
 * @slot: the slot of the request
 * @result: what it returned
 */
void stress_order_return(struct stress_slot *slot, int result)
{
	struct stress_order *order = slot->order;
	unsigned long flags;

	switch (result) {
	case -EBUSY:
	case -EINPROGRESS:
		spin_lock_irqsave(&order->lock, flags);
		slot->order_returned = ++order->clock;
		spin_unlock_irqrestore(&order->lock, flags);
		break;
	case -ENOSPC:
		leave(slot, false, result, "");
		break;
	default:
		leave(slot, has_result(slot, result), result, "on return");
		break;
	}
	migrate_enable();
}

/**
 * stress_order_complete() - a callback brings the result of a request
 * @slot: the slot of the request
 * @result: the result
 */
void stress_order_complete(struct stress_slot *slot, int result)
{
	leave(slot, true, result, "by callback");
}
