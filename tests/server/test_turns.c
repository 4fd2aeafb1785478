// Scheduling of requests: long requests are processed in slices, in turn, and others do not wait
// for them; each session gets the replies that it would get alone, once, and in order. Everything
// is about the order of calls, nothing about time.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/base/rng.h"
#include "tests/server/player.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)
#define CLIENTS 64

// With the smallest slices and decisions of a moment, in which nothing happens, a slice is one step
// of one env.
#define MOMENT_MS 0.001

static test_player client[CLIENTS];
static hft_service *service;

static hft_service_config big_config(int thread_count) {
  hft_service_config config = world_service_config(thread_count);
  config.sessions_max = CLIENTS;
  config.slice_work = 1;
  config.envs_max = 4096;
  config.memory_max = (size_t)2 << 30;
  return config;
}

static void open_service(const hft_service_config *config) {
  assert_int_equal(hft_service_create(config, &service, NULL), HFT_OK);
}

static int set_up(void **state) {
  (void)state;
  const hft_service_config config = big_config(1);
  open_service(&config);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  for (int i = 0; i < CLIENTS; i++) player_free(&client[i]);
  hft_service_free(service);
  service = NULL;
  return 0;
}

// ---- clients -----------------------------------------------------------------------------------
static hft_peer peer_of(int number) {
  return (hft_peer){.size = 2, .id = {1, (uint8_t)number}};
}

static int peer_number(const hft_reply *reply) {
  assert_int_equal(reply->peer->size, 2);
  return reply->peer->id[1];
}

// Hands the client's request in. True where it was answered at once.
static bool ask(int number, const void *buffer, size_t size) {
  const hft_peer peer = peer_of(number);
  const hft_frame frames[] = {message_frame(&client[number].request), {buffer, size}};
  test_player *player = &client[number];
  return hft_service_handle(player->service, &peer, frames, buffer != NULL ? 2 : 1, player->now,
                            &player->reply);
}

static void pack(int number, const char *kind) {
  test_player *player = &client[number];
  message_pack(&player->request, "{3 su ss ss", "id", player->id, "kind", kind, "session",
               player->token);
}

static bool ask_step(int number) {
  test_player *player = &client[number];
  player->id++;
  for (size_t i = 0; i < player->actions_size / sizeof(float); i++) {
    player->actions[i] = (float)((i * 7 + player->id * 13) % 21) / 10.0F - 1.0F;
  }
  pack(number, "step");
  return ask(number, player->actions, player->actions_size);
}

// The next reply: whose it is. It is then that client's.
static int next_reply(void) {
  hft_reply reply;
  while (!hft_service_work(service, 0, &reply)) {
    assert_true(hft_service_unanswered(service) > 0);
  }
  int number = peer_number(&reply);
  client[number].reply = reply;
  return number;
}

static void make(int number, int env_count, double decision_ms, double warmup_s) {
  test_player *player = &client[number];
  player_make(player, service, env_count, (uint64_t)number);
  player_close(player);
  message_pack(&player->request, "{5 su ss su su s{3 sf sf su", "id", ++player->id, "kind", "make",
               "num_envs", (uint64_t)env_count, "seed", (uint64_t)number, "overrides",
               "market_config.decision_ms", decision_ms, "env_config.warmup_s", warmup_s,
               "env_config.episode_len", decision_ms < 1 ? U(1000000) : U(5));
  assert_true(player_send(player, player->id, NULL, 0));
  msgpack_unpacked header;
  message_read(player->reply.frame[0].data, player->reply.frame[0].size, &header);
  message_text(&header.data, "session", player->token, sizeof player->token);
  msgpack_unpacked_destroy(&header);
}

static void make_and_reset(int number, int env_count) {
  make(number, env_count, MOMENT_MS, 1);
  assert_true(player_reset(&client[number], NULL));
}

// A digest of so many steps of a client that is alone.
static uint64_t run_alone(int number, int steps) {
  uint64_t hash = HFT_HASH_START;
  for (int i = 0; i < steps; i++) {
    if (!ask_step(number)) assert_int_equal(next_reply(), number);
    assert_true(player_read(&client[number], client[number].id));
    hash = hft_hash_u64(hash, player_hash(&client[number]));
  }
  return hash;
}

