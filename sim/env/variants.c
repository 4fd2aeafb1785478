#include "sim/env/variants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"

#define LIST "randomise"

// Variants while they are compiled.
typedef struct job {
  hft_env_model *model;
  const hft_config *config;
  const hft_agent_class *const *classes;
  int class_count;
  hft_ranges ranges;
  int per_stage;     // env_config.variants
  double *quantile;  // [key_count][per_stage]
  hft_error *error;
} job;

// ---- stages ------------------------------------------------------------------------------------

static int compare_stages(const void *a, const void *b) {
  uint32_t x = ((const hft_stage *)a)->from, y = ((const hft_stage *)b)->from;
  return (x > y) - (x < y);
}

// Variants of the episodes from `from` on: 0 where no range holds yet, 1 where all are points.
static int variants_of(const job *self, uint32_t from) {
  int count = 0;
  for (int k = 0; k < self->ranges.key_count; k++) {
    const hft_range *range = hft_range_of(&self->ranges, k, from);
    if (range == NULL) continue;
    if (range->low < range->high) return self->per_stage;
    count = 1;
  }
  return count;
}

static hft_status find_stages(job *self) {
  hft_env_model *model = self->model;
  model->stage = calloc((size_t)self->ranges.count + 1, sizeof *model->stage);
  if (model->stage == NULL) return hft_fail(self->error, HFT_ENOMEM, LIST, "out of memory");
  for (int i = 0; i < self->ranges.count; i++) {
    model->stage[i + 1].from = self->ranges.range[i].from;
  }
  size_t found = (size_t)self->ranges.count + 1;
  qsort(model->stage, found, sizeof *model->stage, compare_stages);
  int count = 1;
  for (size_t i = 1; i < found; i++) {
    if (model->stage[i].from != model->stage[i - 1].from) model->stage[count++] = model->stage[i];
  }
  model->stage_count = count;
  int total = 0;
  for (int i = 0; i < count; i++) {
    hft_stage *stage = &model->stage[i];
    stage->first = total;
    stage->count = variants_of(self, stage->from);
    total += stage->count;
  }
  if (total > HFT_VARIANTS_MAX) {
    return hft_fail(self->error, HFT_ECONFIG, "env_config.variants",
                    "%d, in %d stages of the list randomise, make %d variants; at most %d are "
                    "allowed",
                    self->per_stage, count, total, HFT_VARIANTS_MAX);
  }
  model->variant = calloc(total > 0 ? (size_t)total : 1, sizeof(hft_env_model *));
  if (model->variant == NULL) return hft_fail(self->error, HFT_ENOMEM, LIST, "out of memory");
  return HFT_OK;
}

// ---- one variant -------------------------------------------------------------------------------

// The value of a key in variant k of a stage.
static void value_of(const job *self, const hft_range *range, int k, char text[HFT_RANGE_TEXT]) {
  hft_range_value(range, self->quantile[range->key * self->per_stage + k], text);
}

// Compiles variant k of a stage; with only >= 0 with the value of that key alone.
static hft_status compile(const job *self, uint32_t from, int k, int only, hft_env_model **out,
                          hft_error *error) {
  hft_config *config = hft_config_copy(self->config);
  if (config == NULL) return hft_fail(error, HFT_ENOMEM, LIST, "out of memory");
  hft_status status = HFT_OK;
  for (int key = 0; key < self->ranges.key_count && status == HFT_OK; key++) {
    const hft_range *range = hft_range_of(&self->ranges, key, from);
    if (range == NULL || (only >= 0 && only != key)) continue;
    char text[HFT_RANGE_TEXT];
    value_of(self, range, k, text);
    status = hft_config_set_value(config, range->path, text, error);
  }
  if (status == HFT_OK) {
    status =
        hft_env_model_create_one(config, self->classes, self->class_count, self->model, out, error);
  }
  if (status == HFT_OK) {
    for (int key = 0; key < self->ranges.key_count; key++) {
      const hft_range *first = &self->ranges.range[self->ranges.first[key]];
      (*out)->drawn[key] = (float)hft_range_number(config, first);
    }
    status = hft_variant_shapes(self->model, *out, LIST, error);
    if (status != HFT_OK) hft_env_model_free(*out);
  }
  hft_config_free(config);
  return status;
}

