// SPDX-License-Identifier: GPL-2.0-or-later
#include "purgatory/purgatory.h"

const char *purgatory_params_problem(const struct purgatory_params *p)
{
	if (p->magic != PURGATORY_MAGIC)
		return "no parameters";
	if (p->version != PURGATORY_VERSION || p->size != sizeof(*p))
		return "parameters of another version";
	if (p->flags & ~(uint32_t)PURGATORY_FLAGS || p->serial_uart > PURGATORY_UART_PL011)
		return "unknown flags in the parameters";
	if (p->flags & PURGATORY_VERIFY && !p->piece)
		return "pieces without a size in the parameters";
	if (p->nr_ranges > PURGATORY_RANGES)
		return "too many ranges in the parameters";
	for (uint32_t i = 0; i < p->nr_ranges; i++)
		if (p->ranges[i].len > UINT64_MAX - p->ranges[i].start)
			return "a range in the parameters passes the end of memory";
	if (!p->kernel_entry)
		return "no kernel in the parameters";
	return 0;
}

static bool same(const uint8_t *a, const uint8_t *b, unsigned int nr)
{
	uint8_t differ = 0;

	for (unsigned int i = 0; i < nr; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

static void digest_piece(uint8_t ret[SHA256_SIZE], uint64_t start, uint64_t len,
			 sha256_blocks *blocks)
{
	struct sha256 s;

	sha256_init(&s, blocks);
	sha256_add(&s, (const uint8_t *)(uintptr_t)start, len);
	sha256_finish(&s, ret);
}

static void digest_ranges(uint8_t ret[SHA256_SIZE], const struct purgatory_params *p,
			  sha256_blocks *blocks)
{
	uint8_t piece[SHA256_SIZE];
	struct sha256 s;

	sha256_init(&s, blocks);
	for (uint32_t i = 0; i < p->nr_ranges; i++) {
		uint64_t start = p->ranges[i].start, left = p->ranges[i].len;

		while (left) {
			uint64_t len = left < p->piece ? left : p->piece;

			digest_piece(piece, start, len, blocks);
			sha256_add(&s, piece, sizeof(piece));
			start += len;
			left -= len;
		}
	}
	sha256_finish(&s, ret);
}

static void verify(struct console *c, const struct purgatory_params *p)
{
	uint8_t found[SHA256_SIZE];
	sha256_blocks *blocks;
	uint64_t state[2];

	console_print(c, "purgatory: verifying what was loaded\n");
	arch_caches_begin(p);
	blocks = arch_sha256_begin(state);
	arch_tell_caches(c, blocks);
	digest_ranges(found, p, blocks);
	arch_sha256_end(state);
	arch_caches_end(p);
	if (same(found, p->sha256, sizeof(found)))
		return;
	console_print(c, "purgatory: SHA-256 wanted ");
	console_hex(c, p->sha256, sizeof(p->sha256));
	console_print(c, "\npurgatory: SHA-256 found  ");
	console_hex(c, found, sizeof(found));
	console_print(c, "\n");
	purgatory_stop(c, "what was loaded has changed in memory since");
}

_Noreturn void purgatory_stop(struct console *c, const char *what)
{
	console_print(c, "purgatory: ");
	console_print(c, what);
	console_print(c, "; the next kernel is not started, reset the machine\n");
	arch_halt();
}

void purgatory_main(const struct purgatory_params *p)
{
	struct console c = { 0 };
	const char *problem;

	arch_begin();
	problem = purgatory_params_problem(p);
	if (problem) {
		arch_console_default(&c);
		purgatory_stop(&c, problem);
	}
	console_open(&c, p);
	if (p->flags & PURGATORY_VERIFY)
		verify(&c, p);
	console_print(&c, "purgatory: starting the next kernel\n");
}
