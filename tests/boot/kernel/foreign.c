// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * foreign OBJECT COMMAND..: says whether the program "elsewhere" of the object
 * loads, runs the command while "foreign" is attached, and prints its counters.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
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

/* The object with one of its programs loaded, or NULL. */
static struct bpf_object *load(const char *path, const char *name)
{
	struct bpf_object *obj = bpf_object__open(path);
	struct bpf_program *prog;

	if (!obj)
		return NULL;
	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog,
				!strcmp(bpf_program__name(prog), name));
	if (!bpf_object__load(obj))
		return obj;
	bpf_object__close(obj);
	return NULL;
}

int main(int argc, char **argv)
{
	struct bpf_object *obj;
	struct bpf_program *prog;
	pid_t pid;

	if (argc < 3)
		return 2;
	puts(load(argv[1], "elsewhere") ? "ELSEWHERE loaded" :
					  "ELSEWHERE refused");
	fflush(stdout);
	obj = load(argv[1], "foreign");
	if (!obj)
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
