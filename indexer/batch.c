/* SPDX-License-Identifier: MIT */
#include "indexer/batch.h"

#include <string.h>

void osl_batch_init(osl_batch *batch, const osl_analyzer *analyzer,
                    bool keep_texts)
{
    *batch = (osl_batch){.analyzer = analyzer, .keep_texts = keep_texts};
}

void osl_batch_clear(osl_batch *batch)
{
    osl_tokens_clear(&batch->tokens);
    for (unsigned i = 0; i < 3; i++) {
        osl_strings_clear(&batch->fields[i].forms);
        free(batch->fields[i].ids.at);
        free(batch->fields[i].lengths.at);
    }
    osl_strings_clear(&batch->gaps.forms);
    free(batch->gaps.codes.at);
    free(batch->gaps.side.at);
    osl_strings_clear(&batch->strings);
    osl_strings_clear(&batch->compounds);
    osl_strings_clear(&batch->glued);
    free(batch->glued_compounds.at);
    free(batch->gaps.repeats.at);
    osl_sense_table_clear(&batch->senses);
    for (unsigned i = 0; i < OSL_DOCUMENT_STRINGS; i++)
        free(batch->document_strings[i].at);
    osl_list32 *const lists[] = {
        &batch->first_paragraphs,
        &batch->first_sections,
        &batch->document_of_string,
        &batch->alias_strings,
        &batch->alias_documents,
        &batch->headings,
        &batch->parents,
        &batch->levels,
        &batch->section_paragraphs,
        &batch->section_lengths,
        &batch->paragraph_sections,
        &batch->lines,
        &batch->citation_counts,
        &batch->evidence_counts,
        &batch->citations,
        &batch->evidence,
        &batch->compound_uses,
        &batch->compound_counts,
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        free(lists[i]->at);
    free(batch->document_flags.at);
    free(batch->document_numbers.at);
    free(batch->document_dead.at);
    free(batch->kinds.at);
    free(batch->hashes.at);
    free(batch->paragraph_bytes.at);
    *batch = (osl_batch){0};
}

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while indexing");
    return OSL_ENOMEM;
}

/* ---- tokens and what stands between them -------------------------------- */

/* Room that is not there is asked for again when it is needed. */
static void expect32(osl_list32 *list, size_t count)
{
    (void)!osl_grow(&list->at, &list->capacity, count, sizeof *list->at);
}

static void expect8(osl_list8 *list, size_t count)
{
    (void)!osl_grow(&list->at, &list->capacity, count, 1);
}

static void expect64(osl_list64 *list, size_t count)
{
    (void)!osl_grow(&list->at, &list->capacity, count, sizeof *list->at);
}

