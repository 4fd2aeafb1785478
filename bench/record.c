#include "bench/record.h"

#include <stdlib.h>

#include "sim/base/arena.h"
#include "sim/base/check.h"

#define SLICE HFT_SECOND  // market time between two checks of the number of messages

// Trades are reported before it is known whether the incoming order rests, so it is kept until
// then.
typedef struct recorder {
  hft_workload *workload;
  hft_price lowest;  // of the window; price 1 of the workload
  uint32_t count, message_max, id_count;
  uint32_t *id;  // by slot of a resting order
  uint32_t slot_max;
  hft_message incoming;  // the order being recorded; qty 0: none
  uint32_t replaced;     // the order removed by a replacement in progress, or 0
  uint32_t number;       // of the incoming order
  const char *fault;     // why the market cannot be expressed as a workload; null: it can
} recorder;

static void put(recorder *r, hft_message message) {
  if (r->count < r->message_max) r->workload->messages[r->count++] = message;
}

// Ends the incoming order: it trades no more, and its remainder, if any, rests.
static void end_incoming(recorder *r) {
  if (r->incoming.qty == 0) return;
  r->incoming.id = ++r->id_count;
  r->incoming.old = r->replaced;
  r->incoming.type = r->replaced != 0 ? HFT_MESSAGE_REPLACE : HFT_MESSAGE_LIMIT;
  put(r, r->incoming);
  r->incoming.qty = 0;
  r->replaced = 0;
}

// Ends a replacement without a successor, which was refused.
static void end_replaced(recorder *r) {
  if (r->replaced == 0) return;
  put(r, (hft_message){.type = HFT_MESSAGE_CANCEL, .id = r->replaced});
  r->replaced = 0;
}

// Records that `qty` lots of an order trade at `price` or rest there.
static void note_incoming(recorder *r, uint32_t number, hft_side side, const hft_event *event) {
  if (r->number != number) end_incoming(r);
  r->number = number;
  r->incoming.side = (uint8_t)side;
  r->incoming.price = (uint16_t)(event->price - r->lowest + 1);
  r->incoming.qty += (uint32_t)event->qty;
}

static void note_add(recorder *r, const hft_event *event) {
  note_incoming(r, event->order.number, (hft_side)event->side, event);
  end_incoming(r);
  uint32_t slot = event->order.slot1 - 1;
  if (slot < r->slot_max) {
    r->id[slot] = r->id_count;
  } else {
    r->fault = "an order has no slot in the book";
  }
}

static void on_event(void *context, const hft_event *event) {
  recorder *r = context;
  if (event->instrument != 0 || r->fault != NULL) return;
  if (event->kind == HFT_EVENT_TRADE) {
    if (event->reason == HFT_REASON_AUCTION) r->fault = "it has auctions";
    note_incoming(r, event->taker.number, hft_side_other((hft_side)event->side), event);
    return;
  }
  if (event->kind == HFT_EVENT_ADD) {
    if (event->reason == HFT_REASON_REFRESHED) r->fault = "it has icebergs";
    note_add(r, event);
    return;
  }
  end_incoming(r);
  end_replaced(r);
  if (event->kind == HFT_EVENT_CANCEL && event->reason == HFT_REASON_REPLACED) {
    r->replaced = r->id[event->order.slot1 - 1];
  } else if (event->kind == HFT_EVENT_CANCEL) {
    put(r, (hft_message){.type = HFT_MESSAGE_CANCEL, .id = r->id[event->order.slot1 - 1]});
  } else if (event->kind == HFT_EVENT_REDUCE) {
    r->fault = "it has reduced orders";
  } else if (event->kind == HFT_EVENT_PHASE) {
    r->fault = "it has auctions or halts";
  }
}

static hft_status record(const hft_model *model, hft_market *market, uint64_t seed, recorder *r,
                         hft_error *error) {
  const hft_sink sink = {on_event, r};
  hft_time session = hft_model_instrument(model)->duration;
  hft_market_reset(model, market, seed, 0, &sink);
  end_incoming(r);
  r->workload->prefill_count = r->count;
  hft_time now = 0;
  while (now < session && r->count < r->message_max && r->fault == NULL) {
    now = session - now < SLICE ? session : now + SLICE;
    hft_market_run(model, market, now, &sink);
  }
  end_incoming(r);
  end_replaced(r);
  r->workload->timed_count = r->count - r->workload->prefill_count;
  r->workload->id_max = r->id_count;
  if (r->fault == NULL && r->workload->timed_count == 0) r->fault = "it has no messages";
  if (r->fault == NULL) return HFT_OK;
  return hft_fail(error, HFT_EDATA, "bench", "the market cannot be recorded as a workload: %s",
                  r->fault);
}

hft_status hft_bench_record(const hft_model *model, uint64_t seed, uint32_t message_max,
                            hft_workload *out, hft_error *error) {
  HFT_CHECK(message_max >= 1);
  *out = (hft_workload){0};
  const hft_instrument *instrument = hft_model_instrument(model);
  int64_t ticks = (int64_t)instrument->price_max - instrument->price_min + 1;
  if (ticks > UINT16_MAX) {
    return hft_fail(
        error, HFT_EDATA, "bench",
        "the market cannot be recorded as a workload: its window has more than %d prices",
        UINT16_MAX);
  }
  out->price_max = (uint32_t)ticks;
  size_t size = hft_market_size(model);
  void *memory = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
  recorder r = {.workload = out, .lowest = instrument->price_min, .message_max = message_max};
  out->messages = calloc(message_max, sizeof *out->messages);
  r.slot_max = HFT_BOOK_ORDERS_MAX;
  r.id = calloc(r.slot_max, sizeof *r.id);
  hft_status status = HFT_OK;
  if (memory == NULL || out->messages == NULL || r.id == NULL) {
    status = hft_fail(error, HFT_ENOMEM, "bench", "out of memory for a market and its messages");
  } else {
    hft_market *market;
    HFT_CHECK(hft_market_init(model, memory, size, &market) == HFT_OK);
    status = record(model, market, seed, &r, error);
  }
  free(r.id);
  free(memory);
  if (status != HFT_OK) hft_workload_free(out);
  return status;
}
