// Arrival times of a population's members, from one clock for all of them.
//
// Arrivals are Poisson or Hawkes (Hawkes 1971). In a Hawkes process each arrival raises the rate of
// further arrivals by kernels n_k exp(-t / d_k) / d_k with branching ratio n_k and decay d_k,
// summed over k. The time to the next arrival is drawn exactly and in O(1) (Dassios and Zhao 2013):
// one candidate for every kernel, by inverting its integral, and an exponential one for the steady
// part; the earliest fires. `rate` is the mean rate for both kinds: the steady part is (1 - n) of
// it, with n the sum of the n_k, and the excitement starts at its mean.
//
// A profile p(t), constant over each part of the session, is the pace of the clock's own time u(t),
// the integral of p up to t: the arrivals are those of the stationary process above at the times
// u(t). So the intensity is p(t) times that of the process at u(t); the mean rate is p(t) x rate in
// each part, whatever the kernels; every arrival triggers n more; a kernel decays in d_k / p
// seconds; and while p is 0 the process stands still. At the end of a part the time to the next
// arrival is drawn again, which is exact because nothing else changes there.
//
// A population also has steady events that depend on its state, such as cancellations of its
// orders; they share the clock.
#ifndef HFTSIM_SIM_PROCESS_CLOCK_H
#define HFTSIM_SIM_PROCESS_CLOCK_H

#include <stdbool.h>

#include "sim/base/dist.h"
#include "sim/base/inline.h"
#include "sim/base/units.h"
#include "sim/config/key.h"

#define HFT_CLOCK_KERNELS_MAX 8

// Keys of every population with a clock.
// clang-format off
#define HFT_CLOCK_KEYS(X)                                                                         \
  X(CHOICE, clock, "poisson", 0, 0, "poisson|hawkes",                                             \
    "independent arrivals, or arrivals that trigger more; both have the mean rates above")        \
  X(LIST, hawkes_branching, "[0.6]", 0, 1, "",                                                    \
    "arrivals triggered by an arrival, per kernel; must sum to less than 1 (hawkes)")             \
  X(LIST, hawkes_decay_s, "[1]", 1e-6, 1e6, "s",                                                  \
    "decay time of each kernel while the profile is 1 (hawkes)")                                  \
  X(LIST, profile, "[1]", 0, 1e6, "",                                                             \
    "factors on the arrival rates, one for each of equal parts of the session")
// clang-format on

typedef enum hft_clock_kind { HFT_CLOCK_POISSON, HFT_CLOCK_HAWKES } hft_clock_kind;

// The arrivals of a population.
typedef struct hft_clock_spec {
  double rate;  // mean rate of arrivals while the profile is 1, 1/s
  hft_clock_kind kind;
  const hft_list *branching, *decay_s;  // one value per kernel
  const hft_list *profile;
  hft_time duration;  // session that the profile covers; its last part extends beyond
} hft_clock_spec;

// The spec of a struct with HFT_CLOCK_KEYS: mean rate in 1/s, duration of the session in ns.
#define HFT_CLOCK_SPEC(keys, mean_rate, session)            \
  ((hft_clock_spec){.rate = (mean_rate),                    \
                    .kind = (hft_clock_kind)(keys)->clock,  \
                    .branching = &(keys)->hawkes_branching, \
                    .decay_s = &(keys)->hawkes_decay_s,     \
                    .profile = &(keys)->profile,            \
                    .duration = (session)})

// A compiled spec; constant.
typedef struct hft_clock_model {
  double rate;
  double base;                          // steady part of `rate`
  bool plain;                           // Poisson with a flat profile
  int kernel_count;                     // 0: Poisson
  double decay[HFT_CLOCK_KERNELS_MAX];  // 1/s, while the pace is 1
  double leap[HFT_CLOCK_KERNELS_MAX];   // rise of a kernel's excitement at an arrival, 1/s
  double share[HFT_CLOCK_KERNELS_MAX];  // branching ratio: share of the mean rate
  int part_count;
  hft_time part;                 // length of a part of the profile
  double pace[HFT_LIST_MAX];     // the profile
  double steady[HFT_LIST_MAX];   // rate of steady arrivals by part, 1/s
  double to_mark[HFT_LIST_MAX];  // scales [0, steady) to [0, rate)
} hft_clock_model;

// What fires when a clock's time comes: the end of a part of the profile, an arrival or another
// steady event.
typedef enum hft_firing { HFT_FIRING_NONE, HFT_FIRING_ARRIVAL, HFT_FIRING_OTHER } hft_firing;

