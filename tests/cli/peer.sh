#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kexec -c beside the distribution's kexec-tools: both load the same kernel and
# initrd on recorded machines, and what they load must be the same but for where
# it lies and what tests/harness/explained explains. tests/setup/fetch gets the
# peer; here nothing is fetched, PEER names its folder.
set -u
: "${KEXEC:?}" "${top_srcdir:?}" "${builddir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
# shellcheck source=tests/harness/lib.sh
. "$top_srcdir/tests/harness/lib.sh"

machines="bios-512m bios-8g efi-1536m many-e820 crash-low crash-high-low"
crash_machines="crash-low crash-high-low"

[ "$(uname -m)" = x86_64 ] || skip_all "kexec -c beside the peer" "the peer is for x86_64"
harness_works || skip_all "kexec -c beside the peer" "seccomp's user notification does not work here"
peer=${PEER:-$(newest_of peer)}
[ -n "$peer" ] || skip_all "kexec -c beside the peer" "no peer; tests/setup/fetch peer gets it"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# load WHO MACHINE ACTION ARGUMENT...: $dir/WHO.MACHINE.* is what came of it
load() {
	who=$1 machine=$2
	shift 2
	out=$dir/$who.$machine
	rm -rf "$out.dump"
	mkdir "$out.dump"
	if [ "$who" = peer ]; then
		lib=$peer/usr/lib/x86_64-linux-gnu
		set -- "$lib/ld-linux-x86-64.so.2" --library-path "$lib" "$peer/usr/sbin/kexec" "$@"
	else
		set -- "$KEXEC" "$@"
	fi
	"$harness" --root="$(machine_dir "$machine")" --record="$out.record" --dump="$out.dump" \
		-- "$@" -c "--initrd=$dir/initrd" "--command-line=quiet peer=$machine" \
		> "$out.log" 2>&1
}

# facts WHO MACHINE: fails if something is bad
facts() {
	out=$dir/$1.$2
	"$builddir/tests/harness/load-facts" "--root=$(machine_dir "$2")" "--kernel=$kernel" \
		"--initrd=$dir/initrd" "$out.record" "$out.dump" > "$out.facts" 2>&1 ||
		{ grep '^bad' "$out.facts"; tail -n 5 "$out.log"; return 1; }
}

sources() {
	"$builddir/tests/harness/load-facts" "--root=$(machine_dir "$1")" "--kernel=$kernel" \
		--sources > "$dir/$1.sources"
}

# compare MACHINE WHO WHO
compare() {
	sources "$1"
	"$top_srcdir/tests/harness/compare" "$explained" "$dir/$1.sources" "$dir/$2.$1.facts" \
		"$dir/$3.$1.facts" > "$dir/compared"
	status=$?
	cat "$dir/compared"
	[ "$3" != ours ] || sed -n 's/^explained \([^:]*\):.*/\1/p' "$dir/compared" >> "$dir/${explained##*/}"
	return $status
}
# An explanation that no machine needs any more hides the next difference.
stale() {
	grep -v '^#' "$top_srcdir/tests/harness/$1" | cut -d ' ' -f 1 | while read -r name; do
		grep -qxF "$name" "$dir/$1" || echo "$name"
	done
}

peer_loads() { # MACHINE ACTION
	load peer "$1" "$2" "$kernel" && facts peer "$1"
}
ours_loads() {
	load ours "$1" "$2" "$kernel" || { cat "$dir/ours.$1.log"; return 1; }
	facts ours "$1"
}

# beside MACHINE ACTION WHAT
beside() {
	check "$3: the peer's load is good" peer_loads "$1" "$2"
	if [ -z "$unsupported" ]; then
		check "$3: ours is good" ours_loads "$1" "$2"
		check "$3: ours is the peer's but for explained differences" compare "$1" peer ours
	fi
}

#
# Faults that must be found, planted in what the peer did on bios-8g
#

# Where the byte at an address lies: "segment-N OFFSET"
locate() {
	sed -n 's/^segment \([0-9]*\) mem=\(0x[0-9a-f]*\) memsz=[^ ]* bufsz=\(0x[0-9a-f]*\).*/\1 \2 \3/p' \
		"$dir/peer.bios-8g.record" | while read -r nr mem bufsz; do
		[ $(($1)) -lt $((mem)) ] || [ $(($1)) -ge $((mem + bufsz)) ] ||
			echo "segment-$nr $(($1 - mem))"
	done
}
place() { sed -n "s/^place $1 \\(0x[0-9a-f]*\\).*/\\1/p" "$dir/peer.bios-8g.facts" | head -n 1; }
place_kernel() { sed -n 's/^place segment \(0x[0-9a-f]*\)-.* kernel$/\1/p' "$dir/peer.bios-8g.facts"; }

