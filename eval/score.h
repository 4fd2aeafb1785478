// What the metrics need to know of an agent's notes in an episode: the sums over its fills and the
// figures of its equity curve.
#ifndef HFTSIM_EVAL_SCORE_H
#define HFTSIM_EVAL_SCORE_H

#include "eval/risk.h"
#include "eval/tally.h"

// Zeroed memory: nothing is known, and the metrics that need it are NaN.
typedef struct hft_episode_score {
  hft_tally tally;
  hft_risk risk;
} hft_episode_score;

// Computes the scores of the agents first .. first + count - 1 of a record, one at each of the
// instruments, and of their sum: score[i] of agent first + i, and with several score[count] of all.
void hft_score_compute(hft_record *record, int first, int count, const hft_parent_order *parent,
                       hft_episode_score *score);

#endif
