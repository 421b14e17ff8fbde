/* SPDX-License-Identifier: MIT */
#include "indexer/invert.h"

#include "core/base/pages.h"
#include "core/segment/encode.h"
#include "indexer/crew.h"
#include "indexer/turns.h"

#include <string.h>

/* Positions are numbered with a gap behind each ordinal, up to the next
 * multiple of BLOCK; one without a token has a whole one. */
enum { BLOCK_BITS = OSL_SPREAD_BLOCK_BITS, BLOCK = 1 << BLOCK_BITS };

/* Entries whose terms are told before the first is placed; of these, that are
 * placed before the first is written. */
#define PIECE ((size_t)2048)
#define CHUNK ((size_t)256)
/* How far ahead of the token what its form writes is. */
#define TOKENS_AHEAD ((size_t)48)
/* What one thread encodes before it is written: entries, terms. */
#define SHARE_ENTRIES 100000u
#define SHARE_TERMS   4096u
/* Most bits of an entry that say which form it is. */
#define FORM_BITS_MAX 8u

typedef osl_spread_group group;

/* What a form's occurrence writes. */
typedef struct target {
    uint32_t rank;
    uint16_t code;  /* of the form in its term, or the escape */
    uint16_t extra; /* 0: it has no extra term; 1 …: which of `extras`;
                     * FAR_EXTRA: none of these */
} target;

/* Few forms have an extra term, and those that occur often come first. */
enum { FAR_EXTRA = UINT16_MAX };

/* Ordinals that one thread scatters. */
typedef struct part {
    size_t first, end;               /* ordinals */
    size_t first_id, end_id;         /* of their tokens */
    uint32_t position, end_position; /* numbers */
    uint32_t *cursors;               /* by rank; owns */
} part;

/* An entry is the number of a position, and below it which of its term's
 * forms stands there, in `form_bits` bits; all ones: it is looked up. */
typedef struct inverter {
    const osl_batch_field *field;
    const osl_terms *terms;
    const osl_invert_options *options;
    osl_writer *writer;
    group *groups;
    uint32_t *id_starts;  /* of each ordinal's tokens in `ids` */
    target *targets;      /* by form */
    target *extras;       /* what extra terms' occurrences write; from 1 on */
    const uint32_t *far;  /* the last token but as many as are fetched ahead */
    const uint32_t *near; /* as many behind the first */
    unsigned form_bits;
    uint32_t escape;
    uint32_t *starts;    /* of each rank's entries; count + 1 */
    uint32_t *out;       /* entries, term by term */
    osl_pages_used used; /* of these; changed in turn */
    uint32_t most;       /* entries of one term */
    uint32_t longest;    /* list of forms of one term */
    part *parts;
    unsigned size;
    uint32_t next_rank; /* to be encoded; guarded by the turns' lock */
    osl_turns turns;
} inverter;

/* Shares that a thread has encoded and whose turn has not come, at most. */
enum { WAITING = 3 };

/* One thread's room: a term as the writer takes it. */
typedef struct scratch {
    uint32_t *ordinals, *tfs, *forms;   /* own */
    uint32_t *owners;                   /* owns; of each occurrence */
    uint32_t *form_dfs, *form_last;     /* own; by form of the term */
    osl_text *form_texts;               /* owns */
    osl_encoder *encoder;               /* of the share at hand: one of these */
    osl_encoder *encoders[WAITING + 1]; /* own */
} scratch;

static void clear(inverter *in)
{
    free(in->groups);
    free(in->id_starts);
    free(in->targets);
    free(in->extras);
    free(in->starts);
    free(in->out);
    for (unsigned i = 0; in->parts && i < in->size; i++)
        free(in->parts[i].cursors);
    free(in->parts);
}

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while sorting postings");
    return OSL_ENOMEM;
}

static uint64_t rounded(uint32_t length)
{
    uint64_t least = length ? length : 1;
    return (least + BLOCK - 1) >> BLOCK_BITS << BLOCK_BITS;
}

