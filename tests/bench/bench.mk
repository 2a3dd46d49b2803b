$(call program,bench,$(wildcard tests/bench/*.c))
