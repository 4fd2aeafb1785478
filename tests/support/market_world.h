// Markets for tests: the populations and agents of a config, then seats, agents that do nothing by
// themselves, through whose desks a test acts.
#ifndef HFTSIM_TESTS_SUPPORT_MARKET_WORLD_H
#define HFTSIM_TESTS_SUPPORT_MARKET_WORLD_H

#include "tests/support/market.h"

#define WORLD_SEAT_ORDERS 8  // that a seat may have resting

// An agent that does nothing by itself.
extern const hft_agent_class world_seat_class;

// Every class that a config may name: noise, value, maker, trend, metaorder, reactive, monkey,
// seat.
extern const hft_agent_class *const world_classes[];
extern const int world_class_count;

typedef struct world {
  hft_config *config;
  hft_model *model;
  hft_market *market;
  hft_owner seat;  // the first one
} world;

// A config of a YAML text with the entries market_config, exchange_config, populations and agents;
// fails the test if it is refused. Free it with hft_config_free.
hft_config *world_config(const char *yaml);
// A model of a config and extra agents; fails the test if it is refused. Free it with
// hft_model_free.
hft_model *world_model(const hft_config *config, const hft_extra_agent *extra, int extra_count);
// A market of a config and a number of seats (at most 64) after its agents, reset with seed 0, env
// 0. Fails the test if it is refused. Free it with world_free.
world world_create(const char *yaml, int seats);
// As world_create, with any extra agents in place of the seats.
world world_create_with(const char *yaml, const hft_extra_agent *extra, int extra_count);
void world_free(world *w);

// Fails the test if hft_market_verify finds a fault.
void world_verify(const world *w);

// Fails the test unless the model of a config and extra agents is refused with HFT_ECONFIG, `where`
// in the error's place and `words` in its text.
void world_expect_refused(const char *yaml, const hft_extra_agent *extra, int extra_count,
                          const char *where, const char *words);

#endif
