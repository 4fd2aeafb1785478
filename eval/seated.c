#include "eval/seated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/env/policy.h"

#define SLICE_WORK 32768  // work between two looks at whether to stop

// A scored seat.
typedef struct scored_seat {
  int group, index;  // its row of the group's arrays
  int seat;          // among all seats
  int64_t size;      // lots of its key: quote_qty, parent_qty, order_qty, count_max
} scored_seat;

struct hft_seated_plan {
  hft_env_model *model;
  hft_task_metric metric;
  bool per_lot;                  // of the rewards
  bool marks_mid;                // a position that is left is valued at the mid
  int pnl, shortfall, baseline;  // indices of totals
  int inventory, risk;           // and of terms
  int seat_count;
  scored_seat seat[HFT_SEATS_MAX];
};

// ---- seats -------------------------------------------------------------------------------------

// Whether a strategy does what a role is for. Policies say so for themselves.
static bool suits(const hft_agent_class *agent_class, hft_role role) {
  if (agent_class->policy != NULL) return true;
  switch (hft_baseline_kind_of(agent_class)) {
    case HFT_BASELINE_EXECUTION:
      return role == HFT_ROLE_EXECUTOR;
    case HFT_BASELINE_MARKET_MAKING:
      return role == HFT_ROLE_MAKER;
    case HFT_BASELINE_DIRECTIONAL:
      return role == HFT_ROLE_TAKER || role == HFT_ROLE_PORTFOLIO;
    case HFT_BASELINE_NONE:
      return hft_baseline_find(agent_class->section->name) == agent_class;
    case HFT_BASELINE_KIND_COUNT:
      break;
  }
  return false;
}

static const hft_agent_class *find_class(const hft_seated_spec *spec, const char *name) {
  for (int i = 0; i < spec->class_count; i++) {
    if (strcmp(spec->classes[i]->section->name, name) == 0) return spec->classes[i];
  }
  return NULL;
}

static int item_role(const hft_config *config, int item, const char **controller, int64_t *count) {
  const hft_section *section;
  const char *keys = hft_config_item(config, "seats", item, &section);
  const hft_key *key = hft_section_find(section, "controller");
  *controller = ((const hft_text *)(const void *)(keys + key->offset))->text;
  key = hft_section_find(section, "count");
  *count = key != NULL ? *(const int64_t *)(const void *)(keys + key->offset) : 1;
  for (int role = 0; role < HFT_ROLE_COUNT; role++) {
    if (hft_seat_sections[role] == section) return role;
  }
  HFT_CHECK(false);
  return 0;
}

// Gives the seats of an item to a controller.
static hft_status give(hft_config *config, int item, const char *controller,
                       const hft_params *params, hft_error *error) {
  char path[48];
  snprintf(path, sizeof path, "seats.%d.controller", item);
  hft_status status = hft_config_set_value(config, path, controller, error);
  snprintf(path, sizeof path, "seats.%d.params", item);
  const char *text = params != NULL ? params->text : "{}";
  if (status == HFT_OK) status = hft_config_set_value(config, path, text, error);
  return status;
}

static hft_status give_to_opponent(const hft_seated_spec *spec, hft_config *config, int item,
                                   hft_role role, hft_error *error) {
  const hft_task *task = spec->task;
  for (int i = 0; i < task->opponent_count; i++) {
    const hft_task_opponent *opponent = &task->opponent[i];
    if (opponent->role != role) continue;
    return give(config, item, opponent->keys.controller.text, &opponent->keys.params, error);
  }
  return hft_fail(error, HFT_ECONFIG, "opponents",
                  "the preset %s has an external seat of the role %s, which is not scored: name "
                  "its controller in an item '- kind: %s' of the task's list `opponents`",
                  task->keys.preset.text, hft_task_role_name(role), hft_task_role_name(role));
}

