#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What bash offers behind a command line that has been begun.
set -u
: "${KEXEC:?}" "${top_srcdir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

kexec=$(realpath "$KEXEC")
image=$(realpath "${KEXEC_IMAGE:-$(dirname "$KEXEC")/kexec-image}")
top_srcdir=$(cd "$top_srcdir" && pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
mkdir folder
touch file.efi

# shellcheck source=completions/bash/kexec
. "$top_srcdir/completions/bash/kexec"
# shellcheck source=completions/bash/kexec-image
. "$top_srcdir/completions/bash/kexec-image"
# shellcheck source=completions/bash/vmcore-dmesg
. "$top_srcdir/completions/bash/vmcore-dmesg"

# offers FUNCTION WORD...: the last word is the one that is being written
offers() {
	local function=$1
	shift
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	"$function" 2> err
	[ ! -s err ] || cat err
	printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//'
}

is "kexec --ini" "$(offers _kexec "$kexec" --ini)" "--initrd="
is "kexec --initrd=f" "$(offers _kexec "$kexec" --initrd = f)" "file.efi folder"
is "kexec --type=bz" "$(offers _kexec "$kexec" --type = bz)" "bzImage bzImage64"
is "kexec f" "$(offers _kexec "$kexec" f)" "file.efi folder"

is "kexec-image: commands" "$(offers _kexec_image "$image" "" | tr ' ' '\n' | grep -v '^-' | tr '\n' ' ')" \
	"$("$image" --help | sed -nE 's/^  ([a-z-]+) .*/\1/p' | LC_ALL=C sort | tr '\n' ' ')"
is "kexec-image ins" "$(offers _kexec_image "$image" ins)" "inspect"
is "kexec-image inspect --" "$(offers _kexec_image "$image" inspect --)" "--help --json --verify="
is "kexec-image inspect --verify=f" "$(offers _kexec_image "$image" inspect --verify = f)" "file.efi folder"
is "kexec-image inspect f" "$(offers _kexec_image "$image" inspect f)" "file.efi folder"
is "kexec-image sign-parser -" "$(offers _kexec_image "$image" sign-parser -)" \
	"--cert= --help --key= --output= --replace -o"
is "kexec-image sign-parser --key=f" "$(offers _kexec_image "$image" sign-parser --key = f)" \
	"file.efi folder"
is "kexec-image extract -" "$(offers _kexec_image "$image" extract -)" \
	"--directory= --help --part= --section= -C"
is "kexec-image extract -C f" "$(offers _kexec_image "$image" extract -C f)" "folder"
is "kexec-image extract --directory=" "$(offers _kexec_image "$image" extract --directory =)" "folder"
is "kexec-image extract --part=" "$(offers _kexec_image "$image" extract --part =)" \
	"cmdline dtb initrd kernel"
is "kexec-image extract --section=.in" "$(offers _kexec_image "$image" extract --section = .in)" ".initrd"
is "kexec-image extract --part=kernel f" "$(offers _kexec_image "$image" extract --part = kernel f)" \
	"file.efi folder"
is "build_zboot_envelop f" "$(offers _kexec_image build_zboot_envelop f)" "file.efi folder"

is "vmcore-dmesg --j" "$(offers _vmcore_dmesg "$(dirname "$kexec")/../kdump/vmcore-dmesg" --j)" "--json"
is "vmcore-dmesg f" "$(offers _vmcore_dmesg vmcore-dmesg f)" "file.efi folder"

# There is a completion for each program that is installed, and the install rule knows it.
programs=$(sed -nE 's/^PROGRAMS \+= *//p' "$top_srcdir"/*/files.mk | tr ' ' '\n' | sed 's#.*/##' | sort | tr '\n' ' ')
is "a completion for each program" "$(cd "$top_srcdir/completions/bash" && printf '%s\n' * | sort | tr '\n' ' ')" \
	"$programs"
is "all are installed" "$(sed -nE 's/^COMPLETIONS = *//p' "$top_srcdir/Makefile.in" | tr ' ' '\n' | sort | tr '\n' ' ')" \
	"$programs"
tap_done
