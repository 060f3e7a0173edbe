// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/arch/x86_64/facts.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#define LOADER_KEXEC 0xd0 /* type_of_loader: kexec, version 0 */

#define E820_IN_PAGE 128
#define E820_ENTRY   20

/* struct setup_data: next u64, type u32, len u32, then the data; setup_data types. */
#define SD_HEAD	       16
#define SETUP_E820_EXT 1
#define SETUP_EFI      4
#define SETUP_RNG_SEED 9
#define SETUP_KEXEC_KHO 10

#define SETUP_EFI_SIZE 96 /* struct efi_setup_data: fw_vendor, unused, tables, smbios, 8 spare */

#define SETUP_KHO_SIZE 32 /* struct kho_data: address and size of the tree, of the scratch list */

#define EXT_MEM_K_MAX 0xfc00 /* 64 MiB less 1 MiB: more was never asked of that BIOS call */

/* Where the parts of the blob are: bytes from its start, 0: not there. */
struct setup_parts {
	uint64_t e820, efi, efi_map, seed, kho, cmdline, size;
};

static uint64_t add_part(uint64_t *size, uint64_t len)
{
	uint64_t at = *size;

	*size += (len + 15) & ~UINT64_C(15);
	return at;
}

static uint64_t ranges_outside(uint64_t nr)
{
	return nr > E820_IN_PAGE ? nr - E820_IN_PAGE : 0;
}

static struct setup_parts place_parts(const struct x86_facts *f, uint64_t nr_ranges,
				      uint64_t cmdline_len)
{
	struct setup_parts p = { .size = BP_SIZE };

	if (ranges_outside(nr_ranges))
		p.e820 = add_part(&p.size, SD_HEAD + ranges_outside(nr_ranges) * E820_ENTRY);
	if (f->efi.nr) {
		p.efi = add_part(&p.size, SD_HEAD + SETUP_EFI_SIZE);
		p.efi_map = add_part(&p.size, f->efi.nr * f->efi.desc_size);
	}
	if (f->has_seed)
		p.seed = add_part(&p.size, SD_HEAD + sizeof(f->seed));
	if (f->kho)
		p.kho = add_part(&p.size, SD_HEAD + SETUP_KHO_SIZE);
	/* The last part is not padded. */
	p.cmdline = p.size;
	p.size += cmdline_len + 1;
	return p;
}

uint64_t x86_setup_size(const struct x86_facts *f, size_t nr_ranges, size_t cmdline_len)
{
	return place_parts(f, nr_ranges, cmdline_len).size;
}

/* The blob while it is made, all zeros at first. */
struct out {
	unsigned char *data;
	uint64_t size;
	uint64_t phys;	/* where it will be */
	uint64_t chain; /* physical, the setup_data added last */
	bool outside;	/* somebody wrote where nothing is: sticky */
};

static void put(struct out *o, uint64_t off, const void *bytes, size_t len)
{
	if (!range_fits(o->size, off, len))
		o->outside = true;
	else
		memcpy(o->data + off, bytes, len);
}

static void put8(struct out *o, uint64_t off, uint8_t value)
{
	put(o, off, &value, sizeof(value));
}

static void put16(struct out *o, uint64_t off, uint16_t value)
{
	value = htole16(value);
	put(o, off, &value, sizeof(value));
}

static void put32(struct out *o, uint64_t off, uint32_t value)
{
	value = htole32(value);
	put(o, off, &value, sizeof(value));
}

static void put64(struct out *o, uint64_t off, uint64_t value)
{
	value = htole64(value);
	put(o, off, &value, sizeof(value));
}

/* A field that was once 32 bits wide, and its high half somewhere else. */
static void put_halves(struct out *o, uint64_t low, uint64_t high, uint64_t value)
{
	put32(o, low, (uint32_t)value);
	put32(o, high, (uint32_t)(value >> 32));
}

/* Puts one in front of the chain; returns where its data goes. */
static uint64_t put_setup_data(struct out *o, uint64_t off, uint32_t type, uint32_t len)
{
	put64(o, off, o->chain);
	put32(o, off + 8, type);
	put32(o, off + 12, len);
	o->chain = o->phys + off;
	return off + SD_HEAD;
}

