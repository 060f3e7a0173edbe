// SPDX-License-Identifier: GPL-2.0-or-later
/* Serial lines: an 8250 behind I/O ports or in memory, or a PL011. */
#include "purgatory/io.h"
#include "purgatory/purgatory.h"

/* 8250: registers, and what is used of them. */
#define DATA	      0
#define DIVISOR_LOW   0 /* with LINE_DIVISOR set */
#define INTERRUPTS    1
#define DIVISOR_HIGH  1 /* with LINE_DIVISOR set */
#define FIFO	      2
#define FIFO_ON	      0x07
#define LINE	      3
#define LINE_8N1      0x03
#define LINE_DIVISOR  0x80
#define MODEM	      4
#define MODEM_DTR_RTS 0x03
#define STATUS	      5
#define STATUS_EMPTY  0x20

#define BAUD_CLOCK 115200 /* of an 8250 with the usual crystal, divisor 1 */

/* PL011 (ARM DDI 0183): registers, and what is used of them. */
enum { PL011_DATA = 0x00, PL011_FLAGS = 0x18, PL011_FULL = 0x20 };

/* A UART that is never ready is given up after about a second: reads of a register. */
#define PATIENCE 1000000

static uint8_t uart_read(const struct console *c, unsigned int reg)
{
	if (c->io)
		return io_in8((uint16_t)(c->serial + reg));
	if (c->uart == PURGATORY_UART_8250_32)
		return (uint8_t)io_read32(c->serial + 4 * reg);
	return io_read8(c->serial + reg);
}

static void uart_write(const struct console *c, unsigned int reg, uint8_t value)
{
	if (c->io)
		io_out8((uint16_t)(c->serial + reg), value);
	else if (c->uart == PURGATORY_UART_8250_32)
		io_write32(c->serial + 4 * reg, value);
	else
		io_write8(c->serial + reg, value);
}

static bool is_pl011(const struct console *c)
{
	return c->mmio && c->uart == PURGATORY_UART_PL011;
}

static bool can_write(const struct console *c)
{
	if (is_pl011(c))
		return !(io_read32(c->serial + PL011_FLAGS) & PL011_FULL);
	return uart_read(c, STATUS) & STATUS_EMPTY;
}

static void serial_put(struct console *c, char byte)
{
	unsigned int patience = PATIENCE;

	while (!can_write(c)) {
		if (--patience == 0) {
			c->io = c->mmio = false;
			return;
		}
	}
	if (is_pl011(c))
		io_write32(c->serial + PL011_DATA, (uint8_t)byte);
	else
		uart_write(c, DATA, (uint8_t)byte);
}

static void set_baud(const struct console *c, uint32_t baud)
{
	uint32_t divisor = BAUD_CLOCK / baud;

	if (divisor == 0)
		divisor = 1;
	if (divisor > UINT16_MAX)
		divisor = UINT16_MAX;
	uart_write(c, INTERRUPTS, 0);
	uart_write(c, LINE, LINE_8N1 | LINE_DIVISOR);
	uart_write(c, DIVISOR_LOW, (uint8_t)divisor);
	uart_write(c, DIVISOR_HIGH, (uint8_t)(divisor >> 8));
	uart_write(c, LINE, LINE_8N1);
	uart_write(c, FIFO, FIFO_ON);
	uart_write(c, MODEM, MODEM_DTR_RTS);
}

void console_open(struct console *c, const struct purgatory_params *p)
{
	bool wants_mmio = p->flags & PURGATORY_SERIAL_MMIO;

	*c = (struct console){
		.serial = p->serial,
		.uart = p->serial_uart,
		.io = IO_PORTS && p->flags & PURGATORY_SERIAL_IO && !wants_mmio,
		.mmio = wants_mmio && arch_map_device(p->serial),
		.screen = IO_PORTS && p->flags & PURGATORY_CONSOLE_VGA,
	};
	if (IO_PORTS && p->flags & PURGATORY_RESET_VGA)
		screen_reset();
	if (p->serial_baud && (c->io || c->mmio) && !is_pl011(c))
		set_baud(c, p->serial_baud);
}

static void put(struct console *c, char byte)
{
	if (c->io || c->mmio) {
		if (byte == '\n')
			serial_put(c, '\r');
		serial_put(c, byte);
	}
	if (IO_PORTS && c->screen)
		screen_put(byte);
}

void console_print(struct console *c, const char *text)
{
	while (*text)
		put(c, *text++);
}

static char digit(unsigned int value)
{
	return (char)(value < 10 ? '0' + value : 'a' + value - 10);
}

void console_hex(struct console *c, const uint8_t *bytes, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		put(c, digit(bytes[i] >> 4));
		put(c, digit(bytes[i] & 0xf));
	}
}

void console_number(struct console *c, uint64_t number, unsigned int base)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[n++] = digit((unsigned int)(number % base));
		number /= base;
	} while (number);
	while (n)
		put(c, digits[--n]);
}
