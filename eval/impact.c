#include "eval/impact.h"

#include <string.h>

hft_time hft_impact_time(const hft_episode_plan *plan, const hft_impact_options *options,
                         int point) {
  hft_time length = plan->end - plan->start + options->after;
  return length / options->points * point + length % options->points * point / options->points;
}

hft_status hft_impact_check(const hft_episode_plan *plan, const hft_impact_options *options,
                            hft_error *error) {
  if (plan->kind != HFT_BASELINE_EXECUTION) {
    return hft_fail(error, HFT_EINVAL, plan->strategy->section->name,
                    "it executes no parent order, whose impact could be measured");
  }
  if (options->points < 1 || options->points > HFT_IMPACT_POINTS_MAX || options->after < 0) {
    return hft_fail(error, HFT_EINVAL, "points", "%d is out of bounds; allowed is 1 to %d",
                    options->points, HFT_IMPACT_POINTS_MAX);
  }
  hft_time duration = hft_model_instrument(plan->model)->duration;
  if (plan->end > duration || options->after > duration - plan->end) {
    return hft_fail(error, HFT_EINVAL, "market_config.duration_s",
                    "the path ends %.12g s into a session of %.12g s; shorten one or raise it",
                    ((double)plan->end + (double)options->after) / (double)HFT_SECOND,
                    (double)duration / (double)HFT_SECOND);
  }
  return HFT_OK;
}

// Runs the world with the order, whose rest is closed at its end. False: it was stopped.
static bool run_with(const hft_episode_plan *plan, hft_market *market, hft_time until,
                     const hft_interrupt *interrupt, hft_episode_depth *sight,
                     hft_closing *closing) {
  bool ends = hft_market_now(market) < plan->end && until >= plan->end;
  if (ends) {
    if (!hft_market_run_interruptible(plan->model, market, plan->end, NULL, interrupt))
      return false;
    hft_episode_look(plan, market, sight);
    *closing = hft_episode_close(plan, market, sight, NULL);
  }
  if (!hft_market_run_interruptible(plan->model, market, until, NULL, interrupt)) return false;
  if (until < plan->end) hft_episode_look(plan, market, sight);
  return true;
}

hft_status hft_impact_run(const hft_episode_plan *plan, const hft_impact_options *options,
                          hft_market *with, hft_market *without, uint64_t seed,
                          const hft_interrupt *interrupt, hft_impact_path *path) {
  const hft_model *model = plan->model;
  const hft_interrupt nobody = {0};
  if (interrupt == NULL) interrupt = &nobody;
  if (!hft_market_reset_interruptible(model, with, seed, 0, NULL, interrupt) ||
      !hft_market_run_interruptible(model, with, plan->start - 1, NULL, interrupt)) {
    return HFT_EINTR;
  }
  memcpy(without, with, hft_market_size(model));
  const hft_desk silent = hft_market_desk(model, without, plan->owner);
  hft_desk_wake_at(&silent, HFT_TIME_NEVER);
  hft_episode_depth sight = {0};
  path->closing = (hft_closing){0};
  hft_episode_look(plan, with, &sight);
  double arrival = 0.5 * (double)hft_market_mid2(with, 0);
  const hft_account *account = hft_market_account(model, with, plan->owner, 0);
  for (int point = 0; point <= options->points; point++) {
    if (point > 0) {
      hft_time time = plan->start + hft_impact_time(plan, options, point);
      if (!run_with(plan, with, time, interrupt, &sight, &path->closing) ||
          !hft_market_run_interruptible(model, without, time, NULL, interrupt)) {
        return HFT_EINTR;
      }
    }
    double moved = 0.5 * (double)(hft_market_mid2(with, 0) - hft_market_mid2(without, 0));
    path->impact_bps[point] = plan->sign * moved / arrival * 1e4;
    path->executed[point] = (double)(plan->sign * account->position) / (double)plan->quantity;
  }
  return HFT_OK;
}
