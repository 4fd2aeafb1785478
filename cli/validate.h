// Inside of hftsim validate: the measurements, and printing them.
#ifndef HFTSIM_CLI_VALIDATE_H
#define HFTSIM_CLI_VALIDATE_H

#include <stdbool.h>
#include <stdio.h>

#include "data/facts/facts.h"
#include "data/facts/facts_source.h"
#include "data/judge/dynamics.h"
#include "data/judge/judge.h"

#define CLI_VALIDATE_NAME_MAX 256

// The measurements of one market.
typedef struct cli_watched {
  char name[CLI_VALIDATE_NAME_MAX];  // shown to the reader
  hft_observed seen;
  hft_fact_result facts[HFT_FACT_COUNT];
  bool scored;                // the samples are wanted
  hft_judge_samples samples;  // of the scores
  hft_dynamics dynamics;
  hft_estimate estimates[HFT_DYNAMIC_COUNT];
  int64_t messages, left_out;  // rows of the judge, and messages that contradict the book
} cli_watched;

// The facts, and then the dynamics.
#define CLI_MEASURES ((int)HFT_FACT_COUNT + (int)HFT_DYNAMIC_COUNT)

// A fact or a statistic of the dynamics, as it was measured.
typedef struct cli_measure {
  const char *name, *unit, *help, *source;
  const char *sample;  // null: its distribution is not compared
  double low, high, absent;
  size_t count_min;
  hft_estimate estimate;
  hft_verdict verdict;
} cli_measure;

// The scores of the market against the tape.
typedef struct cli_judged {
  hft_judge_scores scores, floor;  // floor: the tape's even blocks against its odd ones
  hft_judge_intervals intervals;
  hft_estimate odd[HFT_DYNAMIC_COUNT], even[HFT_DYNAMIC_COUNT];  // of the tape's blocks
} cli_judged;

typedef struct cli_validation {
  cli_watched market;
  cli_watched tape;  // the recorded one, if
  bool has_tape;
  hft_fact_distance distances[HFT_FACT_COUNT];  // between the two
  cli_judged judged;                            // with a tape
  bool claimed[CLI_MEASURES];
  hft_observe_plan plan;
  hft_time block;  // length of the tape's blocks
  uint8_t blocks;  // hft_judge_blocks of the tape that are compared
  uint64_t seed;
  int seeds;
} cli_validation;

// The measure at index 0 .. CLI_MEASURES - 1 of a market or a tape.
cli_measure cli_validate_measure(const cli_watched *watched, int index);
// The same of the market. If there is no range for all instruments, it is that of the tape, if any.
cli_measure cli_validate_market(const cli_validation *v, int index);
// The number of claimed facts with that verdict.
int cli_validate_count(const cli_validation *v, hft_verdict verdict);

// How a statistic of the dynamics compares with the tape's: within `allowed` of it, or not, or the
// market's interval allows both. Undecided without a value.
hft_verdict cli_validate_agrees(const cli_validation *v, int dynamic, double *allowed);

// Adds the rows of a stream to the samples and dynamics of a market.
hft_status cli_judge_add(cli_watched *watched, const hft_judge_rows *rows,
                         const hft_judge_part *part, hft_error *error);
// Adds the rows of the tape, whole or the blocks that are compared, and its floor.
hft_status cli_judge_add_tape(cli_validation *v, const hft_judge_rows *rows, hft_error *error);
// Estimates the dynamics of a market.
hft_status cli_judge_estimate(cli_watched *watched, uint64_t seed, hft_error *error);
// Scores the market against the tape.
hft_status cli_judge_compare(cli_validation *v, hft_error *error);

// Prints the results as text. Returns CLI_OK, or CLI_FAILED if stdout cannot be written.
int cli_validate_print_text(const cli_validation *v);
// Prints the results as JSON. Returns CLI_OK, or CLI_FAILED if stdout cannot be written.
int cli_validate_print_json(const cli_validation *v);

// Writes the HTML page to a stream. The caller checks ferror. ENOMEM.
hft_status cli_validate_write_page(const cli_validation *v, FILE *page);
// Writes the card of the scores and that of the dynamics, with a tape.
void cli_validate_write_scores(const cli_validation *v, FILE *page);
// Writes a cell with a number, or with "-" for NaN.
void cli_validate_write_number(FILE *page, double value);
// Writes a cell with a range, or with "-" for NaN.
void cli_validate_write_range(FILE *page, double low, double high);

// Frees what was measured.
void cli_validate_free(cli_validation *v);

#endif
