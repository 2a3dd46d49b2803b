#include "system.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { DECIMAL = 10, HEXADECIMAL = 16 };

_Noreturn void fail_on(const struct xml_element *element, const char *format, ...)
{
    va_list arguments;
    char *what = NULL;
    va_start(arguments, format);
    if (vasprintf(&what, format, arguments) < 0)
        fail("out of memory");
    fail_at(element->place, "%s on element '%s': ", what, element->name);
}

_Noreturn void fail_unknown(const struct xml_element *element)
{
    fail_at(element->place, "invalid XML element '%s': ", element->name);
}

void text_refuse(const struct xml_element *element)
{
    if (element->has_text)
        fail_at(element->place, "unexpected text found in element '%s' @ ", element->name);
}

void container_check(const struct xml_element *element, const char *const *names)
{
    text_refuse(element);
    for (size_t i = 0; i < element->attribute_count; i++) {
        const char *const *name = names;
        while (*name && !text_is(*name, element->attributes[i].name))
            name++;
        if (!*name)
            fail_on(element, "invalid attribute '%s'", element->attributes[i].name);
    }
}

void leaf_check(const struct xml_element *element, const char *const *names)
{
    container_check(element, names);
    if (element->first_child)
        fail_unknown(element->first_child);
}

const char *attribute_text(const struct xml_element *element, const char *name)
{
    const char *value = xml_value(element, name);
    if (!value)
        fail_at(element->place, "Missing required attribute '%s' on element '%s': ", name, element->name);
    return value;
}

static int digit_value(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + DECIMAL;
    if (character >= 'A' && character <= 'F')
        return character - 'A' + DECIMAL;
    return HEXADECIMAL;
}

/* Underscores anywhere are for the reader. */
static const char *drop_underscores(const char *text)
{
    char *dropped = text_copy(text), *end = dropped;
    for (; *text; text++)
        if (*text != '_')
            *end++ = *text;
    *end = '\0';
    return dropped;
}

/* Decimal, or hexadecimal after 0x. */
static bool number_parse(const char *text, uint64_t *number)
{
    uint64_t base = DECIMAL;
    const char *digits = drop_underscores(text);
    if (digits[0] == '0' && digits[1] == 'x') {
        base = HEXADECIMAL;
        digits += 2;
    }
    if (*digits == '+')
        digits++;
    const char *first = digits;
    *number = 0;
    for (; *digits; digits++) {
        uint64_t digit = (uint64_t)digit_value(*digits);
        if (digit >= base || *number > (UINT64_MAX - digit) / base)
            return false;
        *number = *number * base + digit;
    }
    return digits > first;
}

uint64_t attribute_number(const struct xml_element *element, const char *name)
{
    const char *text = attribute_text(element, name);
    uint64_t number;
    if (!number_parse(text, &number))
        fail_on(element, "failed to parse integer '%s' of attribute '%s'", text, name);
    return number;
}

uint64_t attribute_number_or(const struct xml_element *element, const char *name, uint64_t otherwise)
{
    return xml_value(element, name) ? attribute_number(element, name) : otherwise;
}

bool attribute_bool_or(const struct xml_element *element, const char *name, bool otherwise)
{
    const char *text = xml_value(element, name);
    if (!text)
        return otherwise;
    if (text_is(text, "true"))
        return true;
    if (!text_is(text, "false"))
        fail_on(element, "%s must be 'true' or 'false'", name);
    return false;
}

uint32_t attribute_id(const struct xml_element *element, const char *name)
{
    const char *text = attribute_text(element, name);
    if (text[0] == '-')
        fail_on(element, "%s must be >= 0", name);
    uint64_t id = attribute_number(element, name);
    if (id > CHANNEL_ID_MAX)
        fail_on(element, "%s must be < %d", name, CHANNEL_ID_MAX + 1);
    return (uint32_t)id;
}
