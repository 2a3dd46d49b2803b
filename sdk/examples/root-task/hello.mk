$(call program,hello,sdk/examples/root-task/hello.c)
