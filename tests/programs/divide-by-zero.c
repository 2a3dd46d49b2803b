/* A program of a few instructions that crashes. */

void _start(void);

void _start(void)
{
    __asm__ volatile("xorl %%edx, %%edx; movl $1, %%eax; movl $0, %%ecx; divl %%ecx" ::: "eax", "ecx", "edx");
    __builtin_trap();
}
