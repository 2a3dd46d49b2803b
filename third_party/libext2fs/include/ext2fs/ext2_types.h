/*
 * In place of the header that e2fsprogs' configure script would generate: the integer types of its headers.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#define _EXT2_TYPES_H

typedef uint8_t __u8;
typedef int8_t __s8;
typedef uint16_t __u16;
typedef int16_t __s16;
typedef uint32_t __u32;
typedef int32_t __s32;
typedef unsigned long long __u64;
typedef long long __s64;

#define __bitwise
#define __force

typedef __u16 __bitwise __le16;
typedef __u32 __bitwise __le32;
typedef __u64 __bitwise __le64;
typedef __u16 __bitwise __be16;
typedef __u32 __bitwise __be32;
typedef __u64 __bitwise __be64;
