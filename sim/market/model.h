// A model: a config compiled once, constant afterwards, shared by every market and thread.
#ifndef HFTSIM_SIM_MARKET_MODEL_H
#define HFTSIM_SIM_MARKET_MODEL_H

#include "sim/config/config.h"
#include "sim/market/agent.h"
#include "sim/market/rules.h"
#include "sim/process/fundamental.h"

#define HFT_PARTICIPANTS_MAX 1024
#define HFT_INSTRUMENTS_MAX 64
#define HFT_ORDER_VALUE_MAX 9e14  // ticks x lots of one order: its fee is exact up to there

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

extern const hft_section hft_market_section;

typedef struct hft_model hft_model;

// A participant beyond those in the config, as the env adds its seats.
typedef struct hft_extra_agent {
  const hft_agent_class *agent_class;
  const void *params;  // section->size bytes, copied
} hft_extra_agent;

// Compiles a config: its `market_config` and `exchange_config`, its lists `populations` and
// `agents` (in this order) with kinds from `classes`, then the extra agents. ECONFIG with the key
// that is at fault; ENOMEM.
hft_status hft_model_create(const hft_config *config, const hft_agent_class *const *classes,
                            int class_count, const hft_extra_agent *extra, int extra_count,
                            hft_model **out, hft_error *error);
void hft_model_free(hft_model *model);

// That the fundamental value takes some participant's prices out of the window, at one instrument.
#define HFT_WINDOW_RISK 1e-6

// Checks that the price window holds a market that runs for `duration`. For all who run one. With
// the probability 1 - HFT_WINDOW_RISK it must hold the largest excursion of the fundamental value
// (sim/process/excursion.h) and what those who follow the value need around it
// (hft_agent_class.reach). Where nobody follows it, as in a recorded tape or in order flow around
// its own prices, there is nothing to check. ECONFIG with the key at fault and values that would
// do.
hft_status hft_model_check_window(const hft_model *model, hft_time duration, hft_error *error);

// Bytes of the model, with all that its agents have read, such as tapes.
size_t hft_model_bytes(const hft_model *model);
// A digest of the content of the files that its agents have read (hft_needs); 0: of none.
uint64_t hft_model_content(const hft_model *model);
// How many independent worlds the seeds make, as far as the populations' orders go: infinitely many
// where one of the populations draws them, the number of its windows where there is a tape alone (1
// where its window is fixed), 1 where there is no population.
double hft_model_worlds(const hft_model *model);

// What all instruments have in common.
const hft_instrument *hft_model_instrument(const hft_model *model);
const hft_market_config *hft_model_market_config(const hft_model *model);
int hft_model_instrument_count(const hft_model *model);
// The name of an instrument: the symbol, with a number where there are several.
void hft_model_symbol(const hft_model *model, int instrument, char *text, size_t size);
// Lots that may trade in an instrument in a session, so that no sum of an account overflows.
int64_t hft_model_volume_max(const hft_model *model);
// Are there auctions or halts?
bool hft_model_has_auctions(const hft_model *model);
int hft_model_participant_count(const hft_model *model);
// The class's name of a participant ("noise", "twap", ...).
const char *hft_model_participant_name(const hft_model *model, hft_owner owner);
// The first participant that is an extra agent; equals participant_count where there is none.
hft_owner hft_model_first_extra(const hft_model *model);

#endif
