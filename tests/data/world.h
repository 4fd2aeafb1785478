// A small market in which everything happens: its participants submit, cancel, reduce and replace
// at random, with every kind of order, and often ask for what is refused.
#ifndef HFTSIM_TESTS_DATA_WORLD_H
#define HFTSIM_TESTS_DATA_WORLD_H

#include "sim/market/model.h"

// A model with `traders` of them, a session of 3600 s, symbol "TEST". Free it with hft_model_free.
hft_model *world_model(int traders);
// The same under an exchange_config.
hft_model *world_model_under(int traders, const char *exchange);
// The same with another symbol; null, with the error, where the model is refused.
hft_model *world_model_named(const char *symbol, hft_error *error);

#endif
