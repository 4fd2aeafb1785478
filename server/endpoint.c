#include "server/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/config/key.h"

#define TCP "tcp://"
#define IPC "ipc://"
#define LOCK_SUFFIX ".hftsim-lock"
#define LOCK_WORDS "hftsim lock"  // first words of a lock file

static bool begins(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

// A port: "*", or 0 to 65535. ZeroMQ would take a larger number modulo 65536.
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

bool hft_endpoint_is_ipv6(const char *endpoint) {
  char host[HFT_ENDPOINT_PATH_BYTES];
  return begins(endpoint, TCP) && hft_endpoint_host(endpoint, host, sizeof host) &&
         strchr(host, ':') != NULL;
}

bool hft_endpoint_is_loopback(const char *host) {
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
  if (insecure || hft_endpoint_is_loopback(host)) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, endpoint,
                  "other machines could reach this address, and the connection is not encrypted; "
                  "bind tcp://127.0.0.1, encrypt it with --curve-keys, or add --insecure where you "
                  "trust the network");
}

// Whether the open file is still the one at the path: a server that ends removes its lock file.
static bool is_current(const hft_endpoint_lock *lock) {
  struct stat opened, named;
  return fstat(lock->file, &opened) == 0 && stat(lock->path, &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static hft_status lock_file(hft_endpoint_lock *lock, const char *endpoint, hft_error *error) {
  const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  lock->file = open(lock->path, flags, 0600);
  if (lock->file < 0) {
    return hft_fail(error, HFT_EIO, lock->path, "cannot create the lock file: %s", strerror(errno));
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

static void socket_path(const hft_endpoint_lock *lock, char path[HFT_ENDPOINT_PATH_BYTES]) {
  size_t length = strlen(lock->path) - strlen(LOCK_SUFFIX);
  snprintf(path, HFT_ENDPOINT_PATH_BYTES, "%.*s", (int)length, lock->path);
}

// Whether the socket at the path has this device and inode.
static bool is_socket(const char *path, uint64_t device, uint64_t node) {
  struct stat named;
  return lstat(path, &named) == 0 && S_ISSOCK(named.st_mode) && (uint64_t)named.st_dev == device &&
         (uint64_t)named.st_ino == node;
}

// Replaces the content of the lock file.
static bool write_lock(const hft_endpoint_lock *lock, const char *text) {
  size_t size = strlen(text);
  return ftruncate(lock->file, 0) == 0 && pwrite(lock->file, text, size, 0) == (ssize_t)size;
}

// Reads the device and node that the text of a lock names. False if it names none.
static bool parse_lock(const char *text, uint64_t *device, uint64_t *node) {
  if (!begins(text, LOCK_WORDS)) return false;
  const char *from = text + strlen(LOCK_WORDS);
  char *end = NULL;
  errno = 0;
  *device = strtoull(from, &end, 10);
  if (end == from) return false;
  from = end;
  *node = strtoull(from, &end, 10);
  return end != from && errno == 0;
}

// Checks that the file is a lock file, and that the socket's path is free or has the socket that a
// crash left behind: ZeroMQ would remove any file there.
static hft_status check_files(const hft_endpoint_lock *lock, const char *endpoint, bool *is_empty,
                              hft_error *error) {
  struct stat named;
  char path[HFT_ENDPOINT_PATH_BYTES], text[80] = "";
  uint64_t device = 0, node = 0;
  ssize_t size = pread(lock->file, text, sizeof text - 1, 0);
  bool is_file = fstat(lock->file, &named) == 0 && S_ISREG(named.st_mode);
  *is_empty = is_file && size == 0;
  if (!is_file || size < 0 || (size > 0 && !begins(text, LOCK_WORDS))) {
    return hft_fail(error, HFT_EIO, lock->path,
                    "the lock file belongs here, but another file has this name; bind another "
                    "path");
  }
  socket_path(lock, path);
  if (lstat(path, &named) != 0) return HFT_OK;
  if (parse_lock(text, &device, &node) && is_socket(path, device, node)) return HFT_OK;
  return hft_fail(error, HFT_EIO, endpoint,
                  "another file has this name; remove it, or bind another path");
}

static hft_status lock_path(hft_endpoint_lock *lock, const char *endpoint, hft_error *error) {
  int length =
      snprintf(lock->path, sizeof lock->path, "%s%s", lock->bind + strlen(IPC), LOCK_SUFFIX);
  if (length < 0 || (size_t)length >= sizeof lock->path) {
    return hft_fail(error, HFT_EIO, endpoint, "the path is too long for a socket");
  }
  hft_status status = lock_file(lock, endpoint, error);
  while (status == HFT_OK && !is_current(lock)) {
    close(lock->file);
    status = lock_file(lock, endpoint, error);
  }
  if (status != HFT_OK) return status;
  bool is_empty;
  status = check_files(lock, endpoint, &is_empty, error);
  // The record of a crashed server's socket stays until a new one is bound.
  if (status == HFT_OK && is_empty && !write_lock(lock, LOCK_WORDS "\n")) {
    status =
        hft_fail(error, HFT_EIO, lock->path, "cannot write the lock file: %s", strerror(errno));
  }
  if (status == HFT_OK) return HFT_OK;
  if (is_empty) unlink(lock->path);
  close(lock->file);
  lock->file = -1;
  return status;
}

static hft_status make_folder(hft_endpoint_lock *lock, const char *endpoint, hft_error *error) {
  const char *temporary = getenv("TMPDIR");
  if (temporary == NULL || temporary[0] == '\0') temporary = "/tmp";
  int length = snprintf(lock->folder, sizeof lock->folder, "%s/hftsim-XXXXXX", temporary);
  bool fits = length > 0 && (size_t)length < sizeof lock->folder;
  if (!fits || mkdtemp(lock->folder) == NULL) {
    lock->folder[0] = '\0';
    return hft_fail(error, HFT_EIO, endpoint, "cannot create a folder in %s: %s", temporary,
                    fits ? strerror(errno) : "the path is too long for a socket");
  }
  snprintf(lock->bind, sizeof lock->bind, IPC "%s/socket", lock->folder);
  return HFT_OK;
}

hft_status hft_endpoint_lock_take(const char *endpoint, hft_endpoint_lock *lock, hft_error *error) {
  *lock = (hft_endpoint_lock){.file = -1};
  char host[HFT_ENDPOINT_PATH_BYTES];
  bool is_tcp = begins(endpoint, TCP) && hft_endpoint_host(endpoint, host, sizeof host);
  bool is_name = is_tcp && strcmp(host, "localhost") == 0;
  int length =
      is_name ? snprintf(lock->bind, sizeof lock->bind, TCP "127.0.0.1%s", strrchr(endpoint, ':'))
              : snprintf(lock->bind, sizeof lock->bind, "%s", endpoint);
  if (length < 0 || (size_t)length >= sizeof lock->bind) {
    return hft_fail(error, HFT_EIO, endpoint, "the endpoint is too long");
  }
  const char *path = endpoint + strlen(IPC);
  // The kernel refuses a second bind of an abstract name.
  if (!begins(endpoint, IPC) || path[0] == '@') return HFT_OK;
  hft_status status = strcmp(path, "*") == 0 ? make_folder(lock, endpoint, error) : HFT_OK;
  if (status == HFT_OK) status = lock_path(lock, endpoint, error);
  if (status != HFT_OK && lock->folder[0] != '\0') rmdir(lock->folder);
  return status;
}

void hft_endpoint_lock_note(hft_endpoint_lock *lock) {
  char path[HFT_ENDPOINT_PATH_BYTES], text[80];
  struct stat named;
  if (lock->file < 0) return;
  socket_path(lock, path);
  if (lstat(path, &named) != 0) return;
  lock->is_bound = true;
  lock->device = (uint64_t)named.st_dev;
  lock->node = (uint64_t)named.st_ino;
  snprintf(text, sizeof text, LOCK_WORDS " %" PRIu64 " %" PRIu64 "\n", lock->device, lock->node);
  write_lock(lock, text);  // if this fails, a crash leaves a path that has to be removed by hand
}

void hft_endpoint_lock_drop(hft_endpoint_lock *lock) {
  if (lock->file < 0) return;
  if (is_current(lock)) {
    char path[HFT_ENDPOINT_PATH_BYTES];
    socket_path(lock, path);
    if (lock->is_bound && is_socket(path, lock->device, lock->node)) unlink(path);
    unlink(lock->path);
    if (lock->folder[0] != '\0') rmdir(lock->folder);
  }
  close(lock->file);
  lock->file = -1;
}
