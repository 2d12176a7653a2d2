#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The man page without a warning, by two formatters.
set -u
cd "$(dirname "$0")/.." || exit 2
out=$(mandoc -T lint -W warning man/rewalk.1 2>&1; groff -ww -man -z man/rewalk.1 2>&1)
[ -z "$out" ] || { echo "$out"; exit 1; }
[ -s man/rewalk.1 ] || { echo "man/rewalk.1 is empty"; exit 1; }
echo "mandoc and groff have nothing to say"
