#include "eval/episode.h"

#include <stdlib.h>
#include <string.h>

#include "baselines/span.h"
#include "sim/base/check.h"
#include "sim/env/env.h"
#include "sim/market/market.h"
#include "sim/market/model.h"

// Sets the episode's span from the strategy's own keys, and where these are 0 or absent from the
// config; writes it back to the keys.
static void plan_span(hft_episode_plan *plan, const hft_env_config *env) {
  const hft_agent_keys *key = &plan->strategy->key;
  double start = key->start_s.exists ? hft_param_real(key->start_s, plan->params) : 0;
  double horizon = key->horizon_s.exists ? hft_param_real(key->horizon_s, plan->params) : 0;
  if (start <= 0) start = env->warmup_s;
  if (horizon <= 0) horizon = (double)(plan->step * env->episode_len) / (double)HFT_SECOND;
  if (key->start_s.exists) hft_param_set_real(key->start_s, plan->params, start);
  if (key->horizon_s.exists) hft_param_set_real(key->horizon_s, plan->params, horizon);
  plan->start = hft_span_time(start);
  plan->end = plan->start + hft_span_time(horizon);
}

static hft_status check_span(const hft_episode_plan *plan, const hft_market_config *market,
                             hft_error *error) {
  if (plan->end <= hft_span_time(market->duration_s)) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "market_config.duration_s",
                  "an episode from %.12g s to %.12g s does not fit in a session of %.12g s; raise "
                  "it, or lower env_config.warmup_s or env_config.episode_len",
                  (double)plan->start / (double)HFT_SECOND, (double)plan->end / (double)HFT_SECOND,
                  market->duration_s);
}

static void plan_parent(hft_episode_plan *plan) {
  plan->kind = hft_baseline_kind_of(plan->strategy);
  if (plan->kind != HFT_BASELINE_EXECUTION) return;
  const hft_agent_keys *key = &plan->strategy->key;
  HFT_CHECK(key->side.exists && key->quantity.exists);
  plan->sign = hft_param_int(key->side, plan->params) == 0 ? 1 : -1;
  plan->quantity = hft_param_int(key->quantity, plan->params);
}

static hft_status fill_plan(const hft_episode_spec *spec, hft_episode_plan *plan,
                            hft_error *error) {
  const hft_market_config *market = hft_config_map(spec->config, "market_config");
  size_t size = spec->strategy->section->size;
  plan->strategy = spec->strategy;
  plan->params = malloc(size > 0 ? size : 1);
  if (plan->params == NULL) return hft_fail(error, HFT_ENOMEM, "baselines", "out of memory");
  if (size > 0) memcpy(plan->params, spec->params, size);
  plan->step = hft_span_time(market->decision_ms * 1e-3);
  plan_span(plan, hft_config_map(spec->config, "env_config"));
  plan_parent(plan);
  hft_status status = check_span(plan, market, error);
  if (status != HFT_OK) return status;
  hft_extra_agent extra = {plan->strategy, plan->params};
  status = hft_model_create(spec->config, spec->classes, spec->class_count, &extra, 1, &plan->model,
                            error);
  if (status != HFT_OK) return status;
  plan->owner = hft_model_first_extra(plan->model);
  return hft_model_check_window(plan->model, plan->end, error);
}

hft_status hft_episode_plan_create(const hft_episode_spec *spec, hft_episode_plan **out,
                                   hft_error *error) {
  hft_episode_plan *plan = calloc(1, sizeof *plan);
  if (plan == NULL) return hft_fail(error, HFT_ENOMEM, "baselines", "out of memory");
  hft_status status = fill_plan(spec, plan, error);
  if (status != HFT_OK) {
    hft_episode_plan_free(plan);
    return status;
  }
  *out = plan;
  return HFT_OK;
}

void hft_episode_plan_free(hft_episode_plan *plan) {
  if (plan == NULL) return;
  hft_model_free(plan->model);
  free(plan->params);
  free(plan);
}

int64_t hft_episode_steps(const hft_episode_plan *plan) {
  return (plan->end - plan->start + plan->step - 1) / plan->step;
}

static hft_tape tape_since(const hft_tape *now, const hft_tape *before) {
  return (hft_tape){
      .trade_count = now->trade_count - before->trade_count,
      .buy_qty = now->buy_qty - before->buy_qty,
      .sell_qty = now->sell_qty - before->sell_qty,
      .notional = now->notional - before->notional,
      .last_price = now->last_price,
  };
}

static hft_side parent_side(const hft_episode_plan *plan) {
  return plan->sign > 0 ? HFT_BID : HFT_ASK;
}

void hft_episode_look(const hft_episode_plan *plan, hft_market *market, hft_episode_depth *sight) {
  if (plan->kind != HFT_BASELINE_EXECUTION) return;
  const hft_desk desk = hft_market_desk(plan->model, market, plan->owner);
  int64_t depth = hft_close_depth(&desk, hft_side_other(parent_side(plan)));
  if (depth > 0) sight->depth = depth;
}

hft_closing hft_episode_close(const hft_episode_plan *plan, hft_market *market,
                              const hft_episode_depth *sight, const hft_sink *sink) {
  if (plan->kind != HFT_BASELINE_EXECUTION) return (hft_closing){0};
  hft_desk desk = hft_market_desk(plan->model, market, plan->owner);
  desk.sink = sink;
  int64_t left = plan->quantity - plan->sign * hft_desk_account(&desk)->position;
  HFT_CHECK(left >= 0);
  return hft_close_lots(&desk, parent_side(plan), left, sight->depth);
}

hft_status hft_episode_run(const hft_episode_plan *plan, hft_market *market, uint64_t seed,
                           const hft_sink *sink, const hft_episode_progress *progress,
                           hft_episode *out) {
  const hft_model *model = plan->model;
  hft_interrupt pieces = {0};
  if (progress != NULL) pieces = (hft_interrupt){progress->goes_on, progress->context};
  if (!hft_market_reset_interruptible(model, market, seed, 0, sink, &pieces) ||
      !hft_market_run_interruptible(model, market, plan->start - 1, sink, &pieces)) {
    return HFT_EINTR;
  }
  *out = (hft_episode){.arrival_mid2 = hft_market_mid2(market, 0)};
  const hft_tape before = *hft_market_tape(market, 0);
  const hft_account *account = hft_market_account(model, market, plan->owner, 0);
  int64_t steps = hft_episode_steps(plan);
  int64_t inventory_sum = 0;
  hft_episode_depth sight = {0};
  hft_episode_look(plan, market, &sight);
  for (int64_t i = 1; i <= steps; i++) {
    hft_time until = i < steps ? plan->start + i * plan->step : plan->end;
    if (!hft_market_run_interruptible(model, market, until, sink, &pieces)) return HFT_EINTR;
    int64_t inventory = llabs(account->position);
    inventory_sum += inventory;
    if (inventory > out->inventory_max) out->inventory_max = inventory;
    hft_episode_look(plan, market, &sight);
    if (progress != NULL && !progress->on_step(progress->context)) return HFT_EINTR;
  }
  out->inventory_mean = (double)inventory_sum / (double)steps;
  out->end_mid2 = hft_market_mid2(market, 0);
  out->executed = plan->sign * account->position;
  out->closing = hft_episode_close(plan, market, &sight, sink);
  out->account = *account;
  out->tape = tape_since(hft_market_tape(market, 0), &before);
  return HFT_OK;
}
