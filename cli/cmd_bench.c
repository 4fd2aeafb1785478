// hftsim bench: how fast the order book, and a whole market, are here.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/book.h"
#include "bench/headcount.h"
#include "bench/market.h"
#include "bench/record.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"

// Messages of a market's own that the book is timed on where no file is given, and how often.
#define OWN_MESSAGES 1000000
#define OWN_NAME "the default market's own messages"
#define BOOK_REPEATS 7

// The models that this file makes have no agents but those of their configs.
static hft_status create_model(const hft_config *config, hft_model **out, hft_error *error) {
  return hft_model_create(config, hft_catalog_classes, hft_catalog_class_count, NULL, 0, out,
                          error);
}

// ---- bench book ------------------------------------------------------------------------------

typedef struct book_arguments {
  const char *messages;
  int64_t repeats, batch;
  bool json;
} book_arguments;

static bool parse_book(int argc, char **argv, book_arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"messages", CLI_TEXT, &a->messages, "FILE",
       "the workload (what the default market does to its book)", 0, 0},
      {"repeats", CLI_INT, &a->repeats, "R", "repetitions of the throughput's part (7)", 1,
       HFT_BENCH_REPEATS_MAX},
      {"batch", CLI_INT, &a->batch, "N", "messages that the book is given at once (1)", 1,
       HFT_BENCH_BATCH_MAX},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim bench book [options]",
      .about =
          "Sends messages (limit orders, cancels, replaces) through the order book: those of a "
          "file "
          "(bench/workload.h has the format), or what a session of the default market with the "
          "seed 0 does to its book. Prints the time that a message takes, of the best and of the "
          "median repetition; quantiles of the latency of a single message, from a pass of its "
          "own; and the digest of all trades, in which every right engine agrees. Messages that "
          "come in batches are faster in a large book: the waits for memory overlap.",
      .examples =
          "  hftsim bench book\n"
          "  hftsim bench book --messages shallow.bin\n"
          "  hftsim bench book --messages deep.bin --repeats 20 --json\n"
          "  hftsim bench book --messages deep.bin --batch 256\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

// The file's messages, or those of the default market.
static hft_status read_workload(const char *path, hft_workload *workload, hft_error *error) {
  if (path != NULL) return hft_workload_read(path, workload, error);
  const cli_list none = {0};
  hft_config *config;
  hft_status status = cli_load_config(NULL, &none, &config, error);
  if (status != HFT_OK) return status;
  hft_model *model;
  status = create_model(config, &model, error);
  hft_config_free(config);
  if (status != HFT_OK) return status;
  status = hft_bench_record(model, 0, OWN_MESSAGES, workload, error);
  hft_model_free(model);
  return status;
}

static int print_book_json(const book_arguments *a, const hft_workload *w,
                           const hft_bench_book_result *r) {
  char ids[20], full[20];
  snprintf(ids, sizeof ids, "%016" PRIx64, r->digest.ids);
  snprintf(full, sizeof full, "%016" PRIx64, r->digest.full);
  return cli_print_json(json_pack(
      "{s:s, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:s, s:s, s:i, s:i}", "bench",
      "book", "messages", (json_int_t)w->timed_count, "batch", (json_int_t)a->batch, "ns_per_msg",
      r->ns_per_msg, "ns_per_msg_median", r->ns_per_msg_median, "p50_ns", r->p50_ns, "p99_ns",
      r->p99_ns, "p999_ns", r->p999_ns, "trades", (json_int_t)r->digest.trades, "volume",
      (json_int_t)r->digest.volume, "notional", (json_int_t)r->digest.notional, "tape_ids", ids,
      "tape_full", full, "best_bid", (int)r->best_bid, "best_ask", (int)r->best_ask));
}

