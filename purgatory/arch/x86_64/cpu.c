// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <stddef.h>

#include "purgatory/arch/x86_64/boot.h"
#include "purgatory/arch/x86_64/cpu.h"
#include "purgatory/purgatory.h"

static_assert(offsetof(struct purgatory_params, kernel_entry) == PARAMS_KERNEL_ENTRY, "boot.h");
static_assert(offsetof(struct purgatory_params, kernel_arg) == PARAMS_KERNEL_ARG, "boot.h");

#pragma GCC visibility push(hidden)

/* entry.S */
extern const uint8_t exception_stubs[EXCEPTIONS][16];

/* As the processor and the stubs push it. */
struct exception {
	uint64_t vector, code, rip, cs, rflags, rsp, ss;
};

_Noreturn void purgatory_exception(const struct exception *e);

#pragma GCC visibility pop

/* An interrupt gate in 64-bit mode: Intel SDM volume 3, 6.14.1. */
struct gate {
	uint16_t offset_low, selector, type, offset_mid;
	uint32_t offset_high, reserved;
};
#define GATE_INTERRUPT 0x8e00 /* present, ring 0, interrupts off */

struct __attribute__((packed)) idt_pointer {
	uint16_t limit;
	uint64_t base;
};

void arch_begin(void)
{
	static struct gate idt[EXCEPTIONS];
	struct idt_pointer pointer = { .limit = sizeof(idt) - 1 };

	/* As a constant, compilers would keep the address in data: a relocation. */
	__asm__("lea %1, %0" : "=r"(pointer.base) : "m"(idt));
	for (unsigned int i = 0; i < EXCEPTIONS; i++) {
		uint64_t stub = (uintptr_t)exception_stubs[i];

		idt[i] = (struct gate){
			.offset_low = (uint16_t)stub,
			.selector = CODE_SELECTOR,
			.type = GATE_INTERRUPT,
			.offset_mid = (uint16_t)(stub >> 16),
			.offset_high = (uint32_t)(stub >> 32),
		};
	}
	__asm__ volatile("lidt %0" : : "m"(pointer), "m"(idt));
}

_Noreturn void purgatory_exception(const struct exception *e)
{
	const struct purgatory_params *p = &purgatory_params;
	static bool again;
	struct console c = { 0 };

	/* Saying so was what failed: no more words. */
	if (again)
		arch_halt();
	again = true;
	if (purgatory_params_problem(p))
		arch_console_default(&c);
	else
		console_open(&c, p);
	console_print(&c, "purgatory: exception ");
	console_number(&c, e->vector, 10);
	console_print(&c, ", code 0x");
	console_number(&c, e->code, 16);
	console_print(&c, ", at 0x");
	console_number(&c, e->rip, 16);
	console_print(&c, ", address 0x");
	console_number(&c, read_cr2(), 16);
	console_print(&c, "\n");
	purgatory_stop(&c, "this should not happen");
}

/* COM1 and the text screen: where they are not, nobody minds. */
void arch_console_default(struct console *c)
{
	*c = (struct console){ .serial = 0x3f8, .io = true, .screen = true };
}

struct cpuid {
	uint32_t a, b, c, d;
};

static struct cpuid cpuid(uint32_t leaf)
{
	struct cpuid r;

	__asm__("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
	return r;
}

static bool has_sha_ni(void)
{
	const uint32_t ssse3 = 1 << 9, sse41 = 1 << 19, sha = 1 << 29;
	struct cpuid features;

	if (cpuid(0).a < 7)
		return false;
	features = cpuid(1);
	return (features.c & ssse3) && (features.c & sse41) && (cpuid(7).b & sha);
}

/* The old kernel leaves CR4 without vector instructions; the next one sets up its own. */
/* The old kernel's page tables are in use, and so are the caches. */
void arch_caches_begin(const struct purgatory_params *p)
{
	(void)p;
}

void arch_caches_end(const struct purgatory_params *p)
{
	(void)p;
}

void arch_tell_caches(struct console *c, sha256_blocks *blocks)
{
	(void)c;
	(void)blocks;
}

sha256_blocks *arch_sha256_begin(uint64_t state[2])
{
	state[0] = read_cr0();
	state[1] = read_cr4();
	if (!has_sha_ni())
		return sha256_plain;
	write_cr0(state[0] & ~(CR0_EM | CR0_TS));
	write_cr4(state[1] | CR4_OSFXSR);
	return sha256_ni;
}

void arch_sha256_end(const uint64_t state[2])
{
	write_cr4(state[1]);
	write_cr0(state[0]);
}

_Noreturn void arch_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}
