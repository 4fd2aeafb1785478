// hftsim calibrate: the results as text and as JSON.
#include <inttypes.h>
#include <math.h>

#include "cli/calibrate.h"
#include "cli/output.h"
#include "sim/base/version.h"

static const char *const kind_names[HFT_FLOW_EVENTS] = {"improve",     "join",          "behind",
                                                        "cancel_best", "cancel_behind", "market"};

static double share(double part, double all) {
  return all > 0 ? part / all : 0;
}

// The executions of hidden orders among all.
static double hidden_share(const hft_watched *w) {
  return share((double)w->hidden, (double)(w->hidden + w->visible_trades));
}

// ---- text ------------------------------------------------------------------------------------

static void print_fit(const cli_calibration *c) {
  const hft_watched *w = &c->watched;
  printf("messages   %12" PRId64 " in %d file%s; fitted %.0f s, held out %.0f s (%s)\n",
         w->messages, c->file_count, c->file_count == 1 ? "" : "s", w->train_s, w->held_out_s,
         cli_holdout_name(c->plan.holdout));
  printf("dropped    %12" PRId64 " hidden executions (%.1f%% of all executions), %" PRId64
         " far prices, %" PRId64 " off the tick, %" PRId64 " of unknown orders, %" PRId64
         " crossing\n",
         w->hidden, 100 * hidden_share(w), w->far, w->off_tick, w->unknown, w->crossing);
  double all = 0;
  for (int k = 0; k < HFT_FLOW_EVENTS; k++) all += c->fit.events[k];
  printf("fitted     %12.0f events, %.4g a second\n", all, all / c->fit.seconds);
  for (int k = 0; k < HFT_FLOW_EVENTS; k++) {
    printf("  %-15s %7.0f %9.4g a second\n", kind_names[k], c->fit.events[k],
           c->fit.events[k] / c->fit.seconds);
  }
  printf("price      %12.6g, tick %.6g, spread %.4g ticks\n", c->fit.initial_price, w->tick,
         c->fit.spread);
  printf("volatility %12.4g ticks per square root of a second\n", c->tables.volatility);
  printf("orders     %12.4g a side, market orders of %.4g lots\n", c->tables.orders_mean,
         c->tables.market_size);
}

static void print_score_row(const char *name, double model, double zero, double floor,
                            double model_w1, double zero_w1, double floor_w1) {
  printf("  %-14s %8.3f %8.3f %8.3f   %8.3f %8.3f %8.3f\n", name, model, zero, floor, model_w1,
         zero_w1, floor_w1);
}

static void print_scores(const cli_calibration *c) {
  const hft_judge_scores *m = &c->model_scored.scores, *z = &c->zi_scored.scores, *f = &c->floor;
  printf("\ndistance to %s, %" PRId64 " seeds of %.0f s\n",
         c->plan.holdout == HFT_HOLDOUT_NONE ? "the tape" : "the held-out part", c->seeds,
         c->simulated_s);
  printf("  %-14s %26s   %26s\n", "", "L1", "W1");
  printf("  %-14s %8s %8s %8s   %8s %8s %8s\n", "", "fit", "zero-int", "floor", "fit", "zero-int",
         "floor");
  for (int k = 0; k < HFT_SCORE_COUNT; k++) {
    if (hft_score_table[k].weight == 0) continue;
    print_score_row(hft_score_table[k].name, m->score[k].l1, z->score[k].l1, f->score[k].l1,
                    m->score[k].w1, z->score[k].w1, f->score[k].w1);
  }
  print_score_row("mean of 16", m->mean_l1, z->mean_l1, f->mean_l1, m->mean_w1, z->mean_w1,
                  f->mean_w1);
}

static void print_dynamics(const cli_calibration *c) {
  printf("\ndynamics\n  %-24s %10s %10s %10s %10s\n", "", "fit", "zero-int", "held out", "fitted");
  for (int k = 0; k < HFT_DYNAMIC_COUNT; k++) {
    printf("  %-24s %10.4g %10.4g %10.4g %10.4g  %s\n", hft_dynamic_table[k].name,
           c->model_scored.dynamics[k].value, c->zi_scored.dynamics[k].value, c->held_out[k].value,
           c->fitted[k].value, hft_dynamic_table[k].unit);
  }
}

