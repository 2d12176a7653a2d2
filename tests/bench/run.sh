#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One trace against eu-addr2line naming the same addresses, without and with source lines
# and inlined calls, in the same run:
#
#	run.sh VMLINUX STACK@ADDR [OPTION...]
#
# OPTIONs go to `rewalk trace` (--kaslr, --pc, --fp, --regs, --stack). The addresses are
# those of the trace, at link time. Wall time and the most memory that was resident are
# the middle ones of RUNS runs (11), taken in turn, after one that is not counted; what
# to look at is the ratio. REWALK names the program (default: rewalk). Exit status 77
# where a tool is missing.

set -eu -o pipefail
export LC_ALL=C

rewalk=${REWALK:-rewalk}
runs=${RUNS:-11}

die()
{
	echo "run.sh: $*" >&2
	exit "${status:-2}"
}

[ $# -ge 2 ] || die "usage: run.sh VMLINUX STACK@ADDR [OPTION...]"
for tool in eu-addr2line python3 /usr/bin/time "$rewalk"; do
	command -v "$tool" >/dev/null || status=77 die "$tool is not there: skipped"
done
vmlinux=$1 stack=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The trace's addresses, less the KASLR offset: eu-addr2line knows the image as linked.
addresses()
{
	python3 - "$@" <<'END'
import json, sys
args = sys.argv[2:]
slide = 0
for i, arg in enumerate(args):
    if arg == '--kaslr':
        slide = int(args[i + 1], 0)
    elif arg.startswith('--kaslr='):
        slide = int(arg[len('--kaslr='):], 0)
with open(sys.argv[1], encoding='utf-8') as f:
    trace = json.loads(f.readline())
for frame in trace['frames']:
    print('0x%x' % ((int(frame['pc'], 16) - slide) & (1 << 64) - 1))
END
}

# Status 1 and 3 are verdicts.
"$rewalk" trace --json "$vmlinux" "$stack" "$@" >"$work/trace" || [ $? -ne 2 ] ||
	die "there is no trace to measure"
mapfile -t pcs < <(addresses "$work/trace" "$@")
[ ${#pcs[@]} -gt 0 ] || die "the trace has no frames"

ours=("$rewalk" trace --no-pager "$vmlinux" "$stack" "$@")
theirs=(eu-addr2line -f -e "$vmlinux" "${pcs[@]}")
ours_lines=("$rewalk" trace --no-pager -q -l "$vmlinux" "$stack" "$@")
theirs_lines=(eu-addr2line -f -i -e "$vmlinux" "${pcs[@]}")

# measure NAME COMMAND...: a line "microseconds kilobytes" more in $work/NAME
measure()
{
	local name=$1 start end kilobytes
	shift
	start=${EPOCHREALTIME/./}
	/usr/bin/time -q -f %M -o "$work/rss" "$@" >/dev/null 2>&1 || :
	end=${EPOCHREALTIME/./}
	kilobytes=$(tail -1 "$work/rss")
	echo "$((end - start)) $kilobytes" >>"$work/$name"
}

# median NAME FIELD
median()
{
	cut -d' ' -f"$2" "$work/$1" | sort -n | sed -n "$(((runs + 1) / 2))p"
}

measure warm "${ours_lines[@]}"
measure warm "${theirs_lines[@]}"
for ((i = 0; i < runs; i++)); do
	measure ours "${ours[@]}"
	measure theirs "${theirs[@]}"
	measure ours_lines "${ours_lines[@]}"
	measure theirs_lines "${theirs_lines[@]}"
done

# row NAME NAME: the figures of both, and the ratio
row()
{
	local t1 t2 m1 m2

	t1=$(median "$1" 1) t2=$(median "$2" 1) m1=$(median "$1" 2) m2=$(median "$2" 2)
	awk -v t1="$t1" -v t2="$t2" -v m1="$m1" -v m2="$m2" -v lines="$3" 'BEGIN {
		row = "%-16s %9.1f ms %9.1f MiB\n"
		printf row, "rewalk trace" lines, t1 / 1000, m1 / 1024
		printf row, "eu-addr2line" (lines ? " -i" : ""), t2 / 1000, m2 / 1024
		printf "%-16s %9.3f    %9.3f\n", "ratio", t1 / t2, m1 / m2
	}'
}

echo "${#pcs[@]} frames, middle of $runs runs:"
row ours theirs ""
row ours_lines theirs_lines " -l"
