// Market makers on the book: their quotes are those of their formulas, at the start, as time goes
// by, and at once after a fill, in whole ticks.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baselines/making/avellaneda_stoikov.h"
#include "baselines/making/glft.h"
#include "tests/support/episode_world.h"

enum { UNIT = 10, START_S = 1, LENGTH_S = 10, FILL_S = 6 };

// Walls far away, and at 6 s one market order of a unit, which the maker's bid takes.
#define STILL                                                                  \
  "market_config: {fundamental: constant, decision_ms: 100, duration_s: 20}\n" \
  "env_config: {warmup_s: 1, episode_len: 100}\n"                              \
  "populations: [{kind: wall, bid: 9800, ask: 10200},"                         \
  " {kind: taker, side: sell, qty: 10, every_ms: 6000}]\n"

// The same with a mid 5 ticks above the value, which is 10000.
#define OFF_THE_VALUE                                                          \
  "market_config: {fundamental: constant, decision_ms: 100, duration_s: 20}\n" \
  "env_config: {warmup_s: 1, episode_len: 100}\n"                              \
  "populations: [{kind: wall, bid: 9800, ask: 10210},"                         \
  " {kind: taker, side: sell, qty: 10, every_ms: 6000}]\n"

typedef hft_quoter_quote formula(double inventory, double time_left);

static hft_quoter_quote infinite_dealer(double inventory, double time_left) {
  (void)time_left;
  hft_as_problem problem = {.gamma = 0.05, .k = 0.2, .variance = 4, .omega = 0.7};
  return hft_as_solve_infinite(&problem, 10000, inventory);
}

// omega = 1 / 10 s is below the least that the bound of ten units allows.
static hft_quoter_quote dealer_at_its_bound(double inventory, double time_left) {
  (void)time_left;
  hft_as_problem problem = {.gamma = 0.05, .k = 0.2, .variance = 4, .omega = 0.605};
  return hft_as_solve_infinite(&problem, 10000, inventory);
}

static hft_quoter_quote symmetric(double inventory, double time_left) {
  (void)inventory, (void)time_left;
  return (hft_quoter_quote){9992.75, 10007.25};
}

static hft_quoter_quote symmetric_by_k(double inventory, double time_left) {
  (void)inventory, (void)time_left;
  return (hft_quoter_quote){9995, 10005};
}

static const hft_glft_problem glft = {.gamma = 0.05, .k = 0.2, .a = 0.9, .variance = 4};

static hft_quoter_quote quote_at(const hft_glft_steps *steps, double inventory) {
  return (hft_quoter_quote){10000 - hft_glft_distance(&glft, steps, 3, inventory),
                            10000 + hft_glft_distance(&glft, steps, 3, -inventory)};
}

static hft_quoter_quote glft_infinite(double inventory, double time_left) {
  (void)time_left;
  hft_glft_steps steps;
  hft_glft_solve_infinite(&glft, 3, &steps);
  return quote_at(&steps, inventory);
}

static hft_quoter_quote glft_finite(double inventory, double time_left) {
  hft_glft_path *path = malloc(sizeof *path);
  assert_non_null(path);
  hft_glft_solve_finite(&glft, 3, LENGTH_S, path);
  hft_glft_steps steps;
  hft_glft_interpolate(path, 3, time_left, &steps);
  free(path);
  return quote_at(&steps, inventory);
}

static hft_quoter_quote glft_closed_form(double inventory, double time_left) {
  (void)time_left;
  return (hft_quoter_quote){10000 - hft_glft_closed_form(&glft, inventory),
                            10000 + hft_glft_closed_form(&glft, -inventory)};
}

typedef struct maker {
  const char *name, *params;
  formula *formula;
} maker;

#define SHARED " sigma=2 quote_qty=10 refresh_ms=1000"

static const maker makers[] = {
    {"avellaneda-stoikov", "horizon=infinite gamma=0.05 k=0.2 omega=0.7" SHARED, infinite_dealer},
    {"avellaneda-stoikov", "horizon=infinite gamma=0.05 k=0.2" SHARED, dealer_at_its_bound},
    {"symmetric", "half_spread=7.25 quote_qty=10 refresh_ms=1000", symmetric},
    {"symmetric", "k=0.2 quote_qty=10 refresh_ms=1000", symmetric_by_k},
    {"glft", "gamma=0.05 k=0.2 a=0.9 max_inventory=30" SHARED, glft_infinite},
    {"glft", "gamma=0.05 k=0.2 a=0.9 max_inventory=25" SHARED, glft_infinite},
    {"glft", "gamma=0.05 k=0.2 a=0.9 max_inventory=30 solution=finite" SHARED, glft_finite},
    {"glft", "gamma=0.05 k=0.2 a=0.9 solution=closed-form" SHARED, glft_closed_form},
};
enum { MAKERS = sizeof makers / sizeof makers[0] };

