#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Light skeletons (parser programs of type 2), as bpftools write them: this system's
# and, where tests/setup/fetch got it, a newer one. tests/boot/kernel/t-skel has
# kernels run the same programs.
#
# Environment: top_srcdir; builddir, with kexec-image and the parser programs.
set -u

top_srcdir=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
builddir=${builddir:-.}
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

tool=$builddir/kexec/kexec-image
skel=$top_srcdir/tests/skel
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

"$builddir/tests/unit/test-agree" --write 1 "$dir/uki" 2> /dev/null ||
	skip_all "light skeletons" "the unit tests or the parser programs were not built"
CC=cc "$skel/build" "$skel/rich.bpf.c" "$dir/rich-system" > "$dir/why" 2>&1
case $? in
77) skip_all "light skeletons" "$(cat "$dir/why")" ;;
esac

"$tool" check --parser="$dir/rich-system" "$dir/uki" > "$dir/out"
if grep -q "built without libbpf" "$dir/out"; then
	skip_all "light skeletons" "built without libbpf"
fi

# says NAME PROGRAM EXIT-CODE PATTERN
says() {
	"$tool" check --trace --parser="$2" "$dir/uki" > "$dir/out" 2> "$dir/trace"
	is "$1: exit code" "$?" "$3"
	check "$1: what it says" grep -q "$4" "$dir/out"
}

one_bpftool() {
	if ! CC=cc "$skel/build" "$skel/rich.bpf.c" "$dir/rich" "$2" > "$dir/why" 2>&1 ||
		! CC=cc "$skel/build" "$skel/posted.bpf.c" "$dir/posted" "$2" > "$dir/why" 2>&1; then
		is "$1: it builds" "$(cat "$dir/why")" ""
		return
	fi
	says "$1, all that the form has" "$dir/rich" 0 "equal: kernel 1024 bytes, initrd 23, command"
	check "$1: maps" grep -q "bpf(MAP_CREATE, array parts, 3 of 8 bytes): " "$dir/trace"
	check "$1: .bss" grep -q "bpf(MAP_CREATE, array parser.bss, " "$dir/trace"
	check "$1: .data" grep -q "bpf(MAP_UPDATE_ELEM, parser.data\[0\]): 0" "$dir/trace"
	check "$1: .rodata" grep -q "bpf(MAP_UPDATE_ELEM, parser.rodata\[0\]): 0" "$dir/trace"
	check "$1: functions of the kernel" \
		grep -q 'bpf_btf_find_by_name_kind("bpf_parser_read"): ' "$dir/trace"
	check "$1: records" grep -q "bpf_ringbuf_reserve(ring, 40 bytes): a record" "$dir/trace"
	check "$1: commands" grep -q "command COPY initrd(30 bytes of payload): 0" "$dir/trace"
	# It gives a command line of its own and no initrd: that is found.
	says "$1, parts inline" "$dir/posted" 1 "DIFFERENT: initrd at byte 0: 0x69 for the parsers"
	check "$1: the image's bytes" grep -q "bpf_probe_read_kernel(image + 0x3c, 4 bytes): 0" \
		"$dir/trace"
}

one_bpftool "this system's bpftool" bpftool
newer=$(find "${XDG_CACHE_HOME:-$HOME/.cache}/kexec-tools/bpftool" -path '*/bin/bpftool' 2> /dev/null |
	sort -V | tail -n 1)
if [ -n "$newer" ]; then
	one_bpftool "a newer bpftool" "$newer"
else
	skip "a newer bpftool" "not fetched: tests/setup/fetch bpftool"
fi

tap_done
