// hftsim calibrate: the results as an HTML page.
#include <math.h>
#include <stdlib.h>

#include "cli/calibrate.h"
#include "eval/page.h"
#include "sim/base/version.h"
#include "stats/stats.h"

#define POINTS 200
#define MARKETS 3

// The points of one curve.
typedef struct points {
  double x[POINTS], y[POINTS];
  size_t count;
} points;

static const char *const labels[MARKETS] = {"tape", "fit", "zero intelligence"};
static const char *const colors[MARKETS] = {HFT_PAGE_ORANGE, HFT_PAGE_BLUE, HFT_PAGE_GREY};

static void draw(FILE *page, hft_plot plot, const points all[MARKETS]) {
  hft_plot_curve curves[MARKETS];
  for (int i = 0; i < MARKETS; i++) {
    curves[i] = (hft_plot_curve){labels[i], colors[i], all[i].x, all[i].y, all[i].count, i == 2};
  }
  plot.curves = curves;
  plot.curve_count = MARKETS;
  hft_page_plot(page, &plot);
  hft_page_card_end(page);
}

// ---- distributions ---------------------------------------------------------------------------

// The share of values that are at most x.
static hft_status distribution(const hft_doubles *sample, points *out) {
  out->count = 0;
  if (sample->count == 0) return HFT_OK;
  double *sorted = malloc(sample->count * sizeof *sorted);
  if (sorted == NULL) return HFT_ENOMEM;
  for (size_t i = 0; i < sample->count; i++) sorted[i] = sample->value[i];
  hft_sort(sorted, sample->count);
  for (int k = 0; k < POINTS; k++) {
    double p = 0.005 + 0.99 * k / (POINTS - 1);
    out->x[out->count] = hft_quantile(sorted, sample->count, p);
    out->y[out->count++] = p;
  }
  free(sorted);
  return HFT_OK;
}

static hft_status distribution_card(const cli_calibration *c, FILE *page, hft_score score) {
  static points all[MARKETS];
  const hft_scored *markets[MARKETS] = {hft_score_held_out(&c->target), &c->model, &c->zi};
  for (int i = 0; i < MARKETS; i++) {
    hft_status status = distribution(&markets[i]->samples.sample[score].values, &all[i]);
    if (status != HFT_OK) return status;
  }
  hft_page_card_begin(page, hft_score_table[score].name, hft_score_table[score].help);
  const hft_plot plot = {.x_label = hft_score_table[score].name, .y_label = "share at most"};
  draw(page, plot, all);
  return HFT_OK;
}

// ---- dynamics --------------------------------------------------------------------------------

// Statistics in a row of the table, against a horizon.
typedef struct horizons {
  const char *heading, *caption, *x_label, *y_label;
  hft_dynamic first;
  int count;
  double x[8];
  bool log_x;
} horizons;

static void horizon_card(const cli_calibration *c, FILE *page, const horizons *h) {
  static points all[MARKETS];
  const hft_estimate *markets[MARKETS] = {c->held_out, c->model_scored.dynamics,
                                          c->zi_scored.dynamics};
  for (int i = 0; i < MARKETS; i++) {
    all[i].count = 0;
    for (int k = 0; k < h->count; k++) {
      all[i].x[all[i].count] = h->x[k];
      all[i].y[all[i].count++] = markets[i][(int)h->first + k].value;
    }
  }
  hft_page_card_begin(page, h->heading, h->caption);
  const hft_plot plot = {.x_label = h->x_label, .y_label = h->y_label, .log_x = h->log_x};
  draw(page, plot, all);
}

static void write_horizons(const cli_calibration *c, FILE *page) {
  const horizons cards[] = {
      {"Response",
       "Move of the mid after a market order, in its direction.",
       "time, s",
       "ticks",
       HFT_DYNAMIC_RESPONSE_1MS,
       5,
       {0.001, 0.1, 1, 10, 30},
       true},
      {"Volatility",
       "Root of the mean square of the mid's moves, per square root of a second.",
       "time, s",
       "ticks",
       HFT_DYNAMIC_VOLATILITY_100MS,
       6,
       {0.1, 1, 5, 10, 30, 60},
       true},
      {"Signs",
       "Autocorrelation of the signs of market orders.",
       "lag, market orders",
       "autocorrelation",
       HFT_DYNAMIC_SIGN_LAG_1,
       4,
       {1, 4, 16, 64},
       true},
      {"Places in the queue",
       "Share of the orders at the best price that trade, by lots ahead.",
       "mean queues ahead",
       "share",
       HFT_DYNAMIC_FILL_FRONT,
       5,
       {0, 0.25, 0.75, 1.5, 3},
       false},
  };
  for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) horizon_card(c, page, &cards[i]);
}

