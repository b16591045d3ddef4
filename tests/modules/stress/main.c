// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module begins when it is inserted and ends its streams when it is
 * removed, or when they have done all their requests. In
 * /sys/kernel/debug/pce_stress/
 *
 * counters	says how far it is
 * stop		ends it when something is written
 * result	waits for the end and says "pass" or "fail" and the counters
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "stress.h"

/* Messages about failures; all of them are counted. */
#define STRESS_MAX_REPORTS	20

struct stress_config stress_config = {
	.depth = 32,
	.requests = 1000,
	.session = 500,
	.backlog = 50,
	.resubmit = 50,
	.softirq = 30,
	.max_length = 4096,
	.max_entries = 32,
	.timeout = 120,
};

static unsigned int threads = 1;

module_param_array_named(drivers, stress_config.drivers, charp,
			 &stress_config.driver_count, 0444);
MODULE_PARM_DESC(drivers, "names of the drivers under test");
module_param(threads, uint, 0444);
MODULE_PARM_DESC(threads, "streams on each CPU");
module_param_named(depth, stress_config.depth, uint, 0444);
MODULE_PARM_DESC(depth, "requests in flight in each stream, 1 to 64");
module_param_named(requests, stress_config.requests, uint, 0444);
MODULE_PARM_DESC(requests, "requests of each stream, 0: until stopped");
module_param_named(session, stress_config.session, uint, 0444);
MODULE_PARM_DESC(session, "requests of each stream with the same keys");
module_param_named(transforms, stress_config.transforms, uint, 0444);
MODULE_PARM_DESC(transforms, "transforms of each stream, 0: as many as all drivers need");
module_param_named(churn, stress_config.churn, bool, 0444);
MODULE_PARM_DESC(churn, "free the transforms after each session, allow their absence");
module_param_named(backlog, stress_config.backlog, uint, 0444);
MODULE_PARM_DESC(backlog, "percentage of requests that may be backlogged");
module_param_named(resubmit, stress_config.resubmit, uint, 0444);
MODULE_PARM_DESC(resubmit, "percentage of callbacks that submit again");
module_param_named(softirq, stress_config.softirq, uint, 0444);
MODULE_PARM_DESC(softirq, "percentage of submissions from bottom halves");
module_param_named(max_length, stress_config.max_length, uint, 0444);
MODULE_PARM_DESC(max_length, "longest request in bytes");
module_param_named(max_entries, stress_config.max_entries, uint, 0444);
MODULE_PARM_DESC(max_entries, "longest scatterlist");
module_param_named(timeout, stress_config.timeout, uint, 0444);
MODULE_PARM_DESC(timeout, "seconds without progress that mean a lost request");
module_param_named(eio, stress_config.eio, bool, 0444);
MODULE_PARM_DESC(eio, "the device fails: a request in place may end with -EIO");
module_param_named(enomem, stress_config.enomem, bool, 0444);
MODULE_PARM_DESC(enomem, "allocations fail: a request may end with -ENOMEM");
module_param_named(keeps_iv, stress_config.keeps_iv, bool, 0444);
MODULE_PARM_DESC(keeps_iv, "an authenticated cipher leaves the IV as it was");
module_param_named(seed, stress_config.seed, ulong, 0444);
MODULE_PARM_DESC(seed, "of all random decisions, 0: a random one");

static const char * const counter_names[] = {
	[STRESS_REQUESTS] = "requests",
	[STRESS_SYNCHRONOUS] = "synchronous",
	[STRESS_ASYNCHRONOUS] = "asynchronous",
	[STRESS_BACKLOGGED] = "backlogged",
	[STRESS_REJECTED] = "rejected",
	[STRESS_FORGED] = "forged",
	[STRESS_PUBLISHED] = "published",
	[STRESS_AAD_COPIED] = "aad_copied",
	[STRESS_AAD_LEFT] = "aad_left",
	[STRESS_MESSAGES] = "messages",
	[STRESS_MOVED] = "moved",
	[STRESS_ABANDONED] = "abandoned",
	[STRESS_REFUSED] = "refused",
	[STRESS_CALLBACKS] = "callbacks",
	[STRESS_NOTIFICATIONS] = "notifications",
	[STRESS_FROM_SOFTIRQ] = "from_softirq",
	[STRESS_FROM_CALLBACK] = "from_callback",
	[STRESS_FOLLOWING] = "following",
	[STRESS_SESSIONS] = "sessions",
	[STRESS_ABSENT] = "absent",
	[STRESS_FAILED] = "failed",
	[STRESS_WRONG] = "wrong",
	[STRESS_OVERTAKEN] = "overtaken",
	[STRESS_VIOLATIONS] = "violations",
	[STRESS_STUCK] = "stuck",
};

static atomic_long_t counters[STRESS_COUNTER_COUNT];
static atomic_t messages = ATOMIC_INIT(STRESS_MAX_REPORTS);
static struct stress_stream *streams;
static unsigned int stream_count;
static atomic_t running;
static DECLARE_COMPLETION(finished);
static bool stopping;
static struct dentry *directory;

/**
 * stress_count() - count something
 * @counter: what
 */
void stress_count(enum stress_counter counter)
{
	atomic_long_inc(&counters[counter]);
}

/**
 * stress_fail() - count a failure and say what it is
 * @counter: what is counted
 * @format: text of the message
 */
void stress_fail(enum stress_counter counter, const char *format, ...)
{
	struct va_format message;
	va_list args;

	stress_count(counter);
	if (atomic_dec_if_positive(&messages) < 0)
		return;
	va_start(args, format);
	message.fmt = format;
	message.va = &args;
	pr_err("pce_stress: %s: %pV\n", counter_names[counter], &message);
	va_end(args);
}

