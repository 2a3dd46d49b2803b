/* What the C dialect lacks: attributes, and the few helpers that every file may use. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define static_assert _Static_assert
#define NORETURN      __attribute__((noreturn))
#define PACKED        __attribute__((packed))
#define ALIGNED(n)    __attribute__((aligned(n)))
#define LIKELY(x)     __builtin_expect(!!(x), 1)
#define UNLIKELY(x)   __builtin_expect(!!(x), 0)
#define UNUSED        __attribute__((unused))
#define NOINLINE      __attribute__((noinline))
#define FALLTHROUGH   __attribute__((fallthrough))
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* Code and data that are used only until the first user instruction; the linker puts them where boot can give them away. */
#define BOOT_CODE   __attribute__((section(".boot.text"), noinline))
#define BOOT_DATA   __attribute__((section(".boot.data")))
#define BOOT_RODATA __attribute__((section(".boot.rodata")))

#define ARRAY_LENGTH(a)                     (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(pointer, type, member) ((type *)((uintptr_t)(pointer)-offsetof(type, member)))

#define BIT(n) (UINT64_C(1) << (n))
/* The low `n` bits set, 0 <= n <= 64. */
static inline uint64_t mask_low(unsigned n)
{
    return n >= 64 ? UINT64_MAX : BIT(n) - 1;
}
static inline uint64_t align_down(uint64_t value, unsigned bits)
{
    return value & ~mask_low(bits);
}
static inline uint64_t align_up(uint64_t value, unsigned bits)
{
    return align_down(value + mask_low(bits), bits);
}
static inline bool is_aligned(uint64_t value, unsigned bits)
{
    return (value & mask_low(bits)) == 0;
}