// Gives all external seats away. Marks the items that are scored; returns their number in *scored.
static hft_status give_all(const hft_seated_spec *spec, hft_config *config, bool *is_scored,
                           int *scored, hft_error *error) {
  hft_role own = hft_task_role(spec->task);
  *scored = 0;
  for (int i = 0; i < hft_config_count(config, "seats"); i++) {
    const char *controller;
    int64_t count;
    hft_role role = (hft_role)item_role(config, i, &controller, &count);
    is_scored[i] = false;
    if (strcmp(controller, "external") != 0) continue;
    hft_status status = HFT_OK;
    if (role == own) {
      const hft_seated_contestant *c = &spec->contestant;
      is_scored[i] = true;
      ++*scored;
      status = give(config, i, c->controller, c->params, error);
    } else {
      status = give_to_opponent(spec, config, i, role, error);
    }
    if (status != HFT_OK) return status;
  }
  if (*scored > 0) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "seats",
                  "the preset %s has no external seat of the role %s, which the task scores",
                  spec->task->keys.preset.text, hft_task_role_name(own));
}

// ---- the plan ----------------------------------------------------------------------------------

static int64_t size_of(const hft_config *config, int item) {
  static const char *const names[HFT_ROLE_COUNT] = {
      [HFT_ROLE_MAKER] = "quote_qty",
      [HFT_ROLE_EXECUTOR] = "parent_qty",
      [HFT_ROLE_TAKER] = "order_qty",
      [HFT_ROLE_PORTFOLIO] = "count_max",
  };
  const hft_section *section;
  const char *keys = hft_config_item(config, "seats", item, &section);
  for (int role = 0; role < HFT_ROLE_COUNT; role++) {
    if (hft_seat_sections[role] != section) continue;
    const hft_key *key = hft_section_find(section, names[role]);
    return *(const int64_t *)(const void *)(keys + key->offset);
  }
  return 1;
}

// Seats of a group have the order of the config's items: finds the rows of those that are scored.
static void find_seats(hft_seated_plan *plan, const hft_seated_spec *spec, const hft_config *config,
                       const bool *is_scored) {
  const hft_env_spec *env = hft_env_model_spec(plan->model);
  int next[HFT_GROUPS_MAX] = {0};
  for (int i = 0; i < hft_config_count(config, "seats"); i++) {
    const char *controller;
    int64_t count;
    hft_role role = (hft_role)item_role(config, i, &controller, &count);
    bool acts = find_class(spec, controller)->policy != NULL;
    hft_control control = acts ? HFT_CONTROL_POLICY : HFT_CONTROL_STRATEGY;
    int g = 0;
    while (env->group[g].role != role || env->group[g].control != control) g++;
    HFT_CHECK(g < env->all_group_count);
    for (int64_t k = 0; k < count; k++) {
      int index = next[g]++;
      // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Branch): set for each item of the config
      if (!is_scored[i]) continue;
      plan->seat[plan->seat_count++] =
          (scored_seat){g, index, env->group[g].first_seat + index, size_of(config, i)};
    }
  }
}

static int find_index(const hft_index *index, int count, const char *name) {
  for (int i = 0; i < count; i++) {
    if (strcmp(index[i].name, name) == 0) return i;
  }
  HFT_CHECK(false);
  return 0;
}

static hft_status set_metric(hft_seated_plan *plan, const hft_seated_spec *spec, hft_error *error) {
  const hft_reward_config *reward = hft_config_map(spec->config, "reward_config");
  const hft_env_config *env = hft_config_map(spec->config, "env_config");
  const hft_group *group = &hft_env_model_spec(plan->model)->group[plan->seat[0].group];
  plan->metric = hft_task_metric_of(spec->task);
  plan->per_lot = reward->per_lot;
  plan->marks_mid = env->reference == HFT_REFERENCE_MID;
  plan->pnl = find_index(group->total, group->total_dim, "pnl");
  plan->shortfall = find_index(group->total, group->total_dim, "shortfall");
  plan->baseline = find_index(group->total, group->total_dim, "baseline");
  plan->inventory = find_index(group->term, group->term_dim, "inventory");
  plan->risk = find_index(group->term, group->term_dim, "risk");
  bool holds = reward->baseline == HFT_RELATIVE_HOLD && reward->mark == HFT_MARK_FUNDAMENTAL;
  if (plan->metric != HFT_TASK_BEYOND_HOLDING || holds) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "task.metric",
                  "pnl_beyond_holding needs a preset with reward_config.baseline: hold and "
                  "reward_config.mark: fundamental");
}

