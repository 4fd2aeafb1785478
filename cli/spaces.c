#include "cli/spaces.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const space_names[] = {"box", "multi_discrete", "discrete", "mixed"};

static const char *after_digits(const char *text) {
  return text + strspn(text, "0123456789");
}

// Do two entries differ only in the numbers in their names?
static bool are_alike(const hft_index *a, const hft_index *b) {
  const char *x = a->name, *y = b->name;
  while (*x != '\0' && *y != '\0') {
    const char *digits_x = after_digits(x), *digits_y = after_digits(y);
    if ((digits_x > x) != (digits_y > y)) return false;
    if (digits_x == x && *x != *y) return false;
    x = digits_x > x ? digits_x : x + 1;
    y = digits_y > y ? digits_y : y + 1;
  }
  bool same_bounds = a->low == b->low && a->high == b->high;
  return *x == *y && same_bounds && strcmp(a->help, b->help) == 0;
}

#define RUNS_MAX 3  // of places that are printed

// The places from, from + step, ..., last.
static void print_run(int from, int step, int last) {
  printf("%d", from);
  if (last == from) return;
  if (last == from + step) {
    printf(", %d", last);
  } else if (step == 1) {
    printf(" .. %d", last);
  } else {
    printf(", %d .. %d", from + step, last);
  }
}

// Formats the places of a row's numbers: "4", "0, 2 .. 8", "0, 2, 4, 6, 9, ... 20".
static void print_places(const hft_index *index, int count, int first) {
  int from = first, step = 0, last = first, runs = 0;
  for (int k = first + 1; k <= count; k++) {
    if (k < count && !are_alike(&index[k], &index[first])) continue;
    if (k < count && (step == 0 || k - last == step)) {
      step = k - last;
      last = k;
      continue;
    }
    if (runs > 0 && runs < RUNS_MAX) printf(", ");
    if (runs++ < RUNS_MAX) print_run(from, step, last);
    if (k == count && runs > RUNS_MAX) printf(", ... %d", last);
    from = last = k;
    step = 0;
  }
}

static void print_bounds(const hft_index *of) {
  char low[32] = "-inf", high[32] = "inf";
  if (isfinite(of->low)) snprintf(low, sizeof low, "%.6g", (double)of->low);
  if (isfinite(of->high)) snprintf(high, sizeof high, "%.6g", (double)of->high);
  printf("%s to %s", low, high);
}

static void print_end(double end) {
  if (isfinite(end)) {
    printf("%.6g | ", end);
  } else {
    printf(" | ");
  }
}

static void print_head(bool bounded, bool axes) {
  printf("\n| index | name | %s | %s%smeaning |\n|---|---|---|---|", axes ? "unit" : "scale",
         bounded ? "bounds | " : "", axes ? "from | to | idle | " : "");
  printf("%s%s\n", bounded ? "---|" : "", axes ? "---|---|---|" : "");
}

// Numbers of one meaning, such as the levels of a side, share a row with the first and the last
// name. Places are indices in the array. Reward terms have no bounds. `range`: of axes, else null.
static void print_indices(const hft_index *index, int count, bool bounded,
                          const hft_axis_range *range) {
  print_head(bounded, range != NULL);
  for (int i = 0; i < count; i++) {
    bool told = false;
    int last = i;
    for (int k = 0; k < count; k++) {
      if (!are_alike(&index[k], &index[i])) continue;
      told = told || k < i;
      last = k;
    }
    if (told) continue;
    printf("| ");
    print_places(index, count, i);
    printf(" | `%s`", index[i].name);
    if (last != i) printf(" .. `%s`", index[last].name);
    printf(" | %s | ", index[i].unit);
    if (bounded) print_bounds(&index[i]);
    if (bounded) printf(" | ");
    if (range != NULL) {
      print_end(range[i].low);
      print_end(range[i].high);
      print_end((double)range[i].idle);
    }
    printf("%s |\n", index[i].help);
  }
}

