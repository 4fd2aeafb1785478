// A dataset generated for a test, and its check against an independent replay of its own events.
#ifndef HFTSIM_TESTS_DATA_RECORDING_H
#define HFTSIM_TESTS_DATA_RECORDING_H

#include "data/dataset/generate.h"
#include "tests/data/dataset.h"

#define RECORDING_CONFIG "market_config:\n  symbol: \"TEST\"  # \xc3\xb8\n"

// 5 levels every 50 ms.
hft_recording recording_of(const char *path, uint64_t seed, int duration_s);
// Generates the dataset; fails the test on an error.
hft_generate_summary recording_generate(const hft_recording *recording, const hft_model *model);

// Replays all events on the reference book; fails the test unless trades and snapshots follow from
// them.
void recording_check(const dataset_rows *data);

#endif
