# Servers that several systems use.
$(call component,supervisor,$(wildcard user/servers/supervisor/*.c) user/ring/stream.c user/lib/print.c)
$(call component,log,user/servers/log/component.c)
$(call component,names,user/servers/names/component.c)
