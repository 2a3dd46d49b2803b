# The Linux personality as a component.
$(call component,linux,$(sort $(wildcard user/personality/component/*.c \
    user/personality/linux/*.c user/personality/linux/*/*.c user/personality/linux/*/*.S) $(wildcard user/ring/*.c) user/lib/object.c \
    user/lib/x86_64/machine_exit.c))
