/* The two 8259 interrupt controllers of the PC: not used, moved out of the way of exceptions and masked. */
#pragma once

/* `vector`: where the 16 lines' vectors go, should one come in spite of the mask (spurious ones cannot be masked). */
void pic_disable(unsigned vector);
