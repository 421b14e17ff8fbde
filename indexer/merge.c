/* SPDX-License-Identifier: MIT */
#include "indexer/merge_inner.h"

#include "core/base/pages.h"

#include <stdlib.h>
#include <string.h>

osl_status osl_merge_no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while merging segments");
    return OSL_ENOMEM;
}

/* ---- what lives --------------------------------------------------------- */

/* Where the rows of an input's documents begin, by document or paragraph. */
typedef struct input_rows {
    osl_column_view first_paragraphs, first_sections;
    osl_column_view lists[OSL_ROWS_COUNT]; /* by paragraph */
} input_rows;

static osl_status open_rows(const osl_merge *m, uint32_t input, input_rows *out,
                            osl_error *err)
{
    static const struct {
        unsigned rows;
        uint32_t kind;
        unsigned column;
    } lists[] = {
        {OSL_ROWS_CITATIONS, OSL_SECTION_PARAGRAPHS,
         OSL_PARAGRAPH_FIRST_CITATION},
        {OSL_ROWS_EVIDENCE, OSL_SECTION_PARAGRAPHS,
         OSL_PARAGRAPH_FIRST_EVIDENCE},
        {OSL_ROWS_USES, OSL_SECTION_ALIASES, OSL_ALIAS_FIRST_USE},
    };
    const osl_segment *segment = osl_merge_segment(m, input);
    const osl_segment_info *info = osl_segment_get_info(segment);
    osl_status status = osl_tables_view(
        segment, OSL_SECTION_DOCUMENTS, OSL_DOCUMENT_FIRST_PARAGRAPH,
        info->document_count + 1, &out->first_paragraphs, err);
    if (status == OSL_OK)
        status = osl_tables_view(
            segment, OSL_SECTION_DOCUMENTS, OSL_DOCUMENT_FIRST_SECTION,
            info->document_count + 1, &out->first_sections, err);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        bool none = lists[i].rows == OSL_ROWS_USES && m->has_texts;
        if (status == OSL_OK && !none)
            status = osl_tables_view(segment, lists[i].kind, lists[i].column,
                                     info->paragraph_count + 1,
                                     &out->lists[lists[i].rows], err);
    }
    return status;
}

/* Row numbers at the head of a document. */
static void rows_at(const input_rows *rows, uint32_t document,
                    uint32_t out[OSL_ROWS_COUNT])
{
    uint32_t paragraph =
        (uint32_t)osl_column_view_get(&rows->first_paragraphs, document);
    out[OSL_ROWS_DOCUMENTS] = document;
    out[OSL_ROWS_PARAGRAPHS] = paragraph;
    out[OSL_ROWS_SECTIONS] =
        (uint32_t)osl_column_view_get(&rows->first_sections, document);
    out[OSL_ROWS_USES] = 0;
    for (unsigned i = OSL_ROWS_CITATIONS; i < OSL_ROWS_COUNT; i++) {
        const osl_column_view *list = &rows->lists[i];
        if (list->numbers && paragraph < list->column.count)
            out[i] = (uint32_t)osl_column_view_get(list, paragraph);
    }
}

static osl_status spoilt(const osl_merge *m, uint32_t input, osl_error *err)
{
    return osl_fail(err, OSL_ECORRUPT,
                    "%s: damaged: its tables contradict themselves; index "
                    "anew or restore the file from a copy",
                    osl_segment_path(osl_merge_segment(m, input)));
}

/* Adds documents [from, to) of an input. */
static osl_status add_run(osl_merge *m, const input_rows *rows, uint32_t input,
                          const uint32_t range[2], osl_error *err)
{
    const osl_segment_info *info =
        osl_segment_get_info(osl_merge_segment(m, input));
    osl_merge_run *run = &m->runs[m->run_count++];
    *run = (osl_merge_run){.input = input};
    rows_at(rows, range[0], run->from);
    rows_at(rows, range[1], run->to);
    if (run->to[OSL_ROWS_PARAGRAPHS] > info->paragraph_count ||
        run->to[OSL_ROWS_SECTIONS] > info->section_count)
        return spoilt(m, input, err);
    for (unsigned i = 0; i < OSL_ROWS_COUNT; i++) {
        if (run->from[i] > run->to[i])
            return spoilt(m, input, err);
        run->out[i] = m->totals[i];
        if (run->to[i] - run->from[i] >
            OSL_SEGMENT_PARAGRAPHS_MAX - m->totals[i])
            return osl_fail(err, OSL_ELIMIT,
                            "more paragraphs than a segment may hold "
                            "(2^31 − 2)");
        m->totals[i] += run->to[i] - run->from[i];
    }
    return OSL_OK;
}

