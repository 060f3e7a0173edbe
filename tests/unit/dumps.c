// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef HAVE_LZO
#include <lzo/lzo1x.h>
#endif

#include "kdump/log-text.h"
#include "lib/cleanup.h"
#include "lib/page-codec.h"
#include "tests/unit/dumps.h"

#define PAGE	 4096
#define MEM_SIZE (2 * PAGE)

void dump_make(struct dump *d, size_t word)
{
	*d = (struct dump){ .word = word, .va = word == 8 ? DUMP_VA : 0xc1200000 };
	bytes_fill(&d->mem, 0, MEM_SIZE);
	dump_info(d, "OSRELEASE=6.0.0-test");
	if (word == 8)
		dump_info(d, "NUMBER(phys_base)=%lld", (long long)(DUMP_PA - 0x1200000));
}

void dump_done(struct dump *d)
{
	bytes_done(&d->mem);
	bytes_done(&d->info);
}

void dump_info(struct dump *d, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	bytes_add(&d->info, line, strlen(line));
	bytes_add(&d->info, "\n", 1);
}

void dump_forget(struct dump *d, const char *key)
{
	unsigned char *line = memmem(d->info.data, d->info.size, key, strlen(key));

	assert_non_null(line);
	*line = '#';
}

/* ---- ring ---- */

static void ring_info(struct dump *d)
{
	dump_info(d, "SYMBOL(prb)=%llx", (unsigned long long)d->va);
	dump_info(d, "SIZE(atomic_long_t)=%zu", d->word);
	dump_info(d, "OFFSET(atomic_long_t.counter)=0");
	dump_info(d, "OFFSET(printk_ringbuffer.desc_ring)=16");
	dump_info(d, "OFFSET(printk_ringbuffer.text_data_ring)=64");
	dump_info(d, "OFFSET(prb_desc_ring.count_bits)=4");
	dump_info(d, "OFFSET(prb_desc_ring.descs)=8");
	dump_info(d, "OFFSET(prb_desc_ring.infos)=16");
	dump_info(d, "OFFSET(prb_desc_ring.tail_id)=24");
	dump_info(d, "OFFSET(prb_desc_ring.head_id)=32");
	dump_info(d, "OFFSET(prb_data_ring.size_bits)=8");
	dump_info(d, "OFFSET(prb_data_ring.data)=0");
	dump_info(d, "SIZE(prb_desc)=32");
	dump_info(d, "OFFSET(prb_desc.state_var)=8");
	dump_info(d, "OFFSET(prb_desc.text_blk_lpos)=16");
	dump_info(d, "OFFSET(prb_data_blk_lpos.begin)=%zu", d->word);
	dump_info(d, "OFFSET(prb_data_blk_lpos.next)=0");
	dump_info(d, "SIZE(printk_info)=48");
	dump_info(d, "OFFSET(printk_info.seq)=24");
	dump_info(d, "OFFSET(printk_info.ts_nsec)=8");
	dump_info(d, "OFFSET(printk_info.text_len)=4");
	dump_info(d, "OFFSET(printk_info.caller_id)=40");
}

void ring_make(struct ring_writer *r, struct dump *d)
{
	uint64_t mask = UINT64_MAX >> (64 - 8 * d->word + 2);

	/* Numbers and positions are about to go round, as they are in a young kernel. */
	*r = (struct ring_writer){
		.d = d,
		.mask = mask,
		.id = mask - 2,
		.lpos = -(UINT64_C(1) << RING_SIZE_BITS) + 256,
	};
	ring_info(d);
	bytes_set(&d->mem, 0, d->word, d->va + RING_AT);
	bytes_set(&d->mem, RING_AT_COUNT, 4, RING_COUNT_BITS);
	bytes_set(&d->mem, RING_AT + 0x18, d->word, d->va + RING_DESC(0));
	bytes_set(&d->mem, RING_AT + 0x20, d->word, d->va + RING_INFO(0));
	bytes_set(&d->mem, RING_AT_SIZE_BITS, 4, RING_SIZE_BITS);
	bytes_set(&d->mem, RING_AT + 0x40, d->word, d->va + RING_DATA);
	bytes_set(&d->mem, RING_AT_TAIL, d->word, r->id);
}

