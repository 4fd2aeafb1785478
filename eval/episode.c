#include "eval/episode.h"

#include <stdlib.h>
#include <string.h>

#include "eval/span.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/market/market.h"
#include "sim/market/model.h"

static void plan_parent(hft_episode_plan *plan) {
  plan->kind = hft_baseline_kind_of(plan->strategy);
  if (plan->kind != HFT_BASELINE_EXECUTION) return;
  const hft_agent_keys *key = &plan->strategy->key;
  HFT_CHECK(key->side.exists && key->quantity.exists);
  plan->sign = hft_param_int(key->side, plan->params) == 0 ? 1 : -1;
  plan->quantity = hft_param_int(key->quantity, plan->params);
}

static hft_status plan_instruments(hft_episode_plan *plan, const hft_episode_spec *spec,
                                   const hft_market_config *market, hft_error *error) {
  int count = (int)market->instruments;
  if (spec->instrument != HFT_INSTRUMENT_ALL &&
      (spec->instrument < 0 || spec->instrument >= count)) {
    return hft_fail(error, HFT_ECONFIG, "instrument", "%d out of range [0, %d]", spec->instrument,
                    count - 1);
  }
  bool all = spec->instrument == HFT_INSTRUMENT_ALL;
  plan->instrument = all ? 0 : spec->instrument;
  plan->instrument_count = all ? count : 1;
  return HFT_OK;
}

// The participants of all strategies, and the owners of their first ones.
static hft_status plan_model(hft_episode_plan *plan, const hft_episode_spec *spec,
                             hft_error *error) {
  hft_extra_agent extra[HFT_CONTESTANTS_MAX * HFT_INSTRUMENTS_MAX];
  int each = plan->instrument_count, count = 0;
  for (int c = 0; c < plan->contestants; c++) {
    for (int k = 0; k < each; k++) {
      extra[count++] = (hft_extra_agent){plan[c].strategy, plan[c].params, plan->instrument + k};
    }
  }
  hft_model *model = NULL;
  hft_status status =
      hft_model_create(spec->config, spec->classes, spec->class_count, extra, count, &model, error);
  if (status != HFT_OK) return status;
  for (int c = 0; c < plan->contestants; c++) {
    plan[c].model = model;
    plan[c].owner = (hft_owner)(hft_model_first_extra(model) + c * each);
  }
  return hft_model_check_window(model, plan->end, error);
}

// The strategies of a market have one span: an episode has one start and one end.
static hft_status check_same_span(const hft_episode_plan *plan, const hft_episode_plan *other,
                                  hft_error *error) {
  if (other->start == plan->start && other->end == plan->end) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "horizon_s",
                  "in one market, %s would trade from %.12g s to %.12g s and %s from %.12g s to "
                  "%.12g s; give all strategies the same start_s and horizon_s",
                  plan->strategy->section->name, (double)plan->start / (double)HFT_SECOND,
                  (double)plan->end / (double)HFT_SECOND, other->strategy->section->name,
                  (double)other->start / (double)HFT_SECOND,
                  (double)other->end / (double)HFT_SECOND);
}

static hft_status fill_contestant(const hft_episode_spec *spec, const hft_episode_entry *entry,
                                  hft_episode_plan *plan, hft_error *error) {
  const hft_market_config *market = hft_config_map(spec->config, "market_config");
  size_t size = entry->strategy->section->size;
  plan->strategy = entry->strategy;
  plan->params = malloc(size > 0 ? size : 1);
  if (plan->params == NULL) return hft_fail(error, HFT_ENOMEM, "episode", "out of memory");
  if (size > 0) memcpy(plan->params, entry->params, size);
  hft_episode_span span;
  hft_status status = hft_episode_span_compute(spec->config, plan->strategy, plan->params,
                                               spec->horizon_s, &span, error);
  plan->start = span.start;
  plan->end = span.end;
  plan->step = span.step;
  plan_parent(plan);
  return status == HFT_OK ? plan_instruments(plan, spec, market, error) : status;
}

static hft_status fill_plans(const hft_episode_spec *spec, hft_episode_plan *plan,
                             hft_error *error) {
  const hft_episode_entry first = {spec->strategy, spec->params};
  for (int c = 0; c < plan->contestants; c++) {
    const hft_episode_entry *entry = c == 0 ? &first : &spec->others[c - 1];
    hft_status status = fill_contestant(spec, entry, &plan[c], error);
    if (status == HFT_OK) status = check_same_span(plan, &plan[c], error);
    if (status != HFT_OK) return status;
  }
  return plan_model(plan, spec, error);
}

