// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a run shall do: a line of NAME=VALUE words.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "load.h"

/* All that a run may allocate for data */
#define LOAD_MAX_MEMORY		SZ_512M

#define LOAD_MAX_SIZE		SZ_1M

struct number {
	const char *name;
	size_t offset;
	u32 min;
	u32 max;
};

#define NUMBER(member, min, max) \
	{ #member, offsetof(struct load_config, member), min, max }

/* The maximum of cpus is that of the machine. */
static const struct number numbers[] = {
	NUMBER(key_length, 0, LOAD_MAX_KEY),
	NUMBER(auth_key_length, 0, LOAD_MAX_KEY),
	NUMBER(aad_length, 0, 4096),
	NUMBER(tag_length, 0, 64),
	NUMBER(depth, 1, 4096),
	NUMBER(cpus, 1, U32_MAX),
	NUMBER(segments, 1, 256),
	NUMBER(requests, 0, 1000000000),
	NUMBER(duration_ms, 0, 3600000),
	NUMBER(warm_up_ms, 0, 60000),
};

static const struct {
	const char *name;
	size_t offset;
} switches[] = {
	{ "in_place", offsetof(struct load_config, in_place) },
	{ "backlog", offsetof(struct load_config, backlog) },
};

static __printf(2, 3) int refuse(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vscnprintf(error, LOAD_MESSAGE, format, args);
	va_end(args);
	return -EINVAL;
}

static int parse_number(struct load_config *config, const struct number *number,
			const char *value, char *error)
{
	u32 *field = (void *)config + number->offset;
	u32 max = number->max;

	if (!strcmp(number->name, "cpus"))
		max = num_online_cpus();
	if (kstrtou32(value, 0, field) || *field < number->min || *field > max)
		return refuse(error, "%s=%s: not a number from %u to %u",
			      number->name, value, number->min, max);
	return 0;
}

static int parse_op(struct load_config *config, const char *value, char *error)
{
	config->decrypt = !strcmp(value, "decrypt");
	if (config->decrypt || !strcmp(value, "encrypt") ||
	    !strcmp(value, "digest"))
		return 0;
	return refuse(error, "op=%s: not encrypt, decrypt or digest", value);
}

/* SIZE[:WEIGHT],... */
static int parse_sizes(struct load_config *config, char *value, char *error)
{
	char *item, *weight;
	u32 i = 0;

	while ((item = strsep(&value, ","))) {
		if (i == LOAD_MAX_SIZES)
			return refuse(error, "size: more than %u sizes",
				      LOAD_MAX_SIZES);
		weight = strchr(item, ':');
		if (weight)
			*weight++ = '\0';
		if (kstrtou32(item, 0, &config->sizes[i]) ||
		    !config->sizes[i] || config->sizes[i] > LOAD_MAX_SIZE)
			return refuse(error, "size=%s: not a number from 1 to %u",
				      item, LOAD_MAX_SIZE);
		config->weights[i] = 1;
		if (weight && (kstrtou32(weight, 0, &config->weights[i]) ||
			       !config->weights[i] ||
			       config->weights[i] > LOAD_MAX_WEIGHT))
			return refuse(error, "size=%s:%s: the weight is not a number from 1 to %u",
				      item, weight, LOAD_MAX_WEIGHT);
		i++;
	}
	config->size_count = i;
	return 0;
}

static int parse_word(struct load_config *config, char *word, char *error)
{
	char *value = strchr(word, '=');
	unsigned int i;

	if (!value)
		return refuse(error, "%s: not NAME=VALUE", word);
	*value++ = '\0';
	if (!strcmp(word, "driver")) {
		if (strscpy(config->driver, value) < 0)
			return refuse(error, "driver=%s: too long", value);
		return 0;
	}
	if (!strcmp(word, "op"))
		return parse_op(config, value, error);
	if (!strcmp(word, "size"))
		return parse_sizes(config, value, error);
	for (i = 0; i < ARRAY_SIZE(switches); i++) {
		if (strcmp(word, switches[i].name))
			continue;
		if (kstrtobool(value, (void *)config + switches[i].offset))
			return refuse(error, "%s=%s: not 0 or 1", word, value);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(word, numbers[i].name))
			return parse_number(config, &numbers[i], value, error);
	return refuse(error, "%s: no such parameter", word);
}

/*
 * Spread the sizes evenly: in each turn it is that one which is farthest behind
 * its share.
 */
static void make_turns(struct load_config *config)
{
	s32 behind[LOAD_MAX_SIZES] = {};
	u32 i, turn, next, total = 0;

	for (i = 0; i < config->size_count; i++)
		total += config->weights[i];
	config->turn_count = total;
	for (turn = 0; turn < total; turn++) {
		next = 0;
		for (i = 0; i < config->size_count; i++) {
			behind[i] += config->weights[i];
			if (behind[i] > behind[next])
				next = i;
		}
		behind[next] -= total;
		config->turns[turn] = next;
	}
}

static int check(const struct load_config *config, char *error)
{
	u64 memory = 0;
	u32 i;

	if (!config->driver[0])
		return refuse(error, "driver: missing");
	if (!config->size_count)
		return refuse(error, "size: missing");
	if (!config->requests == !config->duration_ms)
		return refuse(error, "requests, duration_ms: one of them is wanted");
	if (config->requests && config->requests < config->depth)
		return refuse(error, "requests=%u: less than depth=%u",
			      config->requests, config->depth);
	for (i = 0; i < config->size_count; i++) {
		if (config->sizes[i] < config->segments)
			return refuse(error, "size=%u: less than segments=%u",
				      config->sizes[i], config->segments);
		memory += config->sizes[i];
	}
	memory *= (u64)config->cpus * config->depth * (2 - config->in_place);
	if (memory > LOAD_MAX_MEMORY)
		return refuse(error, "size, depth, cpus: %llu bytes of data, %u at most",
			      memory, LOAD_MAX_MEMORY);
	return 0;
}

/**
 * load_config_parse() - read a line
 * @config: what it says
 * @line: the line, which is lost
 * @error: %LOAD_MESSAGE bytes for what is wrong
 *
 * Return: 0 or -EINVAL.
 */
int load_config_parse(struct load_config *config, char *line, char *error)
{
	char *word;
	int err;

	*config = (struct load_config) {
		.depth = 1, .cpus = 1, .segments = 1, .warm_up_ms = 100,
	};
	line = strim(line);
	while ((word = strsep(&line, " \t\n"))) {
		err = *word ? parse_word(config, word, error) : 0;
		if (err)
			return err;
	}
	err = check(config, error);
	if (!err)
		make_turns(config);
	return err;
}
