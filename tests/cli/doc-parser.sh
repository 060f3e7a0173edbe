#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The parser program of doc/parser-programs.md builds and does what the page says.
#
# Environment: top_srcdir; builddir; CLANG.
set -u

top_srcdir=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
builddir=${builddir:-.}
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

page=$top_srcdir/doc/parser-programs.md
tool=$builddir/kexec/kexec-image
case ${CLANG:-no} in
no) skip_all "the worked example" "clang is not installed, or CLANG not set: run make check" ;;
esac
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

awk '/^```/ { inside = $0 == "```c"; next } inside' "$page" > "$dir/pack.bpf.c"
# The command is the page's, in another folder.
command=$(sed -n 's/^    clang \(.*\)/\1/p' "$page" |
	sed -e "s|bpf/progs|$top_srcdir/bpf/progs|" -e "s|pack\.bpf|$dir/pack.bpf|g")
# shellcheck disable=SC2086 # words
check "it builds as the page says" "$CLANG" -Wall -Wextra -Werror $command

kernel=$top_srcdir/tests/fuzz/corpus/image/bzimage # 1536 bytes
printf 'KPAK\000\006\000\000\006\000\000\000' > "$dir/good"
cat "$kernel" >> "$dir/good"
printf 'initrd' >> "$dir/good"
head -c 1500 "$dir/good" > "$dir/cut"
cp "$kernel" "$dir/other"

says() {
	"$tool" check --trace --parser="$dir/pack.bpf" "$2" > "$dir/out" 2> "$dir/trace"
	is "$1: exit code" "$?" "$3"
	is "$1: what it says" "$(cat "$dir/out")" "$2: $4"
}
says "a pack" "$dir/good" 1 "ONLY THE PROGRAM accepts it: no known kernel format"
check "its kernel is named" grep -q "command COPY kernel(30 bytes of payload): 0" "$dir/trace"
check "its initrd is named" grep -q "command COPY initrd(30 bytes of payload): 0" "$dir/trace"
says "a cut pack" "$dir/cut" 2 "both refuse it: no known kernel format; parser program: command COPY kernel: 1536 bytes at 0xc are not inside the image"
says "something else" "$dir/other" 1 "ONLY THE PARSERS accept it: parser program: it does not recognise the image"
tap_done
