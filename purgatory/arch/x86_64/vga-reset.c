// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Brings a VGA back to its mode 3: text, 80 by 25 characters of 9 by 16 dots, as the
 * BIOS leaves it. By the registers that every VGA has; what a graphics card has on
 * top of them is not known here. The font is the one that is in the card.
 */
#include "purgatory/io.h"
#include "purgatory/purgatory.h"

enum {
	ATTRIBUTES = 0x3c0,
	ATTRIBUTES_ON = 0x20, /* the palette is the screen's again */
	MISC = 0x3c2,
	SEQUENCER = 0x3c4,
	DAC_MASK = 0x3c6,
	DAC_INDEX = 0x3c8,
	DAC_DATA = 0x3c9,
	GRAPHICS = 0x3ce,
	CRTC = 0x3d4,
	CRTC_PROTECT = 0x11, /* its bit 7 locks registers 0 to 7 */
	STATUS = 0x3da,	     /* reading it: the next write to ATTRIBUTES is an index */
};

/* 28 MHz, 70 Hz, registers at 0x3d4, memory on. */
#define MISC_TEXT 0x67

/* Mode 3+ of the VGA: sequencer, CRT controller, graphics and attribute controllers. */
static const uint8_t sequencer[] = { 0x03, 0x00, 0x03, 0x00, 0x02 };
static const uint8_t crtc[] = { 0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00,
				0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
				0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff };
static const uint8_t graphics[] = { 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x0f, 0xff };
static const uint8_t attributes[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14,
				      0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d,
				      0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00 };

static void set(uint16_t port, uint8_t index, uint8_t value)
{
	io_out8(port, index);
	io_out8((uint16_t)(port + 1), value);
}

static void set_all(uint16_t port, const uint8_t *values, uint8_t nr)
{
	for (uint8_t i = 0; i < nr; i++)
		set(port, i, values[i]);
}

static void set_attributes(void)
{
	io_in8(STATUS);
	for (uint8_t i = 0; i < sizeof(attributes); i++) {
		io_out8(ATTRIBUTES, i);
		io_out8(ATTRIBUTES, attributes[i]);
	}
	io_out8(ATTRIBUTES, ATTRIBUTES_ON);
}

/* The 64 colours that attributes name: bits rgbRGB, the small letters for a third of the light. */
static void set_colours(void)
{
	io_out8(DAC_MASK, 0xff);
	io_out8(DAC_INDEX, 0);
	for (uint8_t i = 0; i < 64; i++)
		for (int bit = 2; bit >= 0; bit--)
			io_out8(DAC_DATA,
				(uint8_t)((i >> bit & 1) * 0x2a + (i >> (bit + 3) & 1) * 0x15));
}

static void clear(void)
{
	for (uint64_t cell = 0xb8000; cell < 0xc0000; cell += 2)
		io_write16(cell, 0x0720);
}

void screen_reset(void)
{
	/* The sequencer stands still while the clock changes. */
	set(SEQUENCER, 0, 0x01);
	io_out8(MISC, MISC_TEXT);
	set_all(SEQUENCER, sequencer, sizeof(sequencer));
	set(CRTC, CRTC_PROTECT, crtc[CRTC_PROTECT] & 0x7f);
	set_all(CRTC, crtc, sizeof(crtc));
	set_all(GRAPHICS, graphics, sizeof(graphics));
	set_attributes();
	set_colours();
	clear();
}
