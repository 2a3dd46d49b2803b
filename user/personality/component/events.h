/*
 * The one endpoint that the component waits at, and its bound notification: reports of programs' threads, and signals of
 * channels and interrupts, come in here and are passed on.
 */
#pragma once

#include "personality/component/program_thread.h"

#include <sel4/sel4.h>

/* Makes the endpoint and a reply object. False: no memory. */
bool events_initialise(void);
seL4_CPtr events_endpoint(void);

/* Waits for events for ever. */
_Noreturn void events_run(void);

/* Waits for a signal before that; events_run passes it on. */
void events_wait_for_signal(void);

/* Takes all reports that wait in the endpoint into the queue. */
void events_collect(void);

/* Drops the queued report of a thread that is about to go. */
void events_forget(struct machine_thread *thread);

/* Answers through a reply object, which is free afterwards. The answer may be sent together with the next wait. */
void events_answer(seL4_CPtr reply, unsigned length, seL4_Word word);
void events_flush_answer(void);
void reply_give_back(seL4_CPtr reply);

/* One more reply object, for one more thread. False: no memory. */
bool reply_add(void);
