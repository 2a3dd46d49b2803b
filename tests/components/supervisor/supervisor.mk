# The supervisor's console on the second serial port, and around it a small system that uses services.
$(call component,supervisor,$(wildcard user/servers/supervisor/*.c) user/ring/stream.c user/lib/print.c)
$(call component,log,user/servers/log/component.c)
$(call component,names,user/servers/names/component.c)
$(call component,supervised_worker,tests/components/supervisor/worker.c)
$(call component,supervised_worker2,tests/components/supervisor/worker2.c)
$(call component,supervised_client,tests/components/supervisor/client.c user/ring/stream.c)
$(call system,supervisor,tests/components/supervisor/supervisor.system,serial16550 supervisor log names supervised_worker supervised_client)
TEST_NEEDS += $(OUT)/systems/supervisor/debug/image
