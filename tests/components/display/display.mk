# A screen, and a program that draws on it.
$(call component,pci_display,user/drivers/pci/component.c user/drivers/pci/config.c user/drivers/pci/pci.c \
    user/drivers/virtio/layout.c tests/components/display/grants.c)
$(call component,display,user/drivers/framebuffer/component.c user/drivers/framebuffer/bochs_display.c \
    user/drivers/framebuffer/framebuffer.c)
$(call component,display_client,tests/components/display/client.c)
$(call system,display,tests/components/display/display.system,pci_display display display_client)
$(call system,display_q35,tests/components/display/display_q35.system,pci_display display display_client)
TEST_NEEDS += $(OUT)/systems/display_q35/debug/image $(OUT)/systems/display/debug/image
