// Where the events of data/facts/facts_observe.h come from: a market that is run for it, a
// dataset, or a recorded tape.
#ifndef HFTSIM_DATA_FACTS_FACTS_SOURCE_H
#define HFTSIM_DATA_FACTS_FACTS_SOURCE_H

#include <stdint.h>

#include "data/dataset/generate.h"
#include "data/facts/facts_observe.h"
#include "data/lobster/tape.h"
#include "sim/market/model.h"

typedef struct hft_observe_plan {
  hft_time warmup;    // at the open, left out
  hft_time interval;  // between samples
  hft_time duration;  // from the open on, the warm-up included; 0: all there is
} hft_observe_plan;

// Runs the world (seed, 0) of a model and looks at one of its instruments. EINVAL: there is no such
// instrument, or the duration is longer than the session; EINTR: the watch (may be null) stopped
// it; ENOMEM.
hft_status hft_facts_observe_market(const hft_model *model, int instrument, uint64_t seed,
                                    const hft_observe_plan *plan,
                                    const hft_generate_progress *progress, hft_observed *out,
                                    hft_error *error);

// Reads a session of a dataset (see data/dataset/reader.h; `session` may be null). EDATA where its
// events contradict each other; EIO, EINTR, ENOMEM.
hft_status hft_facts_observe_dataset(const char *path, const char *session,
                                     const hft_observe_plan *plan,
                                     const hft_generate_progress *progress, hft_observed *out,
                                     hft_error *error);

// Reads a LOBSTER tape. Its book0 tells what rested before; null: the book is empty at first and
// fills as messages name orders. Executions of hidden orders count as trades. EDATA, also where
// more than the share `unmatched_max` of the tape's rows are not as the messages say; EIO, EINTR,
// ENOMEM.
hft_status hft_facts_observe_lobster(const hft_tape_files *files, double unmatched_max,
                                     const hft_observe_plan *plan,
                                     const hft_generate_progress *progress, hft_observed *out,
                                     hft_error *error);

#endif