static unsigned int add_desc(struct ring_writer *r, uint64_t begin, uint64_t next, size_t len)
{
	struct bytes *mem = &r->d->mem;
	size_t word = r->d->word;
	unsigned int i = r->id & ((1 << RING_COUNT_BITS) - 1);

	bytes_set(mem, RING_DESC(i) + 8, word, r->id | UINT64_C(2) << (8 * word - 2));
	bytes_set(mem, RING_DESC(i) + 16 + word, word, begin);
	bytes_set(mem, RING_DESC(i) + 16, word, next);
	bytes_set(mem, RING_INFO(i) + 24, 8, r->seq);
	bytes_set(mem, RING_INFO(i) + 8, 8, r->seq * 1500000000 + 1999);
	bytes_set(mem, RING_INFO(i) + 4, 2, len);
	bytes_set(mem, RING_INFO(i) + 40, 4, r->seq % 2 ? 0x80000003 : 42);
	bytes_set(mem, RING_AT_HEAD, word, r->id);
	if (r->seq >= 1 << RING_COUNT_BITS)
		bytes_set(mem, RING_AT_TAIL, word, (r->id - (1 << RING_COUNT_BITS) + 1) & r->mask);
	r->id = (r->id + 1) & r->mask;
	r->seq++;
	return i;
}

unsigned int ring_add(struct ring_writer *r, const char *text)
{
	size_t len = strlen(text), word = r->d->word;
	uint64_t size = (word + len + word - 1) / word * word, ring = 1 << RING_SIZE_BITS;
	uint64_t begin = r->lpos, next = begin + size, at = begin & (ring - 1);

	if (begin / ring != (next - 1) / ring) {
		next = next / ring * ring + size;
		at = 0;
	}
	bytes_set(&r->d->mem, RING_DATA + at, word, r->id);
	bytes_put(&r->d->mem, RING_DATA + at + word, text, len);
	r->lpos = next;
	return add_desc(r, begin, next, len);
}

unsigned int ring_add_empty(struct ring_writer *r, unsigned int lpos)
{
	return add_desc(r, lpos, lpos, lpos == 1 ? 7 : 0);
}

/* ---- records ---- */

void records_make(struct dump *d, bool old)
{
	const char *name = old ? "log" : "printk_log";

	dump_info(d, "SYMBOL(log_buf)=%llx", (unsigned long long)d->va + 0x38);
	dump_info(d, "SYMBOL(log_buf_len)=%llx", (unsigned long long)d->va + 0x40);
	dump_info(d, "SYMBOL(log_first_idx)=%llx", (unsigned long long)d->va + RECORDS_AT_FIRST);
	dump_info(d, "SYMBOL(log_next_idx)=%llx", (unsigned long long)d->va + RECORDS_AT_NEXT);
	dump_info(d, "SIZE(%s)=24", name);
	dump_info(d, "OFFSET(%s.ts_nsec)=8", name);
	dump_info(d, "OFFSET(%s.len)=2", name);
	dump_info(d, "OFFSET(%s.text_len)=0", name);
	bytes_set(&d->mem, 0x38, 8, d->va + RECORDS_AT);
	bytes_set(&d->mem, 0x40, 4, RECORDS_SIZE);
}

static size_t records_next(const struct dump *d)
{
	uint32_t next = 0;

	assert_true(span_le32(bytes_span(&d->mem), RECORDS_AT_NEXT, &next));
	return next;
}

size_t records_add(struct dump *d, uint64_t ts_nsec, const char *text)
{
	size_t at = records_next(d), len = strlen(text), size = (24 + len + 7) / 8 * 8;

	assert_true(at + size <= RECORDS_SIZE);
	bytes_set(&d->mem, RECORDS_AT + at + 8, 8, ts_nsec);
	bytes_set(&d->mem, RECORDS_AT + at + 2, 2, size);
	bytes_set(&d->mem, RECORDS_AT + at, 2, len);
	bytes_put(&d->mem, RECORDS_AT + at + 24, text, len);
	bytes_set(&d->mem, RECORDS_AT_NEXT, 4, at + size);
	return at;
}

