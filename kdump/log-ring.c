// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lockless ring buffer: kernel/printk/printk_ringbuffer.h. A ring of
 * descriptors, a parallel one with what is known about each record, and one with
 * the texts, in front of each of which stands its descriptor's number.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kdump/kernel-log.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#define STATE_COMMITTED 1
#define STATE_FINALIZED 2
#define COUNT_BITS_MAX	26 /* a log of 2 GiB, 32 bytes a record */
#define SIZE_BITS_MAX	31
#define TEXT_MAX	65535 /* text_len has 16 bits */
#define IN_FLIGHT	64    /* records that CPUs may have begun when they were stopped */

/* All addresses are the kernel's, offsets and sizes bytes. */
struct ring {
	const struct vmcore *v;
	size_t word; /* of a long, and of a pointer */

	uint64_t descs, infos, data;
	uint64_t count_bits, size_bits;
	uint64_t head, tail; /* numbers of descriptors */

	uint64_t desc_size, desc_state, desc_begin, desc_next;
	uint64_t info_size, info_seq, info_ts, info_len, info_caller;

	unsigned char *text; /* owned: TEXT_MAX bytes */
	unsigned char *info; /* owned: info_size bytes */
};

static void ring_done(struct ring *r)
{
	free(r->text);
	free(r->info);
}

static bool ring_mine(const struct vmcore *v)
{
	uint64_t va;

	return vmcoreinfo_get(&v->info, "SYMBOL", "prb", &va);
}

/* Follows structures: offset of a field by name, each of which must be told. */
struct lookup {
	const struct vmcore *v;
	struct why *w;
	int err; /* the first one */
};

static uint64_t told(struct lookup *l, const char *kind, const char *name)
{
	uint64_t value = 0;
	int r = log_need(l->v, kind, name, &value, l->w);

	if (!l->err)
		l->err = r;
	return value;
}

static uint64_t number(struct lookup *l, uint64_t va, size_t size)
{
	uint64_t value = 0;

	if (!l->err)
		l->err = log_number(l->v, va, size, &value, l->w);
	return value;
}

static void find_layout(struct ring *r, struct lookup *l)
{
	uint64_t lpos = told(l, "OFFSET", "prb_desc.text_blk_lpos");

	r->desc_size = told(l, "SIZE", "prb_desc");
	r->desc_state = told(l, "OFFSET", "prb_desc.state_var") +
			told(l, "OFFSET", "atomic_long_t.counter");
	r->desc_begin = lpos + told(l, "OFFSET", "prb_data_blk_lpos.begin");
	r->desc_next = lpos + told(l, "OFFSET", "prb_data_blk_lpos.next");
	r->info_size = told(l, "SIZE", "printk_info");
	r->info_seq = told(l, "OFFSET", "printk_info.seq");
	r->info_ts = told(l, "OFFSET", "printk_info.ts_nsec");
	r->info_len = told(l, "OFFSET", "printk_info.text_len");
	r->info_caller = told(l, "OFFSET", "printk_info.caller_id");
}

static void find_rings(struct ring *r, struct lookup *l)
{
	uint64_t counter = told(l, "OFFSET", "atomic_long_t.counter");
	uint64_t prb = number(l, told(l, "SYMBOL", "prb"), r->word);
	uint64_t desc = prb + told(l, "OFFSET", "printk_ringbuffer.desc_ring");
	uint64_t data = prb + told(l, "OFFSET", "printk_ringbuffer.text_data_ring");

	r->count_bits = number(l, desc + told(l, "OFFSET", "prb_desc_ring.count_bits"), 4);
	r->descs = number(l, desc + told(l, "OFFSET", "prb_desc_ring.descs"), r->word);
	r->infos = number(l, desc + told(l, "OFFSET", "prb_desc_ring.infos"), r->word);
	r->head = number(l, desc + told(l, "OFFSET", "prb_desc_ring.head_id") + counter, r->word);
	r->tail = number(l, desc + told(l, "OFFSET", "prb_desc_ring.tail_id") + counter, r->word);
	r->size_bits = number(l, data + told(l, "OFFSET", "prb_data_ring.size_bits"), 4);
	r->data = number(l, data + told(l, "OFFSET", "prb_data_ring.data"), r->word);
}

static int ring_open(struct ring *r, struct why *w)
{
	struct lookup l = { .v = r->v, .w = w };

	r->word = told(&l, "SIZE", "atomic_long_t");
	if (!l.err && r->word != 8 && r->word != 4)
		return why(w, -EBADMSG, "the kernel's numbers have %zu bytes", r->word);
	find_layout(r, &l);
	find_rings(r, &l);
	if (l.err)
		return l.err;
	if (r->count_bits > COUNT_BITS_MAX || r->size_bits > SIZE_BITS_MAX)
		return why(w, -EBADMSG, "the log has 2^%llu records and 2^%llu bytes",
			   (unsigned long long)r->count_bits, (unsigned long long)r->size_bits);
	if (r->info_size > 4096 || r->info_size < 20)
		return why(w, -EBADMSG, "a record's description has %llu bytes",
			   (unsigned long long)r->info_size);
	r->text = malloc(TEXT_MAX);
	r->info = malloc(r->info_size);
	return r->text && r->info ? 0 : why(w, -ENOMEM, "out of memory");
}

