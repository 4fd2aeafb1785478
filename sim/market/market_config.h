// The keys of the config section market_config: the instruments and their fundamental values.
#ifndef HFTSIM_SIM_MARKET_MARKET_CONFIG_H
#define HFTSIM_SIM_MARKET_MARKET_CONFIG_H

#include "sim/config/key.h"

// clang-format off
#define HFT_MARKET_KEYS(X)                                                                        \
  X(TEXT, symbol, "SYMA", 1, 16, "",                                                              \
    "name of the instrument and of its HDF5 group; with several instruments SYMA1, SYMA2, ...")   \
  X(INT, instruments, "1", 1, 64, "", "number of instruments, each with its own populations")     \
  X(REAL, correlation, "0", -1, 1, "",                                                            \
    "correlation of the diffusions of the fundamental values of any two instruments")             \
  X(REAL, common_jump_rate, "0", 0, 1e6, "1/day",                                                 \
    "mean number of common jumps of all instruments in a day")                                    \
  X(REAL, tick_size, "0.01", 1e-9, 1e6, "currency", "smallest price step")                        \
  X(REAL, initial_price, "100", 1e-9, 1e9, "currency", "price at the open")                       \
  X(INT, window_ticks, "8192", 64, 1048576, "ticks",                                              \
    "number of prices that the book can hold, around the initial price")                          \
  X(REAL, duration_s, "23400", 0.001, 86400, "s", "length of a session")                          \
  X(REAL, decision_ms, "500", 0.001, 3600000, "ms", "market time of a step of the environment")   \
  X(INT, order_qty_max, "100000", 1, 1000000000, "lots", "largest order accepted")                \
  X(CHOICE, fundamental, "ou", 0, 0, "constant|ou|jump|ou_jump|geometric|brownian",               \
    "process of the fundamental value")                                                           \
  X(REAL, volatility, "0.02", 0, 10, "1/sqrt(day)",                                               \
    "standard deviation of the fundamental's diffusion, relative, per day of 23400 s")            \
  X(REAL, volatility_of_volatility, "0", 0, 2, "",                                                \
    "standard deviation of the logarithm of the diffusion's variance; 0: constant volatility")    \
  X(LIST, volatility_horizons_s, "[3, 30, 300]", 0.001, 1e6, "s",                                 \
    "times over which the components of the log-variance revert to their mean, at most 8")        \
  X(REAL, volatility_roughness, "0.1", 0, 0.5, "",                                                \
    "Hurst exponent H of the log-variance: its components have weights proportional to "          \
    "horizon^H")                                                                                  \
  X(REAL, leverage, "0", -1, 1, "",                                                               \
    "minus the correlation of changes of the value and of its log-variance; above 0: "            \
    "falls raise the volatility")                                                                 \
  X(REAL, mean_reversion_speed, "0.00001", 0, 1000, "1/s",                                        \
    "rate of reversion to the mean (ou, ou_jump)")                                                \
  X(REAL, jump_rate, "6.5", 0, 1e6, "1/day", "mean number of jumps in a day (jump, ou_jump)")     \
  X(CHOICE, jump_law, "merton", 0, 0, "merton|kou",                                               \
    "distribution of the logarithmic jump sizes: normal (merton) or double-exponential (kou)")    \
  X(REAL, jump_mean, "0", -1, 1, "", "mean of a jump (merton)")                                   \
  X(REAL, jump_volatility, "0.003", 0, 1, "", "standard deviation of a jump (merton)")            \
  X(REAL, jump_up_probability, "0.5", 0, 1, "", "probability that a jump is upward (kou)")        \
  X(REAL, jump_up_mean, "0.003", 0, 0.5, "", "mean size of an upward jump (kou)")                 \
  X(REAL, jump_down_mean, "0.003", 0, 0.5, "", "mean size of a downward jump (kou)")              \
  X(REAL, fundamental_step_ms, "100", 0.001, 3600000, "ms",                                       \
    "time grid on which the fundamental value changes, by exact transitions")
// clang-format on

typedef struct hft_market_config {
  HFT_MARKET_KEYS(HFT_KEY_MEMBER)
} hft_market_config;

#endif
