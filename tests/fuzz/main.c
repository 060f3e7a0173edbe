/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in for a fuzzing engine: runs the target on the files and folders
 * given, by default on the corpus that bears its name, and reports in TAP. A
 * crash ends it; the line before tells the file.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/blob.h"
#include "lib/cleanup.h"
#include "tests/fuzz/fuzz.h"

static int run_file(const char *path, unsigned int *nr)
{
	autoblob struct blob file = { 0 };
	autofree unsigned char *data = NULL;
	struct why w = { 0 };
	struct extent all;

	printf("# %s\n", path);
	fflush(stdout); /* before it may crash */
	if (blob_open(&file, path, &w) < 0) {
		printf("not ok %u - %s: %s\n", ++*nr, path, w.text);
		return 1;
	}
	all = blob_whole(&file);
	if (extent_dup(&all, 0, all.len, &data, &w) < 0) {
		printf("not ok %u - %s: %s\n", ++*nr, path, w.text);
		return 1;
	}
	LLVMFuzzerTestOneInput(data, all.len);
	printf("ok %u - %s\n", ++*nr, path);
	return 0;
}

/* A file, or all files of a folder in the order of their names. */
static int run(const char *path, unsigned int *nr)
{
	struct dirent **entries;
	int failed = 0, n = scandir(path, &entries, NULL, alphasort);

	if (n < 0 && errno == ENOTDIR)
		return run_file(path, nr);
	if (n < 0)
		printf("Bail out! %s: %s\n", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		autofree struct dirent *entry = entries[i];
		char name[PATH_MAX];

		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			failed += run_file(name, nr);
	}
	if (n >= 0)
		free(entries);
	return n < 0 ? 1 : failed;
}

int main(int argc, char **argv)
{
	const char *name = strchr(program_invocation_short_name, '-');
	const char *top = getenv("top_srcdir");
	char corpus[PATH_MAX];
	unsigned int nr = 0;
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed += run(argv[i], &nr);
	if (argc == 1) {
		snprintf(corpus, sizeof(corpus), "%s/tests/fuzz/corpus/%s", top ? top : ".",
			 name ? name + 1 : "");
		failed = run(corpus, &nr);
	}
	printf("1..%u\n", nr);
	return failed ? 1 : 0;
}
