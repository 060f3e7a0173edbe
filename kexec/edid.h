/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the panel of this machine calls itself. */
#ifndef KEXEC_EDID_H
#define KEXEC_EDID_H

#include "kexec/sys.h"

#define EDID_SIZE 128 /* of the first block, bytes; the rest does not matter here */
#define PANEL_ID  8   /* "SDC4195" and its NUL */

/*
 * Three letters of the maker and its product code in hexadecimal, out of the first block
 * of an EDID (VESA E-EDID 1.4, section 3.4). False: this is none.
 */
bool edid_panel_id(char ret[PANEL_ID], const unsigned char edid[EDID_SIZE]);

/*
 * Of the one display that is connected, below /sys/class/drm. "": none, or several, of
 * which nobody can tell which one is part of the machine.
 */
void edid_read_panel(char ret[PANEL_ID], const struct sys *sys);

#endif
