// SPDX-License-Identifier: GPL-2.0-or-later
/* boot_params: Documentation/arch/x86/zero-page.rst, boot.rst. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/facts.h"

#define E820_ROOM	128
#define SETUP_E820_EXT	1
#define SETUP_EFI	4
#define SETUP_RNG_SEED	9
#define MOST_SETUP_DATA 16

uint64_t params_u8(const struct facts *f, uint64_t off)
{
	return off < f->params.size ? f->params.data[off] : 0;
}

uint64_t params_u16(const struct facts *f, uint64_t off)
{
	uint16_t n = 0;

	span_le16(f->params, off, &n);
	return n;
}

uint64_t params_u32(const struct facts *f, uint64_t off)
{
	uint32_t n = 0;

	span_le32(f->params, off, &n);
	return n;
}

uint64_t params_u64(const struct facts *f, uint64_t off)
{
	uint64_t n = 0;

	span_le64(f->params, off, &n);
	return n;
}

uint64_t params_split(const struct facts *f, uint64_t low, uint64_t high)
{
	return params_u32(f, low) | params_u32(f, high) << 32;
}

/* What else is not zero is told as it is. */
const struct params_field params_fields[] = {
	{ 0x000, 2, "screen_info.cursor" },
	{ 0x002, 2, "ext_mem_k" },
	{ 0x004, 60, "screen_info" },
	{ 0x040, 20, "apm_bios_info" },
	{ 0x058, 8, "tboot_addr" },
	{ 0x060, 16, "ist_info" },
	{ 0x070, 8, "acpi_rsdp_addr" },
	{ 0x080, 16, "hd0_info" },
	{ 0x090, 16, "hd1_info" },
	{ 0x0a0, 16, "sys_desc_table" },
	{ 0x0b0, 16, "olpc_ofw_header" },
	{ 0x0c0, 12, NULL }, /* upper halves of addresses */
	{ 0x13c, 4, "cc_blob_address" },
	{ 0x140, 128, "edid_info" },
	{ 0x1c0, 32, NULL }, /* efi_info */
	{ 0x1e0, 4, "alt_mem_k" },
	{ 0x1e4, 4, "scratch" },
	{ 0x1e8, 1, NULL }, /* e820_entries */
	{ 0x1e9, 1, "eddbuf_entries" },
	{ 0x1ea, 1, "edd_mbr_sig_buf_entries" },
	{ 0x1eb, 1, "kbd_status" },
	{ 0x1ec, 1, "secure_boot" },
	{ 0x1ef, 1, "sentinel" },
	{ 0x1fa, 2, "hdr.vid_mode" },
	{ 0x210, 1, "hdr.type_of_loader" },
	{ 0x211, 1, "hdr.loadflags" },
	{ 0x214, 12, NULL }, /* code32_start, ramdisk_image, _size */
	{ 0x224, 2, "hdr.heap_end_ptr" },
	{ 0x226, 2, "hdr.ext_loader" },
	{ 0x228, 4, NULL }, /* cmd_line_ptr */
	{ 0x23c, 12, "hdr.hardware_subarch" },
	{ 0x250, 8, NULL }, /* setup_data */
	{ 0x290, 64, "edd_mbr_sig_buffer" },
	{ 0x2d0, 2560, NULL }, /* e820_table */
	{ 0xd00, 492, "eddbuf" },
	{ 0, 0, NULL },
};

void fact_hex(const char *name, struct span s)
{
	printf("%s ", name);
	for (size_t i = 0; i < s.size; i++)
		printf("%02x", s.data[i]);
	putchar('\n');
}

static bool in_field(unsigned int off)
{
	for (const struct params_field *p = params_fields; p->len; p++) {
		if (off >= p->off && off < p->off + p->len)
			return true;
	}
	return false;
}

/* The setup header is the kernel's own but for the fields above. */
static void facts_rest(const struct facts *f)
{
	unsigned int header_end = 0x202 + (unsigned int)params_u8(f, 0x201);

	for (unsigned int off = 0; off < PARAMS_SIZE; off++) {
		unsigned char want = 0;

		if (in_field(off))
			continue;
		if (off >= 0x1f1 && off < header_end)
			span_get(&want, f->kernel, off, 1);
		if (f->params.data[off] != want)
			fact("other-%03x %02x", off, f->params.data[off]);
	}
}

/* An entry but for its padding: type, physical and virtual start, pages, attributes. */
#define EFI_ENTRY 40
#define MOST_EFI  256

static int by_physical_start(const void *a, const void *b)
{
	uint64_t x = 0, y = 0;

	span_le64((struct span){ a, EFI_ENTRY }, 8, &x);
	span_le64((struct span){ b, EFI_ENTRY }, 8, &y);
	return x < y ? -1 : x > y;
}

/* In order of addresses: theirs is the loader's choice, as is the room for an entry. */
static void facts_efi_map(struct facts *f)
{
	static unsigned char entries[MOST_EFI][EFI_ENTRY];
	uint64_t size = params_u32(f, 0x1c8), addr = params_split(f, 0x1d0, 0x1dc);
	uint64_t len = params_u32(f, 0x1d4), nr = size ? len / size : 0;

	fact("place efi-memmap %#" PRIx64 " entry=%" PRIu64 " size=%" PRIu64, addr, size, len);
	fact("efi-entries %" PRIu64, nr);
	if (size < EFI_ENTRY || size > 256 || len % size || nr > MOST_EFI ||
	    !loaded_find(&f->l, addr, len)) {
		bad(f, "the EFI memory map is in no segment, or has no whole entries");
		return;
	}
	for (uint64_t i = 0; i < nr; i++) {
		loaded_get(&f->l, entries[i], addr + i * size, EFI_ENTRY);
		memset(entries[i] + 4, 0, 4);
	}
	qsort(entries, nr, EFI_ENTRY, by_physical_start);
	for (uint64_t i = 0; i < nr; i++)
		fact_hex("efi-map", (struct span){ entries[i], EFI_ENTRY });
}

