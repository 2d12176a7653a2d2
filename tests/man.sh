#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The man pages without a warning, by two formatters.
set -u
cd "$(dirname "$0")/.." || exit 2
for page in man/rewalk.1 man/rewalk-case.5; do
	out=$(mandoc -T lint -W warning "$page" 2>&1; groff -ww -man -z "$page" 2>&1)
	[ -z "$out" ] || { echo "$out"; exit 1; }
	[ -s "$page" ] || { echo "$page is empty"; exit 1; }
done
echo "mandoc and groff have nothing to say"
