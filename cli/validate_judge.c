// hftsim validate: the scores and the dynamics of a market and of a tape.
#include <math.h>

#include "cli/validate.h"
#include "eval/page.h"

static hft_status no_memory(hft_error *error) {
  return hft_fail(error, HFT_ENOMEM, "validate", "out of memory");
}

// ---- measures --------------------------------------------------------------------------------

cli_measure cli_validate_measure(const cli_watched *watched, int index) {
  if (index < HFT_FACT_COUNT) {
    const hft_fact_info *fact = &hft_fact_table[index];
    const hft_fact_result *r = &watched->facts[index];
    return (cli_measure){fact->name,      fact->unit,  fact->help, fact->source,
                         fact->sample,    fact->low,   fact->high, fact->absent,
                         fact->count_min, r->estimate, r->verdict};
  }
  const hft_dynamic_info *d = &hft_dynamic_table[index - HFT_FACT_COUNT];
  const hft_estimate *estimate = &watched->estimates[index - HFT_FACT_COUNT];
  hft_verdict verdict = hft_verdict_of(estimate, d->low, d->high, NAN, d->count_min);
  return (cli_measure){d->name, d->unit, d->help,      d->source, NULL,   d->low,
                       d->high, NAN,     d->count_min, *estimate, verdict};
}

cli_measure cli_validate_market(const cli_validation *v, int index) {
  cli_measure m = cli_validate_measure(&v->market, index);
  if (!v->has_tape || index < HFT_FACT_COUNT || !isnan(m.low)) return m;
  double allowed, tape = v->tape.estimates[index - HFT_FACT_COUNT].value;
  m.verdict = cli_validate_agrees(v, index - HFT_FACT_COUNT, &allowed);
  m.low = tape - allowed;
  m.high = tape + allowed;
  m.source = "the tape";
  return m;
}

int cli_validate_count(const cli_validation *v, hft_verdict verdict) {
  int count = 0;
  for (int i = 0; i < CLI_MEASURES; i++) {
    count += v->claimed[i] && cli_validate_market(v, i).verdict == verdict;
  }
  return count;
}

hft_verdict cli_validate_agrees(const cli_validation *v, int dynamic, double *allowed) {
  const hft_estimate *market = &v->market.estimates[dynamic];
  double tape = v->tape.estimates[dynamic].value;
  *allowed =
      hft_dynamic_allowed((hft_dynamic)dynamic, v->tape.estimates, v->judged.odd, v->judged.even);
  if (isnan(tape)) return HFT_VERDICT_UNDECIDED;
  return hft_verdict_of(market, tape - *allowed, tape + *allowed, NAN, 2);
}

// ---- judging ---------------------------------------------------------------------------------

hft_status cli_judge_add(cli_watched *watched, const hft_judge_rows *rows,
                         const hft_judge_part *part, hft_error *error) {
  watched->messages += (int64_t)rows->count;
  watched->left_out += rows->left_out;
  hft_status status = HFT_OK;
  if (watched->scored) status = hft_judge_add(rows, part, &watched->samples);
  if (status == HFT_OK) status = hft_dynamics_add(rows, part, &watched->dynamics);
  return status == HFT_OK ? HFT_OK : no_memory(error);
}

hft_status cli_judge_estimate(cli_watched *watched, uint64_t seed, hft_error *error) {
  hft_status status = hft_dynamics_estimate(&watched->dynamics, seed, watched->estimates);
  return status == HFT_OK ? HFT_OK : no_memory(error);
}

hft_status cli_judge_add_tape(cli_validation *v, const hft_judge_rows *rows, hft_error *error) {
  bool whole = v->blocks == HFT_JUDGE_ALL;
  const hft_judge_part part = {v->plan.warmup, whole ? 0 : v->block, v->blocks};
  hft_status status = cli_judge_add(&v->tape, rows, &part, error);
  hft_judge_samples half[2] = {{.chunks = 0}, {.chunks = 0}};
  for (int k = 0; k < 2 && status == HFT_OK; k++) {
    hft_dynamics dynamics = {0};
    const hft_judge_part blocks = {v->plan.warmup, v->block,
                                   (uint8_t)(k == 0 ? HFT_JUDGE_ODD : HFT_JUDGE_EVEN)};
    status = hft_judge_add(rows, &blocks, &half[k]);
    if (status == HFT_OK) status = hft_dynamics_add(rows, &blocks, &dynamics);
    if (status == HFT_OK) {
      status = hft_dynamics_estimate(&dynamics, v->seed, k == 0 ? v->judged.odd : v->judged.even);
    }
    hft_dynamics_free(&dynamics);
    if (status != HFT_OK) no_memory(error);
  }
  if (status == HFT_OK) {
    status = hft_judge_compare(&half[1], &half[0], &v->judged.floor);
    if (status != HFT_OK) no_memory(error);
  }
  for (int k = 0; k < 2; k++) hft_judge_samples_free(&half[k]);
  return status;
}

