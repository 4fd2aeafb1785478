#include "tests/server/serving.h"

#include <stdatomic.h>

#include "tests/support/market.h"
#include "tests/support/server_world.h"

static atomic_bool stop;

static bool stopped(void) {
  return atomic_load(&stop);
}

static void *run(void *context) {
  const hft_transport_orders orders = {.stopped = stopped};
  serving *self = context;
  self->status = hft_transport_run(self->transport, &orders, NULL);
  return NULL;
}

hft_service_config serving_config(void) {
  hft_service_config config = world_service_config(2);
  config.idle_timeout = 3600 * HFT_SECOND;
  return config;
}

void serving_start(serving *self, const hft_service_config *config,
                   const hft_transport_config *where) {
  hft_error error = {0};
  *self = (serving){.status = HFT_EIO};
  expect_ok(hft_service_create(config, &self->service, &error), &error);
  expect_ok(hft_transport_create(where, self->service, &self->transport, &error), &error);
  atomic_store(&stop, false);
  assert_int_equal(pthread_create(&self->thread, NULL, run, self), 0);
}

const char *serving_endpoint(const serving *self) {
  return hft_transport_endpoint(self->transport);
}

void serving_stop(serving *self) {
  atomic_store(&stop, true);
  pthread_join(self->thread, NULL);
  assert_int_equal(self->status, HFT_OK);
}

void serving_free(serving *self) {
  if (self->transport == NULL) return;
  hft_transport_free(self->transport);
  hft_service_free(self->service);
  self->transport = NULL;
}
