// Who may connect: answers ZeroMQ's questions (ZAP, RFC 27) about each new encrypted connection,
// from the keys in a folder. Without such a handler CURVE would take any key.
#ifndef HFTSIM_SERVER_ZAP_H
#define HFTSIM_SERVER_ZAP_H

#include "server/log.h"
#include "server/metrics.h"
#include "sim/base/status.h"

typedef struct hft_zap hft_zap;

// Reads the keys in `folder` (server/curve.h) and answers the sockets of a ZeroMQ context. The
// context, the log and the metrics, which count refused keys, must outlive it. EIO, EDATA, ENOMEM.
hft_status hft_zap_create(void *context, const char *folder, const hft_logger *log,
                          hft_metrics *metrics, hft_zap **out, hft_error *error);
void hft_zap_free(hft_zap *zap);

// Makes a socket that is not bound yet the server of encrypted connections.
hft_status hft_zap_protect(const hft_zap *zap, void *socket, hft_error *error);

// The socket to poll: when it can be read, hft_zap_answer has questions to answer.
void *hft_zap_socket(const hft_zap *zap);

// Answers what was asked. Logs keys that are refused, at most one a second.
void hft_zap_answer(hft_zap *zap);

// Reads the clients' keys again, for connections from now on. Where that fails the old ones stay,
// and the log tells why.
void hft_zap_reload(hft_zap *zap);

#endif
