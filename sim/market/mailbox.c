#include "sim/market/mailbox.h"

#include <string.h>

#include "sim/base/dist.h"
#include "sim/market/exchange.h"
#include "sim/market/post_trade.h"
#include "sim/market/report.h"
#include "sim/market/risk.h"
#include "sim/market/schedule.h"
#include "sim/market/slots.h"

static hft_request *request_at(const hft_mailbox *box, uint32_t k) {
  return (hft_request *)&box->request[(box->first + k) % HFT_IN_FLIGHT_MAX];
}

static bool same(hft_order_id a, hft_order_id b) {
  return a.slot1 == b.slot1 && a.number == b.number;
}

// The id of the order that a request creates or replaces; null for other requests.
static hft_order_id brings(const hft_request *request) {
  if (request->kind == HFT_REQUEST_SUBMIT) return request->id;
  if (request->kind == HFT_REQUEST_REPLACE) {
    return (hft_order_id){request->id.slot1, request->number};
  }
  return (hft_order_id){0, 0};
}

// The request on its way that creates or replaces an order under this id, or null.
static hft_request *find_bringer(const hft_mailbox *box, hft_order_id id) {
  if (id.number == 0) return NULL;
  for (uint32_t k = 0; k < box->count; k++) {
    hft_request *request = request_at(box, k);
    if (same(brings(request), id)) return request;
  }
  return NULL;
}

void hft_mailbox_clear(const hft_model *model, hft_market *market) {
  for (int i = 0; i < model->participant_count; i++) {
    if (model->participant[i].mailbox < 0) continue;
    hft_mailbox *box = hft_market_mailbox(model, market, model->participant[i].mailbox);
    memset(box, 0, sizeof *box);
    box->rng = hft_rng_stream(market->seed, market->env, HFT_STREAM_LATENCY + (uint32_t)i);
  }
}

// ---- what is left of an order ----------------------------------------------------------------

// A state of an order, now or after a request on its way: at most `lots` lots can trade from now on
// until the end of this state.
typedef struct stage {
  int64_t lots;
  double each;  // the most cash that a lot costs, ticks
} stage;

// An order with the requests on their way to it, followed in the order of arrival.
typedef struct course {
  hft_order_id id;  // its current id
  hft_side side;
  int64_t left;  // lots that will be left if none trades meanwhile
  int count;
  stage at[HFT_IN_FLIGHT_MAX + 1];  // by falling cost
} course;

// Adds the state in which the order has `left` lots at a price.
static void come_to(const hft_desk *desk, course *order, int64_t left, hft_price price) {
  order->left = left;
  if (left <= 0) return;
  const stage next = {left, hft_desk_outlay(desk, order->side, price)};
  int k = order->count++;
  for (; k > 0 && order->at[k - 1].each < next.each; k--) order->at[k] = order->at[k - 1];
  order->at[k] = next;
}

static void follow(const hft_desk *desk, course *order, const hft_request *request) {
  if (!same(request->id, order->id) || order->left <= 0) return;  // <= 0: the order will have left
  if (request->kind == HFT_REQUEST_REDUCE && request->order.qty > 0) {
    order->left -= request->order.qty;
  } else if (request->kind == HFT_REQUEST_REPLACE) {
    int64_t traded = request->left - order->left;  // since it was sent
    come_to(desk, order, request->order.qty - traded, request->order.price);
    order->id = brings(request);
  }
}

// Follows the order that holds a slot, resting or on its way.
static void trace(const hft_desk *desk, const hft_mailbox *box, uint32_t slot, course *found) {
  const hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
  found->id = (hft_order_id){slot + 1, resting->number};
  found->side = HFT_BID;
  found->left = 0;
  found->count = 0;
  if ((resting->flags & HFT_RESTING_WAY) == 0) {
    const hft_book *book = hft_instrument_book_of(desk->model, desk->instrument_state, slot);
    found->side = hft_book_order_side(book, slot);
    come_to(desk, found, hft_resting_qty(desk, book, slot),
            hft_instrument_order_price(desk->model, book, slot));
  }
  for (uint32_t k = 0; box != NULL && k < box->count; k++) {
    const hft_request *request = request_at(box, k);
    if (request->kind == HFT_REQUEST_SUBMIT && same(request->id, found->id)) {
      found->side = request->order.side;
      come_to(desk, found, request->order.qty, request->order.price);
    } else {
      follow(desk, found, request);
    }
  }
}

