/*
 * pecan graph: a drawing (SVG) of a system. Domains stand in rows, the highest priority on top; regions below. What a
 * domain alone holds (interrupts, ports, capabilities to others) is written in its box; what it shares is a line.
 */
#include "commands.h"
#include "compile.h"
#include "sdk.h"
#include "system.h"

#include <stdio.h>
#include <stdlib.h>

enum { BOX_WIDTH = 190, BOX_GAP = 50, ROW_GAP = 90, LINE_HEIGHT = 15, PADDING = 10, MARGIN = 40, BOXES_IN_ROW = 6 };
/* Rows begin at different places, so that boxes do not hide lines between others. */
enum { STAGGER = 75, STAGGER_STEP = 3, STAGGER_PLACES = 5 };
enum { LEGEND_HEIGHT = 108, KIB_BITS = 10 };

struct box {
    int x, y, height;
    const struct domain *domain; /* or null: a region */
    const struct region *region;
};

struct drawing {
    FILE *out;
    const struct system *system;
    struct box domains[DOMAINS_MAX], *regions;
    int width, height;
};

static void print_escaped(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        default:
            fputc(*text, out);
        }
}

/* --- places --------------------------------------------------------------------------------------------------------- */

/* Whether there is more to say of a domain than its time. */
static bool has_note(const struct domain *domain)
{
    return domain->is_passive || domain->is_supervisor || domain->is_observer || domain->restart.is_given ||
           domain->is_vital;
}

static int domain_lines(const struct domain *domain)
{
    return 2 + has_note(domain) + (int)domain->irq_count + (int)domain->port_count + (int)domain->grant_count +
           (domain->memory_budget != 0);
}

static int box_height(int lines)
{
    return lines * LINE_HEIGHT + 2 * PADDING;
}

