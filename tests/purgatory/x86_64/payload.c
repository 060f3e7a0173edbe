// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine before purgatory, and what the "next kernel" finds, told on COM1. */
#include <stdbool.h>
#include <stdint.h>

#include "tests/purgatory/x86_64/machine.h"

struct registers {
	uint64_t a, b, c, d, si, di, bp, unused, r8_15[8], sp, flags, cs, ss, ds, es;
};

struct registers registers;
void prepare(void);
void payload_main(void);

static const uint64_t *const orders = (const void *)ORDERS;
static uint64_t cr0_before, cr4_before, instructions_before;

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static uint64_t cr0(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static uint64_t cr4(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

/* With qemu -icount shift=0 time is instructions. */
static uint64_t instructions(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static bool has_sha_ni(void)
{
	uint32_t a = 7, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return b >> 29 & 1;
}

static void say(const char *text)
{
	while (*text)
		out8(0x3f8, (uint8_t)*text++);
}

static void say_hex(uint64_t number)
{
	bool begun = false;

	for (int shift = 60; shift >= 0; shift -= 4) {
		unsigned int digit = number >> shift & 0xf;

		begun |= digit || shift == 0;
		if (begun)
			out8(0x3f8, "0123456789abcdef"[digit]);
	}
}

static void say_word(const char *name, uint64_t number)
{
	say(" ");
	say(name);
	say("=");
	say_hex(number);
}

/* A VGA's registers, behind an index each: first port, how many, what they are called. */
static const struct bank {
	uint16_t port;
	uint8_t nr;
	char name[9];
} banks[] = { { 0x3c4, 5, "SEQ" }, { 0x3d4, 25, "CRTC" }, { 0x3ce, 9, "GRAPHICS" } };

static uint8_t bios[3][25], bios_attributes[21], bios_colours[64][3], bios_misc;

static uint8_t bank_read(const struct bank *bank, uint8_t i)
{
	out8(bank->port, i);
	return in8(bank->port + 1);
}

static uint8_t attribute_read(uint8_t i)
{
	uint8_t value;

	in8(0x3da);
	out8(0x3c0, i);
	value = in8(0x3c1);
	in8(0x3da);
	out8(0x3c0, 0x20);
	return value;
}

static void colours_read(uint8_t colours[64][3])
{
	out8(0x3c7, 0);
	for (int i = 0; i < 64 * 3; i++)
		colours[i / 3][i % 3] = in8(0x3c9);
}

static void vga_remember(void)
{
	for (int b = 0; b < 3; b++)
		for (uint8_t i = 0; i < banks[b].nr; i++)
			bios[b][i] = bank_read(&banks[b], i);
	for (uint8_t i = 0; i < 21; i++)
		bios_attributes[i] = attribute_read(i);
	bios_misc = in8(0x3cc);
	colours_read(bios_colours);
}

static void vga_scramble(void)
{
	out8(0x3d4, 0x11);
	out8(0x3d5, 0);
	for (int b = 0; b < 3; b++)
		for (uint8_t i = 0; i < banks[b].nr; i++) {
			out8(banks[b].port, i);
			out8(banks[b].port + 1, (uint8_t)~bios[b][i]);
		}
	for (uint8_t i = 0; i < 21; i++) {
		in8(0x3da);
		out8(0x3c0, i);
		out8(0x3c0, (uint8_t)~bios_attributes[i] & 0x3f);
	}
	out8(0x3c2, (uint8_t)((bios_misc & 1) | 0x80));
	out8(0x3c8, 0);
	for (int i = 0; i < 64 * 3; i++)
		out8(0x3c9, 0x11);
}

static void differs(const char *name, unsigned int i, uint8_t now, uint8_t was)
{
	if (now == was)
		return;
	say("payload: VGA ");
	say(name);
	say_word("register", i);
	say_word("is", now);
	say_word("BIOS", was);
	say("\n");
}

/* The place of the cursor and its looks (0x0a, 0x0b, 0x0e, 0x0f) are nobody's mode. */
static bool is_cursor(int b, uint8_t i)
{
	return b == 1 && (i == 0x0a || i == 0x0b || i == 0x0e || i == 0x0f);
}

static void vga_compare(void)
{
	uint8_t colours[64][3];

	for (int b = 0; b < 3; b++)
		for (uint8_t i = 0; i < banks[b].nr; i++)
			if (!is_cursor(b, i))
				differs(banks[b].name, i, bank_read(&banks[b], i), bios[b][i]);
	for (uint8_t i = 0; i < 21; i++)
		differs("ATTRIBUTE", i, attribute_read(i), bios_attributes[i]);
	differs("MISC", 0, in8(0x3cc), bios_misc);
	colours_read(colours);
	for (unsigned int i = 0; i < 64 * 3; i++)
		differs("COLOUR", i, colours[i / 3][i % 3], bios_colours[i / 3][i % 3]);
	say("payload: VGA compared\n");
}

static void screen_show(void)
{
	const volatile uint16_t *cells = (const volatile void *)0xb8000;

	for (int row = 0; row < 25; row++) {
		int last = 79;

		while (last >= 0 && (cells[80 * row + last] & 0xff) <= ' ')
			last--;
		if (last < 0)
			continue;
		say("screen: ");
		for (int i = 0; i <= last; i++)
			out8(0x3f8, (uint8_t)cells[80 * row + i]);
		say("\n");
	}
}

static void screen_clear(void)
{
	volatile uint16_t *cells = (volatile void *)0xb8000;

	for (int i = 0; i < 80 * 25; i++)
		cells[i] = 0x0720;
}

/* All but the last gigabyte below four, in which the devices are; up to 8 GiB. */
static void map_memory(void)
{
	uint64_t *pdpt = (void *)(TABLES + 0x2000), *pd = (void *)(TABLES + 0x4000);

	for (uint64_t gib = 1; gib < 8; gib++) {
		if (gib == 3)
			continue;
		for (uint64_t i = 0; i < 512; i++)
			pd[i] = gib << 30 | i << 21 | 0x83;
		pdpt[gib] = (uintptr_t)pd | 3;
		pd += 512;
	}
}

/* The frame buffer is memory that the page tables do not have: BAR 0 of PCI device 2. */
static void fake_uart(void)
{
	volatile uint64_t *pdpt = (void *)(TABLES + 0x2000), *pd = (void *)(TABLES + 0x10000);

	out32(0xcf8, 0x80001010);
	out32(0xcfc, FAKE_UART);
	/* For a moment it is mapped, so that the line can be made ready. */
	pdpt[3] = (uintptr_t)pd | 3;
	for (uint64_t i = 0; i < 512; i++)
		pd[i] = 3UL << 30 | i << 21 | 0x93;
	((volatile uint32_t *)FAKE_UART)[5] = 0x20;
	pdpt[3] = 0;
	__asm__ volatile("mov %%cr3, %%rax; mov %%rax, %%cr3" : : : "rax", "memory");
}

void prepare(void)
{
	map_memory();
	vga_remember();
	screen_clear();
	if (orders[1] & ORDER_VGA)
		vga_scramble();
	if (orders[1] & ORDER_UART)
		fake_uart();
	cr0_before = cr0();
	cr4_before = cr4();
	instructions_before = instructions();
}

static void fake_uart_show(void)
{
	const volatile uint32_t *uart = (const volatile void *)FAKE_UART;

	say("payload: UART");
	say_word("data", uart[0]);
	say_word("line", uart[3]);
	say_word("modem", uart[4]);
	say("\n");
}

void payload_main(void)
{
	uint64_t now = instructions(), others = 0;
	const struct registers *r = &registers;

	others = r->a | r->b | r->c | r->d | r->di | r->bp;
	for (int i = 0; i < 8; i++)
		others |= r->r8_15[i];
	say("payload:");
	say_word("rsi", r->si);
	say_word("others", others);
	say_word("rflags", r->flags);
	say_word("cs", r->cs & 0xffff);
	say_word("ss", r->ss & 0xffff);
	say_word("ds", r->ds & 0xffff);
	say_word("es", r->es & 0xffff);
	say("\n");
	say(cr0() == cr0_before && cr4() == cr4_before ? "payload: CR0 and CR4 are as before\n"
						       : "payload: CR0 or CR4 have changed\n");
	say_word("payload: stack", r->sp);
	say_word("cr4", cr4());
	say_word("sha-ni", has_sha_ni());
	say_word("instructions", now - instructions_before);
	say("\n");
	if (orders[1] & ORDER_UART)
		fake_uart_show();
	else
		vga_compare();
	screen_show();
	say("payload: end\n");
	out8(0xf4, 0x10);
	for (;;)
		__asm__ volatile("hlt");
}
