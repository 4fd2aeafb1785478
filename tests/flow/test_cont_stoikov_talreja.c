// The model of Cont, Stoikov and Talreja (2010) through the whole market, against the exact answer.
// With a spread of one tick and b orders at the bid, a at the ask, both queues are birth-death
// processes: orders join at the rate lambda(1) and leave at mu + n theta(1). The mid moves when one
// is empty, so the probability that it moves up is that the ask's is empty first; that an order at
// the bid is filled before, is that mu or theta took the n before it, and then mu itself.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/flow/flow.h"
#include "tests/support/market_world.h"

#define PATHS 40000  // 4 standard errors are at most 0.01
#define QUEUE_MAX 5
#define QUEUE_END 48  // no queue gets there
#define BID 10000
#define ASK 10001

static const double lambda = 1.85, theta = 0.71, mu = 0.94;

// The equations of both problems. p[b][a] of a step in which the bid's queue grows at `birth` and
// shrinks at `death` is the mean over the next states; p[0][.] and p[.][0] are given.
typedef double table[QUEUE_END + 1][QUEUE_END + 1];

// Gauss-Seidel. With our_order the queue b is what stands before an order, which grows no more;
// once it is gone, p[0][a] waits for mu alone.
static void solve(table p, bool our_order) {
  memset(p, 0, sizeof(table));
  for (int b = 0; b <= QUEUE_END && !our_order; b++) p[b][0] = b > 0;
  double birth = our_order ? 0 : lambda;
  for (double change = 1; change > 1e-14;) {
    change = 0;
    for (int b = our_order ? 0 : 1; b < QUEUE_END; b++) {
      for (int a = 1; a < QUEUE_END; a++) {
        double fewer = our_order && b == 0 ? 1 : p[b - 1][a];
        double down = mu + b * theta, out = mu + a * theta;
        double sum = birth * p[b + 1][a] + down * fewer + lambda * p[b][a + 1] + out * p[b][a - 1];
        double value = sum / (birth + down + lambda + out);
        change = fmax(change, fabs(value - p[b][a]));
        p[b][a] = value;
      }
      p[b][QUEUE_END] = p[b][QUEUE_END - 1];
    }
    for (int a = 1; a <= QUEUE_END; a++) p[QUEUE_END][a] = p[QUEUE_END - 1][a];
  }
}

// The population `noise`, but with an opening of so many orders on each side.
static hft_agent_class noise;
static int opening[2];

static void open_with(const void *params, void *state, hft_desk *desk) {
  for (int i = 0; i < opening[HFT_BID]; i++) {
    hft_desk_submit(desk, &(hft_order){.side = HFT_BID, .price = BID, .qty = 1});
  }
  for (int i = 0; i < opening[HFT_ASK]; i++) {
    hft_desk_submit(desk, &(hft_order){.side = HFT_ASK, .price = ASK, .qty = 1});
  }
  hft_noise_class.reset(params, state, desk);
}

