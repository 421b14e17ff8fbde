/* SPDX-License-Identifier: MIT
 *
 * A malloc that fails when a test says so. */
#ifndef OSL_TESTS_FAULTS_FAILING_MEMORY_H
#define OSL_TESTS_FAULTS_FAILING_MEMORY_H

#include <stdint.h>

/* Allocations until one fails; 0: none does. And how many there were. Written
 * where one thread runs. */
extern uint64_t failing_countdown, failing_calls;

#endif
