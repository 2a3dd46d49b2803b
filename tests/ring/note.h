/* A kernel's notification, played by a condition variable: set without waiting, taken by one waiter. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

struct note {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_set;
    unsigned count;
};

#define NOTE_QUIET ((struct note){PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0})

static inline void note_set(struct note *note)
{
    pthread_mutex_lock(&note->mutex);
    note->is_set = true;
    note->count++;
    pthread_cond_signal(&note->changed);
    pthread_mutex_unlock(&note->mutex);
}

static inline void note_wait(struct note *note)
{
    pthread_mutex_lock(&note->mutex);
    while (!note->is_set)
        pthread_cond_wait(&note->changed, &note->mutex);
    note->is_set = false;
    pthread_mutex_unlock(&note->mutex);
}
