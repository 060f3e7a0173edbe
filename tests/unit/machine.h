/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine that is a temporary folder, with files below /proc and /sys, and a
 * kernel that writes down what it was given and answers as told.
 */
#ifndef TESTS_UNIT_MACHINE_H
#define TESTS_UNIT_MACHINE_H

#include "kexec/load.h"
#include "tests/unit/images.h"

#define MAX_CALLS 4

/* What the kernel was given by either call, and what it answers. */
struct call {
	uint64_t kernel_size;
	char initrd[64], cmdline[128];
	unsigned char initrd_bytes[8192]; /* of kexec_file_load's initrd, as many as fit */
	uint64_t initrd_size;
	unsigned long flags;

	/* Of kexec_load: the bytes are compared as the kernel would copy them. */
	bool classic;
	unsigned long entry, nr_segments;
	struct kexec_segment_arg segments[16];
	unsigned char first[16][16]; /* bytes of each segment */
};
extern struct call calls[MAX_CALLS];
extern size_t nr_calls;
extern int answers[MAX_CALLS];

extern const struct sys machine;
/* On it: a bzImage, a UKI around it, the same with a section .bpf that is no program, an initrd. */
extern char path_bzImage[64], path_uki[64], path_parser[64], path_initrd[64];

/* Set-up and tear-down of each test. */
int make_machine(void **state);
int remove_machine(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_machine, remove_machine)

void put_bytes(const char *path, const void *data, size_t size);
void put_text(const char *path, const char *text);
void put_image(char *ret_path, const char *name, const struct bytes *image);

/*
 * The type information of a kernel with these enumerators in enum
 * kexec_parser_abi; @able: of one that takes images whole. Needs libbpf.
 */
void put_btf(const char *const *names, size_t nr);
extern const char *const able[2];

/* Loads on that machine, which is an x86_64. */
enum kexec_exit load(const struct kexec_options *o);

#endif
