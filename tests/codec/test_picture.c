// The MessagePack and the JSON of a picture have the same content, which is that of the struct; and
// filling a picture allocates nothing. Jansson and msgpack decode what the encoders wrote.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <msgpack.h>

#include "catalog/catalog.h"
#include "codec/picture.h"
#include "sim/market/model.h"
#include "tests/market/allocations.h"
#include "tests/support/slab.h"

#define ENVS 2
#define SEED 5

// ---- comparing ---------------------------------------------------------------------------------
static void expect_equal(const msgpack_object *packed, const json_t *json, const char *key);

static void expect_equal_maps(const msgpack_object_map *packed, const json_t *json) {
  assert_true(json_is_object(json));
  assert_int_equal(packed->size, json_object_size(json));
  void *at = json_object_iter((json_t *)(uintptr_t)json);
  for (uint32_t i = 0; i < packed->size; i++) {  // in the same order
    const msgpack_object *key = &packed->ptr[i].key;
    assert_int_equal(key->type, MSGPACK_OBJECT_STR);
    const char *name = json_object_iter_key(at);
    assert_int_equal(strlen(name), key->via.str.size);
    assert_memory_equal(name, key->via.str.ptr, key->via.str.size);
    expect_equal(&packed->ptr[i].val, json_object_iter_value(at), name);
    at = json_object_iter_next((json_t *)(uintptr_t)json, at);
  }
}

static void expect_equal_texts(const msgpack_object_str *packed, const json_t *json) {
  assert_true(json_is_string(json));
  assert_int_equal(packed->size, json_string_length(json));
  assert_memory_equal(packed->ptr, json_string_value(json), packed->size);
}

static void expect_equal_uints(uint64_t packed, const json_t *json, const char *key) {
  if (strcmp(key, "seed") == 0) {
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)packed);
    assert_string_equal(json_string_value(json), digits);
    return;
  }
  assert_true(json_is_integer(json));
  assert_true(packed == (uint64_t)json_integer_value(json));
}

static void expect_equal(const msgpack_object *packed, const json_t *json, const char *key) {
  switch (packed->type) {
    case MSGPACK_OBJECT_MAP:
      expect_equal_maps(&packed->via.map, json);
      return;
    case MSGPACK_OBJECT_ARRAY:
      assert_true(json_is_array(json));
      assert_int_equal(packed->via.array.size, json_array_size(json));
      for (uint32_t i = 0; i < packed->via.array.size; i++) {
        expect_equal(&packed->via.array.ptr[i], json_array_get(json, i), "");
      }
      return;
    case MSGPACK_OBJECT_STR:
      expect_equal_texts(&packed->via.str, json);
      return;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
      expect_equal_uints(packed->via.u64, json, key);
      return;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
      assert_true(json_is_integer(json) && packed->via.i64 == json_integer_value(json));
      return;
    case MSGPACK_OBJECT_FLOAT64:
      if (!isfinite(packed->via.f64)) {
        assert_true(json_is_null(json));
      } else {
        assert_true(json_is_real(json) && packed->via.f64 == json_real_value(json));
      }
      return;
    case MSGPACK_OBJECT_BOOLEAN:
      assert_true(json_is_boolean(json) && packed->via.boolean == json_is_true(json));
      return;
    default:
      fail_msg("a picture has no value of msgpack's type %d ('%s')", (int)packed->type, key);
  }
}

// A picture encoded both ways and decoded.
typedef struct decoded {
  hft_buffer msgpack, json;
  msgpack_unpacked packed;
  json_t *value;
} decoded;

static decoded decode(const hft_picture *picture) {
  decoded of = {0};
  assert_int_equal(hft_picture_encode_msgpack(picture, &of.msgpack), HFT_OK);
  assert_int_equal(hft_picture_encode_json(picture, &of.json), HFT_OK);
  assert_int_equal(strlen(of.json.data), of.json.size);
  size_t end = 0;
  msgpack_unpacked_init(&of.packed);
  assert_int_equal(msgpack_unpack_next(&of.packed, of.msgpack.data, of.msgpack.size, &end),
                   MSGPACK_UNPACK_SUCCESS);
  assert_int_equal(end, of.msgpack.size);
  json_error_t error;
  of.value = json_loadb(of.json.data, of.json.size, JSON_REJECT_DUPLICATES, &error);
  if (of.value == NULL) fail_msg("not JSON: %s at byte %d", error.text, error.position);
  expect_equal(&of.packed.data, of.value, "");
  return of;
}

