/*
 * The table of error texts that e2fsprogs' own tool made; initialize_ext2_error_table makes error_message know it.
 */
#include <ext2_err.c>