// The prices at which the maker's orders rest at a time, from the events until then; 0: none.
static void quotes_at(const event_record *record, hft_owner owner, hft_time time,
                      hft_price price[2]) {
  price[HFT_BID] = price[HFT_ASK] = 0;
  for (size_t i = 0; i < record->count && record->events[i].time <= time; i++) {
    const hft_event *e = &record->events[i];
    if (e->owner != owner) continue;
    if (e->kind == HFT_EVENT_ADD) price[e->side] = e->price;
    bool leaves = e->kind == HFT_EVENT_CANCEL || (e->kind == HFT_EVENT_TRADE && e->left == 0);
    if (leaves) price[e->side] = 0;
  }
}

static void check_quotes(const char *world, const char *reference) {
  hft_config *config = world_config(world);
  for (int m = 0; m < MAKERS; m++) {
    char params[256];
    snprintf(params, sizeof params, "%s%s", makers[m].params, reference);
    hft_episode_plan *plan = world_plan(config, makers[m].name, params);
    event_record record = {0};
    hft_episode episode = world_run(plan, 0, &record);
    assert_int_equal(episode.account.position, UNIT);
    for (int t = START_S; t < START_S + LENGTH_S; t++) {
      hft_price price[2];
      quotes_at(&record, plan->owner, t * HFT_SECOND, price);
      hft_quoter_quote wanted = makers[m].formula(t >= FILL_S, START_S + LENGTH_S - t);
      if (price[HFT_BID] != (hft_price)floor(wanted.bid) ||
          price[HFT_ASK] != (hft_price)ceil(wanted.ask)) {
        fail_msg("%s %s at %d s: %d and %d, not %.6f and %.6f", makers[m].name, params, t,
                 price[HFT_BID], price[HFT_ASK], wanted.bid, wanted.ask);
      }
    }
    hft_price price[2];
    quotes_at(&record, plan->owner, 20 * HFT_SECOND, price);
    assert_int_equal(price[HFT_BID] + price[HFT_ASK], 0);  // withdrawn
    event_record_free(&record);
    hft_episode_plan_free(plan);
  }
  hft_config_free(config);
}

static void quotes_follow_the_formulas(void **unused) {
  (void)unused;
  check_quotes(STILL, "");
}

static void quotes_are_around_the_reference(void **unused) {
  (void)unused;
  check_quotes(OFF_THE_VALUE, " reference=fundamental");
  static const struct {
    const char *params;
    int around;
  } table[] = {{"offset_max=4", 10005}, {"offset_max=4 reference=fundamental", 10000}};
  hft_config *config = world_config(OFF_THE_VALUE);
  for (int i = 0; i < 2; i++) {
    hft_episode_plan *plan = world_plan(config, "random", table[i].params);
    event_record record = {0};
    world_run(plan, 0, &record);
    for (int t = START_S; t < START_S + LENGTH_S; t++) {
      hft_price price[2];
      quotes_at(&record, plan->owner, t * HFT_SECOND, price);
      int below = table[i].around - price[HFT_BID], above = price[HFT_ASK] - table[i].around;
      assert_true(below >= 1 && below <= 4 && above >= 1 && above <= 4);
    }
    event_record_free(&record);
    hft_episode_plan_free(plan);
  }
  hft_config_free(config);
}

static void what_cannot_be_solved_is_refused(void **unused) {
  (void)unused;
  static const struct {
    const char *params, *where;
  } refused[] = {
      {"solution=finite", "sigma: 0 is not enough"},
      {"max_inventory=321", "raise quote_qty"},
      {"max_inventory=330 solution=finite sigma=1", "raise quote_qty"},
  };
  hft_config *config = world_config(STILL);
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    hft_error error = {0};
    assert_int_equal(world_refusal(config, "glft", refused[i].params, 0, &error), HFT_ECONFIG);
    if (strstr(error.text, refused[i].where) == NULL) fail_msg("%s", error.text);
  }
  static const char *const accepted[] = {"max_inventory=320", "max_inventory=1 quote_qty=10",
                                         "max_inventory=1000000 solution=closed-form",
                                         "solution=finite sigma=1 max_inventory=7 quote_qty=2"};
  for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
    hft_episode_plan *plan = world_plan(config, "glft", accepted[i]);
    event_record record = {0};
    world_run(plan, 3, &record);
    event_record_free(&record);
    hft_episode_plan_free(plan);
  }
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quotes_follow_the_formulas),
      cmocka_unit_test(quotes_are_around_the_reference),
      cmocka_unit_test(what_cannot_be_solved_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