static void forget(decoded *of) {
  json_decref(of->value);
  msgpack_unpacked_destroy(&of->packed);
  hft_buffer_free(&of->msgpack);
  hft_buffer_free(&of->json);
}

// ---- markets -----------------------------------------------------------------------------------
static hft_env_model *load(const char *preset, const char *yaml) {
  static hft_catalog catalog;
  hft_catalog_init(&catalog);
  hft_config *config = NULL;
  hft_env_model *model = NULL;
  hft_error error = {0};
  hft_status status = hft_catalog_config(&catalog, &config, &error);
  if (status == HFT_OK) status = hft_catalog_merge(config, preset, &error);
  if (status == HFT_OK) status = hft_config_merge(config, yaml, strlen(yaml), "test", &error);
  if (status == HFT_OK) {
    status =
        hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error);
  }
  if (status != HFT_OK) fail_msg("%s: %s: %s", preset, error.where, error.text);
  hft_config_free(config);
  return model;
}

// What the pictures of a market have shown.
typedef struct tally {
  int phases[HFT_PHASE_CLOSED + 1];
  int bid_max, ask_max, bid_min, orders, order_max, on_their_way, done, instruments;
} tally;

static void count(tally *of, const hft_picture *picture) {
  of->instruments = picture->instrument_count;
  for (int i = 0; i < picture->instrument_count; i++) {
    const hft_picture_instrument *instrument = &picture->instrument[i];
    of->phases[instrument->phase]++;
    if (instrument->bid_count > of->bid_max) of->bid_max = instrument->bid_count;
    if (instrument->ask_count > of->ask_max) of->ask_max = instrument->ask_count;
    if (instrument->bid_count < of->bid_min) of->bid_min = instrument->bid_count;
  }
  for (int i = 0; i < picture->seat_count; i++) {
    const hft_picture_seat *seat = &picture->seat[i];
    of->orders += seat->order_count;
    if (seat->order_count > of->order_max) of->order_max = seat->order_count;
    of->done += seat->is_done;
    for (int k = 0; k < seat->order_count; k++) of->on_their_way += seat->order[k].ahead < 0;
  }
}

// Looks at a market after its reset and after each of so many steps of random actions.
static tally watch(const char *preset, const char *yaml, int levels, int steps) {
  hft_env_model *model = load(preset, yaml);
  hft_pool *pool = slab_open(model, ENVS, 1, SEED);
  hft_picture *picture = hft_picture_create(model, levels);
  tally seen = {.bid_min = levels};
  hft_pool_reset(pool, NULL, NULL);
  for (int step = 0; step <= steps; step++) {
    for (int env = 0; env < ENVS; env++) {
      hft_picture_fill(picture, pool, env);
      decoded of = decode(picture);
      assert_true(picture->seed == hft_world_seed(SEED, (uint64_t)env));
      count(&seen, picture);
      forget(&of);
    }
    slab_step(pool, SEED, step);
  }
  hft_picture_free(picture);
  hft_pool_free(pool);
  hft_env_model_free(model);
  return seen;
}

static void every_preset_reads_the_same_both_ways(void **state) {
  (void)state;
  for (int i = 0; i < hft_preset_count; i++) {
    const char *name = hft_presets[i].name;
    if (strcmp(name, "replay") == 0) continue;  // needs a tape
    tally seen = watch(name, "", HFT_PICTURE_LEVELS, 6);
    assert_true(seen.bid_max > 0 && seen.ask_max > 0);
  }
}

// The golden market of auctions: opening, closing, halts, two instruments, seats that end.
static void auctions_and_halts_read_the_same_both_ways(void **state) {
  (void)state;
  tally seen = watch("default",
                     "market_config: {fundamental: jump, jump_rate: 300, instruments: 2,\n"
                     "                duration_s: 100}\n"
                     "exchange_config: {opening_auction_s: 20, closing_auction_s: 20,\n"
                     "                  halt_band_bps: 8, halt_s: 10, halt_reference_s: 60}\n"
                     "env_config: {warmup_s: 5, episode_len: 189}\n"
                     "risk_config: {max_inventory: 25}\n"
                     "seats: [{kind: maker, count: 2}, {kind: executor, parent_qty: 100}]\n",
                     5, 188);
  assert_int_equal(seen.instruments, 2);
  assert_true(seen.phases[HFT_PHASE_CONTINUOUS] > 0 && seen.phases[HFT_PHASE_OPENING] > 0);
  assert_true(seen.phases[HFT_PHASE_CLOSING] > 0 && seen.phases[HFT_PHASE_HALTED] > 0);
  assert_int_equal(seen.bid_min, 0);
  assert_true(seen.done > 0 && seen.orders > 0);
}

