// hftsim train: results as tables, lines and JSON.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/train.h"

static json_t *number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *range(hft_interval interval) {
  return json_pack("[o, o]", number(interval.low), number(interval.high));
}

static json_t *score_json(const hft_trainer_score *s) {
  return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "name", s->name, "score",
                   number(s->score), "score_range", range(s->score_range), "reward",
                   number(s->reward), "reward_range", range(s->reward_range), "gain",
                   number(s->gain), "gain_range", range(s->gain_range));
}

static json_t *board_json(const hft_trainer_board *b) {
  json_t *baselines = json_array();
  for (int i = 0; i < b->baseline_count; i++) {
    json_array_append_new(baselines, score_json(&b->baseline[i]));
  }
  const char *best = b->best_baseline >= 0 ? b->baseline[b->best_baseline].name : NULL;
  return json_pack("{s:s, s:s, s:s, s:o, s:s?, s:o}", "name", b->name, "metric", b->metric, "unit",
                   b->unit, "policy",
                   b->policy.name[0] != '\0' ? score_json(&b->policy) : json_null(),
                   "best_baseline", best, "baselines", baselines);
}

json_t *cli_train_json(const cli_train_result *r) {
  json_t *boards = json_array();
  for (int c = 0; c < r->board_count; c++) {
    json_array_append_new(boards, board_json(&r->board[c]));
  }
  return json_pack(
      "{s:s?, s:s?, s:I, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "checkpoint", r->checkpoint,
      "run", r->folder, "seed", (json_int_t)r->seed, "end", r->end, "steps", (json_int_t)r->steps,
      "updates", (json_int_t)r->updates, "seconds", number(r->seconds), "agent_steps_per_s",
      number(r->speed), "best", number(r->best), "best_update",
      r->best_update >= 0 ? json_integer(r->best_update) : json_null(), "boards", boards);
}

static void print_score(const hft_trainer_score *s) {
  printf("  %-40.40s %12.5g  [%.5g, %.5g]", s->name, s->score, s->score_range.low,
         s->score_range.high);
  if (!isnan(s->gain)) {
    printf("  gain %.4g [%.4g, %.4g]", s->gain, s->gain_range.low, s->gain_range.high);
  }
  printf("\n");
}

static void print_run(const cli_train_result *r) {
  printf("seed %" PRId64 ": %" PRId64
         " steps in %.1f s, %.0f agent steps/s in updates, ended by %s\n",
         r->seed, r->steps, r->seconds, r->speed, r->end);
  for (int c = 0; c < r->board_count; c++) {
    const hft_trainer_board *b = &r->board[c];
    printf("%s: %s, in %s\n", b->name, b->metric, b->unit);
    if (b->policy.name[0] != '\0') print_score(&b->policy);
    for (int i = 0; i < b->baseline_count; i++) print_score(&b->baseline[i]);
  }
  if (r->checkpoint != NULL) printf("checkpoint %s\n", r->checkpoint);
}

int cli_train_print(const cli_train_result *results, int count) {
  for (int i = 0; i < count; i++) print_run(&results[i]);
  if (count < 2) return cli_end_output();
  printf("\n%10s %14s %10s %12s  %s\n", "seed", "best", "seconds", "steps", "checkpoint");
  for (int i = 0; i < count; i++) {
    const cli_train_result *r = &results[i];
    printf("%10" PRId64 " %14.5g %10.1f %12" PRId64 "  %s\n", r->seed, r->best, r->seconds,
           r->steps, r->checkpoint != NULL ? r->checkpoint : "none");
  }
  return cli_end_output();
}

void cli_train_print_evaluation(const hft_trainer *trainer) {
  const hft_trainer_state *state = hft_trainer_state_of(trainer);
  const hft_trainer_board *board;
  int count = hft_trainer_boards(trainer, false, &board);
  fprintf(stderr, "hftsim: %6.1f s %10" PRId64 " steps %8.0f steps/s", state->seconds, state->steps,
          hft_trainer_speed(trainer));
  for (int c = 0; c < count; c++) {
    const hft_trainer_board *b = &board[c];
    const hft_trainer_score *p = &b->policy;
    fprintf(stderr, "%s %s %.5g [%.5g, %.5g]", c > 0 ? ";" : "", b->name, p->score,
            p->score_range.low, p->score_range.high);
    if (b->best_baseline < 0) continue;
    const hft_trainer_score *best = &b->baseline[b->best_baseline];
    fprintf(stderr, ", %.24s %.5g, gain %.4g [%.4g, %.4g]", best->name, best->score, p->gain,
            p->gain_range.low, p->gain_range.high);
  }
  fprintf(stderr, "%s\n", state->best_update == state->updates ? " *" : "");
}
