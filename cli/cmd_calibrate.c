// hftsim calibrate: fits a market to recorded messages.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/calibrate.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/stop.h"
#include "data/dataset/part.h"

typedef struct arguments {
  cli_list messages, books;
  const char *out, *holdout, *html;
  int64_t warmup_s, lot_size, seeds;
  bool force, json;
} arguments;

#define BLOCK_S 300.0

static const char about[] =
    "Fits the population reactive to recorded LOBSTER messages and writes a config with its "
    "tables beside it, which all commands take (docs/calibration.md). A part of the tape is held "
    "out: a scoreboard tells how far the fitted market is from it, beside the distance between "
    "the parts of the tape themselves and that of a zero-intelligence flow fitted to the same "
    "messages.";

static const char examples[] =
    "  hftsim calibrate --messages AAPL_message_50.csv --book AAPL_orderbook_50.csv\n"
    "  hftsim calibrate --messages MSFT_message_50.csv --out msft.yaml --html fit.html\n"
    "  hftsim calibrate --messages MONDAY_message_10.csv,TUESDAY_message_10.csv --json\n";

static int usage_error(const char *option, const char *words) {
  fprintf(stderr, "hftsim: %s: %s; 'hftsim calibrate --help' shows how\n", option, words);
  return CLI_USAGE;
}

// ---- options ---------------------------------------------------------------------------------

