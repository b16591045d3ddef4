// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the IOMMU lets the device do with a page is changed behind the driver's
 * back while a request waits in the ring: the access fails, as by an IOMMU's
 * error or a driver's bug.
 *
 * The queue pair is stopped by its register, so that the request waits.  Its entry
 * in the ring says which addresses the device will use.  It runs again once a
 * page is changed.
 *
 * What the driver unmaps when the request is over has to stay mapped: it becomes
 * read-only, and the device's write fails.  (The source cannot be had that way,
 * for Linux lets the device read whatever it lets it use.)  What stays mapped as
 * long as the device is there is taken away, until the request is over.
 *
 * All happens when the module is inserted, which fails if the request did not
 * end as it has to.  The log says what the IOMMU has to report.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <crypto/aes.h>
#include <crypto/skcipher.h>
#include <linux/iommu.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>

#include "../../../include/pce_abi.h"

#define POLL_US		100
#define PATIENCE_US	(60 * USEC_PER_SEC)

static char *page = "destination";
module_param(page, charp, 0444);
MODULE_PARM_DESC(page, "destination, in-place (source and destination), table (of segments), context (key) or ring (of submissions)");

/* The device, its first queue pair, and what the IOMMU has for it */
struct target {
	struct pci_dev *pdev;
	void __iomem *regs;
	struct iommu_domain *domain;
};

/* A page of the device's */
struct mapping {
	unsigned long iova;
	phys_addr_t phys;
};

/* One request, and the same done by software */
struct job {
	struct crypto_skcipher *tested;
	struct crypto_sync_skcipher *reference;
	struct skcipher_request *req;
	struct page *src;
	struct page *dst;
	struct page *expected;
	struct scatterlist sg_src[2];
	struct scatterlist sg_dst;
	u8 iv[AES_BLOCK_SIZE];
	struct crypto_wait wait;
};

/* --- The device ----------------------------------------------------------- */

static void __iomem *queue_reg(struct target *t, unsigned int reg)
{
	return t->regs + PCE_QUEUE_PAGE(0) + reg;
}

static int target_find(struct target *t)
{
	t->pdev = pci_get_device(PCE_PCI_VENDOR_ID, PCE_PCI_DEVICE_ID, NULL);
	if (!t->pdev)
		return -ENODEV;
	t->domain = iommu_get_domain_for_dev(&t->pdev->dev);
	if (!t->domain || !(t->domain->type & __IOMMU_DOMAIN_PAGING)) {
		pr_err("addresses of the device are not translated\n");
		return -ENODEV;
	}
	t->regs = pci_iomap(t->pdev, PCE_BAR_REGS, 0);
	return t->regs ? 0 : -ENOMEM;
}

static void target_put(struct target *t)
{
	if (t->regs)
		pci_iounmap(t->pdev, t->regs);
	pci_dev_put(t->pdev);
}

static int queue_stop(struct target *t)
{
	u32 state;

	writel(PCE_QCMD_STOP, queue_reg(t, PCE_QREG_CMD));
	return readl_poll_timeout(queue_reg(t, PCE_QREG_STATE), state,
				  state == PCE_QSTATE_STOPPED, POLL_US,
				  PATIENCE_US);
}

static void queue_run(struct target *t)
{
	writel(PCE_QCMD_RUN, queue_reg(t, PCE_QREG_CMD));
}

/* --- The IOMMU ------------------------------------------------------------ */

static void mapping_find(struct target *t, u64 addr, struct mapping *m)
{
	m->iova = addr & PAGE_MASK;
	m->phys = iommu_iova_to_phys(t->domain, m->iova);
}

/* Of the entry that the device will take next */
static u64 entry_address(struct target *t)
{
	u64 ring = readl(queue_reg(t, PCE_QREG_SQ_LO)) |
		   (u64)readl(queue_reg(t, PCE_QREG_SQ_LO + 4)) << 32;
	u32 order = readl(queue_reg(t, PCE_QREG_SIZE)) & PCE_QSIZE_SQ_ORDER;
	u32 index = readl(queue_reg(t, PCE_QREG_SQ_HEAD)) & (BIT(order) - 1);

	return ring + index * sizeof(struct pce_sqe);
}