hft_status cli_judge_compare(cli_validation *v, hft_error *error) {
  cli_judged *j = &v->judged;
  hft_status status = hft_judge_compare(&v->tape.samples, &v->market.samples, &j->scores);
  if (status == HFT_OK) {
    status = hft_judge_bootstrap(&v->tape.samples, &v->market.samples, &j->scores, v->seed,
                                 &j->intervals);
  }
  return status == HFT_OK ? HFT_OK : no_memory(error);
}

void cli_validate_free(cli_validation *v) {
  cli_watched *both[] = {&v->market, &v->tape};
  for (int i = 0; i < 2; i++) {
    hft_observed_free(&both[i]->seen);
    hft_judge_samples_free(&both[i]->samples);
    hft_dynamics_free(&both[i]->dynamics);
  }
}

// ---- the page --------------------------------------------------------------------------------

static void write_scores(const cli_validation *v, FILE *page) {
  const cli_judged *j = &v->judged;
  hft_page_card_begin(page, "Scores",
                      "Distances between the distributions of market and tape, LOB-Bench's; "
                      "floor: those between the tape's own blocks.");
  fputs(
      "<table><thead><tr><th class=\"text\">score</th><th>L1</th><th>95%</th><th>floor</th>"
      "<th>W1</th><th>95%</th><th>floor</th></tr></thead><tbody>",
      page);
  for (int i = 0; i <= HFT_SCORE_COUNT; i++) {
    bool mean = i == HFT_SCORE_COUNT;
    const hft_judge_interval *interval = mean ? &j->intervals.mean : &j->intervals.score[i];
    fputs("<tr><td class=\"text\">", page);
    hft_page_text(page, mean ? "mean of 16" : hft_score_table[i].name);
    fputs("<small>", page);
    hft_page_text(page, mean ? "by their weights" : hft_score_table[i].help);
    fputs("</small></td>", page);
    cli_validate_write_number(page, mean ? j->scores.mean_l1 : j->scores.score[i].l1);
    cli_validate_write_range(page, interval->l1.low, interval->l1.high);
    cli_validate_write_number(page, mean ? j->floor.mean_l1 : j->floor.score[i].l1);
    cli_validate_write_number(page, mean ? j->scores.mean_w1 : j->scores.score[i].w1);
    cli_validate_write_range(page, interval->w1.low, interval->w1.high);
    cli_validate_write_number(page, mean ? j->floor.mean_w1 : j->floor.score[i].w1);
    fputs("</tr>", page);
  }
  fputs("</tbody></table>", page);
  hft_page_card_end(page);
}

static void write_dynamics(const cli_validation *v, FILE *page) {
  hft_page_card_begin(page, "Dynamics against the tape",
                      "A value agrees within its tolerance, or within one and a half times the "
                      "difference between the tape's odd and even blocks.");
  fputs(
      "<table><thead><tr><th class=\"text\">statistic</th><th>market</th><th>95%</th>"
      "<th>tape</th><th>95%</th><th>odd</th><th>even</th><th>allowed</th>"
      "<th class=\"text\">verdict</th></tr></thead><tbody>",
      page);
  for (int i = 0; i < HFT_DYNAMIC_COUNT; i++) {
    const hft_estimate *market = &v->market.estimates[i], *tape = &v->tape.estimates[i];
    double allowed;
    const char *verdict = hft_verdict_name(cli_validate_agrees(v, i, &allowed));
    fprintf(page, "<tr><td class=\"text\">%s</td>", hft_dynamic_table[i].name);
    cli_validate_write_number(page, market->value);
    cli_validate_write_range(page, market->interval.low, market->interval.high);
    cli_validate_write_number(page, tape->value);
    cli_validate_write_range(page, tape->interval.low, tape->interval.high);
    cli_validate_write_number(page, v->judged.odd[i].value);
    cli_validate_write_number(page, v->judged.even[i].value);
    cli_validate_write_number(page, allowed);
    fprintf(page, "<td class=\"text %s\">%s</td></tr>", verdict, verdict);
  }
  fputs("</tbody></table>", page);
  hft_page_card_end(page);
}

void cli_validate_write_scores(const cli_validation *v, FILE *page) {
  if (!v->has_tape) return;
  write_scores(v, page);
  write_dynamics(v, page);
}