void records_wrap(struct dump *d)
{
	bytes_set(&d->mem, RECORDS_AT + records_next(d) + 2, 2, 0);
	bytes_set(&d->mem, RECORDS_AT_NEXT, 4, 0);
}

void records_first(struct dump *d, size_t at)
{
	bytes_set(&d->mem, RECORDS_AT_FIRST, 4, at);
}

/* ---- flat ---- */

void flat_make(struct dump *d, const char *text)
{
	size_t len = strlen(text);

	dump_info(d, "SYMBOL(log_buf)=%llx", (unsigned long long)d->va + 0x38);
	dump_info(d, "SYMBOL(log_buf_len)=%llx", (unsigned long long)d->va + 0x40);
	dump_info(d, "SYMBOL(log_end)=%llx", (unsigned long long)d->va + 0x44);
	dump_info(d, "SYMBOL(logged_chars)=%llx", (unsigned long long)d->va + 0x48);
	bytes_set(&d->mem, 0x38, 8, d->va + RECORDS_AT);
	bytes_set(&d->mem, 0x40, 4, 64);
	bytes_set(&d->mem, 0x44, 4, len);
	bytes_set(&d->mem, 0x48, 4, len);
	for (size_t i = 0; i < len; i++)
		bytes_put(&d->mem, RECORDS_AT + i % 64, text + i, 1);
}

/* ---- ELF ---- */

static void add_note(struct bytes *b, const struct dump *d)
{
	Elf64_Nhdr other = { 5, 3, 1 }, nh = { sizeof("VMCOREINFO"), d->info.size, 0 };

	/* Another one in front, whose sizes need padding. */
	bytes_add(b, &other, sizeof(other));
	bytes_add(b, "CORE\0\0\0\0abc", 12);
	bytes_add(b, &nh, sizeof(nh));
	bytes_add(b, "VMCOREINFO\0", 12);
	bytes_add(b, d->info.data, d->info.size);
	bytes_align(b, 4);
}

static void elf_64(struct bytes *ret, const struct dump *d, size_t notes, bool virtual)
{
	Elf64_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_phoff = sizeof(eh),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
	};
	Elf64_Phdr ph[2] = {
		{ .p_type = PT_NOTE, .p_offset = sizeof(eh) + sizeof(ph), .p_filesz = notes },
		{ .p_type = PT_LOAD,
		  .p_offset = sizeof(eh) + sizeof(ph) + notes,
		  .p_vaddr = virtual ? d->va : 0,
		  .p_paddr = DUMP_PA,
		  .p_filesz = d->mem.size,
		  .p_memsz = d->mem.size },
	};

	bytes_add(ret, &eh, sizeof(eh));
	bytes_add(ret, ph, sizeof(ph));
}

static void elf_32(struct bytes *ret, const struct dump *d, size_t notes)
{
	Elf32_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_386,
		.e_phoff = sizeof(eh),
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = 2,
	};
	Elf32_Phdr ph[2] = {
		{ .p_type = PT_NOTE, .p_offset = sizeof(eh) + sizeof(ph), .p_filesz = notes },
		{ .p_type = PT_LOAD,
		  .p_offset = sizeof(eh) + sizeof(ph) + notes,
		  .p_vaddr = d->va,
		  .p_paddr = DUMP_PA,
		  .p_filesz = d->mem.size,
		  .p_memsz = d->mem.size },
	};

	bytes_add(ret, &eh, sizeof(eh));
	bytes_add(ret, ph, sizeof(ph));
}

static void as_elf(struct bytes *ret, const struct dump *d, bool virtual)
{
	autobytes struct bytes notes = { 0 };

	add_note(&notes, d);
	if (d->word == 8)
		elf_64(ret, d, notes.size, virtual);
	else
		elf_32(ret, d, notes.size);
	bytes_add(ret, notes.data, notes.size);
	bytes_add(ret, d->mem.data, d->mem.size);
}

void dump_as_elf(struct bytes *ret, const struct dump *d)
{
	as_elf(ret, d, true);
}

void dump_as_guest_elf(struct bytes *ret, const struct dump *d)
{
	as_elf(ret, d, false);
}

/* ---- compressed ---- */