static int64_t left_of(const hft_desk *desk, const hft_mailbox *box, hft_order_id id) {
  course found;
  trace(desk, box, id.slot1 - 1, &found);
  return found.left;
}

// Charges each lot the cost of the dearest stage that reaches it. This is an upper bound of every
// course, since by the end of a stage an order has traded at most the lots of that stage.
static hft_stake stake_of(const course *order) {
  hft_stake sum = {0, 0, 0};
  for (int k = 0; k < order->count; k++) {
    const stage *at = &order->at[k];
    sum.cheapest = at->each;
    if (at->lots <= sum.lots) continue;
    sum.cash += (double)(at->lots - sum.lots) * at->each;
    sum.lots = at->lots;
  }
  return sum;
}

// Bounds of what the owner's orders could still do.
typedef struct exposure {
  int64_t lots[2];  // by side
  double cash;
} exposure;

static void expose(exposure *total, const course *order) {
  const hft_stake stake = stake_of(order);
  total->lots[order->side] += stake.lots;
  total->cash += stake.cash;
}

static exposure exposure_of(const hft_desk *desk) {
  const hft_mailbox *box = hft_mailbox_of(desk);
  const hft_resting *resting = hft_instrument_resting(desk->model, desk->instrument_state);
  const uint32_t *own =
      hft_instrument_own(desk->model, desk->instrument_state) + desk->participant->slot_base;
  exposure total = {{0, 0}, 0};
  course found;
  for (uint32_t k = 0;
       k < hft_instrument_own_counts(desk->model, desk->instrument_state)[desk->self]; k++) {
    if (box == NULL && (resting[own[k]].flags & HFT_RESTING_WAY) != 0) continue;
    trace(desk, box, own[k], &found);
    expose(&total, &found);
  }
  // Orders that will not rest hold no slot.
  for (uint32_t k = 0; box != NULL && k < box->count; k++) {
    const hft_request *request = request_at(box, k);
    bool counts = request->kind == HFT_REQUEST_SUBMIT && request->id.slot1 == 0 &&
                  request->instrument == desk->instrument;
    if (!counts) continue;
    found.side = request->order.side;
    found.count = 0;
    come_to(desk, &found, request->order.qty, request->order.price);
    expose(&total, &found);
  }
  return total;
}

hft_stake hft_desk_stake(const hft_desk *desk, hft_order_id id) {
  uint32_t slot = id.slot1 - 1;
  if (slot >= desk->model->slot_count) return (hft_stake){0, 0, 0};
  course found;
  trace(desk, hft_mailbox_of(desk), slot, &found);
  return stake_of(&found);
}

int64_t hft_desk_exposed(const hft_desk *desk, hft_side side) {
  if (hft_mailbox_of(desk) == NULL) return hft_risk_open_lots(desk, side);
  return exposure_of(desk).lots[side];
}

double hft_desk_committed(const hft_desk *desk) {
  return exposure_of(desk).cash;
}

// An upper bound of the fee of one lot. Fees are rounded once per fill, and a lot may be a fill of
// its own: this adds half a unit, and another half for converting sums of fees to ticks.
static double dearest(const hft_fee *fee, double price) {
  return price * (double)fee->milli_bps * 1e-7 + ((double)fee->per_lot + 1) * HFT_FEE_UNIT;
}

double hft_desk_outlay(const hft_desk *desk, hft_side side, hft_price price) {
  const hft_instrument *instrument = &desk->model->instrument;
  double at = price;
  if (price == HFT_PRICE_MARKET) {
    at = side == HFT_BID ? instrument->price_max : instrument->price_min;
  }
  double fee = 0;
  if (desk->model->has_fees) {
    double making = dearest(&desk->model->rules.maker_fee, at);
    double taking = dearest(&desk->model->rules.taker_fee, at);
    fee = making > taking ? making : taking;
  }
  double outlay = side == HFT_BID ? at + fee : fee - at;
  return outlay > 0 ? outlay : 0;
}

hft_time hft_desk_latency(const hft_desk *desk) {
  return hft_mailbox_of(desk) == NULL ? 0 : desk->participant->latency;
}

hft_time hft_desk_latency_bound(const hft_desk *desk) {
  if (hft_mailbox_of(desk) == NULL) return 0;
  return desk->participant->latency + (hft_time)(10 * desk->participant->latency_jitter);
}

