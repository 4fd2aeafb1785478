// The server's socket: moves messages between a ZeroMQ ROUTER and an hft_service.
#ifndef HFTSIM_SERVER_TRANSPORT_H
#define HFTSIM_SERVER_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "server/log.h"
#include "server/metrics.h"
#include "server/service.h"

typedef struct hft_transport hft_transport;

typedef struct hft_transport_config {
  const char *endpoint;  // "tcp://127.0.0.1:5555" ("*" or 0: any free port), "ipc:///path"
  bool insecure;         // allow addresses that other machines can reach, without encryption
  // A folder of keys (server/curve.h): connections are encrypted and accepted only from clients
  // whose keys it holds; any address may then be bound. Null: no encryption.
  const char *curve_keys;
  const hft_logger *log;  // must outlive the transport; null: none
  hft_time drain_max;     // to finish requests in work after a stop; 0: HFT_TRANSPORT_DRAIN
} hft_transport_config;
#define HFT_TRANSPORT_DRAIN (10 * HFT_SECOND)

// Binds the endpoint. The service must outlive the transport. EINVAL: not an endpoint, or reachable
// by other machines without `insecure` or keys. EIO: the port or path is in use or cannot be bound.
// EIO, EDATA: the keys cannot be read. ENOMEM.
hft_status hft_transport_create(const hft_transport_config *config, hft_service *service,
                                hft_transport **out, hft_error *error);

// Closes the socket; waits up to a second for replies to leave. May be null.
void hft_transport_free(hft_transport *transport);

// The endpoint that was bound, with its actual port. Valid until the free.
const char *hft_transport_endpoint(const hft_transport *transport);

// Callbacks that control a running server. Each is called between requests and ten times a second.
typedef struct hft_transport_orders {
  bool (*stopped)(void);  // true from the moment at which the server has to stop
  bool (*reload)(void);   // true once for each time that the keys have to be read again; or null
} hft_transport_orders;

// Answers requests until stopped() is true. Requests in work at that time are finished and answered
// within drain_max; all others that have arrived are refused. EIO: the socket failed.
hft_status hft_transport_run(hft_transport *transport, const hft_transport_orders *orders,
                             hft_error *error);

// The counters of the transport, which the thread in hft_transport_run writes.
const hft_metrics *hft_transport_metrics(const hft_transport *transport);

#endif
