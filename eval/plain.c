#include "eval/plain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// ---- checks ------------------------------------------------------------------------------------

// Bounds that keep every sum within 62 bits.
#define NOTES_MAX ((size_t)1 << 24)
#define LOTS_MAX ((int64_t)1 << 28)   // of all fills together
#define PRICE_MAX ((int64_t)1 << 31)  // ticks
#define FEES_MAX ((int64_t)1 << 60)   // of all fills together, HFT_FEE_UNIT

static int64_t magnitude(int64_t value) {
  return value < 0 ? -value : value;
}

static hft_status wrong(hft_error *error, const char *array, size_t i, const char *rule) {
  char where[64];
  snprintf(where, sizeof where, "%s[%zu]", array, i);
  return hft_fail(error, HFT_EINVAL, where, "%s", rule);
}

static hft_status check_fills(const hft_trading *t, hft_error *error) {
  int64_t lots = 0, fees = 0;
  for (size_t i = 0; i < t->fill_count; i++) {
    const hft_fill_note *fill = &t->fill[i];
    hft_time before = i > 0 ? t->fill[i - 1].time : t->start;
    if (fill->time < before || fill->time > t->end) {
      return wrong(error, "fill_time", i,
                   "times must ascend from the start to the end of the episode");
    }
    if (fill->qty == 0 || fill->qty < -LOTS_MAX || magnitude(fill->qty) > LOTS_MAX - lots) {
      return wrong(error, "fill_lots", i,
                   "lots must not be 0, and all fills together at most 2^28");
    }
    lots += magnitude(fill->qty);
    int64_t paid = fill->qty < 0 ? fill->cash : -fill->cash;
    if (paid <= 0 || paid > magnitude(fill->qty) * PRICE_MAX) {
      return wrong(error, "fill_price", i, "prices must be 1 to 2^31 ticks");
    }
    if (fill->fee < -FEES_MAX || magnitude(fill->fee) > FEES_MAX - fees) {
      return wrong(error, "fill_fee", i, "all fees together must be below 2^60 fee units");
    }
    fees += magnitude(fill->fee);
    if (fill->mid2 <= 0 || fill->mid2 > 2 * PRICE_MAX) {
      return wrong(error, "fill_mid", i, "mids must be above 0");
    }
    if (fill->role > HFT_FILL_TRANSFER) return wrong(error, "fill_role", i, "must be 0 to 3");
    if (fill->rested < 0) return wrong(error, "fill_queue_time", i, "must not be negative");
    if (fill->closing == 0 && i > 0 && t->fill[i - 1].closing != 0) {
      return wrong(error, "fill_closing", i, "fills that close a position must come last");
    }
  }
  return HFT_OK;
}

static hft_status check_mids(const hft_trading *t, hft_error *error) {
  if (t->mid_count == 0 || t->mid[0].time > t->start) {
    return hft_fail(error, HFT_EINVAL, "mid_time",
                    "the first mid must be known at or before the start of the episode");
  }
  for (size_t i = 0; i < t->mid_count; i++) {
    if (i > 0 && t->mid[i].time < t->mid[i - 1].time) {
      return wrong(error, "mid_time", i, "times must ascend");
    }
    if (t->mid[i].mid2 <= 0 || t->mid[i].mid2 > 2 * PRICE_MAX) {
      return wrong(error, "mid", i, "mids must be above 0");
    }
  }
  return HFT_OK;
}

static int64_t steps_of(const hft_plain *plain) {
  return (plain->trading.end - plain->trading.start - 1) / plain->step + 1;
}

static hft_status check_members(const hft_plain *plain, hft_error *error) {
  const hft_trading *t = &plain->trading;
  if (!(plain->tick_size > 0) || isinf(plain->tick_size)) {
    return hft_fail(error, HFT_EINVAL, "tick_size", "must be above 0");
  }
  if (t->start < 0 || t->end <= t->start) {
    return hft_fail(error, HFT_EINVAL, "end", "must be after the start, and the start not below 0");
  }
  if (plain->step <= 0 || steps_of(plain) > HFT_RECORD_STEPS_MAX) {
    return hft_fail(error, HFT_EINVAL, "step",
                    "must be above 0 and make at most %d steps of the episode",
                    HFT_RECORD_STEPS_MAX);
  }
  if (t->fill_count > NOTES_MAX || t->mid_count > NOTES_MAX) {
    return hft_fail(error, HFT_EINVAL, "fills", "at most %zu fills and as many mids", NOTES_MAX);
  }
  int64_t mids[] = {t->arrival_mid2, t->end_mid2, t->release_mid2};
  for (int i = 0; i < 3; i++) {
    if (mids[i] < (i < 2) || mids[i] > 2 * PRICE_MAX) {
      return hft_fail(error, HFT_EINVAL,
                      i == 0   ? "arrival_mid"
                      : i == 1 ? "end_mid"
                               : "release_mid",
                      "mids must be above 0");
    }
  }
  const hft_parent_order *parent = &plain->parent;
  bool none = parent->sign == 0 && parent->quantity == 0;
  bool one = (parent->sign == 1 || parent->sign == -1) && parent->quantity > 0 &&
             parent->quantity <= LOTS_MAX;
  if (!none && !one) {
    return hft_fail(error, HFT_EINVAL, "parent",
                    "a parent order has the side +1 or -1 and 1 to 2^28 lots; none has 0 and 0");
  }
  const hft_tape *tape = &plain->tape;
  if (tape->notional < 0 || tape->buy_qty < 0 || tape->sell_qty < 0 || plain->orders < 0 ||
      plain->unfilled < 0) {
    return hft_fail(error, HFT_EINVAL, "market", "volumes and counts must not be negative");
  }
  return HFT_OK;
}

