// Scores of how alike two markets are: the distances between their distributions of LOB-Bench, P.
// Nagy, S. Frey, K. Li, B. Sarkar, S. Vyetrenko, S. Zohren, A. Calinescu and J. Foerster,
// "LOB-Bench: benchmarking generative AI for finance, an application to limit order book data",
// ICML 2025. A market is a set of samples, to which any number of stretches of rows are added: the
// odd blocks of a tape, or the sessions of several seeds.
//
//   hft_judge_samples tape = {0}, simulated = {0};
//   hft_judge_add(&rows_of_the_tape, &(hft_judge_part){skip, block, HFT_JUDGE_EVEN}, &tape);
//   for each seed: hft_judge_add(&rows_of_the_seed, &(hft_judge_part){warmup, 0, 0}, &simulated);
//   hft_judge_compare(&tape, &simulated, &scores);
#ifndef HFTSIM_DATA_JUDGE_JUDGE_H
#define HFTSIM_DATA_JUDGE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "data/judge/judge_rows.h"
#include "stats/doubles.h"
#include "stats/stats.h"

// X(code, name, weight, discrete, help)
//   weight    in the mean: LOB-Bench has 16 scores, of which 12 are 6 pairs of bid and ask, which
//             are pooled here; 0: not one of the 16
//   discrete  every value is its own bin
// Volumes in lots, distances in ticks, times in ms and s. Each is taken after each message, unless
// the text names some messages.
// clang-format off
#define HFT_SCORE_MAP(X)                                                                       \
  X(SPREAD, spread, 1, true, "spread, ticks")                                                  \
  X(IMBALANCE, imbalance, 1, false, "(bid - ask) / (bid + ask) of the lots at the best prices") \
  X(LOG_IAT, log_iat, 1, false, "logarithm of the time between messages, ms")                  \
  X(LOG_TTC, log_ttc, 1, false, "logarithm of the time from an order to its first cancel, s")  \
  X(VOL_TOUCH, vol_touch, 2, false, "lots at the best price, asks and bids")                   \
  X(VOL10, vol10, 2, false, "lots on the best 10 levels, asks and bids")                       \
  X(LIMIT_DEPTH, limit_depth, 2, false, "distance of new limit orders from the mid")           \
  X(CANCEL_DEPTH, cancel_depth, 2, false, "distance of cancelled orders from the mid")         \
  X(LIMIT_LEVEL, limit_level, 2, true, "level of new limit orders, up to the tenth")           \
  X(CANCEL_LEVEL, cancel_level, 2, true, "level of cancelled orders, up to the tenth")         \
  X(VOL_MIN, vol_min, 0, false, "lots traded in a second with trades, times 60")               \
  X(OFI, ofi, 0, false, "order flow imbalance, mean of 100 messages")                          \
  X(OFI_UP, ofi_up, 0, false, "the same before the mid goes up")                               \
  X(OFI_STAY, ofi_stay, 0, false, "the same before the mid stays")                             \
  X(OFI_DN, ofi_dn, 0, false, "the same before the mid goes down")                             \
  X(SIZE_LIMIT, size_limit, 0, false, "size of limit orders, lots")                            \
  X(SIZE_MARKET, size_market, 0, false, "size of market orders, lots")
// clang-format on

typedef enum hft_score {
#define X(code, ...) HFT_SCORE_##code,
  HFT_SCORE_MAP(X)
#undef X
      HFT_SCORE_COUNT
} hft_score;

// The definition of a score.
typedef struct hft_score_info {
  const char *name;
  int weight;
  bool discrete;
  const char *help;
} hft_score_info;

// All scores, indexed by hft_score.
extern const hft_score_info hft_score_table[HFT_SCORE_COUNT];

// Which blocks of time belong to a part: the first, third, ... or the second, fourth, ...
typedef enum hft_judge_blocks { HFT_JUDGE_ALL, HFT_JUDGE_ODD, HFT_JUDGE_EVEN } hft_judge_blocks;

