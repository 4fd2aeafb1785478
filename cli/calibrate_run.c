// hftsim calibrate: fits, simulates, compares.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/calibrate.h"
#include "cli/output.h"
#include "cli/setup.h"

#define WARMUP_S 180.0      // of the simulated markets
#define SIMULATED_S 3600.0  // of a seed, at most

// ---- fitting ---------------------------------------------------------------------------------

static hft_status read_tapes(cli_calibration *c, hft_error *error) {
  hft_status status = HFT_OK;
  for (int i = 0; i < c->file_count && status == HFT_OK; i++) {
    cli_progress bar;
    cli_progress_start(&bar, c->files[i].messages);
    const hft_progress progress = {cli_progress_goes_on, &bar};
    status = hft_watch_tape(&c->files[i], &c->plan, &progress, &c->watched, error);
    cli_progress_end(&bar, status);
  }
  return status;
}

static hft_status fit(cli_calibration *c, hft_error *error) {
  hft_status status = read_tapes(c, error);
  if (status != HFT_OK) return status;
  cli_progress bar;
  cli_progress_start(&bar, "fitting");
  const hft_progress progress = {cli_progress_goes_on, &bar};
  status = hft_calibrate(&c->watched, (double)c->lot_size, &progress, &c->tables, &c->fit, error);
  cli_progress_end(&bar, status);
  hft_zero_fit(&c->watched, (double)c->lot_size, &c->zero);
  return status;
}

// ---- simulating ------------------------------------------------------------------------------

// Writes a text to a new temporary file, whose name it fills in.
static hft_status write_temporary(const char *text, char *path, size_t size, hft_error *error) {
  const char *folder = getenv("TMPDIR");
  snprintf(path, size, "%s/hftsim-XXXXXX", folder != NULL && folder[0] != '\0' ? folder : "/tmp");
  int file = mkstemp(path);
  if (file < 0) return hft_fail(error, HFT_EIO, path, "cannot be created: %s", strerror(errno));
  size_t length = strlen(text), done = 0;
  while (done < length) {
    ssize_t n = write(file, text + done, length - done);
    if (n <= 0) break;
    done += (size_t)n;
  }
  int reason = errno;
  close(file);
  if (done == length) return HFT_OK;
  unlink(path);
  return hft_fail(error, HFT_EIO, path, "cannot be written: %s", strerror(reason));
}

static hft_status create_model(const char *text, hft_model **model, hft_error *error) {
  if (text == NULL) return hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
  const cli_list none = {0};
  hft_config *config;
  hft_status status = cli_load_config(NULL, &none, &config, error);
  if (status != HFT_OK) return status;
  status = hft_config_merge(config, text, strlen(text), "fitted config", error);
  if (status == HFT_OK) status = cli_create_model(config, model, error);
  hft_config_free(config);
  return status;
}

// The tables are in a file only until the model has read them.
hft_status cli_calibration_model(const cli_calibration *c, hft_model **model, hft_error *error) {
  char path[256];
  char *tables = cli_calibration_tables(c);
  if (tables == NULL) return hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
  hft_status status = write_temporary(tables, path, sizeof path, error);
  free(tables);
  if (status != HFT_OK) return status;
  char *text = cli_calibration_config(c, path);
  status = create_model(text, model, error);
  free(text);
  unlink(path);
  return status;
}

static hft_status simulate(const cli_calibration *c, hft_model *model, const char *label,
                           hft_scored *out, hft_error *error) {
  cli_progress bar;
  cli_progress_start(&bar, label);
  const hft_progress progress = {cli_progress_goes_on, &bar};
  hft_status status =
      hft_score_market(model, (int)c->seeds, WARMUP_S, c->simulated_s, &progress, out, error);
  cli_progress_end(&bar, status);
  return status;
}

static hft_status score_market(cli_calibration *c, hft_model *model, const char *label,
                               hft_scored *seen, cli_scored *out, hft_error *error) {
  hft_status status = simulate(c, model, label, seen, error);
  if (status != HFT_OK) return status;
  status =
      hft_judge_compare(&hft_score_held_out(&c->target)->samples, &seen->samples, &out->scores);
  if (status == HFT_OK) {
    status = hft_dynamics_estimate(&seen->dynamics, 0, out->dynamics);
  }
  return status == HFT_OK ? HFT_OK : hft_fail(error, status, "calibrate", "out of memory");
}

static hft_status score_tape(cli_calibration *c, hft_error *error) {
  hft_status status = HFT_OK;
  for (int i = 0; i < c->file_count && status == HFT_OK; i++) {
    status = hft_score_add_tape(&c->files[i], &c->plan, c->lot_size, &c->target, error);
  }
  if (status != HFT_OK) return status;
  status = hft_judge_compare(&c->target.held_out.samples, &c->target.fitted.samples, &c->floor);
  const hft_scored *held_out = hft_score_held_out(&c->target);
  if (status == HFT_OK) status = hft_dynamics_estimate(&held_out->dynamics, 0, c->held_out);
  if (status == HFT_OK) status = hft_dynamics_estimate(&c->target.fitted.dynamics, 0, c->fitted);
  return status == HFT_OK ? HFT_OK : hft_fail(error, status, "calibrate", "out of memory");
}

static hft_status score(cli_calibration *c, hft_error *error) {
  double held_out = c->watched.held_out_s > 0 ? c->watched.held_out_s : c->watched.train_s;
  c->simulated_s = held_out < SIMULATED_S ? held_out : SIMULATED_S;
  hft_status status = score_tape(c, error);
  hft_model *model = NULL;
  if (status == HFT_OK) status = cli_calibration_model(c, &model, error);
  if (status == HFT_OK) {
    status = score_market(c, model, "simulating the fit", &c->model, &c->model_scored, error);
  }
  hft_model_free(model);
  model = NULL;
  char *text = NULL;
  if (status == HFT_OK) {
    text = cli_calibration_zero_config(c);
    status = create_model(text, &model, error);
  }
  if (status == HFT_OK) {
    status = score_market(c, model, "simulating zero intelligence", &c->zi, &c->zi_scored, error);
  }
  hft_model_free(model);
  free(text);
  return status;
}

hft_status cli_calibration_run(cli_calibration *c, hft_error *error) {
  double started = cli_now_s();
  hft_status status = fit(c, error);
  if (status == HFT_OK) status = cli_calibration_tune(c, error);
  c->fit_s = cli_now_s() - started;
  if (status == HFT_OK && c->seeds > 0) status = score(c, error);
  c->wall_s = cli_now_s() - started;
  return status;
}