hft_status hft_episode_plan_create(const hft_episode_spec *spec, hft_episode_plan **out,
                                   hft_error *error) {
  int count = 1 + spec->other_count;
  if (count < 1 || count > HFT_CONTESTANTS_MAX) {
    return hft_fail(error, HFT_EINVAL, "strategies", "%d out of range [1, %d]", count,
                    HFT_CONTESTANTS_MAX);
  }
  hft_episode_plan *plan = calloc((size_t)count, sizeof *plan);
  if (plan == NULL) return hft_fail(error, HFT_ENOMEM, "episode", "out of memory");
  for (int c = 0; c < count; c++) plan[c].contestants = count;
  hft_status status = fill_plans(spec, plan, error);
  if (status != HFT_OK) {
    hft_episode_plan_free(plan);
    return status;
  }
  *out = plan;
  return HFT_OK;
}

void hft_episode_plan_free(hft_episode_plan *plan) {
  if (plan == NULL) return;
  hft_model_free(plan->model);
  for (int c = 0; c < plan->contestants; c++) free(plan[c].params);
  free(plan);
}

int64_t hft_episode_steps(const hft_episode_plan *plan) {
  return (plan->end - plan->start + plan->step - 1) / plan->step;
}

int hft_episode_rows(const hft_episode_plan *plan) {
  return plan->instrument_count > 1 ? plan->instrument_count + 1 : 1;
}

// ---- one instrument ----------------------------------------------------------------------------

static hft_tape tape_since(const hft_tape *now, const hft_tape *before) {
  return (hft_tape){
      .trade_count = now->trade_count - before->trade_count,
      .buy_qty = now->buy_qty - before->buy_qty,
      .sell_qty = now->sell_qty - before->sell_qty,
      .notional = now->notional - before->notional,
      .last_price = now->last_price,
  };
}

static hft_desk desk_of(const hft_episode_course *course, int k) {
  const hft_episode_plan *plan = course->plan;
  return hft_market_desk(plan->model, course->market, (hft_owner)(plan->owner + k));
}

static int64_t mid2_of(const hft_episode_course *course, int k) {
  return hft_market_mid2(course->market, course->plan->instrument + k);
}

// Only executions are closed.
static void note_depth(hft_episode_course *course, int k) {
  if (course->plan->kind != HFT_BASELINE_EXECUTION) return;
  const hft_desk desk = desk_of(course, k);
  hft_depth_note(&course->part[k].depth, &desk);
}

static void open_part(hft_episode_course *course, int k) {
  const hft_episode_plan *plan = course->plan;
  course->part[k] = (hft_episode_part){
      .account = hft_market_account(plan->model, course->market, (hft_owner)(plan->owner + k),
                                    plan->instrument + k),
      .before = *hft_market_tape(course->market, plan->instrument + k),
  };
  course->rows[k] = (hft_episode){.arrival_mid2 = mid2_of(course, k)};
  note_depth(course, k);
}

// The P&L at the present mid, or at that of the end once the episode has ended.
static double part_value(const hft_episode_course *course, int k) {
  HFT_CHECK(course->rows != NULL);  // hft_episode_open has set them
  int64_t end_mid2 = course->rows[k].end_mid2;
  int64_t mid2 = end_mid2 != 0 ? end_mid2 : mid2_of(course, k);
  return hft_account_value(course->part[k].account, 0.5 * (double)mid2);
}

// Closes what is left of a parent order.
static void close_part(hft_episode_course *course, int k) {
  const hft_episode_plan *plan = course->plan;
  const hft_account *account = course->part[k].account;
  hft_episode *row = &course->rows[k];
  row->executed = plan->sign * account->position;
  if (plan->kind != HFT_BASELINE_EXECUTION) return;
  HFT_CHECK(row->executed <= plan->quantity);
  hft_desk desk = desk_of(course, k);
  desk.sink = course->sink;
  row->closing = hft_close_position(&desk, account->position - plan->sign * plan->quantity,
                                    &course->part[k].depth);
}

// Completes the row, after the closings of all strategies.
static void complete_part(hft_episode_course *course, int k) {
  hft_episode *row = &course->rows[k];
  row->account = *course->part[k].account;
  row->tape = tape_since(hft_market_tape(course->market, course->plan->instrument + k),
                         &course->part[k].before);
  row->inventory_mean = (double)course->part[k].inventory_sum / (double)course->step;
}