/* Of paragraphs, and of records, which are one each. */
static void expect_paragraphs(osl_batch *batch, size_t count)
{
    osl_list32 *const lists[] = {
        &batch->fields[OSL_FIELD_TEXT].lengths,
        &batch->fields[OSL_FIELD_TITLE].lengths,
        &batch->first_paragraphs,
        &batch->first_sections,
        &batch->document_numbers,
        &batch->paragraph_sections,
        &batch->lines,
        &batch->citation_counts,
        &batch->evidence_counts,
        &batch->compound_counts,
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        expect32(lists[i], count);
    for (unsigned i = 0; i < OSL_DOCUMENT_STRINGS; i++)
        expect32(&batch->document_strings[i], count);
    expect8(&batch->document_flags, count);
    expect8(&batch->document_dead, count);
    expect8(&batch->kinds, count);
    expect64(&batch->hashes, count);
    expect64(&batch->paragraph_bytes, count);
    osl_strings_expect(&batch->strings, count);
}

void osl_batch_expect(osl_batch *batch, uint64_t bytes)
{
    /* Of words with what stands between, few, of paragraphs with what stands
     * beside them; words that are as often as new ones are in the end. */
    enum {
        WORD_BYTES = 6,
        PARAGRAPH_BYTES = 512,
        WORDS_A_FORM = 64,
        WORDS_A_COMPOUND = 128
    };
    uint64_t tokens = bytes / WORD_BYTES;
    if (tokens > OSL_BATCH_TOKENS_MAX)
        tokens = OSL_BATCH_TOKENS_MAX;
    expect32(&batch->fields[OSL_FIELD_TEXT].ids, (size_t)tokens);
    if (batch->keep_texts)
        expect8(&batch->gaps.codes, (size_t)tokens);
    osl_strings_expect(&batch->fields[OSL_FIELD_TEXT].forms,
                       (size_t)tokens / WORDS_A_FORM);
    osl_strings_expect(&batch->compounds, (size_t)tokens / WORDS_A_COMPOUND);
    osl_strings_expect(&batch->glued, (size_t)tokens / WORDS_A_COMPOUND);
    expect32(&batch->glued_compounds, (size_t)tokens / WORDS_A_COMPOUND);
    expect_paragraphs(batch, (size_t)(bytes / PARAGRAPH_BYTES));
}

static osl_status add_tokens(osl_batch *batch, osl_batch_field *field,
                             osl_text text, osl_error *err)
{
    osl_tokens *tokens = &batch->tokens;
    osl_status status = osl_tokenize(batch->analyzer, text, tokens, err);
    if (status != OSL_OK)
        return status;
    if (field->ids.count + tokens->count > OSL_BATCH_TOKENS_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "more words than a segment may hold (2^31)");
    if (!osl_grow(&field->ids.at, &field->ids.capacity,
                  field->ids.count + tokens->count, 4))
        return no_memory(err);
    if (!osl_strings_add_tokens(
            &field->forms, text, tokens,
            osl_list32_from(&field->ids, field->ids.count)) ||
        !osl_list32_add(&field->lengths, (uint32_t)tokens->count))
        return no_memory(err);
    field->ids.count += tokens->count;
    return OSL_OK;
}

/* Nearly all gaps are one of a few dozen of up to three bytes: ", ", ". ", "-".
 * Where such a one is looked for among those met last. */
static osl_gap_recent *recent_of(osl_batch_gaps *gaps, uint32_t key)
{
    return &gaps->recent[(key * 0x9E3779B1u) >> 24 & (OSL_GAP_RECENT - 1)];
}

/* The number of a gap. */
static bool find_gap(osl_batch_gaps *gaps, osl_text gap, uint32_t *id)
{
    if (gap.length > 3)
        return osl_strings_add(&gaps->forms, gap, 0, id);
    uint32_t key = (uint32_t)gap.length << 24;
    for (size_t i = 0; i < gap.length; i++)
        key |= (uint32_t)(uint8_t)gap.bytes[i] << 8 * i;
    osl_gap_recent *recent = recent_of(gaps, key);
    if (recent->key == key && gap.length > 0) {
        *id = recent->gap;
        gaps->repeats.at[*id]++;
        return true;
    }
    if (!osl_strings_add(&gaps->forms, gap, 0, id))
        return false;
    while (gaps->repeats.count <= *id)
        if (!osl_list32_add(&gaps->repeats, 0))
            return false;
    *recent = (osl_gap_recent){key, *id};
    return true;
}

static bool add_gap(osl_batch_gaps *gaps, osl_text gap, uint8_t *code)
{
    uint32_t id;
    if (!find_gap(gaps, gap, &id))
        return false;
    *code = id + 1 < OSL_GAP_SIDE ? (uint8_t)(id + 1) : OSL_GAP_SIDE;
    return *code != OSL_GAP_SIDE || osl_list32_add(&gaps->side, id);
}

/* Of eight tokens' flags, a bit for each before which there is not what is
 * usual. */
static uint64_t unusual_of(uint64_t flags)
{
    static const uint64_t each = 0x0101010101010101u;
    /* The lowest bits of eight bytes side by side. */
    return (~flags / OSL_TOKEN_SPACED & each) * 0x0102040810204080u >> 56;
}

/* The same of up to 64. */
static uint64_t unusual(const uint8_t *flags, size_t count)
{
    uint64_t bits = 0, rest = ~(uint64_t)0;
    size_t at = 0;
    for (; count - at >= 8; at += 8)
        bits |= unusual_of(osl_get64(flags + at)) << at;
    if (at == count)
        return bits;
    memcpy(&rest, flags + at, count - at);
    return bits | unusual_of(rest) << at;
}

/* The code of a short gap that was met a little while ago, counted; 0: none of
 * these. No branch depends on what gap it is. */
static uint8_t find_recent(osl_batch_gaps *gaps, const char *at,
                           uint32_t length)
{
    uint32_t key = (osl_get32(at) & ((1u << 8 * length) - 1)) | length << 24;
    const osl_gap_recent *recent = recent_of(gaps, key);
    if (recent->key != key || recent->gap + 1 >= OSL_GAP_SIDE)
        return 0;
    gaps->repeats.at[recent->gap]++;
    return (uint8_t)(recent->gap + 1);
}

/* Codes that are not usual, of the gaps before all tokens but the first. */
static bool add_inner_gaps(osl_batch_gaps *gaps, osl_text text,
                           const osl_tokens *tokens, uint8_t *codes)
{
    for (size_t from = 1; from < tokens->count; from += 64) {
        size_t count = tokens->count - from < 64 ? tokens->count - from : 64;
        uint64_t left = unusual(tokens->flags + from, count);
        for (; left; left &= left - 1) {
            size_t i = from + (size_t)__builtin_ctzll(left);
            uint32_t start = tokens->ends[i - 1];
            osl_text gap = {text.bytes + start, tokens->starts[i] - start};
            bool is_short = gap.length - 1 < 3 && text.length - start >= 4;
            codes[i] = is_short
                           ? find_recent(gaps, gap.bytes, (uint32_t)gap.length)
                           : 0;
            if (codes[i] == 0 && !add_gap(gaps, gap, &codes[i]))
                return false;
        }
    }
    return true;
}

static bool add_gaps(osl_batch_gaps *gaps, osl_text text,
                     const osl_tokens *tokens)
{
    size_t count = tokens->count;
    if (!osl_grow(&gaps->codes.at, &gaps->codes.capacity,
                  gaps->codes.count + count + 1, 1))
        return false;
    uint8_t *codes = gaps->codes.at + gaps->codes.count;
    memset(codes, OSL_GAP_USUAL, count + 1);
    size_t first = count > 0 ? tokens->starts[0] : text.length;
    size_t last = count > 0 ? tokens->ends[count - 1] : text.length;
    osl_text head = {text.bytes, first};
    osl_text tail = {text.bytes + last, text.length - last};
    if ((head.length > 0 && !add_gap(gaps, head, &codes[0])) ||
        (count > 0 && !add_inner_gaps(gaps, text, tokens, codes)) ||
        (tail.length > 0 && !add_gap(gaps, tail, &codes[count])))
        return false;
    gaps->codes.count += count + 1;
    return true;
}

/* BCR-ABL1 under "bcrabl1", with the forms of its parts; UINT32_MAX where
 * the words have no joined form. */
static bool make_compound(osl_batch *batch, osl_text text, size_t first,
                          osl_text forms, uint32_t *id)
{
    uint8_t key[64 + OSL_COMPOUND_PARTS * 4];
    char joined[64];
    size_t count = forms.length / 4;
    *id = UINT32_MAX;
    if (!osl_join_glued(text, &batch->tokens, first, count, joined))
        return true;
    size_t length = strlen(joined) + 1;
    memcpy(key, joined, length);
    memcpy(key + length, forms.bytes, forms.length);
    osl_text whole = {(const char *)key, length + forms.length};
    /* Words that were seen glued are met here once, and no others have their
     * numbers. */
    return osl_strings_append(&batch->compounds, whole, id);
}

/* Glued words of a paragraph that are looked up at once. */
enum { GLUED = 32 };
typedef struct glued_words {
    osl_text forms[GLUED]; /* numbers of forms, 4 bytes each */
    osl_string_probe probes[GLUED];
    uint32_t firsts[GLUED];
    size_t count;
    size_t first, length; /* the last that was found */
    bool more;            /* there may be others behind it */
} glued_words;

/* The next ones; where they stand in the table is fetched. */
static void take_glued(const osl_batch *batch, osl_text text,
                       const uint32_t *ids, glued_words *words)
{
    words->count = 0;
    while (words->count < GLUED && words->more) {
        words->more =
            osl_next_glued(text, &batch->tokens, &words->first, &words->length);
        if (!words->more || words->length > OSL_COMPOUND_PARTS)
            continue;
        osl_text forms = {(const char *)(ids + words->first),
                          4 * words->length};
        words->probes[words->count] = osl_strings_probe(&batch->glued, forms);
        words->firsts[words->count] = (uint32_t)words->first;
        words->forms[words->count++] = forms;
    }
}

static bool add_glued(osl_batch *batch, osl_text text, const glued_words *words)
{
    uint32_t glued[GLUED], id;
    if (!osl_strings_add_probed(&batch->glued, words->forms, words->probes,
                                words->count, glued))
        return false;
    for (size_t i = 0; i < words->count; i++) {
        /* Numbers are given in order. */
        if (glued[i] == batch->glued_compounds.count &&
            (!make_compound(batch, text, words->firsts[i], words->forms[i],
                            &id) ||
             !osl_list32_add(&batch->glued_compounds, id)))
            return false;
        id = batch->glued_compounds.at[glued[i]];
        if (id != UINT32_MAX && !osl_list32_add(&batch->compound_uses, id))
            return false;
    }
    return true;
}

/* `words`: the paragraph's first. */
static bool add_compounds(osl_batch *batch, osl_text text, const uint32_t *ids,
                          glued_words *words)
{
    size_t before = batch->compound_uses.count;
    for (; words->count > 0; take_glued(batch, text, ids, words))
        if (!add_glued(batch, text, words))
            return false;
    return osl_list32_add(&batch->compound_counts,
                          (uint32_t)(batch->compound_uses.count - before));
}

/* ---- strings ------------------------------------------------------------ */

static uint32_t last_of(const osl_list32 *list)
{
    return list->at[list->count - 1];
}

/* Most strings of a document are those of the one before it. */
static bool add_string(osl_batch *batch, osl_text text, const osl_list32 *like,
                       uint32_t *id)
{
    if (like->count > 0) {
        uint32_t last = last_of(like);
        if (osl_text_equal(osl_strings_text(&batch->strings, last), text)) {
            *id = last;
            return true;
        }
    }
    return osl_strings_add(&batch->strings, text, 0, id);
}

static bool add_strings(osl_batch *batch, const osl_text *texts, size_t count,
                        osl_list32 *list, osl_list32 *counts)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t id;
        if (!osl_strings_add(&batch->strings, texts[i], 0, &id) ||
            !osl_list32_add(list, id))
            return false;
    }
    return osl_list32_add(counts, (uint32_t)count);
}