/* ---- numbers of positions ----------------------------------------------- */

static unsigned bits_of(uint64_t value)
{
    return value ? 64u - (unsigned)__builtin_clzll(value) : 0;
}

static osl_status make_groups(inverter *in, osl_error *err)
{
    enum { GROUP_BITS = OSL_SPREAD_GROUP_BITS, GROUP = 1 << GROUP_BITS };
    const osl_list32 *lengths = &in->field->lengths;
    uint64_t total = 0;
    for (size_t i = 0; i < lengths->count; i++)
        total += rounded(lengths->at[i]);
    if (total > UINT32_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "more words than a segment may hold (2^32)");
    /* Entries that are read behind the last are 0: of the first one. */
    size_t count = (size_t)(total >> (BLOCK_BITS + GROUP_BITS)) + 1, next = 0;
    in->groups = osl_pages_take(count, sizeof *in->groups);
    in->id_starts = malloc((lengths->count + 1) * sizeof *in->id_starts);
    if (!in->groups || !in->id_starts)
        return no_memory(err);
    uint32_t block = 0, id = 0, ordinal = UINT32_MAX, first = 0;
    for (size_t i = 0; i < lengths->count; i++) {
        for (; next <= block >> GROUP_BITS; next++)
            in->groups[next] = (group){0, ordinal, first};
        in->groups[next - 1].firsts |= (uint64_t)1 << (block % GROUP);
        in->id_starts[i] = id;
        ordinal = (uint32_t)i;
        first = block;
        id += lengths->at[i];
        block += (uint32_t)(rounded(lengths->at[i]) >> BLOCK_BITS);
    }
    for (; next < count; next++)
        in->groups[next] = (group){0, ordinal, first};
    unsigned free_bits = 32 - bits_of(total);
    if (in->options->with_forms)
        in->form_bits = free_bits < FORM_BITS_MAX ? free_bits : FORM_BITS_MAX;
    in->escape = (1u << in->form_bits) - 1;
    return OSL_OK;
}

/* ---- where entries go --------------------------------------------------- */

static osl_status make_starts(inverter *in, osl_error *err)
{
    const osl_terms *terms = in->terms;
    uint64_t total = 0;
    in->starts = calloc((size_t)terms->count + 1, sizeof *in->starts);
    if (!in->starts)
        return no_memory(err);
    for (uint32_t i = 0; i < in->field->forms.count; i++) {
        const osl_form_terms *form = &terms->forms[i];
        uint32_t count = terms->counts[i];
        if (count == 0)
            continue;
        in->starts[form->base] += count;
        total += count;
        if (form->extra == OSL_TERM_NONE)
            continue;
        in->starts[form->extra] += count;
        total += count;
    }
    if (total > UINT32_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "more postings than a segment may hold (2^32)");
    uint32_t start = 0;
    for (uint32_t rank = 0; rank < terms->count; rank++) {
        uint32_t here = in->starts[rank];
        uint32_t list = terms->list_starts[rank + 1] - terms->list_starts[rank];
        in->most = here > in->most ? here : in->most;
        in->longest = list > in->longest ? list : in->longest;
        in->starts[rank] = start;
        start += here;
    }
    in->starts[terms->count] = start;
    in->out = osl_pages_take((size_t)start + OSL_SPREAD_SLACK, sizeof *in->out);
    if (!in->out)
        return no_memory(err);
    memset(in->out + start, 0, OSL_SPREAD_SLACK * sizeof *in->out);
    return OSL_OK;
}

/* Of the form's extra term. */
static target make_extra(const inverter *in, uint32_t form)
{
    const osl_form_terms *of = &in->terms->forms[form];
    uint32_t code = of->extra_local < in->escape ? of->extra_local : in->escape;
    return (target){of->extra, (uint16_t)code, 0};
}

