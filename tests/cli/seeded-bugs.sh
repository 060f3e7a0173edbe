#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Is the comparison of parsers and parser program worth anything? Bugs of the
# kind that people make are put into the one or the other, one at a time, and
# tests/unit/test-agree must fail for each.
#
# Environment: top_srcdir; builddir; CLANG; COMPILE and LINK, the compiler with the
# flags of the build ("make check" sets them).
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
builddir=$(cd "${builddir:-.}" && pwd)
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

[ -e "$builddir/bpf/progs/uki.bpf" ] ||
	skip_all "seeded bugs" "the parser programs were not built: no clang"
[ -x "$builddir/tests/unit/test-agree" ] ||
	skip_all "seeded bugs" "the unit tests were not built: no cmocka"
[ -n "${COMPILE:-}" ] || skip_all "seeded bugs" "COMPILE is not set: run make check"

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/bpf/progs" "$dir/tests/bpf"
cp "$builddir"/tests/bpf/*.bpf "$dir/tests/bpf"

# The first disagreement is enough, and some thousand mutants find it.
export KEXEC_TEST_STOP=1 KEXEC_TEST_MUTANTS=4000

# seed FILE SED-EXPRESSION: the file with the bug, on standard output; it must be another.
seed() {
	sed -e "$2" "$top_srcdir/$1" > "$dir/seeded.c"
	if cmp -s "$dir/seeded.c" "$top_srcdir/$1"; then
		echo "nothing in $1 matches '$2'" >&2
		return 1
	fi
}

# caught AGREE BUILDDIR: a failure of that program that is a disagreement, not a crash
caught() {
	builddir=$2 CMOCKA_MESSAGE_OUTPUT=TAP "$1" > "$dir/out" 2>&1 && return 1
	grep -q '^not ok ' "$dir/out"
}

in_program() {
	seed bpf/progs/uki.bpf.c "$1" &&
		"$CLANG" -target bpf -mcpu=v3 -I"$top_srcdir" -I"$top_srcdir/bpf/progs" -ffreestanding \
			-O2 -w -c -o "$dir/bpf/progs/uki.bpf" "$dir/seeded.c" &&
		caught "$builddir/tests/unit/test-agree" "$dir"
}

in_parsers() {
	# shellcheck disable=SC2086 # words
	(cd "$builddir" && seed "$1" "$2" && $COMPILE -w -c -o "$dir/seeded.o" "$dir/seeded.c" &&
		$LINK -o "$dir/test-agree" tests/unit/test-agree.o "$dir/seeded.o" $LINK_LIBS) &&
		caught "$dir/test-agree" "$builddir"
}

# Without a bug, built in the same way, they agree.
cp "$builddir/bpf/progs/uki.bpf" "$dir/bpf/progs/uki.bpf"
if caught "$builddir/tests/unit/test-agree" "$dir"; then
	sed 's/^/# /' "$dir/out"
	is "no bug" "a disagreement" "none"
	tap_done
fi

check "program: size in memory taken for size" \
	in_program 's/part->virtual_size < part->raw_size ?/part->virtual_size ?/'
# Sections behind the end or inside the headers are refused before a program runs, by the
# kernel and by bpf_check_pe(): that the program looks at them, too, cannot be seen here.
check "program: repeated sections are taken" in_program 's/f->bad |= f->seen & [a-z]*;//'
check "program: profile @0 is not looked at" in_program 's/\(less([f>-]*slice\), 2)/\1, 1)/'
check "program: profile @1 counts too" in_program 's/\(less([f>-]*slice\), 2)/\1, 3)/'
check "program: all profiles are the base" in_program 's/f->slice++;//; s/f->slice += profile & 1;//'
check "program: initrd in front of microcode" \
	in_program 's/INITRD, &f->ucode/INITRD, \&f->x/; s/INITRD, &f->initrd/INITRD, \&f->ucode/
		s/INITRD, &f->x/INITRD, \&f->initrd/'
check "program: padding behind the certificates is kept" in_program 's/kernel->len = cert_end;//'
check "program: any subsystem" in_program 's/subsystem != EFI_APPLICATION/0/'
check "program: command line taken for an initrd" \
	in_program 's/KEXEC_BPF_CMDLINE, &f->cmdline/KEXEC_BPF_INITRD, \&f->cmdline/'
check "program: last section is not seen" \
	in_program 's|; i < img->nr_sections; i++|; i + 1 < img->nr_sections; i++|'

pe=kexec/formats/pe.c uki=kexec/formats/uki.c sections=kexec/formats/uki-sections.c
check "parsers: size in the file taken for size" \
	in_parsers $pe 's/raw_size < s\.virtual_size ? raw_size : s\.virtual_size/raw_size/'
check "parsers: sections may be inside the headers" \
	in_parsers $pe 's/raw_size > 0 \&\& raw_off < l->headers_size/0/'
check "parsers: any subsystem" in_parsers $pe 's/subsystem != SUBSYSTEM_EFI_APP/0/'
check "parsers: repeated sections are taken" in_parsers $sections 's/if (slice->by_name\[name\])/if (0)/'
check "parsers: initrd in front of microcode" \
	in_parsers $uki 's/{ UKI_UCODE, UKI_INITRD }/{ UKI_INITRD, UKI_UCODE }/'
check "parsers: a blank at the end is kept" in_parsers $sections 's/c <= 0x20/c < 0x20/'
check "parsers: profile @0 is not looked at" \
	in_parsers $sections 's/if (profile->by_name\[i\])/if (0)/'
check "parsers: padding behind the certificates is kept" \
	in_parsers $uki 's/pe_cut_at_certificates(&img->kernel\.bytes, w)/0/'
check "parsers: an inner initrd is added to an outer one" \
	in_parsers $uki 's/wants_initrd = img->nr_initrd == 0/wants_initrd = true/'
check "parsers: an empty section takes nothing away" \
	in_parsers $sections 's/if (profile->by_name\[i\])/if (profile->by_name[i] \&\& profile->by_name[i]->file_len)/'
tap_done
