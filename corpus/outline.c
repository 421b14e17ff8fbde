/* SPDX-License-Identifier: MIT */
#include "corpus/outline.h"

#include <string.h>

#include "corpus/prose.h"

/* A longer heading that ends like a sentence is one. */
enum { BOLD_HEADING_MAX = 120, SENTENCE_MIN = 150 };

static void flush_as_prose(osl_outline *outline)
{
    osl_text text = osl_buf_text(&outline->waiting);
    /* Fewer words say nothing without what they were to head. */
    if (outline->skips == OSL_OUTLINE_KEEP && osl_prose_words(text) > 3)
        osl_draft_paragraph(outline->draft, OSL_PARAGRAPH_PROSE,
                            outline->waiting_line, text);
    osl_buf_reset(&outline->waiting);
}

static void update_skips(osl_outline *outline, unsigned level, osl_text heading)
{
    if (outline->skips != OSL_OUTLINE_KEEP && level > outline->skip_level)
        return;
    outline->skip_level = level;
    outline->skips = osl_prose_is_reference_heading(heading)
                         ? OSL_OUTLINE_REFERENCES
                     : osl_prose_is_tail_heading(heading) ? OSL_OUTLINE_ALL
                                                          : OSL_OUTLINE_KEEP;
}

static void emit(osl_outline *outline, unsigned level, osl_text heading)
{
    heading = osl_prose_trim(heading);
    if (heading.length == 0)
        return;
    update_skips(outline, level, heading);
    bool is_title = level == outline->level && outline->title.length &&
                    osl_prose_begins_same(heading, outline->title);
    if (outline->skips != OSL_OUTLINE_KEEP || is_title)
        osl_draft_close_sections(outline->draft, level);
    else
        osl_draft_heading(outline->draft, level, heading);
}

static void flush_as_heading(osl_outline *outline)
{
    if (outline->waiting.length == 0)
        return;
    osl_text text = osl_buf_text(&outline->waiting);
    if (text.bytes[text.length - 1] == ':')
        text.length--;
    emit(outline, outline->waiting_level, text);
    if (!outline->bold_level || outline->waiting_level < outline->bold_level)
        outline->bold_level = outline->waiting_level;
    osl_buf_reset(&outline->waiting);
}

unsigned osl_outline_level_below(const osl_outline *outline)
{
    return outline->real_level ? outline->real_level + 1 : outline->level;
}

void osl_outline_heading(osl_outline *outline, unsigned level, osl_text heading)
{
    flush_as_prose(outline);
    /* What a heading opens never stands below bold text. */
    if (outline->bold_level && level > outline->bold_level)
        osl_draft_close_sections(outline->draft, outline->bold_level);
    outline->bold_level = outline->nested_level = 0;
    if (heading.length > SENTENCE_MIN && osl_prose_is_finished(heading))
        osl_outline_paragraph(outline, OSL_PARAGRAPH_PROSE, 0, heading);
    else
        emit(outline, level, heading);
}

bool osl_outline_may_head(osl_text text)
{
    return text.length <= BOLD_HEADING_MAX && text.length > 1 &&
           !strchr(".!?;,", text.bytes[text.length - 1]);
}

void osl_outline_wait(osl_outline *outline, uint32_t line, osl_text text)
{
    osl_buf_reset(&outline->waiting);
    osl_buf_put_text(&outline->waiting, text);
    outline->waiting_line = line;
    outline->waiting_level = outline->nested_level
                                 ? outline->nested_level + 1
                                 : osl_outline_level_below(outline);
}

/* A second bold paragraph stands below the first; a third shows that they
 * were no headings. */
void osl_outline_settle(osl_outline *outline, bool is_bold)
{
    if (outline->waiting.length == 0)
        return;
    if (is_bold && outline->nested_level) {
        flush_as_prose(outline);
        return;
    }
    unsigned level = outline->waiting_level;
    flush_as_heading(outline);
    outline->nested_level = is_bold ? level : 0;
}

bool osl_outline_drops(const osl_outline *outline, bool is_item, osl_text text)
{
    osl_text date;
    osl_find_fn *find = osl_draft_find(outline->draft);
    if (outline->skips == OSL_OUTLINE_ALL || osl_prose_is_control(text, find))
        return true;
    if (outline->skips == OSL_OUTLINE_REFERENCES)
        return is_item || osl_prose_is_reference(text, find) ||
               (text.length && text.bytes[0] >= '0' && text.bytes[0] <= '9');
    if (!is_item && text.length == outline->title.length &&
        osl_text_equal(text, outline->title))
        return true;
    return osl_prose_is_footer(text, find) || osl_prose_is_entry(text, find) ||
           (!is_item && osl_prose_date_line(text, &date));
}

void osl_outline_paragraph(osl_outline *outline, osl_paragraph_kind kind,
                           uint32_t line, osl_text text)
{
    osl_outline_settle(outline, false);
    if (!osl_outline_drops(outline, kind == OSL_PARAGRAPH_ITEM, text))
        osl_draft_paragraph(outline->draft, kind, line, text);
}

bool osl_outline_end(osl_outline *outline)
{
    flush_as_prose(outline);
    bool is_whole = !outline->waiting.failed;
    osl_buf_clear(&outline->waiting);
    return is_whole;
}