/* Numbers are those of E820 by definition; one that is not known must not become RAM. */
static uint32_t e820_type(enum ram_type type)
{
	switch (type) {
	case RAM_USABLE:
	case RAM_RESERVED:
	case RAM_ACPI:
	case RAM_ACPI_NVS:
	case RAM_UNUSABLE:
	case RAM_PMEM:
	case RAM_PRAM:
	case RAM_SOFT_RESERVED:
		return (uint32_t)type;
	}
	return RAM_RESERVED;
}

static void put_e820(struct out *o, uint64_t off, const struct ram_range *r)
{
	put64(o, off, r->at.start);
	put64(o, off + 8, r->at.end - r->at.start);
	put32(o, off + 16, e820_type(r->type));
}

/* How much lies behind 1 MiB, the way the BIOS told before there were maps. */
static void put_mem_k(struct out *o, const struct range *at)
{
	uint64_t k;

	if (at->start > MiB || at->end <= MiB)
		return;
	k = (at->end - MiB) / KiB;
	put16(o, BP_EXT_MEM_K, k < EXT_MEM_K_MAX ? k : EXT_MEM_K_MAX);
	put32(o, BP_ALT_MEM_K, k < UINT32_MAX ? k : UINT32_MAX);
}

static void put_memory(struct out *o, const struct setup_parts *p, const struct ram_map *ram)
{
	uint64_t outside = ranges_outside(ram->nr), in_page = ram->nr - outside, off;

	put16(o, BP_EXT_MEM_K, 0); /* came along with screen_info */
	for (uint64_t i = 0; i < ram->nr; i++)
		if (ram->ranges[i].type == RAM_USABLE)
			put_mem_k(o, &ram->ranges[i].at);
	for (uint64_t i = 0; i < in_page; i++)
		put_e820(o, BP_E820 + i * E820_ENTRY, &ram->ranges[i]);
	put8(o, BP_NR_E820, in_page);
	if (outside == 0)
		return;
	off = put_setup_data(o, p->e820, SETUP_E820_EXT, outside * E820_ENTRY);
	for (uint64_t i = 0; i < outside; i++)
		put_e820(o, off + i * E820_ENTRY, &ram->ranges[in_page + i]);
}

/* UEFI specification, EFI_MEMORY_DESCRIPTOR. */
static void put_efi_region(struct out *o, uint64_t off, const struct efi_region *r)
{
	put32(o, off, r->type);
	put64(o, off + 8, r->phys);
	put64(o, off + 16, r->virt);
	put64(o, off + 24, r->pages);
	put64(o, off + 32, r->attribute);
}

static void put_efi(struct out *o, const struct setup_parts *p, const struct efi_facts *e)
{
	uint64_t off;

	if (e->nr == 0)
		return;
	put32(o, BP_EFI_SIGNATURE, EFI_LOADER_64);
	put_halves(o, BP_EFI_SYSTAB, BP_EFI_SYSTAB_HI, e->systab);
	put32(o, BP_EFI_DESC_SIZE, e->desc_size);
	put32(o, BP_EFI_DESC_VERSION, e->desc_version);
	put_halves(o, BP_EFI_MEMMAP, BP_EFI_MEMMAP_HI, o->phys + p->efi_map);
	put32(o, BP_EFI_MEMMAP_SIZE, e->nr * e->desc_size);
	/*
	 * kexec-tools leaves this out. A kernel that locks itself down under Secure Boot
	 * would not do so any more after a kexec; from the kernel's own loader it does.
	 */
	put8(o, BP_SECURE_BOOT, e->secure_boot);

	for (size_t i = 0; i < e->nr; i++)
		put_efi_region(o, p->efi_map + i * e->desc_size, &e->regions[i]);
	off = put_setup_data(o, p->efi, SETUP_EFI, SETUP_EFI_SIZE);
	put64(o, off, e->fw_vendor);
	put64(o, off + 16, e->config_table);
	put64(o, off + 24, e->smbios);
}

