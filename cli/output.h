// What a command prints, and how it exits: results on stdout, progress and errors on stderr.
#ifndef HFTSIM_CLI_OUTPUT_H
#define HFTSIM_CLI_OUTPUT_H

#include <jansson.h>

#include "sim/base/status.h"
#include "sim/config/key.h"

// Exit codes.
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_INTERRUPTED = 130 };

// Prints "hftsim: where: text" to stderr and returns CLI_FAILED (CLI_INTERRUPTED for HFT_EINTR).
int cli_fail(const hft_error *error);

// Flushes stdout. Returns CLI_OK, or CLI_FAILED, with an error on stderr, if it cannot be written
// (a full disk).
int cli_end_output(void);

// Prints a text and a newline to stdout, wrapped at spaces. The first line begins in column
// `column`; the others are indented by `indent`.
void cli_print_wrapped(const char *text, int column, int indent);

// Prints a JSON value and a newline to stdout and frees the value. Returns CLI_OK, or CLI_FAILED if
// stdout cannot be written or the value is null (out of memory).
int cli_print_json(json_t *json);

// A JSON value as cli_print_json prints it, without the newline. Null: out of memory. The caller
// frees it; the value stays the caller's.
char *cli_json_text(const json_t *json);

// The number to print with `decimals` decimals: 0 if it rounds to zero, so that no "-0.0" is shown.
double cli_shown(double value, int decimals);

// Prints "hftsim: warning: ..." to stderr and appends the text to the array `warnings` (may be
// null).
void cli_warn(json_t *warnings, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Monotonic wall-clock time, s, from an arbitrary origin.
double cli_now_s(void);

// A key's value in the JSON type of its kind.
json_t *cli_key_json(const hft_key *key, const void *params);

// A progress line "label  42% [=====     ] 0:03 left" on stderr, redrawn at most ten times a second
// and only if stderr is a terminal.
typedef struct cli_progress {
  const char *label;
  double started, drawn;
  int on;
  const char *note;  // shown after the bar; null: none. It must outlive the line
} cli_progress;
// Starts the line. The label must outlive it.
void cli_progress_start(cli_progress *progress, const char *label);
// Shows how much is done, from 0 to 1. 1 ends the line.
void cli_progress_update(cli_progress *progress, double done);
// Ends the line early, on an error or an interrupt.
void cli_progress_stop(cli_progress *progress);
// Ends the line as the status of the operation says: complete if it is HFT_OK, else early.
void cli_progress_end(cli_progress *progress, hft_status status);
// A progress callback with the line as `context`: updates it. False: a signal asks to stop.
bool cli_progress_goes_on(void *context, double done);

#endif
