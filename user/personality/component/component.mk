# The Linux personality as a component.
LINUX_DRIVERS := serial16550
$(call component,linux,$(sort $(foreach name,$(LINUX_DRIVERS),user/drivers/$(name)/$(name).c) $(wildcard user/personality/component/*.c \
    user/personality/linux/*.c user/personality/linux/*/*.c user/personality/linux/*/*.S) $(wildcard user/ring/*.c) user/lib/object.c \
    user/lib/x86_64/machine_exit.c))
