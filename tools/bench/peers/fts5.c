/* SPDX-License-Identifier: MIT
 *
 * SQLite FTS5 for tools/bench/index: records (id 0x1F text 0x1E) on standard
 * input become one table that holds the texts and a full index with positions
 * over it, in one transaction, merged to one segment. Usage: fts5 FILE */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(sqlite3 *db, int code, int wanted)
{
    if (code == wanted)
        return;
    (void)fprintf(stderr, "fts5: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static void run(sqlite3 *db, const char *sql)
{
    check(db, sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void add(sqlite3 *db, sqlite3_stmt *to, sqlite3_int64 number,
                const char *id, const char *text)
{
    int column = 1;
    (void)sqlite3_bind_int64(to, column++, number);
    if (id)
        (void)sqlite3_bind_text(to, column++, id, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(to, column, text, -1, SQLITE_STATIC);
    check(db, sqlite3_step(to), SQLITE_DONE);
    (void)sqlite3_reset(to);
}

int main(int count, char **arguments)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *document = NULL, *words = NULL;
    if (count != 2 || sqlite3_open(arguments[1], &db) != SQLITE_OK)
        return 2;
    run(db, "PRAGMA journal_mode=off; PRAGMA synchronous=normal;"
            "PRAGMA locking_mode=exclusive; PRAGMA cache_size=-524288;"
            "CREATE TABLE document(number INTEGER PRIMARY KEY, id, text);"
            "CREATE VIRTUAL TABLE words USING fts5(text, content='document',"
            " content_rowid='number', tokenize='porter unicode61');"
            "INSERT INTO words(words, rank) VALUES('hashsize', 268435456);"
            "BEGIN");
    check(db,
          sqlite3_prepare_v2(db, "INSERT INTO document VALUES(?, ?, ?)", -1,
                             &document, NULL),
          SQLITE_OK);
    check(db,
          sqlite3_prepare_v2(db, "INSERT INTO words(rowid, text) VALUES(?, ?)",
                             -1, &words, NULL),
          SQLITE_OK);
    char *record = NULL;
    size_t room = 0;
    for (sqlite3_int64 n = 1; getdelim(&record, &room, 0x1E, stdin) > 0; n++) {
        char *text = strchr(record, 0x1F);
        if (!text)
            continue;
        *text++ = '\0';
        text[strcspn(text, "\x1E")] = '\0';
        add(db, document, n, record, text);
        add(db, words, n, NULL, text);
    }
    run(db, "INSERT INTO words(words) VALUES('optimize'); COMMIT");
    free(record);
    (void)sqlite3_finalize(document);
    (void)sqlite3_finalize(words);
    check(db, sqlite3_close(db), SQLITE_OK);
    return 0;
}