// ---- the total ---------------------------------------------------------------------------------

static void add_account(hft_account *sum, const hft_account *account) {
  sum->position += account->position;
  sum->cash += account->cash;
  sum->fees += account->fees;
  sum->bought += account->bought;
  sum->sold += account->sold;
  sum->transferred += account->transferred;
  sum->unfilled += account->unfilled;
  sum->maker_qty += account->maker_qty;
  sum->taker_qty += account->taker_qty;
  sum->fill_count += account->fill_count;
  sum->order_count += account->order_count;
  sum->maker_edge2 += account->maker_edge2;
  sum->taker_edge2 += account->taker_edge2;
}

static void add_row(hft_episode *total, const hft_episode *row) {
  add_account(&total->account, &row->account);
  total->tape.trade_count += row->tape.trade_count;
  total->tape.buy_qty += row->tape.buy_qty;
  total->tape.sell_qty += row->tape.sell_qty;
  total->tape.notional += row->tape.notional;
  total->executed += row->executed;
  total->closing.traded += row->closing.traded;
  total->closing.transferred += row->closing.transferred;
  total->closing.unfilled += row->closing.unfilled;
  total->inventory_mean += row->inventory_mean;
}

// The row of the total; null where one instrument is traded.
static hft_episode *total_row(const hft_episode_course *course) {
  int count = course->plan->instrument_count;
  return count > 1 ? &course->rows[count] : NULL;
}

static void note_drawdowns(hft_episode_course *course) {
  double sum = 0;
  for (int k = 0; k < course->plan->instrument_count; k++) {
    double value = part_value(course, k);
    hft_drawdown_note(&course->rows[k].drawdown, value);
    sum += value;
  }
  hft_episode *total = total_row(course);
  if (total != NULL) hft_drawdown_note(&total->drawdown, sum);
}

// ---- the course --------------------------------------------------------------------------------

static void end_step(hft_episode_course *course) {
  int64_t sum = 0;
  for (int k = 0; k < course->plan->instrument_count; k++) {
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): hft_episode_open has set the account
    int64_t inventory = llabs(course->part[k].account->position);
    course->part[k].inventory_sum += inventory;
    hft_episode *row = &course->rows[k];
    if (inventory > row->max_inventory) row->max_inventory = inventory;
    sum += inventory;
  }
  hft_episode *total = total_row(course);
  if (total != NULL && sum > total->max_inventory) total->max_inventory = sum;
  note_drawdowns(course);
  course->step++;
  if (course->step % HFT_DEPTH_STEPS != 0 || course->step == hft_episode_steps(course->plan)) {
    return;
  }
  for (int k = 0; k < course->plan->instrument_count; k++) note_depth(course, k);
}

static void close_parts(hft_episode_course *course) {
  for (int k = 0; k < course->plan->instrument_count; k++) close_part(course, k);
}

static void note_end(hft_episode_course *course) {
  for (int k = 0; k < course->plan->instrument_count; k++) {
    course->rows[k].end_mid2 = mid2_of(course, k);
  }
}

static void complete_rows(hft_episode_course *course) {
  hft_episode *total = total_row(course);
  for (int k = 0; k < course->plan->instrument_count; k++) {
    complete_part(course, k);
    if (total != NULL) add_row(total, &course->rows[k]);
  }
  note_drawdowns(course);
}

static void for_each(hft_episode_course *course, void (*act)(hft_episode_course *)) {
  for (int c = 0; c < course->plan->contestants; c++) act(&course[c]);
}

// The scores of the strategies, from what was recorded of them.
static void score(hft_episode_course *course) {
  hft_episode_score scores[HFT_INSTRUMENTS_MAX + 1];
  int rows = hft_episode_rows(course->plan), each = course->plan->instrument_count;
  for (int c = 0; c < course->plan->contestants; c++) {
    const hft_episode_plan *plan = &course->plan[c];
    const hft_parent_order parent = {plan->sign, plan->quantity};
    hft_score_compute(course->record, c * each, each, &parent, scores);
    for (int row = 0; row < rows; row++) course[c].rows[row].score = scores[row];
  }
}

