// hftsim validate: compares a market with the stylised facts of real ones.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"
#include "cli/validate.h"
#include "data/dataset/part.h"
#include "data/dataset/reader.h"
#include "data/judge/judge_source.h"

typedef struct arguments {
  const char *data, *data_book0, *session, *config, *tape, *book0, *blocks, *html;
  double unmatched_max;
  cli_list overrides, claims;
  hft_time duration;  // 0: all of it
  hft_time interval, block;
  int64_t seeds, warmup_s, instrument;  // instrument -1: not given
  uint64_t seed;
  bool json;
} arguments;

static const char about[] =
    "Measures the stylised facts and the dynamics of a market, simulated from a config, read from "
    "a dataset, or recorded. Each has a 95% interval, the range expected from the literature, and "
    "a verdict; claimed facts, by default those that the default market claims, must not fail. "
    "--against adds a recorded tape, LOB-Bench's scores of how alike the two are, and how alike "
    "the "
    "tape's own halves are. docs/validation.md describes the measurements. Exits with 1 if a "
    "claimed fact fails.";

static const char examples[] =
    "  hftsim validate\n"
    "  hftsim validate --config jump --seed 7 --claim none --html facts.html\n"
    "  hftsim validate --data day.h5 --claim spread --claim excess_kurtosis --json\n"
    "  hftsim validate --against AAPL_message_50.csv --book0 AAPL_orderbook_50.csv\n"
    "  hftsim validate --seeds 6 --duration 15m --against AAPL_message_50.csv "
    "--blocks even\n";

static int usage_error(const char *option, const char *words) {
  fprintf(stderr, "hftsim: %s: %s; 'hftsim validate --help' shows how\n", option, words);
  return CLI_USAGE;
}

// Is the file one of LOBSTER's messages, by its name?
static bool is_tape(const char *path) {
  size_t length = path != NULL ? strlen(path) : 0;
  return length > 4 && strcmp(path + length - 4, ".csv") == 0;
}

// The blocks that a word names, or -1.
static int blocks_of(const char *word) {
  static const char *const words[] = {
      [HFT_JUDGE_ALL] = "all", [HFT_JUDGE_ODD] = "odd", [HFT_JUDGE_EVEN] = "even"};
  for (int i = 0; i < 3 && word != NULL; i++) {
    if (strcmp(word, words[i]) == 0) return i;
  }
  return word == NULL ? HFT_JUDGE_ALL : -1;
}

static int check_tape_options(const arguments *a) {
  if (a->data_book0 != NULL && !is_tape(a->data)) {
    return usage_error("--data-book0", "needs --data with a file of messages, *.csv");
  }
  if (is_tape(a->data) && a->session != NULL) {
    return usage_error("--session", "a file of messages has no sessions");
  }
  if (a->tape == NULL && a->book0 != NULL) return usage_error("--book0", "needs --against");
  if (a->tape == NULL && a->blocks != NULL) return usage_error("--blocks", "needs --against");
  if (blocks_of(a->blocks) < 0) return usage_error("--blocks", "must be all, odd or even");
  if (a->block < HFT_SECOND) return usage_error("--block", "must be at least 1 s");
  return CLI_OK;
}