static hft_status compile(hft_seated_plan *plan, const hft_seated_spec *spec, hft_config *config,
                          hft_error *error) {
  bool is_scored[HFT_CONFIG_ITEMS_MAX];
  int scored;
  hft_status status = give_all(spec, config, is_scored, &scored, error);
  if (status == HFT_OK) {
    status = hft_env_model_create(config, spec->classes, spec->class_count, &plan->model, error);
  }
  if (status != HFT_OK) return status;
  find_seats(plan, spec, config, is_scored);
  return set_metric(plan, spec, error);
}

static hft_status create(const hft_seated_spec *spec, hft_seated_plan **out, hft_error *error) {
  *out = NULL;
  hft_status status = HFT_OK;
  hft_seated_plan *plan = calloc(1, sizeof *plan);
  hft_config *config = hft_config_copy(spec->config);
  if (plan == NULL || config == NULL) {
    status = hft_fail(error, HFT_ENOMEM, "task", "out of memory");
  } else {
    status = compile(plan, spec, config, error);
  }
  hft_config_free(config);
  if (status != HFT_OK) {
    hft_seated_plan_free(plan);
    return status;
  }
  *out = plan;
  return HFT_OK;
}

// ---- who may hold the seats --------------------------------------------------------------------

bool hft_seated_can_hold(const hft_seated_spec *spec, const hft_agent_class *agent_class) {
  if (!suits(agent_class, hft_task_role(spec->task))) return false;
  if (agent_class->policy == NULL) return true;
  const char *name = agent_class->section->name;
  hft_seated_spec trial = *spec;
  trial.contestant = (hft_seated_contestant){name, hft_task_params(spec->task, name)};
  hft_seated_plan *plan;
  bool can = create(&trial, &plan, NULL) == HFT_OK;
  hft_seated_plan_free(plan);
  return can;
}

static hft_status refuse(const hft_seated_spec *spec, bool known, hft_error *error) {
  const char *name = spec->contestant.controller;
  hft_role role = hft_task_role(spec->task);
  char names[256] = "";
  size_t used = 0;
  for (int i = 0; i < spec->class_count && used < sizeof names; i++) {
    const hft_agent_class *c = spec->classes[i];
    if (!hft_seated_can_hold(spec, c)) continue;
    used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                             c->section->name);
  }
  return hft_fail(error, HFT_EINVAL, name, "%s hold the seat of %s %s; those that can: %s",
                  known ? "cannot" : "no strategy of this name, which could",
                  role == HFT_ROLE_EXECUTOR ? "an" : "a", hft_task_role_name(role), names);
}

// A policy that is given keys says itself why it does not fit.
static hft_status check_contestant(const hft_seated_spec *spec, hft_error *error) {
  const hft_seated_contestant *c = &spec->contestant;
  const hft_agent_class *found = find_class(spec, c->controller);
  if (found == NULL) return refuse(spec, false, error);
  if (found->policy != NULL && c->params != NULL && strcmp(c->params->text, "{}") != 0) {
    return HFT_OK;
  }
  return hft_seated_can_hold(spec, found) ? HFT_OK : refuse(spec, true, error);
}

hft_status hft_seated_plan_create(const hft_seated_spec *spec, hft_seated_plan **out,
                                  hft_error *error) {
  *out = NULL;
  hft_status status = check_contestant(spec, error);
  return status == HFT_OK ? create(spec, out, error) : status;
}

void hft_seated_plan_free(hft_seated_plan *plan) {
  if (plan == NULL) return;
  if (plan->model != NULL) hft_env_model_free(plan->model);
  free(plan);
}

static const hft_group *scored_group(const hft_seated_plan *plan) {
  return &hft_env_model_spec(plan->model)->group[plan->seat[0].group];
}

int hft_seated_seat_count(const hft_seated_plan *plan) {
  return plan->seat_count;
}

int hft_seated_total_count(const hft_seated_plan *plan) {
  return scored_group(plan)->total_dim;
}

