/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dumps made in memory: a kernel of a few pages, with a log in one of the three
 * layouts, as an ELF core file or compressed. Structures have other offsets than
 * in any real kernel, so that nobody can know them by heart.
 */
#ifndef TESTS_UNIT_DUMPS_H
#define TESTS_UNIT_DUMPS_H

#include "kdump/kernel-log.h"
#include "tests/unit/images.h"

#define DUMP_PA UINT64_C(0x1200000)
#define DUMP_VA UINT64_C(0xffffffff81200000) /* in the image of an x86_64 kernel */

struct dump {
	size_t word;	   /* 8, or 4: another kernel, of 32 bits */
	uint64_t va;	   /* of the first byte */
	struct bytes mem;  /* from DUMP_PA on */
	struct bytes info; /* vmcoreinfo */
};

void dump_make(struct dump *d, size_t word);
void dump_done(struct dump *d);
#define autodump __attribute__((cleanup(dump_done)))

/* A line of vmcoreinfo. */
void dump_info(struct dump *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same without the line that starts with @key. */
void dump_forget(struct dump *d, const char *key);

/* ---- a ring of 16 descriptors and 512 bytes ---- */

#define RING_COUNT_BITS	  4
#define RING_SIZE_BITS	  9
#define RING_AT		  0x100
#define RING_AT_COUNT	  (RING_AT + 0x10 + 4)
#define RING_AT_HEAD	  (RING_AT + 0x10 + 0x20)
#define RING_AT_TAIL	  (RING_AT + 0x10 + 0x18)
#define RING_AT_SIZE_BITS (RING_AT + 0x48)
#define RING_DESC(i)	  (0x200 + (i)*32)
#define RING_INFO(i)	  (0x400 + (i)*48)
#define RING_DATA	  0x1000

struct ring_writer {
	struct dump *d;
	uint64_t mask;	   /* of descriptor numbers */
	uint64_t id, lpos; /* of the next record */
	uint64_t seq;
};

void ring_make(struct ring_writer *r, struct dump *d);
/* Returns the index of its descriptor. */
unsigned int ring_add(struct ring_writer *r, const char *text);
/* One without text: @lpos is 3 for an empty line, 1 for one that was lost. */
unsigned int ring_add_empty(struct ring_writer *r, unsigned int lpos);

/* ---- records in 256 bytes ---- */

#define RECORDS_AT	 0x1000
#define RECORDS_SIZE	 256
#define RECORDS_AT_FIRST 0x48
#define RECORDS_AT_NEXT	 0x50

/* @old: the names that the structure had before Linux 3.11. */
void records_make(struct dump *d, bool old);
/* Returns where it is in the buffer. */
size_t records_add(struct dump *d, uint64_t ts_nsec, const char *text);
/* Says that the next record is at the start of the buffer. */
void records_wrap(struct dump *d);
/* Moves the first record to @at. */
void records_first(struct dump *d, size_t at);

/* ---- text in 64 bytes ---- */

/* @text: all that was ever logged. */
void flat_make(struct dump *d, const char *text);

/* ---- as files ---- */

void dump_as_elf(struct bytes *ret, const struct dump *d);
/* As virtual machines are dumped: without virtual addresses. */
void dump_as_guest_elf(struct bytes *ret, const struct dump *d);

#define COMPRESSED_RAW 0
/* @flags: of enum page_codec, or COMPRESSED_RAW; @without: index of a page that is left out. */
void dump_as_compressed(struct bytes *ret, const struct dump *d, unsigned int flags, int without);

/* Where in a compressed dump descriptor @i is. */
#define COMPRESSED_DESC(i) (4 * 4096 + (i)*24)

/* Prints the log of @v as text or JSON to @ret_text, which the caller frees. */
int dump_text(const struct vmcore *v, bool json, char **ret_text, struct log_sink *sink,
	      struct why *w);
/* Opens @file, prints its log as text or JSON to @ret_text, which the caller frees. */
int dump_log(const struct bytes *file, bool json, char **ret_text, struct log_sink *sink,
	     struct why *w);

#endif
