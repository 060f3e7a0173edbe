/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where things are in the test's machine (QEMU's virt); tests/purgatory/run puts them there. */
#define START  0x40100000
#define ORDERS 0x40200000 /* two 64-bit words: the entry of purgatory, ORDER_* */
#define BEFORE 0x40201000 /* what start.S notes: SCTLR, TCR, the counter */
#define STACK  0x40300000

#define ORDER_E2H 1 /* at EL2: as a kernel that is its own hypervisor */

#define ORDER_I 2 /* with the instruction cache on, as it may be */

#define PL011 0x09000000
