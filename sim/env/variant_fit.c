// Compares the specs of two models: whether envs of one write the arrays of the other.
#include <stdio.h>
#include <string.h>

#include "sim/env/variants.h"

// The named numbers of an array of two models.
typedef struct pair {
  char array[HFT_NAME_SIZE + 16];
  const hft_index *ours, *theirs;
  int our_count, their_count;
} pair;

#define PAIRS_OF_GROUP 4
#define PAIRS_MAX (PAIRS_OF_GROUP * HFT_GROUPS_MAX + 1)

static void add(pair *pairs, int *count, const hft_group *group, const char *kind,
                const hft_index *ours, int our_count, const hft_index *theirs, int their_count) {
  pair *next = &pairs[(*count)++];
  *next =
      (pair){.ours = ours, .our_count = our_count, .theirs = theirs, .their_count = their_count};
  snprintf(next->array, sizeof next->array, "%s%s%s", kind, group != NULL ? "/" : "",
           group != NULL ? group->role_name : "");
}

static int list_pairs(const hft_env_spec *a, const hft_env_spec *b, pair pairs[PAIRS_MAX]) {
  int count = 0;
  for (int g = 0; g < a->all_group_count; g++) {
    const hft_group *x = &a->group[g], *y = &b->group[g];
    add(pairs, &count, x, "obs", x->obs, x->obs_dim, y->obs, y->obs_dim);
    add(pairs, &count, x, "action", x->axis, x->axis_count, y->axis, y->axis_count);
    add(pairs, &count, x, "term", x->term, x->term_dim, y->term, y->term_dim);
    add(pairs, &count, x, "total", x->total, x->total_dim, y->total, y->total_dim);
  }
  add(pairs, &count, NULL, "state", a->state, a->state_dim, b->state, b->state_dim);
  return count;
}

static hft_status check_groups(const hft_env_spec *a, const hft_env_spec *b, const char *where,
                               hft_error *error) {
  if (a->all_group_count != b->all_group_count || a->group_count != b->group_count) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "the roles of seats, or who controls them, would change");
  }
  for (int g = 0; g < a->all_group_count; g++) {
    const hft_group *x = &a->group[g], *y = &b->group[g];
    if (x->role != y->role || x->control != y->control || x->first_seat != y->first_seat) {
      return hft_fail(error, HFT_ECONFIG, where,
                      "the roles of seats, or who controls them, would change");
    }
    if (x->seat_count == y->seat_count) continue;
    return hft_fail(error, HFT_ECONFIG, where, "reward/%s would be of %d seats instead of %d",
                    x->role_name, y->seat_count, x->seat_count);
  }
  return HFT_OK;
}

static hft_status check_numbers(const pair *of, const char *where, hft_error *error) {
  if (of->our_count != of->their_count) {
    return hft_fail(error, HFT_ECONFIG, where, "%s would have %d numbers instead of %d", of->array,
                    of->their_count, of->our_count);
  }
  for (int i = 0; i < of->our_count; i++) {
    const hft_index *a = &of->ours[i], *b = &of->theirs[i];
    if (strcmp(a->name, b->name) == 0 && strcmp(a->unit, b->unit) == 0) continue;
    return hft_fail(error, HFT_ECONFIG, where,
                    "number %d of %s would be %s (%s) instead of %s (%s)", i, of->array, b->name,
                    b->unit, a->name, a->unit);
  }
  return HFT_OK;
}

static hft_status check_choices(const hft_env_spec *a, const hft_env_spec *b, const char *where,
                                hft_error *error) {
  if (a->action_space != b->action_space) {
    return hft_fail(error, HFT_ECONFIG, where, "the kind of actions would change");
  }
  for (int g = 0; g < a->all_group_count; g++) {
    const hft_group *x = &a->group[g], *y = &b->group[g];
    bool same = x->action_dim == y->action_dim && x->mask_dim == y->mask_dim;
    for (int i = 0; i < x->axis_count && same; i++) same = x->choice_count[i] == y->choice_count[i];
    if (same) continue;
    return hft_fail(error, HFT_ECONFIG, where, "action/%s would have other choices", x->role_name);
  }
  return HFT_OK;
}

