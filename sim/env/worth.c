#include "sim/env/worth.h"

#include "sim/env/features/forecast.h"

hft_status hft_worth_compile(hft_env_model *model, hft_error *error) {
  const hft_reward_config *keys = &model->reward;
  bool begun = false, marked = false;
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    hft_seat_model *seat = &model->seat[s];
    seat->shares_at = model->share_count;
    model->share_count += seat->instrument_count;
    begun = begun || seat->begun != 0;
    marked = marked || hft_seat_is_marked(seat);
    model->left_out[seat->owner] = seat->acts;
  }
  bool by_mid = keys->mark == HFT_MARK_REFERENCE && model->env.reference == HFT_REFERENCE_MID;
  model->marks_book = marked && by_mid && keys->end != HFT_END_REFERENCE;
  model->has_twin = keys->baseline == HFT_RELATIVE_TWIN;
  if (!model->has_twin || begun) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "reward_config.baseline",
                  "twin: no seat has a parent order or holdings, so doing nothing gains 0 in the "
                  "twin, too; 'baseline: fundamental' works for makers and takers");
}

// ---- prices ------------------------------------------------------------------------------------

// The price at which positions are valued during an episode.
static double price_in(const hft_env_model *model, hft_market *market, int instrument) {
  if (model->reward.mark == HFT_MARK_FUNDAMENTAL) {
    return hft_market_fundamental(model->market, market, instrument);
  }
  return hft_env_mark_in(model, market, instrument);
}

// The price at the end of the episode of so many lots of an instrument, from the book.
static double end_price(const hft_seat_view *view, hft_market *market, int k, int64_t lots) {
  const hft_env_model *model = view->model;
  const hft_mark_basis basis = {model->left_out, &view->history[k].depth, &view->history[k].gaps};
  hft_desk desk = hft_market_desk(model->market, market, view->seat_model->owner);
  if (k > 0) desk = hft_desk_at(&desk, view->seat_model->instrument + k);
  double price = hft_mark_price(&desk, lots, &basis);
  return price > 0 ? price : price_in(model, market, view->seat_model->instrument + k);
}

void hft_worth_start(const hft_env_model *model, hft_env *env) {
  for (int i = 0; i < model->instrument_count; i++) {
    hft_env_histories(model, env)[i].price_start =
        price_in(model, hft_env_market_of(model, env), i);
  }
}

void hft_worth_note_book(const hft_env_model *model, hft_env *env) {
  for (int i = 0; i < model->instrument_count; i++) {
    hft_instrument_history *history = &hft_env_histories(model, env)[i];
    hft_desk desk = hft_env_desk(model, env, 0);
    if (i != desk.instrument) desk = hft_desk_at(&desk, i);
    hft_depth_note(&history->depth, &desk);
    if (model->marks_book) hft_gaps_note(&history->gaps, &desk, model->left_out);
  }
}

// Lots whose value the reward counts at the end: what holding still gains as well is taken off by
// `baseline: hold`, and closed positions do not count.
static int64_t lots_at_stake(const hft_seat_view *view, int k) {
  const hft_reward_config *keys = &view->model->reward;
  const hft_seat_model *seat = view->seat_model;
  int64_t lots = keys->baseline == HFT_RELATIVE_HOLD ? seat->begun - seat->holding : seat->begun;
  if (keys->end == HFT_END_CLOSE) return lots;
  hft_desk desk = hft_seat_desk(view, k);
  return lots + hft_desk_account(&desk)->position;
}

void hft_worth_end(hft_step_state *step) {
  const hft_env_model *model = step->model;
  step->marked = model->marks_book;
  for (int s = 0; s < model->spec.all_seat_count && step->marked; s++) {
    const hft_seat_view *view = &step->view[s];
    if (view->seat->done || !hft_seat_is_marked(view->seat_model)) continue;
    for (int k = 0; k < view->seat_model->instrument_count; k++) {
      hft_market *market = hft_env_market_of(model, step->env);
      hft_seat_shares(view)[k].end = end_price(view, market, k, lots_at_stake(view, k));
    }
  }
}

// ---- what is subtracted ------------------------------------------------------------------------

