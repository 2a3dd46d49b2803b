/*
 * The supervisor's commands. Each is carried out in steps (session.h).
 */
#pragma once

#include "servers/supervisor/session.h"

/* Begins the command that `line` states; what it says, errors too, goes to the session. An empty line does nothing. */
void command_begin(struct session *session, const char *line);

/* Whether the line is a whole `update` command, which a file of *bytes bytes follows; the words are not kept. */
bool command_is_update(const char *line, size_t *bytes);

/* For completion: the name of command `index`, or null; whether a component's name may follow the command. */
const char *command_name(unsigned index);

/* --- steps of commands, each in a file of its own ------------------------------------------------------------------ */

enum step step_ps(struct session *session);
enum step step_outages(struct session *session);
enum step step_memory(struct session *session);
enum step step_top(struct session *session);
enum step step_log(struct session *session);
enum step step_graph(struct session *session);
enum step step_services(struct session *session);
enum step step_trace(struct session *session);