int cli_calibration_print_text(const cli_calibration *c) {
  print_fit(c);
  if (c->seeds > 0) {
    print_scores(c);
    print_dynamics(c);
  }
  printf("\ntime       %12.2f s, of which %.2f s to read and fit\n", c->wall_s, c->fit_s);
  if (c->out != NULL) printf("written    %12s, %s\n", c->out, c->tables_path);
  return cli_end_output();
}

// ---- JSON ------------------------------------------------------------------------------------

// NaN is null.
static json_t *real(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *scores_json(const hft_judge_scores *scores) {
  json_t *out = json_object();
  json_object_set_new(out, "mean_l1", real(scores->mean_l1));
  json_object_set_new(out, "mean_w1", real(scores->mean_w1));
  json_t *each = json_object();
  for (int k = 0; k < HFT_SCORE_COUNT; k++) {
    json_object_set_new(
        each, hft_score_table[k].name,
        json_pack("{s:o, s:o}", "l1", real(scores->score[k].l1), "w1", real(scores->score[k].w1)));
  }
  json_object_set_new(out, "each", each);
  return out;
}

static json_t *dynamics_json(const cli_calibration *c) {
  json_t *out = json_object();
  for (int k = 0; k < HFT_DYNAMIC_COUNT; k++) {
    json_object_set_new(
        out, hft_dynamic_table[k].name,
        json_pack("{s:o, s:o, s:o, s:o}", "fit", real(c->model_scored.dynamics[k].value),
                  "zero_intelligence", real(c->zi_scored.dynamics[k].value), "held_out",
                  real(c->held_out[k].value), "fitted", real(c->fitted[k].value)));
  }
  return out;
}

static json_t *fit_json(const cli_calibration *c) {
  json_t *events = json_object();
  for (int k = 0; k < HFT_FLOW_EVENTS; k++) {
    json_object_set_new(events, kind_names[k], real(c->fit.events[k]));
  }
  return json_pack("{s:o, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "events", events, "seconds",
                   c->fit.seconds, "spread", c->fit.spread, "price", c->fit.initial_price, "tick",
                   c->watched.tick, "volatility", c->tables.volatility, "orders",
                   c->tables.orders_mean, "market_size", c->tables.market_size, "log_likelihood",
                   c->fit.likelihood);
}

static json_t *dropped_json(const hft_watched *w) {
  return json_pack("{s:I, s:f, s:I, s:I, s:I, s:I}", "hidden", (json_int_t)w->hidden,
                   "hidden_share", hidden_share(w), "far", (json_int_t)w->far, "off_tick",
                   (json_int_t)w->off_tick, "unknown", (json_int_t)w->unknown, "crossing",
                   (json_int_t)w->crossing);
}

int cli_calibration_print_json(const cli_calibration *c) {
  json_t *files = json_array();
  for (int i = 0; i < c->file_count; i++) {
    json_array_append_new(files, json_string(c->files[i].messages));
  }
  json_t *out =
      json_pack("{s:o, s:I, s:s, s:f, s:f, s:o, s:o}", "messages_files", files, "messages",
                (json_int_t)c->watched.messages, "holdout", cli_holdout_name(c->plan.holdout),
                "fitted_s", c->watched.train_s, "held_out_s", c->watched.held_out_s, "fit",
                fit_json(c), "dropped", dropped_json(&c->watched));
  if (c->seeds > 0) {
    json_object_set_new(out, "seeds", json_integer((json_int_t)c->seeds));
    json_object_set_new(out, "scores", scores_json(&c->model_scored.scores));
    json_object_set_new(out, "zero_intelligence", scores_json(&c->zi_scored.scores));
    json_object_set_new(out, "floor", scores_json(&c->floor));
    json_object_set_new(out, "dynamics", dynamics_json(c));
  }
  if (c->out != NULL) {
    json_object_set_new(out, "config", json_string(c->out));
    json_object_set_new(out, "tables", json_string(c->tables_path));
  }
  json_object_set_new(out, "seconds", json_real(c->wall_s));
  json_object_set_new(out, "version", json_string(hft_version));
  json_object_set_new(out, "revision", json_string(hft_revision));
  return cli_print_json(out);
}