static osl_status make_targets(inverter *in, osl_error *err)
{
    uint32_t count = in->field->forms.count;
    uint16_t extra = 0;
    in->targets = osl_pages_take((size_t)count + 1, sizeof *in->targets);
    in->extras = malloc((size_t)FAR_EXTRA * sizeof *in->extras);
    if (!in->targets || !in->extras)
        return no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        const osl_form_terms *form = &in->terms->forms[i];
        uint32_t code =
            form->base_local < in->escape ? form->base_local : in->escape;
        in->targets[i] = (target){form->base, (uint16_t)code, 0};
        if (form->extra == OSL_TERM_NONE)
            continue;
        if (extra < FAR_EXTRA && ++extra < FAR_EXTRA)
            in->extras[extra] = make_extra(in, i);
        in->targets[i].extra = extra;
    }
    return OSL_OK;
}

/* ---- scatter ------------------------------------------------------------ */

/* Deals the ordinals out to threads, by tokens. */
static osl_status make_parts(inverter *in, osl_error *err)
{
    const osl_list32 *lengths = &in->field->lengths;
    size_t share = in->field->ids.count / in->size + 1, ordinal = 0, id = 0;
    uint32_t position = 0;
    in->parts = calloc(in->size, sizeof *in->parts);
    const size_t ids = in->field->ids.count;
    const size_t ahead = ids < TOKENS_AHEAD ? ids : TOKENS_AHEAD;
    in->far = osl_list32_from(&in->field->ids, ids - ahead);
    in->near = osl_list32_from(&in->field->ids, ahead);
    if (!in->parts)
        return no_memory(err);
    for (unsigned i = 0; i < in->size; i++) {
        part *to = &in->parts[i];
        *to = (part){.first = ordinal, .first_id = id, .position = position};
        while (ordinal < lengths->count &&
               (id < share * (i + 1) || i + 1 == in->size)) {
            id += lengths->at[ordinal];
            position += (uint32_t)rounded(lengths->at[ordinal++]);
        }
        to->end = ordinal;
        to->end_id = id;
        to->end_position = position;
        to->cursors = calloc((size_t)in->terms->count + 1, sizeof *to->cursors);
        if (!to->cursors)
            return no_memory(err);
    }
    return OSL_OK;
}

/* How often each term stands in a part, of all but the last two: the last one
 * is scattered from its end, so that nobody need know where it begins. */
static osl_status count_part(void *user, unsigned worker, osl_error *err)
{
    const inverter *in = user;
    const part *of = &in->parts[worker];
    (void)err;
    if (worker + 2 >= in->size)
        return OSL_OK;
    const uint32_t *ids = in->field->ids.at;
    for (size_t i = of->first_id; i < of->end_id; i++) {
        const target *to = &in->targets[ids[i]];
        of->cursors[to->rank]++;
        if (to->extra)
            of->cursors[in->terms->forms[ids[i]].extra]++;
    }
    return OSL_OK;
}

/* Each part's entries of a term stand behind those of the parts before. */
static osl_status place_parts(inverter *in, osl_error *err)
{
    const unsigned last = in->size - 1;
    osl_status status = OSL_OK;
    if (in->size > 2)
        status = osl_crew_run(in->size, count_part, NULL, in, err);
    for (uint32_t rank = 0; rank < in->terms->count; rank++) {
        uint32_t at = in->starts[rank];
        for (unsigned i = 0; i < last; i++) {
            uint32_t here = in->parts[i].cursors[rank];
            in->parts[i].cursors[rank] = at;
            at += here;
        }
        in->parts[last].cursors[rank] = in->starts[rank + (last > 0)];
    }
    return status;
}

/* One entry to come, and its term, which becomes its place. */
typedef struct pending {
    uint32_t rank, entry;
} pending;

/* Places are told and fetched for CHUNK entries before the first of them is
 * written. */
