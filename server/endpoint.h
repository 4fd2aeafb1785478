// What an endpoint's text says, before a socket is asked to bind it.
#ifndef HFTSIM_SERVER_ENDPOINT_H
#define HFTSIM_SERVER_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

// Checks that an endpoint is "tcp://host:port" or "ipc://path" and, unless `insecure`, that only
// this machine can reach it: 127.0.0.0/8, [::1], localhost or ipc. EINVAL.
hft_status hft_endpoint_check(const char *endpoint, bool insecure, hft_error *error);

// Copies the host of "tcp://host:port", without brackets. False where there is no host or no port,
// or it does not fit.
bool hft_endpoint_host(const char *endpoint, char *host, size_t size);

// True where the endpoint's host is an IPv6 address, in brackets or not.
bool hft_endpoint_is_ipv6(const char *endpoint);

// True where the host is one of this machine's own: localhost, 127.0.0.0/8 or ::1, no brackets.
bool hft_endpoint_is_loopback(const char *host);

#define HFT_ENDPOINT_PATH_BYTES 128

// What a bind needs beside its socket. An ipc path has a lock, "<path>.hftsim-lock": binding a path
// that another server listens on would succeed, and take its clients. The lock goes with the
// process, and its file names the socket that was bound, so a path left behind by a crash is free
// again, and no other file is ever removed.
typedef struct hft_endpoint_lock {
  int file;                                // -1: the endpoint needs no lock
  bool is_bound;                           // the socket was noted
  uint64_t device, node;                   // of the socket noted
  char bind[HFT_ENDPOINT_PATH_BYTES * 2];  // what ZeroMQ is to bind
  char path[HFT_ENDPOINT_PATH_BYTES];      // of the lock's file
  char folder[HFT_ENDPOINT_PATH_BYTES];    // made for "ipc://*"; "": none
} hft_endpoint_lock;

// Locks an endpoint that was checked and fills lock->bind: "localhost" becomes 127.0.0.1, since
// ZeroMQ binds no names, and "ipc://*" a path in a new folder of TMPDIR (/tmp) that only this user
// can enter. EIO: another server holds the path, a file that no server made is there, or the lock's
// file cannot be made.
hft_status hft_endpoint_lock_take(const char *endpoint, hft_endpoint_lock *lock, hft_error *error);
// Notes the socket at the path as this server's own. To be called once it is bound.
void hft_endpoint_lock_note(hft_endpoint_lock *lock);
// Removes the socket that was noted, which ZeroMQ leaves behind, the lock and the folder. To be
// called once the socket is closed.
void hft_endpoint_lock_drop(hft_endpoint_lock *lock);

#endif
