/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a segment file: every verb gives an answer or an error. The
 * checksums are taken as right, or nothing would get past them. */
#include "tests/fuzz/fuzz.h"

#include "core/segment/segment_internal.h"
#include "tests/core/segment_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    osl_error err;
    osl_segment *segment;
    osl_text bytes = {(const char *)data, size};
    if (osl_segment_open_memory(&segment, bytes, "fuzz",
                                osl_kernels_get(OSL_CPU_SCALAR), false,
                                &err) != OSL_OK)
        return 0;
    unsigned failures;
    (void)walk_segment(segment, &failures);
    osl_status status = osl_segment_check(segment, &err);
    osl_segment_free(segment);
    if (status == OSL_OK && failures > 0)
        abort(); /* the check has to find what the verbs stumble over */
    return 0;
}
