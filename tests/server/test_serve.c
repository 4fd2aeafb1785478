// The program `hftsim serve` as a user runs it: its first line, its options, its signals and exit
// codes.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/server/dealer.h"
#include "tests/server/message.h"
#include "tests/support/check.h"

#define U(value) UINT64_C(value)
#define ARGUMENTS_MAX 16
#define ANNOUNCEMENT "serving on "

typedef struct program {
  pid_t pid;
  int output;  // its stdout and stderr
  char text[65536];
  size_t size;
  char endpoint[128];
} program;

static program server;
static const char *folder;  // where it is started; null: here
static int input = -1;      // its stdin; -1: that of this program

// Starts `hftsim serve` with the arguments, the last of which is null.
static void start(const char *const *arguments) {
  char *argv[ARGUMENTS_MAX] = {getenv("HFTSIM_BIN"), (char *)(uintptr_t) "serve"};
  if (argv[0] == NULL) fail_msg("HFTSIM_BIN names no program");
  for (int i = 0; arguments[i] != NULL; i++) argv[2 + i] = (char *)(uintptr_t)arguments[i];
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  server.pid = fork();
  assert_true(server.pid >= 0);
  if (server.pid == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    if (input >= 0) dup2(input, STDIN_FILENO);
    close(ends[0]);
    close(ends[1]);
    if (folder == NULL || chdir(folder) == 0) execv(argv[0], argv);
    _exit(127);
  }
  close(ends[1]);
  server.output = ends[0];
  server.size = 0;
  server.text[0] = '\0';
}

// Reads more of the output; false at its end.
static bool read_more(void) {
  struct pollfd item = {.fd = server.output, .events = POLLIN};
  if (poll(&item, 1, DEALER_WAIT_MS) != 1)
    fail_msg("no word within %d ms: %s", DEALER_WAIT_MS, server.text);
  size_t room = sizeof server.text - 1 - server.size;
  ssize_t got = read(server.output, server.text + server.size, room);
  assert_true(got >= 0);
  server.size += (size_t)got;
  server.text[server.size] = '\0';
  return got > 0;
}

// Waits for the program's end; returns its exit code.
static int finish(void) {
  while (read_more()) continue;
  int status;
  assert_int_equal(waitpid(server.pid, &status, 0), server.pid);
  close(server.output);
  server.pid = 0;
  if (!WIFEXITED(status)) fail_msg("ended by signal %d: %s", WTERMSIG(status), server.text);
  return WEXITSTATUS(status);
}

// Waits until the server says where it listens.
static void await_endpoint(void) {
  const char *found;
  while ((found = strstr(server.text, ANNOUNCEMENT)) == NULL || strchr(found, '\n') == NULL) {
    if (!read_more()) fail_msg("it ended: %s", server.text);
  }
  const char *begin = found + strlen(ANNOUNCEMENT);
  snprintf(server.endpoint, sizeof server.endpoint, "%.*s", (int)strcspn(begin, " ,\n"), begin);
}

static int stop_with(int signal) {
  kill(server.pid, signal);
  return finish();
}

static int tear_down(void **state) {
  (void)state;
  if (server.pid > 0) {
    kill(server.pid, SIGKILL);
    waitpid(server.pid, NULL, 0);
    close(server.output);
    server.pid = 0;
  }
  return 0;
}

static void expect_exit(int code, const char *words) {
  int got = finish();
  if (got != code) fail_msg("exit code %d, not %d: %s", got, code, server.text);
  if (strstr(server.text, words) == NULL) fail_msg("'%s' is not in: %s", words, server.text);
}

// Asks for a session; writes the code of the error that it got, "" for none.
static void ask_make(dealer *client, uint64_t id, int env_count, const char *config, char *code,
                     size_t code_size) {
  hft_buffer request = {0};
  message_pack(&request, "{4su ss su ss", "id", id, "kind", "make", "num_envs", (uint64_t)env_count,
               "config", config);
  hft_frame frame = message_frame(&request);
  dealer_ask(client, &frame, 1);
  msgpack_unpacked reply;
  message_read(dealer_frame(client, 0).data, dealer_frame(client, 0).size, &reply);
  if (message_is(&reply.data, "kind", "make")) {
    code[0] = '\0';
  } else {
    message_text(&reply.data, "code", code, code_size);
  }
  msgpack_unpacked_destroy(&reply);
  hft_buffer_free(&request);
}

