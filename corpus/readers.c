/* SPDX-License-Identifier: MIT */
#include "corpus/reader.h"

const osl_reader *const osl_readers[] = {
    NULL,
};
