#include "server/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "server/endpoint.h"

#define CONNECTIONS_MAX 64
#define CONNECTIONS_KEPT 48  // beyond this, a new connection closes the oldest one
#define CONNECTION_TIMEOUT_S 10
#define CONNECTION_BYTES (16 << 10)
#define HOST_BYTES 256
#define ENDPOINT_BYTES (HOST_BYTES + 32)

struct hft_http {
  struct MHD_Daemon *daemon;
  const hft_metrics *metrics;
  // The open connections, oldest first. Used by the answering thread alone.
  struct MHD_Connection *open[CONNECTIONS_MAX];
  int open_count;
  char host[HOST_BYTES];  // as given, without brackets
  char url[ENDPOINT_BYTES];
};

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned code, char *text,
                                   enum MHD_ResponseMemoryMode memory) {
  struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), text, memory);
  if (response == NULL) {
    if (memory == MHD_RESPMEM_MUST_FREE) free(text);
    return MHD_NO;
  }
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                          "text/plain; version=0.0.4; charset=utf-8");
  if (code == MHD_HTTP_METHOD_NOT_ALLOWED) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  }
  enum MHD_Result queued = MHD_queue_response(connection, code, response);
  MHD_destroy_response(response);
  return queued;
}

static enum MHD_Result answer_words(struct MHD_Connection *connection, unsigned code,
                                    const char *words) {
  return answer_text(connection, code, (char *)(uintptr_t)words, MHD_RESPMEM_PERSISTENT);
}

static hft_time monotonic_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (hft_time)now.tv_sec * HFT_SECOND + now.tv_nsec;
}

static enum MHD_Result answer_metrics(struct MHD_Connection *connection, const hft_http *http) {
  char *page = hft_metrics_print(http->metrics, monotonic_now());
  if (page == NULL) return MHD_NO;
  return answer_text(connection, MHD_HTTP_OK, page, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result answer_health(struct MHD_Connection *connection, const hft_http *http) {
  if (hft_metrics_get(&http->metrics->serving) == 0) {
    return answer_words(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "not serving\n");
  }
  hft_time since = hft_metrics_since_loop(http->metrics, monotonic_now());
  if (since < HFT_METRICS_STALL) return answer_words(connection, MHD_HTTP_OK, "ok\n");
  char words[128];
  snprintf(words, sizeof words, "stalled: no iteration of the serving loop for %lld s\n",
           (long long)(since / HFT_SECOND));
  return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, words, MHD_RESPMEM_MUST_COPY);
}

// Keeps a connection free for the next client: clients that read slowly, or never, must not shut
// out others.
static void follow(void *context, struct MHD_Connection *connection, void **place,
                   enum MHD_ConnectionNotificationCode code) {
  (void)place;
  hft_http *http = context;
  if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
    int at = 0;
    while (at < http->open_count && http->open[at] != connection) at++;
    if (at == http->open_count) return;
    http->open_count--;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    size_t bytes = (size_t)(http->open_count - at) * sizeof http->open[0];
    memmove(&http->open[at], &http->open[at + 1], bytes);
    return;
  }
  if (http->open_count == CONNECTIONS_MAX) return;
  http->open[http->open_count++] = connection;
  if (http->open_count <= CONNECTIONS_KEPT) return;
  const union MHD_ConnectionInfo *oldest = MHD_get_connection_info(
      http->open[http->open_count - 1 - CONNECTIONS_KEPT], MHD_CONNECTION_INFO_CONNECTION_FD);
  if (oldest != NULL) shutdown(oldest->connect_fd, SHUT_RDWR);
}

// Copies the host of a `Host` header, "name", "name:port" or "[address]:port", without brackets.
static bool read_host(const char *header, char host[HOST_BYTES]) {
  bool is_bracketed = header[0] == '[';
  const char *start = header + is_bracketed;
  size_t length = strcspn(start, is_bracketed ? "]" : ":");
  if (is_bracketed && start[length] != ']') return false;
  const char *rest = start + length + is_bracketed;
  if (length == 0 || length >= HOST_BYTES || (rest[0] != '\0' && rest[0] != ':')) return false;
  memcpy(host, start, length);
  host[length] = '\0';
  return true;
}

