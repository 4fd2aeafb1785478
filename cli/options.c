#include "cli/options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "cli/seeds.h"
#include "sim/base/check.h"
#include "sim/config/key.h"

#define HELP_COLUMN 26   // column of an option's help text
#define OPTION_CODE 256  // getopt_long's value of the first option, above all characters
#define DIGITS "0123456789"

// ---- help ------------------------------------------------------------------------------------

static void print_option(const char *name, const char *metavar, const char *help) {
  int column = printf("  --%s%s%s", name, metavar != NULL ? " " : "", metavar ? metavar : "");
  if (column + 2 > HELP_COLUMN) {
    printf("\n");
    column = 0;
  }
  printf("%*s", HELP_COLUMN - column, "");
  cli_print_wrapped(help, HELP_COLUMN, HELP_COLUMN);
}

static int print_usage(const cli_usage *usage) {
  printf("Usage: %s\n\n", usage->synopsis);
  cli_print_wrapped(usage->about, 0, 0);
  printf("\nOptions:\n");
  for (int i = 0; i < usage->option_count; i++) {
    const cli_option *option = &usage->options[i];
    print_option(option->name, option->metavar, option->help);
  }
  print_option("help", NULL, "print this help");
  printf("\nExamples:\n%s", usage->examples);
  return cli_end_output();
}

// ---- values ----------------------------------------------------------------------------------

// Parses a decimal without sign or exponent. Returns its length, or 0 if there is none.
static size_t parse_decimal(const char *text, double *value) {
  size_t length = strspn(text, DIGITS);
  if (length == 0) return 0;
  if (text[length] == '.') {
    size_t fraction = strspn(text + length + 1, DIGITS);
    if (fraction == 0) return 0;
    length += 1 + fraction;
  }
  char number[48];
  if (length >= sizeof number) return 0;
  memcpy(number, text, length);
  number[length] = '\0';
  *value = strtod(number, NULL);
  return length;
}

// Parses "90s", "1h30m" or "250ms"; a number without a unit is in seconds. False if the text is no
// duration or not above 0.
static bool parse_duration(const char *text, hft_time *duration) {
  static const struct {
    const char *name;
    double ns;
  } units[] = {{"h", 3600e9}, {"m", 60e9}, {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}};
  enum { UNIT_COUNT = sizeof units / sizeof units[0] };
  double total = 0;
  int next_unit = 0;  // each unit at most once, larger ones first
  const char *rest = text;
  do {
    double value;
    size_t length = parse_decimal(rest, &value);
    if (length == 0) return false;
    bool bare = rest == text && rest[length] == '\0';
    rest += length;
    size_t unit_length = strcspn(rest, DIGITS);
    int unit = next_unit;
    while (unit < UNIT_COUNT && (strlen(units[unit].name) != unit_length ||
                                 strncmp(units[unit].name, rest, unit_length) != 0)) {
      unit++;
    }
    if (unit == UNIT_COUNT && !bare) return false;
    total += value * (bare ? 1e9 : units[unit].ns);
    next_unit = unit + 1;
    rest += unit_length;
  } while (*rest != '\0');
  total = nearbyint(total);
  if (!(total >= 1 && total < 9e18)) return false;
  *duration = (hft_time)total;
  return true;
}

static bool add_item(cli_list *list, const char *text) {
  if (list->count == CLI_REPEAT_MAX) return false;
  list->item[list->count++] = text;
  return true;
}

// Reads the value of an option. False, with an error on stderr: the text is no value of its kind.
static bool set_value(const cli_option *option, const char *text) {
  const char *name = option->name;
  switch (option->kind) {
    case CLI_FLAG:
      *(bool *)option->value = true;
      return true;
    case CLI_TEXT:
      *(const char **)option->value = text;
      return true;
    case CLI_INT: {
      int64_t value;
      if (hft_parse_int(text, &value) && value >= option->low && value <= option->high) {
        *(int64_t *)option->value = value;
        return true;
      }
      fprintf(stderr, "hftsim: --%s: '%s' is not a whole number from %lld to %lld\n", name, text,
              (long long)option->low, (long long)option->high);
      return false;
    }
    case CLI_SHARE: {
      double value;
      if (hft_parse_real(text, &value) && value >= 0 && value <= 1) {
        *(double *)option->value = value;
        return true;
      }
      fprintf(stderr, "hftsim: --%s: '%s' is not a number from 0 to 1\n", name, text);
      return false;
    }
    case CLI_SEED:
      if (cli_parse_seed(text, option->value)) return true;
      fprintf(stderr,
              "hftsim: --%s: '%s' is neither a whole number from 0 to 18446744073709551615 nor a "
              "seed of a range such as test, test:40, validation or training\n",
              name, text);
      return false;
    case CLI_DURATION:
      if (parse_duration(text, option->value)) return true;
      fprintf(stderr, "hftsim: --%s: '%s' is not a time such as 90s, 1h30m or 250ms\n", name, text);
      return false;
    case CLI_REPEAT:
      if (add_item(option->value, text)) return true;
      fprintf(stderr, "hftsim: --%s: given more than %d times\n", name, CLI_REPEAT_MAX);
      return false;
  }
  return false;
}

