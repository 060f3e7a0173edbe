# SPDX-License-Identifier: GPL-2.0-or-later
TESTS := $(patsubst $(srcdir)/%.c,%,$(sort $(wildcard $(srcdir)/tests/unit/test-*.c)))
FUZZERS := $(patsubst $(srcdir)/%.c,%,$(sort $(wildcard $(srcdir)/tests/fuzz/fuzz-*.c)))
test_SRC := tests/unit/images.c tests/unit/images-more.c tests/unit/machine.c tests/unit/pack.c tests/unit/random.c \
	    tests/unit/dumps.c tests/unit/parser-program.c tests/unit/skeleton.c \
	    tests/unit/uki-corpus.c tests/unit/uki-mutants.c tests/unit/arm64-load.c tests/unit/initrd.c

# Programs of tests/harness: the stand-in for the kernel, and what goes with it.
harness_SRC := tests/harness/facts-core.c tests/harness/facts-machine.c \
	       tests/harness/facts-params.c tests/harness/filter.c \
	       tests/harness/load.c tests/harness/loaded.c tests/harness/machine.c \
	       tests/harness/memory.c tests/harness/paths.c tests/harness/process.c \
	       tests/harness/record.c
HARNESS := tests/harness/kexec-harness tests/harness/load-facts tests/harness/raw-load
# What tests/purgatory/run needs; also built for "make check-purgatory" only.
TOOLS := tests/purgatory/make-segment
