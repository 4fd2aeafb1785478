// The socket of the server: moves messages between a ZeroMQ ROUTER and an hft_service.
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
  // A folder of keys (server/curve.h): connections are encrypted, and only from clients whose keys
  // are there; any address may then be bound. Null: neither.
  const char *curve_keys;
  const hft_logger *log;  // must outlive the transport; null: none
  hft_time drain_max;     // for work that was begun, once it is to end; 0: HFT_TRANSPORT_DRAIN
} hft_transport_config;
#define HFT_TRANSPORT_DRAIN (10 * HFT_SECOND)

// Binds the endpoint. EINVAL: not an endpoint, or open to other machines without `insecure` or
// keys. EIO: the port or path is in use or cannot be had; the error names the fix. EIO, EDATA: the
// keys cannot be read. The service must outlive the transport.
hft_status hft_transport_create(const hft_transport_config *config, hft_service *service,
                                hft_transport **out, hft_error *error);
// Closes the socket, after up to a second for replies on their way.
void hft_transport_free(hft_transport *transport);

// The endpoint that was bound, with the port chosen.
const char *hft_transport_endpoint(const hft_transport *transport);

// What a server is told while it runs. Each is asked between requests and ten times a second.
typedef struct hft_transport_orders {
  bool (*stopped)(void);  // true from when the server is to end
  bool (*reload)(void);   // true once for each time that the keys are to be read again; or null
} hft_transport_orders;

// Answers requests until stopped() is true: what was begun by then is finished and answered, where
// that takes no longer than the drain may, and all other requests that have come are refused.
// EIO: the socket failed.
hft_status hft_transport_run(hft_transport *transport, const hft_transport_orders *orders,
                             hft_error *error);

// What it counts. It is all written by the thread that runs the transport.
const hft_metrics *hft_transport_metrics(const hft_transport *transport);

#endif