static int print_book_table(const book_arguments *a, const hft_workload *w,
                            const hft_bench_book_result *r) {
  printf("%s: %" PRIu32 " messages after a prefill of %" PRIu32 "\n",
         a->messages != NULL ? a->messages : OWN_NAME, w->timed_count, w->prefill_count);
  printf("throughput  %8.2f ns a message, %.2f million messages/s (best of %" PRId64
         ", in batches of %" PRId64 ")\n",
         r->ns_per_msg, 1e3 / r->ns_per_msg, a->repeats, a->batch);
  printf("            %8.2f ns a message (median)\n", r->ns_per_msg_median);
  printf("latency     %8.1f ns p50, %.1f ns p99, %.1f ns p99.9\n", r->p50_ns, r->p99_ns,
         r->p999_ns);
  printf("trades      %8" PRIu64 ", volume %" PRIu64 ", notional %" PRIu64 "\n", r->digest.trades,
         r->digest.volume, r->digest.notional);
  printf("tape        ids %016" PRIx64 ", full %016" PRIx64 "\n", r->digest.ids, r->digest.full);
  printf("at the end  best bid %" PRId32 ", best ask %" PRId32 "\n", r->best_bid, r->best_ask);
  return cli_end_output();
}

static int run_book(int argc, char **argv) {
  book_arguments a = {.repeats = 7, .batch = 1};
  int exit_code;
  if (!parse_book(argc, argv, &a, &exit_code)) return exit_code;
  cli_stop_install();
  hft_workload workload;
  hft_error error = {0};
  if (read_workload(a.messages, &workload, &error) != HFT_OK) return cli_fail(&error);
  cli_progress bar;
  cli_progress_start(&bar, "book");
  const hft_bench_progress progress = {cli_progress_goes_on, &bar};
  hft_bench_book_result result;
  hft_status status =
      hft_bench_book(&workload, (int)a.repeats, (int)a.batch, &progress, &result, &error);
  cli_progress_end(&bar, status);
  if (status != HFT_OK) {
    exit_code = cli_fail(&error);
  } else {
    exit_code =
        a.json ? print_book_json(&a, &workload, &result) : print_book_table(&a, &workload, &result);
  }
  hft_workload_free(&workload);
  return exit_code;
}

// ---- bench market ----------------------------------------------------------------------------

#define HEADCOUNT_MAX 1000000000

typedef struct market_arguments {
  const char *config;
  cli_list overrides;
  const char *messages;
  hft_time wall_time;
  int64_t headcount;  // 0: as the config has it
  uint64_t seed;
  bool json;
} market_arguments;

