/*
 * <irq> and <ioport> of a protection domain.
 */
#include "system.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PORTS = 0x10000, BUSES = 0x100, DEVICES = 0x20, FUNCTIONS = 8, HEXADECIMAL = 16 };

/* One of two words. */
static bool attribute_choice(const struct xml_element *element, const char *name, const char *normal, const char *other)
{
    const char *text = xml_value(element, name);
    if (!text || text_is(text, normal))
        return false;
    if (!text_is(text, other))
        fail_on(element, "%s must be either '%s' or '%s'", name, normal, other);
    return true;
}

static uint32_t natural_number(const struct xml_element *element, const char *name)
{
    const char *text = attribute_text(element, name);
    if (text[0] == '-')
        fail_on(element, "%s must be >= 0", name);
    uint64_t number = attribute_number(element, name);
    if (number > UINT32_MAX)
        fail_on(element, "%s is too large", name);
    return (uint32_t)number;
}

static uint32_t read_vector(const struct xml_element *element)
{
    const char *text = attribute_text(element, "vector");
    uint64_t vector = text[0] == '-' ? UINT64_MAX : attribute_number(element, "vector");
    if (vector > IRQ_VECTOR_MAX)
        fail_on(element, "vector must be between 0 and %d", IRQ_VECTOR_MAX);
    return (uint32_t)vector;
}

/* A part of a PCI address: hexadecimal digits up to `end`, blanks around them. */
static uint32_t pci_part(const struct xml_element *element, const char **text, char end, unsigned count,
                         const char *what)
{
    const char *start = *text;
    const char *stop = strchr(start, end);
    char *behind;
    if (!stop)
        fail_on(element, "PCI address '%s' must have the form bus:device.function", xml_value(element, "pcidev"));
    while (isspace((unsigned char)*start))
        start++;
    unsigned long value = strtoul(start, &behind, HEXADECIMAL);
    bool has_digits = behind > start && isxdigit((unsigned char)*start);
    while (isspace((unsigned char)*behind))
        behind++;
    if (!has_digits || behind != stop)
        fail_on(element, "PCI address '%s': %s is not a hexadecimal number", xml_value(element, "pcidev"), what);
    if (value >= count)
        fail_on(element, "PCI address '%s': %s must be less than 0x%x", xml_value(element, "pcidev"), what, count);
    *text = stop + 1;
    return (uint32_t)value;
}

static void read_msi(struct description_irq *row, const struct xml_element *element)
{
    static const char *const allowed[] = {"id", "pcidev", "handle", "vector", "setvar_id", NULL};
    leaf_check(element, allowed);
    const char *text = attribute_text(element, "pcidev");
    row->kind = IRQ_MSI;
    row->bus = pci_part(element, &text, ':', BUSES, "bus");
    row->device = pci_part(element, &text, '.', DEVICES, "device");
    row->function = pci_part(element, &text, '\0', FUNCTIONS, "function");
    row->handle = natural_number(element, "handle");
}

static void read_ioapic(struct description_irq *row, const struct xml_element *element)
{
    static const char *const allowed[] = {"id", "pin", "vector", "ioapic", "trigger", "polarity", "setvar_id", NULL};
    leaf_check(element, allowed);
    row->kind = IRQ_IOAPIC;
    row->pin = natural_number(element, "pin");
    row->ioapic = xml_value(element, "ioapic") ? natural_number(element, "ioapic") : 0;
    row->is_level = !attribute_choice(element, "trigger", "level", "edge");
    row->is_low = attribute_choice(element, "polarity", "high", "low");
}

static void read_irq(struct domain *domain, const struct xml_element *element)
{
    if (xml_value(element, "irq"))
        fail_on(element, "ARM and RISC-V interrupts (attribute 'irq') are not supported on this architecture");
    struct irq *irq = ADD(domain->irqs, domain->irq_count);
    irq->place = element->place;
    if (xml_value(element, "pcidev") && !xml_value(element, "pin"))
        read_msi(&irq->row, element);
    else
        read_ioapic(&irq->row, element);
    irq->row.id = attribute_id(element, "id");
    irq->row.vector = read_vector(element);
    if (xml_value(element, "setvar_id"))
        domain_add_symbol(domain, xml_value(element, "setvar_id"), element)->number = irq->row.id;
}

static void read_port(struct domain *domain, const struct xml_element *element)
{
    static const char *const allowed[] = {"id", "addr", "size", "setvar_id", "setvar_addr", NULL};
    leaf_check(element, allowed);
    struct port *port = ADD(domain->ports, domain->port_count);
    port->place = element->place;
    port->id = attribute_id(element, "id");
    port->first = attribute_number(element, "addr");
    const char *size = attribute_text(element, "size");
    if (size[0] == '-' || (port->size = attribute_number(element, "size")) == 0)
        fail_on(element, "size must be > 0");
    if (port->first >= PORTS || port->size > PORTS - port->first)
        fail_on(element, "ports 0x%lx to 0x%lx: the last port is 0xffff", port->first, port->first + port->size - 1);
    if (xml_value(element, "setvar_id"))
        domain_add_symbol(domain, xml_value(element, "setvar_id"), element)->number = port->id;
    if (xml_value(element, "setvar_addr"))
        domain_add_symbol(domain, xml_value(element, "setvar_addr"), element)->number = port->first;
}

void read_domain_devices(struct domain *domain, const struct xml_element *element)
{
    if (text_is(element->name, "irq"))
        read_irq(domain, element);
    else
        read_port(domain, element);
}
