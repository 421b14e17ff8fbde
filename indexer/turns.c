/* SPDX-License-Identifier: MIT */
#include "indexer/turns.h"

bool osl_turns_init(osl_turns *turns)
{
    *turns = (osl_turns){.taken = 0};
    if (pthread_mutex_init(&turns->lock, NULL) != 0)
        return false;
    if (pthread_cond_init(&turns->changed, NULL) == 0)
        return true;
    (void)pthread_mutex_destroy(&turns->lock);
    return false;
}

void osl_turns_clear(osl_turns *turns)
{
    (void)pthread_cond_destroy(&turns->changed);
    (void)pthread_mutex_destroy(&turns->lock);
}

void osl_turns_lock(osl_turns *turns)
{
    (void)pthread_mutex_lock(&turns->lock);
}

void osl_turns_unlock(osl_turns *turns)
{
    (void)pthread_mutex_unlock(&turns->lock);
}

uint64_t osl_turns_take(osl_turns *turns)
{
    return turns->taken++;
}

bool osl_turns_is(const osl_turns *turns, uint64_t turn)
{
    return __atomic_load_n(&turns->ended, __ATOMIC_ACQUIRE) == turn;
}

/* What is handed in belongs to the one whose turn it is: no lock is held. */
void osl_turns_begin(osl_turns *turns, uint64_t turn)
{
    osl_turns_lock(turns);
    while (turns->ended != turn)
        (void)pthread_cond_wait(&turns->changed, &turns->lock);
    osl_turns_unlock(turns);
}

void osl_turns_end(osl_turns *turns)
{
    osl_turns_lock(turns);
    __atomic_store_n(&turns->ended, turns->ended + 1, __ATOMIC_RELEASE);
    (void)pthread_cond_broadcast(&turns->changed);
    osl_turns_unlock(turns);
}
