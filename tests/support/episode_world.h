// Small markets for the tests of the baselines, and a record of what happens in them.
//
// Configs are YAML over the entries market_config, env_config, populations and agents. Besides the
// populations of sim/flow there are two kinds that make a market of which all is known:
//   wall   rests `qty` lots at `bid` and at `ask`, which move by `shift` ticks at `shift_s`
//   taker  sends a market order of `qty` lots every `every_ms`, on `side`
#ifndef HFTSIM_TESTS_SUPPORT_EPISODE_WORLD_H
#define HFTSIM_TESTS_SUPPORT_EPISODE_WORLD_H

#include "eval/episode.h"
#include "tests/support/market.h"

extern const hft_agent_class *const world_classes[];
extern const int world_class_count;

// A config of a YAML text; fails the test if it is refused. Free it with hft_config_free.
hft_config *world_config(const char *yaml);

// Writes the keys of a section, the defaults but for "key=value key=value"; fails the test if one
// is refused.
void world_params(const hft_section *section, const char *text, void *params);

// A plan of a strategy in a config, with params as "key=value key=value"; fails the test if it is
// refused. Free it with hft_episode_plan_free.
hft_episode_plan *world_plan(const hft_config *config, const char *strategy, const char *params);
// The same at an instrument, or with HFT_INSTRUMENT_ALL at each.
hft_episode_plan *world_plan_at(const hft_config *config, const char *strategy, const char *params,
                                int instrument);
// Creates a plan that must be refused; returns the status and the error.
hft_status world_refusal(const hft_config *config, const char *strategy, const char *params,
                         int instrument, hft_error *error);

// Runs an episode and keeps its events and rows[hft_episode_rows].
void world_run_rows(const hft_episode_plan *plan, uint64_t seed, event_record *record,
                    hft_episode *rows);
// The same for a plan of one instrument.
hft_episode world_run(const hft_episode_plan *plan, uint64_t seed, event_record *record);

// Iterates over the events of a kind in which `owner` takes part as maker or taker: returns the
// first with index >= *at and sets *at past it; null if there are no more.
const hft_event *world_next(const event_record *record, hft_owner owner, hft_event_kind kind,
                            size_t *at);

#endif
