// What a client can see of an env and of its session: the picture is that of the env's own market
// and requesting it changes nothing; the numbers of a session are right.
#include <stdlib.h>
#include <string.h>

#include "codec/picture.h"
#include "sim/market/model.h"
#include "sim/pool/pool.h"
#include "tests/server/player.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)
#define ENVS 3
#define SEED 8

static hft_service *service;
static test_player player;
// The same envs, in this process.
static hft_env_model *model;
static hft_pool *pool;

static int set_up(void **state) {
  (void)state;
  hft_service_config world = world_service_config(1);
  hft_config *config;
  assert_int_equal(world_load_config(NULL, NULL, NULL, 0, &config, NULL), HFT_OK);
  assert_int_equal(hft_env_model_create(config, world.classes, world.class_count, &model, NULL),
                   HFT_OK);
  hft_config_free(config);
  const hft_pool_config pool_config = {.env_count = ENVS, .thread_count = 1, .seed = SEED};
  assert_int_equal(hft_pool_create(model, &pool_config, &pool, NULL), HFT_OK);
  assert_int_equal(hft_service_create(&world, &service, NULL), HFT_OK);
  player_make(&player, service, ENVS, SEED);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  player_free(&player);
  hft_service_free(service);
  hft_pool_free(pool);
  hft_env_model_free(model);
  return 0;
}

static void step(void) {
  assert_true(player_step(&player, 0));
  memcpy(hft_pool_actions(pool), player.actions, player.actions_size);
  hft_pool_step(pool);
}

static void begin(void) {
  assert_true(player_reset(&player, NULL));
  hft_pool_reset(pool, NULL, NULL);
}

static bool ask_render(uint64_t env, uint64_t levels) {
  uint64_t id = ++player.id;
  message_pack(&player.request, "{5 su ss ss su su", "id", id, "kind", "render", "session",
               player.token, "env", env, "levels", levels);
  return player_send(&player, id, NULL, 0);
}

static const msgpack_object *element(const msgpack_object *map, const char *key, uint32_t i) {
  const msgpack_object *list = message_get(map, key);
  assert_int_equal(list->type, MSGPACK_OBJECT_ARRAY);
  assert_true(i < list->via.array.size);
  return &list->via.array.ptr[i];
}

static uint32_t length(const msgpack_object *map, const char *key) {
  return message_get(map, key)->via.array.size;
}

static int64_t number(const msgpack_object *map, const char *key) {
  const msgpack_object *value = message_get(map, key);
  assert_true(value->type == MSGPACK_OBJECT_POSITIVE_INTEGER ||
              value->type == MSGPACK_OBJECT_NEGATIVE_INTEGER);
  return value->via.i64;
}

static void check_side(const msgpack_object *instrument, const char *key, const hft_book *book,
                       hft_side side, int levels) {
  hft_level level[HFT_PICTURE_LEVELS_MAX];
  int count = hft_book_depth(book, side, level, levels);
  assert_int_equal(length(instrument, key), count);
  assert_true(count > 0);
  for (int i = 0; i < count; i++) {
    const msgpack_object *triple = element(instrument, key, (uint32_t)i)->via.array.ptr;
    assert_int_equal(triple[0].via.i64, level[i].price);
    assert_int_equal(triple[1].via.i64, level[i].qty);
    assert_int_equal(triple[2].via.i64, level[i].order_count);
  }
}

// Every order of a seat is where the book has one at least as large.
static int check_orders(const msgpack_object *agent, const hft_book *book) {
  int count = (int)length(agent, "orders");
  for (int i = 0; i < count; i++) {
    const msgpack_object *order = element(agent, "orders", (uint32_t)i);
    hft_level level = hft_book_level(book, (hft_price)number(order, "price"));
    assert_int_equal(number(order, "instrument"), 0);
    assert_true(number(order, "qty") > 0 && level.qty >= number(order, "qty"));
    assert_true(number(order, "ahead") >= 0);
    assert_true(number(order, "ahead") + number(order, "qty") <= level.qty);
    bool is_bid = level.price <= hft_book_best_price(book, HFT_BID);
    assert_true(message_is(order, "side", is_bid ? "bid" : "ask"));
  }
  return count;
}

