/* SPDX-License-Identifier: MIT */
#include "core/core.h"

#include <stdio.h>

int main(void)
{
    printf("osler %s\n", osl_version());
    return 0;
}
