// Markets for the tests: a config's populations and agents, then seats, participants that do
// nothing by themselves, through whose desks a test acts; and a record of all events.
#ifndef HFTSIM_TESTS_SUPPORT_MARKET_WORLD_H
#define HFTSIM_TESTS_SUPPORT_MARKET_WORLD_H

#include "tests/support/market.h"

#define WORLD_SEAT_ORDERS 8  // that a seat may have resting

// Does nothing by itself.
extern const hft_agent_class world_seat_class;

// Every class that a config may name: noise, value, maker, momentum, metaorder, monkey, seat.
extern const hft_agent_class *const world_classes[];
extern const int world_class_count;

typedef struct world {
  hft_config *config;
  hft_model *model;
  hft_market *market;
  hft_owner seat;  // the first one
} world;

// A config of that YAML over the entries market_config, populations and agents.
hft_config *world_config(const char *yaml);
// A model of a config and extra agents; stops the test where it is refused.
hft_model *world_model(const hft_config *config, const hft_extra_agent *extra, int extra_count);
// A market of a config with so many seats at the end, reset with seed 0, env 0.
world world_create(const char *yaml, int seats);
// The same with any extra agents.
world world_create_with(const char *yaml, const hft_extra_agent *extra, int extra_count);
void world_free(world *w);

// Fails the test, saying why, where hft_market_verify finds a fault.
void world_verify(const world *w);

// Fails the test unless the model of a config and extra agents is refused with HFT_ECONFIG, `where`
// in the error's place and `words` in its text.
void world_expect_refused(const char *yaml, const hft_extra_agent *extra, int extra_count,
                          const char *where, const char *words);

#endif
