/* The contents of the files in /proc/net, in Linux's formats. */
#pragma once

struct text;

struct proc_net_file {
    const char *name;
    void (*generate)(struct text *text);
};

enum { PROC_NET_FILES = 11 };
extern const struct proc_net_file proc_net_files[PROC_NET_FILES];
