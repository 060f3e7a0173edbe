# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Small EFI programs from nothing, and reading them back. Sourced.

# put FILE OFF NUMBER: 32 bits, little endian
put() {
	# shellcheck disable=SC2059
	printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $(($3 & 255)) $(($3 >> 8 & 255)) \
		$(($3 >> 16 & 255)) $(($3 >> 24 & 255)))" |
		dd of="$1" bs=1 seek=$(($2)) conv=notrunc status=none
}

put_text() { printf '%s' "$3" | dd of="$1" bs=1 seek=$(($2)) conv=notrunc status=none; }

# get FILE OFF: the number there, or -1
get() {
	pe_value=$(od -A n -t u4 -j $(($2)) -N 4 "$1" 2> /dev/null | tr -d ' ')
	echo "${pe_value:--1}"
}

# pe_new FILE HEADERS_SIZE: PE32+, x86_64, EFI application, 16 directories
pe_new() {
	pe_size=$(($2)) pe_va=$((0x1000)) pe_nr=0
	rm -f "$1"
	truncate -s "$pe_size" "$1"
	put_text "$1" 0 MZ
	put "$1" 0x3c 0x40
	put_text "$1" 0x40 PE
	put "$1" 0x44 0x8664
	put "$1" 0x54 0x220000f0
	put "$1" 0x58 0x20b
	put "$1" 0x78 0x1000
	put "$1" 0x7c 0x200
	put "$1" 0x94 "$pe_size"
	put "$1" 0x9c 10
	put "$1" 0xc4 16
}

# pe_section FILE NAME CONTENT
pe_section() {
	pe_row=$((0x148 + 40 * pe_nr)) pe_len=$(stat -c %s "$3")
	pe_raw=$(((pe_len + 0x1ff) / 0x200 * 0x200))
	put_text "$1" $pe_row "$2"
	put "$1" $((pe_row + 8)) "$pe_len"
	put "$1" $((pe_row + 12)) $pe_va
	put "$1" $((pe_row + 16)) $pe_raw
	put "$1" $((pe_row + 20)) $pe_size
	put "$1" $((pe_row + 36)) 0x40000040
	dd if="$3" of="$1" bs=512 seek=$((pe_size / 512)) conv=notrunc status=none
	pe_size=$((pe_size + pe_raw))
	truncate -s $pe_size "$1"
	pe_va=$(((pe_va + pe_len + 0xfff) / 0x1000 * 0x1000))
	pe_nr=$((pe_nr + 1))
	put "$1" 0x44 $((0x8664 | pe_nr << 16))
	put "$1" 0x90 $pe_va
}

# pe_zboot FILE PAYLOAD SECTIONS: a zboot image whose .text starts with code and goes on with
# the gzip'ed PAYLOAD, and SECTIONS more
pe_zboot() {
	pe_new "$1" 0x200
	gzip -n9 < "$2" > "$1.gz"
	{ head -c 300 "$2"; cat "$1.gz"; } > "$1.text"
	pe_section "$1" .text "$1.text"
	put_text "$1" 4 zimg
	put "$1" 8 $((0x200 + 300))
	put "$1" 12 "$(stat -c %s "$1.gz")"
	put_text "$1" 24 gzip
	pe_i=0
	while [ $pe_i -lt "$3" ]; do
		pe_section "$1" .data$pe_i "$1.text"
		pe_i=$((pe_i + 1))
	done
}

# pe_names FILE: by objdump
pe_names() { objdump -h "$1" | awk '$1 ~ /^[0-9]+$/ { printf "%s ", $2 }'; }

# pe_bytes FILE SECTION: as objcopy finds them, to stdout
pe_bytes() {
	objcopy -O binary --only-section="$2" "$1" "$1.section" && cat "$1.section"
}
