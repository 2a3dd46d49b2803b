/*
 * /dev/pecan: commands for the supervisor of the components (protocols/control.h).
 *
 * A program opens it, writes a line, and reads the answer up to its end; after `update NAME BYTES` it writes so many bytes of a file
 * before. If the command was not carried out, the text is followed by EIO in place of the end. Who writes while another open file is
 * being answered waits until that one is closed. Without a supervisor there is ENODEV.
 */
#pragma once

#include "personality/linux/file/open_file.h"

extern const struct file_operations control_operations;
