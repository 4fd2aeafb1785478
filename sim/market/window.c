// Checking the price window: hft_model_check_window of sim/market/model.h.
#include <math.h>
#include <stdio.h>

#include "sim/market/model.h"
#include "sim/market/state.h"
#include "sim/process/excursion.h"

#define WINDOW_MAX 1048576.0  // of the key
#define COARSEST 100.0  // a suggested tick size leaves the initial price at least this many ticks

// The largest reach of the agents that follow the value; negative if there are none.
static double furthest_reach(const hft_model *model) {
  double furthest = -1;
  for (int i = 0; i < model->participant_count; i++) {
    const hft_participant *self = &model->participant[i];
    if (self->agent_class->reach == NULL) continue;
    double reach = self->agent_class->reach(self->params, &model->instrument);
    if (reach > furthest) furthest = reach;
  }
  return furthest;
}

// The next of 1, 2, 5, 10, ... times a power of ten.
static double round_up(double value) {
  double power = 1e-12;
  while (power * 10 <= value) power *= 10;
  const double steps[] = {1, 2, 5, 10};
  for (int i = 0; i < 4; i++) {
    if (steps[i] * power >= value * (1 - 1e-9)) return steps[i] * power;
  }
  return 10 * power;
}

// The tick size that suffices. Excursions in ticks shrink with a larger tick, the reach may not. 0:
// no tick size suffices.
static double coarser_tick(const hft_model *model, double excursion, double reach) {
  double room = 0.5 * (double)model->config.window_ticks - reach - 2;
  if (room < 1) return 0;
  double tick = round_up(model->config.tick_size * excursion / room);
  return model->config.initial_price / tick >= COARSEST ? tick : 0;
}

typedef struct need {
  hft_excursion moves;  // of the value
  double reach;         // around it
  double seconds;       // of market time
} need;

static hft_status refuse_value(const hft_model *model, const need *n, hft_error *error) {
  return hft_fail(error, HFT_ECONFIG, "market_config.volatility",
                  "in %g s the fundamental value may fall from %d by %.0f ticks, below the lowest "
                  "price; a lower volatility would do, or less time, or fundamental: geometric",
                  n->seconds, model->instrument.initial_price, n->moves.down);
}

static hft_status refuse_window(const hft_model *model, const need *n, double ticks,
                                hft_error *error) {
  char window[64] = "", coarser[64] = "";
  if (ticks <= WINDOW_MAX) snprintf(window, sizeof window, "window_ticks: %.0f, or ", ticks);
  double tick = coarser_tick(model, fmax(n->moves.up, n->moves.down), n->reach);
  if (tick > 0) snprintf(coarser, sizeof coarser, "tick_size: %.12g, or ", tick);
  return hft_fail(error, HFT_ECONFIG, "market_config.window_ticks",
                  "%lld are too few: in %g s the fundamental value may rise from %d by %.0f ticks "
                  "or fall by %.0f, and orders reach %.0f beyond; %s%sa lower volatility or less "
                  "time would do",
                  (long long)model->config.window_ticks, n->seconds,
                  model->instrument.initial_price, n->moves.up, n->moves.down, n->reach, window,
                  coarser);
}

static need measure(const hft_model *model, double seconds) {
  need n = {.reach = furthest_reach(model), .seconds = seconds};
  // All instruments have the same law.
  if (n.reach >= 0) {
    n.moves = hft_basket_excursion(model->fundamental, 0, seconds, HFT_WINDOW_RISK);
  }
  return n;
}

hft_status hft_model_check_window(const hft_model *model, hft_time duration, hft_error *error) {
  const need n = measure(model, (double)duration * 1e-9);
  if (n.reach < 0 || (n.moves.up <= 0 && n.moves.down <= 0)) return HFT_OK;
  const hft_instrument *instrument = &model->instrument;
  double initial = instrument->initial_price, lowest = initial - 1;
  if (n.moves.down > lowest) return refuse_value(model, &n, error);
  // The lowest price is 1 tick: orders that would reach below it are placed there.
  double down = fmin(ceil(n.moves.down + n.reach), lowest), up = ceil(n.moves.up + n.reach);
  if (up <= instrument->price_max - initial && down <= initial - instrument->price_min) {
    return HFT_OK;
  }
  // The window has its middle at the initial price, unless it would begin below 1.
  double ticks = up >= initial ? initial + up : 2 * fmax(up + 1, down);
  return refuse_window(model, &n, ticks, error);
}
