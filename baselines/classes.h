// The baselines: strategies that do not learn, each an agent class that trades on the same book as
// everything else. They may stand in a config's `agents`, or be run by eval/runner.h.
#ifndef HFTSIM_BASELINES_CLASSES_H
#define HFTSIM_BASELINES_CLASSES_H

#include "sim/market/agent.h"

// By what a baseline is judged.
typedef enum hft_baseline_kind {
  HFT_BASELINE_NONE,           // the common metrics only
  HFT_BASELINE_EXECUTION,      // works a parent order: has the keys `side` and `quantity`
  HFT_BASELINE_MARKET_MAKING,  // quotes both sides
} hft_baseline_kind;

extern const hft_agent_class hft_twap_class;
extern const hft_agent_class hft_vwap_class;
extern const hft_agent_class hft_avellaneda_stoikov_class;
extern const hft_agent_class hft_random_class;
extern const hft_agent_class hft_do_nothing_class;

extern const hft_agent_class *const hft_baseline_classes[];
extern const int hft_baseline_class_count;

// The baseline of that name ("twap"), or null.
const hft_agent_class *hft_baseline_find(const char *name);
// The name nearest to `name`, or null where none is near.
const char *hft_baseline_nearest(const char *name);
// The kind of one of hft_baseline_classes; NONE for any other class.
hft_baseline_kind hft_baseline_kind_of(const hft_agent_class *agent_class);
// "none", "execution", "market_making".
const char *hft_baseline_kind_name(hft_baseline_kind kind);

#endif
