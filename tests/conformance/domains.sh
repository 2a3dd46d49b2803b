#!/bin/sh
# A kernel with several domains, and the tests of domains, scheduling and threads on it.
set -e
folder=$BUILD/domains
out=$folder/$ARCH/debug
cd "$(dirname "$0")/../.."
make BUILD="$folder" OPTIONS=NUM_DOMAINS=16 \
    CONFORMANCE="$(echo tests/conformance/*domain*.c) tests/conformance/budget.c tests/conformance/schedctx.c tests/conformance/lend.c tests/conformance/timeout.c tests/conformance/receive.c" \
    "$out/kernel32.elf" "$out/conformance.elf"
tools/run/boot --icount --timeout 60 --kernel "$out/kernel32.elf" --module "$out/conformance.elf"
