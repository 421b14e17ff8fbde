/* SPDX-License-Identifier: MIT
 *
 * Xapian as README.md asks for it: stemmed terms with positions and the text
 * (English analysis), or words split at blanks and no text. */
#include "tools/bench/peers/driver.h"

#include <xapian.h>

#include <sstream>
#include <string>
#include <vector>

enum { LONGEST_TERM = 240 }; /* Xapian's own limit is 245 bytes */

static void add_words(Xapian::Document &to, const char *text)
{
    std::istringstream words(text);
    Xapian::termpos position = 0;
    for (std::string word; words >> word;)
        if (word.size() <= LONGEST_TERM)
            to.add_posting(word, ++position);
}

static void build(const char *folder, bool is_english)
{
    Xapian::WritableDatabase database(folder, Xapian::DB_CREATE_OR_OVERWRITE);
    Xapian::TermGenerator generator;
    generator.set_stemmer(Xapian::Stem("english"));
    const char *id, *text;
    while (next_record(&id, &text)) {
        Xapian::Document document;
        if (is_english) {
            generator.set_document(document);
            generator.index_text(text);
            document.add_boolean_term(std::string("Q") + id);
        } else {
            add_words(document, text);
        }
        document.set_data(is_english ? text : id);
        database.add_document(document);
    }
    database.commit();
}

static Xapian::Query of_clauses(const query *of, char sign,
                                Xapian::Query::op joint)
{
    std::vector<Xapian::Query> parts;
    for (int i = 0; i < of->count; i++) {
        const clause &at = of->clauses[i];
        if (at.sign != sign)
            continue;
        if (at.count == 1)
            parts.emplace_back(at.words[0]);
        else
            parts.emplace_back(Xapian::Query::OP_PHRASE, at.words,
                               at.words + at.count, at.count);
    }
    return {joint, parts.begin(), parts.end()};
}

static Xapian::Query of_query(const query *of)
{
    using Xapian::Query;
    Query required = of_clauses(of, '+', Query::OP_AND);
    Query wanted = of_clauses(of, '|', Query::OP_OR);
    Query forbidden = of_clauses(of, '-', Query::OP_OR);
    Query all = required.empty() ? wanted : required;
    if (!required.empty() && !wanted.empty())
        all = Query(Query::OP_AND_MAYBE, required, wanted);
    return forbidden.empty() ? all : Query(Query::OP_AND_NOT, all, forbidden);
}

/* To look at as many documents as there are makes the count exact. */
static void search(void *self, const query *of, int k, int count, found *out)
{
    auto *database = static_cast<Xapian::Database *>(self);
    Xapian::Enquire enquire(*database);
    enquire.set_query(of_query(of));
    if (k > 0)
        enquire.set_weighting_scheme(Xapian::BM25Weight(1.2, 0, 1, 0.75, 0));
    else
        enquire.set_weighting_scheme(Xapian::BoolWeight());
    Xapian::MSet hits = enquire.get_mset(0, static_cast<Xapian::doccount>(k),
                                         count ? database->get_doccount() : 0);
    out->count = 0;
    for (auto hit = hits.begin(); hit != hits.end(); ++hit)
        out->ids[out->count++] = *hit;
    out->total = hits.get_matches_estimated();
}

static const char *id_of(void *self, long number)
{
    static std::string id;
    auto *database = static_cast<Xapian::Database *>(self);
    id = database->get_document(static_cast<Xapian::docid>(number)).get_data();
    return id.c_str();
}

int main(int count, char **arguments)
{
    try {
        if (is_index(count, arguments)) {
            build(arguments[2], strcmp(arguments[3], "english") == 0);
        } else {
            Xapian::Database database(arguments[2]);
            const engine self = {search, id_of, &database};
            run_queries(&self, arguments);
        }
    } catch (const Xapian::Error &error) {
        give_up("xapian", error.get_msg().c_str());
    }
    return 0;
}
