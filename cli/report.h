// The page of hftsim report: the data that it shows, as JSON, and the embedded page of web/.
#ifndef HFTSIM_CLI_REPORT_H
#define HFTSIM_CLI_REPORT_H

#include <jansson.h>

#include "eval/results_read.h"

// An embedded page of web/dist/.
typedef struct cli_web_page {
  const char *name;
  const char *text;  // "@DATA@" stands where the data belong
  size_t length;
} cli_web_page;

extern const cli_web_page cli_web_pages[];
extern const int cli_web_page_count;

// The data of the page for runs[count], as web/README.md describes them. Null, and *error set: a
// run's summary is no JSON, its series are damaged, or out of memory.
json_t *cli_report_data(hft_run *const *runs, int count, hft_error *error);

// The metrics of a contestant with their summaries: those of the run's summary.json where it has
// them, else computed from the episodes. Null: out of memory.
json_t *cli_report_metrics(const hft_run *run, int contestant, const json_t *summary);

// The first recorded episodes of a contestant over time: a list. Null, and *error set, as above.
json_t *cli_report_details(const hft_run *run, int contestant, hft_error *error);

#endif