static void write_pending(uint32_t *restrict out, uint32_t *restrict cursors,
                          pending *restrict piece, size_t count)
{
    for (size_t from = 0; from < count; from += CHUNK) {
        size_t end = count - from < CHUNK ? count : from + CHUNK;
        for (size_t i = from; i < end; i++) {
            uint32_t place = cursors[piece[i].rank]++;
            __builtin_prefetch(&out[place], 1);
            piece[i].rank = place;
        }
        for (size_t i = from; i < end; i++)
            out[piece[i].rank] = piece[i].entry;
    }
}

/* The same from the last one on, each before the one behind it. */
static void write_pending_back(uint32_t *restrict out,
                               uint32_t *restrict cursors,
                               pending *restrict piece, size_t count)
{
    for (size_t from = 0; from < count; from += CHUNK) {
        size_t end = count - from < CHUNK ? count : from + CHUNK;
        for (size_t i = from; i < end; i++) {
            uint32_t place = --cursors[piece[i].rank];
            __builtin_prefetch(&out[place], 1);
            piece[i].rank = place;
        }
        for (size_t i = from; i < end; i++)
            out[piece[i].rank] = piece[i].entry;
    }
}

/* What a token's entries are made of. */
typedef struct listing {
    const inverter *in;
    const target *targets;
    const uint32_t *cursors;
} listing;

/* The entry of a form's extra term. Few have one: apart, it leaves the loop of
 * the others its registers. */
static __attribute__((noinline)) pending list_extra(const inverter *in,
                                                    uint32_t id, uint32_t entry)
{
    uint16_t extra = in->targets[id].extra;
    target to = extra == FAR_EXTRA ? make_extra(in, id) : in->extras[extra];
    return (pending){to.rank, entry | to.code};
}

/* One token's entries; returns where they end. */
static inline pending *list_token(listing all, uint32_t id, uint32_t entry,
                                  pending *restrict to)
{
    target of = all.targets[id];
    __builtin_prefetch(&all.cursors[of.rank]);
    *to++ = (pending){of.rank, entry | of.code};
    if (__builtin_expect(of.extra != 0, 0))
        *to++ = list_extra(all.in, id, entry);
    return to;
}

/* The entries of one ordinal's tokens from `id` on; returns where they end. */
static pending *list_entries(listing all, const uint32_t *id, uint32_t length,
                             uint32_t position, pending *restrict to)
{
    /* The last token whose target may be fetched ahead. */
    const uint32_t *far = all.in->far, *end = id + length;
    const uint32_t step = 1u << all.in->form_bits;
    uint32_t entry = position << all.in->form_bits;
    if (far > end)
        far = end;
    for (; id < far; id++, entry += step) {
        __builtin_prefetch(&all.targets[id[TOKENS_AHEAD]]);
        to = list_token(all, *id, entry, to);
    }
    for (; id < end; id++, entry += step)
        to = list_token(all, *id, entry, to);
    return to;
}

/* The same from the last token on. */
static pending *list_entries_back(listing all, const uint32_t *id,
                                  uint32_t length, uint32_t position,
                                  pending *restrict to)
{
    const uint32_t *near = all.in->near, *end = id + length;
    const uint32_t step = 1u << all.in->form_bits;
    uint32_t entry = (position + length) << all.in->form_bits;
    if (near < id)
        near = id;
    while (end > near) {
        entry -= step;
        end--;
        __builtin_prefetch(&all.targets[*(end - TOKENS_AHEAD)]);
        to = list_token(all, *end, entry, to);
    }
    while (end > id) {
        entry -= step;
        end--;
        to = list_token(all, *end, entry, to);
    }
    return to;
}