// Names the item of the list at fault: the one whose key alone makes the variant fail, or the first
// of several.
static hft_status blame(const job *self, uint32_t from, int k, hft_status status,
                        const hft_error *reason) {
  if (status != HFT_ECONFIG)
    return hft_fail(self->error, status, reason->where, "%s", reason->text);
  hft_error alone = *reason;
  const hft_range *guilty = NULL, *first = NULL;
  for (int key = 0; key < self->ranges.key_count && guilty == NULL; key++) {
    const hft_range *range = hft_range_of(&self->ranges, key, from);
    hft_env_model *model;
    if (range == NULL) continue;
    if (first == NULL) first = range;
    if (compile(self, from, k, key, &model, &alone) == HFT_OK) {
      hft_env_model_free(model);
    } else {
      guilty = range;
    }
  }
  bool together = guilty == NULL;
  if (together) guilty = first;
  HFT_CHECK(guilty != NULL);  // a stage with variants has a range
  const hft_error *why = together ? reason : &alone;
  char place[160], value[HFT_RANGE_TEXT];
  hft_config_item_place(self->config, LIST, guilty->item, "key", place, sizeof place);
  value_of(self, guilty, k, value);
  bool has_where = strcmp(why->where, LIST) != 0;
  return hft_fail(self->error, HFT_ECONFIG, place, "with %s %s%s: %s%s%s", guilty->path, value,
                  together ? " and the other drawn keys" : "", has_where ? why->where : "",
                  has_where ? ": " : "", why->text);
}

static hft_status check_memory(const job *self, int total) {
  size_t each = hft_env_model_bytes(self->model->variant[0]);
  if ((double)each * total <= (double)HFT_VARIANTS_BYTES_MAX) return HFT_OK;
  return hft_fail(self->error, HFT_ECONFIG, "env_config.variants",
                  "%d variants of %zu KiB each take more than %lld MiB: fewer variants or stages",
                  total, each >> 10, HFT_VARIANTS_BYTES_MAX >> 20);
}

static hft_status compile_all(job *self) {
  hft_env_model *model = self->model;
  const hft_stage *last = &model->stage[model->stage_count - 1];
  int total = last->first + last->count;
  for (int s = 0; s < model->stage_count; s++) {
    const hft_stage *stage = &model->stage[s];
    for (int k = 0; k < stage->count; k++) {
      hft_env_model *variant;
      hft_error reason = {0};
      hft_status status = compile(self, stage->from, k, -1, &variant, &reason);
      if (status != HFT_OK) return blame(self, stage->from, k, status, &reason);
      model->variant[model->variant_count++] = variant;
      if (model->variant_count == 1) status = check_memory(self, total);
      if (status != HFT_OK) return status;
    }
  }
  for (int k = 0; k < model->variant_count; k++) hft_variant_widen(model, model->variant[k]);
  return HFT_OK;
}

// ---- the spec ----------------------------------------------------------------------------------

// Describes the drawn keys. Bounds are of all their ranges, and of the config's value where no
// range holds from the first episode on.
static hft_status describe(job *self) {
  hft_env_model *model = self->model;
  const hft_ranges *ranges = &self->ranges;
  model->drawn_index = calloc((size_t)ranges->key_count, sizeof *model->drawn_index);
  if (model->drawn_index == NULL) return hft_fail(self->error, HFT_ENOMEM, LIST, "out of memory");
  for (int key = 0; key < ranges->key_count; key++) {
    const hft_range *first = &ranges->range[ranges->first[key]];
    hft_index *index = &model->drawn_index[key];
    *index = (hft_index){.unit = first->target.key->unit, .help = first->target.key->help};
    snprintf(index->name, sizeof index->name, "%s", first->path);
    model->drawn[key] = (float)hft_range_number(self->config, first);
    bool at_once = hft_range_of(ranges, key, 0) != NULL;
    index->low = at_once ? (float)first->low : model->drawn[key];
    index->high = at_once ? (float)first->high : model->drawn[key];
    for (int i = 0; i < ranges->count; i++) {
      const hft_range *range = &ranges->range[i];
      if (range->key != key) continue;
      if ((float)range->low < index->low) index->low = (float)range->low;
      if ((float)range->high > index->high) index->high = (float)range->high;
    }
  }
  model->spec.drawn_dim = ranges->key_count;
  model->spec.drawn = model->drawn_index;
  return HFT_OK;
}

static hft_status draw_quantiles(job *self, uint64_t seed) {
  size_t keys = (size_t)self->ranges.key_count, count = (size_t)self->per_stage;
  self->quantile = calloc(keys * count, sizeof *self->quantile);
  uint32_t *order = calloc(count, sizeof *order);
  if (self->quantile == NULL || order == NULL) {
    free(order);
    return hft_fail(self->error, HFT_ENOMEM, LIST, "out of memory");
  }
  for (int key = 0; key < self->ranges.key_count; key++) {
    hft_range_quantiles(seed, key, self->per_stage, order, self->quantile + (size_t)key * count);
  }
  free(order);
  return HFT_OK;
}

