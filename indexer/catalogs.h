/* SPDX-License-Identifier: MIT
 *
 * What the catalog of a new segment says, and what an update comes to: dates
 * and reuse by paragraph, counts.
 *
 * A paragraph of a revised document that has the text of one before has its
 * dates, too. Between two that do, as many new ones as there were old ones are
 * those, revised: first seen as before, changed now.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_CATALOGS_H
#define OSL_INDEXER_CATALOGS_H

#include "indexer/update.h"

/* Fills update->catalog for the living documents of the batch, and the
 * report's counts of documents and paragraphs. */
OSL_MUST_CHECK osl_status osl_update_count(osl_update *update, osl_error *err);

/* Appends to `to` what the catalog of `segment` says of its living documents
 * (deletions NULL: all live), in their order. */
OSL_MUST_CHECK osl_status osl_catalog_append(osl_catalog_maker *to,
                                             const osl_catalog *from,
                                             const osl_segment *segment,
                                             const osl_deletions *deletions,
                                             osl_error *err);

#endif
