// The slices of every execution, before a wall that fills each child at once: they are those of a
// plain reference, to the lot, at their times, for any quantity, horizon, side and style, and no
// slice depends on what comes later.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "tests/support/episode_world.h"

#define WALL                                                                     \
  "market_config: {fundamental: constant, decision_ms: 100, duration_s: 1000}\n" \
  "env_config: {warmup_s: 1, episode_len: 100}\n"                                \
  "populations: [{kind: wall}]\n"

enum { SLICES_MAX = 64 };

// ---- the reference -----------------------------------------------------------------------------

typedef struct order {
  int64_t quantity, slices;
  double start_s, horizon_s;
} order;

// Lots wanted by the end of part i, the start being part 0; i = slices + 1: by the end of all.
typedef int64_t reference(const order *o, int64_t i);

static int64_t even(const order *o, int64_t i) {
  int64_t lots = 0;
  for (int64_t k = 1; k <= i && k <= o->slices; k++) {
    lots += o->quantity * k / o->slices - o->quantity * (k - 1) / o->slices;
  }
  return lots;
}

static const double weights[] = {3, 0, 1, 4};

// The lots of the weight before boundary i, not rounded.
static double curve_lots(const order *o, int64_t i) {
  double sum = 0, before = 0;
  for (int k = 0; k < 4; k++) {
    sum += weights[k];
    double begin = k / 4.0, end = (k + 1) / 4.0, until = (double)i / (double)o->slices;
    double part = until >= end ? 1 : until <= begin ? 0 : (until - begin) / (end - begin);
    before += weights[k] * part;
  }
  return (double)o->quantity * before / sum;
}

static int64_t curve(const order *o, int64_t i) {
  return (int64_t)floor(curve_lots(o, i) + 0.5);
}

// Is a target half a lot more than a whole number, so that rounding decides?
static bool has_tie(const order *o) {
  for (int64_t i = 0; i <= o->slices; i++) {
    double lots = curve_lots(o, i);
    if (fabs(lots - floor(lots) - 0.5) < 1e-9) return true;
  }
  return false;
}

#define LAMBDA 0.002
#define SIGMA 1.7
#define ETA 0.9
#define GAMMA 0.0001

static int64_t front_loaded(const order *o, int64_t i) {
  double horizon = o->horizon_s, tau = horizon / (double)o->slices;
  double urgency = LAMBDA * SIGMA * SIGMA / (ETA - GAMMA * tau / 2);
  double kappa = acosh(1 + urgency * tau * tau / 2) / tau;
  if (i >= o->slices) return o->quantity;
  double held = sinh(kappa * (horizon - (double)i * tau)) / sinh(kappa * horizon);
  return (int64_t)floor((double)o->quantity * (1 - held) + 0.5);
}

// No number of lots is then half a lot more than a whole one, which rounding would decide; but for
// half the parent order, at half the time: so it is even.
#define RHO 0.29987

static int64_t blocks(const order *o, int64_t i) {
  double x = (double)o->quantity, total = RHO * o->horizon_s + 2;
  int64_t block = (int64_t)floor(x / total + 0.5);
  if (i > o->slices) return o->quantity;
  if (i == o->slices) return o->quantity - block;
  double time = o->horizon_s * (double)i / (double)o->slices;
  int64_t lots = (int64_t)floor(x / total + x * RHO / total * time + 0.5);
  return lots < o->quantity - block ? lots : o->quantity - block;
}

static int64_t at_once(const order *o, int64_t i) {
  return i > 0 ? o->quantity : 0;
}

typedef struct contender {
  const char *name, *params;
  reference *wanted;
} contender;

static const contender contenders[] = {
    {"twap", "", even},
    {"vwap", "profile=[3,0,1,4]", curve},
    {"vwap", "profile=[1]", even},
    {"almgren-chriss", "lambda=0.002 sigma=1.7 eta=0.9 gamma=0.0001", front_loaded},
    {"almgren-chriss", "lambda=0", even},
    {"almgren-chriss", "sigma=0", even},
    {"obizhaeva-wang", "rho=0.29987", blocks},
    {"obizhaeva-wang", "rho=0.29987 catch_up=spread", blocks},
    {"vwap", "profile=[3,0,1,4] catch_up=spread", curve},
    {"immediate", "refresh_ms=0", at_once},
};
enum { CONTENDERS = sizeof contenders / sizeof contenders[0] };

// ---- against the reference ---------------------------------------------------------------------

static const char *const styles[] = {"aggressive", "passive", "pegged"};

