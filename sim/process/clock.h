// When the members of a population act: one clock for all of them.
//
// Arrivals are Poisson, or Hawkes (Hawkes 1971): each arrival raises the rate of more, by kernels
// n_k exp(-t / d_k) / d_k of branching ratio n_k and decay d_k, summed over k. The time to the next
// one is drawn exactly and in O(1) (Dassios and Zhao 2013): of every kernel by inverting its
// integral, of what is steady by an exponential, and the earliest fires. `rate` stays the mean rate
// whatever the clock: the steady part is (1 - n) of it, n the sum of the n_k, and the excitement
// starts at its mean.
//
// A profile p(t), constant over each part of the session, is the pace at which the clock's own time
// runs: the arrivals are those of the process above, at rest, at the times u(t), the integral of p
// up to t. So the intensity is p(t) times that of the process at u(t), the mean rate is p(t) x rate
// in each part, whatever the kernels, and every arrival sets off n more; a kernel's decay takes d_k
// / p seconds, and while p is 0 all stands still. Whoever reaches the end of a part draws anew,
// which is exact, as nothing else changes there.
//
// Beside its arrivals a population has steady events that hang on its state, such as the
// cancellations of its orders; they share the clock.
#ifndef HFTSIM_SIM_PROCESS_CLOCK_H
#define HFTSIM_SIM_PROCESS_CLOCK_H

#include <stdbool.h>

#include "sim/base/dist.h"
#include "sim/base/inline.h"
#include "sim/base/units.h"
#include "sim/config/key.h"

#define HFT_CLOCK_KERNELS_MAX 8

// Keys of a population with a clock.
// clang-format off
#define HFT_CLOCK_KEYS(X)                                                                         \
  X(CHOICE, clock, "poisson", 0, 0, "poisson|hawkes",                                             \
    "arrivals are independent (poisson), or each triggers more (hawkes); the rates above are "    \
    "the mean rates in both")                                                                     \
  X(LIST, hawkes_branching, "[0.6]", 0, 1, "",                                                    \
    "mean number of arrivals that an arrival triggers, for each kernel; the sum must be below "   \
    "1 (hawkes)")                                                                                 \
  X(LIST, hawkes_decay_s, "[1]", 1e-6, 1e6, "s",                                                  \
    "decay time of each kernel, where the profile is 1 (hawkes)")                                 \
  X(LIST, profile, "[1]", 0, 1e6, "",                                                             \
    "factors of the arrival rates in equal parts of the session")
// clang-format on

typedef enum hft_clock_kind { HFT_CLOCK_POISSON, HFT_CLOCK_HAWKES } hft_clock_kind;

typedef struct hft_clock_spec {
  double rate;  // of arrivals, 1/s, on average where the profile is 1
  hft_clock_kind kind;
  const hft_list *branching, *decay_s;  // of as many kernels
  const hft_list *profile;
  hft_time duration;  // of the session that the profile covers; its last part holds beyond
} hft_clock_spec;

// The spec of a struct with HFT_CLOCK_KEYS.
#define HFT_CLOCK_SPEC(keys, mean_rate, session)            \
  ((hft_clock_spec){.rate = (mean_rate),                    \
                    .kind = (hft_clock_kind)(keys)->clock,  \
                    .branching = &(keys)->hawkes_branching, \
                    .decay_s = &(keys)->hawkes_decay_s,     \
                    .profile = &(keys)->profile,            \
                    .duration = (session)})

// Constant.
typedef struct hft_clock_model {
  double rate;
  double base;                          // of it, what nothing sets off
  bool plain;                           // Poisson, all the session at `rate`
  int kernel_count;                     // 0: Poisson
  double decay[HFT_CLOCK_KERNELS_MAX];  // 1/s, where the pace is 1
  double leap[HFT_CLOCK_KERNELS_MAX];   // of the excitement at an arrival, 1/s
  double share[HFT_CLOCK_KERNELS_MAX];  // of the mean rate: the branching ratio
  int part_count;
  hft_time part;                 // length of a part of the profile
  double pace[HFT_LIST_MAX];     // the profile
  double steady[HFT_LIST_MAX];   // rate of arrivals that nothing set off, by part, 1/s
  double to_mark[HFT_LIST_MAX];  // from [0, steady) to [0, rate)
} hft_clock_model;

