// The monitoring pages, requested over a plain socket.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "server/http.h"
#include "tests/support/check.h"

static hft_metrics metrics;

static hft_http *open_pages(const char *address) {
  hft_http *http;
  hft_error error;
  if (hft_http_create(address, false, &metrics, &http, &error) != HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
  return http;
}

static int connect_to(const hft_http *http) {
  const char *port = strrchr(hft_http_url(http), ':') + 1;
  const struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)strtol(port, NULL, 10)),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int file = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(file, (const struct sockaddr *)&address, sizeof address), 0);
  return file;
}

// Sends the request and reads until the server closes; returns the status.
static int ask(const hft_http *http, const char *request, char reply[65536]) {
  int file = connect_to(http);
  assert_int_equal(write(file, request, strlen(request)), (int)strlen(request));
  size_t size = 0;
  ssize_t got;
  while ((got = read(file, reply + size, 65535 - size)) > 0) size += (size_t)got;
  reply[size] = '\0';
  close(file);
  int status = 0;
  assert_int_equal(sscanf(reply, "HTTP/1.1 %d", &status), 1);
  return status;
}

static int get(const hft_http *http, const char *path, char reply[65536]) {
  char request[128];
  snprintf(request, sizeof request,
           "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
  return ask(http, request, reply);
}

static hft_time clock_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (hft_time)now.tv_sec * HFT_SECOND + now.tv_nsec;
}

static void looped(hft_time ago) {
  hft_metrics_set(&metrics.looped_at, (uint64_t)(clock_now() - ago));
}

// Sets the loop's last turn that long ago. /healthz must report a stall, in whole seconds: at least
// that long, and at most until the reply.
static void stalled_for(const hft_http *http, hft_time ago) {
  static char reply[65536];
  hft_time begin = clock_now();
  looped(ago);
  assert_int_equal(get(http, "/healthz", reply), 503);
  const char *told = strstr(reply, "stalled");
  assert_non_null(told);
  long seconds = 0;
  const char *number = strstr(reply, "no iteration of the serving loop for ");
  assert_non_null(number);
  assert_int_equal(sscanf(number, "no iteration of the serving loop for %ld s\n", &seconds), 1);
  assert_in_range(seconds, ago / HFT_SECOND, (ago + clock_now() - begin) / HFT_SECOND);
}

// A loop that does not come round is told of, and how long it has not.
static void a_stalled_loop(void **state) {
  (void)state;
  static char reply[65536];
  hft_http *http = open_pages("127.0.0.1:0");
  hft_metrics_set(&metrics.serving, 1);
  hft_metrics_set(&metrics.looped_at, 0);  // it has not begun
  assert_int_equal(get(http, "/healthz", reply), 200);
  looped(0);
  assert_int_equal(get(http, "/healthz", reply), 200);
  stalled_for(http, HFT_METRICS_STALL + HFT_SECOND / 1000);
  stalled_for(http, 7205 * HFT_SECOND);
  assert_int_equal(get(http, "/metrics", reply), 200);
  double seconds = 0;
  const char *line = strstr(reply, "\nhftsim_loop_stalled_seconds ");
  assert_non_null(line);
  assert_int_equal(sscanf(line, "\nhftsim_loop_stalled_seconds %lf", &seconds), 1);
  assert_true(seconds >= 7205);
  hft_metrics_set(&metrics.serving, 0);  // one that ends is no stalled one
  assert_int_equal(get(http, "/healthz", reply), 503);
  assert_non_null(strstr(reply, "not serving\n"));
  hft_metrics_set(&metrics.serving, 1);
  looped(-HFT_SECOND);  // clocks of other cores
  assert_int_equal(get(http, "/healthz", reply), 200);
  hft_http_free(http);
}

static void pages(void **state) {
  (void)state;
  static char reply[65536];
  hft_http *http = open_pages("127.0.0.1:0");
  assert_memory_equal(hft_http_url(http), "http://127.0.0.1:", 17);
  hft_metrics_set(&metrics.serving, 0);
  assert_int_equal(get(http, "/healthz", reply), 503);
  hft_metrics_set(&metrics.serving, 1);
  assert_int_equal(get(http, "/healthz", reply), 200);
  assert_non_null(strstr(reply, "\r\n\r\nok\n"));
  hft_metrics_set(&metrics.sessions, 17);
  assert_int_equal(get(http, "/metrics", reply), 200);
  assert_non_null(strstr(reply, "\nhftsim_sessions 17\n"));
  assert_non_null(strstr(reply, "text/plain; version=0.0.4"));
  assert_int_equal(get(http, "/", reply), 404);
  assert_int_equal(get(http, "/metrics/../healthz", reply), 404);
  assert_int_equal(
      ask(http, "DELETE /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", reply),
      405);
  assert_int_equal(
      ask(http, "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", reply),
      200);
  assert_string_equal(strstr(reply, "\r\n\r\n"), "\r\n\r\n");
  hft_http_free(http);
}

