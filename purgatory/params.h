/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What userspace says to purgatory, which runs between two kernels after
 * kexec_load(2) and verifies what was loaded.
 *
 * The purgatory segment begins with this block, alone in its first page;
 * purgatory's code follows at PURGATORY_ENTRY, which is the entry of the load.
 * All addresses are physical, numbers in the byte order of the machine.
 * Purgatory stops with a message on a block that it does not understand.
 */
#ifndef PURGATORY_PARAMS_H
#define PURGATORY_PARAMS_H

#include <stdint.h>

#define PURGATORY_MAGIC	  UINT64_C(0x7972677275706b78) /* "xkpurgry" */
#define PURGATORY_VERSION 2
#define PURGATORY_ENTRY	  4096 /* bytes from the start of the segment */
#define PURGATORY_RANGES  32

#define PURGATORY_VERIFY      0x01 /* compare .sha256 with the ranges before the jump */
#define PURGATORY_RESET_VGA   0x02 /* x86: standard text mode first */
#define PURGATORY_CONSOLE_VGA 0x04 /* x86: messages to the text screen at 0xb8000 */
#define PURGATORY_SERIAL_IO   0x08 /* x86: messages to the 8250 at I/O port .serial */
#define PURGATORY_SERIAL_MMIO 0x10 /* messages to the UART whose registers start at .serial */
#define PURGATORY_FLAGS	      0x1f /* any other: a block that is not understood */

/* What is at .serial; at an I/O port always an 8250. */
#define PURGATORY_UART_8250    0 /* registers of a byte, side by side */
#define PURGATORY_UART_8250_32 1 /* registers of 32 bits, 4 bytes apart */
#define PURGATORY_UART_PL011   2

struct purgatory_range {
	uint64_t start;
	uint64_t len; /* bytes */
};

struct purgatory_params {
	uint64_t magic;
	uint32_t version;
	uint32_t size;	       /* of this struct, bytes */
	uint64_t kernel_entry; /* where the next kernel starts */
	uint64_t kernel_arg;   /* x86: RSI, struct boot_params; arm64: x0, the device tree */
	uint32_t flags;	       /* PURGATORY_* */
	uint32_t nr_ranges;
	uint64_t serial;
	uint32_t serial_baud; /* 0: leave the line as it is set up; for a PL011 it always is */
	uint32_t serial_uart; /* PURGATORY_UART_* */
	uint64_t piece; /* bytes, not 0 with PURGATORY_VERIFY; since version 2 */
	/*
	 * Of the SHA-256 digests, one after the other, of all pieces of all ranges: each of
	 * .piece bytes, the last one of a range of what is left. So userspace can compute
	 * them on several processors at a time.
	 */
	uint8_t sha256[32];
	struct purgatory_range ranges[PURGATORY_RANGES];
};

#endif
