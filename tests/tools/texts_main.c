/* SPDX-License-Identifier: MIT
 *
 * How long it takes to read a paragraph's text.
 *
 *     osler_texts INDEX
 *
 * Reads as many as the index has, in each of these ways, and prints the mean
 * time of one: alone (osl_segment_text()), one behind the other and at random;
 * by a reader, the same; and the ranks of words alone, four side by side. */
#include "core/base/cpu.h"
#include "core/segment/index.h"
#include "core/segment/store.h"

#include <stdio.h>
#include <time.h>

typedef struct texts {
    const osl_segment *segment;
    osl_store_reader *reader;
    uint32_t count; /* paragraphs */
    osl_buf text;
    uint64_t bytes; /* read */
    osl_error err;
} texts;

typedef osl_status read_one(texts *t, uint32_t paragraph);

static osl_status read_alone(texts *t, uint32_t paragraph)
{
    return osl_segment_text(t->segment, paragraph, &t->text, &t->err);
}

static osl_status read_by_reader(texts *t, uint32_t paragraph)
{
    return osl_store_reader_text(t->reader, paragraph, &t->text, &t->err);
}

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void print(const char *name, double from, const texts *t)
{
    (void)printf("%-32s %6.2f us\n", name, (now() - from) / t->count);
}

static osl_status measure(texts *t, const char *name, bool random,
                          read_one *read)
{
    double from = now();
    uint64_t state = 1;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < t->count && status == OSL_OK; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t other = (state >> 32) * t->count >> 32;
        osl_buf_reset(&t->text);
        status = read(t, random ? (uint32_t)other : i);
        t->bytes += t->text.length;
    }
    if (status == OSL_OK)
        print(name, from, t);
    return status;
}

static osl_status measure_groups(texts *t)
{
    osl_store_group group = {0};
    double from = now();
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < t->count && status == OSL_OK; i += group.count) {
        status =
            osl_store_reader_group(t->reader, i, t->count - i, &group, &t->err);
        if (status == OSL_OK && group.count == 0)
            break;
    }
    osl_store_group_clear(&group);
    if (status == OSL_OK)
        print("ranks alone, side by side", from, t);
    return status;
}

static osl_status measure_all(texts *t)
{
    osl_status status = osl_store_reader_new(&t->reader, t->segment, &t->err);
    if (status == OSL_OK) /* so that all is in memory */
        status = measure(t, "the first time", false, read_alone);
    if (status == OSL_OK)
        status = measure(t, "alone, one behind the other", false, read_alone);
    if (status == OSL_OK)
        status = measure(t, "alone, at random", true, read_alone);
    if (status == OSL_OK)
        status = measure(t, "by a reader, one behind the other", false,
                         read_by_reader);
    if (status == OSL_OK)
        status = measure(t, "by a reader, at random", true, read_by_reader);
    if (status == OSL_OK)
        status = measure_groups(t);
    if (status == OSL_OK)
        (void)printf("%.0f bytes each\n",
                     (double)t->bytes / 5 / (t->count ? t->count : 1));
    osl_store_reader_free(t->reader);
    osl_buf_clear(&t->text);
    return status;
}

int main(int argc, char **argv)
{
    osl_index *index = NULL;
    texts t = {0};
    if (argc != 2) {
        (void)fprintf(stderr, "usage: osler_texts INDEX\n");
        return 2;
    }
    osl_status status = osl_index_open(
        &index, argv[1], 0, osl_kernels_get(osl_cpu_highest()), &t.err);
    if (status == OSL_OK) {
        t.segment = osl_index_segment(index, 0);
        t.count = osl_segment_get_info(t.segment)->paragraph_count;
        status = measure_all(&t);
    }
    osl_index_free(index);
    if (status != OSL_OK)
        (void)fprintf(stderr, "%s\n", t.err.text);
    return status == OSL_OK ? 0 : 3;
}
