# Pecan: builds the kernel and the user-level programs, boots them in QEMU, and tests them.
# `make help` lists the targets. The rules are in tools/build; a part of the tree adds its own in <folder>/<name>.mk.

# What is built, and with what. OPTIONS sets interface options: make OPTIONS="ROOT_CNODE_SIZE_BITS=17 NUM_DOMAINS=16"
ARCH    ?= x86_64
BUILD   ?= build
OPTIONS ?=
ifeq ($(origin CC),default)
CC      := gcc
endif

# What is booted, and on what: MACHINE pc or q35. CPU is one of QEMU's models or a short name of tools/run/cpu_models.txt.
# BENCH=1 takes the kernel for measuring instead: release, with what benchmark programs need (tools/build/generate.mk).
BENCH   ?= 0
VARIANT ?= $(if $(filter 1,$(BENCH)),bench,debug)
CPU     ?= max
MACHINE ?= pc
MEM     ?= 512M
QEMU    ?= qemu-system-$(ARCH)

.DEFAULT_GOAL := all
ALL_VARIANTS  := debug release slow bench bench_slow
VARIANTS      := $(if $(filter 1,$(BENCH)),bench,debug release)
OUT           := $(BUILD)/$(ARCH)
PYTHON        := /usr/bin/python3
export ARCH BUILD CC CPU MACHINE MEM OPTIONS OUT PYTHON QEMU VARIANT

include tools/build/rules.mk
include tools/build/setup.mk
include tools/build/arch/$(ARCH).mk
include tools/build/generate.mk
include tools/build/kernel.mk
include tools/build/user.mk
include tools/build/component.mk
include tools/build/third_party.mk
include tools/build/run.mk
include tools/build/check.mk
FRAGMENT_FOLDERS := kernel protocols sdk systems tests third_party tools user
include $(sort $(filter-out tools/build/% $(CACHE)/%,$(foreach folder,$(FRAGMENT_FOLDERS),\
    $(wildcard $(folder)/*.mk $(folder)/*/*.mk $(folder)/*/*/*.mk))))

all: kernel $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/roottask.elf) ## build the kernels and the root tasks, debug and release

kernel: $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/kernel.elf $(OUT)/$(variant)/kernel32.elf) ## build the kernels only

headers: $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/gen/.stamp) ## generate the headers from the interface statement only

test-needs: setup $(TEST_NEEDS) all

test: test-needs ## run all tests; ONLY=PATTERN runs those whose name matches
	$(Q)tests/run $(if $(ONLY),--only '$(ONLY)')

clean: ## remove everything that was built (downloads in third_party/cache stay)
	rm -rf $(BUILD)

help: ## list the targets
	$(Q)sed -nE 's/^([a-z0-9_.-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | sort | expand -t 26
	@echo
	@echo "Settings, for every target: ARCH=$(ARCH) BUILD=$(BUILD) CC=$(CC) OPTIONS=$(OPTIONS)"
	@echo "                            BENCH=$(BENCH) VARIANT=$(VARIANT) CPU=$(CPU) MACHINE=$(MACHINE) MEM=$(MEM) QEMU=$(QEMU) V=1 (show the commands)"

.PHONY: all headers kernel test-needs test clean help
