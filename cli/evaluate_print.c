#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/evaluate.h"
#include "cli/output.h"
#include "codec/json.h"
#include "sim/base/version.h"

#define UNIT "of the config's rewards"

static const hft_task_metric_info *metric_of(const cli_evaluation *v) {
  return &hft_task_metric_table[hft_task_metric_of(&v->role[0].task.task)];
}

static const char *role_name(const cli_evaluation *v, int r) {
  return hft_task_role_name(hft_task_role(&v->role[r].task.task));
}

// ---- means -------------------------------------------------------------------------------------

static double mean_total(const cli_evaluation *v, int r, int k) {
  double sum = 0;
  for (int e = 0; e < v->count; e++) sum += cli_evaluated(v, e, r)->total[k];
  return sum / v->count;
}

static double mean_reward(const cli_evaluation *v, int r) {
  double sum = 0;
  for (int e = 0; e < v->count; e++) sum += cli_evaluated(v, e, r)->reward;
  return sum / v->count;
}

static double mean_terminated(const cli_evaluation *v, int r) {
  double sum = 0;
  for (int e = 0; e < v->count; e++) sum += cli_evaluated(v, e, r)->terminated;
  return sum / v->count;
}

// ---- JSON --------------------------------------------------------------------------------------

// The metrics of a role; names have its prefix where there are several.
static void add_metrics(json_t *metrics, const cli_evaluation *v, int r, bool prefixed) {
  const hft_seated_plan *plan = v->role[r].plan;
  char name[2 * HFT_NAME_SIZE], prefix[HFT_NAME_SIZE] = "";
  if (prefixed) snprintf(prefix, sizeof prefix, "%.40s/", role_name(v, r));
  snprintf(name, sizeof name, "%sreward", prefix);
  json_object_set_new(metrics, name, hft_json_number(mean_reward(v, r)));
  for (int k = 0; k < hft_seated_total_count(plan); k++) {
    snprintf(name, sizeof name, "%s%s", prefix, hft_seated_total_name(plan, k));
    json_object_set_new(metrics, name, hft_json_number(mean_total(v, r, k)));
  }
  snprintf(name, sizeof name, "%sterminated", prefix);
  json_object_set_new(metrics, name, hft_json_number(mean_terminated(v, r)));
}

static void set_figure(json_t *json, const cli_figure *f) {
  json_object_set_new(json, "score", hft_json_number(f->mean));
  json_object_set_new(json, "ci_low", hft_json_number(f->interval.low));
  json_object_set_new(json, "ci_high", hft_json_number(f->interval.high));
  json_object_set_new(json, "sd", hft_json_number(f->sd));
}

static json_t *roles_json(const cli_evaluation *v) {
  json_t *roles = json_object();
  for (int r = 0; r < v->roles; r++) {
    json_t *role = json_object(), *metrics = json_object();
    set_figure(role, &v->role[r].score);
    add_metrics(metrics, v, r, false);
    json_object_set_new(role, "seats", json_integer(hft_seated_seat_count(v->role[r].plan)));
    json_object_set_new(role, "metrics", metrics);
    json_object_set_new(roles, role_name(v, r), role);
  }
  return roles;
}

