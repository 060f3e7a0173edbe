// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tells what a recorded kexec_load of a bzImage will start, so that two loaders
 * can be compared although they place things differently; and what is wrong.
 *
 *	load-facts --root=MACHINE --kernel=FILE [--initrd=FILE] RECORD DUMP
 *
 *	load-facts --root=MACHINE --kernel=FILE --sources
 *
 * Exits with 0, with 1 if something is bad, with 2 if the input is unusable.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/facts.h"

#define MiB		       (1ULL << 20)
#define PROTECTED_MODE_SECTORS 4 /* if the header says 0 */
#define PARAMS_STEP	       16

void fact(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

void bad(struct facts *f, const char *fmt, ...)
{
	va_list args;

	fputs("bad ", stdout);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	f->bad = true;
}

static uint64_t sum_of(struct span s)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a: enough to tell files apart */

	for (size_t i = 0; i < s.size; i++)
		h = (h ^ s.data[i]) * 0x100000001b3;
	return h;
}

static void check_segments(struct facts *f)
{
	static struct ranges ram;

	ranges_of_machine(&ram, f->root, "System RAM");
	for (unsigned int i = 0; i < f->l.nr; i++) {
		struct range r = f->l.s[i].at;

		if (r.start % MACHINE_PAGE || (r.end + 1) % MACHINE_PAGE)
			bad(f, "segment %u is not made of whole pages", i);
		if (!ranges_hold(&ram, r))
			bad(f, "segment %u is not in RAM", i);
		if (f->crash && !ranges_hold(&f->crash_region, r))
			bad(f, "segment %u is not in memory kept for a crash kernel", i);
		for (unsigned int j = 0; j < i; j++) {
			if (r.start <= f->l.s[j].at.end && f->l.s[j].at.start <= r.end)
				bad(f, "segments %u and %u overlap", j, i);
		}
	}
	if (!loaded_find(&f->l, f->l.entry, 1))
		bad(f, "the entry point is in no segment");
}

static struct span protected_mode(struct facts *f)
{
	struct span ret = { 0 };
	uint64_t sectors = f->kernel.size > 0x1f1 ? f->kernel.data[0x1f1] : 0;
	uint64_t off = ((sectors ? sectors : PROTECTED_MODE_SECTORS) + 1) * 512;

	if (off < f->kernel.size)
		span_sub(&ret, f->kernel, off, f->kernel.size - off);
	return ret;
}

static struct loaded_segment *find_kernel(struct facts *f, struct span want)
{
	for (unsigned int i = 0; i < f->l.nr; i++) {
		struct span bytes = f->l.s[i].bytes;

		if (bytes.size >= MACHINE_PAGE && want.size >= MACHINE_PAGE &&
		    memcmp(bytes.data, want.data, MACHINE_PAGE) == 0)
			return &f->l.s[i];
	}
	return NULL;
}

static void facts_kernel(struct facts *f)
{
	struct span want = protected_mode(f);
	struct loaded_segment *s = find_kernel(f, want);
	uint32_t alignment = 0, init_size = 0;
	uint64_t memsz;

	span_le32(f->kernel, 0x230, &alignment);
	span_le32(f->kernel, 0x260, &init_size);
	if (!s) {
		bad(f, "the kernel's protected-mode part is in no segment");
		return;
	}
	s->what = "kernel";
	memsz = s->at.end - s->at.start + 1;
	fact("kernel-bytes %zu %016" PRIx64, s->bytes.size, sum_of(s->bytes));
	if (s->bytes.size > want.size || memcmp(s->bytes.data, want.data, s->bytes.size) != 0)
		bad(f, "the kernel's bytes are not the file's");
	if (memsz < init_size)
		bad(f, "the kernel has %#" PRIx64 " bytes of memory and needs %#x", memsz,
		    init_size);
	if (s->at.start < MiB || (alignment && s->at.start % alignment))
		bad(f, "the kernel at %#" PRIx64 " is not aligned or too low", s->at.start);
}

/* They have the kernel's setup header in them; from "HdrS" to 0x210 no loader changes it. */
static bool is_params(struct facts *f, struct span at)
{
	struct span header, mine;
	uint64_t len = f->kernel.size > 0x201 ? 0x11 + f->kernel.data[0x201] : 0;

	return len && span_is(at, 0x202, "HdrS", 4) && span_sub(&header, f->kernel, 0x202, 14) &&
	       span_sub(&mine, at, 0x202, 14) && memcmp(header.data, mine.data, 14) == 0;
}

