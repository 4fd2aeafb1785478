// The part of a session in which a strategy trades in an episode.
#ifndef HFTSIM_EVAL_SPAN_H
#define HFTSIM_EVAL_SPAN_H

#include "sim/config/config.h"
#include "sim/market/agent.h"

typedef struct hft_episode_span {
  hft_time start;  // when the strategy may act first
  hft_time end;    // of the episode
  hft_time step;   // market_config.decision_ms
} hft_episode_span;

// Computes the span from the strategy's keys start_s and horizon_s or, where these are 0 or the
// class has none, from env_config.warmup_s of the config and from `horizon_s` or, if that is 0,
// env_config.episode_len of the config, and writes it back to the keys. ECONFIG: it does not fit in
// the session.
hft_status hft_episode_span_compute(const hft_config *config, const hft_agent_class *strategy,
                                    void *params, double horizon_s, hft_episode_span *out,
                                    hft_error *error);

#endif