// The lots that trade at boundary i: of an aggressive child those of the part that begins, of a
// resting one those of the part that ends.
static int64_t expected(const contender *c, const order *o, bool aggressive, int64_t i) {
  int64_t ahead = aggressive ? 1 : 0;
  if (i == o->slices) {
    return o->quantity - (aggressive ? c->wanted(o, o->slices) : c->wanted(o, i - 1));
  }
  int64_t before = i > 0 ? c->wanted(o, i - 1 + ahead) : 0;
  return c->wanted(o, i + ahead) - before;
}

static int64_t trades_at(const event_record *record, hft_owner owner, hft_time time, bool sells) {
  int64_t lots = 0;
  size_t at = 0;
  for (const hft_event *e; (e = world_next(record, owner, HFT_EVENT_TRADE, &at)) != NULL;) {
    assert_int_equal(e->taker_owner, owner);
    assert_int_equal(e->side, sells ? HFT_BID : HFT_ASK);
    if (e->time == time) lots += e->qty;
  }
  return lots;
}

static void check(const hft_config *config, const contender *c, const order *o, int style,
                  bool sells) {
  char params[400];
  if (c->wanted == curve && has_tie(o)) return;
  bool sliced = c->wanted != at_once;
  int length = snprintf(params, sizeof params, "quantity=%lld side=%s start_s=%.9f horizon_s=%.9f",
                        (long long)o->quantity, sells ? "sell" : "buy", o->start_s, o->horizon_s);
  length += snprintf(params + length, sizeof params - (size_t)length, " style=%s", styles[style]);
  if (sliced) {
    length += snprintf(params + length, sizeof params - (size_t)length, " slices=%lld",
                       (long long)o->slices);
  }
  snprintf(params + length, sizeof params - (size_t)length, "%s%s", c->params[0] ? " " : "",
           c->params);
  hft_episode_plan *plan = world_plan(config, c->name, params);
  event_record record = {0};
  hft_episode episode = world_run(plan, 0, &record);
  assert_int_equal(episode.executed, o->quantity);
  assert_int_equal(episode.account.bought + episode.account.sold, o->quantity);
  int64_t sum = 0;
  hft_time start = plan->start, span = plan->end - plan->start;
  for (int64_t i = 0; i <= o->slices; i++) {
    int64_t want = expected(c, o, style == 0, i);
    int64_t got = trades_at(&record, plan->owner, start + span * i / o->slices, sells);
    if (want != got) {
      fail_msg("%s %s: %lld lots at boundary %lld instead of %lld", c->name, params, (long long)got,
               (long long)i, (long long)want);
    }
    sum += got;
  }
  assert_int_equal(sum, o->quantity);
  event_record_free(&record);
  hft_episode_plan_free(plan);
}

static void slices_are_those_of_the_reference(void **unused) {
  (void)unused;
  hft_config *config = world_config(WALL);
  static const int64_t quantities[] = {1, 2, 3, 7, 100, 401, 1000};
  static const int64_t slices[] = {1, 2, 3, 10, 37};
  int turn = 0;
  for (size_t q = 0; q < sizeof quantities / sizeof quantities[0]; q++) {
    for (size_t s = 0; s < sizeof slices / sizeof slices[0]; s++) {
      for (int c = 0; c < CONTENDERS; c++, turn++) {
        order o = {quantities[q], slices[s], 1, 20};
        if (contenders[c].wanted == at_once) o.slices = 1;
        if (contenders[c].wanted == blocks) o.quantity += o.quantity % 2;
        check(config, &contenders[c], &o, turn % 3, turn / 3 % 2 == 1);
      }
    }
  }
  hft_config_free(config);
}

static void any_horizon_and_quantity(void **unused) {
  (void)unused;
  hft_config *config = world_config(WALL);
  hft_rng rng = hft_rng_stream(14, 0, 0);
  for (int turn = 0; turn < 600; turn++) {
    order o = {1 + (int64_t)hft_bounded(&rng, 2000), 1 + (int64_t)hft_bounded(&rng, SLICES_MAX),
               1 + 1e-9 * (double)hft_bounded(&rng, 1000000000),
               1e-6 + 1e-9 * (double)hft_bounded(&rng, 2000000000)};
    const contender *c = &contenders[turn % CONTENDERS];
    if (c->wanted == at_once) o.slices = 1;
    if (c->wanted == blocks) o.quantity += o.quantity % 2;
    check(config, c, &o, turn / CONTENDERS % 3, turn % 2 == 1);
  }
  hft_config_free(config);
}

// A parent order larger than the largest order goes out in several.
static void large_parents(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      "market_config: {fundamental: constant, decision_ms: 100, duration_s: 30, order_qty_max: 7}\n"
      "env_config: {warmup_s: 1, episode_len: 100}\n"
      "populations: [{kind: wall, qty: 7}, {kind: wall, qty: 7}, {kind: wall, qty: 7},"
      " {kind: wall, qty: 7}, {kind: wall, qty: 7}]\n");
  for (int c = 0; c < CONTENDERS; c++) {
    order o = {33, contenders[c].wanted == at_once ? 1 : 3, 1, 10};
    for (int style = 0; style < 3; style++) check(config, &contenders[c], &o, style, style == 1);
  }
  hft_config_free(config);
}

