// What the metrics need to know of an agent's notes in an episode: the sums over its fills and the
// figures of its equity curve.
#ifndef HFTSIM_EVAL_SCORE_H
#define HFTSIM_EVAL_SCORE_H

#include "eval/risk.h"
#include "eval/tally.h"

// Zeroed memory: nothing is known, and the metrics that need it are NaN.
typedef struct hft_score {
  hft_tally tally;
  hft_risk risk;
} hft_score;

// Computes the scores of the agents first .. first + count - 1 of a recorder, one at each of the
// instruments, and of their sum: score[i] of agent first + i, and with several score[count] of all.
void hft_score_compute(hft_record *recorder, int first, int count, const hft_parent *parent,
                       hft_score *score);

#endif
