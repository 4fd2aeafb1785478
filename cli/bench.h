// The benchmarks of hftsim bench, one source file each, and what they share.
#ifndef HFTSIM_CLI_BENCH_H
#define HFTSIM_CLI_BENCH_H

#include "cli/options.h"
#include "sim/config/config.h"

// Each runs the benchmark of its name with the arguments after it and returns an exit code.
int cli_bench_book(int argc, char **argv);
int cli_bench_market(int argc, char **argv);
int cli_bench_env(int argc, char **argv);
int cli_bench_server(int argc, char **argv);
int cli_bench_snapshot(int argc, char **argv);
int cli_bench_eval(int argc, char **argv);
int cli_bench_learn(int argc, char **argv);

// Messages of a market on which the book alone is timed, if no file is given.
#define CLI_BENCH_MESSAGES 1000000

// ---- benchmarks that step environments ---------------------------------------------------------

// Their shared options.
typedef struct cli_bench_envs {
  const char *config;
  cli_list overrides;
  int64_t msgs_per_step, seats, depth, envs, threads;
  uint64_t seed;
} cli_bench_envs;

// The default options, with `envs` environments and a thread for each core.
cli_bench_envs cli_bench_envs_default(int64_t envs);

// Writes the shared options to the beginning of a table and returns their number. --envs is not
// among them: its default differs between the benchmarks.
int cli_bench_envs_options(cli_bench_envs *envs, cli_option table[CLI_OPTIONS_MAX]);

// Makes the config that the options ask for. ECONFIG, EIO, ENOMEM. The caller frees *out with
// hft_config_free.
hft_status cli_bench_envs_config(const cli_bench_envs *envs, hft_config **out, hft_error *error);

#endif
