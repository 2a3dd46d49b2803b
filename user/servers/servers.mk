# Servers that several systems use.
$(call component,supervisor,$(wildcard user/servers/supervisor/*.c) user/ring/stream.c user/lib/print.c)
$(call component,log,user/servers/log/component.c user/servers/log/terminal.c user/ring/stream.c)
$(call component,names,user/servers/names/component.c)
$(call component,console,user/servers/console/component.c user/servers/console/terminal.c user/servers/console/screen.c \
    user/servers/console/keymap.c user/ring/ring.c user/ring/stream.c,libvterm font libc)
$(call component,random,user/servers/random/component.c user/servers/random/generator.c user/servers/random/chacha20.c)
