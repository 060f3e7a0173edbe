// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Computer hardware ids: a UUID of version 5 for each of some combinations of what
 * the firmware's tables call a machine. FORMATS.md section 2.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kexec/edid.h"
#include "kexec/uki-dtb.h"
#include "lib/cleanup.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/sysfile.h"

#define FIELD 256

enum field {
	MANUFACTURER,
	FAMILY,
	PRODUCT,
	SKU,
	BOARD_MANUFACTURER,
	BOARD_PRODUCT,
	PANEL, /* of the display, by its EDID: no table of the firmware's */
	FIELDS
};

static const char *const field_files[PANEL] = {
	[MANUFACTURER] = "sys_vendor",
	[FAMILY] = "product_family",
	[PRODUCT] = "product_name",
	[SKU] = "product_sku",
	[BOARD_MANUFACTURER] = "board_vendor",
	[BOARD_PRODUCT] = "board_name",
};

#define BIT(field) (1u << (field))
#define BOARD	   (BIT(BOARD_MANUFACTURER) | BIT(BOARD_PRODUCT))

/*
 * Types 17, 16, 15, which are systemd's own, and 3, 6, 8, 10, 4, 5, 7, 9, 11, in the order in
 * which they are tried.
 */
static const unsigned int types[CHIDS] = {
	BIT(MANUFACTURER) | BIT(SKU) | BIT(PANEL),
	BIT(MANUFACTURER) | BIT(FAMILY) | BIT(PANEL),
	BIT(MANUFACTURER) | BIT(FAMILY) | BIT(PRODUCT) | BIT(PANEL),
	BIT(MANUFACTURER) | BIT(FAMILY) | BIT(PRODUCT) | BIT(SKU) | BOARD,
	BIT(MANUFACTURER) | BIT(SKU) | BOARD,
	BIT(MANUFACTURER) | BIT(PRODUCT) | BOARD,
	BIT(MANUFACTURER) | BIT(FAMILY) | BOARD,
	BIT(MANUFACTURER) | BIT(FAMILY) | BIT(PRODUCT) | BIT(SKU),
	BIT(MANUFACTURER) | BIT(FAMILY) | BIT(PRODUCT),
	BIT(MANUFACTURER) | BIT(SKU),
	BIT(MANUFACTURER) | BIT(PRODUCT),
	BIT(MANUFACTURER) | BIT(FAMILY),
};

/* Text as UTF-16, which for the characters that such tables may have is a zero behind each. */
static size_t add_wide(unsigned char *out, size_t len, const char *text)
{
	for (; *text; text++) {
		out[len++] = *text;
		out[len++] = 0;
	}
	return len;
}

int chid_make(unsigned char ret[CHID_SIZE], const char *const *fields, size_t nr)
{
	static const unsigned char space[16] = { 0x70, 0xff, 0xd8, 0x12, 0x4c, 0x7f, 0x4c, 0x7d };
	/* A UUID has its first three numbers with the high byte first, a GUID in memory has not. */
	static const unsigned char order[CHID_SIZE] = { 3, 2, 1,  0,  5,  4,  7,  6,
							8, 9, 10, 11, 12, 13, 14, 15 };
	unsigned char text[sizeof(space) + FIELDS * 2 * FIELD], hash[SHA1_SIZE];
	size_t len = sizeof(space);
	int r;

	if (nr > FIELDS)
		return -EINVAL;
	memcpy(text, space, sizeof(space));
	for (size_t i = 0; i < nr; i++) {
		if (strlen(fields[i]) >= FIELD)
			return -EINVAL;
		len = add_wide(text, len, i ? "&" : "");
		len = add_wide(text, len, fields[i]);
	}
	r = digest_sha1((struct span){ text, len }, hash, NULL);
	if (r < 0)
		return r;
	hash[6] = (hash[6] & 0x0f) | 0x50;
	hash[8] = (hash[8] & 0x3f) | 0x80;
	for (size_t i = 0; i < CHID_SIZE; i++)
		ret[i] = hash[order[i]];
	return 0;
}

/* Without blanks around and zeros in front; "": there is none, or it is no such text. */
static void read_field(char ret[FIELD], const char *file, const struct sys *sys)
{
	char path[64], text[FIELD];
	const char *start = text;
	int n;

	ret[0] = '\0';
	snprintf(path, sizeof(path), "/sys/class/dmi/id/%s", file);
	n = sysfile_head(sys->root, path, text, sizeof(text));
	if (n <= 0 || n == sizeof(text))
		return;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	text[n] = '\0';
	for (int i = 0; i < n; i++)
		if (!isprint((unsigned char)text[i]))
			return;
	start += strspn(start, " ");
	start += strspn(start, "0");
	strcpy(ret, start);
}

static void read_chids(struct machine_id *ret, const struct sys *sys)
{
	char text[FIELDS][FIELD];

	for (unsigned int i = 0; i < PANEL; i++)
		read_field(text[i], field_files[i], sys);
	edid_read_panel(text[PANEL], sys);
	for (unsigned int type = 0; type < CHIDS; type++) {
		const char *fields[FIELDS];
		bool complete = true;
		size_t nr = 0;

		for (unsigned int i = 0; i < FIELDS; i++) {
			if (!(types[type] & BIT(i)))
				continue;
			complete &= text[i][0] != '\0';
			fields[nr++] = text[i];
		}
		if (complete && chid_make(ret->chids[ret->nr_chids], fields, nr) == 0)
			ret->nr_chids++;
	}
}

void machine_id_read(struct machine_id *ret, const struct sys *sys)
{
	char text[sizeof(ret->compatible)];
	int n = sysfile_head(sys->root, "/proc/device-tree/compatible", text, sizeof(text));

	*ret = (struct machine_id){ 0 };
	if (n > 0 && strnlen(text, n) < (size_t)n)
		strcpy(ret->compatible, text);
	read_chids(ret, sys);
}
