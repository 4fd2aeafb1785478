#include "tests/support/market_world.h"

#include <stdlib.h>

#include "sim/flow/flow.h"
#include "tests/support/monkey.h"

static const hft_section seat_section = {"seat", "", NULL, 0, 0};

const hft_agent_class world_seat_class = {.section = &seat_section,
                                          .open_orders_max = WORLD_SEAT_ORDERS};

const hft_agent_class *const world_classes[] = {
    &hft_noise_class,     &hft_value_class,    &hft_maker_class, &hft_trend_class,
    &hft_metaorder_class, &hft_reactive_class, &monkey_class,    &world_seat_class,
};
enum { CLASS_COUNT = sizeof world_classes / sizeof world_classes[0] };
const int world_class_count = CLASS_COUNT;

static test_schema schema;

hft_config *world_config(const char *yaml) {
  return read_config(test_schema_market(&schema, world_classes, CLASS_COUNT), yaml);
}

hft_model *world_model(const hft_config *config, const hft_extra_agent *extra, int extra_count) {
  hft_model *model = NULL;
  hft_error error = {0};
  expect_ok(
      hft_model_create(config, world_classes, CLASS_COUNT, extra, extra_count, &model, &error),
      &error);
  return model;
}

world world_create_with(const char *yaml, const hft_extra_agent *extra, int extra_count) {
  world w = {.config = world_config(yaml)};
  w.model = world_model(w.config, extra, extra_count);
  w.market = create_market(w.model);
  w.seat = hft_model_first_extra(w.model);
  return w;
}

world world_create(const char *yaml, int seats) {
  hft_extra_agent extra[64];
  assert_true(seats <= 64);
  for (int i = 0; i < seats; i++) extra[i] = (hft_extra_agent){&world_seat_class, NULL};
  return world_create_with(yaml, extra, seats);
}

void world_free(world *w) {
  free(w->market);
  hft_model_free(w->model);
  hft_config_free(w->config);
}

void world_verify(const world *w) {
  verify_market(w->model, w->market);
}

void world_expect_refused(const char *yaml, const hft_extra_agent *extra, int extra_count,
                          const char *where, const char *words) {
  hft_config *config = world_config(yaml);
  hft_model *model = NULL;
  hft_error error = {0};
  hft_status status =
      hft_model_create(config, world_classes, CLASS_COUNT, extra, extra_count, &model, &error);
  assert_int_equal(status, HFT_ECONFIG);
  assert_null(model);
  expect_error(&error, HFT_ECONFIG, where, words);
  hft_config_free(config);
}
