// The impact of parent orders of several quantities in many worlds, on several threads. Each world
// is run once without an order, then once with each order, so that all quantities and both sides
// meet the same participants with the same random numbers.
#ifndef HFTSIM_EVAL_IMPACT_WORLDS_H
#define HFTSIM_EVAL_IMPACT_WORLDS_H

#include "eval/impact.h"
#include "eval/impact_law.h"
#include "eval/runner.h"

// The orders of a study. The plans are of one config, strategy, instrument and span, and differ in
// quantity and side alone. Borrowed.
typedef struct hft_impact_study {
  int quantities;  // 1 .. HFT_IMPACT_QUANTITIES_MAX
  int sides;       // plans of each quantity: 1, or 2 of both sides, whose impacts are averaged
  const hft_episode_plan *const *plan;  // [quantities][sides]
  hft_impact_options options;           // that hft_impact_check has accepted for the plans
} hft_impact_study;

// What the worlds have shown. The quantities are those of the study, in its order.
typedef struct hft_impact_sample {
  int quantities, worlds, points;
  bool has_later;      // the path reaches HFT_IMPACT_LATER
  double *impact_bps;  // [quantities][points + 1][worlds]: the mean over the sides
  double *end_bps;     // [quantities][worlds]: the same at HFT_IMPACT_END
  double *later_bps;   // and at HFT_IMPACT_LATER; not set if the path does not reach it
  double *move_bps;    // [worlds]: the change of the mid without an order, from arrival to the end
  double *volume;      // [worlds]: lots traded without an order over that time
  // Sums over the worlds and sides, lots.
  int64_t *executed;                            // [quantities][points + 1]: of the parent order
  int64_t closed[HFT_IMPACT_QUANTITIES_MAX];    // at the order's end
  int64_t unfilled[HFT_IMPACT_QUANTITIES_MAX];  // of these, beyond the book
  void *memory;                                 // of the arrays
} hft_impact_sample;

// Runs the worlds options->episodes. Depends on the plans and the seed, not on the number of
// threads. The caller releases *out with hft_impact_sample_free, whatever the result. EINVAL:
// options out of bounds, or a sample of more than HFT_IMPACT_VALUES_MAX values; else the errors of
// hft_runner_run.
#define HFT_IMPACT_VALUES_MAX 268435456  // 2 GiB
hft_status hft_impact_study_run(const hft_impact_study *study, const hft_runner_options *options,
                                hft_impact_sample *out, hft_error *error);

// Releases the arrays of a sample.
void hft_impact_sample_free(hft_impact_sample *sample);

#endif
