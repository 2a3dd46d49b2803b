# What the other fragments share: quiet commands, warnings, and files that change when a setting does.

MAKEFLAGS += --no-builtin-rules
# One job for each CPU, unless -j on the command line says otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: FORCE

# `make V=1` shows the commands instead of one line for each file.
V   ?= 0
Q   := $(if $(filter 1,$V),,@)
say  = $(if $(filter 1,$V),@:,@printf '  %-7s %s\n')

AR      := ar
OBJCOPY := objcopy

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wundef \
            -Wvla -Wpointer-arith -Wwrite-strings -Wformat=2 -Wnested-externs -Wimplicit-fallthrough

# Every object is compiled with these; dependencies on headers are found by the compiler (-MMD -MP).
COMMON_CFLAGS := -std=c17 -g -ffreestanding -fno-pic -fno-stack-protector -fno-strict-aliasing \
                 -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -fno-common -MMD -MP $(WARNINGS)

# $(call remember,FILE,TEXT): FILE is touched when, and only when, TEXT differs from the last time.
define remember
$1: FORCE | $(BUILD)/setup/build
	@mkdir -p $$(@D)
	@[ -e $$@ -a "$$$$(cat $$@ 2>/dev/null)" = '$2' ] || printf '%s\n' '$2' > $$@
endef

# $(call objects,VARIANT,SOURCES): the object files of SOURCES; their paths mirror those of the sources.
objects = $(patsubst %,$(OUT)/$1/obj/%.o,$2)

# $(call per_variant,TEMPLATE[,A[,B]]): evaluates TEMPLATE,VARIANT,A,B for every variant that can be built.
per_variant = $(foreach variant,$(ALL_VARIANTS),$(eval $(call $1,$(variant),$2,$3)))
