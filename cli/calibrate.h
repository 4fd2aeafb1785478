// Inside of hftsim calibrate: what it does, the configs that it writes, and printing.
#ifndef HFTSIM_CLI_CALIBRATE_H
#define HFTSIM_CLI_CALIBRATE_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/options.h"
#include "data/calibrate/calibrate.h"
#include "data/calibrate/score.h"
#include "data/calibrate/zero.h"

#define CLI_CALIBRATE_FILES_MAX CLI_REPEAT_MAX

// The scores of a market against the held-out part, and its dynamics.
typedef struct cli_scored {
  hft_judge_scores scores;
  hft_estimate dynamics[HFT_DYNAMIC_COUNT];
} cli_scored;

typedef struct cli_calibration {
  hft_tape_files files[CLI_CALIBRATE_FILES_MAX];
  int file_count;
  hft_watch_plan plan;
  int64_t lot_size, seeds;
  const char *out;         // the config; null: none is written
  char tables_path[1024];  // beside it

  hft_watched watched;
  hft_flow_tables tables;
  hft_calibration fit;
  hft_zero_intelligence zero;
  double informed_share;  // of the population

  // What the markets are compared with, and the markets.
  hft_score_target target;
  hft_scored model, zi;
  hft_judge_scores floor;  // fitted against held-out part
  cli_scored model_scored, zi_scored;
  hft_estimate held_out[HFT_DYNAMIC_COUNT], fitted[HFT_DYNAMIC_COUNT];
  double simulated_s;  // a seed
  double fit_s, wall_s;
} cli_calibration;

// Frees what a calibration holds.
void cli_calibration_free(cli_calibration *c);

// Reads the tapes, fits the tables and the zero-intelligence model, simulates both and compares
// them. Errors: those of the tapes; EINTR, ENOMEM.
hft_status cli_calibration_run(cli_calibration *c, hft_error *error);

// Moves a few weights of the tables, and informed_share, until the means of the simulated market
// are those of the tape. Errors: EINTR, ENOMEM; those of a model.
hft_status cli_calibration_tune(cli_calibration *c, hft_error *error);
// The model of the fitted market. The caller frees it. Errors: EIO, ENOMEM, ECONFIG.
hft_status cli_calibration_model(const cli_calibration *c, hft_model **model, hft_error *error);

// The text of a config with the fitted market, whose tables are in the file `tables`, or of one
// with the zero-intelligence flow. The caller frees it; null if out of memory.
char *cli_calibration_config(const cli_calibration *c, const char *tables);
char *cli_calibration_zero_config(const cli_calibration *c);
// The text of the tables. The caller frees it; null if out of memory.
char *cli_calibration_tables(const cli_calibration *c);

// The name of a holdout: odd-blocks, last-third, none.
const char *cli_holdout_name(hft_holdout holdout);

// Prints the results as text or JSON. Returns CLI_OK, or CLI_FAILED if stdout cannot be written.
int cli_calibration_print_text(const cli_calibration *c);
int cli_calibration_print_json(const cli_calibration *c);

// Writes the HTML page to a stream. The caller checks ferror. ENOMEM.
hft_status cli_calibration_write_page(const cli_calibration *c, FILE *page);

#endif
