#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs what is missing (Debian), builds with sanitizers, and runs all tests that
# need no virtual machine.  Ends with "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 2

packages="gcc libc6-dev meson ninja-build pkg-config libelf-dev libdw-dev libbpf-dev \
zlib1g-dev liblzo2-dev libsnappy-dev libzstd-dev libjansson-dev libarchive-dev libdebuginfod-dev libcmocka-dev python3 python3-jsonschema \
elfutils zstd xz-utils mandoc groff file"
# Only to make the fixture again: without them that test is skipped.
wanted="gcc-aarch64-linux-gnu qemu-system-arm"

missing() {
	local p
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"
	done
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install_missing() {
	local need
	command -v dpkg-query >/dev/null || { echo "tests/run.sh: not a Debian: install $packages by hand"; return; }
	need=$(missing $packages $wanted | tr '\n' ' ')
	[ -n "${need// /}" ] || return 0
	echo "installing $need"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update >/dev/null &&
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $need >/dev/null
}

install_missing || { echo "tests/run.sh: packages could not be installed"; exit 2; }
# The system's tools: a python or meson of the user's own may lack what was installed.
PATH=/usr/bin:/bin:/usr/sbin:/sbin
export PATH
build=${BUILD:-build-tests}
[ -e "$build/build.ninja" ] ||
	meson setup "$build" -Db_sanitize=address,undefined -Db_lundef=false -Dtests=enabled \
		-Dwerror=true >"$build.log" 2>&1 || { cat "$build.log"; exit 2; }
ninja -C "$build" >"$build.log" 2>&1 || { tail -50 "$build.log"; exit 2; }
rm -f "$build.log"

passed=0 failed=0 skipped=0
check() { # check NAME COMMAND...: 0 passed, 77 skipped, else failed
	local name=$1 out rc
	shift
	out=$("$@" 2>&1)
	rc=$?
	case $rc in
	0) passed=$((passed + 1)); echo "ok      $name: $(tail -1 <<<"$out")" ;;
	77) skipped=$((skipped + 1)); echo "skipped $name: $(tail -1 <<<"$out")" ;;
	*) failed=$((failed + 1)); echo "FAILED  $name (status $rc)"; sed 's/^/    /' <<<"$out" | tail -60 ;;
	esac
}

export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
unit() { # unit NAME: one of meson's tests; what it says matters only where it fails
	timeout 600 meson test -C "$build" --no-rebuild --print-errorlogs "$1" >"$build/$1.log" 2>&1 &&
		echo passed || { local rc=$?; cat "$build/$1.log"; return $rc; }
}
while read -r name; do
	check "$name" unit "$name"
done < <(meson test -C "$build" --list --no-rebuild 2>/dev/null | sed -n 's/.* \/ //p')
check rooms python3 tests/rooms.py
check man-page bash tests/man.sh
check lab-compare python3 tests/lab/test_compare.py
check mutation-table python3 tests/mutation/run --check
check fixture-rebuild timeout 300 tests/fixtures/rebuild.sh
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
