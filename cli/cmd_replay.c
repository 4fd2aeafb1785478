// hftsim replay: compares the order book with recorded NASDAQ data.
#include <inttypes.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "data/lobster/replay.h"

#define USD 10000.0  // LOBSTER price units per USD

typedef struct arguments {
  hft_replay_files files;
  double unmatched_max;
  bool json;
} arguments;

static const char about[] =
    "Replays LOBSTER messages (lobsterdata.com) on the simulator's order book and compares the "
    "best bid and ask, price and size, with the recorded ones after every message. Levels beyond "
    "those of the files change without a message, so levels that come into view are taken from the "
    "rows. Rows that contradict the messages correct the book, so that a fault is counted once. "
    "Exits with 0 if the share of rows that differ is at most --unmatched-max, with 1 otherwise.";

static const char examples[] =
    "  hftsim replay --messages AAPL_message_50.csv --book0 AAPL_orderbook_50.csv \\\n"
    "    --truth AAPL_orderbook_1.csv\n"
    "  hftsim replay --messages AAPL_message_5.csv --book0 AAPL_orderbook_5.csv \\\n"
    "    --truth AAPL_orderbook_5.csv --unmatched-max 0.001\n";

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"messages", CLI_TEXT, &a->files.messages, "FILE", "the message file", 0, 0},
      {"book0", CLI_TEXT, &a->files.book0, "FILE",
       "an orderbook file whose first row is the book after the first message", 0, 0},
      {"truth", CLI_TEXT, &a->files.truth, "FILE",
       "an orderbook file with a row for each message; its best level is compared", 0, 0},
      {"unmatched-max", CLI_SHARE, &a->unmatched_max, "SHARE", "share of rows that may differ (0)",
       0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of text", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim replay --messages FILE --book0 FILE --truth FILE [options]",
      .about = about,
      .examples = examples,
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  if (!cli_parse(&usage, argc, argv, NULL, exit_code)) return false;
  const hft_replay_files *files = &a->files;
  const char *missing = files->messages == NULL ? "--messages"
                        : files->book0 == NULL  ? "--book0"
                        : files->truth == NULL  ? "--truth"
                                                : NULL;
  if (missing == NULL) return true;
  fprintf(stderr, "hftsim: %s is needed; 'hftsim replay --help' shows how\n", missing);
  *exit_code = CLI_USAGE;
  return false;
}

// ---- JSON ------------------------------------------------------------------------------------

// Prices in USD x 10,000, as in the files; an empty side is null.
static void set_level(json_t *object, const char *price, const char *size,
                      const hft_lobster_level *level) {
  bool none = level->price == 0;
  json_object_set_new(object, price, none ? json_null() : json_integer((json_int_t)level->price));
  json_object_set_new(object, size, json_integer(level->size));
}

static json_t *touch_json(const hft_touch *touch) {
  json_t *object = json_object();
  set_level(object, "ask_price", "ask_size", &touch->best[HFT_ASK]);
  set_level(object, "bid_price", "bid_size", &touch->best[HFT_BID]);
  return object;
}

static json_t *difference_json(const hft_replay_difference *first) {
  return json_pack("{s:I, s:I, s:f, s:I, s:o, s:o}", "row", (json_int_t)first->row, "line",
                   (json_int_t)first->row + 1, "time_s",
                   (double)first->message.time / (double)HFT_SECOND, "time_ns",
                   (json_int_t)first->message.time, "expected", touch_json(&first->expected), "got",
                   touch_json(&first->got));
}

static int print_json(const hft_replay_result *result) {
  const hft_reconstruct_counts *counts = &result->counts;
  const struct {
    const char *name;
    int64_t value;
  } numbers[] = {
      {"rows_compared", result->rows_compared},
      {"rows_equal", result->rows_equal},
      {"tick", result->window.tick},
      {"price_low", result->window.low},
      {"price_high", result->window.high},
      {"executions", counts->executions},
      {"executions_out_of_turn", counts->out_of_turn},
      {"older_orders", counts->older},
      {"unknown_orders", counts->unknown},
      {"crossing_orders", counts->crossing},
      {"outside_messages", counts->outside},
      {"odd_messages", counts->odd},
      {"levels_into_view", counts->levels_in},
      {"levels_out_of_view", counts->levels_out},
      {"levels_corrected", counts->levels_wrong},
  };
  json_t *object = json_object();
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    json_object_set_new(object, numbers[i].name, json_integer((json_int_t)numbers[i].value));
  }
  json_object_set_new(object, "first_difference",
                      result->differs ? difference_json(&result->first) : json_null());
  return cli_print_json(object);
}

// ---- text ------------------------------------------------------------------------------------

static void print_level(const char *side, const hft_lobster_level *level) {
  if (level->price == 0) {
    printf("  %s none", side);
  } else {
    printf("  %s %" PRId32 " at %.4f", side, level->size, (double)level->price / USD);
  }
}

static void print_touch(const char *label, const hft_touch *touch) {
  printf("  %-9s", label);
  print_level("bid", &touch->best[HFT_BID]);
  print_level("ask", &touch->best[HFT_ASK]);
  printf("\n");
}

static void print_count(const char *what, int64_t count, const char *words) {
  printf("%-15s %10" PRId64 "  %s\n", what, count, words);
}

static int print_text(const hft_replay_result *result) {
  const hft_reconstruct_counts *counts = &result->counts;
  printf("rows compared   %10" PRId64 "\n", result->rows_compared);
  printf("rows equal      %10" PRId64 "\n", result->rows_equal);
  printf("executions      %10" PRId64 "  of which first in their queue: %" PRId64 "\n",
         counts->executions, counts->executions - counts->out_of_turn);
  print_count("older orders", counts->older,
              "messages about orders placed before the start of the file, or out of its view");
  print_count("unknown orders", counts->unknown,
              "messages about orders deeper than the files show");
  print_count("crossing orders", counts->crossing,
              "left out: they would have traded with the book as it is known");
  print_count("levels in view", counts->levels_in,
              "came into the view of the rows and so into the book");
  print_count("levels wrong", counts->levels_wrong, "contradicted a row, which corrected the book");
  const hft_price_window *window = &result->window;
  printf("outside prices  %10" PRId64 "  messages left out: not from %.4f to %.4f\n",
         counts->outside, (double)window->low / USD, (double)window->high / USD);
  printf("odd prices      %10" PRId64 "  messages left out: no multiple of the tick of %.4f\n",
         counts->odd, (double)window->tick / USD);
  if (result->differs) {
    const hft_replay_difference *first = &result->first;
    printf("first difference in row %" PRId64 " (line %" PRId64 "), at %" PRId64 ".%09" PRId64
           " s:\n",
           first->row, first->row + 1, first->message.time / HFT_SECOND,
           first->message.time % HFT_SECOND);
    print_touch("expected:", &first->expected);
    print_touch("got:", &first->got);
  }
  return cli_end_output();
}

int cmd_replay(int argc, char **argv) {
  arguments a = {0};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  hft_replay_result result;
  hft_error error = {0};
  if (hft_replay_run(&a.files, &result, &error) != HFT_OK) return cli_fail(&error);
  exit_code = a.json ? print_json(&result) : print_text(&result);
  double unequal = (double)(result.rows_compared - result.rows_equal);
  bool fails = unequal > a.unmatched_max * (double)result.rows_compared;
  return exit_code == CLI_OK && fails ? CLI_FAILED : exit_code;
}
