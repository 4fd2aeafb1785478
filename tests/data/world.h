// A small market in which everything happens: its agents submit, cancel, reduce and replace at
// random, with every kind of order, and often send requests that are refused.
#ifndef HFTSIM_TESTS_DATA_WORLD_H
#define HFTSIM_TESTS_DATA_WORLD_H

#include "sim/market/model.h"

// A model with that many traders, a session of 3600 s, symbol "TEST". Free it with hft_model_free.
hft_model *world_model(int traders);
// As world_model, with an exchange_config.
hft_model *world_model_under(int traders, const char *exchange);
// A model of one trader with another symbol; null, with the error, if it is refused.
hft_model *world_model_named(const char *symbol, hft_error *error);

#endif
