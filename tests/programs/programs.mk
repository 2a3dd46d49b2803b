# Programs for Linux that test the personality: most with musl, some of them with glibc too, one without any library.

TEST_PROGRAM_FOLDER := $(OUT)/programs
MUSL_PROGRAMS       := poll processes signals memory files float hostile cost sockets epoll network disk
GLIBC_PROGRAMS      := poll signals processes sockets network
TEST_PROGRAMS       := $(TEST_PROGRAM_FOLDER)/divide-by-zero $(addprefix $(TEST_PROGRAM_FOLDER)/,$(MUSL_PROGRAMS)) \
                       $(patsubst %,$(TEST_PROGRAM_FOLDER)/%-glibc,$(GLIBC_PROGRAMS)) $(TEST_PROGRAM_FOLDER)/load
$(INITRD): $(TEST_PROGRAMS)

TEST_PROGRAM_FLAGS  := -std=gnu17 -O1 -Wall -Wextra -Werror -static -s

$(TEST_PROGRAM_FOLDER)/divide-by-zero: tests/programs/divide-by-zero.c | $(BUILD)/setup/build
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)gcc $(TEST_PROGRAM_FLAGS) -nostdlib -ffreestanding -fno-stack-protector $< -o $@

$(TEST_PROGRAM_FOLDER)/%-glibc: tests/programs/%.c tests/programs/check.h | $(BUILD)/setup/build
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)gcc $(TEST_PROGRAM_FLAGS) $< -o $@

$(TEST_PROGRAM_FOLDER)/%: tests/programs/%.c tests/programs/check.h | $(BUILD)/setup/build
	$(say) MUSL $@
	@mkdir -p $(@D)
	$(Q)musl-gcc $(TEST_PROGRAM_FLAGS) $< -o $@
