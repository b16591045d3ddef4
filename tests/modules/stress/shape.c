// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scatterlists of every shape over memory that is checked to the last byte.
 *
 * No two entries begin in the same cache line: drivers map a destination entry
 * by entry, and the DMA API forbids to map a cache line twice for writing by
 * the device (CONFIG_DMA_API_DEBUG complains).
 */
#include <linux/cache.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "stress.h"

/* What memory holds that belongs to no request */
#define STRESS_RESTING		0x5a

/* Bytes beyond the text in a list, and beyond the list in the memory */
#define STRESS_TAIL		128

enum shape {
	SHAPE_SINGLE,
	SHAPE_PAGE_CROSSING,
	SHAPE_FEW,
	SHAPE_TINY,
	SHAPE_MIXED,
	SHAPE_COUNT
};

static unsigned int area_size(void)
{
	/* Each entry may waste what is left of one cache line and a part of the next. */
	unsigned int gaps = stress_config.max_entries * 2 * SMP_CACHE_BYTES;

	return PAGE_ALIGN(stress_text_size() + gaps + PAGE_SIZE + 3 * STRESS_TAIL);
}

/**
 * stress_area_init() - allocate an area
 * @area: the area
 *
 * Return: 0 or -ENOMEM, then there is nothing to destroy.
 */
int stress_area_init(struct stress_area *area)
{
	unsigned int entries = stress_config.max_entries;

	area->size = area_size();
	area->buffer = alloc_pages_exact(area->size, GFP_KERNEL);
	area->image = kvmalloc(area->size, GFP_KERNEL);
	area->position = kcalloc(entries, sizeof(*area->position), GFP_KERNEL);
	area->length = kcalloc(entries, sizeof(*area->length), GFP_KERNEL);
	area->sg = kvcalloc(2 * (entries + 1), sizeof(*area->sg), GFP_KERNEL);
	if (!area->buffer || !area->image || !area->position || !area->length ||
	    !area->sg) {
		stress_area_destroy(area);
		return -ENOMEM;
	}
	return 0;
}

/**
 * stress_area_destroy() - free an area
 * @area: the area, which may be all zeroes
 */
void stress_area_destroy(struct stress_area *area)
{
	if (area->buffer)
		free_pages_exact(area->buffer, area->size);
	kvfree(area->image);
	kfree(area->position);
	kfree(area->length);
	kvfree(area->sg);
	memset(area, 0, sizeof(*area));
}

static u32 entry_length(enum shape shape, struct rnd_state *rnd, u32 left)
{
	u32 limit;

	switch (shape) {
	case SHAPE_FEW:
		limit = left / 2 + 1;
		break;
	case SHAPE_TINY:
		limit = 16;
		break;
	case SHAPE_MIXED:
		limit = 1 << stress_below(rnd, 13);
		break;
	default:
		return left;
	}
	return min(left, 1 + stress_below(rnd, limit));
}

/* Cut @total bytes into entries; one ends at @boundary, if that is not 0. */
static void cut(struct stress_area *area, struct rnd_state *rnd,
		enum shape shape, u32 total, u32 boundary)
{
	u32 position = stress_below(rnd, SMP_CACHE_BYTES);
	u32 done = 0, length;

	if (shape == SHAPE_PAGE_CROSSING)
		position = PAGE_SIZE - 1 - stress_below(rnd, STRESS_TAIL);

	area->count = 0;
	do {
		length = entry_length(shape, rnd, total);
		if (done < boundary)
			length = min(length, boundary - done);
		if (area->count == stress_config.max_entries - 1)
			length = total;
		area->position[area->count] = position;
		area->length[area->count] = length;
		area->count++;
		position = ALIGN(position + length, SMP_CACHE_BYTES) +
			   stress_below(rnd, SMP_CACHE_BYTES);
		total -= length;
		done += length;
	} while (total);
	area->used = min(position + STRESS_TAIL, area->size);
}

/* The order in memory need not be that of the list. */
static void shuffle(struct stress_area *area, struct rnd_state *rnd)
{
	unsigned int i, other;

	for (i = area->count - 1; i > 0; i--) {
		other = stress_below(rnd, i + 1);
		swap(area->position[i], area->position[other]);
		swap(area->length[i], area->length[other]);
	}
}

/* Fill @sg, which has room for two tables; @first entries are in the first. */
static void fill_list(const struct stress_area *area, struct scatterlist *sg,
		      unsigned int first)
{
	struct scatterlist *second = sg + stress_config.max_entries + 1;
	struct scatterlist *entry = sg;
	unsigned int i;

	if (first < area->count) {
		sg_init_table(second, area->count - first);
		sg_init_table(sg, first + 1);
		sg_chain(sg, first + 1, second);
	} else {
		sg_init_table(sg, area->count);
	}
	for (i = 0; i < area->count; i++, entry = sg_next(entry))
		sg_set_buf(entry, area->buffer + area->position[i],
			   area->length[i]);
}

