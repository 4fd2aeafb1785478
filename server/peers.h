// Which connections a socket has: ZeroMQ's monitor tells when one ends, by its file descriptor, and
// a message on which it came.
#ifndef HFTSIM_SERVER_PEERS_H
#define HFTSIM_SERVER_PEERS_H

#include <stdint.h>

#include "server/service.h"

typedef struct hft_peers hft_peers;

// Watches a socket of the context, before it is bound. EIO, ENOMEM.
hft_status hft_peers_create(void *context, void *socket, hft_peers **out, hft_error *error);
// To be called before the socket is closed.
void hft_peers_free(hft_peers *peers, void *socket);

// Tells the service of the connections that have ended since.
void hft_peers_attend(hft_peers *peers, hft_service *service, hft_time now);

// The number of the connection on which a message came, from its file descriptor and the sender's
// routing id; HFT_CONNECTION_GONE where it has ended since, 0 where that cannot be told.
int64_t hft_peers_find(hft_peers *peers, int file, const hft_peer *peer, hft_service *service,
                       hft_time now);

#endif
