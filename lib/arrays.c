// Queries about the arrays of a handle.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "lib/handle.h"

// An array and its slab; `of` is null where the index is out of range.
typedef struct array_place {
  int slab;
  const hft_array *of;
} array_place;

// The named numbers along the last dimension of an array; count 0 where they have no names.
typedef struct array_indices {
  const hft_index *index;
  int count;
} array_indices;

const hft_layout *hft_handle_layout(const hftsim *sim, int slab) {
  if (sim == NULL || sim->pool == NULL) return NULL;
  switch (slab) {
    case HFTSIM_ACTIONS:
      return hft_pool_actions_layout(sim->pool);
    case HFTSIM_RESULTS:
      return hft_pool_results_layout(sim->pool);
    case HFTSIM_FINALS:
      return &sim->finals;
    default:
      return NULL;
  }
}

static array_place place_of(const hftsim *sim, int index) {
  for (int slab = 0; index >= 0 && slab < HFTSIM_SLAB_COUNT; slab++) {
    const hft_layout *layout = hft_handle_layout(sim, slab);
    if (layout == NULL) break;
    if (index < layout->count) return (array_place){slab, &layout->array[index]};
    index -= layout->count;
  }
  return (array_place){-1, NULL};
}

void *hftsim_slab(const hftsim *sim, int slab, size_t *bytes) {
  const hft_layout *layout = hft_handle_layout(sim, slab);
  if (bytes != NULL) *bytes = layout != NULL ? layout->bytes : 0;
  if (layout == NULL) return NULL;
  if (slab == HFTSIM_ACTIONS) return hft_pool_actions(sim->pool);
  // The pool never reads the results: a caller that writes there affects only what it reads itself.
  return (void *)(slab == HFTSIM_RESULTS ? hft_pool_results(sim->pool)
                                         : hft_pool_finals(sim->pool));
}

int hftsim_ended_count(const hftsim *sim) {
  return sim != NULL && sim->pool != NULL ? hft_pool_ended_count(sim->pool) : 0;
}

int hftsim_under_way_count(const hftsim *sim) {
  return sim != NULL && sim->pool != NULL ? hft_pool_under_way(sim->pool) : 0;
}

size_t hftsim_env_bytes(const hftsim *sim) {
  return sim != NULL && sim->pool != NULL ? hft_pool_env_bytes(sim->pool) : 0;
}

int hftsim_array_count(const hftsim *sim) {
  int count = 0;
  for (int slab = 0; slab < HFTSIM_SLAB_COUNT; slab++) {
    const hft_layout *layout = hft_handle_layout(sim, slab);
    if (layout != NULL) count += layout->count;
  }
  return count;
}

int hftsim_array_find(const hftsim *sim, const char *name) {
  if (name == NULL) return -1;
  int count = hftsim_array_count(sim);
  for (int i = 0; i < count; i++) {
    array_place place = place_of(sim, i);
    if (place.of != NULL && strcmp(place.of->name, name) == 0) return i;
  }
  return -1;
}

const char *hftsim_array_name(const hftsim *sim, int array) {
  array_place place = place_of(sim, array);
  return place.of != NULL ? place.of->name : NULL;
}

int hftsim_array_slab(const hftsim *sim, int array) {
  return place_of(sim, array).slab;
}

int hftsim_array_type(const hftsim *sim, int array) {
  array_place place = place_of(sim, array);
  if (place.of == NULL) return -1;
  switch (place.of->dtype) {
    case HFT_DTYPE_F32:
      return HFTSIM_F32;
    case HFT_DTYPE_U8:
      return HFTSIM_U8;
    case HFT_DTYPE_I32:
      return HFTSIM_I32;
  }
  return -1;
}

int hftsim_array_dim_count(const hftsim *sim, int array) {
  array_place place = place_of(sim, array);
  return place.of != NULL ? place.of->dim_count : 0;
}

int64_t hftsim_array_dim(const hftsim *sim, int array, int dim) {
  array_place place = place_of(sim, array);
  return place.of != NULL && dim >= 0 && dim < place.of->dim_count ? place.of->shape[dim] : 0;
}

void *hftsim_array_data(const hftsim *sim, int array) {
  array_place place = place_of(sim, array);
  if (place.of == NULL) return NULL;
  return (char *)hftsim_slab(sim, place.slab, NULL) + place.of->offset;
}

