# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For suites whose tests run in guests: source it, then ktap_begin, boot ...,
# ktap_end.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"
. "$TOP/tests/ktap.sh"

# An option of a device for tests that are not about algorithms: some of each kind
# stand for all, which would take a slow guest longer to register.
# shellcheck disable=SC2034 # for those who source this
SOME_ALGS=algs=aes-cbc:aes-ctr:aes-xts:aes-gcm:sha256:hmac-sha256

# Options of QEMU that let a test in the guest talk to the monitor (monitor.py).
# shellcheck disable=SC2034
QEMU_MONITOR='-qmp unix:monitor,server=on,wait=off
	-chardev socket,id=monitor,path=monitor,reconnect-ms=100
	-device virtserialport,chardev=monitor,name=qmp'

# Options of a guest in which BARs move: reset of a function or a link, hot-plug, sleep.
# In the multi-threaded TCG of QEMU 10.0 a processor that accesses a device while another
# one moves a BAR may hit a wrong device (iotlb_to_section() takes the new table for the
# old index).  An end of interrupt so lost leaves the processor without any: it hangs.
# shellcheck disable=SC2034
MOVING_BARS=(--accel 'tcg,thread=single')

# Options of a debug kernel that need not look for leaks: kmemleak takes half the time
# of a short guest.  lifecycle and faults always look; the others do at night.
# shellcheck disable=SC2034
if [ -n "${PCE_LEAKS-}" ]; then
	NO_LEAKS=()
else
	NO_LEAKS=(--append kmemleak=off)
fi

# The guest writes to the current directory only.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# boot NAME KERNEL [OPTION-OF-tools/vm...] -- SCRIPT [ARGUMENT...]: one test,
# whose subtests are those of a script of tests/guest, run in a guest in which
# nothing is loaded yet.
boot()
{
	local name=$1 kernel=$2 options=()

	shift 2
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	PCE_DRIVER=$("$TOP/tools/build-module" --kernel "$kernel")/driver/pce.ko
	PCE_STRESS=$("$TOP/tools/build-module" --kernel "$kernel" \
		"$TOP/tests/modules/stress")/pce_stress.ko
	export PCE_DRIVER PCE_STRESS
	if "$TOP/tools/vm" --kernel "$kernel" --no-driver "${options[@]}" -- \
		"$TOP/tests/guest/$2" "${@:3}" | sed -u 's/^/  /'; then
		ktap_result ok "$name"
	else
		ktap_result 'not ok' "$name"
	fi
}
