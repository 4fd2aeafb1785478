// hftsim bench book: the time that a message takes in the order book.
#include "bench/book.h"

#include <inttypes.h>
#include <stdio.h>

#include "bench/record.h"
#include "cli/bench.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"

#define OWN_NAME "the default market's own messages"

typedef struct arguments {
  const char *messages;
  int64_t repeats, batch;
  bool json;
} arguments;

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"messages", CLI_TEXT, &a->messages, "FILE",
       "workload file (the messages of a session of the default market)", 0, 0},
      {"repeats", CLI_INT, &a->repeats, "R", "repetitions of the throughput measurement (7)", 1,
       HFT_BENCH_REPEATS_MAX},
      {"batch", CLI_INT, &a->batch, "N", "messages passed to the book per call (1)", 1,
       HFT_BENCH_BATCH_MAX},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim bench book [options]",
      .about =
          "Sends messages (limit orders, cancels, replaces) through the order book: those of a "
          "file (bench/workload.h has the format), or those that a session of the default market "
          "with seed 0 sends to its book. Prints the time per message in the best and in the "
          "median repetition; quantiles of the latency of single messages, measured in a separate "
          "pass; and a digest of all trades, which is the same for every correct engine. Batches "
          "of messages are faster in a large book: their cache misses overlap.",
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

// Reads the messages of a file or, without one, records those of the default market.
static hft_status read_workload(const char *path, hft_workload *workload, hft_error *error) {
  if (path != NULL) return hft_workload_read(path, workload, error);
  const cli_list none = {0};
  hft_config *config;
  hft_status status = cli_load_config(NULL, &none, &config, error);
  if (status != HFT_OK) return status;
  hft_model *model;
  status = cli_create_model(config, &model, error);
  hft_config_free(config);
  if (status != HFT_OK) return status;
  status = hft_bench_record(model, 0, CLI_BENCH_MESSAGES, workload, error);
  hft_model_free(model);
  return status;
}

static int print_json(const arguments *a, const hft_workload *w, const hft_bench_book_result *r) {
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

static int print_table(const arguments *a, const hft_workload *w, const hft_bench_book_result *r) {
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

int cli_bench_book(int argc, char **argv) {
  arguments a = {.repeats = 7, .batch = 1};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  cli_stop_install();
  hft_workload workload;
  hft_error error = {0};
  if (read_workload(a.messages, &workload, &error) != HFT_OK) return cli_fail(&error);
  cli_progress bar;
  cli_progress_start(&bar, "book");
  const hft_progress progress = {cli_progress_goes_on, &bar};
  hft_bench_book_result result;
  hft_status status =
      hft_bench_book(&workload, (int)a.repeats, (int)a.batch, &progress, &result, &error);
  cli_progress_end(&bar, status);
  if (status != HFT_OK) {
    exit_code = cli_fail(&error);
  } else {
    exit_code = a.json ? print_json(&a, &workload, &result) : print_table(&a, &workload, &result);
  }
  hft_workload_free(&workload);
  return exit_code;
}