// A closing moves the mid and may trade with orders of other strategies: the mids are noted before
// all closings, the accounts after them.
static void end_episode(hft_episode_course *course) {
  for_each(course, note_end);
  if (course->record != NULL) hft_record_end(course->record);
  for_each(course, close_parts);
  for_each(course, complete_rows);
  if (course->record == NULL) return;
  hft_record_complete(course->record);
  score(course);
}

static hft_status run_market(const hft_episode_course *course, hft_time until) {
  const hft_interrupt pieces = {course->progress.goes_on, course->progress.context};
  // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): hft_episode_open has set the plan
  bool ran = hft_market_run_interruptible(course->plan->model, course->market, until, course->sink,
                                          &pieces);
  return ran ? HFT_OK : HFT_EINTR;
}

static void open_parts(hft_episode_course *course) {
  // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): hft_episode_open has set the plan
  for (int k = 0; k < course->plan->instrument_count; k++) open_part(course, k);
  hft_episode *total = total_row(course);
  if (total != NULL) *total = (hft_episode){0};
}

// From the strategies' start on the record stands between the market and the sink.
static void start_record(hft_episode_course *course, hft_record *record) {
  const hft_episode_plan *plan = course->plan;
  hft_record_open(record, plan->model, course->market, plan->owner, plan->instrument, course->sink);
  for (int c = 0; c < plan->contestants; c++) {
    course[c].record = record;
    course[c].sink = hft_record_sink(record);
  }
}

hft_status hft_episode_open(hft_episode_course *course, const hft_episode_plan *plan,
                            hft_market *market, uint64_t seed, const hft_sink *sink,
                            const hft_episode_progress *progress, hft_episode *rows) {
  HFT_CHECK(plan->contestants > 0);
  for (int c = 0; c < plan->contestants; c++) {
    course[c].plan = &plan[c];
    course[c].market = market;
    course[c].sink = sink;
    course[c].record = NULL;
    course[c].progress = progress != NULL ? *progress : (hft_episode_progress){0};
    course[c].rows = rows + (size_t)c * (size_t)hft_episode_rows(plan);
    course[c].step = 0;
  }
  const hft_interrupt pieces = {course->progress.goes_on, course->progress.context};
  if (!hft_market_reset_interruptible(plan->model, market, seed, 0, sink, &pieces))
    return HFT_EINTR;
  hft_status status = run_market(course, plan->start - 1);
  if (status != HFT_OK) return status;
  for_each(course, open_parts);
  return HFT_OK;
}

hft_status hft_episode_advance(hft_episode_course *course, hft_time until) {
  const hft_episode_plan *plan = course->plan;
  const hft_episode_progress *progress = &course->progress;
  int64_t steps = hft_episode_steps(plan);
  while (course->step < steps) {
    int64_t next = course->step + 1;
    hft_time time = next < steps ? plan->start + next * plan->step : plan->end;
    if (time > until) break;
    hft_status status = run_market(course, time);
    if (status != HFT_OK) return status;
    for_each(course, end_step);
    if (course->record != NULL) hft_record_step(course->record);
    if (progress->on_step != NULL && !progress->on_step(progress->context)) return HFT_EINTR;
    if (course->step == steps) end_episode(course);
  }
  return run_market(course, until);
}

size_t hft_episode_record_size(const hft_episode_plan *plan) {
  return hft_record_size(plan->contestants * plan->instrument_count, plan->instrument_count,
                         hft_episode_steps(plan));
}

hft_status hft_episode_run_recorded(const hft_episode_plan *plan, hft_market *market, uint64_t seed,
                                    const hft_sink *sink, const hft_episode_progress *progress,
                                    void *memory, hft_episode *rows) {
  hft_episode_course course[HFT_CONTESTANTS_MAX];  // some 80 KiB
  hft_status status = hft_episode_open(course, plan, market, seed, sink, progress, rows);
  if (status != HFT_OK) return status;
  start_record(course, hft_record_init(memory, plan->contestants * plan->instrument_count,
                                       plan->instrument_count, hft_episode_steps(plan)));
  return hft_episode_advance(course, plan->end);
}

hft_status hft_episode_run(const hft_episode_plan *plan, hft_market *market, uint64_t seed,
                           const hft_sink *sink, const hft_episode_progress *progress,
                           hft_episode *rows) {
  void *memory = aligned_alloc(HFT_CACHE_LINE, hft_align(hft_episode_record_size(plan)));
  if (memory == NULL) return HFT_ENOMEM;
  hft_status status = hft_episode_run_recorded(plan, market, seed, sink, progress, memory, rows);
  free(memory);
  return status;
}
