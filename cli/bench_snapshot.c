// hftsim bench snapshot: the cost of a snapshot of a market.
#include <inttypes.h>
#include <stdio.h>

#include "bench/snapshot.h"
#include "cli/bench.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"

typedef struct arguments {
  const char *config;
  cli_list overrides;
  int64_t rounds;
  uint64_t seed;
  bool json;
} arguments;

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"config", CLI_TEXT, &a->config, "CONFIG", "file or preset (default)", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "change a key of the config", 0, 0},
      {"rounds", CLI_INT, &a->rounds, "R", "snapshots to take (1000)", 1, HFT_BENCH_ROUNDS_MAX},
      {"seed", CLI_SEED, &a->seed, "N", "seed of the market (0)", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim bench snapshot [options]",
      .about =
          "Takes snapshots of a running market and restores them. Prints the time of both "
          "together, and its ratio to the time of one memcpy of the market's bytes.",
      .examples =
          "  hftsim bench snapshot\n"
          "  hftsim bench snapshot --set market_config.instruments=8 --json\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

static int print(const arguments *a, const hft_bench_snapshot_result *r) {
  double both = r->snapshot_ns + r->restore_ns;
  double ratio = r->memcpy_ns > 0 ? both / r->memcpy_ns : 0;
  if (a->json) {
    return cli_print_json(json_pack("{s:s, s:I, s:I, s:f, s:f, s:f, s:f, s:f}", "bench", "snapshot",
                                    "bytes", (json_int_t)r->bytes, "rounds", (json_int_t)a->rounds,
                                    "snapshot_restore_ns", both, "snapshot_ns", r->snapshot_ns,
                                    "restore_ns", r->restore_ns, "memcpy_ns", r->memcpy_ns, "ratio",
                                    ratio));
  }
  printf("market      %12zu bytes\n", r->bytes);
  printf("snapshot    %12.0f ns\n", r->snapshot_ns);
  printf("restore     %12.0f ns\n", r->restore_ns);
  printf("memcpy      %12.0f ns; both together take %.2f times as long\n", r->memcpy_ns, ratio);
  return cli_end_output();
}

static int measure(const arguments *a, const hft_config *config) {
  hft_error error = {0};
  hft_model *model = NULL;
  hft_status status = cli_create_model(config, &model, &error);
  if (status != HFT_OK) return cli_fail(&error);
  hft_bench_snapshot_result result;
  status = hft_bench_snapshot(model, a->seed, (int)a->rounds, &result, &error);
  hft_model_free(model);
  return status == HFT_OK ? print(a, &result) : cli_fail(&error);
}

int cli_bench_snapshot(int argc, char **argv) {
  arguments a = {.rounds = 1000};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  hft_error error = {0};
  hft_config *config = NULL;
  if (cli_load_config(a.config, &a.overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  exit_code = measure(&a, config);
  hft_config_free(config);
  return exit_code;
}
