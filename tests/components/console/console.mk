# The second serial port, keyboard and mouse.
$(call component,serial16550,user/drivers/serial16550/component.c user/drivers/serial16550/serial16550.c user/ring/stream.c)
$(call component,ps2,user/drivers/ps2/component.c user/drivers/ps2/ps2.c user/drivers/ps2/keyboard.c \
    user/drivers/ps2/mouse.c user/ring/ring.c)
$(call component,console_client,tests/components/console/client.c user/ring/ring.c \
    user/ring/stream.c)
$(call system,console,tests/components/console/console.system,serial16550 ps2 console_client)
TEST_NEEDS += $(OUT)/systems/console/debug/image
