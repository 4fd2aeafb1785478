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
                    "the strategy executes no parent order whose impact could be measured");
  }
  if (plan->instrument_count != 1) {
    return hft_fail(error, HFT_EINVAL, "instrument",
                    "impact is measured at one instrument, not at %d", plan->instrument_count);
  }
  if (options->points < 1 || options->points > HFT_IMPACT_POINTS_MAX) {
    return hft_fail(error, HFT_EINVAL, "points", "%d out of range [1, %d]", options->points,
                    HFT_IMPACT_POINTS_MAX);
  }
  if (options->after < 0) return hft_fail(error, HFT_EINVAL, "after", "the time is negative");
  hft_time duration = hft_model_instrument(plan->model)->duration;
  if (plan->end > duration || options->after > duration - plan->end) {
    return hft_fail(
        error, HFT_EINVAL, "market_config.duration_s",
        "the path ends %.12g s after the open, the session after %.12g s; raise this key "
        "or shorten the path",
        ((double)plan->end + (double)options->after) / (double)HFT_SECOND,
        (double)duration / (double)HFT_SECOND);
  }
  return HFT_OK;
}

hft_status hft_impact_run(const hft_episode_plan *plan, const hft_impact_options *options,
                          hft_market *with, hft_market *without, uint64_t seed,
                          const hft_interrupt *interrupt, hft_impact_path *path) {
  const hft_model *model = plan->model;
  const hft_interrupt nobody = {0};
  if (interrupt == NULL) interrupt = &nobody;
  const hft_episode_progress progress = {.goes_on = interrupt->goes_on,
                                         .context = interrupt->context};
  hft_episode episode;
  hft_episode_course course;
  hft_status status = hft_episode_open(&course, plan, with, seed, NULL, &progress, &episode);
  if (status != HFT_OK) return status;
  memcpy(without, with, hft_market_size(model));
  const hft_desk silent = hft_market_desk(model, without, plan->owner);
  hft_desk_wake_at(&silent, HFT_TIME_NEVER);
  double arrival = 0.5 * (double)episode.arrival_mid2;
  const hft_account *account = course.part[0].account;
  for (int point = 0; point <= options->points; point++) {
    if (point > 0) {
      hft_time time = plan->start + hft_impact_time(plan, options, point);
      status = hft_episode_advance(&course, time);
      if (status != HFT_OK) return status;
      if (!hft_market_run_interruptible(model, without, time, NULL, interrupt)) return HFT_EINTR;
    }
    int64_t moved2 =
        hft_market_mid2(with, plan->instrument) - hft_market_mid2(without, plan->instrument);
    path->impact_bps[point] = plan->sign * (0.5 * (double)moved2) / arrival * 1e4;
    path->executed[point] = (double)(plan->sign * account->position) / (double)plan->quantity;
  }
  path->closing = episode.closing;
  return HFT_OK;
}
