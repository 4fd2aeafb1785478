// The baselines: strategies that do not learn, each an agent class that trades on the same book as
// every other participant. They run as agents of a config (`agents`) or in episodes (eval/).
#ifndef HFTSIM_BASELINES_CLASSES_H
#define HFTSIM_BASELINES_CLASSES_H

#include "sim/market/agent.h"

// clang-format off
// X(code, name, help): what a baseline sets out to do, which decides how it is scored.
#define HFT_BASELINE_KIND_MAP(X)                                                                  \
  X(NONE, "none", "never trades")                                                                 \
  X(EXECUTION, "execution", "trades a parent order, given by the keys side and quantity")         \
  X(MARKET_MAKING, "market_making", "quotes both sides")                                          \
  X(DIRECTIONAL, "directional", "takes a position on a forecast of the price")

// X(agent_class, kind): all baselines, in the order in which they are listed. A strategy is a file
// that defines its class, and a line here.
#define HFT_BASELINE_MAP(X)                                                                       \
  X(hft_twap_class, EXECUTION)                                                                    \
  X(hft_vwap_class, EXECUTION)                                                                    \
  X(hft_pov_class, EXECUTION)                                                                     \
  X(hft_almgren_chriss_class, EXECUTION)                                                          \
  X(hft_immediate_class, EXECUTION)                                                               \
  X(hft_obizhaeva_wang_class, EXECUTION)                                                          \
  X(hft_avellaneda_stoikov_class, MARKET_MAKING)                                                  \
  X(hft_glft_class, MARKET_MAKING)                                                                \
  X(hft_symmetric_class, MARKET_MAKING)                                                           \
  X(hft_random_class, MARKET_MAKING)                                                              \
  X(hft_momentum_class, DIRECTIONAL)                                                              \
  X(hft_mean_reversion_class, DIRECTIONAL)                                                        \
  X(hft_rsi_class, DIRECTIONAL)                                                                   \
  X(hft_sma_class, DIRECTIONAL)                                                                   \
  X(hft_ofi_class, DIRECTIONAL)                                                                   \
  X(hft_do_nothing_class, NONE)

// X(agent_class): policies (sim/env/policy.h), which act for a seat by its observation. They are no
// baselines: neither agents of a config nor run in episodes of their own.
#define HFT_POLICY_MAP(X) \
  X(hft_bayes_class)
// clang-format on

typedef enum hft_baseline_kind {
#define X(code, name, help) HFT_BASELINE_##code,
  HFT_BASELINE_KIND_MAP(X)
#undef X
      HFT_BASELINE_KIND_COUNT
} hft_baseline_kind;

#define X(agent_class, kind) extern const hft_agent_class agent_class;
HFT_BASELINE_MAP(X)
#undef X
#define X(agent_class) extern const hft_agent_class agent_class;
HFT_POLICY_MAP(X)
#undef X

extern const hft_agent_class *const hft_baseline_classes[];
extern const int hft_baseline_class_count;

// Returns the baseline of that name ("twap"), or null.
const hft_agent_class *hft_baseline_find(const char *name);

// Returns the name of the baseline that `name` is most likely a misspelling of; null: none is near.
const char *hft_baseline_nearest(const char *name);

// Returns the kind of one of hft_baseline_classes; NONE for any other class.
hft_baseline_kind hft_baseline_kind_of(const hft_agent_class *agent_class);

// Returns the name of a kind: "none", "execution", "market_making", "directional".
const char *hft_baseline_kind_name(hft_baseline_kind kind);

// Returns what a kind means, as words for a user.
const char *hft_baseline_kind_help(hft_baseline_kind kind);

#endif