static void orders_on_their_way_are_in_the_picture(void **state) {
  (void)state;
  tally seen = watch("default",
                     "exchange_config: {latency_us: 600000}\n"
                     "env_config: {warmup_s: 1}\nseats: [{kind: maker}]\n",
                     3, 30);
  assert_true(seen.on_their_way > 0);
}

static void an_empty_book_has_no_levels(void **state) {
  (void)state;
  tally seen =
      watch("default", "populations: []\nenv_config: {warmup_s: 0}\nseats: [{kind: executor}]\n",
            HFT_PICTURE_LEVELS_MAX, 0);
  assert_int_equal(seen.bid_max, 0);
  assert_int_equal(seen.ask_max, 0);
}

// Seats that a strategy controls stand between the external ones; the picture shows the latter.
static void controlled_seats_are_left_out(void **state) {
  (void)state;
  hft_env_model *model = load("default",
                              "seats:\n"
                              "- {kind: maker, count: 2}\n"
                              "- {kind: maker, count: 40, controller: do-nothing}\n"
                              "- {kind: executor, parent_qty: 300}\n"
                              "- {kind: executor, parent_qty: 70, controller: twap}\n"
                              "- {kind: portfolio}\n");
  const char *const agents[] = {"maker_0", "maker_1", "executor_0", "portfolio_0"};
  const int index[] = {0, 1, 42, 44};
  hft_pool *pool = slab_open(model, 1, 1, SEED);
  hft_pool_reset(pool, NULL, NULL);
  hft_picture *picture = hft_picture_create(model, 3);
  for (int step = 0; step < 20; step++) slab_step(pool, SEED, step);
  hft_picture_fill(picture, pool, 0);
  assert_int_equal(picture->seat_count, 4);
  hft_env *env = hft_pool_env(pool, 0);
  for (int i = 0; i < 4; i++) {
    const hft_picture_seat *seat = &picture->seat[i];
    assert_string_equal(seat->agent, agents[i]);
    assert_int_equal(seat->index, index[i]);
    assert_true(seat->total_count > 0);
    assert_float_equal(seat->reward_sum, hft_env_return(env, index[i]), 0);
    hft_seat_look look = hft_env_look(model, env, index[i], 0);
    assert_int_equal(seat->account[0].position, look.position);
    assert_true(seat->account[0].cash == hft_desk_account(&look.desk)->cash);
  }
  decoded of = decode(picture);
  forget(&of);
  hft_picture_free(picture);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// The capacities: 100 levels a side, 64 instruments, 256 seats.
static void a_picture_holds_all_that_there_may_be(void **state) {
  (void)state;
  tally deep = watch("default",
                     "populations: [{kind: noise, opening_orders: 5000, limit_range: 300,\n"
                     "               open_orders_max: 20000}]\n"
                     "env_config: {warmup_s: 0}\nseats: [{kind: maker}]\n",
                     HFT_PICTURE_LEVELS_MAX, 1);
  assert_int_equal(deep.bid_max, HFT_PICTURE_LEVELS_MAX);
  assert_int_equal(deep.ask_max, HFT_PICTURE_LEVELS_MAX);
  tally wide = watch("default",
                     "market_config: {instruments: 64, window_ticks: 1024, fundamental: constant}\n"
                     "populations: []\n"
                     "env_config: {warmup_s: 0, depth: 1, state_depth: 1}\n"
                     "seats: [{kind: portfolio, count: 4}, {kind: maker, count: 252}]\n",
                     HFT_PICTURE_LEVELS_MAX, 2);
  assert_int_equal(wide.instruments, HFT_INSTRUMENTS_MAX);
  assert_true(wide.orders > 0);
}

static void the_documented_size_is_enough(void **state) {
  (void)state;
  size_t instrument =
      sizeof(hft_picture_instrument) + 2 * HFT_PICTURE_LEVELS_MAX * sizeof(hft_level);
  size_t account = sizeof(hft_picture_account) + HFT_SEAT_ORDERS * sizeof(hft_picture_order);
  size_t seat = sizeof(hft_picture_seat) + HFT_TOTALS_MAX * sizeof(double);
  size_t size = HFT_INSTRUMENTS_MAX * (instrument + HFT_SEATS_MAX * account) + HFT_SEATS_MAX * seat;
  assert_true(size + 4096 <= (size_t)5 << 20);
}

// ---- what an encoder may be given --------------------------------------------------------------
// Numbers that are not finite, 64-bit integers and texts that need escapes.
static void json_is_valid_whatever_the_values(void **state) {
  (void)state;
  hft_env_model *model = load("default", "seats: [{kind: maker}]\n");
  hft_pool *pool = slab_open(model, 1, 1, SEED);
  hft_pool_reset(pool, NULL, NULL);
  hft_picture *picture = hft_picture_create(model, 2);
  hft_picture_fill(picture, pool, 0);
  hft_picture_instrument *instrument = &picture->instrument[0];
  hft_picture_seat *seat = &picture->seat[0];
  strcpy(instrument->symbol, "a\"b\\c/\n\t\x01\x7f \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  picture->seed = UINT64_MAX;
  picture->episode = UINT32_MAX;
  picture->time = INT64_MAX;
  instrument->mid = (double)NAN;
  instrument->fundamental = (double)INFINITY;
  instrument->bought = INT64_MAX;
  seat->account[0].cash = INT64_MIN;
  seat->account[0].fees = -(double)INFINITY;
  seat->account[0].profit = 0.1;
  seat->reward_sum = 5e-324;
  seat->total[0] = -1.7976931348623157e308;
  seat->total[1] = -0.0;
  decoded of = decode(picture);
  assert_non_null(strstr(of.json.data, "\"seed\":\"18446744073709551615\""));
  assert_non_null(strstr(of.json.data, "\"cash\":-9223372036854775808"));
  assert_non_null(strstr(of.json.data, "\"mid\":null,\"fundamental\":null"));
  forget(&of);
  // A text that is not UTF-8 cannot be written as it is.
  strcpy(instrument->symbol, "\xc3(\xff");
  hft_buffer json = {0};
  assert_int_equal(hft_picture_encode_json(picture, &json), HFT_OK);
  assert_non_null(strstr(json.data, "\"symbol\":\"?(?\""));
  hft_buffer_free(&json);
  hft_picture_free(picture);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

static void filling_allocates_nothing(void **state) {
  (void)state;
  if (!allocations_start()) skip();
  hft_env_model *model = load("portfolio", "env_config: {warmup_s: 1}\n");
  hft_pool *pool = slab_open(model, 1, 1, SEED);
  hft_pool_reset(pool, NULL, NULL);
  hft_picture *picture = hft_picture_create(model, HFT_PICTURE_LEVELS);
  slab_step(pool, SEED, 0);
  int64_t before = allocations_count();
  hft_picture_fill(picture, pool, 0);
  assert_int_equal(allocations_count(), before);
  hft_picture_free(picture);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// A picture in memory of exactly its size; sanitizers would tell of a byte beyond.
static void a_picture_may_be_in_the_callers_memory(void **state) {
  (void)state;
  hft_env_model *model = load("all_roles", "env_config: {warmup_s: 1}\n");
  hft_pool *pool = slab_open(model, 1, 1, SEED);
  hft_pool_reset(pool, NULL, NULL);
  for (int levels = 1; levels <= HFT_PICTURE_LEVELS_MAX; levels += 33) {
    size_t size = hft_picture_size(model, levels);
    void *memory = malloc(size);
    hft_picture *picture = hft_picture_init(model, levels, memory, size);
    assert_ptr_equal(picture, memory);
    hft_picture_fill(picture, pool, 0);
    decoded of = decode(picture);
    forget(&of);
    free(memory);
  }
  hft_pool_free(pool);
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_preset_reads_the_same_both_ways),
      cmocka_unit_test(auctions_and_halts_read_the_same_both_ways),
      cmocka_unit_test(orders_on_their_way_are_in_the_picture),
      cmocka_unit_test(an_empty_book_has_no_levels),
      cmocka_unit_test(controlled_seats_are_left_out),
      cmocka_unit_test(a_picture_holds_all_that_there_may_be),
      cmocka_unit_test(the_documented_size_is_enough),
      cmocka_unit_test(json_is_valid_whatever_the_values),
      cmocka_unit_test(filling_allocates_nothing),
      cmocka_unit_test(a_picture_may_be_in_the_callers_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