plant() { # a copy to spoil: what "fault" loaded
	rm -rf "$dir/fault.bios-8g.dump"
	for part in record dump log; do
		cp -r "$dir/peer.bios-8g.$part" "$dir/fault.bios-8g.$part"
	done
}
# spoil ADDRESS OCTAL-BYTES
spoil() {
	plant
	# shellcheck disable=SC2046 # two words
	set -- "$2" $(locate "$1")
	[ $# = 3 ] || { echo "nothing at that address"; return 1; }
	# shellcheck disable=SC2059 # escapes
	printf "$1" | dd of="$dir/fault.bios-8g.dump/$2" bs=1 seek="$3" conv=notrunc status=none
}
# move SED-EXPRESSION: changes the record
move() {
	plant
	sed -i "$1" "$dir/fault.bios-8g.record"
	! cmp -s "$dir/fault.bios-8g.record" "$dir/peer.bios-8g.record"
}
is_found() { # WHAT-IS-SAID
	{ facts fault bios-8g; compare bios-8g peer fault; } > "$dir/found" && return 1
	grep -q "^$1" "$dir/found" || { cut -c 1-200 "$dir/found"; return 1; }
}
fault() { # WHAT SAID COMMAND...
	what=$1 said=$2
	shift 2
	check "planting: $what" "$@"
	check "is found: $what" is_found "$said"
}

faults() {
	params=$(place params)
	kernel_at=$(place_kernel)
	nr=$(locate "$kernel_at")
	nr=${nr%% *} nr=${nr#segment-}
	plant
	check "an untouched copy is the same" facts fault bios-8g
	check "an untouched copy has no difference" compare bios-8g peer fault
	fault "a byte of the kernel" "bad the kernel's bytes" spoil $((kernel_at + 70000)) '\252'
	fault "a byte of the initrd" "bad the initrd's bytes" spoil $(($(place initrd) + 9999)) '\252'
	fault "the command line" "different cmdline" spoil "$(place cmdline)" 'Q'
	fault "the ACPI pointer" "different acpi_rsdp_addr" spoil $((params + 0x70)) '\001'
	fault "a type in the memory map" "different e820" spoil $((params + 0x2d0 + 3 * 20 + 16)) '\002'
	fault "the entries of the memory map" "bad the segment with the kernel is not RAM" \
		spoil $((params + 0x1e8)) '\001'
	fault "a field nobody knows" "different other-fff" spoil $((params + 0xfff)) '\001'
	fault "the initrd's size" "bad the initrd has" spoil $((params + 0x21c)) '\001'
	fault "a chain of setup_data into nowhere" "bad setup_data at" spoil $((params + 0x254)) '\077'
	fault "too little memory for the kernel" "bad the kernel has" \
		move "s/^\\(segment $nr mem=[^ ]*\\) memsz=[^ ]*/\\1 memsz=0x2000000/"
	fault "a kernel that is not aligned" "bad the kernel at" \
		move "s/^segment $nr mem=[^ ]*/segment $nr mem=0x208001000/"
	fault "segments that overlap" "bad segments" \
		move "s/^segment $nr mem=[^ ]*/segment $nr mem=$(place initrd)/"
	fault "a segment outside of RAM" "bad segment $nr is not in RAM" \
		move "s/^segment $nr mem=[^ ]*/segment $nr mem=0x7e000000/"
}

make_bzImage "$dir/bzImage"
random_bytes 3000001 2 > "$dir/initrd"
explained=$top_srcdir/tests/harness/explained
kernel=$dir/bzImage
unsupported=
load ours bios-512m -l "$kernel"
if grep -q 'not supported yet' "$dir/ours.bios-512m.log"; then
	unsupported="kexec -c is not supported yet"
	skip "kexec -c beside the peer on recorded machines" "$unsupported"
fi

for machine in $machines; do beside "$machine" -l "$machine"; done
# peer.bios-8g is as the loop left it
faults
explained=$top_srcdir/tests/harness/explained-crash
for machine in $crash_machines; do beside "$machine" -p "$machine, -p"; done
if [ -z "$unsupported" ]; then
	is "every explanation is needed" "$(stale explained)" ""
	is "every explanation for crash kernels is needed" "$(stale explained-crash)" ""
fi
real=$(newest_of kernel-6.12)/vmlinuz
if [ -s "$real" ]; then
	kernel=$real
	explained=$top_srcdir/tests/harness/explained
	beside efi-1536m -l "efi-1536m, a distribution's kernel"
else
	skip "efi-1536m, a distribution's kernel" "tests/setup/fetch kernel-6.12 gets it"
fi
tap_done