static void scatter_on(const inverter *in, const part *at, pending *piece)
{
    const uint32_t *id = osl_list32_from(&in->field->ids, at->first_id);
    const listing all = {in, in->targets, at->cursors};
    uint32_t position = at->position;
    size_t count = 0;
    for (size_t i = at->first; i < at->end; i++) {
        uint32_t length = in->field->lengths.at[i];
        for (uint32_t n = 0; n < length;) {
            uint32_t step = length - n < PIECE ? length - n : (uint32_t)PIECE;
            count = (size_t)(list_entries(all, id, step, position + n,
                                          piece + count) -
                             piece);
            id += step;
            n += step;
            if (count < PIECE)
                continue;
            write_pending(in->out, at->cursors, piece, count);
            count = 0;
        }
        position += (uint32_t)rounded(length);
    }
    write_pending(in->out, at->cursors, piece, count);
}

static void scatter_back(const inverter *in, const part *at, pending *piece)
{
    const uint32_t *id = osl_list32_from(&in->field->ids, at->end_id);
    const listing all = {in, in->targets, at->cursors};
    uint32_t position = at->end_position;
    size_t count = 0;
    for (size_t i = at->end; i-- > at->first;) {
        uint32_t length = in->field->lengths.at[i];
        position -= (uint32_t)rounded(length);
        for (uint32_t n = length; n > 0;) {
            uint32_t step = n < PIECE ? n : (uint32_t)PIECE;
            id -= step;
            n -= step;
            count = (size_t)(list_entries_back(all, id, step, position + n,
                                               piece + count) -
                             piece);
            if (count < PIECE)
                continue;
            write_pending_back(in->out, at->cursors, piece, count);
            count = 0;
        }
    }
    write_pending_back(in->out, at->cursors, piece, count);
}

static osl_status scatter(void *user, unsigned worker, osl_error *err)
{
    const inverter *in = user;
    /* Room for a piece of tokens that have two entries each. */
    pending *piece = malloc(4 * PIECE * sizeof *piece);
    if (!piece)
        return no_memory(err);
    if (worker > 0 && worker + 1 == in->size)
        scatter_back(in, &in->parts[worker], piece);
    else
        scatter_on(in, &in->parts[worker], piece);
    free(piece);
    return OSL_OK;
}

/* ---- terms -------------------------------------------------------------- */

static void clear_scratch(scratch *s)
{
    free(s->ordinals);
    free(s->tfs);
    free(s->forms);
    free(s->owners);
    free(s->form_dfs);
    free(s->form_last);
    free(s->form_texts);
    for (unsigned i = 0; i <= WAITING; i++)
        osl_encoder_free(s->encoders[i]);
}

static bool make_scratch(scratch *s, const inverter *in)
{
    size_t bytes = ((size_t)in->most + OSL_SPREAD_SLACK) * sizeof(uint32_t);
    size_t forms = (size_t)in->longest + 1;
    s->ordinals = malloc(bytes);
    s->tfs = malloc(bytes);
    s->forms = malloc(bytes);
    s->owners = malloc(bytes);
    s->form_dfs = malloc(forms * sizeof *s->form_dfs);
    s->form_last = malloc(forms * sizeof *s->form_last);
    s->form_texts = malloc(forms * sizeof *s->form_texts);
    bool done = s->ordinals && s->tfs && s->forms && s->owners && s->form_dfs &&
                s->form_last && s->form_texts;
    for (unsigned i = 0; i <= WAITING && done; i++) {
        s->encoders[i] = osl_encoder_new();
        done = s->encoders[i] != NULL;
        if (done)
            osl_encoder_begin(s->encoders[i], in->writer);
    }
    return done;
}

/* Entries [from, to) become ordinals, tfs, and positions in their own place;
 * returns df. */
static uint32_t spread(const inverter *in, const scratch *s, uint32_t from,
                       uint32_t to, bool owners)
{
    const osl_spread term = {.entries = in->out + from,
                             .count = to - from,
                             .bits = in->form_bits,
                             .groups = in->groups,
                             .ordinals = s->ordinals,
                             .tfs = s->tfs,
                             .owners = owners ? s->owners : NULL};
    return in->options->kernels->spread(&term);
}

