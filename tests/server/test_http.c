// The pages for those who watch, asked for over a plain socket.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http.h"

static hft_metrics metrics;

static hft_http *open_pages(const char *address) {
  hft_http *http;
  hft_error error;
  if (hft_http_create(address, false, &metrics, &http, &error) != HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
  return http;
}

// Sends the request and reads until the server closes; returns the status.
static int ask(const hft_http *http, const char *request, char reply[65536]) {
  const char *port = strrchr(hft_http_url(http), ':') + 1;
  const struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)strtol(port, NULL, 10)),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int file = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(file, (const struct sockaddr *)&address, sizeof address), 0);
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
  snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
           path);
  return ask(http, request, reply);
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
      ask(http, "DELETE /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", reply), 405);
  assert_int_equal(
      ask(http, "HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", reply), 200);
  assert_string_equal(strstr(reply, "\r\n\r\n"), "\r\n\r\n");
  hft_http_free(http);
}

static void a_busy_port_is_told(void **state) {
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
      cmocka_unit_test(a_busy_port_is_told),
      cmocka_unit_test(wrong_and_open_addresses_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
