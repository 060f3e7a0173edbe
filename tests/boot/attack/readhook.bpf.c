// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers for the security hook that appraises a file after it was read. What is not
 * 0 takes the place of the hook, and the reader gives a positive number on as the
 * number of bytes.
 */
#include "common.bpf.h"

struct shared shared;

SEC("fmod_ret/security_kernel_post_read_file")
int BPF_PROG(appraised, void *file, void *buf, long size, int id)
{
	shared.held++;
	return size;
}

char _license[] SEC("license") = "GPL";
