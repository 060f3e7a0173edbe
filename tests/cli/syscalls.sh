#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What kexec -s asks the kernel for, seen by strace, which also answers
# kexec_file_load in the kernel's place: nothing is loaded and no root is needed.
#
# A kernel and an initrd go in as their own descriptors. Of the kernel only its
# header is read, of the initrd nothing, so that the cost does not depend on sizes.
set -u
: "${KEXEC:?}" "${top_srcdir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

[ "$(uname -m)" = x86_64 ] || skip_all "strace of kexec -s" "the images are for x86_64"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
# LeakSanitizer cannot work below ptrace.
export ASAN_OPTIONS=detect_leaks=0
strace -o /dev/null -e inject=sync:retval=0 true 2>/dev/null ||
	skip_all "strace of kexec -s" "strace is missing or may not trace here"

# put FILE OFFSET OCTAL-BYTES
put() { printf "$3" | dd of="$1" bs=1 seek="$(($2))" conv=notrunc status=none; }

# The smallest header that makes a file of SIZE bytes a bzImage: 4 setup
# sectors, protocol 2.15, 64-bit, cmdline_size 2047, init_size 64 MiB.
make_bzImage() {
	truncate -s "$2" "$1"
	put "$1" 0x1f1 '\004'
	put "$1" 0x1fe '\125\252'
	put "$1" 0x202 'HdrS\017\002'
	put "$1" 0x211 '\001'
	put "$1" 0x236 '\003'
	put "$1" 0x238 '\377\007'
	put "$1" 0x263 '\004'
}

# trace NAME ARGUMENT...: leaves $dir/NAME.log (strace) and $dir/NAME.status
trace() {
	name=$1
	shift
	strace -f -y -s 4096 -o "$dir/$name.log" -e inject=kexec_file_load:retval=0 \
		"$KEXEC" "$@" >"$dir/$name.out" 2>&1
	echo $? >"$dir/$name.status"
}
bytes_read() { # LOG FILE
	grep -E "^[0-9]+ +(p?read[v64]*|sendfile|copy_file_range|splice)\(.*<$2>" "$1" |
		awk '{ sum += $NF } END { print sum + 0 }'
}
# Of those that name a file of ours; a sanitizer adds calls of its own.
nr_syscalls() { grep -cF "$dir/" "$1"; }

make_bzImage "$dir/vmlinuz" 8M
truncate -s 1M "$dir/small"
truncate -s 1G "$dir/large"

trace small -s -l "$dir/vmlinuz" --initrd="$dir/small" --command-line=quiet
trace large -s -l "$dir/vmlinuz" --initrd="$dir/large" --command-line=quiet
call=$(grep -o 'kexec_file_load(.*' "$dir/small.log")

is "exits with 0 when the kernel takes it" "$(cat "$dir/small.status")" 0
is "prints nothing" "$(cat "$dir/small.out")" ""
is "passes both descriptors, the command line and its length" "$(echo "$call" |
	sed "s/([0-9]*</(N</; s/, [0-9]*</, N</; s/) *= .*//")" \
	"kexec_file_load(N<$dir/vmlinuz>, N<$dir/small>, 6, \"quiet\", 0"
is "reads one header of the kernel" \
	"$([ "$(bytes_read "$dir/small.log" "$dir/vmlinuz")" -le 4096 ] && echo at most 4096)" \
	"at most 4096"
is "reads nothing of the initrd" "$(bytes_read "$dir/large.log" "$dir/large")" 0
is "takes as many system calls for 1 GB as for 1 MB" "$(nr_syscalls "$dir/large.log")" \
	"$(nr_syscalls "$dir/small.log")"
is "maps no file of the user's" \
	"$(grep -cE "mmap\(.*<$dir/" "$dir/small.log")" 0
is "syncs nothing on -l" "$(grep -cE ' (sync|syncfs|fsync)\(' "$dir/small.log")" 0

trace crash -p -s "$dir/vmlinuz" --command-line=quiet
# A machine without a reservation refuses before it looks at the kernel.
if grep -q 'kexec_file_load(' "$dir/crash.log"; then
	is "-p passes KEXEC_FILE_ON_CRASH and NO_INITRAMFS" \
		"$(grep -o 'ON_CRASH|KEXEC_FILE_NO_INITRAMFS' "$dir/crash.log")" \
		"ON_CRASH|KEXEC_FILE_NO_INITRAMFS"
else
	is "-p without a reservation ends with exit 1" "$(cat "$dir/crash.status")" 1
fi
trace nothing -l "$dir/missing"
is "a missing kernel: no system call that loads" \
	"$(grep -c 'kexec_.*load(' "$dir/nothing.log") $(cat "$dir/nothing.status")" "0 1"
trace unload -u -s
is "-u unloads by kexec_file_load" "$(grep -c 'kexec_file_load(.*KEXEC_FILE_UNLOAD)' \
	"$dir/unload.log") $(cat "$dir/unload.status")" "1 0"
is "leaves nothing behind in TMPDIR" "$(grep -cE 'open(at)?\(.*O_CREAT' "$dir/small.log")" 0
tap_done
