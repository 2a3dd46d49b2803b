# What the tests of whole images boot.
TEST_NEEDS += $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/hello.elf) $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/hello.iso)
