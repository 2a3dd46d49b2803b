/*
 * Integer types of the interface, defined without a C library.
 */
#pragma once

#include <sel4/macros.h>

typedef signed char seL4_Int8;
typedef unsigned char seL4_Uint8;
typedef signed short seL4_Int16;
typedef unsigned short seL4_Uint16;
typedef signed int seL4_Int32;
typedef unsigned int seL4_Uint32;
/* `long`, so that printf's %lu and %lx fit a word. */
typedef signed long seL4_Int64;
typedef unsigned long seL4_Uint64;

typedef seL4_Int8 seL4_Bool;
#define seL4_True  1
#define seL4_False 0

typedef seL4_Uint64 seL4_Word;
typedef seL4_Word seL4_CPtr;
typedef seL4_Uint64 seL4_Time; /* microseconds */

#ifndef seL4_Null
#define seL4_Null ((void *)0)
#endif

#define SEL4_PRIu_word "lu"
#define SEL4_PRIx_word "lx"
#define SEL4_PRId_word "ld"

SEL4_COMPILE_ASSERT(seL4_Uint8_size, sizeof(seL4_Uint8) == 1)
SEL4_COMPILE_ASSERT(seL4_Uint16_size, sizeof(seL4_Uint16) == 2)
SEL4_COMPILE_ASSERT(seL4_Uint32_size, sizeof(seL4_Uint32) == 4)
SEL4_COMPILE_ASSERT(seL4_Uint64_size, sizeof(seL4_Uint64) == 8)
