/* SPDX-License-Identifier: MIT */
#include "query/updated.h"

#include "query/filter.h"

osl_status osl_updated_open(osl_updated *out, const osl_segment *segment,
                            osl_error *err)
{
    *out = (osl_updated){
        .segment = segment, .document = UINT32_MAX, .string = UINT64_MAX};
    return osl_tables_column(segment, OSL_SECTION_DOCUMENTS, OSL_STRING_UPDATED,
                             &out->column, err);
}

osl_status osl_updated_get(osl_updated *dates, uint32_t paragraph,
                           uint32_t *date, osl_error *err)
{
    uint32_t document = 0;
    osl_status status =
        osl_segment_document_of(dates->segment, paragraph, &document, err);
    if (status == OSL_OK && document != dates->document) {
        uint64_t string;
        osl_text updated = {0};
        status = osl_tables_value(dates->segment, OSL_SECTION_DOCUMENTS,
                                  &dates->column, document, &string, err);
        bool known = status == OSL_OK && string == dates->string;
        if (status == OSL_OK && !known)
            status = osl_tables_string(dates->segment, string, &updated, err);
        if (status != OSL_OK)
            return status;
        if (!known)
            dates->date = osl_date_order(updated);
        dates->string = string;
        dates->document = document;
    }
    *date = dates->date;
    return status;
}