hft_status hft_variants_create(hft_env_model *model, const hft_config *config,
                               const hft_agent_class *const *classes, int class_count,
                               hft_error *error) {
  job self = {.model = model,
              .config = config,
              .classes = classes,
              .class_count = class_count,
              .per_stage = (int)model->env.variants,
              .error = error};
  hft_status status = hft_ranges_read(config, &self.ranges, error);
  if (status != HFT_OK || self.ranges.count == 0) return status;
  status = draw_quantiles(&self, (uint64_t)model->env.variants_seed);
  if (status == HFT_OK) status = describe(&self);
  if (status == HFT_OK) status = find_stages(&self);
  if (status == HFT_OK) status = compile_all(&self);
  free(self.quantile);
  free(self.ranges.range);
  return status;
}

void hft_variants_free(hft_env_model *model) {
  for (int k = 0; k < model->variant_count; k++) hft_env_model_free(model->variant[k]);
  free((void *)model->variant);
  free(model->stage);
  free(model->drawn_index);
}

// ---- reading -----------------------------------------------------------------------------------

#define SALT UINT64_C(0x766172696e7473)  // keeps the draw apart from other uses of the world's seed

const hft_env_model *hft_env_model_variant(const hft_env_model *model, uint64_t seed,
                                           uint32_t episode) {
  if (model->stage_count == 0) return model;
  int s = model->stage_count - 1;
  while (model->stage[s].from > episode) s--;
  const hft_stage *stage = &model->stage[s];
  if (stage->count == 0) return model;
  uint64_t draw = hft_mix64(hft_mix64(seed ^ SALT) + episode) >> 32;
  return model->variant[stage->first + (int)(draw * (uint64_t)stage->count >> 32)];
}

int hft_env_model_variant_count(const hft_env_model *model) {
  return model->variant_count;
}

const hft_env_model *hft_env_model_variant_at(const hft_env_model *model, int k) {
  HFT_CHECK(k >= 0 && k < model->variant_count);
  return model->variant[k];
}

const float *hft_env_model_drawn(const hft_env_model *model) {
  return model->drawn;
}

// ---- overrides ---------------------------------------------------------------------------------

// Makes every range of a key that an override sets a point, so that the override holds.
static hft_status fix(hft_config *config, const hft_override *override, hft_error *error) {
  const hft_section *const *kinds = hft_randomise_sections;
  hft_config_target target;
  hft_status status = hft_config_find(config, override->path, &target, error);
  int count = hft_config_has_kind(config, LIST, kinds[0]) ? hft_config_count(config, LIST) : 0;
  for (int i = 0; i < count && status == HFT_OK; i++) {
    const hft_randomise_config *item = hft_config_item(config, LIST, i, NULL);
    hft_config_target drawn;
    hft_error unknown;
    if (hft_config_find(config, item->key.text, &drawn, &unknown) != HFT_OK) continue;
    hft_config_relation relation = hft_config_compare(config, &target, &drawn);
    if (relation == HFT_CONFIG_APART) continue;
    if (relation == HFT_CONFIG_MEET) {
      return hft_fail(error, HFT_ECONFIG, override->path,
                      "a part of these keys is drawn by " LIST "[%d]: override %s", i,
                      item->key.text);
    }
    char path[48];
    static const char *const ends[] = {"low", "high"};
    for (int end = 0; end < 2 && status == HFT_OK; end++) {
      snprintf(path, sizeof path, LIST ".%d.%s", i, ends[end]);
      status = hft_config_set_value(config, path, override->value, error);
    }
  }
  return status;
}

hft_status hft_env_override(const hft_config *config, const hft_override *override, int count,
                            hft_config **out, hft_error *error) {
  hft_config *copy = hft_config_copy(config);
  if (copy == NULL) return hft_fail(error, HFT_ENOMEM, "overrides", "out of memory");
  hft_status status = HFT_OK;
  for (int i = 0; i < count && status == HFT_OK; i++) {
    status = hft_config_set_value(copy, override[i].path, override[i].value, error);
    if (status == HFT_OK) status = fix(copy, &override[i], error);
  }
  if (status != HFT_OK) {
    hft_config_free(copy);
    return status;
  }
  *out = copy;
  return HFT_OK;
}