static void print_actions(const hft_env_spec *spec, const hft_group *group) {
  if (spec->action_space == HFT_ACTION_BOX) {
    printf("\nActs by %d number%s in [-1, 1]:\n", group->axis_count,
           group->axis_count == 1 ? "" : "s");
  } else if (spec->action_space == HFT_ACTION_MULTI_DISCRETE) {
    printf("\nActs by a choice on each of %d axes, evenly spaced:\n", group->axis_count);
  } else if (spec->action_space == HFT_ACTION_MIXED) {
    printf("\nActs on %d ax%s, by numbers in [-1, 1] and by choices:\n", group->axis_count,
           group->axis_count == 1 ? "is" : "es");
  } else {
    printf(
        "\nOne of %d choices: combinations of %d axes, the last one changing fastest, each evenly "
        "spaced:\n",
        group->mask_dim, group->axis_count);
  }
  print_indices(group->axis, group->axis_count, true, group->range);
  printf(group->nothing != NULL ? "\nDoes nothing:" : "\nNo action does nothing.\n");
  for (int i = 0; group->nothing != NULL && i < group->action_dim; i++) {
    printf(" %g%s", (double)group->nothing[i], i + 1 < group->action_dim ? "," : ".\n");
  }
  if (spec->action_space == HFT_ACTION_BOX) return;
  printf("\nChoices of the axes:");
  for (int i = 0; i < group->axis_count; i++) printf(" %d", group->choice_count[i]);
  printf(".\n");
}

void cli_print_spaces(const hft_env_spec *spec) {
  for (int g = 0; g < spec->group_count; g++) {
    const hft_group *group = &spec->group[g];
    printf("%s### `%s`\n\nSees %d numbers:\n", g > 0 ? "\n" : "", group->role_name, group->obs_dim);
    print_indices(group->obs, group->obs_dim, true, NULL);
    print_actions(spec, group);
  }
  printf("\n### Rewards\n\nThe terms of every role:\n");
  print_indices(spec->group[0].term, spec->group[0].term_dim, false, NULL);
  printf("\n### Totals\n\nOf the episode so far, of every role:\n");
  print_indices(spec->group[0].total, spec->group[0].total_dim, false, NULL);
  printf("\n### `state`\n\n%d numbers:\n", spec->state_dim);
  print_indices(spec->state, spec->state_dim, true, NULL);
}

// Null if there is no bound.
static json_t *bound_json(double bound) {
  return isfinite(bound) ? json_real(bound) : json_null();
}

static json_t *indices_json(const hft_index *index, int count) {
  json_t *array = json_array();
  for (int i = 0; i < count; i++) {
    json_array_append_new(
        array, json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", index[i].name, "unit", index[i].unit,
                         "help", index[i].help, "low", bound_json((double)index[i].low), "high",
                         bound_json((double)index[i].high)));
  }
  return array;
}

static json_t *axes_json(const hft_group *group) {
  json_t *axes = indices_json(group->axis, group->axis_count);
  for (int i = 0; i < group->axis_count; i++) {
    json_t *axis = json_array_get(axes, (size_t)i);
    json_object_set_new(axis, "from", bound_json(group->range[i].low));
    json_object_set_new(axis, "to", bound_json(group->range[i].high));
    json_object_set_new(axis, "idle", bound_json((double)group->range[i].idle));
  }
  return axes;
}

// Null where no action does nothing.
static json_t *nothing_json(const hft_group *group) {
  if (group->nothing == NULL) return json_null();
  json_t *row = json_array();
  for (int i = 0; i < group->action_dim; i++) {
    json_array_append_new(row, json_real((double)group->nothing[i]));
  }
  return row;
}

json_t *cli_spaces_json(const hft_env_spec *spec) {
  json_t *roles = json_array();
  for (int g = 0; g < spec->group_count; g++) {
    const hft_group *group = &spec->group[g];
    json_t *choices = json_array();
    for (int i = 0; i < group->axis_count && spec->action_space != HFT_ACTION_BOX; i++) {
      json_array_append_new(choices, json_integer(group->choice_count[i]));
    }
    json_array_append_new(
        roles,
        json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "role", group->role_name, "seats",
                  group->seat_count, "obs", indices_json(group->obs, group->obs_dim), "actions",
                  axes_json(group), "do_nothing", nothing_json(group), "choices", choices, "terms",
                  indices_json(group->term, group->term_dim), "totals",
                  indices_json(group->total, group->total_dim)));
  }
  return json_pack("{s:s, s:o, s:o}", "action_space", space_names[spec->action_space], "roles",
                   roles, "state", indices_json(spec->state, spec->state_dim));
}
