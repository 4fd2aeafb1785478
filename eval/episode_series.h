// Collects what happens over time in an episode, for the series of a run folder (eval/results.h):
// the account at the ends of the steps, the fills, and the depth of the book. It is fed by the
// episode's sink and progress; series of several instruments have one collector each.
#ifndef HFTSIM_EVAL_EPISODE_SERIES_H
#define HFTSIM_EVAL_EPISODE_SERIES_H

#include <stdbool.h>

#include "eval/episode.h"
#include "eval/results.h"

// Opaque handle: the series of one episode at one instrument.
typedef struct hft_episode_series hft_episode_series;

// Creates an empty collector for episodes of a plan at its k-th traded instrument, with the depth
// of the book or without. The plan must outlive it. ENOMEM.
hft_status hft_episode_series_create(const hft_episode_plan *plan, int k, bool depth,
                                     hft_episode_series **out);
// Frees it; null is ignored.
void hft_episode_series_free(hft_episode_series *series);

// Notes the strategy's fills: call it from the sink of the episode with each event.
void hft_episode_series_event(hft_episode_series *series, const hft_event *event);

// Notes the account and the book: call it after each step (hft_episode_progress.on_step).
void hft_episode_series_step(hft_episode_series *series, hft_market *market);

// Completes the series of an episode that has ended: adds its start, and a last row in which what
// was left of a parent order is closed. `row` is the episode's at the same instrument. The series
// belong to the collector. ENOMEM: there was no memory for all fills.
hft_status hft_episode_series_end(hft_episode_series *series, const hft_episode *row,
                                  hft_results_series *out);

#endif