/* ---- a document --------------------------------------------------------- */

static osl_status add_head(osl_batch *batch, const osl_document *document,
                           uint32_t first_section, uint32_t first_paragraph,
                           osl_error *err)
{
    const osl_text texts[OSL_DOCUMENT_STRINGS] = {
        [OSL_STRING_ID] = document->id,
        [OSL_STRING_SOURCE] = document->source,
        [OSL_STRING_TITLE] = document->title,
        [OSL_STRING_URL] = document->url,
        [OSL_STRING_UPDATED] = document->updated,
        [OSL_STRING_AUDIENCE] = document->audience,
        [OSL_STRING_LANGUAGE] = document->language,
        [OSL_STRING_KIND] = document->kind,
    };
    for (unsigned i = 0; i < OSL_DOCUMENT_STRINGS; i++) {
        uint32_t id;
        const osl_list32 *like = &batch->document_strings[i];
        /* A record without a title has its id, which is the last of these; what
         * was just written is not read, for that would have to wait. */
        if (i == OSL_STRING_TITLE &&
            osl_text_equal(document->title, document->id))
            id = last_of(&batch->document_strings[OSL_STRING_ID]);
        else if (!add_string(batch, texts[i], like, &id))
            return no_memory(err);
        if (!osl_list32_add(&batch->document_strings[i], id))
            return no_memory(err);
    }
    uint32_t number = osl_batch_documents(batch);
    for (size_t i = 0; i < document->alias_count; i++) {
        uint32_t id;
        if (!osl_strings_add(&batch->strings, document->aliases[i], 0, &id) ||
            !osl_list32_add(&batch->alias_strings, id) ||
            !osl_list32_add(&batch->alias_documents, number))
            return no_memory(err);
    }
    if (!osl_list32_add(&batch->first_paragraphs, first_paragraph) ||
        !osl_list32_add(&batch->first_sections, first_section) ||
        !osl_list8_add(&batch->document_dead, 0) ||
        !osl_list32_add(&batch->document_numbers, document->number) ||
        !osl_list8_add(&batch->document_flags,
                       document->is_record ? OSL_DOCUMENT_IS_RECORD : 0))
        return no_memory(err);
    osl_text title =
        osl_indexed_title(document->title, document->id, document->is_record);
    return add_tokens(batch, &batch->fields[OSL_FIELD_TITLE], title, err);
}

