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

// An instrument of 1024 ticks around 10000, of which a tick is 0.01.
#define WORLD_INSTRUMENT "market_config: {window_ticks: 1024, decision_ms: 100}\n"
// A market that lives: every background population.
#define WORLD_CROWD "populations: [{kind: noise}, {kind: value}, {kind: maker}]\n"
// That instrument without any background, its value constant, and two hands.
#define WORLD_HANDS                                                                \
  "market_config: {window_ticks: 1024, decision_ms: 100, fundamental: constant}\n" \
  "agents: [{kind: hand}, {kind: hand}]\n"
#define WORLD_PRICE 10000  // ticks: the initial price

// The model of a config. Stops the test where it is refused. Free it with hft_env_model_free.
hft_env_model *world_model(const char *yaml);
// The status of a config that must be refused, with its error.
hft_status world_refusal(const char *yaml, hft_error *error);
// Fails the test unless a config is refused with HFT_ECONFIG, `where` in the error's place and
// `words` in its text.
void world_expect_refused(const char *yaml, const char *where, const char *words);
// The market of a config without its seats. Free it with hft_model_free.
hft_model *world_market_model(const char *yaml);

typedef struct world {
  hft_env_model *model;
  const hft_env_spec *spec;
  hft_env *env;
  hft_env_io io;
  float *action[HFT_ROLE_COUNT];  // what io.action shows
} world;

// A world of a model, which it owns from now on.
world world_of(hft_env_model *model);
// A world of a config, with actions of 0, not reset. Close it with world_close.
world world_open(const char *yaml);
// Another env of the same model, with arrays of its own: a copy of the env and of all arrays.
world world_fork(const world *of);
void world_close(world *w);
// A fork is closed with this: the model stays.
void world_close_fork(world *w);

void world_reset(world *w, uint64_t seed, uint32_t index);
// One step; then every invariant of the market is checked.
void world_step(world *w);

// Seats are counted over all groups, as in the spec.
const hft_group *world_group(const world *w, int seat);
// An action's number or choice on an axis (of a discrete space, axis 0).
void world_set(world *w, int seat, int axis, float value);
void world_choose(world *w, int seat, int axis, int32_t choice);
// The same of a box of two axes.
void world_act(world *w, int seat, float first, float second);
// May a choice of an axis be made (of a discrete space: any, axis 0)?
bool world_allowed(const world *w, int seat, int axis, int32_t choice);
float world_reward(const world *w, int seat);
float world_term(const world *w, int seat, const char *name);
// The terms "pnl" and "inventory".
float world_pnl(const world *w, int seat);
float world_inventory(const world *w, int seat);
bool world_terminated(const world *w, int seat);
float world_unfilled(const world *w, int seat);
// A number of a seat's observation, or of the state, by its name, which must be there.
float world_obs(const world *w, int seat, const char *name);
float world_state(const world *w, const char *name);

hft_market *world_market(const world *w);
// Of an instrument, or of the first.
const hft_book *world_book_at(const world *w, int instrument);
const hft_book *world_book(const world *w);
const hft_account *world_account_at(const world *w, int seat, int instrument);
// Of a seat's own instrument.
const hft_account *world_account(const world *w, int seat);
hft_desk world_seat_desk(const world *w, int seat);
// A seat's open orders of a side at its own instrument, taken together: the first one's id, the
// size of all, which must stand at one price. False: it has none.
bool world_quote(const world *w, int seat, hft_side side, hft_order_id *id, hft_order *order);

// The desk of the k-th hand (populations must be none).
hft_desk world_hand(const world *w, int k);
// The hand rests an order, which must stay as a whole; at an instrument, or at the first.
hft_order_id world_rest_at(const world *w, int hand, int instrument, hft_side side, hft_price price,
                           hft_qty qty);
hft_order_id world_rest(const world *w, int hand, hft_side side, hft_price price, hft_qty qty);
// The hand trades at market; all of it must trade.
void world_take_at(const world *w, int hand, int instrument, hft_side side, hft_qty qty);
void world_take(const world *w, int hand, hft_side side, hft_qty qty);

// A digest of all that an env shows and is.
uint64_t world_hash(const world *w);

// A stream of numbers for the tests' own choices (splitmix64).
uint64_t world_draw(uint64_t *stream);
// Actions of every seat on all axes: in [-1, 1), of makers one in four withdraws the bid; or any of
// their choices.
void world_act_randomly(world *w, uint64_t *stream);

#endif
