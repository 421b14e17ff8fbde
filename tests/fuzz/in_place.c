/* SPDX-License-Identifier: MIT
 *
 * How libFuzzer changes files of sections: a few bytes where they stand, three
 * times of four, since what moves the others breaks the table of sections and
 * is refused at once. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    enum { WINDOW = 32 };
    uint8_t piece[WINDOW];
    if (size < WINDOW || seed % 4 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    size_t from = (seed / 4) * (size_t)2654435761u % (size - WINDOW + 1);
    size_t length = 1 + (seed / 64) % WINDOW;
    memcpy(piece, data + from, length);
    size_t changed = LLVMFuzzerMutate(piece, length, length);
    memcpy(data + from, piece, changed);
    return size;
}
