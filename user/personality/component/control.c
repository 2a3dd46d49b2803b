/* What is shared with the supervisor, if the description has one. */

#include "personality/component/platform.h"
#include "personality/linux/machine.h"

#include <microkit.h>

/* Where the description puts the two sides of the stream. The tool fills these in. */
uintptr_t control_region, supervisor_region;

bool machine_control(struct machine_control *control)
{
    *control = (struct machine_control){(void *)control_region, (const void *)supervisor_region};
    return control_region && supervisor_region;
}

void machine_control_notify(void)
{
    microkit_notify(CONTROL_CHANNEL);
}
