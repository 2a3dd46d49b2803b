#include "../restart/server.c"
