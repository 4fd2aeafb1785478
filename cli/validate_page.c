// hftsim validate: the results as an HTML page with plots of distributions and autocorrelations.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/validate.h"
#include "data/facts/facts_estimate.h"
#include "eval/page.h"
#include "sim/base/version.h"

#define POINTS 400  // of a curve, at most
#define LAGS 100    // of an autocorrelation

// The points of one curve.
typedef struct points {
  double x[POINTS], y[POINTS];
  size_t count;
} points;

static void add_point(points *p, double x, double y) {
  if (p->count == POINTS) return;
  p->x[p->count] = x;
  p->y[p->count++] = y;
}

static const cli_watched *side(const cli_validation *v, int index) {
  return index == 0 ? &v->market : &v->tape;
}

// Draws the points of the market, those of the tape if there is one, and up to one more curve.
static void draw(const cli_validation *v, FILE *page, hft_plot plot, const points *both,
                 const points *guide, const char *guide_label) {
  static const char *const labels[] = {"market", "tape"};
  static const char *const colors[] = {HFT_PAGE_BLUE, HFT_PAGE_ORANGE};
  hft_plot_curve curves[3];
  int count = 0;
  if (guide != NULL) {
    curves[count++] =
        (hft_plot_curve){guide_label, HFT_PAGE_GREY, guide->x, guide->y, guide->count, true};
  }
  for (int i = 0; i < (v->has_tape ? 2 : 1); i++) {
    curves[count++] =
        (hft_plot_curve){labels[i], colors[i], both[i].x, both[i].y, both[i].count, false};
  }
  plot.curves = curves;
  plot.curve_count = count;
  hft_page_plot(page, &plot);
  hft_page_card_end(page);
}

// ---- distributions ---------------------------------------------------------------------------

// The share of values that are larger, at points spaced evenly in the logarithm of that share.
static void tail_points(const hft_doubles *sample, bool exponent, points *out) {
  out->count = 0;
  double n = (double)sample->count;
  size_t last = SIZE_MAX;
  for (int i = 0; i < POINTS && sample->count > 0; i++) {
    double share = pow(n, -(double)i / (POINTS - 1));
    size_t index = (size_t)(n * (1 - share));
    if (index >= sample->count) index = sample->count - 1;
    if (index == last) continue;
    last = index;
    double value = sample->value[index];
    add_point(out, exponent ? pow(10, value) : value, (n - (double)index) / n);
  }
}

