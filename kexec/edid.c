// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "kexec/edid.h"
#include "lib/limits.h"
#include "lib/span.h"
#include "lib/sysfile.h"

#define MAKER	8  /* big endian: three letters of 5 bits, 1 is A */
#define PRODUCT 10 /* little endian */

bool edid_panel_id(char ret[PANEL_ID], const unsigned char edid[EDID_SIZE])
{
	static const unsigned char head[] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };
	unsigned int maker = (unsigned int)edid[MAKER] << 8 | edid[MAKER + 1];
	unsigned int product = (unsigned int)edid[PRODUCT + 1] << 8 | edid[PRODUCT];
	char letters[3];

	if (memcmp(edid, head, sizeof(head)) != 0)
		return false;
	for (unsigned int i = 0; i < 3; i++) {
		unsigned int letter = maker >> (10 - 5 * i) & 31;

		if (letter < 1 || letter > 26)
			return false;
		letters[i] = (char)('A' + letter - 1);
	}
	snprintf(ret, PANEL_ID, "%.3s%04x", letters, product);
	return true;
}

/* A connector without a display has an EDID of no bytes; cards have none. */
static bool read_connector(char ret[PANEL_ID], const char *name, const struct sys *sys)
{
	unsigned char edid[EDID_SIZE];
	char path[NAME_MAX + 32];

	snprintf(path, sizeof(path), "/sys/class/drm/%s/edid", name);
	return sysfile_head(sys->root, path, edid, sizeof(edid)) == sizeof(edid) &&
	       edid_panel_id(ret, edid);
}

void edid_read_panel(char ret[PANEL_ID], const struct sys *sys)
{
	unsigned int displays = 0, entries = 0;
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *dir;

	ret[0] = '\0';
	if (snprintf(path, sizeof(path), "%s/sys/class/drm", sys->root) >= (int)sizeof(path))
		return;
	dir = opendir(path);
	while (dir && entries++ < LIMIT_CONNECTORS && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			displays += read_connector(ret, entry->d_name, sys);
	if (dir)
		closedir(dir);
	if (displays != 1)
		ret[0] = '\0';
}
