#include "eval/span.h"

#include "baselines/span.h"
#include "sim/env/env.h"
#include "sim/market/model.h"

static hft_status check(const hft_episode_span *span, double duration_s, hft_error *error) {
  if (span->end <= hft_span_time(duration_s)) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "market_config.duration_s",
                  "an episode from %.12g s to %.12g s does not fit in a session of %.12g s; raise "
                  "this key, or lower env_config.warmup_s, env_config.episode_len or the horizon",
                  (double)span->start / (double)HFT_SECOND, (double)span->end / (double)HFT_SECOND,
                  duration_s);
}

hft_status hft_episode_span_compute(const hft_config *config, const hft_agent_class *strategy,
                                    void *params, double horizon_s, hft_episode_span *out,
                                    hft_error *error) {
  const hft_market_config *market = hft_config_map(config, "market_config");
  const hft_env_config *env = hft_config_map(config, "env_config");
  const hft_agent_keys *key = &strategy->key;
  out->step = hft_span_time(market->decision_ms * 1e-3);
  double start = key->start_s.exists ? hft_param_real(key->start_s, params) : 0;
  double horizon = key->horizon_s.exists ? hft_param_real(key->horizon_s, params) : 0;
  if (start <= 0) start = env->warmup_s;
  if (horizon <= 0) horizon = horizon_s;
  if (horizon <= 0) horizon = (double)(out->step * env->episode_len) / (double)HFT_SECOND;
  if (key->start_s.exists) hft_param_set_real(key->start_s, params, start);
  if (key->horizon_s.exists) hft_param_set_real(key->horizon_s, params, horizon);
  out->start = hft_span_time(start);
  out->end = out->start + hft_span_time(horizon);
  return check(out, market->duration_s, error);
}
