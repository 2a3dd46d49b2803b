#include "personality/linux/tty/line_discipline.h"

#include "personality/linux/abi/signal.h"

/* Marks of an input byte in canonical mode */
enum { MARK_LINE_END = 0x100, MARK_END_OF_FILE = 0x200 };

static const uint8_t usual_control[TTY_CONTROL_COUNT] = {
    [VINTR] = 3,  [VQUIT] = 28, [VERASE] = 127,  [VKILL] = 21,    [VEOF] = 4,     [VMIN] = 1,    [VSTART] = 17,
    [VSTOP] = 19, [VSUSP] = 26, [VREPRINT] = 18, [VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22,
};

void line_discipline_initialise(struct line_discipline *line, void (*emit)(void *, const char *, size_t), void *context)
{
    *line = (struct line_discipline){
        .termios =
            {
                .input_flags = ICRNL | IXON | IUTF8,
                .output_flags = OPOST | ONLCR,
                .control_flags = B115200 | CS8 | CREAD | HUPCL,
                .local_flags = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
            },
        .emit = emit,
        .context = context,
    };
    for (unsigned i = 0; i < TTY_CONTROL_COUNT; i++)
        line->termios.control[i] = usual_control[i];
}

void line_discipline_set(struct line_discipline *line, const struct linux_termios *termios)
{
    bool was_canonical = line->termios.local_flags & ICANON;
    line->termios = *termios;
    /* What was typed so far can be read in the new mode. */
    if (was_canonical != !!(termios->local_flags & ICANON))
        line->line_total = line->written_total;
}

void line_discipline_flush(struct line_discipline *line)
{
    line->read_total = line->line_total = line->written_total;
}

static bool is_on(const struct line_discipline *line, uint32_t local_flag)
{
    return line->termios.local_flags & local_flag;
}

static bool is_control(const struct line_discipline *line, unsigned index, unsigned char byte)
{
    return line->termios.control[index] != 0 && line->termios.control[index] == byte;
}

static void echo(const struct line_discipline *line, unsigned char byte)
{
    char out[2];
    if (byte == '\n' && (is_on(line, ECHO) || (is_on(line, ECHONL) && is_on(line, ICANON)))) {
        size_t count = line_discipline_output(line, '\n', out);
        line->emit(line->context, out, count);
    } else if (!is_on(line, ECHO)) {
        return;
    } else if (is_on(line, ECHOCTL) && (byte < ' ' || byte == 127) && byte != '\t') {
        out[0] = '^';
        out[1] = (char)(byte ^ 0x40);
        line->emit(line->context, out, 2);
    } else {
        out[0] = (char)byte;
        line->emit(line->context, out, 1);
    }
}

static uint16_t *input_at(struct line_discipline *line, uint64_t total)
{
    return &line->input[total % TTY_INPUT_SIZE];
}

static void erase_last(struct line_discipline *line)
{
    unsigned char byte = (unsigned char)*input_at(line, line->written_total - 1);
    line->written_total--;
    bool is_continuation = (byte & 0xc0) == 0x80 && (line->termios.input_flags & IUTF8);
    if (is_continuation && line->written_total > line->line_total) {
        erase_last(line); /* at most three times: the bytes of one character */
        return;
    }
    if (!is_on(line, ECHO) || !is_on(line, ECHOE))
        return;
    bool two_columns = is_on(line, ECHOCTL) && (byte < ' ' || byte == 127) && byte != '\t';
    line->emit(line->context, "\b \b\b \b", two_columns ? 6 : 3);
}

static bool is_blank(struct line_discipline *line)
{
    uint16_t last = *input_at(line, line->written_total - 1);
    return last == ' ' || last == '\t';
}

static void erase_word(struct line_discipline *line)
{
    while (line->written_total > line->line_total && is_blank(line))
        erase_last(line);
    while (line->written_total > line->line_total && !is_blank(line))
        erase_last(line);
}

static void store(struct line_discipline *line, uint16_t value)
{
    /* A full ring keeps room for the end of the line; what does not fit is lost, with a bell. */
    size_t limit = is_on(line, ICANON) && !(value & MARK_LINE_END) ? TTY_INPUT_SIZE - 1 : TTY_INPUT_SIZE;
    if (line->written_total - line->read_total >= limit) {
        line->emit(line->context, "\a", 1);
        return;
    }
    *input_at(line, line->written_total++) = value;
    if (!is_on(line, ICANON) || (value & MARK_LINE_END))
        line->line_total = line->written_total;
}

/* Editing characters of canonical mode; false: an ordinary byte. */
static bool edit(struct line_discipline *line, unsigned char byte)
{
    if (is_control(line, VERASE, byte)) {
        if (line->written_total > line->line_total)
            erase_last(line);
    } else if (is_control(line, VKILL, byte)) {
        while (line->written_total > line->line_total)
            erase_last(line);
    } else if (is_control(line, VWERASE, byte) && is_on(line, IEXTEN)) {
        erase_word(line);
    } else if (is_control(line, VLNEXT, byte) && is_on(line, IEXTEN)) {
        line->next_is_literal = true;
        if (is_on(line, ECHO) && is_on(line, ECHOCTL))
            line->emit(line->context, "^\b", 2);
    } else if (is_control(line, VREPRINT, byte) && is_on(line, IEXTEN)) {
        echo(line, byte);
        echo(line, '\n');
        for (uint64_t at = line->line_total; at < line->written_total; at++)
            echo(line, (unsigned char)*input_at(line, at));
    } else if (is_control(line, VEOF, byte)) {
        store(line, MARK_LINE_END | MARK_END_OF_FILE);
    } else if (byte == '\n' || is_control(line, VEOL, byte) || is_control(line, VEOL2, byte)) {
        echo(line, byte);
        store(line, (uint16_t)(byte | MARK_LINE_END));
    } else {
        return false;
    }
    return true;
}

static int signal_of(const struct line_discipline *line, unsigned char byte)
{
    if (!is_on(line, ISIG))
        return 0;
    return is_control(line, VINTR, byte)   ? SIGINT
           : is_control(line, VQUIT, byte) ? SIGQUIT
           : is_control(line, VSUSP, byte) ? SIGTSTP
                                           : 0;
}

int line_discipline_input(struct line_discipline *line, unsigned char byte)
{
    if (line->next_is_literal) {
        line->next_is_literal = false;
        echo(line, byte);
        store(line, byte);
        return 0;
    }
    if (line->termios.input_flags & ISTRIP)
        byte &= 0x7f;
    if (byte == '\r') {
        if (line->termios.input_flags & IGNCR)
            return 0;
        if (line->termios.input_flags & ICRNL)
            byte = '\n';
    } else if (byte == '\n' && (line->termios.input_flags & INLCR)) {
        byte = '\r';
    }

    int signal = signal_of(line, byte);
    if (signal) {
        echo(line, byte);
        if (!is_on(line, NOFLSH))
            line_discipline_flush(line);
        return signal;
    }
    if (is_on(line, ICANON) && edit(line, byte))
        return 0;
    echo(line, byte);
    store(line, byte);
    return 0;
}

size_t line_discipline_readable(const struct line_discipline *line)
{
    return (size_t)(line->line_total - line->read_total);
}

bool line_discipline_is_ready(const struct line_discipline *line)
{
    return line_discipline_readable(line) > 0;
}

size_t line_discipline_read(struct line_discipline *line, char *bytes, size_t room)
{
    size_t count = 0;
    while (count < room && line->read_total < line->line_total) {
        uint16_t value = *input_at(line, line->read_total);
        /* An end of file after the last byte that fits stays out of this read and ends the line. */
        line->read_total++;
        if (!(value & MARK_END_OF_FILE))
            bytes[count++] = (char)value;
        if (value & MARK_LINE_END)
            return count;
    }
    if (count && line->read_total < line->line_total && (*input_at(line, line->read_total) & MARK_END_OF_FILE))
        line->read_total++;
    return count;
}

size_t line_discipline_output(const struct line_discipline *line, char byte, char out[2])
{
    uint32_t flags = line->termios.output_flags;
    if ((flags & OPOST) && byte == '\n' && (flags & ONLCR)) {
        out[0] = '\r';
        out[1] = '\n';
        return 2;
    }
    out[0] = (flags & OPOST) && byte == '\r' && (flags & OCRNL) ? '\n' : byte;
    return 1;
}