/* Which form of the term an occurrence is whose entry does not say. */
static uint32_t look_up(const inverter *in, uint32_t rank, uint32_t ordinal,
                        uint32_t position)
{
    uint32_t place = in->id_starts[ordinal] + position;
    const osl_form_terms *form = &in->terms->forms[in->field->ids.at[place]];
    return form->base == rank ? form->base_local : form->extra_local;
}

/* The same for a term of several forms, `forms` of them: which of them each
 * occurrence is, and in how many ordinals each form stands. */
static uint32_t spread_forms(const inverter *in, const scratch *s,
                             uint32_t rank, uint32_t forms)
{
    uint32_t from = in->starts[rank], count = in->starts[rank + 1] - from;
    const uint32_t *entries = in->out + from;
    for (uint32_t i = 0; i < count; i++)
        s->forms[i] = entries[i] & in->escape;
    uint32_t df = spread(in, s, from, from + count, true);
    for (uint32_t i = 0; forms > in->escape && i < count; i++)
        if (s->forms[i] == in->escape)
            s->forms[i] = look_up(in, rank, s->owners[i], entries[i]);
    const osl_form_dfs dfs = {.forms = s->forms,
                              .owners = s->owners,
                              .count = count,
                              .dfs = s->form_dfs,
                              .last = s->form_last};
    in->options->kernels->form_dfs(&dfs);
    return df;
}

/* Returns the term's df. */
static uint32_t encode_term(const inverter *in, scratch *s, uint32_t rank)
{
    const osl_terms *terms = in->terms;
    uint32_t from = in->starts[rank], to = in->starts[rank + 1];
    uint32_t count = terms->list_starts[rank + 1] - terms->list_starts[rank];
    osl_term_postings postings = {
        .term = osl_terms_text(terms, rank),
        .ordinals = s->ordinals,
        .tfs = s->tfs,
        .positions = in->out + from,
    };
    /* A list that says no more than the term is none. */
    if (in->options->with_forms && !terms->is_plain[rank]) {
        for (uint32_t i = 0; i < count; i++)
            s->form_texts[i] = osl_terms_folded(terms, rank, i);
        postings.forms = s->forms;
        postings.form_list = s->form_texts;
        postings.form_count = count;
    }
    if (postings.form_count > 1) {
        memset(s->form_dfs, 0, count * sizeof *s->form_dfs);
        memset(s->form_last, 0xFF, count * sizeof *s->form_last);
        postings.df = spread_forms(in, s, rank, count);
    } else {
        s->form_dfs[0] = postings.df = spread(in, s, from, to, false);
    }
    osl_encoder_counted_term(s->encoder, &postings, to - from, s->form_dfs);
    return postings.df;
}

/* The texts of a term's forms are anywhere in memory. */
static void fetch_texts(const inverter *in, uint32_t rank)
{
    enum { NEAR = 6, FAR = 12, MOST = 8 };
    const osl_terms *terms = in->terms;
    const uint32_t *starts = terms->list_starts + rank;
    if (rank + FAR >= terms->count)
        return;
    uint32_t far = starts[FAR + 1] - starts[FAR];
    uint32_t near = starts[NEAR + 1] - starts[NEAR];
    far = terms->is_plain[rank + FAR] ? 0 : far < MOST ? far : MOST;
    near = terms->is_plain[rank + NEAR] ? 0 : near < MOST ? near : MOST;
    for (uint32_t i = 0; i < far; i++)
        __builtin_prefetch(&terms->folded[terms->lists[starts[FAR] + i]]);
    for (uint32_t i = 0; i < near; i++)
        __builtin_prefetch(osl_terms_folded(terms, rank + NEAR, i).bytes);
}

