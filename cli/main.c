// hftsim: finds the command and runs it.
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/stop.h"
#include "sim/base/version.h"
#include "sim/config/key.h"

static const cli_command commands[] = {
    {"serve", "serve market environments to learners over ZeroMQ", cmd_serve},
    {"keygen", "make a key pair for encrypted connections to a server", cmd_keygen},
    {"gen", "simulate a market and write it as an HDF5 dataset", cmd_gen},
    {"baseline", "run strategies and report their results", cmd_baseline},
    {"compare", "compare strategies in the same worlds", cmd_compare},
    {"evaluate", "play the checkpoint of a training in unseen worlds", cmd_evaluate},
    {"report", "make an HTML page of the results of runs", cmd_report},
    {"impact", "measure a parent order's impact against the same world without it", cmd_impact},
    {"tasks", "score a strategy on a leaderboard task", cmd_tasks},
    {"train", "train policies for the seats of a config", cmd_train},
    {"replay", "compare the order book with recorded NASDAQ data", cmd_replay},
    {"calibrate", "fit a market to recorded NASDAQ data", cmd_calibrate},
    {"validate", "compare a market with the stylised facts of real ones", cmd_validate},
    {"bench", "measure the speed of the simulator on this machine", cmd_bench},
    {"config", "show, check and list configs", cmd_config},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static const char examples[] =
    "Examples:\n"
    "  hftsim gen --out day.h5 --duration 1h\n"
    "  hftsim baseline --strategy twap\n"
    "  hftsim serve --config market_making\n";

static void print_commands(FILE *stream) {
  fprintf(stream, "Commands:\n");
  for (int i = 0; i < COMMAND_COUNT; i++) {
    fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].summary);
  }
}

static int print_help(void) {
  printf("hftsim: a limit-order-book market simulator with a multi-agent gym server\n\n");
  printf("Usage: hftsim COMMAND [options]\n       hftsim --version | --help\n\n");
  print_commands(stdout);
  printf("\n%s\n'hftsim COMMAND --help' shows the options of a command.\n", examples);
  return cli_end_output();
}

static int print_version(void) {
  printf("hftsim %s (%s)\n", hft_version, hft_revision);
  return cli_end_output();
}

static const cli_command *find_command(const char *name) {
  for (int i = 0; i < COMMAND_COUNT; i++) {
    if (strcmp(commands[i].name, name) == 0) return &commands[i];
  }
  return NULL;
}

static int no_command(const char *name) {
  const char *names[COMMAND_COUNT];
  for (int i = 0; i < COMMAND_COUNT; i++) names[i] = commands[i].name;
  const char *kind = name[0] == '-' ? "option" : "command";
  const char *near = hft_nearest(name, names, COMMAND_COUNT);
  fprintf(stderr, "hftsim: there is no %s '%s'", kind, name);
  if (near != NULL) fprintf(stderr, "; did you mean '%s'?", near);
  fprintf(stderr, "\n'hftsim --help' lists the commands\n");
  return CLI_USAGE;
}

static int stray_argument(const char *argument) {
  fprintf(stderr, "hftsim: unexpected argument '%s'; 'hftsim --help' shows how\n", argument);
  return CLI_USAGE;
}

// `hftsim help` or `hftsim help COMMAND`.
static int help(int argc, char **argv) {
  if (argc > 2) return stray_argument(argv[2]);
  if (argc < 2) return print_help();
  const cli_command *command = find_command(argv[1]);
  if (command == NULL) return no_command(argv[1]);
  char option[] = "--help";
  char *arguments[] = {argv[1], option, NULL};
  return command->run(2, arguments);
}

int main(int argc, char **argv) {
  cli_ignore_size_limit();
  if (argc < 2) {
    fprintf(stderr, "Usage: hftsim COMMAND [options]\n\n");
    print_commands(stderr);
    return CLI_USAGE;
  }
  const char *name = argv[1];
  const cli_command *command = find_command(name);
  if (command != NULL) return command->run(argc - 1, argv + 1);
  if (strcmp(name, "help") == 0) return help(argc - 1, argv + 1);
  bool wants_help = strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0;
  if (!wants_help && strcmp(name, "--version") != 0) return no_command(name);
  if (argc > 2) return stray_argument(argv[2]);
  return wants_help ? print_help() : print_version();
}
