# SPDX-License-Identifier: GPL-2.0-or-later
# Purgatory runs without anything below it: none of the program's flags are its own.
# The tests may build that of another architecture: make ARCH_CC.arm64=... purgatory/arm64.bin

ARCH_CC.$(ARCH) = $(CC)
ARCH_LD.$(ARCH) = $(LD)
ARCH_OBJCOPY.$(ARCH) = $(OBJCOPY)
ARCH_CC.arm64 ?= aarch64-linux-gnu-gcc
ARCH_LD.arm64 ?= aarch64-linux-gnu-ld
ARCH_OBJCOPY.arm64 ?= aarch64-linux-gnu-objcopy

# Registers of vectors belong to the files that ask for them. -fpie and hidden symbols
# (purgatory.h): every address is relative to the next instruction, nothing needs a loader.
PURGATORY_CFLAGS = -std=gnu11 -O2 $(WARNINGS) -I. -I$(srcdir) -ffreestanding -fno-builtin \
	-fpie -fno-stack-protector -fno-asynchronous-unwind-tables -fno-strict-aliasing \
	-fno-tree-vectorize -fno-common -U_FORTIFY_SOURCE -g0
PURGATORY_CFLAGS.x86_64 = -m64 -mno-red-zone -mcmodel=small -fcf-protection=none
PURGATORY_CFLAGS.arm64 = -mstrict-align -mcmodel=small -mbranch-protection=none \
	-mno-outline-atomics
PURGATORY_LDFLAGS = -pie --no-dynamic-linker -nostdlib -z text -z norelro -z noexecstack \
	-z max-page-size=4096 --build-id=none --no-warn-rwx-segments --orphan-handling=error

purgatory_SRC = purgatory/purgatory.c purgatory/console.c purgatory/sha256.c
purgatory_SRC.x86_64 = purgatory/arch/x86_64/entry.S purgatory/arch/x86_64/cpu.c \
	purgatory/arch/x86_64/screen.c purgatory/arch/x86_64/vga-reset.c \
	purgatory/arch/x86_64/map.c
purgatory_SRC.arm64 = purgatory/arch/arm64/entry.S purgatory/arch/arm64/switch.S \
	purgatory/arch/arm64/cpu.c purgatory/arch/arm64/mmu.c purgatory/arch/arm64/map.c
purgatory_VECTOR.x86_64 = purgatory/arch/x86_64/sha256-ni.c
purgatory_VECTOR.arm64 = purgatory/arch/arm64/sha256-ce.c

PURGATORY_FILES = $(foreach a,x86_64 arm64,purgatory/$(a).elf purgatory/$(a).bin)

# purgatory_objects ARCH, FILES
purgatory_objects = $(addprefix purgatory/build-$(1)/,$(addsuffix .o,$(notdir $(basename $(2)))))

define purgatory_rules
$(foreach f,$(purgatory_SRC) $(purgatory_SRC.$(1)),$(eval $(call \
	purgatory_object,$(1),$(f),-mgeneral-regs-only)))
$(foreach f,$(purgatory_VECTOR.$(1)),$(eval $(call purgatory_object,$(1),$(f),)))

purgatory/$(1).elf: $(srcdir)/purgatory/purgatory.ld $(call purgatory_objects,$(1),\
		$(purgatory_SRC) $(purgatory_SRC.$(1)) $(purgatory_VECTOR.$(1)))
	$$(call say,LD,$$@)
	$$(Q)$$(ARCH_LD.$(1)) $$(PURGATORY_LDFLAGS) -T $$< -o $$@ $$(filter %.o,$$^)

purgatory/$(1).bin: purgatory/$(1).elf
	$$(call say,OBJCOPY,$$@)
	$$(Q)$$(ARCH_OBJCOPY.$(1)) -O binary -j .image $$< $$@
endef

# purgatory_object ARCH, SOURCE, MORE-FLAGS
define purgatory_object
$(call purgatory_objects,$(1),$(2)): $(2) Makefile $(srcdir)/purgatory/files.mk
	$$(call say,CC,$$<)
	$$(Q)$$(MKDIR_P) $$(@D)
	$$(Q)$$(ARCH_CC.$(1)) $$(PURGATORY_CFLAGS) $$(PURGATORY_CFLAGS.$(1)) $(3) -MMD -MP -c -o $$@ $$<
endef

$(eval $(call purgatory_rules,x86_64))
$(eval $(call purgatory_rules,arm64))

# Into the program goes that of the machine which the program is for.
purgatory/image.o: purgatory/image.S purgatory/$(ARCH).bin
	$(call say,AS,$<)
	$(Q)$(CC) $(PREFIX_MAP) $(CFLAGS) -DPURGATORY_BIN='"purgatory/$(ARCH).bin"' -c -o $@ $<

-include $(wildcard purgatory/build-*/*.d)
