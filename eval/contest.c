#include "eval/contest.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "eval/group.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"

const char *const hft_group_names[HFT_GROUP_COUNT] = {"coordination_efficiency",
                                                      "behavioural_diversity"};

// ---- the plans ---------------------------------------------------------------------------------

// Whether `both` sets its side.
static bool has_side(const hft_contest_entry *contestant) {
  return contestant->entry.strategy->key.side.exists && !contestant->one_side;
}

// Makes the plans of a market of the contestants begin .. begin + count - 1. On a paired side the
// key `side` of all that have it is set.
static hft_status make_market(const hft_contest_spec *spec, hft_contest *contest, int side,
                              int index, int begin, int count, hft_error *error) {
  hft_episode_entry entry[HFT_CONTESTANTS_MAX];
  void *copy[HFT_CONTESTANTS_MAX] = {0};
  hft_status status = HFT_OK;
  for (int i = 0; i < count && status == HFT_OK; i++) {
    const hft_contest_entry *one = &spec->contestant[begin + i];
    size_t size = one->entry.strategy->section->size;
    entry[i] = one->entry;
    if (!spec->both || !has_side(one)) continue;
    copy[i] = malloc(size);
    if (copy[i] == NULL) {
      status = hft_fail(error, HFT_ENOMEM, "contest", "out of memory");
      break;
    }
    memcpy(copy[i], one->entry.params, size);
    hft_param_set_int(one->entry.strategy->key.side, copy[i], side);
    entry[i].params = copy[i];
  }
  const hft_episode_spec one_market = {.config = spec->config,
                                       .classes = spec->classes,
                                       .class_count = spec->class_count,
                                       .strategy = entry[0].strategy,
                                       .params = entry[0].params,
                                       .instrument = spec->instrument,
                                       .horizon_s = spec->horizon_s,
                                       .others = entry + 1,
                                       .other_count = count - 1};
  hft_episode_plan **plan = &contest->market[side][index];
  if (status == HFT_OK) status = hft_episode_plan_create(&one_market, plan, error);
  for (int i = 0; i < count; i++) free(copy[i]);
  if (status != HFT_OK) return status;
  for (int i = 0; i < count; i++) contest->plan[side][begin + i] = *plan + i;
  return HFT_OK;
}

static hft_status make_markets(const hft_contest_spec *spec, hft_contest *contest,
                               hft_error *error) {
  int each = spec->together ? spec->count : 1;
  for (int side = 0; side < contest->sides; side++) {
    for (int m = 0; m < contest->markets; m++) {
      if (side > 0 && !spec->together && !has_side(&spec->contestant[m])) {
        contest->plan[side][m] = contest->plan[0][m];
        continue;
      }
      hft_status status = make_market(spec, contest, side, m, m * each, each, error);
      if (status != HFT_OK) return status;
    }
  }
  return HFT_OK;
}

static hft_status check(const hft_contest_spec *spec, hft_error *error) {
  if (spec->count < 1 || spec->count > HFT_CONTESTANTS_MAX) {
    return hft_fail(error, HFT_EINVAL, "strategies", "%d out of range [1, %d]", spec->count,
                    HFT_CONTESTANTS_MAX);
  }
  bool sided = !spec->both;
  for (int i = 0; i < spec->count; i++) sided = sided || has_side(&spec->contestant[i]);
  if (sided) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, "side",
                  "no strategy has the key side: there is no parent order to buy and to sell");
}

hft_status hft_contest_create(const hft_contest_spec *spec, hft_contest **out, hft_error *error) {
  hft_status status = check(spec, error);
  if (status != HFT_OK) return status;
  hft_contest *contest = calloc(1, sizeof *contest);
  if (contest == NULL) return hft_fail(error, HFT_ENOMEM, "contest", "out of memory");
  contest->contestants = spec->count;
  contest->sides = spec->both ? 2 : 1;
  contest->markets = spec->together ? 1 : spec->count;
  for (int i = 0; i < spec->count; i++) contest->name[i] = spec->contestant[i].name;
  status = make_markets(spec, contest, error);
  if (status != HFT_OK) {
    hft_contest_free(contest);
    return status;
  }
  *out = contest;
  return HFT_OK;
}

