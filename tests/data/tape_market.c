#include "tests/data/tape_market.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lobster/replay_flow.h"
#include "tests/support/files.h"
#include "tests/support/market.h"

static const hft_section hand_section = {"hand", "", NULL, 0, 0};
static const hft_agent_class hand_class = {.section = &hand_section, .open_orders_max = 32};

static const hft_agent_class *const classes[] = {&hft_replay_class, &hand_class};
static test_schema schema;

const char *tape_config(const char *folder) {
  static char yaml[4096];
  snprintf(yaml, sizeof yaml,
           "market_config: {initial_price: 100, duration_s: 60, fundamental: constant}\n"
           "populations: [{kind: replay, messages: '%s', orderbook: '%s'}]\n",
           path_in(folder, "messages.csv"), path_in(folder, "book0.csv"));
  return yaml;
}

hft_model *tape_model(const char *yaml, int hands, hft_error *error) {
  hft_config *config = hft_config_create(test_schema_market(&schema, classes, 2));
  assert_non_null(config);
  hft_model *model = NULL;
  const hft_extra_agent extra[TAPE_HANDS] = {{&hand_class, NULL}, {&hand_class, NULL}};
  assert_true(hands <= TAPE_HANDS);
  if (hft_config_merge(config, yaml, strlen(yaml), "test", error) == HFT_OK) {
    (void)hft_model_create(config, classes, 2, extra, hands, &model, error);
  }
  hft_config_free(config);
  return model;
}

static void count(void *context, const hft_event *event) {
  tape_market *m = context;
  m->rejects += event->kind == HFT_EVENT_REJECT;
  m->trades += event->kind == HFT_EVENT_TRADE;
}

void tape_market_open(tape_market *m, const char *yaml) {
  hft_error error = {0};
  *m = (tape_market){.model = tape_model(yaml, TAPE_HANDS, &error)};
  expect_ok(error.status, &error);
  m->sink = (hft_sink){count, m};
  m->market = create_market(m->model);
  m->tape = hft_market_desk(m->model, m->market, 0);
  for (int i = 0; i < TAPE_HANDS; i++) {
    hft_owner owner = (hft_owner)(hft_model_first_extra(m->model) + i);
    m->hand[i] = hft_market_desk(m->model, m->market, owner);
  }
}

void tape_market_close(tape_market *m) {
  assert_int_equal(m->rejects, 0);
  free(m->market);
  hft_model_free(m->model);
}

void tape_market_run(tape_market *m, hft_time until) {
  hft_market_run(m->model, m->market, until, &m->sink);
  verify_market(m->model, m->market);
}

void tape_market_second(tape_market *m, int64_t second) {
  tape_market_run(m, second * HFT_SECOND);
}

static hft_order_id send(tape_market *m, int hand, hft_order order) {
  m->hand[hand].sink = &m->sink;
  return hft_desk_submit(&m->hand[hand], &order);
}

hft_order_id tape_market_rest(tape_market *m, int hand, hft_side side, hft_price price,
                              hft_qty qty) {
  return send(m, hand, (hft_order){.side = side, .tif = HFT_GTC, .price = price, .qty = qty});
}

void tape_market_take(tape_market *m, int hand, hft_side side, hft_price price, hft_qty qty) {
  (void)send(m, hand, (hft_order){.side = side, .tif = HFT_IOC, .price = price, .qty = qty});
}

int64_t tape_market_position(const tape_market *m, int hand) {
  return hft_desk_account(&m->hand[hand])->position;
}

void tape_market_expect_touch(const tape_market *m, const tape_touch *expected) {
  const hft_book *book = hft_desk_book(&m->tape);
  hft_level bids = hft_book_best(book, HFT_BID), asks = hft_book_best(book, HFT_ASK);
  if (bids.price != expected->bid || bids.qty != expected->bid_qty || asks.price != expected->ask ||
      asks.qty != expected->ask_qty) {
    fail_msg("at %lld ns: bid %d of %d, ask %d of %d; expected %d of %d, %d of %d",
             (long long)hft_market_now(m->market), bids.price, bids.qty, asks.price, asks.qty,
             expected->bid, expected->bid_qty, expected->ask, expected->ask_qty);
  }
}

hft_qty tape_market_level(const tape_market *m, hft_price price) {
  return hft_book_level(hft_desk_book(&m->tape), price).qty;
}

hft_qty tape_market_own(const tape_market *m, hft_price price) {
  hft_qty sum = 0;
  for (uint32_t k = 0; k < hft_desk_open_count(&m->tape); k++) {
    hft_order order;
    assert_true(hft_desk_order(&m->tape, hft_desk_open(&m->tape, k), &order));
    if (order.price == price) sum += order.qty;
  }
  return sum;
}