/* The upper two bits of a descriptor's state are no part of its number. */
static uint64_t id_mask(const struct ring *r)
{
	return UINT64_MAX >> (64 - 8 * r->word + 2);
}

/* What a descriptor says. */
struct desc {
	unsigned int state;
	uint64_t id, begin, next; /* positions in the ring of texts, ever growing */
};

static int read_desc(const struct ring *r, uint64_t id, struct desc *ret, struct why *w)
{
	uint64_t index = id & ((UINT64_C(1) << r->count_bits) - 1);
	struct lookup l = { .v = r->v, .w = w };
	uint64_t va = r->descs + index * r->desc_size;
	uint64_t state = number(&l, va + r->desc_state, r->word);

	*ret = (struct desc){
		.state = state >> (8 * r->word - 2),
		.id = state & id_mask(r),
		.begin = number(&l, va + r->desc_begin, r->word),
		.next = number(&l, va + r->desc_next, r->word),
	};
	return l.err;
}

static int damaged(struct why *w, uint64_t id)
{
	return why(w, -EBADMSG, "record %llu of the log is damaged", (unsigned long long)id);
}

/*
 * The text of a descriptor, at most @len bytes. A block that would cross the
 * ring's end is at its start instead.
 */
static int read_text(const struct ring *r, const struct desc *d, size_t len, struct span *ret,
		     struct why *w)
{
	uint64_t size = UINT64_C(1) << r->size_bits, mask = size - 1;
	uint64_t begin = d->begin & mask, room = d->next - d->begin, id;
	int err;

	if (d->begin >> r->size_bits != (d->next - 1) >> r->size_bits) {
		begin = 0;
		room = d->next & mask;
	}
	if (room <= r->word || room > size - begin)
		return damaged(w, d->id);
	err = log_number(r->v, r->data + begin, r->word, &id, w);
	if (err < 0)
		return err;
	if (id != d->id)
		return damaged(w, d->id);
	if (len > room - r->word)
		len = room - r->word;
	err = vmcore_read(r->v, r->data + begin + r->word, r->text, len, w);
	if (err == 0)
		*ret = (struct span){ r->text, len };
	return err;
}

/* 1: a record; 0: none, and none is missing. */
static int read_record(const struct ring *r, uint64_t id, struct log_record *ret, struct why *w)
{
	uint64_t index = id & ((UINT64_C(1) << r->count_bits) - 1);
	struct span info = { r->info, r->info_size };
	struct desc d;
	uint16_t len;
	int err = read_desc(r, id, &d, w);

	if (err < 0)
		return err;
	if (d.id != id) /* the newest may not have their number yet */
		return ((r->head - id) & id_mask(r)) < IN_FLIGHT ? 0 : damaged(w, id);
	if (d.state != STATE_COMMITTED && d.state != STATE_FINALIZED)
		return 0; /* being written at the moment of the crash */
	err = vmcore_read(r->v, r->infos + index * r->info_size, r->info, r->info_size, w);
	if (err < 0)
		return err;
	*ret = (struct log_record){ .has_time = true, .has_seq = true, .has_caller = true };
	if (!span_le64(info, r->info_seq, &ret->seq) ||
	    !span_le64(info, r->info_ts, &ret->ts_nsec) || !span_le16(info, r->info_len, &len) ||
	    !span_le32(info, r->info_caller, &ret->caller))
		return damaged(w, id);
	if (d.begin & d.next & 1) {
		/* No text: 3 is an empty line, 1 one for which there was no room. */
		return d.begin == 3 && d.next == 3;
	}
	err = len ? read_text(r, &d, len, &ret->text, w) : 0;
	return err < 0 ? err : 1;
}

static int ring_walk(const struct ring *r, struct log_sink *sink, struct why *w)
{
	uint64_t mask = id_mask(r), most = UINT64_C(1) << r->count_bits;
	uint64_t nr = ((r->head - r->tail) & mask) + 1, id = r->tail & mask, in_a_row = 0;

	/* More than there is room for: then everything that is there. */
	if (nr > most) {
		why(w, -EBADMSG, "the log's ends are damaged");
		sink->lost++;
		id = (r->head - most + 1) & mask;
		nr = most;
	}
	for (; nr > 0 && in_a_row < LIMIT_LOG_LOST; nr--, id = (id + 1) & mask) {
		struct log_record record;
		int err = read_record(r, id, &record, w);

		if (err < 0) {
			sink->lost++;
			in_a_row++;
			continue;
		}
		in_a_row = 0;
		err = err ? log_emit(sink, &record) : 0;
		if (err < 0)
			return err;
	}
	/* Whoever crashed has said something: a ring of zeros is a hole in the dump. */
	if (sink->nr == 0 && sink->lost == 0) {
		why(w, -EBADMSG, "the log has no record");
		sink->lost++;
	}
	return 0;
}

static int ring_read(const struct vmcore *v, struct log_sink *sink, struct why *w)
{
	__attribute__((cleanup(ring_done))) struct ring r = { .v = v };
	int err = ring_open(&r, w);

	return err < 0 ? err : ring_walk(&r, sink, w);
}

const struct log_layout log_ring = { "ring", ring_mine, ring_read };
