/* SPDX-License-Identifier: MIT
 *
 * Which index folder is meant. */
#ifndef OSL_TOOLS_OSLER_PLACE_H
#define OSL_TOOLS_OSLER_PLACE_H

#include "core/core.h"

#define OSL_PLACE_SIZE 4096

/* --index, else $OSLER_INDEX, else .osler here or in the nearest parent. With
 * `make`, ./.osler where there is none; else OSL_ENOTFOUND with words that
 * say how to make one, also where the folder that was named is not there. */
OSL_MUST_CHECK osl_status osl_place_find(char out[OSL_PLACE_SIZE],
                                         const char *option, bool make,
                                         osl_error *err);

#endif
