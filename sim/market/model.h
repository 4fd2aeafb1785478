// A model: a compiled config. It is constant and may be shared by any number of markets and
// threads.
#ifndef HFTSIM_SIM_MARKET_MODEL_H
#define HFTSIM_SIM_MARKET_MODEL_H

#include "sim/config/config.h"
#include "sim/market/agent.h"
#include "sim/market/market_config.h"
#include "sim/market/rules.h"
#include "sim/process/basket.h"

#define HFT_PARTICIPANTS_MAX 1024
#define HFT_INSTRUMENTS_MAX 64
#define HFT_ORDER_VALUE_MAX 9e14  // ticks x lots of one order: its fee is exact up to there

extern const hft_section hft_market_section;  // of hft_market_config

// A participant beyond those in the config, as the env adds its seats.
typedef struct hft_extra_agent {
  const hft_agent_class *agent_class;
  const void *params;  // section->size bytes, copied
  int instrument;      // that it trades, unless its class has a key `instrument`
  const char *where;   // names it in errors; null: the name of its class
} hft_extra_agent;

// Compiles a config: its `market_config` and `exchange_config`, its lists `populations` and
// `agents`, in this order, with kinds from `classes`, then the extra agents. ECONFIG with the key
// at fault; ENOMEM. The caller frees *out with hft_model_free.
hft_status hft_model_create(const hft_config *config, const hft_agent_class *const *classes,
                            int class_count, const hft_extra_agent *extra, int extra_count,
                            hft_model **out, hft_error *error);
// Frees a model; null is allowed. No market of it may be used afterwards.
void hft_model_free(hft_model *model);

// Accepted probability, per instrument, that the fundamental value leaves the price window.
#define HFT_WINDOW_RISK 1e-6

// Checks that the price window is wide enough for a market that runs for `duration` ns; call it
// before running one. With probability 1 - HFT_WINDOW_RISK the window must hold the largest
// excursion of the fundamental value (sim/process/excursion.h) and the reach of the agents that
// follow the value around it (hft_agent_class.reach). Passes if no agent follows the value, as with
// a recorded tape. ECONFIG with the key at fault and values that suffice.
hft_status hft_model_check_window(const hft_model *model, hft_time duration, hft_error *error);

// Size in bytes of the model, including data read by its agents, such as tapes.
size_t hft_model_bytes(const hft_model *model);
// A digest of the content of the files read by its agents (hft_needs); 0: none.
uint64_t hft_model_content(const hft_model *model);
// The number of independent worlds over all seeds, as far as the orders of the populations go:
// INFINITY if a population draws its orders; with a tape alone the number of its windows, 1 for a
// fixed window; 1 without populations.
double hft_model_worlds(const hft_model *model);
// How much the recorded flows have on record before their first session opens, ns, the least over
// the flows; HFT_TIME_NEVER: no flow is recorded.
hft_time hft_model_history(const hft_model *model);

// The constants that all instruments share.
const hft_instrument *hft_model_instrument(const hft_model *model);
// The section market_config that the model was compiled from.
const hft_market_config *hft_model_market_config(const hft_model *model);
// The model of the fundamental values, which belongs to the market's model.
const hft_basket_model *hft_model_basket(const hft_model *model);
// The number of instruments.
int hft_model_instrument_count(const hft_model *model);
// Writes the name of an instrument: the symbol, followed by its number from 1 on if there are
// several. `size` >= 1; a longer name is cut.
void hft_model_symbol(const hft_model *model, int instrument, char *text, size_t size);
// The most lots that may trade in an instrument in a session: no sum of an account overflows.
int64_t hft_model_volume_max(const hft_model *model);
// Whether there are auctions or halts.
bool hft_model_has_auctions(const hft_model *model);
// The number of participants: populations, agents and extra agents.
int hft_model_participant_count(const hft_model *model);
// The name of a participant's class ("noise", "twap", ...).
const char *hft_model_participant_name(const hft_model *model, hft_owner owner);
// The first extra agent; hft_model_participant_count if there is none.
hft_owner hft_model_first_extra(const hft_model *model);

#endif
