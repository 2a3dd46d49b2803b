/*
 * What e2fsprogs' configure script would find out: about a component with the C library of third_party/libc.
 * No threads, no multiple mount protection, no undo files, no devices.
 */
#pragma once

#define HAVE_DIRENT_H             1
#define HAVE_ERRNO_H              1
#define HAVE_FSTAT64              1
#define HAVE_INTTYPES_H           1
#define HAVE_LSEEK64              1
#define HAVE_STDINT_H             1
#define HAVE_STDLIB_H             1
#define HAVE_STRCASECMP           1
#define HAVE_STRINGS_H            1
#define HAVE_STRING_H             1
#define HAVE_STRUCT_STAT_ST_FLAGS 0
#define HAVE_SYS_STAT_H           1
#define HAVE_SYS_TIME_H           1
#define HAVE_SYS_TYPES_H          1
#define HAVE_UNISTD_H             1
#define HAVE_POSIX_MEMALIGN       1
#define HAVE_INTPTR_T             1

#define SIZEOF_SHORT     2
#define SIZEOF_INT       4
#define SIZEOF_LONG      8
#define SIZEOF_LONG_LONG 8
#define SIZEOF_OFF_T     8
#define SIZEOF_TIME_T    8

#define ROOT_SYSCONFDIR "/etc"
