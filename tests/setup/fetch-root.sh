# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# A Debian root file system as an image for virtual machines, with the programs that
# call kexec. Sourced by fetch, whose functions and folders it uses.
#
#     root.img   ext4; /kxt/start runs what the second disk says, by init= or as a unit
#     vmlinuz release notes notes.sha256 modules/   its kernel
#     packages   names and versions
#
# The folder's name begins with a hash of this file and ends with one of packages.

root_packages="systemd,systemd-sysv,udev,kmod,kexec-tools,kdump-tools,makedumpfile\
,initramfs-tools,zstd,file,bsdextrautils,linux-image-cloud-amd64"

# A machine without working clock or beside a proxy says so in its own configuration.
root_apt_options() {
	local name value
	for name in Acquire::Check-Valid-Until Acquire::http::Proxy Acquire::https::Proxy; do
		value=
		eval "$(apt-config shell value "$name")"
		[ -z "$value" ] || echo "--aptopt=$name \"$value\""
	done
}

# The one thing of ours in there. /dev/vdb tells what to do.
root_hook() { # ROOT
	mkdir -p "$1/kxt/disk" "$1/etc/systemd/system"
	cat > "$1/kxt/start" <<- 'END'
		#!/bin/sh
		# As the first process there is nothing yet.
		if [ $$ = 1 ]; then
			mount -t proc proc /proc
			mount -t sysfs sysfs /sys
			mount -t tmpfs tmpfs /run
			mount -o remount,rw /
		fi
		mount -o ro /dev/vdb /kxt/disk || exit 1
		. /kxt/disk/script
	END
	chmod 755 "$1/kxt/start"
	cat > "$1/etc/systemd/system/kxt.service" <<- 'END'
		[Unit]
		DefaultDependencies=no
		After=local-fs.target kdump-tools.service

		[Service]
		ExecStart=/kxt/start
		StandardOutput=tty
		StandardError=tty
		TTYPath=/dev/ttyS0
	END
}

# What Debian does when a kernel is installed, but not in a chroot: its hook thinks
# that this is none, for its first process lives here. Loading modules by a list is
# one of Debian's ways; what devices this machine has must not matter.
root_kdump_initrd() { # ROOT RELEASE
	echo MODULES=list > "$1/etc/initramfs-tools/conf.d/modules"
	printf 'virtio_blk\next4\n' >> "$1/etc/initramfs-tools/modules"
	# shellcheck disable=SC2016
	unshare --mount --pid --fork chroot "$1" /bin/sh -c '
		mount -t proc proc /proc && mount -t devtmpfs dev /dev &&
		/etc/kernel/postinst.d/kdump-tools "$0"' "$2" >&2 || die "no initrd for kdump"
	[ -s "$1/var/lib/kdump/initrd.img-$2" ] || die "kdump-tools made no initrd"
	cp "$1/etc/kdump/sysctl.conf" "$1/var/lib/kdump/latest_sysctls-$2" 2> /dev/null || true
}

# Init scripts, which kexec-tools had up to bookworm: the package as it is, aside.
root_init_scripts() { # ROOT
	local version
	version=$(deb_version kexec-tools bookworm)
	[ -n "$version" ] || return 0
	mkdir -p "$1/kxt/bookworm"
	deb_unpack "$1/kxt/bookworm" "kexec-tools=$version"
	rm -rf "$1/kxt/bookworm/usr"
}

root_image() { # ROOT OUT
	local mke2fs
	mke2fs=$(command -v mke2fs || echo /sbin/mke2fs)
	"$mke2fs" -q -t ext4 -O ^has_journal -m 0 -d "$1" "$2/root.img" \
		$(($(du -sm "$1" | cut -f 1) + 400))M >&2
}

# fetch_root NAME SUITE
fetch_root() {
	local name=$1 suite=$2 recipe root release options key
	recipe=$(sha256sum < "${BASH_SOURCE[0]}" | cut -c 1-8)
	if [ -z "$refresh" ] && have=$(compgen -G "$cache/$name/$recipe-*" | tail -n 1); then
		echo "$have"
		return
	fi
	[ "$(id -u)" = 0 ] || die "$name: only root can make a root file system"
	command -v mmdebstrap > /dev/null || die "$name: no mmdebstrap"
	apt_update
	new=$(scratch_dir "$name")
	root=$new/root
	mapfile -t options < <(root_apt_options)
	say "installing Debian $suite in a folder"
	mmdebstrap --mode=root --variant=minbase --quiet --include="$root_packages" \
		--aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		"${options[@]}" "$suite" "$root" \
		"deb [signed-by=$(keyring)] $(mirror) $suite main" < /dev/null >&2 ||
		die "mmdebstrap failed"
	release=$(basename "$(compgen -G "$root/boot/vmlinuz-*")")
	release=${release#vmlinuz-}
	root_hook "$root"
	root_kdump_initrd "$root" "$release"
	root_init_scripts "$root"
	kernel_pick "$root/usr/lib/modules" "$root/boot/vmlinuz-$release" \
		"$root/boot/config-$release" "$release" "$new"
	dpkg-query --root="$root" -W | tr '\t' ' ' > "$new/packages"
	root_image "$root" "$new"
	rm -rf "$root"
	key=$recipe-$(sha256sum < "$new/packages" | cut -c 1-8)
	rm -rf "${cache:?}/$name/"[!.]*
	finish "$name" "$key" "$new"
}
