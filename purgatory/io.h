/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing device registers; a unit test has its own in place of these. */
#ifndef PURGATORY_IO_H
#define PURGATORY_IO_H

#include <stdint.h>

static inline uint8_t io_read8(uint64_t address)
{
	return *(volatile const uint8_t *)(uintptr_t)address;
}

static inline uint32_t io_read32(uint64_t address)
{
	return *(volatile const uint32_t *)(uintptr_t)address;
}

static inline void io_write8(uint64_t address, uint8_t value)
{
	*(volatile uint8_t *)(uintptr_t)address = value;
}

static inline void io_write16(uint64_t address, uint16_t value)
{
	*(volatile uint16_t *)(uintptr_t)address = value;
}

static inline uint16_t io_read16(uint64_t address)
{
	return *(volatile const uint16_t *)(uintptr_t)address;
}

static inline void io_write32(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)address = value;
}

#ifdef __x86_64__
#define IO_PORTS 1 /* and a VGA's text screen, perhaps */

static inline uint8_t io_in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void io_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
#else
#define IO_PORTS 0

static inline uint8_t io_in8(uint16_t port)
{
	(void)port;
	return 0xff;
}

static inline void io_out8(uint16_t port, uint8_t value)
{
	(void)port;
	(void)value;
}
#endif

#endif
