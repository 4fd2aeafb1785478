// Parameters of models of the market, estimated from the market's own flow: the volatility, how
// often quotes are filled. Strategies are derived from such models, and need their parameters.
//
// The market of a config is run without the strategy over the span of the scored episodes: the
// same warm-up, the same length. Earlier episode i is the world (seed + i, HFT_ESTIMATE_ENV), which
// no scored episode, env or pool has. A recorded flow has only one past, so there earlier episode i
// is the i-th window before the first session of the config opens, counted backwards, each as long
// as a session until the end of an episode: no estimate sees an order that a scored episode will.
//
// Each estimator (eval/estimate_state.h) is a file and a line in HFT_ESTIMATOR_MAP. It sees the
// events of each earlier episode from the start of the span on.
#ifndef HFTSIM_EVAL_ESTIMATE_H
#define HFTSIM_EVAL_ESTIMATE_H

#include "eval/runner.h"

#define HFT_ESTIMATE_ENV UINT32_MAX  // index of an env, beyond those of any pool

// clang-format off
// X(KIND, name, unit, help): an estimate, with the name of its place in hft_agent_keys. KIND:
// REAL or LIST.
#define HFT_ESTIMATE_MAP(X)                                                                       \
  X(REAL, sigma, "ticks/sqrt(s)", "volatility of the mid")                                        \
  X(REAL, fill_a, "1/s", "A of the rate A exp(-k delta) at which a quote is filled")              \
  X(REAL, fill_k, "1/ticks", "k of the rate A exp(-k delta) at which a quote is filled")          \
  X(REAL, eta, "ticks s/lot", "temporary impact of a lot a second in the strategy's slices") \
  X(REAL, impact_gamma, "ticks/lot", "permanent impact of a lot")                                 \
  X(REAL, epsilon, "ticks", "half the mean spread")                                               \
  X(REAL, rho, "1/s", "resilience: the rate at which a displacement of the best prices decays")   \
  X(LIST, volume_curve, "", "relative volume in equal parts of the span, 1 on average")

// X(estimator): all estimators, in the order in which they run.
#define HFT_ESTIMATOR_MAP(X) \
  X(hft_quotes_estimator)    \
  X(hft_impact_estimator)    \
  X(hft_volume_estimator)
// clang-format on

typedef enum hft_estimate_name {
#define X(kind, name, unit, help) HFT_ESTIMATE_##name,
  HFT_ESTIMATE_MAP(X)
#undef X
      HFT_ESTIMATE_COUNT
} hft_estimate_name;

// What the earlier episodes have shown. NaN: they do not tell (too few trades, no episode).
typedef struct hft_estimates {
#define X(kind, name, unit, help) HFT_KEY_TYPE_##kind name;
  HFT_ESTIMATE_MAP(X)
#undef X
  int episodes;     // that were run
  double length_s;  // of each
} hft_estimates;

// An estimate as a key: its name, unit, help and place in hft_estimates, for printing.
extern const hft_key hft_estimate_table[HFT_ESTIMATE_COUNT];

// What to run. All pointers are borrowed.
typedef struct hft_estimate_spec {
  const hft_config *config;  // as of hft_episode_spec
  const hft_agent_class *const *classes;
  int class_count;
  const hft_agent_class *strategy;  // whose span is used; it does not trade
  const void *params;               // strategy->section->size bytes
  int instrument;                   // or HFT_INSTRUMENT_ALL: pooled over the instruments
} hft_estimate_spec;

// Runs options->episodes earlier episodes, from the world of options->seed on, and estimates.
// Depends on the spec and the seed, not on the number of threads. ECONFIG: the config or the params
// contradict each other, or the record is too short before the first session; EINVAL: there is no
// such instrument; else the errors of hft_runner_run.
hft_status hft_estimate_run(const hft_estimate_spec *spec, const hft_runner_options *options,
                            hft_estimates *out, hft_error *error);

// Sets the keys of a class that have an estimate, except those whose bit is set in `given`: bit k
// is section->keys[k]. An estimate beyond the bounds of its key becomes the bound; where there is
// no estimate, the key stays as it is. Returns the bits of the keys that were set.
uint64_t hft_estimate_apply(const hft_estimates *estimates, const hft_agent_class *agent_class,
                            void *params, uint64_t given);

// Whether the class has a key that can be estimated.
bool hft_estimate_applies(const hft_agent_class *agent_class);

#endif
