/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory runs between two kernels, alone on one processor, with nothing below
 * it. It trusts nobody with the next kernel: not the old kernel that may have
 * written to it, nor the parameters before they are checked.
 */
#ifndef PURGATORY_PURGATORY_H
#define PURGATORY_PURGATORY_H

#include <stdbool.h>
#include <stdint.h>

#include "purgatory/params.h"
#include "purgatory/sha256.h"

/* No symbol is another's to replace: addresses need no table that somebody fills in. */
#pragma GCC visibility push(hidden)

struct console {
	uint64_t serial; /* I/O port or address */
	uint32_t uart;	 /* PURGATORY_UART_* */
	bool io, mmio, screen;
};

/* Where @p wants to be heard; sets up the line if @p says how. @p has been checked. */
void console_open(struct console *c, const struct purgatory_params *p);
void console_print(struct console *c, const char *text);
void console_hex(struct console *c, const uint8_t *bytes, unsigned int nr);
void console_number(struct console *c, uint64_t number, unsigned int base);

/* The last words: what is wrong. Does not return. */
_Noreturn void purgatory_stop(struct console *c, const char *what);

/* NULL, or what about @p cannot be understood. */
const char *purgatory_params_problem(const struct purgatory_params *p);

/* The page in front of the code: purgatory.ld. */
extern const struct purgatory_params purgatory_params;

/* Called by entry.S: returns if the next kernel may start. */
void purgatory_main(const struct purgatory_params *p);

/* Per architecture, in arch/NAME. */

/* A console for when the parameters do not say: where such machines have one, else none. */
void arch_console_default(struct console *c);
/*
 * Where reading memory is slow as the old kernel leaves the processor: makes it fast for
 * what @p wants verified, and undoes it. In between nothing may be written but
 * purgatory's own memory and its console.
 */
void arch_caches_begin(const struct purgatory_params *p);
void arch_caches_end(const struct purgatory_params *p);
/* Says how @blocks will be run, where that can differ; for tests and the curious. */
void arch_tell_caches(struct console *c, sha256_blocks *blocks);
/* The fastest SHA-256 that this processor has, ready to be used; *@state is for _end(). */
sha256_blocks *arch_sha256_begin(uint64_t state[2]);
void arch_sha256_end(const uint64_t state[2]);
/* Before anything else: whatever exceptions need. */
void arch_begin(void);
/* Makes a device's registers accessible; false if that cannot be done. */
bool arch_map_device(uint64_t address);
_Noreturn void arch_halt(void);

/* x86: the text screen. */
void screen_reset(void);
void screen_put(char c);

#pragma GCC visibility pop

#endif
