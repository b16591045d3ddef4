// SPDX-License-Identifier: GPL-2.0-only
/*
 * In /sys/kernel/debug/pce_load/
 *
 * run		a line of NAME=VALUE words that is written makes a run, see
 *		config.c; the writer waits for its end, and may be interrupted
 * result	the last run's, as lines of NAME=VALUE
 * histogram	its latencies: each line has the longest that is counted in a
 *		bucket, in nanoseconds, and the number of requests in it
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "load.h"

/* Bytes of a line */
#define LOAD_LINE	2048

static struct load_config config;
static struct load_result result;
/* Of a run, and of what is left of the last one */
static DEFINE_MUTEX(mutex);
static bool has_run;
static struct dentry *directory;

static ssize_t run_write(struct file *file, const char __user *text,
			 size_t size, loff_t *position)
{
	char *line;
	int err;

	if (size > LOAD_LINE)
		return -E2BIG;
	line = memdup_user_nul(text, size);
	if (IS_ERR(line))
		return PTR_ERR(line);

	err = mutex_lock_interruptible(&mutex);
	if (!err) {
		memset(&result, 0, sizeof(result));
		has_run = true;
		err = load_config_parse(&config, line, result.error);
		if (!err)
			err = load_run(&config, &result);
		mutex_unlock(&mutex);
	}
	kfree(line);
	return err ?: size;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static void show_latency(struct seq_file *file,
			 const struct load_histogram *latency)
{
	seq_printf(file, "latency_count=%llu\n", latency->count);
	seq_printf(file, "latency_min=%llu\n", latency->count ? latency->min : 0);
	seq_printf(file, "latency_p50=%llu\n",
		   load_histogram_percentile(latency, 500));
	seq_printf(file, "latency_p90=%llu\n",
		   load_histogram_percentile(latency, 900));
	seq_printf(file, "latency_p99=%llu\n",
		   load_histogram_percentile(latency, 990));
	seq_printf(file, "latency_p999=%llu\n",
		   load_histogram_percentile(latency, 999));
	seq_printf(file, "latency_max=%llu\n", latency->max);
	seq_printf(file, "latency_mean=%llu\n", load_histogram_mean(latency));
}

static int result_show(struct seq_file *file, void *unused)
{
	int err = mutex_lock_interruptible(&mutex);

	if (err)
		return err;
	seq_printf(file, "result=%s\n", !has_run ? "none" :
		   result.error[0] ? "fail" : "pass");
	if (result.error[0])
		seq_printf(file, "error=%s\n", result.error);
	seq_printf(file, "algorithm=%s\n", result.algorithm);
	seq_printf(file, "driver=%s\n", result.driver);
	seq_printf(file, "ns=%llu\n", result.ns);
	seq_printf(file, "ops=%llu\n", result.ops);
	seq_printf(file, "bytes=%llu\n", result.bytes);
	seq_printf(file, "asynchronous=%llu\n", result.asynchronous);
	seq_printf(file, "synchronous=%llu\n", result.synchronous);
	seq_printf(file, "backlogged=%llu\n", result.backlogged);
	seq_printf(file, "refused=%llu\n", result.refused);
	seq_printf(file, "errors=%llu\n", result.errors);
	show_latency(file, &result.latency);
	mutex_unlock(&mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(result);

static int histogram_show(struct seq_file *file, void *unused)
{
	int err = mutex_lock_interruptible(&mutex);
	unsigned int i;

	if (err)
		return err;
	for (i = 0; i < LOAD_BUCKETS; i++)
		if (result.latency.buckets[i])
			seq_printf(file, "%llu %llu\n", load_bucket_last(i),
				   result.latency.buckets[i]);
	mutex_unlock(&mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(histogram);

static int __init load_init(void)
{
	directory = debugfs_create_dir("pce_load", NULL);
	debugfs_create_file("run", 0200, directory, NULL, &run_fops);
	debugfs_create_file("result", 0400, directory, NULL, &result_fops);
	debugfs_create_file("histogram", 0400, directory, NULL, &histogram_fops);
	return 0;
}

static void __exit load_exit(void)
{
	debugfs_remove(directory);
}

module_init(load_init);
module_exit(load_exit);

MODULE_DESCRIPTION("Load generator for crypto drivers");
MODULE_LICENSE("GPL");
