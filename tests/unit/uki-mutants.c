/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/cleanup.h"
#include "tests/unit/random.h"
#include "tests/unit/uki-mutants.h"

/* Numbers that are wrong in interesting ways. */
static uint32_t interesting(const struct bytes *image, uint32_t now)
{
	switch (random_number(10)) {
	case 0:
		return 0;
	case 1:
		return random_number(64);
	case 2:
		return 0xffffffff - random_number(600);
	case 3:
		return image->size + random_number(5) - 2;
	case 4:
		return image->size - now + random_number(5) - 2;
	case 5:
		return random_number(image->size);
	case 6:
		return now + random_number(9) - 4;
	case 7:
		return now ^ UINT32_C(1) << random_number(32);
	case 8:
		return now + 512;
	default:
		return random_number(UINT32_MAX);
	}
}

static void mutate_field(struct bytes *image, size_t off, unsigned int width)
{
	if (range_fits(image->size, off, width))
		bytes_set(image, off, width, interesting(image, bytes_get(image, off, width)));
}

/* Fields of the headers of the PE file that starts at @base. */
static void mutate_header(struct bytes *image, size_t base)
{
	static const struct {
		size_t off;
		unsigned int width;
	} fields[] = {
		{ 0, 2 }, { 0x3c, 4 }, { PE_AT, 4 }, { PE_NR_SECTIONS, 2 }, { PE_OPT_SIZE_AT, 2 },
		{ PE_OPT_AT, 2 }, { PE_HEADERS_SIZE, 4 }, { PE_SUBSYSTEM, 2 }, { PE_NR_DIRS, 4 },
		{ PE_CERT_OFF, 4 }, { PE_CERT_LEN, 4 },
	};
	size_t i = random_number(ARRAY_SIZE(fields) + 1);

	if (i < ARRAY_SIZE(fields))
		mutate_field(image, base + fields[i].off, fields[i].width);
	else
		mutate_field(image, base + random_number(PE_TABLE_AT), 1);
}

static void mutate_table(struct bytes *image, size_t base)
{
	static const char *const names[] = {
		".linux", ".initrd", ".cmdline", ".ucode", ".profile", ".osrel", ".linuxh", ".sbat",
		".bpf", ".dtbauto", ".hwids", ".junk",
	};
	static const size_t fields[] = { SEC_VSIZE, SEC_RAW_SIZE, SEC_RAW_OFF };
	size_t nr = bytes_get(image, PE_NR_SECTIONS, 2), at;
	char name[9] = "";

	at = base + PE_SECTION(random_number(nr && nr < 32 ? nr : 4), 0);
	if (!range_fits(image->size, at, 40))
		return;
	switch (random_number(4)) {
	case 0:
		strcpy(name, names[random_number(ARRAY_SIZE(names))]);
		bytes_put(image, at, name, 8);
		break;
	case 1:
		mutate_field(image, at + random_number(40), 1);
		break;
	default:
		mutate_field(image, at + fields[random_number(ARRAY_SIZE(fields))], 4);
		break;
	}
}

/* Where .linux of a good image is: the headers of what is inside. */
static size_t find_linux(const struct bytes *image)
{
	size_t nr = bytes_get(image, PE_NR_SECTIONS, 2);

	for (size_t i = 0; i < nr && range_fits(image->size, PE_SECTION(i, 0), 40); i++)
		if (memcmp(image->data + PE_SECTION(i, 0), ".linux\0", 8) == 0)
			return bytes_get(image, PE_SECTION(i, SEC_RAW_OFF), 4);
	return 0;
}

static void resize(struct bytes *image)
{
	if (random_number(4) == 0)
		bytes_fill(image, 0, random_number(1000));
	else
		image->size -= random_number(random_number(2) && image->size > 600 ? 600 :
									       image->size);
	if (image->size == 0)
		bytes_fill(image, 'M', 1);
}

static void restore(struct bytes *image, const struct bytes *good, size_t at, size_t len)
{
	if (range_fits(image->size, at, len))
		bytes_put(image, at, good->data + at, len);
}

/*
 * The programs stay what they are, and the inner ones where they are: what
 * another program would do, or a kernel without one, is no question of agreement.
 */
static void restore_programs(struct bytes *image, const struct bytes *good, struct span program)
{
	for (size_t at = 0; range_fits(good->size, at, program.size); at += 512) {
		size_t entry = at - PE_FIRST_AT + PE_SECTION(0, 0);

		if (memcmp(good->data + at, program.data, program.size) != 0)
			continue;
		restore(image, good, at, program.size);
		if (at > PE_FIRST_AT && memcmp(good->data + entry, ".bpf", 5) == 0)
			restore(image, good, entry, 40);
	}
}

/* Were headers or tables of the outermost image among what was changed? */
static bool mutate(struct bytes *image)
{
	size_t inner = find_linux(image);
	bool table = false;

	for (uint64_t times = 1 + random_number(3); times > 0; times--) {
		uint64_t what = random_number(10);

		table = table || what < 6;
		if (what < 2)
			mutate_header(image, 0);
		else if (what < 6)
			mutate_table(image, 0);
		else if (what < 7)
			mutate_header(image, inner);
		else if (what < 8)
			mutate_field(image, inner + random_number(0x300), 1);
		else if (what < 9)
			mutate_field(image, random_number(image->size), 1 + random_number(4));
		else
			resize(image);
	}
	return table;
}

void mutants_break(struct bytes *image, uint64_t seed)
{
	random_start(seed * 2 + 1);
	random_number(2); /* small seeds have few bits set */
	if (image->size < PE_TABLE_AT) { /* no PE file */
		mutate_field(image, random_number(image->size), 1 + random_number(4));
		if (random_number(4) == 0)
			resize(image);
		return;
	}
	mutate(image);
	if (image->size < PE_TABLE_AT)
		return;
	/* What stands in the certificate table is half of what there is to break. */
	for (uint64_t times = random_number(4); times > 0; times--) {
		uint64_t at = bytes_get(image, PE_CERT_OFF, 4);

		if (at < image->size)
			mutate_field(image, at + random_number(image->size - at), 1);
	}
}

void mutants_start(struct mutants *m, uint64_t seed, struct span program)
{
	random_start(seed | 1);
	m->program = program;
	for (unsigned int i = 0; i < UKI_CORPUS; i++)
		make_uki(&m->good[i], i, program);
}

unsigned int mutants_next(struct mutants *m, struct bytes *ret, bool *ret_table)
{
	unsigned int from = random_number(UKI_CORPUS);

	bytes_add(ret, m->good[from].data, m->good[from].size);
	*ret_table = mutate(ret);
	restore_programs(ret, &m->good[from], m->program);
	return from;
}

void mutants_done(struct mutants *m)
{
	for (unsigned int i = 0; i < UKI_CORPUS; i++)
		bytes_done(&m->good[i]);
}
