// A server of the tests' small world on a thread of its own, in this process.
#ifndef HFTSIM_TESTS_SERVER_SERVING_H
#define HFTSIM_TESTS_SERVER_SERVING_H

#include <pthread.h>

#include "server/service.h"
#include "server/transport.h"

typedef struct serving {
  hft_service *service;
  hft_transport *transport;  // null: not started, or freed
  pthread_t thread;
  hft_status status;  // of its run, once it was stopped
} serving;

// The service of server_world.h on two threads, with an idle timeout of an hour: no client is too
// slow, however slow the machine is.
hft_service_config serving_config(void);

// Starts a server; fails the test where it cannot. At most one at a time in a program.
void serving_start(serving *self, const hft_service_config *config,
                   const hft_transport_config *where);
const char *serving_endpoint(const serving *self);
// Stops the loop and joins its thread; fails the test unless the run ended with HFT_OK. The service
// and the transport stay, to be looked at.
void serving_stop(serving *self);
// Frees a stopped server. Does nothing to one that was not started.
void serving_free(serving *self);

#endif
