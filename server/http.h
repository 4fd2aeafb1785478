// Two pages over HTTP for those who watch a server: /healthz, and /metrics for Prometheus. A thread
// of its own answers them from the metrics alone, so a long request keeps nobody waiting.
#ifndef HFTSIM_SERVER_HTTP_H
#define HFTSIM_SERVER_HTTP_H

#include <stdbool.h>

#include "server/metrics.h"
#include "sim/base/status.h"

typedef struct hft_http hft_http;

// Listens on "host:port" (port 0 or "*": any free one) and answers until it is freed. The metrics
// must outlive it. EINVAL: no address, or open to other machines without `insecure`. EIO: it is in
// use, or cannot be had.
hft_status hft_http_create(const char *address, bool insecure, const hft_metrics *metrics,
                           hft_http **out, hft_error *error);
void hft_http_free(hft_http *http);

// "http://host:port", with the port chosen.
const char *hft_http_url(const hft_http *http);

#endif
