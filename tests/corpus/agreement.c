/* SPDX-License-Identifier: MIT
 *
 * For developers of readers: how far two forms of one text agree.
 *
 *     corpus_agreement [--show] FIRST SECOND [FIRST SECOND ...]
 *
 * A paragraph counts as common when the other form has one with the same
 * letters and digits (ASCII, case folded; all else is what formats lose). The
 * share is 2 × common / (paragraphs of both), over all pairs; the second
 * figure weighs each paragraph by its letters. --show prints what only one
 * has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/file.h"
#include "corpus/corpus.h"

typedef struct form {
    char **keys; /* owns them; normalised paragraphs, sorted in the end */
    size_t count, capacity;
    bool failed;
} form;

static char *key_of(osl_text text)
{
    char *key = malloc(text.length + 1);
    size_t length = 0;
    for (size_t i = 0; key && i < text.length; i++) {
        char c = text.bytes[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            key[length++] = c;
    }
    if (key)
        key[length] = 0;
    return key;
}

static osl_status take(void *user, const osl_document *document, osl_error *err)
{
    form *into = user;
    for (size_t i = 0; i < document->paragraph_count; i++) {
        char *key = key_of(document->paragraphs[i].text);
        if (!key || !osl_grow(&into->keys, &into->capacity, into->count + 1,
                              sizeof *into->keys)) {
            free(key);
            return osl_fail(err, OSL_ENOMEM, "no memory");
        }
        into->keys[into->count++] = key;
    }
    return OSL_OK;
}

static int order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static osl_status form_read(form *into, const char *path, osl_error *err)
{
    osl_map map = {0};
    osl_status status = osl_map_open(&map, path, err);
    if (status != OSL_OK)
        return status;
    osl_source source = {
        osl_text_of(path), {(const char *)map.bytes, map.length}, NULL};
    osl_consumer consumer = {into, take, NULL, NULL, NULL};
    status = osl_corpus_read(&source, &consumer, err);
    osl_map_close(&map);
    if (into->count)
        qsort(into->keys, into->count, sizeof *into->keys, order);
    return status;
}

static void form_clear(form *into)
{
    for (size_t i = 0; i < into->count; i++)
        free(into->keys[i]);
    free(into->keys);
    *into = (form){0};
}

typedef struct tally {
    size_t common, all;                 /* paragraphs */
    size_t common_letters, all_letters; /* their letters */
    bool show;
} tally;

static void count_one(tally *sum, const char *key, int side)
{
    sum->all++;
    sum->all_letters += strlen(key);
    if (sum->show && side)
        printf("%c %.300s\n", side < 0 ? '<' : '>', key);
}

static void compare(tally *sum, const form *a, const form *b)
{
    size_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        int side = i == a->count   ? 1
                   : j == b->count ? -1
                                   : strcmp(a->keys[i], b->keys[j]);
        if (side == 0) {
            sum->common += 2;
            sum->common_letters += 2 * strlen(a->keys[i]);
        }
        if (side <= 0)
            count_one(sum, a->keys[i++], side);
        if (side >= 0)
            count_one(sum, b->keys[j++], side);
    }
}

int main(int argc, char **argv)
{
    osl_error err = {0};
    tally sum = {0};
    int at = 1;
    if (argc > 1 && strcmp(argv[1], "--show") == 0) {
        sum.show = true;
        at++;
    }
    if (argc - at < 2 || (argc - at) % 2) {
        (void)fprintf(stderr,
                      "usage: corpus_agreement [--show] FIRST SECOND ...\n");
        return 2;
    }
    for (; at + 1 < argc; at += 2) {
        form a = {0}, b = {0};
        osl_status status = form_read(&a, argv[at], &err);
        if (status == OSL_OK)
            status = form_read(&b, argv[at + 1], &err);
        if (sum.show)
            printf("== %s %s\n", argv[at], argv[at + 1]);
        if (status == OSL_OK)
            compare(&sum, &a, &b);
        else
            (void)fprintf(stderr, "%s\n", err.text);
        form_clear(&a);
        form_clear(&b);
        if (status != OSL_OK)
            return 1;
    }
    printf("common paragraphs: %.1f %%, common letters: %.1f %% (of %zu "
           "paragraphs in both forms)\n",
           sum.all ? 100.0 * (double)sum.common / (double)sum.all : 0.0,
           sum.all_letters
               ? 100.0 * (double)sum.common_letters / (double)sum.all_letters
               : 0.0,
           sum.all);
    return 0;
}