// ---- tables ----------------------------------------------------------------------------------

static void cell(FILE *page, double value) {
  if (isfinite(value)) {
    fprintf(page, "<td>%.4g</td>", value);
  } else {
    fputs("<td>-</td>", page);
  }
}

static void score_row(const cli_calibration *c, FILE *page, const char *name, const char *help,
                      const hft_judge_score row[MARKETS]) {
  (void)c;
  fprintf(page, "<tr><td class=\"text\">%s<small>", name);
  hft_page_text(page, help);
  fputs("</small></td>", page);
  for (int i = 0; i < MARKETS; i++) cell(page, row[i].l1);
  for (int i = 0; i < MARKETS; i++) cell(page, row[i].w1);
  fputs("</tr>", page);
}

static void write_scores(const cli_calibration *c, FILE *page) {
  const hft_judge_scores *all[MARKETS] = {&c->floor, &c->model_scored.scores, &c->zi_scored.scores};
  hft_page_card_begin(page, "Scores",
                      "Distances to the held-out part: total variation (L1), and Wasserstein-1 "
                      "in standard deviations (W1). The floor is the distance between the parts "
                      "of the tape.");
  fputs(
      "<table><thead><tr><th class=\"text\">score</th><th>L1 floor</th><th>L1 fit</th>"
      "<th>L1 zero-int</th><th>W1 floor</th><th>W1 fit</th><th>W1 zero-int</th></tr></thead>"
      "<tbody>",
      page);
  for (int k = 0; k < HFT_SCORE_COUNT; k++) {
    hft_judge_score row[MARKETS];
    for (int i = 0; i < MARKETS; i++) row[i] = all[i]->score[k];
    score_row(c, page, hft_score_table[k].name, hft_score_table[k].help, row);
  }
  hft_judge_score mean[MARKETS];
  for (int i = 0; i < MARKETS; i++) {
    mean[i] = (hft_judge_score){all[i]->mean_l1, all[i]->mean_w1};
  }
  score_row(c, page, "mean", "of LOB-Bench's 16 scores", mean);
  fputs("</tbody></table>", page);
  hft_page_card_end(page);
}

static void write_dynamics(const cli_calibration *c, FILE *page) {
  hft_page_card_begin(page, "Dynamics", "How the markets answer and move.");
  fputs(
      "<table><thead><tr><th class=\"text\">statistic</th><th>held out</th><th>fit</th>"
      "<th>zero-int</th></tr></thead><tbody>",
      page);
  for (int k = 0; k < HFT_DYNAMIC_COUNT; k++) {
    fprintf(page, "<tr><td class=\"text\">%s<small>", hft_dynamic_table[k].name);
    hft_page_text(page, hft_dynamic_table[k].help);
    fputs("</small></td>", page);
    cell(page, c->held_out[k].value);
    cell(page, c->model_scored.dynamics[k].value);
    cell(page, c->zi_scored.dynamics[k].value);
    fputs("</tr>", page);
  }
  fputs("</tbody></table>", page);
  hft_page_card_end(page);
}

hft_status cli_calibration_write_page(const cli_calibration *c, FILE *page) {
  static const hft_score shown[] = {
      HFT_SCORE_SPREAD, HFT_SCORE_LOG_IAT,   HFT_SCORE_LOG_TTC,     HFT_SCORE_VOL_TOUCH,
      HFT_SCORE_VOL10,  HFT_SCORE_IMBALANCE, HFT_SCORE_LIMIT_DEPTH, HFT_SCORE_CANCEL_DEPTH,
  };
  hft_page_begin(page, "Calibration");
  fputs("<p>", page);
  for (int i = 0; i < c->file_count; i++) {
    if (i > 0) fputs(", ", page);
    hft_page_text(page, c->files[i].messages);
  }
  fprintf(page, ": %.0f s fitted, %.0f s held out (%s).</p>", c->watched.train_s,
          c->watched.held_out_s, cli_holdout_name(c->plan.holdout));
  write_scores(c, page);
  fputs("<div class=\"grid\">", page);
  hft_status status = HFT_OK;
  for (size_t i = 0; i < sizeof shown / sizeof shown[0] && status == HFT_OK; i++) {
    status = distribution_card(c, page, shown[i]);
  }
  write_horizons(c, page);
  fputs("</div>", page);
  write_dynamics(c, page);
  char footer[128];
  snprintf(footer, sizeof footer, "hftsim %s, %s", hft_version, hft_revision);
  hft_page_end(page, footer);
  return status;
}
