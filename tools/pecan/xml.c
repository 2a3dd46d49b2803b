#include "xml.h"

#include <ctype.h>
#include <errno.h>
#include <expat.h>
#include <string.h>

#define NAMESPACE_END '|'
#define DEPTH_MAX     64

struct reader {
    XML_Parser parser;
    const char *path;
    struct xml_element *root, *open[DEPTH_MAX];
    size_t depth;
    const char *problem; /* of our own, not of expat, */
    struct place place;  /* and where it is */
};

static struct place here(const struct reader *reader)
{
    return (struct place){reader->path, XML_GetCurrentLineNumber(reader->parser),
                          XML_GetCurrentColumnNumber(reader->parser) + 1};
}

static const char *local_name(const char *name)
{
    const char *end = strrchr(name, NAMESPACE_END);
    if (!end)
        return text_copy(name);
    bool is_ours =
        (size_t)(end - name) == strlen(PECAN_NAMESPACE) && !strncmp(name, PECAN_NAMESPACE, (size_t)(end - name));
    return text_format("%s%s", is_ours ? "pecan:" : "", end + 1);
}

static void stop(struct reader *reader, const char *problem)
{
    reader->problem = problem;
    reader->place = here(reader);
    XML_StopParser(reader->parser, XML_FALSE);
}

static void on_start(void *data, const char *name, const char **attributes)
{
    struct reader *reader = data;
    struct xml_element *element = allocate(sizeof(*element));
    element->name = local_name(name);
    element->place = here(reader);
    for (; attributes[0]; attributes += 2) {
        struct xml_attribute *attribute = ADD(element->attributes, element->attribute_count);
        attribute->name = local_name(attributes[0]);
        attribute->value = text_copy(attributes[1]);
    }
    if (reader->depth == DEPTH_MAX) {
        stop(reader, "elements are nested too deeply");
        return;
    }
    if (reader->depth == 0) {
        reader->root = element;
    } else {
        struct xml_element *parent = reader->open[reader->depth - 1];
        if (parent->last_child)
            parent->last_child->next = element;
        else
            parent->first_child = element;
        parent->last_child = element;
    }
    reader->open[reader->depth++] = element;
}

static void on_end(void *data, const char *name)
{
    struct reader *reader = data;
    (void)name;
    reader->depth--;
}

static void on_text(void *data, const char *text, int length)
{
    struct reader *reader = data;
    for (int i = 0; i < length; i++)
        if (!isspace((unsigned char)text[i]) && reader->depth > 0)
            reader->open[reader->depth - 1]->has_text = true;
}

static void on_doctype(void *data, const char *name, const char *system_id, const char *public_id, int has_subset)
{
    (void)name, (void)system_id, (void)public_id, (void)has_subset;
    stop(data, "document types are not allowed");
}

struct xml_element *xml_read(const char *path)
{
    struct file_bytes bytes;
    if (!file_read(path, &bytes))
        fail("could not read system description '%s': %s", path, strerror(errno));
    if (bytes.size > INT32_MAX)
        fail("could not parse '%s': it is too large", path);

    struct reader reader = {.parser = XML_ParserCreateNS("UTF-8", NAMESPACE_END), .path = path};
    if (!reader.parser)
        fail("out of memory");
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);
    if (XML_Parse(reader.parser, (const char *)bytes.data, (int)bytes.size, XML_TRUE) != XML_STATUS_OK)
        fail_at(reader.problem ? reader.place : here(&reader), "could not parse '%s': %s: ", path,
                reader.problem ? reader.problem : XML_ErrorString(XML_GetErrorCode(reader.parser)));
    XML_ParserFree(reader.parser);
    return reader.root;
}

const char *xml_value(const struct xml_element *element, const char *attribute)
{
    for (size_t i = 0; i < element->attribute_count; i++)
        if (text_is(element->attributes[i].name, attribute))
            return element->attributes[i].value;
    return NULL;
}