hft_status hft_plain_check(const hft_plain *plain, hft_error *error) {
  hft_status status = check_members(plain, error);
  if (status == HFT_OK) status = check_mids(&plain->trading, error);
  return status == HFT_OK ? check_fills(&plain->trading, error) : status;
}

// ---- the account -------------------------------------------------------------------------------

static void book(hft_account *account, const hft_fill_note *fill) {
  int64_t lots = magnitude(fill->qty);
  int64_t edge2 = 2 * fill->cash + fill->qty * fill->mid2;
  bool passive = fill->role == HFT_FILL_MAKER || fill->role == HFT_FILL_AUCTION;
  account->position += fill->qty;
  account->cash += fill->cash;
  account->fees += fill->fee;
  *(passive ? &account->maker_edge2 : &account->taker_edge2) += edge2;
  if (fill->role == HFT_FILL_TRANSFER) {
    account->transferred += fill->qty;
    return;
  }
  account->fill_count++;
  *(fill->qty > 0 ? &account->bought : &account->sold) += lots;
  *(passive ? &account->maker_qty : &account->taker_qty) += lots;
}

// A walk over the fills and mids of an episode.
typedef struct walk {
  const hft_trading *trading;
  size_t fill, mid;  // the next fill; the mid in force
} walk;

// Books the fills until a time; those that close a position wait for the end.
static void book_until(walk *w, hft_time time, bool closing, hft_account *account) {
  const hft_trading *t = w->trading;
  for (; w->fill < t->fill_count && t->fill[w->fill].time <= time; w->fill++) {
    if (t->fill[w->fill].closing != 0 && !closing) return;
    book(account, &t->fill[w->fill]);
  }
}

static int64_t mid2_at(walk *w, hft_time time) {
  const hft_trading *t = w->trading;
  while (w->mid + 1 < t->mid_count && t->mid[w->mid + 1].time <= time) w->mid++;
  return t->mid[w->mid].mid2;
}

// Looks at the account at the ends of steps, as an episode does (eval/episode.c).
static void run_steps(const hft_plain *plain, hft_step_note *note, hft_episode *out) {
  const hft_trading *t = &plain->trading;
  walk w = {t, 0, 0};
  int64_t steps = steps_of(plain), sum = 0;
  for (int64_t i = 0; i < steps; i++) {
    hft_time time = i + 1 < steps ? t->start + (i + 1) * plain->step : t->end;
    book_until(&w, time, false, &out->account);
    int64_t mid2 = i + 1 < steps ? mid2_at(&w, time) : t->end_mid2;
    double value = hft_account_value(&out->account, 0.5 * (double)mid2);
    note[i] = (hft_step_note){value, out->account.position};
    hft_drawdown_note(&out->drawdown, value);
    int64_t inventory = magnitude(out->account.position);
    sum += inventory;
    if (inventory > out->max_inventory) out->max_inventory = inventory;
  }
  out->executed = plain->parent.sign * out->account.position;
  book_until(&w, t->end, true, &out->account);
  double value = hft_account_value(&out->account, 0.5 * (double)t->end_mid2);
  note[steps - 1] = (hft_step_note){value, out->account.position};
  hft_drawdown_note(&out->drawdown, value);
  out->inventory_mean = (double)sum / (double)steps;
}

// Lots of the parent order that were neither traded nor closed cost what the mid of the end does.
static void charge_rest(const hft_plain *plain, hft_episode *out) {
  const hft_parent_order *parent = &plain->parent;
  int64_t rest = parent->sign * parent->quantity - out->account.position;
  out->score.tally.opportunity2 += rest * (out->end_mid2 - out->arrival_mid2);
}

hft_status hft_plain_metrics(const hft_plain *plain, double value[HFT_METRIC_COUNT]) {
  size_t steps = (size_t)steps_of(plain);
  hft_step_note *note = malloc(steps * sizeof *note);
  double *scratch = malloc(steps * sizeof *scratch);
  if (note == NULL || scratch == NULL) {
    free(note);
    free(scratch);
    return HFT_ENOMEM;
  }
  hft_trading trading = plain->trading;
  hft_episode episode = {.arrival_mid2 = trading.arrival_mid2, .end_mid2 = trading.end_mid2};
  run_steps(plain, note, &episode);
  trading.step = note;
  trading.step_count = steps;
  episode.account.order_count = plain->orders;
  episode.closing.unfilled = plain->unfilled;
  episode.tape = plain->tape;
  hft_tally_compute(&trading, &plain->parent, &episode.score.tally);
  hft_risk_compute(&trading, 1, scratch, &episode.score.risk);
  if (plain->parent.sign != 0) charge_rest(plain, &episode);
  const hft_metric_frame frame = {
      .kind = plain->parent.sign != 0 ? HFT_BASELINE_EXECUTION : HFT_BASELINE_DIRECTIONAL,
      .instruments = 1,
      .parent = plain->parent,
      .tick_size = plain->tick_size,
      .span_s = (double)(trading.end - trading.start) / (double)HFT_SECOND,
      .step_s = (double)plain->step / (double)HFT_SECOND,
  };
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    value[m] = hft_metric_applies((hft_metric)m, frame.kind)
                   ? hft_metric_compute(&frame, &episode, 0, (hft_metric)m)
                   : NAN;
  }
  free(note);
  free(scratch);
  return HFT_OK;
}
