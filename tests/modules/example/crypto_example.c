// SPDX-License-Identifier: GPL-2.0-only
/*
 * How to use a cipher of the crypto API, both ways.  Documentation/driver.rst
 * shows these functions; a test suite loads the module.
 *
 * Synchronous use reads like a function call.  Asynchronous use submits, goes on
 * with something else, and is told by a callback.  A driver of an engine serves
 * both by the same code: who wants to wait, waits for the callback.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <crypto/aes.h>
#include <crypto/skcipher.h>
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

static char *cipher = "cbc(aes)";
module_param(cipher, charp, 0444);
MODULE_PARM_DESC(cipher, "name or driver name of a CBC-AES implementation");

/* NIST SP 800-38A, F.2.1: CBC-AES128.Encrypt, first block */
static const u8 example_key[] = {
	0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
	0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c,
};

static const u8 example_iv[AES_BLOCK_SIZE] = {
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
	0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
};

static const u8 example_plain[AES_BLOCK_SIZE] = {
	0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,
	0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a,
};

static const u8 example_cipher[AES_BLOCK_SIZE] = {
	0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46,
	0xce, 0xe9, 0x8e, 0x9b, 0x12, 0xe9, 0x19, 0x7d,
};

#define EXAMPLE_REQUESTS	8

/*
 * What one request needs, in memory that a device may reach: not on the stack,
 * and the data not in a cacheline with something else.
 */
struct example_job {
	u8 data[AES_BLOCK_SIZE] ____cacheline_aligned;
	u8 iv[AES_BLOCK_SIZE] ____cacheline_aligned;
	struct scatterlist sg;
	struct skcipher_request *req;
	struct completion done;
	int err;
};

static void example_prepare(struct example_job *job)
{
	memcpy(job->data, example_plain, sizeof(job->data));
	memcpy(job->iv, example_iv, sizeof(job->iv));
	sg_init_one(&job->sg, job->data, sizeof(job->data));
	skcipher_request_set_crypt(job->req, &job->sg, &job->sg,
				   sizeof(job->data), job->iv);
}

static int example_verify(const struct example_job *job)
{
	if (memcmp(job->data, example_cipher, sizeof(job->data)))
		return -EILSEQ;
	return 0;
}

/* [synchronous] */
static int example_synchronous(struct example_job *job)
{
	DECLARE_CRYPTO_WAIT(wait);
	int err;

	example_prepare(job);
	skcipher_request_set_callback(job->req,
				      CRYPTO_TFM_REQ_MAY_BACKLOG |
				      CRYPTO_TFM_REQ_MAY_SLEEP,
				      crypto_req_done, &wait);

	/* Sleeps if the answer is "later", returns the result either way */
	err = crypto_wait_req(crypto_skcipher_encrypt(job->req), &wait);
	if (err)
		return err;
	return example_verify(job);
}

/* [asynchronous] */
/* Bottom halves are off here: no sleeping.  The request may be used again. */
static void example_done(void *data, int err)
{
	struct example_job *job = data;

	/* The request left the backlog; its result is still to come */
	if (err == -EINPROGRESS)
		return;

	job->err = err;
	complete(&job->done);
}

static int example_submit(struct example_job *job)
{
	int err;

	example_prepare(job);
	init_completion(&job->done);
	skcipher_request_set_callback(job->req, CRYPTO_TFM_REQ_MAY_BACKLOG,
				      example_done, job);

	err = crypto_skcipher_encrypt(job->req);
	switch (err) {
	case -EINPROGRESS:	/* the callback will come */
	case -EBUSY:		/* it is queued; the callback comes twice */
		return 0;
	default:		/* done already: there is no callback */
		example_done(job, err);
		return err;
	}
}

static int example_asynchronous(struct example_job *jobs)
{
	int i, err, ret = 0;

	for (i = 0; i < EXAMPLE_REQUESTS; i++)
		example_submit(&jobs[i]);

	/* ... do something else here ... */

	for (i = 0; i < EXAMPLE_REQUESTS; i++) {
		wait_for_completion(&jobs[i].done);
		err = jobs[i].err ?: example_verify(&jobs[i]);
		ret = ret ?: err;
	}
	return ret;
}

/* [end] */

static void example_free(struct example_job *jobs)
{
	int i;

	for (i = 0; i < EXAMPLE_REQUESTS; i++)
		skcipher_request_free(jobs[i].req);
	kfree(jobs);
}

static struct example_job *example_alloc(struct crypto_skcipher *tfm)
{
	struct example_job *jobs;
	int i;

	jobs = kcalloc(EXAMPLE_REQUESTS, sizeof(*jobs), GFP_KERNEL);
	if (!jobs)
		return NULL;
	for (i = 0; i < EXAMPLE_REQUESTS; i++) {
		jobs[i].req = skcipher_request_alloc(tfm, GFP_KERNEL);
		if (!jobs[i].req) {
			example_free(jobs);
			return NULL;
		}
	}
	return jobs;
}

static int example_run(struct crypto_skcipher *tfm)
{
	struct example_job *jobs;
	int err;

	err = crypto_skcipher_setkey(tfm, example_key, sizeof(example_key));
	if (err)
		return err;
	jobs = example_alloc(tfm);
	if (!jobs)
		return -ENOMEM;

	err = example_synchronous(jobs);
	pr_info("synchronous: %d\n", err);
	if (!err) {
		err = example_asynchronous(jobs);
		pr_info("asynchronous: %d\n", err);
	}
	example_free(jobs);
	return err;
}

static int __init example_init(void)
{
	struct crypto_skcipher *tfm;
	int err;

	tfm = crypto_alloc_skcipher(cipher, 0, 0);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	pr_info("%s\n", crypto_skcipher_driver_name(tfm));
	err = example_run(tfm);
	crypto_free_skcipher(tfm);
	return err;
}

static void __exit example_exit(void)
{
}

module_init(example_init);
module_exit(example_exit);

MODULE_DESCRIPTION("Synchronous and asynchronous use of a cipher");
MODULE_LICENSE("GPL");
