/* SPDX-License-Identifier: MIT
 *
 * The table of readers and the choice among them. */
#include <stdio.h>
#include <string.h>

#include "corpus/reader.h"

const osl_reader *const osl_readers[] = {
    &osl_reader_pdq_xml,
    &osl_reader_ngc_xml,
    &osl_reader_xml,
    &osl_reader_html,
    &osl_reader_yaml,
    &osl_reader_markdown,
    &osl_reader_jsonl,
    &osl_reader_json,
    &osl_reader_jsx,
    &osl_reader_fsh,
    &osl_reader_text, /* the last resort: reads what is no binary */
    NULL,
};

static const osl_reader *reader_named(const char *name)
{
    for (size_t i = 0; osl_readers[i] != NULL; i++)
        if (strcmp(osl_readers[i]->name, name) == 0)
            return osl_readers[i];
    return NULL;
}

static const osl_reader *reader_for(const osl_source *source)
{
    const osl_reader *best = NULL;
    unsigned most = 0;
    if (source->bytes.length == 0)
        return NULL;
    for (size_t i = 0; osl_readers[i] != NULL; i++) {
        unsigned sure = osl_readers[i]->sniff(source);
        if (sure > most) {
            most = sure;
            best = osl_readers[i];
        }
    }
    return best;
}

const char *osl_corpus_format(const osl_source *source)
{
    const osl_reader *reader = reader_for(source);
    return reader ? reader->name : NULL;
}

const char *osl_corpus_format_name(size_t n)
{
    for (size_t i = 0; osl_readers[i] != NULL; i++)
        if (i == n)
            return osl_readers[i]->name;
    return NULL;
}

static void report_skipped(const osl_source *source,
                           const osl_consumer *consumer, const char *reason)
{
    if (consumer->report != NULL)
        consumer->report(consumer->user, source->name, 0, true, reason);
}

static osl_status read_with(const osl_reader *reader, const osl_source *source,
                            const osl_consumer *consumer, osl_error *err)
{
    osl_draft *draft = osl_draft_new(source, consumer);
    if (draft == NULL)
        return osl_fail(err, OSL_ENOMEM, "memory ran out while reading");
    osl_status status = reader->read(source, draft, err);
    if (status == OSL_OK && osl_draft_documents(draft) == 0) {
        char reason[128];
        (void)snprintf(reason, sizeof reason,
                       "no guideline text in it (read as %s)", reader->name);
        report_skipped(source, consumer, reason);
    }
    osl_draft_free(draft);
    return status;
}

osl_status osl_corpus_read(const osl_source *source,
                           const osl_consumer *consumer, osl_error *err)
{
    const osl_reader *reader =
        source->format ? reader_named(source->format) : NULL;
    if (source->format != NULL && reader == NULL)
        return osl_fail(err, OSL_EINVAL, "%s: no such format", source->format);
    if (source->bytes.length == 0) {
        report_skipped(source, consumer, "empty file");
        return OSL_OK;
    }
    if (reader == NULL)
        reader = reader_for(source);
    if (reader == NULL) {
        report_skipped(source, consumer, "not text: no reader knows it");
        return OSL_OK;
    }
    return read_with(reader, source, consumer, err);
}
