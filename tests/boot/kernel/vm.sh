# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests here: building initramfs trees and images, running a
# machine. $work is a private directory, $here the one of this file.

# pack DIR OUT: the tree as a cpio archive
pack() {
	(cd "$1" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >"$2"
}

# tree DIR INIT: busybox and our tools, with INIT as init
tree() {
	mkdir -p "$1/bin" "$1/proc" "$1/sys" "$1/dev" "$1/img"
	cp "$(command -v busybox)" "$1/bin/busybox"
	cp "$work/kload" "$1/bin/kload"
	cp "$here/$2" "$1/init"
	chmod 755 "$1/init"
}

# add_program DIR FILE: to a tree's bin, with the libraries it is linked with
add_program() {
	cp "$2" "$1/bin/"
	ldd "$2" | grep -o '/[^ ]*' | while read -r _lib; do
		mkdir -p "$1${_lib%/*}"
		cp -L "$_lib" "$1$_lib"
	done
}

# second_initrd ID OUT [PROGRAM..]: what the second kernel runs
second_initrd() {
	_id=$1 _out=$2
	shift 2
	rm -rf "$work/second-tree"
	tree "$work/second-tree" second-init
	printf '%s\n' "$_id" >"$work/second-tree/ID"
	for _program; do
		add_program "$work/second-tree" "$_program"
	done
	pack "$work/second-tree" "$_out"
	rm -rf "$work/second-tree"
}

# vm LOG KERNEL INITRD CMDLINE: until it powers off, or five minutes (vm_time seconds)
vm() {
	timeout "${vm_time:-300}" qemu-system-x86_64 -accel tcg -cpu qemu64 -m "${vm_mem:-2048}" \
		-smp 2 -nodefaults -no-reboot -display none -serial stdio \
		-kernel "$2" -initrd "$3" \
		-append "console=ttyS0 panic=-1 no_timer_check ${4-}" </dev/null >"$1" 2>&1 ||
		echo "qemu: exit $?" >>"$1"
	cat "$1" >>"$work/log.all"
	if grep -a '^FAIL' "$1"; then
		fail "a check in the machine failed"
	fi
}

# PE images; see mkpe.c
mkpe() {
	"$work/mkpe" "$@" || exit 1
}

# ELF files of sections, parsers' containers and envelopes; see mkelf.py
mkelf() {
	python3 "$here/mkelf.py" "$@" || exit 1
}

# sign_parser FROM TO [KEY CERT] [MKELF-OPTION..]: with a signature appended
sign_parser() {
	_from=$1 _to=$2 _key=${3:-$KEY} _cert=${4:-$CERT}
	shift $(($# > 4 ? 4 : $#))
	openssl cms -sign -binary -noattr -nocerts -outform DER -signer "$_cert" \
		-inkey "$_key" -in "$_from" -out "$_to.sig" || fail "openssl cms $_from"
	mkelf --append "$_to" "$_from" "$_to.sig" "$@"
	rm "$_to.sig"
}

# poke FILE OFFSET BYTES: as printf understands them
poke() {
	# shellcheck disable=SC2059
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# small_kernel OUT: as small as the loader of bzImage will have it
small_kernel() {
	head -c 8192 /dev/zero >"$1"
	poke "$1" 497 '\1'			# one setup sector
	poke "$1" 510 '\125\252'
	poke "$1" 513 '\146'			# the header ends there
	poke "$1" 514 'HdrS\17\2'
	poke "$1" 529 '\1'			# loaded high
	poke "$1" 560 '\0\0\20\0'		# aligned to 1 MiB
	poke "$1" 564 '\1\0\3\0\377\7\0\0'	# relocatable, 64 bits, command line
	poke "$1" 603 '\1'			# prefers 16 MiB
	poke "$1" 608 '\0\0\20\0'		# needs 1 MiB
}

# number FILE OFFSET BYTES
number() {
	od -An -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

sha() {
	sha256sum | cut -d' ' -f1
}

# want NAME RESULT [KERNEL INITRD CMDLINE]: what loading img/NAME should give
# and, with files named, which parts the kernel should attest
want() {
	_dir=$work/tree/img
	printf '%s\n' "$2" >"$_dir/$1.want"
	[ $# -gt 2 ] || return 0
	for _part in kernel initrd cmdline; do
		_file=$3
		printf '%s %s %s\n' "$_part" "$(wc -c <"$_file")" "$(sha <"$_file")"
		shift
	done >"$_dir/$1.parts"
}

# logs NAME PATTERN: when it is refused, the one line in the kernel's log, and that
# there is none for the pattern -
logs() {
	printf '%s\n' "$2" >"$work/tree/img/$1.log"
}

# skip WHY: the test goes no further; it returns then
skipped=
skip() {
	skipped=$*
}

failed=0
fail() {
	echo "FAIL: $*"
	failed=1
}

# log_has LOG PATTERN
log_has() {
	grep -Eq -- "$2" "$1" || fail "$1 has no line $2"
}

# keep_log NAME: a failed machine's log, for whoever looks into it
keep_log() {
	[ "$failed" = 0 ] || cp "$work/log.all" "${TMPDIR:-/tmp}/kexec-kernel-$1.log"
}

# skeleton OUT [NAME [BPFTOOL]]: a program of tests/skel in the posted form; a skip if
# the tools are missing
skeleton() {
	_why=$(CC=$cc "$top/tests/skel/build" "$top/tests/skel/${2-posted}.bpf.c" "$1" "${3-bpftool}" 2>&1) && return 0
	[ $? = 77 ] && skip "$_why" || fail "building the skeleton: $_why"
}