static bool is_live(const uint64_t *live, uint32_t document)
{
    return !live || live[document / 64] >> (document % 64) & 1;
}

static const uint64_t *live_documents(const osl_merge *m, uint32_t input)
{
    const osl_deletions *deletions = m->inputs[input].deletions;
    return deletions ? osl_deletions_live(deletions, OSL_FIELD_TITLE) : NULL;
}

static uint32_t move_count(const osl_merge *m, uint32_t input)
{
    const osl_deletions *deletions = m->inputs[input].deletions;
    return deletions ? osl_deletions_move_count(deletions) : 0;
}

/* At most. */
static size_t count_runs(const osl_merge *m, uint32_t input)
{
    const uint64_t *live = live_documents(m, input);
    uint32_t documents =
        osl_segment_get_info(osl_merge_segment(m, input))->document_count;
    size_t count = move_count(m, input);
    for (uint32_t i = 0; i < documents; i++)
        count += is_live(live, i) && (i == 0 || !is_live(live, i - 1));
    return count;
}

/* Where lines begin to be moved otherwise than by `lines`, from document `from`
 * on; *next is the first move that is not behind. */
static uint32_t end_of_move(const osl_merge *m, uint32_t input, uint32_t from,
                            uint32_t *next, uint32_t *lines)
{
    uint32_t count = move_count(m, input);
    const osl_deletions *deletions = m->inputs[input].deletions;
    for (; *next < count; ++*next) {
        const osl_move move = osl_deletions_move(deletions, *next);
        if (move.document > from)
            return move.document;
        *lines = (uint32_t)move.lines;
    }
    return UINT32_MAX;
}

static osl_status make_runs_of(osl_merge *m, uint32_t input, osl_error *err)
{
    const uint64_t *live = live_documents(m, input);
    uint32_t documents =
        osl_segment_get_info(osl_merge_segment(m, input))->document_count;
    uint32_t next = 0, lines = 0;
    input_rows rows = {0};
    osl_status status = open_rows(m, input, &rows, err);
    for (uint32_t i = 0; i < documents && status == OSL_OK;) {
        uint32_t end = end_of_move(m, input, i, &next, &lines);
        uint32_t range[2] = {i, i};
        while (range[1] < documents && range[1] < end &&
               is_live(live, range[1]))
            range[1]++;
        if (range[1] > i) {
            status = add_run(m, &rows, input, range, err);
            m->runs[m->run_count - 1].lines = lines;
        }
        i = range[1] + (range[1] == i);
    }
    return status;
}

static osl_status make_runs(osl_merge *m, osl_error *err)
{
    size_t count = 0;
    for (uint32_t i = 0; i < m->input_count; i++)
        count += count_runs(m, i);
    m->runs = osl_arena_zero(&m->arena, count + 1, sizeof *m->runs);
    m->first_runs = osl_arena_zero(&m->arena, (size_t)m->input_count + 1,
                                   sizeof *m->first_runs);
    if (!m->runs || !m->first_runs)
        return osl_merge_no_memory(err);
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < m->input_count && status == OSL_OK; i++) {
        status = make_runs_of(m, i, err);
        m->first_runs[i + 1] = m->run_count;
    }
    if (status == OSL_OK && m->totals[OSL_ROWS_DOCUMENTS] == 0)
        status = osl_fail(err, OSL_EINVAL, "merging segments: nothing lives");
    return status;
}

const osl_merge_run *osl_merge_find_run(const osl_merge *m, unsigned rows,
                                        uint32_t row)
{
    uint32_t low = 0, high = m->run_count;
    /* The last that begins at or before the row: those before it that begin
     * there, too, have no such rows. */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (m->runs[middle].out[rows] <= row)
            low = middle;
        else
            high = middle;
    }
    return &m->runs[low];
}