// ---- one schedule as the limit of another ------------------------------------------------------

// The same events in a market of populations, with latency, as a plain twap.
static void limits_are_twap(void **unused) {
  (void)unused;
  static const contender same[] = {
      {"almgren-chriss", "lambda=0", 0}, {"almgren-chriss", "sigma=0", 0},
      {"vwap", "profile=[2,2,2]", 0},    {"obizhaeva-wang", "rho=1e9 style=passive", 0},
      {"twap", "catch_up=spread", 0},    {"twap", "limit_ticks=500", 0}};
  hft_config *config = world_config(
      "market_config: {duration_s: 200}\nenv_config: {warmup_s: 5, episode_len: 300}\n"
      "exchange_config: {latency_us: 20000, latency_jitter_us: 10000}\n"
      "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n");
  for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
    event_record record[2] = {{0}};
    for (int which = 0; which < 2; which++) {
      char params[200];
      snprintf(params, sizeof params, "quantity=200%s%s", which == 0 ? "" : " ",
               which == 0 ? "" : same[i].params);
      hft_episode_plan *plan = world_plan(config, which == 0 ? "twap" : same[i].name, params);
      world_run(plan, 8, &record[which]);
      hft_episode_plan_free(plan);
    }
    event_record_expect_same(&record[0], &record[1]);
    event_record_free(&record[0]);
    event_record_free(&record[1]);
  }
  hft_config_free(config);
}

// ---- no future ---------------------------------------------------------------------------------

#define CHANGE_S 40  // when the futures part

// Each has a taker that first acts when the futures part, or never.
static const char *const futures[] = {"qty: 1, every_ms: 300000", "qty: 30, every_ms: 40000",
                                      "side: sell, qty: 200, every_ms: 40000",
                                      "side: sell, qty: 1, every_ms: 40000.001"};
enum { FUTURES = sizeof futures / sizeof futures[0], MOST = 4000 };

// All that the strategy sends and trades before the futures part.
static size_t before_change(const event_record *record, hft_owner owner, hft_event *events) {
  size_t count = 0;
  for (size_t i = 0; i < record->count && record->events[i].time < CHANGE_S * HFT_SECOND; i++) {
    const hft_event *e = &record->events[i];
    if (e->owner != owner && e->taker_owner != owner) continue;
    assert_true(count < MOST);
    events[count++] = *e;
  }
  return count;
}

static void check_past(const char *name, const char *keys) {
  static hft_event past[2][MOST];
  size_t count = 0, whole = 0;
  bool differs = false;
  for (int f = 0; f < FUTURES; f++) {
    char yaml[1024], params[200];
    snprintf(yaml, sizeof yaml,
             "market_config: {duration_s: 200}\n"
             "exchange_config: {latency_us: 20000, latency_jitter_us: 10000}\n"
             "env_config: {warmup_s: 5, episode_len: 600}\n"
             "populations: [{kind: maker}, {kind: noise}, {kind: value}, {kind: taker, %s}]\n",
             futures[f]);
    hft_config *config = world_config(yaml);
    snprintf(params, sizeof params, "quantity=120 horizon_s=60 %s", keys);
    hft_episode_plan *plan = world_plan(config, name, params);
    event_record record = {0};
    world_run(plan, 3, &record);
    size_t now = before_change(&record, plan->owner, past[f > 0]);
    if (f == 0) {
      count = now;
      whole = record.count;
    }
    assert_int_equal(now, count);
    if (f > 0) assert_memory_equal(past[0], past[1], count * sizeof past[0][0]);
    differs |= record.count != whole;
    event_record_free(&record);
    hft_episode_plan_free(plan);
    hft_config_free(config);
  }
  assert_true(count > 0);
  assert_true(differs);
}

static void no_execution_sees_the_future(void **unused) {
  (void)unused;
  check_past("twap", "slices=9");
  check_past("vwap", "slices=9 catch_up=spread limit_ticks=2");
  check_past("pov", "rate=0.3");
  check_past("almgren-chriss", "slices=9 style=pegged peg=mid");
  check_past("obizhaeva-wang", "slices=9");
  check_past("immediate", "limit_ticks=0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(slices_are_those_of_the_reference),
      cmocka_unit_test(any_horizon_and_quantity),
      cmocka_unit_test(large_parents),
      cmocka_unit_test(limits_are_twap),
      cmocka_unit_test(no_execution_sees_the_future),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
