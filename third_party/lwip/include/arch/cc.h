/*
 * What lwIP asks of a compiler and a C library.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#define LWIP_NO_UNISTD_H        1
#define LWIP_ERRNO_STDINCLUDE   1
#define LWIP_RAND()             component_random()
#define LWIP_PLATFORM_DIAG(x)   printf x
#define LWIP_PLATFORM_ASSERT(x) (printf("lwIP: %s (%s:%d)\n", x, __FILE__, __LINE__), abort())
