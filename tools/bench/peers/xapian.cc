/* SPDX-License-Identifier: MIT
 *
 * Xapian for tools/bench/index: records (id 0x1F text 0x1E) on standard input
 * become documents with stemmed terms, positions and their text, committed.
 * Usage: xapian FOLDER */
#include <xapian.h>

#include <iostream>
#include <string>

int main(int count, char **arguments)
{
    if (count != 2)
        return 2;
    try {
        Xapian::WritableDatabase database(arguments[1],
                                          Xapian::DB_CREATE_OR_OVERWRITE);
        Xapian::TermGenerator generator;
        generator.set_stemmer(Xapian::Stem("english"));
        std::string record;
        while (std::getline(std::cin, record, '\x1E')) {
            size_t end = record.find('\x1F');
            if (end == std::string::npos)
                continue;
            std::string text = record.substr(end + 1);
            Xapian::Document document;
            generator.set_document(document);
            generator.index_text(text);
            document.set_data(text);
            document.add_boolean_term("Q" + record.substr(0, end));
            database.add_document(document);
        }
        database.commit();
    } catch (const Xapian::Error &error) {
        std::cerr << "xapian: " << error.get_msg() << '\n';
        return 1;
    }
    return 0;
}
