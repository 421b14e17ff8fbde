/* SPDX-License-Identifier: MIT */
#include "query/operator.h"

#include "query/scan.h"

static const osl_operator *const operators[] = {
    &osl_operator_near,
    &osl_operator_adj,
};

size_t osl_operator_scan(const char *at, const char *end,
                         const osl_operator **op, int32_t *number)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        size_t length = osl_scan_numbered(at, end, operators[i]->name, number);
        *op = operators[i];
        if (length)
            return length;
    }
    return 0;
}