/* The next terms to encode; their end. */
static uint32_t end_of_share(const inverter *in, uint32_t from)
{
    uint32_t to = from, most = in->terms->count;
    while (to < most && to - from < SHARE_TERMS &&
           in->starts[to] - in->starts[from] < SHARE_ENTRIES)
        to++;
    return to;
}

static bool take_share(inverter *in, uint32_t *from, uint32_t *to,
                       uint64_t *turn)
{
    osl_turns_lock(&in->turns);
    *from = in->next_rank;
    *to = in->next_rank = end_of_share(in, *from);
    bool found = *to > *from;
    if (found)
        *turn = osl_turns_take(&in->turns);
    osl_turns_unlock(&in->turns);
    return found;
}

/* Of terms up to `end`, all of which are encoded. */
static void give(inverter *in, osl_encoder *encoder, uint64_t turn,
                 uint32_t end)
{
    osl_turns_begin(&in->turns, turn);
    osl_pages_give_back(&in->used, in->out + in->starts[end],
                        osl_writer_offset(in->writer));
    osl_writer_take(in->writer, encoder);
    osl_turns_end(&in->turns);
}

static void encode_share(inverter *in, scratch *s, uint32_t from, uint32_t to)
{
    for (uint32_t rank = from; rank < to; rank++) {
        fetch_texts(in, rank);
        uint32_t df = encode_term(in, s, rank);
        if (in->options->dfs)
            in->options->dfs[rank] = df;
    }
}

/* A share whose turn has not come waits in its encoder while the next one is
 * encoded into another. */
static osl_status encode(void *user, unsigned worker, osl_error *err)
{
    inverter *in = user;
    scratch s = {0};
    uint32_t from, ends[WAITING + 1];
    uint64_t turns[WAITING + 1];
    unsigned first = 0, count = 0; /* that wait */
    (void)worker;
    if (!make_scratch(&s, in)) {
        clear_scratch(&s);
        return no_memory(err);
    }
    for (bool found = true; found || count > 0;) {
        unsigned here = (first + count) % (WAITING + 1);
        found = found && take_share(in, &from, &ends[here], &turns[here]);
        if (found) {
            s.encoder = s.encoders[here];
            encode_share(in, &s, from, ends[here]);
            count++;
        }
        while (count > 0 && (!found || count > WAITING ||
                             osl_turns_is(&in->turns, turns[first]))) {
            give(in, s.encoders[first], turns[first], ends[first]);
            first = --count > 0 ? (first + 1) % (WAITING + 1) : 0;
        }
    }
    clear_scratch(&s);
    return OSL_OK;
}

static osl_status prepare(inverter *in, osl_error *err)
{
    osl_status status = make_groups(in, err);
    if (status == OSL_OK)
        status = make_starts(in, err);
    if (status == OSL_OK)
        status = make_targets(in, err);
    if (status == OSL_OK)
        status = make_parts(in, err);
    if (status == OSL_OK)
        status = place_parts(in, err);
    if (status == OSL_OK)
        status = osl_crew_run(in->size, scatter, NULL, in, err);
    return status;
}

osl_status osl_invert(const osl_batch *batch, const osl_terms *terms,
                      const osl_invert_options *options, osl_writer *writer,
                      osl_error *err)
{
    const osl_batch_field *field = &batch->fields[options->field];
    inverter in = {.field = field,
                   .terms = terms,
                   .options = options,
                   .writer = writer,
                   .size = options->thread_count ? options->thread_count : 1};
    osl_status status = prepare(&in, err);
    if (status == OSL_OK && !osl_turns_init(&in.turns))
        status = no_memory(err);
    else if (status == OSL_OK) {
        osl_writer_begin_field(writer, options->field,
                               (uint32_t)field->lengths.count,
                               field->lengths.at);
        in.used =
            (osl_pages_used){(char *)in.out, osl_writer_offset(writer), 0};
        status = osl_crew_run(in.size, encode, NULL, &in, err);
        osl_turns_clear(&in.turns);
    }
    clear(&in);
    return status;
}
