// hftsim report: one self-contained HTML page about one run or several.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/stop.h"
#include "codec/json.h"
#include "data/dataset/part.h"
#include "sim/base/check.h"

#define MARK "@DATA@"

typedef struct arguments {
  cli_list runs;
  const char *out;
  bool json;
} arguments;

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"out", CLI_TEXT, &a->out, "FILE", "the page, report.html by default; replaced if it exists",
       0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON: what was written", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim report RUN... [options]",
      .about =
          "Writes one HTML page about the runs, which are folders that other commands have written "
          "with --out or --name: metrics with their intervals, P&L, drawdown and position over "
          "time, distributions, and single episodes with their fills and the depth of the book. "
          "The page needs no network and opens from a file.",
      .examples =
          "  hftsim report twap_ou\n"
          "  hftsim report twap_ou --out twap_ou.html --json\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
      .positionals = &a->runs,
  };
  if (!cli_parse(&usage, argc, argv, NULL, exit_code)) return false;
  if (a->runs.count > 0) return true;
  fprintf(stderr,
          "hftsim: report: name the folder of a run, such as results/a; "
          "'hftsim report --help' shows how\n");
  *exit_code = CLI_USAGE;
  return false;
}

// Writes JSON into an element of HTML: a '<' stands in texts alone, where JSON may escape it.
static void write_escaped(FILE *page, const char *text, size_t size) {
  for (size_t i = 0; i < size;) {
    size_t plain = 0;
    while (i + plain < size && text[i + plain] != '<') plain++;
    fwrite(text + i, 1, plain, page);
    i += plain;
    if (i == size) break;
    fputs("\\u003c", page);
    i++;
  }
}

static hft_status write_page(const hft_part *part, const hft_buffer *data, int64_t *bytes,
                             hft_error *error) {
  const cli_web_page *page = &cli_web_pages[0];
  const char *mark = strstr(page->text, MARK);
  HFT_CHECK(cli_web_page_count == 1 && mark != NULL);
  const char *rest = mark + strlen(MARK);
  FILE *file = hft_part_stream(part);
  if (file == NULL) {
    return hft_fail(error, HFT_EIO, part->path, "cannot be written: %s", strerror(errno));
  }
  fwrite(page->text, 1, (size_t)(mark - page->text), file);
  write_escaped(file, data->data, data->size);
  fwrite(rest, 1, page->length - (size_t)(rest - page->text), file);
  bool failed = ferror(file) != 0;
  int code = errno;
  *bytes = (int64_t)ftello(file);
  if (fclose(file) != 0) {
    if (!failed) code = errno;
    failed = true;
  }
  if (!failed) return HFT_OK;
  return hft_fail(error, HFT_EIO, part->path, "cannot be written: %s", strerror(code));
}

static hft_status make_page(const arguments *a, hft_run *const *runs, hft_part *part,
                            int64_t *bytes, hft_error *error) {
  json_t *data = cli_report_data(runs, a->runs.count, error);
  if (data == NULL) return error->status;
  hft_buffer text = {0};
  hft_status status = hft_json_write(data, &text);
  if (status != HFT_OK) {
    status = hft_fail(error, status, "report", "out of memory");
  } else {
    status = write_page(part, &text, bytes, error);
  }
  hft_buffer_free(&text);
  if (status == HFT_OK && cli_stopped()) {
    status = hft_fail(error, HFT_EINTR, "report", "interrupted");
  }
  return status == HFT_OK ? hft_part_commit(part, error) : status;
}

static int tell(const arguments *a, hft_run *const *runs, int64_t bytes) {
  int contestants = 0;
  for (int i = 0; i < a->runs.count; i++) contestants += runs[i]->count;
  if (a->json) {
    return cli_print_json(json_pack("{s:o, s:i, s:i, s:I}", "out", hft_json_text(a->out), "runs",
                                    a->runs.count, "strategies", contestants, "bytes",
                                    (json_int_t)bytes));
  }
  printf("%s: %d %s, %d %s, %" PRId64 " bytes\n", a->out, a->runs.count,
         a->runs.count == 1 ? "run" : "runs", contestants,
         contestants == 1 ? "strategy" : "strategies", bytes);
  return cli_end_output();
}

int cmd_report(int argc, char **argv) {
  arguments a = {.out = "report.html"};
  int exit_code = CLI_OK;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  cli_stop_install();
  hft_error error;
  hft_run *runs[CLI_REPEAT_MAX] = {NULL};
  hft_part part = {0};
  int64_t bytes = 0;
  hft_status status = HFT_OK;
  for (int i = 0; i < a.runs.count && status == HFT_OK; i++) {
    status = hft_run_open(a.runs.item[i], &runs[i], &error);
  }
  if (status == HFT_OK) status = hft_part_begin(&part, a.out, true, &error);
  if (status == HFT_OK) status = make_page(&a, runs, &part, &bytes, &error);
  exit_code = status == HFT_OK ? tell(&a, runs, bytes) : cli_fail(&error);
  hft_part_abandon(&part);
  for (int i = 0; i < a.runs.count; i++) hft_run_close(runs[i]);
  return exit_code;
}
