# For the Makefile of a system: builds programs and an image.
#
#   PROGRAMS := client.elf server.elf      each from one source file of its name, or from NAME_OBJS
#   SYSTEM   := system.xml
#   include $(MICROKIT_SDK)/pecan.mk
#
# Programs are linked with libring and libmicrokit, and, if LIBC is set (LIBC := yes), with the C library of libc/. SEARCH names further folders in which programs are looked for, before the
# others. Settings: CFLAGS (warnings and optimisation), MICROKIT_SDK (this folder), BUILD_DIR, MICROKIT_BOARD, MICROKIT_CONFIG (debug, release), CC.
# Targets: all (the image), run (boots it in QEMU), clean.

MICROKIT_SDK    ?= $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
MICROKIT_BOARD  ?= x86_64_generic
MICROKIT_CONFIG ?= debug
MICROKIT_TOOL   ?= $(MICROKIT_SDK)/bin/pecan
BUILD_DIR       ?= build
BOARD_DIR       := $(MICROKIT_SDK)/board/$(MICROKIT_BOARD)/$(MICROKIT_CONFIG)

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS  ?= -std=c17 -O2 -g -Wall -Wextra -Wno-unused-parameter
COMPILE := -m64 -march=x86-64 -nostdlib -ffreestanding -fno-pic -fno-stack-protector -MMD -MP -I$(BOARD_DIR)/include
LINK    := -nostdlib -z noexecstack -L$(BOARD_DIR)/lib -T microkit.ld
ifneq ($(LIBC),)
COMPILE += -D_GNU_SOURCE -nostdinc -isystem $(MICROKIT_SDK)/libc/include -isystem $(shell $(CC) -print-file-name=include)
LINK    += -L$(MICROKIT_SDK)/libc/lib
endif

IMAGE_FILE := $(BUILD_DIR)/image
IMAGES     := $(addprefix $(BUILD_DIR)/,$(PROGRAMS))

all: $(IMAGE_FILE)

$(BUILD_DIR)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(COMPILE) -c $< -o $@

define program_rule
$(BUILD_DIR)/$1.elf: $(addprefix $(BUILD_DIR)/,$(or $($1_OBJS),$1.o)) $(wildcard $(BOARD_DIR)/lib/*)
	@mkdir -p $$(@D)
	ld $(LDFLAGS) $(LINK) $$(filter %.o,$$^) -lring $(if $(LIBC),-lc) -lmicrokit -o $$@
endef
$(foreach program,$(PROGRAMS:.elf=),$(eval $(call program_rule,$(program))))

$(IMAGE_FILE): $(SYSTEM) $(IMAGES) $(MICROKIT_TOOL) $(wildcard $(BOARD_DIR)/elf/*.elf)
	$(MICROKIT_TOOL) build $(SYSTEM) --search-path $(strip $(SEARCH) $(BUILD_DIR)) . --board $(MICROKIT_BOARD) \
	    --config $(MICROKIT_CONFIG) -o $@ -r $(BUILD_DIR)/report.txt

run: $(IMAGE_FILE)
	$(MICROKIT_TOOL) run $<

clean:
	rm -rf $(BUILD_DIR)

-include $(wildcard $(BUILD_DIR)/*.d)
.PHONY: all run clean