// The tail of a fact's sample. `exponent`: the sample holds decimal logarithms.
static hft_status tails_of(const cli_validation *v, hft_fact fact, bool exponent, points *both) {
  for (int i = 0; i < (v->has_tape ? 2 : 1); i++) {
    hft_doubles sample;
    hft_status status = hft_fact_sample(&side(v, i)->seen, fact, &sample);
    if (status == HFT_OK) tail_points(&sample, exponent, &both[i]);
    free(sample.value);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

static hft_status tail_card(const cli_validation *v, FILE *page, hft_fact fact, const char *heading,
                            const char *caption, const char *x_label, bool exponent) {
  static points both[2];
  hft_status status = tails_of(v, fact, exponent, both);
  if (status != HFT_OK) return status;
  hft_page_card_begin(page, heading, caption);
  const hft_plot plot = {
      .x_label = x_label, .y_label = "share larger", .log_x = true, .log_y = true};
  draw(v, page, plot, both, NULL, NULL);
  return HFT_OK;
}

// The tail of absolute returns next to that of the normal distribution.
static hft_status return_card(const cli_validation *v, FILE *page) {
  static points both[2], normal;
  hft_status status = tails_of(v, HFT_FACT_TAIL_INDEX, false, both);
  if (status != HFT_OK) return status;
  normal.count = 0;
  for (int tenths = 3; tenths <= 45; tenths++) {
    double x = tenths / 10.0;
    add_point(&normal, x, erfc(x / sqrt(2)));
  }
  hft_page_card_begin(page, "Large returns", "How often an absolute return is larger.");
  const hft_plot plot = {.x_label = "absolute return, standard deviations",
                         .y_label = "share larger",
                         .log_x = true,
                         .log_y = true};
  draw(v, page, plot, both, &normal, "normal");
  return HFT_OK;
}

// ---- memory ----------------------------------------------------------------------------------

static void memory_points(const double *x, size_t count, points *out) {
  double at[LAGS];
  hft_autocorrelations(x, count, LAGS, at);
  out->count = 0;
  for (int lag = 1; lag <= LAGS && (size_t)lag < count / 4; lag++) add_point(out, lag, at[lag - 1]);
}

static void sign_card(const cli_validation *v, FILE *page) {
  static points both[2];
  for (int i = 0; i < (v->has_tape ? 2 : 1); i++) {
    const hft_doubles *sign = &side(v, i)->seen.sign;
    memory_points(sign->value, sign->count, &both[i]);
  }
  hft_page_card_begin(
      page, "Order signs",
      "Autocorrelation of the signs of market orders; a straight line is a power law.");
  const hft_plot plot = {
      .x_label = "lag, market orders", .y_label = "autocorrelation", .log_x = true, .log_y = true};
  draw(v, page, plot, both, NULL, NULL);
}

static hft_status volatility_card(const cli_validation *v, FILE *page, bool absolute) {
  static points both[2];
  for (int i = 0; i < (v->has_tape ? 2 : 1); i++) {
    const hft_doubles *mid = &side(v, i)->seen.mid;
    size_t count = mid->count > 0 ? mid->count - 1 : 0;
    double *r = malloc((count + 1) * sizeof *r);
    if (r == NULL) return HFT_ENOMEM;
    for (size_t k = 0; k < count; k++) {
      r[k] = log(mid->value[k + 1] / mid->value[k]);
      if (absolute) r[k] = fabs(r[k]);
    }
    memory_points(r, count, &both[i]);
    free(r);
  }
  hft_page_card_begin(page, absolute ? "Volatility" : "Predictability",
                      absolute ? "Autocorrelation of absolute returns: how volatility clusters."
                               : "Autocorrelation of returns, which a market should hardly have.");
  const hft_plot plot = {.x_label = "lag, intervals", .y_label = "autocorrelation"};
  draw(v, page, plot, both, NULL, NULL);
  return HFT_OK;
}

// ---- others ----------------------------------------------------------------------------------

static void price_card(const cli_validation *v, FILE *page) {
  static points both[2];
  for (int i = 0; i < (v->has_tape ? 2 : 1); i++) {
    const hft_observed *seen = &side(v, i)->seen;
    both[i].count = 0;
    for (size_t k = 0; k < POINTS && seen->mid.count > 0; k++) {
      size_t at = k * (seen->mid.count - 1) / (POINTS - 1);
      double minutes = (double)seen->interval * (double)at / (60.0 * (double)HFT_SECOND);
      add_point(&both[i], minutes, 100 * (seen->mid.value[at] / seen->mid.value[0] - 1));
    }
  }
  hft_page_card_begin(page, "Price", "The mid, against where it began.");
  const hft_plot plot = {.x_label = "time, min", .y_label = "change, %"};
  draw(v, page, plot, both, NULL, NULL);
}

static void depth_card(const cli_validation *v, FILE *page) {
  static points both[2];
  for (int i = 0; i < (v->has_tape ? 2 : 1); i++) {
    const hft_doubles *depth = &side(v, i)->seen.depth;
    double sum[HFT_OBSERVED_LEVELS] = {0};
    for (size_t k = 0; k < depth->count; k++) sum[k % HFT_OBSERVED_LEVELS] += depth->value[k];
    both[i].count = 0;
    for (int k = 0; k < HFT_OBSERVED_LEVELS; k++) add_point(&both[i], k + 1, sum[k] / sum[0]);
  }
  hft_page_card_begin(page, "Depth", "Mean size of each level, against the best one's.");
  const hft_plot plot = {.x_label = "level", .y_label = "size"};
  draw(v, page, plot, both, NULL, NULL);
}

// A statistic of the dynamics over a time: `count` of them from `first` on, at x.
static void dynamics_card(const cli_validation *v, FILE *page, hft_dynamic first, int count,
                          const double *x, const char *heading, const char *caption,
                          hft_plot plot) {
  static points both[2];
  for (int i = 0; i < (v->has_tape ? 2 : 1); i++) {
    both[i].count = 0;
    for (int k = 0; k < count; k++) {
      add_point(&both[i], x[k], side(v, i)->estimates[(int)first + k].value);
    }
  }
  hft_page_card_begin(page, heading, caption);
  plot.log_x = true;
  draw(v, page, plot, both, NULL, NULL);
}

static void dynamics_cards(const cli_validation *v, FILE *page) {
  static const double after[] = {0.001, 0.1, 1, 10, 30};
  static const double over[] = {0.1, 1, 5, 10, 30, 60};
  dynamics_card(v, page, HFT_DYNAMIC_RESPONSE_1MS, 5, after, "Response",
                "How far the mid moves in the direction of a market order.",
                (hft_plot){.x_label = "time after the order, s", .y_label = "ticks"});
  dynamics_card(v, page, HFT_DYNAMIC_VOLATILITY_100MS, 6, over, "Signature",
                "Volatility by the time over which moves are taken; flat for a random walk.",
                (hft_plot){.x_label = "time of a move, s", .y_label = "ticks per root second"});
}

static hft_status write_cards(const cli_validation *v, FILE *page) {
  fputs("<div class=\"grid\">", page);
  price_card(v, page);
  hft_status status = return_card(v, page);
  if (status == HFT_OK) status = volatility_card(v, page, false);
  if (status == HFT_OK) status = volatility_card(v, page, true);
  sign_card(v, page);
  dynamics_cards(v, page);
  depth_card(v, page);
  const struct {
    hft_fact fact;
    const char *heading, *caption, *x_label;
    bool exponent;
  } tails[] = {
      {HFT_FACT_SPREAD, "Spread", "How often the spread is wider.", "spread, bps", false},
      {HFT_FACT_INTER_ARRIVAL, "Arrivals", "Times between market orders.", "time, s", true},
      {HFT_FACT_FANO_FACTOR, "Bursts", "Market orders in an interval.",
       "market orders, against their mean", false},
      {HFT_FACT_ORDER_SIZE, "Order sizes", "Sizes of market orders.", "size, against its mean",
       false},
      {HFT_FACT_TIME_TO_CANCEL, "Time to cancel", "How long cancelled orders had rested.",
       "time, s", true},
  };
  for (size_t i = 0; i < sizeof tails / sizeof tails[0] && status == HFT_OK; i++) {
    status = tail_card(v, page, tails[i].fact, tails[i].heading, tails[i].caption, tails[i].x_label,
                       tails[i].exponent);
  }
  fputs("</div>", page);
  return status;
}

// ---- the table -------------------------------------------------------------------------------

void cli_validate_write_number(FILE *page, double value) {
  if (isnan(value)) {
    fputs("<td>-</td>", page);
  } else {
    fprintf(page, "<td>%.4g</td>", value);
  }
}

void cli_validate_write_range(FILE *page, double low, double high) {
  if (isnan(low)) {
    fputs("<td>-</td>", page);
  } else {
    fprintf(page, "<td>%.3g .. %.3g</td>", low, high);
  }
}

static void write_row(const cli_validation *v, FILE *page, int index) {
  const cli_measure m = cli_validate_market(v, index);
  const char *verdict = hft_verdict_name(m.verdict);
  fprintf(page, "<tr><td class=\"text\">%s<small>", m.name);
  hft_page_text(page, m.help);
  fputs("<br>", page);
  hft_page_text(page, m.source);
  fputs("</small></td>", page);
  cli_validate_write_number(page, m.estimate.value);
  cli_validate_write_range(page, m.estimate.interval.low, m.estimate.interval.high);
  cli_validate_write_range(page, m.low, m.high);
  fprintf(page, "<td class=\"text %s\">%s%s</td>", verdict, verdict,
          v->claimed[index] ? ", claimed" : "");
  if (v->has_tape) {
    bool sampled = index < HFT_FACT_COUNT;
    cli_validate_write_number(page, cli_validate_measure(&v->tape, index).estimate.value);
    cli_validate_write_number(page, sampled ? v->distances[index].wasserstein : NAN);
    cli_validate_write_number(page, sampled ? v->distances[index].l1 : NAN);
  }
  fputs("</tr>", page);
}

static void write_table(const cli_validation *v, FILE *page) {
  char caption[160];
  snprintf(caption, sizeof caption,
           "Of the facts that are claimed, %d pass, %d fail, %d are undecided. Intervals are "
           "95%%, by the stationary bootstrap.",
           cli_validate_count(v, HFT_VERDICT_PASS), cli_validate_count(v, HFT_VERDICT_FAIL),
           cli_validate_count(v, HFT_VERDICT_UNDECIDED));
  hft_page_card_begin(page, "Facts", caption);
  fputs(
      "<table><thead><tr><th class=\"text\">fact</th><th>value</th><th>95%</th><th>expected</th>"
      "<th class=\"text\">verdict</th>",
      page);
  if (v->has_tape) fputs("<th>tape</th><th>W1</th><th>L1</th>", page);
  fputs("</tr></thead><tbody>", page);
  for (int i = 0; i < CLI_MEASURES; i++) write_row(v, page, i);
  fputs("</tbody></table>", page);
  hft_page_card_end(page);
}

hft_status cli_validate_write_page(const cli_validation *v, FILE *page) {
  hft_page_begin(page, "Stylised facts");
  fputs("<p>", page);
  for (int i = 0; i < (v->has_tape ? 2 : 1); i++) {
    const hft_observed *seen = &side(v, i)->seen;
    if (i > 0) fputs(", against the tape ", page);
    hft_page_text(page, side(v, i)->name);
    fprintf(page, " (%" PRId64 " events, %.0f s)", seen->events,
            (double)(seen->end - seen->begin) / (double)HFT_SECOND);
  }
  fprintf(page, "; a sample every %g s.</p>", (double)v->plan.interval / (double)HFT_SECOND);
  cli_validate_write_scores(v, page);
  write_table(v, page);
  hft_status status = write_cards(v, page);
  char footer[128];
  snprintf(footer, sizeof footer, "hftsim %s, %s, seed %" PRIu64, hft_version, hft_revision,
           v->seed);
  hft_page_end(page, footer);
  return status;
}