// Whether the `Host` of a request is acceptable. A web page can point its own host name at this
// machine and read these pages in a visitor's browser (DNS rebinding). Accepted are the loopback
// names, the host that was bound, and any IP address where all addresses are bound.
static bool is_host_known(struct MHD_Connection *connection, const hft_http *http) {
  const char *header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
  char host[HOST_BYTES];
  struct in6_addr address;
  if (header == NULL) return true;  // browsers always send it
  if (!read_host(header, host)) return false;
  if (strcasecmp(host, "localhost") == 0 || hft_endpoint_is_loopback(host)) return true;
  if (strcasecmp(host, http->host) == 0) return true;
  bool is_bound_to_all = strcmp(http->host, "*") == 0 || strcmp(http->host, "0.0.0.0") == 0 ||
                         strcmp(http->host, "::") == 0;
  return is_bound_to_all &&
         (inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1);
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request) {
  (void)version;
  (void)upload;
  (void)request;
  const hft_http *http = context;
  if (!is_host_known(connection, http)) {
    *upload_size = 0;
    return answer_words(connection, MHD_HTTP_FORBIDDEN,
                        "unknown Host: use the address that the server has bound\n");
  }
  if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
    *upload_size = 0;
    return answer_words(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "allowed methods: GET, HEAD\n");
  }
  if (strcmp(path, "/metrics") == 0) return answer_metrics(connection, http);
  if (strcmp(path, "/healthz") != 0) {
    return answer_words(connection, MHD_HTTP_NOT_FOUND, "not found; pages: /healthz, /metrics\n");
  }
  return answer_health(connection, http);
}

static hft_status check_address(const char *address, const char *endpoint, bool insecure,
                                hft_error *error) {
  if (hft_endpoint_check(endpoint, true, NULL) != HFT_OK) {
    return hft_fail(error, HFT_EINVAL, address, "not an address; give one as 127.0.0.1:9090");
  }
  if (hft_endpoint_check(endpoint, insecure, NULL) == HFT_OK) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, address,
                  "other machines could reach these pages, which are not protected; bind "
                  "127.0.0.1, or add --insecure where you trust the network");
}

static hft_status start(hft_http *http, const char *address, const struct addrinfo *found,
                        hft_error *error) {
  unsigned flags = MHD_USE_AUTO_INTERNAL_THREAD;
  if (found->ai_family == AF_INET6) flags |= MHD_USE_IPv6;
  http->daemon = MHD_start_daemon(
      flags, 0, NULL, NULL, answer, http, MHD_OPTION_SOCK_ADDR, found->ai_addr,
      MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
      (unsigned)CONNECTION_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
      MHD_OPTION_NOTIFY_CONNECTION, follow, http, MHD_OPTION_END);
  if (http->daemon != NULL) return HFT_OK;
  return hft_fail(error, HFT_EIO, address, "cannot listen: %s", strerror(errno));
}

// Listens at an endpoint that passed the check.
static hft_status listen_at(hft_http *http, const char *address, const char *endpoint,
                            hft_error *error) {
  char *host = http->host;
  hft_endpoint_host(endpoint, host, sizeof http->host);
  const char *port = strrchr(endpoint, ':') + 1;
  const struct addrinfo wanted = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                  .ai_socktype = SOCK_STREAM};
  struct addrinfo *found;
  int reason = getaddrinfo(strcmp(host, "*") == 0 ? NULL : host,
                           strcmp(port, "*") == 0 ? "0" : port, &wanted, &found);
  if (reason != 0) {
    return hft_fail(error, HFT_EIO, address, "no such address: %s", gai_strerror(reason));
  }
  hft_status status = start(http, address, found, error);
  freeaddrinfo(found);
  if (status != HFT_OK) return status;
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
  unsigned bound = info == NULL ? 0U : info->port;
  bool is_ipv6 = strchr(host, ':') != NULL;
  snprintf(http->url, sizeof http->url, "http://%s%s%s:%u", is_ipv6 ? "[" : "", host,
           is_ipv6 ? "]" : "", bound);
  return HFT_OK;
}

hft_status hft_http_create(const char *address, bool insecure, const hft_metrics *metrics,
                           hft_http **out, hft_error *error) {
  char endpoint[ENDPOINT_BYTES];
  int length = snprintf(endpoint, sizeof endpoint, "tcp://%s", address);
  if (length < 0 || (size_t)length >= sizeof endpoint) {
    return hft_fail(error, HFT_EINVAL, address, "the address is too long");
  }
  hft_status status = check_address(address, endpoint, insecure, error);
  if (status != HFT_OK) return status;
  hft_http *http = calloc(1, sizeof *http);
  if (http == NULL) return hft_fail(error, HFT_ENOMEM, "http", "out of memory");
  http->metrics = metrics;
  status = listen_at(http, address, endpoint, error);
  if (status != HFT_OK) {
    hft_http_free(http);
    return status;
  }
  *out = http;
  return HFT_OK;
}

void hft_http_free(hft_http *http) {
  if (http == NULL) return;
  if (http->daemon != NULL) MHD_stop_daemon(http->daemon);
  free(http);
}

const char *hft_http_url(const hft_http *http) {
  return http->url;
}