void hft_worth_note_held(const hft_step_state *step) {
  const hft_env_model *model = step->model;
  if (HFT_LIKELY(model->reward.baseline != HFT_RELATIVE_FUNDAMENTAL)) return;
  hft_market *market = hft_env_market_of(model, step->env);
  hft_time until = model->warmup + (step->env->step + 1) * model->spec.decision;
  for (int i = 0; i < model->instrument_count; i++) {
    hft_env_histories(model, step->env)[i].expected =
        hft_market_fundamental_expected(model->market, market, i, until);
  }
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    const hft_seat_view *view = &step->view[s];
    for (int k = 0; k < view->seat_model->instrument_count; k++) {
      hft_desk desk = hft_seat_desk(view, k);
      hft_seat_share *share = &hft_seat_shares(view)[k];
      share->held = hft_desk_account(&desk)->position + view->seat_model->begun;
      if (view->seat_model->forecast > 0) {
        share->news = hft_forecast_news(model, step->env, s, k);
      }
    }
  }
}

// What the lots held before the step gained by the fundamental value beyond its expectation. Of a
// seat with a forecast: by the news of the step, which are the changes of the value that its
// forecasts did not tell, and those of the forecasts. So a lot that is bought at a forecast earns
// it at once, and what follows is not luck.
static double innovation(const hft_seat_view *view, hft_market *market, int k) {
  const hft_seat_share *share = &hft_seat_shares(view)[k];
  const hft_seat_model *seat = view->seat_model;
  if (seat->forecast > 0) {
    int s = (int)(seat - view->model->seat);
    double now = hft_forecast_news(view->model, view->env, s, k);
    return (double)share->held * (now - share->news);
  }
  double value = hft_market_fundamental(view->model->market, market, seat->instrument + k);
  return (double)share->held * (value - view->history[k].expected);
}

// The price in the world in which no seat acts.
static double twin_price(const hft_step_state *step, const hft_seat_view *view, int k) {
  const hft_seat_model *seat = view->seat_model;
  hft_market *twin = hft_env_twin_of(step->model, step->env);
  if (step->marked && hft_seat_is_marked(seat)) {
    return end_price(view, twin, k, seat->begun);
  }
  return price_in(step->model, twin, seat->instrument + k);
}

// ---- worth -------------------------------------------------------------------------------------

void hft_worth_value(hft_step_state *step, int s) {
  const hft_seat_view *view = &step->view[s];
  const hft_seat_model *seat = view->seat_model;
  hft_market *market = hft_env_market_of(step->model, step->env);
  hft_relative relative = (hft_relative)step->model->reward.baseline;
  bool marked = step->marked && hft_seat_is_marked(seat);
  double begun = (double)seat->begun, holding = (double)seat->holding;
  double value = 0, baseline = 0;
  int64_t maker_edge2 = 0, taker_edge2 = 0;
  if (relative == HFT_RELATIVE_FUNDAMENTAL) baseline = view->seat->baseline;
  for (int k = 0; k < seat->instrument_count; k++) {
    hft_desk desk = hft_seat_desk(view, k);
    const hft_account *account = hft_desk_account(&desk);
    double start = view->history[k].price_start;
    double price =
        marked ? hft_seat_shares(view)[k].end : price_in(step->model, market, seat->instrument + k);
    value += hft_account_value(account, price);
    if (begun != 0) value += begun * (price - start);
    if (relative == HFT_RELATIVE_HOLD && holding != 0) baseline -= holding * (price - start);
    if (relative == HFT_RELATIVE_FUNDAMENTAL) baseline -= innovation(view, market, k);
    if (relative == HFT_RELATIVE_TWIN && begun != 0) {
      baseline -= begun * (twin_price(step, view, k) - start);
    }
    maker_edge2 += account->maker_edge2;
    taker_edge2 += account->taker_edge2;
  }
  step->worth[s] = (hft_seat_worth){value, baseline, maker_edge2, taker_edge2};
}

double hft_worth_gain(const hft_seat_view *view) {
  const hft_seat_model *seat = view->seat_model;
  double value = 0;
  for (int k = 0; k < seat->instrument_count; k++) {
    hft_desk desk = hft_seat_desk(view, k);
    double price = hft_env_mark(view->model, view->env, seat->instrument + k);
    value += hft_account_value(hft_desk_account(&desk), price);
    value += (double)seat->begun * (price - view->history[k].start);
  }
  return value;
}
