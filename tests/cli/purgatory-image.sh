#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The linked purgatory is a block that runs anywhere: no relocations, entry first,
# small, vector registers only where SHA-256 needs them, the same bytes each time.
#
# Environment: top_srcdir; builddir; MAKE.
set -u

top_srcdir=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
# Not those of the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL

case $(sed -n 's/^ARCH *= //p' "$builddir/Makefile") in
x86_64) arch=x86_64 machine=X86-64 vectors='%[xyz]mm' function=sha256_ni ;;
arm64) arch=arm64 machine=AArch64 vectors='[^a-z0-9][qv][0-9]' function=sha256_ce ;;
esac
elf=$builddir/purgatory/$arch.elf bin=$builddir/purgatory/$arch.bin

# cross NAME: what is for another machine needs tools that know it
tool() {
	if "$1" -d "$elf" 2> /dev/null | grep -q '<purgatory_start>:'; then echo "$1"; fi
}
objdump=$(tool objdump)
[ -n "$objdump" ] || objdump=$(tool aarch64-linux-gnu-objdump)

check "it is for this machine" sh -c "readelf -hW '$elf' | grep -q 'Machine:.*$machine'"
check "it has no relocations" sh -c "readelf -rW '$elf' 2>&1 | grep -q 'no relocations'"
is "nothing is left to be found by a loader" "$(readelf -W --dyn-syms "$elf" 2>/dev/null |
	grep -E ' (GLOBAL|WEAK) ' | grep -v 'UND $')" ""
is "no names are missing" "$(nm -u "$elf")" ""
is "the entry is its first byte, a page from the parameters" \
	"$(readelf -hW "$elf" | sed -n 's/.*Entry point.*: *//p') $(nm "$elf" |
		sed -n 's/ . purgatory_start$//p')" "0x1000 0000000000001000"
size=$(wc -c < "$bin")
check "it is small: $size bytes" test "$size" -lt 20480
end=$(nm "$elf" | sed -n 's/^0*\([0-9a-f]*\) . purgatory_end$/\1/p')
is "it says how much memory it takes" "$(od -An -tu8 -j 8 -N 8 "$bin" | tr -d ' ')" \
	"$((0x$end - 4096))"

if [ -n "$objdump" ]; then
	is "vector registers are used where SHA-256 needs them only" \
		"$("$objdump" -d --no-show-raw-insn "$elf" | awk -v vectors="$vectors" '
			/^[0-9a-f]+ </ { at = $2 }
			$0 ~ vectors && $0 !~ /^[0-9a-f]+ </ { if (!seen[at]++) print at }')" "<$function>:"
else
	skip "vector registers" "no objdump for this machine"
fi

# Again, in another folder, from sources among which there is nothing built.
mkdir "$dir/source"
(cd "$top_srcdir" && tar -cf - --exclude='*.o' --exclude='*.elf' --exclude='*.bin' Makefile.in purgatory */files.mk) |
	tar -C "$dir/source" -xf -
ln -s "$builddir/Makefile" "$builddir/config.status" "$dir"
if (cd "$dir" && "${MAKE:-make}" -s srcdir="$dir/source" VPATH="$dir/source" \
	"purgatory/$arch.bin") > "$dir/log" 2>&1; then
	check "another folder gives the same bytes" cmp "$bin" "$dir/purgatory/$arch.bin"
else
	is "it builds in another folder" "$(cat "$dir/log")" ""
fi
tap_done
