#include "sim/env/features/feed.h"

#include <string.h>

#include "sim/base/arena.h"
#include "sim/env/action.h"
#include "sim/env/features/forecast.h"
#include "sim/env/features/history.h"
#include "sim/env/features/parts.h"
#include "sim/env/features/queue.h"

// Prices that actions are measured from.
typedef struct sight {
  double mark, spread;
  hft_price best[2];
} sight;

hft_status hft_feed_compile(hft_env_model *model, hft_error *error) {
  hft_time decision = model->spec.decision;
  hft_feed_model *feed = &model->feed;
  feed->delay = (hft_time)(model->env.feed_latency_us * 1e3 + 0.5);
  model->estimates = model->env.feed == HFT_FEED_LEVEL2;
  if (feed->delay == 0) return HFT_OK;
  feed->steps = feed->delay / decision;
  feed->rest = feed->delay % decision;
  if (feed->steps <= HFT_FEED_STEPS_MAX) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "env_config.feed_latency_us",
                  "%.12g us are %lld steps of %.12g ms, at most %d are allowed: a shorter latency, "
                  "or longer steps (market_config.decision_ms)",
                  model->env.feed_latency_us, (long long)feed->steps, 1e-6 * (double)decision,
                  HFT_FEED_STEPS_MAX);
}

void hft_feed_lay_out(hft_env_model *model) {
  hft_feed_model *feed = &model->feed;
  if (feed->delay == 0) return;
  size_t instruments = (size_t)model->instrument_count;
  int64_t numbers = (int64_t)model->instrument_count * model->market_dim, masks = 0;
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    hft_seat_model *seat = &model->seat[s];
    if (!seat->observes) continue;
    seat->note_own = numbers;
    seat->note_mask = masks;
    numbers += model->own_dim[seat->group];
    masks += model->spec.group[seat->group].mask_dim;
  }
  (void)hft_layout_add(&feed->note_size, instruments * sizeof(sight));
  feed->seen_at =
      hft_layout_add(&feed->note_size, (size_t)model->spec.all_seat_count * sizeof(int64_t));
  feed->numbers_at = hft_layout_add(&feed->note_size, (size_t)numbers * sizeof(float));
  feed->mask_at = hft_layout_add(&feed->note_size, (size_t)masks);
  feed->history_at = hft_layout_add(&model->size, instruments * sizeof(hft_instrument_history));
  feed->ring_at = hft_layout_add(&model->size, (size_t)(feed->steps + 1) * feed->note_size);
}

// The note of the k-th observation.
static char *note_of(const hft_env_model *model, const hft_env *env, int64_t k) {
  const hft_feed_model *feed = &model->feed;
  size_t slot = (size_t)(k % (feed->steps + 1));
  return (char *)((uintptr_t)env + feed->ring_at) + slot * feed->note_size;
}

static float *numbers_of(const hft_env_model *model, char *note) {
  return (float *)(void *)(note + model->feed.numbers_at);
}

static int64_t *seen_of(const hft_env_model *model, char *note) {
  return (int64_t *)(void *)(note + model->feed.seen_at);
}

static hft_instrument_history *histories_of(const hft_env_model *model, const hft_env *env) {
  return (hft_instrument_history *)((uintptr_t)env + model->feed.history_at);
}

static void note_seat(const hft_env_model *model, hft_env *env, int s, char *note) {
  const hft_seat_model *of = &model->seat[s];
  hft_seat_view view;
  hft_seat_view_init(&view, model, env, s);
  hft_seat seat = *view.seat;
  // At the end of a step the value is set; before it, only of seats that are out.
  if (model->feed.rest > 0 && !seat.done && env->noted > model->feed.steps) {
    seat.value = hft_worth_gain(&view);
  }
  view.seat = &seat;
  view.history = histories_of(model, env) + of->instrument;
  seen_of(model, note)[s] = hft_desk_account(&view.desk)->position;
  hft_fields own = {.value = numbers_of(model, note) + of->note_own};
  if (model->estimates) hft_queue_note(&view);
  hft_role_class_of(of->role)->observe(&view, of->instrument_count, &own);
  if (model->spec.group[of->group].mask_dim > 0) {
    hft_action_mask(&view, (uint8_t *)note + model->feed.mask_at + of->note_mask);
  }
}

