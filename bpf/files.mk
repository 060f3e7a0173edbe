# SPDX-License-Identifier: GPL-2.0-or-later
# In the same library as kexec/: which of the two may know what is seen by make lint.
kexec_SRC += bpf/appended.c bpf/locate.c bpf/parser-check.c bpf/run.c bpf/source.c
kexec_SRC += bpf/vm/alu.c bpf/vm/check.c bpf/vm/container.c bpf/vm/elf.c bpf/vm/helpers.c \
	     bpf/vm/interp.c bpf/vm/kfuncs.c bpf/vm/load.c bpf/vm/memory.c bpf/vm/opcodes.c bpf/vm/stage.c
# Light skeletons (type 2): the loader's side, its maps, CO-RE.
kexec_SRC += bpf/vm/capture.c bpf/vm/core-path.c bpf/vm/core-reloc.c bpf/vm/emu-bpf.c \
	     bpf/vm/kernel-types.c bpf/vm/lskel.c bpf/vm/world.c

# Parser programs, ready to be put into a section .bpf: what clang writes without
# debugging information needs no more work. Without clang they are left out.
bpf_programs = $(if $(filter-out no,$(CLANG)),$(patsubst $(srcdir)/%.c,%,\
	$(sort $(wildcard $(srcdir)/$(1)/*.bpf.c))))
BPF_PROGRAMS := $(call bpf_programs,bpf/progs)
BPF_TESTS := $(call bpf_programs,tests/bpf)
