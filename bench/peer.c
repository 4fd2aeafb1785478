#define _GNU_SOURCE  // SOCK_CLOEXEC, environ
#include "bench/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"

#define LOOK_MS 100  // between two looks at `watch`

struct hft_bench_peer {
  pid_t child;
  int socket;
};

static hft_status spawn(char *const argv[], bool quiet, int socket, pid_t *child) {
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0) return HFT_ENOMEM;
  int failed = posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
  if (failed == 0) failed = posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
  if (failed == 0 && quiet) {
    failed = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  if (failed == 0) failed = posix_spawnp(child, argv[0], &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? HFT_OK : HFT_EIO;
}

hft_status hft_bench_peer_start(char *const argv[], bool quiet, hft_bench_peer **out,
                                hft_error *error) {
  *out = NULL;
  hft_bench_peer *peer = calloc(1, sizeof *peer);
  if (peer == NULL) return hft_fail(error, HFT_ENOMEM, argv[0], "out of memory");
  int pair[2];
  // A socket, not a pipe: writing to a child that has ended must not raise a signal.
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    free(peer);
    return hft_fail(error, HFT_EIO, argv[0], "cannot create a socket: %s", strerror(errno));
  }
  hft_status status = spawn(argv, quiet, pair[1], &peer->child);
  close(pair[1]);
  if (status != HFT_OK) {
    close(pair[0]);
    free(peer);
    return hft_fail(error, status, argv[0], "cannot be started");
  }
  peer->socket = pair[0];
  *out = peer;
  return HFT_OK;
}

static bool send_line(const hft_bench_peer *peer, const char *line) {
  size_t left = strlen(line);
  while (left > 0) {
    ssize_t sent = send(peer->socket, line, left, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    line += sent;
    left -= (size_t)sent;
  }
  return send(peer->socket, "\n", 1, MSG_NOSIGNAL) == 1;
}

static hft_status wait_readable(const hft_bench_peer *peer, int64_t until_ns,
                                const hft_progress *watch, hft_error *error) {
  for (;;) {
    struct pollfd fd = {.fd = peer->socket, .events = POLLIN};
    int ready = poll(&fd, 1, LOOK_MS);
    if (ready > 0) return HFT_OK;
    if (!hft_progress_report(watch, 0)) return hft_fail(error, HFT_EINTR, "peer", "interrupted");
    if (hft_timer_ns() > until_ns) return hft_fail(error, HFT_EIO, "peer", "no answer in time");
  }
}

hft_status hft_bench_peer_ask(hft_bench_peer *peer, const char *line, double seconds,
                              const hft_progress *watch, char *answer, size_t size,
                              hft_error *error) {
  if (line != NULL && !send_line(peer, line)) {
    return hft_fail(error, HFT_EIO, "peer", "the process has ended");
  }
  int64_t until = hft_timer_ns() + (int64_t)(1e9 * seconds);
  size_t length = 0;
  while (length < size) {
    hft_status status = wait_readable(peer, until, watch, error);
    if (status != HFT_OK) return status;
    ssize_t got = recv(peer->socket, answer + length, size - length, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return hft_fail(error, HFT_EIO, "peer", "the process has ended");
    length += (size_t)got;
    if (answer[length - 1] != '\n') continue;
    answer[length - 1] = '\0';
    return HFT_OK;
  }
  return hft_fail(error, HFT_EIO, "peer", "a line of more than %zu bytes", size - 1);
}

void hft_bench_peer_stop(hft_bench_peer *peer) {
  if (peer == NULL) return;
  close(peer->socket);
  kill(peer->child, SIGKILL);
  while (waitpid(peer->child, NULL, 0) < 0 && errno == EINTR) continue;
  free(peer);
}
