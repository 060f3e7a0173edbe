/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory's machine code, which is part of the program that loads it: position
 * independent, no relocations, entry at its first byte. It is to be placed
 * PURGATORY_ENTRY bytes into the segment, behind the parameters (params.h).
 */
#ifndef PURGATORY_IMAGE_H
#define PURGATORY_IMAGE_H

/* The 64-bit number here says how many bytes of memory the code takes, with what it zeroes. */
#define PURGATORY_IMAGE_MEMSZ 8

extern const unsigned char purgatory_image[] __attribute__((visibility("hidden")));
extern const unsigned char purgatory_image_end[] __attribute__((visibility("hidden")));

#endif
