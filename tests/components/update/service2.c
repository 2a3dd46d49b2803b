#define VERSION 2
#include "service.c"
