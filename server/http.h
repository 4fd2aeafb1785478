// Serves two pages over HTTP for monitoring: /healthz, and /metrics for Prometheus. A separate
// thread answers from the metrics alone, so pages are served while a long request runs.
#ifndef HFTSIM_SERVER_HTTP_H
#define HFTSIM_SERVER_HTTP_H

#include <stdbool.h>

#include "server/metrics.h"
#include "sim/base/status.h"

typedef struct hft_http hft_http;

// Listens on "host:port" (port 0 or "*": any free port) and answers until it is freed. The metrics
// must outlive it. EINVAL: not an address, or reachable by other machines without `insecure`. EIO:
// the address is in use or cannot be bound. ENOMEM.
hft_status hft_http_create(const char *address, bool insecure, const hft_metrics *metrics,
                           hft_http **out, hft_error *error);

// Stops the thread and closes the socket. May be null.
void hft_http_free(hft_http *http);

// "http://host:port" with the port that was bound. Valid until the free.
const char *hft_http_url(const hft_http *http);

#endif