typedef enum hft_firing { HFT_FIRING_NONE, HFT_FIRING_ARRIVAL, HFT_FIRING_OTHER } hft_firing;

typedef struct hft_clock {
  double rate;                               // of all that is steady, 1/s
  hft_time set;                              // when it was set last
  int32_t part;                              // of the profile at that time
  int32_t cause;                             // of the time that was set
  double excitement[HFT_CLOCK_KERNELS_MAX];  // rate of arrivals set off by each kernel at `set`,
                                             // where the pace is 1
} hft_clock;

// ECONFIG, naming the key, where the branching ratios sum to 1 or more, or the lists do not fit.
hft_status hft_clock_compile(const hft_clock_spec *spec, const char *where, hft_clock_model *model,
                             hft_error *error);

// Begins at time 0.
void hft_clock_start(const hft_clock_model *model, hft_clock *clock);

// `now`, in the first century of the session, and an exponential time at `rate` a second, given an
// exponential of mean 1; beyond a century it is HFT_TIME_NEVER.
static inline hft_time hft_clock_after(hft_time now, double exponential, double rate) {
  double wait = exponential * 1e9 / rate;
  return wait < 3.2e18 ? now + (hft_time)wait : HFT_TIME_NEVER;
}

// Inside of this header.
hft_time hft_clock_set_excited(const hft_clock_model *model, hft_clock *clock, hft_time at,
                               hft_rng *rng);
void hft_clock_decay(const hft_clock_model *model, hft_clock *clock, hft_time now, bool arrived);
enum { HFT_CAUSE_STEADY, HFT_CAUSE_EXCITED, HFT_CAUSE_PART };

// Sets the clock at `now`, with `other` steady events a second beside the arrivals; returns the
// time at which to call hft_clock_fire. Events that vanish meanwhile must be told apart by the
// caller when they fire (thinning).
static inline hft_time hft_clock_set(const hft_clock_model *model, hft_clock *clock, double other,
                                     hft_time now, hft_rng *rng) {
  if (HFT_LIKELY(model->plain)) {
    clock->rate = model->rate + other;
    return hft_clock_after(now, hft_exponential(rng), clock->rate);
  }
  clock->set = now;
  clock->cause = HFT_CAUSE_STEADY;
  if (model->part_count > 1) {
    int64_t part = now / model->part;
    clock->part = (int32_t)(part < model->part_count ? part : model->part_count - 1);
  }
  clock->rate = model->steady[clock->part] + other;
  hft_time at = hft_clock_after(now, hft_exponential(rng), clock->rate);
  if (model->kernel_count > 0) at = hft_clock_set_excited(model, clock, at, rng);
  if (clock->part + 1 < model->part_count && at >= (clock->part + 1) * model->part) {
    at = (clock->part + 1) * model->part;
    clock->cause = HFT_CAUSE_PART;
  }
  return at;
}

// The time that was set has come: what fires. *mark is uniform on [0, rate) for an arrival, on
// [0, other) for another event; set the clock anew afterwards.
static inline hft_firing hft_clock_fire(const hft_clock_model *model, hft_clock *clock,
                                        hft_time now, hft_rng *rng, double *mark) {
  if (HFT_LIKELY(model->plain)) {
    double u = hft_uniform(rng) * clock->rate;
    bool arrives = u < model->rate;
    *mark = arrives ? u : u - model->rate;
    return arrives ? HFT_FIRING_ARRIVAL : HFT_FIRING_OTHER;
  }
  hft_firing firing = HFT_FIRING_ARRIVAL;
  if (clock->cause == HFT_CAUSE_STEADY) {
    double u = hft_uniform(rng) * clock->rate, steady = model->steady[clock->part];
    if (u < steady) {
      *mark = u * model->to_mark[clock->part];
    } else {
      *mark = u - steady;
      firing = HFT_FIRING_OTHER;
    }
  } else if (clock->cause == HFT_CAUSE_EXCITED) {
    *mark = hft_uniform(rng) * model->rate;
  } else {
    firing = HFT_FIRING_NONE;
  }
  if (model->kernel_count > 0) {
    hft_clock_decay(model, clock, now, firing == HFT_FIRING_ARRIVAL);
  }
  return firing;
}

#endif
