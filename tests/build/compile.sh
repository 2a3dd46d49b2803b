#!/bin/sh
# Builds everything with the given compiler, warnings being errors, without network where the machine can forbid it, and
# checks that a second make has nothing to do. (tests/system/options.py checks that a changed option compiles again.)
# The build that is tested has been made already: with its compiler there is nothing to do the first time either.
set -eu
compiler=$1
folder=$BUILD/compile-$compiler
[ "$compiler" != "$CC" ] || folder=$BUILD
targets="all $folder/$ARCH/debug/hello.elf $folder/$ARCH/release/hello.elf"
offline=
unshare -rn true 2>/dev/null && offline="unshare -rn"
build() {
    $offline make BUILD="$folder" CC="$compiler" "$@"
}
passed() {
    echo "ok $compiler: $1"
}
failed() {
    echo "not ok $compiler: $1"
}

build $targets
passed "debug and release compile without a warning${offline:+, offline}"

again=$(build $targets)
if [ -z "$again" ]; then passed "nothing to do the second time"; else failed "nothing to do the second time: $again"; fi