static int compare_priorities(const void *a, const void *b)
{
    const struct domain *x = *(const struct domain *const *)a, *y = *(const struct domain *const *)b;
    if (x->priority != y->priority)
        return x->priority < y->priority ? 1 : -1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* The row that boxes are put into. */
struct row {
    int number, column, y, height;
};

static void begin_row(struct row *row)
{
    row->y += row->height + ROW_GAP;
    row->height = 0;
    row->column = 0;
    row->number++;
}

static void place_box(struct drawing *drawing, struct box *box, struct row *row)
{
    if (row->column == BOXES_IN_ROW)
        begin_row(row);
    box->x = MARGIN + row->number * STAGGER_STEP % STAGGER_PLACES * STAGGER + row->column * (BOX_WIDTH + BOX_GAP);
    box->y = row->y;
    if (box->height > row->height)
        row->height = box->height;
    row->column++;
    if (box->x + BOX_WIDTH + MARGIN > drawing->width)
        drawing->width = box->x + BOX_WIDTH + MARGIN;
}

static void place_boxes(struct drawing *drawing)
{
    const struct system *system = drawing->system;
    const struct domain *sorted[DOMAINS_MAX];
    struct row row = {.y = MARGIN};
    for (size_t i = 0; i < system->domain_count; i++)
        sorted[i] = system->domains[i];
    qsort(sorted, system->domain_count, sizeof(sorted[0]), compare_priorities);
    for (size_t i = 0; i < system->domain_count; i++) {
        struct box *box = &drawing->domains[sorted[i]->index];
        *box = (struct box){.domain = sorted[i], .height = box_height(domain_lines(sorted[i]))};
        if (i > 0 && sorted[i]->priority != sorted[i - 1]->priority)
            begin_row(&row);
        place_box(drawing, box, &row);
    }
    begin_row(&row);
    for (size_t i = 0; i < system->region_count; i++) {
        struct box *box = &drawing->regions[i];
        *box = (struct box){.region = system->regions[i], .height = box_height(2)};
        place_box(drawing, box, &row);
    }
    drawing->height = row.y + row.height + MARGIN + LEGEND_HEIGHT;
}

/* --- lines ---------------------------------------------------------------------------------------------------------- */

/*
 * A curve between two boxes that leaves and reaches them at their edges. `shift` keeps several between the same two
 * apart.
 */
static void draw_line(struct drawing *drawing, const struct box *from, const struct box *to, const char *class,
                      int shift, const char *label)
{
    int x0 = from->x + BOX_WIDTH / 2 + shift, x1 = to->x + BOX_WIDTH / 2 + shift;
    int y0 = from->y, y1 = to->y, bend = ROW_GAP / 2;
    if (from->y < to->y) {
        y0 += from->height;
        fprintf(drawing->out, "<path class=\"%s\" d=\"M%d %d C%d %d %d %d %d %d\"/>\n", class, x0, y0, x0, y0 + bend,
                x1, y1 - bend, x1, y1);
    } else if (from->y > to->y) {
        y1 += to->height;
        fprintf(drawing->out, "<path class=\"%s\" d=\"M%d %d C%d %d %d %d %d %d\"/>\n", class, x0, y0, x0, y0 - bend,
                x1, y1 + bend, x1, y1);
    } else {
        y0 += from->height;
        y1 += to->height;
        fprintf(drawing->out, "<path class=\"%s\" d=\"M%d %d C%d %d %d %d %d %d\"/>\n", class, x0, y0, x0, y0 + bend,
                x1, y1 + bend, x1, y1);
    }
    fprintf(drawing->out, "<text class=\"label\" x=\"%d\" y=\"%d\">", (x0 + x1) / 2 + 4, (y0 + y1) / 2);
    print_escaped(drawing->out, label);
    fputs("</text>\n", drawing->out);
}

/* Notifications both ways are one line with two heads. */
static void draw_channels(struct drawing *drawing)
{
    enum { NOTIFY_SHIFT = 12, CALL_SHIFT = -25 };
    for (size_t i = 0; i < drawing->system->channel_count; i++) {
        const struct end *ends = drawing->system->channels[i].ends;
        bool is_mutual = ends[0].may_notify && ends[1].may_notify;
        for (size_t k = 0; k < 2; k++) {
            const struct end *end = &ends[k], *peer = &ends[1 - k];
            const struct box *from = &drawing->domains[end->domain->index];
            const struct box *to = &drawing->domains[peer->domain->index];
            const struct service *service = drawing->system->channels[i].service;
            const char *label = text_format("%s%s%u\xe2\x86\x92%u", service ? service->name : "", service ? " " : "",
                                            end->id, peer->id);
            if (end->may_notify && !(is_mutual && k))
                draw_line(drawing, from, to, is_mutual ? "notify mutual" : "notify", NOTIFY_SHIFT,
                          is_mutual ? text_format("%s%s%u\xe2\x86\x94%u", service ? service->name : "",
                                                  service ? " " : "", end->id, peer->id)
                                    : label);
            if (end->may_call)
                draw_line(drawing, from, to, "call", CALL_SHIFT, label);
        }
    }
}

static void draw_maps(struct drawing *drawing)
{
    for (size_t i = 0; i < drawing->system->domain_count; i++)
        for (size_t k = 0; k < drawing->system->domains[i]->map_count; k++) {
            const struct map *map = &drawing->system->domains[i]->maps[k];
            size_t region = 0;
            while (drawing->system->regions[region] != map->region)
                region++;
            draw_line(drawing, &drawing->domains[i], &drawing->regions[region], "map", 0,
                      map->flags & MAP_WRITE ? "rw" : "r");
        }
}

/* What a domain's device reaches. */
static void draw_dma(struct drawing *drawing)
{
    enum { DMA_SHIFT = 25 };
    const struct system *system = drawing->system;
    for (size_t i = 0; i < system->domain_count; i++) {
        size_t next = 0;
        for (const struct symbol *symbol; (symbol = domain_next_dma(system->domains[i], &next));)
            draw_line(drawing, &drawing->domains[i],
                      symbol->kind == VALUE_REGION_ADDRESS
                          ? &drawing->regions[region_index(system, symbol->of)]
                          : &drawing->domains[system_domain(system, symbol->of)->index],
                      "dma", DMA_SHIFT, "DMA");
    }
}

static void draw_families(struct drawing *drawing)
{
    for (size_t i = 0; i < drawing->system->domain_count; i++) {
        const struct domain *domain = drawing->system->domains[i];
        if (domain->parent)
            draw_line(drawing, &drawing->domains[domain->parent->index], &drawing->domains[i], "child", 60,
                      text_format("child %u", domain->child_id));
    }
}

/* --- boxes ---------------------------------------------------------------------------------------------------------- */

static void draw_text(struct drawing *drawing, const struct box *box, int *line, const char *class, const char *text)
{
    fprintf(drawing->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, box->x + PADDING,
            box->y + PADDING + LINE_HEIGHT * ++*line - 3);
    print_escaped(drawing->out, text);
    fputs("</text>\n", drawing->out);
}

static void draw_holdings(struct drawing *drawing, const struct box *box, int *line)
{
    static const char *const kinds[GRANT_KINDS] = {[GRANT_TCB] = "thread of",
                                                   [GRANT_SCHEDCTX] = "time of",
                                                   [GRANT_VSPACE] = "address space of",
                                                   [GRANT_OWN_TCB] = "thread of",
                                                   [GRANT_OWN_CSPACE] = "capabilities of",
                                                   [GRANT_FAULT_HANDLER] = "faults of",
                                                   [GRANT_ASID_POOL] = "identifiers for",
                                                   [GRANT_SCHED_CONTROL] = "control of time for"};
    const struct domain *domain = box->domain;
    for (size_t i = 0; i < domain->irq_count; i++) {
        const struct description_irq *irq = &domain->irqs[i].row;
        draw_text(drawing, box, line, "held",
                  irq->kind == IRQ_MSI ? text_format("interrupt of %02x:%02x.%x", irq->bus, irq->device, irq->function)
                                       : text_format("interrupt pin %u", irq->pin));
    }
    for (size_t i = 0; i < domain->port_count; i++)
        draw_text(drawing, box, line, "held",
                  text_format("ports 0x%lx–0x%lx", domain->ports[i].first,
                              domain->ports[i].first + domain->ports[i].size - 1));
    if (domain->memory_budget)
        draw_text(drawing, box, line, "held",
                  domain->memory_budget == MEMORY_REST
                      ? text_format("all memory that is left")
                      : text_format("%lu KiB of memory", domain->memory_budget >> KIB_BITS));
    for (size_t i = 0; i < domain->grant_count; i++)
        draw_text(drawing, box, line, "held",
                  text_format("%s %s", kinds[domain->grants[i].kind], domain->grants[i].domain_name));
}

static void draw_domain(struct drawing *drawing, const struct box *box)
{
    const struct domain *domain = box->domain;
    int line = 0;
    fprintf(drawing->out, "<rect class=\"domain\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>\n", box->x,
            box->y, BOX_WIDTH, box->height);
    draw_text(drawing, box, &line, "name", domain->name);
    draw_text(drawing, box, &line, "note",
              text_format("priority %lu, %lu of %lu µs", domain->priority, domain->budget_us, domain->period_us));
    if (has_note(domain))
        draw_text(drawing, box, &line, "note",
                  text_format("%s%s%s%s", domain->is_passive ? "passive " : "",
                              domain->is_supervisor ? "supervisor "
                              : domain->is_observer ? "observer "
                                                    : "",
                              domain->restart.is_given ? "restarted " : "", domain->is_vital ? "vital" : ""));
    draw_holdings(drawing, box, &line);
}

static void draw_region(struct drawing *drawing, const struct box *box)
{
    int line = 0;
    fprintf(drawing->out, "<rect class=\"region\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"18\"/>\n", box->x,
            box->y, BOX_WIDTH, box->height);
    draw_text(drawing, box, &line, "name", box->region->name);
    draw_text(drawing, box, &line, "note",
              box->region->is_at_screen ? text_format("at most %lu KiB, the screen", box->region->bytes >> 10)
              : box->region->physical_address == ADDRESS_NONE
                  ? text_format("%lu KiB", box->region->bytes >> 10)
                  : text_format("%lu KiB at 0x%lx", box->region->bytes >> 10, box->region->physical_address));
}

static void draw_legend(struct drawing *drawing)
{
    static const struct {
        const char *class, *text;
    } lines[] = {{"call", "may call"},
                 {"notify", "may notify"},
                 {"map", "maps"},
                 {"dma", "its device reaches"},
                 {"child", "parent of"}};
    int y = drawing->height - LEGEND_HEIGHT + LINE_HEIGHT;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++, y += LINE_HEIGHT + 3)
        fprintf(drawing->out, "<path class=\"%s\" d=\"M%d %d H%d\"/><text class=\"note\" x=\"%d\" y=\"%d\">%s</text>\n",
                lines[i].class, MARGIN, y, MARGIN + 50, MARGIN + 62, y + 4, lines[i].text);
}

