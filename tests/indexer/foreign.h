/* SPDX-License-Identifier: MIT
 *
 * A segment that says it is of another format. */
#ifndef OSL_TESTS_INDEXER_FOREIGN_H
#define OSL_TESTS_INDEXER_FOREIGN_H

#include "tests/indexer/place.h"

#include "core/base/bytes.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

static inline void write_over(const place *at, const char *name, off_t where,
                              const void *from, size_t count)
{
    int fd = open(place_name(at, name), O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, from, count, where), count);
    assert_int_equal(close(fd), 0);
}

/* Its version, and the hash of the 12 bytes that it ends. */
static inline void make_foreign(const place *at, const char *segment,
                                uint32_t version)
{
    uint8_t head[16];
    int fd = open(place_name(at, segment), O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, head, sizeof head, 0), sizeof head);
    assert_int_equal(close(fd), 0);
    osl_put32(head + 8, version);
    osl_put32(head + 12, (uint32_t)XXH3_64bits(head, 12));
    write_over(at, segment, 0, head, sizeof head);
}

#endif