void hft_contest_free(hft_contest *contest) {
  if (contest == NULL) return;
  for (int side = 0; side < HFT_CONTEST_SIDES; side++) {
    for (int m = 0; m < contest->markets; m++) hft_episode_plan_free(contest->market[side][m]);
  }
  free(contest);
}

int hft_contest_rows(const hft_contest *contest) {
  return hft_episode_rows(contest->plan[0][0]);
}

bool hft_contest_paired(const hft_contest *contest, int contestant) {
  return contest->sides == 2 && contest->plan[1][contestant] != contest->plan[0][contestant];
}

// Whether a contest has the figures of a group.
static bool is_group(const hft_contest *contest) {
  return contest->markets == 1 && contest->contestants > 1 && hft_contest_rows(contest) == 1;
}

// ---- the worlds --------------------------------------------------------------------------------

typedef struct job {
  const hft_contest *contest;
  int worlds;
  double *value;  // [sides][contestants][rows][HFT_METRIC_COUNT][worlds]
  bool *done;     // [worlds]
  bool *lost;     // [worlds][contestants]
  double *group;  // [HFT_GROUP_COUNT][worlds]; null: no group
  _Atomic int64_t lots[HFT_CONTESTANTS_MAX * (HFT_CONTESTANTS_MAX + 2)];
  size_t market_bytes, record_bytes;  // of a thread: the largest of the plans
} job;

static size_t at(const job *j, int side, int contestant, int row, int metric) {
  const hft_contest *c = j->contest;
  size_t rows = (size_t)hft_contest_rows(c);
  size_t series = ((size_t)side * (size_t)c->contestants + (size_t)contestant) * rows + (size_t)row;
  return (series * HFT_METRIC_COUNT + (size_t)metric) * (size_t)j->worlds;
}

static void note_row(const job *j, const hft_episode_plan *plan, const hft_episode *rows, int row,
                     double *value) {
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    bool applies = hft_metric_applies((hft_metric)m, plan->kind);
    value[(size_t)m * (size_t)j->worlds] =
        applies ? hft_metric_value(plan, rows, row, (hft_metric)m) : NAN;
  }
}

// The rows [contestant of the market][row] of an episode.
static void note_market(const job *j, int side, int market, int world, const hft_episode *rows) {
  const hft_contest *c = j->contest;
  int each = c->contestants / c->markets, count = hft_contest_rows(c);
  for (int i = 0; i < each; i++) {
    const hft_episode_plan *plan = &c->market[side][market][i];
    for (int row = 0; row < count; row++) {
      double *value = j->value + at(j, side, market * each + i, row, 0) + world;
      note_row(j, plan, rows + (size_t)i * (size_t)count, row, value);
    }
  }
}

// A market of a plan's model in the thread's memory: models differ from plan to plan.
static hft_market *market_of(const job *j, const hft_episode_plan *plan, hft_runner_world *world) {
  bool one = j->contest->sides == 1 && j->contest->markets == 1;
  if (one && world->market != NULL) return world->market;
  hft_status status =
      hft_market_init(plan->model, world->memory, hft_market_size(plan->model), &world->market);
  HFT_CHECK(status == HFT_OK);
  return world->market;
}

// Notes whose records of a market had no room for all notes.
static void note_lost(const job *j, int market, int world, const hft_record *record) {
  const hft_contest *c = j->contest;
  const hft_episode_plan *plan = c->plan[0][0];
  int each = c->contestants / c->markets, count = plan->instrument_count;
  bool *lost = j->lost + (size_t)world * (size_t)c->contestants + (size_t)(market * each);
  for (int i = 0; i < each * count; i++) {
    if (hft_record_trading(record, i).lost > 0) lost[i / count] = true;
  }
}

// Adds the lots of a market that all strategies share, and a side's part of the group's figures.
static void note_group(const job *j, int world, const hft_record *record, int64_t *lots) {
  const hft_contest *c = j->contest;
  int count = c->contestants, cells = count * (count + 2);
  hft_trading trading[HFT_CONTESTANTS_MAX];
  hft_member member[HFT_CONTESTANTS_MAX];
  int64_t side[HFT_CONTESTANTS_MAX * (HFT_CONTESTANTS_MAX + 2)];
  for (int i = 0; i < count; i++) {
    trading[i] = hft_record_trading(record, i);
    member[i] = (hft_member){&trading[i], c->plan[0][i]->owner};
  }
  hft_group_matrix(member, count, side);
  for (int i = 0; i < cells; i++) lots[i] += side[i];
  double share = 1.0 / c->sides;
  size_t worlds = (size_t)j->worlds;
  double *figure = j->group + world;
  figure[HFT_GROUP_COORDINATION * worlds] += share * hft_group_coordination(member, count);
  figure[HFT_GROUP_DIVERSITY * worlds] += share * hft_group_diversity(member, count);
}

