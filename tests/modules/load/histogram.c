// SPDX-License-Identifier: GPL-2.0-only
/*
 * Log-linear histograms: 32 buckets for each power of two, so that a value is
 * known to 3 % whatever it is.
 */
#include <linux/bitops.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "load.h"

static unsigned int bucket_of(u64 value)
{
	unsigned int shift;

	if (value < BIT(LOAD_BUCKET_BITS))
		return value;
	shift = fls64(value) - 1 - LOAD_BUCKET_BITS;
	return min_t(u64, ((u64)shift << LOAD_BUCKET_BITS) + (value >> shift),
		     LOAD_BUCKETS - 1);
}

/**
 * load_bucket_last() - largest value of a bucket
 * @bucket: its index
 *
 * Return: the value.
 */
u64 load_bucket_last(unsigned int bucket)
{
	unsigned int shift = bucket >> LOAD_BUCKET_BITS;
	u64 top = (bucket & (BIT(LOAD_BUCKET_BITS) - 1));

	if (!shift)
		return top;
	return ((top + BIT(LOAD_BUCKET_BITS) + 1) << (shift - 1)) - 1;
}

/**
 * load_histogram_reset() - make it empty
 * @histogram: any memory
 */
void load_histogram_reset(struct load_histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
	histogram->min = U64_MAX;
}

/**
 * load_histogram_record() - count a value
 * @histogram: the caller's alone meanwhile
 * @ns: the value
 */
void load_histogram_record(struct load_histogram *histogram, u64 ns)
{
	histogram->count++;
	histogram->sum += ns;
	histogram->min = min(histogram->min, ns);
	histogram->max = max(histogram->max, ns);
	histogram->buckets[bucket_of(ns)]++;
}

/**
 * load_histogram_add() - count all values of another
 * @sum: histogram to add to
 * @histogram: what is added
 */
void load_histogram_add(struct load_histogram *sum,
			const struct load_histogram *histogram)
{
	unsigned int i;

	sum->count += histogram->count;
	sum->sum += histogram->sum;
	sum->min = min(sum->min, histogram->min);
	sum->max = max(sum->max, histogram->max);
	for (i = 0; i < LOAD_BUCKETS; i++)
		sum->buckets[i] += histogram->buckets[i];
}

/**
 * load_histogram_percentile() - the value that a part of all does not exceed
 * @histogram: the histogram
 * @permille: the part
 *
 * Return: the largest value of the bucket where it is, or 0 if there is none.
 */
u64 load_histogram_percentile(const struct load_histogram *histogram,
			      unsigned int permille)
{
	u64 rank = DIV_ROUND_UP_ULL(histogram->count * permille, 1000);
	u64 seen = 0;
	unsigned int i;

	for (i = 0; i < LOAD_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen && seen >= rank)
			return min(load_bucket_last(i), histogram->max);
	}
	return 0;
}

/**
 * load_histogram_mean() - the mean
 * @histogram: the histogram
 *
 * Return: it, or 0 if there is none.
 */
u64 load_histogram_mean(const struct load_histogram *histogram)
{
	return histogram->count ? div64_u64(histogram->sum, histogram->count) : 0;
}
