#include "data/calibrate/score.h"

#include <stdlib.h>

#include "data/judge/judge_source.h"

void hft_scored_free(hft_scored *scored) {
  hft_judge_samples_free(&scored->samples);
  hft_dynamics_free(&scored->dynamics);
}

void hft_score_target_free(hft_score_target *target) {
  hft_scored_free(&target->fitted);
  hft_scored_free(&target->held_out);
  hft_scored_free(&target->whole);
}

const hft_scored *hft_score_held_out(const hft_score_target *target) {
  return target->whole.samples.sample[0].values.count > 0 ? &target->whole : &target->held_out;
}

static hft_status add(const hft_judge_rows *rows, const hft_judge_part *part, hft_scored *out,
                      hft_error *error) {
  hft_status status = hft_judge_add(rows, part, &out->samples);
  if (status == HFT_OK) status = hft_dynamics_add(rows, part, &out->dynamics);
  return status == HFT_OK ? HFT_OK : hft_fail(error, status, "calibrate", "out of memory");
}

// ---- the tape --------------------------------------------------------------------------------

static hft_status add_blocks(const hft_judge_rows *rows, const hft_watch_plan *plan,
                             hft_score_target *target, hft_error *error) {
  const hft_time skip = (hft_time)(plan->warmup_s * HFT_SECOND);
  const hft_time block = (hft_time)(plan->block_s * HFT_SECOND);
  hft_judge_part part = {skip, block, HFT_JUDGE_ODD};
  hft_status status = add(rows, &part, &target->fitted, error);
  part.blocks = HFT_JUDGE_EVEN;
  if (status == HFT_OK) status = add(rows, &part, &target->held_out, error);
  if (status != HFT_OK || plan->holdout != HFT_HOLDOUT_NONE) return status;
  part = (hft_judge_part){skip, 0, HFT_JUDGE_ALL};
  return add(rows, &part, &target->whole, error);
}

static hft_status add_thirds(const hft_judge_rows *rows, const hft_watch_plan *plan,
                             hft_score_target *target, hft_error *error) {
  if (rows->count == 0) return HFT_OK;
  hft_time begin = rows->begin + (hft_time)(plan->warmup_s * HFT_SECOND);
  hft_time end = rows->row[rows->count - 1].time;
  hft_time cut = begin + (end - begin) / 3 * 2;
  hft_judge_part part = {begin - rows->begin, 0, HFT_JUDGE_ALL};
  hft_judge_rows fitted = *rows;  // the rows before the cut
  while (fitted.count > 0 && fitted.row[fitted.count - 1].time > cut) fitted.count--;
  hft_status status = add(&fitted, &part, &target->fitted, error);
  part.skip = cut - rows->begin;
  return status == HFT_OK ? add(rows, &part, &target->held_out, error) : status;
}

static hft_qty lots(hft_qty shares, int64_t lot) {
  return (hft_qty)(((int64_t)shares + lot - 1) / lot);
}

static void to_lots(hft_lobster_messages *messages, hft_lobster_book *first, int64_t lot) {
  for (size_t i = 0; i < messages->count && lot > 1; i++) {
    messages->message[i].size = lots(messages->message[i].size, lot);
  }
  for (int side = 0; first != NULL && side < 2 && lot > 1; side++) {
    for (int k = 0; k < first->levels; k++) {
      first->side[side][k].size = lots(first->side[side][k].size, lot);
    }
  }
}

static hft_status read_rows(const hft_tape_files *files, int64_t lot, hft_judge_rows *rows,
                            hft_error *error) {
  hft_lobster_messages messages = {0};
  hft_lobster_book *first = NULL;
  hft_status status = hft_lobster_read_messages(files->messages, &messages, error);
  if (status == HFT_OK && files->book0 != NULL) {
    first = malloc(sizeof *first);
    status = first == NULL ? hft_fail(error, HFT_ENOMEM, files->book0, "out of memory")
                           : hft_lobster_read_first_book(files->book0, first, error);
  }
  if (status == HFT_OK) {
    to_lots(&messages, first, lot);
    status = hft_judge_rows_of_messages(&messages, first, rows, NULL, error);
  }
  free(first);
  hft_lobster_messages_free(&messages);
  return status;
}

hft_status hft_score_add_tape(const hft_tape_files *files, const hft_watch_plan *plan, int64_t lot,
                              hft_score_target *target, hft_error *error) {
  hft_judge_rows rows = {0};
  hft_status status = read_rows(files, lot, &rows, error);
  if (status == HFT_OK) {
    status = plan->holdout == HFT_HOLDOUT_LAST_THIRD ? add_thirds(&rows, plan, target, error)
                                                     : add_blocks(&rows, plan, target, error);
  }
  hft_judge_rows_free(&rows);
  return status;
}

// ---- a market --------------------------------------------------------------------------------

// The progress of one of several runs.
typedef struct share {
  const hft_progress *progress;
  int run, runs;
} share;

static bool report(void *context, double done) {
  const share *s = context;
  return hft_progress_report(s->progress, (s->run + done) / s->runs);
}

hft_status hft_score_market(const hft_model *model, int seeds, double warmup_s, double seconds,
                            const hft_progress *progress, hft_scored *out, hft_error *error) {
  const hft_judge_part part = {(hft_time)(warmup_s * HFT_SECOND), 0, HFT_JUDGE_ALL};
  const hft_time end = (hft_time)((warmup_s + seconds) * HFT_SECOND);
  hft_status status = HFT_OK;
  for (int seed = 0; seed < seeds && status == HFT_OK; seed++) {
    share s = {progress, seed, seeds};
    const hft_progress own = {report, &s};
    hft_judge_rows rows = {0};
    status = hft_judge_rows_of_market(model, 0, (uint64_t)seed, end, &own, &rows, error);
    if (status == HFT_OK) status = add(&rows, &part, out, error);
    hft_judge_rows_free(&rows);
  }
  return status;
}
