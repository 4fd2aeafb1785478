// A small schema with every kind of key.
#ifndef HFTSIM_TESTS_SUPPORT_SAMPLE_SCHEMA_H
#define HFTSIM_TESTS_SUPPORT_SAMPLE_SCHEMA_H

#include "sim/config/config.h"

// clang-format off
#define SAMPLE_MARKET_KEYS(X)                                                            \
  X(TEXT, symbol, "SYMA", 1, 16, "", "name of the instrument")                           \
  X(REAL, volatility, "0.02", 0, 10, "1/sqrt(day)", "standard deviation")                \
  X(REAL, drift, "0", -1e300, 1e300, "1/day", "any number")                              \
  X(INT, window_ticks, "8192", 64, 1048576, "ticks", "prices that the book can hold")    \
  X(CHOICE, fundamental, "ou", 0, 0, "constant|ou|jump", "process of the fundamental")   \
  X(BOOL, halted, "false", 0, 0, "", "no trading")                                       \
  X(PATH, tape, "", 0, 1023, "", "a file")                                               \
  X(LIST, rates, "[1, 0.5]", 0, 100, "1/s", "by distance")

#define SAMPLE_NOISE_KEYS(X)                                          \
  X(INT, headcount, "10", -1000, 1000, "traders", "how many")         \
  X(REAL, rate, "1", 0, 1e6, "1/s", "orders of each")

#define SAMPLE_VALUE_KEYS(X)                                          \
  X(REAL, rate, "2", 0, 1e6, "1/s", "orders of each")                 \
  X(BOOL, informed, "true", 0, 0, "", "sees the fundamental")
// clang-format on

typedef struct sample_market {
  SAMPLE_MARKET_KEYS(HFT_KEY_MEMBER)
} sample_market;
typedef struct sample_noise {
  SAMPLE_NOISE_KEYS(HFT_KEY_MEMBER)
} sample_noise;
typedef struct sample_value {
  SAMPLE_VALUE_KEYS(HFT_KEY_MEMBER)
} sample_value;

// MAP market, LIST populations of kinds noise and value.
extern const hft_schema sample_schema;
extern const hft_section sample_market_section;

#endif
