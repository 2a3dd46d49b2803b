# A screen, and a program that draws on it.
$(call component,pci_display,$(wildcard user/drivers/pci/*.c) user/drivers/virtio/layout.c tests/components/display/grants.c)
$(call component,display_client,tests/components/display/client.c)
$(call system,display,tests/components/display/display.system,pci_display display display_client)
$(call system,display_q35,tests/components/display/display_q35.system,pci_display display display_client)
TEST_NEEDS += $(OUT)/systems/display_q35/debug/image $(OUT)/systems/display/debug/image
