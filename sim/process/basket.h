// The fundamental values of several instruments on one time grid: each follows its own spec, with
// correlated diffusions and common jumps. With a stochastic variance (sim/process/activity.h), that
// of each instrument moves on its own.
//
// Instrument i draws from its own streams, and its diffusion combines the normals of 0 .. i (a
// Cholesky factor is triangular). So instruments added at the end do not change the paths of the
// others, and a basket of one instrument equals an hft_fundamental, bit for bit.
#ifndef HFTSIM_SIM_PROCESS_BASKET_H
#define HFTSIM_SIM_PROCESS_BASKET_H

#include <stddef.h>

#include "sim/base/status.h"
#include "sim/process/activity.h"
#include "sim/process/fundamental.h"

#define HFT_BASKET_MAX 64

// Indices of random streams (sim/base/rng.h): of instrument i, and of the common jumps.
#define HFT_STREAM_ACTIVITY_OF(i) (4 * (uint32_t)(i) + 4)
#define HFT_STREAM_DIFFUSION_OF(i) (4 * (uint32_t)(i) + 1)
#define HFT_STREAM_JUMPS_OF(i) (4 * (uint32_t)(i) + 2)
#define HFT_STREAM_COMMON_JUMPS 3u

// The values of `count` instruments.
typedef struct hft_basket_spec {
  int count;                         // instruments, 1 .. HFT_BASKET_MAX
  const hft_fundamental_spec *spec;  // [count]; all with the same step
  const double *correlation;         // [count][count], of the diffusions; null: independent
  hft_jumps common;                  // jumps of all instruments at once; rate 0: none
  const double *loading;       // [count]: multiplies the common jumps of instrument i; null: all 1
  hft_activity_spec activity;  // variance of the diffusions; sd 0: constant
} hft_basket_spec;

// A compiled spec: constant, without pointers.
typedef struct hft_basket_model {
  int count;
  bool correlated;
  hft_time step;
  hft_jumps common;
  hft_activity_model activity;
  double common_wait_ns;  // mean time between common jumps, or 0 for none
  double loading[HFT_BASKET_MAX];
  double factor[HFT_BASKET_MAX * HFT_BASKET_MAX];  // [count][count], Cholesky factor of one step
  hft_fundamental_model value[HFT_BASKET_MAX];
} hft_basket_model;

// The state: hft_basket_size bytes, without pointers. Behind the values, with a stochastic
// variance: hft_activity [count].
typedef struct hft_basket {
  hft_time next_step;  // time of the next change, ns
  double next_common_ns;
  hft_rng common_rng;
  hft_fundamental value[];
} hft_basket;

// Compiles a spec; its arrays are not needed afterwards. ECONFIG if `correlation` is not a positive
// definite correlation matrix, or if a common jump has an infinite mean for an instrument.
hft_status hft_basket_compile(const hft_basket_spec *spec, hft_basket_model *model,
                              hft_error *error);

// The largest hft_basket_size.
#define HFT_BASKET_SIZE_MAX \
  (sizeof(hft_basket) + HFT_BASKET_MAX * (sizeof(hft_fundamental) + sizeof(hft_activity)))

// Size in bytes of the state.
size_t hft_basket_size(const hft_basket_model *model);

// Starts at time 0 with the random streams of (seed, env).
void hft_basket_start(const hft_basket_model *model, hft_basket *basket, uint64_t seed,
                      uint32_t env);

// Advances all values to the last step of the grid at or before `now`.
void hft_basket_advance(const hft_basket_model *model, hft_basket *basket, hft_time now);

// The value of an instrument at `now`, ticks. `now` must not decrease over the calls.
static inline double hft_basket_at(const hft_basket_model *model, hft_basket *basket,
                                   int instrument, hft_time now) {
  if (__builtin_expect(now >= basket->next_step, 0)) hft_basket_advance(model, basket, now);
  return basket->value[instrument].value;
}

// The expected value of an instrument at `to`, ticks, given all values up to `now` and nothing of
// what is drawn for later (next jumps). `to` >= `now`, which must not decrease over the calls.
double hft_basket_expected(const hft_basket_model *model, hft_basket *basket, int instrument,
                           hft_time now, hft_time to);

// The stochastic variances of the instruments: only for a model with model->activity.count > 0.
static inline hft_activity *hft_basket_activity(const hft_basket_model *model, hft_basket *basket) {
  return (hft_activity *)(void *)(basket->value + model->count);
}

// The factor of the volatility of an instrument's diffusion at `now`, as that of its next step: 1
// if it is constant. `now` must not decrease over the calls.
static inline double hft_basket_volatility_at(const hft_basket_model *model, hft_basket *basket,
                                              int instrument, hft_time now) {
  if (model->activity.count == 0) return 1;
  if (__builtin_expect(now >= basket->next_step, 0)) hft_basket_advance(model, basket, now);
  return hft_basket_activity(model, basket)[instrument].volatility;
}

#endif
