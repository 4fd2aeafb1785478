// Validates endpoints before a socket binds them, and locks ipc paths.
#ifndef HFTSIM_SERVER_ENDPOINT_H
#define HFTSIM_SERVER_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

// Checks that an endpoint is "tcp://host:port" or "ipc://path" and, unless `insecure`, that only
// this machine can reach it: 127.0.0.0/8, [::1], localhost or ipc. EINVAL.
hft_status hft_endpoint_check(const char *endpoint, bool insecure, hft_error *error);

// Copies the host of "tcp://host:port", without brackets. False: the host or the port is missing,
// or `size` is too small.
bool hft_endpoint_host(const char *endpoint, char *host, size_t size);

// Whether the endpoint's host is an IPv6 address, with or without brackets.
bool hft_endpoint_is_ipv6(const char *endpoint);

// Whether the host is a loopback address: localhost, 127.0.0.0/8 or ::1, without brackets.
bool hft_endpoint_is_loopback(const char *host);

#define HFT_ENDPOINT_PATH_BYTES 128

// The lock of a bound endpoint. An ipc path has a lock file, "<path>.hftsim-lock", because binding
// a path that another server listens on would succeed and take over its clients. The lock ends with
// the process. Its file records the device and inode of the bound socket, so that a path left
// behind by a crash can be bound again, and no other file is ever removed.
typedef struct hft_endpoint_lock {
  int file;                                // -1: the endpoint needs no lock
  bool is_bound;                           // the socket is recorded
  uint64_t device, node;                   // of the recorded socket
  char bind[HFT_ENDPOINT_PATH_BYTES * 2];  // the endpoint for ZeroMQ to bind
  char path[HFT_ENDPOINT_PATH_BYTES];      // of the lock file
  char folder[HFT_ENDPOINT_PATH_BYTES];    // created for "ipc://*"; "": none
} hft_endpoint_lock;

// Locks an endpoint that passed hft_endpoint_check and fills lock->bind: "localhost" becomes
// 127.0.0.1, since ZeroMQ binds no host names, and "ipc://*" a path in a new folder in TMPDIR
// (/tmp) that only this user can enter. EIO: another server holds the path, the path has a file
// that is not a server's socket, or the lock file cannot be created.
hft_status hft_endpoint_lock_take(const char *endpoint, hft_endpoint_lock *lock, hft_error *error);

// Records the socket at the path as this server's. Call it once the socket is bound.
void hft_endpoint_lock_note(hft_endpoint_lock *lock);

// Removes the recorded socket, which ZeroMQ leaves behind, the lock file and the folder. Call it
// once the socket is closed.
void hft_endpoint_lock_drop(hft_endpoint_lock *lock);

#endif
