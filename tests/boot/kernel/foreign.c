// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * foreign OBJECT COMMAND..: runs the command while the program "foreign" of the
 * object is attached, and prints its two counters.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void print_counters(int map)
{
	uint64_t asked = 0, got = 0;

	bpf_map_lookup_elem(map, &(uint32_t){0}, &asked);
	bpf_map_lookup_elem(map, &(uint32_t){1}, &got);
	printf("ASKED %llu GOT %llu\n", (unsigned long long)asked,
	       (unsigned long long)got);
}

int main(int argc, char **argv)
{
	struct bpf_object *obj;
	struct bpf_program *prog;
	pid_t pid;

	if (argc < 3)
		return 2;
	obj = bpf_object__open(argv[1]);
	if (!obj || bpf_object__load(obj))
		return 2;
	prog = bpf_object__find_program_by_name(obj, "foreign");
	if (!prog || !bpf_program__attach(prog))
		return 2;

	pid = fork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	print_counters(bpf_object__find_map_fd_by_name(obj, "counters"));
	return 0;
}
