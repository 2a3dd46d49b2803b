#include <microkit.h>
#include <pecan/component.h>

enum { TRIES_MOST = 16 };

microkit_msginfo pecan_call_again(unsigned int channel, microkit_msginfo info, seL4_Word word)
{
    microkit_msginfo answer;
    int tries = 0;
    do {
        microkit_mr_set(0, word);
        answer = microkit_ppcall(channel, info);
    } while (microkit_msginfo_get_label(answer) == PECAN_PEER_RESTARTED && ++tries < TRIES_MOST);
    return answer;
}
