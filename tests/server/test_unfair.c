// A client with a small market beside others whose configs are legal and unfair: a step of an hour
// with a million events a second, an hour before the first observation, a market of hundreds of
// megabytes created and freed again and again, values on a grid of a microsecond. It gets its
// replies meanwhile, the server's loop keeps turning, and a server that is told to stop does not
// wait for unfinished requests. Usage: test_unfair [STEPS [WHICH]], with the number of steps of the
// client (60), whose latencies are printed, among all others or the one of that number.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "sim/base/hash.h"
#include "tests/server/dealer.h"
#include "tests/server/message.h"
#include "tests/server/serving.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)
#define ENVS 3
#define EPISODE 20  // steps from a reset to the next

static const char busy[] =
    "market_config: {decision_ms: 3600000, duration_s: 36000}\n"
    "env_config: {episode_len: 5, warmup_s: 0}\n"
    "populations: [{kind: noise, market_rate: 1000000}]\n";
static const char early[] =
    "market_config: {window_ticks: 65536, duration_s: 36000}\n"
    "env_config: {episode_len: 5, warmup_s: 3600}\n"
    "populations: [{kind: noise, market_rate: 100000}, {kind: value, rate: 10000}]\n";
static const char large[] =
    "market_config: {window_ticks: 1048576, instruments: 6, initial_price: 6000}\n"
    "exchange_config: {opening_auction_s: 5}\n";
static const char idle[] =
    "market_config: {decision_ms: 3600000, duration_s: 36000, fundamental_step_ms: 0.001}\n"
    "env_config: {episode_len: 5, warmup_s: 0}\n"
    "populations: [{kind: noise}]\n";
static const char *const unfair[] = {busy, early, large, idle};
#define UNFAIR ((int)(sizeof unfair / sizeof unfair[0]))
static int first_unfair, last_unfair = UNFAIR;  // all of them

static int wanted_steps = 60;

// ---- the server --------------------------------------------------------------------------------
static serving server;
static pthread_t watch_thread, foe[UNFAIR];
static atomic_bool over;
static _Atomic int64_t loop_gap;  // ns, the longest since the storm began
static atomic_int begun;          // steps and resets that unfair clients wait for

static hft_time clock_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (hft_time)now.tv_sec * HFT_SECOND + now.tv_nsec;
}

// Looks at the loop as /healthz does.
static void *watch_loop(void *unused) {
  (void)unused;
  const hft_metrics *metrics = hft_transport_metrics(server.transport);
  while (!atomic_load(&over)) {
    hft_time gap = hft_metrics_since_loop(metrics, clock_now());
    if (gap > atomic_load(&loop_gap)) atomic_store(&loop_gap, gap);
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
  }
  return NULL;
}

static void start_server(void) {
  hft_service_config config = serving_config();
  config.sessions_max = 8;
  config.memory_max = (size_t)1 << 30;
  serving_start(
      &server, &config,
      &(hft_transport_config){.endpoint = "tcp://127.0.0.1:*", .drain_max = 300 * HFT_MILLISECOND});
}

// ---- the unfair --------------------------------------------------------------------------------
// Sends a request, and waits for its reply until the storm is over. False: there is none.
static bool ask(dealer *self, hft_buffer *request, const void *buffer, size_t size) {
  const hft_frame frames[] = {message_frame(request), {buffer, size}};
  dealer_send(self, frames, buffer != NULL ? 2 : 1);
  while (!atomic_load(&over)) {
    if (dealer_receive(self, 20)) return true;
  }
  return false;
}

// False: the server ends. An unfair config that is refused is a fault of the test, which a check on
// this thread would not tell.
static bool read_make(dealer *self, char *token, size_t *actions_size) {
  msgpack_unpacked header, spec;
  message_read(dealer_frame(self, 0).data, dealer_frame(self, 0).size, &header);
  bool is_made = self->frame_count == 2;
  if (is_made) {
    message_read(dealer_frame(self, 1).data, dealer_frame(self, 1).size, &spec);
    message_text(&header.data, "session", token, HFT_WIRE_TOKEN_DIGITS + 1);
    *actions_size = (size_t)message_uint(message_get(&spec.data, "actions"), "bytes");
    msgpack_unpacked_destroy(&spec);
  } else if (!message_is(&header.data, "code", "stopping")) {
    char text[320];
    message_text(&header.data, "message", text, sizeof text);
    print_error("an unfair config is refused: %s\n", text);
    abort();
  }
  msgpack_unpacked_destroy(&header);
  return is_made;
}

// One session: made, reset, stepped, and given back where all of that is answered.
static void play_unfairly(dealer *self, const char *config) {
  hft_buffer request = {0};
  char token[HFT_WIRE_TOKEN_DIGITS + 1];
  size_t size = 0;
  float *actions = NULL;
  message_pack(&request, "{4 su ss su su", "id", U(1), "kind", "make", "num_envs", U(2), "seed",
               U(5));
  bool goes_on = ask(self, &request, config, strlen(config));
  goes_on = goes_on && read_make(self, token, &size);
  if (goes_on) {
    actions = calloc(1, size);
    message_pack(&request, "{3 su ss ss", "id", U(2), "kind", "reset", "session", token);
    atomic_fetch_add(&begun, 1);
    goes_on = ask(self, &request, NULL, 0);
  }
  for (uint64_t id = 3; id < 5 && goes_on; id++) {
    message_pack(&request, "{3 su ss ss", "id", id, "kind", "step", "session", token);
    atomic_fetch_add(&begun, 1);
    goes_on = ask(self, &request, actions, size);
  }
  if (goes_on) {
    message_pack(&request, "{3 su ss ss", "id", U(5), "kind", "close", "session", token);
    ask(self, &request, NULL, 0);
  }
  free(actions);
  hft_buffer_free(&request);
}