// Takes the next note: of the market as it is now. All notes up to that of the first step's start
// begin the histories anew, so that windows do not reach into the warm-up.
static void take_note(const hft_env_model *model, hft_env *env) {
  char *note = note_of(model, env, env->noted);
  hft_instrument_history *histories = histories_of(model, env);
  const hft_market *market = hft_env_market_of(model, env);
  bool starts = env->noted <= model->feed.steps;
  hft_fields numbers = {.value = numbers_of(model, note)};
  for (int i = 0; i < model->instrument_count; i++) {
    hft_history_note(model, env, i, starts, &histories[i]);
    const hft_book *book = hft_market_book(model->market, market, i);
    sight *seen = (sight *)(void *)note + i;
    seen->mark = histories[i].mark;
    seen->spread = histories[i].spread;
    for (int side = 0; side < 2; side++) {
      seen->best[side] = hft_book_best_price(book, (hft_side)side);
    }
    hft_observe_instrument(model, env, histories, i, (int)model->env.depth, &numbers);
  }
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    if (model->seat[s].observes) note_seat(model, env, s, note);
  }
  env->noted++;
}

bool hft_feed_run(const hft_env_model *model, hft_env *env, hft_time until, int64_t *budget) {
  const hft_feed_model *feed = &model->feed;
  hft_market *market = hft_env_market_of(model, env);
  for (;;) {
    hft_time at = model->warmup + (env->noted - feed->steps) * model->spec.decision - feed->rest;
    if (at >= until) break;
    if (at < 0) at = 0;  // the market begins at 0
    if (!hft_market_run_some(model->market, market, at, budget, NULL)) return false;
    take_note(model, env);
  }
  return hft_market_run_some(model->market, market, until, budget, NULL);
}

void hft_feed_note_end(const hft_env_model *model, hft_env *env) {
  if (model->feed.rest == 0) take_note(model, env);
}

float *hft_feed_show(const hft_env_model *model, const hft_env *env, int seat, const float *state,
                     float *obs, uint8_t *mask) {
  const hft_seat_model *of = &model->seat[seat];
  char *note = note_of(model, env, env->step);
  const float *numbers = numbers_of(model, note);
  size_t parts = (size_t)of->instrument_count * (size_t)model->market_dim;
  memcpy(obs, numbers + (ptrdiff_t)of->instrument * model->market_dim, parts * sizeof *obs);
  obs += parts;
  memcpy(obs, state + model->common_at, (size_t)model->common_dim * sizeof *obs);
  obs += model->common_dim;
  // Forecasts are no market data: they are of now, and the last of the seat's own numbers.
  size_t own = (size_t)model->own_dim[of->group];
  size_t forecasts = model->forecasts[of->group] ? (size_t)of->instrument_count : 0;
  memcpy(obs, numbers + of->note_own, (own - forecasts) * sizeof *obs);
  hft_fields forecast = {.value = obs + (own - forecasts)};
  hft_forecast_observe(model, env, seat, &forecast);
  if (mask != NULL) {
    memcpy(mask, note + model->feed.mask_at + of->note_mask,
           (size_t)model->spec.group[of->group].mask_dim);
  }
  return obs + own;
}

void hft_feed_look(const hft_env_model *model, hft_env *env) {
  char *note = note_of(model, env, env->step);
  hft_instrument_history *histories = hft_env_histories(model, env);
  for (int i = 0; i < model->instrument_count; i++) {
    const sight *seen = (const sight *)(void *)note + i;
    histories[i].mark = seen->mark;
    histories[i].spread_seen = seen->spread;
    histories[i].best[HFT_BID] = seen->best[HFT_BID];
    histories[i].best[HFT_ASK] = seen->best[HFT_ASK];
  }
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    env->seat[s].seen = seen_of(model, note)[s];
  }
}
