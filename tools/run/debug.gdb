# Read by gdb after `make debug` has attached it to QEMU. Symbols of the kernel and of the root task are loaded.
set confirm off
set pagination off
set print pretty on
set disassemble-next-line auto
