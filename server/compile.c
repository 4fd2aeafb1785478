#include "server/compile.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct hft_compile {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t ended;
  bool is_done;
  hft_config *config;
  const hft_agent_class *const *classes;
  int class_count;
  const hft_env_model *base;
  hft_env_model *model;
  hft_status status;
  hft_error error;
};

static void *run(void *argument) {
  hft_compile *self = argument;
  self->status = hft_env_model_create_as(self->config, self->classes, self->class_count, self->base,
                                         &self->model, &self->error);
  pthread_mutex_lock(&self->lock);
  self->is_done = true;
  pthread_cond_signal(&self->ended);
  pthread_mutex_unlock(&self->lock);
  return NULL;
}

static void drop(hft_compile *self) {
  pthread_cond_destroy(&self->ended);
  pthread_mutex_destroy(&self->lock);
  hft_config_free(self->config);
  free(self);
}

// Waits must use a clock that is never set.
static void make_condition(pthread_cond_t *condition) {
  pthread_condattr_t how;
  pthread_condattr_init(&how);
  pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
  pthread_cond_init(condition, &how);
  pthread_condattr_destroy(&how);
}

hft_status hft_compile_begin(hft_config *config, const hft_agent_class *const *classes,
                             int class_count, const hft_env_model *base, hft_compile **out,
                             hft_error *error) {
  hft_compile *self = calloc(1, sizeof *self);
  if (self == NULL || config == NULL) {
    free(self);
    hft_config_free(config);
    return hft_fail(error, HFT_ENOMEM, "config", "out of memory");
  }
  self->config = config;
  self->classes = classes;
  self->class_count = class_count;
  self->base = base;
  pthread_mutex_init(&self->lock, NULL);
  make_condition(&self->ended);
  if (pthread_create(&self->thread, NULL, run, self) != 0) {
    drop(self);
    return hft_fail(error, HFT_EFULL, "config", "the thread that compiles it could not be started");
  }
  *out = self;
  return HFT_OK;
}

bool hft_compile_is_done(hft_compile *self, hft_time wait) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  hft_time end = (hft_time)until.tv_sec * HFT_SECOND + until.tv_nsec + wait;
  until = (struct timespec){.tv_sec = end / HFT_SECOND, .tv_nsec = end % HFT_SECOND};
  pthread_mutex_lock(&self->lock);
  int result = 0;
  while (!self->is_done && result == 0) {
    result = pthread_cond_timedwait(&self->ended, &self->lock, &until);
  }
  bool is_done = self->is_done;
  pthread_mutex_unlock(&self->lock);
  return is_done;
}

hft_status hft_compile_end(hft_compile *self, hft_env_model **out, hft_error *error) {
  pthread_join(self->thread, NULL);
  hft_status status = self->status;
  if (status == HFT_OK) {
    *out = self->model;
  } else if (error != NULL) {
    *error = self->error;
  }
  drop(self);
  return status;
}
