#include "eval/tally.h"

static const hft_time mark_time[HFT_MARK_COUNT] = {
#define X(code, name, time) time,
    HFT_MARK_MAP(X)
#undef X
};

// The mid at a time that does not decrease from call to call. *at: the note in force.
static int64_t mid2_at(const hft_trading *t, size_t *at, hft_time time) {
  while (*at + 1 < t->mid_count && t->mid[*at + 1].time <= time) (*at)++;
  return t->mid[*at].mid2;
}

// ---- price moves after fills -------------------------------------------------------------------

static void add_moves(const hft_trading *t, int mark, hft_tally *out) {
  size_t at = 0;
  for (size_t i = 0; i < t->fill_count; i++) {
    const hft_fill_note *fill = &t->fill[i];
    if (fill->closing != 0 || t->end - fill->time < mark_time[mark]) break;  // so do all later ones
    int64_t move2 = mid2_at(t, &at, fill->time + mark_time[mark]) - fill->mid2;
    out->adverse2[mark] -= fill->qty * move2;
    out->marked[mark] += fill->qty < 0 ? -fill->qty : fill->qty;
  }
}

// ---- a parent order ----------------------------------------------------------------------------

// How far the agent's own incoming orders have moved the mid so far: from just before each to the
// mid once it was carried out. The fills of one moment are one order.
typedef struct own_moves {
  int64_t sum2;     // of all orders before the moment
  hft_time moment;  // of the order under way
  int64_t before2;  // the mid before it; 0: there is no order
  size_t at;        // in the path
} own_moves;

static void end_moment(const hft_trading *t, own_moves *own) {
  if (own->before2 != 0) own->sum2 += mid2_at(t, &own->at, own->moment) - own->before2;
  own->before2 = 0;
}

// Splits the cost of a fill against the arrival mid.
static void add_cost(const hft_trading *t, const hft_parent_order *parent,
                     const hft_fill_note *fill, own_moves *own, hft_tally *out) {
  int64_t cost2 = -2 * fill->cash - fill->qty * t->arrival_mid2;
  if (fill->closing != 0) {
    out->opportunity2 += cost2;
    return;
  }
  if (own->before2 != 0 && fill->time != own->moment) end_moment(t, own);
  int64_t release2 = t->release_mid2 != 0 ? t->release_mid2 : t->fill[0].mid2;
  int64_t delay2 = fill->qty * (release2 - t->arrival_mid2);
  int64_t spread2 = -2 * fill->cash - fill->qty * fill->mid2;
  int64_t impact2 = fill->qty * own->sum2;
  out->delay2 += delay2;
  out->spread2 += spread2;
  out->impact2 += impact2;
  out->timing2 += cost2 - delay2 - spread2 - impact2;
  out->own += parent->sign * fill->qty;
  if (fill->role != HFT_FILL_TAKER || own->before2 != 0) return;
  own->moment = fill->time;
  own->before2 = fill->mid2;
}

// ---- sums --------------------------------------------------------------------------------------

void hft_tally_compute(const hft_trading *trading, const hft_parent_order *parent, hft_tally *out) {
  *out = (hft_tally){.known = trading->lost == 0, .lost = trading->lost};
  if (out->known == 0) return;
  own_moves own = {0};
  for (size_t i = 0; i < trading->fill_count; i++) {
    const hft_fill_note *fill = &trading->fill[i];
    int64_t lots = fill->qty < 0 ? -fill->qty : fill->qty;
    out->fills += lots;
    out->turnover += fill->qty < 0 ? fill->cash : -fill->cash;
    if (fill->role == HFT_FILL_MAKER) {
      out->queued_lots += lots;
      out->queued += (double)lots * ((double)fill->rested / (double)HFT_SECOND);
    }
    if (parent->sign != 0) add_cost(trading, parent, fill, &own, out);
  }
  for (int mark = 0; mark < HFT_MARK_COUNT; mark++) add_moves(trading, mark, out);
}

void hft_tally_add(hft_tally *sum, const hft_tally *tally) {
  sum->known &= tally->known;
  sum->lost += tally->lost;
  sum->fills += tally->fills;
  sum->turnover += tally->turnover;
  sum->queued_lots += tally->queued_lots;
  sum->queued += tally->queued;
  for (int mark = 0; mark < HFT_MARK_COUNT; mark++) {
    sum->adverse2[mark] += tally->adverse2[mark];
    sum->marked[mark] += tally->marked[mark];
  }
  sum->delay2 += tally->delay2;
  sum->spread2 += tally->spread2;
  sum->impact2 += tally->impact2;
  sum->timing2 += tally->timing2;
  sum->opportunity2 += tally->opportunity2;
  sum->own += tally->own;
}