static const struct pce_sqe *entry_find(struct target *t)
{
	phys_addr_t phys = iommu_iova_to_phys(t->domain, entry_address(t));

	return phys ? phys_to_virt(phys) : NULL;
}

static bool mapping_remove(struct target *t, const struct mapping *m)
{
	return iommu_unmap(t->domain, m->iova, PAGE_SIZE) == PAGE_SIZE;
}

/* @prot: IOMMU_READ and IOMMU_WRITE */
static int mapping_add(struct target *t, const struct mapping *m, int prot)
{
	return iommu_map(t->domain, m->iova, m->phys, PAGE_SIZE, prot,
			 GFP_KERNEL);
}

/* --- The request ---------------------------------------------------------- */

static void job_free(struct job *job)
{
	skcipher_request_free(job->req);
	if (!IS_ERR_OR_NULL(job->tested))
		crypto_free_skcipher(job->tested);
	if (!IS_ERR_OR_NULL(job->reference))
		crypto_free_sync_skcipher(job->reference);
	if (job->src)
		__free_page(job->src);
	if (job->dst)
		__free_page(job->dst);
	if (job->expected)
		__free_page(job->expected);
}

static int job_alloc(struct job *job)
{
	static const u8 key[AES_KEYSIZE_128] = "mapping mapping";
	int err;

	job->src = alloc_page(GFP_KERNEL);
	job->dst = alloc_page(GFP_KERNEL);
	job->expected = alloc_page(GFP_KERNEL);
	if (!job->src || !job->dst || !job->expected)
		return -ENOMEM;
	job->tested = crypto_alloc_skcipher("cbc-aes-pce", 0, 0);
	if (IS_ERR(job->tested))
		return PTR_ERR(job->tested);
	job->reference = crypto_alloc_sync_skcipher("cbc(aes-generic)", 0, 0);
	if (IS_ERR(job->reference))
		return PTR_ERR(job->reference);
	err = crypto_skcipher_setkey(job->tested, key, sizeof(key)) ?:
	      crypto_sync_skcipher_setkey(job->reference, key, sizeof(key));
	if (err)
		return err;
	job->req = skcipher_request_alloc(job->tested, GFP_KERNEL);
	return job->req ? 0 : -ENOMEM;
}

/* What has to come out, by software */
static int job_expect(struct job *job)
{
	SYNC_SKCIPHER_REQUEST_ON_STACK(req, job->reference);
	struct scatterlist in, out;

	memset(page_address(job->src), 0xa5, PAGE_SIZE);
	memset(job->iv, 1, sizeof(job->iv));
	sg_init_table(&in, 1);
	sg_set_page(&in, job->src, PAGE_SIZE, 0);
	sg_init_table(&out, 1);
	sg_set_page(&out, job->expected, PAGE_SIZE, 0);
	skcipher_request_set_sync_tfm(req, job->reference);
	skcipher_request_set_callback(req, 0, NULL, NULL);
	skcipher_request_set_crypt(req, &in, &out, PAGE_SIZE, job->iv);
	return crypto_skcipher_encrypt(req);
}

static int job_submit(struct job *job, bool in_place)
{
	int err = job_expect(job);

	if (err)
		return err;
	memset(page_address(job->dst), 0, PAGE_SIZE);
	memset(job->iv, 1, sizeof(job->iv));
	/* Two entries: the device gets a table */
	sg_init_table(job->sg_src, 2);
	sg_set_page(&job->sg_src[0], job->src, PAGE_SIZE / 2, 0);
	sg_set_page(&job->sg_src[1], job->src, PAGE_SIZE / 2, PAGE_SIZE / 2);
	sg_init_table(&job->sg_dst, 1);
	sg_set_page(&job->sg_dst, job->dst, PAGE_SIZE, 0);
	crypto_init_wait(&job->wait);
	skcipher_request_set_callback(job->req, 0, crypto_req_done, &job->wait);
	skcipher_request_set_crypt(job->req, job->sg_src,
				   in_place ? job->sg_src : &job->sg_dst,
				   PAGE_SIZE, job->iv);
	return crypto_skcipher_encrypt(job->req);
}

