/* SPDX-License-Identifier: MIT
 *
 * The one function of a fuzz target: tests/fuzz/NAME_fuzz.c has it, and
 * libFuzzer or replay.c calls it. */
#ifndef OSL_TESTS_FUZZ_FUZZ_H
#define OSL_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* The input was refused at the door: libFuzzer keeps none of these, and a
 * replay fails where all its seeds are so. */
#define FUZZ_REFUSED (-1)

/* Any bytes; returns 0 or FUZZ_REFUSED. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
