/* SPDX-License-Identifier: MIT */
#include "tools/osler/command.h"

#include "tools/osler/output.h"

int osl_failed(const osl_error *err)
{
    osl_complain("%s", err->text);
    if (err->status == OSL_ECANCELLED)
        return OSL_EXIT_INTERRUPTED;
    return err->status == OSL_EINVAL ? OSL_EXIT_USAGE : OSL_EXIT_FAILED;
}