// A seat's totals by name, as its env has them.
static void check_totals(hft_env *env, int seat, const msgpack_object *agent) {
  const hft_group *group = &hft_env_model_spec(model)->group[seat];  // each has one seat
  const msgpack_object *totals = message_get(agent, "totals");
  assert_int_equal(totals->via.map.size, group->total_dim);
  float expected[HFT_TOTALS_MAX];
  hft_env_totals(model, env, seat, expected);
  for (int i = 0; i < group->total_dim; i++) {
    assert_true(message_get(totals, group->total[i].name)->via.f64 == (double)expected[i]);
  }
}

// Returns how many orders the seats have.
static int check_picture(int env, int levels, int64_t steps) {
  msgpack_unpacked picture;
  message_read(player.reply.frame[1].data, player.reply.frame[1].size, &picture);
  const msgpack_object *of = &picture.data;
  const hft_model *market_model = hft_env_model_market(model);
  hft_market *market = hft_env_market(model, hft_pool_env(pool, env));
  const hft_book *book = hft_market_book(market_model, market, 0);
  assert_int_equal(number(of, "env"), env);
  assert_true((uint64_t)number(of, "seed") == hft_world_seed(SEED, (uint64_t)env));
  assert_int_equal(number(of, "step"), steps);
  assert_int_equal(number(of, "episode"), 0);
  assert_true(number(of, "time_ns") == hft_market_now(market));
  assert_int_equal(length(of, "instruments"), 1);
  const msgpack_object *instrument = element(of, "instruments", 0);
  assert_true(message_is(instrument, "phase", "continuous"));
  assert_true(message_get(instrument, "mid")->via.f64 == 0.5 * (double)hft_market_mid2(market, 0));
  check_side(instrument, "bids", book, HFT_BID, levels);
  check_side(instrument, "asks", book, HFT_ASK, levels);
  const hft_tape *tape = hft_market_tape(market, 0);
  assert_int_equal(number(instrument, "last_price"), tape->last_price);
  assert_int_equal(number(instrument, "trades"), tape->trade_count);
  int orders = 0;
  assert_int_equal(length(of, "agents"), 2);
  assert_true(message_is(element(of, "agents", 0), "agent", "maker_0"));
  assert_true(message_is(element(of, "agents", 1), "agent", "executor_0"));
  for (int seat = 0; seat < 2; seat++) {
    const msgpack_object *agent = element(of, "agents", (uint32_t)seat);
    const msgpack_object *account = element(agent, "accounts", 0);
    hft_seat_look look = hft_env_look(model, hft_pool_env(pool, env), seat, 0);
    assert_int_equal(number(account, "position"), look.position);
    assert_true(number(account, "cash") == hft_desk_account(&look.desk)->cash);
    check_totals(hft_pool_env(pool, env), seat, agent);
    orders += check_orders(agent, book);
  }
  msgpack_unpacked_destroy(&picture);
  return orders;
}

static void a_picture_is_of_the_market(void **state) {
  (void)state;
  int orders = 0;
  begin();
  for (int64_t steps = 0; steps < 4; steps++) {
    for (int env = 0; env < ENVS; env++) {
      int levels = 1 + (int)steps * 3;
      assert_true(ask_render((uint64_t)env, (uint64_t)levels));
      assert_int_equal(player.reply.frame_count, 2);
      orders += check_picture(env, levels, steps);
    }
    step();
    // What was looked at has not moved.
    const char *results = hft_pool_results(pool);
    assert_memory_equal(player.reply.frame[1].data, results, player.reply.frame[1].size);
  }
  assert_true(orders > 10);
}