// ---- sending ---------------------------------------------------------------------------------

static hft_time draw_latency(const hft_participant *self, hft_mailbox *box) {
  if (self->latency_jitter == 0) return self->latency;
  return self->latency + (hft_time)(self->latency_jitter * hft_exponential(&box->rng));
}

static bool has_room(const hft_desk *desk, const hft_mailbox *box, hft_order_id id,
                     const hft_order *order) {
  if (box->count < HFT_IN_FLIGHT_MAX) return true;
  hft_refuse(desk, id, order, HFT_REASON_IN_FLIGHT);
  return false;
}

// Puts a request into the mailbox, which must have room.
static void send(const hft_desk *desk, hft_mailbox *box, hft_request request) {
  request.instrument = desk->instrument;
  request.sent = desk->market->now;
  request.due = request.sent + draw_latency(desk->participant, box);
  if (request.due < box->last_due) request.due = box->last_due;
  box->last_due = request.due;
  request.setting = desk->market->wake_sequence++;
  *request_at(box, box->count++) = request;
  if (box->count > 1) return;
  hft_schedule_set_mail(desk->model, desk->market, desk->self, request.due, request.setting);
}

hft_order_id hft_mailbox_submit(const hft_desk *desk, hft_mailbox *box, const hft_order *order) {
  hft_order_id id = {0, hft_market_number(desk->market)};
  bool may_rest = order->tif != HFT_IOC && order->tif != HFT_FOK;
  bool no_slot = may_rest && !hft_slot_any(desk);
  if (no_slot || box->count == HFT_IN_FLIGHT_MAX) {
    hft_instrument_accounts(desk->model, desk->instrument_state)[desk->self].order_count++;
    hft_refuse(desk, id, order, no_slot ? HFT_REASON_OPEN_ORDERS : HFT_REASON_IN_FLIGHT);
    return (hft_order_id){0, 0};
  }
  if (may_rest) {
    uint32_t slot = hft_slot_take(desk);
    hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
    resting->number = id.number;
    resting->flags = HFT_RESTING_WAY;
    id.slot1 = slot + 1;
  }
  send(desk, box, (hft_request){.order = *order, .id = id, .kind = HFT_REQUEST_SUBMIT});
  return id;
}

// Marks an order as leaving when its cancellation or replacement is sent: no further request may
// name it. False if it is not live as far as the agent knows.
static bool take_leave(const hft_desk *desk, hft_mailbox *box, hft_order_id id) {
  hft_request *bringer = find_bringer(box, id);
  if (bringer != NULL) {
    if (bringer->leaving != 0) return false;
    bringer->leaving = 1;
    return true;
  }
  uint32_t slot = hft_slot_find(desk, id);
  if (slot == HFT_NO_SLOT) return false;
  hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
  if ((resting->flags & HFT_RESTING_LEAVING) != 0) return false;
  resting->flags |= HFT_RESTING_LEAVING;
  return true;
}

bool hft_mailbox_cancel(const hft_desk *desk, hft_mailbox *box, hft_order_id id) {
  if (!has_room(desk, box, id, &(hft_order){0}) || !take_leave(desk, box, id)) return false;
  send(desk, box, (hft_request){.id = id, .kind = HFT_REQUEST_CANCEL});
  return true;
}

bool hft_mailbox_reduce(const hft_desk *desk, hft_mailbox *box, hft_order_id id, hft_qty by) {
  hft_order order;
  if (!hft_mailbox_order(desk, box, id, &order)) return false;
  if (!has_room(desk, box, id, &(hft_order){.qty = by})) return false;
  send(desk, box, (hft_request){.order = {.qty = by}, .id = id, .kind = HFT_REQUEST_REDUCE});
  return true;
}

hft_order_id hft_mailbox_replace(const hft_desk *desk, hft_mailbox *box, hft_order_id id,
                                 hft_price price, hft_qty qty) {
  const hft_order wanted = {.price = price, .qty = qty};
  hft_order known;
  if (!hft_mailbox_order(desk, box, id, &known)) return (hft_order_id){0, 0};
  if (price == known.price && qty >= 1 && qty <= known.qty) {
    if (qty == known.qty || hft_mailbox_reduce(desk, box, id, known.qty - qty)) return id;
    return (hft_order_id){0, 0};
  }
  if (!has_room(desk, box, id, &wanted)) return (hft_order_id){0, 0};
  (void)take_leave(desk, box, id);
  hft_request request = {.order = wanted, .id = id, .kind = HFT_REQUEST_REPLACE};
  request.order.side = known.side;
  request.order.tif = known.tif;
  request.order.display = known.display;
  if (id.slot1 != 0) request.left = (hft_qty)left_of(desk, box, id);
  request.number = hft_market_number(desk->market);
  send(desk, box, request);
  return brings(&request);
}