const char *hft_seated_total_name(const hft_seated_plan *plan, int k) {
  return scored_group(plan)->total[k].name;
}

const char *hft_seated_total_unit(const hft_seated_plan *plan, int k) {
  return scored_group(plan)->total[k].unit;
}

double hft_seated_length_s(const hft_seated_plan *plan) {
  const hft_env_spec *spec = hft_env_model_spec(plan->model);
  return (double)spec->episode_len * (double)spec->decision / (double)HFT_SECOND;
}

const hft_model *hft_seated_market(const hft_seated_plan *plan) {
  return hft_env_model_market(plan->model);
}

// ---- a thread's memory -------------------------------------------------------------------------

// An env with its arrays, and the sums of an episode.
typedef struct table {
  const hft_seated_plan *plan;
  const hft_env_model *model;  // of the episode: the plan's, or a variant
  hft_env *env;
  hft_env_io io;
  double charge[HFT_SEATS_MAX];      // of each scored seat: its terms inventory and risk
  double terminated[HFT_SEATS_MAX];  // 0, 1
} table;

// Adds an array of a group to the memory; returns where. Memory null: only its size is counted.
static void *place(char *memory, size_t *size, size_t bytes) {
  size_t at = hft_layout_add(size, bytes > 0 ? bytes : 1);
  return memory != NULL ? memory + at : NULL;
}

// Lays out an env and the arrays that it writes where no seat is external. Returns the bytes.
static size_t lay_out(const hft_seated_plan *plan, char *memory, table *t) {
  const hft_env_spec *spec = hft_env_model_spec(plan->model);
  size_t size = 0;
  t->env = place(memory, &size, hft_env_room(plan->model));
  for (int g = 0; g < spec->all_group_count; g++) {
    size_t seats = (size_t)spec->group[g].seat_count, four = sizeof(float);
    t->io.reward[g] = place(memory, &size, seats * four);
    t->io.term[g] = place(memory, &size, seats * (size_t)spec->group[g].term_dim * four);
    t->io.unfilled[g] = place(memory, &size, seats * four);
    t->io.terminated[g] = place(memory, &size, seats);
  }
  t->io.truncated = place(memory, &size, 1);
  t->io.ended = place(memory, &size, 1);
  t->io.state = place(memory, &size, (size_t)spec->state_dim * sizeof(float));
  return size;
}

// ---- an episode --------------------------------------------------------------------------------

// What closing the last position at the best price would cost beyond the mid, ticks x lots.
static double cost_of_rest(const table *t, int seat) {
  double cost = 0;
  for (int k = 0; k < hft_env_seat_instruments(t->model, seat); k++) {
    hft_seat_look look = hft_env_look(t->model, t->env, seat, k);
    const hft_book *book = hft_desk_book(&look.desk);
    hft_price bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
    if (look.position == 0 || bid == 0 || ask == 0) continue;
    double lots = (double)(look.position < 0 ? -look.position : look.position);
    cost += lots * 0.5 * (double)(ask - bid);
  }
  return cost;
}

static double score_of(const table *t, int k, const float *total) {
  const hft_seated_plan *plan = t->plan;
  const scored_seat *seat = &plan->seat[k];
  double pnl = (double)total[plan->pnl];
  switch (plan->metric) {
    case HFT_TASK_SHORTFALL:
      return -(double)total[plan->shortfall] / (double)seat->size + 0.0;
    case HFT_TASK_BEYOND_HOLDING:
      return pnl + (double)total[plan->baseline];
    case HFT_TASK_PNL_LESS_RISK:
      // Terms are per lot where rewards are.
      return pnl - (plan->marks_mid ? cost_of_rest(t, seat->seat) : 0) +
             t->charge[k] * (plan->per_lot ? (double)seat->size : 1);
    case HFT_TASK_METRIC_COUNT:
      break;
  }
  return 0;
}

