/* A doubly linked ring with a head: entries are embedded in what they link. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *previous;
};

#define LIST_INITIAL(head)                                                                                             \
    {                                                                                                                  \
        &(head), &(head)                                                                                               \
    }

/* The structure of type `type` whose `member` is the list entry `entry`. */
#define list_item(entry, type, member) ((type *)(void *)((char *)(entry)-offsetof(type, member)))

/* Walks the ring; the entry at hand may be removed by the body. `head` is evaluated again and again. */
#define list_each(entry, head)                                                                                         \
    for (struct list *entry = (head)->next, *entry##_next = entry->next; entry != (head);                              \
         entry = entry##_next, entry##_next = entry->next)

static inline void list_initialise(struct list *head)
{
    head->next = head->previous = head;
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_insert_before(struct list *place, struct list *entry)
{
    entry->next = place;
    entry->previous = place->previous;
    place->previous->next = entry;
    place->previous = entry;
}

static inline void list_append(struct list *head, struct list *entry)
{
    list_insert_before(head, entry);
}

/* Afterwards the entry is a ring of its own, so that removing it again does nothing. */
static inline void list_remove(struct list *entry)
{
    entry->previous->next = entry->next;
    entry->next->previous = entry->previous;
    list_initialise(entry);
}
