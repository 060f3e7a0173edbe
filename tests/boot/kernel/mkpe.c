// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a PE32+ EFI application with the sections it is told, good or bad:
 *
 *	mkpe OUT [OPTION=N].. [NAME=FILE].. [NAME:FIELD=N].. [NAME:text=TEXT]..
 *
 * NAME=FILE appends a section with the file's bytes, NAME:text=TEXT one with
 * the text. NAME:vsize=N, :rsize=N and :off=N then change a header field of the
 * last section of that name. Options: machine=N, subsystem=N, optsize=N (of the optional
 * header, as it claims), nrsections=N, nrdirs=N, certs=N (where a certificate
 * table of 8 bytes claims to be). Layout as ukify's: file alignment 512, section
 * alignment 4096. The entry point is nowhere; nobody runs these.
 */
#include <endian.h>
#include <errno.h>
#include <error.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PE_OFF		0x40
#define OPT_OFF		(PE_OFF + 24)
#define NR_DIRS		16
#define OPT_SIZE	(112 + 8 * NR_DIRS)
#define TABLE_OFF	(OPT_OFF + OPT_SIZE)
#define HEADERS		16384u		/* room for all the sections */
#define MAX_SECTIONS	((HEADERS - TABLE_OFF) / 40)
#define FILE_ALIGN	512u
#define SECTION_ALIGN	4096u

struct section {
	char name[9];
	uint32_t vsize, rsize, off;	/* as the header claims */
	uint8_t *data;
	uint32_t len, at;
};

static struct section sections[MAX_SECTIONS];
static unsigned int nr;
static uint32_t end = HEADERS, subsystem = 10, opt_size = OPT_SIZE;
static uint16_t machine = 0x8664;
static uint32_t nr_dirs = NR_DIRS, certs;
static uint32_t nr_claimed = UINT32_MAX;
static uint8_t headers[HEADERS];

static uint32_t align_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) / to * to;
}

static void put16(uint32_t off, uint16_t v)
{
	v = htole16(v);
	memcpy(headers + off, &v, sizeof(v));
}

static void put32(uint32_t off, uint32_t v)
{
	v = htole32(v);
	memcpy(headers + off, &v, sizeof(v));
}

static uint8_t *read_all(const char *name, uint32_t *len)
{
	FILE *f = fopen(name, "rb");
	uint8_t *data;
	long size;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 ||
	    fseek(f, 0, SEEK_SET))
		error(1, errno, "%s", name);
	data = malloc((size_t)size + 1);
	if (!data || fread(data, 1, (size_t)size, f) != (size_t)size)
		error(1, errno, "%s", name);
	fclose(f);
	*len = (uint32_t)size;
	return data;
}

static void add(const char *name, uint8_t *data, uint32_t len)
{
	struct section *s = &sections[nr];

	if (nr++ == MAX_SECTIONS || strlen(name) > 8)
		error(1, 0, "%s: too many, or too long a name", name);
	strcpy(s->name, name);
	s->data = data;
	s->len = len;
	s->at = end;
	s->vsize = len;
	s->rsize = align_up(len, FILE_ALIGN);
	s->off = len ? end : 0;
	end += s->rsize;
}

static void set_field(const char *name, const char *field, uint32_t value)
{
	unsigned int i = nr;

	while (i && strcmp(sections[i - 1].name, name))
		i--;
	if (!i)
		error(1, 0, "no section %s", name);
	if (!strcmp(field, "vsize"))
		sections[i - 1].vsize = value;
	else if (!strcmp(field, "rsize"))
		sections[i - 1].rsize = value;
	else if (!strcmp(field, "off"))
		sections[i - 1].off = value;
	else
		error(1, 0, "no field %s", field);
}

static void argument(char *arg)
{
	char *value = strchr(arg, '='), *field, *text;
	uint32_t n, len;

	if (!value)
		error(1, 0, "%s: no =", arg);
	*value++ = '\0';
	n = (uint32_t)strtoul(value, NULL, 0);
	field = strchr(arg, ':');
	if (field)
		*field++ = '\0';

	if (field && !strcmp(field, "text")) {
		text = strdup(value);
		add(arg, (uint8_t *)text, (uint32_t)strlen(text));
	} else if (field) {
		set_field(arg, field, n);
	} else if (!strcmp(arg, "subsystem")) {
		subsystem = n;
	} else if (!strcmp(arg, "machine")) {
		machine = (uint16_t)n;
	} else if (!strcmp(arg, "optsize")) {
		opt_size = n;
	} else if (!strcmp(arg, "nrdirs")) {
		nr_dirs = n;
	} else if (!strcmp(arg, "certs")) {
		certs = n;
	} else if (!strcmp(arg, "nrsections")) {
		nr_claimed = n;
	} else {
		uint8_t *data = read_all(value, &len);

		add(arg, data, len);
	}
}

static void fill_headers(void)
{
	uint32_t va = HEADERS;

	memcpy(headers, "MZ", 2);
	put32(0x3c, PE_OFF);
	memcpy(headers + PE_OFF, "PE\0\0", 4);
	put16(PE_OFF + 4, machine);
	put16(PE_OFF + 6, nr_claimed == UINT32_MAX ? nr : nr_claimed);
	put16(PE_OFF + 20, opt_size);
	put16(PE_OFF + 22, 0x206);
	put16(OPT_OFF, 0x20b);
	put32(OPT_OFF + 32, SECTION_ALIGN);
	put32(OPT_OFF + 36, FILE_ALIGN);
	put32(OPT_OFF + 60, HEADERS);
	put16(OPT_OFF + 68, subsystem);
	put32(OPT_OFF + 108, nr_dirs);
	put32(OPT_OFF + 144, certs);
	put32(OPT_OFF + 148, certs ? 8 : 0);

	for (unsigned int i = 0; i < nr; i++) {
		const struct section *s = &sections[i];
		uint32_t at = TABLE_OFF + 40 * i;

		memcpy(headers + at, s->name, strlen(s->name));
		put32(at + 8, s->vsize);
		put32(at + 12, va);
		put32(at + 16, s->rsize);
		put32(at + 20, s->off);
		put32(at + 36, 0x40000040);
		va += align_up(s->len ? s->len : 1, SECTION_ALIGN);
	}
	put32(OPT_OFF + 56, va);
}

int main(int argc, char **argv)
{
	static const uint8_t zeros[FILE_ALIGN];
	FILE *out;

	if (argc < 2)
		error(2, 0, "usage: mkpe OUT ARGUMENT..");
	for (int i = 2; i < argc; i++)
		argument(argv[i]);
	fill_headers();

	out = fopen(argv[1], "wb");
	if (!out || fwrite(headers, HEADERS, 1, out) != 1)
		error(1, errno, "%s", argv[1]);
	for (unsigned int i = 0; i < nr; i++) {
		const struct section *s = &sections[i];
		uint32_t pad = align_up(s->len, FILE_ALIGN) - s->len;

		if (s->len && fwrite(s->data, s->len, 1, out) != 1)
			error(1, errno, "%s", argv[1]);
		if (pad && fwrite(zeros, pad, 1, out) != 1)
			error(1, errno, "%s", argv[1]);
	}
	if (fclose(out))
		error(1, errno, "%s", argv[1]);
	return 0;
}