// ---- tests -------------------------------------------------------------------------------------
static void what_fits_a_slice_is_answered_at_once(void **state) {
  (void)state;
  make_and_reset(0, 1);
  assert_true(ask_step(0));
  tear_down(NULL);
  hft_service_config config = big_config(1);
  config.slice_work = 0;
  open_service(&config);
  make_and_reset(0, 1);
  assert_true(ask_step(0));
  assert_true(player_read(&client[0], client[0].id));
  make(1, 32, 500, 1);
  assert_true(player_reset(&client[1], NULL));
  assert_true(ask_step(1));
  assert_int_equal(hft_service_unanswered(service), 0);
}

static void short_steps_pass_a_long_one(void **state) {
  (void)state;
  make_and_reset(0, 8);
  make_and_reset(1, 1);
  uint64_t alone = run_alone(0, 3);
  client[0].id -= 3;  // the same ids once more, and so the same actions
  make_and_reset(0, 8);
  uint64_t hash = HFT_HASH_START;
  for (int step = 0; step < 3; step++) {
    assert_false(ask_step(0));
    int passed = 0;
    for (;;) {
      assert_false(ask_step(1));  // it waits for its turn, which is the next but one
      if (next_reply() == 0) break;
      assert_true(player_read(&client[1], client[1].id));
      passed++;
    }
    assert_true(player_read(&client[0], client[0].id));
    hash = hft_hash_u64(hash, player_hash(&client[0]));
    assert_in_range(passed, 6, 7);  // the other had eight slices, one of them at once
    assert_int_equal(next_reply(), 1);
  }
  assert_true(hash == alone);
}

// One round gives each a slice, whatever it asked for.
static void all_have_their_turns(void **state) {
  (void)state;
  for (int i = 0; i < CLIENTS; i++) make_and_reset(i, 2 + i % 3);
  for (int i = 0; i < CLIENTS; i++) assert_false(ask_step(i));
  assert_int_equal(hft_service_unanswered(service), CLIENTS);
  int envs = 2;
  bool answered[CLIENTS] = {false};
  for (int k = 0; k < CLIENTS; k++) {
    int number = next_reply();
    assert_false(answered[number]);
    answered[number] = true;
    assert_in_range(2 + number % 3, envs, envs + 1);  // all with two envs, then three, then four
    envs = 2 + number % 3;
  }
}

static void nobody_is_starved(void **state) {
  (void)state;
  uint64_t slices[CLIENTS] = {0}, sum = 0;
  for (int i = 0; i < CLIENTS; i++) make_and_reset(i, 1 + (i + 3) % 7);
  for (int i = 0; i < CLIENTS; i++) assert_false(ask_step(i));
  for (int k = 0; k < 1000; k++) {
    int number = next_reply();
    slices[number] += (uint64_t)client[number].env_count;
    sum += (uint64_t)client[number].env_count;
    assert_false(ask_step(number));
  }
  for (int i = 0; i < CLIENTS; i++) assert_true(2 * CLIENTS * slices[i] >= sum);
  assert_true(sum > 2000);
}

// Whatever comes between, each session is told what it is told alone.
static void results_do_not_depend_on_the_company(void **state) {
  (void)state;
  enum { COUNT = 6, STEPS = 12 };
  for (int threads = 1; threads <= 3; threads += 2) {
    tear_down(NULL);
    const hft_service_config config = big_config(threads);
    open_service(&config);
    uint64_t alone[COUNT], hash[COUNT];
    int left[COUNT];
    for (int i = 0; i < COUNT; i++) {
      make_and_reset(i, 1 + 2 * i);
      alone[i] = run_alone(i, STEPS);
      player_close(&client[i]);
      client[i].id = 0;
      make_and_reset(i, 1 + 2 * i);
      hash[i] = HFT_HASH_START;
      left[i] = STEPS;
    }
    hft_rng rng = hft_rng_stream(5, (uint32_t)threads, 7);
    bool is_out[COUNT] = {false};
    for (int done = 0; done < COUNT;) {
      int i = (int)(hft_rng_u32(&rng) % COUNT);
      if (!is_out[i] && left[i] > 0) {
        is_out[i] = !ask_step(i);
        if (is_out[i]) continue;
      } else if (hft_service_unanswered(service) > 0) {
        hft_reply reply;
        if (!hft_service_work(service, 0, &reply)) continue;
        i = peer_number(&reply);
        client[i].reply = reply;
        is_out[i] = false;
      } else {
        continue;
      }
      assert_true(player_read(&client[i], client[i].id));
      hash[i] = hft_hash_u64(hash[i], player_hash(&client[i]));
      done += --left[i] == 0;
    }
    for (int i = 0; i < COUNT; i++) assert_true(hash[i] == alone[i]);
  }
}