// The state of a clock.
typedef struct hft_clock {
  double mark;    // which event fires, drawn ahead: uniform on [0, rate of all that may)
  hft_time set;   // when the clock was last set
  int32_t part;   // part of the profile at that time
  int32_t cause;  // HFT_CAUSE_*: why the clock fires next
  double
      excitement[HFT_CLOCK_KERNELS_MAX];  // rate triggered by each kernel at `set`, 1/s, at pace 1
} hft_clock;

// Compiles a spec. ECONFIG, naming the key, if the branching ratios sum to 1 or more or the lists
// have different lengths.
hft_status hft_clock_compile(const hft_clock_spec *spec, const char *where, hft_clock_model *model,
                             hft_error *error);

// Starts a clock at time 0.
void hft_clock_start(const hft_clock_model *model, hft_clock *clock);

// `now` plus the exponential time of `exponential` (mean 1) at `rate` per second. `now` must be
// within a century of the open; a wait beyond a century gives HFT_TIME_NEVER.
static inline hft_time hft_clock_after(hft_time now, double exponential, double rate) {
  double wait = exponential * 1e9 / rate;
  return wait < 3.2e18 ? now + (hft_time)wait : HFT_TIME_NEVER;
}

// Internal: the earlier of `at` and the first arrival triggered by a kernel; sets clock->cause.
hft_time hft_clock_set_excited(const hft_clock_model *model, hft_clock *clock, hft_time at,
                               hft_rng *rng);
// Internal: decays the excitement to `now`; after an arrival, raises it.
void hft_clock_decay(const hft_clock_model *model, hft_clock *clock, hft_time now, bool arrived);
enum { HFT_CAUSE_STEADY, HFT_CAUSE_EXCITED, HFT_CAUSE_PART };

// Sets the clock at `now`, with `other` steady events per second besides the arrivals. Returns the
// time at which to call hft_clock_fire. If events can vanish in the meantime, the caller must
// recognise and ignore them when they fire (thinning).
//
// The draw that selects the event is made here: a draw at the firing would have the event wait for
// it. The numbers of the stream have the same uses in the same order, if nobody draws from it
// between setting and firing.
static inline hft_time hft_clock_set(const hft_clock_model *model, hft_clock *clock, double other,
                                     hft_time now, hft_rng *rng) {
  if (HFT_LIKELY(model->plain)) {
    double rate = model->rate + other;
    hft_time at = hft_clock_after(now, hft_exponential(rng), rate);
    clock->mark = hft_uniform(rng) * rate;
    return at;
  }
  clock->set = now;
  clock->cause = HFT_CAUSE_STEADY;
  if (model->part_count > 1) {
    int64_t part = now / model->part;
    clock->part = (int32_t)(part < model->part_count ? part : model->part_count - 1);
  }
  double rate = model->steady[clock->part] + other;
  hft_time at = hft_clock_after(now, hft_exponential(rng), rate);
  if (model->kernel_count > 0) at = hft_clock_set_excited(model, clock, at, rng);
  if (clock->part + 1 < model->part_count && at >= (clock->part + 1) * model->part) {
    at = (clock->part + 1) * model->part;
    clock->cause = HFT_CAUSE_PART;
  }
  if (clock->cause == HFT_CAUSE_EXCITED) rate = model->rate;
  if (clock->cause != HFT_CAUSE_PART) clock->mark = hft_uniform(rng) * rate;
  return at;
}

// Fires at the time that hft_clock_set returned. *mark is uniform on [0, rate) for an arrival and
// on [0, other) for another event. The clock must be set again afterwards.
static inline hft_firing hft_clock_fire(const hft_clock_model *model, hft_clock *clock,
                                        hft_time now, double *mark) {
  double u = clock->mark;
  if (HFT_LIKELY(model->plain)) {
    bool arrives = u < model->rate;
    *mark = arrives ? u : u - model->rate;
    return arrives ? HFT_FIRING_ARRIVAL : HFT_FIRING_OTHER;
  }
  hft_firing firing = HFT_FIRING_ARRIVAL;
  if (clock->cause == HFT_CAUSE_STEADY) {
    double steady = model->steady[clock->part];
    if (u < steady) {
      *mark = u * model->to_mark[clock->part];
    } else {
      *mark = u - steady;
      firing = HFT_FIRING_OTHER;
    }
  } else if (clock->cause == HFT_CAUSE_EXCITED) {
    *mark = u;
  } else {
    firing = HFT_FIRING_NONE;
  }
  if (model->kernel_count > 0) {
    hft_clock_decay(model, clock, now, firing == HFT_FIRING_ARRIVAL);
  }
  return firing;
}

#endif
