#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kexec with what nobody means to give it: things that are no files, names that are no
# words, output that cannot be written. One line says what is wrong, and the exit code too.
set -u
: "${KEXEC:?}" "${top_srcdir:?}" "${builddir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

[ "$(uname -m)" = x86_64 ] || skip_all "odd input" "the image is for x86_64"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
# shellcheck source=tests/harness/lib.sh
. "$top_srcdir/tests/harness/lib.sh"
cd "$dir" || exit 1
make_bzImage kernel
mkdir folder
mkfifo fifo
: > empty
truncate -s 5G large 2> /dev/null || echo "# this file system cannot hold a large file"
ln -s loop loop

# says NAME CODE LINE ARGUMENT...: nothing else is printed. A FIFO must not hold us up.
says() {
	name=$1 code=$2 line=$3
	shift 3
	said=$(timeout 20 "$KEXEC" "$@" 2>&1 < /dev/null)
	is "$name: exit" "$?" "$code"
	is "$name: what it says" "$said" "kexec: $line"
}

#
# Kernel and initrd
#

for what in "Cannot load" "Cannot load initrd"; do
	if [ "$what" = "Cannot load" ]; then
		set -- --dry-run -s -l
		last=
	else
		set -- --dry-run -s -l kernel
		last=--initrd=
	fi
	says "$what a folder" 1 "$what folder: is a directory, expected a file" "$@" "${last}folder"
	says "$what a FIFO" 1 "$what fifo: is not a regular file" "$@" "${last}fifo"
	says "$what a device" 1 "$what /dev/zero: is not a regular file" "$@" "$last/dev/zero"
	says "$what an empty file" 1 "$what empty: is empty" "$@" "${last}empty"
	[ ! -s large ] ||
		says "$what a large file" 1 "$what large: is larger than 4 GiB, which the kernel cannot load" \
			"$@" "${last}large"
	says "$what a link to itself" 1 \
		"$what loop: cannot open: Too many levels of symbolic links" "$@" "${last}loop"
done

#
# Names
#

long=$(printf '%05000d' 0)
says "a long name" 1 "Cannot load $long: cannot open: File name too long" --dry-run -l "$long"
nasty=$(printf 'line\nroute: \033[2J\302\233\377\303\251')
says "a name that would be more lines" 1 \
	"Cannot load line?route: ?[2J??$(printf '\303\251'): cannot open: No such file or directory" \
	--dry-run -l "$nasty"
cp kernel "$nasty"
"$KEXEC" --dry-run -s -l "$nasty" "--command-line=$nasty'" > plan 2>&1
is "the plan: exit" $? 0
is "the plan: one line a part" "$(grep -c . plan)" "$("$KEXEC" --dry-run -s -l kernel --command-line=x | grep -c .)"
escaped='line\nroute: \x1b[2J\xc2\x9b\xff\xc3\xa9'
is "the plan: the name" "$(sed -n 's/^kernel: .* of \(.*\), from file$/\1/p' plan)" "$escaped"
is "the plan: the command line" "$(sed -n "s/^cmdline: '\\(.*\\)', from .*/\\1/p" plan)" "$escaped\\'"
if command -v python3 > /dev/null; then
	"$KEXEC" --dry-run --json -s -l "$nasty" "--command-line=$nasty\"" > json 2> err
	check "JSON: what is no UTF-8" python3 -c 'import json
j = json.load(open("json"))["load"]
assert j["kernel"]["file"] == "line\nroute: \x1b[2J\x9b\ufffd\xe9", j
assert j["cmdline"] == "line\nroute: \x1b[2J\x9b\ufffd\xe9\"", j'
else
	skip "JSON: what is no UTF-8" "python3 is not installed"
fi

#
# What is wanted and cannot be
#

said=$("$KEXEC" --dry-run -s -l kernel "--command-line=$long" 2>&1 > plan)
is "a command line that is too long" "$said" \
	"kexec: warning: kernel: the command line has 5000 characters, of which this kernel takes 2016"
