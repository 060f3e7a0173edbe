// SPDX-License-Identifier: GPL-2.0-or-later
/* /sys/firmware/efi: Documentation/ABI/testing/sysfs-firmware-efi and -efi-runtime-map. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/arch/x86_64/facts.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/sysfile.h"

#define EFI	    "/sys/firmware/efi/"
#define RUNTIME_MAP EFI "runtime-map/"

/* A line "KEY=0x.." of the list of tables; 0: no such line. */
static uint64_t table_address(const struct sys *sys, const char *key)
{
	autofree char *text = NULL;
	size_t len = strlen(key);

	if (sysfile_read(sys->root, EFI "systab", &text) < 0)
		return 0;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		unsigned long long value;

		line += *line == '\n';
		if (strncmp(line, key, len) != 0 || line[len] != '=')
			continue;
		/* strtoull() would take blanks and a sign. */
		if (!isxdigit((unsigned char)line[len + 1]))
			return 0;
		errno = 0;
		value = strtoull(line + len + 1, NULL, 16);
		return errno ? 0 : value;
	}
	return 0;
}

uint64_t efi_rsdp(const struct sys *sys)
{
	uint64_t address = table_address(sys, "ACPI20");

	return address ? address : table_address(sys, "ACPI");
}

/* What a reader should do about it is the same for all that can be wrong in here. */
static int bad_efi(struct why *w, int err, const char *path)
{
	return why(w, err, "%s: %s; --noefi loads without EFI", path,
		   err == -EBADMSG ? "makes no sense" : strerror(-err));
}

static int read_field(const struct sys *sys, size_t nr, const char *name, uint64_t *ret,
		      struct why *w)
{
	char path[sizeof(RUNTIME_MAP) + 48];
	int r;

	snprintf(path, sizeof(path), RUNTIME_MAP "%zu/%s", nr, name);
	r = sysfile_u64(sys->root, path, ret);
	return r < 0 ? bad_efi(w, r, path) : 0;
}

static int read_region(struct efi_region *ret, const struct sys *sys, size_t nr, struct why *w)
{
	struct efi_region e = { 0 };
	uint64_t type = 0;
	int r = read_field(sys, nr, "type", &type, w);

	if (r == 0)
		r = read_field(sys, nr, "phys_addr", &e.phys, w);
	if (r == 0)
		r = read_field(sys, nr, "virt_addr", &e.virt, w);
	if (r == 0)
		r = read_field(sys, nr, "num_pages", &e.pages, w);
	if (r == 0)
		r = read_field(sys, nr, "attribute", &e.attribute, w);
	if (r < 0)
		return r;
	if (type > UINT32_MAX || e.phys % EFI_PAGE || e.pages == 0 ||
	    e.pages > (UINT64_MAX - e.phys) / EFI_PAGE)
		return why(w, -EBADMSG,
			   "EFI runtime region %zu makes no sense: type %" PRIu64 ", %" PRIu64 " pages at %#" PRIx64 "; --noefi loads without EFI",
			   nr, type, e.pages, e.phys);
	e.type = (uint32_t)type;
	*ret = e;
	return 0;
}

/* Is there a folder with that number? The kernel numbers them without a gap. */
static bool has_region(const struct sys *sys, size_t nr)
{
	char path[sizeof(RUNTIME_MAP) + 24];
	char byte[2];

	snprintf(path, sizeof(path), RUNTIME_MAP "%zu", nr);
	return sysfile_head(sys->root, path, byte, sizeof(byte)) == -EISDIR;
}

static int read_regions(struct efi_facts *f, const struct sys *sys, struct why *w)
{
	while (has_region(sys, f->nr)) {
		struct efi_region *larger;
		int r;

		if (f->nr == LIMIT_EFI_REGIONS)
			return why(w, -E2BIG, "more than %d EFI runtime regions",
				   LIMIT_EFI_REGIONS);
		larger = reallocarray(f->regions, f->nr + 1, sizeof(*larger));
		if (!larger)
			return why(w, -ENOMEM, "out of memory");
		f->regions = larger;
		r = read_region(&larger[f->nr], sys, f->nr, w);
		if (r < 0)
			return r;
		f->nr++;
	}
	return 0;
}

/* A table that this kernel hides because it has none is no error. */
static int read_address(const struct sys *sys, const char *path, uint64_t *ret, struct why *w)
{
	int r = sysfile_u64(sys->root, path, ret);

	return r == 0 || r == -ENOENT ? 0 : bad_efi(w, r, path);
}

/* efi_info of this kernel's boot_params; false: not started by 64-bit EFI. */
static bool read_info(struct efi_facts *f, struct span params)
{
	uint32_t signature = 0, lo = 0, hi = 0;

	span_le32(params, BP_EFI_SIGNATURE, &signature);
	span_le32(params, BP_EFI_SYSTAB, &lo);
	span_le32(params, BP_EFI_SYSTAB_HI, &hi);
	span_le32(params, BP_EFI_DESC_SIZE, &f->desc_size);
	span_le32(params, BP_EFI_DESC_VERSION, &f->desc_version);
	span_get(&f->secure_boot, params, BP_SECURE_BOOT, sizeof(f->secure_boot));
	f->systab = (uint64_t)hi << 32 | lo;
	return signature == EFI_LOADER_64 && f->systab;
}

static int read_tables(struct efi_facts *f, const struct sys *sys, struct why *w)
{
	int r;

	if (f->desc_size < EFI_DESC_SIZE || f->desc_size > EFI_DESC_MAX || f->desc_size % 8)
		return why(w, -EBADMSG,
			   "EFI memory descriptors of %u bytes; --noefi loads without EFI",
			   f->desc_size);
	r = read_address(sys, EFI "fw_vendor", &f->fw_vendor, w);
	if (r == 0)
		r = read_address(sys, EFI "config_table", &f->config_table, w);
	f->smbios = table_address(sys, "SMBIOS");
	return r;
}

int efi_facts_read(struct efi_facts *ret, struct span params, const struct sys *sys, struct why *w)
{
	struct efi_facts f = { 0 };
	int r;

	if (!read_info(&f, params))
		return 0;
	r = read_regions(&f, sys, w);
	if (r == 0 && f.nr > 0)
		r = read_tables(&f, sys, w);
	/* The map alone is of no use: it is by these tables that the firmware is called. */
	if (r < 0 || f.nr == 0 || f.config_table == 0) {
		efi_facts_done(&f);
		return r;
	}
	*ret = f;
	return 0;
}

void efi_facts_done(struct efi_facts *f)
{
	free(f->regions);
	*f = (struct efi_facts){ 0 };
}