// A part of a stream of rows.
typedef struct hft_judge_part {
  hft_time skip;   // left out after the first message, ns
  hft_time block;  // length of the blocks, ns; 0: everything is one block
  uint8_t blocks;  // hft_judge_blocks; with `block` 0: HFT_JUDGE_ALL
} hft_judge_part;

#define HFT_JUDGE_BLOCK_MIN 201  // rows of a block that is used

// A stretch of rows of one block: rows first .. last - 1.
typedef struct hft_judge_stretch {
  size_t first, last;
} hft_judge_stretch;

// Finds the next block of a part that has at least HFT_JUDGE_BLOCK_MIN rows. Start with a zeroed
// stretch. Returns false after the last. Successive HFT_JUDGE_ALL blocks come one by one.
bool hft_judge_next_stretch(const hft_judge_rows *rows, const hft_judge_part *part,
                            hft_judge_stretch *stretch);

#define HFT_JUDGE_CHUNK (30 * HFT_SECOND)  // market time that the bootstrap draws as a whole

// A sample in the order in which it was added, and the chunk of time of each value.
typedef struct hft_judge_sample {
  hft_doubles values;
  uint16_t *chunk;  // [values.capacity]; not below the earlier ones, at most UINT16_MAX
} hft_judge_sample;

// The samples of a market. Zeroed memory is an empty set.
typedef struct hft_judge_samples {
  hft_judge_sample sample[HFT_SCORE_COUNT];
  size_t chunks;  // of all stretches; the last number stands for all after it
} hft_judge_samples;

// Frees the samples.
void hft_judge_samples_free(hft_judge_samples *samples);

// Adds the samples of the blocks of a part. Differences and times never reach from one block to
// the next. ENOMEM.
hft_status hft_judge_add(const hft_judge_rows *rows, const hft_judge_part *part,
                         hft_judge_samples *samples);

#define HFT_JUDGE_SAMPLE_MIN 5       // values that a distance needs
#define HFT_JUDGE_SAMPLE_MAX 200000  // of more values every n-th is used

// Distances between two samples: total variation, and Wasserstein-1 in units of the pooled standard
// deviation (stats/distance.h). NaN: a sample has fewer than HFT_JUDGE_SAMPLE_MIN values.
typedef struct hft_judge_score {
  double l1, w1;
} hft_judge_score;

typedef struct hft_judge_scores {
  hft_judge_score score[HFT_SCORE_COUNT];
  double mean_l1, mean_w1;  // by weight over LOB-Bench's 16; NaN if one of these is
} hft_judge_scores;

// Compares two markets. Symmetric. ENOMEM.
hft_status hft_judge_compare(const hft_judge_samples *a, const hft_judge_samples *b,
                             hft_judge_scores *out);

#define HFT_JUDGE_RESAMPLES 200  // a resample counts all values again
#define HFT_JUDGE_CHUNKS_MIN 5   // chunks of each market that an interval needs

// A score's 95% intervals.
typedef struct hft_judge_interval {
  hft_interval l1, w1;  // NaN: there is none
} hft_judge_interval;

typedef struct hft_judge_intervals {
  hft_judge_interval score[HFT_SCORE_COUNT];
  hft_judge_interval mean;
} hft_judge_intervals;

// Computes the intervals of the scores of two markets, which hft_judge_compare gave, by a block
// bootstrap: both markets are drawn anew from their chunks of HFT_JUDGE_CHUNK, the same chunks for
// all samples. Resampled distances are larger than those of the samples, as they have the noise
// twice, so their deviations from their mean are put around the score. `seed` selects the
// resamples. ENOMEM.
hft_status hft_judge_bootstrap(const hft_judge_samples *a, const hft_judge_samples *b,
                               const hft_judge_scores *scores, uint64_t seed,
                               hft_judge_intervals *out);

#endif
