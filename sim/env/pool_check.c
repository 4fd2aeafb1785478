// What is checked of actions that come from outside.
#include <stdio.h>
#include <string.h>

#include "sim/env/pool.h"

#define EXPONENT_BITS UINT32_C(0x7f800000)  // all set: infinite or NaN

static bool is_finite(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (bits & EXPONENT_BITS) != EXPONENT_BITS;
}

static hft_status refuse(const hft_array *array, size_t i, float value, hft_error *error) {
  size_t width = (size_t)array->shape[2], seats = (size_t)array->shape[1];
  char where[HFT_NAME_SIZE + 80];
  snprintf(where, sizeof where, "%s[%zu, %zu, %zu]", array->name, i / (width * seats),
           i / width % seats, i % width);
  return hft_fail(error, HFT_EINVAL, where, "an action is %g", (double)value);
}

// What pads the arrays is not looked at.
hft_status hft_pool_check_actions(const hft_pool *pool, hft_error *error) {
  const hft_layout *layout = hft_pool_actions_layout(pool);
  const float *actions = hft_pool_actions(pool);
  for (int a = 0; a < layout->count; a++) {
    const hft_array *array = &layout->array[a];
    const float *value = actions + array->offset / sizeof(float);
    size_t count = array->bytes / sizeof(float);
    for (size_t i = 0; i < count; i++) {
      if (!is_finite(value[i])) return refuse(array, i, value[i], error);
    }
  }
  return HFT_OK;
}