/* It has ended with @err: -EIO is honest where the source is gone */
static int job_check(struct job *job, int err, bool in_place)
{
	if (in_place && err == -EIO)
		return 0;
	if (err) {
		pr_err("the request ended with %d\n", err);
		return -EBADE;
	}
	if (in_place) {
		pr_err("the request succeeded, without its source\n");
		return -EBADE;
	}
	if (memcmp(page_address(job->dst), page_address(job->expected),
		   PAGE_SIZE)) {
		pr_err("the result is wrong\n");
		return -EBADE;
	}
	return 0;
}

/* --- The test ------------------------------------------------------------- */

static bool page_is(const char *what)
{
	return !strcmp(page, what);
}

/* Where is the page?  The source has a table, or both sides have it. */
static int find_page(struct target *t, struct mapping *m)
{
	const struct pce_sqe *sqe = entry_find(t);
	const struct pce_segment *table;

	if (!sqe)
		return -ENOENT;
	mapping_find(t, le64_to_cpu(sqe->src), m);
	if (!m->phys || !(sqe->flags & PCE_SQE_SRC_TABLE))
		return -ENOENT;
	table = phys_to_virt(m->phys) + offset_in_page(le64_to_cpu(sqe->src));

	if (page_is("destination"))
		mapping_find(t, le64_to_cpu(sqe->dst), m);
	else if (page_is("in-place"))
		mapping_find(t, le64_to_cpu(table[0].addr), m);
	else if (page_is("context"))
		mapping_find(t, le64_to_cpu(sqe->ctx), m);
	else if (page_is("ring"))
		mapping_find(t, entry_address(t), m);
	else if (!page_is("table"))
		return -EINVAL;
	return m->phys ? 0 : -ENOENT;
}

static int take_away(struct target *t, struct mapping *m)
{
	bool write = page_is("destination") || page_is("in-place");
	int err = find_page(t, m);

	if (err)
		return err;
	if (!mapping_remove(t, m))
		return -EIO;
	/* QEMU's IOMMU reports no write where it has just let a read through */
	pr_info("%s: DMA %s at 0x%lx\n",
		page_is("in-place") ? "possible" : "expected",
		write ? "Write" : "Read", m->iova);
	return write ? mapping_add(t, m, IOMMU_READ) : 0;
}

static int give_back(struct target *t, const struct mapping *m)
{
	if (iommu_iova_to_phys(t->domain, m->iova) ||
	    page_is("destination") || page_is("in-place"))
		return 0;
	return mapping_add(t, m, IOMMU_READ | IOMMU_WRITE);
}

static int run_test(struct target *t, struct job *job)
{
	bool in_place = page_is("in-place");
	struct mapping m = {};
	int err, ret;

	err = queue_stop(t);
	if (err)
		return err;
	ret = job_submit(job, in_place);
	if (ret != -EINPROGRESS) {
		queue_run(t);
		pr_err("the request did not go to the device: %d\n", ret);
		return -EBADE;
	}
	err = take_away(t, &m);
	queue_run(t);
	ret = crypto_wait_req(ret, &job->wait);
	/* The device has nothing to do with it any more */
	if (!err)
		err = job_check(job, ret, in_place);
	return m.phys ? give_back(t, &m) ?: err : err;
}

static int __init mapping_init(void)
{
	struct target target = {};
	struct job *job;
	int err;

	job = kzalloc(sizeof(*job), GFP_KERNEL);
	if (!job)
		return -ENOMEM;
	err = target_find(&target);
	if (!err)
		err = job_alloc(job);
	if (!err)
		err = run_test(&target, job);
	job_free(job);
	target_put(&target);
	kfree(job);
	return err;
}

static void __exit mapping_exit(void)
{
}

module_init(mapping_init);
module_exit(mapping_exit);

MODULE_DESCRIPTION("Takes a page away from the PCI Crypto Engine while it is used");
MODULE_LICENSE("GPL");
