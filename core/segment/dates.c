/* SPDX-License-Identifier: MIT */
#include "core/segment/dates.h"

#include "core/segment/catalog.h"

#include <stdlib.h>

struct osl_dates {
    osl_catalog *catalogs; /* by segment; owns */
    uint32_t count;
};

static osl_status open_catalog(osl_catalog *out, const osl_segment *segment,
                               osl_error *err)
{
    char *path = osl_catalog_path(osl_segment_path(segment));
    if (!path)
        return osl_fail(err, OSL_ENOMEM, "out of memory while opening dates");
    osl_status status = osl_catalog_open(out, path, err);
    if (status == OSL_OK &&
        (out->segment != osl_segment_identity(segment) ||
         out->paragraph_count !=
             osl_segment_get_info(segment)->paragraph_count)) {
        osl_catalog_close(out);
        status = osl_fail(err, OSL_ECORRUPT, "%s: of another segment", path);
    }
    free(path);
    return status;
}

osl_status osl_dates_open(osl_dates **out, const osl_index *index,
                          osl_error *err)
{
    uint32_t count = osl_index_get_info(index)->segment_count;
    osl_dates *dates = calloc(1, sizeof *dates);
    osl_catalog *catalogs = calloc((size_t)count + 1, sizeof *catalogs);
    osl_status status = OSL_OK;
    if (!dates || !catalogs) {
        free(dates);
        free(catalogs);
        return osl_fail(err, OSL_ENOMEM, "out of memory while opening dates");
    }
    *dates = (osl_dates){catalogs, 0};
    for (; dates->count < count && status == OSL_OK;) {
        status = open_catalog(&catalogs[dates->count],
                              osl_index_segment(index, dates->count), err);
        dates->count += status == OSL_OK;
    }
    if (status == OSL_OK)
        *out = dates;
    else
        osl_dates_free(dates);
    return status;
}

void osl_dates_free(osl_dates *dates)
{
    if (!dates)
        return;
    for (uint32_t i = 0; i < dates->count; i++)
        osl_catalog_close(&dates->catalogs[i]);
    free(dates->catalogs);
    free(dates);
}

void osl_dates_get(const osl_dates *dates, uint32_t segment, uint32_t paragraph,
                   uint64_t *first_seen_us, uint64_t *changed_us)
{
    osl_catalog_dates(&dates->catalogs[segment], paragraph, first_seen_us,
                      changed_us);
}