int cli_evaluation_json(const cli_evaluation *evaluation) {
  const cli_evaluation *v = evaluation;
  const hft_checkpoint_spec *spec = hft_checkpoint_read(v->checkpoint);
  bool is_task = v->config_name == NULL;
  json_t *json = json_object(), *metrics = json_object(), *seeds = json_array();
  json_t *scores = json_array();
  for (int r = 0; r < v->roles; r++) add_metrics(metrics, v, r, v->roles > 1);
  for (int e = 0; e < v->count; e++) {
    json_array_append_new(seeds, hft_json_seed(v->seed + (uint64_t)e));
    json_array_append_new(scores, hft_json_number(v->value[e]));
  }
  json_object_set_new(json, "checkpoint", json_string(v->options->path));
  json_object_set_new(json, "algorithm", json_string(spec->algorithm));
  json_object_set_new(json, "steps", json_integer((json_int_t)spec->steps));
  json_object_set_new(json, "explore", json_boolean(v->options->explore));
  json_object_set_new(json, is_task ? "task" : "config",
                      json_string(is_task ? v->role[0].task.name : v->config_name));
  if (is_task) {
    json_object_set_new(json, "task_version",
                        json_integer((json_int_t)v->role[0].task.task.keys.version));
  }
  json_object_set_new(json, "metric", json_string(is_task ? metric_of(v)->name : "return"));
  json_object_set_new(json, "unit", json_string(is_task ? metric_of(v)->unit : UNIT));
  json_object_set_new(json, "episodes", json_integer(v->count));
  set_figure(json, &v->score);
  json_object_set_new(json, "metrics", metrics);
  json_object_set_new(json, "roles", roles_json(v));
  json_object_set_new(json, "seeds", seeds);
  json_object_set_new(json, "scores", scores);
  json_object_set_new(json, "version", json_string(hft_version));
  json_object_set_new(json, "revision", json_string(hft_revision));
  return cli_print_json(json);
}

// ---- the table ---------------------------------------------------------------------------------

static void print_figure(const char *name, const cli_figure *f, const char *unit) {
  printf("%-20s %13.4f ", name, cli_shown(f->mean, 4));
  if (isnan(f->interval.low)) {
    printf("%13s %13s  %s\n", "-", "-", unit);
  } else {
    printf("%13.4f %13.4f  %s\n", cli_shown(f->interval.low, 4), cli_shown(f->interval.high, 4),
           unit);
  }
}

static void print_mean(const char *name, double mean, const char *unit) {
  printf("%-20s %13.4f %13s %13s  %s\n", name, cli_shown(mean, 4), "", "", unit);
}

static void print_role(const cli_evaluation *v, int r) {
  const hft_seated_plan *plan = v->role[r].plan;
  int seats = hft_seated_seat_count(plan);
  if (v->roles > 1) {
    printf("\n%s, %d %s\n", role_name(v, r), seats, seats == 1 ? "seat" : "seats");
    print_figure("return", &v->role[r].score, UNIT);
  } else if (v->config_name == NULL && v->role[r].task.task.keys.reward) {
    print_mean("reward", mean_reward(v, r), "of the preset's rewards");
  }
  for (int k = 0; k < hft_seated_total_count(plan); k++) {
    print_mean(hft_seated_total_name(plan, k), mean_total(v, r, k), hft_seated_total_unit(plan, k));
  }
  print_mean("terminated", mean_terminated(v, r), "share of the seats that a risk limit ended");
}

int cli_evaluation_table(const cli_evaluation *evaluation) {
  const cli_evaluation *v = evaluation;
  const hft_checkpoint_spec *spec = hft_checkpoint_read(v->checkpoint);
  bool is_task = v->config_name == NULL;
  printf("%s: %s after %" PRId64 " steps%s\n", v->options->path, spec->algorithm, spec->steps,
         v->options->explore ? ", with exploration" : "");
  if (is_task) {
    const cli_task *t = &v->role[0].task;
    printf("task %s, version %" PRId64 "\n", t->name, t->task.keys.version);
  } else {
    printf("config %s\n", v->config_name);
  }
  printf("%d %s, seeds from %" PRIu64 "\n\n", v->count, v->count == 1 ? "episode" : "episodes",
         v->seed);
  printf("%-20s %13s %13s %13s  %s\n", "", "mean", "95% low", "95% high", "unit");
  print_figure(is_task ? metric_of(v)->name : "return", &v->score,
               is_task ? metric_of(v)->unit : UNIT);
  for (int r = 0; r < v->roles; r++) print_role(v, r);
  return cli_end_output();
}
