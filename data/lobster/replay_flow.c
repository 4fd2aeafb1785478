#include "data/lobster/replay_flow.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/lobster/replay_plan.h"
#include "sim/base/check.h"
#include "sim/base/dist.h"

// clang-format off
#define REPLAY_KEYS(X)                                                                            \
  X(PATH, messages, "", 0, 1023, "",                                                              \
    "LOBSTER message file; a relative path in a config file is looked for beside it, then in "    \
    "the working directory")                                                                      \
  X(PATH, orderbook, "", 0, 1023, "",                                                             \
    "orderbook file with the book after the first or after each message, looked for as "          \
    "`messages` is; empty: the name of `messages` with `_orderbook_` for `_message_`")            \
  X(REAL, start_s, "0", 0, 86400, "s",                                                            \
    "open of the session, or the earliest one, in s after midnight; 0: the first message")        \
  X(CHOICE, window, "fixed", 0, 0, "fixed|random",                                                \
    "open each session at start_s, or each episode at a random time from start_s to the last "    \
    "one that leaves a whole session")                                                            \
  X(REAL, unmatched_max, "0.01", 0, 1, "",                                                        \
    "share of rows whose best levels may contradict the messages")
// clang-format on

typedef struct replay_keys {
  REPLAY_KEYS(HFT_KEY_MEMBER)
} replay_keys;

typedef enum replay_window { WINDOW_FIXED, WINDOW_RANDOM } replay_window;

typedef struct replay_params {
  replay_keys keys;
  hft_replay_plan plan;
} replay_params;

typedef struct replay_state {
  uint64_t next;         // index of the next step
  hft_time open;         // of the session, since the plan's start
  hft_order_id order[];  // by place: the order in the market for the tape's order; may be stale
} replay_state;

#define HFT_KEY_STRUCT replay_keys
static const hft_key keys[] = {REPLAY_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

// ---- the tape --------------------------------------------------------------------------------

#define MESSAGE_PART "_message_"
#define ORDERBOOK_PART "_orderbook_"

// The orderbook file that LOBSTER delivers with a message file. False if the name has no
// `_message_`.
static bool name_orderbook(const char *messages, char *path, size_t size) {
  const char *name = strrchr(messages, '/');
  const char *at = strstr(name != NULL ? name : messages, MESSAGE_PART);
  if (at == NULL) return false;
  int length = snprintf(path, size, "%.*s" ORDERBOOK_PART "%s", (int)(at - messages), messages,
                        at + strlen(MESSAGE_PART));
  return length > 0 && (size_t)length < size;
}

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  replay_params *replay = params;
  const replay_keys *k = &replay->keys;
  if (k->messages.text[0] == '\0') {
    return hft_fail(error, HFT_ECONFIG, where, "messages: give the path of a LOBSTER message file");
  }
  if (instrument->count > 1) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "a tape has one instrument: set market_config.instruments to 1");
  }
  char book0[HFT_PATH_MAX + sizeof ORDERBOOK_PART];
  snprintf(book0, sizeof book0, "%s", k->orderbook.text);
  if (book0[0] == '\0' && !name_orderbook(k->messages.text, book0, sizeof book0)) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "orderbook: give its path; the name of messages has no '" MESSAGE_PART "'");
  }
  const hft_replay_source source = {.messages = k->messages.text,
                                    .book0 = book0,
                                    .start = (hft_time)round(k->start_s * 1e9),
                                    .any_start = k->window == WINDOW_RANDOM,
                                    .unmatched_max = k->unmatched_max};
  hft_status status = hft_replay_plan_create(&source, instrument, where, &replay->plan, error);
  if (status == HFT_EIO) {
    hft_path_explain(&k->messages, error);
    hft_path_explain(&k->orderbook, error);
  }
  return status;
}

static hft_needs measure(const void *params) {
  const hft_replay_plan *plan = &((const replay_params *)params)->plan;
  return (hft_needs){
      .state_size = sizeof(replay_state) + plan->place_count * sizeof(hft_order_id),
      // An incoming order that halts trading waits for the auction, in addition to the resting
      // ones.
      .open_orders_max = (int64_t)plan->place_count + 1,
      .model_bytes = plan->bytes,
      .content = plan->content,
      // Windows that do not overlap.
      .worlds = 1 + (double)plan->span / (double)plan->duration,
      .history = plan->history,
  };
}

static void release(void *params) {
  hft_replay_plan_free(&((replay_params *)params)->plan);
}

// ---- the flow --------------------------------------------------------------------------------

// Reduces an order of the tape to at most `left` lots.
static void cap_order(const hft_desk *desk, hft_order_id id, hft_qty left) {
  hft_order order;
  if (!hft_desk_order(desk, id, &order) || order.qty <= left) return;
  hft_desk_reduce(desk, id, order.qty - left);
}