/* What Kexec HandOver passes on: all of it lies outside of this blob. */
static void put_kho(struct out *o, uint64_t off, const struct x86_layout *at)
{
	const struct range *const parts[] = { &at->kho_tree, &at->kho_scratch };

	off = put_setup_data(o, off, SETUP_KEXEC_KHO, SETUP_KHO_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		put64(o, off + 16 * i, parts[i]->start);
		put64(o, off + 16 * i + 8, parts[i]->end - parts[i]->start);
	}
}

static void put_machine(struct out *o, const struct x86_facts *f)
{
	put(o, BP_SCREEN_INFO, f->screen_info, sizeof(f->screen_info));
	put64(o, BP_ACPI_RSDP, f->rsdp);
	put32(o, HDR_SUBARCH, f->subarch);
	put8(o, BP_NR_EDD, f->nr_edd);
	put(o, BP_EDD, f->edd, f->nr_edd * EDD_SIZE);
	put8(o, BP_NR_MBR, f->nr_mbr);
	put(o, BP_MBR, f->mbr, f->nr_mbr * MBR_SIZE);
}

/* After the header of the file, of which nothing that a loader fills in may be left. */
static void put_loader(struct out *o, const struct setup_parts *p, const struct x86_layout *at)
{
	put8(o, HDR_LOADER, LOADER_KEXEC);
	put8(o, HDR_LOADFLAGS, 0); /* all that is said in there is for 16 and 32-bit entries */
	put32(o, HDR_CODE32_START, at->kernel <= UINT32_MAX ? at->kernel : 0);
	put_halves(o, HDR_RAMDISK_IMAGE, BP_EXT_RAMDISK_IMAGE, at->initrd_size ? at->initrd : 0);
	put_halves(o, HDR_RAMDISK_SIZE, BP_EXT_RAMDISK_SIZE, at->initrd_size);
	put_halves(o, HDR_CMDLINE, BP_EXT_CMDLINE, at->setup + p->cmdline);
}

static int check_request(const struct x86_facts *f, const struct x86_layout *at,
			 const struct ram_map *ram, size_t cmdline_len, struct why *w)
{
	if (cmdline_len > f->cmdline_size)
		return why(w, -E2BIG,
			   "Kernel command line too long for kernel! It has %zu bytes, %u are the most",
			   cmdline_len, f->cmdline_size);
	if (ram->nr > LIMIT_RAM_RANGES)
		return why(w, -E2BIG, "memory map of more than %d ranges", LIMIT_RAM_RANGES);
	if (at->setup % BP_SIZE || x86_setup_size(f, ram->nr, cmdline_len) > UINT64_MAX - at->setup)
		return why(w, -EINVAL, "boot_params cannot be at %#llx",
			   (unsigned long long)at->setup);
	return 0;
}

int x86_setup_build(struct blob *ret, const struct x86_facts *f, const struct x86_layout *at,
		    const struct ram_map *ram, const char *cmdline, struct why *w)
{
	size_t len = strlen(cmdline);
	struct setup_parts p = place_parts(f, ram->nr, len);
	struct out o = { .size = p.size, .phys = at->setup };
	autofree unsigned char *data = NULL;
	autofree char *name = NULL;
	int r = check_request(f, at, ram, len, w);

	if (r < 0)
		return r;
	data = o.data = calloc(1, p.size);
	name = strdup("boot_params");
	if (!data || !name)
		return why(w, -ENOMEM, "out of memory");

	put(&o, BP_HEADER, f->header, f->header_len);
	put_machine(&o, f);
	put_loader(&o, &p, at);
	put(&o, p.cmdline, cmdline, len + 1);
	/* Each goes in front of those before it. */
	if (f->has_seed)
		put(&o, put_setup_data(&o, p.seed, SETUP_RNG_SEED, sizeof(f->seed)), f->seed,
		    sizeof(f->seed));
	if (f->kho)
		put_kho(&o, p.kho, at);
	put_efi(&o, &p, &f->efi);
	put_memory(&o, &p, ram);
	put64(&o, HDR_SETUP_DATA, o.chain);
	if (o.outside)
		return why(w, -EINVAL, "boot_params do not fit into their own size");
	*ret = (struct blob){
		.kind = BLOB_MEMORY,
		.fd = -1,
		.data = take_ptr(data),
		.size = p.size,
		.name = take_ptr(name),
	};
	return 0;
}