static void run_world(void *context, hft_runner_world *world) {
  job *j = context;
  const hft_contest *c = j->contest;
  int64_t lots[HFT_CONTESTANTS_MAX * (HFT_CONTESTANTS_MAX + 2)] = {0};
  void *record = (char *)world->memory + j->market_bytes;
  hft_episode *rows = (void *)((char *)record + j->record_bytes);
  for (int side = 0; side < c->sides; side++) {
    for (int m = 0; m < c->markets; m++) {
      const hft_episode_plan *plan = c->market[side][m];
      if (plan == NULL) continue;
      hft_market *market = market_of(j, plan, world);
      hft_status status =
          hft_episode_run_recorded(plan, market, world->seed, NULL, &world->progress, record, rows);
      if (status != HFT_OK) return;  // stopped
      note_market(j, side, m, world->index, rows);
      note_lost(j, m, world->index, record);
      if (j->group != NULL) note_group(j, world->index, record, lots);
    }
  }
  // Sums of integers do not depend on the order of the threads.
  int cells = j->group != NULL ? c->contestants * (c->contestants + 2) : 0;
  for (int i = 0; i < cells; i++) atomic_fetch_add(&j->lots[i], lots[i]);
  j->done[world->index] = true;
}

// ---- the values --------------------------------------------------------------------------------

// Keeps the first `count` values of each series, those of the complete worlds.
static void compact(const job *j, double *values, int series, int count) {
  double *to = values;
  for (int s = 0; s < series; s++) {
    const double *from = values + (size_t)s * (size_t)j->worlds;
    for (int i = 0; i < j->worlds; i++) {
      if (j->done[i]) *to++ = from[i];
    }
  }
  HFT_CHECK(to == values + (size_t)series * (size_t)count);
}

// Pairs have a value where both sides have one.
static hft_pairing pair(double *first, const double *second, int count) {
  hft_moments a = {0}, b = {0}, mean = {0};
  for (int i = 0; i < count; i++) {
    double value = 0.5 * (first[i] + second[i]);
    if (!isnan(value)) {
      hft_moments_add(&a, first[i]);
      hft_moments_add(&b, second[i]);
      hft_moments_add(&mean, value);
    }
    first[i] = value;
  }
  double sides = 0.25 * (a.square_sum + b.square_sum);  // of the mean, were they independent
  double saved = mean.count > 1 && sides > 0 ? 1 - mean.square_sum / sides : NAN;
  double covariance = 2 * (mean.square_sum - sides);
  return (hft_pairing){covariance / sqrt(a.square_sum * b.square_sum), saved};
}

static void pair_sides(const hft_contest *contest, hft_scores *s) {
  size_t series = (size_t)s->rows * HFT_METRIC_COUNT;
  size_t side = (size_t)s->contestants * series * (size_t)s->episodes;
  for (int c = 0; c < s->contestants; c++) {
    bool paired = hft_contest_paired(contest, c);
    for (size_t k = 0; k < series; k++) {
      double *first = s->value + ((size_t)c * series + k) * (size_t)s->episodes;
      hft_pairing *pairing = &s->pairing[c][k % HFT_METRIC_COUNT];
      *pairing = paired ? pair(first, first + side, s->episodes) : (hft_pairing){NAN, NAN};
    }
  }
}

