/* SPDX-License-Identifier: MIT */
#include "corpus/clean.h"
#include "corpus/reader.h"

static unsigned text_sniff(const osl_source *source)
{
    size_t end = source->bytes.length < 65536 ? source->bytes.length : 65536;
    size_t odd = 0;
    for (size_t i = 0; i < end; i++) {
        unsigned char c = (unsigned char)source->bytes.bytes[i];
        odd += (c < ' ' && !osl_is_space((char)c)) || c == 0x7F;
    }
    return odd * 200 > end ? 0 : 1;
}

osl_status osl_text_fragment(osl_draft *draft, osl_text text, unsigned level,
                             osl_error *err)
{
    const char *at = text.bytes, *end = at + text.length;
    uint32_t line = 1;
    (void)level;
    (void)err;
    while (at < end) {
        const char *stop = at;
        while (stop < end && *stop != '\n')
            stop++;
        osl_draft_paragraph(draft, OSL_PARAGRAPH_PROSE, line++,
                            (osl_text){at, (size_t)(stop - at)});
        at = stop + 1;
    }
    return OSL_OK;
}

static osl_status text_read(const osl_source *source, osl_draft *draft,
                            osl_error *err)
{
    osl_draft_begin(draft);
    osl_draft_meta(draft, OSL_META_KIND, osl_text_of("text"));
    osl_status status = osl_text_fragment(draft, source->bytes, 1, err);
    osl_status ended = osl_draft_end(draft, err);
    return status == OSL_OK ? ended : status;
}

const osl_reader osl_reader_text = {"text", text_sniff, text_read};
