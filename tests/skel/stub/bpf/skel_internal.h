/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in for libbpf's header of this name when skel2c.c includes a light
 * skeleton that bpftool generated: nothing is loaded, the two byte arrays are
 * written out. So it does not matter how a bpftool prints them.
 */
#ifndef SKEL_INTERNAL_H
#define SKEL_INTERNAL_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

typedef uint32_t __u32;
typedef uint64_t __u64;
typedef int32_t __s32;
#define __aligned_u64 __u64 __attribute__((aligned(8)))

struct bpf_map_desc {
	int map_fd;
	__u32 max_entries;
	__aligned_u64 initial_value;
};

struct bpf_prog_desc {
	int prog_fd;
};

struct bpf_loader_ctx {
	__u32 sz, flags, log_level, log_size;
	__u64 log_buf;
};

struct bpf_load_and_run_opts {
	struct bpf_loader_ctx *ctx;
	const void *data, *insns;
	__u32 data_sz, insns_sz;
	const char *errstr;
};

#define BPF_TRACE_FENTRY 24

static inline void *skel_alloc(size_t size)
{
	return calloc(1, size);
}

static inline void skel_free(void *p)
{
	free(p);
}

static inline void *skel_prep_map_data(const void *data, size_t map_size,
				       size_t data_size)
{
	(void)data, (void)map_size, (void)data_size;
	return calloc(1, 1);
}

static inline void *skel_finalize_map_data(__u64 *value, size_t size, int flags,
					   int fd)
{
	(void)value, (void)size, (void)flags, (void)fd;
	return NULL;
}

static inline void skel_free_map_data(void *p, __u64 addr, size_t size)
{
	(void)p, (void)addr, (void)size;
}

static inline void skel_closenz(int fd)
{
	(void)fd;
}

static inline int skel_link_create(int prog, int target, int type)
{
	(void)prog, (void)target, (void)type;
	return -1;
}

static inline int skel_raw_tracepoint_open(const char *name, int prog)
{
	(void)name, (void)prog;
	return -1;
}

/* One more NUL at the end than counts, as in a string literal. */
static inline void skel_print(const char *name, const void *data, __u32 size)
{
	const uint8_t *p = data;

	printf("const unsigned char %s[%u] = {", name, size + 1);
	for (__u32 i = 0; i < size; i++)
		printf("%s%u,", i % 16 ? "" : "\n\t", p[i]);
	printf("\n};\n");
}

static inline int bpf_load_and_run(struct bpf_load_and_run_opts *opts)
{
	skel_print("opts_data", opts->data, opts->data_sz);
	skel_print("opts_insn", opts->insns, opts->insns_sz);
	exit(0);
}

#endif