bool osl_merge_row(const osl_merge *m, uint32_t input, unsigned rows,
                   uint32_t row, uint32_t *out)
{
    uint32_t low = m->first_runs[input], high = m->first_runs[input + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (m->runs[middle].to[rows] <= row)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == m->first_runs[input + 1] || row < m->runs[low].from[rows])
        return false;
    *out = row - m->runs[low].from[rows] + m->runs[low].out[rows];
    return true;
}

/* ---- fields ------------------------------------------------------------- */

uint64_t osl_merge_length(const osl_merge *m, osl_field field)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < m->input_count; i++) {
        const osl_deletions *deletions = m->inputs[i].deletions;
        total += osl_segment_get_info(osl_merge_segment(m, i))
                     ->fields[field]
                     .total_length;
        if (deletions)
            total -=
                osl_deletions_get_info(deletions)->fields[field].total_length;
    }
    return total;
}

osl_status osl_merge_begin_field(osl_merge *m, osl_field field, osl_error *err)
{
    osl_field from = field == OSL_FIELD_PAIR ? OSL_FIELD_TEXT : field;
    uint32_t count = m->totals[from];
    uint8_t *codes = malloc((size_t)count + 1);
    osl_status status = codes ? OSL_OK : osl_merge_no_memory(err);
    for (uint32_t i = 0; i < m->run_count && status == OSL_OK; i++) {
        const osl_merge_run *run = &m->runs[i];
        const uint8_t *input;
        status = osl_segment_length_codes(osl_merge_segment(m, run->input),
                                          from, &input, err);
        if (status == OSL_OK)
            memcpy(codes + run->out[from], input + run->from[from],
                   run->to[from] - run->from[from]);
    }
    if (status == OSL_OK)
        osl_writer_begin_field_coded(m->writer, field, count, codes,
                                     osl_merge_length(m, from));
    free(codes);
    return status;
}

static osl_status write_fields(osl_merge *m, osl_error *err)
{
    m->pair_rule =
        osl_pairs_rule(m->options->pairs, m->totals[OSL_ROWS_PARAGRAPHS]);
    osl_status status = osl_merge_field(m, OSL_FIELD_TITLE, err);
    if (status == OSL_OK)
        status = osl_merge_field(m, OSL_FIELD_HEADING, err);
    if (status == OSL_OK)
        status = osl_merge_field(m, OSL_FIELD_TEXT, err);
    if (status == OSL_OK && m->pair_rule.product > 0)
        status = osl_merge_pairs(m, err);
    return status;
}

/* ---- the whole ---------------------------------------------------------- */

static osl_status check_inputs(osl_merge *m, osl_error *err)
{
    m->has_texts = m->options->store != OSL_STORE_NONE;
    for (uint32_t i = 0; i < m->input_count; i++) {
        const osl_segment_info *info =
            osl_segment_get_info(osl_merge_segment(m, i));
        if (info->fingerprint != m->options->fingerprint ||
            info->has_texts != m->has_texts || !info->has_forms)
            return osl_fail(err, OSL_EINVAL,
                            "%s: it was made with other settings than it is "
                            "to be merged with",
                            osl_segment_path(osl_merge_segment(m, i)));
        for (unsigned f = 0; f < OSL_FIELD_PAIR; f++) {
            const uint32_t counts[] = {info->paragraph_count,
                                       info->document_count,
                                       info->section_count};
            if (info->fields[f].ordinal_count != counts[f])
                return spoilt(m, i, err);
        }
    }
    return OSL_OK;
}

/* Without texts, each paragraph's bytes are a column. */
static osl_status sum_text_bytes(const osl_merge *m, uint64_t *out,
                                 osl_error *err)
{
    osl_status status = OSL_OK;
    *out = 0;
    for (uint32_t i = 0; i < m->input_count && m->has_texts; i++) {
        const osl_deletions *deletions = m->inputs[i].deletions;
        *out += osl_segment_get_info(osl_merge_segment(m, i))->text_bytes;
        if (deletions)
            *out -= osl_deletions_get_info(deletions)->text_bytes;
    }
    for (uint32_t i = 0; i < m->run_count && !m->has_texts; i++) {
        const osl_merge_run *run = &m->runs[i];
        osl_column_view bytes;
        status =
            osl_tables_view(osl_merge_segment(m, run->input),
                            OSL_SECTION_PARAGRAPHS, OSL_PARAGRAPH_TEXT_BYTES,
                            run->to[OSL_ROWS_PARAGRAPHS], &bytes, err);
        if (status != OSL_OK)
            return status;
        for (uint32_t n = run->from[OSL_ROWS_PARAGRAPHS];
             n < run->to[OSL_ROWS_PARAGRAPHS]; n++)
            *out += osl_column_view_get(&bytes, n);
    }
    return status;
}