static bool parse_market(int argc, char **argv, market_arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"config", CLI_TEXT, &a->config, "CONFIG", "file or preset (default)", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "change a key of the config", 0, 0},
      {"messages", CLI_TEXT, &a->messages, "FILE",
       "workload of the book alone (the market's own messages)", 0, 0},
      {"headcount", CLI_INT, &a->headcount, "H",
       "traders that each population is made of, as many orders coming as from the config's", 1,
       HEADCOUNT_MAX},
      {"seconds", CLI_DURATION, &a->wall_time, "S", "wall-clock time to run for (2)", 0, 0},
      {"seed", CLI_SEED, &a->seed, "N", "seed of the first session (0)", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim bench market [options]",
      .about =
          "Runs one market on one processor, with all that its config puts into it, for a stretch "
          "of wall-clock time, session after session. Prints how many messages it handled, what "
          "one took all-in (clock, draws, exchange, match, events) in the best and in the median "
          "slice of that time, and the ratio of that to what a message takes in the order book "
          "alone. The book is timed before, as by 'hftsim bench book': on a file of messages, or "
          "on what this very market does to its (first) book. A market with auctions, halts or "
          "icebergs cannot be told as such messages: without a file there is no ratio then. With "
          "--headcount the market of so many traders and the config's own take turns, and how many "
          "times as long a message takes with the former is printed, too.",
      .examples =
          "  hftsim bench market\n"
          "  hftsim bench market --config ou --seconds 10 --json\n"
          "  hftsim bench market --messages shallow.bin\n"
          "  hftsim bench market --headcount 1000000\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

// What is printed: the market, and the book alone (0 ns: it could not be timed).
typedef struct market_figures {
  hft_bench_market_result market;
  double headcount_ratio;  // of its time to that of the config's own headcounts; 0: not asked for
  double book_ns_per_msg;
  uint64_t book_messages;
} market_figures;

static int print_market_json(const market_arguments *a, const market_figures *f) {
  const hft_bench_market_result *r = &f->market;
  bool compares = f->book_ns_per_msg > 0, crowd = f->headcount_ratio > 0;
  return cli_print_json(json_pack(
      "{s:s, s:I, s:f, s:f, s:f, s:o, s:o, s:s, s:I, s:o, s:o, s:f, s:f}", "bench", "market",
      "messages", (json_int_t)r->messages, "messages_per_s", (double)r->messages / r->wall_s,
      "ns_per_msg", r->ns_per_msg, "ns_per_msg_median", r->ns_per_msg_median, "book_ns_per_msg",
      compares ? json_real(f->book_ns_per_msg) : json_null(), "ratio",
      compares ? json_real(r->ns_per_msg / f->book_ns_per_msg) : json_null(), "book_workload",
      a->messages != NULL ? a->messages : "market", "book_messages", (json_int_t)f->book_messages,
      "headcount", crowd ? json_integer((json_int_t)a->headcount) : json_null(), "headcount_ratio",
      crowd ? json_real(f->headcount_ratio) : json_null(), "simulated_s", r->simulated_s, "wall_s",
      r->wall_s));
}

static int print_market_table(const market_arguments *a, const market_figures *f) {
  const hft_bench_market_result *r = &f->market;
  printf("messages    %12" PRIu64 " in %.3f s\n", r->messages, r->wall_s);
  printf("throughput  %12.1f ns a message in the best slice, %.1f in the median one\n",
         r->ns_per_msg, r->ns_per_msg_median);
  if (f->book_ns_per_msg > 0) {
    printf("book alone  %12.1f ns a message on %s: the market takes %.1f times as long\n",
           f->book_ns_per_msg, a->messages != NULL ? a->messages : "the market's own messages",
           r->ns_per_msg / f->book_ns_per_msg);
  }
  if (f->headcount_ratio > 0) {
    printf("headcount   %12" PRId64
           " traders a population: %.3f times as long as the config's own\n",
           a->headcount, f->headcount_ratio);
  }
  printf("simulated   %12.1f s of market time, %.0f times as fast as the clock\n", r->simulated_s,
         r->simulated_s / r->wall_s);
  return cli_end_output();
}

// Times the book alone. A market that is no workload leaves the figures at 0.
static hft_status measure_book(const market_arguments *a, const hft_model *model,
                               market_figures *figures, hft_error *error) {
  hft_workload workload;
  hft_status status = a->messages != NULL
                          ? hft_workload_read(a->messages, &workload, error)
                          : hft_bench_record(model, a->seed, OWN_MESSAGES, &workload, error);
  if (status == HFT_EDATA && a->messages == NULL) {
    fprintf(stderr, "hftsim: no ratio: %s\n", error->text);
    return HFT_OK;
  }
  if (status != HFT_OK) return status;
  hft_bench_book_result result;
  status = hft_bench_book(&workload, BOOK_REPEATS, 1, NULL, &result, error);
  figures->book_ns_per_msg = result.ns_per_msg;
  figures->book_messages = workload.timed_count;
  hft_workload_free(&workload);
  return status;
}

// models[0] is what is asked for; models[1], if any, the config's own headcounts.
static int measure_market(const market_arguments *a, const hft_model *const *models, int count) {
  hft_error error = {0};
  market_figures figures = {0};
  if (measure_book(a, models[0], &figures, &error) != HFT_OK) return cli_fail(&error);
  cli_progress bar;
  cli_progress_start(&bar, "market");
  const hft_bench_progress progress = {cli_progress_goes_on, &bar};
  hft_bench_market_result result[HFT_BENCH_MARKETS_MAX];
  hft_status status =
      hft_bench_market(models, count, a->seed, a->wall_time, &progress, result, &error);
  cli_progress_end(&bar, status);
  if (status != HFT_OK) return cli_fail(&error);
  figures.market = result[0];
  if (count > 1) figures.headcount_ratio = result[0].ns_per_msg / result[1].ns_per_msg;
  return a->json ? print_market_json(a, &figures) : print_market_table(a, &figures);
}

// The model of a config, and before it that of the headcount asked for.
static hft_status create_models(const market_arguments *a, hft_config *config, hft_model **models,
                                int *count, hft_error *error) {
  hft_status status = create_model(config, &models[0], error);
  if (status != HFT_OK) return status;
  *count = 1;
  if (a->headcount == 0) return HFT_OK;
  status = hft_bench_set_headcount(config, a->headcount, error);
  if (status != HFT_OK) return status;
  models[1] = models[0];
  models[0] = NULL;
  *count = 2;
  return create_model(config, &models[0], error);
}

static int run_market(int argc, char **argv) {
  market_arguments a = {.wall_time = 2 * HFT_SECOND};
  int exit_code;
  if (!parse_market(argc, argv, &a, &exit_code)) return exit_code;
  cli_stop_install();
  hft_error error = {0};
  hft_config *config = NULL;
  if (cli_load_config(a.config, &a.overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  hft_model *models[HFT_BENCH_MARKETS_MAX] = {NULL};
  int count = 0;
  if (create_models(&a, config, models, &count, &error) == HFT_OK) {
    exit_code = measure_market(&a, (const hft_model *const *)models, count);
  } else {
    exit_code = cli_fail(&error);
  }
  for (int k = 0; k < count; k++) hft_model_free(models[k]);
  hft_config_free(config);
  return exit_code;
}

// ---- bench -----------------------------------------------------------------------------------

typedef struct benchmark {
  const char *name, *whole_name;  // the latter is what messages about its options show
  int (*run)(int argc, char **argv);
} benchmark;

static const benchmark benchmarks[] = {
    {"book", "bench book", run_book},
    {"market", "bench market", run_market},
    {"env", "bench env", cli_bench_env},
    {"server", "bench server", cli_bench_server},
    {"snapshot", "bench snapshot", cli_bench_snapshot},
};

static const cli_usage overview = {
    .synopsis = "hftsim bench book|market|env|server|snapshot [options]",
    .about =
        "Measures how fast the order book is on a stream of messages (book), or a whole market "
        "with "
        "its agents (market), or environments (env), or a server of them (server), or what a "
        "snapshot of a market costs (snapshot). 'hftsim bench book --help' and its like tell the "
        "options of each.",
    .examples =
        "  hftsim bench book\n"
        "  hftsim bench market --seconds 10 --json\n"
        "  hftsim bench server --envs 1024\n",
    .positional = "WHAT",
};

int cmd_bench(int argc, char **argv) {
  for (size_t i = 0; argc > 1 && i < sizeof benchmarks / sizeof benchmarks[0]; i++) {
    if (strcmp(argv[1], benchmarks[i].name) != 0) continue;
    char name[32];
    snprintf(name, sizeof name, "%s", benchmarks[i].whole_name);
    argv[1] = name;
    return benchmarks[i].run(argc - 1, argv + 1);
  }
  const char *what = NULL;
  int exit_code;
  if (!cli_parse(&overview, argc, argv, &what, &exit_code)) return exit_code;
  if (what != NULL) {
    fprintf(stderr,
            "hftsim: bench: there is no '%s'; 'book', 'market', 'env', 'server' and 'snapshot' are "
            "there\n",
            what);
    return CLI_USAGE;
  }
  char help[] = "--help";
  char *ask[] = {argv[0], help, NULL};
  (void)cli_parse(&overview, 2, ask, &what, &exit_code);
  return CLI_USAGE;
}
