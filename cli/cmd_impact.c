// hftsim impact: measures what parent orders do to the price, against the same worlds without them.
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/impact.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"
#include "cli/strategy.h"
#include "sim/base/check.h"

#define CONFIDENCE 0.95
#define STREAM_BOOTSTRAP 1u
#define QUANTITY_MAX 1000000000
#define FILL_RATIO_MIN 0.95  // below it, the closing at the order's end matters
#define PLANS_MAX (2 * HFT_IMPACT_QUANTITIES_MAX)

// Streams of resampling: of a point k its index, then these.
enum { STREAM_MARK = HFT_IMPACT_POINTS_MAX + 1, STREAM_LAW = STREAM_MARK + HFT_IMPACT_MARK_COUNT };

typedef struct arguments {
  cli_strategy strategy;
  const char *config, *quantity;
  int quantities;  // 0: --quantity was not given
  int64_t lots[HFT_IMPACT_QUANTITIES_MAX];
  bool both;  // sides
  int64_t episodes, points, threads;
  hft_time after;  // -1: not given
  uint64_t seed;
  cli_list overrides;
  bool json;
} arguments;

// ---- the command line --------------------------------------------------------------------------

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  char names[256], strategies[320];
  cli_strategy_names(HFT_BASELINE_EXECUTION, names, sizeof names);
  snprintf(strategies, sizeof strategies,
           "the strategy that executes the order: %s; twap by default", names);
  const cli_option options[] = {
      {"strategy", CLI_TEXT, &a->strategy.name, "NAME", strategies, 0, 0},
      {"param", CLI_REPEAT, &a->strategy.params, "KEY=VALUE", "set a key of the strategy", 0, 0},
      {"quantity", CLI_TEXT, &a->quantity, "LOTS[,LOTS...]",
       "size of the parent order, as --param quantity=LOTS; several sizes, to compare them in the "
       "same worlds",
       0, 0},
      {"side", CLI_TEXT, &a->strategy.side, "buy|sell|both",
       "side of the parent order, as --param side=...; both: each world with a buy and with a "
       "sell, averaged",
       0, 0},
      {"instrument", CLI_TEXT, &a->strategy.instrument, "N",
       "the instrument to trade, counted from 0; 0 by default", 0, 0},
      {"after", CLI_DURATION, &a->after, "TIME",
       "market time to measure after the order's end; 2m by default, with several quantities the "
       "order's duration",
       0, 0},
      {"points", CLI_INT, &a->points, "N", "number of points of the path, 20 by default", 1,
       HFT_IMPACT_POINTS_MAX},
      {"episodes", CLI_INT, &a->episodes, "N", "number of worlds, 100 by default", 1,
       HFT_EPISODES_MAX},
      {"seed", CLI_SEED, &a->seed, "S", "world i has seed S + i; 0 by default", 0, 0},
      {"config", CLI_TEXT, &a->config, "C", "config file or name of a preset", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "override a key of the config", 0, 0},
      {"threads", CLI_INT, &a->threads, "T", "number of threads; 0: one for each processor", 0,
       HFT_RUNNER_THREADS_MAX},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim impact [options]",
      .about =
          "Measures the market impact of a parent order, which a strategy of the kind execution "
          "trades. Each world is run with the order and without it, on the same random numbers. "
          "Prints the mean difference of the mids, in bps of the arrival mid and positive in the "
          "order's direction, with 95% confidence intervals over the worlds (bootstrap). The "
          "strategy's orders take (style=aggressive) unless --param says otherwise. What is left "
          "of "
          "the order at its end is closed at once. With several quantities it prints the "
          "impact at the order's end and one duration later, and the exponent of the power law "
          "that relates impact and quantity. Results depend on the config and the seed, not on "
          "the number of threads.",
      .examples =
          "  hftsim impact\n"
          "  hftsim impact --quantity 1000 --side sell --episodes 500\n"
          "  hftsim impact --strategy vwap --param style=passive --after 10m --json\n"
          "  hftsim impact --quantity 250,1000,4000 --side both --param horizon_s=120\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

static hft_status add_quantity(arguments *a, const char *item, size_t length, hft_error *error) {
  static const char where[] = "--quantity";
  if (length == 0) {
    return hft_fail(error, HFT_EINVAL, where, "'%s' has an empty item; write LOTS[,LOTS...]",
                    a->quantity);
  }
  char text[24];
  int64_t lots;
  snprintf(text, sizeof text, "%.*s", (int)(length < sizeof text ? length : sizeof text), item);
  if (length >= sizeof text || !hft_parse_int(text, &lots) || lots < 1 || lots > QUANTITY_MAX) {
    return hft_fail(error, HFT_EINVAL, where, "'%s' is not a whole number from 1 to %d", text,
                    QUANTITY_MAX);
  }
  for (int q = 0; q < a->quantities; q++) {
    if (a->lots[q] != lots) continue;
    return hft_fail(error, HFT_EINVAL, where, "%" PRId64 " is given twice", lots);
  }
  if (a->quantities == HFT_IMPACT_QUANTITIES_MAX) {
    return hft_fail(error, HFT_EINVAL, where, "more than %d quantities; give fewer",
                    HFT_IMPACT_QUANTITIES_MAX);
  }
  a->lots[a->quantities++] = lots;
  return HFT_OK;
}

// Reads "100,400,1600" into a->lots.
static hft_status read_quantities(arguments *a, hft_error *error) {
  const char *item = a->quantity;
  while (item != NULL) {
    const char *comma = strchr(item, ',');
    size_t length = comma != NULL ? (size_t)(comma - item) : strlen(item);
    hft_status status = add_quantity(a, item, length, error);
    if (status != HFT_OK) return status;
    item = comma != NULL ? comma + 1 : NULL;
  }
  return HFT_OK;
}

// What several plans vary cannot be set for all of them.
static hft_status refuse_param(const arguments *a, const char *key, const char *option,
                               hft_error *error) {
  size_t length = strlen(key);
  for (int i = 0; i < a->strategy.params.count; i++) {
    const char *item = a->strategy.params.item[i];
    if (strncmp(item, key, length) != 0 || item[length] != '=') continue;
    return hft_fail(error, HFT_EINVAL, "--param", "'%s' contradicts %s; give one of them", item,
                    option);
  }
  return HFT_OK;
}

// Reads --quantity and --side: a single value of each is a key of the strategy.
static hft_status read_orders(arguments *a, hft_error *error) {
  hft_status status = read_quantities(a, error);
  const char *side = a->strategy.side;
  a->both = side != NULL && strcmp(side, "both") == 0;
  if (status == HFT_OK && side != NULL && !a->both && strcmp(side, "buy") != 0 &&
      strcmp(side, "sell") != 0) {
    return hft_fail(error, HFT_EINVAL, "--side", "'%s' is not one of buy|sell|both", side);
  }
  if (status == HFT_OK && a->quantities > 1) {
    status = refuse_param(a, "quantity", "a list in --quantity", error);
  }
  if (status == HFT_OK && a->both) status = refuse_param(a, "side", "--side both", error);
  if (a->both) a->strategy.side = NULL;
  if (a->quantities == 1) a->strategy.quantity = a->lots[0];
  return status;
}

// ---- measuring ---------------------------------------------------------------------------------

static hft_status run_worlds(cli_impact *r, const arguments *a, hft_error *error) {
  cli_progress bar;
  cli_progress_start(&bar, "impact");
  const hft_runner_options options = cli_runner_options(&bar, a->episodes, a->threads, a->seed);
  hft_status status = hft_impact_study_run(&r->study, &options, &r->sample, error);
  if (status != HFT_OK) cli_progress_stop(&bar);
  return status;
}

static hft_status mean_of(const cli_impact *r, const double *values, uint32_t stream,
                          cli_impact_mean *out) {
  if (cli_stopped()) return HFT_EINTR;
  hft_moments moments = {0};
  size_t worlds = (size_t)r->sample.worlds;
  for (size_t i = 0; i < worlds; i++) hft_moments_add(&moments, values[i]);
  out->value = moments.mean;
  hft_rng rng = hft_rng_stream(r->seed, stream, STREAM_BOOTSTRAP);
  return hft_bootstrap_mean(values, worlds, CONFIDENCE, &rng, &out->interval);
}

static hft_status summarise_path(cli_impact *r) {
  size_t points = (size_t)r->sample.points + 1;
  size_t count = (size_t)r->study.quantities * points;
  r->path = calloc(count, sizeof *r->path);
  if (r->path == NULL) return HFT_ENOMEM;
  hft_status status = HFT_OK;
  for (size_t i = 0; i < count && status == HFT_OK; i++) {
    const double *values = r->sample.impact_bps + i * (size_t)r->sample.worlds;
    status = mean_of(r, values, (uint32_t)(i % points), &r->path[i]);
  }
  return status;
}

static hft_status summarise_marks(cli_impact *r) {
  const hft_impact_sample *s = &r->sample;
  hft_status status = HFT_OK;
  for (int q = 0; q < s->quantities && status == HFT_OK; q++) {
    size_t at = (size_t)q * (size_t)s->worlds;
    r->later[q] = (cli_impact_mean){NAN, {NAN, NAN}};
    status = mean_of(r, s->end_bps + at, STREAM_MARK + HFT_IMPACT_END, &r->end[q]);
    if (status == HFT_OK && s->has_later) {
      status = mean_of(r, s->later_bps + at, STREAM_MARK + HFT_IMPACT_LATER, &r->later[q]);
    }
  }
  return status;
}

static hft_status fit_law(cli_impact *r) {
  const hft_impact_sample *s = &r->sample;
  const hft_impact_observed observed = {.quantities = s->quantities,
                                        .worlds = s->worlds,
                                        .quantity = r->quantity,
                                        .end = s->end_bps,
                                        .later = s->has_later ? s->later_bps : NULL,
                                        .move = s->move_bps,
                                        .volume = s->volume};
  hft_rng rng = hft_rng_stream(r->seed, STREAM_LAW, STREAM_BOOTSTRAP);
  return hft_impact_fit(&observed, CONFIDENCE, &rng, &r->law);
}

// Episodes of one world are one observation.
static void drop_intervals(cli_impact *r) {
  const hft_interval none = {NAN, NAN};
  size_t count = (size_t)r->study.quantities * ((size_t)r->sample.points + 1);
  for (size_t i = 0; i < count && r->path != NULL; i++) r->path[i].interval = none;
  hft_impact_law *law = &r->law;
  for (int q = 0; q < r->study.quantities; q++) {
    r->end[q].interval = r->later[q].interval = none;
    law->left_of[q].interval = none;
    law->normalised[q] = (hft_estimate){.value = NAN, .interval = none};
  }
  law->exponent.interval = law->left.interval = law->volume.interval = none;
  law->sigma = (hft_estimate){.value = NAN, .interval = none};
}

static hft_status summarise(cli_impact *r, const arguments *a, hft_error *error) {
  bool one = r->study.quantities == 1;
  hft_status status = one || a->json ? summarise_path(r) : HFT_OK;
  if (status == HFT_OK) status = summarise_marks(r);
  if (status == HFT_OK) status = fit_law(r);
  if (status != HFT_OK) {
    return hft_fail(error, status, "impact", status == HFT_EINTR ? "interrupted" : "out of memory");
  }
  if (hft_model_worlds(r->study.plan[0]->model) <= 1) drop_intervals(r);
  return HFT_OK;
}

// ---- notes -------------------------------------------------------------------------------------

__attribute__((format(printf, 2, 3))) static void note(cli_impact *r, const char *format, ...) {
  char text[320];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  fprintf(stderr, "hftsim: note: %s\n", text);
  json_array_append_new(r->notes, json_string(text));
}

static void note_law(cli_impact *r) {
  const hft_impact_law *law = &r->law;
  for (int q = 0; q < r->study.quantities && isnan(law->exponent.value); q++) {
    if (r->end[q].value > 0) continue;
    note(r,
         "no exponent: the mean impact of %" PRId64
         " lots is not positive; raise --episodes or leave this quantity out",
         r->quantity[q]);
  }
  if (!isnan(law->exponent.value) && r->sample.worlds > 1 && law->exponent.existing < 0.9) {
    note(r,
         "no interval of the exponent: in %.0f%% of the resamples an impact is not positive; raise "
         "--episodes or leave the smallest quantity out",
         100 * (1 - law->exponent.existing));
  }
  if (!r->sample.has_later) {
    note(r, "left_after_one_duration is not measured: --after is shorter than the order");
  } else if (isnan(law->left.value)) {
    note(r, "no left_after_one_duration: the mean impact at the order's end is not positive");
  }
  if (isnan(law->normalised[0].value)) {
    note(r,
         "no normalised impact: without the order the mid does not vary over the worlds, or "
         "nothing trades");
  }
}

static void write_notes(cli_impact *r) {
  char text[256];
  const hft_model *model = r->study.plan[0]->model;
  if (cli_dependence(model, r->sample.worlds, text, sizeof text) != NULL) note(r, "%s", text);
  for (int q = 0; q < r->study.quantities; q++) {
    double fill = cli_impact_fill_ratio(r, q);
    if (fill >= FILL_RATIO_MIN) continue;
    note(r,
         "of %" PRId64
         " lots the strategy traded %.1f%%; the rest was closed at once at the order's end, which "
         "distorts the impact there, its decay and the exponent; lower --quantity or raise --param "
         "horizon_s",
         r->quantity[q], 100 * fill);
  }
  if (r->study.quantities > 1) note_law(r);
}

// ---- running -----------------------------------------------------------------------------------

static int run_and_print(cli_impact *r, const arguments *a) {
  hft_error error = {HFT_ENOMEM, "impact", "out of memory"};
  hft_status status = hft_impact_check(r->study.plan[0], &r->study.options, &error);
  if (status == HFT_OK) status = run_worlds(r, a, &error);
  if (status == HFT_OK) status = summarise(r, a, &error);
  int code;
  if (status != HFT_OK) {
    code = cli_fail(&error);
  } else {
    write_notes(r);
    code = a->json ? cli_impact_print_json(r) : cli_impact_print_text(r);
  }
  hft_impact_sample_free(&r->sample);
  free(r->path);
  return code;
}

// An order that waits for others to trade with it pushes no price: where a strategy has a style,
// its orders take unless the user says otherwise.
static void take_by_default(cli_strategy *strategy, const hft_section *section) {
  static const char style[] = "style=";
  if (hft_section_find(section, "style") == NULL || strategy->params.count == CLI_REPEAT_MAX)
    return;
  for (int i = 0; i < strategy->params.count; i++) {
    if (strncmp(strategy->params.item[i], style, sizeof style - 1) == 0) return;
  }
  strategy->params.item[strategy->params.count++] = "style=aggressive";
}

// Makes the plans [quantity][side]; the keys of `params` that they vary are overwritten.
static hft_status make_plans(const arguments *a, const hft_episode_spec *spec, void *params,
                             hft_episode_plan **plan, hft_error *error) {
  const hft_agent_keys *key = &spec->strategy->key;
  int sides = a->both ? 2 : 1;
  int quantities = a->quantities > 1 ? a->quantities : 1;
  for (int i = 0; i < quantities * sides; i++) {
    if (a->quantities > 1) hft_param_set_int(key->quantity, params, a->lots[i / sides]);
    if (a->both) hft_param_set_int(key->side, params, i % sides);
    hft_status status = hft_episode_plan_create(spec, &plan[i], error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

// `plan` are the plans of make_plans.
static void fill_report(cli_impact *r, const arguments *a, const hft_episode_plan *const *plan,
                        json_t *notes) {
  HFT_CHECK(plan[0] != NULL);
  bool several = a->quantities > 1;
  hft_time after = several ? plan[0]->end - plan[0]->start : 120 * HFT_SECOND;
  r->study = (hft_impact_study){.quantities = several ? a->quantities : 1,
                                .sides = a->both ? 2 : 1,
                                .plan = plan,
                                .options = {(int)a->points, a->after >= 0 ? a->after : after}};
  for (int q = 0; q < r->study.quantities; q++) {
    r->quantity[q] = several ? a->lots[q] : plan[0]->quantity;
  }
  r->seed = a->seed;
  r->notes = notes;
}

static int plan_and_run(const arguments *a, const hft_config *config,
                        const hft_agent_class *strategy, void *params, int instrument) {
  const hft_episode_spec spec = {config, hft_catalog_classes, hft_catalog_class_count, strategy,
                                 params, instrument};
  hft_error error = {HFT_ENOMEM, "impact", "out of memory"};
  hft_episode_plan *plan[PLANS_MAX] = {0};
  const hft_episode_plan *plans[PLANS_MAX];
  cli_impact *r = calloc(1, sizeof *r);
  json_t *notes = json_array();
  int code;
  if (r == NULL || notes == NULL || make_plans(a, &spec, params, plan, &error) != HFT_OK) {
    code = cli_fail(&error);
  } else {
    for (int i = 0; i < PLANS_MAX; i++) plans[i] = plan[i];
    fill_report(r, a, plans, notes);
    code = run_and_print(r, a);
  }
  for (int i = 0; i < PLANS_MAX; i++) hft_episode_plan_free(plan[i]);
  json_decref(notes);
  free(r);
  return code;
}

// Prints an error that names the strategies that impact can measure if this is none of them.
static bool is_execution(const hft_agent_class *strategy) {
  if (hft_baseline_kind_of(strategy) == HFT_BASELINE_EXECUTION) return true;
  char names[256];
  cli_strategy_names(HFT_BASELINE_EXECUTION, names, sizeof names);
  char *last = strrchr(names, ',');
  fprintf(stderr, "hftsim: --strategy: impact needs an execution strategy: %.*s%s%s; '%s' is not\n",
          last != NULL ? (int)(last - names) : (int)strlen(names), names, last != NULL ? " or" : "",
          last != NULL ? last + 1 : "", strategy->section->name);
  return false;
}

int cmd_impact(int argc, char **argv) {
  arguments a = {.strategy = {.name = "twap"}, .episodes = 100, .points = 20, .after = -1};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  const hft_agent_class *strategy = cli_strategy_find("--strategy", a.strategy.name);
  if (strategy == NULL || !is_execution(strategy)) return CLI_USAGE;
  hft_error error;
  if (read_orders(&a, &error) != HFT_OK) {
    cli_fail(&error);
    return CLI_USAGE;
  }
  take_by_default(&a.strategy, strategy->section);
  cli_stop_install();
  hft_config *config = NULL;
  if (cli_load_config(a.config, &a.overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  cli_note_seats(config);
  int instrument;
  void *params;
  if (cli_strategy_instrument(&a.strategy, config, false, &instrument, &error) != HFT_OK ||
      cli_strategy_params(&a.strategy, strategy, &params, &error) != HFT_OK) {
    cli_fail(&error);
    exit_code = error.status == HFT_ENOMEM ? CLI_FAILED : CLI_USAGE;
  } else {
    exit_code = plan_and_run(&a, config, strategy, params, instrument);
    free(params);
  }
  hft_config_free(config);
  return exit_code;
}
