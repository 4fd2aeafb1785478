// hftsim calibrate: the config of the fitted market.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "cli/calibrate.h"
#include "sim/base/version.h"

#define SESSION_S 23400.0
#define WINDOW_LEAST 8192
#define WINDOW_MOST 1048576
#define WINDOW_DEVIATIONS 10  // of the price at the end of a day, on each side
#define QTY_LEAST 100000.0
#define PROFILE_PART_S 300.0  // seconds of a part of the day that make its factor known
#define PROFILE_PARTS_LEAST 4
// With this share of quotes that know the value, the signs of market orders and the response to
// them fall off about as on recorded tapes (docs/calibration.md).
#define INFORMED_QUOTES 0.3

void cli_calibration_free(cli_calibration *c) {
  hft_watched_free(&c->watched);
  hft_score_target_free(&c->target);
  hft_scored_free(&c->model);
  hft_scored_free(&c->zi);
}

const char *cli_holdout_name(hft_holdout holdout) {
  static const char *const names[] = {"none", "odd-blocks", "last-third"};
  return names[holdout];
}

// The next power of two.
static int64_t round_up(double value, int64_t least, int64_t most) {
  int64_t n = least;
  while (n < most && (double)n < value) n *= 2;
  return n;
}

// The fundamental moves as the mid does over half a minute and one. What the default market has
// beside that is said here, so that the config does not inherit it.
static void print_market(const cli_calibration *c, FILE *out) {
  double day = c->tables.volatility * sqrt(SESSION_S);  // ticks
  double price = c->fit.initial_price / c->watched.tick;
  double window = 2 * (c->fit.farthest + WINDOW_DEVIATIONS * day);
  double qty = QTY_LEAST;
  while (qty < 2 * c->fit.largest) qty *= 10;
  fprintf(out, "market_config:\n");
  fprintf(out, "  tick_size: %.10g\n", c->watched.tick);
  fprintf(out, "  initial_price: %.10g\n", floor(price + 0.5) * c->watched.tick);
  fprintf(out, "  window_ticks: %" PRId64 "\n", round_up(window, WINDOW_LEAST, WINDOW_MOST));
  fprintf(out, "  order_qty_max: %.0f\n", qty < 1e9 ? qty : 1e9);
  fprintf(out, "  fundamental: brownian\n");
  fprintf(out, "  volatility: %.4g\n", day / price);
  fprintf(out, "  volatility_of_volatility: 0\n");
}

// The speed of the flow over the day, where the tapes show enough of it: the mean number of events
// a second of each part over that of all. Parts that they do not show have the factor 1.
static void print_profile(const hft_watched *watched, FILE *out) {
  double events = 0, seconds = 0;
  int known = 0;
  for (int k = 0; k < HFT_DAY_PARTS; k++) {
    if (watched->day_s[k] < PROFILE_PART_S) continue;
    events += watched->day_events[k];
    seconds += watched->day_s[k];
    known++;
  }
  if (known < PROFILE_PARTS_LEAST || events <= 0) return;
  fprintf(out, "    profile: [");
  for (int k = 0; k < HFT_DAY_PARTS; k++) {
    double rate = watched->day_s[k] > 0 ? watched->day_events[k] / watched->day_s[k] : 0;
    double factor = watched->day_s[k] < PROFILE_PART_S ? 1 : rate * seconds / events;
    fprintf(out, "%s%.3g", k > 0 ? ", " : "", factor < 1e-3 ? 1e-3 : factor);
  }
  fprintf(out, "]\n");
}

// An open text; null if out of memory.
typedef struct text {
  char *text;
  size_t size;
} text;

static char *end_text(FILE *out, text *t) {
  bool failed = ferror(out) != 0;
  if (fclose(out) == 0 && !failed) return t->text;
  free(t->text);
  return NULL;
}

char *cli_calibration_config(const cli_calibration *c, const char *tables) {
  text t = {0};
  FILE *out = open_memstream(&t.text, &t.size);
  if (out == NULL) return NULL;
  fprintf(out, "# Fitted to recorded messages by 'hftsim calibrate' %s (docs/calibration.md).\n",
          hft_version);
  print_market(c, out);
  fprintf(out, "populations:\n  - kind: reactive\n    tables: ");
  fputc('\'', out);
  for (const char *p = tables; *p != '\0'; p++) {
    if (*p == '\'') fputc('\'', out);
    fputc(*p, out);
  }
  fprintf(out, "'\n    open_orders_max: %" PRId64 "\n",
          round_up(8 * c->tables.orders_mean, 2048, 1 << 19));
  fprintf(out, "    informed_share: %.3g\n    informed_quotes: %g\n", c->informed_share,
          INFORMED_QUOTES);
  print_profile(&c->watched, out);
  return end_text(out, &t);
}

static void print_rates(FILE *out, const char *name, const double *rates) {
  fprintf(out, "    %s: [", name);
  for (int i = 0; i < HFT_LIST_MAX; i++) fprintf(out, "%s%.4g", i > 0 ? ", " : "", rates[i]);
  fprintf(out, "]\n");
}

char *cli_calibration_zero_config(const cli_calibration *c) {
  text t = {0};
  FILE *out = open_memstream(&t.text, &t.size);
  if (out == NULL) return NULL;
  const hft_zero_intelligence *z = &c->zero;
  print_market(c, out);
  fprintf(out, "populations:\n  - kind: noise\n");
  print_rates(out, "limit_rates", z->limit_rates);
  fprintf(out, "    limit_range: %" PRId64 "\n", z->limit_range);
  print_rates(out, "cancel_rates", z->cancel_rates);
  fprintf(out, "    market_rate: %.6g\n    size_mean: %.6g\n", z->market_rate,
          z->size_mean > 1 ? z->size_mean : 1);
  double largest = z->size_max < 1e6 ? z->size_max : 1e6;
  fprintf(out, "    size_max: %.0f\n    opening_orders: %.0f\n", largest > 1 ? largest : 1,
          z->opening_orders < 1e5 ? z->opening_orders : 1e5);
  fprintf(out, "    open_orders_max: %" PRId64 "\n",
          round_up(16 * z->opening_orders, 8192, 1 << 19));
  return end_text(out, &t);
}

char *cli_calibration_tables(const cli_calibration *c) {
  char comment[256];
  snprintf(comment, sizeof comment,
           "Fitted to recorded messages by 'hftsim calibrate' %s (docs/reactive.md):\n"
           "%.0f s, price %.6g, tick %.6g, lots of %" PRId64 " shares.",
           hft_version, c->fit.seconds, c->fit.initial_price, c->watched.tick, c->lot_size);
  return hft_flow_tables_print(&c->tables, comment);
}
