/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests on a device that is imitated.  Each has a source and a destination of its
 * own, and what its caller and the software hear of it is counted.
 */
#ifndef PCE_TEST_REQUEST_H
#define PCE_TEST_REQUEST_H

#include <linux/crypto.h>
#include <linux/scatterlist.h>

#include "../pce_request.h"
#include "../pce_session.h"
#include "pce_fake.h"

#define TEST_ORDER	2
#define TEST_SIZE	4	/* entries in a ring of this order */
#define TEST_REQUESTS	8
#define TEST_LENGTH	64
#define TEST_BUFFER	4096
#define TEST_SOFTWARE	-71	/* what the stand-in for software returns */
#define TEST_PENDING	1	/* what no request ends with */

struct test_requests;

/**
 * struct test_request - a request and what became of it
 * @base: it, as the crypto API sees it
 * @req: it, as the driver sees it
 * @ctx: it is one of these
 * @src: source
 * @dst: destination
 * @notified: times that the caller heard that it left the backlog
 * @completed: times that the caller heard of its end
 * @turn: place in the order of these
 * @fallbacks: times that software did it
 * @fallback_flags: flags of the last of those
 * @fast_ret: what fast software returns
 * @fast_done: how it calls back
 * @fast_then: request to run and to complete by the device meanwhile
 * @err: result
 */
struct test_request {
	struct crypto_async_request base;
	struct pce_request req;
	struct test_requests *ctx;
	struct scatterlist src[2];
	struct scatterlist dst[2];
	unsigned int notified;
	unsigned int completed;
	unsigned int turn;
	unsigned int fallbacks;
	u32 fallback_flags;
	int fast_ret;
	crypto_completion_t fast_done;
	struct test_request *fast_then;
	int err;
};

/**
 * struct test_requests - what a test has
 * @fake: device
 * @session: of the requests
 * @other: another one, bound to the same device
 * @requests: requests
 * @turns: requests that were completed
 * @counted: the module's counters before the test
 * @src: memory of all sources
 * @dst: memory of all destinations
 * @iv: of all requests
 * @min_len: the module parameter before the test
 * @enospc: the same
 */
struct test_requests {
	struct pce_fake *fake;
	struct pce_session session;
	struct pce_session other;
	struct test_request requests[TEST_REQUESTS];
	unsigned int turns;
	u64 counted[PCE_COUNTERS];
	u8 *src;
	u8 *dst;
	u8 iv[PCE_SQE_IV_SIZE];
	int min_len;
	bool enospc;
};

static inline struct test_requests *test_requests(struct kunit *test)
{
	return test->priv;
}

int pce_test_requests_init(struct kunit *test);
void pce_test_requests_exit(struct kunit *test);
int pce_test_run(struct kunit *test, unsigned int i);
u64 pce_test_counted(struct kunit *test, enum pce_counter counter);
void pce_test_fill(struct kunit *test);
void pce_test_complete(struct kunit *test, u32 index, u32 status);

#endif /* PCE_TEST_REQUEST_H */
