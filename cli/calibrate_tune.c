// hftsim calibrate: corrects the fitted tables for the interplay of their parts.
//
// Each table is fitted to the tape given the others' classes as recorded. In a market that runs
// with them, the classes result from the tables, and the tilt towards the value is added: small
// errors add up to too many market orders or too few orders in the book. So the market is
// simulated, and a few weights are moved until its means are those of the tape: indirect inference,
// C. Gourieroux, A. Monfort and E. Renault, Journal of Applied Econometrics 8, 1993.
#include <math.h>
#include <stdlib.h>

#include "cli/calibrate.h"
#include "cli/output.h"
#include "data/calibrate/moments.h"

#define ROUNDS 16
#define MEAN_ROUNDS 10  // the last ones: smaller steps, and the mean of the weights is taken
#define LATE_GAIN 0.5
#define SEEDS 6
#define FIRST_SEED 1000000  // not one that is compared
#define WARMUP_S 600.0
#define SIMULATED_S 1200.0
#define EVENTS_MOST 60000.0  // of a seed
#define EVENTS_FITTED 2.0    // of a seed, times those of the tape
#define EVENTS_LEAST 5000.0
#define STEP_MOST 0.5  // of a logarithm in a round
#define INFORMED_LEAST 0.1

// The weights that are moved.
typedef struct knobs {
  double market, cancel, improve, join;  // added to base
  double informed;                       // ln of informed_share
} knobs;

static double step(double target, double now, double gain) {
  if (!(target > 0) || !(now > 0)) return 0;
  double move = gain * log(target / now);
  return move < -STEP_MOST ? -STEP_MOST : move > STEP_MOST ? STEP_MOST : move;
}

static void turn(const hft_flow_moments *target, const hft_flow_moments *now, double gain,
                 knobs *k) {
  k->market += step(target->market, now->market, 0.7 * gain);
  k->cancel -= step(target->orders, now->orders, 0.7 * gain);
  k->improve -= step(target->spread, now->spread, 0.7 * gain);
  k->join += step(target->queue, now->queue, 0.5 * gain);
  k->informed += step(target->sign, now->sign, 0.7 * gain);
  if (k->informed > 0) k->informed = 0;
  if (k->informed < log(INFORMED_LEAST)) k->informed = log(INFORMED_LEAST);
}

static void apply(const hft_flow_tables *fitted, const knobs *k, cli_calibration *c) {
  double *base = c->tables.base;
  base[HFT_FLOW_MARKET] = fitted->base[HFT_FLOW_MARKET] + k->market;
  base[HFT_FLOW_CANCEL_BEHIND] = fitted->base[HFT_FLOW_CANCEL_BEHIND] + k->cancel;
  base[HFT_FLOW_IMPROVE] = fitted->base[HFT_FLOW_IMPROVE] + k->improve;
  base[HFT_FLOW_JOIN] = fitted->base[HFT_FLOW_JOIN] + k->join;
  c->informed_share = exp(k->informed);
}

static void add(knobs *sum, const knobs *k, double factor) {
  sum->market += factor * k->market;
  sum->cancel += factor * k->cancel;
  sum->improve += factor * k->improve;
  sum->join += factor * k->join;
  sum->informed += factor * k->informed;
}

static hft_status measure(cli_calibration *c, hft_flow_moments *out, hft_error *error) {
  hft_model *model = NULL;
  hft_status status = cli_calibration_model(c, &model, error);
  double rate = (double)c->watched.count / (c->watched.train_s + c->watched.held_out_s);
  double events = EVENTS_FITTED * rate * c->watched.train_s;
  events = fmin(fmax(events, EVENTS_LEAST), EVENTS_MOST);
  double seconds = events / rate;
  double share = seconds < WARMUP_S + SIMULATED_S ? seconds / (WARMUP_S + SIMULATED_S) : 1;
  if (status == HFT_OK) {
    status = hft_moments_of_market(model, FIRST_SEED, SEEDS, share * WARMUP_S, share * SIMULATED_S,
                                   NULL, out, error);
  }
  hft_model_free(model);
  return status;
}

hft_status cli_calibration_tune(cli_calibration *c, hft_error *error) {
  hft_flow_moments target, now;
  hft_status status = hft_moments_of_tape(&c->watched, (double)c->lot_size, &target, error);
  hft_flow_tables *fitted = malloc(sizeof *fitted);
  if (fitted == NULL) return hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
  *fitted = c->tables;
  c->informed_share = 1;
  knobs k = {0}, mean = {0};
  cli_progress bar;
  cli_progress_start(&bar, "tuning");
  for (int round = 0; round < ROUNDS && status == HFT_OK; round++) {
    status = measure(c, &now, error);
    if (status != HFT_OK) break;
    if (!cli_progress_goes_on(&bar, (double)round / ROUNDS)) {
      status = hft_fail(error, HFT_EINTR, "calibrate", "interrupted");
    }
    bool late = round >= ROUNDS - MEAN_ROUNDS;
    turn(&target, &now, late ? LATE_GAIN : 1, &k);
    if (late) add(&mean, &k, 1.0 / MEAN_ROUNDS);
    apply(fitted, &k, c);
  }
  cli_progress_end(&bar, status);
  if (status == HFT_OK) apply(fitted, &mean, c);
  free(fitted);
  return status;
}
