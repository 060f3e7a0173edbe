// SPDX-License-Identifier: GPL-2.0-or-later
/* The VGA's text screen of 80 by 25 characters. */
#include "purgatory/io.h"
#include "purgatory/purgatory.h"

#define SCREEN	  UINT64_C(0xb8000)
#define COLUMNS	  80
#define ROWS	  25
#define GREY	  0x0700
#define CRTC	  0x3d4
#define CURSOR_HI 0x0e
#define CURSOR_LO 0x0f

static unsigned int crtc_read(uint8_t reg)
{
	io_out8(CRTC, reg);
	return io_in8(CRTC + 1);
}

static void crtc_write(uint8_t reg, unsigned int value)
{
	io_out8(CRTC, reg);
	io_out8(CRTC + 1, (uint8_t)value);
}

static uint64_t cell(unsigned int i)
{
	return SCREEN + 2 * i;
}

static void scroll(void)
{
	for (unsigned int i = 0; i < COLUMNS * (ROWS - 1); i++)
		io_write16(cell(i), io_read16(cell(i + COLUMNS)));
	for (unsigned int i = COLUMNS * (ROWS - 1); i < COLUMNS * ROWS; i++)
		io_write16(cell(i), GREY | ' ');
}

/* Where the last one wrote is in the hardware, which need not make sense. */
void screen_put(char c)
{
	unsigned int at = crtc_read(CURSOR_HI) << 8 | crtc_read(CURSOR_LO);

	if (at >= COLUMNS * ROWS)
		at = 0;
	if (c == '\n')
		at += COLUMNS - at % COLUMNS;
	else
		io_write16(cell(at++), (uint16_t)(GREY | (uint8_t)c));
	if (at >= COLUMNS * ROWS) {
		scroll();
		at -= COLUMNS;
	}
	crtc_write(CURSOR_HI, at >> 8);
	crtc_write(CURSOR_LO, at & 0xff);
}