static size_t pack_page(unsigned char *ret, size_t room, const unsigned char *page,
			unsigned int flags)
{
	switch (flags) {
#ifdef HAVE_ZLIB
	case PAGE_ZLIB: {
		uLongf len = room;

		assert_int_equal(compress(ret, &len, page, PAGE), Z_OK);
		return len;
	}
#endif
#ifdef HAVE_ZSTD
	case PAGE_ZSTD:
		return ZSTD_compress(ret, room, page, PAGE, 1);
#endif
#ifdef HAVE_LZO
	case PAGE_LZO: {
		autofree void *work = malloc(LZO1X_1_MEM_COMPRESS);
		lzo_uint len = room;

		assert_int_equal(lzo1x_1_compress(page, PAGE, ret, &len, work), LZO_E_OK);
		return len;
	}
#endif
	default:
		memcpy(ret, page, PAGE);
		return PAGE;
	}
}

static void compressed_headers(struct bytes *ret, const struct dump *d, size_t nr)
{
	size_t max_pfn = DUMP_PA / PAGE + nr;

	bytes_add(ret, "KDUMP   ", 8);
	bytes_fill(ret, 0, 2 * PAGE - 8);
	bytes_set(ret, 8, 4, 6);
	bytes_put(ret, 272, "x86_64", 6);
	bytes_set(ret, 428, 4, PAGE);
	bytes_set(ret, 432, 4, 1);
	bytes_set(ret, 436, 4, 2);
	bytes_set(ret, 440, 4, max_pfn);
	bytes_set(ret, PAGE + 96, 8, max_pfn);
	(void)d;
}

void dump_as_compressed(struct bytes *ret, const struct dump *d, unsigned int flags, int without)
{
	size_t nr = d->mem.size / PAGE, first = DUMP_PA / PAGE, desc = COMPRESSED_DESC(0);
	size_t bitmap;

	compressed_headers(ret, d, nr);
	bitmap = ret->size;
	bytes_fill(ret, 0, 2 * PAGE);
	assert_true((first + nr) / 8 < PAGE);
	assert_int_equal(ret->size, desc);
	bytes_fill(ret, 0, nr * 24);
	for (size_t i = 0; i < nr; i++) {
		unsigned char packed[2 * PAGE];
		size_t pfn = first + i, len;

		ret->data[bitmap + pfn / 8] |= 1 << pfn % 8;
		if ((int)i == without)
			continue;
		ret->data[bitmap + PAGE + pfn / 8] |= 1 << pfn % 8;
		len = pack_page(packed, sizeof(packed), d->mem.data + i * PAGE, flags);
		bytes_set(ret, desc, 8, ret->size);
		bytes_set(ret, desc + 8, 4, len < PAGE ? len : PAGE);
		bytes_set(ret, desc + 12, 4, len < PAGE ? flags : 0);
		bytes_add(ret, len < PAGE ? packed : d->mem.data + i * PAGE,
			  len < PAGE ? len : PAGE);
		desc += 24;
	}
	bytes_set(ret, PAGE + 32, 8, ret->size);
	bytes_set(ret, PAGE + 40, 8, d->info.size);
	bytes_add(ret, d->info.data, d->info.size);
}

/* ---- reading ---- */

int dump_text(const struct vmcore *v, bool json, char **ret_text, struct log_sink *sink,
	      struct why *w)
{
	struct log_text text = { .json = json };
	size_t size;
	int r;

	text.out = open_memstream(ret_text, &size);
	assert_non_null(text.out);
	*sink = (struct log_sink){ .record = log_text_record, .context = &text };
	log_text_begin(&text, v);
	r = kernel_log_read(v, sink, w);
	assert_int_equal(log_text_end(&text, sink, r < 0 || sink->lost ? w->text : NULL), 0);
	fclose(text.out);
	return r;
}

int dump_log(const struct bytes *file, bool json, char **ret_text, struct log_sink *sink,
	     struct why *w)
{
	autoblob struct blob b = bytes_blob(file);
	autovmcore struct vmcore v = { 0 };
	int r = vmcore_open_blob(&v, &b, w);

	return r < 0 ? r : dump_text(&v, json, ret_text, sink, w);
}
