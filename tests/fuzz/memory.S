/*
 * The attacker's memory: the only pages of the program that its address space lets it write.
 */
    .section .bss.attacker_memory, "aw", @nobits
    .balign 4096
    .global attacker_memory_start, attacker_memory_end, attacker, attacker_stack_top, puppet_stack_top
attacker_memory_start:
attacker:
    .skip 4096
    .skip 16384
attacker_stack_top:
    .skip 4096
puppet_stack_top:
attacker_memory_end:

    .section .note.GNU-stack, "", @progbits
