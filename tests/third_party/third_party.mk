# A component for each library of third_party, which uses it and checks what comes.
$(call component,check_libc,tests/third_party/libc.c,libc)
$(call system,third_party,tests/third_party/third_party.system,check_libc)
TEST_NEEDS += $(OUT)/systems/third_party/debug/image