/**
 * stress_stopping() - are the streams to end?
 *
 * Return: whether they are.
 */
bool stress_stopping(void)
{
	return READ_ONCE(stopping);
}

static bool failed(void)
{
	return atomic_long_read(&counters[STRESS_WRONG]) ||
	       atomic_long_read(&counters[STRESS_OVERTAKEN]) ||
	       atomic_long_read(&counters[STRESS_VIOLATIONS]) ||
	       atomic_long_read(&counters[STRESS_STUCK]);
}

/**
 * stress_give_up() - end everything, and do not wait for what is stuck
 */
void stress_give_up(void)
{
	WRITE_ONCE(stopping, true);
	complete_all(&finished);
}

static int stream_thread(void *data)
{
	stress_stream_run(data);
	if (atomic_dec_and_test(&running)) {
		pr_info("pce_stress: %s: %ld requests, %ld wrong, %ld overtaken, %ld violations, %ld stuck, seed %lu\n",
			failed() ? "FAIL" : "PASS",
			atomic_long_read(&counters[STRESS_REQUESTS]),
			atomic_long_read(&counters[STRESS_WRONG]),
			atomic_long_read(&counters[STRESS_OVERTAKEN]),
			atomic_long_read(&counters[STRESS_VIOLATIONS]),
			atomic_long_read(&counters[STRESS_STUCK]),
			stress_config.seed);
		complete_all(&finished);
	}
	/* stop_streams() joins it. */
	set_current_state(TASK_IDLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_IDLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int counters_show(struct seq_file *file, void *unused)
{
	unsigned int i;

	for (i = 0; i < STRESS_COUNTER_COUNT; i++)
		seq_printf(file, "%s %ld\n", counter_names[i],
			   atomic_long_read(&counters[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static int result_show(struct seq_file *file, void *unused)
{
	int err = wait_for_completion_interruptible(&finished);

	if (err)
		return err;
	seq_printf(file, "result %s\nseed %lu\n", failed() ? "fail" : "pass",
		   stress_config.seed);
	return counters_show(file, unused);
}
DEFINE_SHOW_ATTRIBUTE(result);

static ssize_t stop_write(struct file *file, const char __user *text,
			  size_t size, loff_t *position)
{
	WRITE_ONCE(stopping, true);
	return size;
}

static const struct file_operations stop_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = stop_write,
};

static int check_config(void)
{
	struct stress_config *c = &stress_config;

	if (!c->driver_count || !threads ||
	    !c->depth || c->depth > STRESS_MAX_DEPTH ||
	    !c->session ||
	    c->max_length < 16 || c->max_length > STRESS_MAX_LENGTH ||
	    !c->max_entries || c->max_entries > STRESS_MAX_ENTRIES ||
	    !c->timeout) {
		pr_err("pce_stress: a parameter is missing or out of range\n");
		return -EINVAL;
	}
	c->streams = threads * num_online_cpus();
	if (!c->transforms)
		c->transforms = DIV_ROUND_UP(c->driver_count, c->streams);
	if (!c->seed)
		c->seed = get_random_u32();
	return 0;
}

static void stop_streams(void)
{
	unsigned int i;

	WRITE_ONCE(stopping, true);
	for (i = 0; i < stream_count; i++)
		if (streams[i].task)
			kthread_stop(streams[i].task);
	/* Callbacks that gave a slot back may still be on their way out. */
	synchronize_rcu();
	for (i = 0; i < stream_count; i++)
		stress_stream_destroy(&streams[i]);
	kvfree(streams);
}

/* All of them are ready before the first one runs. */
static int start_streams(void)
{
	struct task_struct *task;
	unsigned int i;
	int err;

	stream_count = stress_config.streams;
	streams = kvcalloc(stream_count, sizeof(*streams), GFP_KERNEL);
	if (!streams)
		return -ENOMEM;
	for (i = 0; i < stream_count; i++) {
		err = stress_stream_init(&streams[i], i);
		if (err)
			goto fail;
		task = kthread_create(stream_thread, &streams[i],
				      "pce_stress/%u", i);
		if (IS_ERR(task)) {
			err = PTR_ERR(task);
			goto fail;
		}
		kthread_bind(task, stress_cpu(i));
		/* What is to happen under load shall not wait for the load */
		set_user_nice(task, MAX_NICE);
		streams[i].task = task;
	}
	atomic_set(&running, stream_count);
	for (i = 0; i < stream_count; i++)
		wake_up_process(streams[i].task);
	return 0;

fail:
	stream_count = i + 1;
	stop_streams();
	return err;
}

static int __init stress_init(void)
{
	int err = check_config();

	if (err)
		return err;
	err = start_streams();
	if (err) {
		pr_err("pce_stress: cannot start: %d\n", err);
		return err;
	}
	directory = debugfs_create_dir("pce_stress", NULL);
	debugfs_create_file("counters", 0444, directory, NULL, &counters_fops);
	debugfs_create_file("result", 0444, directory, NULL, &result_fops);
	debugfs_create_file("stop", 0200, directory, NULL, &stop_fops);
	return 0;
}

static void __exit stress_exit(void)
{
	debugfs_remove(directory);
	stop_streams();
}

module_init(stress_init);
module_exit(stress_exit);

MODULE_DESCRIPTION("Load and contract test for asynchronous crypto drivers");
MODULE_LICENSE("GPL");
