// Decides who may connect: answers ZeroMQ's authentication requests (ZAP, ZeroMQ RFC 27) for each
// new encrypted connection from the keys in a folder. Without this handler CURVE would accept any
// key.
#ifndef HFTSIM_SERVER_ZAP_H
#define HFTSIM_SERVER_ZAP_H

#include "server/log.h"
#include "server/metrics.h"
#include "sim/base/status.h"

typedef struct hft_zap hft_zap;

// Reads the keys in `folder` (server/curve.h) and becomes the handler of a ZeroMQ context. The
// context, the log and the metrics, which count refused keys, must outlive it. EIO, EDATA, ENOMEM.
hft_status hft_zap_create(void *context, const char *folder, const hft_logger *log,
                          hft_metrics *metrics, hft_zap **out, hft_error *error);

// Closes the handler. May be null.
void hft_zap_free(hft_zap *zap);

// Makes a socket that is not yet bound accept encrypted connections only. EIO.
hft_status hft_zap_protect(const hft_zap *zap, void *socket, hft_error *error);

// The socket to poll: once it is readable, call hft_zap_answer.
void *hft_zap_socket(const hft_zap *zap);

// Answers the waiting requests. Logs refused keys, at most one a second.
void hft_zap_answer(hft_zap *zap);

// Reads the clients' keys again; they apply to new connections. On failure the old keys stay, and
// the log has the reason.
void hft_zap_reload(hft_zap *zap);

#endif
