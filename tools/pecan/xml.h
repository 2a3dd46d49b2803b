/*
 * An XML file as a tree. Well-formedness is the library's (expat) concern; document types are refused.
 */
#pragma once

#include "support.h"

/* Names in our own namespace begin with "pecan:" here, whatever the file calls it; of others the prefix is dropped. */
#define PECAN_NAMESPACE "urn:pecan:system"

struct xml_attribute {
    const char *name, *value;
};

struct xml_element {
    const char *name;
    struct place place;
    struct xml_attribute *attributes;
    size_t attribute_count;
    struct xml_element *first_child, *last_child, *next;
    bool has_text; /* other than blanks, directly inside */
};

/* Fails if the file cannot be read or is not well-formed. */
struct xml_element *xml_read(const char *path);

/* Null: the element does not have it. */
const char *xml_value(const struct xml_element *element, const char *attribute);

#define XML_EACH(child, element)                                                                                       \
    for (const struct xml_element *child = (element)->first_child; child; child = child->next)
