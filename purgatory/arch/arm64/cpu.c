// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <stddef.h>

#include "purgatory/arch/arm64/boot.h"
#include "purgatory/arch/arm64/sysreg.h"
#include "purgatory/purgatory.h"

static_assert(offsetof(struct purgatory_params, kernel_entry) == PARAMS_KERNEL_ENTRY, "boot.h");
static_assert(offsetof(struct purgatory_params, kernel_arg) == PARAMS_KERNEL_ARG, "boot.h");

#define CPTR_TFP   (UINT64_C(1) << 10) /* EL2: vector registers trap */
#define CPACR_FPEN (UINT64_C(3) << 20) /* EL1, and EL2 with E2H: they do not */
#define CPTR_TSM   (UINT64_C(1) << 12) /* EL2: so does streaming mode */
#define CPACR_SMEN (UINT64_C(1) << 24) /* EL1, and EL2 with E2H: it does not */

/* The old kernel's vectors are gone, and its next fault with them: nothing to set up yet. */
void arch_begin(void)
{
}

void arch_console_default(struct console *c)
{
	*c = (struct console){ 0 };
}

/* Without an MMU there is nothing that is not mapped; mmu.c maps what the parameters say. */
bool arch_map_device(uint64_t address)
{
	(void)address;
	return true;
}

static uint64_t vectors_read(void)
{
	return at_el2() ? READ_SYS(cptr_el2) : READ_SYS(cpacr_el1);
}

static void vectors_write(uint64_t value)
{
	if (at_el2())
		WRITE_SYS(cptr_el2, value);
	else
		WRITE_SYS(cpacr_el1, value);
}

/* SHA2 and AdvSIMD fields: 1 or more, and not 15, which says "none". */
static bool has_sha_ce(void)
{
	return (READ_SYS(id_aa64isar0_el1) >> 12 & 0xf) != 0 &&
	       (READ_SYS(id_aa64pfr0_el1) >> 20 & 0xf) != 0xf;
}

/*
 * A crash may have interrupted somebody in streaming mode (SME), which has no SHA
 * instructions. Where that mode traps nobody was in it, and firmware may not know it.
 */
static void leave_streaming(uint64_t vectors)
{
	bool sme = READ_SYS(id_aa64pfr1_el1) >> 24 & 0xf;

	if (sme && (el2_alone() ? !(vectors & CPTR_TSM) : vectors & CPACR_SMEN))
		__asm__ volatile(".inst 0xd503427f" : : : "memory"); /* smstop sm */
}

sha256_blocks *arch_sha256_begin(uint64_t state[2])
{
	state[0] = vectors_read();
	if (!has_sha_ce())
		return sha256_plain;
	vectors_write(el2_alone() ? state[0] & ~CPTR_TFP : state[0] | CPACR_FPEN);
	leave_streaming(state[0]);
	return sha256_ce;
}

void arch_sha256_end(const uint64_t state[2])
{
	vectors_write(state[0]);
}

_Noreturn void arch_halt(void)
{
	for (;;)
		__asm__ volatile("wfi");
}