// A retry of what is in work is answered as well, and nothing is done twice.
static void a_retry_waits_for_the_work_in_hand(void **state) {
  (void)state;
  make_and_reset(0, 5);
  uint64_t steps = hft_service_step_count(service);
  assert_false(ask_step(0));
  const hft_peer other = peer_of(9);
  const hft_frame frames[] = {message_frame(&client[0].request),
                              {client[0].actions, client[0].actions_size}};
  hft_reply reply;
  assert_false(hft_service_handle(service, &other, frames, 2, 0, &reply));
  assert_int_equal(next_reply(), 0);
  assert_true(player_read(&client[0], client[0].id));
  uint64_t hash = player_hash(&client[0]);
  client[9].id = client[0].id;
  assert_int_equal(next_reply(), 9);
  assert_true(player_read(&client[9], client[9].id));
  assert_true(player_hash(&client[9]) == hash);
  assert_true(hft_service_step_count(service) == steps + 5);
  assert_int_equal(hft_service_unanswered(service), 0);
}

static void a_session_is_served_in_order(void **state) {
  (void)state;
  make_and_reset(0, 3);
  make_and_reset(1, 1);
  size_t held = hft_service_memory_used(service);
  assert_false(ask_step(0));
  for (int i = 0; i < HFT_SERVICE_WINDOW; i++) assert_false(ask_step(0));
  assert_true(hft_service_memory_used(service) > held);
  uint64_t first = client[0].id - HFT_SERVICE_WINDOW;
  assert_true(ask_step(0));  // one too many
  assert_false(player_read(&client[0], client[0].id));
  player_assert_error(&client[0], "limit", "session");
  assert_false(ask_step(1));  // which is not its neighbour's affair
  for (int i = 0; i <= HFT_SERVICE_WINDOW + 1; i++) {
    int number = next_reply();
    assert_true(player_read(&client[number], number == 0 ? first++ : client[1].id));
  }
  assert_int_equal(hft_service_unanswered(service), 0);
  assert_true(hft_service_memory_used(service) == held);
}

// `hello`, `ping` and what is malformed belong to no session, and wait for none.
static void a_sign_of_life_comes_at_once(void **state) {
  (void)state;
  make_and_reset(0, 5);
  client[1].service = service;
  client[1].id = 4;
  assert_false(ask_step(0));
  message_pack(&client[1].request, "{2 su ss", "id", U(4), "kind", "ping");
  assert_true(ask(1, NULL, 0));
  assert_true(player_read(&client[1], 4));
  message_pack(&client[1].request, "{1 su", "id", U(5));
  assert_true(ask(1, NULL, 0));
  assert_false(player_read(&client[1], 5));
  client[0].id++;
  pack(0, "ping");
  assert_true(ask(0, NULL, 0));
  assert_true(player_read(&client[0], client[0].id));
  client[0].id--;
  assert_int_equal(next_reply(), 0);
}

// What waits behind a `close` is told that the session is gone.
static void what_waits_behind_a_close_is_answered(void **state) {
  (void)state;
  make_and_reset(0, 3);
  assert_false(ask_step(0));
  client[0].id++;
  pack(0, "close");
  assert_false(ask(0, NULL, 0));
  assert_false(ask_step(0));
  uint64_t id = client[0].id;
  for (uint64_t k = id - 2; k <= id; k++) {
    assert_int_equal(next_reply(), 0);
    assert_true(player_read(&client[0], k) == (k < id));
  }
  player_assert_error(&client[0], "unknown_session", "session");
  assert_int_equal(hft_service_session_count(service), 0);
  assert_int_equal(hft_service_memory_used(service), 0);
}

// An env made, and one that is run for hours before its first observation, hold up nobody.
static void making_and_warming_up_are_sliced(void **state) {
  (void)state;
  make_and_reset(1, 1);
  message_pack(&client[0].request, "{3 su ss su", "id", U(1), "kind", "make", "num_envs", U(200));
  client[0].service = service;
  assert_false(ask(0, NULL, 0));
  assert_int_equal(hft_service_session_count(service), 2);
  int passed = 0;
  for (; !ask_step(1) && next_reply() == 1; passed++) continue;
  assert_true(passed >= 3);
  assert_true(player_read(&client[0], 1));
  if (hft_service_unanswered(service) > 0) assert_int_equal(next_reply(), 1);
  make(0, 2, 500, 30);
  client[0].id++;
  pack(0, "reset");
  assert_false(ask(0, NULL, 0));
  for (passed = 0;; passed++) {
    assert_false(ask_step(1));
    if (next_reply() == 0) break;
  }
  assert_true(player_read(&client[0], client[0].id));
  assert_true(passed > 500);  // each wake of the market is a slice
}