says "--parser= of a file that is not there" 1 \
	"Cannot use parser no: cannot open: No such file or directory" --dry-run -s -l kernel --parser=no
for word in auto none; do # files of these names need a path
	check "--parser=$word is no file" "$KEXEC" --dry-run -s -l kernel --parser=$word
done
says "--cross-check=attest of a kernel without parser" 1 \
	"Cannot load kernel: cannot be cross-checked: it carries no parser program (section .bpf)" \
	--dry-run -s -l kernel --cross-check=attest
if harness_works && [ -e "$builddir/bpf/progs/uki.bpf" ]; then
	copy_of_machine bios-512m "$dir/plain"
	said=$("$harness" --root="$dir/plain" --record=/dev/null -- "$KEXEC" --dry-run -s -l \
		"$top_srcdir/tests/fuzz/corpus/image/uki" --cross-check=attest \
		"--parser=$builddir/bpf/progs/uki.bpf" 2>&1 | tail -n 1)
	is "--cross-check=attest where the kernel runs no parsers" "$said" \
		"kexec: Cannot load $top_srcdir/tests/fuzz/corpus/image/uki: --cross-check=attest: the running kernel runs no parser programs"
else
	skip "--cross-check=attest where the kernel runs no parsers" "no harness or no clang"
fi

#
# Output
#

full="cannot write to standard output: No space left on device"
# cannot_print ARGUMENT...
cannot_print() {
	said=$("$@" 2>&1 > /dev/full)
	is "cannot print: $*: exit" $? 255
	is "cannot print: $*: what it says" "${said##*kexec: }" "$full"
}
if [ -w /dev/full ]; then
	cannot_print "$KEXEC" --version
	cannot_print "$KEXEC" --help
	cannot_print "$KEXEC" --dry-run -e
	cannot_print "$KEXEC" --dry-run --json -u
	said=$("$KEXEC" --dry-run -l kernel 2>&1 > /dev/full)
	is "cannot print a plan: exit" $? 255
	is "cannot print a plan: what it says" "$said" "kexec: cannot print the plan: No space left on device"
else
	skip "cannot print" "no /dev/full"
fi

#
# A machine that makes no sense
#

if harness_works; then
	on_machine() { "$harness" --root="$dir/machine" --record=/dev/null -- "$KEXEC" "$@"; }
	copy_of_machine bios-512m "$dir/machine"
	rm -f machine/proc/iomem machine/sys/kernel/kexec/crash_size
	echo -5 > machine/sys/kernel/kexec_crash_size
	said=$(on_machine --print-ckr-size 2>&1)
	is "a reservation of -5 bytes: exit" $? 255
	is "a reservation of -5 bytes: what it says" "$said" \
		"kexec: cannot tell what is reserved for a crash kernel: not by /proc/iomem, and /sys/kernel/kexec_crash_size: is no number"
	echo 4096 > machine/sys/kernel/kexec_crash_size
	is "a reservation of 4096 bytes" "$(on_machine --print-ckr-size)" 4096
	[ ! -w /dev/full ] || cannot_print on_machine --print-ckr-size
	rm machine/proc/cmdline
	said=$(on_machine -s -l kernel --reuse-cmdline 2>&1)
	is "no /proc/cmdline: exit" $? 1
	is "no /proc/cmdline: what it says" "$said" \
		"kexec: Cannot load kernel: --reuse-cmdline: cannot read /proc/cmdline: No such file or directory"
	printf 'a\001b "c d" BOOT_IMAGE=/x\tcrashkernel=1G \377\n\n' > machine/proc/cmdline
	on_machine -s -l kernel --reuse-cmdline --dry-run > plan
	is "a strange /proc/cmdline" "$(sed -n "s/^cmdline: '\\(.*\\)', from .*/\\1/p" plan)" \
		'a\x01b "c d" crashkernel=1G \xff'
else
	skip "a machine that makes no sense" "no harness"
fi
tap_done