static void write_results(const table *t, hft_seated_episode *out) {
  const hft_seated_plan *plan = t->plan;
  int total_count = hft_seated_total_count(plan);
  double share = 1 / (double)plan->seat_count;
  memset(out, 0, sizeof *out);
  for (int k = 0; k < plan->seat_count; k++) {
    float total[HFT_TOTALS_MAX];
    hft_env_totals(t->model, t->env, plan->seat[k].seat, total);
    out->score += share * score_of(t, k, total);
    out->reward += share * (double)hft_env_return(t->env, plan->seat[k].seat);
    out->terminated += share * t->terminated[k];
    for (int i = 0; i < total_count; i++) out->total[i] += share * (double)total[i];
  }
}

static void add_step(table *t) {
  const hft_seated_plan *plan = t->plan;
  for (int k = 0; k < plan->seat_count; k++) {
    const scored_seat *seat = &plan->seat[k];
    int term_dim = hft_env_model_spec(plan->model)->group[seat->group].term_dim;
    const float *term = t->io.term[seat->group] + (ptrdiff_t)seat->index * term_dim;
    t->charge[k] += (double)term[plan->inventory] + (double)term[plan->risk];
    if (t->io.terminated[seat->group][seat->index]) t->terminated[k] = 1;
  }
}

// Makes the env and begins its episode. False: stopped.
static bool begin(table *t, hft_runner_world *world) {
  const hft_episode_progress *watch = &world->progress;
  hft_env_progress progress = {0};
  hft_status status = hft_env_init(t->model, t->env, hft_env_room(t->plan->model), &t->env);
  HFT_CHECK(status == HFT_OK);
  int64_t budget = SLICE_WORK;
  while (!hft_env_reset_some(t->model, t->env, world->seed, 0, &t->io, &progress, &budget)) {
    if (!watch->goes_on(watch->context)) return false;
    budget = SLICE_WORK;
  }
  return true;
}

static bool step(table *t, hft_runner_world *world) {
  const hft_episode_progress *watch = &world->progress;
  hft_env_progress progress = {0};
  int64_t budget = SLICE_WORK;
  while (!hft_env_step_some(t->model, t->env, &t->io, &progress, &budget)) {
    if (!watch->goes_on(watch->context)) return false;
    budget = SLICE_WORK;
  }
  add_step(t);
  return watch->on_step(watch->context);
}

typedef struct run {
  const hft_seated_plan *const *plan;
  int count;
  hft_seated_episode *results;  // [worlds][count]
  bool *done;                   // [worlds]; null: nobody asks
} run;

// Runs the episode of a plan. False: stopped.
static bool run_episode(const hft_seated_plan *plan, hft_runner_world *world,
                        hft_seated_episode *out) {
  table t = {.plan = plan};
  t.model = hft_env_model_variant(plan->model, world->seed, 0);
  (void)lay_out(plan, world->memory, &t);
  if (!begin(&t, world)) return false;
  do {
    if (!step(&t, world)) return false;
  } while (!*t.io.ended);
  write_results(&t, out);
  return true;
}

static void run_world(void *context, hft_runner_world *world) {
  const run *r = context;
  hft_seated_episode *out = r->results + (ptrdiff_t)world->index * r->count;
  for (int i = 0; i < r->count; i++) {
    if (!run_episode(r->plan[i], world, &out[i])) return;
  }
  if (r->done != NULL) r->done[world->index] = true;
}

hft_status hft_seated_run_all(const hft_seated_plan *const *plan, int count,
                              const hft_runner_options *options, hft_seated_episode *results,
                              bool *done, hft_error *error) {
  run r = {plan, count, results, done};
  hft_runner_job job = {.task = run_world, .context = &r};
  for (int i = 0; i < options->episodes && done != NULL; i++) done[i] = false;
  for (int i = 0; i < count; i++) {
    table counted = {.plan = plan[i]};
    size_t bytes = lay_out(plan[i], NULL, &counted);
    if (bytes > job.bytes) job.bytes = bytes;
    job.world_steps += hft_env_model_spec(plan[i]->model)->episode_len;
  }
  return hft_runner_run_job(&job, options, error);
}

hft_status hft_seated_run(const hft_seated_plan *plan, const hft_runner_options *options,
                          hft_seated_episode *results, hft_error *error) {
  return hft_seated_run_all(&plan, 1, options, results, NULL, error);
}
