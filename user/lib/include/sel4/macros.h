/*
 * Compiler attributes and compile-time checks that the interface's headers use.
 */
#pragma once

#include <autoconf.h>

#ifndef LIBSEL4_BIT
#define LIBSEL4_BIT(n) (1ul << (n))
#endif

#ifndef CONST
#define CONST __attribute__((__const__))
#endif

#ifndef PURE
#define PURE __attribute__((__pure__))
#endif

#define LIBSEL4_UNUSED      __attribute__((unused))
#define LIBSEL4_WEAK        __attribute__((weak))
#define LIBSEL4_NOINLINE    __attribute__((noinline))
#define LIBSEL4_INLINE_FUNC static inline LIBSEL4_UNUSED
#define LIBSEL4_INLINE      LIBSEL4_INLINE_FUNC

#define SEL4_PACKED                 __attribute__((packed))
#define SEL4_DEPRECATED(text)       __attribute__((deprecated(text)))
#define SEL4_OFFSETOF(type, member) __builtin_offsetof(type, member)

/* Fails to compile unless `expression` holds; `name` may be used once in a file. */
#define SEL4_COMPILE_ASSERT(name, expression) _Static_assert(expression, #name);
#define SEL4_SIZE_SANITY(type, entry, size)   SEL4_COMPILE_ASSERT(type##entry##Size, sizeof(type) == (size))

/* Last entry of an enumeration: gives it the size of a word. */
#define SEL4_FORCE_LONG_ENUM(type) type##_FORCE_LONG_ENUM = 0x7fffffffffffffffl
