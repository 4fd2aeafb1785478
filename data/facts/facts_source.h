// The sources of events for data/facts/facts_observe.h: a simulated market, a dataset or a recorded
// tape.
#ifndef HFTSIM_DATA_FACTS_FACTS_SOURCE_H
#define HFTSIM_DATA_FACTS_FACTS_SOURCE_H

#include <stdint.h>

#include "data/facts/facts_feed.h"
#include "data/facts/facts_observe.h"
#include "data/lobster/tape.h"
#include "sim/market/model.h"

// Which part of a session to observe, ns.
typedef struct hft_observe_plan {
  hft_time warmup;          // skipped after the open
  hft_time interval;        // between samples
  hft_time duration;        // from the open, including the warm-up; 0: the whole session
  const hft_watcher *also;  // of a market or dataset: receives the same events; null: none
} hft_observe_plan;

// Runs the world (seed, 0) of a model and observes one instrument. `watch` may be null. *out
// belongs to the caller. Errors: EINVAL if the instrument does not exist or the duration exceeds
// the session; EINTR if `watch` stopped the run; ENOMEM.
hft_status hft_facts_observe_market(const hft_model *model, int instrument, uint64_t seed,
                                    const hft_observe_plan *plan, const hft_progress *progress,
                                    hft_observed *out, hft_error *error);

// Observes a session of a dataset (see data/dataset/reader.h; `session` and `watch` may be null).
// *out belongs to the caller. Errors: EDATA if the file is damaged or its events contradict each
// other; EIO, EINTR, ENOMEM.
hft_status hft_facts_observe_dataset(const char *path, const char *session,
                                     const hft_observe_plan *plan, const hft_progress *progress,
                                     hft_observed *out, hft_error *error);

// Observes a LOBSTER tape; `watch` may be null. files->book0 is the book at the beginning; if null,
// the book starts empty and fills with the orders that messages add. Executions of hidden orders
// count as trades. *out belongs to the caller. Errors: EDATA, also if more than the share
// `unmatched_max` of the tape's rows contradict the messages; EIO, EINTR, ENOMEM.
hft_status hft_facts_observe_lobster(const hft_tape_files *files, double unmatched_max,
                                     const hft_observe_plan *plan, const hft_progress *progress,
                                     hft_observed *out, hft_error *error);

#endif
