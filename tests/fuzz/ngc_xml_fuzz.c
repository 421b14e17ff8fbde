/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return reader_fuzz("ngc-xml", data, size);
}
