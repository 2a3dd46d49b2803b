/* What the personality guarantees to itself. What a program asks for is checked and refused, never asserted. */
#pragma once

#define assert(condition) ((condition) ? (void)0 : assertion_failed(#condition, __FILE__, __LINE__))

_Noreturn void assertion_failed(const char *condition, const char *file, int line);
