# The supervisor's console on the second serial port, and around it a small system that uses services.
$(call component,supervised_worker,tests/components/supervisor/worker.c)
$(call component,supervised_client,tests/components/supervisor/client.c user/ring/stream.c)
$(call system,supervisor,tests/components/supervisor/supervisor.system,serial16550 supervisor log names supervised_worker supervised_client)
TEST_NEEDS += $(OUT)/systems/supervisor/debug/image
