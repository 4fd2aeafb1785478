#include "tests/env/baseline_means.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/env_world.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define STEPS 24

// The seller makes up for the buyer: what seats do to the price is no part of a mean.
enum { MAKER, BUYER, SELLER, TAKER, PORTFOLIO, SEATS };

// Sums over episodes of a seat's P&L and of its baseline.
typedef struct sums {
  double pnl, pnl2, term, term2, both, both2;
} sums;

// The maker quotes at random near the mid, the executor trades evenly. The taker and the portfolio
// know the value: they buy where it is below its long-run mean. So what they hold is correlated
// with what the value is expected to do, but not with what it does beyond that.
static void act(world *w, uint64_t *stream) {
  double value = hft_market_fundamental(hft_env_model_market(w->model), world_market(w), 0);
  float draw = (float)((double)(world_draw(stream) >> 40) * 0x1p-24);
  float cheap = value < WORLD_PRICE ? 1 : -1;
  world_act(w, MAKER, -0.9f + 0.3f * draw, -0.6f - 0.3f * draw);
  world_act(w, BUYER, 0, -1);
  world_act(w, SELLER, 0, -1);
  world_set(w, TAKER, 0, cheap * (draw < 0.5f));
  world_set(w, PORTFOLIO, 0, cheap * (draw > 0.5f));
  world_set(w, PORTFOLIO, 1, 1);
  world_set(w, PORTFOLIO, 2, -1);
}

static void run(world *w, uint32_t episode, sums *all) {
  uint64_t stream = episode;
  double terms[SEATS] = {0};
  hft_env_reset(w->model, w->env, 5, episode, &w->io);
  while (!*w->io.ended) {
    act(w, &stream);
    hft_env_step(w->model, w->env, &w->io);
    for (int s = 0; s < SEATS; s++) terms[s] += (double)world_term(w, s, "baseline");
  }
  for (int s = 0; s < SEATS; s++) {
    double pnl = world_total(w, s, "pnl"), term = world_total(w, s, "baseline"), both = pnl + term;
    assert_near(term, terms[s], 1e-3 + 1e-5 * fabs(terms[s]));
    all[s].pnl += pnl;
    all[s].pnl2 += pnl * pnl;
    all[s].term += term;
    all[s].term2 += term * term;
    all[s].both += both;
    all[s].both2 += both * both;
  }
}

static double deviation(double sum, double squares, int count) {
  double mean = sum / count;
  return sqrt(fmax(0, squares / count - mean * mean));
}

// Whether the term exists for a role.
static bool exists(const char *baseline, int seat) {
  if (strcmp(baseline, "fundamental") == 0) return true;
  if (strcmp(baseline, "hold") == 0) return seat == PORTFOLIO;
  return seat == BUYER || seat == SELLER || seat == PORTFOLIO;
}

// By how much the deviation falls at least, where most of it is that of the price. In reactive flow
// the price follows the value more slowly than in an episode of this test, and the flow of the twin
// soon differs.
static double factor_of(const char *baseline, const char *flow, int seat) {
  bool hold = strcmp(baseline, "hold") == 0;
  if (!hold && strcmp(flow, "reactive") == 0) return 0;
  if (seat == PORTFOLIO) return 1.2;
  // An executor that trades evenly differs from the twin by as much as from no change at all.
  return strcmp(baseline, "fundamental") == 0 ? 1.2 : 0;
}

// Positions are valued at the mid in the last step, too: a mark by depth costs the twin's holdings
// something on average.
static void check(const char *baseline, const char *process, const char *flow, int episodes) {
  char yaml[1024];
  snprintf(yaml, sizeof yaml,
           "market_config: {window_ticks: 8192, decision_ms: 1000, fundamental: %s, volatility: "
           "0.06}\nenv_config: {warmup_s: 5, episode_len: %d}\nrisk_config: {max_inventory: "
           "100000}\nreward_config: {baseline: %s, end: reference}\n%s"
           "seats: [{kind: maker, offset_max: 20}, {kind: executor, parent_qty: 60}, {kind: "
           "executor, side: sell, parent_qty: 60}, {kind: taker, "
           "order_qty: 4}, {kind: portfolio, holding: 80, count_max: 4, price_range: 50}]\n",
           process, STEPS, baseline,
           strcmp(flow, "reactive") == 0 ? "populations: [{kind: reactive}]\n" : WORLD_CROWD);
  world w = world_open(yaml);
  sums all[SEATS] = {0};
  for (int i = 0; i < episodes; i++) run(&w, (uint32_t)i, all);
  for (int s = 0; s < SEATS; s++) {
    const sums *sum = &all[s];
    double mean = sum->term / episodes, sd = deviation(sum->term, sum->term2, episodes);
    double before = deviation(sum->pnl, sum->pnl2, episodes);
    double after = deviation(sum->both, sum->both2, episodes);
    print_message("%-11s %-8s %-8.8s %-9s term %8.2f +- %6.2f, deviation %8.2f -> %8.2f\n",
                  baseline, flow, process, world_group(&w, s)->role_name, mean, sd / sqrt(episodes),
                  before, after);
    if (!exists(baseline, s)) {
      assert_true(sd == 0 && mean == 0);
      continue;
    }
    assert_true(sd > 0);
    if (fabs(mean) > 4 * sd / sqrt(episodes)) fail_msg("the mean effect is not 0");
    if (before < factor_of(baseline, flow, s) * after) fail_msg("the deviation does not fall");
  }
  world_close(&w);
}

void check_baseline_means(int episodes) {
  static const char *const baselines[] = {"fundamental", "hold", "twin"};
  static const char *const processes[] = {"brownian", "ou, mean_reversion_speed: 0.02",
                                          "jump, jump_rate: 2000, jump_volatility: 0.001"};
  for (int b = 0; b < COUNT(baselines); b++) {
    for (int p = 0; p < COUNT(processes); p++)
      check(baselines[b], processes[p], "reactive", episodes);
    check(baselines[b], processes[0], "crowd", episodes);
  }
}
