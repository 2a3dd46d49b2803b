/* The contents of the files in /proc, in Linux's formats. */
#pragma once

struct process;
struct text;

void proc_text_stat(const struct process *process, struct text *text);
void proc_text_status(const struct process *process, struct text *text);
void proc_text_command_line(const struct process *process, struct text *text);
void proc_text_environment(const struct process *process, struct text *text);
void proc_text_name(const struct process *process, struct text *text);
void proc_text_memory(const struct process *process, struct text *text);
void proc_text_maps(const struct process *process, struct text *text);
void proc_text_process_mounts(const struct process *process, struct text *text);

void proc_text_meminfo(struct text *text);
void proc_text_uptime(struct text *text);
void proc_text_system_stat(struct text *text);
void proc_text_loadavg(struct text *text);
void proc_text_cpuinfo(struct text *text);
void proc_text_mounts(struct text *text);
void proc_text_version(struct text *text);
void proc_text_filesystems(struct text *text);
