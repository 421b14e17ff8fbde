/* SPDX-License-Identifier: MIT
 *
 * Sources of a plan, and how one of several gets its statistics from its
 * children. A phrase is scored with the sum of its words' idf; alternatives
 * with what was typed, or, where that does not occur, with the one that occurs
 * most. */
#include "query/plan.h"

#include "query/meanings.h"

osl_plan_source *osl_plan_source_new(const osl_plan *plan,
                                     osl_plan_source_kind kind, size_t children)
{
    osl_plan_source *source = osl_arena_zero(plan->arena, 1, sizeof *source);
    if (!source)
        return NULL;
    source->kind = kind;
    source->children =
        osl_arena_zero(plan->arena, children + 1, sizeof(osl_plan_source *));
    return source->children ? source : NULL;
}

bool osl_plan_keeps_made(osl_plan *plan, osl_plan_source *source)
{
    uint32_t segments = osl_index_get_info(plan->index)->segment_count;
    source->made = osl_arena_zero(plan->arena, segments,
                                  OSL_SCORED_FIELDS * sizeof *source->made);
    return source->made != NULL;
}

osl_plan_source *osl_plan_meant(osl_plan *plan, osl_plan_source *source,
                                const osl_meanings *meanings, bool own)
{
    osl_plan_source *meant = osl_plan_source_new(plan, OSL_PLAN_MEANT, 1);
    if (!meant)
        return NULL;
    meant->children[0] = source;
    meant->count = 1;
    meant->meanings = meanings;
    meant->sense = meanings->chosen;
    meant->own = own;
    osl_plan_settle(meant);
    return meant;
}

bool osl_plan_occurs(const osl_plan_source *source)
{
    return source && (source->df[0] || source->df[1] || source->df[2]);
}

bool osl_plan_same_words(const osl_plan_source *a, const osl_plan_source *b)
{
    if (a->kind == OSL_PLAN_MEANT)
        return osl_plan_same_words(a->children[0], b);
    if (b->kind == OSL_PLAN_MEANT)
        return osl_plan_same_words(a, b->children[0]);
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == OSL_PLAN_TERM)
        return osl_text_equal(a->term, b->term);
    for (size_t i = 0; i < a->count; i++)
        if (!osl_plan_same_words(a->children[i], b->children[i]))
            return false;
    return true;
}

/* ---- statistics -------------------------------------------------------- */

/* ANY: the first child is what was typed; where it does not occur, the child
 * that occurs most stands for it. */
static void settle_any(osl_plan_source *source, unsigned field)
{
    const osl_plan_source *best = source->children[0];
    for (size_t i = 1; i < source->count && !source->children[0]->df[field];
         i++)
        if (source->children[i]->df[field] > best->df[field])
            best = source->children[i];
    source->df[field] = best->df[field];
    source->idf[field] = best->idf[field];
    if (field == 0)
        source->burst = best->burst;
}

static void settle_all(osl_plan_source *source, unsigned field)
{
    uint64_t least = UINT64_MAX;
    double sum = 0;
    for (size_t i = 0; i < source->count; i++) {
        const osl_plan_source *child = source->children[i];
        least = child->df[field] < least ? child->df[field] : least;
        sum += child->idf[field];
    }
    source->df[field] = least;
    source->idf[field] = sum;
}

void osl_plan_settle(osl_plan_source *source)
{
    for (unsigned field = 0; field < OSL_SCORED_PARTS; field++)
        if (source->kind == OSL_PLAN_ANY)
            settle_any(source, field);
        else if (source->kind != OSL_PLAN_TERM)
            settle_all(source, field);
}