static void *be_unfair(void *config) {
  dealer self;
  dealer_open(&self, serving_endpoint(&server));
  while (!atomic_load(&over)) play_unfairly(&self, config);
  dealer_close(&self);
  return NULL;
}

// ---- the fair client ---------------------------------------------------------------------------
typedef struct fair {
  dealer dealer;
  char token[HFT_WIRE_TOKEN_DIGITS + 1];
  size_t actions_size;
  uint64_t id;
} fair;

static int compare_times(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// Steps, and times each; a digest of every episode must be `wanted` (0: of none yet).
static uint64_t play(fair *self, int steps, uint64_t wanted, double *ms) {
  uint64_t hash = 0;
  for (int step = 0; step < steps; step++) {
    if (step % EPISODE == 0) {
      if (step > 0 && wanted != 0) assert_true(hash == wanted);
      dealer_reset(&self->dealer, ++self->id, self->token, 9);
      hash = dealer_hash(&self->dealer);
    }
    hft_time begin = clock_now();
    uint64_t as = (uint64_t)(1 + step % EPISODE);
    dealer_send_step_as(&self->dealer, ++self->id, as, self->token, self->actions_size);
    if (!dealer_receive(&self->dealer, DEALER_WAIT_MS)) fail_msg("no reply to step %d", step);
    ms[step] = (double)(clock_now() - begin) * 1e-6;
    hash = hft_hash_u64(hash, dealer_hash(&self->dealer));
  }
  return hash;
}

static void report(const char *what, double *ms, int count) {
  qsort(ms, (size_t)count, sizeof *ms, compare_times);
  print_message("%s: %d steps of %d envs: median %.2f ms, p99 %.2f ms, longest %.2f ms\n", what,
                count, ENVS, ms[count / 2], ms[count * 99 / 100], ms[count - 1]);
}

static void a_fair_client_among_unfair_ones(void **state) {
  (void)state;
  double *ms = calloc((size_t)wanted_steps, sizeof *ms);
  assert_non_null(ms);
  start_server();
  fair self = {.id = 1};
  dealer_open(&self.dealer, serving_endpoint(&server));
  self.actions_size = dealer_make(&self.dealer, 1, ENVS, 0, self.token);
  uint64_t quiet = play(&self, EPISODE, 0, ms);
  (void)play(&self, wanted_steps, quiet, ms);
  report("alone", ms, wanted_steps);
  for (int i = first_unfair; i < last_unfair; i++) {
    void *config = (void *)(uintptr_t)unfair[i];
    assert_int_equal(pthread_create(&foe[i], NULL, be_unfair, config), 0);
  }
  while (atomic_load(&begun) < last_unfair - first_unfair)
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  atomic_store(&loop_gap, 0);
  assert_int_equal(pthread_create(&watch_thread, NULL, watch_loop, NULL), 0);
  int before = atomic_load(&begun);
  (void)play(&self, wanted_steps, quiet, ms);
  int meanwhile = atomic_load(&begun) - before;
  report("among unfair ones", ms, wanted_steps);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  print_message(
      "the loop came round after %.2f ms at most; %d long requests were answered; the "
      "process had %ld MiB at most\n",
      (double)atomic_load(&loop_gap) * 1e-6, meanwhile, usage.ru_maxrss / 1024);
  // Its steps passed those that were begun, of which most cannot end in that time.
  assert_true(meanwhile < wanted_steps);
  // What was begun does not keep the server from its end: the longest would take minutes.
  serving_stop(&server);
  assert_int_equal(hft_service_unanswered(server.service), 0);
  const hft_metrics *metrics = hft_transport_metrics(server.transport);
  if (last_unfair - first_unfair == UNFAIR) {
    assert_true(hft_metrics_get(&metrics->errors[HFT_WIRE_STOPPING]) >= 2);
  }
  assert_int_equal(hft_metrics_get(&metrics->errors[HFT_WIRE_INTERNAL]), 0);
  atomic_store(&over, true);
  for (int i = first_unfair; i < last_unfair; i++) pthread_join(foe[i], NULL);
  pthread_join(watch_thread, NULL);
  dealer_close(&self.dealer);
  assert_true(hft_service_memory_used(server.service) > 0);
  hft_service_expire(server.service, HFT_TIME_NEVER);
  assert_int_equal(hft_service_session_count(server.service), 0);
  assert_int_equal(hft_service_memory_used(server.service), 0);
  serving_free(&server);
  free(ms);
}

int main(int argc, char **argv) {
  if (argc > 1) wanted_steps = atoi(argv[1]);
  if (argc > 2) first_unfair = atoi(argv[2]);
  if (argc > 2) last_unfair = first_unfair + 1;
  if (wanted_steps < 1 || first_unfair < 0 || last_unfair > UNFAIR) return 2;
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_fair_client_among_unfair_ones)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