static hft_status allocate(job *j, hft_scores *out, int sides, hft_error *error) {
  size_t series = (size_t)sides * (size_t)out->contestants * (size_t)out->rows * HFT_METRIC_COUNT;
  size_t values = series * (size_t)j->worlds;
  if (values > HFT_CONTEST_VALUES_MAX) {
    return hft_fail(error, HFT_EINVAL, "episodes",
                    "%d episodes x %d strategies x %d sides x %d rows are more than %d values; "
                    "lower one of these",
                    j->worlds, out->contestants, sides, out->rows, HFT_CONTEST_VALUES_MAX);
  }
  out->value = malloc(values * sizeof *out->value);
  out->seed = malloc((size_t)j->worlds * sizeof *out->seed);
  j->done = calloc((size_t)j->worlds, sizeof *j->done);
  j->lost = calloc((size_t)j->worlds * (size_t)out->contestants, sizeof *j->lost);
  j->value = out->value;
  bool grouped = is_group(j->contest);
  if (grouped) {
    out->group = calloc((size_t)j->worlds * HFT_GROUP_COUNT, sizeof *out->group);
    j->group = out->group;
  }
  bool complete = out->value != NULL && out->seed != NULL && j->done != NULL && j->lost != NULL;
  if (complete && (!grouped || j->group != NULL)) return HFT_OK;
  return hft_fail(error, HFT_ENOMEM, "episodes", "no memory for %zu values", values);
}

// Takes over what the worlds have noted beside the values.
static void collect(const job *j, hft_scores *out) {
  int count = out->contestants, columns = count + 2;
  for (int i = 0; i < j->worlds * count; i++) {
    out->lost[i % count] += j->done[i / count] && j->lost[i];
  }
  if (j->group == NULL) return;
  compact(j, j->group, HFT_GROUP_COUNT, out->episodes);
  for (int i = 0; i < count * columns; i++) out->lots[i / columns][i % columns] = j->lots[i];
}

static hft_runner_job runner_job(job *j) {
  const hft_contest *c = j->contest;
  hft_runner_job runs = {.task = run_world, .context = j};
  for (int i = 0; i < c->sides * c->markets; i++) {
    const hft_episode_plan *plan = c->market[i / c->markets][i % c->markets];
    if (plan == NULL) continue;
    size_t size = hft_align(hft_market_size(plan->model));
    size_t record = hft_align(hft_episode_record_size(plan));
    if (size > j->market_bytes) j->market_bytes = size;
    if (record > j->record_bytes) j->record_bytes = record;
    runs.world_steps += hft_episode_steps(plan);
  }
  size_t rows = (size_t)(c->contestants / c->markets) * (size_t)hft_contest_rows(c);
  runs.bytes = j->market_bytes + j->record_bytes + rows * sizeof(hft_episode);
  return runs;
}

hft_status hft_contest_run(const hft_contest *contest, const hft_runner_options *options,
                           hft_scores *out, hft_error *error) {
  *out = (hft_scores){.contestants = contest->contestants, .rows = hft_contest_rows(contest)};
  if (options->episodes < 1 || options->episodes > HFT_EPISODES_MAX) {
    return hft_fail(error, HFT_EINVAL, "episodes", "%d out of range [1, %d]", options->episodes,
                    HFT_EPISODES_MAX);
  }
  job j = {.contest = contest, .worlds = options->episodes};
  hft_status status = allocate(&j, out, contest->sides, error);
  if (status == HFT_OK) {
    const hft_runner_job runs = runner_job(&j);
    status = hft_runner_run_job(&runs, options, error);
  }
  if (status == HFT_OK || status == HFT_EINTR) {
    for (int i = 0; i < j.worlds; i++) {
      if (j.done[i]) out->seed[out->episodes++] = options->seed + (uint64_t)i;
    }
    int series = contest->sides * out->contestants * out->rows * HFT_METRIC_COUNT;
    compact(&j, out->value, series, out->episodes);
    pair_sides(contest, out);
    collect(&j, out);
  }
  free(j.done);
  free(j.lost);
  return status;
}

hft_status hft_scores_summarise(const hft_scores *scores, uint64_t seed, hft_metric_summary *out) {
  for (int i = 0; i < scores->contestants * scores->rows; i++) {
    size_t first = (size_t)i * HFT_METRIC_COUNT;
    const double *values = scores->value + first * (size_t)scores->episodes;
    hft_status status =
        hft_metric_summarise_columns(values, HFT_METRIC_COUNT, scores->episodes, seed, out + first);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

void hft_scores_free(hft_scores *scores) {
  free(scores->value);
  free(scores->seed);
  free(scores->group);
  scores->group = NULL;
  scores->value = NULL;
  scores->seed = NULL;
}

const double *hft_scores_values(const hft_scores *scores, int contestant, int row,
                                hft_metric metric) {
  size_t series = ((size_t)contestant * (size_t)scores->rows + (size_t)row) * HFT_METRIC_COUNT;
  return scores->value + (series + (size_t)metric) * (size_t)scores->episodes;
}
