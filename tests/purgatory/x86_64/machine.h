/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where things are in the test's machine; tests/purgatory/run puts them there. */
#define LOADER	  0x100000
#define PAYLOAD	  0x108000 /* the "next kernel" */
#define ORDERS	  0x500000 /* two 64-bit words: the entry of purgatory, ORDER_* */
#define TABLES	  0x600000 /* page tables */
#define OLD_STACK 0x700000

#define ORDER_LA57 1
#define ORDER_VGA  2 /* leave the VGA in a state that shows no text */
#define ORDER_UART 4 /* put the frame buffer to FAKE_UART, ready to be written to */

/* Not in the page tables, like all of the last gigabyte below four. */
#define FAKE_UART 0xe8000000