// A page of another site whose name leads here is refused: names are those of this machine alone.
static void only_known_hosts_are_answered(void **state) {
  (void)state;
  static char reply[65536];
  static const struct {
    const char *host;
    int one, all;  // the status where one address is bound, and where all are
  } table[] = {
      {"Host: localhost\r\n", 200, 200},
      {"Host: LocalHost:9090\r\n", 200, 200},
      {"Host: 127.0.0.1:1\r\n", 200, 200},
      {"Host: 127.3.2.1\r\n", 200, 200},
      {"Host: [::1]:80\r\n", 200, 200},
      {"Host: [::1]\r\n", 200, 200},
      {"", 200, 200},
      {"Host: 10.0.0.1:9090\r\n", 403, 200},
      {"Host: [2001:db8::1]\r\n", 403, 200},
      {"Host: evil.example\r\n", 403, 403},
      {"Host: localhost.evil.example:80\r\n", 403, 403},
      {"Host: 127.0.0.1.evil.example\r\n", 403, 403},
      {"Host: evil.example:127.0.0.1\r\n", 403, 403},
      {"Host: [::1\r\n", 403, 403},
      {"Host: [::1]evil.example\r\n", 403, 403},
      {"Host: :80\r\n", 403, 403},
      {"Host: \r\n", 403, 403},
  };
  hft_http *all;
  hft_http *one = open_pages("127.0.0.1:0");
  assert_int_equal(hft_http_create("*:0", true, &metrics, &all, NULL), HFT_OK);
  hft_metrics_set(&metrics.serving, 1);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    char request[160];
    const char *const paths[] = {"healthz", "metrics"};
    for (int path = 0; path < 2; path++) {
      snprintf(request, sizeof request, "GET /%s HTTP/1.0\r\n%s\r\n", paths[path], table[i].host);
      int got_one = ask(one, request, reply), got_all = ask(all, request, reply);
      if (got_one != table[i].one || got_all != table[i].all) {
        fail_msg("'%s': %d, %d", table[i].host, got_one, got_all);
      }
    }
  }
  hft_http_free(one);
  hft_http_free(all);
}

// Those who connect and say nothing, say half of a request, or never read, keep nobody out.
static void slow_readers_keep_nobody_out(void **state) {
  (void)state;
  static char reply[65536];
  const char *const said[] = {"", "GET /hea", "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"};
  hft_http *http = open_pages("127.0.0.1:0");
  hft_metrics_set(&metrics.serving, 1);
  for (size_t kind = 0; kind < 3; kind++) {
    int file[200];
    for (int i = 0; i < 200; i++) {
      file[i] = connect_to(http);
      ssize_t size = (ssize_t)strlen(said[kind]);
      assert_true(send(file[i], said[kind], strlen(said[kind]), MSG_NOSIGNAL) <= size);
      if (i % 20 == 19) assert_int_equal(get(http, "/healthz", reply), 200);
    }
    for (int i = 0; i < 200; i++) close(file[i]);
  }
  hft_http_free(http);
}

static void a_busy_port_is_reported(void **state) {
  (void)state;
  hft_http *http = open_pages("localhost:*"), *second;
  hft_error error;
  assert_int_equal(
      hft_http_create(hft_http_url(http) + strlen("http://"), false, &metrics, &second, &error),
      HFT_EIO);
  assert_non_null(strstr(error.text, "in use"));
  hft_http_free(http);
}

static void wrong_and_open_addresses_are_refused(void **state) {
  (void)state;
  const char *const wrong[] = {"", "9090", "127.0.0.1", "127.0.0.1:65536", ":9090", "127.0.0.1:x"};
  const char *const open_to_all[] = {"0.0.0.0:0", "*:0", "10.0.0.1:9090", "[::]:0"};
  hft_http *http;
  hft_error error;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_int_equal(hft_http_create(wrong[i], true, &metrics, &http, &error), HFT_EINVAL);
    assert_non_null(strstr(error.text, "127.0.0.1:9090"));
  }
  for (size_t i = 0; i < sizeof open_to_all / sizeof open_to_all[0]; i++) {
    assert_int_equal(hft_http_create(open_to_all[i], false, &metrics, &http, &error), HFT_EINVAL);
    assert_non_null(strstr(error.text, "--insecure"));
  }
  assert_int_equal(hft_http_create("*:0", true, &metrics, &http, &error), HFT_OK);
  hft_http_free(http);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pages),
      cmocka_unit_test(a_stalled_loop),
      cmocka_unit_test(only_known_hosts_are_answered),
      cmocka_unit_test(slow_readers_keep_nobody_out),
      cmocka_unit_test(a_busy_port_is_reported),
      cmocka_unit_test(wrong_and_open_addresses_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