static void expect_make(dealer *client, uint64_t id, int env_count, const char *config,
                        const char *code) {
  char got[32];
  ask_make(client, id, env_count, config, got, sizeof got);
  assert_string_equal(got, code);
}

static void signals_end_it_with_0(void **state) {
  (void)state;
  const int signals[] = {SIGTERM, SIGINT};
  for (int i = 0; i < 2; i++) {
    start((const char *const[]){"--bind", "tcp://127.0.0.1:*", NULL});
    await_endpoint();
    assert_memory_equal(server.endpoint, "tcp://127.0.0.1:", 16);
    assert_in_range(strtol(server.endpoint + 16, NULL, 10), 1, 65535);
    dealer client;
    dealer_open(&client, server.endpoint);
    assert_true(dealer_pings(&client, 1));
    dealer_close(&client);
    assert_int_equal(stop_with(signals[i]), 0);
  }
}

// A signal in the midst of stepping: every request is answered in order, the last ones perhaps with
// word of the end.
static void a_signal_finishes_the_request_in_hand(void **state) {
  (void)state;
  start((const char *const[]){"--bind", "tcp://127.0.0.1:0", "--threads", "2", NULL});
  await_endpoint();
  dealer client;
  char token[HFT_WIRE_TOKEN_DIGITS + 1];
  dealer_open(&client, server.endpoint);
  size_t size = dealer_make(&client, 1, 8, 0, token);
  dealer_reset(&client, 2, token, 0);
  for (uint64_t id = 3; id < 15; id++) dealer_send_step(&client, id, token, size);
  assert_true(dealer_receive(&client, DEALER_WAIT_MS));
  assert_int_equal(stop_with(SIGTERM), 0);
  bool ended = false;
  uint64_t answered = 4;  // make, reset, one step; and the next id
  while (answered < 15 && dealer_receive(&client, DEALER_WAIT_MS)) {
    msgpack_unpacked reply;
    message_read(dealer_frame(&client, 0).data, dealer_frame(&client, 0).size, &reply);
    bool is_refused = message_is(&reply.data, "code", "stopping");
    assert_true(is_refused || (!ended && message_is(&reply.data, "kind", "step")));
    ended = is_refused;
    assert_true(message_uint(&reply.data, "id") == answered);
    answered++;
    msgpack_unpacked_destroy(&reply);
  }
  assert_true(answered == 15);
  assert_false(dealer_receive(&client, 0));
  char words[64];
  snprintf(words, sizeof words, "stopped after %d requests, 0 replies undelivered",
           (int)answered - 1);
  if (strstr(server.text, words) == NULL) fail_msg("'%s' is not in: %s", words, server.text);
  dealer_close(&client);
}

static void limits_come_from_the_options(void **state) {
  (void)state;
  start((const char *const[]){"--bind", "tcp://127.0.0.1:*", "--envs-max", "5", "--sessions-max",
                              "2", "--set", "env_config.episode_len=3", NULL});
  await_endpoint();
  dealer client;
  dealer_open(&client, server.endpoint);
  expect_make(&client, 1, 6, "default", "limit");
  expect_make(&client, 2, 1, "nonesuch", "config");
  expect_make(&client, 3, 2, "default", "");
  expect_make(&client, 4, 4, "default", "limit");
  char token[HFT_WIRE_TOKEN_DIGITS + 1];
  size_t size = dealer_make(&client, 5, 2, 0, token);
  expect_make(&client, 6, 1, "default", "limit");
  dealer_reset(&client, 7, token, 0);
  for (uint64_t id = 8; id < 11; id++) {
    dealer_send_step(&client, id, token, size);
    assert_true(dealer_receive(&client, DEALER_WAIT_MS));
    assert_int_equal(client.frame_count, id == 10 ? 3 : 2);  // the third step ends the episodes
  }
  dealer_close(&client);
  assert_int_equal(stop_with(SIGTERM), 0);
}

