# The second serial port, keyboard and mouse.
$(call component,console_client,tests/components/console/client.c user/ring/ring.c \
    user/ring/stream.c)
$(call system,console,tests/components/console/console.system,serial16550 ps2 console_client)
TEST_NEEDS += $(OUT)/systems/console/debug/image
