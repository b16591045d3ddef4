// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: random numbers.
 *
 * A device in service is a source of the kernel's hw_random core.  A reader has at most
 * one request in flight, and takes no lock: whatever happens to the device, the request
 * comes back, so that the reader ends.
 *
 * The source stays registered while the driver recovers the device.  Registering may wait
 * for memory, and somebody who writes to swap on an encrypted disk may need the recovery
 * to get that memory.  So the device's mutex is not held while registering, and the
 * recovery only unregisters, when no request goes to the device any more.
 */
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "pce.h"
#include "pce_device.h"
#include "pce_rng.h"
#include "pce_state.h"

#include <kunit/visibility.h>

/* A sample of the health tests is a u64 */
#define PCE_RNG_WINDOW	512

/*
 * The Repetition Count Test and the Adaptive Proportion Test of NIST SP 800-90B,
 * 4.4.1 and 4.4.2.  The device's output has full entropy: at 64 bits a sample,
 * one repetition is less likely than the 2^-30 that both tests are meant to
 * allow, so that the cutoff of both is 2.
 * Return: false if a test failed; testing then begins anew.
 */
VISIBLE_IF_KUNIT
bool pce_rng_healthy(struct pce_rng_health *health, const u8 *data,
		     unsigned int length)
{
	for (; length >= sizeof(u64); data += sizeof(u64), length -= sizeof(u64)) {
		u64 sample = get_unaligned((const u64 *)data);

		if ((health->primed && sample == health->last) ||
		    (health->seen && sample == health->base)) {
			memzero_explicit(health, sizeof(*health));
			return false;
		}
		if (!health->seen)
			health->base = sample;
		health->seen = (health->seen + 1) % PCE_RNG_WINDOW;
		health->last = sample;
		health->primed = true;
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(pce_rng_healthy);

static void pce_rng_done(void *data, int err)
{
	struct pce_rng *rng = data;

	if (err == -EINPROGRESS)
		return;	/* the request has left the backlog */
	rng->err = err;
	complete(&rng->done);
}

/* There is no software that could do it instead */
static const struct pce_request_ops pce_rng_ops = { };

static int pce_rng_submit(struct pce_rng *rng)
{
	int ret;

	pce_flow_init(&rng->flow);
	rng->req = (struct pce_request) {
		.base = &rng->base,
		.ops = &pce_rng_ops,
		.pce = rng->pce,
		.dst = { .sg = &rng->sg, .length = PCE_RNG_BYTES },
		.opcode = PCE_OP_RANDOM,
		.job = {
			.flow = &rng->flow,
			.length = PCE_RNG_BYTES,
			.expected = PCE_RNG_BYTES,
		},
	};
	ret = pce_request_run(&rng->req);
	if (ret != -EINPROGRESS && ret != -EBUSY)
		return ret;
	rng->submitted = true;
	return 0;
}

/*
 * Submit a request.  A device that is asleep has to be woken up first; one that is
 * being reset runs again soon.
 */
static int pce_rng_begin(struct pce_rng *rng, bool wait)
{
	struct pce_device *pce = rng->pce;
	int err;

	for (;;) {
		switch (READ_ONCE(pce->state)) {
		case PCE_RUNNING:
			err = pce_rng_submit(rng);
			/* The device may have been stopped in the meantime */
			if (!err || READ_ONCE(pce->state) == PCE_RUNNING)
				return err;
			break;
		case PCE_STOPPED:
		case PCE_RETIRED:
			return -EIO;
		default:
			break;
		}
		pce_state_wake(pce);
		if (!wait)
			return -EAGAIN;
		err = pce_state_settle(pce);
		if (err)
			return err;
	}
}

/* Copy what the device wrote before testing it: the device cannot change the copy */
static int pce_rng_take(struct pce_rng *rng)
{
	memcpy(rng->data, rng->bounce, PCE_RNG_BYTES);
	memzero_explicit(rng->bounce, PCE_RNG_BYTES);
	if (!pce_rng_healthy(&rng->health, rng->data, PCE_RNG_BYTES)) {
		memzero_explicit(rng->data, PCE_RNG_BYTES);
		rng->pce->random.repeats++;
		dev_err_ratelimited(&rng->pce->pdev->dev,
				    "random numbers repeat themselves\n");
		return -EIO;
	}
	rng->left = PCE_RNG_BYTES;
	rng->pce->random.bytes += PCE_RNG_BYTES;
	return 0;
}

/* Return: 0; -EAGAIN if there are no bytes yet; or another negative error number */
static int pce_rng_fetch(struct pce_rng *rng, bool wait)
{
	int err;

	if (!rng->submitted) {
		err = pce_rng_begin(rng, wait);
		if (err == -EAGAIN || err == -ERESTARTSYS)
			return err;	/* the device has not failed */
		if (err) {
			rng->pce->random.errors++;
			return err;
		}
	}
	/* A reader that is killed meanwhile leaves the request to the next one */
	if (wait && wait_for_completion_killable(&rng->done))
		return -ERESTARTSYS;
	if (!wait && !try_wait_for_completion(&rng->done))
		return -EAGAIN;

	rng->submitted = false;
	if (!rng->err)
		return pce_rng_take(rng);
	rng->pce->random.errors++;
	return rng->err;
}

/* The kernel's hw_random core lets one reader in at a time */
VISIBLE_IF_KUNIT
int pce_rng_read(struct hwrng *hwrng, void *data, size_t max, bool wait)
{
	struct pce_rng *rng = container_of(hwrng, struct pce_rng, hwrng);
	u8 *bytes;
	int err;

	if (!rng->left) {
		err = pce_rng_fetch(rng, wait);
		if (err)
			return err == -EAGAIN ? 0 : err;
	}
	max = min(max, rng->left);
	rng->left -= max;
	bytes = rng->data + rng->left;
	memcpy(data, bytes, max);
	memzero_explicit(bytes, max);
	return max;
}
EXPORT_SYMBOL_IF_KUNIT(pce_rng_read);

VISIBLE_IF_KUNIT
void pce_rng_prepare(struct pce_rng *rng, struct pce_device *pce, u8 *bounce)
{
	rng->pce = pce;
	rng->bounce = bounce;
	sg_init_one(&rng->sg, bounce, PCE_RNG_BYTES);
	init_completion(&rng->done);
	rng->base.complete = pce_rng_done;
	rng->base.data = rng;
	rng->base.flags = CRYPTO_TFM_REQ_MAY_BACKLOG;
	rng->hwrng.read = pce_rng_read;
	rng->hwrng.quality = 1024;	/* of 1024: fit for keys */
}
EXPORT_SYMBOL_IF_KUNIT(pce_rng_prepare);

/* Nobody reads and nothing is in flight: leave no bytes for the next reader */
VISIBLE_IF_KUNIT void pce_rng_wipe(struct pce_rng *rng)
{
	if (rng->submitted)
		wait_for_completion(&rng->done);
	rng->submitted = false;
	rng->left = 0;
	memzero_explicit(rng->data, sizeof(rng->data));
	memzero_explicit(rng->bounce, PCE_RNG_BYTES);
	memzero_explicit(&rng->health, sizeof(rng->health));
}
EXPORT_SYMBOL_IF_KUNIT(pce_rng_wipe);

/**
 * pce_rng_init() - prepare a device's random numbers, if it has the feature
 * @pce: device, with its features
 *
 * Return: 0 or a negative error number.
 */
int pce_rng_init(struct pce_device *pce)
{
	struct device *dev = &pce->pdev->dev;
	struct pce_rng *rng;
	u8 *bounce;
	int err;

	if (!(pce->caps.features & PCE_FEATURE_RANDOM))
		return 0;

	rng = devm_kzalloc(dev, sizeof(*rng), GFP_KERNEL);
	bounce = (u8 *)devm_get_free_pages(dev, GFP_KERNEL | __GFP_ZERO, 0);
	if (!rng || !bounce)
		return -ENOMEM;
	err = devm_mutex_init(dev, &rng->lock);
	if (err)
		return err;
	rng->hwrng.name = devm_kasprintf(dev, GFP_KERNEL, "pce-%s",
					 pci_name(pce->pdev));
	if (!rng->hwrng.name)
		return -ENOMEM;
	pce_rng_prepare(rng, pce, bounce);
	pce->rng = rng;
	return 0;
}

/**
 * pce_rng_start() - let the kernel have random numbers
 * @pce: device that was started; its mutex is not held
 */
void pce_rng_start(struct pce_device *pce)
{
	struct pce_rng *rng = pce->rng;
	int err;

	if (!rng)
		return;
	guard(mutex)(&rng->lock);
	/* It may be out of service again */
	if (rng->registered || READ_ONCE(pce->state) != PCE_RUNNING)
		return;
	err = hwrng_register(&rng->hwrng);
	if (err)
		dev_err(&pce->pdev->dev,
			"random numbers were not registered: %d\n", err);
	rng->registered = !err;
}

/**
 * pce_rng_stop() - let the kernel have no more random numbers
 * @pce: device that takes no requests and that has none in flight
 *
 * Readers that waited have got an error by now.
 */
void pce_rng_stop(struct pce_device *pce)
{
	struct pce_rng *rng = pce->rng;

	if (!rng)
		return;
	guard(mutex)(&rng->lock);
	if (!rng->registered)
		return;
	hwrng_unregister(&rng->hwrng);
	rng->registered = false;
	pce_rng_wipe(rng);
}
