// An episode of a baseline: the market of a config with the strategy as one more participant, or
// with one such participant at each of several instruments; or with several strategies, each of
// them so, which trade against each other. The market warms up for
// env_config.warmup_s; the strategy then trades for env_config.episode_len steps of
// market_config.decision_ms, unless its own keys start_s and horizon_s say otherwise. At the end,
// what an execution has left of its parent order is closed (sim/market/close.h), so that its
// position equals the parent order in every episode. Positions of other strategies are valued at
// the mid. With several strategies all mids of the end are noted first; the closings follow in the
// order of the strategies, and then all accounts are taken.
#ifndef HFTSIM_EVAL_EPISODE_H
#define HFTSIM_EVAL_EPISODE_H

#include "baselines/classes.h"
#include "eval/score.h"
#include "sim/base/drawdown.h"
#include "sim/config/config.h"
#include "sim/market/close.h"
#include "sim/market/market.h"

#define HFT_INSTRUMENT_ALL (-1)
#define HFT_CONTESTANTS_MAX 16  // strategies of a market

// A strategy with its keys: strategy->section->size bytes.
typedef struct hft_episode_entry {
  const hft_agent_class *strategy;
  const void *params;
} hft_episode_entry;

// What to run. All pointers are borrowed, and needed only while the plan is made.
typedef struct hft_episode_spec {
  const hft_config *config;               // entries market_config, env_config, populations, agents
  const hft_agent_class *const *classes;  // of the kinds in the config's lists
  int class_count;
  const hft_agent_class *strategy;
  const void *params;  // strategy->section->size bytes
  int instrument;      // that the strategy trades, or HFT_INSTRUMENT_ALL: a strategy at each
  double horizon_s;    // of strategies whose key horizon_s is 0 or absent; 0: the config's
  const hft_episode_entry *others;  // [other_count] further strategies in the same market
  int other_count;                  // 0 .. HFT_CONTESTANTS_MAX - 1
} hft_episode_spec;

// A compiled spec: constant, shared by every thread. With several strategies it is an array of
// plans, one for each in the order of the spec: the first strategy's, then those of `others`. They
// share the model, the instruments, the span and the step.
typedef struct hft_episode_plan {
  const hft_agent_class *strategy;
  int contestants;       // plans of the array that this one belongs to
  void *params;          // the strategy's keys, with the episode's own start_s and horizon_s
  hft_model *model;      // the config's participants, then the strategies
  int instrument;        // the first that is traded
  int instrument_count;  // how many are traded, from that one on
  hft_owner owner;       // of the strategy at the first of them; the others follow in order
  hft_time start;        // when the strategy may act first
  hft_time end;          // of the episode
  hft_time step;         // between two looks at the accounts
  hft_baseline_kind kind;
  int32_t sign;      // of an execution: +1 buys, -1 sells; else 0
  int64_t quantity;  // of an execution: lots of the parent order at each instrument; else 0
} hft_episode_plan;

// What happened in one episode, at one instrument or, where several are traded, in total. In the
// total the mids are 0, and the tape's last price too; all else is the sum over the instruments,
// but for max_inventory and drawdown, which are those of the sum over time.
typedef struct hft_episode {
  int64_t arrival_mid2;     // twice the mid, ticks: just before the strategy's start
  int64_t end_mid2;         // and at the end, before the rest of a parent order is closed
  hft_account account;      // of the strategy, after the closing
  hft_tape tape;            // of all participants, from the start to the end, closing included
  int64_t executed;         // of an execution: lots that the strategy itself traded
  hft_closing closing;      // of an execution: how the other lots of the parent order were closed
  int64_t max_inventory;    // lots: the largest absolute position at the end of a step
  double inventory_mean;    // lots: the mean absolute position at the ends of steps
  hft_drawdown drawdown;    // of the P&L at the ends of steps and after the closing, ticks x lots
  hft_episode_score score;  // of its fills and its equity curve; unknown if nothing was recorded
} hft_episode;