static const char style[] =
    "<style>text{font:12px sans-serif;fill:#222}.name{font-weight:bold}.note,.held{font-size:11px}.held{fill:#8a3b00}"
    ".label{font-size:10px;fill:#555}rect{stroke:#444;stroke-width:1.2}.domain{fill:#eef4fb}.region{fill:#f3f3e4}"
    "path{fill:none;stroke-width:1.4}.call{stroke:#a02020;marker-end:url(#head)}"
    ".notify{stroke:#2050a0;stroke-dasharray:5 "
    "3;marker-end:url(#head)}.mutual{marker-start:url(#head)}.map{stroke:#808040}.dma{stroke:#208040;stroke-width:3;"
    "opacity:0.5}"
    ".child{stroke:#777;stroke-dasharray:2 3}</style>\n"
    "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
    "orient=\"auto-start-reverse\"><path d=\"M0 0 L8 4 L0 8 z\" style=\"fill:#444;stroke:none\"/></marker></defs>\n";

static struct file_bytes draw(const struct system *system)
{
    char *text = NULL;
    size_t size = 0;
    struct drawing drawing = {.out = open_memstream(&text, &size), .system = system};
    if (!drawing.out)
        fail("out of memory");
    drawing.regions = allocate(system->region_count * sizeof(*drawing.regions));
    place_boxes(&drawing);
    fprintf(drawing.out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n%s"
            "<rect width=\"100%%\" height=\"100%%\" style=\"fill:white;stroke:none\"/>\n",
            drawing.width, drawing.height, drawing.width, drawing.height, style);
    draw_maps(&drawing);
    draw_dma(&drawing);
    draw_families(&drawing);
    draw_channels(&drawing);
    for (size_t i = 0; i < system->domain_count; i++)
        draw_domain(&drawing, &drawing.domains[i]);
    for (size_t i = 0; i < system->region_count; i++)
        draw_region(&drawing, &drawing.regions[i]);
    draw_legend(&drawing);
    fputs("</svg>\n", drawing.out);
    if (fclose(drawing.out))
        fail("out of memory");
    return (struct file_bytes){(uint8_t *)text, size};
}

int command_graph(int count, char **words)
{
    struct build_options options = options_read(count, words, COMMAND_GRAPH);
    struct sdk sdk = sdk_open(options.board, options.config);
    struct kernel_options kernel = sdk_kernel_options(&sdk);
    struct file_bytes drawing = draw(system_read(options.system, &options.search, &kernel));
    if (options.output)
        file_write(options.output, drawing.data, drawing.size);
    else if (fwrite(drawing.data, 1, drawing.size, stdout) != drawing.size || fflush(stdout))
        fail("cannot write the drawing");
    return STATUS_OK;
}
