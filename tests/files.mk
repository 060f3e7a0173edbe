# SPDX-License-Identifier: GPL-2.0-or-later
TESTS := $(patsubst $(srcdir)/%.c,%,$(sort $(wildcard $(srcdir)/tests/unit/test-*.c)))
FUZZERS := $(patsubst $(srcdir)/%.c,%,$(sort $(wildcard $(srcdir)/tests/fuzz/fuzz-*.c)))
test_SRC := tests/unit/images.c tests/unit/machine.c tests/unit/pack.c tests/unit/skeleton.c \
	    tests/unit/parser-program.c tests/unit/uki-corpus.c \
	    tests/unit/uki-mutants.c