static hft_model *make_model(const hft_config *config) {
  noise = hft_noise_class;
  noise.reset = open_with;
  const hft_agent_class *const classes[] = {&noise};
  const hft_extra_agent seat = {&world_seat_class, NULL};
  hft_model *model = NULL;
  hft_error error = {0};
  if (hft_model_create(config, classes, 1, &seat, 1, &model, &error) != HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
  return model;
}

// Watches both best queues until one is empty, or the seat's order is filled.
typedef struct watch {
  int count[2];
  hft_owner seat;
  bool over, up, filled;
} watch;

static void look(void *context, const hft_event *event) {
  watch *w = context;
  if (w->over || event->price != (event->side == HFT_BID ? BID : ASK)) return;
  if (event->kind == HFT_EVENT_ADD) w->count[event->side]++;
  if (event->kind != HFT_EVENT_TRADE && event->kind != HFT_EVENT_CANCEL) return;
  w->filled = event->owner == w->seat;
  w->up = event->side == HFT_ASK;
  w->over = --w->count[event->side] == 0 || w->filled;
}

static world open_world(void) {
  world w = {.config = world_config("{}")};
  hft_error error = {0};
  if (hft_config_merge_file(w.config, "configs/reference/cont_stoikov_talreja.yaml", &error) ||
      hft_config_set(w.config, "populations.noise.opening_orders=0", &error) ||
      hft_config_set(w.config, "populations.noise.open_orders_max=200", &error) ||
      hft_config_set(w.config, "market_config.window_ticks=128", &error)) {
    fail_msg("%s: %s", error.where, error.text);
  }
  w.model = make_model(w.config);
  w.market = create_market(w.model);
  w.seat = hft_model_first_extra(w.model);
  return w;
}

// How many of PATHS worlds end as asked: with the mid up, or the seat's order filled. With an order
// of the seat's it stands last of the b at the bid.
static int run_paths(const world *w, int b, int a, bool our_order) {
  int hits = 0;
  opening[HFT_BID] = our_order ? b - 1 : b;
  opening[HFT_ASK] = a;
  for (uint32_t path = 0; path < PATHS; path++) {
    watch seen = {.seat = w->seat};
    const hft_sink sink = {look, &seen};
    hft_market_reset(w->model, w->market, (uint64_t)(10 * b + a), path, &sink);
    if (our_order) {
      hft_desk desk = hft_market_desk(w->model, w->market, w->seat);
      desk.sink = &sink;
      hft_desk_submit(&desk, &(hft_order){.side = HFT_BID, .price = BID, .qty = 1});
    }
    assert_true(seen.count[HFT_BID] == b && seen.count[HFT_ASK] == a && !seen.over);
    for (int turn = 1; !seen.over; turn++) {
      hft_market_run(w->model, w->market, turn * HFT_SECOND, &sink);
    }
    hits += our_order ? seen.filled : seen.up;
  }
  return hits;
}

static void expect_race(bool our_order) {
  static table exact;
  solve(exact, our_order);
  world w = open_world();
  for (int b = 1; b <= QUEUE_MAX; b++) {
    for (int a = 1; a <= QUEUE_MAX; a++) {
      double p = our_order ? exact[b - 1][a] : exact[b][a];
      double share = (double)run_paths(&w, b, a, our_order) / PATHS;
      double off = share - p, limit = 4 * sqrt(p * (1 - p) / PATHS);
      if (!(fabs(off) <= limit && fabs(off) <= 0.01)) {
        fail_msg("b = %d, a = %d: %.4f, exactly %.4f; allowed is %.4f", b, a, share, p, limit);
      }
    }
  }
  world_verify(&w);
  world_free(&w);
}

static void the_exact_answers_are_the_papers(void **state) {
  (void)state;
  static const double published[] = {0.500, 0.336, 0.259, 0.216, 0.188};
  static table up, fill;
  solve(up, false);
  solve(fill, true);
  for (int a = 1; a <= QUEUE_MAX; a++) {
    // The paper inverts Laplace transforms numerically: its third digit may be off by one.
    assert_true(fabs(up[1][a] - published[a - 1]) < 1e-3);
    // Who wins the race from the other side.
    for (int b = 1; b <= QUEUE_MAX; b++) assert_true(fabs(up[b][a] + up[a][b] - 1) < 1e-10);
    // An order alone at the bid waits for mu, while what comes to the ask only gives it more time.
    assert_true(fill[0][a] > mu / (2 * mu + a * theta));
    assert_true(a == 1 || fill[0][a] > fill[0][a - 1]);
  }
}

static void the_next_move_has_its_probability(void **state) {
  (void)state;
  expect_race(false);
}

static void an_order_is_filled_before_the_mid_moves_with_its_probability(void **state) {
  (void)state;
  expect_race(true);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_exact_answers_are_the_papers),
      cmocka_unit_test(the_next_move_has_its_probability),
      cmocka_unit_test(an_order_is_filled_before_the_mid_moves_with_its_probability),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