// ---- parsing ---------------------------------------------------------------------------------

static int hint(const char *command) {
  fprintf(stderr, "'hftsim %s --help' shows how\n", command);
  return CLI_USAGE;
}

static int unknown_option(const cli_usage *usage, const char *command, const char *given) {
  const char *names[CLI_OPTIONS_MAX];
  char name[64];
  int count = usage->option_count;
  for (int i = 0; i < count; i++) names[i] = usage->options[i].name;
  snprintf(name, sizeof name, "%.*s", (int)strcspn(given, "="), given);
  const char *bare = name + strspn(name, "-");
  const char *near = hft_nearest(bare, names, count);
  fprintf(stderr, "hftsim: %s has no option '%s'", command, name);
  if (near != NULL) fprintf(stderr, "; did you mean '--%s'?", near);
  fprintf(stderr, "\n");
  return hint(command);
}

// Reports what getopt_long refused: a missing value, an unexpected value or an unknown option.
static int refused(const cli_usage *usage, char **argv, int code) {
  if (optopt >= OPTION_CODE || optopt == 'h') {
    const char *name = optopt == 'h' ? "help" : usage->options[optopt - OPTION_CODE].name;
    fprintf(stderr, "hftsim: --%s: %s\n", name, code == ':' ? "needs a value" : "takes no value");
    return hint(argv[0]);
  }
  if (optopt == 0) return unknown_option(usage, argv[0], argv[optind - 1]);
  const char letter[] = {'-', (char)optopt, '\0'};
  return unknown_option(usage, argv[0], letter);
}

static void make_table(const cli_usage *usage, struct option *table) {
  HFT_CHECK(usage->option_count <= CLI_OPTIONS_MAX);
  for (int i = 0; i < usage->option_count; i++) {
    const cli_option *option = &usage->options[i];
    int has_value = option->kind == CLI_FLAG ? no_argument : required_argument;
    table[i] = (struct option){option->name, has_value, NULL, OPTION_CODE + i};
  }
  table[usage->option_count] = (struct option){"help", no_argument, NULL, 'h'};
  table[usage->option_count + 1] = (struct option){NULL, 0, NULL, 0};
}

static bool take_positional(const cli_usage *usage, int argc, char **argv, const char **positional,
                            int *exit_code) {
  if (usage->positionals != NULL) {
    for (; optind < argc; optind++) {
      if (add_item(usage->positionals, argv[optind])) continue;
      fprintf(stderr, "hftsim: %s: more than %d arguments\n", argv[0], CLI_REPEAT_MAX);
      *exit_code = hint(argv[0]);
      return false;
    }
    return true;
  }
  int allowed = usage->positional != NULL ? 1 : 0;
  if (argc - optind > allowed) {
    fprintf(stderr, "hftsim: %s: unexpected argument '%s'\n", argv[0], argv[optind + allowed]);
    *exit_code = hint(argv[0]);
    return false;
  }
  if (positional != NULL) *positional = optind < argc ? argv[optind] : NULL;
  return true;
}

bool cli_parse(const cli_usage *usage, int argc, char **argv, const char **positional,
               int *exit_code) {
  struct option table[CLI_OPTIONS_MAX + 2];
  make_table(usage, table);
  opterr = 0;
  optind = 0;  // restarts getopt_long in glibc and musl
  int code;
  while ((code = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
    if (code == 'h') {
      *exit_code = print_usage(usage);
      return false;
    }
    if (code < OPTION_CODE) {
      *exit_code = refused(usage, argv, code);
      return false;
    }
    const cli_option *option = &usage->options[code - OPTION_CODE];
    if (!set_value(option, optarg)) {
      *exit_code = CLI_USAGE;
      return false;
    }
    if (option->given != NULL) *option->given = true;
  }
  return take_positional(usage, argc, argv, positional, exit_code);
}
