// hftsim bench: how fast the simulator is on this machine.
#include <stdio.h>
#include <string.h>

#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"

typedef struct benchmark {
  const char *name, *whole_name;  // whole_name is shown in errors about options
  int (*run)(int argc, char **argv);
} benchmark;

static const benchmark benchmarks[] = {
    {"book", "bench book", cli_bench_book},
    {"market", "bench market", cli_bench_market},
    {"env", "bench env", cli_bench_env},
    {"server", "bench server", cli_bench_server},
    {"snapshot", "bench snapshot", cli_bench_snapshot},
    {"eval", "bench eval", cli_bench_eval},
    {"learn", "bench learn", cli_bench_learn},
};

static const cli_usage overview = {
    .synopsis = "hftsim bench book|market|env|server|snapshot|eval|learn [options]",
    .about =
        "Measures the speed of the order book on a stream of messages (book), of a whole market "
        "with its agents (market), of environments (env), of a server of environments (server), "
        "of snapshots of a market (snapshot), of episodes of strategies (eval), and of learning "
        "(learn). 'hftsim bench book --help' shows the options of 'book'; the others work alike.",
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
            "hftsim: bench: there is no '%s'; choose book, market, env, server, snapshot, eval or "
            "learn\n",
            what);
    return CLI_USAGE;
  }
  char help[] = "--help";
  char *ask[] = {argv[0], help, NULL};
  (void)cli_parse(&overview, 2, ask, &what, &exit_code);
  return CLI_USAGE;
}
