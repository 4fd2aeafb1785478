// Command lines: one table of options defines both the parser (getopt_long) and the --help text.
#ifndef HFTSIM_CLI_OPTIONS_H
#define HFTSIM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/base/units.h"

#define CLI_OPTIONS_MAX 32
#define CLI_REPEAT_MAX 64

typedef enum cli_option_kind {
  CLI_FLAG,      // bool
  CLI_TEXT,      // const char *
  CLI_INT,       // int64_t, within low .. high
  CLI_SHARE,     // double, 0 .. 1
  CLI_SEED,      // uint64_t: a number, or a range of seeds with an offset: "test:40"
  CLI_DURATION,  // hft_time: "90s", "1h", "250ms", or seconds without a unit
  CLI_REPEAT     // cli_list: may be given several times
} cli_option_kind;

typedef struct cli_list {
  int count;
  const char *item[CLI_REPEAT_MAX];
} cli_list;

typedef struct cli_option {
  const char *name;  // without dashes
  cli_option_kind kind;
  void *value;  // holds the default; set by the parser
  const char *metavar;
  const char *help;
  int64_t low, high;  // of a CLI_INT
  bool *given;        // set to true where the command line has the option; may be null
} cli_option;

typedef struct cli_command {
  const char *name;
  const char *summary;  // one line
  int (*run)(int argc, char **argv);
} cli_command;

typedef struct cli_usage {
  const char *synopsis;  // "hftsim gen --out FILE [options]"
  const char *about;     // a paragraph
  const char *examples;  // lines, each indented by two spaces
  const cli_option *options;
  int option_count;
  const char *positional;  // name of the one positional argument allowed, or null
  cli_list *positionals;   // receives any number of positional arguments; null: none or one
} cli_usage;

// Parses argv[1 .. argc - 1] into the options' values. Returns true if the command is to run.
// False: the help was printed to stdout (--help) or an error to stderr, and *exit_code is the exit
// code of the program. *positional receives the positional argument or null; it may be null if the
// usage has none.
bool cli_parse(const cli_usage *usage, int argc, char **argv, const char **positional,
               int *exit_code);

#endif
