/*
 * graph and services: who talks to whom, as init's description has it.
 */
#include "servers/supervisor/commands.h"
#include "servers/supervisor/domains.h"

#include "lib/string.h"

enum { SVG_LINE = 26, SVG_LEFT = 20, SVG_NAME_WIDTH = 170, SVG_BEND = 22, SVG_MARGIN = 30 };

static const char *state_text(unsigned index)
{
    static const char *const names[] = {"stopped", "waits", "runs"};
    seL4_Word account[PECAN_ACCOUNT_WORDS];
    return domain_account(index, account) ? names[account[PECAN_ACCOUNT_STATE] % 3] : "?";
}

/* What one end may do to the other, and for which service. */
static const char *verb(const struct domain_channel *channel)
{
    if (channel->may_call)
        return channel->may_notify ? "calls, notifies" : "calls";
    return channel->may_notify ? "notifies" : "hears";
}

static enum step text_part(struct session *session)
{
    struct domain_channel channel;
    unsigned index = session->index;
    if (session->part == 0)
        session_print(session, "%s\n", domain_name(index));
    if (!domain_channel(index, session->part++, &channel)) {
        session->index++;
        session->part = 0;
        return session->index < domains_count() ? STEP_MORE : STEP_DONE;
    }
    session_print(session, "  %2u %-15s %s (%u)%s%s\n", channel.id, verb(&channel), domain_name(channel.peer),
                  channel.peer_id, channel.service ? ", service " : "", channel.service ? channel.service->name : "");
    return STEP_MORE;
}

/* A name inside quotes; the description allows any character. */
static void print_quoted(struct session *session, const char *name)
{
    session_print(session, "\"");
    for (; *name; name++)
        session_print(session, *name == '"' || *name == '\\' ? "\\%c" : "%c", *name);
    session_print(session, "\"");
}

static enum step dot_part(struct session *session)
{
    struct domain_channel channel;
    unsigned index = session->index;
    if (index == 0 && session->part == 0)
        session_print(session, "digraph system {\n  rankdir=TB;\n  node [shape=box];\n");
    if (session->part == 0) {
        session_print(session, "  ");
        print_quoted(session, domain_name(index));
        session_print(session, ";\n");
    }
    if (!domain_channel(index, session->part++, &channel)) {
        session->index++;
        session->part = 0;
        if (session->index < domains_count())
            return STEP_MORE;
        session_print(session, "}\n");
        return STEP_DONE;
    }
    if (!channel.may_call && !channel.may_notify)
        return STEP_MORE;
    session_print(session, "  ");
    print_quoted(session, domain_name(index));
    session_print(session, " -> ");
    print_quoted(session, domain_name(channel.peer));
    session_print(session, " [style=%s", channel.may_call ? "solid" : "dashed");
    if (channel.service) {
        session_print(session, ", label=");
        print_quoted(session, channel.service->name);
    }
    session_print(session, "];\n");
    return STEP_MORE;
}

static void print_escaped(struct session *session, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            session_print(session, "&lt;");
        else if (*text == '&')
            session_print(session, "&amp;");
        else
            session_print(session, "%c", *text);
    }
}

/* Components below each other, channels as arcs at their right; each pair of ends is drawn once. */
static enum step svg_part(struct session *session)
{
    struct domain_channel channel;
    unsigned index = session->index, count = domains_count();
    int y = SVG_MARGIN + SVG_LINE * (int)index;
    if (index == 0 && session->part == 0)
        session_print(session,
                      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\">\n"
                      "<style>text{font:13px sans-serif}path{fill:none;stroke:#2050a0}.call{stroke:#a02020}"
                      ".label{font-size:10px;fill:#555}</style>\n",
                      SVG_LEFT + SVG_NAME_WIDTH + SVG_BEND * (int)count, 2 * SVG_MARGIN + SVG_LINE * (int)count);
    if (session->part == 0) {
        session_print(session, "<text x=\"%d\" y=\"%d\">", SVG_LEFT, y + 4);
        print_escaped(session, domain_name(index));
        session_print(session, "</text>\n");
    }
    if (!domain_channel(index, session->part++, &channel)) {
        session->index++;
        session->part = 0;
        if (session->index < count)
            return STEP_MORE;
        session_print(session, "</svg>\n");
        return STEP_DONE;
    }
    if (channel.peer < index)
        return STEP_MORE;
    int peer_y = SVG_MARGIN + SVG_LINE * (int)channel.peer, x = SVG_LEFT + SVG_NAME_WIDTH;
    int bend = x + SVG_BEND * (int)(channel.peer - index);
    session_print(session, "<path class=\"%s\" d=\"M%d %d C%d %d %d %d %d %d\"/>\n",
                  channel.may_call ? "call" : "notify", x, y, bend, y, bend, peer_y, x, peer_y);
    if (channel.service) {
        session_print(session, "<text class=\"label\" x=\"%d\" y=\"%d\">", (x + 3 * bend) / 4, (y + peer_y) / 2);
        print_escaped(session, channel.service->name);
        session_print(session, "</text>\n");
    }
    return STEP_MORE;
}

enum step step_graph(struct session *session)
{
    const char *form = session->word_count > 1 ? session->words[1] : "text";
    if (!strcmp(form, "text"))
        return text_part(session);
    if (!strcmp(form, "dot"))
        return dot_part(session);
    if (!strcmp(form, "svg"))
        return svg_part(session);
    return session_fail(session, "graph: text, dot or svg, not '%s'", form);
}

/* One service in each step: its name, who provides it, and who uses it, each with its state. */
enum step step_services(struct session *session)
{
    const struct service *service = service_at(session->index);
    if (!service)
        return STEP_DONE;
    session_print(session, "%-16s %s (%s)", service->name, domain_name(service->provider),
                  state_text(service->provider));
    struct domain_channel channel;
    bool is_first = true;
    for (unsigned i = 0; domain_channel(service->provider, i, &channel); i++)
        if (channel.service == service) {
            session_print(session, "%s %s (%s)", is_first ? " <-" : ",", domain_name(channel.peer),
                          state_text(channel.peer));
            is_first = false;
        }
    session_print(session, "\n");
    session->index++;
    return STEP_MORE;
}
