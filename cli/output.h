// Results on stdout, progress on stderr.
#ifndef HFTSIM_CLI_OUTPUT_H
#define HFTSIM_CLI_OUTPUT_H

#include <jansson.h>

#include "sim/config/key.h"

// Ends what was printed to stdout. Returns CLI_OK, or CLI_FAILED, saying so, where it could not be
// written (a full disk).
int cli_end_output(void);

// Prints words and a newline to stdout, beginning in column `column`; lines after the first are
// indented by `indent`.
void cli_print_wrapped(const char *text, int column, int indent);

// Prints a JSON value and a newline to stdout and frees it. Returns CLI_OK, or CLI_FAILED where
// stdout cannot be written or the value is null (out of memory).
int cli_print_json(json_t *json);

// A number to print with so many decimals, without the sign of one that is then shown as zero.
double cli_shown(double value, int decimals);

// Prints "hftsim: warning: ..." to stderr and appends the text to the array `warnings` (may be
// null).
void cli_warn(json_t *warnings, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A key's value in the JSON type of its kind.
json_t *cli_key_json(const hft_key *key, const void *params);

// A progress line "label  42% [=====     ] 0:03 left", redrawn at most ten times a second and only
// where stderr is a terminal. `done` from 0 to 1; the last call should be 1, which ends the line.
typedef struct cli_progress {
  const char *label;
  double started, drawn;
  int on;
} cli_progress;
void cli_progress_start(cli_progress *progress, const char *label);
void cli_progress_update(cli_progress *progress, double done);
// Ends the line early (on an error or an interrupt).
void cli_progress_stop(cli_progress *progress);
// Ends the line, whatever came of what it was about.
void cli_progress_end(cli_progress *progress, hft_status status);
// For those who report how much is done, with the line as `context`: false where a signal asks to
// stop.
bool cli_progress_goes_on(void *context, double done);

#endif