// Refuses options that would be ignored.
static int check_options(const arguments *a) {
  bool configured = a->config != NULL || a->overrides.count > 0;
  if (a->data != NULL && configured) {
    return usage_error("--data", "a dataset has its config already: leave --config and --set out");
  }
  if (a->data == NULL && a->session != NULL) return usage_error("--session", "needs --data");
  if (a->data != NULL && a->instrument >= 0) {
    return usage_error("--instrument", "of a dataset, name the instrument by --session");
  }
  if (a->data != NULL && a->seeds > 1) {
    return usage_error("--seeds", "a file holds one run: leave --seeds out, or --data");
  }
  if (a->duration > 0 && a->warmup_s * HFT_SECOND >= a->duration) {
    return usage_error("--duration", "must be longer than --warmup-s, which is left out");
  }
  return check_tape_options(a);
}

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"config", CLI_TEXT, &a->config, "CONFIG", "run this file or preset (default)", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "change a key of the config", 0, 0},
      {"instrument", CLI_INT, &a->instrument, "N", "the instrument to measure, counted from 0 (0)",
       0, HFT_INSTRUMENTS_MAX - 1},
      {"data", CLI_TEXT, &a->data, "FILE",
       "measure a dataset of 'hftsim gen', or LOBSTER messages (*.csv), instead", 0, 0},
      {"data-book0", CLI_TEXT, &a->data_book0, "FILE", "the orderbook file of those messages", 0,
       0},
      {"session", CLI_TEXT, &a->session, "SYMBOL/DAY", "session of the dataset, if it has several",
       0, 0},
      {"seed", CLI_SEED, &a->seed, "N", "seed of the simulation and of the intervals (0)", 0, 0},
      {"seeds", CLI_INT, &a->seeds, "N", "seeds whose scores and dynamics are taken together (1)",
       1, 1000},
      {"duration", CLI_DURATION, &a->duration, "TIME", "market time from the open (all)", 0, 0},
      {"warmup-s", CLI_INT, &a->warmup_s, "S", "seconds left out at the open (60)", 0, 86400},
      {"interval", CLI_DURATION, &a->interval, "TIME", "time between samples of the book (1s)", 0,
       0},
      {"against", CLI_TEXT, &a->tape, "FILE", "compare with these LOBSTER messages", 0, 0},
      {"book0", CLI_TEXT, &a->book0, "FILE",
       "a LOBSTER orderbook file: the book after the first message, or after each", 0, 0},
      {"blocks", CLI_TEXT, &a->blocks, "WHICH",
       "blocks of the tape that are compared: all, odd, even", 0, 0},
      {"block", CLI_DURATION, &a->block, "TIME", "length of the tape's blocks (300s)", 0, 0},
      {"unmatched-max", CLI_SHARE, &a->unmatched_max, "SHARE",
       "share of its rows that may contradict the messages (0.01)", 0, 0},
      {"claim", CLI_REPEAT, &a->claims, "FACT", "a fact that must not fail, all or none", 0, 0},
      {"html", CLI_TEXT, &a->html, "FILE", "write a page with plots", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of text", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim validate [--config CONFIG | --data FILE] [--against FILE] [options]",
      .about = about,
      .examples = examples,
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  if (!cli_parse(&usage, argc, argv, NULL, exit_code)) return false;
  *exit_code = check_options(a);
  return *exit_code == CLI_OK;
}

// ---- claims ----------------------------------------------------------------------------------

static const char *name_of(int measure) {
  return measure < HFT_FACT_COUNT ? hft_fact_table[measure].name
                                  : hft_dynamic_table[measure - HFT_FACT_COUNT].name;
}

static int no_fact(const char *name) {
  const char *names[CLI_MEASURES + 2];
  for (int i = 0; i < CLI_MEASURES; i++) names[i] = name_of(i);
  names[CLI_MEASURES] = "all";
  names[CLI_MEASURES + 1] = "none";
  const char *near = hft_nearest(name, names, CLI_MEASURES + 2);
  fprintf(stderr, "hftsim: --claim: there is no fact '%s'", name);
  if (near != NULL) fprintf(stderr, "; did you mean '%s'?", near);
  fprintf(stderr, "\n  facts:");
  for (int i = 0; i < CLI_MEASURES; i++) fprintf(stderr, " %s", names[i]);
  fprintf(stderr, "\n");
  return CLI_USAGE;
}

// The facts that the options claim; without options, those of the default market.
static int set_claims(const arguments *a, bool claimed[CLI_MEASURES]) {
  for (int i = 0; i < CLI_MEASURES; i++) {
    bool known = i < HFT_FACT_COUNT ? hft_fact_table[i].claimed
                                    : !isnan(hft_dynamic_table[i - HFT_FACT_COUNT].low);
    claimed[i] = a->claims.count == 0 && known;
  }
  for (int k = 0; k < a->claims.count; k++) {
    const char *name = a->claims.item[k];
    bool all = strcmp(name, "all") == 0, none = strcmp(name, "none") == 0;
    int fact = 0;
    while (fact < CLI_MEASURES && strcmp(name_of(fact), name) != 0) fact++;
    if (!all && !none && fact == CLI_MEASURES) return no_fact(name);
    if ((all || none) && a->claims.count > 1) return usage_error("--claim", "all or none is alone");
    for (int i = 0; i < CLI_MEASURES && all; i++) claimed[i] = true;
    if (fact < CLI_MEASURES) claimed[fact] = true;
  }
  return CLI_OK;
}

// ---- watching --------------------------------------------------------------------------------

// Adds what a listener has heard, and ends it.
static hft_status add_heard(hft_judge_listener *listener, const hft_observe_plan *plan,
                            hft_status status, cli_watched *out, hft_error *error) {
  hft_judge_rows rows = {0};
  const hft_judge_part part = {plan->warmup, 0, HFT_JUDGE_ALL};
  if (status == HFT_OK) status = hft_judge_stream_finish(listener->stream, &rows, error);
  hft_judge_stream_free(listener->stream);
  if (status == HFT_OK) status = cli_judge_add(out, &rows, &part, error);
  hft_judge_rows_free(&rows);
  return status;
}

