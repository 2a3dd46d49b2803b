#!/bin/sh
# Source written against the include tree compiles with both compilers and both dialects, in every configuration that the
# statement can express for this architecture.
set -eu
folder=$BUILD/abi-test
warnings="-Wall -Wextra -Werror -Wundef -Wshadow -Wstrict-prototypes -Wmissing-prototypes"

generate() {
    "$PYTHON" tools/abi/generate.py --arch "$ARCH" "$@" --user-out "$folder/include" --kernel-out "$folder/kernel"
}

compiles() {
    for compiler in gcc clang; do
        for dialect in c17 gnu11; do
            if ! "$compiler" -std=$dialect -ffreestanding -DHAVE_AUTOCONF $warnings "-I$folder/include" "-I$folder/kernel" \
                -fsyntax-only "$1"; then
                echo "not ok $compiler -std=$dialect: $2"
                return
            fi
        done
    done
    echo "ok $2"
}

# A file that includes every header of a tree, twice.
all_headers() {
    (cd "$folder/$1" && find . -name '*.h') | sed 's,^\./\(.*\),#include <\1>\n#include <\1>,'
}

rm -rf "$folder" && mkdir -p "$folder"
for variant in debug release; do
    generate --variant $variant
    compiles tests/abi/upstream_names.c "names that programs use, $variant"
done
for option in HARDWARE_DEBUG_API=1 IOMMU=1 VTX=1 HUGE_PAGE=0 MAX_NUM_NODES=4 BENCHMARK_TRACK_UTILISATION=1 \
    KERNEL_X86_DANGEROUS_MSR=1 DANGEROUS_CODE_INJECTION=1 LIB_SEL4_USE_THREAD_LOCALS=0; do
    rm -rf "$folder" && mkdir -p "$folder"
    generate --variant debug --option $option
    for tree in include kernel; do
        all_headers $tree >"$folder/$tree.c"
        compiles "$folder/$tree.c" "all headers of $tree with $option"
    done
done
