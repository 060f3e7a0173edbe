#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kexec -c on x86_64: the next kernel gets the screen that this one was started with, with
# --reuse-video-type and without. None of the recorded machines had a framebuffer: here
# is one with that of EFI.
set -u
: "${KEXEC:?}" "${top_srcdir:?}" "${builddir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
# shellcheck source=tests/harness/lib.sh
. "$top_srcdir/tests/harness/lib.sh"
[ "$(uname -m)" = x86_64 ] || skip_all "video type" "the image is for x86_64"
harness_works || skip_all "video type" "no harness"

machine=$dir/machine
copy_of_machine efi-1536m "$machine"
# Documentation/arch/x86/zero-page.rst, struct screen_info: mode 3, 80x25; video type EFI; 32
# bits; 1280x800 at 0x80000000, 4 MiB, 5120 bytes a line; colours of 8 bits each.
params=$machine/sys/kernel/boot_params/data
put "$params" 0x06 '\003\120'
put "$params" 0x0e '\031\160'
put "$params" 0x12 '\000\005\040\003\040\000\000\000\000\200\000\000\100\000'
put "$params" 0x24 '\000\024\010\020\010\010\010\000\010\030'
make_bzImage "$dir/kernel"

# screen NAME OPTION...: what the next kernel is told of it
screen() {
	rm -rf "$dir/dump"
	mkdir "$dir/dump"
	"$harness" --root="$machine" --record="$dir/record" --dump="$dir/dump" -- \
		"$KEXEC" -c -l "$dir/kernel" "$@" || return
	"$builddir/tests/harness/load-facts" --root="$machine" --kernel="$dir/kernel" \
		"$dir/record" "$dir/dump" | sed -n 's/^\(bad .*\|screen_info .*\)/\1/p'
}

running=$("$builddir/tests/harness/load-facts" --root="$machine" --kernel="$dir/kernel" --sources |
	sed -n 's/^running \(screen_info .*\)/\1/p')
is "the machine has a framebuffer of EFI" "$(echo "$running" | cut -c 13-)" \
	"000003500000000000001970000000052003200000000080000040000000000000140810080808000818000000000000000000000000000000000000"
is "without an option" "$(screen)" "$running"
is "--reuse-video-type" "$(screen --reuse-video-type)" "$running"
is "--reset-vga" "$(screen --reset-vga)" "$running"
tap_done