static bool parse_options(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"messages", CLI_REPEAT, &a->messages, "FILE[,FILE...]",
       "LOBSTER message files, each of one day", 0, 0},
      {"book", CLI_REPEAT, &a->books, "FILE[,FILE...]",
       "their orderbook files: the book after the first message, or after each", 0, 0},
      {"out", CLI_TEXT, &a->out, "CONFIG", "write the config, and its tables as *.tables.yaml", 0,
       0},
      {"holdout", CLI_TEXT, &a->holdout, "PART",
       "what is compared instead of fitted: odd-blocks fits the 1st, 3rd, ... 5 minutes and "
       "compares with the others, last-third, none (odd-blocks)",
       0, 0},
      {"warmup-s", CLI_INT, &a->warmup_s, "S", "seconds left out at the beginning (120)", 0, 86400},
      {"lot-size", CLI_INT, &a->lot_size, "N", "shares in a lot; sizes are rounded up (1)", 1,
       1000000},
      {"seeds", CLI_INT, &a->seeds, "N", "simulated sessions that are compared; 0: none (6)", 0,
       1000},
      {"html", CLI_TEXT, &a->html, "FILE", "write a page with plots", 0, 0},
      {"force", CLI_FLAG, &a->force, NULL, "replace files that exist", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of text", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim calibrate --messages FILE [--book FILE] [--out CONFIG] [options]",
      .about = about,
      .examples = examples,
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

// The names in a list whose items may be several names with commas. They belong to the caller.
static int split(const cli_list *list, char *names[CLI_CALIBRATE_FILES_MAX]) {
  int count = 0;
  for (int i = 0; i < list->count; i++) {
    const char *at = list->item[i];
    while (count < CLI_CALIBRATE_FILES_MAX) {
      size_t length = strcspn(at, ",");
      names[count++] = strndup(at, length);
      if (at[length] == '\0') break;
      at += length + 1;
    }
  }
  return count;
}

// The names of all files.
typedef struct names {
  char *messages[CLI_CALIBRATE_FILES_MAX], *books[CLI_CALIBRATE_FILES_MAX];
  int count, books_count;
} names;

static void free_names(names *n) {
  for (int i = 0; i < n->count; i++) free(n->messages[i]);
  for (int i = 0; i < n->books_count; i++) free(n->books[i]);
}

static int set_files(const arguments *a, names *n, cli_calibration *c) {
  n->count = split(&a->messages, n->messages);
  n->books_count = split(&a->books, n->books);
  if (n->count == 0) return usage_error("--messages", "is needed: a LOBSTER message file");
  if (n->books_count != 0 && n->books_count != n->count) {
    return usage_error("--book", "give one orderbook file for each message file, or none");
  }
  for (int i = 0; i < n->count; i++) {
    if (n->messages[i] == NULL || n->messages[i][0] == '\0') {
      return usage_error("--messages", "a name is empty");
    }
    bool book = n->books_count > 0;
    if (book && (n->books[i] == NULL || n->books[i][0] == '\0')) {
      return usage_error("--book", "a name is empty");
    }
    c->files[i] = (hft_tape_files){
        .messages = n->messages[i], .book0 = book ? n->books[i] : NULL, .resting = true};
  }
  c->file_count = n->count;
  return CLI_OK;
}

static int set_holdout(const char *name, hft_holdout *out) {
  for (int k = 0; k <= HFT_HOLDOUT_LAST_THIRD; k++) {
    *out = (hft_holdout)k;
    if (strcmp(name, cli_holdout_name(*out)) == 0) return CLI_OK;
  }
  return usage_error("--holdout", "expected odd-blocks, last-third or none");
}

// market.yaml: market.tables.yaml
static int set_tables_path(cli_calibration *c) {
  if (c->out == NULL) return CLI_OK;
  size_t length = strlen(c->out);
  if (length == 0 || length > sizeof c->tables_path - 16) {
    return usage_error("--out", "expected the name of a file");
  }
  if (length > 5 && strcmp(c->out + length - 5, ".yaml") == 0) length -= 5;
  snprintf(c->tables_path, sizeof c->tables_path, "%.*s.tables.yaml", (int)length, c->out);
  return CLI_OK;
}

static bool is_same_file(const char *a, const char *b) {
  struct stat one, other;
  return a != NULL && b != NULL && stat(a, &one) == 0 && stat(b, &other) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// No file that is read is written, even with --force, and no day counts twice.
static int check_names(const arguments *a, const names *n, const cli_calibration *c) {
  const char *tables = c->out != NULL ? c->tables_path : NULL;
  for (int i = 0; i < n->count; i++) {
    const char *book = n->books_count > 0 ? n->books[i] : NULL;
    const char *const read[] = {n->messages[i], book};
    for (int k = 0; k < 2; k++) {
      if (is_same_file(read[k], c->out) || is_same_file(read[k], tables)) {
        return usage_error("--out", "would replace a tape");
      }
      if (is_same_file(read[k], a->html)) return usage_error("--html", "would replace a tape");
    }
    for (int k = 0; k < i; k++) {
      if (is_same_file(n->messages[i], n->messages[k])) {
        return usage_error("--messages", "names a file twice");
      }
    }
  }
  return CLI_OK;
}

static int set_plan(const arguments *a, names *n, cli_calibration *c) {
  c->plan = (hft_watch_plan){.warmup_s = (double)a->warmup_s, .block_s = BLOCK_S};
  c->lot_size = a->lot_size;
  c->seeds = a->seeds;
  c->out = a->out;
  int code = set_files(a, n, c);
  if (code == CLI_OK) code = set_holdout(a->holdout, &c->plan.holdout);
  if (code == CLI_OK) code = set_tables_path(c);
  if (code == CLI_OK) code = check_names(a, n, c);
  if (code == CLI_OK && a->seeds == 0 && a->html != NULL) {
    code = usage_error("--html", "needs simulated sessions: --seeds 1 or more");
  }
  return code;
}

// ---- files -----------------------------------------------------------------------------------

// The files that are written, which appear together at the end.
typedef struct outputs {
  hft_part config, tables, page;
} outputs;

// Created first, so that a file that exists or cannot be written is reported at once.
static hft_status begin_outputs(const arguments *a, const cli_calibration *c, outputs *o,
                                hft_error *error) {
  hft_status status = HFT_OK;
  if (c->out != NULL) {
    status = hft_part_begin(&o->config, c->out, a->force, error);
    if (status == HFT_OK) status = hft_part_begin(&o->tables, c->tables_path, a->force, error);
  }
  if (status == HFT_OK && a->html != NULL) status = hft_part_begin(&o->page, a->html, true, error);
  return status;
}

static hft_status close_part(const hft_part *part, FILE *file, hft_status status,
                             hft_error *error) {
  bool written = fflush(file) == 0 && !ferror(file);
  int reason = errno;
  if (fclose(file) != 0) written = false;
  if (status != HFT_OK) return hft_fail(error, status, part->path, "out of memory");
  if (written) return HFT_OK;
  return hft_fail(error, HFT_EIO, part->path, "cannot be written: %s", strerror(reason));
}

static hft_status write_text(const hft_part *part, char *text, hft_error *error) {
  FILE *file = text != NULL ? hft_part_stream(part) : NULL;
  if (file == NULL) {
    int reason = errno;
    bool memory = text == NULL;
    free(text);
    return hft_fail(error, memory ? HFT_ENOMEM : HFT_EIO, part->path, "cannot be written: %s",
                    strerror(memory ? ENOMEM : reason));
  }
  fputs(text, file);
  free(text);
  return close_part(part, file, HFT_OK, error);
}

static hft_status write_page(const cli_calibration *c, const hft_part *part, hft_error *error) {
  FILE *file = hft_part_stream(part);
  if (file == NULL) {
    return hft_fail(error, HFT_EIO, part->path, "cannot be written: %s", strerror(errno));
  }
  return close_part(part, file, cli_calibration_write_page(c, file), error);
}

static hft_status write_outputs(const cli_calibration *c, outputs *o, hft_error *error) {
  hft_status status = HFT_OK;
  if (c->out != NULL) {
    const char *slash = strrchr(c->tables_path, '/');
    const char *name = slash != NULL ? slash + 1 : c->tables_path;
    status = write_text(&o->tables, cli_calibration_tables(c), error);
    if (status == HFT_OK) {
      status = write_text(&o->config, cli_calibration_config(c, name), error);
    }
  }
  if (status == HFT_OK && o->page.path != NULL) status = write_page(c, &o->page, error);
  if (status == HFT_OK && c->out != NULL) status = hft_part_commit(&o->tables, error);
  if (status == HFT_OK && c->out != NULL) status = hft_part_commit(&o->config, error);
  if (status == HFT_OK && o->page.path != NULL) status = hft_part_commit(&o->page, error);
  return status;
}

// ---- the command -----------------------------------------------------------------------------

static int run_and_print(const arguments *a, cli_calibration *c) {
  hft_error error = {0};
  outputs o = {0};
  hft_status status = begin_outputs(a, c, &o, &error);
  if (status == HFT_OK) status = cli_calibration_run(c, &error);
  if (status == HFT_OK) status = write_outputs(c, &o, &error);
  int code = status != HFT_OK ? cli_fail(&error)
             : a->json        ? cli_calibration_print_json(c)
                              : cli_calibration_print_text(c);
  hft_part_abandon(&o.config);
  hft_part_abandon(&o.tables);
  hft_part_abandon(&o.page);
  return code;
}

int cmd_calibrate(int argc, char **argv) {
  arguments a = {.holdout = "odd-blocks", .warmup_s = 120, .lot_size = 1, .seeds = 6};
  int exit_code;
  if (!parse_options(argc, argv, &a, &exit_code)) return exit_code;
  cli_calibration *c = calloc(1, sizeof *c);
  if (c == NULL) return cli_fail(&(hft_error){HFT_ENOMEM, "calibrate", "out of memory"});
  names n = {0};
  exit_code = set_plan(&a, &n, c);
  if (exit_code == CLI_OK) {
    cli_stop_install();
    exit_code = run_and_print(&a, c);
  }
  cli_calibration_free(c);
  free(c);
  free_names(&n);
  return exit_code;
}
