// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI Crypto Engine: registration of the algorithms with the crypto API.
 *
 * The algorithms belong to the module, not to a device: an algorithm is
 * registered when the first device offers it, and stays until the module is
 * unloaded.  Each of them needs software that does the same.  While the kernel
 * has none, as in an initramfs, the algorithm is not registered; it is tried
 * again when a module was loaded, with the next device, and when somebody writes
 * to the file "algorithms" in debugfs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/async.h>
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "pce.h"
#include "pce_aead.h"
#include "pce_alg.h"
#include "pce_hash.h"
#include "pce_registry.h"
#include "pce_request.h"
#include "pce_skcipher.h"

#include <kunit/visibility.h>

/* Modules are loaded in groups: this long after the first of a group */
#define PCE_ALG_DELAY		(HZ / 5)

/* Names of algorithms that fit into a line of the log */
#define PCE_ALG_LIST_SIZE	880

static bool pce_legacy;
module_param_named(legacy, pce_legacy, bool, 0444);
MODULE_PARM_DESC(legacy, "Register triple DES too, for old peers");

/*
 * The software of the algorithms, so that modprobe loads it first, and tools
 * that make an initramfs put it there.  Names that a kernel has not got, or has
 * built in, are ignored.
 */
MODULE_SOFTDEP("pre: ecb cbc ctr xts cts lrw essiv hmac cmac xcbc gcm ccm chacha20poly1305 authenc authencesn aes_generic ghash-generic chacha_generic poly1305_generic sha1_generic sha256_generic sha512_generic sha3_generic sm3_generic sm4_generic des_generic");

static const struct pce_alg_table * const pce_alg_tables[] = {
	&pce_skcipher_table,
	&pce_aead_table,
	&pce_hash_table,
};

/* What is registered, and the members below */
static DEFINE_MUTEX(pce_alg_mutex);

/* What the devices so far have offered: PCE_ALG_INFO_* of each algorithm */
static u32 pce_alg_offered[PCE_LIMIT_ALGS];

/* Is there something to try again?  Read without the mutex. */
static bool pce_alg_missing;

/* The next attempt of the work item may load the modules of the software */
static bool pce_alg_may_load;

static void pce_alg_work_function(struct work_struct *work);
static DECLARE_DELAYED_WORK(pce_alg_work, pce_alg_work_function);

/* Return: the @n-th algorithm of all kinds, or NULL if there are fewer. */
static struct pce_algorithm *pce_alg_get(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pce_alg_tables); i++) {
		const struct pce_alg_table *table = pce_alg_tables[i];

		if (n < table->count)
			return (void *)table->first + n * table->size;
		n -= table->count;
	}
	return NULL;
}

#define pce_for_each_alg(alg)						\
	for (unsigned int n_ = 0; ((alg) = pce_alg_get(n_)) != NULL; n_++)

static struct crypto_alg *pce_alg_crypto(struct pce_algorithm *alg)
{
	switch (alg->kind) {
	case PCE_KIND_SKCIPHER:
		return &alg->skcipher.base;
	case PCE_KIND_AEAD:
		return &alg->aead.base;
	default:
		return &alg->ahash.halg.base;
	}
}

/*
 * A template makes the software's algorithm when it is asked for by its name.  It
 * has to be there before ours is registered: otherwise a lookup by that name
 * would find our driver of low priority, and would not try the template any more.
 */
static bool pce_alg_has_software(struct pce_algorithm *alg, u32 mask)
{
	const char *name = pce_alg_crypto(alg)->cra_name;

	mask |= PCE_FALLBACK_MASK;
	switch (alg->kind) {
	case PCE_KIND_SKCIPHER:
		return crypto_has_skcipher(name, 0, mask);
	case PCE_KIND_AEAD:
		return crypto_has_aead(name, 0, mask);
	default:
		return crypto_has_shash(name, 0, mask);
	}
}

/**
 * pce_alg_prepare() - what every algorithm has before it is registered
 * @alg: algorithm with its name
 *
 * The driver's name is made of it: authenc(hmac(sha1),cbc(aes)) is done by
 * authenc-hmac-sha1-cbc-aes-pce.
 */