// However slow this machine is, an idle session makes room: only its absence would go on for ever.
static void idle_sessions_expire(void **state) {
  (void)state;
  start((const char *const[]){"--bind", "tcp://127.0.0.1:*", "--sessions-max", "1",
                              "--idle-timeout", "100ms", NULL});
  await_endpoint();
  dealer client;
  dealer_open(&client, server.endpoint);
  uint64_t id = 1;
  for (int granted = 0; granted < 3;) {
    char code[32];
    ask_make(&client, id++, 1, "default", code, sizeof code);
    if (code[0] == '\0') {
      granted++;
    } else {
      assert_string_equal(code, "limit");
      nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
  }
  dealer_close(&client);
  assert_int_equal(stop_with(SIGTERM), 0);
}

static void a_memory_limit_is_kept(void **state) {
  (void)state;
  start((const char *const[]){"--bind", "tcp://127.0.0.1:*", "--memory-max", "1", NULL});
  await_endpoint();
  dealer client;
  dealer_open(&client, server.endpoint);
  expect_make(&client, 1, 256, "default", "limit");
  dealer_close(&client);
  assert_int_equal(stop_with(SIGTERM), 0);
}

static void a_busy_address_is_reported(void **state) {
  (void)state;
  start((const char *const[]){"--bind", "tcp://127.0.0.1:*", NULL});
  await_endpoint();
  program first = server;
  start((const char *const[]){"--bind", first.endpoint, NULL});
  expect_exit(1, "in use");
  assert_non_null(strstr(server.text, first.endpoint));
  server = first;
  assert_int_equal(stop_with(SIGTERM), 0);
}

static void a_path_is_free_again_after_a_crash(void **state) {
  (void)state;
  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "ipc:///tmp/hftsim-serve-%ld", (long)getpid());
  for (int i = 0; i < 3; i++) {
    start((const char *const[]){"--bind", endpoint, NULL});
    await_endpoint();
    assert_string_equal(server.endpoint, endpoint);
    if (i < 2) tear_down(NULL);  // SIGKILL
  }
  program first = server;
  start((const char *const[]){"--bind", endpoint, NULL});
  expect_exit(1, "another server listens here");
  server = first;
  assert_int_equal(stop_with(SIGTERM), 0);
  assert_int_not_equal(access(endpoint + strlen("ipc://"), F_OK), 0);
}

// Names and both families of addresses, and a path that is made and goes with the server.
static void every_local_endpoint_can_be_had(void **state) {
  (void)state;
  const char *const table[][2] = {{"tcp://localhost:*", "tcp://127.0.0.1:"},
                                  {"tcp://[::1]:*", "tcp://[::1]:"},
                                  {"ipc://@hftsim-test-serve", "ipc://@hftsim-test-serve"},
                                  {"ipc://*", "ipc:///"}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (strstr(table[i][0], "::1") != NULL && access("/proc/net/if_inet6", F_OK) != 0) continue;
    start((const char *const[]){"--bind", table[i][0], NULL});
    await_endpoint();
    assert_memory_equal(server.endpoint, table[i][1], strlen(table[i][1]));
    dealer client;
    dealer_open(&client, server.endpoint);
    assert_true(dealer_pings(&client, 1));
    dealer_close(&client);
    assert_int_equal(stop_with(SIGTERM), 0);
    char *name = server.endpoint + strlen("ipc://");
    if (name[0] != '/') continue;
    assert_int_not_equal(access(name, F_OK), 0);
    *strrchr(name, '/') = '\0';
    assert_int_not_equal(access(name, F_OK), 0);
  }
}

// Who reads the log may go.
static void a_closed_log_ends_nothing(void **state) {
  (void)state;
  start((const char *const[]){"--bind", "tcp://127.0.0.1:*", NULL});
  await_endpoint();
  close(server.output);
  dealer client;
  char token[HFT_WIRE_TOKEN_DIGITS + 1];
  dealer_open(&client, server.endpoint);
  for (uint64_t id = 1; id < 9; id += 2) {  // each is a line of the log
    dealer_make(&client, id, 1, 0, token);
    dealer_end(&client, id + 1, token);
  }
  kill(server.pid, SIGPIPE);
  assert_true(dealer_pings(&client, 10));
  dealer_close(&client);
  kill(server.pid, SIGTERM);
  int status;
  assert_int_equal(waitpid(server.pid, &status, 0), server.pid);
  server.pid = 0;
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// A preset whose file cannot be found from where the server runs is not on offer.
static void presets_have_their_files(void **state) {
  (void)state;
  const char *program_path = getenv("HFTSIM_BIN");
  bool moves = program_path != NULL && program_path[0] == '/';
  for (int here = !moves; here < 2; here++) {
    folder = here ? NULL : "/";
    start((const char *const[]){"--bind", "tcp://127.0.0.1:*", NULL});
    folder = NULL;
    await_endpoint();
    dealer client;
    dealer_open(&client, server.endpoint);
    expect_make(&client, 1, 1, "replay", here ? "" : "config");
    expect_make(&client, 2, 1, "execution", "");
    dealer_close(&client);
    assert_int_equal(stop_with(SIGTERM), 0);
  }
}

// Starts a server on a path of its own that ends with its stdin; returns the end to write to, which
// the server does not inherit.
static int start_with_stdin(void) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  for (int i = 0; i < 2; i++) fcntl(ends[i], F_SETFD, FD_CLOEXEC);
  input = ends[0];
  start((const char *const[]){"--bind", "ipc://*", "--exit-with-stdin", NULL});
  input = -1;
  close(ends[0]);
  return ends[1];
}

