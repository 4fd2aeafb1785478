// How alike a simulated market and the held-out part of a tape are, beside how alike the parts of
// the tape are to each other.
#ifndef HFTSIM_DATA_CALIBRATE_SCORE_H
#define HFTSIM_DATA_CALIBRATE_SCORE_H

#include "data/calibrate/watch.h"
#include "data/judge/dynamics.h"
#include "data/judge/judge.h"
#include "sim/base/progress.h"
#include "sim/market/model.h"

// What the judge sees of a market. Zeroed memory is empty.
typedef struct hft_scored {
  hft_judge_samples samples;
  hft_dynamics dynamics;
} hft_scored;

// Frees what the judge saw.
void hft_scored_free(hft_scored *scored);

// The two parts of a tape. With HFT_HOLDOUT_NONE its odd and even blocks; `whole` then has both.
typedef struct hft_score_target {
  hft_scored fitted, held_out, whole;
} hft_score_target;

// Frees the parts.
void hft_score_target_free(hft_score_target *target);

// Adds a tape, with sizes in lots of `lot` shares, rounded up. Errors: as hft_judge_rows_of_tape.
hft_status hft_score_add_tape(const hft_tape_files *files, const hft_watch_plan *plan, int64_t lot,
                              hft_score_target *target, hft_error *error);

// Runs a market with the seeds 0 .. seeds - 1, each for `seconds` after a warm-up. `progress` is
// told the share of the seeds; it may be null. Errors: as hft_judge_rows_of_market.
hft_status hft_score_market(const hft_model *model, int seeds, double warmup_s, double seconds,
                            const hft_progress *progress, hft_scored *out, hft_error *error);

// The part that simulated markets are compared with.
const hft_scored *hft_score_held_out(const hft_score_target *target);

#endif
