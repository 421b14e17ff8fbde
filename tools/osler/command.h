/* SPDX-License-Identifier: MIT
 *
 * The subcommands, one line each, and what they share. */
#ifndef OSL_TOOLS_OSLER_COMMAND_H
#define OSL_TOOLS_OSLER_COMMAND_H

#include "query/query.h"
#include "tools/osler/options.h"

extern const osl_command osl_command_index;
extern const osl_command osl_command_search;
extern const osl_command osl_command_show;
extern const osl_command osl_command_stats;
extern const osl_command osl_command_suggest;
extern const osl_command osl_command_batch;
extern const osl_command osl_command_bench;
extern const osl_command osl_command_eval;
extern const osl_command osl_command_check;
extern const osl_command osl_command_diff;

/* Says the error on stderr and gives the exit code of its status. */
int osl_failed(const osl_error *err);

/* Opens the index that is meant, and says on stderr (unless quiet) what a
 * person should know about it. */
OSL_MUST_CHECK osl_status osl_open_searcher(osl_searcher **out,
                                            const osl_common *common,
                                            uint64_t generation,
                                            osl_error *err);

#endif
