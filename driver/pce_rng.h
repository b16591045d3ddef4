/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: random numbers.
 */
#ifndef PCE_RNG_H
#define PCE_RNG_H

#include <linux/completion.h>
#include <linux/crypto.h>
#include <linux/hw_random.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>

#include "pce_request.h"

struct pce_device;

/* Bytes of one request; the core asks for no more at a time */
#define PCE_RNG_BYTES	64

/**
 * struct pce_rng_health - the health tests of NIST SP 800-90B, 4.4
 * @last: the last sample
 * @base: the first sample of this window
 * @seen: samples of this window so far
 * @primed: there is a last sample
 */
struct pce_rng_health {
	u64 last;
	u64 base;
	unsigned int seen;
	bool primed;
};

/**
 * struct pce_rng_stats - what came of asking for random numbers
 * @bytes: that the device gave and that passed the tests
 * @errors: requests that failed
 * @repeats: requests whose bytes failed the tests
 */
struct pce_rng_stats {
	u64 bytes;
	u64 errors;
	u64 repeats;
};

/**
 * struct pce_rng - random numbers from a device
 * @hwrng: as the kernel sees it, which calls one reader at a time
 * @pce: the device
 * @req: the request
 * @flow: of which it is the only one
 * @base: who it is from
 * @sg: @bounce
 * @bounce: where the device writes; nothing else is in its cachelines
 * @done: @req has come back, with @err
 * @err: result of @req
 * @submitted: @req is on its way, or has come back and was not looked at
 * @lock: protects @registered
 * @registered: with the kernel
 * @left: bytes of @data that nobody has had
 * @data: passed the tests
 * @health: of the device's output
 */
struct pce_rng {
	struct hwrng hwrng;
	struct pce_device *pce;
	struct pce_request req;
	struct pce_flow flow;
	struct crypto_async_request base;
	struct scatterlist sg;
	u8 *bounce;
	struct completion done;
	int err;
	bool submitted;
	struct mutex lock;	/* of @registered */
	bool registered;
	unsigned int left;
	u8 data[PCE_RNG_BYTES];
	struct pce_rng_health health;
};

int pce_rng_init(struct pce_device *pce);
void pce_rng_start(struct pce_device *pce);
void pce_rng_stop(struct pce_device *pce);

#if IS_ENABLED(CONFIG_KUNIT)
bool pce_rng_healthy(struct pce_rng_health *health, const u8 *data,
		     unsigned int length);
void pce_rng_prepare(struct pce_rng *rng, struct pce_device *pce, u8 *bounce);
int pce_rng_read(struct hwrng *hwrng, void *data, size_t max, bool wait);
void pce_rng_wipe(struct pce_rng *rng);
#endif

#endif /* PCE_RNG_H */