// Called while an episode runs, on its thread; either may be null. Returning false stops it.
typedef struct hft_episode_progress {
  bool (*on_step)(void *context);  // after each step
  bool (*goes_on)(void *context);  // between pieces of a step that take some milliseconds each
  void *context;
} hft_episode_progress;

// Compiles a spec. The caller frees *out, an array of one plan a strategy. ECONFIG: the config or
// the params contradict each other, the strategies' spans differ, or the market has no such
// instrument; EINVAL: more than HFT_CONTESTANTS_MAX strategies; ENOMEM.
hft_status hft_episode_plan_create(const hft_episode_spec *spec, hft_episode_plan **out,
                                   hft_error *error);

// Frees an array of plans. Null is ignored.
void hft_episode_plan_free(hft_episode_plan *plan);

// Returns the number of steps in an episode of the plan.
int64_t hft_episode_steps(const hft_episode_plan *plan);

// Returns the number of hft_episode that an episode yields for each strategy: one for each traded
// instrument, in order, and where there are several the total as the last.
int hft_episode_rows(const hft_episode_plan *plan);

// Runs an episode in the world (seed, 0) in a market of plan->model, which is reset, and writes
// rows[plan->contestants][hft_episode_rows]. `plan` is the whole array. The sink and the progress
// may be null; the sink sees all events from the open on. EINTR: a callback stopped it, and rows
// are not to be used.
hft_status hft_episode_run(const hft_episode_plan *plan, hft_market *market, uint64_t seed,
                           const hft_sink *sink, const hft_episode_progress *progress,
                           hft_episode *rows);

// Size in bytes of the memory that records an episode of a plan.
size_t hft_episode_record_size(const hft_episode_plan *plan);

// hft_episode_run that records into hft_episode_record_size bytes of the caller's, aligned to
// HFT_CACHE_LINE, which its episodes reuse. Afterwards they are the hft_record of the episode, in
// which strategy c has the agents from c x instrument_count on, one an instrument. hft_episode_run
// allocates them for the one episode (ENOMEM).
hft_status hft_episode_run_recorded(const hft_episode_plan *plan, hft_market *market, uint64_t seed,
                                    const hft_sink *sink, const hft_episode_progress *progress,
                                    void *memory, hft_episode *rows);

// ---- an episode in parts, for callers that run further markets beside it -----------------------

// The state of an episode at one instrument.
typedef struct hft_episode_part {
  const hft_account *account;
  hft_tape before;  // when the strategy started
  hft_depth depth;
  int64_t inventory_sum;  // of absolute positions at the ends of steps
} hft_episode_part;

// A strategy's episode under way. It refers to its market, sink and rows, which must outlive it.
// The strategies of a market have an array of them.
typedef struct hft_episode_course {
  const hft_episode_plan *plan;
  hft_market *market;
  const hft_sink *sink;
  hft_record *record;  // of all courses of the market; null: nothing is recorded
  hft_episode_progress progress;
  hft_episode *rows;  // [hft_episode_rows] of the strategy, complete once the episode has ended
  int64_t step;       // steps that have ended
  hft_episode_part part[HFT_INSTRUMENTS_MAX];
} hft_episode_course;

// Resets the market to the world (seed, 0), runs it until just before the strategies' start, and
// initialises course[plan->contestants]. Nothing is recorded. The arguments are those of
// hft_episode_run. EINTR.
hft_status hft_episode_open(hft_episode_course *course, const hft_episode_plan *plan,
                            hft_market *market, uint64_t seed, const hft_sink *sink,
                            const hft_episode_progress *progress, hft_episode *rows);

// Runs the courses of a market on to a time, step by step. When it reaches plan->end, what is left
// of a parent order is closed and the rows are written; after that only the market runs on. EINTR.
hft_status hft_episode_advance(hft_episode_course *course, hft_time until);

#endif
