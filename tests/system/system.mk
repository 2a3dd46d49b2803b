# What the tests of whole images boot.
TEST_NEEDS += $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/hello.elf) $(OUT)/debug/hello.iso \
              $(OUT)/release/hello.iso $(OUT)/debug/roottask.iso