// ---- what the agent knows --------------------------------------------------------------------

bool hft_mailbox_order(const hft_desk *desk, const hft_mailbox *box, hft_order_id id,
                       hft_order *order) {
  const hft_request *bringer = find_bringer(box, id);
  if (bringer != NULL) {
    *order = bringer->order;
    if (id.slot1 != 0) order->qty = (hft_qty)left_of(desk, box, id);
    return bringer->leaving == 0 && order->qty > 0;
  }
  uint32_t slot = hft_slot_find(desk, id);
  if (slot == HFT_NO_SLOT) return false;
  const hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
  if ((resting->flags & (HFT_RESTING_LEAVING | HFT_RESTING_WAY)) != 0) return false;
  *order = hft_resting_order(desk, slot);
  order->qty = (hft_qty)left_of(desk, box, id);
  return order->qty > 0;
}

hft_order_id hft_mailbox_latest(const hft_mailbox *box, hft_order_id id) {
  for (uint32_t k = 0; k < box->count; k++) {
    const hft_request *request = request_at(box, k);
    if (request->kind == HFT_REQUEST_REPLACE && same(request->id, id)) id = brings(request);
  }
  return id;
}

// ---- arriving --------------------------------------------------------------------------------

void hft_mailbox_deliver(const hft_desk *home) {
  hft_mailbox *box = hft_mailbox_of(home);
  hft_request request = *request_at(box, 0);
  const hft_desk at = hft_desk_make_at(home, request.instrument), *desk = &at;
  box->first = (box->first + 1) % HFT_IN_FLIGHT_MAX;
  box->count--;
  const hft_request *next = request_at(box, 0);
  hft_schedule_set_mail(desk->model, desk->market, desk->self,
                        box->count > 0 ? next->due : HFT_TIME_NEVER,
                        box->count > 0 ? next->setting : request.setting);
  const hft_post_trade_mark before = hft_post_trade_begin(desk);
  hft_exchange_arrive(desk, &request);
  hft_post_trade_end(desk, before);
  // If a later request has marked the order as leaving, it stays marked.
  hft_order_id brought = brings(&request);
  if (request.leaving == 0 || brought.slot1 == 0) return;
  uint32_t slot = hft_slot_find(desk, brought);
  if (slot != HFT_NO_SLOT) {
    hft_instrument_resting(desk->model, desk->instrument_state)[slot].flags |= HFT_RESTING_LEAVING;
  }
}

// Frees the slots held for requests to one instrument, and unmarks the orders that were leaving.
static void forget(const hft_desk *desk, const hft_mailbox *box) {
  for (uint32_t k = 0; k < box->count; k++) {
    const hft_request *request = request_at(box, k);
    bool holds = request->kind == HFT_REQUEST_SUBMIT && request->id.slot1 != 0;
    if (holds && request->instrument == desk->instrument) {
      hft_slot_release(desk, request->id.slot1 - 1);
    }
  }
  hft_resting *resting = hft_instrument_resting(desk->model, desk->instrument_state);
  const hft_participant *self = desk->participant;
  const uint32_t *own = hft_instrument_own(desk->model, desk->instrument_state) + self->slot_base;
  for (uint32_t k = 0;
       k < hft_instrument_own_counts(desk->model, desk->instrument_state)[desk->self]; k++) {
    resting[own[k]].flags &= (uint8_t)~HFT_RESTING_LEAVING;
  }
}

void hft_mailbox_drop(const hft_desk *home) {
  int index = home->participant->mailbox;
  if (index < 0) return;
  hft_mailbox *box = hft_market_mailbox(home->model, home->market, index);
  for (int i = 0; i < home->model->instrument_count; i++) {
    const hft_desk desk = hft_desk_make_at(home, i);
    forget(&desk, box);
  }
  box->count = 0;
  hft_schedule_set_mail(home->model, home->market, home->self, HFT_TIME_NEVER,
                        home->market->wake_sequence++);
}
