// hftsim bench market: the time that a message takes in a whole market.
#include "bench/market.h"

#include <inttypes.h>
#include <stdio.h>

#include "bench/book.h"
#include "bench/headcount.h"
#include "bench/record.h"
#include "cli/bench.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"

#define BOOK_REPEATS 7  // of the book alone

#define HEADCOUNT_MAX 1000000000

typedef struct arguments {
  const char *config;
  cli_list overrides;
  const char *messages;
  hft_time wall_time;
  int64_t headcount;  // 0: as the config has it
  uint64_t seed;
  bool json;
} arguments;

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"config", CLI_TEXT, &a->config, "CONFIG", "file or preset (default)", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "change a key of the config", 0, 0},
      {"messages", CLI_TEXT, &a->messages, "FILE",
       "workload for timing the book alone (the messages of this market)", 0, 0},
      {"headcount", CLI_INT, &a->headcount, "H",
       "traders in each population; the total rate of orders stays as in the config", 1,
       HEADCOUNT_MAX},
      {"seconds", CLI_DURATION, &a->wall_time, "S", "wall-clock time to run for (2)", 0, 0},
      {"seed", CLI_SEED, &a->seed, "N", "seed of the first session (0)", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim bench market [options]",
      .about =
          "Runs one market with everything in its config on one processor for a stretch of "
          "wall-clock time, session after session. Prints the number of messages handled, the "
          "all-in time per message (clock, draws, exchange, matching, events) in the best and in "
          "the median slice of that time, and its ratio to the time of a message in the order book "
          "alone. The book is timed first, as by 'hftsim bench book': on a file of messages, or on "
          "those of this market's first book. Without a file, a market with auctions, halts or "
          "icebergs has no ratio: its messages do not form a workload. With --headcount, a market "
          "of that many traders and the config's own market take turns, and the ratio of their "
          "times per message is printed as well.",
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

// What is printed. Times of 0 ns: the book could not be timed alone.
typedef struct figures {
  hft_bench_market_result market;
  double headcount_ratio;  // of its time to that with the config's headcounts; 0: not asked for
  double book_ns_per_msg;
  uint64_t book_messages;
} figures;

static int print_json(const arguments *a, const figures *f) {
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

static int print_table(const arguments *a, const figures *f) {
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

// Times the book alone. The figures stay 0 if the market's messages do not form a workload.
static hft_status measure_book(const arguments *a, const hft_model *model, figures *measured,
                               hft_error *error) {
  hft_workload workload;
  hft_status status = a->messages != NULL
                          ? hft_workload_read(a->messages, &workload, error)
                          : hft_bench_record(model, a->seed, CLI_BENCH_MESSAGES, &workload, error);
  if (status == HFT_EDATA && a->messages == NULL) {
    fprintf(stderr, "hftsim: no ratio: %s\n", error->text);
    return HFT_OK;
  }
  if (status != HFT_OK) return status;
  hft_bench_book_result result;
  status = hft_bench_book(&workload, BOOK_REPEATS, 1, NULL, &result, error);
  measured->book_ns_per_msg = result.ns_per_msg;
  measured->book_messages = workload.timed_count;
  hft_workload_free(&workload);
  return status;
}

// models[0] is the market asked for; models[1], if any, the one with the config's headcounts.
static int measure(const arguments *a, const hft_model *const *models, int count) {
  hft_error error = {0};
  figures measured = {0};
  if (measure_book(a, models[0], &measured, &error) != HFT_OK) return cli_fail(&error);
  cli_progress bar;
  cli_progress_start(&bar, "market");
  const hft_progress progress = {cli_progress_goes_on, &bar};
  hft_bench_market_result result[HFT_BENCH_MARKETS_MAX];
  hft_status status =
      hft_bench_market(models, count, a->seed, a->wall_time, &progress, result, &error);
  cli_progress_end(&bar, status);
  if (status != HFT_OK) return cli_fail(&error);
  measured.market = result[0];
  if (count > 1) measured.headcount_ratio = result[0].ns_per_msg / result[1].ns_per_msg;
  return a->json ? print_json(a, &measured) : print_table(a, &measured);
}

// Creates the model of the config and, with --headcount, puts the model asked for before it.
static hft_status create_models(const arguments *a, hft_config *config, hft_model **models,
                                int *count, hft_error *error) {
  hft_status status = cli_create_model(config, &models[0], error);
  if (status != HFT_OK) return status;
  *count = 1;
  if (a->headcount == 0) return HFT_OK;
  status = hft_bench_set_headcount(config, a->headcount, error);
  if (status != HFT_OK) return status;
  models[1] = models[0];
  models[0] = NULL;
  *count = 2;
  return cli_create_model(config, &models[0], error);
}

int cli_bench_market(int argc, char **argv) {
  arguments a = {.wall_time = 2 * HFT_SECOND};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  cli_stop_install();
  hft_error error = {0};
  hft_config *config = NULL;
  if (cli_load_config(a.config, &a.overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  hft_model *models[HFT_BENCH_MARKETS_MAX] = {NULL};
  int count = 0;
  if (create_models(&a, config, models, &count, &error) == HFT_OK) {
    exit_code = measure(&a, (const hft_model *const *)models, count);
  } else {
    exit_code = cli_fail(&error);
  }
  for (int k = 0; k < count; k++) hft_model_free(models[k]);
  hft_config_free(config);
  return exit_code;
}
