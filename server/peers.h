// The connections of a socket. ZeroMQ's monitor reports the file descriptor of each connection that
// ends, and each message carries the descriptor of the connection that it came on.
#ifndef HFTSIM_SERVER_PEERS_H
#define HFTSIM_SERVER_PEERS_H

#include <stdint.h>

#include "server/service.h"

typedef struct hft_peers hft_peers;

// Monitors a socket of the context; call it before the bind. EIO, ENOMEM.
hft_status hft_peers_create(void *context, void *socket, hft_peers **out, hft_error *error);

// Stops monitoring; call it before the socket is closed. May be null.
void hft_peers_free(hft_peers *peers, void *socket);

// Reports the connections that have ended since the last call to the service.
void hft_peers_attend(hft_peers *peers, hft_service *service, hft_time now);

// The number of the connection that a message came on, from its file descriptor and the sender's
// routing id. HFT_CONNECTION_GONE: the connection has ended since; 0: unknown.
int64_t hft_peers_find(hft_peers *peers, int file, const hft_peer *peer, hft_service *service,
                       hft_time now);

#endif
