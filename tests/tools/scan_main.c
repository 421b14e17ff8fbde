/* SPDX-License-Identifier: MIT
 *
 * For developers of readers: is every stored paragraph clean text?
 *
 *     osler_scan INDEX [ROOT]
 *
 * Prints each that is not, with its place; ROOT is the folder that was
 * indexed. Ends with 0 where all are, with 1 where some are not. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/tools/scan.h"

static void print(void *user, const char *place, const char *what,
                  osl_text around)
{
    (void)user;
    (void)printf("%s: %s: ...%.*s...\n", place, what, (int)around.length,
                 around.bytes);
}

int main(int argc, char **argv)
{
    osl_error err = {0};
    scan_count count;
    if (argc < 2 || argc > 3) {
        (void)fprintf(stderr, "usage: osler_scan INDEX [ROOT]\n");
        return 2;
    }
    if (scan_index(argv[1], argc > 2 ? argv[2] : NULL, print, NULL, &count,
                   &err) != OSL_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 3;
    }
    (void)printf("%" PRIu64 " paragraphs, %" PRIu64 " not clean\n",
                 count.paragraphs, count.dirty);
    return count.dirty > 0;
}
