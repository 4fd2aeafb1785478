// hftsim gen: simulates a market and writes it as an HDF5 dataset.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"
#include "data/dataset/generate.h"
#include "data/dataset/schema.h"
#include "sim/base/version.h"

#define MIB 1048576.0
#define ONE_SIDED_MAX 0.05  // share of one-sided snapshots without a warning

typedef struct arguments {
  const char *out, *config, *day;
  cli_list overrides;
  hft_time duration;  // 0: the whole session
  uint64_t seed;
  int64_t levels, snapshot_ms;
  bool force, json;
} arguments;

typedef struct report {
  const hft_recording *recording;
  const char *symbol;
  int instruments;
  hft_generate_summary summary;
  double wall_s;
  json_t *warnings;  // array of strings
} report;

static const char about[] =
    "Simulates a market from its open and writes every event, every trade and snapshots of the "
    "book as an HDF5 file (docs/dataset.md). The same config and seed give the same bytes. The "
    "file appears under its name only when it is complete.";

static const char examples[] =
    "  hftsim gen --out day.h5\n"
    "  hftsim gen --out hour.h5 --config ou --duration 1h --seed 7 --levels 5\n"
    "  hftsim gen --out calm.h5 --set market_config.volatility=0.005 --snapshot-ms 1000 --force\n";

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"out", CLI_TEXT, &a->out, "FILE", "the file to write", 0, 0},
      {"config", CLI_TEXT, &a->config, "CONFIG", "file or preset (default)", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "change a key of the config", 0, 0},
      {"duration", CLI_DURATION, &a->duration, "TIME",
       "market time to record (the session: market_config.duration_s)", 0, 0},
      {"seed", CLI_SEED, &a->seed, "N", "seed of the simulation (0)", 0, 0},
      {"levels", CLI_INT, &a->levels, "L", "levels per side in a snapshot (10)", 1,
       HFT_SNAPSHOT_LEVELS_MAX},
      {"snapshot-ms", CLI_INT, &a->snapshot_ms, "MS", "market time between snapshots (100)", 1,
       86400000},
      {"day", CLI_TEXT, &a->day, "DATE", "label of the session, YYYY-MM-DD (2026-01-02)", 0, 0},
      {"force", CLI_FLAG, &a->force, NULL, "replace FILE if it exists", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print the summary as JSON", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim gen --out FILE [options]",
      .about = about,
      .examples = examples,
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  if (!cli_parse(&usage, argc, argv, NULL, exit_code)) return false;
  if (a->out != NULL && a->out[0] != '\0') return true;
  fprintf(stderr, "hftsim: --out is needed; 'hftsim gen --help' shows how\n");
  *exit_code = CLI_USAGE;
  return false;
}

static double seconds(hft_time time) {
  return (double)time / (double)HFT_SECOND;
}

static double per_second(const report *r, double amount) {
  return r->wall_s > 0 ? amount / r->wall_s : 0;
}

static double row_count(const report *r) {
  const hft_recorder_counts *rows = &r->summary.rows;
  return (double)(rows->events + rows->trades + rows->snapshots);
}

// Warns about properties that make the recorded market of little use.
static void warn(report *r) {
  const hft_recorder_counts *rows = &r->summary.rows;
  r->warnings = json_array();
  if (rows->window_refusals > 0) {
    cli_warn(r->warnings,
             "orders refused because their price was outside the window: %" PRId64
             "; a larger market_config.window_ticks or tick_size would hold this market",
             rows->window_refusals);
  }
  double share = (double)rows->one_sided / (double)rows->snapshots;
  if (share > ONE_SIDED_MAX) {
    cli_warn(r->warnings, "a side of the book was empty in %.0f%% of the snapshots", 100 * share);
  }
}

