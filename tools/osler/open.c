/* SPDX-License-Identifier: MIT */
#include "tools/osler/command.h"

#include "tools/osler/output.h"
#include "tools/osler/place.h"

osl_status osl_open_searcher(osl_searcher **out, const osl_common *common,
                             uint64_t generation, osl_error *err)
{
    char path[OSL_PLACE_SIZE];
    osl_status status = osl_place_find(path, common->index, false, err);
    if (status == OSL_OK)
        status = osl_searcher_open(out, path, generation, err);
    if (status != OSL_OK)
        return status;
    const char *note = osl_searcher_note(*out);
    if (note && !common->quiet)
        osl_complain("%s", note);
    return OSL_OK;
}