/**
 * stress_area_shape() - random content in a list of random shape
 * @area: the area
 * @rnd: random numbers
 * @length: bytes which the list has to hold; it may be longer
 * @boundary: where an entry has to end, 0: anywhere
 */
void stress_area_shape(struct stress_area *area, struct rnd_state *rnd,
		       unsigned int length, unsigned int boundary)
{
	enum shape shape = stress_below(rnd, SHAPE_COUNT);
	u32 total = length;

	if (!total || stress_percent(rnd, 25))
		total += 1 + stress_below(rnd, STRESS_TAIL);

	cut(area, rnd, shape, total, boundary);
	if (stress_percent(rnd, 25))
		shuffle(area, rnd);
	fill_list(area, area->sg, stress_percent(rnd, 75) ? area->count :
				  1 + stress_below(rnd, area->count));

	prandom_bytes_state(rnd, area->buffer, area->used);
	memcpy(area->image, area->buffer, area->used);
}

/**
 * stress_area_twin() - a second list over the same memory
 * @area: the area
 * @sg: room for the list, as large as @area's
 */
void stress_area_twin(const struct stress_area *area, struct scatterlist *sg)
{
	fill_list(area, sg, area->count);
}

/* Where the byte at @offset of the list is; returns what its entry has from there. */
static unsigned int find(const struct stress_area *area, unsigned int offset,
			 unsigned int *position)
{
	unsigned int i;

	for (i = 0; offset >= area->length[i]; i++)
		offset -= area->length[i];
	*position = area->position[i] + offset;
	return area->length[i] - offset;
}

/**
 * stress_area_read() - the first bytes of the list, as they have to be
 * @area: the area
 * @text: where they go
 * @length: their number
 */
void stress_area_read(const struct stress_area *area, u8 *text,
		      unsigned int length)
{
	unsigned int done, part, position;

	for (done = 0; done < length; done += part) {
		part = min(find(area, done, &position), length - done);
		memcpy(text + done, area->image + position, part);
	}
}

/**
 * stress_area_write() - change the first bytes of the list
 * @area: the area
 * @text: the bytes
 * @length: their number
 */
void stress_area_write(struct stress_area *area, const u8 *text,
		       unsigned int length)
{
	stress_area_expect(area, 0, text, length);
	memcpy(area->buffer, area->image, area->used);
}

/**
 * stress_area_expect() - bytes of the list will be these
 * @area: the area
 * @offset: where in the list
 * @text: the bytes
 * @length: their number
 */
void stress_area_expect(struct stress_area *area, unsigned int offset,
			const u8 *text, unsigned int length)
{
	unsigned int done, part, position;

	for (done = 0; done < length; done += part) {
		part = min(find(area, offset + done, &position), length - done);
		memcpy(area->image + position, text + done, part);
	}
}

/**
 * stress_area_accept() - bytes of the list may be anything
 * @area: the area
 * @offset: where in the list
 * @length: their number
 */
void stress_area_accept(struct stress_area *area, unsigned int offset,
			unsigned int length)
{
	unsigned int done, part, position;

	for (done = 0; done < length; done += part) {
		part = min(find(area, offset + done, &position), length - done);
		memcpy(area->image + position, area->buffer + position, part);
	}
}

/**
 * stress_area_check() - is all as expected, in the list and around it?
 * @area: the area
 * @where: offset of the first wrong byte in the area
 *
 * Return: whether it is.
 */
bool stress_area_check(const struct stress_area *area, unsigned int *where)
{
	unsigned int i = 0;

	if (!memcmp(area->buffer, area->image, area->used))
		return true;
	while (area->buffer[i] == area->image[i])
		i++;
	*where = i;
	return false;
}

/**
 * stress_area_rest() - the request is over: nobody has business here any more
 * @area: the area
 */
void stress_area_rest(struct stress_area *area)
{
	area->resting = area->used;
	memset(area->buffer, STRESS_RESTING, area->resting);
}

/**
 * stress_area_rested() - was nothing written since stress_area_rest()?
 * @area: the area, which need not have been at rest
 * @where: offset of the first byte that was
 *
 * Return: whether it is so.
 */
bool stress_area_rested(struct stress_area *area, unsigned int *where)
{
	const u8 *written = memchr_inv(area->buffer, STRESS_RESTING,
				       area->resting);

	area->resting = 0;
	if (written)
		*where = written - area->buffer;
	return !written;
}
