#include "tests/market/world.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/flow/flow.h"
#include "tests/market/monkey.h"

static const hft_section seat_section = {"seat", "", NULL, 0, 0};

const hft_agent_class world_seat_class = {.section = &seat_section,
                                          .open_orders_max = WORLD_SEAT_ORDERS};

const hft_agent_class *const world_classes[] = {
    &hft_noise_class,     &hft_value_class, &hft_maker_class,  &hft_trend_class,
    &hft_metaorder_class, &monkey_class,    &world_seat_class,
};
enum { CLASS_COUNT = sizeof world_classes / sizeof world_classes[0] };
const int world_class_count = CLASS_COUNT;

static const hft_section *kinds[CLASS_COUNT];
static const hft_section *const market_sections[] = {&hft_market_section};
static const hft_section *const exchange_sections[] = {&hft_exchange_section};
static const hft_schema_entry entries[] = {
    {"market_config", "", 0, market_sections, 1},
    {"exchange_config", "", 0, exchange_sections, 1},
    {"populations", "", 1, kinds, CLASS_COUNT},
    {"agents", "", 1, kinds, CLASS_COUNT},
};
static const hft_schema schema = {entries, sizeof entries / sizeof entries[0]};

static void stop_on(hft_status status, const hft_error *error) {
  if (status != HFT_OK) fail_msg("%s: %s", error->where, error->text);
}

hft_config *world_config(const char *yaml) {
  for (int i = 0; i < CLASS_COUNT; i++) kinds[i] = world_classes[i]->section;
  hft_config *config = hft_config_create(&schema);
  assert_non_null(config);
  hft_error error = {0};
  stop_on(hft_config_merge(config, yaml, strlen(yaml), "test", &error), &error);
  return config;
}

hft_model *world_model(const hft_config *config, const hft_extra_agent *extra, int extra_count) {
  hft_model *model = NULL;
  hft_error error = {0};
  stop_on(hft_model_create(config, world_classes, CLASS_COUNT, extra, extra_count, &model, &error),
          &error);
  return model;
}

hft_market *world_market(const hft_model *model) {
  size_t size = hft_align(hft_market_size(model));
  void *memory = aligned_alloc(HFT_CACHE_LINE, size);
  assert_non_null(memory);
  memset(memory, 0xa5, size);
  hft_market *market = NULL;
  assert_int_equal(hft_market_init(model, memory, size, &market), HFT_OK);
  assert_ptr_equal(market, memory);
  return market;
}

world world_create_with(const char *yaml, const hft_extra_agent *extra, int extra_count) {
  world w = {.config = world_config(yaml)};
  w.model = world_model(w.config, extra, extra_count);
  w.market = world_market(w.model);
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
  const char *fault = hft_market_verify(w->model, w->market);
  if (fault != NULL) fail_msg("%s", fault);
}

static void keep(void *context, const hft_event *event) {
  world_record *record = context;
  if (record->count == record->capacity) {
    record->capacity = record->capacity > 0 ? 2 * record->capacity : 1024;
    record->events = realloc(record->events, record->capacity * sizeof *record->events);
    assert_non_null(record->events);
  }
  record->events[record->count++] = *event;
}

hft_sink world_sink(world_record *record) {
  return (hft_sink){keep, record};
}

void world_record_free(world_record *record) {
  free(record->events);
  *record = (world_record){0};
}

void world_expect_same(const world_record *a, const world_record *b) {
  size_t count = a->count < b->count ? a->count : b->count;
  for (size_t i = 0; i < count; i++) {
    if (memcmp(&a->events[i], &b->events[i], sizeof a->events[i]) != 0) {
      fail_msg("event %zu differs", i);
    }
  }
  assert_int_equal(a->count, b->count);
}
