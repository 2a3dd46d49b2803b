#include "system.h"

static bool tells_address(const struct symbol *symbol)
{
    return symbol->kind == VALUE_REGION_ADDRESS || symbol->kind == VALUE_BUDGET_ADDRESS;
}

static bool was_told(const struct domain *domain, size_t number)
{
    const struct symbol *symbols = domain->symbols;
    for (size_t i = 0; i < number; i++)
        if (symbols[i].kind == symbols[number].kind && text_is(symbols[i].of, symbols[number].of))
            return true;
    return false;
}

const struct symbol *domain_next_dma(const struct domain *domain, size_t *next)
{
    while (*next < domain->symbol_count) {
        size_t number = (*next)++;
        if (tells_address(&domain->symbols[number]) && !was_told(domain, number))
            return &domain->symbols[number];
    }
    return NULL;
}

uint64_t dma_bytes(const struct system *system, const struct symbol *symbol)
{
    if (symbol->kind == VALUE_REGION_ADDRESS)
        return system_region(system, symbol->of)->bytes;
    uint64_t budget = system_domain(system, symbol->of)->memory_budget, piece = 1;
    if (budget == MEMORY_REST)
        return MEMORY_REST;
    while (piece <= budget / 2)
        piece *= 2;
    return piece;
}
