// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes the two arrays of the light skeleton "parser" as C source. */
#include "parser.lskel.h"

int main(void)
{
	return parser__open_and_load() ? 0 : 1;
}
