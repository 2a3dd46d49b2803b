/* The library's functions under names of their own, so that the host's C library stays in place. */
#pragma once

/* With parameters, so that the format attribute keeps its word. */
#define printf(...) lib_printf(__VA_ARGS__)
#define vprintf     lib_vprintf
#define snprintf    lib_snprintf
#define vsnprintf   lib_vsnprintf
#define puts        lib_puts
#define putchar     lib_putchar
#define memcpy      lib_memcpy
#define memmove     lib_memmove
#define memset      lib_memset
#define memcmp      lib_memcmp
#define memchr      lib_memchr
#define strlen      lib_strlen
#define strnlen     lib_strnlen
#define strcmp      lib_strcmp
#define strncmp     lib_strncmp
#define strchr      lib_strchr
#define strrchr     lib_strrchr
#define strstr      lib_strstr
#define strlcpy     lib_strlcpy
