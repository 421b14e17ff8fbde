/* SPDX-License-Identifier: MIT
 *
 * SQLite FTS5 as README.md asks for it: one table of ids (and texts, where the
 * analysis is English), and over it a full index with positions, made in one
 * transaction and merged to one segment. bm25() has k1 1.2 and b 0.75. */
#include "tools/bench/peers/driver.h"

#include <sqlite3.h>

typedef struct fts5 {
    sqlite3 *db;
    sqlite3_stmt *best, *count, *id;
    char match[1 << 16]; /* the query in FTS5's language */
    size_t length;
} fts5;

static void check(sqlite3 *db, int code, int wanted)
{
    if (code != wanted)
        give_up("fts5", sqlite3_errmsg(db));
}

static void run(sqlite3 *db, const char *sql)
{
    check(db, sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *to = NULL;
    check(db, sqlite3_prepare_v2(db, sql, -1, &to, NULL), SQLITE_OK);
    return to;
}

/* ---- index -------------------------------------------------------------- */

static void add(sqlite3 *db, sqlite3_stmt *to, sqlite3_int64 number,
                const char *first, const char *second)
{
    (void)sqlite3_bind_int64(to, 1, number);
    (void)sqlite3_bind_text(to, 2, first, -1, SQLITE_STATIC);
    if (second)
        (void)sqlite3_bind_text(to, 3, second, -1, SQLITE_STATIC);
    check(db, sqlite3_step(to), SQLITE_DONE);
    (void)sqlite3_reset(to);
}

static void build(sqlite3 *db, int is_english)
{
    run(db, "PRAGMA journal_mode=off; PRAGMA synchronous=normal;"
            "PRAGMA locking_mode=exclusive; PRAGMA cache_size=-524288;"
            "CREATE TABLE document(number INTEGER PRIMARY KEY, id, text)");
    run(db, is_english
                ? "CREATE VIRTUAL TABLE words USING fts5(text,"
                  " content='document', content_rowid='number',"
                  " tokenize='porter unicode61')"
                : "CREATE VIRTUAL TABLE words USING fts5(text, content='',"
                  " tokenize='ascii')");
    run(db, "INSERT INTO words(words, rank) VALUES('hashsize', 268435456);"
            "BEGIN");
    sqlite3_stmt *document =
        prepare(db, "INSERT INTO document VALUES(?, ?, ?)");
    sqlite3_stmt *words =
        prepare(db, "INSERT INTO words(rowid, text) VALUES(?, ?)");
    const char *id, *text;
    for (sqlite3_int64 n = 1; next_record(&id, &text); n++) {
        add(db, document, n, id, is_english ? text : NULL);
        add(db, words, n, text, NULL);
    }
    run(db, "INSERT INTO words(words) VALUES('optimize'); COMMIT");
    (void)sqlite3_finalize(document);
    (void)sqlite3_finalize(words);
}

/* ---- query -------------------------------------------------------------- */

static void put(fts5 *to, const char *text)
{
    size_t length = strlen(text);
    if (to->length + length >= sizeof to->match)
        give_up("fts5", "too long a query");
    memcpy(to->match + to->length, text, length + 1);
    to->length += length;
}

/* The clauses of a sign, joined; their number. */
static int put_clauses(fts5 *to, const query *of, char sign, const char *joint)
{
    int put_so_far = 0;
    for (int i = 0; i < of->count; i++) {
        const clause *at = &of->clauses[i];
        if (at->sign != sign)
            continue;
        put(to, put_so_far++ ? joint : "(");
        for (int w = 0; w < at->count; w++) {
            put(to, w ? " " : "\"");
            put(to, at->words[w]);
        }
        put(to, "\"");
    }
    if (put_so_far)
        put(to, ")");
    return put_so_far;
}

static int has(const query *of, char sign)
{
    int found = 0;
    for (int i = 0; i < of->count; i++)
        found |= of->clauses[i].sign == sign;
    return found;
}

/* There is no operator for a word that is only wanted beside a required one:
 * `+a b` is (a) OR (a AND b). */
static void write_match(fts5 *to, const query *of)
{
    int forbids = has(of, '-');
    to->length = 0;
    put(to, "(");
    if (!put_clauses(to, of, '+', " AND ")) {
        put_clauses(to, of, '|', " OR ");
    } else if (has(of, '|')) {
        put(to, " OR (");
        put_clauses(to, of, '+', " AND ");
        put(to, " AND ");
        put_clauses(to, of, '|', " OR ");
        put(to, ")");
    }
    put(to, ")");
    if (forbids) {
        put(to, " NOT ");
        put_clauses(to, of, '-', " OR ");
    }
}

/* Two statements: no one of them gives the best and the count faster. */
static void search(void *self, const query *of, int k, int count, found *out)
{
    fts5 *by = self;
    int code = SQLITE_DONE;
    write_match(by, of);
    out->count = 0;
    if (k > 0) {
        (void)sqlite3_bind_text(by->best, 1, by->match, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int(by->best, 2, k);
        while ((code = sqlite3_step(by->best)) == SQLITE_ROW)
            out->ids[out->count++] = (long)sqlite3_column_int64(by->best, 0);
        check(by->db, code, SQLITE_DONE);
        (void)sqlite3_reset(by->best);
    }
    if (count) {
        (void)sqlite3_bind_text(by->count, 1, by->match, -1, SQLITE_STATIC);
        check(by->db, sqlite3_step(by->count), SQLITE_ROW);
        out->total = (long)sqlite3_column_int64(by->count, 0);
        (void)sqlite3_reset(by->count);
    }
}

static const char *id_of(void *self, long number)
{
    fts5 *by = self;
    (void)sqlite3_reset(by->id);
    (void)sqlite3_bind_int64(by->id, 1, number);
    check(by->db, sqlite3_step(by->id), SQLITE_ROW);
    return (const char *)sqlite3_column_text(by->id, 0);
}

static void answer(sqlite3 *db, char **arguments)
{
    static fts5 by;
    const engine self = {search, id_of, &by};
    by.db = db;
    run(db, "PRAGMA cache_size=-524288; PRAGMA mmap_size=8589934592;"
            "PRAGMA temp_store=memory");
    by.best = prepare(db, "SELECT rowid FROM words WHERE words MATCH ?"
                          " ORDER BY bm25(words) LIMIT ?");
    by.count = prepare(db, "SELECT count(*) FROM words WHERE words MATCH ?");
    by.id = prepare(db, "SELECT id FROM document WHERE number = ?");
    run_queries(&self, arguments);
    (void)sqlite3_finalize(by.best);
    (void)sqlite3_finalize(by.count);
    (void)sqlite3_finalize(by.id);
}

int main(int count, char **arguments)
{
    sqlite3 *db = NULL;
    int makes = is_index(count, arguments);
    check(db, sqlite3_open(arguments[2], &db), SQLITE_OK);
    if (makes)
        build(db, strcmp(arguments[3], "english") == 0);
    else
        answer(db, arguments);
    check(db, sqlite3_close(db), SQLITE_OK);
    return 0;
}
