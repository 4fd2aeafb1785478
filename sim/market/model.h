// A model: a config compiled once, constant afterwards, shared by every market and thread.
#ifndef HFTSIM_SIM_MARKET_MODEL_H
#define HFTSIM_SIM_MARKET_MODEL_H

#include "sim/config/config.h"
#include "sim/market/agent.h"
#include "sim/market/market_config.h"
#include "sim/market/rules.h"

#define HFT_PARTICIPANTS_MAX 1024
#define HFT_INSTRUMENTS_MAX 64
#define HFT_ORDER_VALUE_MAX 9e14  // ticks x lots of one order: its fee is exact up to there

extern const hft_section hft_market_section;  // of hft_market_config

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
bool hft_model_has_calls(const hft_model *model);
int hft_model_participant_count(const hft_model *model);
// The class's name of a participant ("noise", "twap", ...).
const char *hft_model_participant_name(const hft_model *model, hft_owner owner);
// The first participant that is an extra agent; equals participant_count where there is none.
hft_owner hft_model_first_extra(const hft_model *model);

#endif
