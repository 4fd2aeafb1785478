// The fundamental values of several instruments, moved together on one grid: each by its own spec,
// with correlated diffusions, and with jumps that all take part in.
//
// Instrument i draws from streams of its own, and its diffusion is made of those of 0 .. i (a
// Cholesky factor is triangular). So instruments added at the end leave the paths of those before
// as they were, and one instrument is an hft_fundamental, bit for bit.
#ifndef HFTSIM_SIM_PROCESS_BASKET_H
#define HFTSIM_SIM_PROCESS_BASKET_H

#include <stddef.h>

#include "sim/base/status.h"
#include "sim/process/fundamental.h"

#define HFT_BASKET_MAX 64

// The streams of draws of instrument i, by index (sim/base/rng.h), and that of the common jumps.
#define HFT_STREAM_DIFFUSION_OF(i) (4 * (uint32_t)(i) + 1)
#define HFT_STREAM_JUMPS_OF(i) (4 * (uint32_t)(i) + 2)
#define HFT_STREAM_COMMON_JUMPS 3u

typedef struct hft_basket_spec {
  int count;                         // instruments, 1 .. HFT_BASKET_MAX
  const hft_fundamental_spec *spec;  // [count]; all of the same step
  const double *correlation;         // [count][count] of the diffusions; null: independent
  hft_jumps common;                  // come to all at once; a rate of 0: none
  const double *loading;  // [count]: instrument i moves by loading[i] times it; null: all by 1
} hft_basket_spec;

// Constant, without pointers.
typedef struct hft_basket_model {
  int count;
  bool correlated;
  hft_time step;
  hft_jumps common;
  double common_wait_ns;  // mean time between common jumps, or 0 for none
  double loading[HFT_BASKET_MAX];
  double factor[HFT_BASKET_MAX * HFT_BASKET_MAX];  // [count][count], of one step of the grid
  hft_fundamental_model value[HFT_BASKET_MAX];
} hft_basket_model;

// hft_basket_size bytes, without pointers.
typedef struct hft_basket {
  hft_time next_step;  // when the values next change
  double next_common_ns;
  hft_rng common_rng;
  hft_fundamental value[];
} hft_basket;

// ECONFIG where the matrix is no correlation matrix or positive definite, or where a common jump
// has no finite mean for an instrument. The spec's arrays may go afterwards.
hft_status hft_basket_compile(const hft_basket_spec *spec, hft_basket_model *model,
                              hft_error *error);

// Bytes of a state of so many instruments.
size_t hft_basket_size(int count);

// Begins at time 0 with the streams of (seed, env).
void hft_basket_start(const hft_basket_model *model, hft_basket *basket, uint64_t seed,
                      uint32_t env);

// Takes all steps of the grid up to `now`.
void hft_basket_advance(const hft_basket_model *model, hft_basket *basket, hft_time now);

// The value of an instrument in ticks at `now`, not before an earlier one.
static inline double hft_basket_at(const hft_basket_model *model, hft_basket *basket,
                                   int instrument, hft_time now) {
  if (__builtin_expect(now >= basket->next_step, 0)) hft_basket_advance(model, basket, now);
  return basket->value[instrument].value;
}

#endif
