/* SPDX-License-Identifier: MIT */
#include "query/meet.h"

typedef struct meet {
    osl_plan *plan;
    osl_answer *answer;
    osl_meet_count_fn *count;
    void *user;
    const osl_plan_node *root;  /* of the plan: filters stand here, too */
    const osl_plan_node *group; /* what has the parts: root, or all of it */
    const osl_plan_node *parts[OSL_MEET_PARTS];
    size_t part_count;
    osl_error *err;
} meet;

static osl_status no_memory(const meet *m)
{
    return osl_fail(m->err, OSL_ENOMEM, "query: memory ran out");
}

static bool add_part(meet *m, const osl_plan_node *part)
{
    if (m->part_count == OSL_MEET_PARTS)
        return false;
    m->parts[m->part_count++] = part;
    return true;
}

/* ---- what has to meet ------------------------------------------------- */

/* The group itself, or the one that is all it looks for. */
static const osl_plan_node *group_of_parts(const osl_plan_node *group)
{
    const osl_plan_node *only = NULL;
    for (const osl_plan_node *child = group->children; child;
         child = child->next) {
        if (child->occur == OSL_OCCUR_FILTER || child->occur == OSL_OCCUR_NOT)
            continue;
        if (only || child->kind != OSL_PLAN_GROUP)
            return group;
        only = child;
    }
    return only ? only : group;
}

/* All required parts; false where there are too many, or some occur nowhere:
 * that is said already. */
static bool take_required(meet *m)
{
    for (const osl_plan_node *child = m->group->children; child;
         child = child->next) {
        if (child->occur != OSL_OCCUR_MUST)
            continue;
        if (!child->cost || !add_part(m, child))
            return false;
    }
    return m->part_count > 1;
}

/* The words of a query that is nothing but plain words. */
static bool take_plain(meet *m)
{
    for (const osl_plan_node *child = m->group->children; child;
         child = child->next) {
        if (child->bonus || child->occur == OSL_OCCUR_FILTER ||
            child->occur == OSL_OCCUR_NOT)
            continue;
        if (child->kind != OSL_PLAN_UNIT || !child->unit->plain ||
            m->part_count == OSL_MEET_PARTS_PLAIN || !add_part(m, child))
            return false;
    }
    return m->part_count > 1;
}

/* The n-th word between blanks of `text`; empty behind the last. */
static osl_text word_of(osl_text text, size_t n)
{
    const char *at = text.bytes, *end = at + text.length;
    for (;; n--) {
        while (at < end && *at == ' ')
            at++;
        const char *stop = at;
        while (stop < end && *stop != ' ')
            stop++;
        if (!n || stop == end)
            return n ? (osl_text){end, 0} : (osl_text){at, (size_t)(stop - at)};
        at = stop;
    }
}

/* The n-th word of a phrase as a part of its own; NULL: no memory. */
static const osl_plan_node *word_part(const meet *m,
                                      const osl_plan_node *phrase, size_t n)
{
    osl_arena *arena = m->plan->arena;
    const osl_plan_source *source = phrase->unit->source;
    const osl_node *typed = phrase->unit->node;
    osl_plan_node *part = osl_arena_zero(arena, 1, sizeof *part);
    osl_unit_plan *unit = osl_arena_zero(arena, 1, sizeof *unit);
    if (!part || !unit)
        return NULL;
    *part = *phrase;
    *unit = *phrase->unit;
    part->unit = unit;
    unit->source = source->children[n];
    unit->typed = NULL;
    part->label = unit->source->term;
    /* As typed, where the phrase has a word for each of its terms. */
    if (typed && word_of(typed->text, source->count - 1).length &&
        !word_of(typed->text, source->count).length)
        part->label = word_of(typed->text, n);
    return part;
}

/* The words of a phrase that is the whole query. */
static osl_status take_phrase(meet *m, bool *taken)
{
    const osl_plan_node *child = m->group->children;
    *taken = false;
    if (!child || child->next || child->kind != OSL_PLAN_UNIT ||
        child->unit->source->kind != OSL_PLAN_PHRASE ||
        child->unit->source->count > OSL_MEET_PARTS)
        return OSL_OK;
    for (size_t i = 0; i < child->unit->source->count; i++) {
        const osl_plan_node *part = word_part(m, child, i);
        if (!part)
            return no_memory(m);
        if (part->unit->source->kind != OSL_PLAN_TERM)
            return OSL_OK;
        m->parts[m->part_count++] = part;
    }
    *taken = true;
    return OSL_OK;
}

/* ---- counting ---------------------------------------------------------- */

