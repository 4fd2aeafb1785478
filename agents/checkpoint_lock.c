#include "agents/checkpoint_lock.h"

#include <pthread.h>

#include "data/dataset/h5.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void hft_checkpoint_lock(void) {
  pthread_mutex_lock(&mutex);
  hft_h5_start();
}

void hft_checkpoint_unlock(void) {
  pthread_mutex_unlock(&mutex);
}