// One step of one env whose market has much to do in it: a slice is a part of it. The client is
// told what a server with larger slices tells.
static void a_step_is_sliced(void **state) {
  (void)state;
  uint64_t hash[2];
  for (int round = 0; round < 2; round++) {
    tear_down(NULL);
    hft_service_config config = big_config(1 + round);
    config.slice_work = round == 0 ? 0 : 100;
    open_service(&config);
    make_and_reset(1, 1);
    make(0, 1, 60000, 1);
    assert_true(player_reset(&client[0], NULL));
    if (ask_step(0)) {
      assert_int_equal(round, 0);
    } else {
      int passed = 0;
      for (; !ask_step(1) && next_reply() == 1; passed++) continue;
      assert_true(passed > 3);
    }
    assert_true(player_read(&client[0], client[0].id));
    hash[round] = player_hash(&client[0]);
  }
  assert_true(hash[0] == hash[1]);
}

// A `recv` waits for its envs, and nobody waits for it; a `reset` of all waits for them too.
static void a_receipt_is_sliced(void **state) {
  (void)state;
  static const int32_t envs[] = {5, 0, 3, 1, 2, 4};
  make_and_reset(0, 6);
  make_and_reset(1, 1);
  for (int round = 0; round < 2; round++) {
    test_player *player = &client[0];
    player->id++;
    pack(0, "send");
    const hft_frame frames[] = {message_frame(&player->request),
                                {envs, sizeof envs},
                                {player->actions, player->actions_size}};
    assert_true(player_send_frames(player, player->id, frames, 3));
    player->id++;
    if (round == 0) {
      message_pack(&player->request, "{4 su ss ss su", "id", player->id, "kind", "recv", "session",
                   player->token, "least", U(6));
    } else {
      pack(0, "reset");
    }
    assert_false(ask(0, NULL, 0));
    int passed = 0;
    for (; !ask_step(1) && next_reply() == 1; passed++) continue;
    assert_true(passed >= 4);
    assert_true(player_read(player, player->id));
    if (round == 0) assert_memory_equal(player->reply.frame[1].data, envs, sizeof envs);
    if (hft_service_unanswered(service) > 0) assert_int_equal(next_reply(), 1);
  }
}

static void what_is_busy_does_not_expire(void **state) {
  (void)state;
  make_and_reset(0, 3);
  make_and_reset(1, 1);
  assert_false(ask_step(0));
  assert_int_equal(hft_service_expire(service, 1000 * HFT_SECOND), 1);
  hft_reply reply;
  while (!hft_service_work(service, 1000 * HFT_SECOND, &reply)) continue;
  assert_int_equal(hft_service_expire(service, 1010 * HFT_SECOND), 0);
  assert_int_equal(hft_service_expire(service, 1011 * HFT_SECOND), 1);
}

static void a_drain_finishes_what_was_begun(void **state) {
  (void)state;
  make_and_reset(0, 3);
  make_and_reset(1, 3);
  assert_false(ask_step(0));
  assert_false(ask_step(0));
  assert_false(ask_step(1));
  hft_service_stop(service, HFT_TIME_NEVER);
  int done = 0;
  for (int i = 0; i < 3; i++) {
    int number = next_reply();
    bool is_first = number == 0 && client[0].reply.code == HFT_WIRE_OK;
    assert_int_equal(player_read(&client[number], client[number].id - (uint64_t)is_first),
                     is_first);
    if (!is_first) player_assert_error(&client[number], "stopping", "server");
    done += is_first;
  }
  assert_int_equal(done, 1);
  assert_int_equal(hft_service_unanswered(service), 0);
}

