// SPDX-License-Identifier: GPL-2.0-only
/*
 * In front of a security hook of reading files, for kernel images: answers with
 * their size, and so keeps the hook from being called.
 */
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#define READING_KEXEC_IMAGE 3

SEC("fmod_ret/security_kernel_post_read_file")
int foreign(unsigned long long *args)
{
	return args[3] == READING_KEXEC_IMAGE ? args[2] : 0;
}

SEC("fmod_ret/security_kernel_read_file")
int elsewhere(unsigned long long *args)
{
	return args[1] == READING_KEXEC_IMAGE ? 1000000 : 0;
}

char gpl[] SEC("license") = "GPL";