VISIBLE_IF_KUNIT void pce_alg_prepare(struct crypto_alg *alg)
{
	char *name = alg->cra_driver_name;
	const char *c;
	size_t n = 0;

	for (c = alg->cra_name; *c; c++) {
		if (isalnum(*c) || *c == '_')
			name[n++] = *c;
		else if (n && name[n - 1] != '-')
			name[n++] = '-';
	}
	if (n && name[n - 1] == '-')
		n--;
	strscpy(name + n, "-pce", sizeof(alg->cra_driver_name) - n);
	alg->cra_priority = pce_priority;
}
EXPORT_SYMBOL_IF_KUNIT(pce_alg_prepare);

static int pce_alg_register_one(struct pce_algorithm *alg)
{
	pce_alg_prepare(pce_alg_crypto(alg));
	switch (alg->kind) {
	case PCE_KIND_SKCIPHER:
		return crypto_register_skcipher(&alg->skcipher);
	case PCE_KIND_AEAD:
		return crypto_register_aead(&alg->aead);
	default:
		pce_hash_prepare(alg);
		return crypto_register_ahash(&alg->ahash);
	}
}

static void pce_alg_unregister_one(struct pce_algorithm *alg)
{
	switch (alg->kind) {
	case PCE_KIND_SKCIPHER:
		crypto_unregister_skcipher(&alg->skcipher);
		break;
	case PCE_KIND_AEAD:
		crypto_unregister_aead(&alg->aead);
		break;
	default:
		crypto_unregister_ahash(&alg->ahash);
		break;
	}
}

/* Return: 0, or a negative error number if the crypto API refuses it. */
static int pce_alg_try(struct pce_algorithm *alg, u32 mask)
{
	int err;

	if (alg->state == PCE_STATE_REGISTERED)
		return 0;
	if (!pce_algs_offered(pce_alg_offered, alg->id, alg->auth_id)) {
		alg->state = PCE_STATE_NO_DEVICE;
		return 0;
	}
	if (alg->legacy && !pce_legacy) {
		alg->state = PCE_STATE_NOT_WANTED;
		return 0;
	}
	if (!pce_alg_has_software(alg, mask)) {
		alg->state = PCE_STATE_NO_SOFTWARE;
		return 0;
	}
	err = pce_alg_register_one(alg);
	alg->state = err ? PCE_STATE_FAILED : PCE_STATE_REGISTERED;
	return err;
}

/* Say once for which algorithms there is no software */
static void pce_alg_report(void)
{
	static char list[PCE_ALG_LIST_SIZE];	/* under the mutex */
	unsigned int more = 0, count = 0;
	struct pce_algorithm *alg;
	struct seq_buf names;

	seq_buf_init(&names, list, sizeof(list));
	pce_for_each_alg(alg) {
		const char *name = pce_alg_crypto(alg)->cra_name;

		if (alg->state != PCE_STATE_NO_SOFTWARE || alg->reported)
			continue;
		alg->reported = true;
		/* The separator and the end of the text */
		if (seq_buf_buffer_left(&names) < strlen(name) + 3)
			more++;
		else
			seq_buf_printf(&names, "%s%s", count ? ", " : "", name);
		count++;
	}
	if (!count)
		return;
	if (more)
		pr_notice("%u algorithms are not registered until the modules of their software are loaded: %s, and %u more\n",
			  count, seq_buf_str(&names), more);
	else
		pr_notice("%u algorithms are not registered until the modules of their software are loaded: %s\n",
			  count, seq_buf_str(&names));
}

/*
 * Register what can be registered.
 * Return: 0, or the first negative error number.
 */
static int pce_alg_register(u32 mask)
{
	struct pce_algorithm *alg;
	bool missing = false;
	int err, ret = 0;

	lockdep_assert_held(&pce_alg_mutex);

	pce_for_each_alg(alg) {
		err = pce_alg_try(alg, mask);
		ret = ret ?: err;
		missing |= alg->state == PCE_STATE_NO_SOFTWARE;
	}
	WRITE_ONCE(pce_alg_missing, missing);
	pce_alg_report();
	return ret;
}

static void pce_alg_work_function(struct work_struct *work)
{
	int err;

	guard(mutex)(&pce_alg_mutex);
	err = pce_alg_register(pce_alg_may_load ? 0 : CRYPTO_NOLOAD);
	pce_alg_may_load = false;
	if (err)
		pr_err("algorithms were not registered: %d\n", err);
}