static bool find_params(struct facts *f)
{
	struct span at;
	int found = 0;

	for (unsigned int i = 0; i < f->l.nr; i++) {
		struct loaded_segment *s = &f->l.s[i];

		if (s->what)
			continue;
		for (uint64_t off = 0; off + PARAMS_SIZE <= s->bytes.size; off += PARAMS_STEP) {
			if (!span_sub(&at, s->bytes, off, s->bytes.size - off) || !is_params(f, at))
				continue;
			found++;
			s->what = "params";
			span_get(f->params_room, at, 0, PARAMS_SIZE);
			fact("place params %#" PRIx64, s->at.start + off);
		}
	}
	if (found != 1)
		bad(f, "found %d boot_params", found);
	f->params = (struct span){ f->params_room, PARAMS_SIZE };
	return found == 1;
}

static void facts_initrd(struct facts *f)
{
	uint64_t addr = params_split(f, 0x218, 0xc0), size = params_split(f, 0x21c, 0xc4);
	struct loaded_segment *s;
	uint64_t off;

	fact("initrd-bytes %" PRIu64, size);
	if (size != f->initrd.size)
		bad(f, "the initrd has %zu bytes, boot_params say %" PRIu64, f->initrd.size, size);
	if (size == 0)
		return;
	fact("place initrd %#" PRIx64, addr);
	s = loaded_find(&f->l, addr, size);
	if (!s) {
		bad(f, "the initrd is in no segment");
		return;
	}
	off = addr - s->at.start;
	s->what = s->what ? s->what : "initrd";
	if (addr % MACHINE_PAGE)
		bad(f, "the initrd does not begin with a page");
	if (!span_is(s->bytes, off, f->initrd.data, f->initrd.size))
		bad(f, "the initrd's bytes are not the file's");
}

/* Where things are for a crash kernel is no part of what it was asked to start with. */
static void tell_words(const struct facts *f, const char *text)
{
	const char *word = text;

	printf("cmdline");
	while (*word) {
		size_t len = strcspn(word, " ");

		if (!f->crash ||
		    (strncmp(word, "elfcorehdr=", 11) != 0 && strncmp(word, "acpi_rsdp=", 10) != 0))
			printf(" %.*s", (int)len, word);
		word += len;
		word += *word == ' ';
	}
	putchar('\n');
}

static void facts_cmdline(struct facts *f, char *text, size_t room)
{
	uint64_t addr = params_split(f, 0x228, 0xc8);
	uint32_t most = 0;
	size_t len = 0;

	span_le32(f->kernel, 0x238, &most);
	fact("place cmdline %#" PRIx64, addr);
	while (len + 1 < room && loaded_get(&f->l, text + len, addr + len, 1) && text[len])
		len++;
	text[len] = '\0';
	if (!loaded_find(&f->l, addr, len + 1))
		bad(f, "the command line is in no segment, or has no end");
	if (len > most)
		bad(f, "the command line has %zu bytes, the kernel takes %u", len, most);
	fact("place cmdline-text %s", text);
	tell_words(f, text);
}

static void facts_segments(const struct facts *f)
{
	fact("place entry %#" PRIx64, f->l.entry);
	for (unsigned int i = 0; i < f->l.nr; i++) {
		const struct loaded_segment *s = &f->l.s[i];

		fact("place segment %#" PRIx64 "-%#" PRIx64 " %s", s->at.start, s->at.end,
		     s->what ? s->what : "other");
	}
}

static void tell(struct facts *f)
{
	static char cmdline[4096];

	check_segments(f);
	fact("flags %#" PRIx64, f->l.flags);
	facts_kernel(f);
	if (!find_params(f))
		return;
	facts_initrd(f);
	facts_cmdline(f, cmdline, sizeof(cmdline));
	facts_params(f);
	facts_map(f);
	if (f->crash)
		facts_core(f, cmdline);
	facts_segments(f);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "sources", no_argument, NULL, 's' },
		{ 0 },
	};
	static struct facts f = { .root = "" };
	bool sources = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'r')
			f.root = optarg;
		else if (c == 'k')
			f.kernel = loaded_file(optarg);
		else if (c == 'i')
			f.initrd = loaded_file(optarg);
		else if (c == 's')
			sources = true;
		else
			return 2;
	}
	if (sources && f.kernel.size) {
		facts_sources(&f);
		return 0;
	}
	if (argc - optind != 2 || !f.kernel.size)
		loaded_die("usage", "load-facts --root=MACHINE --kernel=FILE [--initrd=FILE] "
				    "RECORD DUMP");
	loaded_read(&f.l, argv[optind], argv[optind + 1]);
	f.crash = f.l.flags & LOAD_ON_CRASH;
	ranges_of_machine(&f.crash_region, f.root, "Crash kernel");
	tell(&f);
	return f.bad;
}