static osl_status set_info(osl_merge *m, osl_error *err)
{
    osl_segment_info info = {
        .paragraph_count = m->totals[OSL_ROWS_PARAGRAPHS],
        .document_count = m->totals[OSL_ROWS_DOCUMENTS],
        .section_count = m->totals[OSL_ROWS_SECTIONS],
        .fingerprint = m->options->fingerprint,
        .k1 = OSL_BOUNDS_K1,
        .b = OSL_BOUNDS_B,
        .has_texts = m->has_texts,
        .has_forms = true,
        .sliced_shift = osl_sliced_shift(m->options->store),
        .dense_positions = m->options->store != OSL_STORE_FULL,
    };
    osl_status status = sum_text_bytes(m, &info.text_bytes, err);
    if (status != OSL_OK)
        return status;
    osl_writer_set_info(m->writer, &info);
    const osl_joint_rule joint = osl_pairs_joint_rule(m->options->pairs);
    osl_writer_set_joint(m->writer, &joint);
    if (m->options->store != OSL_STORE_FULL)
        osl_writer_leave_shortcuts(m->writer);
    return OSL_OK;
}

static osl_status write_texts(osl_merge *m, osl_error *err)
{
    return m->has_texts ? osl_merge_words(m, err) : OSL_OK;
}

static osl_status write_all(osl_merge *m, osl_error *err)
{
    typedef osl_status step(osl_merge * m, osl_error * err);
    static step *const steps[] = {set_info,
                                  write_fields,
                                  osl_merge_aliases,
                                  write_texts,
                                  osl_merge_number_strings,
                                  osl_merge_tables,
                                  osl_merge_definitions};
    osl_status status = OSL_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == OSL_OK;
         i++) {
        status = steps[i](m, err);
        if (osl_merge_is_frugal(m))
            osl_pages_trim();
    }
    return status;
}

/* A temporary name, so that a sweep removes what a crash leaves. */
static osl_status name_spill(osl_merge *m, const char *path, osl_error *err)
{
    static const char ending[] = ".spill.tmp";
    size_t length = strlen(path);
    m->spill_path = malloc(length + sizeof ending);
    if (!m->spill_path)
        return osl_merge_no_memory(err);
    memcpy(m->spill_path, path, length);
    memcpy(m->spill_path + length, ending, sizeof ending);
    return OSL_OK;
}

static void clear(osl_merge *m)
{
    for (uint32_t i = 0; i < m->input_count && m->strings.maps; i++)
        free(m->strings.maps[i]);
    for (uint32_t i = 0; i < m->input_count && m->term_maps; i++)
        free(m->term_maps[i]);
    free(m->term_maps);
    free(m->strings.origins);
    free(m->strings.slots);
    free(m->pair_words.at);
    free(m->spill_path);
    free(m->aliases);
    free(m->alias_documents);
    osl_arena_clear(&m->arena);
}

osl_status osl_merge_segments(const osl_merge_input *inputs, size_t count,
                              const char *path,
                              const osl_build_options *options,
                              osl_build_result *out, osl_error *err)
{
    if (count == 0 || count > UINT32_MAX / 2)
        return osl_fail(err, OSL_EINVAL, "merging %zu segments", count);
    osl_merge m = {
        .inputs = inputs, .input_count = (uint32_t)count, .options = options};
    osl_status status = check_inputs(&m, err);
    if (status == OSL_OK)
        status = make_runs(&m, err);
    if (status == OSL_OK)
        status = name_spill(&m, path, err);
    if (status == OSL_OK)
        status = osl_writer_open(&m.writer, path, options->kernels, err);
    if (status == OSL_OK)
        status = write_all(&m, err);
    if (status == OSL_OK)
        status = osl_writer_close(m.writer, &m.result.file_bytes, err);
    else
        osl_writer_abandon(m.writer);
    clear(&m);
    if (status == OSL_OK)
        *out = m.result;
    return status;
}
