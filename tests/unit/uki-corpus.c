/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/pack.h"
#include "tests/unit/uki-corpus.h"

#define MAX_SECTIONS 24

struct plan {
	struct section section[MAX_SECTIONS];
	size_t nr;
};

static void add(struct plan *p, const char *name, struct span data)
{
	assert_true(p->nr < MAX_SECTIONS);
	p->section[p->nr++] = (struct section){ name, data };
}

/* Kernels that end in the middle of a sector, signed ones among them. */
static void make_kernel(struct bytes *ret, unsigned int kind)
{
	/* What kernels unpack for programs; lz4 and lzma are for test_not_served(). */
	static const char *const codecs[] = { "gzip", "xz", "zstd", "gzip", "zstd" };
	autobytes struct bytes plain = { 0 };

	make_bzImage(&plain);
	switch (kind) {
	case 0:
		bytes_add(ret, plain.data, plain.size);
		return;
	case 1:
		make_arm64_image(ret);
		return;
	case 2:
		bytes_add(ret, plain.data, plain.size);
		pe_add_certificates(ret, 72);
		/* As many signers leave it: padding that the certificates do not count. */
		bytes_fill(ret, 0, 40);
		return;
	default:
		if (!pack(ret, codecs[kind - 3], bytes_span(&plain)))
			bytes_add(ret, plain.data, plain.size);
		else if (kind > 5) /* there may be zeros behind it */
			bytes_fill(ret, 0, 3 * kind);
	}
}

static void add_initrds(struct plan *p, unsigned int kind)
{
	switch (kind) {
	case 0:
		break;
	case 1:
		add(p, ".initrd", TEXT("initrd of 23 characters"));
		break;
	case 2:
		add(p, ".initrd", TEXT("initrd"));
		add(p, ".ucode", TEXT("ucode"));
		break;
	case 3:
		add(p, ".ucode", TEXT("only microcode"));
		add(p, ".initrd", NO_BYTES);
		break;
	default:
		add(p, ".ucode", TEXT("ucode, 16 bytes."));
		add(p, ".initrd", TEXT("1"));
		break;
	}
}

static void add_cmdline(struct plan *p, unsigned int kind)
{
	static const struct span lines[] = {
		TEXT("root=/dev/sda1 quiet"), TEXT("quiet \n\t \x7f"), TEXT("one\0two"),
		TEXT(" \n "), TEXT("\0hidden"), TEXT("console=ttyS0\0\0\0\0"), TEXT("x"),
	};

	if (kind > 0)
		add(p, ".cmdline", lines[kind - 1]);
}

/* A part of the base that no other adds, in front of any profile. */
static void add_others(struct plan *p, unsigned int kind)
{
	add(p, ".osrel", TEXT("ID=test\n"));
	if (kind & 1) {
		add(p, ".dtbauto", TEXT("first"));
		add(p, ".dtbauto", TEXT("second"));
	}
	if (kind & 2)
		add(p, ".uname", TEXT("6.12"));
	if (kind & 4)
		add(p, ".strange", NO_BYTES);
}

static void add_profiles(struct plan *p, unsigned int kind, struct span other_kernel)
{
	if (kind == 0)
		return;
	add(p, ".profile", TEXT("ID=first\n"));
	if (kind == 1 || kind == 4)
		add(p, ".cmdline", TEXT("of profile @0 "));
	if (kind == 2)
		add(p, ".initrd", NO_BYTES); /* takes the base's away */
	if (kind == 3)
		add(p, ".linux", other_kernel);
	if (kind == 4) {
		add(p, ".profile", TEXT("ID=second\n"));
		add(p, ".cmdline", TEXT("of profile @1"));
		add(p, ".linux", TEXT("not looked at"));
	}
}

static void make_plain(struct bytes *ret, unsigned int i, struct span program)
{
	autobytes struct bytes kernel = { 0 }, other = { 0 };
	struct plan p = { .nr = 0 };

	make_kernel(&kernel, i % 8);
	make_kernel(&other, (i + 1) % 8);
	if (program.size && i % 2)
		add(&p, ".bpf", program);
	add_others(&p, i % 8);
	add(&p, ".linux", bytes_span(&kernel));
	add_initrds(&p, i % 5);
	add_cmdline(&p, i / 3 % 8);
	if (program.size && i % 2 == 0)
		add(&p, ".bpf", program);
	add_profiles(&p, i / 5 % 5, bytes_span(&other));
	make_pe(ret, p.section, p.nr);
	if (i % 3 == 0)
		pe_add_certificates(ret, 256);
}

/* Up to four images inside each other; who sets what differs. */
static void make_nested(struct bytes *ret, unsigned int i, struct span program)
{
	autobytes struct bytes inner = { 0 };
	unsigned int depth = 2 + i % 3;

	make_kernel(&inner, i % 8);
	for (unsigned int d = depth; d-- > 0;) {
		struct plan p = { .nr = 0 };

		if (program.size)
			add(&p, ".bpf", program);
		add(&p, ".linux", bytes_span(&inner));
		if ((i + d) % 2)
			add(&p, ".initrd", d ? TEXT("initrd of an inner one") : TEXT("outermost"));
		if ((i / 2 + d) % 2)
			add(&p, ".cmdline", d ? TEXT("inner") : TEXT("outer "));
		make_pe(ret, p.section, p.nr);
		bytes_done(&inner);
		if (d > 0)
			bytes_add(&inner, ret->data, ret->size);
	}
}

void make_uki(struct bytes *ret, unsigned int i, struct span program)
{
	if (i < UKI_PLAIN)
		make_plain(ret, i, program);
	else
		make_nested(ret, i - UKI_PLAIN, program);
}
