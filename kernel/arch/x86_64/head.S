/*
 * From the loader to C: entered in 32-bit protected mode without paging, eax = the loader's magic number, ebx = the physical
 * address of what it says. Addresses are physical until paging is on: symbol - IMAGE_BASE.
 */
#include "machine/layout.h"

#define MULTIBOOT1_MAGIC 0x1badb002
#define MULTIBOOT1_FLAGS 0x3 /* modules on page boundaries, memory information */
#define MULTIBOOT2_MAGIC 0xe85250d6
#define TAG_OPTIONAL     1

#define PHYSICAL(symbol) ((symbol) - IMAGE_BASE)

#define ENTRY_TABLE      0x003 /* present, writable */
#define ENTRY_LARGE      0x083
#define CR0_PAGING       0x80010001 /* with write protection and protected mode */
#define CR4_PAE          0x20
#define EFER             0xc0000080
#define EFER_LONG_MODE   0x100
#define FLAG_ID          0x200000
#define CPUID_LONG_MODE  29
#define SERIAL_PORT      0x3f8

    .section .boot.head, "awx", @progbits
    .balign 8
multiboot1_header:
    .long MULTIBOOT1_MAGIC
    .long MULTIBOOT1_FLAGS
    .long -(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)

    .balign 8
multiboot2_header:
    .long MULTIBOOT2_MAGIC
    .long 0
    .long multiboot2_header_end - multiboot2_header
    .long -(MULTIBOOT2_MAGIC + (multiboot2_header_end - multiboot2_header))
    /* modules on page boundaries */
    .short 6, 0
    .long 8
    /* any graphics mode, if there is one */
    .short 5, TAG_OPTIONAL
    .long 20
    .long 0, 0, 0
    .balign 8
    /* the end */
    .short 0, 0
    .long 8
multiboot2_header_end:
    .globl boot_header_end
boot_header_end:

    .code32
    .globl boot_entry
boot_entry:
    cli
    cld
    mov $PHYSICAL(kernel_stack_top), %esp
    mov %eax, %ebp
    mov %ebx, %esi

    /* CPUID is there when the ID flag can be changed. */
    pushfl
    pop %eax
    mov %eax, %ecx
    xor $FLAG_ID, %eax
    push %eax
    popfl
    pushfl
    pop %eax
    cmp %eax, %ecx
    je no_long_mode
    mov $0x80000000, %eax
    cpuid
    cmp $0x80000001, %eax
    jb no_long_mode
    mov $0x80000001, %eax
    cpuid
    bt $CPUID_LONG_MODE, %edx
    jnc no_long_mode

    /* The first GiB three times: at its own address, in the window and as the image, in 2 MiB pages. */
    mov $PHYSICAL(boot_pd), %edi
    mov $ENTRY_LARGE, %eax
    mov $512, %ecx
1:  mov %eax, (%edi)
    movl $0, 4(%edi)
    add $8, %edi
    add $0x200000, %eax
    loop 1b
    movl $(PHYSICAL(boot_pd) + ENTRY_TABLE), PHYSICAL(boot_pdpt)
    movl $(PHYSICAL(boot_pd) + ENTRY_TABLE), PHYSICAL(boot_pdpt) + 510 * 8
    movl $(PHYSICAL(boot_pdpt) + ENTRY_TABLE), PHYSICAL(boot_root)
    movl $(PHYSICAL(boot_pdpt) + ENTRY_TABLE), PHYSICAL(boot_root) + KERNEL_ROOT_ENTRY * 8

    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $PHYSICAL(boot_root), %eax
    mov %eax, %cr3
    mov $EFER, %ecx
    rdmsr
    or $EFER_LONG_MODE, %eax
    wrmsr
    mov $CR0_PAGING, %eax
    mov %eax, %cr0
    lgdt PHYSICAL(boot_segments_pointer)
    ljmp $SELECTOR_KERNEL_CODE, $PHYSICAL(boot_entry_long)

    /* Without it nothing of the kernel can run: said with the little that is here. */
no_long_mode:
    mov $PHYSICAL(no_long_mode_text), %esi
2:  lodsb
    test %al, %al
    jz 4f
    mov %al, %ah
    mov $(SERIAL_PORT + 5), %dx
    mov $100000, %ecx
3:  in %dx, %al
    test $0x20, %al
    loopz 3b
    mov $SERIAL_PORT, %dx
    mov %ah, %al
    out %al, %dx
    jmp 2b
4:  mov $0xf4, %dx
    mov $0x7f, %al
    out %al, %dx
5:  cli
    hlt
    jmp 5b

    .code64
boot_entry_long:
    mov $boot_entry_high, %rax
    jmp *%rax
boot_entry_high:
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov $SELECTOR_KERNEL_DATA, %eax
    mov %eax, %ss
    mov $kernel_stack_top, %rsp
    mov %ebp, %edi
    mov %esi, %esi
    xor %ebp, %ebp
    call boot_main
    jmp kernel_leave

    .balign 8
boot_segments:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
boot_segments_pointer:
    .short . - boot_segments - 1
    .quad PHYSICAL(boot_segments)

no_long_mode_text:
    .asciz "Pecan cannot run on this processor. It lacks: 64-bit long mode\r\n"

    .section .boot.data, "aw", @progbits
    .balign 4096
boot_root:
    .skip 4096
boot_pdpt:
    .skip 4096
boot_pd:
    .skip 4096

    /* The kernel's stacks. Below each lies a page that the final page tables leave out. */
    .section .bss.pages, "aw", @nobits
    .balign 4096
    .globl kernel_stack_guard, kernel_stack_top
kernel_stack_guard:
    .skip 4096
    .skip KERNEL_STACK_BYTES
kernel_stack_top:

    .section .note.GNU-stack, "", @progbits
