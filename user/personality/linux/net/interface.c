#include "personality/linux/net/interface.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/interface.h"
#include "personality/linux/abi/socket.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/net/client.h"
#include "personality/linux/process/process.h"

enum { QUEUE_LENGTH_SAID = 1000 };

const char *interface_name(unsigned index)
{
    static const char *const names[SOCKET_INTERFACES] = {[SOCKET_LOOPBACK] = "lo", [SOCKET_ETHERNET] = "eth0"};
    return index < SOCKET_INTERFACES ? names[index] : NULL;
}

static unsigned interface_find(const char name[INTERFACE_NAME_ROOM])
{
    unsigned index = 0;
    while (index < SOCKET_INTERFACES && strncmp(interface_name(index), name, INTERFACE_NAME_ROOM) != 0)
        index++;
    return index;
}

static bool is_there(const struct socket_interfaces *interfaces, unsigned index)
{
    return index < SOCKET_INTERFACES && (index == SOCKET_LOOPBACK || interfaces->interface[index].has_card);
}

static void name_set(struct linux_ifreq *request, unsigned index)
{
    memcpy(request->name, interface_name(index), strlen(interface_name(index)) + 1);
}

static void address_set(struct linux_ifreq *request, const uint8_t address[4])
{
    request->internet.family = AF_INET;
    memcpy(request->internet.address, address, sizeof request->internet.address);
}

/* Those that have an address. */
static int64_t list_all(struct thread *thread, const struct socket_interfaces *interfaces, uint64_t argument)
{
    struct linux_ifconf list;
    int64_t error = user_read_object(thread->process->space, &list, argument);
    int32_t length = 0;
    for (unsigned i = 0; i < SOCKET_INTERFACES && !error; i++) {
        struct linux_ifreq request = {.number = 0};
        if (!is_there(interfaces, i) || !interfaces->interface[i].is_up)
            continue;
        name_set(&request, i);
        address_set(&request, interfaces->interface[i].address);
        if (list.requests) {
            if (list.length - length < (int32_t)sizeof request)
                break;
            error = user_write_object(thread->process->space, list.requests + (uint64_t)length, &request);
        }
        length += (int32_t)sizeof request;
    }
    list.length = length;
    return error ? error : user_write_object(thread->process->space, argument, &list);
}

static int16_t flags_of(const struct socket_interface *interface, unsigned index)
{
    int flags = index == SOCKET_LOOPBACK ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST;
    return (int16_t)(flags | (interface->is_up ? IFF_UP | IFF_RUNNING : 0));
}

/* Addresses are there only while the interface is up. */
static int64_t answer_address(struct linux_ifreq *request, const struct socket_interface *interface,
                              const uint8_t address[4])
{
    if (!interface->is_up)
        return -EADDRNOTAVAIL;
    address_set(request, address);
    return 0;
}

static int64_t answer(struct linux_ifreq *request, uint64_t control, const struct socket_interface *interface,
                      unsigned index)
{
    switch (control) {
    case SIOCGIFFLAGS:
        request->flags = flags_of(interface, index);
        return 0;
    case SIOCGIFADDR:
    case SIOCGIFDSTADDR:
        return answer_address(request, interface, interface->address);
    case SIOCGIFBRDADDR:
        return answer_address(request, interface, interface->broadcast);
    case SIOCGIFNETMASK:
        return answer_address(request, interface, interface->netmask);
    case SIOCGIFHWADDR:
        request->hardware.family = index == SOCKET_LOOPBACK ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
        memcpy(request->hardware.address, interface->hardware, sizeof interface->hardware);
        return 0;
    case SIOCGIFMTU:
        request->number = (int32_t)interface->packet_bytes;
        return 0;
    case SIOCGIFTXQLEN:
        request->number = QUEUE_LENGTH_SAID;
        return 0;
    case SIOCGIFINDEX:
        request->number = (int32_t)index + 1;
        return 0;
    case SIOCGIFMETRIC:
    case SIOCGIFMAP:
        return 0;
    case SIOCSIFFLAGS:
    case SIOCSIFADDR:
    case SIOCSIFBRDADDR:
    case SIOCSIFNETMASK:
    case SIOCSIFMTU:
        return -EPERM; /* the server sets its interfaces itself */
    default:
        return -ENOTTY;
    }
}

int64_t interface_control(struct thread *thread, uint64_t control, uint64_t argument)
{
    struct address_space *space = thread->process->space;
    struct socket_interfaces interfaces;
    struct linux_ifreq request;
    if (control < SIOCGIFNAME || control > SIOCGIFMAP)
        return -ENOTTY;
    net_client_interfaces(&interfaces);
    if (control == SIOCGIFCONF)
        return list_all(thread, &interfaces, argument);
    int64_t error = user_read_object(space, &request, argument);
    if (error)
        return error;
    unsigned index = control == SIOCGIFNAME ? (unsigned)request.number - 1 : interface_find(request.name);
    if (!is_there(&interfaces, index))
        return -ENODEV;
    if (control == SIOCGIFNAME) {
        name_set(&request, index);
    } else {
        memset(request.bytes, 0, sizeof request.bytes);
        error = answer(&request, control, &interfaces.interface[index], index);
    }
    return error ? error : user_write_object(space, argument, &request);
}
