$(call program,hello,sdk/examples/hello/hello.c)