/* Appends a copy of `node` that is required. */
static bool require(const meet *m, osl_plan_node *group,
                    const osl_plan_node *node, osl_occur occur)
{
    osl_plan_node *copy = osl_arena_zero(m->plan->arena, 1, sizeof *copy);
    if (!copy)
        return false;
    *copy = *node;
    copy->occur = occur;
    copy->next = group->children;
    group->children = copy;
    return true;
}

/* Appends the conditions of `node` that are no parts. */
static bool require_conditions(const meet *m, osl_plan_node *group,
                               const osl_plan_node *node)
{
    for (const osl_plan_node *child = node->children; child;
         child = child->next)
        if ((child->occur == OSL_OCCUR_FILTER ||
             child->occur == OSL_OCCUR_NOT) &&
            !require(m, group, child, child->occur))
            return false;
    return true;
}

/* Counts paragraphs with the parts of `which`, a bit each, under the filters
 * and without what is forbidden. */
static osl_status count_parts(meet *m, unsigned which, uint64_t *count,
                              osl_top_entry *best)
{
    osl_plan *plan = m->plan;
    osl_plan_node group = {.kind = OSL_PLAN_GROUP}, *root = plan->root;
    if (!require_conditions(m, &group, m->root) ||
        (m->group != m->root && !require_conditions(m, &group, m->group)))
        return no_memory(m);
    for (size_t i = 0; i < m->part_count; i++)
        if (which >> i & 1 && !require(m, &group, m->parts[i], OSL_OCCUR_MUST))
            return no_memory(m);
    plan->root = &group;
    osl_status status = m->count(m->user, count, best, m->err);
    plan->root = root;
    return status;
}

static osl_status best_id(meet *m, const osl_top_entry *best, osl_text *out)
{
    osl_hit hit = {0};
    uint32_t section;
    if (best->segment == UINT32_MAX)
        return OSL_OK;
    osl_status status = osl_answer_fill_bare(
        m->answer, osl_index_segment(m->plan->index, best->segment),
        best->paragraph, &hit, &section, m->err);
    *out = hit.id;
    return status;
}

static osl_status note_meeting(meet *m, size_t a, size_t b)
{
    osl_top_entry best = {.segment = UINT32_MAX};
    osl_meeting *meeting = &m->answer->meetings[m->answer->meeting_count++];
    osl_arena *arena = &m->answer->arena;
    if (!osl_arena_text(arena, m->parts[a]->label, &meeting->first) ||
        (b != a &&
         !osl_arena_text(arena, m->parts[b]->label, &meeting->second)))
        return no_memory(m);
    osl_status status =
        count_parts(m, 1U << a | 1U << b, &meeting->count, &best);
    return status == OSL_OK ? best_id(m, &best, &meeting->best) : status;
}

static osl_status note_all(meet *m)
{
    size_t n = m->part_count;
    osl_status status = OSL_OK;
    m->answer->meetings = osl_arena_zero(&m->answer->arena, n + n * (n - 1) / 2,
                                         sizeof *m->answer->meetings);
    if (!m->answer->meetings)
        return no_memory(m);
    for (size_t i = 0; status == OSL_OK && i < n; i++)
        status = note_meeting(m, i, i);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; status == OSL_OK && j < n; j++)
            if (m->answer->meetings[i].count && m->answer->meetings[j].count)
                status = note_meeting(m, i, j);
    return status;
}

/* Whether what has to meet is known, and no paragraph has all of it. */
static osl_status find_parts(meet *m, bool *apart)
{
    *apart = false;
    if (m->answer->count) {
        uint64_t together = 1;
        osl_top_entry best;
        if (!take_plain(m))
            return OSL_OK;
        osl_status status =
            count_parts(m, (1U << m->part_count) - 1, &together, &best);
        *apart = !together;
        return status;
    }
    osl_status status = take_phrase(m, apart);
    if (status != OSL_OK || *apart)
        return status;
    m->part_count = 0;
    *apart = take_required(m);
    return OSL_OK;
}

osl_status osl_meet(osl_plan *plan, osl_answer *answer,
                    osl_meet_count_fn *count, void *user, osl_error *err)
{
    meet m = {.plan = plan,
              .answer = answer,
              .count = count,
              .user = user,
              .err = err};
    bool apart;
    m.root = plan->root;
    if (!m.root || m.root->kind != OSL_PLAN_GROUP)
        return OSL_OK;
    m.group = group_of_parts(m.root);
    osl_status status = find_parts(&m, &apart);
    return status == OSL_OK && apart ? note_all(&m) : status;
}