static osl_status add_sections(osl_batch *batch, const osl_document *document,
                               osl_error *err)
{
    for (size_t i = 0; i < document->section_count; i++) {
        const osl_section *section = &document->sections[i];
        uint32_t parent =
            section->parent < i ? section->parent + 1 : 0; /* none */
        uint32_t id;
        if (!osl_strings_add(&batch->strings, section->heading, 0, &id) ||
            !osl_list32_add(&batch->headings, id) ||
            !osl_list32_add(&batch->parents, parent) ||
            !osl_list32_add(&batch->levels, section->level) ||
            !osl_list32_add(&batch->section_paragraphs, UINT32_MAX) ||
            !osl_list32_add(&batch->section_lengths, 0))
            return no_memory(err);
        osl_status status = add_tokens(batch, &batch->fields[OSL_FIELD_HEADING],
                                       section->heading, err);
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

static osl_status add_text(osl_batch *batch, osl_text text, osl_error *err)
{
    osl_batch_field *field = &batch->fields[OSL_FIELD_TEXT];
    size_t first = field->ids.count;
    osl_status status = add_tokens(batch, field, text, err);
    if (status != OSL_OK)
        return status;
    const uint32_t *ids = osl_list32_from(&field->ids, first);
    glued_words words;
    words.first = words.length = 0;
    words.more = true;
    uint32_t document = osl_batch_documents(batch);
    take_glued(batch, text, ids, &words);
    /* What does not need the tables is done while they are fetched. */
    if (!osl_sense_table_find(&batch->senses, text, &batch->tokens, document) ||
        (batch->keep_texts && !add_gaps(&batch->gaps, text, &batch->tokens)))
        return no_memory(err);
    osl_strings_fetch_probed(&batch->glued, words.probes, words.count);
    osl_sense_table_fetch(&batch->senses);
    if (!add_compounds(batch, text, ids, &words) ||
        !osl_sense_table_add(&batch->senses, document))
        return no_memory(err);
    batch->text_bytes += text.length;
    return OSL_OK;
}

static osl_status add_paragraph(osl_batch *batch, const osl_document *document,
                                const osl_paragraph *paragraph, osl_error *err)
{
    osl_status status = add_text(batch, paragraph->text, err);
    if (status != OSL_OK)
        return status;
    uint32_t section = paragraph->section < document->section_count
                           ? paragraph->section + 1
                           : 0;
    /* Where there are texts it can be had from them. */
    uint64_t hash = batch->keep_texts ? 0 : osl_text_hash(paragraph->text);
    if (!osl_list32_add(&batch->paragraph_sections, section) ||
        !osl_list32_add(&batch->lines, paragraph->line) ||
        !osl_list8_add(&batch->kinds, (uint8_t)paragraph->kind) ||
        !osl_list64_add(&batch->hashes, hash) ||
        !osl_list64_add(&batch->paragraph_bytes, paragraph->text.length) ||
        !add_strings(batch, paragraph->citations, paragraph->citation_count,
                     &batch->citations, &batch->citation_counts) ||
        !add_strings(batch, paragraph->evidence, paragraph->evidence_count,
                     &batch->evidence, &batch->evidence_counts))
        return no_memory(err);
    return OSL_OK;
}

/* The range of paragraphs of a section and of all sections above it. */
static void widen_sections(osl_batch *batch, const osl_document *document,
                           uint32_t first_section, uint32_t paragraph,
                           uint32_t section)
{
    while (section < document->section_count) {
        uint32_t at = first_section + section;
        uint32_t *from = &batch->section_paragraphs.at[at];
        if (*from == UINT32_MAX)
            *from = paragraph;
        batch->section_lengths.at[at] = paragraph - *from + 1;
        uint32_t parent = document->sections[section].parent;
        section = parent < section ? parent : UINT32_MAX;
    }
}

/* Sections without paragraphs: empty, where they stand. */
static void close_sections(osl_batch *batch, uint32_t first_section,
                           uint32_t first_paragraph)
{
    for (size_t i = first_section; i < batch->headings.count; i++)
        if (batch->section_paragraphs.at[i] == UINT32_MAX)
            batch->section_paragraphs.at[i] = first_paragraph;
}

osl_status osl_batch_put(osl_batch *batch, const osl_document *document,
                         osl_error *err)
{
    uint32_t first_section = (uint32_t)batch->headings.count;
    uint32_t first_paragraph = osl_batch_paragraphs(batch);
    if (document->paragraph_count == 0)
        return OSL_OK;
    if (document->paragraph_count >
            OSL_SEGMENT_PARAGRAPHS_MAX - first_paragraph ||
        document->section_count > OSL_SEGMENT_PARAGRAPHS_MAX - first_section)
        return osl_fail(err, OSL_ELIMIT,
                        "more paragraphs than a segment may hold (2^31 − 2)");
    osl_strings_fetch(&batch->strings, document->id);
    osl_status status = add_sections(batch, document, err);
    for (size_t i = 0; i < document->paragraph_count && status == OSL_OK; i++) {
        const osl_paragraph *paragraph = &document->paragraphs[i];
        status = add_paragraph(batch, document, paragraph, err);
        if (status == OSL_OK)
            widen_sections(batch, document, first_section,
                           first_paragraph + (uint32_t)i, paragraph->section);
    }
    /* Last: the place of the id is fetched by now. */
    if (status == OSL_OK)
        status = add_head(batch, document, first_section, first_paragraph, err);
    if (status == OSL_OK)
        close_sections(batch, first_section, first_paragraph);
    return status;
}

void osl_batch_hash(osl_batch *batch, const osl_document *document)
{
    uint64_t *hashes =
        batch->hashes.at + batch->hashes.count - document->paragraph_count;
    for (size_t i = 0; i < document->paragraph_count && batch->keep_texts; i++)
        hashes[i] = osl_text_hash(document->paragraphs[i].text);
}

void osl_batch_end_reading(osl_batch *batch)
{
    osl_strings_clear(&batch->glued);
    free(batch->glued_compounds.at);
    batch->glued_compounds = (osl_list32){0};
    osl_strings_freeze(&batch->strings);
    osl_tokens_clear(&batch->tokens);
}

osl_status osl_batch_claim(osl_batch *batch, uint32_t document, bool *replaced,
                           osl_error *err)
{
    osl_list32 *owners = &batch->document_of_string;
    uint32_t id = batch->document_strings[OSL_STRING_ID].at[document];
    while (owners->count <= id)
        if (!osl_list32_add(owners, 0))
            return no_memory(err);
    uint32_t before = owners->at[id];
    *replaced = before != 0;
    if (before != 0) {
        batch->document_dead.at[before - 1] = 1;
        batch->dead_count++;
    }
    owners->at[id] = document + 1;
    return OSL_OK;
}

osl_status osl_batch_rename(osl_batch *batch, uint32_t document, osl_text id,
                            osl_error *err)
{
    uint32_t *title = &batch->document_strings[OSL_STRING_TITLE].at[document];
    uint32_t *old = &batch->document_strings[OSL_STRING_ID].at[document];
    uint32_t string;
    if (!osl_strings_add(&batch->strings, id, 0, &string))
        return no_memory(err);
    /* What has no better title has its id. */
    if (*title == *old)
        *title = string;
    *old = string;
    return OSL_OK;
}

osl_status osl_batch_add(osl_batch *batch, const osl_document *document,
                         bool *replaced, osl_error *err)
{
    uint32_t number = osl_batch_documents(batch);
    *replaced = false;
    osl_status status = osl_batch_put(batch, document, err);
    if (status == OSL_OK && osl_batch_documents(batch) > number)
        status = osl_batch_claim(batch, number, replaced, err);
    return status;
}

void osl_batch_count_forms(const osl_batch *batch, osl_field field,
                           uint32_t *counts)
{
    const osl_batch_field *from = &batch->fields[field];
    if (!batch->was_compacted) {
        osl_strings_counts(&from->forms, counts);
        return;
    }
    if (from->forms.count > 0)
        memset(counts, 0, from->forms.count * sizeof *counts);
    for (size_t i = 0; i < from->ids.count; i++)
        counts[from->ids.at[i]]++;
}

void osl_batch_count_gaps(const osl_batch *batch, uint32_t *counts)
{
    const osl_batch_gaps *gaps = &batch->gaps;
    size_t side = 0;
    if (!batch->was_compacted) {
        osl_strings_counts(&gaps->forms, counts);
        for (size_t i = 0; i < gaps->repeats.count; i++)
            counts[i] += gaps->repeats.at[i];
        return;
    }
    if (gaps->forms.count > 0)
        memset(counts, 0, gaps->forms.count * sizeof *counts);
    for (size_t i = 0; i < gaps->codes.count; i++) {
        uint8_t code = gaps->codes.at[i];
        if (code != OSL_GAP_USUAL)
            counts[code == OSL_GAP_SIDE ? gaps->side.at[side++]
                                        : (uint32_t)code - 1]++;
    }
}

/* ---- compaction --------------------------------------------------------- */

typedef struct range {
    size_t from, to;
} range;

/* Moves at[from … to) down to *end. */
static void move32(osl_list32 *list, range what, size_t *end)
{
    if (what.to > what.from)
        memmove(list->at + *end, list->at + what.from,
                (what.to - what.from) * sizeof *list->at);
    *end += what.to - what.from;
}

static void move8(osl_list8 *list, range what, size_t *end)
{
    if (what.to > what.from)
        memmove(list->at + *end, list->at + what.from, what.to - what.from);
    *end += what.to - what.from;
}

static void move64(osl_list64 *list, range what, size_t *end)
{
    if (what.to > what.from)
        memmove(list->at + *end, list->at + what.from,
                (what.to - what.from) * sizeof *list->at);
    *end += what.to - what.from;
}

static range document_paragraphs(const osl_batch *batch, uint32_t document)
{
    bool last = document + 1 == osl_batch_documents(batch);
    return (range){batch->first_paragraphs.at[document],
                   last ? batch->kinds.count
                        : batch->first_paragraphs.at[document + 1]};
}

static range document_sections(const osl_batch *batch, uint32_t document)
{
    bool last = document + 1 == osl_batch_documents(batch);
    return (range){batch->first_sections.at[document],
                   last ? batch->headings.count
                        : batch->first_sections.at[document + 1]};
}

static size_t sum32(const osl_list32 *list, range what)
{
    size_t sum = 0;
    for (size_t i = what.from; i < what.to; i++)
        sum += list->at[i];
    return sum;
}

/* One list of lists: the counts of `what` and the entries they count, of
 * which `*from` were before. */
static void move_counted(osl_list32 *counts, osl_list32 *entries, range what,
                         bool live, size_t ends[2], size_t *from)
{
    size_t entry_count = sum32(counts, what);
    if (live) {
        move32(counts, what, &ends[0]);
        move32(entries, (range){*from, *from + entry_count}, &ends[1]);
    }
    *from += entry_count;
}

/* Counters of a compaction: where the next live thing goes, and where the
 * next to be read stands. */
typedef struct compaction {
    size_t ids[3][2], ids_from[3]; /* lengths and ids of each field */
    size_t citations[2], citations_from, evidence[2], evidence_from;
    size_t compounds[2], compounds_from;
    size_t gaps, gaps_from, side, side_from;
    size_t paragraphs[5];
    size_t sections[5];
    size_t documents;
} compaction;

static void move_gaps(osl_batch *batch, compaction *c, size_t gap_count,
                      bool live)
{
    size_t side_count = 0;
    if (!batch->keep_texts)
        return;
    for (size_t i = 0; i < gap_count; i++)
        side_count += batch->gaps.codes.at[c->gaps_from + i] == OSL_GAP_SIDE;
    if (live) {
        move8(&batch->gaps.codes,
              (range){c->gaps_from, c->gaps_from + gap_count}, &c->gaps);
        move32(&batch->gaps.side,
               (range){c->side_from, c->side_from + side_count}, &c->side);
    }
    c->gaps_from += gap_count;
    c->side_from += side_count;
}

static void move_paragraphs(osl_batch *batch, compaction *c, range what,
                            bool live)
{
    osl_batch_field *field = &batch->fields[OSL_FIELD_TEXT];
    move_gaps(batch, c, sum32(&field->lengths, what) + what.to - what.from,
              live);
    move_counted(&field->lengths, &field->ids, what, live,
                 c->ids[OSL_FIELD_TEXT], &c->ids_from[OSL_FIELD_TEXT]);
    move_counted(&batch->citation_counts, &batch->citations, what, live,
                 c->citations, &c->citations_from);
    move_counted(&batch->evidence_counts, &batch->evidence, what, live,
                 c->evidence, &c->evidence_from);
    move_counted(&batch->compound_counts, &batch->compound_uses, what, live,
                 c->compounds, &c->compounds_from);
    for (size_t i = what.from; i < what.to && !live; i++)
        batch->text_bytes -= batch->paragraph_bytes.at[i];
    if (!live)
        return;
    move32(&batch->paragraph_sections, what, &c->paragraphs[0]);
    move32(&batch->lines, what, &c->paragraphs[1]);
    move8(&batch->kinds, what, &c->paragraphs[2]);
    move64(&batch->hashes, what, &c->paragraphs[3]);
    move64(&batch->paragraph_bytes, what, &c->paragraphs[4]);
}

static void move_sections(osl_batch *batch, compaction *c, range what,
                          bool live, uint32_t paragraphs_gone)
{
    osl_batch_field *field = &batch->fields[OSL_FIELD_HEADING];
    move_counted(&field->lengths, &field->ids, what, live,
                 c->ids[OSL_FIELD_HEADING], &c->ids_from[OSL_FIELD_HEADING]);
    if (!live)
        return;
    for (size_t i = what.from; i < what.to; i++)
        batch->section_paragraphs.at[i] -= paragraphs_gone;
    move32(&batch->headings, what, &c->sections[0]);
    move32(&batch->parents, what, &c->sections[1]);
    move32(&batch->levels, what, &c->sections[2]);
    move32(&batch->section_paragraphs, what, &c->sections[3]);
    move32(&batch->section_lengths, what, &c->sections[4]);
}

static void move_document(osl_batch *batch, compaction *c, uint32_t document,
                          bool live)
{
    range what = {document, (size_t)document + 1};
    osl_batch_field *field = &batch->fields[OSL_FIELD_TITLE];
    move_counted(&field->lengths, &field->ids, what, live,
                 c->ids[OSL_FIELD_TITLE], &c->ids_from[OSL_FIELD_TITLE]);
    if (!live)
        return;
    size_t to = c->documents++;
    for (unsigned i = 0; i < OSL_DOCUMENT_STRINGS; i++)
        batch->document_strings[i].at[to] =
            batch->document_strings[i].at[document];
    batch->document_flags.at[to] = batch->document_flags.at[document];
    batch->document_numbers.at[to] = batch->document_numbers.at[document];
}

/* Aliases of live documents, under the documents' new numbers. */
static void move_aliases(osl_batch *batch, const uint32_t *numbers)
{
    size_t end = 0;
    for (size_t i = 0; i < batch->alias_documents.count; i++) {
        uint32_t document = batch->alias_documents.at[i];
        if (batch->document_dead.at[document])
            continue;
        batch->alias_strings.at[end] = batch->alias_strings.at[i];
        batch->alias_documents.at[end++] = numbers[document];
    }
    batch->alias_strings.count = batch->alias_documents.count = end;
}

static void set_counts(osl_batch *batch, const compaction *c)
{
    for (unsigned i = 0; i < 3; i++) {
        batch->fields[i].lengths.count = c->ids[i][0];
        batch->fields[i].ids.count = c->ids[i][1];
    }
    batch->citation_counts.count = c->citations[0];
    batch->citations.count = c->citations[1];
    batch->evidence_counts.count = c->evidence[0];
    batch->evidence.count = c->evidence[1];
    batch->compound_counts.count = c->compounds[0];
    batch->compound_uses.count = c->compounds[1];
    batch->gaps.codes.count = c->gaps;
    batch->gaps.side.count = c->side;
    batch->paragraph_sections.count = batch->lines.count = batch->kinds.count =
        batch->hashes.count = batch->paragraph_bytes.count = c->paragraphs[0];
    batch->headings.count = batch->parents.count = batch->levels.count =
        batch->section_paragraphs.count = batch->section_lengths.count =
            c->sections[0];
    for (unsigned i = 0; i < OSL_DOCUMENT_STRINGS; i++)
        batch->document_strings[i].count = c->documents;
    batch->document_flags.count = batch->document_numbers.count =
        batch->first_paragraphs.count = batch->first_sections.count =
            batch->document_dead.count = c->documents;
    memset(batch->document_dead.at, 0, c->documents);
    batch->dead_count = 0;
    batch->was_compacted = true;
}

osl_status osl_batch_compact(osl_batch *batch, osl_error *err)
{
    uint32_t count = osl_batch_documents(batch);
    if (batch->dead_count == 0)
        return OSL_OK;
    uint32_t *numbers = calloc(3 * (size_t)count, sizeof *numbers);
    if (!numbers)
        return no_memory(err);
    uint32_t *paragraphs = numbers + count, *sections = paragraphs + count;
    compaction c = {0};
    uint32_t gone = 0;
    for (uint32_t document = 0; document < count; document++) {
        bool live = !batch->document_dead.at[document];
        range what = document_paragraphs(batch, document);
        range parts = document_sections(batch, document);
        numbers[document] = (uint32_t)c.documents;
        if (live) {
            paragraphs[c.documents] = (uint32_t)c.paragraphs[0];
            sections[c.documents] = (uint32_t)c.sections[0];
        }
        move_sections(batch, &c, parts, live, gone);
        move_paragraphs(batch, &c, what, live);
        move_document(batch, &c, document, live);
        if (!live)
            gone += (uint32_t)(what.to - what.from);
    }
    move_aliases(batch, numbers);
    osl_sense_table_compact(&batch->senses, batch->document_dead.at, numbers);
    set_counts(batch, &c);
    memcpy(batch->first_paragraphs.at, paragraphs, c.documents * 4);
    memcpy(batch->first_sections.at, sections, c.documents * 4);
    free(numbers);
    return OSL_OK;
}
