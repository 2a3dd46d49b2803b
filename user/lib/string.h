/*
 * Memory and text functions of the C standard that programs without a C library use.
 */
#pragma once

#include <stddef.h>

void *memcpy(void *dst, const void *src, size_t byte_count);
void *memmove(void *dst, const void *src, size_t byte_count);
void *memset(void *dst, int byte, size_t byte_count);
int memcmp(const void *a, const void *b, size_t byte_count);
void *memchr(const void *memory, int byte, size_t byte_count);

size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *text, int character);
char *strrchr(const char *text, int character);
char *strstr(const char *text, const char *part);

/* Copies as much as fits with its terminator; returns the length of `src`. */
size_t strlcpy(char *dst, const char *src, size_t dst_bytes);
