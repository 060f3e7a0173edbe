#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmcore-dmesg: exit codes, messages, what it links. Dumps are those of the fuzz corpus.
set -u
: "${KEXEC:?}" "${top_srcdir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

program=${VMCORE_DMESG:-$(dirname "$KEXEC")/../kdump/vmcore-dmesg}
dumps=$top_srcdir/tests/fuzz/corpus/vmcore
manual=$top_srcdir/kdump/vmcore-dmesg.8
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# exits CODE ARGUMENTS...: leaves out and err
exits() {
	want=$1
	shift
	"$program" "$@" > "$dir/out" 2> "$dir/err"
	got=$?
	[ $got = "$want" ] || { echo "exit $got instead of $want"; cat "$dir/err"; return 1; }
}
says() { grep -qF -- "$1" "$dir/err" || { cat "$dir/err"; return 1; }; }
one_line() { [ "$(wc -l < "$dir/err")" = 1 ] && grep -q '^vmcore-dmesg: ' "$dir/err"; }
silent() { [ ! -s "$dir/err" ]; }
prints() { printf "$1" | cmp - "$dir/out"; }
full() { "$program" "$1" > /dev/full 2> "$dir/err"; [ $? = 50 ]; }

check "--help: exit 0" exits 0 --help
undocumented=
for option in $(sed -nE 's/^  --([a-z-]+).*/\1/p' "$dir/out"); do
	grep -q "^\.It Fl -$option\b" "$manual" || undocumented="$undocumented $option"
done
is "every option of --help is in the manual page" "$undocumented" ""
check "--version: exit 0" exits 0 --version
is "--version is kexec's" "$(cat "$dir/out")" "$("$KEXEC" --version)"
check "no dump: exit 1" exits 1
check "two dumps: exit 1" exits 1 one two
check "an unknown option: exit 1" exits 1 --frobnicate "$dumps/ring-elf"

check "a log: exit 0" exits 0 "$dumps/ring-elf"
check "without a word on stderr" silent
check "and its lines" prints '[    0.000001] one\n[    1.500001] two\n\\x1b\n[    3.000001] \n[    4.500001] kernel panic\n'
check "the same from a virtual machine's dump" exits 0 "$dumps/ring-guest-elf"
check "of records" exits 0 "$dumps/records-elf"
check "has its lines" prints '[    0.000000] one\n[    0.000000] two\n'
check "of text" exits 0 "$dumps/flat-elf"
check "has its lines" prints '<6>one\n<4>two\n'
check "JSON" exits 0 --json "$dumps/ring-elf"
if command -v python3 > /dev/null; then
	check "is JSON" python3 -m json.tool "$dir/out"
else
	skip "is JSON" "no python3"
fi

check "no such file: exit 2" exits 2 "$dir/none"
check "one line about it" one_line
check "a directory: not 0" exits 11 "$dir"
check "no dump of a kernel: exit 10" exits 10 "$manual"
check "one line about it" one_line
head -c 100 "$dumps/ring-elf" > "$dir/cut"
check "headers cut off: exit 11" exits 11 "$dir/cut"
size=$(stat -c %s "$dumps/ring-elf")
# Two pages of memory: where the log is, then the texts.
head -c "$((size - 8192 + 8))" "$dumps/ring-elf" > "$dir/cut"
check "memory cut off: exit 30" exits 30 "$dir/cut"
head -c "$((size - 4096 + 300))" "$dumps/ring-elf" > "$dir/cut"
check "texts cut off: exit 40" exits 40 "$dir/cut"
check "the rest is printed" grep -q '^\[    0.000001\] one$' "$dir/out"
check "one line about it" one_line
check "which says that it is incomplete" says "the log is incomplete"
check "a full disk: exit 50" full "$dumps/ring-elf"

# It is copied to small initrds.
foreign=$(objdump -p "$program" 2> /dev/null | sed -n 's/^  NEEDED *//p' |
	grep -vE '^(libc|libz|libzstd|liblzo2|libsnappy|libasan|libubsan|libm|libgcc_s)\.so')
is "links the C library and codecs only" "$foreign" ""

tap_done