// The first seed gives facts, scores and dynamics; further ones the latter two.
static hft_status run_seeds(const arguments *a, const hft_model *model, int instrument,
                            const hft_observe_plan *plan, const hft_progress *progress,
                            cli_watched *out, hft_error *error) {
  hft_judge_listener listener = {0};
  const hft_watcher watcher = hft_judge_watcher(&listener);
  hft_observe_plan both = *plan;
  both.also = &watcher;
  hft_status status =
      hft_facts_observe_market(model, instrument, a->seed, &both, progress, &out->seen, error);
  status = add_heard(&listener, plan, status, out, error);
  for (int64_t i = 1; i < a->seeds && status == HFT_OK; i++) {
    hft_judge_rows rows;
    const hft_judge_part part = {plan->warmup, 0, HFT_JUDGE_ALL};
    status = hft_judge_rows_of_market(model, instrument, a->seed + (uint64_t)i, plan->duration,
                                      progress, &rows, error);
    if (status == HFT_OK) status = cli_judge_add(out, &rows, &part, error);
    hft_judge_rows_free(&rows);
  }
  return status;
}

static hft_status run_config(const arguments *a, const hft_observe_plan *plan,
                             const hft_progress *progress, cli_watched *out, hft_error *error) {
  hft_config *config = NULL;
  hft_model *model = NULL;
  hft_status status = cli_load_config(a->config, &a->overrides, &config, error);
  int instrument = a->instrument > 0 ? (int)a->instrument : 0;
  if (status == HFT_OK) {
    cli_note_seats(config);
    status = cli_check_instrument(config, instrument, error);
  }
  if (status == HFT_OK) {
    status = cli_create_model(config, &model, error);
  }
  if (status == HFT_OK) {
    status = run_seeds(a, model, instrument, plan, progress, out, error);
  }
  if (status == HFT_OK) {
    char symbol[HFT_TEXT_MAX];
    hft_model_symbol(model, instrument, symbol, sizeof symbol);
    snprintf(out->name, sizeof out->name, "config %.120s%s, %s, seed %" PRIu64,
             a->config != NULL ? a->config : "default", a->overrides.count > 0 ? " (changed)" : "",
             symbol, a->seed);
  }
  hft_model_free(model);
  hft_config_free(config);
  return status;
}

static hft_status watch_dataset(const arguments *a, const hft_observe_plan *plan,
                                const hft_progress *progress, cli_watched *out, hft_error *error) {
  snprintf(out->name, sizeof out->name, "dataset %.120s%s%.80s", a->data,
           a->session != NULL ? ", " : "", a->session != NULL ? a->session : "");
  hft_judge_listener listener = {0};
  const hft_watcher watcher = hft_judge_watcher(&listener);
  hft_observe_plan both = *plan;
  both.also = &watcher;
  hft_status status =
      hft_facts_observe_dataset(a->data, a->session, &both, progress, &out->seen, error);
  return add_heard(&listener, plan, status, out, error);
}

// Observes a tape; its rows belong to the caller.
static hft_status watch_tape(const arguments *a, const char *messages, const char *book0,
                             const hft_observe_plan *plan, const hft_progress *progress,
                             cli_watched *out, hft_judge_rows *rows, hft_error *error) {
  snprintf(out->name, sizeof out->name, "%.250s", messages);
  *rows = (hft_judge_rows){0};
  const hft_tape_files files = {.messages = messages, .book0 = book0};
  hft_status status =
      hft_facts_observe_lobster(&files, a->unmatched_max, plan, progress, &out->seen, error);
  return status == HFT_OK ? hft_judge_rows_of_tape(messages, book0, rows, NULL, error) : status;
}

static hft_status watch_market(const arguments *a, const hft_observe_plan *plan, cli_watched *out,
                               hft_error *error) {
  cli_progress bar;
  cli_progress_start(&bar, a->data != NULL ? a->data : "market");
  const hft_progress progress = {cli_progress_goes_on, &bar};
  hft_status status;
  if (is_tape(a->data)) {
    hft_judge_rows rows;
    const hft_judge_part part = {plan->warmup, 0, HFT_JUDGE_ALL};
    status = watch_tape(a, a->data, a->data_book0, plan, &progress, out, &rows, error);
    if (status == HFT_OK) hft_judge_rows_cut(&rows, plan->duration);
    if (status == HFT_OK) status = cli_judge_add(out, &rows, &part, error);
    hft_judge_rows_free(&rows);
  } else if (a->data != NULL) {
    status = watch_dataset(a, plan, &progress, out, error);
  } else {
    status = run_config(a, plan, &progress, out, error);
  }
  cli_progress_stop(&bar);
  if (status == HFT_OK) status = cli_judge_estimate(out, a->seed, error);
  return status;
}