/**
 * pce_alg_offer() - register what a device offers and is not registered yet
 * @alg_info: what it offers of each algorithm: PCE_ALG_INFO_*
 *
 * The software's modules are loaded.  That must not be waited for in an
 * asynchronous probe, since the end of loading a module waits for those: then a
 * work item does it, soon.
 *
 * Return: 0, or the first negative error number; what can be is registered.
 */
int pce_alg_offer(const u32 *alg_info)
{
	unsigned int i;

	guard(mutex)(&pce_alg_mutex);

	for (i = 0; i < PCE_LIMIT_ALGS; i++)
		pce_alg_offered[i] |= alg_info[i];
	if (!current_is_async())
		return pce_alg_register(0);

	pce_alg_may_load = true;
	mod_delayed_work(system_unbound_wq, &pce_alg_work, 0);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(pce_alg_offer);

/**
 * pce_alg_retry() - try again what could not be registered so far
 *
 * The software's modules are loaded.
 *
 * Return: 0, or the first negative error number; what can be is registered.
 */
int pce_alg_retry(void)
{
	guard(mutex)(&pce_alg_mutex);
	return pce_alg_register(0);
}

/*
 * A module may have brought the software that was missing.  The lookup loads no
 * module for an algorithm, though the crypto API asks for that of a template.
 */
#ifdef CONFIG_MODULES
static int pce_alg_module_notify(struct notifier_block *nb, unsigned long state,
				 void *module)
{
	if (state == MODULE_STATE_LIVE && module != THIS_MODULE &&
	    READ_ONCE(pce_alg_missing))
		queue_delayed_work(system_unbound_wq, &pce_alg_work,
				   PCE_ALG_DELAY);
	return NOTIFY_DONE;
}

static struct notifier_block pce_alg_notifier = {
	.notifier_call = pce_alg_module_notify,
};

static int pce_alg_watch_modules(void)
{
	return register_module_notifier(&pce_alg_notifier);
}

static void pce_alg_ignore_modules(void)
{
	unregister_module_notifier(&pce_alg_notifier);
}
#else	/* what the kernel has it has from the beginning */
static int pce_alg_watch_modules(void)
{
	return 0;
}

static void pce_alg_ignore_modules(void)
{
}
#endif

/**
 * pce_alg_show() - list the algorithms
 * @s: gets a line for each: its driver's name, and whether it is registered
 */
void pce_alg_show(struct seq_file *s)
{
	static const char * const names[] = {
		[PCE_STATE_NO_DEVICE]	= "no-device",
		[PCE_STATE_NOT_WANTED]	= "legacy",
		[PCE_STATE_NO_SOFTWARE]	= "no-software",
		[PCE_STATE_FAILED]	= "failed",
		[PCE_STATE_REGISTERED]	= "registered",
	};
	struct pce_algorithm *alg;

	guard(mutex)(&pce_alg_mutex);

	pce_for_each_alg(alg)
		seq_printf(s, "%s %s\n", pce_alg_crypto(alg)->cra_name,
			   names[alg->state]);
}

/**
 * pce_alg_unregister() - unregister all, and forget what was offered
 *
 * No transform of these algorithms is left.
 */
void pce_alg_unregister(void)
{
	struct pce_algorithm *alg;

	guard(mutex)(&pce_alg_mutex);

	pce_for_each_alg(alg) {
		if (alg->state == PCE_STATE_REGISTERED)
			pce_alg_unregister_one(alg);
		alg->state = PCE_STATE_NO_DEVICE;
	}
	memset(pce_alg_offered, 0, sizeof(pce_alg_offered));
	WRITE_ONCE(pce_alg_missing, false);
}
EXPORT_SYMBOL_IF_KUNIT(pce_alg_unregister);

/**
 * pce_alg_init() - the module is loaded
 *
 * Return: 0 or a negative error number.
 */
int pce_alg_init(void)
{
	return pce_alg_watch_modules();
}

/**
 * pce_alg_exit() - the module is unloaded
 *
 * There is no device any more, nor a file in debugfs.
 */
void pce_alg_exit(void)
{
	pce_alg_ignore_modules();
	cancel_delayed_work_sync(&pce_alg_work);
	pce_alg_unregister();
}
