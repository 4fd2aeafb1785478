// An episode of a baseline: the market of a config with one more participant, the strategy. The
// market warms up for env_config.warmup_s; the strategy then trades for env_config.episode_len
// steps of market_config.decision_ms, unless its own keys start_s and horizon_s say otherwise. What
// an execution has then left of its parent order is closed (sim/market/close.h), so that its
// position equals the parent order in every episode. What a market maker holds is valued at the
// mid.
#ifndef HFTSIM_EVAL_EPISODE_H
#define HFTSIM_EVAL_EPISODE_H

#include "baselines/classes.h"
#include "sim/config/config.h"
#include "sim/market/close.h"
#include "sim/market/market.h"

// What to run. All is borrowed, and needed only while the plan is made.
typedef struct hft_episode_spec {
  const hft_config *config;               // entries market_config, env_config, populations, agents
  const hft_agent_class *const *classes;  // of the kinds in the config's lists
  int class_count;
  const hft_agent_class *strategy;
  const void *params;  // strategy->section->size bytes
} hft_episode_spec;

// A spec compiled once: constant afterwards, shared by every thread.
typedef struct hft_episode_plan {
  const hft_agent_class *strategy;
  void *params;      // the strategy's keys, with start_s and horizon_s as they are in the episode
  hft_model *model;  // the config's participants and, last, the strategy
  hft_owner owner;   // of the strategy
  hft_time start;    // when the strategy may act first
  hft_time end;      // of the episode
  hft_time step;     // between two looks at the account
  hft_baseline_kind kind;
  int32_t sign;      // of an execution: +1 buys, -1 sells; else 0
  int64_t quantity;  // of an execution: lots of the parent order; else 0
} hft_episode_plan;

// What happened in one episode.
typedef struct hft_episode {
  int64_t arrival_mid2;   // twice the mid, ticks: just before the strategy's start
  int64_t end_mid2;       // and at the end, before the rest of a parent order is closed
  hft_account account;    // of the strategy, after it
  hft_tape tape;          // of all participants, from the start to the end, the closing's included
  int64_t executed;       // of an execution: lots that the strategy itself traded
  hft_closing closing;    // and how the others were closed; the two make the parent order
  int64_t inventory_max;  // lots: the largest absolute position, of those at the end of each step
  double inventory_mean;  // lots: the mean absolute position, of the same
} hft_episode;

// What the closing of a parent order needs to know of the time before: hft_episode_look notes it.
typedef struct hft_episode_depth {
  int64_t depth;  // lots a tick of the side that the parent trades with, when last seen; 0: never
} hft_episode_depth;

// false stops an episode.
typedef struct hft_episode_progress {
  bool (*on_step)(void *context);  // called after each step
  bool (*goes_on)(void *context);  // called between pieces of a step, of some milliseconds each
  void *context;
} hft_episode_progress;

// Makes a plan. ECONFIG: the config or the params do not fit each other; ENOMEM.
hft_status hft_episode_plan_create(const hft_episode_spec *spec, hft_episode_plan **out,
                                   hft_error *error);
void hft_episode_plan_free(hft_episode_plan *plan);

// Steps in an episode of the plan.
int64_t hft_episode_steps(const hft_episode_plan *plan);

// Runs the episode in the world (seed, 0) in a market of plan->model, which is reset. The sink and
// the watch may be null; the sink sees all events from the open on. EINTR: the watch stopped it.
hft_status hft_episode_run(const hft_episode_plan *plan, hft_market *market, uint64_t seed,
                           const hft_sink *sink, const hft_episode_progress *progress,
                           hft_episode *out);

// The end of an execution's episode, for callers that run the market themselves. Look is to be
// called from time to time before it; close trades what is left of the parent order, whatever is
// under way. For other kinds they do nothing.
void hft_episode_look(const hft_episode_plan *plan, hft_market *market, hft_episode_depth *sight);
hft_closing hft_episode_close(const hft_episode_plan *plan, hft_market *market,
                              const hft_episode_depth *sight, const hft_sink *sink);

#endif
