# Two terminals on serial ports, screen and keyboard; and one on a serial port, whose components a tester restarts.
$(call component,terminals_client,tests/components/terminals/client.c user/ring/stream.c)
$(call component,terminals_tester,tests/components/terminals/tester.c)
$(call system,terminals,tests/components/terminals/terminals.system,console serial16550 ps2 rtc time pci_display display terminals_client)
$(call system,terminals_faults,tests/components/terminals/terminals_faults.system,console serial16550 terminals_client terminals_tester)
TEST_NEEDS += $(OUT)/systems/terminals/debug/image $(OUT)/systems/terminals_faults/debug/image
