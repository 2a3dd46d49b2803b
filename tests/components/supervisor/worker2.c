#define VERSION 2
#include "worker.c"