static int print_json(const report *r) {
  const hft_generate_summary *s = &r->summary;
  json_t *json =
      json_pack("{s:s, s:s, s:s, s:f, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:s, s:s}", "file",
                r->recording->path, "symbol", r->symbol, "day", r->recording->day, "duration_s",
                seconds(r->recording->duration_ns), "events", (json_int_t)s->rows.events, "trades",
                (json_int_t)s->rows.trades, "snapshots", (json_int_t)s->rows.snapshots, "messages",
                (json_int_t)s->messages, "bytes", (json_int_t)s->bytes, "wall_s", r->wall_s,
                "messages_per_s", per_second(r, (double)s->messages), "rows_per_s",
                per_second(r, row_count(r)), "version", hft_version, "revision", hft_revision);
  // JSON integers are signed here; a larger seed is written as a string.
  char seed[24];
  snprintf(seed, sizeof seed, "%" PRIu64, r->recording->seed);
  json_object_set_new(json, "seed",
                      r->recording->seed <= INT64_MAX ? json_integer((json_int_t)r->recording->seed)
                                                      : json_string(seed));
  json_object_set(json, "warnings", r->warnings);
  return cli_print_json(json);
}

static int print_table(const report *r) {
  const hft_generate_summary *s = &r->summary;
  char range[16] = "";  // SYMA1-3
  if (r->instruments > 1) snprintf(range, sizeof range, "1-%d", r->instruments);
  printf("%s: /%s%s/%s, %.6g s of market time, seed %" PRIu64 "\n", r->recording->path, r->symbol,
         range, r->recording->day, seconds(r->recording->duration_ns), r->recording->seed);
  printf("events    %12" PRId64 " rows\n", s->rows.events);
  printf("trades    %12" PRId64 " rows\n", s->rows.trades);
  printf("snapshots %12" PRId64 " rows of %d levels a side\n", s->rows.snapshots,
         r->recording->levels);
  printf("file      %12.2f MiB\n", (double)s->bytes / MIB);
  printf("time      %12.2f s, %.0f messages/s, %.0f rows/s\n", r->wall_s,
         per_second(r, (double)s->messages), per_second(r, row_count(r)));
  return cli_end_output();
}

static hft_status check_duration(hft_time duration, hft_time session, hft_error *error) {
  if (duration <= session) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, "--duration",
                  "%.6g s is more than the session has; market_config.duration_s is %.6g",
                  seconds(duration), seconds(session));
}

static hft_status record(const arguments *a, const hft_config *config, const hft_model *model,
                         hft_recording *recording, report *r, hft_error *error) {
  char *effective = hft_config_print(config, 0);
  if (effective == NULL) return hft_fail(error, HFT_ENOMEM, "config", "out of memory");
  recording->config = effective;
  cli_progress bar;
  cli_progress_start(&bar, a->out);
  const hft_progress progress = {cli_progress_goes_on, &bar};
  double started = cli_now_s();
  hft_status status = hft_generate(recording, model, &progress, &r->summary, error);
  r->wall_s = cli_now_s() - started;
  cli_progress_end(&bar, status);
  free(effective);
  return status;
}

static int run_and_print(const arguments *a, const hft_config *config) {
  hft_error error = {0};
  hft_model *model;
  if (cli_create_model(config, &model, &error) != HFT_OK) {
    return cli_fail(&error);
  }
  hft_time session = hft_model_instrument(model)->duration;
  hft_recording recording = {
      .path = a->out,
      .force = a->force,
      .day = a->day,
      .seed = a->seed,
      .levels = (int)a->levels,
      .snapshot_ns = a->snapshot_ms * HFT_MILLISECOND,
      .duration_ns = a->duration > 0 ? a->duration : session,
  };
  report r = {.recording = &recording,
              .symbol = hft_model_market_config(model)->symbol.text,
              .instruments = hft_model_instrument_count(model)};
  hft_status status = check_duration(recording.duration_ns, session, &error);
  if (status == HFT_OK) status = record(a, config, model, &recording, &r, &error);
  int code;
  if (status == HFT_OK) {
    warn(&r);
    code = a->json ? print_json(&r) : print_table(&r);
    json_decref(r.warnings);
  } else {
    code = cli_fail(&error);
    if (status == HFT_EINVAL) code = CLI_USAGE;  // an option is out of range
  }
  hft_model_free(model);
  return code;
}

int cmd_gen(int argc, char **argv) {
  arguments a = {.day = "2026-01-02", .levels = 10, .snapshot_ms = 100};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  cli_stop_install();
  hft_error error = {0};
  hft_config *config = NULL;
  if (cli_load_config(a.config, &a.overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  cli_note_seats(config);
  exit_code = run_and_print(&a, config);
  hft_config_free(config);
  return exit_code;
}
