#define VERSION 1
#include "service.c"
