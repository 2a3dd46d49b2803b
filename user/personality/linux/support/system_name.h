/* What programs are told about the system they run on: the Linux whose interface this is, and who supplies it. */
#pragma once

#define SYSTEM_NAME    "Linux"
#define SYSTEM_RELEASE "6.1.0-pecan"
#define SYSTEM_VERSION "Pecan Linux personality"
#define SYSTEM_MACHINE "x86_64"
#define SYSTEM_HOST    "pecan"
