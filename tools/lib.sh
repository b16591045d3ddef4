# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Shared by the tools and suites: where things are kept, locks, progress, and
# Debian packages taken into the cache without installing them.
#
# Source it after `set -euo pipefail`.  Only results go to stdout; progress goes
# to stderr, so that `dir=$(tools/build-qemu)` works.

# What the callers of this file use is not used here.
# shellcheck disable=SC2034
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pce
LOGS=$CACHE/logs

mkdir -p "$CACHE/locks" "$LOGS"
# For depmod, where the user is not root.
PATH=$PATH:/usr/sbin:/sbin

say()
{
	printf '%s pce: %s\n' "$(date +%T)" "$*" >&2
}

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# lock NAME: hold an exclusive lock until this process ends, so that two
# callers that need the same build make it once.  The descriptor is inherited
# by children on purpose: a build outlives a killed script and keeps the lock.
lock()
{
	local fd

	exec {fd}>"$CACHE/locks/$1"
	flock --timeout 2 "$fd" && return
	say "waiting for another process that is busy with $1"
	flock "$fd"
}

# logged NAME COMMAND...: run COMMAND with its output in LOGS/NAME.log, show a
# line of it now and then, and its end if COMMAND fails.
logged()
{
	local log=$LOGS/$1.log

	shift
	if ! "$@" 2>&1 | progress >"$log"; then
		tail -n 40 "$log" >&2
		die "'$*' failed, see $log"
	fi
}

# Copy stdin to stdout, and a line in every 20 seconds to stderr.
progress()
{
	local line next=$((SECONDS + 20))

	while IFS= read -r line; do
		printf '%s\n' "$line"
		if ((SECONDS >= next)); then
			say "  ${line:0:90}"
			next=$((SECONDS + 20))
		fi
	done
}

# compared COMMAND...: run COMMAND, a guest of tools/guest/speed, until no driver that ours
# is compared with hangs in it: virtio-crypto lost a request in 1 of 28 runs before a guest
# with one CPU had barriers (processors() in tools/machine/guest.py).
compared()
{
	local run status

	for run in 1 2 3 4 5; do
		status=0
		"$@" || status=$?
		[ $status = 3 ] || break
		say "guest $run of 5: the driver to compare with hangs, only another guest can go on"
	done
	return $status
}

# digest FILE...: a short name for the contents of some files.
digest()
{
	cat -- "$@" | sha256sum | cut -c1-12
}

# Where the programs of tests/unit are built: in a place for each clone, for their
# objects are younger than another clone's sources, which they were not made of.
unit_dir()
{
	echo "$CACHE/unit/$(printf %s "$TOP" | digest -)"
}

# copy_changed SRC DST: make DST equal to SRC, but leave files alone (and with
# them their time stamps) whose contents are equal: make and ninja then rebuild
# what changed and nothing else, whichever clone SRC belongs to.
copy_changed()
{
	rsync --recursive --links --perms --checksum --delete "${@:3}" "$1" "$2"
}

# --- Debian packages, private to the cache --------------------------------

APT_ROOT=$CACHE/apt

# The mirror that serves Debian suite $1 according to the host's own sources.
host_mirror()
{
	# shellcheck disable=SC2016 # apt's variables, not the shell's
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(CODENAME)' \
		'Created-By: Packages' 2>/dev/null |
		awk -v suite="$1" '$2 == suite || $3 == suite { print $1; exit }'
}

# The private apt root: the host's mirrors, but with source packages of Debian
# 13 and, on Debian 12, backports.  Debian's own keyring checks the signatures.
write_sources()
{
	local host mirror security keyring

	host=$(. /etc/os-release && echo "$VERSION_CODENAME")
	mirror=$(host_mirror "$host")
	security=$(host_mirror "$host-security")
	[ -n "$mirror" ] && [ -n "$security" ] ||
		die "apt's sources name no mirror for $host and $host-security"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	source_line()
	{
		echo "$1 [signed-by=$keyring] $2 $3 main"
	}
	source_line deb "$mirror" "$host"
	source_line deb "$security" "$host-security"
	if [ "$host" = bookworm ]; then
		source_line deb "$mirror" bookworm-backports
	fi
	source_line deb-src "$mirror" trixie
}

# private_apt PROGRAM ARGUMENTS...: apt-get or apt-cache on the private root.
private_apt()
{
	local program=$1

	shift
	"$program" -q \
		-o Dir::Etc::sourcelist="$APT_ROOT/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State="$APT_ROOT/state" \
		-o Dir::State::status="$APT_ROOT/state/status" \
		-o Dir::Cache="$APT_ROOT/cache" \
		-o APT::Sandbox::User="" \
		-o Acquire::Retries=3 \
		"$@"
}

# Fetch the package lists unless they are fresh.
private_apt_update()
{
	(
		lock apt
		[ -z "$(find "$APT_ROOT/sources.list" -mmin -60 2>/dev/null)" ] || exit 0
		mkdir -p "$APT_ROOT"/{state/lists/partial,cache/archives/partial}
		touch "$APT_ROOT/state/status"
		write_sources >"$APT_ROOT/sources.list.new"
		say "fetching Debian's package lists"
		logged apt-update private_apt apt-get update \
			-o Dir::Etc::sourcelist="$APT_ROOT/sources.list.new"
		mv "$APT_ROOT/sources.list.new" "$APT_ROOT/sources.list"
	)
}

# fetch_deb PACKAGE[/SUITE] DIR: download a package file into DIR and print its
# path.  A dependency is the caller's business.
fetch_deb()
{
	private_apt_update
	mkdir -p "$2"
	say "fetching ${1%%[=/]*}"
	(cd "$2" && logged "fetch-${1%%[=/]*}" private_apt apt-get download "$1")
	find "$2" -name "${1%%[=/]*}_*.deb" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2
}

# kernel_dir stock|base|debug|kcsan|DIR: build that kernel if need be, print its directory.
kernel_dir()
{
	case $1 in
	stock)		"$TOP/tools/stock-kernel" ;;
	base | debug | kcsan)
			"$TOP/tools/build-kernel" "$1" ;;
	*)		readlink -e "$1" || die "no such kernel: $1" ;;
	esac
}

# Print the kernel source tree, LINUX_SOURCE or that of Debian's package.
# Nothing is ever built or changed in it.
linux_source()
{
	local deb source=$CACHE/linux/source

	if [ -n "${LINUX_SOURCE:-}" ]; then
		readlink -e "$LINUX_SOURCE" || die "no such directory: $LINUX_SOURCE"
		return
	fi
	lock linux-source
	if [ ! -d "$source" ]; then
		private_apt_update
		deb=$(fetch_deb linux-source-6.12 "$CACHE/downloads")
		say "unpacking ${deb##*/}"
		rm -rf "$source.new"
		mkdir -p "$source.new"
		dpkg-deb --fsys-tarfile "$deb" |
			tar -xO ./usr/src/linux-source-6.12.tar.xz |
			tar -xJ -C "$source.new" --strip-components=1
		mv "$source.new" "$source"
		rm "$deb"
	fi
	echo "$source"
}
