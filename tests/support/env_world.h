// Environments for the tests of sim/env: a config in YAML, one env with its arrays, and hands,
// agents that do nothing by themselves, so that a test moves the market through their desks.
//
// Configs have the entries market_config, env_config, risk_config, reward_config, populations
// (noise, value, maker), agents (hand) and seats.
#ifndef HFTSIM_TESTS_SUPPORT_ENV_WORLD_H
#define HFTSIM_TESTS_SUPPORT_ENV_WORLD_H

#include "sim/env/env.h"
#include "sim/pool/pool.h"
#include "tests/support/market.h"

// An instrument with a window of 1024 ticks around 10000; a tick is 0.01.
#define WORLD_INSTRUMENT "market_config: {window_ticks: 1024, decision_ms: 100}\n"
// A busy market: every background population.
#define WORLD_CROWD "populations: [{kind: noise}, {kind: value}, {kind: maker}]\n"
// That instrument with a constant value, no populations, and two hands.
#define WORLD_HANDS                                                                \
  "market_config: {window_ticks: 1024, decision_ms: 100, fundamental: constant}\n" \
  "agents: [{kind: hand}, {kind: hand}]\n"
#define WORLD_PRICE 10000  // ticks: the initial price

// The model of a config; fails the test if it is refused. Free it with hft_env_model_free.
hft_env_model *world_model(const char *yaml);
// A config, and the model of one, with a base as of hft_env_model_create_as; either fails the test
// if it is refused.
hft_config *world_config(const char *yaml);
hft_env_model *world_model_of(const hft_config *config, const hft_env_model *base);
// Compiles a config that must be refused; returns the status and the error.
hft_status world_refusal(const char *yaml, hft_error *error);
// Fails the test unless a config is refused with HFT_ECONFIG, `where` in the error's place and
// `words` in its text.
void world_expect_refused(const char *yaml, const char *where, const char *words);
// The market model of a config without its seats. Free it with hft_model_free.
hft_model *world_market_model(const char *yaml);

typedef struct world {
  hft_env_model *model;
  const hft_env_spec *spec;
  hft_env *env;
  hft_env_io io;
  float *action[HFT_ROLE_COUNT];  // what io.action shows
} world;

// A world of a model. Takes ownership of the model.
world world_of(hft_env_model *model);
// A world of a config, not reset, with all actions 0. Close it with world_close.
world world_open(const char *yaml);
// A copy of an env and its arrays, which shares the model. Close it with world_close_fork.
world world_fork(const world *of);
void world_close(world *w);
// Closes a fork; the model stays.
void world_close_fork(world *w);

void world_reset(world *w, uint64_t seed, uint32_t index);
// Makes one step, then checks the invariants of the market.
void world_step(world *w);

// The group of a seat. Seats are numbered over all groups, as in the spec.
const hft_group *world_group(const world *w, int seat);
// Sets the value or the choice of an action on an axis (of a discrete space: axis 0).
void world_set(world *w, int seat, int axis, float value);
void world_choose(world *w, int seat, int axis, int32_t choice);
// Sets both values of an action with two axes; of a maker its two offsets, of which one of 1 or
// more withdraws that quote.
void world_act(world *w, int seat, float first, float second);
// Sets whether a maker's quote of a side stands, in any action space but `discrete`.
void world_switch(world *w, int seat, hft_side side, bool on);
// Sets the action of every seat that does nothing.
void world_idle(world *w);
// Does the mask allow a choice of an axis (of a discrete space: axis 0)?
bool world_allowed(const world *w, int seat, int axis, int32_t choice);
float world_reward(const world *w, int seat);
float world_term(const world *w, int seat, const char *name);
// The terms "pnl" and "inventory".
float world_pnl(const world *w, int seat);
float world_inventory(const world *w, int seat);
bool world_terminated(const world *w, int seat);
float world_unfilled(const world *w, int seat);
// A number of a seat's observation, or of the state, by its name; fails the test if there is none.
float world_obs(const world *w, int seat, const char *name);
// The total of that name of a seat's episode so far.
double world_total(const world *w, int seat, const char *name);
float world_state(const world *w, const char *name);

hft_market *world_market(const world *w);
// The book of an instrument, or of the first one.
const hft_book *world_book_at(const world *w, int instrument);
const hft_book *world_book(const world *w);
const hft_account *world_account_at(const world *w, int seat, int instrument);
// The account of a seat at its own instrument.
const hft_account *world_account(const world *w, int seat);
hft_desk world_seat_desk(const world *w, int seat);
// The open orders of a seat on a side of its own instrument, which must be at one price: the id of
// the first and the total size. False if it has none.
bool world_quote(const world *w, int seat, hft_side side, hft_order_id *id, hft_order *order);

// The desk of the k-th hand, in a market without populations.
hft_desk world_hand(const world *w, int k);
// Submits an order of a hand, which must rest completely; at an instrument, or at the first one.
hft_order_id world_rest_at(const world *w, int hand, int instrument, hft_side side, hft_price price,
                           hft_qty qty);
hft_order_id world_rest(const world *w, int hand, hft_side side, hft_price price, hft_qty qty);
// Submits a market order of a hand, which must trade completely.
void world_take_at(const world *w, int hand, int instrument, hft_side side, hft_qty qty);
void world_take(const world *w, int hand, hft_side side, hft_qty qty);

// A digest of the state of an env and of all its arrays.
uint64_t world_hash(const world *w);

// The next random number of a stream (splitmix64).
uint64_t world_draw(uint64_t *stream);
// Sets random actions of every seat on all axes: values in [-1, 1), where one maker in four
// withdraws its bid, or any choice.
void world_act_randomly(world *w, uint64_t *stream);

#endif