static void a_picture_is_refused(void **state) {
  (void)state;
  assert_false(ask_render(0, 5));
  player_assert_error(&player, "not_reset", "env");
  begin();
  assert_false(ask_render(ENVS, 5));
  player_assert_error(&player, "bad_field", "env");
  assert_false(ask_render(0, 0));
  player_assert_error(&player, "bad_field", "levels");
  assert_false(ask_render(0, HFT_PICTURE_LEVELS_MAX + 1));
  player_assert_error(&player, "bad_field", "levels");
  assert_true(ask_render(0, HFT_PICTURE_LEVELS_MAX));
  static const int32_t envs[] = {1};
  message_pack(&player.request, "{3 su ss ss", "id", ++player.id, "kind", "send", "session",
               player.token);
  hft_frame frames[] = {message_frame(&player.request), {envs, sizeof envs}, {NULL, 0}};
  char actions[256] = {0};
  frames[2] = (hft_frame){actions, 2 * 64};
  assert_true(player_send_frames(&player, player.id, frames, 3));
  assert_false(ask_render(1, 5));
  player_assert_error(&player, "under_way", "env");
  assert_true(ask_render(0, 5));
}

// ---- stats -------------------------------------------------------------------------------------
static void ask_stats(bool of_session, msgpack_unpacked *header) {
  uint64_t id = player.id + 1;  // which is not used up
  if (of_session) {
    message_pack(&player.request, "{3 su ss ss", "id", id, "kind", "stats", "session",
                 player.token);
  } else {
    message_pack(&player.request, "{2 su ss", "id", id, "kind", "stats");
  }
  assert_true(player_send(&player, id, NULL, 0));
  assert_int_equal(player.reply.frame_count, 1);
  assert_true(player.reply.frame[0].size <= HFT_WIRE_HEADER_MAX);
  message_read(player.reply.frame[0].data, player.reply.frame[0].size, header);
}

static void sessions_have_their_numbers(void **state) {
  (void)state;
  begin();
  for (int k = 0; k < 7; k++) {
    step();
    hft_service_sent(service, &player.reply, HFT_DELIVERED, 250000000);
  }
  assert_false(ask_render(ENVS, 5));
  hft_service_sent(service, &player.reply, HFT_DELIVERED, 1);
  msgpack_unpacked header;
  ask_stats(true, &header);
  const msgpack_object *session = message_get(&header.data, "session");
  assert_int_equal(message_uint(session, "envs"), ENVS);
  assert_int_equal(message_uint(session, "env_steps"), 7 * ENVS);
  assert_int_equal(message_uint(session, "episodes"), ENVS);  // of five steps
  assert_int_equal(message_uint(session, "errors"), 1);
  assert_int_equal(message_uint(session, "saves"), 0);
  assert_int_equal(message_uint(session, "unanswered"), 0);
  assert_true(message_uint(session, "memory_bytes") == hft_service_memory_used(service));
  const msgpack_object *requests = message_get(session, "requests");
  assert_int_equal(requests->via.map.size, 2);
  const msgpack_object *steps = message_get(requests, "step");
  assert_int_equal(message_uint(steps, "count"), 7);
  assert_true(message_get(steps, "seconds")->via.f64 == 1.75);
  assert_int_equal(message_uint(message_get(requests, "render"), "count"), 1);
  msgpack_unpacked_destroy(&header);
}

static void the_server_tells_how_full_it_is(void **state) {
  (void)state;
  msgpack_unpacked header;
  ask_stats(false, &header);
  assert_null(message_get(&header.data, "session"));
  const msgpack_object *server = message_get(&header.data, "server");
  assert_int_equal(message_uint(server, "sessions"), 1);
  assert_int_equal(message_uint(server, "envs"), ENVS);
  assert_int_equal(message_uint(server, "unanswered"), 0);
  msgpack_unpacked_destroy(&header);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(a_picture_is_of_the_market),
      TEST(a_picture_is_refused),
      TEST(sessions_have_their_numbers),
      TEST(the_server_tells_how_full_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