static void requests_have_a_rate(void **state) {
  (void)state;
  tear_down(NULL);
  hft_service_config config = big_config(1);
  config.rate_max = 10;
  open_service(&config);
  test_player *player = &client[0];
  player_make(player, service, 1, 1);
  player->now = HFT_SECOND;
  assert_true(player_reset(player, NULL));
  for (int i = 0; i < 9; i++) assert_true(player_step(player, 0));
  uint64_t hash = player_hash(player), id = player->id;
  assert_false(player_step(player, 0));
  player_assert_error(player, "limit", "session");
  player->now += HFT_SECOND / 10;
  assert_true(player_step(player, id));  // what was refused is not remembered
  assert_true(player_hash(player) == hash);
  assert_false(player_step(player, 0));
  player_make(&client[1], service, 1, 1);  // others have their own
  assert_true(player_reset(&client[1], NULL));
  player->now += 5 * HFT_SECOND;
  for (int i = 0; i < 10; i++) assert_true(player_step(player, 0));
  assert_false(player_step(player, 0));
}

// Not a moment later than it has to be, nor one too soon; and told in no other error.
static void the_rate_tells_when_to_ask_again(void **state) {
  (void)state;
  static const int rates[] = {1, 3, 10, 997};
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
    tear_down(NULL);
    hft_service_config config = big_config(1);
    config.rate_max = rates[i];
    open_service(&config);
    test_player *player = &client[0];
    player->now = 0;
    player_make(player, service, 1, 1);
    while (player_reset(player, NULL)) player->now += HFT_SECOND / 5000;
    for (int k = 0; k < 20; k++) {
      player_assert_error(player, "limit", "session");
      hft_time wait = (hft_time)(player->retry_after * 1e9 + 0.5);
      assert_true(wait > 0 && wait <= HFT_SECOND / rates[i] + 1);
      player->now += wait - 1;
      assert_false(player_reset(player, NULL));
      player->now++;
      assert_true(player_reset(player, NULL));
      assert_false(player_reset(player, NULL));
    }
  }
  player_make(&client[1], service, 1, 1);
  assert_false(player_step(&client[1], 0));
  player_assert_error(&client[1], "not_reset", "session");
  assert_true(client[1].retry_after == 0);
}

static char last_line[HFT_LOG_LINE_MAX];

static void keep_line(void *context, const char *line, size_t size) {
  (void)context;
  snprintf(last_line, sizeof last_line, "%.*s", (int)size, line);
}

static void who_does_not_read_is_dropped(void **state) {
  (void)state;
  const hft_logger log = {.format = HFT_LOG_TEXT, .write = keep_line};
  hft_service_config config = big_config(1);
  config.log = &log;
  tear_down(NULL);
  open_service(&config);
  make_and_reset(0, 1);
  make_and_reset(1, 1);
  for (int i = 1; i < HFT_SERVICE_WINDOW; i++) {
    assert_true(player_step(&client[0], 0));
    assert_false(hft_service_sent(service, &client[0].reply, HFT_PEER_SLOW, 1));
  }
  assert_true(player_step(&client[0], 0));
  assert_false(hft_service_sent(service, &client[0].reply, HFT_DELIVERED, 1));
  for (int i = 1; i <= HFT_SERVICE_WINDOW; i++) {
    assert_true(player_step(&client[0], 0));
    assert_int_equal(hft_service_sent(service, &client[0].reply, HFT_PEER_SLOW, 1),
                     i == HFT_SERVICE_WINDOW);
  }
  assert_non_null(strstr(last_line, "session dropped"));
  assert_non_null(strstr(last_line, "its client does not read the replies"));
  assert_int_equal(hft_service_session_count(service), 1);
  assert_false(player_step(&client[0], 0));
  player_assert_error(&client[0], "unknown_session", "session");
  assert_true(player_step(&client[1], 0));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(what_fits_a_slice_is_answered_at_once),
      TEST(short_steps_pass_a_long_one),
      TEST(all_have_their_turns),
      TEST(nobody_is_starved),
      TEST(results_do_not_depend_on_the_company),
      TEST(a_retry_waits_for_the_work_in_hand),
      TEST(a_session_is_served_in_order),
      TEST(a_sign_of_life_comes_at_once),
      TEST(what_waits_behind_a_close_is_answered),
      TEST(making_and_warming_up_are_sliced),
      TEST(a_step_is_sliced),
      TEST(a_receipt_is_sliced),
      TEST(what_is_busy_does_not_expire),
      TEST(a_drain_finishes_what_was_begun),
      TEST(requests_have_a_rate),
      TEST(the_rate_tells_when_to_ask_again),
      TEST(who_does_not_read_is_dropped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
