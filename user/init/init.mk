# init: the root task of systems that `pecan build` makes. The tool appends the system's description to it.
$(call program,init,$(sort $(wildcard user/init/*.c)))
