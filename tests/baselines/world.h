// Small markets for the tests of the baselines, and a record of what happens in them.
//
// Configs are YAML over the entries market_config, env_config, populations and agents. Besides the
// populations of sim/flow there are two kinds that make a market of which all is known:
//   wall   rests `qty` lots at `bid` and at `ask`, which move by `shift` ticks at `shift_s`
//   taker  sends a market order of `qty` lots every `every_ms`, on `side`
#ifndef HFTSIM_TESTS_BASELINES_WORLD_H
#define HFTSIM_TESTS_BASELINES_WORLD_H

#include "eval/episode.h"
#include "sim/market/model.h"
#include "tests/baselines/check.h"

extern const hft_agent_class *const world_classes[];
extern const int world_class_count;

// A config of that text. Stops the test where it is bad. Free it with hft_config_free.
hft_config *world_config(const char *yaml);

// A plan of a strategy in a config, with params as "key=value key=value". Stops the test where
// something is bad. Free it with hft_episode_plan_free.
hft_episode_plan *world_plan(const hft_config *config, const char *strategy, const char *params);
// The same at an instrument, or with HFT_INSTRUMENT_ALL at each.
hft_episode_plan *world_plan_at(const hft_config *config, const char *strategy, const char *params,
                                int instrument);
// The same for a plan that must be refused: returns the status, with its error.
hft_status world_refusal(const hft_config *config, const char *strategy, const char *params,
                         int instrument, hft_error *error);

// A market of a model, in memory of its own. Free it with free.
hft_market *world_market(const hft_model *model);

// A sink that keeps every event.
typedef struct world_record {
  hft_event *events;
  size_t count, capacity;
} world_record;

hft_sink world_sink(world_record *record);
void world_record_free(world_record *record);

// Runs an episode, and keeps its events and rows[hft_episode_rows].
void world_run_rows(const hft_episode_plan *plan, uint64_t seed, world_record *record,
                    hft_episode *rows);
// The same of a plan for one instrument.
hft_episode world_run(const hft_episode_plan *plan, uint64_t seed, world_record *record);

// The events of a kind in which `owner` takes part, as maker or taker, one after the other: the
// first with index >= *at, which is set past it. Null: no more.
const hft_event *world_next(const world_record *record, hft_owner owner, hft_event_kind kind,
                            size_t *at);

#endif
