#include "sim/env/features/stack.h"

#include <string.h>

#include "sim/env/fields.h"

size_t hft_stack_bytes(const hft_env_model *model, int group) {
  size_t frames = (size_t)model->spec.group[group].seat_count * (size_t)model->spec.stack;
  return model->spec.stack > 1 ? frames * (size_t)model->frame_dim[group] * sizeof(float) : 0;
}

void hft_stack_push(const hft_env_model *model, hft_env *env, int seat, float *row) {
  const hft_seat_model *of = &model->seat[seat];
  int64_t stack = model->spec.stack, dim = model->frame_dim[of->group];
  size_t bytes = (size_t)dim * sizeof *row;
  float *ring = (float *)((uintptr_t)env + model->stack_at[of->group]) + of->index * stack * dim;
  memcpy(ring + env->step % stack * dim, row + (stack - 1) * dim, bytes);
  for (int64_t back = 1; back < stack; back++) {
    int64_t then = env->step > back ? env->step - back : 0;
    memcpy(row + (stack - 1 - back) * dim, ring + then % stack * dim, bytes);
  }
}

void hft_stack_names(const hft_env_model *model, int group, hft_index *index) {
  int stack = model->spec.stack, dim = model->frame_dim[group];
  const hft_index *newest = index + (ptrdiff_t)(stack - 1) * dim;
  for (int back = 1; back < stack; back++) {
    hft_index *frame = index + (ptrdiff_t)(stack - 1 - back) * dim;
    for (int i = 0; i < dim; i++) {
      char name[HFT_NAME_SIZE];
      hft_fields_prefix(name, "past_%d_%s", back, newest[i].name);
      frame[i] = newest[i];
      memcpy(frame[i].name, name, sizeof name);
    }
  }
}