static void expect_nothing_left(void) {
  char *name = server.endpoint + strlen("ipc://");
  assert_int_not_equal(access(name, F_OK), 0);
  *strrchr(name, '/') = '\0';
  assert_int_not_equal(access(name, F_OK), 0);
}

static void the_end_of_stdin_ends_it(void **state) {
  (void)state;
  const int held = start_with_stdin();
  await_endpoint();
  dealer client;
  dealer_open(&client, server.endpoint);
  char dropped[100000] = {0};  // more than a pipe holds
  assert_int_equal(write(held, dropped, sizeof dropped), sizeof dropped);
  assert_true(dealer_pings(&client, 1));
  close(held);
  expect_exit(0, "stdin closed");
  expect_nothing_left();
  dealer_close(&client);
}

// However the owner ends: here, without a chance to do anything about it.
static void it_ends_with_an_owner_that_is_killed(void **state) {
  (void)state;
  const int held = start_with_stdin();
  await_endpoint();
  pid_t owner = fork();
  if (owner == 0) {
    for (;;) pause();
  }
  close(held);
  dealer client;
  dealer_open(&client, server.endpoint);
  assert_true(dealer_pings(&client, 1));  // the other process has the pipe
  kill(owner, SIGKILL);
  assert_int_equal(waitpid(owner, NULL, 0), owner);
  expect_exit(0, "stdin closed");
  expect_nothing_left();
  dealer_close(&client);
}

static void stdin_counts_only_where_it_is_asked_for(void **state) {
  (void)state;
  input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  start((const char *const[]){"--bind", "tcp://127.0.0.1:*", NULL});
  await_endpoint();
  dealer client;
  dealer_open(&client, server.endpoint);
  assert_true(dealer_pings(&client, 1));
  dealer_close(&client);
  assert_int_equal(stop_with(SIGTERM), 0);
  start((const char *const[]){"--bind", "tcp://127.0.0.1:*", "--exit-with-stdin", NULL});
  close(input);
  input = -1;
  expect_exit(0, "stdin closed");
}

static void wrong_use_is_reported(void **state) {
  (void)state;
  start((const char *const[]){"--bind", "tcp://0.0.0.0:*", NULL});
  expect_exit(2, "--insecure");
  start((const char *const[]){"--bind", "5555", NULL});
  expect_exit(2, "not an endpoint");
  start((const char *const[]){"--envs-max", "0", NULL});
  expect_exit(2, "envs-max");
  start((const char *const[]){"--nonesuch", NULL});
  expect_exit(2, "nonesuch");
  start((const char *const[]){"--config", "/no/such/file.yaml", NULL});
  expect_exit(1, "/no/such/file.yaml");
  start((const char *const[]){"--set", "env_config.episode_length=3", NULL});
  expect_exit(1, "episode_len");
}

static void insecure_addresses_can_be_had(void **state) {
  (void)state;
  start((const char *const[]){"--bind", "tcp://0.0.0.0:*", "--insecure", NULL});
  await_endpoint();
  assert_int_equal(stop_with(SIGTERM), 0);
}

static void help_shows_examples(void **state) {
  (void)state;
  start((const char *const[]){"--help", NULL});
  expect_exit(0, "hftsim serve --bind ipc:///tmp/hftsim.sock");
}

int main(void) {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(signals_end_it_with_0),
      TEST(a_signal_finishes_the_request_in_hand),
      TEST(limits_come_from_the_options),
      TEST(idle_sessions_expire),
      TEST(a_memory_limit_is_kept),
      TEST(a_busy_address_is_reported),
      TEST(a_path_is_free_again_after_a_crash),
      TEST(every_local_endpoint_can_be_had),
      TEST(a_closed_log_ends_nothing),
      TEST(presets_have_their_files),
      TEST(wrong_use_is_reported),
      TEST(insecure_addresses_can_be_had),
      TEST(help_shows_examples),
      TEST(the_end_of_stdin_ends_it),
      TEST(it_ends_with_an_owner_that_is_killed),
      TEST(stdin_counts_only_where_it_is_asked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