// Sends an incoming order, which trades with the first order in the queue. The maker of the
// recorded trade keeps at most what the tape leaves it, even if an agent was ahead of it. In an
// auction nothing trades yet, so only the maker is reduced.
static void execute(const hft_desk *desk, const hft_replay_step *step, hft_order_id maker) {
  if (step->price != 0 && hft_desk_phase(desk) == HFT_PHASE_CONTINUOUS) {
    hft_desk_submit(desk, &(hft_order){.side = hft_side_other((hft_side)step->side),
                                       .tif = HFT_IOC,
                                       .price = step->price,
                                       .qty = step->qty});
  }
  cap_order(desk, maker, step->left);
}

static hft_order_id rest(const hft_desk *desk, const hft_replay_step *add, hft_qty qty) {
  return hft_desk_submit(
      desk,
      &(hft_order){.side = (hft_side)add->side, .tif = HFT_GTC, .price = add->price, .qty = qty});
}

static void apply(const hft_desk *desk, const hft_replay_step *step, hft_order_id *order) {
  hft_order resting;
  switch ((hft_replay_kind)step->kind) {
    case HFT_REPLAY_ADD:
      *order = rest(desk, step, step->qty);
      return;
    case HFT_REPLAY_REDUCE:
      // Applies to what agents have left; all of it if the tape has no more.
      if (hft_desk_order(desk, *order, &resting)) hft_desk_reduce(desk, *order, step->qty);
      return;
    case HFT_REPLAY_EXECUTE:
      execute(desk, step, *order);
      return;
  }
}

// Applies all steps that are due: one incoming order may be several messages of the same time, and
// no agent acts between them.
static void apply_due(const hft_replay_plan *plan, replay_state *self, const hft_desk *desk) {
  hft_time now = self->open + hft_desk_now(desk);
  while (self->next < plan->count && plan->step[self->next].time <= now) {
    const hft_replay_step *step = &plan->step[self->next++];
    apply(desk, step, &self->order[step->place]);
  }
  if (self->next == plan->count) return;
  hft_time next = plan->step[self->next].time - self->open;
  if (next <= plan->duration) hft_desk_wake_at(desk, next);
}

// Submits what is left of an order before step `until`; `last` is one of its earlier steps.
static void submit_rest(const hft_replay_plan *plan, replay_state *self, const hft_desk *desk,
                        hft_replay_resting order, size_t until) {
  uint32_t last = order.last;
  while (plan->step[last].next != 0 && plan->step[last].next < until) last = plan->step[last].next;
  const hft_replay_step *step = &plan->step[last];
  if (step->left > 0) self->order[step->place] = rest(desk, &plan->step[order.add], step->left);
}

// Submits the orders that rest before step `until`: those of the previous mark that still rest,
// then those added since, which are behind them in the queues.
static void open_book(const hft_replay_plan *plan, replay_state *self, const hft_desk *desk,
                      size_t until) {
  size_t m = hft_replay_plan_mark(plan, until);
  const hft_replay_mark *mark = &plan->mark[m];
  for (uint32_t i = mark[0].first; i < mark[1].first; i++) {
    submit_rest(plan, self, desk, plan->resting[i], until);
  }
  for (uint32_t i = mark->step; i < until; i++) {
    if (plan->step[i].kind == HFT_REPLAY_ADD) {
      submit_rest(plan, self, desk, (hft_replay_resting){i, i}, until);
    }
  }
  self->next = until;
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const hft_replay_plan *plan = &((const replay_params *)params)->plan;
  replay_state *self = state;
  if (plan->span > 0) {
    self->open = (hft_time)(hft_uniform(hft_desk_rng(desk)) * (double)(plan->span + 1));
    if (self->open > plan->span) self->open = plan->span;  // by rounding
    open_book(plan, self, desk, hft_replay_plan_find(plan, self->open));
  }
  apply_due(plan, self, desk);
}

hft_time hft_replay_open_time(const void *state) {
  return ((const replay_state *)state)->open;
}

static void wake(const void *params, void *state, hft_desk *desk) {
  if (hft_desk_phase(desk) == HFT_PHASE_CLOSED) return;
  apply_due(&((const replay_params *)params)->plan, state, desk);
}

static const hft_section section = {"replay", "recorded LOBSTER messages: a day of real orders",
                                    keys, sizeof keys / sizeof keys[0], sizeof(replay_keys)};

const hft_agent_class hft_replay_class = {
    .section = &section,
    .params_size = sizeof(replay_params),
    .key = {.record_s = HFT_PARAM(replay_keys, start_s),
            .record_window = HFT_PARAM(replay_keys, window)},
    .compile = compile,
    .measure = measure,
    .release = release,
    .reset = reset,
    .wake = wake,
};
