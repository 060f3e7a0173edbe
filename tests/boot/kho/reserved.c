// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that is to survive a kexec by the kernel's own means: reserve_mem=SIZE:ALIGN:NAME
 * on the command line of both kernels.
 *
 *	reserved fill NAME	writes random bytes there
 *	reserved hash NAME
 *
 * Both print "KXT reserved ADDRESS" and "KXT reserved_hash SHA256" of what is in it. Where it
 * is the kernel tells the next one, and debugfs us, in a device tree: a node NAME with
 * properties "start" and "size", one u64 each in the machine's order. Statically linked.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define TREE	   "/sys/kernel/debug/kho/out/sub_fdts/memblock"
#define BEGIN_NODE 1
#define PROP	   3

static void die(const char *what)
{
	printf("KXT problem reserved: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The tree is the kernel's own, and small: tokens are looked for, not parsed. */
static const unsigned char *find_node(const unsigned char *tree, size_t len, const char *name)
{
	size_t n = strlen(name) + 1;
	uint32_t token;

	for (size_t at = 0; at + 4 + n <= len; at += 4) {
		memcpy(&token, tree + at, 4);
		if (be32toh(token) == BEGIN_NODE && memcmp(tree + at + 4, name, n) == 0)
			return tree + at + 4;
	}
	errno = ENOENT;
	die(name);
	return NULL;
}

/* Of its properties those of eight bytes: "start" is the first, "size" the second. */
static void find_area(const char *name, uint64_t area[2])
{
	static unsigned char tree[65536];
	int fd = open(TREE, O_RDONLY | O_CLOEXEC), found = 0;
	ssize_t len = fd < 0 ? -1 : read(fd, tree, sizeof(tree));
	const unsigned char *at;

	if (len < 0)
		die(TREE);
	for (at = find_node(tree, len, name); found < 2 && at + 20 <= tree + len; at++) {
		uint32_t word[2];

		memcpy(word, at, sizeof(word));
		if ((at - tree) % 4 || be32toh(word[0]) != PROP || be32toh(word[1]) != 8)
			continue;
		memcpy(&area[found++], at + 12, 8);
	}
	if (found < 2)
		die("no start and size");
}

static void fill(unsigned char *data, size_t size)
{
	for (size_t at = 0; at < size; at += 256)
		if (getrandom(data + at, 256, 0) != 256)
			die("getrandom");
}

int main(int argc, char **argv)
{
	uint64_t area[2];
	unsigned char *data;
	FILE *sum;
	int fd;

	if (argc != 3)
		return 2;
	find_area(argv[2], area);
	fd = open("/dev/mem", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("/dev/mem");
	data = mmap(NULL, area[1], PROT_READ | PROT_WRITE, MAP_SHARED, fd, area[0]);
	if (data == MAP_FAILED)
		die("mmap");
	if (strcmp(argv[1], "fill") == 0)
		fill(data, area[1]);
	printf("KXT reserved %#llx\n", (unsigned long long)area[0]);
	fflush(stdout);
	sum = popen("sha256sum | sed 's/^/KXT reserved_hash /; s/  -$//'", "w");
	if (!sum || fwrite(data, 1, area[1], sum) != area[1] || pclose(sum) != 0)
		die("sha256sum");
	return 0;
}
