# What the tests of components boot: the examples of the SDK, and systems of their own.
$(call example,tests/components/restart,restart)
TEST_NEEDS += examples $(OUT)/systems/disk/debug/image $(OUT)/systems/restart/debug/image