static hft_status watch_against(const arguments *a, cli_validation *v, hft_error *error) {
  cli_progress bar;
  cli_progress_start(&bar, a->tape);
  const hft_progress progress = {cli_progress_goes_on, &bar};
  const hft_observe_plan whole = {.warmup = v->plan.warmup, .interval = v->plan.interval};
  hft_judge_rows rows;
  hft_status status = watch_tape(a, a->tape, a->book0, &whole, &progress, &v->tape, &rows, error);
  if (status == HFT_OK) status = cli_judge_add_tape(v, &rows, error);
  if (status == HFT_OK) status = cli_judge_estimate(&v->tape, a->seed, error);
  hft_judge_rows_free(&rows);
  cli_progress_stop(&bar);
  return status;
}

static hft_status measure(cli_watched *w, uint64_t seed, hft_error *error) {
  if (w->seen.mid.count < 2) {
    return hft_fail(error, HFT_EDATA, w->name,
                    "too short: after the warm-up there are not two samples with a two-sided "
                    "book; a smaller --warmup-s or --interval may help");
  }
  hft_status status = hft_facts_measure(&w->seen, seed, w->facts);
  return status == HFT_OK ? HFT_OK : hft_fail(error, status, "facts", "out of memory");
}

static hft_status validate(const arguments *a, cli_validation *v, hft_error *error) {
  hft_status status = watch_market(a, &v->plan, &v->market, error);
  if (status == HFT_OK) status = measure(&v->market, a->seed, error);
  if (status != HFT_OK || !v->has_tape) return status;
  status = watch_against(a, v, error);
  if (status == HFT_OK) status = measure(&v->tape, a->seed, error);
  if (status != HFT_OK) return status;
  status = hft_facts_compare(&v->market.seen, &v->tape.seen, v->distances);
  if (status != HFT_OK) return hft_fail(error, status, "facts", "out of memory");
  return cli_judge_compare(v, error);
}

// ---- results ---------------------------------------------------------------------------------

static hft_status write_page(const cli_validation *v, hft_part *part, hft_error *error) {
  FILE *page = hft_part_stream(part);
  if (page == NULL) {
    return hft_fail(error, HFT_EIO, part->path, "cannot be written: %s", strerror(errno));
  }
  hft_status status = cli_validate_write_page(v, page);
  bool written = fflush(page) == 0 && !ferror(page);
  int code = errno;
  if (fclose(page) != 0) written = false;
  if (status != HFT_OK) return hft_fail(error, status, part->path, "out of memory");
  if (!written) {
    return hft_fail(error, HFT_EIO, part->path, "cannot be written: %s", strerror(code));
  }
  return hft_part_commit(part, error);
}

// The file of the page is created first, so that a path that cannot be written is reported at once.
static int run_and_print(const arguments *a, cli_validation *v) {
  hft_error error = {0};
  hft_part part = {0};
  hft_status status = HFT_OK;
  if (a->html != NULL) status = hft_part_begin(&part, a->html, true, &error);
  if (status == HFT_OK) status = validate(a, v, &error);
  if (status == HFT_OK && a->html != NULL) status = write_page(v, &part, &error);
  int code;
  if (status == HFT_OK) {
    code = a->json ? cli_validate_print_json(v) : cli_validate_print_text(v);
    if (code == CLI_OK && cli_validate_count(v, HFT_VERDICT_FAIL) > 0) code = CLI_FAILED;
  } else {
    code = cli_fail(&error);
    if (status == HFT_EINVAL) code = CLI_USAGE;  // an option is out of range
  }
  hft_part_abandon(&part);
  return code;
}

int cmd_validate(int argc, char **argv) {
  arguments a = {.instrument = -1,
                 .warmup_s = 60,
                 .interval = HFT_SECOND,
                 .block = 300 * HFT_SECOND,
                 .seeds = 1,
                 .unmatched_max = 0.01};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  cli_validation *v = calloc(1, sizeof *v);
  if (v == NULL) return cli_fail(&(hft_error){HFT_ENOMEM, "validate", "out of memory"});
  v->plan = (hft_observe_plan){
      .warmup = a.warmup_s * HFT_SECOND, .interval = a.interval, .duration = a.duration};
  v->seed = a.seed;
  v->seeds = (int)a.seeds;
  v->block = a.block;
  v->blocks = (uint8_t)blocks_of(a.blocks);
  v->has_tape = v->market.scored = v->tape.scored = a.tape != NULL;
  exit_code = set_claims(&a, v->claimed);
  if (exit_code == CLI_OK) {
    cli_stop_install();
    exit_code = run_and_print(&a, v);
  }
  cli_validate_free(v);
  free(v);
  return exit_code;
}
