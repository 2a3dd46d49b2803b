#include "servers/supervisor/commands.h"

#include "lib/string.h"
#include "servers/supervisor/domains.h"

#include <pecan/component.h>

enum { CORRUPT_WORDS = 64, DECIMAL = 10 };

static enum step step_help(struct session *session);

/* A number in decimal digits; false: it is none. */
static bool read_number(const char *text, uint64_t *number)
{
    *number = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (*text < '0' || *text > '9' || *number > (UINT64_MAX - digit) / DECIMAL)
            return false;
        *number = *number * DECIMAL + digit;
    }
    return true;
}

static enum step tell(struct session *session, unsigned domain, seL4_Word error)
{
    if (error != PECAN_SUPERVISOR_OK)
        return session_fail(session, "%s: %s", domain_name(domain), domain_error_text(error));
    return STEP_DONE;
}

/* A request about the component that is the command's first argument. */
static enum step request(struct session *session, pecan_supervisor_request request)
{
    unsigned domain = domain_find(session->words[1]);
    return tell(session, domain, pecan_supervisor_call(request, domain));
}

static enum step step_restart(struct session *session)
{
    return request(session, PECAN_SUPERVISOR_RESTART);
}

static enum step step_stop(struct session *session)
{
    return request(session, PECAN_SUPERVISOR_STOP);
}

static enum step step_start(struct session *session)
{
    return request(session, PECAN_SUPERVISOR_START);
}

static enum step step_kill(struct session *session)
{
    return request(session, PECAN_SUPERVISOR_KILL);
}

static enum step step_hang(struct session *session)
{
    return request(session, PECAN_SUPERVISOR_HANG);
}

static enum step step_corrupt(struct session *session)
{
    unsigned domain = domain_find(session->words[1]);
    uint64_t seed = pecan_counter();
    if (session->word_count > 2 && !read_number(session->words[2], &seed))
        return session_fail(session, "the seed '%s' is no number", session->words[2]);
    session_print(session, "seed %lu\n", seed);
    return tell(session, domain, pecan_supervisor_corrupt(domain, seed, CORRUPT_WORDS));
}

enum { TYPED_BEGINS, TYPED_COMES, TYPED_IS_REFUSED };

/* The file is typed. What is wrong with it is said at once, and the rest of it is dropped: it must not be taken for commands. */
static enum step update_typed(struct session *session, unsigned domain)
{
    struct update_file *file = session->file;
    if (session->part == TYPED_BEGINS) {
        if (session->word_count > 2)
            return session_fail(
                session, "no file is looked for here: `update NAME`, and then type it as `base64 FILE` writes it");
        if (!file->room)
            return session_fail(session, "the supervisor has no room for files (file_region in the description)");
        update_file_begin(file);
        session_print(session, "type the file as `base64 FILE` writes it, and a line with a '.'; ^C ends this\n");
        session->part = TYPED_COMES;
    }
    if (file->problem && session->part == TYPED_COMES) {
        session_fail(session, "the file is refused: %s", file->problem);
        session->part = TYPED_IS_REFUSED;
        if (!file->has_ended)
            session_print(session, "what comes is dropped, up to a line with a '.', or ^C\n");
    }
    if (!file->has_ended)
        return STEP_WAITS;
    file->is_typed = false;
    return file->problem ? STEP_DONE : tell(session, domain, pecan_supervisor_update(domain, file->bytes, file->count));
}

static enum step step_update(struct session *session)
{
    unsigned domain = domain_find(session->words[1]);
    if (session->file)
        return update_typed(session, domain);
    if (!session->update)
        return session_fail(session, "usage: update NAME BYTES, and then the file");
    return tell(session, domain, pecan_supervisor_update(domain, session->update, session->update_bytes));
}

static const struct command {
    const char *name, *arguments, *text;
    session_step step;
    unsigned least, most;    /* words, the command's name included */
    bool is_about_component; /* its first argument is the name of one */
} commands[] = {
    {"help", "", "this list", step_help, 1, 1, false},
    {"ps", "", "components, what they use and do", step_ps, 1, 1, false},
    {"outages", "", "how long components were away the last time", step_outages, 1, 1, false},
    {"memory", "", "what init has left, and what devices reach", step_memory, 1, 1, false},
    {"top", "", "the same again and again; q ends it, in pecanctl Ctrl-C", step_top, 1, 1, false},
    {"restart", "NAME", "stop a component and start it again", step_restart, 2, 2, true},
    {"kill", "NAME", "let it fail; its policy says what follows", step_kill, 2, 2, true},
    {"hang", "NAME", "let it compute for ever, until it is found", step_hang, 2, 2, true},
    {"corrupt", "NAME [SEED]", "write random words into its memory", step_corrupt, 2, 3, true},
    {"stop", "NAME", "stop it", step_stop, 2, 2, true},
    {"start", "NAME", "start what is stopped", step_start, 2, 2, true},
    {"update", "NAME [FILE]", "restart it with a new program; on a console type FILE in base64", step_update, 2, 3,
     true},
    {"log", "NAME [LINES]", "what it said last, or `init` of the components", step_log, 2, 3, false},
    {"services", "", "who provides what to whom", step_services, 1, 1, false},
    {"graph", "[text|dot|svg]", "who talks to whom", step_graph, 1, 2, false},
    {"trace", "start|stop", "note events; `stop` writes a timeline for ui.perfetto.dev", step_trace, 2, 2, false},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static enum step step_help(struct session *session)
{
    for (unsigned i = 0; i < COMMANDS; i++)
        session_print(session, "  %-9s%-16s%s\n", commands[i].name, commands[i].arguments, commands[i].text);
    return STEP_DONE;
}

const char *command_name(unsigned index)
{
    return index < COMMANDS ? commands[index].name : NULL;
}

/* Ends each word of the line, and says how many there are, perhaps more than SESSION_WORDS. */
static unsigned split(char *line, char **words)
{
    unsigned count = 0;
    for (;;) {
        while (*line == ' ' || *line == '\t')
            *line++ = '\0';
        if (!*line)
            return count;
        if (count < SESSION_WORDS)
            words[count] = line;
        count++;
        while (*line && *line != ' ' && *line != '\t')
            line++;
    }
}

static enum step begin(struct session *session)
{
    unsigned i = 0;
    session->word_count = split(session->line, session->words);
    if (session->word_count == 0)
        return STEP_DONE;
    while (i < COMMANDS && strcmp(commands[i].name, session->words[0]))
        i++;
    if (i == COMMANDS)
        return session_fail(session, "there is no command '%s'; `help` lists them", session->words[0]);
    const struct command *command = &commands[i];
    if (session->word_count < command->least || session->word_count > command->most)
        return session_fail(session, "usage: %s %s", command->name, command->arguments);
    if (command->is_about_component && domain_find(session->words[1]) == domains_count())
        return session_fail(session, "there is no component '%s'; `ps` lists them", session->words[1]);
    session->step = command->step;
    return STEP_MORE;
}

bool command_is_update(const char *line, size_t *bytes)
{
    char text[SESSION_LINE_BYTES], *words[SESSION_WORDS];
    uint64_t number;
    strlcpy(text, line, sizeof(text));
    if (split(text, words) != 3 || strcmp(words[0], "update") || !read_number(words[2], &number))
        return false;
    *bytes = number;
    return true;
}

void command_begin(struct session *session, const char *line)
{
    strlcpy(session->line, line, sizeof(session->line));
    session->index = session->part = 0;
    session->position = session->end = 0;
    session->has_failed = false;
    session->wake_us = UINT64_MAX;
    session->key = 0;
    session->step = NULL;
    begin(session);
}
