#include "server/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/config/key.h"

#define TCP "tcp://"
#define IPC "ipc://"
#define LOCK_SUFFIX ".lock"

static bool begins(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool hft_endpoint_is_ipv6(const char *endpoint) {
  return begins(endpoint, TCP "[");
}

// "*", or 0 to 65535. ZeroMQ would take a larger number modulo 65536.
static bool is_port(const char *text) {
  int64_t port;
  return strcmp(text, "*") == 0 || (hft_parse_int(text, &port) && port >= 0 && port <= UINT16_MAX);
}

bool hft_endpoint_host(const char *endpoint, char *host, size_t size) {
  const char *start = endpoint + strlen(TCP);
  const char *colon = strrchr(start, ':');
  if (colon == NULL || colon == start || !is_port(colon + 1)) return false;
  size_t length = (size_t)(colon - start);
  if (start[0] == '[') {
    if (colon[-1] != ']') return false;
    start++;
    length -= 2;
  }
  if (length == 0 || length >= size) return false;
  memcpy(host, start, length);
  host[length] = '\0';
  return true;
}

static bool is_loopback(const char *host) {
  struct in_addr four;
  struct in6_addr six;
  if (strcmp(host, "localhost") == 0) return true;
  if (inet_pton(AF_INET, host, &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  if (inet_pton(AF_INET6, host, &six) != 1) return false;
  return memcmp(&six, &in6addr_loopback, sizeof six) == 0;
}

hft_status hft_endpoint_check(const char *endpoint, bool insecure, hft_error *error) {
  char host[256];
  if (begins(endpoint, IPC) && endpoint[strlen(IPC)] != '\0') return HFT_OK;
  if (!begins(endpoint, TCP) || !hft_endpoint_host(endpoint, host, sizeof host)) {
    return hft_fail(error, HFT_EINVAL, endpoint,
                    "not an endpoint; give one as tcp://127.0.0.1:5555 or ipc:///tmp/hftsim.sock");
  }
  if (insecure || is_loopback(host)) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, endpoint,
                  "other machines could reach this address, and the connection is not encrypted; "
                  "bind tcp://127.0.0.1, encrypt it with --curve-keys, or add --insecure where you "
                  "trust the network");
}

// True while the file that is open is still the one at the path: a server that ends removes it.
static bool is_current(const hft_endpoint_lock *lock) {
  struct stat opened, named;
  return fstat(lock->file, &opened) == 0 && stat(lock->path, &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

// A socket left at the path by a crash may go; any other file would be lost, for ZeroMQ removes
// what is there.
static bool is_free(const char *path) {
  struct stat named;
  return lstat(path, &named) != 0 || S_ISSOCK(named.st_mode);
}

static hft_status lock_file(hft_endpoint_lock *lock, const char *endpoint, hft_error *error) {
  lock->file = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock->file < 0) {
    return hft_fail(error, HFT_EIO, lock->path, "cannot make the lock: %s", strerror(errno));
  }
  if (flock(lock->file, LOCK_EX | LOCK_NB) == 0) return HFT_OK;
  int reason = errno;
  close(lock->file);
  lock->file = -1;
  if (reason != EWOULDBLOCK) {
    return hft_fail(error, HFT_EIO, lock->path, "cannot lock: %s", strerror(reason));
  }
  return hft_fail(error, HFT_EIO, endpoint,
                  "another server listens here; stop it, or bind another path");
}

hft_status hft_endpoint_lock_take(const char *endpoint, hft_endpoint_lock *lock, hft_error *error) {
  lock->file = -1;
  const char *path = endpoint + strlen(IPC);
  // Abstract names refuse a second server by themselves; with "*" the path is new.
  if (!begins(endpoint, IPC) || path[0] == '@' || strcmp(path, "*") == 0) return HFT_OK;
  int length = snprintf(lock->path, sizeof lock->path, "%s%s", path, LOCK_SUFFIX);
  if (length < 0 || (size_t)length >= sizeof lock->path) {
    return hft_fail(error, HFT_EIO, endpoint, "the path is too long for a socket");
  }
  if (!is_free(path)) {
    return hft_fail(error, HFT_EIO, endpoint, "a file is in the way; bind another path");
  }
  hft_status status = lock_file(lock, endpoint, error);
  while (status == HFT_OK && !is_current(lock)) {
    close(lock->file);
    status = lock_file(lock, endpoint, error);
  }
  return status;
}

void hft_endpoint_lock_drop(hft_endpoint_lock *lock) {
  if (lock->file < 0) return;
  if (is_current(lock)) {
    char path[sizeof lock->path];
    size_t length = strlen(lock->path) - strlen(LOCK_SUFFIX);
    snprintf(path, sizeof path, "%.*s", (int)length, lock->path);
    unlink(path);
    unlink(lock->path);
  }
  close(lock->file);
  lock->file = -1;
}