// The group whose array of this kind has this name; null if there is none.
static const hft_group *group_of(const hftsim *sim, const char *name, const char *kind) {
  const hft_env_spec *spec = hft_env_model_spec(sim->model);
  for (int g = 0; g < spec->all_group_count; g++) {
    char of_group[HFT_NAME_SIZE];
    hft_array_name(&spec->group[g], kind, of_group);
    if (strcmp(name, of_group) == 0) return &spec->group[g];
  }
  return NULL;
}

static array_indices indices_of(const hftsim *sim, int array) {
  const char *name = hftsim_array_name(sim, array);
  if (name == NULL) return (array_indices){0};
  const hft_env_spec *spec = hft_env_model_spec(sim->model);
  if (strcmp(name, "state") == 0 || strcmp(name, "final_state") == 0) {
    return (array_indices){spec->state, spec->state_dim};
  }
  if (strcmp(name, "drawn") == 0 || strcmp(name, "final_drawn") == 0) {
    return (array_indices){spec->drawn, spec->drawn_dim};
  }
  const hft_group *group = group_of(sim, name, "obs");
  if (group == NULL) group = group_of(sim, name, "final_obs");
  if (group != NULL) return (array_indices){group->obs, group->obs_dim};
  group = group_of(sim, name, "term");
  if (group != NULL) return (array_indices){group->term, group->term_dim};
  group = group_of(sim, name, "total");
  if (group != NULL) return (array_indices){group->total, group->total_dim};
  group = group_of(sim, name, "action");
  // A single choice for all axes together has no axis name.
  if (group == NULL || group->axis_count != group->action_dim) return (array_indices){0};
  return (array_indices){group->axis, group->axis_count};
}

static const hft_index *index_of(const hftsim *sim, int array, int i) {
  array_indices indices = indices_of(sim, array);
  return i >= 0 && i < indices.count ? &indices.index[i] : NULL;
}

const char *hftsim_index_name(const hftsim *sim, int array, int i) {
  const hft_index *index = index_of(sim, array, i);
  return index != NULL ? index->name : NULL;
}

const char *hftsim_index_unit(const hftsim *sim, int array, int i) {
  const hft_index *index = index_of(sim, array, i);
  return index != NULL ? index->unit : NULL;
}

const char *hftsim_index_help(const hftsim *sim, int array, int i) {
  const hft_index *index = index_of(sim, array, i);
  return index != NULL ? index->help : NULL;
}

int hftsim_index_find(const hftsim *sim, int array, const char *name) {
  array_indices indices = indices_of(sim, array);
  for (int i = 0; name != NULL && i < indices.count; i++) {
    if (strcmp(indices.index[i].name, name) == 0) return i;
  }
  return -1;
}

int hftsim_index_choices(const hftsim *sim, int array, int i) {
  const char *name = hftsim_array_name(sim, array);
  const hft_group *group = name != NULL ? group_of(sim, name, "action") : NULL;
  if (group == NULL || i < 0 || i >= group->action_dim) return 0;
  bool joint = hft_env_model_spec(sim->model)->action_space == HFT_ACTION_DISCRETE;
  return joint ? group->mask_dim : group->choice_count[i];
}

double hftsim_index_low(const hftsim *sim, int array, int i) {
  if (hftsim_index_choices(sim, array, i) > 0) return 0;
  const hft_index *index = index_of(sim, array, i);
  return index != NULL ? (double)index->low : (double)NAN;
}

double hftsim_index_high(const hftsim *sim, int array, int i) {
  int choices = hftsim_index_choices(sim, array, i);
  if (choices > 0) return choices - 1;
  const hft_index *index = index_of(sim, array, i);
  return index != NULL ? (double)index->high : (double)NAN;
}

const void *hftsim_spec(const hftsim *sim, size_t *bytes) {
  const int there = sim != NULL && sim->pool != NULL;
  if (bytes != NULL) *bytes = there ? sim->spec.size : 0;
  return there ? sim->spec.data : NULL;
}

const char *hftsim_spec_hash(const hftsim *sim) {
  return sim != NULL && sim->pool != NULL ? sim->spec_hash : NULL;
}

const char *hftsim_spaces_hash(const hftsim *sim) {
  return sim != NULL && sim->pool != NULL ? sim->spaces_hash : NULL;
}
