// What an endpoint's text says, before a socket is asked to bind it.
#ifndef HFTSIM_SERVER_ENDPOINT_H
#define HFTSIM_SERVER_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/status.h"

// Checks that an endpoint is "tcp://host:port" or "ipc://path" and, unless `insecure`, that only
// this machine can reach it: 127.0.0.0/8, [::1], localhost or ipc. EINVAL.
hft_status hft_endpoint_check(const char *endpoint, bool insecure, hft_error *error);

// Copies the host of "tcp://host:port", without brackets. False where there is no host or no port,
// or it does not fit.
bool hft_endpoint_host(const char *endpoint, char *host, size_t size);

// True where the endpoint is an IPv6 address.
bool hft_endpoint_is_ipv6(const char *endpoint);

// A lock on the path of an ipc endpoint: binding a path that another server listens on would
// succeed, and take its clients. The lock goes with the process, so a path left behind by a crash
// is free again.
typedef struct hft_endpoint_lock {
  int file;        // -1: the endpoint needs none
  char path[128];  // "<path>.lock"
} hft_endpoint_lock;

// EIO: another server holds the path, a file that is no socket is there, or the lock's file cannot
// be made.
hft_status hft_endpoint_lock_take(const char *endpoint, hft_endpoint_lock *lock, hft_error *error);
// Removes the socket's path, which ZeroMQ leaves behind, and the lock. To be called once the socket
// is closed.
void hft_endpoint_lock_drop(hft_endpoint_lock *lock);

#endif
