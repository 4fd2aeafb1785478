#include "eval/impact.h"

#include <math.h>
#include <string.h>

hft_time hft_impact_time(const hft_episode_plan *plan, const hft_impact_options *options,
                         int point) {
  hft_time length = plan->end - plan->start + options->after;
  return length / options->points * point + length % options->points * point / options->points;
}

bool hft_impact_reaches_later(const hft_episode_plan *plan, const hft_impact_options *options) {
  return options->after >= plan->end - plan->start;
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

// A market on its way along the path.
typedef struct walk {
  hft_episode_course course;
  hft_episode episode;  // its row
  const hft_impact_options *options;
  const hft_episode_progress *progress;
  bool trades;                           // false: the strategy is silent
  int mark;                              // the next one
  int64_t mark2[HFT_IMPACT_MARK_COUNT];  // of those reached: twice the mid, ticks
  int64_t volume;                        // at the order's end: lots traded since its start
} walk;

static const hft_episode_progress nobody = {0};

static int64_t traded(const walk *w) {
  const hft_tape *tape = hft_market_tape(w->course.market, w->course.plan->instrument);
  return tape->buy_qty + tape->sell_qty;
}

static int64_t mid2_of(const walk *w) {
  return hft_market_mid2(w->course.market, w->course.plan->instrument);
}

static double moved_bps(const walk *w, int64_t moved2) {
  double arrival = 0.5 * (double)w->episode.arrival_mid2;
  return w->course.plan->sign * (0.5 * (double)moved2) / arrival * 1e4;
}

// Runs the world until just before the order's start.
static hft_status walk_open(walk *w, const hft_episode_plan *plan,
                            const hft_impact_options *options, hft_market *market, uint64_t seed,
                            const hft_episode_progress *progress, bool trades) {
  *w = (walk){.options = options, .progress = progress != NULL ? progress : &nobody};
  w->trades = trades;
  // The course's steps are not the caller's: it asks only whether to go on.
  const hft_episode_progress asks = {.goes_on = w->progress->goes_on,
                                     .context = w->progress->context};
  hft_status status = hft_episode_open(&w->course, plan, market, seed, NULL, &asks, &w->episode);
  if (status != HFT_OK) return status;
  w->volume = -traded(w);
  if (trades) return HFT_OK;
  const hft_desk silent = hft_market_desk(plan->model, market, plan->owner);
  hft_desk_wake_at(&silent, HFT_TIME_NEVER);
  return HFT_OK;
}

static hft_status walk_on(walk *w, hft_time until) {
  if (w->trades) return hft_episode_advance(&w->course, until);
  const hft_interrupt pieces = {w->progress->goes_on, w->progress->context};
  bool ran =
      hft_market_run_interruptible(w->course.plan->model, w->course.market, until, NULL, &pieces);
  return ran ? HFT_OK : HFT_EINTR;
}

// Runs on to a time, and over the marks before it.
static hft_status walk_to(walk *w, hft_time until) {
  const hft_episode_plan *plan = w->course.plan;
  while (w->mark < HFT_IMPACT_MARK_COUNT) {
    hft_time time = w->mark == HFT_IMPACT_END ? plan->end : 2 * plan->end - plan->start;
    if (time > until) break;
    hft_status status = walk_on(w, time);
    if (status != HFT_OK) return status;
    if (w->mark == HFT_IMPACT_END) w->volume += traded(w);
    w->mark2[w->mark++] = mid2_of(w);
  }
  return walk_on(w, until);
}

static hft_status walk_to_point(walk *w, int point) {
  if (point == 0) return HFT_OK;
  const hft_episode_plan *plan = w->course.plan;
  hft_status status = walk_to(w, plan->start + hft_impact_time(plan, w->options, point));
  if (status != HFT_OK || w->progress->on_step == NULL) return status;
  return w->progress->on_step(w->progress->context) ? HFT_OK : HFT_EINTR;
}

hft_status hft_impact_run_without(const hft_episode_plan *plan, const hft_impact_options *options,
                                  hft_market *market, uint64_t seed,
                                  const hft_episode_progress *progress,
                                  hft_impact_reference *reference) {
  walk w;
  hft_status status = walk_open(&w, plan, options, market, seed, progress, false);
  for (int point = 0; point <= options->points && status == HFT_OK; point++) {
    status = walk_to_point(&w, point);
    reference->mid2[point] = mid2_of(&w);
  }
  memcpy(reference->mark2, w.mark2, sizeof w.mark2);
  reference->volume = w.volume;
  return status;
}

hft_status hft_impact_run_with(const hft_episode_plan *plan, const hft_impact_options *options,
                               hft_market *market, uint64_t seed,
                               const hft_episode_progress *progress,
                               const hft_impact_reference *reference, hft_impact_path *path) {
  walk w;
  hft_status status = walk_open(&w, plan, options, market, seed, progress, true);
  if (status != HFT_OK) return status;
  const hft_account *account = w.course.part[0].account;
  for (int point = 0; point <= options->points; point++) {
    status = walk_to_point(&w, point);
    if (status != HFT_OK) return status;
    path->impact_bps[point] = moved_bps(&w, mid2_of(&w) - reference->mid2[point]);
    path->executed[point] = plan->sign * account->position;
  }
  for (int mark = 0; mark < HFT_IMPACT_MARK_COUNT; mark++) {
    int64_t moved2 = w.mark2[mark] - reference->mark2[mark];
    path->mark_bps[mark] = mark < w.mark ? moved_bps(&w, moved2) : NAN;
  }
  path->closing = w.episode.closing;
  return HFT_OK;
}
