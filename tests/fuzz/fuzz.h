/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all fuzz targets share. A target is a program that replays its corpus
 * (tests/fuzz/main.c); to let an engine look for more, from the top folder:
 *
 *	mkdir build-fuzz && cd build-fuzz
 *	../configure CC=clang --enable-sanitizers CFLAGS='-O1 -g -fsanitize=fuzzer-no-link'
 *	make FUZZ=-fsanitize=fuzzer tests/fuzz/fuzz-image
 *	mkdir found && tests/fuzz/fuzz-image found ../tests/fuzz/corpus/image
 *
 * A crash that it finds becomes a file of the corpus, named for the defect.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the code under test promises; it stays in optimised builds, unlike assert(). */
#define PROMISE(what)            \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

#endif