static void facts_efi(struct facts *f)
{
	struct span s;

	if (!span_sub(&s, f->params, 0x1c0, 4) || !params_u32(f, 0x1c0)) {
		fact("efi none");
		return;
	}
	fact("efi %.4s systab=%#" PRIx64 " version=%" PRIu64, (const char *)s.data,
	     params_split(f, 0x1c4, 0x1d8), params_u32(f, 0x1cc));
	facts_efi_map(f);
}

static void add_to_map(struct facts *f, const struct map_entry *e)
{
	if (f->map_nr < MAX_RANGES)
		f->map[f->map_nr++] = *e;
}

static void setup_data_entry(struct facts *f, uint64_t addr, uint32_t type, uint32_t len)
{
	unsigned char bytes[4096];
	struct map_entry e;
	char name[32];

	if (len > sizeof(bytes) && type != SETUP_E820_EXT) {
		bad(f, "setup_data of type %u has %u bytes", type, len);
		return;
	}
	snprintf(name, sizeof(name), "setup-data-%u", type);
	if (type == SETUP_E820_EXT) {
		for (uint32_t off = 0; off + sizeof(e) <= len; off += sizeof(e)) {
			if (loaded_get(&f->l, &e, addr + 16 + off, sizeof(e)))
				add_to_map(f, &e);
		}
		fact("setup-data-1 %u entries", (unsigned int)(len / sizeof(e)));
	} else if (!loaded_get(&f->l, bytes, addr + 16, len)) {
		bad(f, "setup_data of type %u is not all loaded", type);
	} else if (type == SETUP_RNG_SEED) {
		fact("%s %u random bytes", name, len);
	} else if (type == SETUP_EFI) {
		/* The second number, once the runtime services, is not read any more. */
		memset(bytes + 8, 0, 8);
		fact_hex(name, (struct span){ bytes, len });
	} else {
		fact_hex(name, (struct span){ bytes, len });
	}
}

static void facts_setup_data(struct facts *f)
{
	uint64_t addr = params_u64(f, 0x250);
	struct {
		uint64_t next;
		uint32_t type, len;
	} head;

	for (int i = 0; addr; i++, addr = head.next) {
		if (i == MOST_SETUP_DATA || !loaded_get(&f->l, &head, addr, sizeof(head)) ||
		    !loaded_find(&f->l, addr, sizeof(head) + (uint64_t)head.len)) {
			bad(f, "setup_data at %#" PRIx64 " is in no segment, or has no end", addr);
			return;
		}
		fact("place setup-data-%u %#" PRIx64, head.type, addr);
		setup_data_entry(f, addr, head.type, head.len);
	}
}

static void facts_table(struct facts *f)
{
	uint64_t nr = params_u8(f, 0x1e8);
	struct map_entry e;

	if (nr > E820_ROOM)
		bad(f, "%" PRIu64 " entries in a table of 128", nr);
	for (uint64_t i = 0; i < nr && i < E820_ROOM; i++) {
		if (span_get(&e, f->params, 0x2d0 + i * sizeof(e), sizeof(e)))
			add_to_map(f, &e);
	}
}

void facts_params(struct facts *f)
{
	struct span s;

	for (const struct params_field *p = params_fields; p->len; p++) {
		if (p->name && span_sub(&s, f->params, p->off, p->len))
			fact_hex(p->name, s);
	}
	facts_rest(f);
	facts_efi(f);
	facts_table(f);
	facts_setup_data(f);
}

/* A crash kernel's map leaves out where elfcorehdr lies, which is the loader's choice. */
static bool is_placement(const struct facts *f, const struct map_entry *e)
{
	struct range r = { e->addr, e->addr + e->size - 1 };

	return f->crash && ranges_touch(&f->crash_region, r);
}

static bool map_has_ram(const struct facts *f, struct range r)
{
	for (unsigned int i = 0; i < f->map_nr; i++) {
		const struct map_entry *e = &f->map[i];

		if (e->type == E820_RAM && r.start >= e->addr && r.end < e->addr + e->size)
			return true;
	}
	return false;
}

void fact_entry(const struct map_entry *e)
{
	fact("%s %016" PRIx64 "-%016" PRIx64 " %u", e->addr < LOW_END ? "e820-low" : "e820",
	     e->addr, e->addr + e->size - 1, e->type);
}

void facts_map(struct facts *f)
{
	uint64_t before = 0;

	for (unsigned int i = 0; i < f->map_nr; i++) {
		const struct map_entry *e = &f->map[i];

		if (i && e->addr < before)
			bad(f, "entry %u of the memory map overlaps or is out of order", i);
		before = e->addr + e->size;
		if (is_placement(f, e))
			printf("place ");
		fact_entry(e);
	}
	for (unsigned int i = 0; i < f->l.nr; i++) {
		const struct loaded_segment *s = &f->l.s[i];

		/* A kernel's memory, all of it; of the others, what it looks at. */
		if (s->what && !map_has_ram(f, s->at))
			bad(f, "the segment with the %s is not RAM to the kernel", s->what);
	}
}