hft_status hft_variant_shapes(const hft_env_model *model, const hft_env_model *other,
                              const char *where, hft_error *error) {
  const hft_env_spec *a = &model->spec, *b = &other->spec;
  hft_status status = check_groups(a, b, where, error);
  if (status != HFT_OK) return status;
  pair pairs[PAIRS_MAX];
  int count = list_pairs(a, b, pairs);
  for (int p = 0; p < count && status == HFT_OK; p++) {
    status = check_numbers(&pairs[p], where, error);
  }
  if (status == HFT_OK) status = check_choices(a, b, where, error);
  if (status != HFT_OK) return status;
  if (a->decision == b->decision) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, where, "a step would take %g ms instead of %g",
                  (double)b->decision * 1e-6, (double)a->decision * 1e-6);
}

static hft_status check_range(const pair *of, const char *where, hft_error *error) {
  for (int i = 0; i < of->our_count; i++) {
    const hft_index *a = &of->ours[i], *b = &of->theirs[i];
    if (b->low >= a->low && b->high <= a->high) continue;
    return hft_fail(error, HFT_ECONFIG, where,
                    "%s of %s would have the bounds [%g, %g], beyond [%g, %g]: make the envs with "
                    "the larger ones",
                    a->name, of->array, (double)b->low, (double)b->high, (double)a->low,
                    (double)a->high);
  }
  return HFT_OK;
}

static hft_status check_drawn(const hft_env_spec *a, const hft_env_spec *b, const char *where,
                              hft_error *error) {
  bool same = a->drawn_dim == b->drawn_dim;
  for (int i = 0; i < a->drawn_dim && same; i++) {
    same = strcmp(a->drawn[i].name, b->drawn[i].name) == 0;
  }
  if (same) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, where, "the keys of the list randomise would change");
}

hft_status hft_env_model_fits(const hft_env_model *model, const hft_env_model *other,
                              const char *where, hft_error *error) {
  const hft_env_spec *a = &model->spec, *b = &other->spec;
  hft_status status = hft_variant_shapes(model, other, where, error);
  if (status == HFT_OK) status = check_drawn(a, b, where, error);
  if (status != HFT_OK) return status;
  pair pairs[PAIRS_MAX];
  int count = list_pairs(a, b, pairs);
  for (int p = 0; p < count && status == HFT_OK; p++) {
    status = check_range(&pairs[p], where, error);
  }
  if (status != HFT_OK) return status;
  if (b->episode_len > a->episode_len) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "an episode would have %lld steps; the envs were made for at most %lld",
                    (long long)b->episode_len, (long long)a->episode_len);
  }
  if (other->room <= model->room) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, where,
                  "an env would take %zu bytes; the envs were made with %zu: make them with the "
                  "larger config",
                  other->room, model->room);
}

// The arrays of a spec are all in `indices` of its model.
static void widen(hft_env_model *model, const pair *of) {
  hft_index *index = model->indices + (of->ours - model->indices);
  for (int i = 0; i < of->our_count; i++) {
    if (of->theirs[i].low < index[i].low) index[i].low = of->theirs[i].low;
    if (of->theirs[i].high > index[i].high) index[i].high = of->theirs[i].high;
  }
}

void hft_variant_widen(hft_env_model *model, const hft_env_model *other) {
  pair pairs[PAIRS_MAX];
  int count = list_pairs(&model->spec, &other->spec, pairs);
  for (int p = 0; p < count; p++) widen(model, &pairs[p]);
  if (other->spec.episode_len > model->spec.episode_len) {
    model->spec.episode_len = other->spec.episode_len;
  }
  if (other->size > model->room) model->room = other->size;
}
