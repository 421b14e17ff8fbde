/* SPDX-License-Identifier: MIT
 *
 * Several threads do shares of one job at once and hand in what they made in
 * the order of the shares:
 *
 *     lock, take a share and its turn, unlock
 *     … work …
 *     begin(turn): waits until all earlier ones have ended
 *     … hand in …
 *     end
 *
 * Whoever has taken a turn must end it, come what may. Who would have to wait
 * can keep what was made, do another share, and hand in both then. */
#ifndef OSL_INDEXER_TURNS_H
#define OSL_INDEXER_TURNS_H

#include "core/core.h"

#include <pthread.h>

/* Caller's storage. */
typedef struct osl_turns {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t taken, ended;
} osl_turns;

OSL_MUST_CHECK bool osl_turns_init(osl_turns *turns);
void osl_turns_clear(osl_turns *turns);

void osl_turns_lock(osl_turns *turns);
void osl_turns_unlock(osl_turns *turns);
/* The next turn; with the lock held. */
uint64_t osl_turns_take(osl_turns *turns);
/* Whether begin() need not wait. */
bool osl_turns_is(const osl_turns *turns, uint64_t turn);
void osl_turns_begin(osl_turns *turns, uint64_t turn);
void osl_turns_end(osl_turns *turns);

#endif
